"""`python -m shared.health TARGET`: whether a process can do its work, for a container's check.

TARGET is the address of a readiness page, or the name of the variable that holds the address of
the database that a process without a door works on. Ends with 0 for yes and 1 for no.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import asyncpg

_SECONDS = 3.0


def healthy(target: str, environ: Mapping[str, str]) -> bool:
    """Tell whether the page answers with success, or the database answers at all."""
    try:
        if "://" in target:
            return _page_answers(target)
        return asyncio.run(_database_answers(environ[target]))
    except (OSError, HTTPException, asyncpg.PostgresError):
        return False


def _page_answers(address: str) -> bool:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    finally:
        connection.close()


async def _database_answers(url: str) -> bool:
    connection = await asyncpg.connect(url, timeout=_SECONDS)
    try:
        return await connection.fetchval("SELECT 1", timeout=_SECONDS) == 1
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(not healthy(sys.argv[1], os.environ))

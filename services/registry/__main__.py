"""
Serve the registry, or prepare its database.

    python -m services.registry                  serve until told to stop
    python -m services.registry load-regions     write the reference data; repeatable
    python -m services.registry put-client       write a client, read as JSON from standard input:
                                                 {"id", "secret", "name", "kind", "scopes": [...]}
                                                 and, where they apply, "cooperative_id",
                                                 "person_id", "channel"
"""

import asyncio
import gc
import os
import sys

import uvicorn
from pydantic import TypeAdapter

from services.registry import seed
from services.registry.app import create_app
from services.registry.settings import Settings
from shared import clock, logs
from shared.db import Database


def serve() -> None:
    """Read the environment and serve until told to stop."""
    logs.configure()
    settings = Settings.from_env(os.environ)
    app = create_app(settings)
    # What is made at the start stays to the end, and what a request or a chunk of an import makes
    # is gone with it: the collector finds nothing, so it looks seldom, and never at the former.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


async def load_regions() -> None:
    """Write the reference data into the database that the environment names."""
    async with Database.connect(os.environ["REGISTRY_DATABASE_URL"]) as database:
        count = await seed.load_regions(database)
    sys.stdout.write(f"{count} regions are loaded\n")


async def put_client() -> None:
    """Write a client. Its secret comes on standard input: arguments can be seen by others."""
    client = TypeAdapter(seed.NewClient).validate_json(sys.stdin.read())
    async with Database.connect(os.environ["REGISTRY_DATABASE_URL"]) as database:
        await seed.put_clients(database, (client,), now=clock.now())
    sys.stdout.write(f"{client.id} may ask for tokens\n")


def main(arguments: list[str]) -> int:
    """Run from the command line; return the exit code."""
    match arguments:
        case []:
            serve()
        case ["load-regions"]:
            asyncio.run(load_regions())
        case ["put-client"]:
            asyncio.run(put_client())
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

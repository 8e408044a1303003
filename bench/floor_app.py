"""The floor: the same three requests in bare Starlette and raw asyncpg, and nothing else.

No authentication, no tenancy, no validation, no problem documents, no idempotency: the least that
could answer these requests from the same table. Run by `bench.floor`; reads FLOOR_DATABASE_URL.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared import clock
from shared.ids import new_id

COLUMNS = (
    "id, external_id, nik_index IS NOT NULL AS has_nik, nik_warnings, full_name, birth_date, sex, "
    "phone, ktp_village_code, domicile_village_code, married, education, migration_status, "
    "verification_level, skills, languages, certificates, version, created_at, changed_at"
)
READ = f"SELECT {COLUMNS} FROM person WHERE id = $1"
LIST = f"SELECT {COLUMNS} FROM person WHERE id > $1 ORDER BY id LIMIT $2"
CREATE = """
INSERT INTO person (id, registered_by, full_name, sex, birth_date, migration_status,
                    verification_level, version, created_at, changed_at)
VALUES ($1, 'floor', $2, $3, $4, 'returned', 'self_declared', 1, $5, $5)
"""
EVENT = """
INSERT INTO floor_event (kind, subject_id, version, occurred_at, data)
VALUES ('person.registered', $1, 1, $2, '{}')
"""


async def read(request: Request) -> Response:
    """Answer with one row by its id."""
    row = await request.app.state.pool.fetchrow(READ, UUID(request.path_params["id"]))
    if row is None:
        return Response(status_code=404)
    return _json(dict(row))


async def page(request: Request) -> Response:
    """Answer with the first rows."""
    limit = int(request.query_params["limit"])
    rows = await request.app.state.pool.fetch(LIST, UUID(int=0), limit)
    return _json({"items": [dict(row) for row in rows], "next": None})


async def create(request: Request) -> Response:
    """Write a row and its event in one transaction."""
    given = orjson.loads(await request.body())
    id, now = new_id(), clock.now()
    born = datetime.strptime(given["birth_date"], "%Y-%m-%d").date()  # noqa: DTZ007
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute(CREATE, id, given["full_name"], given["sex"], born, now)
        await connection.execute(EVENT, id, now)
    return _json({"id": id, **given, "version": 1, "created_at": now}, 201)


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content, default=str), status, media_type="application/json")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[None]:
    """Keep one pool open while the application runs."""
    async with asyncpg.create_pool(os.environ["FLOOR_DATABASE_URL"], min_size=0) as pool:
        app.state.pool = pool
        yield


app = Starlette(
    routes=[
        Route("/people/{id}", read),
        Route("/people", page),
        Route("/people", create, methods=["POST"]),
    ],
    lifespan=lifespan,
)


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["FLOOR_PORT"]), log_level="warning", access_log=False)

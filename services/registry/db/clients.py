"""Named queries on the API's clients."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.registry.db.tables import client
from shared.auth import Kind
from shared.db import Reader, Statement, Unit
from shared.issuer import Client

_FIND = Statement(select(client).where(client.c.id == bindparam("id")))
_insert = insert(client)
_PUT = Statement(
    _insert.on_conflict_do_update(
        index_elements=[client.c.id],
        set_={
            column.name: getattr(_insert.excluded, column.name)
            for column in client.c
            if column.name not in {"id", "created_at"}
        },
    )
)


async def find(db: Reader, id: str) -> Client | None:
    """Return a client, or None."""
    row = await db.row(_FIND, id=id)
    if row is None:
        return None
    return Client(
        id=row["id"],
        secret_hash=row["secret_hash"],
        kind=Kind(row["kind"]),
        scopes=frozenset(row["scopes"]),
        cooperative_id=row["cooperative_id"],
        person_id=row["person_id"],
        channel=row["channel"],
    )


async def put(unit: Unit, client: Client, *, name: str, now: datetime) -> None:
    """Write a client, or replace what is known of it."""
    await unit.run(
        _PUT,
        id=client.id,
        secret_hash=client.secret_hash,
        name=name,
        kind=client.kind,
        scopes=sorted(client.scopes),
        cooperative_id=client.cooperative_id,
        person_id=client.person_id,
        channel=client.channel,
        created_at=now,
    )

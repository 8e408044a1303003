"""
The same request twice has one effect and one answer.

A POST that creates or moves something carries an `Idempotency-Key`. Key, caller and route name
one act; its answer is stored in the transaction of the act itself, so a repeat is answered from
what is stored, byte for byte, even where the first answer was lost on its way. An answer may hold
personal data, so it is forgotten after `KEPT`; a repeat after that is a new act.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import orjson
import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared import clock
from shared.db import (
    DELETED_AT_ONCE,
    Database,
    Reader,
    Row,
    Statement,
    Unit,
    delete_in_parts,
)

KEY_LENGTH_MAX = 255
KEPT = timedelta(days=30)
"""How long an answer is kept, at the least; it is gone within an hour and a minute after."""
_FIRST_SECONDS, _EVERY_SECONDS = 60, 3_600
log = structlog.get_logger("purna.idempotency")


class IdempotencyKeyMissing(Exception):
    """The call creates or moves something and must carry an Idempotency-Key header."""


class IdempotencyKeyMalformed(Exception):
    """An Idempotency-Key is 1 to 255 visible ASCII characters, sent once."""


class IdempotencyKeyReused(Exception):
    """This Idempotency-Key was already used with another body."""


class IdempotentRequestInFlight(Exception):
    """The first request with this Idempotency-Key has not finished yet."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act as its repeats are recognised: who, what, under which key, with which body."""

    caller_id: str
    route: str
    key: str
    body_hash: bytes

    @property
    def lock(self) -> int:
        """Return the advisory lock of this act: 63 bits of its identity."""
        name = f"{self.caller_id}\x00{self.route}\x00{self.key}".encode()
        return int.from_bytes(hashlib.sha256(name).digest()[:8], "big") >> 1


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def add_idempotency_table(metadata: MetaData) -> Table:
    """Add the table of stored answers to a service's schema."""
    return Table(
        "idempotency",
        metadata,
        Column("caller_id", Text, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("body_hash", LargeBinary, nullable=False),
        Column("status", Integer, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Index("ix_idempotency_created_at", "created_at"),
    )


_table = add_idempotency_table(MetaData())

_STORED = ("body_hash", "status", "headers", "body")
_this_act = (
    _table.c.caller_id == bindparam("caller_id"),
    _table.c.route == bindparam("route"),
    _table.c.key == bindparam("key"),
)
_RECALL = Statement(select(*(_table.c[name] for name in _STORED)).where(*_this_act))
_OPEN = Statement(
    select(
        func.pg_try_advisory_xact_lock(bindparam("lock", type_=BigInteger)).label("free"),
        *(
            select(_table.c[name]).where(*_this_act).scalar_subquery().label(name)
            for name in _STORED
        ),
    )
)
_name = tuple_(_table.c.caller_id, _table.c.route, _table.c.key)
_FORGET = Statement(
    delete(_table).where(
        _name.in_(
            select(_table.c.caller_id, _table.c.route, _table.c.key)
            .where(_table.c.created_at < bindparam("before"))
            .order_by(_table.c.created_at)
            .limit(DELETED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
)


async def begin(unit: Unit, act: Act) -> Answer | None:
    """Return the stored answer of a repeat, or None when this is the first.

    Raises:
        IdempotencyKeyReused: the key was used with another body.
        IdempotentRequestInFlight: the first request is still under way.
    """
    row = await unit.row(
        _OPEN, lock=act.lock, caller_id=act.caller_id, route=act.route, key=act.key
    )
    if row is None or not row["free"]:
        raise IdempotentRequestInFlight("The first request with this key is still under way.")
    return None if row["body_hash"] is None else _answer(row, act)


async def recall(db: Reader, act: Act) -> Answer | None:
    """Return the stored answer of an act, if there is one, without beginning anything.

    Raises:
        IdempotencyKeyReused: the key was used with another body.
    """
    row = await db.row(_RECALL, caller_id=act.caller_id, route=act.route, key=act.key)
    return None if row is None else _answer(row, act)


def _answer(row: Row, act: Act) -> Answer:
    if row["body_hash"] != act.body_hash:
        raise IdempotencyKeyReused("This key was used before, with another body.")
    return Answer(row["status"], orjson.loads(row["headers"]), row["body"])


async def commit(unit: Unit, act: Act, answer: Answer, *, now: datetime) -> None:
    """Store the answer and commit, in the transaction of the act.

    Raises:
        IdempotentRequestInFlight: a request with this key finished in the meantime; this one is
            undone, and a repeat receives the stored answer.
    """
    headers = orjson.dumps(answer.headers).decode()
    kept = (answer.status, headers, answer.body, now)
    try:
        await unit.commit((act.caller_id, act.route, act.key, act.body_hash, *kept))
    except asyncpg.UniqueViolationError as error:
        raise IdempotentRequestInFlight("Another request with this key has just ended.") from error


async def forget(database: Database, *, now: datetime) -> int:
    """Delete the answers that have been kept long enough; return how many those were."""
    return await delete_in_parts(database, _FORGET, before=now - KEPT)


@asynccontextmanager
async def forgetting(database: Database) -> AsyncGenerator[None]:
    """Forget old answers every hour, as long as the service runs."""
    task = asyncio.create_task(_forget_hourly(database))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _forget_hourly(database: Database) -> None:
    await asyncio.sleep(_FIRST_SECONDS)
    while True:
        try:
            await forget(database, now=clock.now())
        except Exception as error:  # noqa: BLE001 (nobody awaits this task: it would end unseen)
            # By its kind alone: what a database says of an error may quote a row.
            log.warning("forgetting", reason=type(error).__name__)
        await asyncio.sleep(_EVERY_SECONDS)

"""
One request, one transaction, on connections that cost almost nothing.

Statements are SQLAlchemy Core expressions, named in a service's `db/` and compiled once, when
the module is imported; they run on asyncpg directly, because executing through an engine costs
more than the query itself (docs/decisions/0002). `Reader` runs on connections that PostgreSQL
itself keeps read-only. `Unit` is a unit of work: it takes a connection at its first statement,
and only the edge (`shared/edge.py`, a worker's step) commits it.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, Self, cast

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql.expression import ClauseElement

from shared.events import APPEND, APPEND_AND_KEEP, Event, columns

POOL_SIZE = 10
POOL_WAIT_SECONDS = 1.0
CONNECT_SECONDS = 2.0
STATEMENT_MS_MAX = 10_000
IDLE_IN_TRANSACTION_MS_MAX = 5_000
BEGIN_TRIES = 3
DELETED_AT_ONCE = 1_000

Row = asyncpg.Record


class DatabaseUnavailable(Exception):
    """The database or a free connection could not be had in time; nothing was changed."""


class CommitUnknown(Exception):
    """The connection broke during COMMIT: the change may or may not have been kept."""


class Contended(Exception):
    """The database gave this transaction up to let another finish; it may be tried again."""


class Statement:
    """A Core expression, compiled once to the SQL and the argument order of asyncpg.

    What Core cannot say is given as SQL with the names of its arguments: `$1` is `names[0]`.
    """

    __slots__ = ("_names", "_plan", "sql")

    def __init__(self, clause: ClauseElement | str, *names: str) -> None:
        if isinstance(clause, str):
            self.sql = clause
            self._plan: tuple[tuple[str, bool, object], ...] = tuple(
                (name, True, None) for name in names
            )
        else:
            compiled = cast("Any", clause.compile(dialect=asyncpg_dialect()))
            self.sql = str(compiled)
            required = {name for name, bind in compiled.binds.items() if bind.required}
            given = cast("dict[str, object]", compiled.params)
            places = cast("Sequence[str]", compiled.positiontup or ())
            self._plan = tuple((name, name in required, given.get(name)) for name in places)
        self._names = frozenset(name for name, _, _ in self._plan)

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """Return the values in the order of the placeholders.

        Raises:
            KeyError: a required value is missing, or a value has no place.
        """
        if not values.keys() <= self._names:
            raise KeyError(*(values.keys() - self._names))
        return [
            values[name] if required or name in values else constant
            for name, required, constant in self._plan
        ]


SELECT_ONE = Statement("SELECT 1")
_PLACEHOLDER = re.compile(r"\$(\d+)")


class _Given(NamedTuple):
    """A statement with its arguments, to be run later."""

    sql: str
    arguments: list[Any]


@lru_cache(maxsize=256)
def _together(*parts: tuple[str, int]) -> str:
    """Return one statement that does what all of these do; each says how many arguments it has."""
    before, moved = 0, list[str]()
    for sql, count in parts:
        moved.append(_moved(sql, by=before))
        before += count
    first = ", ".join(f"part{number} AS ({sql})" for number, sql in enumerate(moved[:-1]))
    return f"WITH {first} {moved[-1]}" if first else moved[-1]


def _moved(sql: str, *, by: int) -> str:
    """Return a statement whose arguments stand behind so many others."""
    return _PLACEHOLDER.sub(lambda place: f"${int(place[1]) + by}", sql)


@dataclass(frozen=True, slots=True)
class Lane:
    """A pool of connections and the number of them that may be out at once."""

    pool: asyncpg.Pool
    room: asyncio.Semaphore

    @property
    def busy(self) -> int:
        """Return how many connections are lent at the moment."""
        return self.pool.get_size() - self.pool.get_idle_size()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[asyncpg.Connection]:
        """Lend a connection; `DatabaseUnavailable` after `POOL_WAIT_SECONDS` without one."""
        if self.room.locked():
            try:
                async with asyncio.timeout(POOL_WAIT_SECONDS):
                    await self.room.acquire()
            except TimeoutError:
                raise DatabaseUnavailable("every connection is busy") from None
        else:
            await self.room.acquire()
        try:
            with unavailable():
                connection = await self.pool.acquire()
            try:
                yield cast("asyncpg.Connection", connection)
            except DatabaseUnavailable as error:
                # It may not know yet that it is dead: whoever borrows next shall not find out.
                if isinstance(error.__cause__, _BROKEN):
                    with suppress(asyncpg.InterfaceError):  # the pool knows already
                        connection.terminate()
                raise
            finally:
                await self.pool.release(connection)
        finally:
            self.room.release()


_BROKEN = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""The connection is gone; another may be well."""
_UNAVAILABLE = (
    *_BROKEN,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
_CONTENDED = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)


class unavailable:  # noqa: N801 (read as a word in `with unavailable():`)
    """Give the failures of connection and server the names that the edge knows."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Name the failure, if there was one."""
        if isinstance(error, _UNAVAILABLE):
            raise DatabaseUnavailable(type(error).__name__) from error
        if isinstance(error, _CONTENDED):
            raise Contended(type(error).__name__) from error


class Reader:
    """Reads, each statement its own snapshot, on connections that cannot write."""

    __slots__ = ("_lane",)

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        """Return the first row, or None. A connection found dead is replaced once."""
        rows = await self.rows(statement, **values)
        return rows[0] if rows else None

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        """Return every row."""
        arguments = statement.arguments(values)
        try:
            return await self._fetch(statement, arguments)
        except DatabaseUnavailable as error:
            # A query that ran too long, or a pool without room, would only fail again.
            if not isinstance(error.__cause__, _BROKEN):
                raise
            return await self._fetch(statement, arguments)

    async def _fetch(self, statement: Statement, arguments: list[Any]) -> list[Row]:
        async with self._lane.connection() as connection:
            with unavailable():
                return await connection.fetch(statement.sql, *arguments)


@dataclass(slots=True)
class Unit:
    """A unit of work: statements and events that are kept together or not at all.

    It begins at its first statement. Code under `db/` runs statements and records events on it;
    `commit` and `abandon` belong to whoever opened it.
    """

    lane: Lane
    events: list[Event] = field(default_factory=list[Event])
    _later: list[_Given] = field(default_factory=list[_Given])
    _connection: asyncpg.Connection | None = None
    _lease: Any = None

    @property
    def begun(self) -> bool:
        """Whether a statement has run."""
        return self._connection is not None

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        """Run a statement and return its first row, or None."""
        connection = await self._ready()
        with unavailable():
            return await connection.fetchrow(statement.sql, *statement.arguments(values))

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        """Run a statement and return its rows."""
        connection = await self._ready()
        with unavailable():
            return await connection.fetch(statement.sql, *statement.arguments(values))

    async def run(self, statement: Statement, **values: Any) -> str:
        """Run a statement and return PostgreSQL's command tag, such as `UPDATE 1`."""
        connection = await self._ready()
        with unavailable():
            return await connection.execute(statement.sql, *statement.arguments(values))

    def later(self, statement: Statement, **values: Any) -> None:
        """Run a plain INSERT of which nobody wants to hear, before the next statement or COMMIT.

        All that have gathered by then go to the server as one. They see nothing of each other.
        """
        self._later.append(_Given(statement.sql, statement.arguments(values)))

    async def _ready(self) -> asyncpg.Connection:
        """Return the connection, with everything done that was to be done later."""
        connection = await self.begin()
        if self._later:
            gathered, self._later = self._later, []
            sql = _together(*((each.sql, len(each.arguments)) for each in gathered))
            with unavailable():
                await connection.execute(sql, *chain(*(each.arguments for each in gathered)))
        return connection

    async def begin(self) -> asyncpg.Connection:
        """Take a connection and open the transaction; connections found dead are replaced."""
        if self._connection is not None:
            return self._connection
        for tries_left in reversed(range(BEGIN_TRIES)):
            lease = self.lane.connection()
            try:
                connection = await lease.__aenter__()
                try:
                    with unavailable():
                        await connection.execute("BEGIN")
                except BaseException as error:
                    await lease.__aexit__(type(error), error, error.__traceback__)
                    raise
            except DatabaseUnavailable:
                if not tries_left:
                    raise
                continue
            self._connection, self._lease = connection, lease
            return connection
        raise DatabaseUnavailable("no connection")  # BEGIN_TRIES is positive: not reached

    def record(self, event: Event) -> None:
        """Append one event to the feed when this unit is kept."""
        self.events.append(event)

    async def commit(self, answer: tuple[Any, ...] = ()) -> None:
        """Keep everything, events included, or raise.

        `answer` is that of an idempotent act, as `APPEND_AND_KEEP` takes it.

        Raises:
            CommitUnknown: the connection broke while COMMIT was under way.
        """
        if self._connection is None and not self._later:
            return
        try:
            connection = await self._ready()
            if self.events or answer:
                statement = APPEND_AND_KEEP if answer else APPEND
                with unavailable():
                    await connection.execute(statement, *columns(self.events), *answer)
            await _commit(connection)
        except BaseException:
            # A connection never goes back with a failed transaction open on it.
            await self.abandon()
            raise
        await self._return()

    async def abandon(self) -> None:
        """Undo everything. Never raises: the reason for undoing is what matters."""
        if self._connection is None:
            return
        connection = self._connection
        try:
            with unavailable():
                await connection.execute("ROLLBACK")
        except DatabaseUnavailable:
            with suppress(asyncpg.InterfaceError):  # the pool has taken it back already
                connection.terminate()
        finally:
            await self._return()

    async def _return(self) -> None:
        lease, self._connection, self._lease = self._lease, None, None
        self.events.clear()
        self._later.clear()
        await lease.__aexit__(None, None, None)


async def _commit(connection: asyncpg.Connection) -> None:
    try:
        tag = await connection.execute("COMMIT")
    except _BROKEN as error:
        raise CommitUnknown(type(error).__name__) from error
    if tag != "COMMIT":  # PostgreSQL answers ROLLBACK to a COMMIT of a failed transaction
        raise DatabaseUnavailable("the transaction had already failed")


@dataclass(frozen=True, slots=True)
class Database:
    """The two lanes of one PostgreSQL database."""

    reads: Lane
    writes: Lane

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, *, pool_size: int = POOL_SIZE) -> AsyncGenerator[Self]:
        """Open both pools. Connections are made when first needed: starting needs no database."""
        async with (
            _pool(url, pool_size, read_only=True) as reads,
            _pool(url, pool_size, read_only=False) as writes,
        ):
            yield cls(
                reads=Lane(reads, asyncio.Semaphore(pool_size)),
                writes=Lane(writes, asyncio.Semaphore(pool_size)),
            )

    @property
    def reader(self) -> Reader:
        """Return the read side."""
        return Reader(self.reads)

    def unit(self) -> Unit:
        """Return a unit of work that has not begun."""
        return Unit(self.writes)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Unit]:
        """Open the one transaction of a unit of work that is not a request."""
        unit = self.unit()
        try:
            yield unit
        except BaseException:
            await unit.abandon()
            raise
        await unit.commit()


async def delete_in_parts(database: Database, statement: Statement, **values: Any) -> int:
    """Delete without holding anybody up for long; return how many rows those were.

    `statement` deletes `DELETED_AT_ONCE` rows at the most; each part is a transaction of its own.
    """
    deleted, part = 0, DELETED_AT_ONCE
    while part == DELETED_AT_ONCE:
        async with database.write() as unit:
            tag = await unit.run(statement, **values)
        part = int(tag.rpartition(" ")[2])
        deleted += part
    return deleted


async def _nothing_to_reset(connection: asyncpg.Connection) -> None:
    """Skip asyncpg's round trip that resets a session: nothing here ever alters one."""


def _pool(url: str, size: int, *, read_only: bool) -> asyncpg.Pool:
    settings = {
        "application_name": "purna-read" if read_only else "purna-write",
        "timezone": "UTC",
        "statement_timeout": str(STATEMENT_MS_MAX),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS_MAX),
        "default_transaction_read_only": "on" if read_only else "off",
        "jit": "off",
        # What is written is found by its key: whatever the key, the plan is the same.
        "plan_cache_mode": "auto" if read_only else "force_generic_plan",
    }
    return asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=CONNECT_SECONDS,
        server_settings=settings,
        reset=_nothing_to_reset,
    )

"""
Every order in which the statements of two operations can reach PostgreSQL.

Each operation runs the real code on connections of its own. One statement goes at a time; a
statement that waits for a lock is recognised (`pg_blocking_pids`) and goes on when the lock is
free. Two neighbouring statements that touch no common table may change places without anybody
noticing, so of all orders that differ only in that, one is run (sleep sets, Godefroid 1996).

The reference is every order of whole transactions: what else they interleave to, the end has to
be one of those ends.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple, cast

import asyncpg
from sqlalchemy import MetaData

from shared.db import Database, Lane

SETTLE_SECONDS = 0.004
STUCK_SECONDS = 10
APPENDED = frozenset({"application_step", "decision", "review_step", "deadline", "letter"})
"""Tables whose rows have ids of their own: two that append to one do not notice each other."""

Outcome = tuple[Any, ...]
Operation = Callable[["Seat"], Awaitable[Any]]


class Stuck(Exception):
    """Neither operation can go on: that is a fault of this bench, or a deadlock unseen."""


class Touch(NamedTuple):
    """The tables that a statement reads, appends to and writes or locks."""

    reads: frozenset[str] = frozenset()
    appends: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def __or__(self, other: "Touch") -> "Touch":
        """Return what both touch together."""
        return Touch(*(mine | theirs for mine, theirs in zip(self, other, strict=True)))

    def meets(self, other: "Touch") -> bool:
        """Tell whether the order of the two can matter."""
        mine, theirs = self.reads | self.appends, other.reads | other.appends
        return bool(
            self.writes & (other.writes | theirs)
            or mine & other.writes
            or self.appends & other.reads
            or self.reads & other.appends
        )


class Schema:
    """What each statement touches, read from its SQL and from the foreign keys."""

    def __init__(self, metadata: MetaData) -> None:
        self.tables = {name for name in metadata.tables if name != "idempotency"}
        self.parents = {
            name: {key.column.table.name for key in table.foreign_keys}
            for name, table in metadata.tables.items()
        }
        self._known: dict[str, Touch] = {}

    def touch(self, sql: str) -> Touch:
        """Return what a statement touches; each operation has an idempotency key of its own."""
        if sql not in self._known:
            self._known[sql] = self._read(sql)
        return self._known[sql]

    def _read(self, sql: str) -> Touch:
        named = set(re.findall(r"\w+", sql)) & self.tables
        inserted = set(re.findall(r"INSERT INTO (\w+)", sql)) & self.tables
        written = set(re.findall(r"(?:UPDATE|DELETE FROM) (\w+)", sql)) & self.tables
        locked = re.search(r"FOR UPDATE(?: OF ([\w, ]+?))?(?: SKIP LOCKED)?\s*$", sql)
        if locked:
            written |= set(re.findall(r"\w+", locked[1])) if locked[1] else named
        if "advisory" in sql and "quota" in sql:
            written.add("quota")
        parents = {parent for name in inserted for parent in self.parents[name]}
        appended = inserted & APPENDED
        written |= inserted - APPENDED
        return Touch(
            frozenset((named | parents) - written - appended),
            frozenset(appended - written),
            frozenset(written & self.tables),
        )


NOTHING = Touch()
LENDER = Touch(writes=frozenset({"the lender's own ledger"}))


@dataclass(eq=False)
class Seat:
    """Where one operation sits: its connections, and the statement that it wants to run next."""

    schema: Schema
    reads: asyncpg.Connection
    writes: asyncpg.Connection
    task: asyncio.Task[Any] | None = None
    wanted: Touch = NOTHING
    inside: bool = False
    """A transaction has begun to do something: for whole transactions, nobody else's turn."""
    closing: bool = False
    """This order is given up: what is still to be done is done at once."""
    so_far: Touch = NOTHING
    pid: int = 0
    blocked: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def database(self) -> Database:
        """The database as this operation's code knows it."""
        lanes = (_Lane(self, self.reads), _Lane(self, self.writes))
        reads, writes = (cast("Lane", lane) for lane in lanes)
        return Database(reads=reads, writes=writes)

    @property
    def over(self) -> bool:
        """Whether the operation has ended."""
        return self.task is not None and self.task.done()

    async def turn(self, touch: Touch) -> None:
        """Wait until the next step may be taken."""
        if self.closing:
            return
        self.wanted = touch
        self.arrived.set()
        await self.go.wait()
        self.go.clear()

    async def run(self, connection: asyncpg.Connection, method: str, sql: str, given: Any) -> Any:
        """Run one statement when it is its turn; BEGIN alone is noticed by nobody."""
        if sql == "BEGIN":
            self.so_far = NOTHING
            return await getattr(connection, method)(sql)
        ends = sql in {"COMMIT", "ROLLBACK"}
        touch = self.so_far if ends else self.schema.touch(sql)
        self.so_far |= touch
        await self.turn(touch)
        self.pid = connection.get_server_pid()
        try:
            return await getattr(connection, method)(sql, *given)
        finally:
            self.inside = self.writes.is_in_transaction()


@dataclass(frozen=True, slots=True)
class _Lane:
    """A lane with one connection, whose statements wait for their turn."""

    seat: Seat
    real: asyncpg.Connection

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Any]:
        yield _Connection(self.seat, self.real)


@dataclass(frozen=True, slots=True)
class _Connection:
    seat: Seat
    real: asyncpg.Connection

    async def execute(self, sql: str, *given: Any) -> Any:
        return await self.seat.run(self.real, "execute", sql, given)

    async def fetch(self, sql: str, *given: Any) -> Any:
        return await self.seat.run(self.real, "fetch", sql, given)

    async def fetchrow(self, sql: str, *given: Any) -> Any:
        return await self.seat.run(self.real, "fetchrow", sql, given)

    def terminate(self) -> None:
        """Leave the connection open: the next order needs it."""


class Node(NamedTuple):
    """What could be done at one moment of an order, and who needs not be tried there."""

    enabled: dict[int, Touch]
    asleep: frozenset[int]
    chosen: int


@dataclass
class Run:
    """One order: the choices, and where another choice could have been made."""

    nodes: list[Node]
    complete: bool
    results: tuple[Any, ...]


@dataclass(frozen=True)
class Stage:
    """Two operations on one database, run in one order after the other."""

    schema: Schema
    monitor: asyncpg.Connection
    connections: Sequence[tuple[asyncpg.Connection, asyncpg.Connection]]
    restore: Callable[[], Awaitable[None]]
    operations: Sequence[Operation]
    may_idle: frozenset[int] = frozenset()
    """Who may find nothing to do while the other holds it (`SKIP LOCKED`), and comes again."""

    async def play(
        self, prefix: Sequence[int], asleep: frozenset[int], *, whole: bool = False
    ) -> Run:
        """Run one order that begins with `prefix`; `whole` keeps every transaction whole."""
        await self.restore()
        seats = [Seat(self.schema, *pair) for pair in self.connections]
        for seat, operation in zip(seats, self.operations, strict=True):
            seat.task = asyncio.create_task(_ended(operation, seat))
            await self._settle(seat)
        nodes: list[Node] = []
        complete = False
        try:
            complete = await self._play(seats, nodes, prefix, asleep, whole=whole)
        finally:
            await self._clear(seats)
        results = tuple(seat.task.result() for seat in seats if seat.task) if complete else ()
        return Run(nodes, complete, results)

    async def _play(
        self,
        seats: list[Seat],
        nodes: list[Node],
        prefix: Sequence[int],
        asleep: frozenset[int],
        *,
        whole: bool,
    ) -> bool:
        while not all(seat.over for seat in seats):
            enabled = _enabled(seats, whole=whole)
            if not enabled:
                await self._wake(seats)
                continue
            depth = len(nodes)
            resting = asleep if depth >= len(prefix) else frozenset[int]()
            awake = [number for number in enabled if number not in resting]
            if not awake:
                return False  # this order is like one that was run
            chosen = prefix[depth] if depth < len(prefix) else awake[0]
            nodes.append(Node(enabled, resting, chosen))
            if depth >= len(prefix):
                asleep = _still(asleep, enabled, enabled[chosen])
            await self._step(seats, chosen)
        return True

    async def _step(self, seats: list[Seat], chosen: int) -> None:
        """Let one statement go, and then whoever it has freed of waiting for a lock."""
        seat = seats[chosen]
        seat.arrived.clear()
        seat.go.set()
        await self._settle(seat)
        await self._wake([other for other in seats if other.blocked and other is not seat])

    async def _wake(self, waiting: Collection[Seat]) -> None:
        for seat in waiting:
            if seat.blocked:
                await self._settle(seat)

    async def _settle(self, seat: Seat) -> None:
        """Wait until an operation is at its next statement, has ended, or waits for a lock."""
        task = cast("asyncio.Task[Any]", seat.task)
        arrival = asyncio.ensure_future(seat.arrived.wait())
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                while True:
                    done, _ = await asyncio.wait(
                        {arrival, task},
                        timeout=SETTLE_SECONDS,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                    seat.blocked = not done and await self._waits(seat.pid)
                    if done or seat.blocked:
                        return
        except TimeoutError:
            raise Stuck(f"after {seat.wanted}") from None
        finally:
            arrival.cancel()

    async def _waits(self, pid: int) -> bool:
        waits = "SELECT cardinality(pg_blocking_pids($1)) > 0"
        return bool(pid) and await self.monitor.fetchval(waits, pid)

    async def _clear(self, seats: list[Seat]) -> None:
        """End what an order has left open, so that the next one finds the connections free."""
        for seat in seats:
            if seat.task is not None and not seat.task.done():
                seat.closing = True
                seat.task.cancel()
                with suppress(asyncio.CancelledError):
                    await seat.task
        for seat in seats:
            for connection in (seat.reads, seat.writes):
                if connection.is_in_transaction():
                    await connection.execute("ROLLBACK")


async def _ended(operation: Operation, seat: Seat) -> Any:
    """Run an operation to its end; a failure is an end too."""
    try:
        return await operation(seat)
    except Exception as error:  # noqa: BLE001 (what it raised is what is compared)
        return type(error).__name__


def _enabled(seats: list[Seat], *, whole: bool) -> dict[int, Touch]:
    """Return who may take the next step, and what it touches."""
    free = {
        number: seat.wanted
        for number, seat in enumerate(seats)
        if not seat.over and not seat.blocked
    }
    inside = {number: touch for number, touch in free.items() if seats[number].inside}
    return inside if whole and inside else free


def _still(asleep: frozenset[int], enabled: dict[int, Touch], took: Touch) -> frozenset[int]:
    """Return who stays asleep after a step: those whose next one does not meet it."""
    return frozenset(
        number for number in asleep if number in enabled and not enabled[number].meets(took)
    )


@dataclass
class Report:
    """What all orders of a pair came to."""

    orders: int = 0
    alike: int = 0
    whole: int = 0
    exhausted: bool = True
    ends: set[Outcome] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)


Judge = Callable[[Run], Awaitable[tuple[Outcome, list[str]]]]


async def every_order(
    stage: Stage, judge: Judge, *, orders_max: int, seed: int = 0, violations_max: int = 100
) -> Report:
    """Run every order of whole transactions, then every order of statements, and compare.

    Of more than `orders_max` orders, as many are drawn by the seed.
    """
    report = Report()
    allowed = await _allowed(stage, judge, report)
    async for run in _orders(stage, Random(seed)):
        if not run.complete:
            report.alike += 1
            continue
        end, broken = await judge(run)
        report.ends.add(end)
        report.orders += 1
        order = "".join("AB"[node.chosen] for node in run.nodes)
        report.violations += [f"{order}: {words}" for words in broken]
        if end not in allowed:
            report.violations.append(f"{order}: {end} is no end of whole transactions")
        if report.orders >= orders_max or len(report.violations) >= violations_max:
            report.exhausted = False
            break
    return report


async def _allowed(stage: Stage, judge: Judge, report: Report) -> set[Outcome]:
    """Return every end of whole transactions."""
    allowed: set[Outcome] = set()
    idle = [replace(stage, operations=_idle(stage, side)) for side in stage.may_idle]
    for each in (stage, *idle):
        async for run in _orders(each, None):
            end, broken = await judge(run)
            allowed.add(end)
            report.whole += 1
            report.violations += [f"whole transactions: {words}" for words in broken]
    return allowed


def _idle(stage: Stage, side: int) -> list[Operation]:
    """Return the operations, where one side finds nothing to do."""
    return [_nothing if number == side else each for number, each in enumerate(stage.operations)]


async def _nothing(seat: Seat) -> bool:
    """Find nothing to do."""
    return False


async def _orders(stage: Stage, drawn: Random | None) -> AsyncGenerator[Run]:
    """Run one order after the other, as they are drawn; None: those of whole transactions."""
    left: list[tuple[tuple[int, ...], frozenset[int]]] = [((), frozenset())]
    whole = drawn is None
    while left:
        place = 0 if drawn is None else drawn.randrange(len(left))
        left[place], left[-1] = left[-1], left[place]
        prefix, asleep = left.pop()
        run = await stage.play(prefix, asleep, whole=whole)
        choices = tuple(node.chosen for node in run.nodes)
        for depth in range(len(prefix), len(run.nodes)):
            node = run.nodes[depth]
            tried = node.asleep | {node.chosen}
            for other in node.enabled.keys() - tried:
                rest = _still(tried, node.enabled, node.enabled[other])
                left.append(((*choices[:depth], other), frozenset() if whole else rest))
        yield run

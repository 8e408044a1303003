"""Units of work: all or nothing, and a connection is never given back in a bad state."""

import asyncio

import asyncpg
import pytest

from shared.clock import now
from shared.db import CommitUnknown, Contended, Database, DatabaseUnavailable, Statement
from shared.events import Event
from shared.ids import new_id
from tests.conftest import Service

COUNT = Statement("SELECT count(*) AS count FROM event")
INSERT = Statement("INSERT INTO region (code, name, level) VALUES ($1, 'x', 1)", "code")
BREAK = Statement("SELECT 1 / 0")


def an_event() -> Event:
    return Event(kind="test.happened", subject_id=new_id(), version=1, occurred_at=now())


async def count(registry: Service) -> int:
    row = await registry.database.reader.row(COUNT)
    return row["count"]


async def test_what_is_raised_in_undoes_everything(registry: Service):
    async def fails():
        async with registry.database.write() as unit:
            await unit.run(INSERT, code="99")
            unit.record(an_event())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await count(registry) == 0
    async with registry.database.write() as unit:
        await unit.run(INSERT, code="99")
        await unit.run(Statement("DELETE FROM region WHERE code = '99'"))


async def test_a_failed_transaction_never_goes_back_to_the_pool(registry: Service):
    async def fails(swallowed: bool):
        async with registry.database.write() as unit:
            try:
                await unit.row(BREAK)
            except asyncpg.DivisionByZeroError:
                if not swallowed:
                    raise
            unit.record(an_event())

    for swallowed in (True, False):
        with pytest.raises(Exception, match=r"aborted|zero|failed"):
            await fails(swallowed)
    for _ in range(12):
        async with registry.database.write() as unit:
            unit.record(an_event())
            await unit.row(Statement("SELECT 1"))
    assert await count(registry) == 12


async def test_a_reader_cannot_write(registry: Service):
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await registry.database.reader.rows(INSERT, code="99")


async def test_a_dead_connection_is_replaced(registry: Service, registry_template: str):
    """At whatever moment its end is noticed: before the next query, or in the middle of it."""
    admin = await asyncpg.connect(registry_template)
    try:
        for written in range(40):
            assert await count(registry) == written
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'purna-%'"
            )
            assert await count(registry) == written
            async with registry.database.write() as unit:
                unit.record(an_event())
                await unit.row(Statement("SELECT 1"))
    finally:
        await admin.close()


async def test_a_connection_that_breaks_anywhere_is_one_of_two_failures(registry_url: str):
    """Nothing was kept, or nobody knows; and what was said to be kept is there."""
    stop, kept, unknown = asyncio.Event(), 0, 0

    async def write(database: Database):
        nonlocal kept, unknown
        while not stop.is_set():
            try:
                async with database.write() as unit:
                    await unit.row(Statement("SELECT pg_sleep(0.001)"))
                    unit.record(an_event())
            except DatabaseUnavailable:
                continue
            except CommitUnknown:
                unknown += 1
            else:
                kept += 1

    admin = await asyncpg.connect(registry_url)
    async with Database.connect(registry_url, pool_size=4) as database:
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(write(database))
            for _ in range(120):
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'purna-write' ORDER BY random() LIMIT 1"
                )
                await admin.execute("SELECT pg_sleep(0.005)")
            stop.set()
        written = await admin.fetchval("SELECT count(*) FROM event")
    await admin.close()
    assert kept > 0
    assert kept <= written <= kept + unknown


async def test_a_busy_pool_says_so_and_recovers(registry_url: str):
    async with Database.connect(registry_url, pool_size=1) as database:
        async with database.write() as unit:
            await unit.row(Statement("SELECT 1"))
            with pytest.raises(DatabaseUnavailable, match="busy"):
                await database.unit().begin()
        async with database.write() as unit:
            assert await unit.row(Statement("SELECT 1"))


async def test_the_feed_is_numbered_without_gaps_under_many_writers(registry: Service):
    async def write(fails: bool):
        async with registry.database.write() as unit:
            await unit.row(Statement("SELECT 1"))
            unit.record(an_event())
            if fails:
                raise RuntimeError

    results = await asyncio.gather(
        *(write(number % 3 == 0) for number in range(30)), return_exceptions=True
    )
    kept = sum(result is None for result in results)
    rows = await registry.database.reader.rows(Statement("SELECT number FROM event ORDER BY 1"))
    assert [row["number"] for row in rows] == list(range(1, kept + 1))


async def test_a_deadlock_has_a_name_of_its_own(registry: Service):
    first = Statement("SELECT pg_advisory_xact_lock(1)")
    second = Statement("SELECT pg_advisory_xact_lock(2)")
    met = asyncio.Barrier(2)

    async def crossing(one: Statement, other: Statement):
        async with registry.database.write() as unit:
            await unit.row(one)
            await met.wait()
            await unit.row(other)

    results = await asyncio.gather(
        crossing(first, second), crossing(second, first), return_exceptions=True
    )
    assert [type(r) for r in results if r is not None] == [Contended]


async def test_a_statement_takes_its_own_arguments_and_no_others(registry: Service):
    with pytest.raises(KeyError):
        await registry.database.reader.row(COUNT, nonsense=1)
    with pytest.raises(KeyError):
        await registry.database.reader.row(INSERT)


LATER = Statement("INSERT INTO region (code, name, level) VALUES ($1, $2, 1)", "code", "name")
NAMES = Statement("SELECT code, name FROM region WHERE code IN ('97', '98', '99') ORDER BY code")


async def test_what_is_to_be_done_later_is_done_before_it_is_looked_for(registry: Service):
    async def stops():
        async with registry.database.write() as unit:
            for code in ("97", "98", "99"):
                unit.later(LATER, code=code, name=f"${code}")
            seen = [tuple(row) for row in await unit.rows(NAMES)]
            assert seen == [("97", "$97"), ("98", "$98"), ("99", "$99")]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await stops()
    assert await registry.database.reader.rows(NAMES) == []


async def test_what_is_to_be_done_later_is_done_at_the_end_or_not_at_all(registry: Service):
    async with registry.database.write() as unit:
        unit.later(LATER, code="98", name="a")
    async with registry.database.write() as unit:
        unit.record(an_event())
        unit.later(LATER, code="99", name="b")
    assert [row["code"] for row in await registry.database.reader.rows(NAMES)] == ["98", "99"]

    async def fails():
        async with registry.database.write() as unit:
            unit.record(an_event())
            unit.later(LATER, code="97", name="c")
            unit.later(LATER, code="99", name="taken")

    with pytest.raises(asyncpg.UniqueViolationError):
        await fails()
    assert await count(registry) == 1
    assert len(await registry.database.reader.rows(NAMES)) == 2
    async with registry.database.write() as unit:
        await unit.run(Statement("DELETE FROM region WHERE code IN ('98', '99')"))

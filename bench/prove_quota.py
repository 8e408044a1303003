"""
Hold, use and give back quota at random from many processes that die, and count the rupiah.

`SEED=` draws others. A worker process draws its acts from its seed and its number; whoever kills
it starts it again. At the end every quota has to be the sum of what is held and used of it.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from bench.figures import figure, say
from migrations.run import upgrade
from services.financing.db import quotas
from services.financing.domain.quota import Quota, Waiting, allot
from shared.db import CommitUnknown, Contended, Database, DatabaseUnavailable, Unit, unavailable
from shared.embedded_postgres import EmbeddedPostgres

SIZES = {"small": 12_000, "full": 1_000_000}
PROCESSES, TASKS = 3, 4
TOTALS = (200_000_000, 500_000_000, 2_000_000_000)
BANKS, PRODUCTS = ("kur-bank-nusantara", "kur-bank-samudra"), ("kur_mikro", "kur_kecil")
PROVINCES = ("32", "52", None)
TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LIFE_SECONDS = (1.0, 3.0)
PROGRESS_SECONDS = 20


def main() -> int:
    """Print the figures; return 0 only if nothing was overdrawn, leaked or allotted otherwise."""
    count = SIZES["small" if os.environ.get("PROVE") == "small" else "full"]
    seed = int(os.environ.get("SEED", "20261124"))
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres.start(Path(folder, "postgres")) as server,
    ):
        url = server.create_database("financing")
        upgrade("financing", url)
        wrong = asyncio.run(_prove(url, count, seed))
    same = _allotment(seed) == _allotment(seed)
    say(f"seed {seed} allots {'the same' if same else 'otherwise'} when drawn again")
    return int(wrong or not same)


async def _prove(url: str, count: int, seed: int) -> bool:
    async with Database.connect(url) as database:
        await _furnish(database)
        deaths = await _storm(database, url, count, seed)
        done = await _scalar(database, "SELECT coalesce(sum(acts), 0)::bigint FROM bench_act")
        say(f"{done:,} acts by {PROCESSES} processes of {TASKS} tasks; {deaths} deaths")
        overdrawn = await _scalar(
            database,
            "SELECT count(*) FROM quota WHERE held + used > total OR held < 0 OR used < 0",
        )
        leaked = await _scalar(database, _LEAKED)
        await _give_everything_back(database)
        leaked += await _scalar(database, "SELECT coalesce(sum(held), 0)::bigint FROM quota")
    figure("quota_acts", done, "acts")
    figure("quota_overdrawn", overdrawn, "quotas")
    figure("quota_leaked", leaked, "rupiah")
    return bool(overdrawn or leaked or done < count)


_LEAKED = """
SELECT coalesce(sum(abs(q.held - h.held) + abs(q.used - h.used)), 0)::bigint
FROM quota q, LATERAL (
  SELECT coalesce(sum(amount) FILTER (WHERE status = 'held'), 0) AS held,
         coalesce(sum(amount) FILTER (WHERE status = 'used'), 0) AS used
  FROM quota_holding WHERE quota_id = q.id
) AS h
"""


async def _scalar(database: Database, sql: str) -> int:
    async with database.reads.connection() as connection:
        return await connection.fetchval(sql)


async def _furnish(database: Database) -> None:
    """Set quotas wide and narrow, and one application for every task to hold them for."""
    random = Random(1)
    async with database.write() as unit:
        for channel in BANKS:
            for product in (None, *PRODUCTS):
                for province in (None, "32", "52"):
                    await quotas.add(
                        unit,
                        id=uuid4(),
                        channel=channel,
                        product=product,
                        province_code=province,
                        year=TODAY.year,
                        total=random.choice(TOTALS),
                        created_at=NOW,
                        changed_at=NOW,
                    )
        connection = await unit.begin()
        await connection.execute("CREATE TABLE bench_act (task int PRIMARY KEY, acts bigint)")
        for number in range(PROCESSES * TASKS):
            await connection.execute(_APPLICATION, _application(number), NOW)


_APPLICATION = """
INSERT INTO application (id, created_by, borrower_kind, borrower_id, cooperative_ids, status,
       amount, tenor_months, purpose, contract_kind, declared, preference,
       withdrawal_requested, set_aside, version, created_at, changed_at)
VALUES ($1, 'bench', 'person', $1, '{}', 'drafted', 1, 1, 'working_capital', 'conventional',
        '{}', '{}', false, false, 1, $2, $2)
"""


def _application(number: int) -> UUID:
    return UUID(int=0x01938D5E_0000_7000_8000_000000000000 + number)


async def _storm(database: Database, url: str, count: int, seed: int) -> int:
    """Keep the processes alive until they have done enough, and kill them meanwhile."""
    random, deaths, said = Random(seed), 0, monotonic()
    processes = [_started(url, count, seed, number) for number in range(PROCESSES)]
    while any(process.poll() is None for process in processes):
        await asyncio.sleep(random.uniform(*LIFE_SECONDS))
        number = random.randrange(PROCESSES)
        if random.random() < 0.3:
            await _scalar(database, _BREAK)
        elif processes[number].poll() is None:
            processes[number].send_signal(signal.SIGKILL)
            processes[number].wait()
            processes[number] = _started(url, count, seed + deaths + 1, number)
            deaths += 1
        if monotonic() - said > PROGRESS_SECONDS:
            done = await _scalar(database, "SELECT coalesce(sum(acts), 0)::bigint FROM bench_act")
            say(f"{done:,} of {count:,} acts, {deaths} deaths")
            said = monotonic()
    return deaths


_BREAK = """
SELECT count(pg_terminate_backend(pid)) FROM (
  SELECT pid FROM pg_stat_activity
  WHERE application_name = 'purna-write' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
) AS one
"""
"""Break one connection in the middle of whatever it does."""


def _started(url: str, count: int, seed: int, number: int) -> subprocess.Popen[bytes]:
    share = -(-count // PROCESSES)
    arguments = (url, str(share), str(seed), str(number))
    return subprocess.Popen([sys.executable, "-m", "bench.prove_quota", *arguments])


@dataclass(slots=True)
class Hand:
    """One task that holds, uses and gives back; what it holds it remembers until it dies."""

    database: Database
    number: int
    random: Random
    mine: list[UUID] = field(default_factory=list[UUID])

    async def act(self) -> None:
        """Do one act in one transaction, counted in the same."""
        async with self.database.write() as unit:
            await self._drawn(unit)
            connection = await unit.begin()
            with unavailable():
                await connection.execute(_COUNT, self.number)

    async def _drawn(self, unit: Unit) -> None:
        roll = self.random.random()
        if roll < 0.5 or not self.mine:
            await self._hold(unit)
        elif roll < 0.6:
            amount = self.random.randrange(1, 60_000_000)
            await quotas.use(unit, one := self._one(), granted=amount, now=NOW)
            if self.random.random() < 0.5:  # two people find that there is no loan
                self.mine.append(one)
        elif roll < 0.98:
            back = self.random.choice([quotas.give_back, quotas.expire])
            await back(unit, self._one(), now=NOW)
        else:
            await self._resize(unit)

    async def _hold(self, unit: Unit) -> None:
        id = uuid4()
        if await quotas.hold(
            unit,
            application_id=_application(self.number),
            submission_id=id,
            channel=self.random.choice(BANKS),
            product=self.random.choice(PRODUCTS),
            province=self.random.choice(PROVINCES),
            amount=self.random.randrange(1_000_000, 50_000_000),
            on=TODAY,
            now=NOW,
        ):
            self.mine.append(id)

    async def _resize(self, unit: Unit) -> None:
        row = self.random.choice(await quotas.left(unit, year=TODAY.year, province="52"))
        quota = quotas.quota_of(await quotas.lock(unit, row["id"]))
        room = max(0, self.random.choice(TOTALS) - quota.held - quota.used)
        total = quota.held + quota.used + room
        await quotas.set_total(unit, quota.id, total=total, now=NOW)

    def _one(self) -> UUID:
        return self.mine.pop(self.random.randrange(len(self.mine)))


_COUNT = """
INSERT INTO bench_act (task, acts) VALUES ($1, 1)
ON CONFLICT (task) DO UPDATE SET acts = bench_act.acts + 1
"""


async def _work(url: str, share: int, seed: int, number: int) -> None:
    async with Database.connect(url, pool_size=TASKS) as database, asyncio.TaskGroup() as group:
        for task in range(TASKS):
            place = number * TASKS + task
            hand = Hand(database, place, Random(seed * 1_000 + place))
            group.create_task(_until(hand, -(-share // TASKS)))


async def _until(hand: Hand, share: int) -> None:
    sql = "SELECT coalesce(max(acts), 0) FROM bench_act WHERE task = $1"
    async with hand.database.reads.connection() as connection:
        done = await connection.fetchval(sql, hand.number)
    while done < share:
        try:
            await hand.act()
        except (DatabaseUnavailable, Contended, CommitUnknown):
            continue
        done += 1


async def _give_everything_back(database: Database) -> None:
    async with database.reads.connection() as connection:
        held = await connection.fetch(
            "SELECT DISTINCT submission_id FROM quota_holding WHERE status = 'held'"
        )
    for row in held:
        async with database.write() as unit:
            await quotas.give_back(unit, row["submission_id"], now=NOW)


def _allotment(seed: int) -> list[tuple[Any, ...]]:
    """Draw quotas and rows of those who wait; return who is served, in order."""
    random = Random(seed)
    served: list[tuple[Any, ...]] = []
    for _ in range(200):
        kept = [
            Quota(UUID(int=n), BANKS[0], product, province, random.randrange(10**9), 0, 0)
            for n, (product, province) in enumerate(
                (p, r) for p in (None, *PRODUCTS) for r in PROVINCES
            )
        ]
        row = [
            Waiting(
                n,
                UUID(int=n),
                BANKS[0],
                random.choice(PRODUCTS),
                random.choice(PROVINCES),
                random.randrange(1, 50_000_000),
            )
            for n in range(60)
        ]
        random.shuffle(row)
        served.extend(allot(kept, row))
    return served


if __name__ == "__main__":
    if len(sys.argv) > 1:
        address, part, drawn, which = sys.argv[1:]
        asyncio.run(_work(address, int(part), int(drawn), int(which)))
        sys.exit(0)
    sys.exit(main())

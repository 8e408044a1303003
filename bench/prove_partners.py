"""
Break the wire to one lender after the other, in sixteen ways, and watch everybody else.

A proxy process stands before each troubled lender (`tests/bench/faultproxy.py`). In every round
the same number of submissions falls due at every lender; in some rounds the wire is well, which
is the measure for the others. Time runs faster for the troubled lender, so that a round of
seconds is an outage of minutes with all its probes. After each round the wire is mended and
everything has to come to its end, once, by the lenders' own ledgers.

The routes are bent: whatever their borrower, submissions are given to the lender that is looked
at, because what is looked at is the wire. `python -m bench.prove_partners` runs this alone.
"""

import asyncio
import json
import re
import sys
from asyncio.subprocess import Process
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from bench.figures import say
from bench.kills import BANK, LENDERS, Ground, Loan, NotFinished, effects_of
from bench.server import memory_mib
from shared import clock
from tests.bench.faultproxy import FAULTS, Door, Mode, door_to

if TYPE_CHECKING:
    from bench.prove import Size, Verdicts

TROUBLED = (BANK, "lpdb", "blu")
"""One lender of each contract."""

THEIRS_A_SECOND = 6
OTHERS_A_SECOND = 16
WELL_EVERY = 2
"""Before every so many rounds of trouble there is one in which all is well."""

FASTER = timedelta(seconds=15)
TICK_SECONDS = 0.5
SETTLE_SECONDS = 40
SIGN_IN_SECONDS = 300
MAKERS = 4
WORKER_TASKS = "2"
LATER = """
UPDATE submission SET due_at = due_at - $1::interval, sent_at = sent_at - $1::interval
WHERE id IN (SELECT id FROM submission WHERE id = ANY($2) AND due_at > now()
             AND status <> 'sending' FOR UPDATE SKIP LOCKED)
"""
REST_OVER = """
UPDATE channel_health SET rest_until = rest_until - $1::interval WHERE channel = $2
"""
DUE = "UPDATE submission SET channel = $2, due_at = $3 WHERE id = $1"
AWAY = "UPDATE submission SET due_at = now() + interval '1 day' WHERE id = $1"
FIRST_HEARD = """
SELECT submission_id, min(received_at) AS at FROM lender_report
WHERE submission_id = ANY($1) GROUP BY 1
"""
OPEN = """
SELECT count(*) FROM submission
WHERE id = ANY($1) AND status NOT IN ('disbursed', 'repaid', 'refused')
"""
SERVER_ERRORS = re.compile(r'^http_request_seconds_count\{.*status="5\d\d"\} (\S+)$', re.MULTILINE)


class Waiting(NamedTuple):
    """An application that is routed and not due yet."""

    loan: Loan
    submission: UUID


@dataclass(slots=True)
class Watch:
    """What is measured over all rounds."""

    well: list[float] = field(default_factory=list[float])
    beside_trouble: list[float] = field(default_factory=list[float])
    amplification: float = 0.0
    sendings: int = 0
    longest_seconds: float = 0.0
    server_errors: int = 0
    requests: int = 0


@dataclass(slots=True)
class Rounds:
    """The rounds, and what they need."""

    ground: Ground
    seconds: float
    pool: list[Waiting]
    watch: Watch
    used: list[Waiting] = field(default_factory=list[Waiting])

    async def run(self, code: str, door: Door, mode: Mode) -> None:
        """Let submissions fall due at every lender while the wire to one does this."""
        await door.set(mode)
        await door.count()
        begins = clock.now() + timedelta(seconds=0.3)
        theirs = await self._due(begins, THEIRS_A_SECOND, (code,))
        neighbours = tuple(each for each in LENDERS if each != code)
        others = await self._due(begins, OTHERS_A_SECOND, neighbours)
        await self._outlast(code, theirs, until=monotonic() + 0.3 + self.seconds)
        counted = await door.count()
        await door.set(Mode.PASS)
        await self._settle(code, theirs, [*theirs, *others])
        self._note(mode, counted, len(theirs))
        self.watch.sendings += (await door.count()).get("sendings", 0)
        latencies = await self._latencies(others)
        (self.watch.well if mode is Mode.PASS else self.watch.beside_trouble).extend(latencies)

    async def _due(
        self, begins: datetime, a_second: int, lenders: tuple[str, ...]
    ) -> dict[UUID, datetime]:
        """Let the next of the pool fall due in turn at these lenders; return when each does."""
        due: dict[UUID, datetime] = {}
        for number in range(round(a_second * self.seconds)):
            one = self.pool.pop()
            self.used.append(one)
            at = begins + timedelta(seconds=number / a_second)
            lender = lenders[number % len(lenders)]
            await self.ground.pool.execute(DUE, one.submission, lender, at)
            due[one.submission] = at
        return due

    async def _outlast(self, code: str, theirs: dict[UUID, datetime], *, until: float) -> None:
        """Wait, while time runs faster for what the troubled lender has failed at."""
        while monotonic() < until:
            await asyncio.sleep(TICK_SECONDS)
            failed = [id for id, at in theirs.items() if at < clock.now()]
            await self._faster(code, failed)

    async def _faster(self, code: str, ids: list[UUID]) -> None:
        await self.ground.pool.execute(LATER, FASTER, ids)
        await self.ground.pool.execute(REST_OVER, FASTER, code)

    async def _settle(self, code: str, theirs: dict[UUID, datetime], every: list[UUID]) -> None:
        """Let everything of this round come to its end on a wire that is well."""
        until = monotonic() + SETTLE_SECONDS
        while await self.ground.pool.fetchval(OPEN, every):
            if monotonic() > until:
                raise NotFinished(f"a round with {code} has not come to its end")
            await asyncio.sleep(TICK_SECONDS)
            for _ in range(8):
                await self._faster(code, list(theirs))

    def _note(self, mode: Mode, counted: dict[str, Any], submissions: int) -> None:
        messages = counted.get("sendings", 0) + counted.get("questions", 0)
        if mode is not Mode.PASS:
            amplified = messages / submissions
            self.watch.amplification = max(self.watch.amplification, amplified)
        self.watch.sendings += counted.get("sendings", 0)
        self.watch.longest_seconds = max(self.watch.longest_seconds, counted["longest_seconds"])

    async def _latencies(self, due: dict[UUID, datetime]) -> list[float]:
        """Return how long after it fell due each was first answered, in seconds."""
        rows = await self.ground.pool.fetch(FIRST_HEARD, list(due))
        return [(row["at"] - due[row["submission_id"]]).total_seconds() for row in rows]


async def partner_faults(
    ground: Ground, folder: Path, size: "Size", random: Random, verdicts: "Verdicts"
) -> None:
    """Run every fault with every troubled lender and print what everybody else noticed."""
    watch = Watch()
    lenders = TROUBLED[: size.troubled]
    each = round(size.trouble_seconds * (THEIRS_A_SECOND + OTHERS_A_SECOND))
    count = each * (1 + len(lenders) * (len(FAULTS) + len(FAULTS) // WELL_EVERY))
    pool = await _pool(ground, count)
    async with AsyncExitStack() as opened:
        port = int(ground.stack.address("sandbox").rpartition(":")[2])
        doors = {
            code: await opened.enter_async_context(door_to("127.0.0.1", port)) for code in lenders
        }
        _lead_through(ground, doors)
        worker = await ground.start(FINANCING_WORKER_TASKS=WORKER_TASKS)
        opened.push_async_callback(_stopped, worker)
        asking = await opened.enter_async_context(_asking(ground, pool[0].loan, watch))
        rounds = Rounds(ground, size.trouble_seconds, pool, watch)
        memory = await _all_rounds(rounds, doors, worker)
        asking.set()
    await _tell(ground, rounds, memory, verdicts)


async def _pool(ground: Ground, count: int) -> list[Waiting]:
    """Submit so many applications, none of which is due before its round."""
    found: list[Waiting] = []

    async def make() -> None:
        while len(found) < count:
            loan = await ground.submitted()
            leg = (await ground.read(loan.id, "/submissions"))["items"][0]
            await ground.pool.execute(AWAY, UUID(leg["id"]))
            found.append(Waiting(loan, UUID(leg["id"])))

    await asyncio.gather(*(make() for _ in range(MAKERS)))
    return found


def _lead_through(ground: Ground, doors: dict[str, Door]) -> None:
    """Let the worker that is started next find these lenders behind their proxies."""
    file = Path(ground.part.environment["FINANCING_CHANNELS"])
    keys = json.loads(file.read_text())
    for code, door in doors.items():
        keys["channels"][code]["base_url"] = f"http://127.0.0.1:{door.port}/{code}"
    file.write_text(json.dumps(keys))


async def _all_rounds(rounds: Rounds, doors: dict[str, Door], worker: Process) -> float:
    """Run every round; return by how many MiB the worker has grown since the first one."""
    code, door = next(iter(doors.items()))
    await rounds.run(code, door, Mode.PASS)
    rounds.watch.well.clear()  # the worker has been starting
    at_first = memory_mib(worker.pid, "VmRSS")
    for code, door in doors.items():
        for number, mode in enumerate(FAULTS):
            if number % WELL_EVERY == 0:
                await rounds.run(code, door, Mode.PASS)
            await rounds.run(code, door, mode)
        say(f"{code}: {len(FAULTS)} faults, each for {rounds.seconds:g} s")
    return memory_mib(worker.pid, "VmHWM") - at_first


class _asking:  # noqa: N801 (a context manager, read as a word)
    """Ask our API all the time for what an application and an operator ask for."""

    def __init__(self, ground: Ground, loan: Loan, watch: Watch) -> None:
        self.ground, self.loan, self.watch = ground, loan, watch
        self.stop = asyncio.Event()

    async def __aenter__(self) -> asyncio.Event:
        self.task = asyncio.create_task(self._ask())
        return self.stop

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await self.task

    async def _ask(self) -> None:
        signed_in = monotonic()
        while not self.stop.is_set():
            if monotonic() - signed_in > SIGN_IN_SECONDS:  # nobody else signs in meanwhile
                await self.ground.sign_in()
                signed_in = monotonic()
            for name, path in (("loans", f"/applications/{self.loan.id}"), ("feed", "/channels")):
                reply = await self.ground.signed_in[name].get(path)
                self.watch.requests += 1
                self.watch.server_errors += reply.status_code >= 500
            await asyncio.sleep(0.05)


async def _stopped(worker: Process) -> None:
    worker.terminate()
    await worker.wait()


async def _tell(ground: Ground, rounds: Rounds, memory_mib: float, verdicts: "Verdicts") -> None:
    watch = rounds.watch
    await ground.sign_in()
    metrics = (await ground.loans.get("/metrics")).text
    errors = watch.server_errors + sum(float(n) for n in SERVER_ERRORS.findall(metrics))
    effects = effects_of(await ground.ledgers())
    wrong = sum(abs(effects[one.loan.borrower] - 1) for one in rounds.used)
    sent = watch.sendings / max(1, len(rounds.used))
    say(f"{len(rounds.used):,} submissions; {watch.requests:,} requests to our API meanwhile")
    say(f"{sent:.2f} sendings through the proxies for each submission of all, recovery included")
    say(f"neighbours: {len(watch.well):,} answers while all was well, "
        f"p50 {_quantile(watch.well, 0.5):.3f} s, p99 {_quantile(watch.well, 0.99):.3f} s; "
        f"{len(watch.beside_trouble):,} beside trouble, "
        f"p50 {_quantile(watch.beside_trouble, 0.5):.3f} s, "
        f"p99 {_quantile(watch.beside_trouble, 0.99):.3f} s")  # fmt: skip
    ratio = _quantile(watch.beside_trouble, 0.99) / _quantile(watch.well, 0.99)
    verdicts.must("partner_faults_5xx", errors, 0, "answers")
    verdicts.must("partner_effects_wrong", wrong, 0, "effects")
    verdicts.at_most("partner_neighbour_p99_ratio", round(ratio, 3), 1.2, "ratio")
    verdicts.at_most("partner_amplification", round(watch.amplification, 3), 1.1, "ratio")
    verdicts.at_most("partner_longest_call_seconds", watch.longest_seconds, 10.5, "s")
    verdicts.at_most("partner_rss_growth_mib", round(memory_mib, 1), 32, "MiB")


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    from bench import prove

    sys.exit(prove.alone("partners", prove.PARTNERS))

"""
`python -m bench.prove`: the laws under faults, at full size; `PROVE=small` is done in minutes.

Everything runs as real processes over a PostgreSQL of its own. The truth about a loan is the
lender's ledger, never our tables. The seed is printed with the figures: `SEED=` repeats a run.
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle
from pathlib import Path
from random import Random
from subprocess import DEVNULL
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import structlog

from bench import (
    prove_hostile,
    prove_interleavings,
    prove_partners,
    prove_quota,
    prove_recourse,
    prove_replay,
)
from bench.figures import figure, say
from bench.histories import DRAFT, Act, Kind, call, linearizable
from bench.kills import (
    BANK,
    CASES,
    DECLARED,
    LENDERS,
    OTHER,
    Ground,
    Loan,
    NotFinished,
    NotKilled,
    Nursery,
    effects_of,
    gaps,
    killed,
    nursing,
    off_the_graph,
    on_the_ground,
    version_gaps,
)
from migrations.run import upgrade
from services.registry.seed import load_regions
from services.sandbox import blu, kur_bank, lpdb
from services.sandbox.behaviour import Behaviour
from services.sandbox.courier import Letter, Seal
from services.sandbox.keys import BluKeys, ContractKeys, KurBankKeys, LenderKeys
from services.sandbox.ledger import Ledger, Order, Stage, Step, written
from shared import clock
from shared.clock import WIB
from shared.db import Database
from shared.embedded_postgres import EmbeddedPostgres, GivenPostgres

# The last three digits ask the sandbox for a behaviour (docs/partners-kit.md).
AMOUNTS = (*(40_000_000,) * 12, 40_000_901, 40_000_905, 40_000_907, 40_000_909, 40_000_910)
STREAMS = 2
WORKERS = 3
BACKLOG_MAX = 40
LIFE_SECONDS = (0.2, 1.4)
LEASE_SECONDS = 61
STUCK_SECONDS = 60
SIGN_IN_KILLS = 300
SENDERS = 4
CALLERS, ACTS = 3, 6
WATCH_SECONDS = 1.0
SIGNED_HEADERS = frozenset(
    {
        *("x-timestamp", "x-signature", "x-partner-id", "x-key-id"),
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything."""

    kills: int
    kills_seconds: float
    forgeries: int
    storms: int
    calls: int
    troubled: int
    trouble_seconds: float


SMALL = Size(
    kills=40,
    kills_seconds=60,
    forgeries=2_000,
    storms=20,
    calls=20,
    troubled=1,
    trouble_seconds=1.5,
)
FULL = Size(
    kills=10_000,
    kills_seconds=1_200,
    forgeries=30_000,
    storms=200,
    calls=50,
    troubled=3,
    trouble_seconds=6,
)


class Verdicts:
    """The figures of this run that must have one value, and those that have another."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def must(self, name: str, value: float, bar: float, unit: str) -> None:
        """Print a figure and remember it if it is not what it has to be."""
        figure(name, value, unit)
        if value != bar:
            self.broken.append(name)

    def at_most(self, name: str, value: float, bar: float, unit: str) -> None:
        """Print a figure and remember it if it is above its bar."""
        figure(name, value, unit)
        if value > bar:
            self.broken.append(name)


@contextmanager
def templates() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL with both databases migrated, to be copied for each ground."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres.start(Path(folder, "postgres")) as server,
    ):
        for name in ("registry", "financing"):
            upgrade(name, server.create_database(name))
        asyncio.run(_with_regions(server.url("registry")))
        yield server


async def _with_regions(url: str) -> None:
    async with Database.connect(url) as database:
        await load_regions(database)


Proof = Callable[[Ground, Path, Size, Random, Verdicts], Coroutine[Any, Any, None]]


def run(
    server: EmbeddedPostgres, name: str, proofs: tuple[Proof, ...], *, callbacks: bool, size: Size
) -> list[str]:
    """Run proofs on a ground of their own; return the figures that are not as they must be."""
    addresses = {
        database: server.create_database(f"{name}_{database}", template=database)
        for database in ("registry", "financing")
    }
    given = GivenPostgres(base=server.url(), addresses=addresses)
    verdicts = Verdicts()
    seed = int(os.environ.get("SEED", "20261124"))
    say(f"{name}: seed {seed}")

    async def every() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with on_the_ground(Path(folder), given, callbacks=callbacks) as ground:
                for proof in proofs:
                    await ground.sign_in()
                    await proof(ground, Path(folder), size, Random(seed), verdicts)
                broken = await ground.broken_laws()
                for words in broken[:20]:
                    say(f"{name}: {words}")
                verdicts.must(f"laws_broken_{name}", len(broken), 0, "rows")

    asyncio.run(every())
    return verdicts.broken


async def kill_points(
    ground: Ground, folder: Path, size: Size, random: Random, verdicts: Verdicts
) -> None:
    """Kill a worker process at every point of every situation."""
    whole = 0
    for case in CASES:
        try:
            wrong = await killed(ground, case)
        except (NotKilled, NotFinished) as failure:
            wrong = [str(failure)]
        whole += not wrong
        for words in wrong:
            say(f"{case.situation} {case.point} passage {case.passage}: {words}")
    say(f"{len(CASES)} deaths of a worker process, each followed by another worker")
    verdicts.must("kill_points_covered", whole / len(CASES), 1.0, "share")


async def random_kills(
    ground: Ground, folder: Path, size: Size, random: Random, verdicts: Verdicts
) -> None:
    """Kill workers at any moment while applications stream in, then count the effects."""
    loans: list[Loan] = []
    stop = asyncio.Event()
    deaths = Deaths()
    async with AsyncExitStack() as opened:
        nurseries = [await opened.enter_async_context(nursing(ground)) for _ in range(WORKERS)]
        group = await opened.enter_async_context(asyncio.TaskGroup())
        for _ in range(STREAMS):
            group.create_task(_stream(ground, loans, random, stop))
        watching = group.create_task(_watch(ground, loans, random, stop))
        await asyncio.gather(*(_kill(ground, each, deaths, size, random) for each in nurseries))
        stop.set()
    say(f"{len(loans)} applications streamed in; {len(deaths.held)} sendings met a death")
    figure("kills_random", deaths.kills, "kills")
    await ground.sign_in()
    stuck = await _settled(ground)
    verdicts.must("stuck_over_60s", stuck, 0, "applications")
    lost, duplicated, broken = await _counted(ground, loans)
    verdicts.must("effects_lost", lost, 0, "effects")
    verdicts.must("effects_duplicated", duplicated, 0, "effects")
    verdicts.must("histories_broken", broken, 0, "applications")
    histories = watching.result()
    strange = [each for each in histories if not linearizable(each, first=DRAFT)]
    for each in strange[:5]:
        say(f"no order explains {each}")
    figure("histories_checked", len(histories), "histories")
    verdicts.must("histories_not_linearizable", len(strange), 0, "histories")


async def _stream(ground: Ground, loans: list[Loan], random: Random, stop: asyncio.Event) -> None:
    while not stop.is_set():
        waiting = "SELECT count(*) FROM submission WHERE due_at <= now() + interval '1 minute'"
        if await ground.pool.fetchval(waiting) > BACKLOG_MAX:
            await asyncio.sleep(0.2)
            continue
        loans.append(await ground.submitted(random.choice(AMOUNTS)))


async def _watch(
    ground: Ground, loans: list[Loan], random: Random, stop: asyncio.Event
) -> list[list[Act]]:
    """Let several callers at once do what they like with one draft after the other."""
    histories: list[list[Act]] = []
    while not stop.is_set():
        loan = await ground.drafted()
        callers = (call(ground.loans, loan.id, random, ACTS) for _ in range(CALLERS))
        histories.append([act for each in await asyncio.gather(*callers) for act in each])
        if any(act.kind is Kind.SUBMIT and act.seen for act in histories[-1]):
            loans.append(loan)
        await asyncio.sleep(WATCH_SECONDS)
    return histories


@dataclass(slots=True)
class Deaths:
    """How many workers were killed, and which sendings were under way when one was."""

    kills: int = 0
    held: set[tuple[Any, ...]] = field(default_factory=set)


async def _kill(
    ground: Ground, nursery: Nursery, deaths: Deaths, size: Size, random: Random
) -> None:
    """Start and kill one worker after the other, until there are enough kills."""
    until = monotonic() + size.kills_seconds
    while deaths.kills < size.kills and monotonic() < until:
        worker = await nursery.fork()
        await asyncio.sleep(random.uniform(*LIFE_SECONDS))
        worker.kill()
        if await worker.wait() != -signal.SIGKILL:
            raise NotKilled("a worker ended by itself; the nursery's log says why")
        deaths.kills += 1
        under_way = "SELECT id, attempt FROM submission WHERE status = 'sending'"
        deaths.held |= {tuple(row) for row in await ground.pool.fetch(under_way)}
        await ground.later(seconds=LEASE_SECONDS)
        if deaths.kills % SIGN_IN_KILLS == 0:
            await ground.sign_in()


async def _settled(ground: Ground) -> int:
    """Let one worker live for a minute; return how many applications are still under way."""
    unfinished = (
        "SELECT count(*) FROM application WHERE status NOT IN ('disbursed', 'refused', 'drafted')"
    )
    until = monotonic() + STUCK_SECONDS
    async with nursing(ground) as nursery:
        await nursery.fork()
        while (left := await ground.pool.fetchval(unfinished)) and monotonic() < until:
            await ground.later(seconds=LEASE_SECONDS)
            await asyncio.sleep(0.5)
    return left


class Count(NamedTuple):
    """What the ledgers and the histories of a stream add up to."""

    lost: int
    duplicated: int
    broken: int


async def _counted(ground: Ground, loans: list[Loan]) -> Count:
    effects = effects_of(await ground.ledgers())
    events = await ground.events()
    own: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        own.setdefault(event["subject_id"], []).append(event)
    lost = duplicated = 0
    broken = len(gaps(events))
    for number, loan in enumerate(loans):
        if number % 1_000 == 999:
            await ground.sign_in()
        application = await ground.read(loan.id)
        steps = (await ground.read(loan.id, "/steps"))["items"]
        wrong = off_the_graph(steps) + version_gaps(own[loan.id], application)
        broken += bool(wrong)
        lost += application["status"] != "refused" and effects[loan.borrower] == 0
        duplicated += max(0, effects[loan.borrower] - 1)
    return Count(lost, duplicated, broken)


async def forged_callbacks(
    ground: Ground, folder: Path, size: Size, random: Random, verdicts: Verdicts
) -> None:
    """Change true callbacks in every way; none may be believed."""
    keys = LenderKeys.model_validate_json((folder / "keys" / "lenders.json").read_bytes()).lenders
    submission = str(await ground.pool.fetchval("SELECT id FROM submission LIMIT 1"))
    anonymous = httpx.AsyncClient(base_url=ground.stack.address("financing"), trust_env=False)
    codes = cycle(LENDERS)
    answers: Counter[int] = Counter()

    async def forger(count: int) -> None:
        for _ in range(count):
            code = next(codes)
            true = sealed(keys, code, submission)
            reply = await _sent(anonymous, forged(true, keys, submission, random))
            answers[reply.status_code] += 1

    async with anonymous:
        for code in LENDERS:
            # The contract's own letter is believed: 200, or 404 where the reference is not its.
            reply = await _sent(anonymous, sealed(keys, code, submission))
            assert reply.status_code in {200, 404}, reply.text
        await asyncio.gather(*(forger(size.forgeries // SENDERS) for _ in range(SENDERS)))
    say(f"{size.forgeries:,} forged callbacks answered {dict(answers)}")
    verdicts.must("callbacks_forged_accepted", size.forgeries - answers[401], 0, "callbacks")


class Callback(NamedTuple):
    """One callback on its way."""

    code: str
    path: str
    headers: dict[str, str]
    body: bytes


async def _sent(client: httpx.AsyncClient, callback: Callback) -> httpx.Response:
    return await client.post(callback.path, content=callback.body, headers=callback.headers)


def sealed(
    keys: dict[str, ContractKeys], code: str, submission: str, *, to: str | None = None
) -> Callback:
    """Write a true callback, in a lender's own hand."""
    compose, seal = _pen(keys[code])
    order = Order(
        reference=submission, amount=40_000_000, borrower_name="", borrower="", fingerprint=""
    )
    at = written(clock.now().astimezone(WIB))
    step = Step(event_id=str(uuid4()), stage=Stage.AKAD, at=at)
    entry = Ledger().take(order, lender_reference="X-1", behaviour=Behaviour.HOLD, step=step)
    letter = compose(entry, step)
    path = f"/callbacks/{to or code}"
    return Callback(code, path, dict(seal(path, letter, clock.now())), letter.body)


@cache
def _pen(keys: ContractKeys) -> tuple[Callable[..., Letter], Seal]:
    if isinstance(keys, KurBankKeys):
        return kur_bank.compose, kur_bank.Bank(keys).seal
    if isinstance(keys, BluKeys):
        return blu.compose, blu.Agency(keys).seal
    return lpdb.compose, lpdb.Fund(keys).seal


def forged(
    true: Callback, keys: dict[str, ContractKeys], submission: str, random: Random
) -> Callback:
    """Return the callback with one thing about it that is not true."""
    proofs = sorted(name for name in true.headers if name.lower() in SIGNED_HEADERS)
    match random.randrange(6):
        case 0:
            place = random.randrange(len(true.body))
            changed = bytes([true.body[place] ^ (1 << random.randrange(8))])
            return true._replace(body=true.body[:place] + changed + true.body[place + 1 :])
        case 1:
            name = random.choice(proofs)
            value = true.headers[name]
            place = random.randrange(len(value))
            other = random.choice([c for c in map(chr, range(33, 127)) if c != value[place]])
            value = value[:place] + other + value[place + 1 :]
            return true._replace(headers={**true.headers, name: value})
        case 2:
            gone = random.choice(proofs)
            kept = {name: value for name, value in true.headers.items() if name != gone}
            return true._replace(headers=kept)
        case 3:
            return true._replace(body=true.body[: random.randrange(len(true.body))])
        case 4:
            return true._replace(body=true.body + bytes([random.randrange(32, 127)]))
        case _:
            # Another lender's hand at this lender's address; the two banks share a contract.
            twin = {BANK: OTHER, OTHER: BANK}.get(true.code)
            author = twin or random.choice([code for code in LENDERS if code != true.code])
            return sealed(keys, author, submission, to=true.code)


async def idempotency_storms(
    ground: Ground, folder: Path, size: Size, random: Random, verdicts: Verdicts
) -> None:
    """Send each request many times at once, and count what was done."""
    borrower = (await ground.read((await ground.submitted()).id))["borrower"]
    body = {
        "borrower": borrower,
        "amount": 40_000_000,
        "tenor_months": 24,
        "declared": DECLARED,
    }
    count = "SELECT count(*) FROM application"
    before = await ground.pool.fetchval(count)
    different = 0
    for _ in range(size.storms):
        different += await _storm(ground, body, size.calls)
    done = await ground.pool.fetchval(count) - before
    say(f"{size.storms} keys, each sent {size.calls} times at once; {different} answers differed")
    verdicts.must("idempotency_extra_executions", done - size.storms + different, 0, "executions")


async def _storm(ground: Ground, body: dict[str, Any], calls: int) -> int:
    """Make one call many times at once; return how many of its answers are not the first's."""
    key = {"Idempotency-Key": str(uuid4())}

    async def call() -> httpx.Response:
        return await ground.loans.post("/applications", json=body, headers=key)

    replies = await asyncio.gather(*(call() for _ in range(calls)))
    strange = sum(reply.status_code not in {201, 409, 503} for reply in replies)
    last = await call()
    while last.status_code in {409, 503}:
        last = await call()
    answers = Counter(reply.content for reply in (*replies, last) if reply.status_code == 201)
    return strange + len(answers) - 1


PARTNERS: tuple[Proof, ...] = (prove_partners.partner_faults,)


def size_wanted() -> Size:
    """Return how much the environment asks for."""
    return SMALL if os.environ.get("PROVE") == "small" else FULL


def quietly() -> None:
    """Let nobody but the figures speak, unless something breaks."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def alone(name: str, proofs: tuple[Proof, ...]) -> int:
    """Run some proofs alone, with the lenders' callbacks; return the exit code."""
    quietly()
    with templates() as server:
        broken = run(server, name, proofs, callbacks=True, size=size_wanted())
    if broken:
        say(f"not as it must be: {', '.join(broken)}")
    return int(bool(broken))


def _teeth() -> int:
    """Take each defence away; what pytest has to say meanwhile is not printed."""
    command = (sys.executable, "-m", "tests.teeth")
    return subprocess.run(command, stderr=DEVNULL, check=False).returncode


OTHERS: Mapping[str, Callable[[], int]] = {
    "the ways to a yes": prove_recourse.main,
    "the replays": prove_replay.main,
    "the quotas": prove_quota.main,
    "the hostile attacks": prove_hostile.main,
    "the interleavings": prove_interleavings.main,
    "the teeth of the tests": _teeth,
}
"""What is proved on grounds of its own; each prints its figures and returns 0 if all is well."""


def main() -> int:
    """Prove everything; return the exit code, which is 0 only if all figures are as they must."""
    size = size_wanted()
    quietly()
    with templates() as server:
        broken = run(server, "points", (kill_points,), callbacks=False, size=size)
        others: tuple[Proof, ...] = (random_kills, forged_callbacks, idempotency_storms)
        broken += run(server, "stream", others, callbacks=True, size=size)
        broken += run(server, "partners", PARTNERS, callbacks=True, size=size)
    broken += [what for what, main in OTHERS.items() if main()]
    if broken:
        say(f"not as it must be: {', '.join(broken)}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())

"""
Workers that are killed, and the judge of what they leave behind.

`Ground` is the real thing over one PostgreSQL: registry, financing and the lenders as processes.
On it a worker process is made to die, at a named point or at any moment. Then the lenders' own
ledgers, the application's history and the feed are compared: `wrongs` says what does not agree.

`python -m bench.kills nursery` forks workers that have their imports behind them, so that a
thousand can be killed in the time that a hundred would take to start.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
import httpx

from bench.server import free_port
from services.financing.__main__ import work
from services.financing.app import registry_client
from services.financing.channels import keys as channel_keys
from services.financing.db.invariants import LAWS
from services.financing.domain import application
from services.financing.settings import Settings
from services.financing.worker import Worker
from services.local import clients
from services.local.environment import Ports, parts
from services.local.stack import ROOT, Part, Stack
from services.registry.seed import put_clients
from shared import clock, logs
from shared.db import Database
from shared.embedded_postgres import PostgresServer
from shared.faults import VARIABLE
from shared.invariants import every
from shared.neighbour import Neighbour
from shared.processes import bound

BANK, OTHER = "kur-bank-nusantara", "kur-bank-samudra"
LENDERS = (BANK, OTHER, "lpdb", "blu")
FIRST_BIRTH = date(1975, 1, 1)
NIKS_A_DAY = 9_000
DEATH_SECONDS = 60
ONE_TASK = {"FINANCING_WORKER_TASKS": "1"}
DECLARED: Mapping[str, Any] = {
    "business": {
        "started_on": "2023-05-01",
        "sector": "warung",
        "production": False,
        "nib": True,
        "sku": True,
        "npwp": True,
        "bpjs_tk": True,
        "turnover_year": 400_000_000,
        "net_income_month": 15_000_000,
    },
    "person": {"citizen": True, "state_employee": False},
    "credit": {
        "collectibility": 1,
        "dhn_listed": False,
        "kur_received": {},
        "kur_outstanding": 0,
        "mikro_outstanding": 0,
        "commercial_before": False,
        "programme_unpaid": False,
        "instalments_month": 0,
    },
}
# Rows that somebody works on at the moment are left alone: time passes for them the next time.
LATER = """
UPDATE submission SET due_at = due_at - $1::interval, sent_at = sent_at - $1::interval
WHERE id IN (SELECT id FROM submission WHERE status = ANY($2) AND due_at > now()
             FOR UPDATE SKIP LOCKED)
"""
REST_OVER = "UPDATE channel_health SET rest_until = rest_until - $1::interval"
# Financing is ready while some worker is alive; here they are meant to be dead.
ALIVE = "INSERT INTO heartbeat (worker, at) VALUES ('ground', now() + interval '1 day')"
WAITING = ("queued", "sending", "unknown", "received", "approved", "akad")


class Situation(StrEnum):
    """What the worker is doing when it dies."""

    SENDING = "sending"
    INQUIRY = "inquiry"
    FALL_BACK = "fall_back"


class Case(NamedTuple):
    """One death: at this passage of this point."""

    situation: Situation
    point: str
    passage: int


_CLAIM = ("worker.before_claim_commit", "worker.after_claim_commit", "worker.before_speak")
_SEND = ("worker.before_send", "worker.after_send")
_RECORD = ("worker.after_speak", "worker.before_record_commit", "worker.after_record_commit")
POINTS = (*_CLAIM, *_SEND, *_RECORD)
CASES = (
    *(Case(Situation.SENDING, point, 1) for point in POINTS),
    # The first step lost the lender's answer, the second asks.
    *(Case(Situation.INQUIRY, point, 2) for point in (*_CLAIM, *_RECORD)),
    # The first step hears the refusal of one lender, the second sends to the next.
    *(Case(Situation.FALL_BACK, point, 1) for point in ("worker.after_send", *_RECORD)),
    *(Case(Situation.FALL_BACK, point, 2) for point in POINTS),
)
_BEHAVIOUR: Mapping[Situation, str] = {
    Situation.INQUIRY: "error_after_accept",
    Situation.FALL_BACK: "refuse",
}


class NotKilled(Exception):
    """The worker that was meant to die at a point lives on, or ended in another way."""


class NotFinished(Exception):
    """An application did not come to its end although the worker had time enough."""


@dataclass(slots=True)
class Ground:
    """The running processes, and everything that is done to them."""

    stack: Stack
    part: Part
    """The worker: its command and its environment."""
    pool: asyncpg.Pool
    lenders: httpx.AsyncClient
    worker: Worker
    """One in this process, which nobody kills."""
    secrets: Mapping[str, str]
    signed_in: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    retired: list[httpx.AsyncClient] = field(default_factory=list)
    born: int = 0

    async def sign_in(self) -> None:
        """Take fresh tokens; they live for a quarter of an hour or so.

        Somebody may still be asking with the clients before: they are closed the next time.
        """
        await self._close(self.retired)
        registry, financing = (self.stack.address(name) for name in ("registry", "financing"))
        for name, id, service in (
            ("people", clients.MOBILE, registry),
            ("loans", clients.MOBILE, financing),
            ("feed", clients.AUDITOR, financing),
        ):
            client = await clients.signed_in(registry, id, self.secrets[id], service=service)
            before = self.signed_in.get(name)
            self.signed_in[name] = client
            if before is not None:
                self.retired.append(before)

    async def sign_out(self) -> None:
        """Close the connections of every client."""
        await self._close([*self.retired, *self.signed_in.values()])

    async def _close(self, closing: list[httpx.AsyncClient]) -> None:
        for client in closing:
            await client.aclose()
        self.retired.clear()

    @property
    def people(self) -> httpx.AsyncClient:
        """A mobile application at the registry."""
        return self.signed_in["people"]

    @property
    def loans(self) -> httpx.AsyncClient:
        """The same mobile application at financing."""
        return self.signed_in["loans"]

    async def drafted(self, amount: int = 40_000_000) -> "Loan":
        """Register a person nobody has seen before and draft an application for them."""
        self.born += 1
        name = f"Purna Pekerja {self.born}"
        person = await _posted(self.people, "/people", _person(self.born, name))
        new = {
            "borrower": {"kind": "person", "id": person["id"]},
            "amount": amount,
            "tenor_months": 24,
            "declared": DECLARED,
        }
        draft = await _posted(self.loans, "/applications", new)
        return Loan(draft["id"], name)

    async def submitted(self, amount: int = 40_000_000) -> "Loan":
        """Draft an application for somebody new and submit it."""
        loan = await self.drafted(amount)
        routed = await _posted(self.loans, f"/applications/{loan.id}/submission")
        if routed["status"] != "routed":
            raise NotFinished(f"the application is {routed['status']}, so no lender is asked")
        return loan

    async def read(self, id: str, part: str = "") -> Any:
        """Read an application or a part of it."""
        return (await self.loans.get(f"/applications/{id}{part}")).raise_for_status().json()

    async def instruct(self, lender: str, behaviour: str | None, times: int | None = None) -> None:
        """Tell a lender how to act from now on, or so many times."""
        body = {"behaviour": behaviour, "submissions": times}
        (await self.lenders.put(f"/{lender}/behaviour", json=body)).raise_for_status()

    async def ledgers(self) -> dict[str, Any]:
        """Read every lender's own ledger."""
        read = {code: await self.lenders.get(f"/{code}/ledger") for code in LENDERS}
        return {code: reply.raise_for_status().json() for code, reply in read.items()}

    async def events(self) -> list[dict[str, Any]]:
        """Read the whole feed."""
        events: list[dict[str, Any]] = []
        while True:
            after = events[-1]["number"] if events else 0
            page = await self.signed_in["feed"].get(
                "/events", params={"after": after, "limit": 1000}
            )
            items = page.raise_for_status().json()["items"]
            if not items:
                return events
            events += items

    async def broken_laws(self) -> list[str]:
        """Return which laws of financing's rows are broken, each with what breaks it."""
        rows = await self.pool.fetch(every(LAWS).sql)
        return sorted(f"{row['law']}: {row['id']}" for row in rows)

    async def later(self, statuses: Sequence[str] = WAITING, **length: float) -> None:
        """Let time pass for whatever waits; the lenders' own clocks go on as they are."""
        await self.pool.execute(LATER, timedelta(**length), list(statuses))
        await self.pool.execute(REST_OVER, timedelta(**length))

    async def start(self, **more: str) -> Process:
        """Start a worker process of one task, with more in its environment."""
        environment = {**self.part.environment, **ONE_TASK, **more}
        command = bound(self.part.command, death=signal.SIGKILL)
        with (self.stack.logs / "worker.log").open("wb") as log:
            return await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=environment, stdin=DEVNULL, stdout=log, stderr=log
            )

    async def die(self, case: Case, nursery: "Nursery | None" = None) -> None:
        """Run a worker, the nursery's if one is given, until it dies where the case says.

        Raises:
            NotKilled: it lives on, or ended in another way.
        """
        fault = {VARIABLE: f"{case.point}:{case.passage}"}
        process = await (nursery.fork(**ONE_TASK, **fault) if nursery else self.start(**fault))
        end = asyncio.ensure_future(process.wait())
        try:
            async with asyncio.timeout(DEATH_SECONDS):
                while not end.done():
                    # Only a question waits, for some seconds; a claim keeps its lease.
                    await self.later(("unknown",), seconds=10)
                    await asyncio.wait([end], timeout=0.1)
        except TimeoutError:
            process.terminate()
        if await end != -signal.SIGKILL:
            said = self.stack.last_words("nursery" if nursery else "worker")
            raise NotKilled(f"{case}: the worker ended with {end.result()}; it said:\n{said}")

    async def finish(self, id: str, *statuses: str, steps: int = 60) -> None:
        """Let the worker in this process work, time passing, until a status; or NotFinished."""
        for _ in range(steps):
            status = (await self.read(id))["status"]
            if status in statuses:
                return
            if not await self.worker.step():
                await self.later(minutes=20)
        raise NotFinished(f"still {status} after {steps} steps")

    async def wrongs(self, loan: "Loan", **expected: Any) -> list[str]:
        """Judge one application by everything that is known of it."""
        application, steps, submissions = [
            await self.read(loan.id, part) for part in ("", "/steps", "/submissions")
        ]
        evidence = Evidence(
            borrower=loan.borrower,
            application=application,
            steps=steps["items"],
            submissions=submissions["items"],
            ledgers=await self.ledgers(),
            events=await self.events(),
        )
        return wrongs(evidence, **expected)


class Loan(NamedTuple):
    """An application, and the borrower's name, by which the lenders know it."""

    id: str
    borrower: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What financing says of an application, and what the lenders say."""

    borrower: str
    application: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    submissions: Sequence[Mapping[str, Any]]
    ledgers: Mapping[str, Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]


def wrongs(seen: Evidence, *, status: str = "disbursed", effects: int = 1) -> list[str]:
    """Return everything that does not agree, in words; an empty list is the proof."""
    found: list[str] = []
    if seen.application["status"] != status:
        found.append(f"the application is {seen.application['status']}, not {status}")
    counted = effects_of(seen.ledgers)[seen.borrower]
    if counted != effects:
        found.append(f"the lenders' ledgers hold {counted} effects, not {effects}")
    return [
        *found,
        *_elsewhere_without_a_no(seen),
        *off_the_graph(seen.steps),
        *gaps(seen.events),
        *version_gaps(seen.events, seen.application),
    ]


def effects_of(ledgers: Mapping[str, Mapping[str, Any]]) -> Mapping[str, int]:
    """Return the effects of each borrower, over all lenders and under whatever reference."""
    effects: dict[str, int] = defaultdict(int)
    for ledger in ledgers.values():
        for borrower in ledger["borrowers"]:
            effects[borrower["borrower_name"]] += borrower["effects"]
    return effects


def _elsewhere_without_a_no(seen: Evidence) -> list[str]:
    """Every lender that was asked, but the last, must have said no itself."""
    ours = {submission["id"] for submission in seen.submissions}
    asked = [
        (code, entry)
        for code, ledger in seen.ledgers.items()
        for entry in ledger["entries"]
        if entry["reference"] in ours or entry["borrower_name"] == seen.borrower
    ]
    strange = [
        f"{code} has a reference that is no submission of ours"
        for code, entry in asked
        if entry["reference"] not in ours
    ]
    standing = [code for code, entry in asked if entry["stage"] not in {None, "refused"}]
    last = seen.submissions[-1]["channel"]
    passed_over = [f"{code} was left although it had not refused" for code in standing]
    return strange + [
        said for said, code in zip(passed_over, standing, strict=True) if code != last
    ]


def off_the_graph(steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the steps of a history that the application's transitions do not allow."""
    found: list[str] = []
    status = application.Status.DRAFTED
    for step in steps:
        event, reached = application.Event(step["event"]), application.Status(step["status"])
        if application.TRANSITIONS[status].get(event) is not reached:
            found.append(f"{event} led from {status} to {reached}")
        status = reached
    return found


def gaps(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return where the numbers of the feed are not 1, 2, 3 and so on."""
    return [
        f"event {event['number']} stands in place {place}"
        for place, event in enumerate(events, 1)
        if event["number"] != place
    ]


def version_gaps(events: Iterable[Mapping[str, Any]], application: Mapping[str, Any]) -> list[str]:
    """Say so if the application's events are not one for each of its versions, in order."""
    versions = [event["version"] for event in events if event["subject_id"] == application["id"]]
    if versions == list(range(1, application["version"] + 1)):
        return []
    return [f"events tell of versions {versions}, the last is {application['version']}"]


async def killed(ground: Ground, case: Case, nursery: "Nursery | None" = None) -> list[str]:
    """Kill a worker at one point, let time pass, let another finish, and judge."""
    behaviour = _BEHAVIOUR.get(case.situation)
    if behaviour:
        await ground.instruct(BANK, behaviour, 1)
    loan = await ground.submitted()
    await ground.die(case, nursery)
    await ground.finish(loan.id, "disbursed")
    return await ground.wrongs(loan)


@asynccontextmanager
async def on_the_ground(
    folder: Path, server: PostgresServer, *, callbacks: bool
) -> AsyncGenerator[Ground]:
    """Start the processes over two migrated databases, the registry's with its regions in it."""
    ports = Ports(registry=free_port(), financing=free_port(), sandbox=free_port())
    every = {
        part.name: part for part in parts(os.environ, folder=folder, server=server, ports=ports)
    }
    pace = {"SANDBOX_STAGE_SECONDS": "0", "SANDBOX_HOLD_SECONDS": "30"}
    silence = {} if callbacks else {"SANDBOX_CALLBACK_URL": ""}
    sandbox = every["sandbox"]
    every["sandbox"] = replace(sandbox, environment={**sandbox.environment, **pace, **silence})
    secrets = clients.secrets_in(folder / "keys")
    async with AsyncExitStack() as opened:
        registry = await opened.enter_async_context(Database.connect(server.url("registry")))
        await put_clients(registry, clients.standing(secrets), now=clock.now())
        pool = await opened.enter_async_context(
            asyncpg.create_pool(server.url("financing"), min_size=0, max_size=4)
        )
        await pool.execute(ALIVE)
        started = [every[name] for name in ("registry", "sandbox", "financing")]
        stack = await opened.enter_async_context(Stack(started, folder=folder))
        environment = every["worker"].environment
        settings = Settings.from_env(environment)
        lenders = await opened.enter_async_context(
            httpx.AsyncClient(base_url=stack.address("sandbox"), trust_env=False, timeout=30)
        )
        ground = Ground(
            stack=stack,
            part=every["worker"],
            pool=pool,
            lenders=lenders,
            worker=await _worker(settings, opened),
            secrets=secrets,
        )
        opened.push_async_callback(ground.sign_out)
        await ground.sign_in()
        yield ground


async def _worker(settings: Settings, opened: AsyncExitStack) -> Worker:
    database = await opened.enter_async_context(Database.connect(settings.database_url))
    line = await opened.enter_async_context(Neighbour(settings.registry_url))
    keys = channel_keys.load(settings.channels)
    return Worker(
        database=database,
        channels=await opened.enter_async_context(channel_keys.open_channels(keys)),
        registry=registry_client(settings, line),
        clock=clock.now,
    )


async def _posted(client: httpx.AsyncClient, path: str, body: Any = None) -> Any:
    reply = await client.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
    return reply.raise_for_status().json()


def _person(number: int, name: str) -> dict[str, Any]:
    born = FIRST_BIRTH + timedelta(days=number // NIKS_A_DAY)
    serial = number % NIKS_A_DAY + 1
    return {
        "full_name": name,
        "sex": "female",
        "birth_date": born.isoformat(),
        "married": True,
        "person_nik": f"520305{born.day + 40:02}{born:%m%y}{serial:04}",
        "ktp_village_code": "52.03.05.2001",
        "domicile_village_code": "52.03.05.2001",
    }


@dataclass(frozen=True, slots=True)
class Nursery:
    """A process that has its imports behind it, and forks one worker after the other."""

    process: Process

    async def fork(self, **more: str) -> "Forked":
        """Start a worker, with more in its environment."""
        return Forked(self, await self.told(more))

    async def told(self, line: Any) -> int:
        """Tell it something, and return the number that it answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        return int(await self.process.stdout.readline())


@dataclass(frozen=True, slots=True)
class Forked:
    """A nursery's worker, handled as a process of one's own; wait for it before the next."""

    nursery: Nursery
    pid: int

    def terminate(self) -> None:
        """Ask it to stop."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Stop it at once."""
        os.kill(self.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for its end and return its exit code, the negative number of a signal."""
        ended, end = asyncio.Event(), os.pidfd_open(self.pid)
        asyncio.get_running_loop().add_reader(end, ended.set)
        try:
            await ended.wait()
        finally:
            asyncio.get_running_loop().remove_reader(end)
            os.close(end)
        return await self.nursery.told("bury")


def nursery() -> None:
    """Fork a worker for each line, which is added to its environment; bury it at the next."""
    logs.configure()
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # dies with the nursery
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what it logs is no answer
            os.environ.update(json.loads(line))
            asyncio.run(work(Settings.from_env(os.environ)))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        if not sys.stdin.readline():
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


@asynccontextmanager
async def nursing(ground: Ground) -> AsyncGenerator[Nursery]:
    """Run a nursery while the block runs; its worker dies with it."""
    command = (sys.executable, "-m", "bench.kills", "nursery")
    with (ground.stack.logs / "nursery.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *bound(command, death=signal.SIGKILL),
            cwd=ROOT,
            env=ground.part.environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
        )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


if __name__ == "__main__" and sys.argv[1:] == ["nursery"]:
    nursery()

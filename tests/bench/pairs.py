"""
Pairs of operations that meet in life, each with the state in which they meet.

The operations are whole requests to the API, and whole steps of a worker. Consents and erasures
are not kept by this house yet: their places are taken by what is nearest to them, a withdrawal
that meets the sending, and a quota that is taken away while an application is routed.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI

from services.financing.channels import Answer, Proposal
from services.financing.db.tables import metadata
from services.financing.domain.submission import Stage
from services.financing.registry import KnownPerson
from services.financing.worker import Worker
from services.sandbox.ledger import Stage as Reported
from shared import clock
from shared.auth import Kind
from shared.invariants import every
from shared.money import Rupiah
from tests.bench.interleave import LENDER, Operation, Outcome, Run, Schema, Seat
from tests.bench.interleave import Stage as Scene
from tests.conftest import Service, once
from tests.financing.house import House
from tests.financing.reviewers import objected, proposal, proposed
from tests.financing.test_quotas import a_quota
from tests.financing.test_reviews import refused
from tests.reliability.borrowers import AMOUNT, asked, drafted, routed, somebody
from tests.reliability.test_callbacks import BANK, at_the_bank, letter

OTHER = "kur-bank-samudra"


@dataclass
class Lender:
    """A lender with a ledger of its own; what it says to a question can be told to it."""

    code: str
    entries: dict[UUID, Stage] = field(default_factory=dict)
    says: Stage | None = None

    def at(self, seat: Seat) -> "Desk":
        """Return the lender as one operation speaks to it."""
        return Desk(self, seat)


@dataclass
class Desk:
    """One operation's way to a lender; speaking is a step like a statement."""

    lender: Lender
    seat: Seat

    @property
    def code(self) -> str:
        """The lender's code."""
        return self.lender.code

    async def submit(self, proposal: Proposal, *, now: datetime) -> Answer:
        """Enter a proposal, once for its id."""
        await self.seat.turn(LENDER)
        stage = self.lender.entries.setdefault(proposal.submission_id, Stage.RECEIVED)
        return self._answer(stage)

    async def inquire(self, submission_id: UUID, *, now: datetime) -> Answer | None:
        """Say where a submission stands; None if it was never seen."""
        await self.seat.turn(LENDER)
        stage = self.lender.says or self.lender.entries.get(submission_id)
        return None if stage is None else self._answer(stage)

    async def cancel(self, submission_id: UUID, *, now: datetime) -> Answer:
        """Cancel what is not signed."""
        await self.seat.turn(LENDER)
        self.lender.entries[submission_id] = Stage.CANCELLED
        return self._answer(Stage.CANCELLED)

    def _answer(self, stage: Stage) -> Answer:
        return Answer(
            stage=stage, reference="R-1", amount=Rupiah(AMOUNT), reasons=(), at=clock.now()
        )


class Remembered:
    """The registry, asked once for each person: its answers are not what is tried here."""

    def __init__(self, registry: Any) -> None:
        self._registry, self._known = registry, dict[UUID, KnownPerson]()

    async def person_facts(self, id: UUID, *, purpose: Any) -> KnownPerson:
        """Return what the registry knew of a person when it was first asked."""
        if id not in self._known:
            self._known[id] = await self._registry.person_facts(id, purpose=purpose)
        return self._known[id]


@dataclass
class World:
    """The house, and an API of its own for each operation."""

    house: House
    apis: Sequence[Service]
    registry: Remembered
    lenders: dict[str, Lender] = field(default_factory=dict)

    def request(self, side: int, method: str, path: str, **given: Any) -> Operation:
        """Return a request of a mobile application as an operation; its end is the status."""
        headers = {**once(), **given.pop("headers", {})}
        kind, id = given.pop("by", (Kind.MOBILE_BACKEND, "app-a"))

        async def operation(seat: Seat) -> int:
            api = self.apis[side]
            api.app.state.database = seat.database
            api.app.state.registry = self.registry
            client = api.client(kind, id=id)
            try:
                reply = await client.request(method, path, headers=headers, **given)
            finally:
                await client.aclose()
            return reply.status_code

        return operation

    def callback(self, side: int, submission: str, stage: Reported) -> Operation:
        """Return a bank's report as an operation; it is the same letter in every order."""
        headers, body = letter(submission, stage)

        async def operation(seat: Seat) -> int:
            api = self.apis[side]
            api.app.state.database = seat.database
            client = httpx.AsyncClient(transport=api.transport, base_url="http://purna.test")
            async with client:
                path = f"/callbacks/{BANK}"
                return (await client.post(path, content=body, headers=headers)).status_code

        return operation

    def step(self) -> Operation:
        """Return one step of a worker as an operation; its end is whether there was work."""

        async def operation(seat: Seat) -> bool:
            desks: Any = {code: lender.at(seat) for code, lender in self.lenders.items()}
            registry: Any = self.registry
            return await Worker(seat.database, desks, registry, clock.now).step()

        return operation

    def submit(self, side: int, id: str) -> Operation:
        """Return the submission of a draft."""
        return self.request(side, "POST", f"/applications/{id}/submission")

    def withdraw(self, side: int, id: str) -> Operation:
        """Return a withdrawal."""
        return self.request(side, "POST", f"/applications/{id}/withdrawal", json={})


class Pair(NamedTuple):
    """Two operations that meet."""

    name: str
    prepare: Callable[[World], Awaitable[tuple[Operation, Operation]]]
    workers: frozenset[int] = frozenset()
    """Which of the two is a worker's step: it passes over what another holds."""


async def _two_applications(world: World) -> tuple[Operation, Operation]:
    borrower = await somebody(world.house)
    ids = [await drafted(world.house, borrower) for _ in range(2)]
    return world.submit(0, ids[0]), world.submit(1, ids[1])


async def _withdraw_and_route(world: World) -> tuple[Operation, Operation]:
    id = await drafted(world.house, await somebody(world.house))
    return world.withdraw(0, id), world.submit(1, id)


async def _withdraw_and_send(world: World) -> tuple[Operation, Operation]:
    id = (await routed(world.house))["id"]
    return world.withdraw(0, id), world.step()


async def _two_callbacks(world: World) -> tuple[Operation, Operation]:
    _, sub = await at_the_bank(world.house)
    return world.callback(0, sub, Reported.AKAD), world.callback(1, sub, Reported.REFUSED)


async def _the_same_callback(world: World) -> tuple[Operation, Operation]:
    _, sub = await at_the_bank(world.house)
    same = world.callback(0, sub, Reported.DISBURSED)
    api = world.apis[1]

    async def again(seat: Seat) -> int:
        world.apis[0], kept = api, world.apis[0]
        try:
            return await same(seat)
        finally:
            world.apis[0] = kept

    return same, again


async def _callback_and_inquiry(world: World) -> tuple[Operation, Operation]:
    _, sub = await at_the_bank(world.house)
    await world.house.later(minutes=20)
    world.lenders[BANK].says = Stage.APPROVED
    return world.callback(0, sub, Reported.DISBURSED), world.step()


async def _refusal_and_fall_back(world: World) -> tuple[Operation, Operation]:
    _, sub = await at_the_bank(world.house)
    await world.house.later(minutes=20)
    world.lenders[BANK].says = Stage.REFUSED
    return world.callback(0, sub, Reported.REFUSED), world.step()


async def _withdraw_and_callback(world: World) -> tuple[Operation, Operation]:
    id, sub = await at_the_bank(world.house)
    return world.withdraw(0, id), world.callback(1, sub, Reported.AKAD)


async def _the_last_quota(world: World) -> tuple[Operation, Operation]:
    await a_quota(world.house, AMOUNT + 1)
    ids = [await drafted(world.house, await somebody(world.house)) for _ in range(2)]
    return world.submit(0, ids[0]), world.submit(1, ids[1])


async def _quota_taken_away(world: World) -> tuple[Operation, Operation]:
    quota = await a_quota(world.house, AMOUNT)
    id = await drafted(world.house, await somebody(world.house))
    lower = world.request(
        0,
        "PATCH",
        f"/quotas/{quota}",
        json={"total": AMOUNT - 1},
        headers={"If-Match": '"1"'},
        by=(Kind.MINISTRY_ANALYST, "ministry"),
    )
    return lower, world.submit(1, id)


async def _two_workers(world: World) -> tuple[Operation, Operation]:
    await routed(world.house)
    return world.step(), world.step()


async def _edit_and_submit(world: World) -> tuple[Operation, Operation]:
    id = await drafted(world.house, await somebody(world.house))
    edit = world.request(
        0,
        "PATCH",
        f"/applications/{id}",
        json={"tenor_months": 12},
        headers={"If-Match": '"1"'},
    )
    return edit, world.submit(1, id)


async def _two_confirmations(world: World) -> tuple[Operation, Operation]:
    id = await refused(world.house, borrower=await somebody(world.house))
    review = await proposed(
        world.house, await objected(world.house, id), proposal("uphold"), by="reviewer-a"
    )
    tag = {"If-Match": f'"{review["version"]}"'}
    path = f"/reviews/{review['id']}/confirmation"
    first, second = (
        world.request(
            side, "POST", path, json={}, headers=tag, by=(Kind.MINISTRY_ANALYST, reviewer)
        )
        for side, reviewer in enumerate(("reviewer-b", "reviewer-c"))
    )
    return first, second


async def _objection_and_asked(world: World) -> tuple[Operation, Operation]:
    """Two drafts of one borrower: one is submitted, the refused one is contested."""
    borrower = await somebody(world.house)
    id = await refused(world.house, borrower=borrower)
    other = await world.house.app().post("/applications", json=asked(borrower), headers=once())
    contest = world.request(
        0, "POST", f"/applications/{id}/objection", json={"reason": "Sudah punya NIB."}
    )
    return contest, world.submit(1, other.json()["id"])


PAIRS = (
    Pair("two applications of one person", _two_applications),
    Pair("withdraw x route", _withdraw_and_route),
    Pair("withdraw x send", _withdraw_and_send, frozenset({1})),
    Pair("callback x callback", _two_callbacks),
    Pair("callback x the same callback", _the_same_callback),
    Pair("callback x inquiry", _callback_and_inquiry, frozenset({1})),
    Pair("refusal x fall back", _refusal_and_fall_back, frozenset({1})),
    Pair("withdraw x callback", _withdraw_and_callback),
    Pair("quota x quota", _the_last_quota),
    Pair("quota taken away x route", _quota_taken_away),
    Pair("two workers", _two_workers, frozenset({0, 1})),
    Pair("edit x submit", _edit_and_submit),
    Pair("two confirmations of one review", _two_confirmations),
    Pair("objection x another application", _objection_and_asked),
)

# Ids of what is made on the way differ in each order, and so does what is waited for: left out.
_END = """
SELECT json_build_array(
 (SELECT json_agg(json_build_array(a.status, a.withdrawal_requested, a.version, a.amount,
    a.tenor_months,
    (SELECT json_agg(s.event || '>' || s.status ORDER BY s.id) FROM application_step s
     WHERE s.application_id = a.id),
    (SELECT json_agg(json_build_array(s.leg_no, s.channel, s.status, s.maybe_taken,
       s.due_at IS NULL, (SELECT json_agg(r.stage ORDER BY r.stage) FROM lender_report r
       WHERE r.submission_id = s.id)) ORDER BY s.decision_id, s.leg_no)
     FROM submission s WHERE s.application_id = a.id),
    (SELECT json_agg(e.kind ORDER BY e.number) FROM event e WHERE e.subject_id = a.id),
    (SELECT count(*) FROM letter l WHERE l.application_id = a.id),
    (SELECT json_agg(json_build_array(r.status, r.ruling, r.confirmed_by)) FROM review r
     WHERE r.application_id = a.id)
  ) ORDER BY a.id) FROM application a),
 (SELECT json_agg(json_build_array(q.total, q.held, q.used) ORDER BY q.id) FROM quota q),
 (SELECT json_agg(status ORDER BY application_id) FROM quota_holding),
 (SELECT count(*) FROM quota_waiting WHERE left_at IS NULL)
)::text
"""

_KEEP = """
DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
  LOOP EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name); END LOOP;
END $$
"""
_RESTORE = """
DO $$ DECLARE name text; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept'
  LOOP
    EXECUTE format('DELETE FROM public.%I', name);
    EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', name, name);
  END LOOP;
END $$
"""
_SETTINGS = {"jit": "off", "deadlock_timeout": "100ms"}
SCHEMA = Schema(metadata)


@asynccontextmanager
async def set_up(
    pair: Pair, house: House, apps: Sequence[FastAPI], url: str, laws: Any
) -> AsyncGenerator[tuple[Scene, Callable[[Run], Awaitable[tuple[Outcome, list[str]]]]]]:
    """Bring about the state in which a pair meets; give its stage and its judge."""
    apis = [replace(house.financing, app=app, opened=[]) for app in apps]
    for api in apis:
        api.transport = httpx.ASGITransport(api.app, raise_app_exceptions=False)
    world = World(house, apis, Remembered(house.financing.app.state.registry))
    world.lenders = {code: Lender(code) for code in (BANK, OTHER, "lpdb", "blu")}
    operations = await pair.prepare(world)
    says = {code: lender.says for code, lender in world.lenders.items()}
    async with AsyncExitStack() as opened:
        monitor, *others = [await opened.enter_async_context(_connected(url)) for _ in range(5)]
        await monitor.execute(_KEEP)
        opened.push_async_callback(monitor.execute, "DROP SCHEMA kept CASCADE")

        async def restore() -> None:
            await monitor.execute(_RESTORE)
            for code, lender in world.lenders.items():
                lender.entries, lender.says = {}, says[code]

        async def judge(run: Run) -> tuple[Outcome, list[str]]:
            broken = [f"{row['law']}: {row['id']}" for row in await monitor.fetch(every(laws).sql)]
            broken += await _twice(monitor, world)
            ledger = sorted(
                (c, s) for c, each in world.lenders.items() for s in each.entries.values()
            )
            return (*run.results, await monitor.fetchval(_END), *ledger), broken

        pairs = ((others[0], others[1]), (others[2], others[3]))
        yield Scene(SCHEMA, monitor, pairs, restore, operations, pair.workers), judge


async def _twice(monitor: asyncpg.Connection, world: World) -> list[str]:
    """Return the applications that more than one lender has, by the lenders' own ledgers."""
    taken = [
        id
        for lender in world.lenders.values()
        for id, stage in lender.entries.items()
        if stage is not Stage.CANCELLED
    ]
    rows = await monitor.fetch(
        "SELECT application_id FROM submission WHERE id = ANY($1::uuid[]) "
        "GROUP BY application_id HAVING count(*) > 1",
        taken,
    )
    return [f"two lenders have {row['application_id']}" for row in rows]


@asynccontextmanager
async def _connected(url: str) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(url, server_settings=_SETTINGS)
    try:
        yield connection
    finally:
        await connection.close()

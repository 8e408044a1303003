"""
Carry events to the endpoints that want them.

    read the feed on (transaction) -> claim (transaction) -> call (no connection held)
                                                          -> record (transaction)

What is to be told is the feed itself: nothing is written twice where something happens. Each
endpoint has a place in the feed; a postman reads on from there, writes a delivery for each event
that the endpoint wants and its owner may see, and moves the place, in one transaction. Only the
first delivery of a stream is due, the next becomes due when that one has ended: order within an
application, none between applications. A claim carries a number (`calls`); whoever comes back
with an older one records nothing. A postman that dies delays its claims by their lease, and the
receiver gets the same `webhook-id` again. docs/decisions/0016 argues all this.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag

from shared.auth import Caller, Kind
from shared.clock import pause
from shared.db import Database, Row, Unit
from shared.events import Event
from shared.outbound import NeverSent, NoAnswer, Reply
from shared.public_web import AddressRefused, PublicWeb
from shared.sealing import Sealer
from shared.webhooks import signing, store
from shared.webhooks.subscription import (
    AT_ONCE,
    CHALLENGE_FOR,
    LEASE,
    RESTS_FROM,
    CallOutcome,
    DeliveryStatus,
    EndpointEvent,
    EndpointStatus,
    advance,
    next_call,
    rest_until,
    room,
    silent_too_long,
    wants,
)

EVENTS_AT_ONCE = 500
CALLS_MAX = 64
"""How many calls one postman has under way; sixty-four bad endpoints together can fill it."""
DESK_MAX = 4
"""How many transactions of a postman may be open at once: its worker needs connections too."""
IDLE_SECONDS = 0.25
FORGET_SECONDS = 3_600.0
log = structlog.get_logger("purna.webhooks")


class Sees(Protocol):
    """Which of the next events of a service's feed an owner may see."""

    async def __call__(
        self, unit: Unit, owner: Caller, *, whole_feed: bool, after: int, limit: int
    ) -> list[Row]:
        """Return at most `limit` events after a number, in their order, each with `number`,
        `kind`, `stream_id` and whether it is `visible` to the owner."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make, ours until the lease ends. Without a delivery it is the challenge."""

    endpoint: Row
    message_id: str
    body: bytes
    delivery: Row | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a call: the status, if there was an answer, and what it means."""

    outcome: CallOutcome
    status: int | None = None


@dataclass(slots=True)
class Postman:
    """What it needs: the database, the way out, the keys, whose eyes to look with, the time."""

    database: Database
    web: PublicWeb
    sealer: Sealer
    sees: Sees
    service: str
    clock: Callable[[], datetime]
    _under_way: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _desk: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DESK_MAX))

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; calls under way are ended."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forget(stop))
            while not stop.is_set():
                busy = await self._begin(group)
                if not busy:
                    await pause(stop, IDLE_SECONDS)

    async def step(self) -> bool:
        """Read on, claim and call, and wait for the answers; False when nothing was to do."""
        moved = await self.read_on()
        calls = await self.claim()
        await asyncio.gather(*(self.carry(call) for call in calls))
        return moved or bool(calls)

    async def _begin(self, group: asyncio.TaskGroup) -> bool:
        try:
            moved = await self.read_on()
            calls = await self.claim() if len(self._under_way) < CALLS_MAX else ()
        except Exception as error:  # noqa: BLE001 (whoever shares the process goes on working)
            log.warning("not_begun", reason=type(error).__name__)
            return False
        for call in calls:
            task = group.create_task(self._carry_if_possible(call))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return moved or bool(calls)

    async def _carry_if_possible(self, call: Call) -> None:
        try:
            await self.carry(call)
        except Exception as error:  # noqa: BLE001 (no receiver's oddity ends the worker)
            # What came of it is not recorded: the lease ends, and the same id is sent again.
            log.warning("unrecorded", message_id=call.message_id, reason=type(error).__name__)

    @asynccontextmanager
    async def _at_the_desk(self) -> AsyncGenerator[Unit]:
        async with self._desk, self.database.write() as unit:
            yield unit

    async def read_on(self) -> bool:
        """Read the feed on for one endpoint that is behind; False when none is."""
        now = self.clock()
        async with self._at_the_desk() as unit:
            endpoint = await store.behind(unit)
            if endpoint is None:
                return False
            news = await self.sees(
                unit,
                _owner(endpoint),
                whole_feed=endpoint["reads_feed"],
                after=endpoint["position"],
                limit=EVENTS_AT_ONCE,
            )
            wanted = [
                (event["number"], event["stream_id"])
                for event in news
                if event["visible"] and wants(endpoint["kinds"], event["kind"])
            ]
            if wanted:
                await store.queue(unit, endpoint["id"], wanted, now=now)
            place = news[-1]["number"] if news else endpoint["position"]
            await store.note(unit, endpoint, {"position": place, "read_at": now})
        return bool(news)

    async def claim(self) -> tuple[Call, ...]:
        """Take what is due: a challenge, and some deliveries of one endpoint."""
        now = self.clock()
        calls: list[Call] = []
        async with self._at_the_desk() as unit:
            unverified = await store.due_challenge(unit, now=now)
            if unverified is not None:
                calls.append(await _challenge(unit, unverified, now=now))
            endpoint = await store.due_endpoint(unit, now=now, at_once=AT_ONCE)
            if endpoint is not None:
                rows = await _claimed(unit, endpoint, now=now)
                calls += [self._telling(endpoint, row) for row in rows]
        return tuple(calls)

    def _telling(self, endpoint: Row, row: Row) -> Call:
        message_id = f"{self.service}-{row['event_number']}"
        return Call(endpoint, message_id, signing.event_body(row), row)

    async def carry(self, call: Call) -> None:
        """Make one call and record what came of it."""
        came = await self.speak(call)
        await self.record(call, came)
        log.info(
            "call",
            endpoint_id=str(call.endpoint["id"]),
            message_id=call.message_id,
            state=came.outcome,
            status=came.status,
        )

    async def speak(self, call: Call) -> Came:
        """Call the endpoint. No connection is held: a slow receiver costs us nothing."""
        now = self.clock()
        try:
            secrets = signing.secrets_of(call.endpoint, self.sealer, now=now)
        except (InvalidTag, KeyError):
            return Came(CallOutcome.SECRET_UNREADABLE)
        headers = signing.headers(secrets, call.message_id, call.body, at=now)
        try:
            url = call.endpoint["url"]
            reply = await self.web.post(url, headers=headers, content=call.body)
        except AddressRefused:
            return Came(CallOutcome.ADDRESS_REFUSED)
        except NeverSent:
            return Came(CallOutcome.NO_CONNECTION)
        except NoAnswer:
            return Came(CallOutcome.NO_ANSWER)
        return _judged(call, reply)

    async def record(self, call: Call, came: Came) -> None:
        """Record what came of a call, unless somebody else has taken it over."""
        now = self.clock()
        async with self._at_the_desk() as unit:
            endpoint = await store.lock_any(unit, call.endpoint["id"])
            if endpoint is None:
                return
            if call.delivery is None:
                await _record_challenge(unit, endpoint, call, came, now=now)
            else:
                await _record_delivery(unit, endpoint, call.delivery, came, now=now)

    async def _forget(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await store.forget(self.database, now=self.clock())
            except Exception as error:  # noqa: BLE001 (it is tried again in an hour)
                log.warning("forgetting", reason=type(error).__name__)
            await pause(stop, FORGET_SECONDS)


def _owner(endpoint: Row) -> Caller:
    """Return the owner as a caller with the rights that the endpoint keeps."""
    return Caller(
        id=endpoint["owner_id"],
        kind=Kind(endpoint["owner_kind"]),
        scopes=frozenset(),
        cooperative_id=endpoint["cooperative_id"],
        channel=endpoint["channel"],
    )


def _judged(call: Call, reply: Reply) -> Came:
    match reply.status // 100:
        case 2 if call.delivery is not None:
            return Came(CallOutcome.ACCEPTED, reply.status)
        case 2:
            answered = signing.answers(call.endpoint["nonce"], reply.body)
            outcome = CallOutcome.ACCEPTED if answered else CallOutcome.CHALLENGE_NOT_ANSWERED
            return Came(outcome, reply.status)
        case 3:
            return Came(CallOutcome.REDIRECTED, reply.status)
        case _:
            gone = reply.status == 410
            return Came(CallOutcome.GONE if gone else CallOutcome.REFUSED, reply.status)


async def _claimed(unit: Unit, endpoint: Row, *, now: datetime) -> list[Row]:
    in_flight = await store.in_flight(unit, endpoint["id"], now=now)
    limit = room(failures=endpoint["failures"], in_flight=in_flight)
    rows = await store.claim(unit, endpoint["id"], now=now, until=now + LEASE, limit=limit)
    await store.note(unit, endpoint, {"served_at": now})
    return rows


async def _challenge(unit: Unit, endpoint: Row, *, now: datetime) -> Call:
    asked = await store.note(
        unit,
        endpoint,
        {
            "challenges": endpoint["challenges"] + 1,
            "challenged_at": endpoint["challenged_at"] or now,
            "challenge_sent_at": now,
            "challenge_due_at": now + LEASE,
        },
    )
    body = signing.challenge_body(asked["id"], asked["nonce"], at=now)
    return Call(asked, f"challenge-{asked['id']}-{asked['challenges']}", body)


async def _record_challenge(
    unit: Unit, endpoint: Row, call: Call, came: Came, *, now: datetime
) -> None:
    asked = call.endpoint
    if endpoint["nonce"] != asked["nonce"] or endpoint["challenges"] != asked["challenges"]:
        return
    last = _last(came, now)
    if came.outcome is CallOutcome.ACCEPTED:
        await _move(unit, endpoint, EndpointEvent.VERIFY, now=now, **last, **WELL)
        await store.try_anew(unit, endpoint["id"], now=now)
        return
    again = next_call(
        endpoint["challenges"],
        first_at=endpoint["challenged_at"],
        now=now,
        seed=endpoint["id"].int,
        within=CHALLENGE_FOR,
    )
    await store.note(unit, endpoint, {**last, "challenge_due_at": again})


WELL: Mapping[str, Any] = MappingProxyType(
    {"failures": 0, "failing_since": None, "rest_until": None}
)
"""An endpoint against which nothing is counted."""


async def _record_delivery(
    unit: Unit, endpoint: Row, claimed: Row, came: Came, *, now: datetime
) -> None:
    try:
        delivery = await store.lock_delivery(unit, endpoint["id"], claimed["id"])
    except store.DeliveryNotFound:
        return
    if delivery["calls"] != claimed["calls"] or delivery["leased_until"] is None:
        log.info("outrun", delivery_id=str(delivery["id"]), attempt=claimed["calls"])
        return
    if came.outcome is CallOutcome.ACCEPTED:
        await _end(unit, delivery, DeliveryStatus.DELIVERED, came, now=now)
        await store.note(unit, endpoint, {**_last(came, now), **WELL, "accepted_at": now})
        if endpoint["failures"] >= RESTS_FROM:
            await store.wake_all(unit, endpoint["id"], now=now)
        return
    await _try_later(unit, delivery, came, now=now)
    await _count_failure(unit, endpoint, came, now=now)


async def _try_later(unit: Unit, delivery: Row, came: Came, *, now: datetime) -> None:
    again = next_call(
        delivery["calls"], first_at=delivery["first_call_at"], now=now, seed=delivery["id"].int
    )
    if again is None:
        await _end(unit, delivery, DeliveryStatus.FAILED, came, now=now)
        return
    await store.change_delivery(
        unit, delivery, **_last(came, now), due_at=again, leased_until=None
    )


async def _end(
    unit: Unit, delivery: Row, status: DeliveryStatus, came: Came, *, now: datetime
) -> None:
    """End a delivery; the next of its stream comes first now."""
    await store.change_delivery(
        unit,
        delivery,
        **_last(came, now),
        status=status,
        due_at=None,
        leased_until=None,
        ended_at=now,
    )
    await store.wake_next(unit, delivery["endpoint_id"], delivery["stream_id"], now=now)


async def _count_failure(unit: Unit, endpoint: Row, came: Came, *, now: datetime) -> None:
    failures = endpoint["failures"] + 1
    since = endpoint["failing_since"] or now
    counted = {
        **_last(came, now),
        "failures": failures,
        "failing_since": since,
        "rest_until": rest_until(failures, now=now),
    }
    active = endpoint["status"] == EndpointStatus.ACTIVE
    if active and came.outcome is CallOutcome.GONE:
        await _move(unit, endpoint, EndpointEvent.LEAVE, now=now, **counted)
    elif active and silent_too_long(since, now=now):
        await _move(unit, endpoint, EndpointEvent.SUSPEND, now=now, **counted)
    else:
        await store.note(unit, endpoint, counted)


async def _move(
    unit: Unit, endpoint: Row, event: EndpointEvent, *, now: datetime, **changes: Any
) -> None:
    """Take an endpoint a step along its life, and say so in the feed."""
    status = advance(EndpointStatus(endpoint["status"]), event)
    cleared = {"nonce": None, "challenge_due_at": None}
    kept = await store.change(unit, endpoint, {**changes, **cleared, "status": status}, now=now)
    unit.record(change_of(kept, status, now=now))
    log.info("endpoint", endpoint_id=str(kept["id"]), state=status)


def change_of(endpoint: Row | Mapping[str, Any], what: str, *, now: datetime) -> Event:
    """Return the feed's word for a change of an endpoint."""
    id: UUID = endpoint["id"]
    return Event(
        kind=f"webhook_endpoint.{what}",
        subject_id=id,
        version=endpoint["version"],
        occurred_at=now,
    )


def _last(came: Came, now: datetime) -> dict[str, Any]:
    return {"last_call_at": now, "last_status": came.status, "last_outcome": came.outcome}

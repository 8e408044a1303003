"""
Carry submissions to the lenders, one step at a time.

    claim (transaction) -> speak to the lender (no connection held) -> record (transaction)

The intent is on disk before anything is sent, and its id is the lender's idempotency key. What
cannot be known is unknown: the lender is asked before anything is sent again, and no other lender
is tried while one may have taken it. A claim carries a number (`attempt`); whoever comes back
with an older one records nothing. So a process may die anywhere and the lender sees one effect.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import structlog

from services.financing import progress
from services.financing.channels import (
    Answer,
    Borrower,
    Channel,
    ChannelRefused,
    ChannelUnavailable,
    ChannelUnknown,
    Proposal,
)
from services.financing.db import applications, channels, deadlines, quarantine, submissions
from services.financing.domain import application, patience
from services.financing.domain.breaker import REST
from services.financing.domain.deadlines import State, state
from services.financing.domain.quarantine import Cause, excerpt, hopeless
from services.financing.domain.review import Subject
from services.financing.domain.submission import Event as Act
from services.financing.domain.submission import Status
from services.financing.registry import (
    ReadingPurpose,
    RegistryClient,
    RegistryRefused,
    RegistryUnavailable,
    SubjectNotFound,
)
from shared.clock import pause
from shared.db import Contended, Database, DatabaseUnavailable, Row, Unit
from shared.events import Event
from shared.faults import Faults
from shared.money import Rupiah
from shared.outbound import Reply

STRAY = timedelta(minutes=10)
"""How long a message that a lender says it has never seen might still arrive."""
IDLE_SECONDS = 0.25
BEAT_SECONDS = 5.0
REMIND_SECONDS = 5.0
log = structlog.get_logger("purna.worker")


class Errand(StrEnum):
    """What a claim is for."""

    SEND = "send"
    INQUIRE = "inquire"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Claim:
    """One step of one submission, ours until the lease ends."""

    errand: Errand
    app: Row
    sub: Row


class NeverSeen(Exception):
    """The lender says that it has never had this submission."""


Outcome = (
    Answer | NeverSeen | ChannelUnavailable | ChannelUnknown | ChannelRefused | RegistryUnavailable
)


@dataclass(slots=True)
class Worker:
    """What a step needs: the database, the lenders, the registry, the time."""

    database: Database
    channels: Mapping[str, Channel]
    registry: RegistryClient
    clock: Callable[[], datetime]
    faults: Faults = field(default_factory=Faults)
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{id(object())}")

    async def step(self, channel: str | None = None) -> bool:
        """Take one step with this lender, or any step; False when nothing was due."""
        claim = await self._claim(channel)
        if claim is None:
            return channel is None and await self.serve_waiting()
        self.faults.at("worker.before_speak")
        outcome = await self._speak(claim)
        self.faults.at("worker.after_speak")
        await self._record(claim, outcome)
        return True

    async def serve_waiting(self) -> bool:
        """Give back quota that was held for too long, and serve those who wait for it."""
        now = self.clock()
        async with self.database.write() as unit:
            expired = await progress.expire_holding(unit, now=now)
        async with self.database.write() as unit:
            served = await progress.serve_waiting(unit, now=now)
        return expired or served

    async def _claim(self, channel: str | None = None) -> Claim | None:
        now = self.clock()
        lenders = self.channels if channel is None else (channel,)
        async with self.database.write() as unit:
            found = await submissions.due(unit, tuple(lenders), now=now)
            if found is None or not await channels.may_probe(
                unit, found["channel"], now=now, rest_until=now + patience.LEASE
            ):
                return None
            app = await applications.lock_any(unit, found["application_id"])
            errand = _errand(Status(found["status"]), withdrawal=app["withdrawal_requested"])
            sending = errand is Errand.SEND
            sub = await submissions.change(
                unit,
                found,
                now=now,
                status=progress.after(found, Act.CLAIM) if sending else found["status"],
                attempt=found["attempt"] + 1,
                sent_at=(found["sent_at"] or now) if sending else found["sent_at"],
                due_at=patience.lease_until(now),
            )
            if sending and application.Event.SEND in application.allowed(
                application.Status(app["status"])
            ):
                data = {"submission_id": str(sub["id"]), "channel": sub["channel"]}
                events = (application.Event.SEND,)
                app = await progress.move(unit, app, events, now=now, actor="worker", data=data)
            self.faults.at("worker.before_claim_commit")
        self.faults.at("worker.after_claim_commit")
        return Claim(errand, app, sub)

    async def _speak(self, claim: Claim) -> Outcome:
        """Speak to the lender. No connection is held: a slow lender costs us nothing."""
        channel, id, now = self.channels[claim.sub["channel"]], claim.sub["id"], self.clock()
        try:
            if claim.errand is Errand.CANCEL:
                return await channel.cancel(id, now=now)
            if claim.errand is Errand.INQUIRE:
                answer = await channel.inquire(id, now=now)
                return NeverSeen() if answer is None else answer
            proposal = await self._proposal(claim)
            self.faults.at("worker.before_send")
            answer = await channel.submit(proposal, now=now)
            self.faults.at("worker.after_send")
        except SubjectNotFound:
            return ChannelRefused("borrower-no-longer-registered")
        except RegistryRefused:
            # Our own set-up is wrong: the borrower waits until it is mended.
            return RegistryUnavailable("The registry does not let us read.")
        except (
            ChannelUnavailable,
            ChannelUnknown,
            ChannelRefused,
            RegistryUnavailable,
        ) as outcome:
            return outcome
        return answer

    async def _proposal(self, claim: Claim) -> Proposal:
        """Ask the registry who the borrower is; the NIK passes through and is never kept."""
        app, sub = claim.app, claim.sub
        borrower = await self._borrower(app["borrower_kind"], app["borrower_id"])
        return Proposal(
            submission_id=sub["id"],
            product=sub["product"],
            amount=Rupiah(app["amount"]),
            tenor_months=app["tenor_months"],
            purpose=app["purpose"],
            contract_kind=app["contract_kind"],
            borrower=borrower,
        )

    async def _borrower(self, kind: str, id: UUID) -> Borrower:
        if kind == "cooperative":
            cooperative = await self.registry.cooperative_facts(
                id, purpose=ReadingPurpose.SUBMISSION
            )
            return Borrower(
                kind=kind, name=cooperative.name, coop_registry_no=cooperative.coop_registry_no
            )
        person = await self.registry.person_facts(id, purpose=ReadingPurpose.SUBMISSION)
        return Borrower(
            kind=kind,
            name=person.full_name,
            person_nik=person.person_nik,
            birth_date=person.birth_date,
            village_code=person.domicile_village_code,
        )

    async def _record(self, claim: Claim, outcome: Outcome) -> None:
        now = self.clock()
        async with self.database.write() as unit:
            app = await applications.lock_any(unit, claim.app["id"])
            sub = await submissions.lock(unit, claim.sub["id"])
            if sub["attempt"] != claim.sub["attempt"]:
                log.info("outrun", submission_id=str(sub["id"]), attempt=claim.sub["attempt"])
                return
            await self._note_health(unit, sub["channel"], outcome, now)
            await _apply(unit, claim, app, sub, outcome, now)
            self.faults.at("worker.before_record_commit")
        self.faults.at("worker.after_record_commit")
        log.info(
            "step",
            submission_id=str(sub["id"]),
            channel=sub["channel"],
            attempt=sub["attempt"],
            kind=claim.errand,
            state=type(outcome).__name__,
        )

    async def _note_health(
        self, unit: Unit, channel: str, outcome: Outcome, now: datetime
    ) -> None:
        if isinstance(outcome, RegistryUnavailable):
            return
        if isinstance(outcome, ChannelUnavailable | ChannelUnknown):
            await channels.note_failure(
                unit, channel, error=outcome.why, now=now, rest_until=now + REST
            )
        else:
            await channels.note_recovery(unit, channel)

    async def remind(self) -> bool:
        """Tell of one deadline that is near or has lapsed; False when there is none to tell of.

        The row is locked while it is told of and says what is told next, so each is told once.
        """
        now = self.clock()
        async with self.database.write() as unit:
            found = await deadlines.due(unit, now=now)
            if found is None:
                return False
            stands = state(found["near_at"], found["due_at"], now=now)
            await deadlines.told(unit, found, stands)
            unit.record(_reminder(found, stands, now))
        return True

    async def run(self, stop: asyncio.Event, *, tasks: int) -> None:
        """Step until told to stop; a step that has begun is ended.

        Each lender has so many tasks of its own: one that hangs holds up nobody else's.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat(stop))
            group.create_task(self._loop(stop, self.remind, REMIND_SECONDS))
            group.create_task(self._loop(stop, self.serve_waiting, IDLE_SECONDS))
            for channel in self.channels:
                for _ in range(tasks):
                    step = partial(self.step, channel)
                    group.create_task(self._loop(stop, step, IDLE_SECONDS))

    async def _loop(
        self, stop: asyncio.Event, act: Callable[[], Awaitable[bool]], idle_seconds: float
    ) -> None:
        while not stop.is_set():
            try:
                busy = await act()
            except (DatabaseUnavailable, Contended) as error:
                log.warning("database", reason=type(error).__name__)
                busy = False
            if not busy:
                await pause(stop, idle_seconds)

    async def _beat(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with self.database.write() as unit:
                    await submissions.beat(unit, self.name, now=self.clock())
            except (DatabaseUnavailable, Contended) as error:
                log.warning("heartbeat", reason=type(error).__name__)
            await pause(stop, BEAT_SECONDS)


_REMINDERS: Mapping[State, str] = {
    State.NEAR: "application.deadline_near",
    State.OVERDUE: "application.overdue",
}


def _reminder(found: Row, stands: State, now: datetime) -> Event:
    data = {
        "deadline_id": str(found["id"]),
        "duty": found["duty"],
        "subject_id": str(found["subject_id"]),
        "due_on": found["due_on"].isoformat(),
        **({"channel": found["channel"]} if found["channel"] else {}),
    }
    return Event(
        kind=_REMINDERS[stands],
        subject_id=found["application_id"],
        version=found["application_version"],
        occurred_at=now,
        data=data,
    )


def _errand(status: Status, *, withdrawal: bool) -> Errand:
    """Return what a submission in this status needs next.

    One that was being sent when its worker died is asked about, never simply sent again.
    """
    if withdrawal and status is not Status.AKAD:
        return Errand.CANCEL
    if status is Status.QUEUED:
        return Errand.SEND
    return Errand.INQUIRE


async def _apply(
    unit: Unit, claim: Claim, app: Row, sub: Row, outcome: Outcome, now: datetime
) -> None:
    if sub["status"] != claim.sub["status"] and not isinstance(outcome, Answer):
        # The lender has reported meanwhile, which says more than the want of an answer.
        return
    misread = outcome if isinstance(outcome, ChannelUnknown | ChannelRefused) else None
    if misread is not None and misread.reply is not None:
        counted = {"misread": sub["misread"] + 1, "misread_since": sub["misread_since"] or now}
        sub = await submissions.change(unit, sub, now=now, **counted)
    match outcome:
        case Answer():
            await _answered(unit, app, sub, outcome, now)
        case ChannelUnavailable() | RegistryUnavailable() if claim.errand is Errand.SEND:
            await _put_back(unit, app, sub, outcome, now)
        case ChannelUnknown() if claim.errand is Errand.SEND:
            await _lost(unit, app, sub, now)
        case NeverSeen() if _may_go_again(app, sub):
            # The same key goes to the same lender: if the first message is still on its way,
            # the lender takes one of the two. It may be, so a withdrawal has to go there too.
            await _changed(
                unit,
                app,
                sub,
                now,
                status=progress.after(sub, Act.PUT_BACK),
                maybe_taken=True,
                sendings_failed=0,
                due_at=now,
            )
        case ChannelRefused() if claim.errand is Errand.SEND and not sub["maybe_taken"]:
            await _rejected(unit, app, sub, outcome, now)
        case ChannelRefused() if (
            claim.errand is Errand.CANCEL and sub["reference"] is None and _long_ago(sub, now)
        ):
            # There is nothing to cancel: the lender has never had it, and by now never will.
            await progress.cancelled(unit, app, sub, now=now)
        case _:
            await _ask_later(unit, app, sub, now)
    if misread is not None and misread.reply is not None:
        await _set_aside_if_hopeless(unit, claim, misread, misread.reply, now)


def _may_go_again(app: Row, sub: Row) -> bool:
    """Tell whether a message that was lost is sent again; not while a person looks at it."""
    lost = sub["status"] in {Status.SENDING, Status.UNKNOWN}
    return lost and app["status"] != application.Status.IN_REVIEW


def _long_ago(sub: Row, now: datetime) -> bool:
    """Tell whether a message sent then can no longer be on its way."""
    return sub["sent_at"] is None or now - sub["sent_at"] > STRAY


async def _answered(unit: Unit, app: Row, sub: Row, answer: Answer, now: datetime) -> None:
    news = await progress.hear(
        unit,
        app,
        sub,
        event_id=uuid5(sub["id"], answer.stage),
        stage=answer.stage,
        occurred_at=answer.at,
        reference=answer.reference,
        amount=answer.amount,
        reasons=answer.reasons,
        heard_by="answer",
        now=now,
    )
    if not news:
        due_at = now + progress.POLL_AFTER
        await submissions.change(unit, sub, now=now, due_at=due_at, **submissions.UNDERSTOOD)


async def _rejected(
    unit: Unit, app: Row, sub: Row, refused: ChannelRefused, now: datetime
) -> None:
    """The lender will not have the message as it is; whether that is a mistake, people find out.

    Where the rejection is ours, because there is no such borrower any more, it is a no.
    """
    if refused.reply is None:
        await progress.give_up(unit, app, sub, reason=refused.code, now=now)
        return
    wait = patience.wait_after(sub["misread"], seed=sub["id"].int) or patience.WAIT_MAX
    status = progress.after(sub, Act.PUT_BACK)
    await _changed(unit, app, sub, now, status=status, due_at=now + wait)


async def _set_aside_if_hopeless(
    unit: Unit,
    claim: Claim,
    outcome: ChannelUnknown | ChannelRefused,
    reply: Reply,
    now: datetime,
) -> None:
    """Leave a submission to an operator that has been misread too often, with the evidence."""
    sub = await submissions.lock(unit, claim.sub["id"])
    app = await applications.lock_any(unit, claim.app["id"])
    cause = Cause.REJECTED if isinstance(outcome, ChannelRefused) else Cause.UNREADABLE
    people = app["set_aside"] or app["status"] == application.Status.IN_REVIEW
    if people or sub["due_at"] is None or not hopeless(cause, sub["misread"]):
        return
    kept = await submissions.change(unit, sub, now=now, due_at=None)
    await quarantine.begin(
        unit,
        app,
        kept,
        cause,
        error=outcome.code if isinstance(outcome, ChannelRefused) else outcome.why,
        sent=_said(claim),
        returned=_came_back(reply),
        now=now,
    )


_TERMS = ("borrower_kind", "amount", "tenor_months", "purpose", "contract_kind")


def _said(claim: Claim) -> dict[str, Any]:
    """Return what we asked of the lender, as evidence: the borrower by its id, never by NIK."""
    app = claim.app
    return {
        "errand": claim.errand,
        "product": claim.sub["product"],
        "borrower_id": str(app["borrower_id"]),
        **{name: app[name] for name in _TERMS},
    }


def _came_back(reply: Reply) -> dict[str, Any]:
    return {
        "status": reply.status,
        "content_type": str(reply.headers.get("content-type", ""))[:100],
        "bytes": len(reply.body),
        "excerpt": excerpt(reply.body),
    }


async def _put_back(unit: Unit, app: Row, sub: Row, outcome: Outcome, now: datetime) -> None:
    """The lender certainly did not take this sending: wait, or give this lender up.

    Failures are counted from the lender's last word that it has never seen the submission, so
    the lender is left only when a message from before that word has long since come or gone.
    """
    ours = isinstance(outcome, RegistryUnavailable)
    failed = sub["sendings_failed"] + (0 if ours else 1)
    wait = patience.wait_after(max(failed, 1), seed=sub["id"].int)
    if wait is None:
        await progress.give_up(unit, app, sub, reason="lender-unavailable", now=now)
        return
    asked = getattr(outcome, "retry_after", None) or timedelta()
    due_at = now + max(wait, asked)
    status = progress.after(sub, Act.PUT_BACK)
    await _changed(unit, app, sub, now, status=status, sendings_failed=failed, due_at=due_at)


async def _lost(unit: Unit, app: Row, sub: Row, now: datetime) -> None:
    """The lender may have it: from now on only its own word opens the way elsewhere."""
    asked = sub["inquiries"] + 1
    wait = patience.inquire_after(asked, seed=sub["id"].int)
    kept = await submissions.change(
        unit,
        sub,
        now=now,
        status=progress.after(sub, Act.LOSE),
        maybe_taken=True,
        inquiries=asked,
        due_at=now + (wait or patience.INQUIRY_MAX),
    )
    if wait is None:
        await _look_at_silence(unit, app, kept, now)
    elif application.Event.LOSE in application.allowed(application.Status(app["status"])):
        data = {"submission_id": str(kept["id"]), "channel": kept["channel"]}
        events = (application.Event.LOSE,)
        await progress.move(unit, app, events, now=now, actor="worker", data=data)


async def _look_at_silence(unit: Unit, app: Row, sub: Row, now: datetime) -> None:
    """A lender has been asked often enough: two people find out what became of it."""
    if application.Event.REVIEW in application.allowed(application.Status(app["status"])):
        reason = "The lender does not say where the application stands."
        await progress.call_in(
            unit, app, sub, Subject.SILENCE, reason=reason, actor="worker", now=now
        )


async def _ask_later(unit: Unit, app: Row, sub: Row, now: datetime) -> None:
    """There was no usable answer to a question: ask again later, in the end with a person."""
    asked = sub["inquiries"] + 1
    wait = patience.inquire_after(asked, seed=sub["id"].int)
    await submissions.change(
        unit, sub, now=now, inquiries=asked, due_at=now + (wait or patience.INQUIRY_MAX)
    )
    if wait is None:
        await _look_at_silence(unit, app, sub, now)


async def _changed(unit: Unit, app: Row, sub: Row, now: datetime, **changes: Any) -> None:
    """Change a submission where the application does not move, and say so in the feed."""
    kept = await submissions.change(unit, sub, now=now, **changes)
    unit.record(
        Event(
            kind=f"submission.{kept['status']}",
            subject_id=kept["id"],
            version=kept["version"],
            occurred_at=now,
            data={"application_id": str(app["id"]), "channel": kept["channel"]},
        )
    )

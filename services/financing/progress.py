"""
What a lender's word does to an application: the one act that worker and callbacks share.

Everything here happens inside a unit of work in which application and submission are locked, in
that order. A lender's reports are kept as a set; the set decides (`domain.submission.settle`), so
the same reports in any order, once or often, end in the same place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from services.financing import letters
from services.financing.db import (
    applications,
    deadlines,
    quarantine,
    quotas,
    reviews,
    submissions,
)
from services.financing.db.channels import paused as paused_channels
from services.financing.domain import application, submission
from services.financing.domain.deadlines import Duty, clock
from services.financing.domain.quarantine import Status as Aside
from services.financing.domain.quota import allot, limits
from services.financing.domain.review import Ruling, Subject
from services.financing.domain.routing import Channel, Leg
from services.financing.domain.submission import Stage
from shared.clock import WIB
from shared.db import Reader, Row, Unit
from shared.events import Event
from shared.ids import new_id


class LenderHasIt(Exception):
    """A lender may still make a loan of this application, or has made one."""


POLL_AFTER = timedelta(minutes=15)
"""A lender that has an application is asked where it stands, should a callback be lost."""

_OVER = frozenset(
    {
        submission.Status.DISBURSED,
        submission.Status.REPAID,
        submission.Status.REFUSED,
        submission.Status.CANCELLED,
        submission.Status.FAILED,
    }
)

_BOUND = frozenset({submission.Status.AKAD, submission.Status.DISBURSED, submission.Status.REPAID})
_ENDED = _OVER - _BOUND
"""It came to nothing."""

_HELD = _BOUND | {submission.Status.RECEIVED, submission.Status.APPROVED}
"""A lender has the application, and may make a loan of it, or has."""

_ANSWERED = frozenset(
    {
        application.Event.SIGN,
        application.Event.DISBURSE,
        application.Event.CLOSE,
        application.Event.WITHDRAW,
    }
)
"""What ends a withdrawal that was asked for: it is too late for it, or it is done."""

_REVIEWED = frozenset({application.Status.CONTESTED, application.Status.IN_REVIEW})
"""Two people look at it; once it is elsewhere there is nothing left to look at."""

_TOLD_BY_LETTER = frozenset({application.Status.REFUSED, application.Status.INCUBATING})
"""The answer is no, or not yet."""

_RULED: Mapping[Ruling, tuple[application.Event, Stage]] = {
    Ruling.SIGN: (application.Event.SIGN, Stage.AKAD),
    Ruling.DISBURSE: (application.Event.DISBURSE, Stage.DISBURSED),
    Ruling.CLOSE: (application.Event.CLOSE, Stage.REPAID),
    Ruling.REFUSE: (application.Event.REFUSE, Stage.REFUSED),
}
"""What a ruling on a lender's word does, and the stage that holds from then on."""


async def move(
    unit: Unit,
    row: Row,
    events: Sequence[application.Event],
    *,
    now: datetime,
    actor: str,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    decision: Mapping[str, Any] | None = None,
    ruled: Row | None = None,
) -> Row:
    """Take an application through some events: its history, its new row, one event in the feed.

    `decision` is kept with it, where one was made. A refusal is told by letter; `ruled` is the
    review that led to it, if one did.

    Raises:
        IllegalTransition: the first of the events is not possible from here; nothing is written.
    """
    status = application.Status(row["status"])
    taken: list[tuple[application.Event, application.Status]] = []
    for event in events:
        status = application.advance(status, event)
        taken.append((event, status))
    moved = {"status": status, "set_aside": False, **(changes or {})}
    kept = await applications.change(unit, row, moved, now=now)
    if row["set_aside"]:
        await quarantine.overtake(unit, row["id"], actor=actor, now=now)
    if row["status"] == application.Status.WAITING:
        await quotas.leave(unit, row["id"], now=now)
    if decision is not None:
        applications.add_decision(unit, application_id=row["id"], created_at=now, **decision)
    for event, reached in taken:
        applications.add_step(
            unit,
            id=new_id(),
            application_id=row["id"],
            event=event,
            status=reached,
            actor=actor,
            data=orjson.dumps(data or {}).decode(),
            at=now,
        )
    if row["status"] in _REVIEWED:
        await reviews.drop(unit, row["id"], actor=actor, now=now)
    unit.record(
        Event(
            kind=f"application.{status}",
            subject_id=row["id"],
            version=kept["version"],
            occurred_at=now,
            data=dict(data or {}),
        )
    )
    if status in _TOLD_BY_LETTER:
        await letters.issue(unit, kept, ruled=ruled, now=now)
    return kept


async def call_in(
    unit: Unit, app: Row, sub: Row, subject: Subject, *, reason: str, actor: str, now: datetime
) -> None:
    """Bring an application to people who look at what a lender says, or does not say.

    Raises:
        IllegalTransition: it cannot be looked at from where it stands.
    """
    data = {"submission_id": str(sub["id"]), "channel": sub["channel"], "subject": subject}
    events = (application.Event.REVIEW,)
    kept = await move(unit, app, events, now=now, actor=actor, data=data)
    await reviews.begin(
        unit, kept, subject, reason=reason, actor=actor, now=now, submission_id=sub["id"]
    )


def after(sub: Row, event: submission.Event) -> submission.Status:
    """Return where a submission stands after an act of ours.

    Raises:
        IllegalTransition: it cannot take this step from where it stands.
    """
    return submission.advance(submission.Status(sub["status"]), event)


async def hear(
    unit: Unit,
    app: Row,
    sub: Row,
    *,
    event_id: UUID,
    stage: Stage,
    occurred_at: datetime,
    reference: str | None,
    amount: int | None,
    reasons: Sequence[str],
    heard_by: str,
    now: datetime,
) -> bool:
    """Apply what a lender said of a submission; False when this was heard before.

    A lender that speaks of what nobody has sent it yet is looked at by people.
    """
    if not await submissions.report(
        unit,
        channel=sub["channel"],
        event_id=event_id,
        submission_id=sub["id"],
        application_id=app["id"],
        stage=stage,
        heard_by=heard_by,
        occurred_at=occurred_at,
        received_at=now,
        amount=amount,
    ):
        return False
    reported = await submissions.stages(unit, sub["id"])
    settled = submission.settle(frozenset(reported))
    status = submission.Status(sub["status"]) if settled.status is None else settled.status
    granted = max(reported.get(stage) or 0 for stage in (Stage.AKAD, Stage.DISBURSED))
    newest = await submissions.newest(unit, app["id"]) or sub
    left = newest["id"] != sub["id"]
    # A lender that was left, and that has the application after all, contradicts how it was left.
    returned = left and status in _HELD
    conflict = settled.conflict or returned or granted > app["amount"] or sub["sent_at"] is None
    if returned and status not in _BOUND:
        status = submission.Status(sub["status"])  # the live submission is another lender's
    kept = await submissions.change(
        unit,
        sub,
        now=now,
        status=status,
        **submissions.UNDERSTOOD,
        maybe_taken=True,
        reference=reference or sub["reference"],
        reasons=list(reasons) or sub["reasons"],
        sent_at=sub["sent_at"] or now,
        due_at=_due_after(status, withdrawal=app["withdrawal_requested"], now=now),
    )
    if conflict and left:
        await _keep_back(unit, newest, now=now)
    await _follow(unit, app, kept, conflict=conflict, stage=stage, granted=granted, now=now)
    return True


async def _taken_up(unit: Unit, app: Row, sub: Row, *, now: datetime) -> Row:
    """Let a lender that speaks after all end the quarantine of its submission."""
    if not app["set_aside"]:
        return app
    actor = f"lender:{sub['channel']}"
    return await quarantine.lift(unit, app, sub, Aside.OVERTAKEN, actor=actor, note=None, now=now)


async def _draw(unit: Unit, sub: Row, *, granted: int, now: datetime) -> None:
    """Let the quotas follow a submission: an akad uses them, an end without one gives back."""
    status = submission.Status(sub["status"])
    if status in _BOUND:
        if not await quotas.use(unit, sub["id"], granted=granted, now=now):
            unit.record(
                Event(
                    kind="quota.exceeded",
                    subject_id=sub["id"],
                    version=sub["version"],
                    occurred_at=now,
                    data={"application_id": str(sub["application_id"]), "channel": sub["channel"]},
                )
            )
    elif status in _OVER:
        await quotas.give_back(unit, sub["id"], now=now)


async def _keep_back(unit: Unit, leg: Row, *, now: datetime) -> None:
    """Keep back the next leg, if it waits to be sent: a person looks first at what there is."""
    if leg["status"] == submission.Status.QUEUED:
        await submissions.change(unit, leg, now=now, due_at=None)


def _due_after(status: submission.Status, *, withdrawal: bool, now: datetime) -> datetime | None:
    """Return when the lender is spoken to next; what it says must not put a withdrawal off."""
    if status in _OVER:
        return None
    return now if withdrawal else now + POLL_AFTER


async def give_up(unit: Unit, app: Row, sub: Row, *, reason: str, now: datetime) -> None:
    """End a submission that the lender certainly did not take, and go on to the next leg."""
    kept = await submissions.change(
        unit, sub, now=now, status=after(sub, submission.Event.FAIL), reasons=[reason], due_at=None
    )
    await _follow(unit, app, kept, conflict=False, stage=None, granted=0, now=now)


async def cancelled(unit: Unit, app: Row, sub: Row, *, now: datetime) -> None:
    """End a submission that the lender never had."""
    kept = await submissions.change(
        unit, sub, now=now, status=after(sub, submission.Event.CANCEL), due_at=None
    )
    await _follow(unit, app, kept, conflict=False, stage=None, granted=0, now=now)


async def _follow(
    unit: Unit,
    app: Row,
    sub: Row,
    *,
    conflict: bool,
    stage: Stage | None,
    granted: int,
    now: datetime,
) -> None:
    """Let the quotas and the application follow a submission; `granted` is 0 until an akad."""
    app = await _taken_up(unit, app, sub, now=now)
    await _draw(unit, sub, granted=granted or app["amount"], now=now)
    status = application.Status(app["status"])
    said = submission.Status(sub["status"])
    event = await _meaning(unit, app, sub, said, conflict=conflict)
    to: Way | None = None
    waits: list[Way] = []
    if event is application.Event.FALL_BACK and event in application.allowed(status):
        to = await _next_way(unit, app, sub, now=now)
        waits = [] if to else await _ways(unit, app["id"], "waiting")
        if to is None:
            event = application.Event.WAIT if waits else application.Event.REFUSE
    data = {
        "submission_id": str(sub["id"]),
        "channel": sub["channel"],
        "submission_status": said,
        **({"stage": stage} if stage else {}),
    }
    allowed = application.allowed(status)
    if event is None or event not in allowed or await _people_decide(unit, app):
        # Nothing new for the application: the report itself is the change, and is in the feed.
        kind = "submission.contradicted" if conflict else f"submission.{stage or said}"
        unit.record(_report_told(app, sub, kind, data, now))
        return
    changes = {"withdrawal_requested": False} if event in _ANSWERED else {}
    actor = f"lender:{sub['channel']}"
    if event is application.Event.REVIEW:
        reason = f"The lender's reports contradict each other; the last one is {stage or said}."
        await call_in(unit, app, sub, Subject.CONTRADICTION, reason=reason, actor=actor, now=now)
        return
    await move(unit, app, (event,), now=now, actor=actor, changes=changes, data=data)
    await wait(unit, app, waits, now=now)
    if to is not None:
        send_to(unit, app["id"], to, now=now)


def _report_told(app: Row, sub: Row, kind: str, data: Mapping[str, Any], now: datetime) -> Event:
    return Event(
        kind=kind,
        subject_id=sub["id"],
        version=sub["version"],
        occurred_at=now,
        data={"application_id": str(app["id"]), **data},
    )


async def _people_decide(unit: Unit, app: Row) -> bool:
    """Tell whether a lender has contradicted itself: then its word moves nothing by itself."""
    if app["status"] != application.Status.IN_REVIEW:
        return False
    return await reviews.open_subject(unit, app["id"]) is Subject.CONTRADICTION


async def _meaning(
    unit: Unit, app: Row, sub: Row, said: submission.Status, *, conflict: bool
) -> application.Event | None:
    if conflict:
        return application.Event.REVIEW
    event = application.REPORTED.get(said)
    if event is not application.Event.REFUSE:
        return event
    newest = await submissions.newest(unit, app["id"])
    if newest is not None and newest["id"] != sub["id"]:
        return None  # a leg that was left behind has nothing more to say
    if app["withdrawal_requested"]:
        return application.Event.WITHDRAW
    return application.Event.FALL_BACK


class Way(NamedTuple):
    """One lender of a route as a submission takes it; `id` is to be the submission's."""

    id: UUID
    no: int
    channel: str
    product: str
    rate_bp: int


def way(leg: Leg) -> Way:
    """Return a leg of a route as a way to send an application down."""
    return Way(new_id(), leg.no, leg.channel, leg.product, leg.rate_bp)


async def _ways(unit: Unit, application_id: UUID, kind: str) -> list[Way]:
    """Return the `legs` of the route in force, or those `waiting` for quota."""
    route = orjson.loads(await applications.route(unit, application_id))
    return [
        Way(new_id(), leg["no"], leg["channel"], leg["product"], leg["rate_bp"])
        for leg in route[kind]
    ]


async def _next_way(unit: Unit, app: Row, sub: Row, *, now: datetime) -> Way | None:
    """Return the next way whose lender has quota, held; None where no way is left."""
    for each in await _ways(unit, app["id"], "legs"):
        if each.no > sub["leg_no"] and await hold(unit, app, each, now=now):
            return each
    return None


async def as_they_stand(
    db: Reader | Unit, channels: Sequence[Channel], *, province: str | None, now: datetime
) -> tuple[Channel, ...]:
    """Return the lenders as they stand: which are paused, and what their quotas leave.

    The quotas are those for a newcomer who lives in a province.
    """
    paused = await paused_channels(db)
    today = [replace(each, paused=True) if each.code in paused else each for each in channels]
    rows = await quotas.left(db, year=now.astimezone(WIB).year, province=province)
    if not rows:
        return tuple(today)
    known = [quotas.quota_of(row) for row in rows]
    waited_for = {row["id"] for row in rows if row["waited_for"]}
    return tuple(
        replace(channel, quotas=limits(known, waited_for, channel, province=province))
        for channel in today
    )


async def hold(
    unit: Unit, app: Row | Mapping[str, Any], to: Way, *, now: datetime, in_turn: bool = False
) -> bool:
    """Hold the quota that an application needs on a way; False when there is too little."""
    return await quotas.hold(
        unit,
        application_id=app["id"],
        submission_id=to.id,
        channel=to.channel,
        product=to.product,
        province=app["province_code"],
        amount=app["amount"],
        on=now.astimezone(WIB).date(),
        now=now,
        in_turn=in_turn,
    )


def send_to(unit: Unit, application_id: UUID, to: Way, *, now: datetime) -> None:
    """Write the intent to send an application to a lender; its clock begins."""
    submissions.add(
        unit,
        id=to.id,
        application_id=application_id,
        leg_no=to.no,
        channel=to.channel,
        product=to.product,
        rate_bp=to.rate_bp,
        status=submission.Status.QUEUED,
        due_at=now,
        created_at=now,
        changed_at=now,
    )
    deadlines.start(
        unit,
        clock(Duty.ANSWER, to.product, since=now.astimezone(WIB)),
        duty=Duty.ANSWER,
        application_id=application_id,
        subject_id=to.id,
        since=now,
        channel=to.channel,
        product=to.product,
    )


async def wait(unit: Unit, app: Row, ways: Sequence[Way], *, now: datetime) -> None:
    """Let an application wait for the quota of each of these lenders."""
    for each in ways:
        await quotas.wait(
            unit,
            application_id=app["id"],
            channel=each.channel,
            product=each.product,
            province_code=app["province_code"],
            leg_no=each.no,
            rate_bp=each.rate_bp,
            amount=app["amount"],
            created_at=now,
        )


async def serve_waiting(unit: Unit, *, now: datetime) -> bool:
    """Give a lender's freed quota to those who wait for it, in turn; False if none was freed."""
    on = now.astimezone(WIB).date()
    channel = await quotas.to_recheck(unit, year=on.year)
    if channel is None:
        return False
    rows = {row["number"]: row for row in await quotas.next_in_row(unit, channel)}
    ids = {row["application_id"] for row in rows.values()}
    reached = await quotas.reachable(unit, tuple(ids))
    gone = {id for id, status in reached.items() if status != application.Status.WAITING}
    served = allot(
        await quotas.of_channel(unit, channel, year=on.year),
        [quotas.waiting_of(row) for row in rows.values() if row["application_id"] not in gone],
        out_of_reach=ids - reached.keys(),
    )
    for each in served:
        row = rows[each.number]
        app = await applications.lock_any(unit, each.application_id)
        to = Way(new_id(), row["leg_no"], channel, row["product"], row["rate_bp"])
        if await hold(unit, app, to, now=now, in_turn=True):
            data = {"submission_id": str(to.id), "channel": channel}
            route = (application.Event.ROUTE,)
            await move(unit, app, route, now=now, actor="worker", data=data)
            send_to(unit, app["id"], to, now=now)
    if reached.keys() == ids and len(rows) < quotas.WAITING_MAX:
        await quotas.rechecked(unit, channel, year=on.year)
    return bool(served)


async def expire_holding(unit: Unit, *, now: datetime) -> bool:
    """Give back the quota of one submission that has held it for too long; False if none has."""
    submission_id = await quotas.lapsed(unit, on=now.astimezone(WIB).date())
    if submission_id is None:
        return False
    await quotas.expire(unit, submission_id, now=now)
    return True


async def rule(
    unit: Unit,
    app: Row,
    ruled: Row,
    *,
    actor: str,
    data: Mapping[str, Any],
    now: datetime,
) -> Row:
    """Let what people have ruled of one submission hold, against all that lenders have said.

    No other submission of the application is, or becomes, a loan.

    Raises:
        LenderHasIt: another lender may still make a loan of it.
        SubmissionNotFound: the application has no such submission.
    """
    event, stage = _RULED[Ruling(ruled["ruling"])]
    legs = {leg["id"]: leg for leg in await submissions.legs(unit, app["id"])}
    sub = legs.pop(ruled["submission_id"], None)
    if sub is None:
        raise submissions.SubmissionNotFound("The application has no such submission.")
    for other in legs.values():
        await _void(unit, app, other, now=now)
    await _found(unit, app, sub, stage, now=now)
    return await move(unit, app, (event,), now=now, actor=actor, data=data, ruled=ruled)


async def check_free(unit: Unit, app: Row) -> None:
    """Raise `LenderHasIt` where a lender may make a loan of an application, or has made one."""
    for leg in await submissions.legs(unit, app["id"]):
        if leg["status"] not in _ENDED:
            raise LenderHasIt(f"{leg['channel']} has it, or has made a loan of it.")


async def _void(unit: Unit, app: Row, leg: Row, *, now: datetime) -> None:
    """Let another submission come to nothing. Raises LenderHasIt: that is not ours to say."""
    status = submission.Status(leg["status"])
    if status is submission.Status.QUEUED and not leg["maybe_taken"]:
        kept = await submissions.change(
            unit, leg, now=now, status=after(leg, submission.Event.CANCEL), due_at=None
        )
        await _draw(unit, kept, granted=app["amount"], now=now)
    elif status in _BOUND:
        await _found(unit, app, leg, Stage.REFUSED, now=now)
    elif status not in _OVER:
        channel = leg["channel"]
        raise LenderHasIt(f"{channel} may still make a loan of it: have it end there first.")


async def _found(unit: Unit, app: Row, leg: Row, stage: Stage, *, now: datetime) -> None:
    """Keep what people have found as a report, and settle the submission by it alone."""
    await submissions.report(
        unit,
        channel=leg["channel"],
        event_id=new_id(),
        submission_id=leg["id"],
        application_id=app["id"],
        stage=stage,
        heard_by=submissions.BY_REVIEW,
        occurred_at=now,
        received_at=now,
        amount=None,
    )
    settled = submission.settle(frozenset({stage})).status or submission.Status(leg["status"])
    due_at = _due_after(settled, withdrawal=False, now=now)
    kept = await submissions.change(unit, leg, now=now, status=settled, due_at=due_at)
    await _draw(unit, kept, granted=app["amount"], now=now)

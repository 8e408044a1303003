"""
What a lender's word does to an application: the one act that worker and callbacks share.

Everything here happens inside a unit of work in which application and submission are locked, in
that order. A lender's reports are kept as a set; the set decides (`domain.submission.settle`), so
the same reports in any order, once or often, end in the same place.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from services.financing.db import applications, deadlines, submissions
from services.financing.domain import application, submission
from services.financing.domain.deadlines import Duty, clock
from services.financing.domain.submission import Stage
from shared.clock import WIB
from shared.db import Row, Unit
from shared.events import Event
from shared.ids import new_id

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


async def move(
    unit: Unit,
    row: Row,
    events: Sequence[application.Event],
    *,
    now: datetime,
    actor: str,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Row:
    """Take an application through some events: its history, its new row, one event in the feed.

    Raises:
        IllegalTransition: the first of the events is not possible from here; nothing is written.
    """
    status = application.Status(row["status"])
    taken: list[tuple[application.Event, application.Status]] = []
    for event in events:
        status = application.advance(status, event)
        taken.append((event, status))
    kept = await applications.change(unit, row, {"status": status, **(changes or {})}, now=now)
    for event, reached in taken:
        await applications.add_step(
            unit,
            id=new_id(),
            application_id=row["id"],
            event=event,
            status=reached,
            actor=actor,
            data=orjson.dumps(data or {}).decode(),
            at=now,
        )
    unit.record(
        Event(
            kind=f"application.{status}",
            subject_id=row["id"],
            version=kept["version"],
            occurred_at=now,
            data=dict(data or {}),
        )
    )
    return kept


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
    """Apply what a lender said of a submission; False when this was heard before."""
    first_time = await submissions.report(
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
    )
    if not first_time:
        return False
    reported = await submissions.stages(unit, sub["id"])
    settled = submission.settle(frozenset(reported))
    status = submission.Status(sub["status"]) if settled.status is None else settled.status
    granted = max(reported.get(stage) or 0 for stage in (Stage.AKAD, Stage.DISBURSED))
    newest = await submissions.newest(unit, app["id"])
    left = newest is not None and newest["id"] != sub["id"]
    # A lender that was left, and that has the application after all, contradicts how it was left.
    returned = left and status in _HELD
    conflict = settled.conflict or returned or granted > app["amount"]
    if returned and status not in _BOUND:
        status = submission.Status(sub["status"])  # the live submission is another lender's
    kept = await submissions.change(
        unit,
        sub,
        now=now,
        status=status,
        maybe_taken=True,
        reference=reference or sub["reference"],
        reasons=list(reasons) or sub["reasons"],
        sent_at=sub["sent_at"] or now,
        due_at=_due_after(status, withdrawal=app["withdrawal_requested"], now=now),
    )
    if conflict and left and newest is not None:
        await _hold(unit, newest, now=now)
    await _follow(unit, app, kept, conflict=conflict, stage=stage, now=now)
    return True


async def _hold(unit: Unit, leg: Row, *, now: datetime) -> None:
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
    await _follow(unit, app, kept, conflict=False, stage=None, now=now)


async def cancelled(unit: Unit, app: Row, sub: Row, *, now: datetime) -> None:
    """End a submission that the lender never had."""
    kept = await submissions.change(
        unit, sub, now=now, status=after(sub, submission.Event.CANCEL), due_at=None
    )
    await _follow(unit, app, kept, conflict=False, stage=None, now=now)


async def _follow(
    unit: Unit, app: Row, sub: Row, *, conflict: bool, stage: Stage | None, now: datetime
) -> None:
    """Let the application follow its submission."""
    status = application.Status(app["status"])
    said = submission.Status(sub["status"])
    event = await _meaning(unit, app, sub, said, conflict=conflict)
    data = {
        "submission_id": str(sub["id"]),
        "channel": sub["channel"],
        "submission_status": said,
        **({"stage": stage} if stage else {}),
    }
    if event is None or event not in application.allowed(status):
        # Nothing new for the application: the report itself is the change, and is in the feed.
        unit.record(
            Event(
                kind="submission.contradicted" if conflict else f"submission.{stage or said}",
                subject_id=sub["id"],
                version=sub["version"],
                occurred_at=now,
                data={"application_id": str(app["id"]), **data},
            )
        )
        return
    changes = {"withdrawal_requested": False} if event in _ANSWERED else {}
    actor = f"lender:{sub['channel']}"
    await move(unit, app, (event,), now=now, actor=actor, changes=changes, data=data)
    if event is application.Event.FALL_BACK:
        await send_to(unit, app["id"], await _next_leg(unit, app["id"], sub), now=now)


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
    if await _next_leg(unit, app["id"], sub) is not None:
        return application.Event.FALL_BACK
    return application.Event.REFUSE


async def _next_leg(unit: Unit, application_id: UUID, sub: Row) -> dict[str, Any] | None:
    legs: list[dict[str, Any]] = orjson.loads(await applications.legs(unit, application_id))
    return next((leg for leg in legs if leg["no"] == sub["leg_no"] + 1), None)


async def send_to(
    unit: Unit, application_id: UUID, leg: dict[str, Any] | None, *, now: datetime
) -> None:
    """Write the intent to send an application down a leg of its route; its clock begins."""
    if leg is None:
        return
    id = new_id()
    await submissions.add(
        unit,
        id=id,
        application_id=application_id,
        leg_no=leg["no"],
        channel=leg["channel"],
        product=leg["product"],
        rate_bp=leg["rate_bp"],
        status=submission.Status.QUEUED,
        due_at=now,
        created_at=now,
        changed_at=now,
    )
    await deadlines.start(
        unit,
        clock(Duty.ANSWER, leg["product"], since=now.astimezone(WIB)),
        duty=Duty.ANSWER,
        application_id=application_id,
        subject_id=id,
        since=now,
        channel=leg["channel"],
        product=leg["product"],
    )

"""Named queries on submissions and on what lenders reported."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    any_,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert

from services.financing.db import deadlines
from services.financing.db.tables import (
    BOOKED,
    application,
    channel_health,
    channel_pause,
    deadline,
    heartbeat,
    lender_report,
    submission,
)
from services.financing.domain.submission import AWAITING, Stage
from shared.db import Reader, Row, Statement, Unit
from shared.sql_json import as_object, as_text, columns


class SubmissionNotFound(Exception):
    """There is no such submission on this channel."""


BY_REVIEW = "review"
"""Who has said a stage that is not the lender's word, but what people have found."""

_EVER = datetime(1900, 1, 1, tzinfo=UTC)
_by_id = submission.c.id == bindparam("id")
_resting = exists().where(
    channel_health.c.channel == submission.c.channel,
    channel_health.c.rest_until > bindparam("now"),
)
_paused = exists().where(
    channel_pause.c.channel == submission.c.channel, channel_pause.c.resumed_at.is_(None)
)
# Application and submission are locked together: whoever holds either is skipped, so a worker
# never waits for a callback, nor a callback for a worker that holds one and wants the other.
_DUE = Statement(
    select(
        submission,
        application.c.status.label("application_status"),
        application.c.withdrawal_requested,
    )
    .join(application, application.c.id == submission.c.application_id)
    .where(
        submission.c.channel == any_(bindparam("channels", type_=ARRAY(Text))),
        submission.c.due_at <= bindparam("now"),
        ~_resting,
        ~_paused,
    )
    .order_by(submission.c.due_at)
    .limit(1)
    .with_for_update(of=[submission, application], skip_locked=True)
)
# A leg belongs to the decision that is in force when it is written.
_ADD = Statement(
    insert(submission).values(
        {
            **{name: bindparam(name) for name, _ in submission.c.items() if name != "decision_id"},
            "decision_id": select(application.c.decision_id)
            .where(application.c.id == bindparam("application_id"))
            .scalar_subquery(),
        }
    )
)
_LOCK = Statement(select(submission).where(_by_id).with_for_update())
_OF = Statement(
    select(submission.c.application_id).where(_by_id, submission.c.channel == bindparam("channel"))
)
_LIVE = Statement(
    select(submission)
    .where(submission.c.application_id == bindparam("application_id"))
    .order_by(case((text(BOOKED), 0), else_=1), submission.c.id.desc())
    .limit(1)
    .with_for_update()
)
_LEGS = Statement(
    select(submission)
    .where(submission.c.application_id == bindparam("application_id"))
    .order_by(submission.c.id)
    .with_for_update()
)

CHANGEABLE = (
    "status",
    "attempt",
    "sendings_failed",
    "inquiries",
    "maybe_taken",
    "misread",
    "misread_since",
    "due_at",
    "sent_at",
    "reference",
    "reasons",
)
UNDERSTOOD: Mapping[str, Any] = MappingProxyType({"misread": 0, "misread_since": None})
"""What changes when a lender has said something that we understand, or an operator lets it try."""

_CHANGE = Statement(
    update(submission)
    .where(_by_id)
    .values(
        {
            **{name: bindparam(name) for name in CHANGEABLE},
            "version": submission.c.version + 1,
            "changed_at": bindparam("changed_at"),
        }
    )
    .returning(submission)
)
_SUBMISSION = as_object(
    answer_due_on=deadline.c.due_on,
    **columns(
        submission,
        "id",
        "leg_no",
        "channel",
        "product",
        "rate_bp",
        "status",
        "reference",
        "reasons",
        "sent_at",
        "created_at",
        "changed_at",
    ),
)
_ALL_OF = Statement(
    select(as_text(func.json_agg(aggregate_order_by(_SUBMISSION, submission.c.id))).label("items"))
    .select_from(submission.outerjoin(deadline, deadline.c.subject_id == submission.c.id))
    .where(submission.c.application_id == bindparam("application_id"))
)
_REPORT = Statement(
    upsert(lender_report).on_conflict_do_nothing().returning(lender_report.c.event_id)
)
# What people have ruled stands for everything that was reported until then.
_ruled_at = (
    select(func.max(lender_report.c.received_at))
    .where(lender_report.c.submission_id == bindparam("id"), lender_report.c.heard_by == BY_REVIEW)
    .scalar_subquery()
)
_STAGES = Statement(
    select(lender_report.c.stage, func.max(lender_report.c.amount).label("amount"))
    .where(
        lender_report.c.submission_id == bindparam("id"),
        lender_report.c.received_at >= func.coalesce(_ruled_at, _EVER),
    )
    .group_by(lender_report.c.stage)
)
_AKAD = Statement(
    select(func.min(lender_report.c.occurred_at).label("at")).where(
        lender_report.c.submission_id == bindparam("id"), lender_report.c.stage == Stage.AKAD
    )
)
_BEAT = upsert(heartbeat)
_HEARTBEAT = Statement(
    _BEAT.on_conflict_do_update(
        index_elements=[heartbeat.c.worker], set_={"at": _BEAT.excluded.at}
    )
)
_LAST_BEAT = Statement(select(func.max(heartbeat.c.at).label("at")))


def add(unit: Unit, **values: Any) -> None:
    """Write the intent: this application, to this lender. Its id is the idempotency key."""
    unit.later(
        _ADD,
        attempt=0,
        sendings_failed=0,
        inquiries=0,
        maybe_taken=False,
        misread=0,
        misread_since=None,
        sent_at=None,
        reference=None,
        reasons=[],
        version=1,
        **values,
    )


async def due(unit: Unit, channels: Collection[str], *, now: datetime) -> Row | None:
    """Return what has been due longest at one of these lenders, with its application's state.

    Both rows are locked. None where nothing is due; a lender that rests or is paused has nothing.
    """
    return await unit.row(_DUE, channels=list(channels), now=now)


async def lock(unit: Unit, id: UUID) -> Row:
    """Return one submission, held against other writers; raises `SubmissionNotFound`."""
    return _found(await unit.row(_LOCK, id=id))


async def application_of(db: Reader, id: UUID, channel: str) -> UUID:
    """Return whose submission this is, if it went to this channel; else `SubmissionNotFound`."""
    return _found(await db.row(_OF, id=id, channel=channel))["application_id"]


async def newest(unit: Unit, application_id: UUID) -> Row | None:
    """Return the submission that a locked application follows: the loan, else the newest."""
    return await unit.row(_LIVE, application_id=application_id)


async def legs(unit: Unit, application_id: UUID) -> list[Row]:
    """Return every submission of a locked application, locked too, the oldest first."""
    return await unit.rows(_LEGS, application_id=application_id)


async def change(unit: Unit, row: Row, *, now: datetime, **changes: Any) -> Row:
    """Write changed columns of a locked submission and return it; an answer stops its clock."""
    values = {name: changes.get(name, row[name]) for name in CHANGEABLE}
    if row["status"] in AWAITING and values["status"] not in AWAITING:
        await deadlines.meet(unit, row["id"], now=now)
    return _found(await unit.row(_CHANGE, id=row["id"], changed_at=now, **values))


async def all_of(db: Reader, application_id: UUID) -> str:
    """Return an application's submissions as a JSON array, in the order of the route."""
    row = await db.row(_ALL_OF, application_id=application_id)
    return row["items"] if row and row["items"] else "[]"


async def report(unit: Unit, **values: Any) -> bool:
    """Keep what a lender said; False when this event was heard before."""
    return await unit.row(_REPORT, **values) is not None


async def stages(db: Reader | Unit, id: UUID) -> dict[Stage, int | None]:
    """Return every stage that was ever reported of a submission, with the largest amount."""
    rows = await db.rows(_STAGES, id=id)
    return {Stage(row["stage"]): row["amount"] for row in rows}


async def akad_at(db: Reader, id: UUID) -> datetime | None:
    """Return when the akad of a submission was signed; None while no lender has said so."""
    row = await db.row(_AKAD, id=id)
    return row["at"] if row else None


async def beat(unit: Unit, worker: str, *, now: datetime) -> None:
    """Say that a worker is alive."""
    await unit.run(_HEARTBEAT, worker=worker, at=now)


async def last_beat(db: Reader) -> datetime | None:
    """Return when a worker was last alive."""
    row = await db.row(_LAST_BEAT)
    return row["at"] if row else None


def _found(row: Row | None) -> Row:
    if row is None:
        raise SubmissionNotFound("There is no such submission on this channel.")
    return row

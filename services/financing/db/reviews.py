"""Named queries on reviews: what two people look at, and who said what about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.financing.db import deadlines
from services.financing.db.applications import CONDITIONS, Conditions, reach
from services.financing.db.tables import OPEN, application, review, review_step
from services.financing.domain.deadlines import Duty, clock
from services.financing.domain.review import Event, Status, Subject, advance
from shared.auth import Caller
from shared.clock import WIB
from shared.db import Reader, Row, Statement, Unit
from shared.events import Event as FeedEvent
from shared.ids import new_id
from shared.sql_json import as_object, as_text, columns, page_of


class ReviewNotFound(Exception):
    """There is no such review, or the caller may not see it: the answer is the same."""


_SHOWN = (
    "id",
    "application_id",
    "decision_id",
    "subject",
    "status",
    "reason",
    "objected_by",
    "submission_id",
    "ruling",
    "why",
    "evidence",
    "correction",
    "proposed_by",
    "proposed_at",
    "confirmed_by",
    "decided_at",
    "new_decision_id",
    "due_on",
    "version",
    "created_at",
    "changed_at",
)
BODY = as_object(**columns(review, *_SHOWN))
_STEP = as_object(**columns(review_step, "event", "status", "actor", "data", "at"))

_by_id = review.c.id == bindparam("id")
_shown = select(review, as_text(BODY).label("body"))


def _seen(kind: str, conditions: Conditions) -> tuple[Any, ...]:
    visible = exists().where(application.c.id == review.c.application_id, *conditions)
    return () if kind == "all" else (visible,)


_GET = {kind: Statement(_shown.where(_by_id, *_seen(kind, c))) for kind, c in CONDITIONS.items()}
_LOCK = Statement(_shown.where(_by_id).with_for_update(of=review))
_pages = (
    select(review.c.id, BODY.label("body"))
    .where(review.c.id > bindparam("after"))
    .order_by(review.c.id)
    .limit(bindparam("limit"))
)
_PAGE = {kind: Statement(page_of(_pages.where(*_seen(kind, c)))) for kind, c in CONDITIONS.items()}
_PAGE_OF_STATUS = {
    kind: Statement(page_of(_pages.where(review.c.status == bindparam("status"), *_seen(kind, c))))
    for kind, c in CONDITIONS.items()
}
_OPEN_OF = Statement(
    select(review.c.subject).where(review.c.application_id == bindparam("application"), text(OPEN))
)
_REVIEWED = Statement(
    select(review.c.id).where(
        review.c.decision_id == bindparam("decision"),
        review.c.subject == Subject.OBJECTION,
        review.c.status == Status.DECIDED,
    )
)
_ADD = Statement(insert(review).returning(review, as_text(BODY).label("body")))
CHANGEABLE = (
    "status",
    "submission_id",
    "ruling",
    "why",
    "evidence",
    "correction",
    "proposed_by",
    "proposed_at",
    "confirmed_by",
    "decided_at",
    "new_decision_id",
)
_CHANGE = Statement(
    update(review)
    .where(_by_id)
    .values(
        {
            **{name: bindparam(name) for name in CHANGEABLE},
            "version": review.c.version + 1,
            "changed_at": bindparam("changed_at"),
        }
    )
    .returning(review, as_text(BODY).label("body"))
)
_LOCK_OPEN = Statement(
    select(review)
    .where(review.c.application_id == bindparam("application"), text(OPEN))
    .with_for_update()
)
_ADD_STEP = Statement(insert(review_step))
_STEPS = Statement(
    select(
        as_text(func.json_agg(aggregate_order_by(_STEP, review_step.c.id))).label("items")
    ).where(review_step.c.review_id == bindparam("id"))
)


async def begin(
    unit: Unit,
    app: Row,
    subject: Subject,
    *,
    reason: str,
    actor: str,
    now: datetime,
    submission_id: UUID | None = None,
    registered_by: str | None = None,
) -> Row:
    """Open a review of a locked application, start its clock, and return its JSON as `body`."""
    id, runs = new_id(), clock(Duty.REVIEW, None, since=now.astimezone(WIB))
    deadlines.start(
        unit,
        runs,
        duty=Duty.REVIEW,
        application_id=app["id"],
        subject_id=id,
        since=now,
    )
    values = {
        **dict.fromkeys(CHANGEABLE),
        "id": id,
        "application_id": app["id"],
        "decision_id": app["decision_id"],
        "subject": subject,
        "status": Status.OPEN,
        "reason": reason,
        "applied_by": app["created_by"],
        "objected_by": actor if subject is Subject.OBJECTION else None,
        "registered_by": registered_by,
        "submission_id": submission_id,
        "due_on": runs.due_on,
        "version": 1,
        "created_at": now,
        "changed_at": now,
    }
    row = await unit.row(_ADD, **values)
    unit.record(
        FeedEvent(
            kind="review.opened",
            subject_id=id,
            version=1,
            occurred_at=now,
            data={"application_id": str(app["id"]), "subject": subject},
        )
    )
    return _found(row)


async def take(
    unit: Unit,
    row: Row,
    event: Event,
    *,
    actor: str,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Row:
    """Take a locked review one step further, with its history and its event; return the new row.

    Raises:
        IllegalTransition
    """
    status = advance(Status(row["status"]), event)
    values = {name: row[name] for name in CHANGEABLE} | dict(changes or {}) | {"status": status}
    kept = _found(await unit.row(_CHANGE, id=row["id"], changed_at=now, **values))
    await unit.run(
        _ADD_STEP,
        id=new_id(),
        review_id=row["id"],
        application_id=row["application_id"],
        event=event,
        status=status,
        actor=actor,
        data=orjson.dumps(data or {}).decode(),
        at=now,
    )
    if event in {Event.CONFIRM, Event.DROP}:
        await deadlines.meet(unit, row["id"], now=now)
    unit.record(
        FeedEvent(
            kind=f"review.{_TOLD[event]}",
            subject_id=row["id"],
            version=kept["version"],
            occurred_at=now,
            data={"application_id": str(row["application_id"]), "subject": row["subject"]},
        )
    )
    return kept


_TOLD: Mapping[Event, str] = {
    Event.PROPOSE: "proposed",
    Event.CONFIRM: "decided",
    Event.REJECT: "rejected",
    Event.DROP: "dropped",
}


async def drop(unit: Unit, application_id: UUID, *, actor: str, now: datetime) -> None:
    """End the open review of a locked application, whose cause has gone away by itself."""
    row = await unit.row(_LOCK_OPEN, application=application_id)
    if row is not None:
        await take(unit, row, Event.DROP, actor=actor, now=now)


async def open_subject(unit: Unit, application_id: UUID) -> Subject | None:
    """Return what people look at in a locked application; None where they look at nothing."""
    row = await unit.row(_OPEN_OF, application=application_id)
    return None if row is None else Subject(row["subject"])


async def reviewed(unit: Unit, decision_id: UUID | None) -> bool:
    """Tell whether two people have ruled on an objection to this decision."""
    return await unit.row(_REVIEWED, decision=decision_id) is not None


async def get(db: Reader | Unit, caller: Caller, id: UUID) -> Row:
    """Return one review, with its JSON as `body`; raises `ReviewNotFound`."""
    kind, values = reach(caller)
    return _found(await db.row(_GET[kind], id=id, **values))


async def lock(unit: Unit, id: UUID) -> Row:
    """Return the row, held against other writers; its application is locked before."""
    return _found(await unit.row(_LOCK, id=id))


async def page(
    db: Reader, caller: Caller, *, status: Status | None, after: UUID, limit: int
) -> Row | None:
    """Return a page of the reviews of applications that the caller may see, the oldest first."""
    kind, values = reach(caller)
    if status is None:
        return await db.row(_PAGE[kind], after=after, limit=limit, **values)
    return await db.row(_PAGE_OF_STATUS[kind], status=status, after=after, limit=limit, **values)


async def steps(db: Reader, id: UUID) -> str:
    """Return the history of a review as a JSON array, the oldest step first."""
    row = await db.row(_STEPS, id=id)
    return row["items"] if row and row["items"] else "[]"


def _found(row: Row | None) -> Row:
    if row is None:
        raise ReviewNotFound("There is no review with this id that you may see.")
    return row

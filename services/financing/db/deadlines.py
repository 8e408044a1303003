"""Named queries on deadlines: one clock a submission or review, visible as its application is."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, null, select, update

from services.financing.db.applications import CONDITIONS, Conditions, reach
from services.financing.db.tables import application, deadline
from services.financing.domain.deadlines import Clock, Duty, State
from shared.auth import Caller
from shared.db import Reader, Row, Statement, Unit
from shared.ids import new_id

_START = Statement(insert(deadline))
_MEET = Statement(
    update(deadline)
    .where(deadline.c.subject_id == bindparam("subject"), deadline.c.met_at.is_(None))
    .values(met_at=bindparam("met_at"), look_at=null())
)
# Whoever holds the row is telling of it: another worker takes the next one.
_DUE = Statement(
    select(deadline, application.c.version.label("application_version"))
    .join(application, application.c.id == deadline.c.application_id)
    .where(deadline.c.look_at <= bindparam("now"))
    .order_by(deadline.c.look_at)
    .limit(1)
    .with_for_update(of=deadline, skip_locked=True)
)
_LOOK = Statement(
    update(deadline)
    .where(deadline.c.id == bindparam("deadline"))
    .values(look_at=bindparam("look_at"))
)

_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)
_running = (
    deadline.c.met_at.is_(None),
    deadline.c.near_at > bindparam("near_after"),
    deadline.c.near_at <= bindparam("near_until"),
    deadline.c.due_at > bindparam("due_after"),
    deadline.c.due_at <= bindparam("due_until"),
    deadline.c.id > bindparam("after"),
)
_own = deadline.c.channel == bindparam("channel")


def _page(kind: str, seen: Conditions, *more: Any) -> Statement:
    # A lender sees the clock of what it was sent, not that of another lender.
    shown = (*seen, _own) if kind == "lender" else seen
    return Statement(
        select(deadline)
        .join(application, application.c.id == deadline.c.application_id)
        .where(*_running, *shown, *more)
        .order_by(deadline.c.id)
        .limit(bindparam("limit"))
    )


_PAGE = {kind: _page(kind, seen) for kind, seen in CONDITIONS.items()}
_PAGE_OF_APPLICATION = {
    kind: _page(kind, seen, deadline.c.application_id == bindparam("application"))
    for kind, seen in CONDITIONS.items()
}


def start(
    unit: Unit,
    clock: Clock,
    *,
    duty: Duty,
    application_id: UUID,
    subject_id: UUID,
    since: datetime,
    channel: str | None = None,
    product: str | None = None,
) -> None:
    """Start the clock of a submission or a review."""
    unit.later(
        _START,
        id=new_id(),
        application_id=application_id,
        duty=duty,
        subject_id=subject_id,
        channel=channel,
        product=product,
        since=since,
        **clock._asdict(),
        look_at=clock.near_at,
        met_at=None,
    )


async def meet(unit: Unit, subject_id: UUID, *, now: datetime) -> None:
    """Stop the clock of what has been answered; it may have stopped before."""
    await unit.run(_MEET, subject=subject_id, met_at=now)


async def due(unit: Unit, *, now: datetime) -> Row | None:
    """Return a deadline that has to be told of, locked, with its application's version."""
    return await unit.row(_DUE, now=now)


async def told(unit: Unit, row: Row, state: State) -> None:
    """Note that a deadline was told of; after the warning there is one more thing to tell."""
    look_at = row["due_at"] if state is State.NEAR else None
    await unit.run(_LOOK, deadline=row["id"], look_at=look_at)


async def page(
    db: Reader,
    caller: Caller,
    *,
    state: State | None,
    application_id: UUID | None,
    now: datetime,
    after: UUID,
    limit: int,
) -> list[Row]:
    """Return running deadlines of applications that the caller may see, the oldest first."""
    kind, values = reach(caller)
    values |= {"after": after, "limit": limit, **_bounds(state, now)}
    if application_id is None:
        return await db.rows(_PAGE[kind], **values)
    return await db.rows(_PAGE_OF_APPLICATION[kind], application=application_id, **values)


_EVERY: Mapping[str, datetime] = MappingProxyType(
    {"near_after": _FIRST, "near_until": _LAST, "due_after": _FIRST, "due_until": _LAST}
)
_SIDES: Mapping[State, tuple[str, ...]] = {
    State.RUNNING: ("near_after",),
    State.NEAR: ("near_until", "due_after"),
    State.OVERDUE: ("due_until",),
}


def _bounds(state: State | None, now: datetime) -> Mapping[str, datetime]:
    """Return between which moments a deadline lies that stands so `now`."""
    sides = () if state is None else _SIDES[state]
    return {**_EVERY, **dict.fromkeys(sides, now)}

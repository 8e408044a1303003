"""Named queries on memberships. Who may see a row is part of every query."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from services.registry.db.people import reach
from services.registry.db.tables import membership, membership_step, person
from services.registry.domain.membership import Status
from shared.auth import Caller
from shared.db import Reader, Row, Statement, Unit
from shared.paging import Paging
from shared.sql_json import as_object, as_text, columns, page_of


class MembershipNotFound(Exception):
    """There is no such membership, or the caller may not see it: the answer is the same."""


class MembershipLives(Exception):
    """The person has applied to this cooperative, or is a member of it, already."""


_MEMBERS = columns(
    membership,
    "id",
    "person_id",
    "cooperative_id",
    "status",
    "version",
    "created_at",
    "changed_at",
)
_BODY = as_object(**_MEMBERS)
_step = as_object(**columns(membership_step, "event", "status", "officer_id", "reason", "at"))
_steps = (
    select(func.json_agg(aggregate_order_by(_step, membership_step.c.id)))
    .where(membership_step.c.membership_id == membership.c.id)
    .correlate(membership)
    .scalar_subquery()
)
_BODY_WITH_STEPS = as_object(**_MEMBERS, steps=_steps)

# A caller sees every membership (ministries, auditors, services), those of the people whom it
# registered, or those of its cooperative.
_own = exists().where(
    person.c.id == membership.c.person_id, person.c.registered_by == bindparam("caller_id")
)
_of_cooperative = membership.c.cooperative_id == bindparam("cooperative_id")
Conditions = tuple[ColumnElement[bool], ...]
_VISIBLE: Mapping[str, Conditions] = {
    "all": (),
    "own": (_own,),
    "cooperative": (or_(_own, _of_cooperative),),
}


def _each(build: Callable[[Conditions], ClauseElement]) -> dict[str, Statement]:
    return {kind: Statement(build(conditions)) for kind, conditions in _VISIBLE.items()}


_by_id = membership.c.id == bindparam("id")
_GET = _each(
    lambda seen: select(membership.c.version, as_text(_BODY_WITH_STEPS).label("body")).where(
        _by_id, *seen
    )
)
_LOCK = _each(lambda seen: select(membership).where(_by_id, *seen).with_for_update(of=membership))
_FILTERS: Mapping[str, ColumnElement[bool]] = {
    "person": membership.c.person_id == bindparam("person"),
    "cooperative": membership.c.cooperative_id == bindparam("cooperative"),
}


def _pages(names: Sequence[str]) -> dict[str, Statement]:
    rows = (
        select(membership.c.id, _BODY.label("body"))
        .where(membership.c.id > bindparam("after"), *(_FILTERS[name] for name in names))
        .order_by(membership.c.id)
        .limit(bindparam("limit"))
    )
    return _each(lambda seen: page_of(rows.where(*seen)))


_PAGES = {
    frozenset(names): _pages(names)
    for names in ((), ("person",), ("cooperative",), tuple(_FILTERS))
}
_ADD = Statement(insert(membership).returning(as_text(_BODY).label("body")))
_MOVE = Statement(
    update(membership)
    .where(_by_id)
    .values(
        status=bindparam("new_status"),
        version=membership.c.version + 1,
        changed_at=bindparam("now"),
    )
    .returning(membership.c.version, as_text(_BODY).label("body"))
)
_ADD_STEP = Statement(insert(membership_step))


async def get(db: Reader, caller: Caller, id: UUID) -> Row:
    """Return version and JSON of one membership, steps and all; raises `MembershipNotFound`."""
    kind, values = reach(caller)
    return _found(await db.row(_GET[kind], id=id, **values))


async def lock(unit: Unit, caller: Caller, id: UUID) -> Row:
    """Return the row, held against other writers; raises `MembershipNotFound`."""
    kind, values = reach(caller)
    return _found(await unit.row(_LOCK[kind], id=id, **values))


async def page(
    db: Reader,
    caller: Caller,
    paging: Paging,
    *,
    person_id: UUID | None,
    cooperative_id: UUID | None,
) -> Row | None:
    """Return a page of the memberships that the caller may see, in the order of application."""
    kind, values = reach(caller)
    given = {"person": person_id, "cooperative": cooperative_id}
    filters = {name: value for name, value in given.items() if value is not None}
    statement = _PAGES[frozenset(filters)][kind]
    return await db.row(statement, after=paging.after_id, limit=paging.limit, **filters, **values)


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a new membership and return the JSON; raises `MembershipLives`."""
    try:
        return _found(await unit.row(_ADD, **values))["body"]
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "uq_membership_live":
            raise MembershipLives(
                "The person has applied to this cooperative or belongs to it already."
            ) from None
        raise


async def move(unit: Unit, id: UUID, status: Status, *, now: datetime) -> Row:
    """Write the new status of a locked row; return the new version and JSON."""
    return _found(await unit.row(_MOVE, id=id, new_status=status, now=now))


async def add_step(unit: Unit, values: Mapping[str, Any]) -> None:
    """Write one step of a membership's story."""
    await unit.run(_ADD_STEP, **values)


def _found(row: Row | None) -> Row:
    if row is None:
        raise MembershipNotFound("There is no membership with this id that you may see.")
    return row

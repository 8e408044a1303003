"""Named queries on mentoring relations, each under its mentee."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from services.registry.db.people import each, each_page_under, reach
from services.registry.db.tables import mentoring, person
from services.registry.domain.mentoring import Mentoring
from shared.auth import Caller
from shared.db import Reader, Row, Statement, Unit
from shared.sql_json import as_object, as_text, columns


class MentoringNotFound(Exception):
    """There is no such mentoring, or the caller may see neither it nor its mentee."""


_BODY = as_object(
    **columns(
        mentoring,
        "id",
        "person_id",
        "mentor_id",
        "cooperative_id",
        "status",
        "started_on",
        "ended_on",
        "version",
        "created_at",
        "changed_at",
    )
)
_with_person = mentoring.join(person, person.c.id == mentoring.c.person_id)
_by_id = mentoring.c.id == bindparam("id")
_hosted = mentoring.c.cooperative_id == bindparam("cooperative_id")
_GET = each(
    lambda seen: (
        select(mentoring.c.version, as_text(_BODY).label("body"))
        .select_from(_with_person)
        .where(_by_id, *seen)
    ),
    its_own=_hosted,
)
_LOCK = each(
    lambda seen: (
        select(mentoring)
        .select_from(_with_person)
        .where(_by_id, *seen)
        .with_for_update(of=mentoring)
    ),
    its_own=_hosted,
)
_ADD = Statement(insert(mentoring).returning(as_text(_BODY).label("body")))
_MOVE = Statement(
    update(mentoring)
    .where(_by_id)
    .values(
        status=bindparam("new_status"),
        started_on=bindparam("first_day"),
        ended_on=bindparam("last_day"),
        version=mentoring.c.version + 1,
        changed_at=bindparam("now"),
    )
    .returning(mentoring.c.version, as_text(_BODY).label("body"))
)
PAGES: Mapping[str, Statement] = each_page_under(
    select(mentoring.c.id, _BODY.label("body"))
    .where(mentoring.c.person_id == bindparam("id"), mentoring.c.id > bindparam("after"))
    .order_by(mentoring.c.id)
    .limit(bindparam("limit"))
)


async def get(db: Reader, caller: Caller, id: UUID) -> Row:
    """Return version and JSON of one mentoring; raises `MentoringNotFound`."""
    kind, values = reach(caller)
    return _found(await db.row(_GET[kind], id=id, **values))


async def lock(unit: Unit, caller: Caller, id: UUID) -> Row:
    """Return the row, held against other writers; raises `MentoringNotFound`."""
    kind, values = reach(caller)
    return _found(await unit.row(_LOCK[kind], id=id, **values))


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a new mentoring and return the JSON."""
    return _found(await unit.row(_ADD, **values))["body"]


async def move(unit: Unit, moved: Mentoring, *, now: datetime) -> Row:
    """Write status and days of a locked row; return the new version and JSON."""
    return _found(
        await unit.row(
            _MOVE,
            id=moved.id,
            new_status=moved.status,
            first_day=moved.started_on,
            last_day=moved.ended_on,
            now=now,
        )
    )


def _found(row: Row | None) -> Row:
    if row is None:
        raise MentoringNotFound("There is no mentoring with this id that you may see.")
    return row

"""Named queries on places in a training, each under the person who learns."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from services.registry.db.people import each, each_page_under, reach
from services.registry.db.tables import person, training
from services.registry.domain.training import TrainingStatus
from shared.auth import Caller
from shared.db import Reader, Row, Statement, Unit
from shared.sql_json import as_object, as_text, columns


class TrainingNotFound(Exception):
    """There is no such training, or the caller may not see who learns."""


_BODY = as_object(
    **columns(
        training,
        "id",
        "person_id",
        "topic",
        "title",
        "provider",
        "status",
        "completed_on",
        "version",
        "created_at",
        "changed_at",
    )
)
_with_person = training.join(person, person.c.id == training.c.person_id)
_by_id = training.c.id == bindparam("id")
_GET = each(
    lambda seen: (
        select(training.c.version, as_text(_BODY).label("body"))
        .select_from(_with_person)
        .where(_by_id, *seen)
    )
)
_LOCK = each(
    lambda seen: (
        select(training)
        .select_from(_with_person)
        .where(_by_id, *seen)
        .with_for_update(of=training)
    )
)
_ADD = Statement(insert(training).returning(as_text(_BODY).label("body")))
_MOVE = Statement(
    update(training)
    .where(_by_id)
    .values(
        status=bindparam("new_status"),
        completed_on=bindparam("last_day"),
        version=training.c.version + 1,
        changed_at=bindparam("now"),
    )
    .returning(training.c.version, as_text(_BODY).label("body"))
)
PAGES: Mapping[str, Statement] = each_page_under(
    select(training.c.id, _BODY.label("body"))
    .where(training.c.person_id == bindparam("id"), training.c.id > bindparam("after"))
    .order_by(training.c.id)
    .limit(bindparam("limit"))
)


async def get(db: Reader, caller: Caller, id: UUID) -> Row:
    """Return version and JSON of one training; raises `TrainingNotFound`."""
    kind, values = reach(caller)
    return _found(await db.row(_GET[kind], id=id, **values))


async def lock(unit: Unit, caller: Caller, id: UUID) -> Row:
    """Return the row, held against other writers; raises `TrainingNotFound`."""
    kind, values = reach(caller)
    return _found(await unit.row(_LOCK[kind], id=id, **values))


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a new training and return the JSON."""
    return _found(await unit.row(_ADD, **values))["body"]


async def move(
    unit: Unit, id: UUID, status: TrainingStatus, *, completed_on: date | None, now: datetime
) -> Row:
    """Write the new status of a locked row; return the new version and JSON."""
    return _found(await unit.row(_MOVE, id=id, new_status=status, last_day=completed_on, now=now))


def _found(row: Row | None) -> Row:
    if row is None:
        raise TrainingNotFound("There is no training with this id that you may see.")
    return row

"""Named queries on officers: who holds which seat on a cooperative's boards, and until when."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from services.registry.db.cooperatives import each_page_under
from services.registry.db.tables import officer
from services.registry.domain.cooperative import Board, Officer, Position, VillageOffice
from shared.db import Reader, Row, Statement, Unit
from shared.sql_json import as_object, as_text, columns


class OfficerNotFound(Exception):
    """The cooperative has no such seat."""


_BODY = as_object(
    **columns(
        officer,
        "id",
        "cooperative_id",
        "person_id",
        "board",
        "position",
        "since",
        "until",
        "village_office",
    )
)
_of_cooperative = officer.c.cooperative_id == bindparam("id")
_ALL = Statement(select(officer).where(_of_cooperative).order_by(officer.c.id))
_ADD = Statement(insert(officer).returning(as_text(_BODY).label("body")))
_GET = Statement(
    select(officer.c.since).where(officer.c.id == bindparam("officer_id"), _of_cooperative)
)
_END = Statement(
    update(officer)
    .where(officer.c.id == bindparam("officer_id"))
    .values(until=bindparam("last_day"))
    .returning(as_text(_BODY).label("body"))
)
PAGE = each_page_under(
    select(officer.c.id, _BODY.label("body"))
    .where(_of_cooperative, officer.c.id > bindparam("after"))
    .order_by(officer.c.id)
    .limit(bindparam("limit"))
)


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a seat of a locked cooperative and return the JSON."""
    return _found(await unit.row(_ADD, **values))["body"]


async def since(unit: Unit, cooperative_id: UUID, officer_id: UUID) -> date:
    """Return the first day of a seat of a locked cooperative; raises `OfficerNotFound`."""
    return _found(await unit.row(_GET, id=cooperative_id, officer_id=officer_id))["since"]


async def end(unit: Unit, officer_id: UUID, *, until: date) -> str:
    """Write the last day of a seat and return the JSON; raises `OfficerNotFound`."""
    return _found(await unit.row(_END, officer_id=officer_id, last_day=until))["body"]


async def of_cooperative(db: Reader | Unit, id: UUID) -> tuple[Officer, ...]:
    """Return every seat that a cooperative has or had."""
    return tuple(_as_officer(row) for row in await db.rows(_ALL, id=id))


def _as_officer(row: Row) -> Officer:
    office = row["village_office"]
    return Officer(
        person_id=row["person_id"],
        board=Board(row["board"]),
        position=Position(row["position"]),
        since=row["since"],
        until=row["until"],
        village_office=None if office is None else VillageOffice(office),
    )


def _found(row: Row | None) -> Row:
    if row is None:
        raise OfficerNotFound("The cooperative has no seat with this id.")
    return row

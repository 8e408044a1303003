"""Named queries on placements: the stays abroad of one person."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from services.registry.db.people import each_page_under
from services.registry.db.tables import placement
from shared.db import Row, Statement, Unit
from shared.sql_json import as_object, as_text, columns


class PlacementNotFound(Exception):
    """The person has no such placement."""


TOLD = (
    "country",
    "sector",
    "employer_kind",
    "scheme",
    "occupation",
    "contract_from",
    "contract_until",
    "departed_on",
    "returned_on",
    "return_reason",
)
_BODY = as_object(**columns(placement, "id", "person_id", *TOLD, "created_at"))
_ADD = Statement(insert(placement).returning(as_text(_BODY).label("body")))
_DEPARTURES = Statement(
    select(placement.c.departed_on).where(
        placement.c.person_id == bindparam("id"), placement.c.departed_on.is_not(None)
    )
)
_by_id = (placement.c.person_id == bindparam("id"), placement.c.id == bindparam("placement_id"))
_CORRECT = Statement(
    update(placement)
    .where(*_by_id)
    .values({name: bindparam(f"told_{name}") for name in TOLD})
    .returning(as_text(_BODY).label("body"))
)
_WITHDRAW = Statement(delete(placement).where(*_by_id).returning(placement.c.id))
PAGES: Mapping[str, Statement] = each_page_under(
    select(placement.c.id, _BODY.label("body"))
    .where(placement.c.person_id == bindparam("id"), placement.c.id > bindparam("after"))
    .order_by(placement.c.id)
    .limit(bindparam("limit"))
)


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a placement and return the JSON."""
    return _found(await unit.row(_ADD, **values))["body"]


async def departures(unit: Unit, person_id: UUID) -> tuple[date, ...]:
    """Return the days on which a person is known to have left for work."""
    return tuple(row["departed_on"] for row in await unit.rows(_DEPARTURES, id=person_id))


async def correct(unit: Unit, person_id: UUID, id: UUID, values: Mapping[str, Any]) -> str:
    """Write what is told now over a placement; return the JSON.

    Raises:
        PlacementNotFound
    """
    told = {f"told_{name}": values[name] for name in TOLD}
    return _found(await unit.row(_CORRECT, id=person_id, placement_id=id, **told))["body"]


async def withdraw(unit: Unit, person_id: UUID, id: UUID) -> None:
    """Forget a placement; raises `PlacementNotFound`."""
    _found(await unit.row(_WITHDRAW, id=person_id, placement_id=id))


def _found(row: Row | None) -> Row:
    if row is None:
        raise PlacementNotFound("The person has no placement with this id.")
    return row

"""Named queries on placements: the stays abroad of one person."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select

from services.registry.db.people import each_page_under
from services.registry.db.tables import placement
from shared.db import Statement, Unit
from shared.sql_json import as_object, as_text, columns

_BODY = as_object(
    **columns(
        placement,
        "id",
        "person_id",
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
        "created_at",
    )
)
_ADD = Statement(insert(placement).returning(as_text(_BODY).label("body")))
PAGES: Mapping[str, Statement] = each_page_under(
    select(placement.c.id, _BODY.label("body"))
    .where(placement.c.person_id == bindparam("id"), placement.c.id > bindparam("after"))
    .order_by(placement.c.id)
    .limit(bindparam("limit"))
)


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a placement and return the JSON."""
    row = await unit.row(_ADD, **values)
    return row["body"] if row else ""

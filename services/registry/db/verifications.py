"""Named queries on verifications: what raised a person's record, and who vouches for it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select

from services.registry.db.people import each_page_under
from services.registry.db.tables import verification
from shared.db import Statement, Unit
from shared.sql_json import as_object, as_text, columns

_BODY = as_object(
    **columns(
        verification,
        "id",
        "person_id",
        "level",
        "evidence_kind",
        "reference",
        "attested_by",
        "attested_on",
        "recorded_at",
    )
)
_ADD = Statement(insert(verification).returning(as_text(_BODY).label("body")))
PAGES: Mapping[str, Statement] = each_page_under(
    select(verification.c.id, _BODY.label("body"))
    .where(verification.c.person_id == bindparam("id"), verification.c.id > bindparam("after"))
    .order_by(verification.c.id)
    .limit(bindparam("limit"))
)


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a verification and return the JSON."""
    row = await unit.row(_ADD, **values)
    return row["body"] if row else ""

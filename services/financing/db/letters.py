"""Named queries on letters: written once, never changed."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from services.financing.db.tables import application, letter, letter_number
from shared.db import Reader, Row, Statement, Unit

_NUMBER = Statement(select(func.nextval(letter_number.name).label("serial")))
_ADD = Statement(insert(letter))
_IN_FORCE = Statement(
    select(letter)
    .join(application, application.c.decision_id == letter.c.decision_id)
    .where(application.c.id == bindparam("application"))
    .order_by(letter.c.id.desc())
    .limit(1)
)


async def next_serial(unit: Unit) -> int:
    """Return a serial number that no other letter has; of a letter not kept it leaves a gap."""
    row = await unit.row(_NUMBER)
    return row["serial"] if row else 0


async def add(unit: Unit, **values: Any) -> None:
    """Keep a letter."""
    await unit.run(_ADD, **values)


async def in_force(db: Reader, application_id: UUID) -> Row | None:
    """Return the newest letter about the decision in force of an application; None without one."""
    return await db.row(_IN_FORCE, application=application_id)

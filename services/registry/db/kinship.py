"""Named queries on kinship: pairs of people related to the first degree."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Uuid, bindparam, case, delete, insert, or_, select

from services.registry.db.people import each_page_under
from services.registry.db.tables import kinship
from shared.db import Row, Statement, Unit
from shared.sql_json import as_object, columns


class AlreadyRelatives(Exception):
    """The pair is recorded already."""


class NotRelatives(Exception):
    """The pair is not recorded."""


class _Rows(Protocol):
    """Either side of the database: kinship is read by requests that change nothing too."""

    async def rows(self, statement: Statement, **values: object) -> list[Row]: ...


_person = bindparam("id", type_=Uuid)
_of_person = or_(kinship.c.person_id == _person, kinship.c.relative_id == _person)
_other = case((kinship.c.person_id == _person, kinship.c.relative_id), else_=kinship.c.person_id)
_KIN = Statement(select(_other.label("id")).where(_of_person))
_people = bindparam("people", type_=ARRAY(Uuid))
_AMONG = Statement(
    select(kinship.c.person_id, kinship.c.relative_id).where(
        kinship.c.person_id == _people.any_(), kinship.c.relative_id == _people.any_()
    )
)
_ADD = Statement(insert(kinship))
_by_pair = (
    kinship.c.person_id == bindparam("smaller"),
    kinship.c.relative_id == bindparam("larger"),
)
_RECORDER = Statement(select(kinship.c.recorded_by).where(*_by_pair))
_WITHDRAW = Statement(delete(kinship).where(*_by_pair))
_pairs = (
    select(_other.label("id"), kinship.c.recorded_at).where(_of_person).subquery("relative_of")
)
PAGES: Mapping[str, Statement] = each_page_under(
    select(
        _pairs.c.id,
        as_object(relative_id=_pairs.c.id, **columns(_pairs, "recorded_at")).label("body"),
    )
    .where(_pairs.c.id > bindparam("after"))
    .order_by(_pairs.c.id)
    .limit(bindparam("limit"))
)


async def add(
    unit: Unit, pair: tuple[UUID, UUID], *, recorded_by: str, recorded_at: datetime
) -> None:
    """Write a pair, the smaller id first; raises `AlreadyRelatives`."""
    person_id, relative_id = pair
    try:
        await unit.run(
            _ADD,
            person_id=person_id,
            relative_id=relative_id,
            recorded_by=recorded_by,
            recorded_at=recorded_at,
        )
    except asyncpg.UniqueViolationError:
        raise AlreadyRelatives("These two are recorded as relatives already.") from None


async def recorder(unit: Unit, pair: tuple[UUID, UUID]) -> str:
    """Return which client recorded a pair, the smaller id first; raises `NotRelatives`."""
    row = await unit.row(_RECORDER, smaller=pair[0], larger=pair[1])
    if row is None:
        raise NotRelatives("These two are not recorded as relatives.")
    return row["recorded_by"]


async def withdraw(unit: Unit, pair: tuple[UUID, UUID]) -> None:
    """Forget a pair, the smaller id first."""
    await unit.run(_WITHDRAW, smaller=pair[0], larger=pair[1])


async def kin(db: _Rows, person_id: UUID) -> frozenset[UUID]:
    """Return the first-degree relatives of one person."""
    return frozenset(row["id"] for row in await db.rows(_KIN, id=person_id))


async def pairs_among(db: _Rows, people: Collection[UUID]) -> frozenset[frozenset[UUID]]:
    """Return the pairs of relatives among some people."""
    rows = await db.rows(_AMONG, people=list(people))
    return frozenset(frozenset((row["person_id"], row["relative_id"])) for row in rows)

"""Named queries on regions and on the codes that went out of use."""

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
from sqlalchemy import bindparam, func, select

from services.registry.db.tables import region, region_change
from shared.db import Reader, Row, Statement, Unit
from shared.sql_json import as_object, as_text, columns


class RegionNotFound(Exception):
    """No region has this code, now or in the known past."""


class RegionUnknown(Exception):
    """A record names a village that does not exist."""


class RegionRetired(Exception):
    """The code went out of use; `members` name its successor."""

    def __init__(self, old: str, new: str, name: str) -> None:
        self.members = {"replaced_by": {"code": new, "name": name}}
        super().__init__(f"{old} went out of use; the area is now {new}, {name}.")


_body = as_object(
    **columns(region, "code", "name", "level", "parent_code", "postcode"),
)
_GET = Statement(select(as_text(_body).label("body")).where(region.c.code == bindparam("code")))
_CHANGED = Statement(select(region_change).where(region_change.c.old_code == bindparam("code")))
_page = (
    select(region.c.code, _body.label("body"))
    .where(region.c.code > bindparam("after"))
    .order_by(region.c.code)
    .limit(bindparam("limit"))
)


def _page_by(*conditions: Any) -> Statement:
    rows = _page.where(*conditions).subquery()
    return Statement(
        select(
            as_text(func.json_agg(rows.c.body)).label("items"),
            func.max(rows.c.code).label("last"),
            func.count().label("count"),
        )
    )


_BY_PARENT = _page_by(region.c.parent_code == bindparam("parent"))
_BY_LEVEL = _page_by(region.c.level == bindparam("level"))
_BY_NAME = _page_by(region.c.name.ilike(bindparam("pattern")))
_BY_NAME_WITHIN = _page_by(
    region.c.name.ilike(bindparam("pattern")), region.c.code.like(bindparam("within"))
)
_COUNT = Statement(select(func.count().label("count")).select_from(region))
_KABKOTA = Statement(select(region.c.code).where(region.c.level == 2))
_CHANGES = Statement(select(region_change.c.old_code, region_change.c.new_code))


async def get(db: Reader, code: str) -> str:
    """Return one region as JSON; raises `RegionRetired` or `RegionNotFound`."""
    row = await db.row(_GET, code=code)
    if row is not None:
        return row["body"]
    changed = await db.row(_CHANGED, code=code)
    if changed is not None:
        raise RegionRetired(code, changed["new_code"], changed["new_name"])
    raise RegionNotFound("No region has this code, now or in the known past.")


async def children(db: Reader, parent: str, *, after: str, limit: int) -> Row | None:
    """Return a page of what lies directly within a region."""
    return await db.row(_BY_PARENT, parent=parent, after=after, limit=limit)


async def provinces(db: Reader, *, after: str, limit: int) -> Row | None:
    """Return a page of the provinces."""
    return await db.row(_BY_LEVEL, level=1, after=after, limit=limit)


async def search(
    db: Reader, words: str, *, within: str | None, after: str, limit: int
) -> Row | None:
    """Return a page of the regions, anywhere or within one, whose name contains these words."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = {"pattern": f"%{escaped}%", "after": after, "limit": limit}
    if within is None:
        return await db.row(_BY_NAME, **found)
    return await db.row(_BY_NAME_WITHIN, within=f"{within}.%", **found)


async def known_kabkota(db: Reader) -> tuple[frozenset[str], dict[str, str]]:
    """Return today's kabupaten and kota codes, and old codes with their successors."""
    known = frozenset(row["code"] for row in await db.rows(_KABKOTA))
    return known, {row["old_code"]: row["new_code"] for row in await db.rows(_CHANGES)}


async def load(
    unit: Unit, regions: Iterable[Sequence[Any]], changes: Iterable[Sequence[Any]]
) -> None:
    """Write the reference data, each row in the order of its table's columns; repeatable."""
    connection = await unit.begin()
    await connection.execute("SET LOCAL statement_timeout = 0")  # all at once, on any machine
    for table, rows in ((region, regions), (region_change, changes)):
        incoming = f"incoming_{table.name}"
        names = list(table.c.keys())
        updates = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        await connection.execute(
            f"CREATE TEMP TABLE {incoming} (LIKE {table.name}) ON COMMIT DROP"
        )
        await connection.copy_records_to_table(incoming, records=rows)
        await connection.execute(
            f"INSERT INTO {table.name} SELECT * FROM {incoming} "  # noqa: S608
            f"ON CONFLICT ({names[0]}) DO UPDATE SET {updates}"
        )


async def count(db: Reader) -> int:
    """Return how many regions are loaded."""
    row = await db.row(_COUNT)
    return row["count"] if row else 0


def unknown_village(error: asyncpg.ForeignKeyViolationError) -> RegionUnknown | None:
    """Return the exception for a village code that does not exist, if it was that."""
    if "village_code" in (error.constraint_name or ""):
        return RegionUnknown("A village code of this record does not exist.")
    return None

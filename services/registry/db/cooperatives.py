"""Named queries on cooperatives, with the villages, annual meetings and figures in each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Text,
    Uuid,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.registry.db.people import ExternalIdTaken
from services.registry.db.regions import unknown_village
from services.registry.db.tables import cooperative, cooperative_village, figures, rat
from services.registry.domain.cooperative import CooperativeKind, Figures, Rat
from shared.db import Reader, Row, Statement, Unit
from shared.paging import Paging
from shared.sql_json import Rows, as_object, as_text, columns, page_of


class CooperativeNotFound(Exception):
    """There is no such cooperative."""


class BookYearNotFound(Exception):
    """The cooperative has nothing recorded for this book year."""


class CoopRegistryNoTaken(Exception):
    """Another cooperative holds this Nomor Induk Koperasi."""


def _array(table: Table, item: ColumnElement[Any], order: ColumnElement[Any]) -> Any:
    """Return what belongs to the cooperative as a JSON array, never null."""
    items = func.json_agg(aggregate_order_by(item, order))
    return (
        select(func.coalesce(items, literal_column("'[]'::json")))
        .where(table.c.cooperative_id == cooperative.c.id)
        .correlate(cooperative)
        .scalar_subquery()
    )


VILLAGES = _array(
    cooperative_village, cooperative_village.c.village_code, cooperative_village.c.village_code
)
RATS = _array(rat, as_object(**columns(rat, "book_year", "held_on")), rat.c.book_year)
FIGURES = _array(
    figures,
    as_object(**columns(figures, "book_year", "shu", "equity", "assets")),
    figures.c.book_year,
)
_BODY = as_object(
    **columns(
        cooperative,
        "id",
        "external_id",
        "kind",
        "name",
        "status",
        "legal_entity_no",
        "legal_entity_on",
        "coop_registry_no",
        "certificate_valid_until",
        "founded_on",
        "has_usp",
        "microsite_url",
        "npwp",
        "nib",
        "health_grade",
    ),
    village_codes=VILLAGES,
    rats=RATS,
    figures=FIGURES,
    **columns(cooperative, "version", "created_at", "changed_at"),
)
_by_id = cooperative.c.id == bindparam("id")
_GET = Statement(select(cooperative.c.version, as_text(_BODY).label("body")).where(_by_id))
_ROW = Statement(select(cooperative).where(_by_id))
_LOCK = Statement(select(cooperative).where(_by_id).with_for_update())
_HOLD = Statement(select(cooperative).where(_by_id).with_for_update(read=True))
_ADD = Statement(
    insert(cooperative)
    # An import keeps the hash of the row it took; nobody else has one.
    .values({c.name: bindparam(c.name) for c in cooperative.c if c.name != "import_hash"})
)

_FILTERS: Mapping[str, ColumnElement[bool]] = {
    "village_code": exists().where(
        cooperative_village.c.cooperative_id == cooperative.c.id,
        cooperative_village.c.village_code == bindparam("village_code"),
    ),
    "kind": cooperative.c.kind == bindparam("kind"),
}


def _page(names: Sequence[str]) -> Statement:
    rows = (
        select(cooperative.c.id, _BODY.label("body"))
        .where(
            cooperative.c.id > bindparam("after"),
            *(_FILTERS[name] for name in names),
        )
        .order_by(cooperative.c.id)
        .limit(bindparam("limit"))
    )
    return Statement(page_of(rows))


_PAGES = {
    frozenset(names): _page(names) for names in ((), ("village_code",), ("kind",), tuple(_FILTERS))
}

EDITABLE = (
    "kind",
    "name",
    "status",
    "legal_entity_no",
    "legal_entity_on",
    "coop_registry_no",
    "certificate_valid_until",
    "founded_on",
    "has_usp",
    "microsite_url",
    "npwp",
    "nib",
    "health_grade",
)
_CHANGE = Statement(
    update(cooperative)
    .where(_by_id)
    .values(
        {
            **{name: bindparam(name) for name in EDITABLE},
            "version": cooperative.c.version + 1,
            "changed_at": bindparam("changed_at"),
        }
    )
    .returning(cooperative.c.version, as_text(_BODY).label("body"))
)
_VILLAGES = Statement(
    select(cooperative_village.c.village_code).where(
        cooperative_village.c.cooperative_id == bindparam("id")
    )
)
_LEAVE_VILLAGES = Statement(
    delete(cooperative_village).where(cooperative_village.c.cooperative_id == bindparam("id"))
)
_COVER_VILLAGES = Statement(
    insert(cooperative_village).from_select(
        ["cooperative_id", "village_code"],
        select(bindparam("id", type_=Uuid), func.unnest(bindparam("codes", type_=ARRAY(Text)))),
    )
)
_RATS = Statement(select(rat).where(rat.c.cooperative_id == bindparam("id")))
_YEARS = Statement(select(figures.c.book_year).where(figures.c.cooperative_id == bindparam("id")))
_ADD_RAT = Statement(insert(rat))
_ADD_FIGURES = Statement(insert(figures))
_of_rat = (rat.c.cooperative_id == bindparam("id"), rat.c.book_year == bindparam("year"))
_of_figures = (
    figures.c.cooperative_id == bindparam("id"),
    figures.c.book_year == bindparam("year"),
)
_CORRECT_RAT = Statement(
    update(rat).where(*_of_rat).values(held_on=bindparam("held")).returning(rat.c.book_year)
)
_WITHDRAW_RAT = Statement(delete(rat).where(*_of_rat).returning(rat.c.book_year))
_CORRECT_FIGURES = Statement(
    update(figures)
    .where(*_of_figures)
    .values(
        shu=bindparam("new_shu"), equity=bindparam("new_equity"), assets=bindparam("new_assets")
    )
    .returning(figures.c.book_year)
)
_WITHDRAW_FIGURES = Statement(delete(figures).where(*_of_figures).returning(figures.c.book_year))


async def get(db: Reader | Unit, id: UUID) -> Row:
    """Return version and JSON of one cooperative; raises `CooperativeNotFound`."""
    return _found(await db.row(_GET, id=id))


async def row(db: Reader, id: UUID) -> Row:
    """Return the row itself; raises `CooperativeNotFound`."""
    return _found(await db.row(_ROW, id=id))


async def lock(unit: Unit, id: UUID) -> Row:
    """Return the row, held against other writers; raises `CooperativeNotFound`."""
    return _found(await unit.row(_LOCK, id=id))


async def hold(unit: Unit, id: UUID) -> Row:
    """Return the row, kept from changing while relied on; raises `CooperativeNotFound`."""
    return _found(await unit.row(_HOLD, id=id))


async def page(
    db: Reader, paging: Paging, *, village_code: str | None, kind: CooperativeKind | None
) -> Row | None:
    """Return a page of the cooperatives, in the order of registration."""
    given = {"village_code": village_code, "kind": kind}
    filters = {name: value for name, value in given.items() if value is not None}
    statement = _PAGES[frozenset(filters)]
    return await db.row(statement, after=paging.after_id, limit=paging.limit, **filters)


def each_page_under(rows: Rows) -> Statement:
    """Build the page of what belongs to one cooperative `id`: no row where there is none."""
    listed = page_of(rows).subquery("listed")
    return Statement(select(listed).select_from(cooperative.join(listed, true())).where(_by_id))


async def page_under(db: Reader, statement: Statement, id: UUID, paging: Paging) -> Row:
    """Return a page of what belongs to one cooperative; raises `CooperativeNotFound`."""
    return _found(await db.row(statement, id=id, after=paging.after_id, limit=paging.limit))


async def add(unit: Unit, values: Mapping[str, Any], village_codes: Sequence[str]) -> Row:
    """Write a new cooperative; return version and JSON.

    Raises:
        CoopRegistryNoTaken, ExternalIdTaken, RegionUnknown
    """
    try:
        await unit.run(_ADD, **values)
    except asyncpg.UniqueViolationError as error:
        raise (_taken(error) or error) from None
    await cover(unit, values["id"], village_codes)
    return await get(unit, values["id"])


async def cover(unit: Unit, id: UUID, village_codes: Sequence[str]) -> None:
    """Write the villages that a cooperative covers, instead of those before.

    Raises:
        RegionUnknown
    """
    await unit.run(_LEAVE_VILLAGES, id=id)
    try:
        await unit.run(_COVER_VILLAGES, id=id, codes=list(village_codes))
    except asyncpg.ForeignKeyViolationError as error:
        raise (unknown_village(error) or error) from None


async def change(unit: Unit, row: Row, changes: Mapping[str, Any], *, now: datetime) -> Row:
    """Write changed columns of a locked row; return the new version and JSON.

    Raises:
        CoopRegistryNoTaken
    """
    values = {name: changes.get(name, row[name]) for name in EDITABLE}
    try:
        return _found(await unit.row(_CHANGE, id=row["id"], changed_at=now, **values))
    except asyncpg.UniqueViolationError as error:
        raise (_taken(error) or error) from None


async def village_codes(db: Reader | Unit, id: UUID) -> frozenset[str]:
    """Return the villages that a cooperative covers."""
    return frozenset(row["village_code"] for row in await db.rows(_VILLAGES, id=id))


async def rats(db: Reader | Unit, id: UUID) -> tuple[Rat, ...]:
    """Return the annual meetings of a cooperative."""
    rows = await db.rows(_RATS, id=id)
    return tuple(Rat(book_year=row["book_year"], held_on=row["held_on"]) for row in rows)


async def years_with_figures(db: Reader | Unit, id: UUID) -> tuple[int, ...]:
    """Return the book years whose figures a cooperative has recorded."""
    return tuple(row["book_year"] for row in await db.rows(_YEARS, id=id))


async def add_rat(unit: Unit, id: UUID, held: Rat) -> None:
    """Write an annual meeting of a locked cooperative."""
    await unit.run(_ADD_RAT, cooperative_id=id, book_year=held.book_year, held_on=held.held_on)


async def add_figures(unit: Unit, id: UUID, year: Figures) -> None:
    """Write one year's figures of a locked cooperative."""
    await unit.run(
        _ADD_FIGURES,
        cooperative_id=id,
        book_year=year.book_year,
        shu=year.shu,
        equity=year.equity,
        assets=year.assets,
    )


async def correct_rat(unit: Unit, id: UUID, held: Rat) -> None:
    """Write the day of an annual meeting over the recorded one; raises `BookYearNotFound`."""
    _recorded(await unit.row(_CORRECT_RAT, id=id, year=held.book_year, held=held.held_on))


async def withdraw_rat(unit: Unit, id: UUID, book_year: int) -> None:
    """Forget the annual meeting on a book year; raises `BookYearNotFound`."""
    _recorded(await unit.row(_WITHDRAW_RAT, id=id, year=book_year))


async def correct_figures(unit: Unit, id: UUID, year: Figures) -> None:
    """Write a year's figures over the recorded ones; raises `BookYearNotFound`."""
    mended = await unit.row(
        _CORRECT_FIGURES,
        id=id,
        year=year.book_year,
        new_shu=year.shu,
        new_equity=year.equity,
        new_assets=year.assets,
    )
    _recorded(mended)


async def withdraw_figures(unit: Unit, id: UUID, book_year: int) -> None:
    """Forget the figures of a book year; raises `BookYearNotFound`."""
    _recorded(await unit.row(_WITHDRAW_FIGURES, id=id, year=book_year))


def _recorded(row: Row | None) -> None:
    if row is None:
        raise BookYearNotFound("The cooperative has nothing recorded for this book year.")


def _taken(error: asyncpg.UniqueViolationError) -> Exception | None:
    if error.constraint_name == "uq_cooperative_coop_registry_no":
        return CoopRegistryNoTaken("Another cooperative holds this coop_registry_no.")
    if error.constraint_name == "uq_cooperative_registered_by_external_id":
        return ExternalIdTaken("You have used this external_id before.")
    return None


def _found(row: Row | None) -> Row:
    if row is None:
        raise CooperativeNotFound("There is no cooperative with this id.")
    return row

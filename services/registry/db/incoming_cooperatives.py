"""Cooperatives as files bring them: found and written a chunk at a time."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Text, any_, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.registry.db.bulk import by_column, copy, correct, correction, unnest
from services.registry.db.tables import cooperative, cooperative_village, figures, rat
from shared.db import Row, Statement, Unit

COOPERATIVE = (
    "id",
    "registered_by",
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
    "import_hash",
    "version",
    "created_at",
    "changed_at",
)
VILLAGE = ("cooperative_id", "village_code")
RAT = ("cooperative_id", "book_year", "held_on")
FIGURES = ("cooperative_id", "book_year", "shu", "equity", "assets")


def _each(column: Column[Any]) -> Any:
    """Return a column of the cooperative's book years as an array, in their order, never null."""
    years = column.table.c
    values = func.array_agg(aggregate_order_by(column, years.book_year))
    return (
        select(func.coalesce(values, literal_column("'{}'")))
        .where(years.cooperative_id == cooperative.c.id)
        .correlate(cooperative)
        .scalar_subquery()
    )


_RECORDS = Statement(
    select(
        *(
            cooperative.c[name]
            for name in (
                "id",
                "external_id",
                "version",
                "import_hash",
                "status",
                "legal_entity_on",
            )
        ),
        _each(rat.c.book_year).label("rat_years"),
        _each(rat.c.held_on).label("rats_held_on"),
        _each(figures.c.book_year).label("figures_years"),
    ).where(
        cooperative.c.registered_by == bindparam("caller_id"),
        cooperative.c.external_id == any_(bindparam("external_ids", type_=ARRAY(Text))),
    )
)
_HOLDERS = Statement(
    select(cooperative.c.id, cooperative.c.coop_registry_no).where(
        cooperative.c.coop_registry_no == any_(bindparam("keys", type_=ARRAY(Text)))
    )
)
_CORRECT = correction(
    cooperative,
    COOPERATIVE,
    {"id": "", "registered_by": "", "external_id": "", "created_at": ""},
)
# A list of villages in a file is the whole list: what it leaves out is no longer covered.
_LEAVE_VILLAGES = Statement(
    "DELETE FROM cooperative_village AS known "  # noqa: S608
    "WHERE cooperative_id IN (SELECT incoming.cooperative_id "
    f"FROM {unnest(cooperative_village, VILLAGE)}) "
    "AND NOT EXISTS (SELECT 1 "
    f"FROM {unnest(cooperative_village, VILLAGE)} "
    "WHERE incoming.cooperative_id = known.cooperative_id "
    "AND incoming.village_code = known.village_code)",
    *VILLAGE,
)
_ADD_VILLAGES = Statement(
    f"INSERT INTO cooperative_village ({', '.join(VILLAGE)}) "  # noqa: S608
    f"SELECT * FROM {unnest(cooperative_village, VILLAGE)} ON CONFLICT DO NOTHING",
    *VILLAGE,
)
_PUT_RATS = Statement(
    f"INSERT INTO rat ({', '.join(RAT)}) SELECT * FROM {unnest(rat, RAT)} "  # noqa: S608
    "ON CONFLICT (cooperative_id, book_year) DO UPDATE SET held_on = excluded.held_on",
    *RAT,
)
_PUT_FIGURES = Statement(
    f"INSERT INTO figures ({', '.join(FIGURES)}) "  # noqa: S608
    f"SELECT * FROM {unnest(figures, FIGURES)} "
    "ON CONFLICT (cooperative_id, book_year) DO UPDATE "
    "SET shu = excluded.shu, equity = excluded.equity, assets = excluded.assets",
    *FIGURES,
)


async def records(unit: Unit, caller_id: str, external_ids: Sequence[str]) -> dict[str, Row]:
    """Return the caller's cooperatives by their external_id."""
    found = await unit.rows(_RECORDS, caller_id=caller_id, external_ids=external_ids)
    return {row["external_id"]: row for row in found}


async def holders(unit: Unit, registry_numbers: Sequence[str]) -> dict[str, UUID]:
    """Return whose each coop_registry_no is, whoever registered them."""
    if not registry_numbers:
        return {}
    found = await unit.rows(_HOLDERS, keys=registry_numbers)
    return {row["coop_registry_no"]: row["id"] for row in found}


async def write(
    unit: Unit,
    *,
    cooperatives: Sequence[Sequence[Any]],
    corrected_cooperatives: Sequence[Sequence[Any]],
    villages: Sequence[Sequence[Any]],
    rats: Sequence[Sequence[Any]],
    figures: Sequence[Sequence[Any]],
) -> None:
    """Write a chunk; each row in the order of `COOPERATIVE`, `VILLAGE`, `RAT` and `FIGURES`.

    Raises:
        Overtaken
    """
    await copy(unit, cooperative, COOPERATIVE, cooperatives)
    await correct(unit, _CORRECT, COOPERATIVE, corrected_cooperatives)
    for statement, names, rows in (
        (_LEAVE_VILLAGES, VILLAGE, villages),
        (_ADD_VILLAGES, VILLAGE, villages),
        (_PUT_RATS, RAT, rats),
        (_PUT_FIGURES, FIGURES, figures),
    ):
        if rows:
            await unit.run(statement, **by_column(names, rows))

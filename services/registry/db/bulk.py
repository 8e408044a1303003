"""Many rows in one statement: arrays in, one for each column, rows out."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import dialect

from services.registry.db.imports import Overtaken
from shared.db import Statement, Unit, unavailable

_dialect = dialect()


def unnest(table: Table, names: Sequence[str]) -> str:
    """Return `unnest(...)` of these columns of a table, from `$1` on."""
    arrays = (
        f"${place}::{table.c[name].type.compile(_dialect)}[]"
        for place, name in enumerate(names, start=1)
    )
    return f"unnest({', '.join(arrays)}) AS incoming ({', '.join(names)})"


def correction(table: Table, names: Sequence[str], rules: Mapping[str, str]) -> Statement:
    """Return a statement that corrects rows, each from the version before.

    A row that says nothing (null) leaves what is known; `rules` are the columns that follow
    another rule, or none.
    """
    usual = {name: f"coalesce(incoming.{name}, known.{name})" for name in names}
    usual.update(rules)
    changes = ", ".join(f"{name} = {rule}" for name, rule in usual.items() if rule)
    return Statement(
        f"UPDATE {table.name} AS known SET {changes} "  # noqa: S608
        f"FROM {unnest(table, names)} "
        "WHERE known.id = incoming.id AND known.version = incoming.version - 1",
        *names,
    )


def by_column(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Return the rows turned by a quarter: one list for each name."""
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


async def correct(
    unit: Unit, statement: Statement, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Run a correction; raises `Overtaken` if a record was changed or taken in the meantime."""
    if not rows:
        return
    try:
        tag = await unit.run(statement, **by_column(names, rows))
    except asyncpg.UniqueViolationError as error:
        raise Overtaken(error.constraint_name or "unique") from None
    if tag != f"UPDATE {len(rows)}":
        raise Overtaken("a record was corrected in the meantime")


async def copy(
    unit: Unit, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Add rows that were not there; raises `Overtaken` if one has come in the meantime."""
    if not rows:
        return
    connection = await unit.begin()
    try:
        with unavailable():
            await connection.copy_records_to_table(table.name, columns=list(names), records=rows)
    except asyncpg.UniqueViolationError as error:
        raise Overtaken(error.constraint_name or "unique") from None

"""Many rows in one statement: arrays in, one for each column, rows out."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import dialect

from services.registry.db.imports import Overtaken
from shared.db import Statement, Unit

_dialect = dialect()


def unnest(table: Table, names: Sequence[str]) -> str:
    """Return `unnest(...)` of these columns of a table, from `$1` on."""
    arrays = (
        f"${place}::{table.c[name].type.compile(_dialect)}[]"
        for place, name in enumerate(names, start=1)
    )
    return f"unnest({', '.join(arrays)}) AS incoming ({', '.join(names)})"


def upsert(table: Table, names: Sequence[str], kept: Mapping[str, str]) -> Statement:
    """Return a statement that adds rows, or corrects those whose id is there.

    A correction leaves what is known where the row says nothing (null); `kept` are the columns
    that follow another rule. It goes through only from the version before.
    """
    rules = {name: f"coalesce(excluded.{name}, known.{name})" for name in names}
    rules.update(kept)
    changes = ", ".join(f"{name} = {rule}" for name, rule in rules.items() if rule)
    return Statement(
        f"INSERT INTO {table.name} AS known ({', '.join(names)}) "  # noqa: S608
        f"SELECT * FROM {unnest(table, names)} "
        f"ON CONFLICT (id) DO UPDATE SET {changes} WHERE known.version = excluded.version - 1",
        *names,
    )


def by_column(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Return the rows turned by a quarter: one list for each name."""
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


async def put(
    unit: Unit, statement: Statement, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Run an upsert; raises `Overtaken` if a record was changed or taken in the meantime."""
    if not rows:
        return
    try:
        tag = await unit.run(statement, **by_column(names, rows))
    except asyncpg.UniqueViolationError as error:
        raise Overtaken(error.constraint_name or "unique") from None
    if tag != f"INSERT 0 {len(rows)}":
        raise Overtaken("a record was corrected in the meantime")


async def copy(
    unit: Unit, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Add rows that cannot be there yet."""
    if rows:
        connection = await unit.begin()
        await connection.copy_records_to_table(table.name, columns=list(names), records=rows)

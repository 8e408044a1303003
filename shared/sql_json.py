"""Rows as JSON, written by PostgreSQL: a hot read decodes nothing only to encode it again."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

Rows = Select[*tuple[Any, ...]]


def as_object(**members: Any) -> ColumnElement[Any]:
    """Return a JSON object with these members, in this order."""
    return func.json_build_object(*(part for pair in members.items() for part in pair))


def columns(table: Table | FromClause, *names: str) -> dict[str, Any]:
    """Return some columns as members of the same name."""
    return {name: table.c[name] for name in names}


def as_text(json: ColumnElement[Any]) -> ColumnElement[str]:
    """Return JSON as text, which is how it travels on."""
    return cast(json, Text)


def page_of(rows: Rows) -> Rows:
    """Return one row: the page's items as a JSON array, the last id and the count.

    `rows` selects `id` and `body` (JSON), is ordered by id and limited.
    """
    page = rows.subquery("page")
    return select(
        as_text(func.json_agg(aggregate_order_by(page.c.body, page.c.id))).label("items"),
        func.max(cast(page.c.id, Text)).label("last"),
        func.count().label("count"),
    )

"""How every table here is written: names of constraints, and the columns that recur."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, MetaData, Text, Uuid

NAMES: Mapping[str, str] = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """Return an empty schema whose constraints have predictable names: they are API."""
    return MetaData(naming_convention=dict(NAMES))


def id_column() -> Column[Any]:
    """Return the primary key of a noun: a UUIDv7."""
    return Column("id", Uuid, primary_key=True)


def version_columns() -> tuple[Column[Any], ...]:
    """Return what every noun carries: its version (the ETag) and its times."""
    return (
        Column("version", BigInteger, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
    )


def choice(name: str, kind: type[StrEnum], *, nullable: bool = False) -> tuple[Any, ...]:
    """Return a text column and the CHECK that keeps it to the members of `kind`."""
    allowed = ", ".join(f"'{member.value}'" for member in kind)
    return (
        Column(name, Text, nullable=nullable),
        CheckConstraint(f"{name} IN ({allowed})", name=name),
    )

"""
The feed: every committed change is one event, in one order that never changes.

An event is thin: what happened to which row, never personal data. It is appended by the same
transaction as the change (`shared/db.py`), and read with `GET /events?after=`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change: its kind (`membership.approved`), its subject's id and new version."""

    kind: str
    subject_id: UUID
    version: int
    occurred_at: datetime
    data: dict[str, Any] = field(default_factory=dict[str, Any])


def add_event_tables(metadata: MetaData) -> Table:
    """Add the feed and its head to a service's schema; return the feed."""
    Table(
        "event_head",
        metadata,
        Column("one", BigInteger, primary_key=True, server_default="1"),
        Column("number", BigInteger, nullable=False),
        CheckConstraint("one = 1", name="one_row"),
    )
    return Table(
        "event",
        metadata,
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("kind", Text, nullable=False),
        Column("subject_id", Uuid, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("data", JSONB, nullable=False),
    )


# The head row is locked from here to COMMIT, so that numbers appear in the feed in the order in
# which they were given: a reader that has seen n never misses one below n (docs/decisions/0003).
_HEAD = """
head AS (
  UPDATE event_head SET number = number + cardinality($1::text[]) RETURNING number
)
INSERT INTO event (number, kind, subject_id, version, occurred_at, data)
SELECT head.number - cardinality($1::text[]) + e.ordinal, e.kind, e.subject_id, e.version,
       e.occurred_at, e.data::jsonb
FROM head, unnest($1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[])
     WITH ORDINALITY AS e (kind, subject_id, version, occurred_at, data, ordinal)
"""
APPEND = f"WITH {_HEAD}"
"""Append the events of a unit of work, given column by column."""

APPEND_AND_KEEP = f"""
WITH kept AS (
  INSERT INTO idempotency
         (caller_id, route, key, body_hash, status, headers, body, created_at)
  VALUES ($6, $7, $8, $9, $10, $11, $12, $13)
), {_HEAD}
"""  # noqa: S608 (both parts are constants of this module)
"""The same, and keep the answer of an idempotent act: one statement, one way to the server."""


def columns(events: Sequence[Event]) -> tuple[list[Any], ...]:
    """Return the events column by column, as `APPEND` takes them."""
    return (
        [event.kind for event in events],
        [event.subject_id for event in events],
        [event.version for event in events],
        [event.occurred_at for event in events],
        [orjson.dumps(event.data).decode() for event in events],
    )

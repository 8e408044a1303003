"""The two tables that a service with webhooks adds to its schema."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from shared.auth import Kind
from shared.tables import choice, id_column, version_columns
from shared.webhooks.subscription import (
    ENDPOINTS_MAX,
    CallOutcome,
    DeliveryStatus,
    EndpointStatus,
)

_TIME = DateTime(timezone=True)
_WAITS = text("status = 'pending'")


def add_webhook_tables(metadata: MetaData) -> tuple[Table, Table]:
    """Add the endpoints and the deliveries; return both."""
    return _endpoints(metadata), _deliveries(metadata)


def _endpoints(metadata: MetaData) -> Table:
    return Table(
        "webhook_endpoint",
        metadata,
        id_column(),
        *_owner(),
        Column("url", Text, nullable=False),
        Column("kinds", ARRAY(Text), nullable=False),
        Column("description", Text),
        *choice("status", EndpointStatus),
        # Events up to this number have been looked at.
        Column("position", BigInteger, nullable=False),
        Column("read_at", _TIME),
        *_secrets(),
        *_challenge(),
        Column("served_at", _TIME),
        Column("failures", Integer, nullable=False),
        Column("failing_since", _TIME),
        Column("rest_until", _TIME),
        *_last_call(),
        Column("accepted_at", _TIME),
        *version_columns(),
        CheckConstraint(f"slot BETWEEN 1 AND {ENDPOINTS_MAX}", name="slot"),
        Index("uq_webhook_endpoint_slot", "owner_id", "slot", unique=True),
        Index("ix_webhook_endpoint_owner_id", "owner_id", "id"),
    )


def _owner() -> tuple[Any, ...]:
    return (
        # Whose it is, and what that caller may see: written anew at each change by the owner.
        Column("owner_id", Text, nullable=False),
        *choice("owner_kind", Kind),
        Column("cooperative_id", Uuid),
        Column("channel", Text),
        Column("reads_feed", Boolean, nullable=False),
        # Counts the caller's endpoints: two that are added at once cannot have the same.
        Column("slot", SmallInteger, nullable=False),
    )


def _secrets() -> tuple[Any, ...]:
    return (
        Column("secret_key", Text, nullable=False),
        Column("secret", LargeBinary, nullable=False),
        Column("old_secret_key", Text),
        Column("old_secret", LargeBinary),
        Column("old_secret_until", _TIME),
    )


def _challenge() -> tuple[Any, ...]:
    return (
        Column("nonce", Text),
        # The fence of the challenge: who asked with an older number records nothing.
        Column("challenges", Integer, nullable=False),
        Column("challenged_at", _TIME),
        Column("challenge_sent_at", _TIME),
        Column("challenge_due_at", _TIME),
    )


def _deliveries(metadata: MetaData) -> Table:
    return Table(
        "webhook_delivery",
        metadata,
        id_column(),
        Column(
            "endpoint_id",
            Uuid,
            ForeignKey("webhook_endpoint.id", ondelete="CASCADE"),
            nullable=False,
        ),
        Column("event_number", BigInteger, ForeignKey("event.number"), nullable=False),
        # Events of one stream are called in their order: the next waits for the one before.
        Column("stream_id", Uuid, nullable=False),
        *choice("status", DeliveryStatus),
        # Counts the calls, and is the fence: who claimed with an older number records nothing.
        Column("calls", Integer, nullable=False),
        # Only the first of a stream has it; the others wait.
        Column("due_at", _TIME),
        Column("leased_until", _TIME),
        Column("first_call_at", _TIME),
        *_last_call(),
        Column("ended_at", _TIME),
        Column("created_at", _TIME, nullable=False),
        *_indexes(),
    )


def _indexes() -> tuple[Index, ...]:
    return (
        Index("uq_webhook_delivery_event", "endpoint_id", "event_number", unique=True),
        Index("ix_webhook_delivery_endpoint_id", "endpoint_id", "id"),
        Index(
            "ix_webhook_delivery_waiting",
            "endpoint_id",
            "stream_id",
            "event_number",
            postgresql_where=_WAITS,
        ),
        Index(
            "ix_webhook_delivery_due_at",
            "endpoint_id",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_webhook_delivery_ended_at",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
    )


def _last_call() -> tuple[Any, ...]:
    return (
        Column("last_call_at", _TIME),
        Column("last_status", Integer),
        *choice("last_outcome", CallOutcome, nullable=True),
    )

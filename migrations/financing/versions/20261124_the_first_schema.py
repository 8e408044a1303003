"""the first schema."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("borrower_kind", sa.Text(), nullable=False),
        sa.Column("borrower_id", sa.Uuid(), nullable=False),
        sa.Column("cooperative_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("province_code", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tenor_months", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("contract_kind", sa.Text(), nullable=False),
        sa.Column("declared", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("preference", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawal_requested", sa.Boolean(), nullable=False),
        sa.Column("set_aside", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "borrower_kind IN ('person', 'group', 'cooperative')",
            name=op.f("ck_application_borrower_kind"),
        ),
        sa.CheckConstraint(
            "contract_kind IN ('conventional', 'sharia')",
            name=op.f("ck_application_contract_kind"),
        ),
        sa.CheckConstraint(
            "purpose IN ('working_capital', 'investment')", name=op.f("ck_application_purpose")
        ),
        sa.CheckConstraint(
            "status IN ('drafted', 'submitted', 'assessed', 'contested', 'waiting', 'routed', 'sent', 'unknown', 'answered', 'akad', 'disbursed', 'closed', 'withdrawn', 'refused', 'incubating', 'in_review')",
            name=op.f("ck_application_status"),
        ),
        sa.CheckConstraint(
            "amount BETWEEN 1 AND 10000000000000", name=op.f("ck_application_amount")
        ),
        sa.CheckConstraint(
            "tenor_months BETWEEN 1 AND 600", name=op.f("ck_application_tenor_months")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    op.create_index("ix_application_borrower", "application", ["borrower_id", "id"], unique=False)
    op.create_index("ix_application_created_by", "application", ["created_by", "id"], unique=False)
    op.create_index(
        "uq_application_pending",
        "application",
        ["borrower_kind", "borrower_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ('submitted', 'assessed', 'contested', 'waiting', 'routed', 'sent', 'unknown', 'answered', 'in_review')"
        ),
    )
    op.create_table(
        "channel_health",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_health")),
    )
    op.create_table(
        "channel_pause",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resumed_because", sa.Text(), nullable=True),
        sa.Column("resumed_by", sa.Text(), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(resumed_by IS NULL) = (resumed_at IS NULL)",
            name=op.f("ck_channel_pause_resumed_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_pause")),
    )
    op.create_index(
        "uq_channel_pause_open",
        "channel_pause",
        ["channel"],
        unique=True,
        postgresql_where=sa.text("resumed_at IS NULL"),
    )
    op.create_table(
        "event",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event")),
    )
    op.create_table(
        "event_head",
        sa.Column("one", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_event_head_one_row")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_event_head")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "idempotency",
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller_id", "route", "key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("cooperative_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("reads_feed", sa.Boolean(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret_key", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret_key", sa.Text(), nullable=True),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("challenges", sa.Integer(), nullable=False),
        sa.Column("challenged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("challenge_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("challenge_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_call_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "last_outcome IN ('accepted', 'refused', 'redirected', 'gone', 'no_connection', 'no_answer', 'address_refused', 'challenge_not_answered', 'secret_unreadable')",
            name=op.f("ck_webhook_endpoint_last_outcome"),
        ),
        sa.CheckConstraint(
            "owner_kind IN ('mobile_backend', 'cooperative_officer', 'ministry_analyst', 'lender', 'service', 'auditor')",
            name=op.f("ck_webhook_endpoint_owner_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('unverified', 'active', 'paused', 'suspended', 'gone')",
            name=op.f("ck_webhook_endpoint_status"),
        ),
        sa.CheckConstraint("slot BETWEEN 1 AND 10", name=op.f("ck_webhook_endpoint_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index(
        "ix_webhook_endpoint_owner_id", "webhook_endpoint", ["owner_id", "id"], unique=False
    )
    op.create_index(
        "uq_webhook_endpoint_slot", "webhook_endpoint", ["owner_id", "slot"], unique=True
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_number", sa.BigInteger(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_call_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_call_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "last_outcome IN ('accepted', 'refused', 'redirected', 'gone', 'no_connection', 'no_answer', 'address_refused', 'challenge_not_answered', 'secret_unreadable')",
            name=op.f("ck_webhook_delivery_last_outcome"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'failed')", name=op.f("ck_webhook_delivery_status")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoint.id"],
            name=op.f("fk_webhook_delivery_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_number"], ["event.number"], name=op.f("fk_webhook_delivery_event_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(
        "ix_webhook_delivery_due_at",
        "webhook_delivery",
        ["endpoint_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_webhook_delivery_ended_at",
        "webhook_delivery",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index(
        "ix_webhook_delivery_endpoint_id", "webhook_delivery", ["endpoint_id", "id"], unique=False
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["endpoint_id", "stream_id", "event_number"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "uq_webhook_delivery_event",
        "webhook_delivery",
        ["endpoint_id", "event_number"],
        unique=True,
    )
    op.create_table(
        "application_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('drafted', 'submitted', 'assessed', 'contested', 'waiting', 'routed', 'sent', 'unknown', 'answered', 'akad', 'disbursed', 'closed', 'withdrawn', 'refused', 'incubating', 'in_review')",
            name=op.f("ck_application_step_status"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_step_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_step")),
    )
    op.create_index(
        "ix_application_step_application_id",
        "application_step",
        ["application_id", "id"],
        unique=False,
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("akad_on", sa.Date(), nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("editions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("facts_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_decision_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    for long in ("facts", "outcome"):  # quicker than PostgreSQL's own way, which was dear here
        op.execute(f"ALTER TABLE decision ALTER COLUMN {long} SET COMPRESSION lz4")
    op.create_index(
        "ix_decision_application_id", "decision", ["application_id", "id"], unique=False
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("leg_no", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sendings_failed", sa.Integer(), nullable=False),
        sa.Column("inquiries", sa.Integer(), nullable=False),
        sa.Column("maybe_taken", sa.Boolean(), nullable=False),
        sa.Column("misread", sa.Integer(), nullable=False),
        sa.Column("misread_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'unknown', 'received', 'approved', 'akad', 'disbursed', 'repaid', 'refused', 'cancelled', 'failed')",
            name=op.f("ck_submission_status"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_submission_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index(
        "ix_submission_channel",
        "submission",
        ["channel", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "uq_submission_leg",
        "submission",
        ["application_id", "decision_id", "leg_no"],
        unique=True,
    )
    op.create_index(
        "uq_submission_live",
        "submission",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ('queued', 'sending', 'unknown', 'received', 'approved')"
        ),
    )
    op.create_table(
        "lender_report",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("heard_by", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "stage IN ('received', 'komite', 'mkp', 'sp3', 'approved', 'akad', 'disbursed', 'repaid', 'refused', 'cancelled')",
            name=op.f("ck_lender_report_stage"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_lender_report_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_lender_report_submission_id")
        ),
        sa.PrimaryKeyConstraint("channel", "event_id", name=op.f("pk_lender_report")),
    )
    op.create_index(
        "ix_lender_report_submission_id", "lender_report", ["submission_id"], unique=False
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("returned", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cause IN ('rejected', 'unreadable')", name=op.f("ck_quarantine_cause")
        ),
        sa.CheckConstraint(
            "(status = 'set_aside') = (decided_at IS NULL AND decided_by IS NULL)",
            name=op.f("ck_quarantine_decided"),
        ),
        sa.CheckConstraint(
            "status IN ('set_aside', 'released', 'abandoned', 'overtaken')",
            name=op.f("ck_quarantine_status"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_quarantine_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_quarantine_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(
        "ix_quarantine_set_aside",
        "quarantine",
        ["channel"],
        unique=False,
        postgresql_where=sa.text("status = 'set_aside'"),
    )
    op.create_index(
        "uq_quarantine_application_id",
        "quarantine",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("status = 'set_aside'"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("objected_by", sa.Text(), nullable=True),
        sa.Column("registered_by", sa.Text(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("ruling", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("correction", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_decision_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "subject IN ('objection', 'contradiction', 'silence')",
            name=op.f("ck_review_subject"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'proposed', 'decided', 'dropped')", name=op.f("ck_review_status")
        ),
        sa.CheckConstraint(
            "ruling IN ('uphold', 'override', 'sign', 'disburse', 'close', 'refuse')",
            name=op.f("ck_review_ruling"),
        ),
        sa.CheckConstraint("proposed_by <> confirmed_by", name=op.f("ck_review_four_eyes")),
        sa.CheckConstraint(
            "proposed_by <> ALL (ARRAY[applied_by, coalesce(objected_by, applied_by), coalesce(registered_by, applied_by)]) AND confirmed_by <> ALL (ARRAY[applied_by, coalesce(objected_by, applied_by), coalesce(registered_by, applied_by)])",
            name=op.f("ck_review_impartial"),
        ),
        sa.CheckConstraint(
            "status <> 'decided' OR (ruling IS NOT NULL AND proposed_by IS NOT NULL AND confirmed_by IS NOT NULL AND decided_at IS NOT NULL)",
            name=op.f("ck_review_decided_by_two"),
        ),
        sa.CheckConstraint(
            "(ruling = 'override') = (correction IS NOT NULL)",
            name=op.f("ck_review_names_the_fact"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_review_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(
        "uq_review_open",
        "review",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'proposed')"),
    )
    op.create_index(
        "uq_review_decided",
        "review",
        ["decision_id"],
        unique=True,
        postgresql_where=sa.text("subject = 'objection' AND status = 'decided'"),
    )
    op.create_index("ix_review_application_id", "review", ["application_id", "id"], unique=False)
    op.create_index(
        "ix_review_open",
        "review",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'proposed')"),
    )
    op.create_table(
        "review_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'proposed', 'decided', 'dropped')",
            name=op.f("ck_review_step_status"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_review_step_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_step_review_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_step")),
    )
    op.create_index("ix_review_step_review_id", "review_step", ["review_id", "id"], unique=False)
    op.execute("CREATE SEQUENCE letter_number")
    op.create_table(
        "letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_letter_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_letter_decision_id")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_letter_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index("uq_letter_number", "letter", ["number"], unique=True)
    op.create_index(
        "uq_letter_occasion",
        "letter",
        ["decision_id", "review_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_letter_application_id", "letter", ["application_id", "id"], unique=False)
    op.create_table(
        "deadline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("near_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("duty IN ('answer', 'review')", name=op.f("ck_deadline_duty")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_deadline_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    op.create_index("uq_deadline_subject", "deadline", ["subject_id"], unique=True)
    op.create_index(
        "ix_deadline_application_id", "deadline", ["application_id", "id"], unique=False
    )
    op.create_index(
        "ix_deadline_running",
        "deadline",
        ["id"],
        unique=False,
        postgresql_where=sa.text("met_at IS NULL"),
    )
    op.create_index(
        "ix_deadline_look_at",
        "deadline",
        ["look_at"],
        unique=False,
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    _quotas()
    op.execute("INSERT INTO event_head (one, number) VALUES (1, 0)")


def _quotas() -> None:
    op.create_table(
        "quota",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("province_code", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("recheck", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("total BETWEEN 0 AND 10000000000000", name=op.f("ck_quota_total")),
        sa.CheckConstraint(
            "held >= 0 AND used >= 0 AND held + used <= total",
            name=op.f("ck_quota_not_overdrawn"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
    )
    op.create_index(
        "ix_quota_recheck", "quota", ["channel"], unique=False, postgresql_where=sa.text("recheck")
    )
    op.create_index(
        "uq_quota_channel",
        "quota",
        ["channel", "year", "product", "province_code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "quota_holding",
        sa.Column("quota_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('held', 'used', 'released', 'expired', 'exceeded')",
            name=op.f("ck_quota_holding_status"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_quota_holding_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quota.id"], name=op.f("fk_quota_holding_quota_id")
        ),
        sa.PrimaryKeyConstraint("quota_id", "submission_id", name=op.f("pk_quota_holding")),
    )
    op.create_index(
        "ix_quota_holding_expires_on",
        "quota_holding",
        ["expires_on"],
        unique=False,
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_index(
        "ix_quota_holding_quota_id", "quota_holding", ["quota_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_quota_holding_submission_id", "quota_holding", ["submission_id"], unique=False
    )
    op.create_table(
        "quota_waiting",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("province_code", sa.Text(), nullable=True),
        sa.Column("leg_no", sa.Integer(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_quota_waiting_application_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_quota_waiting")),
    )
    op.create_index(
        "ix_quota_waiting_channel",
        "quota_waiting",
        ["channel", "number"],
        unique=False,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index(
        "uq_quota_waiting_application_id",
        "quota_waiting",
        ["application_id", "channel"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )

    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'reading', 'comparing', 'searching', 'done', 'failed')",
            name=op.f("ck_reconciliation_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_index("uq_reconciliation_day", "reconciliation", ["channel", "day"], unique=True)
    op.create_index(
        "uq_reconciliation_running",
        "reconciliation",
        ["channel"],
        unique=True,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "ledger_line",
        sa.Column("reconciliation_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("our_reference", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "stage IN ('received', 'komite', 'mkp', 'sp3', 'approved', 'akad', 'disbursed', 'repaid', 'refused', 'cancelled')",
            name=op.f("ck_ledger_line_stage"),
        ),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"],
            ["reconciliation.id"],
            name=op.f("fk_ledger_line_reconciliation_id"),
        ),
        sa.PrimaryKeyConstraint("reconciliation_id", "no", name=op.f("pk_ledger_line")),
    )
    op.create_index(
        "ix_ledger_line_reconciliation_id",
        "ledger_line",
        ["reconciliation_id", "our_reference", "no"],
        unique=False,
    )
    op.create_table(
        "ledger_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("our_reference", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("ours", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("theirs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_run_id", sa.Uuid(), nullable=False),
        sa.Column("last_run_id", sa.Uuid(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'resolved') = (mend IS NOT NULL AND note IS NOT NULL AND resolved_by IS NOT NULL AND resolved_at IS NOT NULL)",
            name=op.f("ck_ledger_case_resolved_by_somebody"),
        ),
        sa.CheckConstraint(
            "difference IN ('only_with_us', 'only_with_them', 'other_stage', 'other_amount', 'other_reference', 'twice')",
            name=op.f("ck_ledger_case_difference"),
        ),
        sa.CheckConstraint(
            "mend IN ('ask', 'review', 'lender_mends', 'explained')",
            name=op.f("ck_ledger_case_mend"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'resolved', 'gone')", name=op.f("ck_ledger_case_status")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_ledger_case_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_run_id"], ["reconciliation.id"], name=op.f("fk_ledger_case_first_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_run_id"], ["reconciliation.id"], name=op.f("fk_ledger_case_last_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_ledger_case_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_case")),
    )
    op.create_index(
        "uq_ledger_case_open",
        "ledger_case",
        ["channel", "our_reference", "difference"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    """Go back to the one before."""
    for table in ("ledger_case", "ledger_line", "reconciliation"):
        op.drop_table(table)
    op.drop_index(
        "ix_deadline_look_at",
        table_name="deadline",
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_deadline_running", table_name="deadline", postgresql_where=sa.text("met_at IS NULL")
    )
    op.drop_index("ix_deadline_application_id", table_name="deadline")
    op.drop_index("uq_deadline_subject", table_name="deadline")
    op.drop_table("deadline")
    for table in ("quota_waiting", "quota_holding", "quota"):
        op.drop_table(table)
    op.drop_table("letter")
    op.execute("DROP SEQUENCE letter_number")
    op.drop_index("ix_review_step_review_id", table_name="review_step")
    op.drop_table("review_step")
    op.drop_index(
        "ix_review_open",
        table_name="review",
        postgresql_where=sa.text("status IN ('open', 'proposed')"),
    )
    op.drop_index("ix_review_application_id", table_name="review")
    op.drop_index(
        "uq_review_decided",
        table_name="review",
        postgresql_where=sa.text("subject = 'objection' AND status = 'decided'"),
    )
    op.drop_index(
        "uq_review_open",
        table_name="review",
        postgresql_where=sa.text("status IN ('open', 'proposed')"),
    )
    op.drop_table("review")
    op.drop_table("quarantine")
    op.drop_index("ix_lender_report_submission_id", table_name="lender_report")
    op.drop_table("lender_report")
    op.drop_index(
        "uq_submission_live",
        table_name="submission",
        postgresql_where=sa.text(
            "status IN ('queued', 'sending', 'unknown', 'received', 'approved')"
        ),
    )
    op.drop_index("uq_submission_leg", table_name="submission")
    op.drop_index(
        "ix_submission_channel",
        table_name="submission",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_table("submission")
    op.drop_index("ix_decision_application_id", table_name="decision")
    op.drop_table("decision")
    op.drop_index("ix_application_step_application_id", table_name="application_step")
    op.drop_table("application_step")
    op.drop_index("uq_webhook_delivery_event", table_name="webhook_delivery")
    op.drop_index(
        "ix_webhook_delivery_waiting",
        table_name="webhook_delivery",
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index("ix_webhook_delivery_endpoint_id", table_name="webhook_delivery")
    op.drop_index(
        "ix_webhook_delivery_ended_at",
        table_name="webhook_delivery",
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_webhook_delivery_due_at",
        table_name="webhook_delivery",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_table("webhook_delivery")
    op.drop_index("uq_webhook_endpoint_slot", table_name="webhook_endpoint")
    op.drop_index("ix_webhook_endpoint_owner_id", table_name="webhook_endpoint")
    op.drop_table("webhook_endpoint")
    op.drop_index("ix_idempotency_created_at", table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_table("heartbeat")
    op.drop_table("event_head")
    op.drop_table("event")
    op.drop_table("channel_pause")
    op.drop_table("channel_health")
    op.drop_index(
        "uq_application_pending",
        table_name="application",
        postgresql_where=sa.text(
            "status IN ('submitted', 'assessed', 'contested', 'waiting', 'routed', 'sent', 'unknown', 'answered', 'in_review')"
        ),
    )
    op.drop_index("ix_application_created_by", table_name="application")
    op.drop_index("ix_application_borrower", table_name="application")
    op.drop_table("application")

"""Every table of financing. Each row that belongs to an application carries its id."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from services.financing.domain.application import Status as ApplicationStatus
from services.financing.domain.deadlines import Duty
from services.financing.domain.eligibility import BorrowerKind, ContractKind, Purpose
from services.financing.domain.quarantine import Cause
from services.financing.domain.quarantine import Status as QuarantineStatus
from services.financing.domain.quota import Holding
from services.financing.domain.reconciliation import CaseStatus, Difference, Mend, RunStatus
from services.financing.domain.review import Ruling, Subject
from services.financing.domain.review import Status as ReviewStatus
from services.financing.domain.submission import Stage
from services.financing.domain.submission import Status as SubmissionStatus
from shared.events import add_event_tables
from shared.idempotency import add_idempotency_table
from shared.money import AMOUNT_MAX
from shared.tables import choice, id_column, new_metadata, version_columns
from shared.webhooks.tables import add_webhook_tables

metadata: Final = new_metadata()
event: Final = add_event_tables(metadata)
idempotency: Final = add_idempotency_table(metadata)
webhook_endpoint, webhook_delivery = add_webhook_tables(metadata)

_TIME = DateTime(timezone=True)

PENDING: Final = (
    "status IN ('submitted', 'assessed', 'contested', 'waiting', 'routed', 'sent', 'unknown', "
    "'answered', 'in_review')"
)
"""An application that a lender may still turn into a loan: a borrower has one at a time."""

application: Final = Table(
    "application",
    metadata,
    id_column(),
    Column("created_by", Text, nullable=False),
    *choice("borrower_kind", BorrowerKind),
    Column("borrower_id", Uuid, nullable=False),
    Column("cooperative_ids", ARRAY(Uuid), nullable=False),
    # Where the borrower lives, as the registry said at the submission; quotas may depend on it.
    Column("province_code", Text),
    *choice("status", ApplicationStatus),
    Column("amount", BigInteger, nullable=False),
    Column("tenor_months", Integer, nullable=False),
    *choice("purpose", Purpose),
    *choice("contract_kind", ContractKind),
    Column("declared", JSONB, nullable=False),
    Column("preference", ARRAY(Text), nullable=False),
    Column("decision_id", Uuid),
    Column("withdrawal_requested", Boolean, nullable=False),
    # Its submission is in quarantine: an operator looks at why.
    Column("set_aside", Boolean, nullable=False),
    *version_columns(),
    CheckConstraint(f"amount BETWEEN 1 AND {AMOUNT_MAX}", name="amount"),
    CheckConstraint("tenor_months BETWEEN 1 AND 600", name="tenor_months"),
    Index(
        "uq_application_pending",
        "borrower_kind",
        "borrower_id",
        unique=True,
        postgresql_where=text(PENDING),
    ),
    Index("ix_application_created_by", "created_by", "id"),
    Index("ix_application_borrower", "borrower_id", "id"),
)

application_step: Final = Table(
    "application_step",
    metadata,
    id_column(),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("event", Text, nullable=False),
    *choice("status", ApplicationStatus),
    Column("actor", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("at", _TIME, nullable=False),
    Index("ix_application_step_application_id", "application_id", "id"),
)

decision: Final = Table(
    "decision",
    metadata,
    id_column(),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("decided_on", Date, nullable=False),
    Column("akad_on", Date, nullable=False),
    Column("engine_version", Text, nullable=False),
    Column("editions", ARRAY(Text), nullable=False),
    # Canonical JSON (RFC 8785) of what was known and asked, kept as the bytes that were hashed.
    Column("facts", Text, nullable=False),
    Column("facts_sha256", LargeBinary, nullable=False),
    # Kept as it was written, and by far the longest that is: taken apart (JSONB) and packed as
    # PostgreSQL does by itself, it was the dearest statement of a submission.
    Column("outcome", JSON, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Index("ix_decision_application_id", "application_id", "id"),
)

LIVE: Final = "status IN ('queued', 'sending', 'unknown', 'received', 'approved')"

BOOKED: Final = "submission.status IN ('akad', 'disbursed', 'repaid')"
"""A lender has reported an akad: there is, or was, a loan."""

submission: Final = Table(
    "submission",
    metadata,
    id_column(),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    # The decision whose route it follows: after a review there is another decision.
    Column("decision_id", Uuid, nullable=False),
    Column("leg_no", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("rate_bp", Integer, nullable=False),
    *choice("status", SubmissionStatus),
    # The fence: who claimed with an older number records nothing.
    Column("attempt", Integer, nullable=False),
    Column("sendings_failed", Integer, nullable=False),
    Column("inquiries", Integer, nullable=False),
    # Whether the lender may have it. Then only the lender's own word opens the way elsewhere.
    Column("maybe_taken", Boolean, nullable=False),
    # How often in a row, and since when, the lender and we did not understand each other.
    Column("misread", Integer, nullable=False),
    Column("misread_since", _TIME),
    Column("due_at", _TIME),
    Column("sent_at", _TIME),
    Column("reference", Text),
    Column("reasons", ARRAY(Text), nullable=False),
    *version_columns(),
    Index("uq_submission_leg", "application_id", "decision_id", "leg_no", unique=True),
    Index(
        "uq_submission_live",
        "application_id",
        unique=True,
        postgresql_where=text(LIVE),
    ),
    Index(
        "ix_submission_channel", "channel", "due_at", postgresql_where=text("due_at IS NOT NULL")
    ),
)

lender_report: Final = Table(
    "lender_report",
    metadata,
    # A lender's event is applied once for ever: the key is never reused and never pruned.
    Column("channel", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    *choice("stage", Stage),
    Column("heard_by", Text, nullable=False),
    Column("occurred_at", _TIME, nullable=False),
    Column("received_at", _TIME, nullable=False),
    Column("amount", BigInteger),
    Index("ix_lender_report_submission_id", "submission_id"),
)

OPEN: Final = "status IN ('open', 'proposed')"

review: Final = Table(
    "review",
    metadata,
    id_column(),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("decision_id", Uuid),
    *choice("subject", Subject),
    *choice("status", ReviewStatus),
    Column("reason", Text, nullable=False),
    # Who has a part in the application, kept here so that a constraint can hold them off.
    Column("applied_by", Text, nullable=False),
    Column("objected_by", Text),
    Column("registered_by", Text),
    Column("submission_id", Uuid),
    *choice("ruling", Ruling, nullable=True),
    Column("why", Text),
    Column("evidence", Text),
    # The fact that an override sets right: its path, the old value and the new one.
    Column("correction", JSONB),
    Column("proposed_by", Text),
    Column("proposed_at", _TIME),
    Column("confirmed_by", Text),
    Column("decided_at", _TIME),
    Column("new_decision_id", Uuid),
    Column("due_on", Date, nullable=False),
    *version_columns(),
    CheckConstraint("proposed_by <> confirmed_by", name="four_eyes"),
    CheckConstraint(
        "proposed_by <> ALL (ARRAY[applied_by, coalesce(objected_by, applied_by), "
        "coalesce(registered_by, applied_by)]) AND "
        "confirmed_by <> ALL (ARRAY[applied_by, coalesce(objected_by, applied_by), "
        "coalesce(registered_by, applied_by)])",
        name="impartial",
    ),
    CheckConstraint(
        "status <> 'decided' OR (ruling IS NOT NULL AND proposed_by IS NOT NULL "
        "AND confirmed_by IS NOT NULL AND decided_at IS NOT NULL)",
        name="decided_by_two",
    ),
    CheckConstraint("(ruling = 'override') = (correction IS NOT NULL)", name="names_the_fact"),
    Index("uq_review_open", "application_id", unique=True, postgresql_where=text(OPEN)),
    Index(
        "uq_review_decided",
        "decision_id",
        unique=True,
        postgresql_where=text("subject = 'objection' AND status = 'decided'"),
    ),
    Index("ix_review_application_id", "application_id", "id"),
    Index("ix_review_open", "id", postgresql_where=text(OPEN)),
)
"""Reviews outlive their cause: who proposed and who confirmed is never changed afterwards."""

review_step: Final = Table(
    "review_step",
    metadata,
    id_column(),
    Column("review_id", Uuid, ForeignKey("review.id"), nullable=False),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("event", Text, nullable=False),
    *choice("status", ReviewStatus),
    Column("actor", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("at", _TIME, nullable=False),
    Index("ix_review_step_review_id", "review_id", "id"),
)

letter_number: Final = Sequence("letter_number", metadata=metadata)

letter: Final = Table(
    "letter",
    metadata,
    id_column(),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("decision_id", Uuid, ForeignKey("decision.id"), nullable=False),
    Column("review_id", Uuid, ForeignKey("review.id")),
    Column("number", Text, nullable=False),
    # The JSON that was hashed, kept as it is: what a letter says never changes.
    Column("document", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("issued_at", _TIME, nullable=False),
    Index("uq_letter_number", "number", unique=True),
    Index(
        "uq_letter_occasion",
        "decision_id",
        "review_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_letter_application_id", "application_id", "id"),
)

deadline: Final = Table(
    "deadline",
    metadata,
    id_column(),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    *choice("duty", Duty),
    # The submission or the review that is waited for.
    Column("subject_id", Uuid, nullable=False),
    Column("channel", Text),
    Column("product", Text),
    Column("since", _TIME, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("near_at", _TIME, nullable=False),
    Column("due_at", _TIME, nullable=False),
    # When a worker has something to tell of it next; nothing more once it is met or has lapsed.
    Column("look_at", _TIME),
    Column("met_at", _TIME),
    Index("uq_deadline_subject", "subject_id", unique=True),
    Index("ix_deadline_application_id", "application_id", "id"),
    Index("ix_deadline_running", "id", postgresql_where=text("met_at IS NULL")),
    Index("ix_deadline_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
)

channel_health: Final = Table(
    "channel_health",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failing_since", _TIME),
    Column("rest_until", _TIME),
    Column("last_error", Text),
    Column("last_error_at", _TIME),
)

channel_pause: Final = Table(
    "channel_pause",
    metadata,
    id_column(),
    Column("channel", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("paused_by", Text, nullable=False),
    Column("paused_at", _TIME, nullable=False),
    Column("resumed_because", Text),
    Column("resumed_by", Text),
    Column("resumed_at", _TIME),
    CheckConstraint("(resumed_by IS NULL) = (resumed_at IS NULL)", name="resumed_by_somebody"),
    Index(
        "uq_channel_pause_open",
        "channel",
        unique=True,
        postgresql_where=text("resumed_at IS NULL"),
    ),
)

SET_ASIDE: Final = "status = 'set_aside'"

quarantine: Final = Table(
    "quarantine",
    metadata,
    id_column(),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("channel", Text, nullable=False),
    *choice("status", QuarantineStatus),
    *choice("cause", Cause),
    # The evidence: what was wrong, how often, since when, what was sent and what came back.
    Column("error", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", _TIME, nullable=False),
    Column("last_at", _TIME, nullable=False),
    Column("sent", JSONB, nullable=False),
    Column("returned", JSONB, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", _TIME),
    Column("note", Text),
    *version_columns(),
    CheckConstraint(
        "(status = 'set_aside') = (decided_at IS NULL AND decided_by IS NULL)", name="decided"
    ),
    Index(
        "uq_quarantine_application_id",
        "application_id",
        unique=True,
        postgresql_where=text(SET_ASIDE),
    ),
    Index("ix_quarantine_set_aside", "channel", postgresql_where=text(SET_ASIDE)),
)

RUNNING: Final = "due_at IS NOT NULL"

reconciliation: Final = Table(
    "reconciliation",
    metadata,
    id_column(),
    Column("channel", Text, nullable=False),
    # Of the daily one; null where somebody has asked for it.
    Column("day", Date),
    *choice("status", RunStatus),
    Column("requested_by", Text, nullable=False),
    # The fence, as for submissions; and how often in a row the ledger could not be read.
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    # Where the next part begins: in the lender's ledger, among ours, among its lines.
    Column("place", Text),
    Column("lines", Integer, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("error", Text),
    Column("due_at", _TIME),
    Column("begun_at", _TIME),
    Column("ended_at", _TIME),
    *version_columns(),
    Index("uq_reconciliation_day", "channel", "day", unique=True),
    Index("uq_reconciliation_running", "channel", unique=True, postgresql_where=text(RUNNING)),
)

ledger_line: Final = Table(
    "ledger_line",
    metadata,
    Column("reconciliation_id", Uuid, ForeignKey("reconciliation.id"), primary_key=True),
    Column("no", Integer, primary_key=True),
    Column("our_reference", Text, nullable=False),
    Column("reference", Text, nullable=False),
    *choice("stage", Stage),
    Column("amount", BigInteger, nullable=False),
    Column("at", _TIME, nullable=False),
    Index("ix_ledger_line_reconciliation_id", "reconciliation_id", "our_reference", "no"),
)
"""A lender's ledger while it is compared; forgotten afterwards."""

CASE_OPEN: Final = "status = 'open'"

ledger_case: Final = Table(
    "ledger_case",
    metadata,
    id_column(),
    Column("channel", Text, nullable=False),
    *choice("difference", Difference),
    *choice("status", CaseStatus),
    Column("our_reference", Text, nullable=False),
    Column("submission_id", Uuid, ForeignKey("submission.id")),
    Column("application_id", Uuid, ForeignKey("application.id")),
    Column("ours", JSONB),
    Column("theirs", JSONB, nullable=False),
    Column("first_run_id", Uuid, ForeignKey("reconciliation.id"), nullable=False),
    Column("last_run_id", Uuid, ForeignKey("reconciliation.id"), nullable=False),
    *choice("mend", Mend, nullable=True),
    Column("note", Text),
    Column("resolved_by", Text),
    Column("resolved_at", _TIME),
    *version_columns(),
    CheckConstraint(
        "(status = 'resolved') = (mend IS NOT NULL AND note IS NOT NULL "
        "AND resolved_by IS NOT NULL AND resolved_at IS NOT NULL)",
        name="resolved_by_somebody",
    ),
    Index(
        "uq_ledger_case_open",
        "channel",
        "our_reference",
        "difference",
        unique=True,
        postgresql_where=text(CASE_OPEN),
    ),
)

quota: Final = Table(
    "quota",
    metadata,
    id_column(),
    Column("channel", Text, nullable=False),
    # Null covers any product, any province.
    Column("product", Text),
    Column("province_code", Text),
    Column("year", Integer, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    # Something was given back or added: whoever waits is to be looked at again.
    Column("recheck", Boolean, nullable=False),
    *version_columns(),
    CheckConstraint(f"total BETWEEN 0 AND {AMOUNT_MAX}", name="total"),
    CheckConstraint("held >= 0 AND used >= 0 AND held + used <= total", name="not_overdrawn"),
    Index(
        "uq_quota_channel",
        "channel",
        "year",
        "product",
        "province_code",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_quota_recheck", "channel", postgresql_where=text("recheck")),
)

quota_holding: Final = Table(
    "quota_holding",
    metadata,
    Column("quota_id", Uuid, ForeignKey("quota.id"), primary_key=True),
    Column("submission_id", Uuid, primary_key=True),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    *choice("status", Holding),
    Column("expires_on", Date, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("changed_at", _TIME, nullable=False),
    Index("ix_quota_holding_submission_id", "submission_id"),
    Index("ix_quota_holding_expires_on", "expires_on", postgresql_where=text("status = 'held'")),
    Index("ix_quota_holding_quota_id", "quota_id", "created_at"),
)

quota_waiting: Final = Table(
    "quota_waiting",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("province_code", Text),
    Column("leg_no", Integer, nullable=False),
    Column("rate_bp", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("left_at", _TIME),
    Index(
        "uq_quota_waiting_application_id",
        "application_id",
        "channel",
        unique=True,
        postgresql_where=text("left_at IS NULL"),
    ),
    Index(
        "ix_quota_waiting_channel", "channel", "number", postgresql_where=text("left_at IS NULL")
    ),
)

heartbeat: Final = Table(
    "heartbeat",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("at", _TIME, nullable=False),
)

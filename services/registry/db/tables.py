"""Every table of the registry."""

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
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.registry.domain.cooperative import (
    Board,
    CooperativeKind,
    CooperativeStatus,
    HealthGrade,
    Position,
    VillageOffice,
)
from services.registry.domain.facts import Purpose
from services.registry.domain.importing import ImportKind, ImportStatus, RowOutcome
from services.registry.domain.membership import Status as MembershipStatus
from services.registry.domain.mentoring import MentoringStatus
from services.registry.domain.person import (
    Education,
    EmployerKind,
    EvidenceKind,
    MigrationStatus,
    PlacementSector,
    ReturnReason,
    Scheme,
    Sex,
    VerificationLevel,
)
from services.registry.domain.training import TrainingStatus, TrainingTopic
from shared.auth import Kind
from shared.events import add_event_tables
from shared.idempotency import add_idempotency_table
from shared.tables import choice, id_column, new_metadata, version_columns

metadata: Final = new_metadata()
event: Final = add_event_tables(metadata)
idempotency: Final = add_idempotency_table(metadata)

_TIME = DateTime(timezone=True)

client: Final = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret_hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    *choice("kind", Kind),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("cooperative_id", Uuid),
    Column("person_id", Uuid),
    Column("channel", Text),
    Column("created_at", _TIME, nullable=False),
)

region: Final = Table(
    "region",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("parent_code", Text, ForeignKey("region.code")),
    Column("postcode", Text),
    CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    Index("ix_region_parent_code", "parent_code"),
    Index(
        "ix_region_name_trgm",
        "name",
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    ),
)

region_change: Final = Table(
    "region_change",
    metadata,
    Column("old_code", Text, primary_key=True),
    Column("old_name", Text, nullable=False),
    Column("new_code", Text, nullable=False),
    Column("new_name", Text, nullable=False),
)

person: Final = Table(
    "person",
    metadata,
    id_column(),
    Column("registered_by", Text, nullable=False),
    Column("external_id", Text),
    Column("nik_index", LargeBinary),
    Column("nik_cipher", LargeBinary),
    Column("nik_key_id", Text),
    Column("nik_warnings", JSONB, nullable=False, server_default="[]"),
    Column("full_name", Text, nullable=False),
    Column("birth_date", Date),
    *choice("sex", Sex),
    Column("phone", Text),
    Column("ktp_village_code", Text, ForeignKey("region.code")),
    Column("domicile_village_code", Text, ForeignKey("region.code")),
    Column("married", Boolean),
    *choice("education", Education, nullable=True),
    *choice("migration_status", MigrationStatus),
    *choice("verification_level", VerificationLevel),
    Column("skills", JSONB, nullable=False, server_default="[]"),
    Column("languages", JSONB, nullable=False, server_default="[]"),
    Column("certificates", JSONB, nullable=False, server_default="[]"),
    Column("import_hash", LargeBinary),
    *version_columns(),
    UniqueConstraint("nik_index"),
    UniqueConstraint("registered_by", "external_id"),
    CheckConstraint("(nik_index IS NULL) = (nik_cipher IS NULL)", name="nik_whole"),
    Index("ix_person_owner", "registered_by", "id"),
    Index("ix_person_domicile", "domicile_village_code", "id"),
)

placement: Final = Table(
    "placement",
    metadata,
    id_column(),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("country", Text, nullable=False),
    *choice("sector", PlacementSector, nullable=True),
    *choice("employer_kind", EmployerKind, nullable=True),
    *choice("scheme", Scheme, nullable=True),
    Column("occupation", Text),
    Column("contract_from", Date),
    Column("contract_until", Date),
    Column("departed_on", Date),
    Column("returned_on", Date),
    *choice("return_reason", ReturnReason, nullable=True),
    Column("created_at", _TIME, nullable=False),
    Index("ix_placement_person_id", "person_id", "id"),
)

kinship: Final = Table(
    "kinship",
    metadata,
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    Column("relative_id", Uuid, ForeignKey("person.id"), primary_key=True),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", _TIME, nullable=False),
    # One row a pair, the smaller id first: kinship has no direction here.
    CheckConstraint("person_id < relative_id", name="ordered"),
    Index("ix_kinship_relative_id", "relative_id"),
)

verification: Final = Table(
    "verification",
    metadata,
    id_column(),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    *choice("level", VerificationLevel),
    *choice("evidence_kind", EvidenceKind),
    Column("reference", Text, nullable=False),
    Column("attested_by", Uuid, nullable=False),
    Column("attested_on", Date, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", _TIME, nullable=False),
    Index("ix_verification_person_id", "person_id", "id"),
)

cooperative: Final = Table(
    "cooperative",
    metadata,
    id_column(),
    Column("registered_by", Text, nullable=False),
    Column("external_id", Text),
    *choice("kind", CooperativeKind),
    Column("name", Text, nullable=False),
    *choice("status", CooperativeStatus),
    Column("legal_entity_no", Text),
    Column("legal_entity_on", Date),
    Column("coop_registry_no", Text),
    Column("certificate_valid_until", Date),
    Column("founded_on", Date, nullable=False),
    Column("has_usp", Boolean, nullable=False),
    Column("microsite_url", Text),
    Column("npwp", Text),
    Column("nib", Text),
    *choice("health_grade", HealthGrade, nullable=True),
    Column("import_hash", LargeBinary),
    *version_columns(),
    UniqueConstraint("coop_registry_no"),
    UniqueConstraint("registered_by", "external_id"),
    Index("ix_cooperative_owner", "registered_by", "id"),
)

cooperative_village: Final = Table(
    "cooperative_village",
    metadata,
    Column("cooperative_id", Uuid, ForeignKey("cooperative.id"), primary_key=True),
    Column("village_code", Text, ForeignKey("region.code"), primary_key=True),
    Index("ix_cooperative_village_code", "village_code", "cooperative_id"),
)

officer: Final = Table(
    "officer",
    metadata,
    id_column(),
    Column("cooperative_id", Uuid, ForeignKey("cooperative.id"), nullable=False),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    *choice("board", Board),
    *choice("position", Position),
    Column("since", Date, nullable=False),
    Column("until", Date),
    *choice("village_office", VillageOffice, nullable=True),
    CheckConstraint("until IS NULL OR until >= since", name="order"),
    Index("ix_officer_cooperative_id", "cooperative_id", "id"),
    Index("ix_officer_person_id", "person_id"),
)

rat: Final = Table(
    "rat",
    metadata,
    Column("cooperative_id", Uuid, ForeignKey("cooperative.id"), primary_key=True),
    Column("book_year", Integer, primary_key=True),
    Column("held_on", Date, nullable=False),
)

figures: Final = Table(
    "figures",
    metadata,
    Column("cooperative_id", Uuid, ForeignKey("cooperative.id"), primary_key=True),
    Column("book_year", Integer, primary_key=True),
    Column("shu", BigInteger, nullable=False),
    Column("equity", BigInteger, nullable=False),
    Column("assets", BigInteger, nullable=False),
)

LIVE_MEMBERSHIP: Final = "status IN ('applied', 'active', 'suspended')"

membership: Final = Table(
    "membership",
    metadata,
    id_column(),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("cooperative_id", Uuid, ForeignKey("cooperative.id"), nullable=False),
    *choice("status", MembershipStatus),
    *version_columns(),
    Index(
        "uq_membership_live",
        "person_id",
        "cooperative_id",
        unique=True,
        postgresql_where=text(LIVE_MEMBERSHIP),
    ),
    Index("ix_membership_person_id", "person_id", "id"),
    Index("ix_membership_cooperative_id", "cooperative_id", "id"),
)

membership_step: Final = Table(
    "membership_step",
    metadata,
    id_column(),
    Column("membership_id", Uuid, ForeignKey("membership.id"), nullable=False),
    Column("event", Text, nullable=False),
    *choice("status", MembershipStatus),
    Column("caller_id", Text, nullable=False),
    Column("officer_id", Uuid),
    Column("reason", Text),
    Column("at", _TIME, nullable=False),
    Index("ix_membership_step_membership_id", "membership_id", "id"),
)

mentoring: Final = Table(
    "mentoring",
    metadata,
    id_column(),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("mentor_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("cooperative_id", Uuid, ForeignKey("cooperative.id")),
    *choice("status", MentoringStatus),
    Column("started_on", Date),
    Column("ended_on", Date),
    Column("recorded_by", Text, nullable=False),
    *version_columns(),
    CheckConstraint("person_id <> mentor_id", name="not_self"),
    Index("ix_mentoring_person_id", "person_id", "id"),
)

training: Final = Table(
    "training",
    metadata,
    id_column(),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    *choice("topic", TrainingTopic),
    Column("title", Text, nullable=False),
    Column("provider", Text, nullable=False),
    *choice("status", TrainingStatus),
    Column("completed_on", Date),
    Column("recorded_by", Text, nullable=False),
    *version_columns(),
    Index("ix_training_person_id", "person_id", "id"),
)

facts_reading: Final = Table(
    "facts_reading",
    metadata,
    id_column(),
    Column("subject_id", Uuid, nullable=False),
    *choice("purpose", Purpose),
    Column("caller_id", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("at", _TIME, nullable=False),
    Index("ix_facts_reading_subject_id", "subject_id", "id"),
)

import_: Final = Table(
    "import",
    metadata,
    id_column(),
    *choice("kind", ImportKind),
    Column("file_name", Text, nullable=False),
    *choice("status", ImportStatus),
    Column("created_by", Text, nullable=False),
    Column("run", Integer, nullable=False),
    Column("rows_read", Integer, nullable=False),
    Column("rows_accepted", Integer, nullable=False),
    Column("rows_unchanged", Integer, nullable=False),
    Column("rows_refused", Integer, nullable=False),
    Column("finished_at", _TIME),
    *version_columns(),
    Index("ix_import_created_by", "created_by", "id"),
)

import_row: Final = Table(
    "import_row",
    metadata,
    # No foreign keys: looking them up would cost more than the row itself, and imports stay.
    Column("import_id", Uuid, primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    *choice("outcome", RowOutcome),
    Column("subject_id", Uuid),
    Column("faults", JSONB, nullable=False),
    Index(
        "ix_import_row_refused",
        "import_id",
        "run",
        "number",
        postgresql_where=text("outcome = 'refused'"),
    ),
    Index("ix_import_row_subject", "import_id", "run", "subject_id"),
)

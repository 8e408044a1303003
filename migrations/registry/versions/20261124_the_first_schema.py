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
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "client",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("cooperative_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('mobile_backend', 'cooperative_officer', 'ministry_analyst', 'lender', 'service', 'auditor')",
            name=op.f("ck_client_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
    )
    op.create_table(
        "cooperative",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("legal_entity_no", sa.Text(), nullable=True),
        sa.Column("legal_entity_on", sa.Date(), nullable=True),
        sa.Column("coop_registry_no", sa.Text(), nullable=True),
        sa.Column("certificate_valid_until", sa.Date(), nullable=True),
        sa.Column("founded_on", sa.Date(), nullable=False),
        sa.Column("has_usp", sa.Boolean(), nullable=False),
        sa.Column("microsite_url", sa.Text(), nullable=True),
        sa.Column("npwp", sa.Text(), nullable=True),
        sa.Column("nib", sa.Text(), nullable=True),
        sa.Column("health_grade", sa.Text(), nullable=True),
        sa.Column("import_hash", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "health_grade IN ('sehat', 'cukup_sehat', 'dalam_pengawasan', 'dalam_pengawasan_khusus')",
            name=op.f("ck_cooperative_health_grade"),
        ),
        sa.CheckConstraint(
            "kind IN ('kopdes', 'kelkopdes', 'migrant_worker', 'ksp', 'secondary')",
            name=op.f("ck_cooperative_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('forming', 'active', 'dormant', 'winding_up', 'abandoned', 'merged', 'dissolved')",
            name=op.f("ck_cooperative_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cooperative")),
        sa.UniqueConstraint("coop_registry_no", name=op.f("uq_cooperative_coop_registry_no")),
        sa.UniqueConstraint(
            "registered_by", "external_id", name=op.f("uq_cooperative_registered_by_external_id")
        ),
    )
    op.create_index("ix_cooperative_owner", "cooperative", ["registered_by", "id"], unique=False)
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
        "facts_reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('prequalification', 'assessment', 'submission')",
            name=op.f("ck_facts_reading_purpose"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts_reading")),
    )
    op.create_index(
        "ix_facts_reading_subject_id", "facts_reading", ["subject_id", "id"], unique=False
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
        "import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_accepted", sa.Integer(), nullable=False),
        sa.Column("rows_unchanged", sa.Integer(), nullable=False),
        sa.Column("rows_refused", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('people', 'cooperatives')", name=op.f("ck_import_kind")),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'finished', 'stopped')",
            name=op.f("ck_import_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    op.create_index("ix_import_created_by", "import", ["created_by", "id"], unique=False)
    op.create_table(
        "import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'unchanged', 'refused')", name=op.f("ck_import_row_outcome")
        ),
        sa.PrimaryKeyConstraint("import_id", "run", "number", name=op.f("pk_import_row")),
    )
    op.create_index(
        "ix_import_row_refused",
        "import_row",
        ["import_id", "run", "number"],
        unique=False,
        postgresql_where=sa.text("outcome = 'refused'"),
    )
    op.create_index(
        "ix_import_row_subject", "import_row", ["import_id", "run", "subject_id"], unique=False
    )
    op.create_table(
        "region",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_region_level")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["region.code"], name=op.f("fk_region_parent_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    op.create_index(
        "ix_region_name_trgm",
        "region",
        ["name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_index("ix_region_parent_code", "region", ["parent_code"], unique=False)
    op.create_table(
        "region_change",
        sa.Column("old_code", sa.Text(), nullable=False),
        sa.Column("old_name", sa.Text(), nullable=False),
        sa.Column("new_code", sa.Text(), nullable=False),
        sa.Column("new_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("old_code", name=op.f("pk_region_change")),
    )
    op.create_table(
        "cooperative_village",
        sa.Column("cooperative_id", sa.Uuid(), nullable=False),
        sa.Column("village_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_cooperative_village_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["village_code"], ["region.code"], name=op.f("fk_cooperative_village_village_code")
        ),
        sa.PrimaryKeyConstraint(
            "cooperative_id", "village_code", name=op.f("pk_cooperative_village")
        ),
    )
    op.create_index(
        "ix_cooperative_village_code",
        "cooperative_village",
        ["village_code", "cooperative_id"],
        unique=False,
    )
    op.create_table(
        "figures",
        sa.Column("cooperative_id", sa.Uuid(), nullable=False),
        sa.Column("book_year", sa.Integer(), nullable=False),
        sa.Column("shu", sa.BigInteger(), nullable=False),
        sa.Column("equity", sa.BigInteger(), nullable=False),
        sa.Column("assets", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_figures_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "book_year", name=op.f("pk_figures")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("nik_index", sa.LargeBinary(), nullable=True),
        sa.Column("nik_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("nik_key_id", sa.Text(), nullable=True),
        sa.Column(
            "nik_warnings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("ktp_village_code", sa.Text(), nullable=True),
        sa.Column("domicile_village_code", sa.Text(), nullable=True),
        sa.Column("married", sa.Boolean(), nullable=True),
        sa.Column("education", sa.Text(), nullable=True),
        sa.Column("migration_status", sa.Text(), nullable=False),
        sa.Column("verification_level", sa.Text(), nullable=False),
        sa.Column(
            "skills", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column(
            "languages",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column(
            "certificates",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("import_hash", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "education IN ('none', 'sd', 'smp', 'sma', 'smk', 'd1', 'd2', 'd3', 'd4', 's1', 's2', 's3')",
            name=op.f("ck_person_education"),
        ),
        sa.CheckConstraint(
            "migration_status IN ('abroad', 'on_leave', 'returned', 'departed_again', 'deceased')",
            name=op.f("ck_person_migration_status"),
        ),
        sa.CheckConstraint("sex IN ('female', 'male')", name=op.f("ck_person_sex")),
        sa.CheckConstraint(
            "verification_level IN ('self_declared', 'village_attested', 'siskop2mi_matched', 'dukcapil_verified')",
            name=op.f("ck_person_verification_level"),
        ),
        sa.CheckConstraint(
            "(nik_index IS NULL) = (nik_cipher IS NULL)", name=op.f("ck_person_nik_whole")
        ),
        sa.ForeignKeyConstraint(
            ["domicile_village_code"],
            ["region.code"],
            name=op.f("fk_person_domicile_village_code"),
        ),
        sa.ForeignKeyConstraint(
            ["ktp_village_code"], ["region.code"], name=op.f("fk_person_ktp_village_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("nik_index", name=op.f("uq_person_nik_index")),
        sa.UniqueConstraint(
            "registered_by", "external_id", name=op.f("uq_person_registered_by_external_id")
        ),
    )
    op.create_index("ix_person_domicile", "person", ["domicile_village_code", "id"], unique=False)
    op.create_index("ix_person_owner", "person", ["registered_by", "id"], unique=False)
    op.create_table(
        "rat",
        sa.Column("cooperative_id", sa.Uuid(), nullable=False),
        sa.Column("book_year", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_rat_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "book_year", name=op.f("pk_rat")),
    )
    op.create_table(
        "kinship",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("relative_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("person_id < relative_id", name=op.f("ck_kinship_ordered")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kinship_person_id")),
        sa.ForeignKeyConstraint(
            ["relative_id"], ["person.id"], name=op.f("fk_kinship_relative_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "relative_id", name=op.f("pk_kinship")),
    )
    op.create_index("ix_kinship_relative_id", "kinship", ["relative_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("cooperative_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('applied', 'active', 'suspended', 'rejected', 'resigned', 'expelled')",
            name=op.f("ck_membership_status"),
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_membership_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_membership_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(
        "ix_membership_cooperative_id", "membership", ["cooperative_id", "id"], unique=False
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id", "id"], unique=False)
    op.create_index(
        "uq_membership_live",
        "membership",
        ["person_id", "cooperative_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('applied', 'active', 'suspended')"),
    )
    op.create_table(
        "mentoring",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("cooperative_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'running', 'completed', 'stopped')",
            name=op.f("ck_mentoring_status"),
        ),
        sa.CheckConstraint("person_id <> mentor_id", name=op.f("ck_mentoring_not_self")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_mentoring_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["mentor_id"], ["person.id"], name=op.f("fk_mentoring_mentor_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mentoring_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentoring")),
    )
    op.create_index("ix_mentoring_person_id", "mentoring", ["person_id", "id"], unique=False)
    op.create_table(
        "officer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cooperative_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("village_office", sa.Text(), nullable=True),
        sa.CheckConstraint("board IN ('pengurus', 'pengawas')", name=op.f("ck_officer_board")),
        sa.CheckConstraint(
            "position IN ('ketua', 'wakil_ketua', 'sekretaris', 'bendahara', 'anggota')",
            name=op.f("ck_officer_position"),
        ),
        sa.CheckConstraint(
            "village_office IN ('kades', 'lurah', 'sekdes', 'kaur', 'kasi', 'kadus', 'bpd')",
            name=op.f("ck_officer_village_office"),
        ),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_officer_order")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_officer_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_officer_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
    )
    op.create_index("ix_officer_cooperative_id", "officer", ["cooperative_id", "id"], unique=False)
    op.create_index("ix_officer_person_id", "officer", ["person_id"], unique=False)
    op.create_table(
        "placement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("employer_kind", sa.Text(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column("contract_from", sa.Date(), nullable=True),
        sa.Column("contract_until", sa.Date(), nullable=True),
        sa.Column("departed_on", sa.Date(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "employer_kind IN ('individual', 'legal_entity')",
            name=op.f("ck_placement_employer_kind"),
        ),
        sa.CheckConstraint(
            "return_reason IN ('contract_completed', 'leave', 'laid_off', 'illness', 'death', 'deportation', 'repatriation', 'legal_case', 'unpaid_wages', 'violence', 'pregnancy', 'unfit', 'family', 'conflict_or_disaster')",
            name=op.f("ck_placement_return_reason"),
        ),
        sa.CheckConstraint(
            "scheme IN ('p2p', 'g2g', 'g2p', 'ukps', 'perseorangan', 're_entry', 'ssw', 'undocumented')",
            name=op.f("ck_placement_scheme"),
        ),
        sa.CheckConstraint("sector IN ('formal', 'informal')", name=op.f("ck_placement_sector")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_placement_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement")),
    )
    op.create_index("ix_placement_person_id", "placement", ["person_id", "id"], unique=False)
    op.create_table(
        "training",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('enrolled', 'attending', 'completed', 'failed', 'dropped')",
            name=op.f("ck_training_status"),
        ),
        sa.CheckConstraint(
            "topic IN ('entrepreneurship', 'financial_literacy', 'cooperative', 'vocational')",
            name=op.f("ck_training_topic"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_training_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
    )
    op.create_index("ix_training_person_id", "training", ["person_id", "id"], unique=False)
    op.create_table(
        "verification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("evidence_kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("attested_by", sa.Uuid(), nullable=False),
        sa.Column("attested_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "evidence_kind IN ('village_letter', 'siskop2mi_record', 'dukcapil_match')",
            name=op.f("ck_verification_evidence_kind"),
        ),
        sa.CheckConstraint(
            "level IN ('self_declared', 'village_attested', 'siskop2mi_matched', 'dukcapil_verified')",
            name=op.f("ck_verification_level"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_verification_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    op.create_index("ix_verification_person_id", "verification", ["person_id", "id"], unique=False)
    op.create_table(
        "membership_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('applied', 'active', 'suspended', 'rejected', 'resigned', 'expelled')",
            name=op.f("ck_membership_step_status"),
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_membership_step_membership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_step")),
    )
    op.create_index(
        "ix_membership_step_membership_id",
        "membership_step",
        ["membership_id", "id"],
        unique=False,
    )
    op.execute("INSERT INTO event_head (one, number) VALUES (1, 0)")


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_index("ix_membership_step_membership_id", table_name="membership_step")
    op.drop_table("membership_step")
    op.drop_index("ix_verification_person_id", table_name="verification")
    op.drop_table("verification")
    op.drop_index("ix_training_person_id", table_name="training")
    op.drop_table("training")
    op.drop_index("ix_placement_person_id", table_name="placement")
    op.drop_table("placement")
    op.drop_index("ix_officer_person_id", table_name="officer")
    op.drop_index("ix_officer_cooperative_id", table_name="officer")
    op.drop_table("officer")
    op.drop_index("ix_mentoring_person_id", table_name="mentoring")
    op.drop_table("mentoring")
    op.drop_index(
        "uq_membership_live",
        table_name="membership",
        postgresql_where=sa.text("status IN ('applied', 'active', 'suspended')"),
    )
    op.drop_index("ix_membership_person_id", table_name="membership")
    op.drop_index("ix_membership_cooperative_id", table_name="membership")
    op.drop_table("membership")
    op.drop_index("ix_kinship_relative_id", table_name="kinship")
    op.drop_table("kinship")
    op.drop_table("rat")
    op.drop_index("ix_person_owner", table_name="person")
    op.drop_index("ix_person_domicile", table_name="person")
    op.drop_table("person")
    op.drop_table("figures")
    op.drop_index("ix_cooperative_village_code", table_name="cooperative_village")
    op.drop_table("cooperative_village")
    op.drop_table("region_change")
    op.drop_index("ix_region_parent_code", table_name="region")
    op.drop_index(
        "ix_region_name_trgm",
        table_name="region",
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.drop_table("region")
    op.drop_index("ix_import_row_subject", table_name="import_row")
    op.drop_index(
        "ix_import_row_refused",
        table_name="import_row",
        postgresql_where=sa.text("outcome = 'refused'"),
    )
    op.drop_table("import_row")
    op.drop_index("ix_import_created_by", table_name="import")
    op.drop_table("import")
    op.drop_index("ix_idempotency_created_at", table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_index("ix_facts_reading_subject_id", table_name="facts_reading")
    op.drop_table("facts_reading")
    op.drop_table("event_head")
    op.drop_table("event")
    op.drop_index("ix_cooperative_owner", table_name="cooperative")
    op.drop_table("cooperative")
    op.drop_table("client")

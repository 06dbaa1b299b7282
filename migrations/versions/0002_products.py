"""Products, standards, release plans and licences."""

import sqlalchemy as sa
from alembic import op

revision = "0002_products"
down_revision = "0001_the_ground"

SQLITE = [
    """CREATE TRIGGER requirement_keep_update BEFORE UPDATE ON requirement WHEN OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL OR NEW.bound IS NOT OLD.bound OR NEW.unit IS NOT OLD.unit OR NEW.clause_id IS NOT OLD.clause_id OR NEW.scope IS NOT OLD.scope OR NEW.code IS NOT OLD.code OR NEW.id IS NOT OLD.id BEGIN SELECT RAISE(ABORT, 'append only: requirement'); END""",
    """CREATE TRIGGER requirement_keep_delete BEFORE DELETE ON requirement BEGIN SELECT RAISE(ABORT, 'append only: requirement'); END""",
    """CREATE TRIGGER requirement_keep_insert BEFORE INSERT ON requirement WHEN EXISTS (SELECT 1 FROM requirement WHERE (id = NEW.id) OR (code = NEW.code AND revision = NEW.revision) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: requirement'); END""",
]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION refuse_changed_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL
     AND NEW.bound = OLD.bound AND NEW.unit = OLD.unit AND NEW.clause_id = OLD.clause_id
     AND NEW.scope = OLD.scope AND NEW.code = OLD.code AND NEW.id = OLD.id THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING MESSAGE = 'append only: requirement', ERRCODE = 'restrict_violation';
END $$""",
    """CREATE TRIGGER requirement_keep BEFORE UPDATE OR DELETE ON requirement FOR EACH ROW EXECUTE FUNCTION refuse_changed_limit()""",
    """CREATE TRIGGER requirement_keep_all BEFORE TRUNCATE ON requirement FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_limit()""",
]
FUNCTIONS = ["refuse_changed_limit"]


def upgrade() -> None:
    """Products, standards, release plans and licences."""
    op.create_table(
        "characteristic",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_characteristic")),
        sa.UniqueConstraint("name", name=op.f("uq_characteristic_name")),
    )
    op.create_table(
        "division",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=9), nullable=True),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["division.code"], name=op.f("fk_division_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_division")),
    )
    op.create_index(op.f("ix_division_name"), "division", ["name"], unique=False)
    op.create_index(op.f("ix_division_parent"), "division", ["parent"], unique=False)
    op.create_table(
        "product",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("in_plan", sa.Boolean(), nullable=False),
        sa.Column("default_form", sa.String(length=40), nullable=False),
        sa.Column("area_text", sa.Text(), nullable=True),
        sa.Column("area_certainty", sa.String(length=20), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("key", name=op.f("uq_product_key")),
        sa.UniqueConstraint("name", name=op.f("uq_product_name")),
    )
    op.create_table(
        "area_part",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["division.code"], name=op.f("fk_area_part_code")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_area_part_product_id")
        ),
        sa.PrimaryKeyConstraint("product_id", "code", name=op.f("pk_area_part")),
    )
    op.create_table(
        "division_alias",
        sa.Column("county", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["division.code"], name=op.f("fk_division_alias_code")),
        sa.ForeignKeyConstraint(
            ["county"], ["division.code"], name=op.f("fk_division_alias_county")
        ),
        sa.PrimaryKeyConstraint("county", "name", name=op.f("pk_division_alias")),
    )
    op.create_table(
        "product_alias",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_alias_product_id")
        ),
        sa.PrimaryKeyConstraint("product_id", "name", name=op.f("pk_product_alias")),
    )
    op.create_table(
        "product_term",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("base", sa.String(length=5), nullable=True),
        sa.Column("units", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'form') = (base IS NOT NULL)", name=op.f("ck_product_term_form_has_base")
        ),
        sa.CheckConstraint("base IN ('mass', 'count')", name=op.f("ck_product_term_base")),
        sa.CheckConstraint(
            "kind IN ('form', 'grade', 'process', 'condition', 'matrix')",
            name=op.f("ck_product_term_known"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_term_product_id")
        ),
        sa.PrimaryKeyConstraint("product_id", "kind", "name", name=op.f("pk_product_term")),
    )
    op.create_table(
        "standard",
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("stages", sa.Text(), nullable=False),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_standard_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard")),
        sa.UniqueConstraint("number", name=op.f("uq_standard_number")),
    )
    op.create_table(
        "trade_item",
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("net_content", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_trade_item_party_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_trade_item_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_item")),
        sa.UniqueConstraint("gtin", name=op.f("uq_trade_item_gtin")),
    )
    op.create_index(op.f("ix_trade_item_party_id"), "trade_item", ["party_id"], unique=False)
    op.create_table(
        "product_standard",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_standard_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["standard_id"], ["standard.id"], name=op.f("fk_product_standard_standard_id")
        ),
        sa.PrimaryKeyConstraint("product_id", "standard_id", name=op.f("pk_product_standard")),
    )
    op.create_table(
        "edition",
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("designation", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=60), nullable=False),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "ends IS NULL OR starts IS NULL OR ends >= starts", name=op.f("ck_edition_order")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["document.id"], name=op.f("fk_edition_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["standard_id"], ["standard.id"], name=op.f("fk_edition_standard_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("designation", name=op.f("uq_edition_designation")),
    )
    op.create_index(op.f("ix_edition_standard_id"), "edition", ["standard_id"], unique=False)
    op.create_table(
        "gi_record",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("announcement", sa.String(length=120), nullable=True),
        sa.Column("date_text", sa.String(length=10), nullable=True),
        sa.Column("registrant", sa.String(length=120), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["document.id"], name=op.f("fk_gi_record_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_gi_record_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gi_record")),
    )
    op.create_index(op.f("ix_gi_record_product_id"), "gi_record", ["product_id"], unique=False)
    op.create_table(
        "release_plan",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("standard", sa.String(length=80), nullable=False),
        sa.Column("clause", sa.String(length=120), nullable=True),
        sa.Column("every_batch", sa.Text(), nullable=False),
        sa.Column("type_items", sa.Text(), nullable=True),
        sa.Column("type_per_year", sa.Integer(), nullable=True),
        sa.Column("type_months", sa.Integer(), nullable=True),
        sa.Column("stage_events", sa.Text(), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ends IS NULL OR ends >= starts", name=op.f("ck_release_plan_order")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["document.id"], name=op.f("fk_release_plan_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_release_plan_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_plan")),
    )
    op.create_index(
        op.f("ix_release_plan_product_id"), "release_plan", ["product_id"], unique=False
    )
    op.create_table(
        "clause",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_clause_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clause")),
        sa.UniqueConstraint("edition_id", "number", name=op.f("uq_clause_edition_id_number")),
    )
    op.create_index(op.f("ix_clause_edition_id"), "clause", ["edition_id"], unique=False)
    op.create_table(
        "licence",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("mark", sa.Boolean(), nullable=False),
        sa.Column("gi_record_id", sa.Uuid(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "NOT mark OR gi_record_id IS NOT NULL", name=op.f("ck_licence_mark_has_record")
        ),
        sa.CheckConstraint("ends IS NULL OR ends >= starts", name=op.f("ck_licence_order")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["document.id"], name=op.f("fk_licence_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["gi_record_id"], ["gi_record.id"], name=op.f("fk_licence_gi_record_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_licence_party_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_licence_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
    )
    op.create_index(op.f("ix_licence_party_id"), "licence", ["party_id"], unique=False)
    op.create_index(op.f("ix_licence_product_id"), "licence", ["product_id"], unique=False)
    op.create_table(
        "requirement",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("characteristic_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("bound", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=200), nullable=True),
        sa.Column("nature", sa.String(length=20), nullable=False),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.Column("enforce", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["characteristic_id"],
            ["characteristic.id"],
            name=op.f("fk_requirement_characteristic_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clause_id"], ["clause.id"], name=op.f("fk_requirement_clause_id")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["document.id"], name=op.f("fk_requirement_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_requirement_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement")),
        sa.UniqueConstraint("code", "revision", name=op.f("uq_requirement_code_revision")),
        info={
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER requirement_keep_update BEFORE UPDATE ON requirement WHEN OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL OR NEW.bound IS NOT OLD.bound OR NEW.unit IS NOT OLD.unit OR NEW.clause_id IS NOT OLD.clause_id OR NEW.scope IS NOT OLD.scope OR NEW.code IS NOT OLD.code OR NEW.id IS NOT OLD.id BEGIN SELECT RAISE(ABORT, 'append only: requirement'); END",
                    "CREATE TRIGGER requirement_keep_delete BEFORE DELETE ON requirement BEGIN SELECT RAISE(ABORT, 'append only: requirement'); END",
                    "CREATE TRIGGER requirement_keep_insert BEFORE INSERT ON requirement WHEN EXISTS (SELECT 1 FROM requirement WHERE (id = NEW.id) OR (code = NEW.code AND revision = NEW.revision) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: requirement'); END",
                ],
                "postgresql": [
                    "CREATE OR REPLACE FUNCTION refuse_changed_limit() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  IF TG_OP = 'UPDATE' AND OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL\n     AND NEW.bound = OLD.bound AND NEW.unit = OLD.unit AND NEW.clause_id = OLD.clause_id\n     AND NEW.scope = OLD.scope AND NEW.code = OLD.code AND NEW.id = OLD.id THEN\n    RETURN NEW;\n  END IF;\n  RAISE EXCEPTION USING MESSAGE = 'append only: requirement', ERRCODE = 'restrict_violation';\nEND $$",
                    "CREATE TRIGGER requirement_keep BEFORE UPDATE OR DELETE ON requirement FOR EACH ROW EXECUTE FUNCTION refuse_changed_limit()",
                    "CREATE TRIGGER requirement_keep_all BEFORE TRUNCATE ON requirement FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_limit()",
                ],
            }
        },
    )
    op.create_index(
        op.f("ix_requirement_characteristic_id"), "requirement", ["characteristic_id"], unique=False
    )
    op.create_index(op.f("ix_requirement_clause_id"), "requirement", ["clause_id"], unique=False)
    op.create_index(op.f("ix_requirement_product_id"), "requirement", ["product_id"], unique=False)
    engine = op.get_bind().dialect.name
    for statement in POSTGRESQL if engine == "postgresql" else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Back to what was before."""
    for table in [
        "requirement",
        "licence",
        "clause",
        "release_plan",
        "gi_record",
        "edition",
        "product_standard",
        "trade_item",
        "standard",
        "product_term",
        "product_alias",
        "division_alias",
        "area_part",
        "product",
        "division",
        "characteristic",
    ]:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")

"""Instruments, their calibrations and the methods of laboratories."""

import sqlalchemy as sa
from alembic import op

revision = "0005_laboratories"
down_revision = "0004_labels"

SQLITE = [
    """CREATE TRIGGER calibration_keep_update BEFORE UPDATE ON calibration BEGIN SELECT RAISE(ABORT, 'append only: calibration'); END""",
    """CREATE TRIGGER calibration_keep_delete BEFORE DELETE ON calibration BEGIN SELECT RAISE(ABORT, 'append only: calibration'); END""",
    """CREATE TRIGGER calibration_keep_insert BEFORE INSERT ON calibration WHEN EXISTS (SELECT 1 FROM calibration WHERE (id = NEW.id) OR (corrects_id = NEW.corrects_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: calibration'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER calibration_keep BEFORE UPDATE OR DELETE ON calibration FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER calibration_keep_all BEFORE TRUNCATE ON calibration FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
]


def upgrade() -> None:
    """Instruments, their calibrations and the methods of laboratories."""
    op.create_table(
        "instrument",
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("maker", sa.String(length=80), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("serial_number", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("lowest", sa.String(length=30), nullable=True),
        sa.Column("highest", sa.String(length=30), nullable=True),
        sa.Column("characteristics", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_instrument_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_instrument_laboratory_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument")),
        sa.UniqueConstraint("laboratory_id", "name", name=op.f("uq_instrument_laboratory_id_name")),
    )
    op.create_table(
        "calibration",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("calibrated_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("certificate_number", sa.String(length=60), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("due_on > calibrated_on", name=op.f("ck_calibration_order")),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (reason IS NULL)",
            name=op.f("ck_calibration_correction_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_calibration_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["calibration.id"], name=op.f("fk_calibration_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_calibration_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_calibration_instrument_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_calibration_corrects_id")),
        info={"append_only": True},
    )
    op.create_index(
        op.f("ix_calibration_instrument_id"), "calibration", ["instrument_id"], unique=False
    )
    op.create_table(
        "method",
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("designation", sa.String(length=120), nullable=False),
        sa.Column("characteristics", sa.Text(), nullable=False),
        sa.Column("accredited", sa.String(length=120), nullable=True),
        sa.Column("accredited_until", sa.Date(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_method_account_id")),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_method_laboratory_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_method")),
        sa.UniqueConstraint(
            "laboratory_id", "designation", name=op.f("uq_method_laboratory_id_designation")
        ),
    )
    op.create_table(
        "sheet_import",
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("put_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sheet_import_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_sheet_import_instrument_id")
        ),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_sheet_import_laboratory_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_import")),
    )
    op.create_index(
        op.f("ix_sheet_import_laboratory_id"), "sheet_import", ["laboratory_id"], unique=False
    )
    engine = op.get_bind().dialect.name
    for statement in POSTGRESQL if engine == "postgresql" else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Back to what was before."""
    for table in ["sheet_import", "method", "calibration", "instrument"]:
        op.drop_table(table)

"""Plots, their approvals, and yield caps."""

import sqlalchemy as sa
from alembic import op

revision = "0010_plots"
down_revision = "0009_rule_stamp"

SQLITE = [
    """CREATE TRIGGER plot_approval_once BEFORE UPDATE ON plot_approval WHEN OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.id <> OLD.id OR NEW.plot_id <> OLD.plot_id OR NEW.year <> OLD.year OR NEW.area_mu <> OLD.area_mu OR NEW.source <> OLD.source OR NEW.approved_at <> OLD.approved_at BEGIN SELECT RAISE(ABORT, 'append only: plot_approval, which is ended once'); END""",
    """CREATE TRIGGER plot_approval_stays BEFORE DELETE ON plot_approval BEGIN SELECT RAISE(ABORT, 'append only: plot_approval, which is ended once'); END""",
    """CREATE TRIGGER plot_approval_keep_insert BEFORE INSERT ON plot_approval WHEN EXISTS (SELECT 1 FROM plot_approval WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: plot_approval'); END""",
    """CREATE TRIGGER yield_cap_keep_update BEFORE UPDATE ON yield_cap BEGIN SELECT RAISE(ABORT, 'append only: yield_cap'); END""",
    """CREATE TRIGGER yield_cap_keep_delete BEFORE DELETE ON yield_cap BEGIN SELECT RAISE(ABORT, 'append only: yield_cap'); END""",
    """CREATE TRIGGER yield_cap_keep_insert BEFORE INSERT ON yield_cap WHEN EXISTS (SELECT 1 FROM yield_cap WHERE (id = NEW.id) OR (product_id = NEW.product_id AND year = NEW.year AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: yield_cap'); END""",
]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION guard_plot_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION USING MESSAGE = 'append only: plot_approval, which is ended once', ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.id <> OLD.id OR NEW.plot_id <> OLD.plot_id OR NEW.year <> OLD.year OR NEW.area_mu <> OLD.area_mu OR NEW.source <> OLD.source OR NEW.approved_at <> OLD.approved_at THEN
    RAISE EXCEPTION USING MESSAGE = 'append only: plot_approval, which is ended once', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER plot_approval_once BEFORE UPDATE OR DELETE ON plot_approval FOR EACH ROW EXECUTE FUNCTION guard_plot_approval()""",
    """CREATE TRIGGER plot_approval_stays BEFORE TRUNCATE ON plot_approval FOR EACH STATEMENT EXECUTE FUNCTION guard_plot_approval()""",
    """CREATE TRIGGER yield_cap_keep BEFORE UPDATE OR DELETE ON yield_cap FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER yield_cap_keep_all BEFORE TRUNCATE ON yield_cap FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
]


def upgrade() -> None:
    """Plots, their approvals, and yield caps."""
    op.create_table(
        "plot",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("area_mu", sa.Text(), nullable=False),
        sa.Column("place_code", sa.String(length=9), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("worked_by", sa.String(length=64), nullable=True),
        sa.Column("outline", sa.Text(), nullable=True),
        sa.Column("west", sa.Integer(), nullable=True),
        sa.Column("south", sa.Integer(), nullable=True),
        sa.Column("east", sa.Integer(), nullable=True),
        sa.Column("north", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retire_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_plot_account_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_plot_party_id")),
        sa.ForeignKeyConstraint(["place_code"], ["division.code"], name=op.f("fk_plot_place_code")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_plot_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plot")),
        sa.UniqueConstraint("party_id", "number", name=op.f("uq_plot_party_id_number")),
    )
    op.create_index("ix_plot_bounds", "plot", ["product_id", "west"], unique=False)
    op.create_index("ix_plot_product_place", "plot", ["product_id", "place_code"], unique=False)
    op.create_table(
        "plot_sheet",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("put_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("plots", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_plot_sheet_account_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_plot_sheet_party_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_plot_sheet_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plot_sheet")),
    )
    op.create_index(op.f("ix_plot_sheet_party_id"), "plot_sheet", ["party_id"], unique=False)
    op.create_table(
        "plot_approval",
        sa.Column("plot_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("area_mu", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)",
            name=op.f("ck_plot_approval_end_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_plot_approval_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["account.id"], name=op.f("fk_plot_approval_ended_by")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["document.id"], name=op.f("fk_plot_approval_evidence_id")
        ),
        sa.ForeignKeyConstraint(["plot_id"], ["plot.id"], name=op.f("fk_plot_approval_plot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plot_approval")),
    )
    op.create_index(op.f("ix_plot_approval_plot_id"), "plot_approval", ["plot_id"], unique=False)
    op.create_index(
        "uq_plot_approval_standing",
        "plot_approval",
        ["plot_id", "year"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "yield_cap",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("base", sa.String(length=5), nullable=False),
        sa.Column("per_mu", sa.BigInteger(), nullable=False),
        sa.Column("typed", sa.String(length=30), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("season_from", sa.Date(), nullable=True),
        sa.Column("season_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("base IN ('mass', 'count')", name=op.f("ck_yield_cap_base_known")),
        sa.CheckConstraint("per_mu > 0", name=op.f("ck_yield_cap_per_mu")),
        sa.CheckConstraint("season_to >= season_from", name=op.f("ck_yield_cap_season")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_yield_cap_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["document.id"], name=op.f("fk_yield_cap_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_yield_cap_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_yield_cap")),
        sa.UniqueConstraint(
            "product_id", "year", "number", name=op.f("uq_yield_cap_product_id_year_number")
        ),
    )
    run = op.get_bind().exec_driver_sql
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        run(statement)


def downgrade() -> None:
    """Take all of it away again."""
    op.drop_table("yield_cap")
    op.drop_table("plot_approval")
    op.drop_table("plot_sheet")
    op.drop_table("plot")
    if op.get_bind().dialect.name == "postgresql":
        run = op.get_bind().exec_driver_sql
        run("DROP FUNCTION guard_plot_approval()")

"""What happens to the stock of a batch beside processing and labels."""

import sqlalchemy as sa
from alembic import op

revision = "0016_stock_acts"
down_revision = "0015_alarms"

SQLITE = [
    """CREATE TRIGGER stock_act_keep_update BEFORE UPDATE ON stock_act BEGIN SELECT RAISE(ABORT, 'append only: stock_act'); END""",
    """CREATE TRIGGER stock_act_keep_delete BEFORE DELETE ON stock_act BEGIN SELECT RAISE(ABORT, 'append only: stock_act'); END""",
    """CREATE TRIGGER stock_act_keep_insert BEFORE INSERT ON stock_act WHEN EXISTS (SELECT 1 FROM stock_act WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: stock_act'); END""",
    """CREATE TRIGGER stock_act_booked BEFORE INSERT ON stock_act WHEN COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.id AND e.batch_id = NEW.batch_id AND e.party_id = NEW.party_id AND e.account = 'stock'), 0) <> (CASE WHEN NEW.kind = 'return' THEN NEW.quantity ELSE -NEW.quantity END) BEGIN SELECT RAISE(ABORT, 'no act without its goods'); END""",
    """CREATE TRIGGER stock_act_returned BEFORE INSERT ON stock_act WHEN NEW.kind = 'return' AND NEW.quantity > COALESCE((SELECT s.quantity FROM stock_act s WHERE s.id = NEW.sale_id AND s.batch_id = NEW.batch_id AND s.kind = 'sale' AND NOT EXISTS (SELECT 1 FROM posting_correction c WHERE c.corrected = s.id)), 0) - COALESCE((SELECT SUM(r.quantity) FROM stock_act r WHERE r.sale_id = NEW.sale_id AND NOT EXISTS (SELECT 1 FROM posting_correction c WHERE c.corrected = r.id)), 0) BEGIN SELECT RAISE(ABORT, 'no return of more than was sold'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER stock_act_keep BEFORE UPDATE OR DELETE ON stock_act FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER stock_act_keep_all BEFORE TRUNCATE ON stock_act FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION stock_act_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.id AND e.batch_id = NEW.batch_id AND e.party_id = NEW.party_id AND e.account = 'stock'), 0) <> (CASE WHEN NEW.kind = 'return' THEN NEW.quantity ELSE -NEW.quantity END) THEN
    RAISE EXCEPTION USING MESSAGE = 'no act without its goods', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER stock_act_booked BEFORE INSERT ON stock_act FOR EACH ROW EXECUTE FUNCTION stock_act_booked()""",
    """CREATE OR REPLACE FUNCTION stock_act_returned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'return' AND NEW.quantity > COALESCE((SELECT s.quantity FROM stock_act s WHERE s.id = NEW.sale_id AND s.batch_id = NEW.batch_id AND s.kind = 'sale' AND NOT EXISTS (SELECT 1 FROM posting_correction c WHERE c.corrected = s.id)), 0) - COALESCE((SELECT SUM(r.quantity) FROM stock_act r WHERE r.sale_id = NEW.sale_id AND NOT EXISTS (SELECT 1 FROM posting_correction c WHERE c.corrected = r.id)), 0) THEN
    RAISE EXCEPTION USING MESSAGE = 'no return of more than was sold', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER stock_act_returned BEFORE INSERT ON stock_act FOR EACH ROW EXECUTE FUNCTION stock_act_returned()""",
]


def upgrade() -> None:
    """What happens to the stock of a batch beside processing and labels."""
    op.create_table(
        "stock_act",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.String(length=5), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("typed", sa.String(length=30), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("buyer", sa.String(length=64), nullable=True),
        sa.Column("contact", sa.String(length=64), nullable=True),
        sa.Column("sale_id", sa.Uuid(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'return') = (sale_id IS NOT NULL)", name=op.f("ck_stock_act_return_of_sale")
        ),
        sa.CheckConstraint(
            "(kind = 'sale') = (buyer IS NOT NULL)", name=op.f("ck_stock_act_sale_has_buyer")
        ),
        sa.CheckConstraint(
            "(kind = 'sale') = (contact IS NOT NULL)",
            name=op.f("ck_stock_act_buyer_can_be_reached"),
        ),
        sa.CheckConstraint("base IN ('mass', 'count')", name=op.f("ck_stock_act_base_known")),
        sa.CheckConstraint(
            "kind IN ('loss', 'sample', 'destruction', 'sale', 'return')",
            name=op.f("ck_stock_act_kind_known"),
        ),
        sa.CheckConstraint(
            "reason IS NOT NULL OR kind IN ('sample', 'sale')", name=op.f("ck_stock_act_has_reason")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_act_has_quantity")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_stock_act_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_stock_act_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_stock_act_party_id")),
        sa.ForeignKeyConstraint(["sale_id"], ["stock_act.id"], name=op.f("fk_stock_act_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_act")),
    )
    op.create_index(op.f("ix_stock_act_batch_id"), "stock_act", ["batch_id"], unique=False)
    op.create_index(op.f("ix_stock_act_party_id"), "stock_act", ["party_id"], unique=False)
    op.create_index(op.f("ix_stock_act_sale_id"), "stock_act", ["sale_id"], unique=False)
    run = op.get_bind().exec_driver_sql
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        run(statement)


def downgrade() -> None:
    """Take all of it away again."""
    op.drop_table("stock_act")
    if op.get_bind().dialect.name == "postgresql":
        run = op.get_bind().exec_driver_sql
        run("DROP FUNCTION stock_act_booked()")
        run("DROP FUNCTION stock_act_returned()")

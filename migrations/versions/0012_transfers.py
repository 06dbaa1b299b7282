"""Hand-overs of goods, and collectors' cards."""

import sqlalchemy as sa
from alembic import op

revision = "0012_transfers"
down_revision = "0011_books"

SQLITE = [
    """CREATE TRIGGER transfer_keep_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'append only: transfer'); END""",
    """CREATE TRIGGER transfer_keep_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'append only: transfer'); END""",
    """CREATE TRIGGER transfer_keep_insert BEFORE INSERT ON transfer WHEN EXISTS (SELECT 1 FROM transfer WHERE (id = NEW.id) OR (party_id = NEW.party_id AND number = NEW.number) OR (posting = NEW.posting) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: transfer'); END""",
    """CREATE TRIGGER transfer_left BEFORE INSERT ON transfer WHEN COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'transit'), 0) <> NEW.quantity OR NOT EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.batch_id AND b.party_id = NEW.party_id AND b.product_id = NEW.product_id) BEGIN SELECT RAISE(ABORT, 'no hand-over without its goods'); END""",
    """CREATE TRIGGER card_booking_keep_update BEFORE UPDATE ON card_booking BEGIN SELECT RAISE(ABORT, 'append only: card_booking'); END""",
    """CREATE TRIGGER card_booking_keep_delete BEFORE DELETE ON card_booking BEGIN SELECT RAISE(ABORT, 'append only: card_booking'); END""",
    """CREATE TRIGGER card_booking_keep_insert BEFORE INSERT ON card_booking WHEN EXISTS (SELECT 1 FROM card_booking WHERE (id = NEW.id) OR (batch_id = NEW.batch_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: card_booking'); END""",
    """CREATE TRIGGER transfer_answer_keep_update BEFORE UPDATE ON transfer_answer BEGIN SELECT RAISE(ABORT, 'append only: transfer_answer'); END""",
    """CREATE TRIGGER transfer_answer_keep_delete BEFORE DELETE ON transfer_answer BEGIN SELECT RAISE(ABORT, 'append only: transfer_answer'); END""",
    """CREATE TRIGGER transfer_answer_keep_insert BEFORE INSERT ON transfer_answer WHEN EXISTS (SELECT 1 FROM transfer_answer WHERE (id = NEW.id) OR (posting = NEW.posting) OR (transfer_id = NEW.transfer_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: transfer_answer'); END""",
    """CREATE TRIGGER transfer_answered BEFORE INSERT ON transfer_answer WHEN NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.transfer_id AND NEW.party_id = CASE WHEN NEW.kind = 'withdrawn' THEN t.party_id ELSE t.to_party_id END AND CASE WHEN NEW.kind = 'confirmed' THEN COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = t.batch_id AND e.account = 'transit'), 0) = -t.quantity AND EXISTS (SELECT 1 FROM batch_origin o JOIN batch b ON b.id = o.batch_id WHERE o.posting = NEW.posting AND o.kind = 'transfer' AND o.batch_id = NEW.batch_id AND o.parent_id = t.batch_id AND b.party_id = t.to_party_id AND o.quantity + CASE WHEN NEW.difference > 0 THEN NEW.difference ELSE 0 END = t.quantity AND t.quantity - NEW.counted = NEW.difference) ELSE COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = t.batch_id AND e.account = 'stock'), 0) = t.quantity END) BEGIN SELECT RAISE(ABORT, 'no answer without its goods'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER transfer_keep BEFORE UPDATE OR DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER transfer_keep_all BEFORE TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION transfer_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'transit'), 0) <> NEW.quantity OR NOT EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.batch_id AND b.party_id = NEW.party_id AND b.product_id = NEW.product_id) THEN
    RAISE EXCEPTION USING MESSAGE = 'no hand-over without its goods', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER transfer_left BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_left()""",
    """CREATE TRIGGER card_booking_keep BEFORE UPDATE OR DELETE ON card_booking FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER card_booking_keep_all BEFORE TRUNCATE ON card_booking FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER transfer_answer_keep BEFORE UPDATE OR DELETE ON transfer_answer FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER transfer_answer_keep_all BEFORE TRUNCATE ON transfer_answer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION transfer_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.transfer_id AND NEW.party_id = CASE WHEN NEW.kind = 'withdrawn' THEN t.party_id ELSE t.to_party_id END AND CASE WHEN NEW.kind = 'confirmed' THEN COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = t.batch_id AND e.account = 'transit'), 0) = -t.quantity AND EXISTS (SELECT 1 FROM batch_origin o JOIN batch b ON b.id = o.batch_id WHERE o.posting = NEW.posting AND o.kind = 'transfer' AND o.batch_id = NEW.batch_id AND o.parent_id = t.batch_id AND b.party_id = t.to_party_id AND o.quantity + CASE WHEN NEW.difference > 0 THEN NEW.difference ELSE 0 END = t.quantity AND t.quantity - NEW.counted = NEW.difference) ELSE COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = t.batch_id AND e.account = 'stock'), 0) = t.quantity END) THEN
    RAISE EXCEPTION USING MESSAGE = 'no answer without its goods', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER transfer_answered BEFORE INSERT ON transfer_answer FOR EACH ROW EXECUTE FUNCTION transfer_answered()""",
]


def upgrade() -> None:
    """Hand-overs of goods, and collectors' cards."""
    op.create_table(
        "collector_card",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=26), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("plots", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoke_reason IS NULL)",
            name=op.f("ck_collector_card_revoked_with_reason"),
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_collector_card_failures")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_collector_card_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_collector_card_party_id")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["account.id"], name=op.f("fk_collector_card_revoked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collector_card")),
        sa.UniqueConstraint("code", name=op.f("uq_collector_card_code")),
        sa.UniqueConstraint("party_id", "number", name=op.f("uq_collector_card_party_id_number")),
    )
    op.create_table(
        "transfer",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("to_party_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("quantity_typed", sa.String(length=30), nullable=False),
        sa.Column("quantity_unit", sa.String(length=10), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("party_id <> to_party_id", name=op.f("ck_transfer_to_another")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_transfer_has_quantity")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_transfer_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_transfer_batch_id")),
        sa.ForeignKeyConstraint(
            ["card_id"], ["collector_card.id"], name=op.f("fk_transfer_card_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_transfer_party_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_transfer_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_party_id"], ["party.id"], name=op.f("fk_transfer_to_party_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("party_id", "number", name=op.f("uq_transfer_party_id_number")),
        sa.UniqueConstraint("posting", name=op.f("uq_transfer_posting")),
    )
    op.create_index(op.f("ix_transfer_batch_id"), "transfer", ["batch_id"], unique=False)
    op.create_index(
        "ix_transfer_receiver", "transfer", ["to_party_id", "sent_at", "id"], unique=False
    )
    op.create_index("ix_transfer_sender", "transfer", ["party_id", "sent_at", "id"], unique=False)
    op.create_table(
        "card_booking",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_card_booking_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_card_booking_batch_id")),
        sa.ForeignKeyConstraint(
            ["card_id"], ["collector_card.id"], name=op.f("fk_card_booking_card_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_card_booking_party_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_card_booking_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_booking")),
        sa.UniqueConstraint("batch_id", name=op.f("uq_card_booking_batch_id")),
    )
    op.create_index(op.f("ix_card_booking_card_id"), "card_booking", ["card_id"], unique=False)
    op.create_index(op.f("ix_card_booking_party_id"), "card_booking", ["party_id"], unique=False)
    op.create_table(
        "transfer_answer",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("counted_typed", sa.String(length=30), nullable=True),
        sa.Column("counted_unit", sa.String(length=10), nullable=True),
        sa.Column("difference", sa.BigInteger(), nullable=True),
        sa.Column("condition", sa.String(length=20), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'confirmed') = (batch_id IS NOT NULL) AND (kind = 'confirmed') = (counted IS NOT NULL) AND (kind = 'confirmed') = (difference IS NOT NULL) AND (kind = 'confirmed') = (condition IS NOT NULL)",
            name=op.f("ck_transfer_answer_counted_if_confirmed"),
        ),
        sa.CheckConstraint(
            "condition IN ('intact', 'partly-damaged', 'damaged', 'wet', 'other')",
            name=op.f("ck_transfer_answer_condition_known"),
        ),
        sa.CheckConstraint(
            "kind = 'confirmed' OR note IS NOT NULL", name=op.f("ck_transfer_answer_has_reason")
        ),
        sa.CheckConstraint(
            "kind IN ('confirmed', 'refused', 'withdrawn')",
            name=op.f("ck_transfer_answer_kind_known"),
        ),
        sa.CheckConstraint("counted > 0", name=op.f("ck_transfer_answer_has_count")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_transfer_answer_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.id"], name=op.f("fk_transfer_answer_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_transfer_answer_party_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_answer_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_answer")),
        sa.UniqueConstraint("posting", name=op.f("uq_transfer_answer_posting")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_transfer_answer_transfer_id")),
    )
    op.create_index(
        op.f("ix_transfer_answer_batch_id"), "transfer_answer", ["batch_id"], unique=False
    )
    run = op.get_bind().exec_driver_sql
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        run(statement)


def downgrade() -> None:
    """Take all of it away again."""
    op.drop_table("transfer_answer")
    op.drop_table("card_booking")
    op.drop_table("transfer")
    op.drop_table("collector_card")
    if op.get_bind().dialect.name == "postgresql":
        run = op.get_bind().exec_driver_sql
        run("DROP FUNCTION transfer_left()")
        run("DROP FUNCTION transfer_answered()")

"""Certificates of promise, their receipts, and inputs of batches."""

import sqlalchemy as sa
from alembic import op

revision = "0013_promises"
down_revision = "0012_transfers"

SQLITE = [
    """CREATE TRIGGER batch_input_keep_update BEFORE UPDATE ON batch_input BEGIN SELECT RAISE(ABORT, 'append only: batch_input'); END""",
    """CREATE TRIGGER batch_input_keep_delete BEFORE DELETE ON batch_input BEGIN SELECT RAISE(ABORT, 'append only: batch_input'); END""",
    """CREATE TRIGGER batch_input_keep_insert BEFORE INSERT ON batch_input WHEN EXISTS (SELECT 1 FROM batch_input WHERE (id = NEW.id) OR (corrects_id = NEW.corrects_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: batch_input'); END""",
    """CREATE TRIGGER promise_keep_update BEFORE UPDATE ON promise BEGIN SELECT RAISE(ABORT, 'append only: promise'); END""",
    """CREATE TRIGGER promise_keep_delete BEFORE DELETE ON promise BEGIN SELECT RAISE(ABORT, 'append only: promise'); END""",
    """CREATE TRIGGER promise_keep_insert BEFORE INSERT ON promise WHEN EXISTS (SELECT 1 FROM promise WHERE (id = NEW.id) OR (number = NEW.number) OR (party_id = NEW.party_id AND issued_on = NEW.issued_on AND ordinal = NEW.ordinal) OR (replaces_id = NEW.replaces_id) OR (token = NEW.token) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: promise'); END""",
    """CREATE TRIGGER promise_link_keep_update BEFORE UPDATE ON promise_link BEGIN SELECT RAISE(ABORT, 'append only: promise_link'); END""",
    """CREATE TRIGGER promise_link_keep_delete BEFORE DELETE ON promise_link BEGIN SELECT RAISE(ABORT, 'append only: promise_link'); END""",
    """CREATE TRIGGER promise_link_keep_insert BEFORE INSERT ON promise_link WHEN EXISTS (SELECT 1 FROM promise_link WHERE (promise_id = NEW.promise_id AND old_id = NEW.old_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: promise_link'); END""",
    """CREATE TRIGGER promise_receipt_keep_update BEFORE UPDATE ON promise_receipt BEGIN SELECT RAISE(ABORT, 'append only: promise_receipt'); END""",
    """CREATE TRIGGER promise_receipt_keep_delete BEFORE DELETE ON promise_receipt BEGIN SELECT RAISE(ABORT, 'append only: promise_receipt'); END""",
    """CREATE TRIGGER promise_receipt_keep_insert BEFORE INSERT ON promise_receipt WHEN EXISTS (SELECT 1 FROM promise_receipt WHERE (id = NEW.id) OR (promise_id = NEW.promise_id AND party_id = NEW.party_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: promise_receipt'); END""",
    """CREATE TRIGGER promise_withdrawal_keep_update BEFORE UPDATE ON promise_withdrawal BEGIN SELECT RAISE(ABORT, 'append only: promise_withdrawal'); END""",
    """CREATE TRIGGER promise_withdrawal_keep_delete BEFORE DELETE ON promise_withdrawal BEGIN SELECT RAISE(ABORT, 'append only: promise_withdrawal'); END""",
    """CREATE TRIGGER promise_withdrawal_keep_insert BEFORE INSERT ON promise_withdrawal WHEN EXISTS (SELECT 1 FROM promise_withdrawal WHERE (promise_id = NEW.promise_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: promise_withdrawal'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER batch_input_keep BEFORE UPDATE OR DELETE ON batch_input FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER batch_input_keep_all BEFORE TRUNCATE ON batch_input FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER promise_keep BEFORE UPDATE OR DELETE ON promise FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER promise_keep_all BEFORE TRUNCATE ON promise FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER promise_link_keep BEFORE UPDATE OR DELETE ON promise_link FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER promise_link_keep_all BEFORE TRUNCATE ON promise_link FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER promise_receipt_keep BEFORE UPDATE OR DELETE ON promise_receipt FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER promise_receipt_keep_all BEFORE TRUNCATE ON promise_receipt FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER promise_withdrawal_keep BEFORE UPDATE OR DELETE ON promise_withdrawal FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER promise_withdrawal_keep_all BEFORE TRUNCATE ON promise_withdrawal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
]


def upgrade() -> None:
    """Certificates of promise, their receipts, and inputs of batches."""
    op.create_table(
        "batch_input",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("registration", sa.String(length=60), nullable=True),
        sa.Column("supplier", sa.String(length=120), nullable=False),
        sa.Column("supplier_number", sa.String(length=60), nullable=True),
        sa.Column("supplier_key", sa.String(length=60), nullable=True),
        sa.Column("amount_typed", sa.String(length=30), nullable=False),
        sa.Column("amount_unit", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.Column("interval_days", sa.Integer(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('pesticide', 'fertiliser', 'veterinary', 'feed', 'seed', 'other')",
            name=op.f("ck_batch_input_kind_known"),
        ),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (reason IS NULL)",
            name=op.f("ck_batch_input_correction_has_reason"),
        ),
        sa.CheckConstraint(
            "(supplier_number IS NULL) = (supplier_key IS NULL)",
            name=op.f("ck_batch_input_found_by_number"),
        ),
        sa.CheckConstraint(
            "interval_days IS NULL OR interval_days >= 0", name=op.f("ck_batch_input_interval")
        ),
        sa.CheckConstraint(
            "stopped_on IS NULL OR stopped_on >= used_on",
            name=op.f("ck_batch_input_stopped_after_use"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_batch_input_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_input_batch_id")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["batch_input.id"], name=op.f("fk_batch_input_corrects_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_batch_input_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_input")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_batch_input_corrects_id")),
    )
    op.create_index(op.f("ix_batch_input_batch_id"), "batch_input", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_batch_input_supplier_key"), "batch_input", ["supplier_key"], unique=False
    )
    op.create_table(
        "promise",
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("template", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("lead", sa.String(length=120), nullable=False),
        sa.Column("promises", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("rests_on", sa.Text(), nullable=False),
        sa.Column("other_proof", sa.Text(), nullable=True),
        sa.Column("product_name", sa.String(length=60), nullable=False),
        sa.Column("goods_form", sa.String(length=40), nullable=False),
        sa.Column("batch_number", sa.String(length=40), nullable=False),
        sa.Column("base", sa.String(length=5), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("quantity_typed", sa.String(length=30), nullable=False),
        sa.Column("quantity_unit", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("promisor", sa.String(length=120), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("contact", sa.String(length=64), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("form IN ('producer', 'purchaser')", name=op.f("ck_promise_form_known")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_promise_has_quantity")),
        sa.CheckConstraint(
            "replaces_id IS NULL OR replaces_id <> id", name=op.f("ck_promise_of_another")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_promise_account_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_promise_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_promise_party_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_promise_product_id")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["promise.id"], name=op.f("fk_promise_replaces_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
        sa.UniqueConstraint("number", name=op.f("uq_promise_number")),
        sa.UniqueConstraint(
            "party_id", "issued_on", "ordinal", name=op.f("uq_promise_party_id_issued_on_ordinal")
        ),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_promise_replaces_id")),
        sa.UniqueConstraint("token", name=op.f("uq_promise_token")),
    )
    op.create_index(op.f("ix_promise_batch_id"), "promise", ["batch_id"], unique=False)
    op.create_index(
        "ix_promise_party_issued", "promise", ["party_id", "issued_at", "id"], unique=False
    )
    op.create_index(op.f("ix_promise_product_id"), "promise", ["product_id"], unique=False)
    op.create_table(
        "promise_link",
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("old_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("promise_id <> old_id", name=op.f("ck_promise_link_of_another")),
        sa.ForeignKeyConstraint(["old_id"], ["promise.id"], name=op.f("fk_promise_link_old_id")),
        sa.ForeignKeyConstraint(
            ["promise_id"], ["promise.id"], name=op.f("fk_promise_link_promise_id")
        ),
        sa.PrimaryKeyConstraint("promise_id", "old_id", name=op.f("pk_promise_link")),
    )
    op.create_index(op.f("ix_promise_link_old_id"), "promise_link", ["old_id"], unique=False)
    op.create_table(
        "promise_receipt",
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("how IN ('number', 'scan')", name=op.f("ck_promise_receipt_how_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_promise_receipt_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_promise_receipt_party_id")
        ),
        sa.ForeignKeyConstraint(
            ["promise_id"], ["promise.id"], name=op.f("fk_promise_receipt_promise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_receipt")),
        sa.UniqueConstraint(
            "promise_id", "party_id", name=op.f("uq_promise_receipt_promise_id_party_id")
        ),
    )
    op.create_index(
        "ix_promise_receipt_party_received",
        "promise_receipt",
        ["party_id", "received_at", "id"],
        unique=False,
    )
    op.create_table(
        "promise_withdrawal",
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_promise_withdrawal_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_promise_withdrawal_party_id")
        ),
        sa.ForeignKeyConstraint(
            ["promise_id"], ["promise.id"], name=op.f("fk_promise_withdrawal_promise_id")
        ),
        sa.PrimaryKeyConstraint("promise_id", name=op.f("pk_promise_withdrawal")),
    )
    run = op.get_bind().exec_driver_sql
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        run(statement)


def downgrade() -> None:
    """Take all of it away again."""
    op.drop_table("promise_withdrawal")
    op.drop_table("promise_receipt")
    op.drop_table("promise_link")
    op.drop_table("promise")
    op.drop_table("batch_input")

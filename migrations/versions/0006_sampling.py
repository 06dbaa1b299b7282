"""Orders, samples, hand-overs and the split of batches."""

import sqlalchemy as sa
from alembic import op

revision = "0006_sampling"
down_revision = "0005_laboratories"

TABLES = ["risk_item", "batch_origin", "inspection_order", "sample", "hand_over"]
SQLITE = [
    """CREATE TRIGGER risk_item_keep_update BEFORE UPDATE ON risk_item WHEN OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.id IS NOT OLD.id OR NEW.product_id IS NOT OLD.product_id OR NEW.characteristic IS NOT OLD.characteristic OR NEW.starts IS NOT OLD.starts OR NEW.ends IS NOT OLD.ends OR NEW.reason IS NOT OLD.reason OR NEW.source IS NOT OLD.source OR NEW.account_id IS NOT OLD.account_id OR NEW.added_at IS NOT OLD.added_at BEGIN SELECT RAISE(ABORT, 'append only: risk_item'); END""",
    """CREATE TRIGGER risk_item_keep_delete BEFORE DELETE ON risk_item BEGIN SELECT RAISE(ABORT, 'append only: risk_item'); END""",
    """CREATE TRIGGER risk_item_keep_insert BEFORE INSERT ON risk_item WHEN EXISTS (SELECT 1 FROM risk_item WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: risk_item'); END""",
    """CREATE TRIGGER batch_origin_keep_update BEFORE UPDATE ON batch_origin BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_keep_delete BEFORE DELETE ON batch_origin BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_keep_insert BEFORE INSERT ON batch_origin WHEN EXISTS (SELECT 1 FROM batch_origin WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND parent_id = NEW.parent_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_moved BEFORE INSERT ON batch_origin WHEN NEW.kind = 'split' AND EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.parent_id AND b.confirmed_at IS NOT NULL) AND (COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.parent_id AND e.account = 'stock'), 0) <> -NEW.quantity OR COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'stock'), 0) <> NEW.quantity) BEGIN SELECT RAISE(ABORT, 'no part without its goods'); END""",
    """CREATE TRIGGER inspection_order_keep_update BEFORE UPDATE ON inspection_order WHEN OLD.closed_at IS NOT NULL OR (NEW.closed_at IS NULL AND NEW.sampling IS NULL) OR (NEW.closed_at IS NULL AND OLD.sampling IS NOT NULL) OR (OLD.sampling IS NOT NULL AND NEW.sampling IS NOT OLD.sampling) OR NEW.id IS NOT OLD.id OR NEW.number IS NOT OLD.number OR NEW.kind IS NOT OLD.kind OR NEW.laboratory_id IS NOT OLD.laboratory_id OR NEW.party_id IS NOT OLD.party_id OR NEW.product_id IS NOT OLD.product_id OR NEW.batch_id IS NOT OLD.batch_id OR NEW.ordered_by IS NOT OLD.ordered_by OR NEW.account_id IS NOT OLD.account_id OR NEW.items IS NOT OLD.items OR NEW.note IS NOT OLD.note OR NEW.ordered_at IS NOT OLD.ordered_at BEGIN SELECT RAISE(ABORT, 'append only: inspection_order'); END""",
    """CREATE TRIGGER inspection_order_keep_delete BEFORE DELETE ON inspection_order BEGIN SELECT RAISE(ABORT, 'append only: inspection_order'); END""",
    """CREATE TRIGGER inspection_order_keep_insert BEFORE INSERT ON inspection_order WHEN EXISTS (SELECT 1 FROM inspection_order WHERE (id = NEW.id) OR (laboratory_id = NEW.laboratory_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: inspection_order'); END""",
    """CREATE TRIGGER sample_keep_update BEFORE UPDATE ON sample BEGIN SELECT RAISE(ABORT, 'append only: sample'); END""",
    """CREATE TRIGGER sample_keep_delete BEFORE DELETE ON sample BEGIN SELECT RAISE(ABORT, 'append only: sample'); END""",
    """CREATE TRIGGER sample_keep_insert BEFORE INSERT ON sample WHEN EXISTS (SELECT 1 FROM sample WHERE (id = NEW.id) OR (laboratory_id = NEW.laboratory_id AND number = NEW.number) OR (laboratory_id = NEW.laboratory_id AND seal = NEW.seal) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: sample'); END""",
    """CREATE TRIGGER hand_over_keep_update BEFORE UPDATE ON hand_over BEGIN SELECT RAISE(ABORT, 'append only: hand_over'); END""",
    """CREATE TRIGGER hand_over_keep_delete BEFORE DELETE ON hand_over BEGIN SELECT RAISE(ABORT, 'append only: hand_over'); END""",
    """CREATE TRIGGER hand_over_keep_insert BEFORE INSERT ON hand_over WHEN EXISTS (SELECT 1 FROM hand_over WHERE (id = NEW.id) OR (sample_id = NEW.sample_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: hand_over'); END""",
]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION keep_risk_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NOT (OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.id IS DISTINCT FROM OLD.id OR NEW.product_id IS DISTINCT FROM OLD.product_id OR NEW.characteristic IS DISTINCT FROM OLD.characteristic OR NEW.starts IS DISTINCT FROM OLD.starts OR NEW.ends IS DISTINCT FROM OLD.ends OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.source IS DISTINCT FROM OLD.source OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.added_at IS DISTINCT FROM OLD.added_at) THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION USING MESSAGE = 'append only: risk_item', ERRCODE = 'restrict_violation';
END $$""",
    """CREATE TRIGGER risk_item_keep BEFORE UPDATE OR DELETE ON risk_item FOR EACH ROW EXECUTE FUNCTION keep_risk_item()""",
    """CREATE TRIGGER risk_item_keep_all BEFORE TRUNCATE ON risk_item FOR EACH STATEMENT EXECUTE FUNCTION keep_risk_item()""",
    """CREATE TRIGGER batch_origin_keep BEFORE UPDATE OR DELETE ON batch_origin FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER batch_origin_keep_all BEFORE TRUNCATE ON batch_origin FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION refuse_origin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'split' AND EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.parent_id AND b.confirmed_at IS NOT NULL) AND (COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.parent_id AND e.account = 'stock'), 0) <> -NEW.quantity OR COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'stock'), 0) <> NEW.quantity) THEN
    RAISE EXCEPTION USING MESSAGE = 'no part without its goods', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER batch_origin_moved BEFORE INSERT ON batch_origin FOR EACH ROW EXECUTE FUNCTION refuse_origin()""",
    """CREATE OR REPLACE FUNCTION keep_inspection_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NOT (OLD.closed_at IS NOT NULL OR (NEW.closed_at IS NULL AND NEW.sampling IS NULL) OR (NEW.closed_at IS NULL AND OLD.sampling IS NOT NULL) OR (OLD.sampling IS NOT NULL AND NEW.sampling IS DISTINCT FROM OLD.sampling) OR NEW.id IS DISTINCT FROM OLD.id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.laboratory_id IS DISTINCT FROM OLD.laboratory_id OR NEW.party_id IS DISTINCT FROM OLD.party_id OR NEW.product_id IS DISTINCT FROM OLD.product_id OR NEW.batch_id IS DISTINCT FROM OLD.batch_id OR NEW.ordered_by IS DISTINCT FROM OLD.ordered_by OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.items IS DISTINCT FROM OLD.items OR NEW.note IS DISTINCT FROM OLD.note OR NEW.ordered_at IS DISTINCT FROM OLD.ordered_at) THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION USING MESSAGE = 'append only: inspection_order', ERRCODE = 'restrict_violation';
END $$""",
    """CREATE TRIGGER inspection_order_keep BEFORE UPDATE OR DELETE ON inspection_order FOR EACH ROW EXECUTE FUNCTION keep_inspection_order()""",
    """CREATE TRIGGER inspection_order_keep_all BEFORE TRUNCATE ON inspection_order FOR EACH STATEMENT EXECUTE FUNCTION keep_inspection_order()""",
    """CREATE TRIGGER sample_keep BEFORE UPDATE OR DELETE ON sample FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER sample_keep_all BEFORE TRUNCATE ON sample FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER hand_over_keep BEFORE UPDATE OR DELETE ON hand_over FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER hand_over_keep_all BEFORE TRUNCATE ON hand_over FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
]
FUNCTIONS = ["keep_risk_item", "refuse_origin", "keep_inspection_order"]


def upgrade() -> None:
    """Orders, samples, hand-overs and the split of batches."""
    op.create_table(
        "risk_item",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("characteristic", sa.String(length=80), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_risk_item_ended_with_reason")
        ),
        sa.CheckConstraint("ends IS NULL OR ends >= starts", name=op.f("ck_risk_item_order")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_risk_item_account_id")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_risk_item_ended_by")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_risk_item_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_item")),
    )
    op.create_index(op.f("ix_risk_item_product_id"), "risk_item", ["product_id"], unique=False)
    op.create_table(
        "batch_origin",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("posting", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('split', 'merge', 'transform', 'repack')",
            name=op.f("ck_batch_origin_kind_known"),
        ),
        sa.CheckConstraint("batch_id <> parent_id", name=op.f("ck_batch_origin_of_another")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_batch_origin_has_quantity")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_batch_origin_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_origin_batch_id")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["batch.id"], name=op.f("fk_batch_origin_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_origin")),
        sa.UniqueConstraint(
            "batch_id", "parent_id", name=op.f("uq_batch_origin_batch_id_parent_id")
        ),
    )
    op.create_index(op.f("ix_batch_origin_parent_id"), "batch_origin", ["parent_id"], unique=False)
    op.create_table(
        "inspection_order",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("sampling", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "batch_id IS NOT NULL OR kind IN ('type', 'supervision')",
            name=op.f("ck_inspection_order_batch_named"),
        ),
        sa.CheckConstraint(
            "kind <> 'type' OR batch_id IS NULL", name=op.f("ck_inspection_order_type_has_no_batch")
        ),
        sa.CheckConstraint(
            "kind IN ('batch', 'type', 'reinspection', 'supervision')",
            name=op.f("ck_inspection_order_kind_known"),
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (close_reason IS NULL)",
            name=op.f("ck_inspection_order_closed_with_reason"),
        ),
        sa.CheckConstraint(
            "laboratory_id <> party_id", name=op.f("ck_inspection_order_not_its_own_goods")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_inspection_order_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.id"], name=op.f("fk_inspection_order_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["account.id"], name=op.f("fk_inspection_order_closed_by")
        ),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_inspection_order_laboratory_id")
        ),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["party.id"], name=op.f("fk_inspection_order_ordered_by")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_inspection_order_party_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_inspection_order_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_order")),
        sa.UniqueConstraint(
            "laboratory_id", "number", name=op.f("uq_inspection_order_laboratory_id_number")
        ),
    )
    op.create_index(
        op.f("ix_inspection_order_batch_id"), "inspection_order", ["batch_id"], unique=False
    )
    op.create_index(
        "ix_inspection_order_laboratory_at",
        "inspection_order",
        ["laboratory_id", "ordered_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_inspection_order_party_product",
        "inspection_order",
        ["party_id", "product_id"],
        unique=False,
    )
    op.create_table(
        "sample",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("seal", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.String(length=30), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "role IN ('test', 'retained', 'reserve')", name=op.f("ck_sample_role_known")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sample_account_id")),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_sample_laboratory_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["inspection_order.id"], name=op.f("fk_sample_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
        sa.UniqueConstraint("laboratory_id", "number", name=op.f("uq_sample_laboratory_id_number")),
        sa.UniqueConstraint("laboratory_id", "seal", name=op.f("uq_sample_laboratory_id_seal")),
    )
    op.create_index(op.f("ix_sample_order_id"), "sample", ["order_id"], unique=False)
    op.create_table(
        "hand_over",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("from_party_id", sa.Uuid(), nullable=False),
        sa.Column("to_party_id", sa.Uuid(), nullable=True),
        sa.Column("handed_on", sa.Date(), nullable=False),
        sa.Column("condition", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'destroyed') = (to_party_id IS NULL)",
            name=op.f("ck_hand_over_destroyed_goes_nowhere"),
        ),
        sa.CheckConstraint(
            "kind IN ('handed', 'returned', 'destroyed')", name=op.f("ck_hand_over_kind_known")
        ),
        sa.CheckConstraint("to_party_id <> from_party_id", name=op.f("ck_hand_over_to_another")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_hand_over_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_party_id"], ["party.id"], name=op.f("fk_hand_over_from_party_id")
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_hand_over_sample_id")),
        sa.ForeignKeyConstraint(
            ["to_party_id"], ["party.id"], name=op.f("fk_hand_over_to_party_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("sample_id", "number", name=op.f("uq_hand_over_sample_id_number")),
    )
    op.create_index(op.f("ix_hand_over_to_party_id"), "hand_over", ["to_party_id"], unique=False)
    engine = op.get_bind().dialect.name
    for statement in POSTGRESQL if engine == "postgresql" else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Back to what was before."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")

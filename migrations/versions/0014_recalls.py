"""Shipments, recalls and drills."""

import sqlalchemy as sa
from alembic import op

revision = "0014_recalls"
down_revision = "0013_promises"

SQLITE = [
    """CREATE TRIGGER recall_once BEFORE UPDATE ON recall WHEN OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL OR NEW.id <> OLD.id OR NEW.number <> OLD.number OR NEW.kind <> OLD.kind OR NEW.reason <> OLD.reason OR NEW.start_kind <> OLD.start_kind OR NEW.start_id <> OLD.start_id OR NEW.start_clause <> OLD.start_clause OR NEW.start_words <> OLD.start_words OR NEW.batches <> OLD.batches OR NEW.labels <> OLD.labels OR NEW.holders <> OLD.holders OR NEW.milliseconds <> OLD.milliseconds OR NEW.shares <> OLD.shares OR NEW.unreached <> OLD.unreached OR NEW.opened_at <> OLD.opened_at BEGIN SELECT RAISE(ABORT, 'append only: recall, which is closed once'); END""",
    """CREATE TRIGGER recall_stays BEFORE DELETE ON recall BEGIN SELECT RAISE(ABORT, 'append only: recall, which is closed once'); END""",
    """CREATE TRIGGER recall_keep_insert BEFORE INSERT ON recall WHEN EXISTS (SELECT 1 FROM recall WHERE (id = NEW.id) OR (number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: recall'); END""",
    """CREATE TRIGGER recall_holder_keep_update BEFORE UPDATE ON recall_holder BEGIN SELECT RAISE(ABORT, 'append only: recall_holder'); END""",
    """CREATE TRIGGER recall_holder_keep_delete BEFORE DELETE ON recall_holder BEGIN SELECT RAISE(ABORT, 'append only: recall_holder'); END""",
    """CREATE TRIGGER recall_holder_keep_insert BEFORE INSERT ON recall_holder WHEN EXISTS (SELECT 1 FROM recall_holder WHERE (id = NEW.id) OR (recall_id = NEW.recall_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: recall_holder'); END""",
    """CREATE TRIGGER recall_answer_keep_update BEFORE UPDATE ON recall_answer BEGIN SELECT RAISE(ABORT, 'append only: recall_answer'); END""",
    """CREATE TRIGGER recall_answer_keep_delete BEFORE DELETE ON recall_answer BEGIN SELECT RAISE(ABORT, 'append only: recall_answer'); END""",
    """CREATE TRIGGER recall_answer_keep_insert BEFORE INSERT ON recall_answer WHEN EXISTS (SELECT 1 FROM recall_answer WHERE (id = NEW.id) OR (holder_id = NEW.holder_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: recall_answer'); END""",
    """CREATE TRIGGER recall_answer_open BEFORE INSERT ON recall_answer WHEN NOT EXISTS (SELECT 1 FROM recall c JOIN recall_holder h ON h.recall_id = c.id WHERE c.id = NEW.recall_id AND h.id = NEW.holder_id AND c.closed_at IS NULL) BEGIN SELECT RAISE(ABORT, 'no answer to a closed recall'); END""",
    """CREATE TRIGGER recall_batch_keep_update BEFORE UPDATE ON recall_batch BEGIN SELECT RAISE(ABORT, 'append only: recall_batch'); END""",
    """CREATE TRIGGER recall_batch_keep_delete BEFORE DELETE ON recall_batch BEGIN SELECT RAISE(ABORT, 'append only: recall_batch'); END""",
    """CREATE TRIGGER recall_batch_keep_insert BEFORE INSERT ON recall_batch WHEN EXISTS (SELECT 1 FROM recall_batch WHERE (recall_id = NEW.recall_id AND batch_id = NEW.batch_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: recall_batch'); END""",
    """CREATE TRIGGER shipment_keep_update BEFORE UPDATE ON shipment BEGIN SELECT RAISE(ABORT, 'append only: shipment'); END""",
    """CREATE TRIGGER shipment_keep_delete BEFORE DELETE ON shipment BEGIN SELECT RAISE(ABORT, 'append only: shipment'); END""",
    """CREATE TRIGGER shipment_keep_insert BEFORE INSERT ON shipment WHEN EXISTS (SELECT 1 FROM shipment WHERE (id = NEW.id) OR (posting = NEW.posting) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: shipment'); END""",
    """CREATE TRIGGER shipment_of_run BEFORE INSERT ON shipment WHEN NOT EXISTS (SELECT 1 FROM label_run l WHERE l.id = NEW.run_id AND l.batch_id = NEW.batch_id AND l.party_id = NEW.party_id AND l.first <= NEW.first AND NEW.last <= l.last AND NEW.quantity = (NEW.last - NEW.first + 1) * l.net_content) BEGIN SELECT RAISE(ABORT, 'no shipment of other labels'); END""",
    """CREATE TRIGGER shipment_once BEFORE INSERT ON shipment WHEN EXISTS (SELECT 1 FROM shipment s WHERE s.run_id = NEW.run_id AND s.last >= NEW.first AND s.first <= NEW.last AND (CASE WHEN s.last < NEW.last THEN s.last ELSE NEW.last END) - (CASE WHEN s.first > NEW.first THEN s.first ELSE NEW.first END) + 1 > COALESCE((SELECT SUM((CASE WHEN r.last < NEW.last THEN r.last ELSE NEW.last END) - (CASE WHEN r.first > NEW.first THEN r.first ELSE NEW.first END) + 1) FROM shipment_return r WHERE r.shipment_id = s.id AND r.fate = 'labelled' AND r.last >= NEW.first AND r.first <= NEW.last), 0)) BEGIN SELECT RAISE(ABORT, 'these labels are out already'); END""",
    """CREATE TRIGGER shipment_booked BEFORE INSERT ON shipment WHEN COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.account = 'labelled'), 0) <> -NEW.quantity BEGIN SELECT RAISE(ABORT, 'no shipment without its goods'); END""",
    """CREATE TRIGGER shipment_return_keep_update BEFORE UPDATE ON shipment_return BEGIN SELECT RAISE(ABORT, 'append only: shipment_return'); END""",
    """CREATE TRIGGER shipment_return_keep_delete BEFORE DELETE ON shipment_return BEGIN SELECT RAISE(ABORT, 'append only: shipment_return'); END""",
    """CREATE TRIGGER shipment_return_keep_insert BEFORE INSERT ON shipment_return WHEN EXISTS (SELECT 1 FROM shipment_return WHERE (id = NEW.id) OR (posting = NEW.posting) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: shipment_return'); END""",
    """CREATE TRIGGER shipment_return_of_shipment BEFORE INSERT ON shipment_return WHEN NOT EXISTS (SELECT 1 FROM shipment s JOIN label_run l ON l.id = s.run_id WHERE s.id = NEW.shipment_id AND s.first <= NEW.first AND NEW.last <= s.last AND NEW.quantity = (NEW.last - NEW.first + 1) * l.net_content) BEGIN SELECT RAISE(ABORT, 'no return of other labels'); END""",
    """CREATE TRIGGER shipment_return_once BEFORE INSERT ON shipment_return WHEN EXISTS (SELECT 1 FROM shipment_return r WHERE r.shipment_id = NEW.shipment_id AND r.last >= NEW.first AND r.first <= NEW.last) BEGIN SELECT RAISE(ABORT, 'these labels are back already'); END""",
    """CREATE TRIGGER shipment_return_booked BEFORE INSERT ON shipment_return WHEN COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.account = NEW.fate), 0) <> NEW.quantity BEGIN SELECT RAISE(ABORT, 'no return without its goods'); END""",
]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION guard_recall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION USING MESSAGE = 'append only: recall, which is closed once', ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL OR NEW.id <> OLD.id OR NEW.number <> OLD.number OR NEW.kind <> OLD.kind OR NEW.reason <> OLD.reason OR NEW.start_kind <> OLD.start_kind OR NEW.start_id <> OLD.start_id OR NEW.start_clause <> OLD.start_clause OR NEW.start_words <> OLD.start_words OR NEW.batches <> OLD.batches OR NEW.labels <> OLD.labels OR NEW.holders <> OLD.holders OR NEW.milliseconds <> OLD.milliseconds OR NEW.shares <> OLD.shares OR NEW.unreached <> OLD.unreached OR NEW.opened_at <> OLD.opened_at THEN
    RAISE EXCEPTION USING MESSAGE = 'append only: recall, which is closed once', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER recall_once BEFORE UPDATE OR DELETE ON recall FOR EACH ROW EXECUTE FUNCTION guard_recall()""",
    """CREATE TRIGGER recall_stays BEFORE TRUNCATE ON recall FOR EACH STATEMENT EXECUTE FUNCTION guard_recall()""",
    """CREATE TRIGGER recall_holder_keep BEFORE UPDATE OR DELETE ON recall_holder FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER recall_holder_keep_all BEFORE TRUNCATE ON recall_holder FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER recall_answer_keep BEFORE UPDATE OR DELETE ON recall_answer FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER recall_answer_keep_all BEFORE TRUNCATE ON recall_answer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION guard_recall_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM recall c JOIN recall_holder h ON h.recall_id = c.id WHERE c.id = NEW.recall_id AND h.id = NEW.holder_id AND c.closed_at IS NULL) THEN
    RAISE EXCEPTION USING MESSAGE = 'no answer to a closed recall', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER recall_answer_open BEFORE INSERT ON recall_answer FOR EACH ROW EXECUTE FUNCTION guard_recall_answer()""",
    """CREATE TRIGGER recall_batch_keep BEFORE UPDATE OR DELETE ON recall_batch FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER recall_batch_keep_all BEFORE TRUNCATE ON recall_batch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER shipment_keep BEFORE UPDATE OR DELETE ON shipment FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER shipment_keep_all BEFORE TRUNCATE ON shipment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION guard_shipment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM label_run l WHERE l.id = NEW.run_id AND l.batch_id = NEW.batch_id AND l.party_id = NEW.party_id AND l.first <= NEW.first AND NEW.last <= l.last AND NEW.quantity = (NEW.last - NEW.first + 1) * l.net_content) THEN RAISE EXCEPTION USING MESSAGE = 'no shipment of other labels', ERRCODE = 'restrict_violation'; END IF;
  IF EXISTS (SELECT 1 FROM shipment s WHERE s.run_id = NEW.run_id AND s.last >= NEW.first AND s.first <= NEW.last AND (CASE WHEN s.last < NEW.last THEN s.last ELSE NEW.last END) - (CASE WHEN s.first > NEW.first THEN s.first ELSE NEW.first END) + 1 > COALESCE((SELECT SUM((CASE WHEN r.last < NEW.last THEN r.last ELSE NEW.last END) - (CASE WHEN r.first > NEW.first THEN r.first ELSE NEW.first END) + 1) FROM shipment_return r WHERE r.shipment_id = s.id AND r.fate = 'labelled' AND r.last >= NEW.first AND r.first <= NEW.last), 0)) THEN RAISE EXCEPTION USING MESSAGE = 'these labels are out already', ERRCODE = 'restrict_violation'; END IF;
  IF COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.account = 'labelled'), 0) <> -NEW.quantity THEN RAISE EXCEPTION USING MESSAGE = 'no shipment without its goods', ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER shipment_guard BEFORE INSERT ON shipment FOR EACH ROW EXECUTE FUNCTION guard_shipment()""",
    """CREATE TRIGGER shipment_return_keep BEFORE UPDATE OR DELETE ON shipment_return FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER shipment_return_keep_all BEFORE TRUNCATE ON shipment_return FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION guard_shipment_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM shipment s JOIN label_run l ON l.id = s.run_id WHERE s.id = NEW.shipment_id AND s.first <= NEW.first AND NEW.last <= s.last AND NEW.quantity = (NEW.last - NEW.first + 1) * l.net_content) THEN RAISE EXCEPTION USING MESSAGE = 'no return of other labels', ERRCODE = 'restrict_violation'; END IF;
  IF EXISTS (SELECT 1 FROM shipment_return r WHERE r.shipment_id = NEW.shipment_id AND r.last >= NEW.first AND r.first <= NEW.last) THEN RAISE EXCEPTION USING MESSAGE = 'these labels are back already', ERRCODE = 'restrict_violation'; END IF;
  IF COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.account = NEW.fate), 0) <> NEW.quantity THEN RAISE EXCEPTION USING MESSAGE = 'no return without its goods', ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER shipment_return_guard BEFORE INSERT ON shipment_return FOR EACH ROW EXECUTE FUNCTION guard_shipment_return()""",
]


def upgrade() -> None:
    """Shipments, recalls and drills."""
    op.create_table(
        "recall",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("start_kind", sa.String(length=10), nullable=False),
        sa.Column("start_id", sa.String(length=120), nullable=False),
        sa.Column("start_clause", sa.String(length=80), nullable=False),
        sa.Column("start_words", sa.String(length=300), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("labels", sa.BigInteger(), nullable=False),
        sa.Column("holders", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("shares", sa.Text(), nullable=False),
        sa.Column("unreached", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closing_note", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind = 'recall' OR closed_at IS NOT NULL", name=op.f("ck_recall_drill_is_done")
        ),
        sa.CheckConstraint("kind IN ('recall', 'drill')", name=op.f("ck_recall_kind_known")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closing_note IS NULL)",
            name=op.f("ck_recall_closed_with_a_word"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recall_account_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_recall_closed_by")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_recall_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
        sa.UniqueConstraint("number", name=op.f("uq_recall_number")),
    )
    op.create_index(
        "ix_recall_open_start",
        "recall",
        ["start_kind", "start_id", "start_clause"],
        unique=True,
        sqlite_where=sa.text("kind = 'recall' AND closed_at IS NULL"),
        postgresql_where=sa.text("kind = 'recall' AND closed_at IS NULL"),
    )
    op.create_index(op.f("ix_recall_party_id"), "recall", ["party_id"], unique=False)
    op.create_table(
        "recall_holder",
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("shipper_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_recall_holder_party_id")),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["recall.id"], name=op.f("fk_recall_holder_recall_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipper_id"], ["party.id"], name=op.f("fk_recall_holder_shipper_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_holder")),
        sa.UniqueConstraint("recall_id", "number", name=op.f("uq_recall_holder_recall_id_number")),
    )
    op.create_index(op.f("ix_recall_holder_party_id"), "recall_holder", ["party_id"], unique=False)
    op.create_table(
        "recall_answer",
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("told", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("first", sa.BigInteger(), nullable=True),
        sa.Column("last", sa.BigInteger(), nullable=True),
        sa.Column("posting", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(told = 'none') = (quantity IS NULL)", name=op.f("ck_recall_answer_how_much")
        ),
        sa.CheckConstraint(
            "told <> 'none' OR note IS NOT NULL", name=op.f("ck_recall_answer_none_has_reason")
        ),
        sa.CheckConstraint(
            "told IN ('returned', 'destroyed', 'held', 'sold', 'none')",
            name=op.f("ck_recall_answer_told_known"),
        ),
        sa.CheckConstraint("(first IS NULL) = (last IS NULL)", name=op.f("ck_recall_answer_range")),
        sa.CheckConstraint(
            "quantity IS NULL OR quantity > 0", name=op.f("ck_recall_answer_has_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recall_answer_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["recall_holder.id"], name=op.f("fk_recall_answer_holder_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_recall_answer_party_id")),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["recall.id"], name=op.f("fk_recall_answer_recall_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_answer")),
        sa.UniqueConstraint("holder_id", "number", name=op.f("uq_recall_answer_holder_id_number")),
    )
    op.create_index(
        op.f("ix_recall_answer_recall_id"), "recall_answer", ["recall_id"], unique=False
    )
    op.create_table(
        "recall_batch",
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("disposition_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_recall_batch_batch_id")),
        sa.ForeignKeyConstraint(
            ["disposition_id"], ["disposition.id"], name=op.f("fk_recall_batch_disposition_id")
        ),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["recall.id"], name=op.f("fk_recall_batch_recall_id")
        ),
        sa.PrimaryKeyConstraint("recall_id", "batch_id", name=op.f("pk_recall_batch")),
    )
    op.create_index(op.f("ix_recall_batch_batch_id"), "recall_batch", ["batch_id"], unique=False)
    op.create_table(
        "shipment",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=True),
        sa.Column("consignee", sa.String(length=120), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("shipped_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(receiver_id IS NULL) <> (consignee IS NULL)", name=op.f("ck_shipment_one_consignee")
        ),
        sa.CheckConstraint(
            "consignee IS NULL OR phone IS NOT NULL OR address IS NOT NULL",
            name=op.f("ck_shipment_can_be_reached"),
        ),
        sa.CheckConstraint("first <= last", name=op.f("ck_shipment_range")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_has_quantity")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_shipment_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_shipment_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_shipment_party_id")),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["party.id"], name=op.f("fk_shipment_receiver_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["label_run.id"], name=op.f("fk_shipment_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("posting", name=op.f("uq_shipment_posting")),
    )
    op.create_index(op.f("ix_shipment_batch_id"), "shipment", ["batch_id"], unique=False)
    op.create_index(op.f("ix_shipment_party_id"), "shipment", ["party_id"], unique=False)
    op.create_index(op.f("ix_shipment_receiver_id"), "shipment", ["receiver_id"], unique=False)
    op.create_index(op.f("ix_shipment_run_id"), "shipment", ["run_id"], unique=False)
    op.create_table(
        "shipment_return",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("fate", sa.String(length=10), nullable=False),
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "fate IN ('labelled', 'destroyed')", name=op.f("ck_shipment_return_fate_known")
        ),
        sa.CheckConstraint("first <= last", name=op.f("ck_shipment_return_range")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_return_has_quantity")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_shipment_return_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_shipment_return_shipment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_return")),
        sa.UniqueConstraint("posting", name=op.f("uq_shipment_return_posting")),
    )
    op.create_index(
        op.f("ix_shipment_return_shipment_id"), "shipment_return", ["shipment_id"], unique=False
    )
    run = op.get_bind().exec_driver_sql
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        run(statement)


def downgrade() -> None:
    """Take all of it away again."""
    op.drop_table("shipment_return")
    op.drop_table("shipment")
    op.drop_table("recall_batch")
    op.drop_table("recall_answer")
    op.drop_table("recall_holder")
    op.drop_table("recall")
    if op.get_bind().dialect.name == "postgresql":
        run = op.get_bind().exec_driver_sql
        run("DROP FUNCTION guard_recall()")
        run("DROP FUNCTION guard_recall_answer()")
        run("DROP FUNCTION guard_shipment()")
        run("DROP FUNCTION guard_shipment_return()")

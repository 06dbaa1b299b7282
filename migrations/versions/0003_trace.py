"""Books, batches, inspections, verdicts and dispositions."""

import sqlalchemy as sa
from alembic import op

revision = "0003_trace"
down_revision = "0002_products"

SQLITE = [
    """CREATE TRIGGER entry_keep_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append only: entry'); END""",
    """CREATE TRIGGER entry_keep_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append only: entry'); END""",
    """CREATE TRIGGER entry_keep_insert BEFORE INSERT ON entry WHEN EXISTS (SELECT 1 FROM entry WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: entry'); END""",
    """CREATE TRIGGER entry_balances AFTER INSERT ON entry BEGIN INSERT OR IGNORE INTO balance (batch_id, account, party_id, form, amount) VALUES (NEW.batch_id, NEW.account, NEW.party_id, NEW.form, 0); UPDATE balance SET amount = amount + NEW.amount WHERE batch_id = NEW.batch_id AND account = NEW.account AND party_id = NEW.party_id AND form = NEW.form; END""",
    """CREATE TRIGGER event_keep_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'append only: event'); END""",
    """CREATE TRIGGER event_keep_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'append only: event'); END""",
    """CREATE TRIGGER event_keep_insert BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM event WHERE (id = NEW.id) OR (corrects_id = NEW.corrects_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: event'); END""",
    """CREATE TRIGGER inspection_keep_update BEFORE UPDATE ON inspection BEGIN SELECT RAISE(ABORT, 'append only: inspection'); END""",
    """CREATE TRIGGER inspection_keep_delete BEFORE DELETE ON inspection BEGIN SELECT RAISE(ABORT, 'append only: inspection'); END""",
    """CREATE TRIGGER inspection_keep_insert BEFORE INSERT ON inspection WHEN EXISTS (SELECT 1 FROM inspection WHERE (id = NEW.id) OR (corrects_id = NEW.corrects_id) OR (laboratory_id = NEW.laboratory_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: inspection'); END""",
    """CREATE TRIGGER submission_keep_update BEFORE UPDATE ON submission BEGIN SELECT RAISE(ABORT, 'append only: submission'); END""",
    """CREATE TRIGGER submission_keep_delete BEFORE DELETE ON submission BEGIN SELECT RAISE(ABORT, 'append only: submission'); END""",
    """CREATE TRIGGER submission_keep_insert BEFORE INSERT ON submission WHEN EXISTS (SELECT 1 FROM submission WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND laboratory_id = NEW.laboratory_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: submission'); END""",
    """CREATE TRIGGER result_keep_update BEFORE UPDATE ON result BEGIN SELECT RAISE(ABORT, 'append only: result'); END""",
    """CREATE TRIGGER result_keep_delete BEFORE DELETE ON result BEGIN SELECT RAISE(ABORT, 'append only: result'); END""",
    """CREATE TRIGGER result_keep_insert BEFORE INSERT ON result WHEN EXISTS (SELECT 1 FROM result WHERE (id = NEW.id) OR (inspection_id = NEW.inspection_id AND ordinal = NEW.ordinal) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: result'); END""",
    """CREATE TRIGGER verdict_keep_update BEFORE UPDATE ON verdict BEGIN SELECT RAISE(ABORT, 'append only: verdict'); END""",
    """CREATE TRIGGER verdict_keep_delete BEFORE DELETE ON verdict BEGIN SELECT RAISE(ABORT, 'append only: verdict'); END""",
    """CREATE TRIGGER verdict_keep_insert BEFORE INSERT ON verdict WHEN EXISTS (SELECT 1 FROM verdict WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: verdict'); END""",
    """CREATE TRIGGER withdrawal_keep_update BEFORE UPDATE ON withdrawal BEGIN SELECT RAISE(ABORT, 'append only: withdrawal'); END""",
    """CREATE TRIGGER withdrawal_keep_delete BEFORE DELETE ON withdrawal BEGIN SELECT RAISE(ABORT, 'append only: withdrawal'); END""",
    """CREATE TRIGGER withdrawal_keep_insert BEFORE INSERT ON withdrawal WHEN EXISTS (SELECT 1 FROM withdrawal WHERE (id = NEW.id) OR (inspection_id = NEW.inspection_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: withdrawal'); END""",
    """CREATE TRIGGER disposition_keep_update BEFORE UPDATE ON disposition BEGIN SELECT RAISE(ABORT, 'append only: disposition'); END""",
    """CREATE TRIGGER disposition_keep_delete BEFORE DELETE ON disposition BEGIN SELECT RAISE(ABORT, 'append only: disposition'); END""",
    """CREATE TRIGGER disposition_keep_insert BEFORE INSERT ON disposition WHEN EXISTS (SELECT 1 FROM disposition WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: disposition'); END""",
    """CREATE TRIGGER disposition_release BEFORE INSERT ON disposition WHEN NEW.kind = 'release' AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.id = NEW.verdict_id AND v.batch_id = NEW.batch_id AND v.outcome = 'conforming' AND v.number = (SELECT MAX(w.number) FROM verdict w WHERE w.batch_id = NEW.batch_id)) BEGIN SELECT RAISE(ABORT, 'no release without a conforming verdict'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER entry_keep BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER entry_keep_all BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION balance_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO balance (batch_id, account, party_id, form, amount) VALUES (NEW.batch_id, NEW.account, NEW.party_id, NEW.form, 0) ON CONFLICT DO NOTHING;
  UPDATE balance SET amount = amount + NEW.amount WHERE batch_id = NEW.batch_id AND account = NEW.account AND party_id = NEW.party_id AND form = NEW.form;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER entry_balances AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION balance_entry()""",
    """CREATE TRIGGER event_keep BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER event_keep_all BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER inspection_keep BEFORE UPDATE OR DELETE ON inspection FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER inspection_keep_all BEFORE TRUNCATE ON inspection FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER submission_keep BEFORE UPDATE OR DELETE ON submission FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER submission_keep_all BEFORE TRUNCATE ON submission FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER result_keep BEFORE UPDATE OR DELETE ON result FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER result_keep_all BEFORE TRUNCATE ON result FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER verdict_keep BEFORE UPDATE OR DELETE ON verdict FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER verdict_keep_all BEFORE TRUNCATE ON verdict FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER withdrawal_keep BEFORE UPDATE OR DELETE ON withdrawal FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER withdrawal_keep_all BEFORE TRUNCATE ON withdrawal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER disposition_keep BEFORE UPDATE OR DELETE ON disposition FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER disposition_keep_all BEFORE TRUNCATE ON disposition FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION refuse_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'release' AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.id = NEW.verdict_id AND v.batch_id = NEW.batch_id AND v.outcome = 'conforming' AND v.number = (SELECT MAX(w.number) FROM verdict w WHERE w.batch_id = NEW.batch_id)) THEN
    RAISE EXCEPTION USING MESSAGE = 'no release without a conforming verdict',
      ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER disposition_release BEFORE INSERT ON disposition FOR EACH ROW EXECUTE FUNCTION refuse_release()""",
]
FUNCTIONS = ["balance_entry", "refuse_release"]


def upgrade() -> None:
    """Books, batches, inspections, verdicts and dispositions."""
    op.create_table(
        "batch",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("process", sa.String(length=40), nullable=True),
        sa.Column("condition", sa.String(length=40), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("base", sa.String(length=5), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("quantity_typed", sa.String(length=30), nullable=False),
        sa.Column("quantity_unit", sa.String(length=10), nullable=False),
        sa.Column("production_date", sa.Date(), nullable=False),
        sa.Column("best_before", sa.Date(), nullable=True),
        sa.Column("place_code", sa.String(length=9), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("base IN ('mass', 'count')", name=op.f("ck_batch_base_known")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_batch_has_quantity")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_batch_account_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["account.id"], name=op.f("fk_batch_confirmed_by")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_batch_party_id")),
        sa.ForeignKeyConstraint(
            ["place_code"], ["division.code"], name=op.f("fk_batch_place_code")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_batch_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("party_id", "number", name=op.f("uq_batch_party_id_number")),
    )
    op.create_index(
        "ix_batch_party_created", "batch", ["party_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_batch_product_id"), "batch", ["product_id"], unique=False)
    op.create_table(
        "balance",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=12), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount >= 0 OR account IN ('harvest', 'process', 'loss', 'market', 'destroyed')",
            name=op.f("ck_balance_goods_exist"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_balance_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_balance_party_id")),
        sa.PrimaryKeyConstraint("batch_id", "account", "party_id", "form", name=op.f("pk_balance")),
    )
    op.create_table(
        "entry",
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=12), nullable=False),
        sa.Column("base", sa.String(length=5), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "account IN ('stock', 'labelled', 'harvest', 'process', 'loss', 'market', 'destroyed')",
            name=op.f("ck_entry_account_known"),
        ),
        sa.CheckConstraint("base IN ('mass', 'count')", name=op.f("ck_entry_base_known")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_entry_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_entry_party_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_entry_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER entry_keep_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append only: entry'); END",
                    "CREATE TRIGGER entry_keep_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append only: entry'); END",
                    "CREATE TRIGGER entry_keep_insert BEFORE INSERT ON entry WHEN EXISTS (SELECT 1 FROM entry WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: entry'); END",
                    "CREATE TRIGGER entry_balances AFTER INSERT ON entry BEGIN INSERT OR IGNORE INTO balance (batch_id, account, party_id, form, amount) VALUES (NEW.batch_id, NEW.account, NEW.party_id, NEW.form, 0); UPDATE balance SET amount = amount + NEW.amount WHERE batch_id = NEW.batch_id AND account = NEW.account AND party_id = NEW.party_id AND form = NEW.form; END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER entry_keep BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER entry_keep_all BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                    "CREATE OR REPLACE FUNCTION balance_entry() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  INSERT INTO balance (batch_id, account, party_id, form, amount) VALUES (NEW.batch_id, NEW.account, NEW.party_id, NEW.form, 0) ON CONFLICT DO NOTHING;\n  UPDATE balance SET amount = amount + NEW.amount WHERE batch_id = NEW.batch_id AND account = NEW.account AND party_id = NEW.party_id AND form = NEW.form;\n  RETURN NEW;\nEND $$",
                    "CREATE TRIGGER entry_balances AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION balance_entry()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_entry_batch_id"), "entry", ["batch_id"], unique=False)
    op.create_index(op.f("ix_entry_posting"), "entry", ["posting"], unique=False)
    op.create_table(
        "event",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("operator", sa.String(length=64), nullable=True),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (reason IS NULL)", name=op.f("ck_event_correction_has_reason")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_event_account_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_event_batch_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["event.id"], name=op.f("fk_event_corrects_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_event_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_event_corrects_id")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER event_keep_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'append only: event'); END",
                    "CREATE TRIGGER event_keep_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'append only: event'); END",
                    "CREATE TRIGGER event_keep_insert BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM event WHERE (id = NEW.id) OR (corrects_id = NEW.corrects_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: event'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER event_keep BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER event_keep_all BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_event_batch_id"), "event", ["batch_id"], unique=False)
    op.create_table(
        "inspection",
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("sampled_on", sa.Date(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'type') = (valid_from IS NOT NULL)", name=op.f("ck_inspection_type_has_period")
        ),
        sa.CheckConstraint(
            "kind = 'type' OR batch_id IS NOT NULL", name=op.f("ck_inspection_batch_named")
        ),
        sa.CheckConstraint("kind IN ('batch', 'type')", name=op.f("ck_inspection_kind_known")),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (reason IS NULL)",
            name=op.f("ck_inspection_correction_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_inspection_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_inspection_batch_id")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["inspection.id"], name=op.f("fk_inspection_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_inspection_laboratory_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_inspection_party_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_inspection_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["document.id"], name=op.f("fk_inspection_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_inspection_corrects_id")),
        sa.UniqueConstraint(
            "laboratory_id", "number", name=op.f("uq_inspection_laboratory_id_number")
        ),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER inspection_keep_update BEFORE UPDATE ON inspection BEGIN SELECT RAISE(ABORT, 'append only: inspection'); END",
                    "CREATE TRIGGER inspection_keep_delete BEFORE DELETE ON inspection BEGIN SELECT RAISE(ABORT, 'append only: inspection'); END",
                    "CREATE TRIGGER inspection_keep_insert BEFORE INSERT ON inspection WHEN EXISTS (SELECT 1 FROM inspection WHERE (id = NEW.id) OR (corrects_id = NEW.corrects_id) OR (laboratory_id = NEW.laboratory_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: inspection'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER inspection_keep BEFORE UPDATE OR DELETE ON inspection FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER inspection_keep_all BEFORE TRUNCATE ON inspection FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_inspection_batch_id"), "inspection", ["batch_id"], unique=False)
    op.create_index(op.f("ix_inspection_party_id"), "inspection", ["party_id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_submission_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_submission_batch_id")),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_submission_laboratory_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint(
            "batch_id", "laboratory_id", name=op.f("uq_submission_batch_id_laboratory_id")
        ),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER submission_keep_update BEFORE UPDATE ON submission BEGIN SELECT RAISE(ABORT, 'append only: submission'); END",
                    "CREATE TRIGGER submission_keep_delete BEFORE DELETE ON submission BEGIN SELECT RAISE(ABORT, 'append only: submission'); END",
                    "CREATE TRIGGER submission_keep_insert BEFORE INSERT ON submission WHEN EXISTS (SELECT 1 FROM submission WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND laboratory_id = NEW.laboratory_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: submission'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER submission_keep BEFORE UPDATE OR DELETE ON submission FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER submission_keep_all BEFORE TRUNCATE ON submission FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_index(
        op.f("ix_submission_laboratory_id"), "submission", ["laboratory_id"], unique=False
    )
    op.create_table(
        "result",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("characteristic", sa.String(length=80), nullable=False),
        sa.Column("typed", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("detection_limit", sa.String(length=30), nullable=True),
        sa.Column("method", sa.String(length=120), nullable=True),
        sa.Column("matrix", sa.String(length=40), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_result_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint(
            "inspection_id", "ordinal", name=op.f("uq_result_inspection_id_ordinal")
        ),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER result_keep_update BEFORE UPDATE ON result BEGIN SELECT RAISE(ABORT, 'append only: result'); END",
                    "CREATE TRIGGER result_keep_delete BEFORE DELETE ON result BEGIN SELECT RAISE(ABORT, 'append only: result'); END",
                    "CREATE TRIGGER result_keep_insert BEFORE INSERT ON result WHEN EXISTS (SELECT 1 FROM result WHERE (id = NEW.id) OR (inspection_id = NEW.inspection_id AND ordinal = NEW.ordinal) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: result'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER result_keep BEFORE UPDATE OR DELETE ON result FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER result_keep_all BEFORE TRUNCATE ON result FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_result_characteristic"), "result", ["characteristic"], unique=False)
    op.create_table(
        "verdict",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=15), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("grade_reached", sa.String(length=40), nullable=True),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('conforming', 'nonconforming', 'undetermined')",
            name=op.f("ck_verdict_outcome_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_verdict_account_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_verdict_batch_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["release_plan.id"], name=op.f("fk_verdict_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_verdict_batch_id_number")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER verdict_keep_update BEFORE UPDATE ON verdict BEGIN SELECT RAISE(ABORT, 'append only: verdict'); END",
                    "CREATE TRIGGER verdict_keep_delete BEFORE DELETE ON verdict BEGIN SELECT RAISE(ABORT, 'append only: verdict'); END",
                    "CREATE TRIGGER verdict_keep_insert BEFORE INSERT ON verdict WHEN EXISTS (SELECT 1 FROM verdict WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: verdict'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER verdict_keep BEFORE UPDATE OR DELETE ON verdict FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER verdict_keep_all BEFORE TRUNCATE ON verdict FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_table(
        "withdrawal",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_withdrawal_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_withdrawal_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
        sa.UniqueConstraint("inspection_id", name=op.f("uq_withdrawal_inspection_id")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER withdrawal_keep_update BEFORE UPDATE ON withdrawal BEGIN SELECT RAISE(ABORT, 'append only: withdrawal'); END",
                    "CREATE TRIGGER withdrawal_keep_delete BEFORE DELETE ON withdrawal BEGIN SELECT RAISE(ABORT, 'append only: withdrawal'); END",
                    "CREATE TRIGGER withdrawal_keep_insert BEFORE INSERT ON withdrawal WHEN EXISTS (SELECT 1 FROM withdrawal WHERE (id = NEW.id) OR (inspection_id = NEW.inspection_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: withdrawal'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER withdrawal_keep BEFORE UPDATE OR DELETE ON withdrawal FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER withdrawal_keep_all BEFORE TRUNCATE ON withdrawal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_table(
        "disposition",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("verdict_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("second_account_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('release', 'hold', 'lift', 'reject', 'recall', 'concession')",
            name=op.f("ck_disposition_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_disposition_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_disposition_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_disposition_party_id")),
        sa.ForeignKeyConstraint(
            ["second_account_id"], ["account.id"], name=op.f("fk_disposition_second_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdict.id"], name=op.f("fk_disposition_verdict_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_disposition_batch_id_number")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER disposition_keep_update BEFORE UPDATE ON disposition BEGIN SELECT RAISE(ABORT, 'append only: disposition'); END",
                    "CREATE TRIGGER disposition_keep_delete BEFORE DELETE ON disposition BEGIN SELECT RAISE(ABORT, 'append only: disposition'); END",
                    "CREATE TRIGGER disposition_keep_insert BEFORE INSERT ON disposition WHEN EXISTS (SELECT 1 FROM disposition WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: disposition'); END",
                    "CREATE TRIGGER disposition_release BEFORE INSERT ON disposition WHEN NEW.kind = 'release' AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.id = NEW.verdict_id AND v.batch_id = NEW.batch_id AND v.outcome = 'conforming' AND v.number = (SELECT MAX(w.number) FROM verdict w WHERE w.batch_id = NEW.batch_id)) BEGIN SELECT RAISE(ABORT, 'no release without a conforming verdict'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER disposition_keep BEFORE UPDATE OR DELETE ON disposition FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER disposition_keep_all BEFORE TRUNCATE ON disposition FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                    "CREATE OR REPLACE FUNCTION refuse_release() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  IF NEW.kind = 'release' AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.id = NEW.verdict_id AND v.batch_id = NEW.batch_id AND v.outcome = 'conforming' AND v.number = (SELECT MAX(w.number) FROM verdict w WHERE w.batch_id = NEW.batch_id)) THEN\n    RAISE EXCEPTION USING MESSAGE = 'no release without a conforming verdict',\n      ERRCODE = 'restrict_violation';\n  END IF;\n  RETURN NEW;\nEND $$",
                    "CREATE TRIGGER disposition_release BEFORE INSERT ON disposition FOR EACH ROW EXECUTE FUNCTION refuse_release()",
                ],
            },
        },
    )
    engine = op.get_bind().dialect.name
    for statement in POSTGRESQL if engine == "postgresql" else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Back to what was before."""
    for table in [
        "disposition",
        "withdrawal",
        "verdict",
        "result",
        "submission",
        "inspection",
        "event",
        "entry",
        "balance",
        "batch",
    ]:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")

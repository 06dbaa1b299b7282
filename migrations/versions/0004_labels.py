"""Label runs, their states, key epochs and scan counts."""

import sqlalchemy as sa
from alembic import op

revision = "0004_labels"
down_revision = "0003_trace"

SQLITE = [
    """CREATE TRIGGER key_epoch_keep_update BEFORE UPDATE ON key_epoch BEGIN SELECT RAISE(ABORT, 'append only: key_epoch'); END""",
    """CREATE TRIGGER key_epoch_keep_delete BEFORE DELETE ON key_epoch BEGIN SELECT RAISE(ABORT, 'append only: key_epoch'); END""",
    """CREATE TRIGGER key_epoch_keep_insert BEFORE INSERT ON key_epoch WHEN EXISTS (SELECT 1 FROM key_epoch WHERE (id = NEW.id) OR (epoch = NEW.epoch AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: key_epoch'); END""",
    """CREATE TRIGGER label_run_keep_update BEFORE UPDATE ON label_run BEGIN SELECT RAISE(ABORT, 'append only: label_run'); END""",
    """CREATE TRIGGER label_run_keep_delete BEFORE DELETE ON label_run BEGIN SELECT RAISE(ABORT, 'append only: label_run'); END""",
    """CREATE TRIGGER label_run_keep_insert BEFORE INSERT ON label_run WHEN EXISTS (SELECT 1 FROM label_run WHERE (id = NEW.id) OR (epoch = NEW.epoch AND first = NEW.first) OR (posting = NEW.posting) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: label_run'); END""",
    """CREATE TRIGGER label_run_released BEFORE INSERT ON label_run WHEN NOT EXISTS (SELECT 1 FROM disposition d WHERE d.id = NEW.release_id AND d.batch_id = NEW.batch_id AND d.kind = 'release' AND d.number = (SELECT MAX(e.number) FROM disposition e WHERE e.batch_id = NEW.batch_id)) BEGIN SELECT RAISE(ABORT, 'no label without a current release'); END""",
    """CREATE TRIGGER label_run_apart BEFORE INSERT ON label_run WHEN EXISTS (SELECT 1 FROM label_run r WHERE r.epoch = NEW.epoch AND r.last >= NEW.first AND r.first <= NEW.last) BEGIN SELECT RAISE(ABORT, 'label serials overlap'); END""",
    """CREATE TRIGGER label_run_booked BEFORE INSERT ON label_run WHEN COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'labelled'), 0) <> (NEW.last - NEW.first + 1) * NEW.net_content BEGIN SELECT RAISE(ABORT, 'no label without its quantity in the books'); END""",
    """CREATE TRIGGER label_state_keep_update BEFORE UPDATE ON label_state BEGIN SELECT RAISE(ABORT, 'append only: label_state'); END""",
    """CREATE TRIGGER label_state_keep_delete BEFORE DELETE ON label_state BEGIN SELECT RAISE(ABORT, 'append only: label_state'); END""",
    """CREATE TRIGGER label_state_keep_insert BEFORE INSERT ON label_state WHEN EXISTS (SELECT 1 FROM label_state WHERE (id = NEW.id) OR (run_id = NEW.run_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: label_state'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER key_epoch_keep BEFORE UPDATE OR DELETE ON key_epoch FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER key_epoch_keep_all BEFORE TRUNCATE ON key_epoch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER label_run_keep BEFORE UPDATE OR DELETE ON label_run FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER label_run_keep_all BEFORE TRUNCATE ON label_run FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION guard_label_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM disposition d WHERE d.id = NEW.release_id AND d.batch_id = NEW.batch_id AND d.kind = 'release' AND d.number = (SELECT MAX(e.number) FROM disposition e WHERE e.batch_id = NEW.batch_id)) THEN RAISE EXCEPTION USING MESSAGE = 'no label without a current release', ERRCODE = 'restrict_violation'; END IF;
  IF EXISTS (SELECT 1 FROM label_run r WHERE r.epoch = NEW.epoch AND r.last >= NEW.first AND r.first <= NEW.last) THEN RAISE EXCEPTION USING MESSAGE = 'label serials overlap', ERRCODE = 'restrict_violation'; END IF;
  IF COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'labelled'), 0) <> (NEW.last - NEW.first + 1) * NEW.net_content THEN RAISE EXCEPTION USING MESSAGE = 'no label without its quantity in the books', ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER label_run_guard BEFORE INSERT ON label_run FOR EACH ROW EXECUTE FUNCTION guard_label_run()""",
    """CREATE TRIGGER label_state_keep BEFORE UPDATE OR DELETE ON label_state FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER label_state_keep_all BEFORE TRUNCATE ON label_state FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
]
FUNCTIONS = ["guard_label_run"]


def upgrade() -> None:
    """Label runs, their states, key epochs and scan counts."""
    op.create_table(
        "scan_count",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "serial", "day", "status", name=op.f("pk_scan_count")),
    )
    op.create_table(
        "serial_head",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_serial", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "next_serial BETWEEN 0 AND 34359738368", name=op.f("ck_serial_head_thirty_five_bits")
        ),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_serial_head")),
    )
    op.create_table(
        "printer_offset",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("sheet_format", sa.String(length=30), nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("down", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_printer_offset_party_id")
        ),
        sa.PrimaryKeyConstraint("party_id", "sheet_format", name=op.f("pk_printer_offset")),
    )
    op.create_table(
        "key_epoch",
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('issue', 'verify', 'revoked')", name=op.f("ck_key_epoch_state_known")
        ),
        sa.CheckConstraint("epoch BETWEEN 0 AND 31", name=op.f("ck_key_epoch_five_bits")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_key_epoch_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_epoch")),
        sa.UniqueConstraint("epoch", "number", name=op.f("uq_key_epoch_epoch_number")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER key_epoch_keep_update BEFORE UPDATE ON key_epoch BEGIN SELECT RAISE(ABORT, 'append only: key_epoch'); END",
                    "CREATE TRIGGER key_epoch_keep_delete BEFORE DELETE ON key_epoch BEGIN SELECT RAISE(ABORT, 'append only: key_epoch'); END",
                    "CREATE TRIGGER key_epoch_keep_insert BEFORE INSERT ON key_epoch WHEN EXISTS (SELECT 1 FROM key_epoch WHERE (id = NEW.id) OR (epoch = NEW.epoch AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: key_epoch'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER key_epoch_keep BEFORE UPDATE OR DELETE ON key_epoch FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER key_epoch_keep_all BEFORE TRUNCATE ON key_epoch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_table(
        "label_run",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("licence_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("net_content", sa.BigInteger(), nullable=False),
        sa.Column("net_typed", sa.String(length=30), nullable=False),
        sa.Column("net_unit", sa.String(length=10), nullable=False),
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=100), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("sheet_format", sa.String(length=30), nullable=False),
        sa.Column("gi_name", sa.String(length=60), nullable=False),
        sa.Column("standard", sa.String(length=80), nullable=False),
        sa.Column("trademark", sa.String(length=40), nullable=True),
        sa.Column("mark", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first >= 0 AND first <= last", name=op.f("ck_label_run_range")),
        sa.CheckConstraint("last <= 34359738367", name=op.f("ck_label_run_thirty_five_bits")),
        sa.CheckConstraint("net_content > 0", name=op.f("ck_label_run_net_content")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_label_run_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_label_run_batch_id")),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licence.id"], name=op.f("fk_label_run_licence_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_label_run_party_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_label_run_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["disposition.id"], name=op.f("fk_label_run_release_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_run")),
        sa.UniqueConstraint("epoch", "first", name=op.f("uq_label_run_epoch_first")),
        sa.UniqueConstraint("posting", name=op.f("uq_label_run_posting")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER label_run_keep_update BEFORE UPDATE ON label_run BEGIN SELECT RAISE(ABORT, 'append only: label_run'); END",
                    "CREATE TRIGGER label_run_keep_delete BEFORE DELETE ON label_run BEGIN SELECT RAISE(ABORT, 'append only: label_run'); END",
                    "CREATE TRIGGER label_run_keep_insert BEFORE INSERT ON label_run WHEN EXISTS (SELECT 1 FROM label_run WHERE (id = NEW.id) OR (epoch = NEW.epoch AND first = NEW.first) OR (posting = NEW.posting) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: label_run'); END",
                    "CREATE TRIGGER label_run_released BEFORE INSERT ON label_run WHEN NOT EXISTS (SELECT 1 FROM disposition d WHERE d.id = NEW.release_id AND d.batch_id = NEW.batch_id AND d.kind = 'release' AND d.number = (SELECT MAX(e.number) FROM disposition e WHERE e.batch_id = NEW.batch_id)) BEGIN SELECT RAISE(ABORT, 'no label without a current release'); END",
                    "CREATE TRIGGER label_run_apart BEFORE INSERT ON label_run WHEN EXISTS (SELECT 1 FROM label_run r WHERE r.epoch = NEW.epoch AND r.last >= NEW.first AND r.first <= NEW.last) BEGIN SELECT RAISE(ABORT, 'label serials overlap'); END",
                    "CREATE TRIGGER label_run_booked BEFORE INSERT ON label_run WHEN COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'labelled'), 0) <> (NEW.last - NEW.first + 1) * NEW.net_content BEGIN SELECT RAISE(ABORT, 'no label without its quantity in the books'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER label_run_keep BEFORE UPDATE OR DELETE ON label_run FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER label_run_keep_all BEFORE TRUNCATE ON label_run FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                    "CREATE OR REPLACE FUNCTION guard_label_run() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  IF NOT EXISTS (SELECT 1 FROM disposition d WHERE d.id = NEW.release_id AND d.batch_id = NEW.batch_id AND d.kind = 'release' AND d.number = (SELECT MAX(e.number) FROM disposition e WHERE e.batch_id = NEW.batch_id)) THEN RAISE EXCEPTION USING MESSAGE = 'no label without a current release', ERRCODE = 'restrict_violation'; END IF;\n  IF EXISTS (SELECT 1 FROM label_run r WHERE r.epoch = NEW.epoch AND r.last >= NEW.first AND r.first <= NEW.last) THEN RAISE EXCEPTION USING MESSAGE = 'label serials overlap', ERRCODE = 'restrict_violation'; END IF;\n  IF COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'labelled'), 0) <> (NEW.last - NEW.first + 1) * NEW.net_content THEN RAISE EXCEPTION USING MESSAGE = 'no label without its quantity in the books', ERRCODE = 'restrict_violation'; END IF;\n  RETURN NEW;\nEND $$",
                    "CREATE TRIGGER label_run_guard BEFORE INSERT ON label_run FOR EACH ROW EXECUTE FUNCTION guard_label_run()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_label_run_batch_id"), "label_run", ["batch_id"], unique=False)
    op.create_index("ix_label_run_epoch_last", "label_run", ["epoch", "last"], unique=False)
    op.create_index(op.f("ix_label_run_party_id"), "label_run", ["party_id"], unique=False)
    op.create_table(
        "label_state",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state <> 'void' OR reason IS NOT NULL", name=op.f("ck_label_state_void_has_reason")
        ),
        sa.CheckConstraint(
            "state IN ('printed', 'activated', 'void')", name=op.f("ck_label_state_state_known")
        ),
        sa.CheckConstraint("first <= last", name=op.f("ck_label_state_range")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_label_state_account_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["label_run.id"], name=op.f("fk_label_state_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_state")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_label_state_run_id_number")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER label_state_keep_update BEFORE UPDATE ON label_state BEGIN SELECT RAISE(ABORT, 'append only: label_state'); END",
                    "CREATE TRIGGER label_state_keep_delete BEFORE DELETE ON label_state BEGIN SELECT RAISE(ABORT, 'append only: label_state'); END",
                    "CREATE TRIGGER label_state_keep_insert BEFORE INSERT ON label_state WHEN EXISTS (SELECT 1 FROM label_state WHERE (id = NEW.id) OR (run_id = NEW.run_id AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: label_state'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER label_state_keep BEFORE UPDATE OR DELETE ON label_state FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER label_state_keep_all BEFORE TRUNCATE ON label_state FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
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
        "label_state",
        "label_run",
        "key_epoch",
        "printer_offset",
        "serial_head",
        "scan_count",
    ]:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")

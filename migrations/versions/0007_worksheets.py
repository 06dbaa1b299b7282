"""Worksheets, signatures and what follows a report."""

import sqlalchemy as sa
from alembic import op

revision = "0007_worksheets"
down_revision = "0006_sampling"

TABLES = [
    "calendar_day",
    "attachment",
    "reinspection",
    "retest",
    "worksheet",
    "reinstatement",
    "signature",
]
SQLITE = [
    """CREATE TRIGGER attachment_keep_update BEFORE UPDATE ON attachment BEGIN SELECT RAISE(ABORT, 'append only: attachment'); END""",
    """CREATE TRIGGER attachment_keep_delete BEFORE DELETE ON attachment BEGIN SELECT RAISE(ABORT, 'append only: attachment'); END""",
    """CREATE TRIGGER attachment_keep_insert BEFORE INSERT ON attachment WHEN EXISTS (SELECT 1 FROM attachment WHERE (id = NEW.id) OR (inspection_id = NEW.inspection_id AND document_id = NEW.document_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: attachment'); END""",
    """CREATE TRIGGER reinspection_keep_update BEFORE UPDATE ON reinspection BEGIN SELECT RAISE(ABORT, 'append only: reinspection'); END""",
    """CREATE TRIGGER reinspection_keep_delete BEFORE DELETE ON reinspection BEGIN SELECT RAISE(ABORT, 'append only: reinspection'); END""",
    """CREATE TRIGGER reinspection_keep_insert BEFORE INSERT ON reinspection WHEN EXISTS (SELECT 1 FROM reinspection WHERE (id = NEW.id) OR (first_id = NEW.first_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: reinspection'); END""",
    """CREATE TRIGGER retest_keep_update BEFORE UPDATE ON retest BEGIN SELECT RAISE(ABORT, 'append only: retest'); END""",
    """CREATE TRIGGER retest_keep_delete BEFORE DELETE ON retest BEGIN SELECT RAISE(ABORT, 'append only: retest'); END""",
    """CREATE TRIGGER retest_keep_insert BEFORE INSERT ON retest WHEN EXISTS (SELECT 1 FROM retest WHERE (inspection_id = NEW.inspection_id) OR (first_id = NEW.first_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: retest'); END""",
    """CREATE TRIGGER reinstatement_keep_update BEFORE UPDATE ON reinstatement BEGIN SELECT RAISE(ABORT, 'append only: reinstatement'); END""",
    """CREATE TRIGGER reinstatement_keep_delete BEFORE DELETE ON reinstatement BEGIN SELECT RAISE(ABORT, 'append only: reinstatement'); END""",
    """CREATE TRIGGER reinstatement_keep_insert BEFORE INSERT ON reinstatement WHEN EXISTS (SELECT 1 FROM reinstatement WHERE (withdrawal_id = NEW.withdrawal_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: reinstatement'); END""",
    """CREATE TRIGGER signature_keep_update BEFORE UPDATE ON signature BEGIN SELECT RAISE(ABORT, 'append only: signature'); END""",
    """CREATE TRIGGER signature_keep_delete BEFORE DELETE ON signature BEGIN SELECT RAISE(ABORT, 'append only: signature'); END""",
    """CREATE TRIGGER signature_keep_insert BEFORE INSERT ON signature WHEN EXISTS (SELECT 1 FROM signature WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: signature'); END""",
    """CREATE TRIGGER inspection_four_eyes BEFORE INSERT ON inspection WHEN NOT EXISTS (SELECT 1 FROM signature s JOIN signature v ON v.worksheet_id = s.worksheet_id AND v.content_sha256 = s.content_sha256 AND v.account_id <> s.account_id WHERE s.worksheet_id = NEW.id AND s.meaning = 'submitted' AND v.meaning = 'verified' AND s.party_id = NEW.laboratory_id AND v.party_id = NEW.laboratory_id) BEGIN SELECT RAISE(ABORT, 'no report without two signatures'); END""",
    """CREATE TRIGGER result_keep_update BEFORE UPDATE ON result BEGIN SELECT RAISE(ABORT, 'append only: result'); END""",
    """CREATE TRIGGER result_keep_delete BEFORE DELETE ON result BEGIN SELECT RAISE(ABORT, 'append only: result'); END""",
    """CREATE TRIGGER result_keep_insert BEFORE INSERT ON result WHEN EXISTS (SELECT 1 FROM result WHERE (id = NEW.id) OR (inspection_id = NEW.inspection_id AND ordinal = NEW.ordinal) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: result'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER attachment_keep BEFORE UPDATE OR DELETE ON attachment FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER attachment_keep_all BEFORE TRUNCATE ON attachment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER reinspection_keep BEFORE UPDATE OR DELETE ON reinspection FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER reinspection_keep_all BEFORE TRUNCATE ON reinspection FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER retest_keep BEFORE UPDATE OR DELETE ON retest FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER retest_keep_all BEFORE TRUNCATE ON retest FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER reinstatement_keep BEFORE UPDATE OR DELETE ON reinstatement FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER reinstatement_keep_all BEFORE TRUNCATE ON reinstatement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER signature_keep BEFORE UPDATE OR DELETE ON signature FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER signature_keep_all BEFORE TRUNCATE ON signature FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION refuse_single_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM signature s JOIN signature v ON v.worksheet_id = s.worksheet_id AND v.content_sha256 = s.content_sha256 AND v.account_id <> s.account_id WHERE s.worksheet_id = NEW.id AND s.meaning = 'submitted' AND v.meaning = 'verified' AND s.party_id = NEW.laboratory_id AND v.party_id = NEW.laboratory_id) THEN
    RAISE EXCEPTION USING MESSAGE = 'no report without two signatures',
      ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER inspection_four_eyes BEFORE INSERT ON inspection FOR EACH ROW EXECUTE FUNCTION refuse_single_eyes()""",
]
# SQLite cannot widen a column: the table is made anew, with its rows, index and triggers.
SQLITE_RESULT = [
    """CREATE TABLE result_new (
	inspection_id CHAR(32) NOT NULL,
	ordinal INTEGER NOT NULL,
	characteristic VARCHAR(80) NOT NULL,
	typed TEXT NOT NULL,
	unit VARCHAR(20) NOT NULL,
	detection_limit VARCHAR(30),
	method VARCHAR(120),
	matrix VARCHAR(40),
	uncertainty VARCHAR(30),
	guarded BOOLEAN NOT NULL,
	measured_on DATE,
	instrument_id CHAR(32),
	analyst_id CHAR(32),
	id CHAR(32) NOT NULL,
	CONSTRAINT pk_result PRIMARY KEY (id),
	CONSTRAINT uq_result_inspection_id_ordinal UNIQUE (inspection_id, ordinal),
	CONSTRAINT fk_result_inspection_id FOREIGN KEY(inspection_id) REFERENCES inspection (id),
	CONSTRAINT fk_result_instrument_id FOREIGN KEY(instrument_id) REFERENCES instrument (id),
	CONSTRAINT fk_result_analyst_id FOREIGN KEY(analyst_id) REFERENCES account (id)
)""",
    "INSERT INTO result_new (id, inspection_id, ordinal, characteristic, typed, unit, "
    "detection_limit, method, matrix, guarded) SELECT id, inspection_id, ordinal, characteristic, "
    "typed, unit, detection_limit, method, matrix, 0 FROM result",
    "DROP TABLE result",
    "ALTER TABLE result_new RENAME TO result",
    """CREATE INDEX ix_result_characteristic ON result (characteristic)""",
]
POSTGRESQL_RESULT = [
    "ALTER TABLE result ALTER COLUMN typed TYPE TEXT",
    "ALTER TABLE result ADD COLUMN uncertainty VARCHAR(30), "
    "ADD COLUMN guarded BOOLEAN NOT NULL DEFAULT FALSE, ADD COLUMN measured_on DATE, "
    "ADD COLUMN instrument_id UUID, ADD COLUMN analyst_id UUID, "
    "ADD CONSTRAINT fk_result_analyst_id FOREIGN KEY (analyst_id) REFERENCES account (id), "
    "ADD CONSTRAINT fk_result_instrument_id FOREIGN KEY (instrument_id) REFERENCES instrument (id)",
    "ALTER TABLE result ALTER COLUMN guarded DROP DEFAULT",
]
SQLITE_OLD_RESULT = """CREATE TABLE result_old (
    inspection_id CHAR(32) NOT NULL,
    ordinal INTEGER NOT NULL,
    characteristic VARCHAR(80) NOT NULL,
    typed VARCHAR(60) NOT NULL,
    unit VARCHAR(20) NOT NULL,
    detection_limit VARCHAR(30),
    method VARCHAR(120),
    matrix VARCHAR(40),
    id CHAR(32) NOT NULL,
    CONSTRAINT pk_result PRIMARY KEY (id),
    CONSTRAINT uq_result_inspection_id_ordinal UNIQUE (inspection_id, ordinal),
    CONSTRAINT fk_result_inspection_id FOREIGN KEY(inspection_id) REFERENCES inspection (id)
)"""


def upgrade() -> None:
    """Worksheets, signatures and what follows a report."""
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "attachment",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_attachment_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_attachment_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint(
            "inspection_id", "document_id", name=op.f("uq_attachment_inspection_id_document_id")
        ),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER attachment_keep_update BEFORE UPDATE ON attachment BEGIN SELECT RAISE(ABORT, 'append only: attachment'); END",
                    "CREATE TRIGGER attachment_keep_delete BEFORE DELETE ON attachment BEGIN SELECT RAISE(ABORT, 'append only: attachment'); END",
                    "CREATE TRIGGER attachment_keep_insert BEFORE INSERT ON attachment WHEN EXISTS (SELECT 1 FROM attachment WHERE (id = NEW.id) OR (inspection_id = NEW.inspection_id AND document_id = NEW.document_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: attachment'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER attachment_keep BEFORE UPDATE OR DELETE ON attachment FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER attachment_keep_all BEFORE TRUNCATE ON attachment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_table(
        "reinspection",
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("sample", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("calendar", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "sample IN ('retained-sample', 'double-sampling')",
            name=op.f("ck_reinspection_sample_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_reinspection_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_reinspection_batch_id")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["inspection.id"], name=op.f("fk_reinspection_first_id")
        ),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_reinspection_laboratory_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinspection")),
        sa.UniqueConstraint("first_id", name=op.f("uq_reinspection_first_id")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER reinspection_keep_update BEFORE UPDATE ON reinspection BEGIN SELECT RAISE(ABORT, 'append only: reinspection'); END",
                    "CREATE TRIGGER reinspection_keep_delete BEFORE DELETE ON reinspection BEGIN SELECT RAISE(ABORT, 'append only: reinspection'); END",
                    "CREATE TRIGGER reinspection_keep_insert BEFORE INSERT ON reinspection WHEN EXISTS (SELECT 1 FROM reinspection WHERE (id = NEW.id) OR (first_id = NEW.first_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: reinspection'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER reinspection_keep BEFORE UPDATE OR DELETE ON reinspection FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER reinspection_keep_all BEFORE TRUNCATE ON reinspection FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_reinspection_batch_id"), "reinspection", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_reinspection_laboratory_id"), "reinspection", ["laboratory_id"], unique=False
    )
    op.create_table(
        "retest",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(length=20), nullable=False),
        sa.Column("both_count", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "ground IN ('laboratory-error', 'retained-sample', 'double-sampling', 'reinspection')",
            name=op.f("ck_retest_ground_known"),
        ),
        sa.ForeignKeyConstraint(["first_id"], ["inspection.id"], name=op.f("fk_retest_first_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_retest_inspection_id")
        ),
        sa.PrimaryKeyConstraint("inspection_id", name=op.f("pk_retest")),
        sa.UniqueConstraint("first_id", name=op.f("uq_retest_first_id")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER retest_keep_update BEFORE UPDATE ON retest BEGIN SELECT RAISE(ABORT, 'append only: retest'); END",
                    "CREATE TRIGGER retest_keep_delete BEFORE DELETE ON retest BEGIN SELECT RAISE(ABORT, 'append only: retest'); END",
                    "CREATE TRIGGER retest_keep_insert BEFORE INSERT ON retest WHEN EXISTS (SELECT 1 FROM retest WHERE (inspection_id = NEW.inspection_id) OR (first_id = NEW.first_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: retest'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER retest_keep BEFORE UPDATE OR DELETE ON retest FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER retest_keep_all BEFORE TRUNCATE ON retest FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_table(
        "worksheet",
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("retests_id", sa.Uuid(), nullable=True),
        sa.Column("ground", sa.String(length=20), nullable=True),
        sa.Column("both_count", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind = 'type' OR batch_id IS NOT NULL", name=op.f("ck_worksheet_batch_named")
        ),
        sa.CheckConstraint("kind IN ('batch', 'type')", name=op.f("ck_worksheet_kind_known")),
        sa.CheckConstraint(
            "state IN ('drafted', 'submitted', 'published', 'discarded')",
            name=op.f("ck_worksheet_state_known"),
        ),
        sa.CheckConstraint(
            "corrects_id IS NULL OR retests_id IS NULL",
            name=op.f("ck_worksheet_corrects_or_retests"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_worksheet_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_worksheet_batch_id")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["account.id"], name=op.f("fk_worksheet_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["inspection.id"], name=op.f("fk_worksheet_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["laboratory_id"], ["party.id"], name=op.f("fk_worksheet_laboratory_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_worksheet_party_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_worksheet_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["retests_id"], ["inspection.id"], name=op.f("fk_worksheet_retests_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worksheet")),
    )
    op.create_index(op.f("ix_worksheet_batch_id"), "worksheet", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_worksheet_laboratory_id"), "worksheet", ["laboratory_id"], unique=False
    )
    op.create_index(op.f("ix_worksheet_state"), "worksheet", ["state"], unique=False)
    op.create_table(
        "reinstatement",
        sa.Column("withdrawal_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("reinstated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_reinstatement_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"], ["withdrawal.id"], name=op.f("fk_reinstatement_withdrawal_id")
        ),
        sa.PrimaryKeyConstraint("withdrawal_id", name=op.f("pk_reinstatement")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER reinstatement_keep_update BEFORE UPDATE ON reinstatement BEGIN SELECT RAISE(ABORT, 'append only: reinstatement'); END",
                    "CREATE TRIGGER reinstatement_keep_delete BEFORE DELETE ON reinstatement BEGIN SELECT RAISE(ABORT, 'append only: reinstatement'); END",
                    "CREATE TRIGGER reinstatement_keep_insert BEFORE INSERT ON reinstatement WHEN EXISTS (SELECT 1 FROM reinstatement WHERE (withdrawal_id = NEW.withdrawal_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: reinstatement'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER reinstatement_keep BEFORE UPDATE OR DELETE ON reinstatement FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER reinstatement_keep_all BEFORE TRUNCATE ON reinstatement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_table(
        "signature",
        sa.Column("worksheet_id", sa.Uuid(), nullable=False),
        sa.Column("meaning", sa.String(length=10), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(meaning = 'returned') = (reason IS NOT NULL)",
            name=op.f("ck_signature_return_has_reason"),
        ),
        sa.CheckConstraint(
            "meaning IN ('submitted', 'verified', 'returned')",
            name=op.f("ck_signature_meaning_known"),
        ),
        sa.CheckConstraint(
            "method IN ('password', 'token')", name=op.f("ck_signature_method_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_signature_account_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_signature_party_id")),
        sa.ForeignKeyConstraint(
            ["worksheet_id"], ["worksheet.id"], name=op.f("fk_signature_worksheet_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER signature_keep_update BEFORE UPDATE ON signature BEGIN SELECT RAISE(ABORT, 'append only: signature'); END",
                    "CREATE TRIGGER signature_keep_delete BEFORE DELETE ON signature BEGIN SELECT RAISE(ABORT, 'append only: signature'); END",
                    "CREATE TRIGGER signature_keep_insert BEFORE INSERT ON signature WHEN EXISTS (SELECT 1 FROM signature WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: signature'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER signature_keep BEFORE UPDATE OR DELETE ON signature FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER signature_keep_all BEFORE TRUNCATE ON signature FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_signature_worksheet_id"), "signature", ["worksheet_id"], unique=False)
    run = op.get_bind().exec_driver_sql
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_RESULT if postgresql else SQLITE_RESULT:
        run(statement)
    for statement in POSTGRESQL if postgresql else SQLITE:
        run(statement)


def downgrade() -> None:
    """Back to what was before; what no longer fits into a short column is cut."""
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name == "postgresql":
        run("DROP TRIGGER inspection_four_eyes ON inspection")
        run("DROP FUNCTION refuse_single_eyes()")
        for name in ("uncertainty", "guarded", "measured_on", "instrument_id", "analyst_id"):
            run(f"ALTER TABLE result DROP COLUMN {name}")
        run("ALTER TABLE result ALTER COLUMN typed TYPE VARCHAR(60) USING left(typed, 60)")
    else:
        run("DROP TRIGGER inspection_four_eyes")
        old = "id, inspection_id, ordinal, characteristic, typed, unit, detection_limit, method, matrix"
        run(SQLITE_OLD_RESULT)
        run(f"INSERT INTO result_old ({old}) SELECT {old} FROM result")
        run("DROP TABLE result")
        run("ALTER TABLE result_old RENAME TO result")
        for statement in SQLITE_RESULT[4:] + [s for s in SQLITE if " ON result " in s]:
            run(statement)
    for table in reversed(TABLES):
        op.drop_table(table)

"""The public address of every report, and concessions of two people."""

import sqlalchemy as sa
from alembic import op

revision = "0008_concessions"
down_revision = "0007_worksheets"

SQLITE = [
    """CREATE TRIGGER report_link_keep_update BEFORE UPDATE ON report_link BEGIN SELECT RAISE(ABORT, 'append only: report_link'); END""",
    """CREATE TRIGGER report_link_keep_delete BEFORE DELETE ON report_link BEGIN SELECT RAISE(ABORT, 'append only: report_link'); END""",
    """CREATE TRIGGER report_link_keep_insert BEFORE INSERT ON report_link WHEN EXISTS (SELECT 1 FROM report_link WHERE (inspection_id = NEW.inspection_id) OR (token = NEW.token) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: report_link'); END""",
    """CREATE TRIGGER inspection_link AFTER INSERT ON inspection BEGIN INSERT INTO report_link (inspection_id, token) VALUES (NEW.id, lower(hex(randomblob(16)))); END""",
    """CREATE TRIGGER concession_once BEFORE UPDATE ON concession WHEN OLD.confirmed_by IS NOT NULL OR OLD.refused_by IS NOT NULL OR NEW.id <> OLD.id OR NEW.batch_id <> OLD.batch_id OR NEW.verdict_id <> OLD.verdict_id OR NEW.reason <> OLD.reason OR NEW.quantity <> OLD.quantity OR NEW.party_id <> OLD.party_id OR NEW.asked_by <> OLD.asked_by OR NEW.asked_at <> OLD.asked_at BEGIN SELECT RAISE(ABORT, 'append only: concession, which is answered once'); END""",
    """CREATE TRIGGER concession_stays BEFORE DELETE ON concession BEGIN SELECT RAISE(ABORT, 'append only: concession, which is answered once'); END""",
    """CREATE TRIGGER concession_keep_insert BEFORE INSERT ON concession WHEN EXISTS (SELECT 1 FROM concession WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: concession'); END""",
    """CREATE TRIGGER disposition_concession BEFORE INSERT ON disposition WHEN NEW.kind = 'concession' AND NOT EXISTS (SELECT 1 FROM concession c JOIN batch b ON b.id = c.batch_id JOIN account a ON a.id = c.asked_by JOIN account z ON z.id = c.confirmed_by WHERE c.batch_id = NEW.batch_id AND a.id = NEW.account_id AND z.id = NEW.second_account_id AND a.id <> z.id AND a.party_id <> b.party_id AND z.party_id <> b.party_id) BEGIN SELECT RAISE(ABORT, 'no concession without two people'); END""",
    """CREATE TRIGGER disposition_conceded BEFORE INSERT ON disposition WHEN NEW.kind = 'release' AND EXISTS (SELECT 1 FROM disposition d WHERE d.batch_id = NEW.batch_id AND d.kind = 'concession') BEGIN SELECT RAISE(ABORT, 'no release after a concession'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER report_link_keep BEFORE UPDATE OR DELETE ON report_link FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER report_link_keep_all BEFORE TRUNCATE ON report_link FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION link_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO report_link (inspection_id, token) VALUES (NEW.id, (
    left(replace(gen_random_uuid()::text, '-', ''), 12)
    || left(replace(gen_random_uuid()::text, '-', ''), 12)
    || left(replace(gen_random_uuid()::text, '-', ''), 8))::uuid);
  RETURN NULL;
END $$""",
    """CREATE TRIGGER inspection_link AFTER INSERT ON inspection FOR EACH ROW EXECUTE FUNCTION link_report()""",
    """CREATE OR REPLACE FUNCTION guard_concession() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION USING MESSAGE = 'append only: concession, which is answered once', ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.confirmed_by IS NOT NULL OR OLD.refused_by IS NOT NULL OR NEW.id <> OLD.id OR NEW.batch_id <> OLD.batch_id OR NEW.verdict_id <> OLD.verdict_id OR NEW.reason <> OLD.reason OR NEW.quantity <> OLD.quantity OR NEW.party_id <> OLD.party_id OR NEW.asked_by <> OLD.asked_by OR NEW.asked_at <> OLD.asked_at THEN
    RAISE EXCEPTION USING MESSAGE = 'append only: concession, which is answered once', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER concession_once BEFORE UPDATE OR DELETE ON concession FOR EACH ROW EXECUTE FUNCTION guard_concession()""",
    """CREATE TRIGGER concession_stays BEFORE TRUNCATE ON concession FOR EACH STATEMENT EXECUTE FUNCTION guard_concession()""",
    """CREATE OR REPLACE FUNCTION guard_conceded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'concession' AND NOT EXISTS (SELECT 1 FROM concession c JOIN batch b ON b.id = c.batch_id JOIN account a ON a.id = c.asked_by JOIN account z ON z.id = c.confirmed_by WHERE c.batch_id = NEW.batch_id AND a.id = NEW.account_id AND z.id = NEW.second_account_id AND a.id <> z.id AND a.party_id <> b.party_id AND z.party_id <> b.party_id) THEN
    RAISE EXCEPTION USING MESSAGE = 'no concession without two people', ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.kind = 'release' AND EXISTS (SELECT 1 FROM disposition d WHERE d.batch_id = NEW.batch_id AND d.kind = 'concession') THEN
    RAISE EXCEPTION USING MESSAGE = 'no release after a concession', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER disposition_concession BEFORE INSERT ON disposition FOR EACH ROW EXECUTE FUNCTION guard_conceded()""",
]
TRIGGERS = {
    "inspection_link": "inspection",
    "disposition_concession": "disposition",
    "disposition_conceded": "disposition",
}
FUNCTIONS = ["guard_concession", "guard_conceded", "link_report"]
# Reports that were there before get their address now.
BACKFILL = {
    "sqlite": "INSERT INTO report_link (inspection_id, token) SELECT id, lower(hex(randomblob(16))) FROM inspection",
    "postgresql": "INSERT INTO report_link (inspection_id, token) SELECT id, (left(replace(gen_random_uuid()::text, '-', ''), 12) || left(replace(gen_random_uuid()::text, '-', ''), 12) || left(replace(gen_random_uuid()::text, '-', ''), 8))::uuid FROM inspection",
}


def upgrade() -> None:
    """The public address of every report, and concessions of two people."""
    op.create_table(
        "report_link",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_report_link_inspection_id")
        ),
        sa.PrimaryKeyConstraint("inspection_id", name=op.f("pk_report_link")),
        sa.UniqueConstraint("token", name=op.f("uq_report_link_token")),
    )
    op.create_table(
        "concession",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("verdict_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.Uuid(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)",
            name=op.f("ck_concession_confirmed_when"),
        ),
        sa.CheckConstraint(
            "(refused_by IS NULL) = (refused_at IS NULL) AND (refused_by IS NULL) = (refusal IS NULL)",
            name=op.f("ck_concession_refused_why"),
        ),
        sa.CheckConstraint("asked_by <> confirmed_by", name=op.f("ck_concession_two_people")),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR refused_by IS NULL", name=op.f("ck_concession_one_answer")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_concession_asked_by")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_concession_batch_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["account.id"], name=op.f("fk_concession_confirmed_by")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_concession_party_id")),
        sa.ForeignKeyConstraint(
            ["refused_by"], ["account.id"], name=op.f("fk_concession_refused_by")
        ),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdict.id"], name=op.f("fk_concession_verdict_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concession")),
    )
    op.create_index(op.f("ix_concession_batch_id"), "concession", ["batch_id"], unique=False)
    op.create_index(
        "ix_concession_waiting",
        "concession",
        ["batch_id"],
        unique=True,
        sqlite_where=sa.text("confirmed_by IS NULL AND refused_by IS NULL"),
        postgresql_where=sa.text("confirmed_by IS NULL AND refused_by IS NULL"),
    )
    engine = op.get_bind().dialect.name
    op.get_bind().exec_driver_sql(BACKFILL[engine])
    for statement in POSTGRESQL if engine == "postgresql" else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Back to what was before."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for trigger, table in TRIGGERS.items():
        if not postgresql or trigger != "disposition_conceded":
            op.execute(f"DROP TRIGGER {trigger}" + (f" ON {table}" if postgresql else ""))
    for table in ("concession", "report_link"):
        op.drop_table(table)
    if postgresql:
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")

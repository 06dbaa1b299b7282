"""The ground: record, parties and accounts, documents."""

import sqlalchemy as sa
from alembic import op

revision = "0001_the_ground"
down_revision = None

SQLITE = [
    """CREATE TRIGGER evidence_keep_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'append only: evidence'); END""",
    """CREATE TRIGGER evidence_keep_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'append only: evidence'); END""",
    """CREATE TRIGGER evidence_keep_insert BEFORE INSERT ON evidence WHEN EXISTS (SELECT 1 FROM evidence WHERE (position = NEW.position) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: evidence'); END""",
    """CREATE TRIGGER document_keep_update BEFORE UPDATE ON document BEGIN SELECT RAISE(ABORT, 'append only: document'); END""",
    """CREATE TRIGGER document_keep_delete BEFORE DELETE ON document BEGIN SELECT RAISE(ABORT, 'append only: document'); END""",
    """CREATE TRIGGER document_keep_insert BEFORE INSERT ON document WHEN EXISTS (SELECT 1 FROM document WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: document'); END""",
]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';
END $$""",
    """CREATE TRIGGER evidence_keep BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER evidence_keep_all BEFORE TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER document_keep BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER document_keep_all BEFORE TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
]
FUNCTIONS = ["refuse_change"]


def upgrade() -> None:
    """The ground: record, parties and accounts, documents."""
    op.create_table(
        "answered_request",
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_answered_request")),
    )
    op.create_index(op.f("ix_answered_request_at"), "answered_request", ["at"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_evidence")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER evidence_keep_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'append only: evidence'); END",
                    "CREATE TRIGGER evidence_keep_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'append only: evidence'); END",
                    "CREATE TRIGGER evidence_keep_insert BEFORE INSERT ON evidence WHEN EXISTS (SELECT 1 FROM evidence WHERE (position = NEW.position) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: evidence'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER evidence_keep BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER evidence_keep_all BEFORE TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_evidence_subject"), "evidence", ["subject"], unique=False)
    op.create_table(
        "party",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("short_name", sa.String(length=40), nullable=True),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("contact", sa.String(length=60), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_party_credit_code")),
    )
    op.create_index(op.f("ix_party_name"), "party", ["name"], unique=False)
    op.create_table(
        "personal_value",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_value")),
    )
    op.create_index(op.f("ix_personal_value_digest"), "personal_value", ["digest"], unique=False)
    op.create_table(
        "record_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_record_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_head")),
    )
    op.create_table(
        "account",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_account_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_index(op.f("ix_account_party_id"), "account", ["party_id"], unique=False)
    op.create_table(
        "party_role",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "role IN ('producer', 'inspector', 'authority')", name=op.f("ck_party_role_known")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_role_party_id")),
        sa.PrimaryKeyConstraint("party_id", "role", name=op.f("pk_party_role")),
    )
    op.create_table(
        "account_role",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "role IN ('producer', 'inspector', 'authority', 'admin', 'verifier')",
            name=op.f("ck_account_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_role_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_account_role")),
    )
    op.create_table(
        "document",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_document_account_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_document_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        info={
            "append_only": True,
            "triggers": {
                "sqlite": [
                    "CREATE TRIGGER document_keep_update BEFORE UPDATE ON document BEGIN SELECT RAISE(ABORT, 'append only: document'); END",
                    "CREATE TRIGGER document_keep_delete BEFORE DELETE ON document BEGIN SELECT RAISE(ABORT, 'append only: document'); END",
                    "CREATE TRIGGER document_keep_insert BEFORE INSERT ON document WHEN EXISTS (SELECT 1 FROM document WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: document'); END",
                ],
                "postgresql": [
                    "\nCREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE EXCEPTION USING\n    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';\nEND $$\n",
                    "CREATE TRIGGER document_keep BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                    "CREATE TRIGGER document_keep_all BEFORE TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
                ],
            },
        },
    )
    op.create_index(op.f("ix_document_party_id"), "document", ["party_id"], unique=False)
    op.create_index(op.f("ix_document_sha256"), "document", ["sha256"], unique=False)
    op.create_table(
        "one_time_link",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_one_time_link_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_one_time_link_key_sha256")),
    )
    op.create_index(
        op.f("ix_one_time_link_account_id"), "one_time_link", ["account_id"], unique=False
    )
    op.create_table(
        "sign_in",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_sign_in_key_sha256")),
    )
    op.create_index(op.f("ix_sign_in_account_id"), "sign_in", ["account_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_token_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_token_key_sha256")),
    )
    op.create_index(op.f("ix_token_account_id"), "token", ["account_id"], unique=False)
    engine = op.get_bind().dialect.name
    for statement in POSTGRESQL if engine == "postgresql" else SQLITE:
        op.get_bind().exec_driver_sql(statement)
    op.execute("INSERT INTO record_head (id, next_position) VALUES (1, 0)")


def downgrade() -> None:
    """Back to what was before."""
    for table in [
        "token",
        "sign_in",
        "one_time_link",
        "document",
        "account_role",
        "party_role",
        "account",
        "record_head",
        "personal_value",
        "party",
        "evidence",
        "answered_request",
    ]:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")

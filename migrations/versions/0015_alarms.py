"""Words about alarms, and attempts that were refused."""

import sqlalchemy as sa
from alembic import op

revision = "0015_alarms"
down_revision = "0014_recalls"

SQLITE = [
    """CREATE TRIGGER alarm_word_keep_update BEFORE UPDATE ON alarm_word BEGIN SELECT RAISE(ABORT, 'append only: alarm_word'); END""",
    """CREATE TRIGGER alarm_word_keep_delete BEFORE DELETE ON alarm_word BEGIN SELECT RAISE(ABORT, 'append only: alarm_word'); END""",
    """CREATE TRIGGER alarm_word_keep_insert BEFORE INSERT ON alarm_word WHEN EXISTS (SELECT 1 FROM alarm_word WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: alarm_word'); END""",
]
POSTGRESQL = [
    """CREATE TRIGGER alarm_word_keep BEFORE UPDATE OR DELETE ON alarm_word FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER alarm_word_keep_all BEFORE TRUNCATE ON alarm_word FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
]


def upgrade() -> None:
    """Words about alarms, and attempts that were refused."""
    op.create_table(
        "refused_attempt",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("base", sa.String(length=5), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("possible", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("base IN ('mass', 'count')", name=op.f("ck_refused_attempt_base_known")),
        sa.CheckConstraint("count > 0", name=op.f("ck_refused_attempt_counted")),
        sa.PrimaryKeyConstraint(
            "kind", "party_id", "subject_id", "day", name=op.f("pk_refused_attempt")
        ),
    )
    op.create_table(
        "alarm_word",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("by_authority", sa.Boolean(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_alarm_word_account_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_alarm_word_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_word")),
    )
    op.create_index(op.f("ix_alarm_word_key"), "alarm_word", ["key"], unique=False)
    run = op.get_bind().exec_driver_sql
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        run(statement)


def downgrade() -> None:
    """Take all of it away again."""
    op.drop_table("alarm_word")
    op.drop_table("refused_attempt")

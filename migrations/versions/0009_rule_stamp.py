"""The stamp of the rules: a row that says anew, whenever a rule changes, that all was otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0009_rule_stamp"
down_revision = "0008_concessions"

TABLES = [
    "requirement",
    "clause",
    "edition",
    "standard",
    "characteristic",
    "product_term",
    "product",
    "release_plan",
]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION mark_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('biaoyuan.rules', gen_random_uuid()::text, true);
  RETURN NULL;
END $$""",
    """CREATE OR REPLACE FUNCTION stamp_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('biaoyuan.rules_stamped', true) IS DISTINCT FROM 'yes' THEN
    UPDATE rule_stamp SET stamp = gen_random_uuid()::text;
    PERFORM set_config('biaoyuan.rules_stamped', 'yes', true);
  END IF;
  RETURN NULL;
END $$""",
]


def _update_of(table: str) -> str:
    return "UPDATE OF key" if table == "product" else "UPDATE"


def upgrade() -> None:
    """The stamp, and the triggers that change it."""
    op.create_table(
        "rule_stamp",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stamp", sa.String(length=36), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_rule_stamp_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_stamp")),
    )
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL:
            run(statement)
        for table in TABLES:
            when = f"INSERT OR DELETE OR {_update_of(table)}"
            run(
                f"CREATE TRIGGER {table}_marks_rules AFTER {when} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION mark_rules()"
            )
            run(
                f"CREATE CONSTRAINT TRIGGER {table}_stamps_rules AFTER {when} ON {table} "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp_rules()"
            )
        run("INSERT INTO rule_stamp (id, stamp) VALUES (1, gen_random_uuid()::text)")
        return
    for table in TABLES:
        for verb in ("INSERT", _update_of(table), "DELETE"):
            name = f"{table}_stamps_rules_{verb.partition(' ')[0].lower()}"
            run(
                f"CREATE TRIGGER {name} AFTER {verb} ON {table} "
                "BEGIN UPDATE rule_stamp SET stamp = lower(hex(randomblob(16))); END"
            )
    run("INSERT INTO rule_stamp (id, stamp) VALUES (1, lower(hex(randomblob(16))))")


def downgrade() -> None:
    """Back to what was before."""
    run = op.get_bind().exec_driver_sql
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        if postgresql:
            run(f"DROP TRIGGER {table}_marks_rules ON {table}")
            run(f"DROP TRIGGER {table}_stamps_rules ON {table}")
        else:
            for verb in ("insert", "update", "delete"):
                run(f"DROP TRIGGER {table}_stamps_rules_{verb}")
    op.drop_table("rule_stamp")
    if postgresql:
        run("DROP FUNCTION mark_rules()")
        run("DROP FUNCTION stamp_rules()")

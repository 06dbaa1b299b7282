"""Tables that only take INSERT (promise 5): the triggers, on both engines.

On SQLite a BEFORE INSERT trigger refuses an existing key, so that REPLACE fails on any connection;
on PostgreSQL TRUNCATE is refused as well.
"""

from typing import cast

from sqlalchemy import Connection, FromClause, Table, event

PG_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';
END $$
"""


def trigger_statements(table: str, key: str, dialect: str) -> list[str]:
    """The CREATE TRIGGER statements that make `table`, with its primary key `key`, append-only."""
    if dialect == "postgresql":
        return [
            PG_FUNCTION,
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f"CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ]
    refuse = f"BEGIN SELECT RAISE(ABORT, 'append only: {table}'); END"
    return [
        f"CREATE TRIGGER {table}_keep_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_keep_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_keep_insert BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) {refuse}",
    ]


def append_only(model_table: FromClause) -> None:
    """Attach the triggers to a model's table, made whenever it is created from the models."""
    table = cast(Table, model_table)
    table.info["append_only"] = True
    key = next(iter(table.primary_key.columns)).name
    for dialect in ("sqlite", "postgresql"):
        attach(table, trigger_statements(table.name, key, dialect), dialect)


def attach(model_table: FromClause, statements: list[str], dialect: str) -> None:
    """Run `statements` after a model's table is created on `dialect`; kept in table.info too."""
    table = cast(Table, model_table)
    table.info.setdefault("triggers", {}).setdefault(dialect, []).extend(statements)

    def create(_table: Table, connection: Connection, **_: object) -> None:
        if connection.dialect.name == dialect:
            for statement in statements:
                connection.exec_driver_sql(statement)

    event.listen(table, "after_create", create)

"""Tables that only take INSERT (promise 5): the triggers, on both engines.

On SQLite a BEFORE INSERT trigger refuses an existing key, so that REPLACE fails on any connection;
on PostgreSQL TRUNCATE is refused as well.
"""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, FromClause, Table, UniqueConstraint, event

PG_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = 'append only: ' || TG_TABLE_NAME, ERRCODE = 'restrict_violation';
END $$
"""


def trigger_statements(table: str, keys: Sequence[Sequence[str]], dialect: str) -> list[str]:
    """The CREATE TRIGGER statements that make `table` append-only.

    `keys` are its primary key and every other unique set of columns.
    """
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
        insert_guard(table, keys),
    ]


def insert_guard(table: str, keys: Sequence[Sequence[str]]) -> str:
    """SQLite's trigger against REPLACE: an insert that meets a row by any unique key is refused.

    The hidden rowid is such a key too.
    """
    same = " OR ".join(
        "(" + " AND ".join(f"{name} = NEW.{name}" for name in key) + ")" for key in keys
    )
    return (
        f"CREATE TRIGGER {table}_keep_insert BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same} OR rowid = NEW.rowid) "
        f"BEGIN SELECT RAISE(ABORT, 'append only: {table}'); END"
    )


def unique_keys(table: Table) -> list[list[str]]:
    """The primary key first, then the other unique sets of columns in the order of their names."""
    others = sorted(
        [column.name for column in rule.columns]
        for rule in table.constraints
        if isinstance(rule, UniqueConstraint)
    )
    return [[column.name for column in table.primary_key.columns], *others]


def append_only(model_table: FromClause) -> None:
    """Attach the triggers to a model's table, made whenever it is created from the models."""
    table = cast(Table, model_table)
    table.info["append_only"] = True
    for dialect in ("sqlite", "postgresql"):
        attach(table, trigger_statements(table.name, unique_keys(table), dialect), dialect)


def attach(model_table: FromClause, statements: list[str], dialect: str) -> None:
    """Run `statements` after a model's table is created on `dialect`; kept in table.info too."""
    table = cast(Table, model_table)
    table.info.setdefault("triggers", {}).setdefault(dialect, []).extend(statements)

    def create(_table: Table, connection: Connection, **_: object) -> None:
        if connection.dialect.name == dialect:
            for statement in statements:
                connection.exec_driver_sql(statement)

    event.listen(table, "after_create", create)

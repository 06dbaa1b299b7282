"""What a database really contains, as its own catalogue says: CHECKs and triggers included."""

import re

from sqlalchemy import Connection, Engine, text

_SPACE = re.compile(r"\s+")


def schema_of(engine: Engine) -> dict[str, str]:
    """Every table, index, constraint, trigger and function by name, as text."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return _sqlite(connection)
        return _postgresql(connection)


def _flat(definition: str) -> str:
    """One line, without the quotes and blanks in which two printings of one thing may differ."""
    return _SPACE.sub("", definition.replace('"', "")).lower()


def _sqlite(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        text(
            "SELECT type || ' ' || name, sql FROM sqlite_master "
            "WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'"
        )
    )
    return {name: _parts(sql) for name, sql in rows}


def _parts(sql: str) -> str:
    """A CREATE TABLE with its columns and constraints in one order; anything else as it is."""
    if not sql.upper().startswith("CREATE TABLE"):
        return _flat(sql)
    head, _, inside = sql.partition("(")
    lines = [line.strip().rstrip(",") for line in inside.rsplit(")", 1)[0].split("\n")]
    return _flat(head) + "|".join(sorted(_flat(line) for line in lines if line.strip(" ,")))


_PG_QUERIES = {
    "column": "SELECT table_name || '.' || column_name, data_type || ' ' || "
    "COALESCE(character_maximum_length::text, '') || ' ' || is_nullable "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "constraint": "SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) "
    "FROM pg_trigger WHERE NOT tgisinternal",
    "function": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}


def _postgresql(connection: Connection) -> dict[str, str]:
    found = {}
    for kind, query in _PG_QUERIES.items():
        for name, definition in connection.execute(text(query)):
            if "alembic_version" not in name:
                found[f"{kind} {name}"] = _flat(definition)
    return found

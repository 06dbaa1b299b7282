"""Two roles on PostgreSQL (promise 5): one owns the tables, another serves.

The serving role can read and write rows; it can neither truncate, nor drop a trigger, nor change
or delete evidence even where a trigger were missing.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from core.settings import SettingsError

# Also true for a member of the owner and for a superuser, who can drop triggers as well.
_OWNS = (
    "SELECT 1 FROM pg_tables WHERE schemaname = 'public' "
    "AND pg_has_role(current_user, tableowner, 'MEMBER') LIMIT 1"
)


def grant_service(connection: Connection, role: str, evidence: Iterable[str]) -> None:
    """Let `role` serve: rows of every table, but only INSERT into the tables of `evidence`."""
    name = connection.dialect.identifier_preparer.quote(role)
    everything = "ALL TABLES IN SCHEMA public"
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {everything} TO {name}"))
    for table in evidence:
        kept = connection.dialect.identifier_preparer.quote(table)
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {kept} FROM {name}"))


def service_role(migrate_url: str, database_url: str) -> str | None:
    """The serving role where it differs from the owner; None on SQLite and with one role."""
    owner, service = make_url(migrate_url), make_url(database_url)
    if service.get_backend_name() != "postgresql" or owner.username == service.username:
        return None
    return service.username


def refuse_owner(engine: Engine) -> None:
    """In production, refuse to serve as the role that owns the tables; SettingsError.

    Checked now and at every new connection: a database that is down now is looked at later.
    """
    if engine.dialect.name != "postgresql":
        return

    def check(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        owns = cursor.execute(_OWNS).fetchone()
        cursor.close()
        connection.rollback()
        if owns is not None:
            raise SettingsError(
                "DATABASE_URL: 这个角色拥有表，触发器可被它删除；请另建一个角色，拥有者写在 MIGRATE_URL / "
                "this role owns the tables; serve with another one and put the owner in MIGRATE_URL"
            )

    event.listen(engine, "connect", check)
    try:
        engine.connect().close()
    except OperationalError:
        return  # not reachable yet: /readyz says so, and `check` stands at the door

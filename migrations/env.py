"""How Alembic reaches the database; the revisions themselves are frozen and import nothing of ours."""

from alembic import context
from sqlalchemy import Connection, create_engine, text

from core.database.engine import prepare_engine
from core.settings import read_settings

ADVISORY_LOCK = 20230919


def run(connection: Connection) -> None:
    """Run the revisions on `connection`, alone, in one transaction."""
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = '30s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = create_engine(context.config.attributes.get("url") or read_settings().migrate_url)
    prepare_engine(engine)
    with engine.connect() as opened:
        run(opened)
        opened.commit()
    engine.dispose()

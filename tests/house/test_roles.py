"""On PostgreSQL the serving role owns nothing; production refuses one that does."""

from pathlib import Path

import pytest
from sqlalchemy import Table, create_engine, text
from sqlalchemy.exc import ProgrammingError

from core.database.base import Base
from core.database.engine import db
from core.settings import Settings, SettingsError
from tests.conftest import settings_for
from tests.engines import served
from wsgi import create_app


def production(url: str, data: Path) -> Settings:
    """Settings of a production house at `url`."""
    sample = settings_for(url, data)
    return Settings(**{**vars(sample), "mode": "production", "database_url": url})


def starts(settings: Settings) -> bool:
    """Whether a house starts with these settings; its connections are closed again."""
    app = create_app(settings)
    with app.app_context():
        db.engine.dispose()
    return True


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_production_refuses_to_serve_as_the_owner_of_the_tables(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MIGRATE_URL"):
        create_app(production(url, tmp_path))
    assert starts(production(served(url), tmp_path))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_serving_role_cannot_touch_evidence_or_triggers(url: str) -> None:
    made = create_engine(served(url))
    tables = [t for t in Base.metadata.sorted_tables if t.info.get("append_only")]
    assert len(tables) > 10
    with made.connect() as connection:
        for table in tables:
            for words in statements_against(table):
                with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                    connection.execute(text(words))
                connection.rollback()
    made.dispose()


def statements_against(kept: Table) -> tuple[str, ...]:
    """What would change, lose or unguard the rows of a table."""
    table, key = kept.name, next(iter(kept.primary_key.columns)).name
    return (
        f"UPDATE {table} SET {key} = {key}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"DROP TRIGGER {table}_keep ON {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
    )

"""On PostgreSQL the serving role owns nothing; production refuses one that does."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from core.database.base import Base
from core.settings import Settings, SettingsError
from tests.conftest import settings_for
from tests.engines import served
from wsgi import create_app


def production(url: str, data: Path) -> Settings:
    """Settings of a production house at `url`."""
    sample = settings_for(url, data)
    return Settings(**{**vars(sample), "mode": "production", "database_url": url})


def test_production_refuses_to_serve_as_the_owner_of_the_tables(
    engine: str, url: str, tmp_path: Path
) -> None:
    if engine == "sqlite":
        assert create_app(production(url, tmp_path)) is not None
        return
    with pytest.raises(SettingsError, match="MIGRATE_URL"):
        create_app(production(url, tmp_path))
    assert create_app(production(served(url), tmp_path)) is not None


def test_the_serving_role_cannot_touch_evidence_or_triggers(engine: str, url: str) -> None:
    if engine == "sqlite":
        pytest.skip("SQLite has no roles; its triggers are tested in tests/api/test_append_only.py")
    made = create_engine(served(url))
    tables = [t.name for t in Base.metadata.sorted_tables if t.info.get("append_only")]
    assert len(tables) > 10
    with made.connect() as connection:
        for table in tables:
            for words in (
                f"UPDATE {table} SET id = id"
                if table != "evidence"
                else "UPDATE evidence SET kind = 'x'",
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
                f"DROP TRIGGER {table}_keep ON {table}",
                f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            ):
                with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                    connection.execute(text(words))
                connection.rollback()
    made.dispose()

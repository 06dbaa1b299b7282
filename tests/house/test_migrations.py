"""Migrations go up, down and up again on both engines, and end where the models begin."""

import ast
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from core.database.base import Base
from core.database.engine import prepare_engine
from desks.commands import migrate
from tests.engines import drop_postgres_database, new_postgres_database
from tests.house.catalogues import schema_of

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


@pytest.fixture
def empty(engine: str, tmp_path: Path) -> Iterator[list[str]]:
    """Two empty databases."""
    if engine == "sqlite":
        yield [f"sqlite:///{tmp_path / name}" for name in ("one.sqlite", "two.sqlite")]
        return
    names = [f"empty_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    yield [new_postgres_database(name) for name in names]
    for name in names:
        drop_postgres_database(name)


def opened(url: str) -> Engine:
    made = create_engine(url)
    prepare_engine(made)
    return made


def test_a_migrated_database_equals_one_made_from_the_models(empty: list[str]) -> None:
    migrate(empty[0])
    migrated, created = opened(empty[0]), opened(empty[1])
    Base.metadata.create_all(created)
    assert schema_of(migrated) == schema_of(created)
    migrated.dispose()
    created.dispose()


def test_down_leaves_nothing_and_up_again_gives_the_same(empty: list[str]) -> None:
    migrate(empty[0])
    engine = opened(empty[0])
    first = schema_of(engine)
    migrate(empty[0], "base")
    assert schema_of(engine) == {}
    migrate(empty[0])
    assert schema_of(engine) == first
    engine.dispose()


def test_running_the_migrations_again_keeps_the_rows(empty: list[str]) -> None:
    migrate(empty[0])
    engine = opened(empty[0])
    with engine.begin() as connection:
        connection.execute(text("UPDATE record_head SET next_position = 41"))
    migrate(empty[0])
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT next_position FROM record_head")) == 41
    engine.dispose()


def test_migrations_import_nothing_of_ours_and_form_one_line() -> None:
    names = sorted(path.stem for path in VERSIONS.glob("*.py"))
    before = None
    for name in names:
        tree = ast.parse((VERSIONS / f"{name}.py").read_text())
        values = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in ("revision", "down_revision")
        }
        assert values == {"revision": name, "down_revision": before}
        before = name
        imported = {
            node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert imported <= {"sqlalchemy", "alembic"}, name

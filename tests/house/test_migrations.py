"""Migrations go up, down and up again on both engines, and end where the models begin."""

import ast
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DatabaseError

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
        assert imported <= {"sqlalchemy", "alembic", "collections.abc"}, name


def _insert_lone_result(url: str) -> None:
    """A report with one result and no parties: foreign keys have to look away."""
    one, report, other = (uuid.uuid4().hex for _ in range(3))
    inserts = [
        "INSERT INTO inspection (id, kind, number, laboratory_id, party_id, product_id, "
        "sampled_on, reported_on, valid_from, recorded_at) VALUES "
        f"('{report}', 'type', 'R-1', '{other}', '{other}', '{other}', '2026-10-01', "
        "'2026-10-02', '2026-10-02', '2026-10-02 00:00:00')",
        "INSERT INTO result (id, inspection_id, ordinal, characteristic, typed, unit) "
        f"VALUES ('{one}', '{report}', 0, '水分', '５．８', '%')",
    ]
    _insert(url, inserts)


def _insert(url: str, inserts: list[str]) -> None:
    """Rows as they are, foreign keys and (on PostgreSQL) triggers looking away."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            for insert in inserts:
                file.execute(insert)
            file.commit()
        return
    engine = opened(url)
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for insert in inserts:
            connection.execute(text(insert))
    engine.dispose()


def test_results_survive_the_widening_of_their_table_and_its_undoing(empty: list[str]) -> None:
    """0007 makes the table of results anew on SQLite; rows, keys and triggers must outlast it."""
    migrate(empty[0], "0004_labels")
    _insert_lone_result(empty[0])
    engine = opened(empty[0])
    read = text("SELECT ordinal, characteristic, typed, unit FROM result")
    kept = [(0, "水分", "５．８", "%")]
    for revision in ("head", "0004_labels", "head"):
        migrate(empty[0], revision)
        with engine.connect() as connection:
            assert [tuple(found) for found in connection.execute(read)] == kept, revision
            with pytest.raises(DatabaseError, match="append only"):
                connection.execute(text("DELETE FROM result"))
    engine.dispose()


def _insert_part(url: str) -> None:
    """A batch with its harvest in the books, and two parts of it, split off on two days."""
    owner, whole, one, two, posting = (uuid.uuid4().hex for _ in range(5))
    batches = [
        "INSERT INTO batch (id, party_id, product_id, number, form, base, quantity, "
        "quantity_typed, quantity_unit, production_date, declared, created_at, version) VALUES "
        f"('{batch}', '{owner}', '{owner}', 'N-{number}', '鲜叶', 'mass', 5, '5', 'mg', "
        "'2025-04-02', '[]', '2025-04-02 00:00:00', 1)"
        for number, batch in enumerate((whole, one, two))
    ]
    entries = [
        "INSERT INTO entry (id, posting, kind, party_id, product_id, form, batch_id, account, "
        f"base, amount, at) VALUES ('{uuid.uuid4().hex}', '{posting}', 'harvest', '{owner}', "
        f"'{owner}', '鲜叶', '{whole}', '{account}', 'mass', {amount}, '2025-04-03 00:00:00')"
        for account, amount in (("harvest", -5), ("stock", 5))
    ]
    parts = [
        "INSERT INTO batch_origin (id, kind, batch_id, parent_id, quantity, at) VALUES "
        f"('{uuid.uuid4().hex}', 'split', '{part}', '{whole}', {quantity}, '2025-04-{day} 00:00:00')"
        for part, quantity, day in ((two, 2, "09"), (one, 1, "08"))
    ]
    parties = [
        "INSERT INTO party (id, name, credit_code, sample, created_at, version) VALUES "
        f"('{owner}', '示例', '示例', {'1' if url.startswith('sqlite') else 'true'}, "
        "'2025-04-01 00:00:00', 1)",
        "INSERT INTO product (id, key, name, name_en, category, in_plan, default_form, "
        "area_certainty, quality, origin, created_at, version) VALUES "
        f"('{owner}', 'p', '示例', 'sample', 'c', {'0' if url.startswith('sqlite') else 'false'}, "
        "'鲜叶', 'confirmed', '[]', 'entered', '2025-04-01 00:00:00', 1)",
    ]
    _insert(url, [*parties, *batches, *entries, *parts])


def test_the_books_before_allowances_are_kept_counted_and_numbered(empty: list[str]) -> None:
    """0011 makes entries and origins anew on SQLite, numbers the links and finds the harvests."""
    migrate(empty[0], "0010_plots")
    _insert_part(empty[0])
    engine = opened(empty[0])
    entries = text("SELECT account, amount FROM entry ORDER BY amount")
    origins = text("SELECT quantity FROM batch_origin ORDER BY at")
    for revision in ("head", "0010_plots", "head"):
        migrate(empty[0], revision)
        with engine.connect() as connection:
            assert [tuple(found) for found in connection.execute(entries)] == [
                ("harvest", -5), ("stock", 5),
            ]  # fmt: skip
            assert list(connection.scalars(origins)) == [1, 2], revision
            for table in ("entry", "batch_origin"):
                with pytest.raises(DatabaseError, match="append only"):
                    connection.execute(text(f"DELETE FROM {table}"))
                connection.rollback()
    with engine.connect() as connection:
        numbered = text("SELECT number, quantity FROM batch_origin ORDER BY number")
        assert [tuple(found) for found in connection.execute(numbered)] == [(1, 1), (2, 2)]
        assert connection.scalar(text("SELECT next_number FROM link_head")) == 3
        harvest = text("SELECT year, form, quantity FROM harvest")
        assert [tuple(found) for found in connection.execute(harvest)] == [(2025, "鲜叶", 5)]
    engine.dispose()

"""Migration 0008 gives every report that was there before an address of its own, once."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from desks.commands import migrate
from tests.engines import drop_postgres_database, new_postgres_database

COLUMNS = (
    "id, kind, number, laboratory_id, party_id, product_id, batch_id, sampled_on, reported_on, "
    "recorded_at"
)


@pytest.fixture
def old(engine: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of before the worksheets."""
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.sqlite'}"
        migrate(url, "0004_labels")
        yield url
        return
    name = f"old_{uuid.uuid4().hex[:12]}"
    url = new_postgres_database(name)
    migrate(url, "0004_labels")
    yield url
    drop_postgres_database(name)


def insert_reports(url: str, count: int) -> None:
    """Reports on their own, for which foreign keys have to look away."""
    ids = [[uuid.uuid4().hex for _ in range(5)] for _ in range(count)]
    statements = [
        f"INSERT INTO inspection ({COLUMNS}) VALUES ('{own}', 'batch', 'R-{own[:8]}', '{lab}', "
        f"'{party}', '{product}', '{batch}', '2026-10-01', '2026-10-02', '2026-10-02 00:00:00')"
        for own, lab, party, product, batch in ids
    ]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            for statement in statements:
                file.execute(statement)
            file.commit()
        return
    made = create_engine(url)
    with made.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))
    made.dispose()


def tokens(url: str) -> list[int]:
    """The random number of every report."""
    made = create_engine(url)
    with made.connect() as connection:
        query = "SELECT r.token FROM inspection i JOIN report_link r ON r.inspection_id = i.id"
        found = [uuid.UUID(str(row[0])).int for row in connection.execute(text(query))]
    made.dispose()
    return found


def test_every_older_report_gets_a_number_of_which_all_bits_are_random(old: str) -> None:
    insert_reports(old, 60)
    migrate(old)
    made = tokens(old)
    assert len(set(made)) == len(made) == 60
    ever_set, always_set = 0, (1 << 128) - 1
    for number in made:
        ever_set, always_set = ever_set | number, always_set & number
    assert (ever_set, always_set) == ((1 << 128) - 1, 0), "a bit that never changes is not random"

"""A house before its catalogue: every page that somebody can reach says something sensible."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.act import ADMIN, PRODUCER
from core.database.engine import db
from desks.commands import migrate_house
from tests.conftest import settings_for
from tests.engines import drop_postgres_database, make_service_role, new_postgres_database
from tests.people import People
from wsgi import create_app

LINK = re.compile(r'href="(/[^"#?]*)')
EMPTY = "empty_house"


@pytest.fixture
def bare(engine: str, tmp_path: Path) -> Iterator[Flask]:
    """An app on a migrated database without a catalogue."""
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path / 'bare.sqlite'}"
    else:
        make_service_role()
        url = new_postgres_database(f"{EMPTY}_{tmp_path.name.replace('-', '_')[-20:]}")
    settings = settings_for(url, tmp_path)
    migrate_house(settings)
    made = create_app(settings)
    yield made
    with made.app_context():
        db.engine.dispose()
    if engine != "sqlite":
        drop_postgres_database(url.rpartition("/")[2])


def answers(client: FlaskClient) -> dict[str, int]:
    """The status of every page that is reached by links from the first one."""
    found: dict[str, int] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path in found or path.startswith("/static"):
            continue
        answer = client.get(path)
        found[path] = answer.status_code
        if "html" in answer.content_type:
            waiting += LINK.findall(answer.get_data(as_text=True))
    return found


def test_no_page_of_an_empty_house_breaks_and_what_needs_the_catalogue_says_so(
    bare: Flask,
) -> None:
    people = People(bare)
    persons = (
        people.inspector,
        people.inspector.colleague,
        people.authority,
        people.person(9, "新合作社", (PRODUCER, ADMIN)),
    )
    found = {path: status for one in persons for path, status in answers(one.signed_in()).items()}
    assert len(found) > 40
    assert {path: status for path, status in found.items() if status >= 400} == {
        "/gov/products/new": 409
    }
    page = people.authority.signed_in().get("/gov/products/new").get_data(as_text=True)
    assert "load-catalogue" in page
    assert people.authority.get("/divisions").get_json()["code"] == "no-divisions"

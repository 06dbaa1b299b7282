"""Alive says the process runs; ready says that the database answers (F-08)."""

import time
from pathlib import Path

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.conftest import settings_for
from tests.people import People
from wsgi import create_app


def test_a_sound_house_is_alive_and_ready(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz").get_json() == {"alive": True}
    assert client.get("/readyz").get_json() == {"ready": True}


def test_without_its_database_the_house_is_alive_and_not_ready(tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path / 'none' / 'missing.sqlite'}",
        "postgresql+psycopg://nobody@127.0.0.1:9/none",
    ):
        client = create_app(settings_for(url, tmp_path)).test_client()
        began = time.monotonic()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()) == (503, {"ready": False})
        assert time.monotonic() - began < 2
        assert client.get("/healthz").status_code == 200


def test_a_database_without_its_head_row_is_not_ready(app: Flask, session: Session) -> None:
    session.execute(text("DELETE FROM record_head"))
    session.commit()
    assert app.test_client().get("/readyz").status_code == 503


def test_a_nul_in_a_search_is_no_error_of_the_server(people: People) -> None:
    for person, paths in (
        (people.cooperative, ("/coop/batches", "/coop/labels", "/products")),
        (people.inspector, ("/lab/", "/lab/reports")),
        (people.authority, ("/gov/batches", "/gov/parties", "/gov/standards", "/gov/requirements")),
    ):
        browser = person.signed_in()
        for path in paths:
            for name in ("q", "product", "state", "kind", "after"):
                assert browser.get(f"{path}?{name}=%00").status_code < 500, (path, name)

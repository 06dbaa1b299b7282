"""Every API test runs on SQLite and on PostgreSQL, each in a database of its own.

The schema is made by the migrations, once per engine and worker, with the catalogue in it; each
test gets a copy of that file (SQLite) or a database from that template (PostgreSQL).
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core.database.engine import db
from core.settings import Settings
from desks.commands import migrate_house
from tests.engines import (
    drop_postgres_database,
    make_service_role,
    new_postgres_database,
    postgres_here,
    served,
    stop_postgres,
)
from tests.people import People, Person
from wsgi import create_app

ENGINES = ("sqlite", "postgresql")
SECRET = "only-for-tests-0123456789-abcdefghijkl"


def pytest_report_header() -> str:
    """Say loudly what will be skipped."""
    return "PostgreSQL: " + (
        "yes" if postgres_here() else "NOT FOUND, its half of the suite is SKIPPED"
    )


def pytest_sessionfinish() -> None:
    """The server that a worker started ends with it."""
    stop_postgres()


def settings_for(url: str, data: Path) -> Settings:
    """Settings of a test house: sample mode, cheap passwords."""
    return Settings(
        mode="sample",
        data=data,
        database_url=served(url),
        migrate_url=url,
        secret_key=SECRET,
        label_origin="https://gi.example.cn",
        cookie_secure=False,
        password_memory_kib=64,
    )


def _need_engine(engine: str) -> None:
    if engine == "postgresql" and not postgres_here():
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs PostgreSQL: install it or set TEST_POSTGRES_URL")
        pytest.skip("no PostgreSQL on this machine")


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name."""
    name: str = request.param
    _need_engine(name)
    return name


@pytest.fixture(scope="session")
def template(engine: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a migrated database with the catalogue, to be copied."""
    folder = tmp_path_factory.mktemp(f"template-{engine}")
    if engine == "sqlite":
        url = f"sqlite:///{folder / 'template.sqlite'}"
    else:
        make_service_role()
        url = new_postgres_database(f"template_{uuid.uuid4().hex[:12]}")
    settings = settings_for(url, folder)
    migrate_house(settings)
    app = create_app(settings)
    with app.app_context():
        from_catalogue(app)
        db.engine.dispose()
    return url


def from_catalogue(app: Flask) -> None:
    """Load the built-in catalogue."""
    result = app.test_cli_runner().invoke(args=["house", "load-catalogue"])
    assert result.exit_code == 0, result.output


@pytest.fixture
def url(engine: str, template: str, tmp_path: Path) -> Iterator[str]:
    """The address of this test's own database."""
    if engine == "sqlite":
        source = template.removeprefix("sqlite:///")
        shutil.copy(source, tmp_path / "test.sqlite")
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
    else:
        name = f"test_{uuid.uuid4().hex[:12]}"
        yield new_postgres_database(name, template=template.rpartition("/")[2])
        drop_postgres_database(name)


@pytest.fixture
def app(url: str, tmp_path: Path) -> Iterator[Flask]:
    """The whole app on this test's database."""
    made = create_app(settings_for(url, tmp_path))
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without cookies."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session of the app's database, for arranging and looking.

    No app context stays open around the test: requests would share its `g`, and so its actor.
    """
    with app.app_context():
        made = db.sessionmaker()
    yield made
    made.close()


@pytest.fixture
def people(app: Flask) -> People:
    """The named people of the tests."""
    return People(app)


@pytest.fixture
def authority(people: People) -> Person:
    """主管部门."""
    return people.authority


@pytest.fixture
def cooperative(people: People) -> Person:
    """A cooperative licensed for 长沙绿茶, 望城小龙虾 and 浏阳油茶."""
    return people.cooperative


@pytest.fixture
def stranger(people: People) -> Person:
    """Another cooperative with the same licences."""
    return people.stranger


@pytest.fixture
def inspector(people: People) -> Person:
    """An inspector of a laboratory of its own."""
    return people.inspector


@pytest.fixture
def consumer(people: People) -> Person:
    """Nobody in particular, with a phone."""
    return people.consumer

"""A house that the tests of one file share, for what is slow to fill and then only looked at."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from core.database.engine import db
from tests.conftest import settings_for
from tests.engines import drop_postgres_database, new_postgres_database
from wsgi import create_app


@contextmanager
def house_on_a_copy(engine: str, template: str, folder: Path) -> Iterator[Flask]:
    """The whole app on a copy of the migrated database with the catalogue."""
    name = f"shared_{uuid.uuid4().hex[:12]}"
    if engine == "sqlite":
        shutil.copy(template.removeprefix("sqlite:///"), folder / "shared.sqlite")
        url = f"sqlite:///{folder / 'shared.sqlite'}"
    else:
        url = new_postgres_database(name, template=template.rpartition("/")[2])
    app = create_app(settings_for(url, folder))
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
        if engine != "sqlite":
            drop_postgres_database(name)

"""A house of its own for a bench: SQLite on a file, the catalogue, people with tokens."""

import tempfile
from pathlib import Path

from flask import Flask

from desks.commands import migrate
from tests.conftest import settings_for
from tests.people import People
from wsgi import create_app


def new_house() -> tuple[Flask, People]:
    """An app on a fresh database file, and people to act in it."""
    folder = Path(tempfile.mkdtemp(prefix="biaoyuan-bench-"))
    url = f"sqlite:///{folder / 'bench.sqlite'}"
    migrate(url)
    app = create_app(settings_for(url, folder))
    runner = app.test_cli_runner()
    for words in (["house", "load-catalogue"], ["house", "new-epoch"]):
        result = runner.invoke(args=words)
        if result.exit_code:
            raise RuntimeError(result.output)
    return app, People(app)

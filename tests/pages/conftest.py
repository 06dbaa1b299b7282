"""A real server with the sample house, and a real Chromium that walks through it."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from core.database.engine import db
from desks.commands import migrate
from tests.conftest import settings_for
from wsgi import create_app

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
]


def chromium() -> str | None:
    """Where Chromium is; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium with an empty profile."""
    path = chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Chromium: apt-get install chromium")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def sample_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The house as `start.py` fills it."""
    folder: Path = tmp_path_factory.mktemp("sample")
    url = f"sqlite:///{folder / 'sample.sqlite'}"
    migrate(url)
    app = create_app(settings_for(url, folder))
    result = app.test_cli_runner().invoke(args=["house", "prepare"])
    assert result.exit_code == 0, result.output
    yield app
    with app.app_context():
        db.engine.dispose()


@contextmanager
def served_at(app: Flask) -> Iterator[str]:
    """The address of a server with `app`, as long as it is needed."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(scope="session")
def address(sample_app: Flask) -> Iterator[str]:
    """The address of a server with the sample house."""
    with served_at(sample_app) as found:
        yield found

"""The house's command line: `flask --app wsgi house …`."""

from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from flask import Flask, current_app
from flask.cli import AppGroup

from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
house = AppGroup("house", help="Prepare and look after the house.")


def install_commands(app: Flask) -> None:
    """Add our commands to `flask`."""
    app.cli.add_command(house)


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision` (newer or older)."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.attributes["url"] = url
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


@house.command("migrate")
@click.option("--to", default="head", show_default=True, help="the revision to reach")
def migrate_command(to: str) -> None:
    """Bring the database to the newest revision."""
    settings: Settings = current_app.config["SETTINGS"]
    migrate(settings.migrate_url, to)

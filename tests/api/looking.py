"""Looking into the database beside the requests, each time in a context of its own."""

from typing import Any

from flask import Flask
from sqlalchemy import Select, Update

from core.database.engine import db


def rows(app: Flask, query: Select[Any]) -> list[Any]:
    """What `query` finds now: the first column of every row."""
    with app.app_context():
        return list(db.session.scalars(query).unique())


def put(app: Flask, *things: object) -> None:
    """Add rows as they are."""
    with app.app_context():
        db.session.add_all(things)
        db.session.commit()


def change(app: Flask, statement: Update) -> None:
    """Turn the clock of a row, or whatever a request could not do."""
    with app.app_context():
        db.session.execute(statement)
        db.session.commit()

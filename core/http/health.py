"""Alive and ready: alive says the process runs, ready says that the database answers."""

from flask import Blueprint, Response, json
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.database.engine import db

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process runs."""
    return Response(json.dumps({"alive": True}), mimetype="application/json")


@health.get("/readyz")
def ready() -> Response:
    """The database answers; 503 where it does not."""
    try:
        head = db.session.scalar(text("SELECT next_position FROM record_head"))
        fine = head is not None
    except SQLAlchemyError:
        fine = False
    status = 200 if fine else 503
    return Response(json.dumps({"ready": fine}), status, mimetype="application/json")

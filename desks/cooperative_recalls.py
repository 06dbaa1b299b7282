"""Recalls and drills at the cooperative's desk."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response

from desks import recall_pages as pages
from desks.cooperative_trace import ROOM
from desks.forms import Entered

cooperative_recalls = Blueprint(
    "cooperative_recalls", __name__, url_prefix="/coop/recalls", template_folder="templates"
)


@cooperative_recalls.get("")
def recalls() -> str:
    """Recalls and drills, newest first."""
    return pages.list_page(ROOM)


@cooperative_recalls.get("/new")
def new() -> Response:
    """What a recall would reach, and the form that decides it."""
    return pages.new_page(ROOM)


@cooperative_recalls.post("/new")
def open_recall() -> Response:
    """Decide a recall, or hold a drill."""
    return pages.open_recall(ROOM)


@cooperative_recalls.get("/<uuid:recall_id>")
def recall(recall_id: UUID) -> str:
    """A recall with its holders."""
    return pages.recall_page(ROOM, recall_id, Entered())


@cooperative_recalls.get("/<uuid:recall_id>/report")
def report(recall_id: UUID) -> str:
    """The same as a report to be printed."""
    return pages.recall_page(ROOM, recall_id, Entered(), report=True)


@cooperative_recalls.post("/<uuid:recall_id>/holders/<uuid:holder_id>/answers")
def answer_recall(recall_id: UUID, holder_id: UUID) -> Response:
    """What a holder says."""
    return pages.answer_recall(ROOM, recall_id, holder_id)


@cooperative_recalls.post("/<uuid:recall_id>/closing")
def close(recall_id: UUID) -> Response:
    """Close it."""
    return pages.close(ROOM, recall_id)

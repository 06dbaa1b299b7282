"""Tracing at the cooperative's desk: its own batches, and whose are those before and behind them."""

from __future__ import annotations

from flask import Blueprint, Response

from desks.trace_pages import Room, trace_file, trace_page

cooperative_trace = Blueprint(
    "cooperative_trace", __name__, url_prefix="/coop", template_folder="templates"
)
ROOM = Room(
    desk="coop",
    look="cooperative_trace.look",
    file="cooperative_trace.file",
    batch="cooperative_batch.batch",
    recalls="cooperative_recalls.recalls",
    new_recall="cooperative_recalls.new",
)


@cooperative_trace.get("/trace")
def look() -> Response:
    """The form of a trace, and the trace."""
    return trace_page(ROOM)


@cooperative_trace.get("/trace.<any(csv, xlsx):kind>")
def file(kind: str) -> Response:
    """The same as a file."""
    return trace_file(ROOM, kind)

"""Tracing at the authority's desk: everything, across all parties."""

from __future__ import annotations

from flask import Blueprint, Response

from desks.trace_pages import Room, trace_file, trace_page

authority_trace = Blueprint(
    "authority_trace", __name__, url_prefix="/gov", template_folder="templates"
)
ROOM = Room(
    desk="gov",
    look="authority_trace.look",
    file="authority_trace.file",
    batch="authority_batch.batch",
    recalls="authority_recalls.recalls",
    new_recall="authority_recalls.new",
)


@authority_trace.get("/trace")
def look() -> Response:
    """The form of a trace, and the trace."""
    return trace_page(ROOM)


@authority_trace.get("/trace.<any(csv, xlsx):kind>")
def file(kind: str) -> Response:
    """The same as a file."""
    return trace_file(ROOM, kind)

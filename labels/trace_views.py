"""REST of tracing: the whole trace as JSON, and the same as sheets that can be sorted."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from core.http.acting import current_act
from core.http.exports import as_csv
from core.http.language import language
from core.http.workbooks import as_workbook
from labels.trace_schemas import TraceOut, TraceQuery
from labels.trace_shape import Range, Unreached
from labels.trace_sheet import MOVES_NAME, RANGES_NAME, moves_table, ranges_table
from labels.trace_starts import Start, started
from labels.tracing import Node, Traced, trace
from labels.views import current_press

traces = Blueprint("traces", __name__, description="追溯 tracing backward and forward")
BINARY = {"type": "string", "format": "binary"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def traced_of(asked: dict[str, Any]) -> Traced:
    """The trace that was asked for, as the actor may see it."""
    act = current_act()
    start = Start(asked["start"], asked["id"], asked["clause"])
    return trace(act, started(act, current_press(), start), asked["direction"])


def csv_of(traced: Traced) -> Response:
    """Everything that moved, a row each."""
    return as_csv(moves_table(traced, language()), "trace")


def workbook_of(traced: Traced) -> Response:
    """The same, with the label ranges on a second sheet."""
    tongue = language()
    sheets = [
        (MOVES_NAME.said_in(tongue), moves_table(traced, tongue)),
        (RANGES_NAME.said_in(tongue), ranges_table(traced, tongue)),
    ]
    return as_workbook(sheets, "trace")


@traces.route("/traces")
@traces.arguments(TraceQuery, location="query")
@traces.response(200, TraceOut)
def get_trace(asked: dict[str, Any]) -> dict[str, Any]:
    """From a batch, label, plot, input, party, report or clause: every batch before and after it,
    every link, every label range, and what cannot be reached.
    """
    traced = traced_of(asked)
    return {
        "start": traced.started.words._asdict(),
        "direction": traced.direction,
        "starts": traced.started.batches,
        "batches": [_node(traced, node) for node in traced.nodes.values()],
        "links": traced.links,
        "hand_overs": traced.hands,
        "sales": traced.sales,
        "labels": [_range(traced, one) for one in traced.ranges],
        "unreached": [_unreached(one) for one in traced.unreached],
    }


def _node(traced: Traced, node: Node) -> dict[str, Any]:
    named = ("id", "known", "party_id", "party", "number", "product", "grade", "form", "base")
    return {
        **{name: getattr(node, name) for name in (*named, "quantity", "made_on", "disposition")},
        "held": traced.held.get(node.id, {}),
    }


def _range(traced: Traced, one: Range) -> dict[str, Any]:
    view = traced.shipments[one.shipment] if one.shipment else None
    named = ("batch", "run", "epoch", "first", "last", "count", "state", "place", "shipment")
    return {
        **{name: getattr(one, name) for name in named},
        "consignee": view.consignee if view else "",
    }


def _unreached(one: Unreached) -> dict[str, Any]:
    return {
        "batch": one.batch,
        "kind": one.kind,
        "quantity": one.quantity,
        "why": one.why._asdict(),
    }


@traces.route("/traces.csv")
@traces.arguments(TraceQuery, location="query")
@traces.response(200, {"type": "string"}, content_type="text/csv")
def get_csv(asked: dict[str, Any]) -> Response:
    """The trace as CSV: one row for each link, shipment, return, range, balance and gap."""
    return csv_of(traced_of(asked))


@traces.route("/traces.xlsx")
@traces.arguments(TraceQuery, location="query")
@traces.response(200, BINARY, content_type=XLSX)
def get_workbook(asked: dict[str, Any]) -> Response:
    """The same as a workbook, with the exact serial ranges on a second sheet."""
    return workbook_of(traced_of(asked))

"""REST of instruments, calibrations and methods: a laboratory sees its own."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from core.http.fields import PageQuery
from core.http.paging import page_arguments, page_of
from core.http.versions import check_if_match, etag
from trace.laboratories import service
from trace.laboratories.models import Instrument, Method
from trace.laboratories.schemas import (
    InstrumentChange,
    InstrumentIn,
    InstrumentOut,
    MethodChange,
    MethodIn,
    MethodOut,
)

laboratories = Blueprint(
    "laboratories", __name__, description="仪器与方法 instruments and methods of a laboratory"
)


def _headers(kind: str, row: Instrument | Method) -> dict[str, str]:
    return {"ETag": etag(row.id, row.version), "Location": f"/api/v1/{kind}/{row.id}"}


@laboratories.route("/instruments", methods=["POST"])
@writes
@laboratories.arguments(InstrumentIn)
@laboratories.response(201, InstrumentOut)
def register_instrument(draft: dict[str, Any]) -> tuple[Instrument, dict[str, str]]:
    """Register an instrument."""
    row = service.register_instrument(current_act(), draft)
    return row, _headers("instruments", row)


@laboratories.route("/instruments")
@laboratories.arguments(PageQuery, location="query")
@laboratories.response(200, InstrumentOut(many=True))
def list_instruments(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The instruments of one's own laboratory, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.instruments_of(act)
    page = page_of(act.session, query, Instrument.created_at, Instrument.id, **paging)
    return page.rows, page.headers()


@laboratories.route("/instruments/<uuid:instrument_id>")
@laboratories.response(200, InstrumentOut)
def get_instrument(instrument_id: UUID) -> tuple[Instrument, dict[str, str]]:
    """One instrument."""
    row = service.own_instrument(current_act(), instrument_id)
    return row, {"ETag": etag(row.id, row.version)}


@laboratories.route("/instruments/<uuid:instrument_id>", methods=["PATCH"])
@writes
@laboratories.arguments(InstrumentChange)
@laboratories.response(200, InstrumentOut)
def change_instrument(
    changes: dict[str, Any], instrument_id: UUID
) -> tuple[Instrument, dict[str, str]]:
    """Change an instrument, its mapping, or retire it; If-Match names the version seen."""
    row = service.change_instrument(current_act(), instrument_id, changes, check_if_match)
    return row, {"ETag": etag(row.id, row.version)}


@laboratories.route("/methods", methods=["POST"])
@writes
@laboratories.arguments(MethodIn)
@laboratories.response(201, MethodOut)
def register_method(draft: dict[str, Any]) -> tuple[Method, dict[str, str]]:
    """Register a method."""
    row = service.register_method(current_act(), draft)
    return row, _headers("methods", row)


@laboratories.route("/methods")
@laboratories.arguments(PageQuery, location="query")
@laboratories.response(200, MethodOut(many=True))
def list_methods(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The methods of one's own laboratory, newest first."""
    act, paging = current_act(), page_arguments(args)
    page = page_of(act.session, service.methods_of(act), Method.created_at, Method.id, **paging)
    return page.rows, page.headers()


@laboratories.route("/methods/<uuid:method_id>")
@laboratories.response(200, MethodOut)
def get_method(method_id: UUID) -> tuple[Method, dict[str, str]]:
    """One method."""
    row = service.own_method(current_act(), method_id)
    return row, {"ETag": etag(row.id, row.version)}


@laboratories.route("/methods/<uuid:method_id>", methods=["PATCH"])
@writes
@laboratories.arguments(MethodChange)
@laboratories.response(200, MethodOut)
def change_method(changes: dict[str, Any], method_id: UUID) -> tuple[Method, dict[str, str]]:
    """Change a method, or retire it; If-Match names the version seen."""
    row = service.change_method(current_act(), method_id, changes, check_if_match)
    return row, {"ETag": etag(row.id, row.version)}

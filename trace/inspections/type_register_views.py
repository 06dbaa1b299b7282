"""REST of the register of type inspections."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from core.errors import invalid_field
from core.http.acting import current_act
from core.http.fields import Choice, CleanText, PageQuery, Strict
from core.http.paging import DEFAULT_SIZE, Page
from trace.inspections.type_register import STATES, Row, reach_of, type_register

type_inspections = Blueprint(
    "type_inspections", __name__, description="型式检验登记 the register of type inspections"
)


class RegisterQuery(PageQuery):
    """Search and page."""

    state = Choice(STATES)
    product = CleanText(60, metadata={"description": "key of a product"})


class StopOut(Strict):
    """A batch that waits, and for what."""

    batch_id = fields.UUID(required=True)
    number = fields.String(required=True)
    production_date = fields.Date(required=True)
    items = fields.List(fields.String(), required=True)


class RegisterOut(Strict):
    """Items of a party's product and what covers them; `report_id` null: nothing ever did.

    `items` empty with `every_limit`: every enforced limit of testing.
    """

    party_id = fields.UUID(required=True)
    party_name = fields.String(required=True)
    product_id = fields.UUID(required=True)
    product_name = fields.String(required=True)
    items = fields.List(fields.String(), required=True)
    every_limit = fields.Boolean(required=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    report_id = fields.UUID(required=True, allow_none=True)
    report_number = fields.String(required=True, allow_none=True)
    laboratory_name = fields.String(required=True, allow_none=True)
    valid_from = fields.Date(required=True, allow_none=True)
    valid_to = fields.Date(required=True, allow_none=True)
    stops = fields.List(fields.Nested(StopOut), required=True)


@type_inspections.route("/type-register")
@type_inspections.arguments(RegisterQuery, location="query")
@type_inspections.response(200, RegisterOut(many=True))
def list_register(args: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Who has which items covered until when, and which batches a gap stops."""
    act = current_act()
    rows = [
        row
        for row in type_register(act.session, reach_of(act), act.today)
        if args.get("state") in (None, row.state) and args.get("product") in (None, row.product.key)
    ]
    page = _page(rows, args.get("after"), args.get("size", DEFAULT_SIZE))
    return [_shown(row) for row in page.rows], page.headers()


def _page(rows: list[Row], after: str | None, size: int) -> Page[Row]:
    """Some rows after the one that was the last of the page before."""
    keys = [row.key for row in rows]
    if after is not None and after not in keys:
        raise invalid_field(
            "bad-cursor", "/after", "翻页标记无效，请从第一页看起", "Bad cursor; start at page one"
        )
    first = keys.index(after) + 1 if after is not None else 0
    shown = rows[first : first + size]
    return Page(shown, shown[-1].key if first + size < len(rows) else None)


def _shown(row: Row) -> dict[str, Any]:
    report = row.report
    return {
        "party_id": row.party.id,
        "party_name": row.party.name,
        "product_id": row.product.id,
        "product_name": row.product.name,
        "items": list(row.items),
        "every_limit": row.every_limit,
        "state": row.state,
        "report_id": report.id if report else None,
        "report_number": report.number if report else None,
        "laboratory_name": report.laboratory.name if report else None,
        "valid_from": report.valid_from if report else None,
        "valid_to": row.until,
        "stops": [
            {
                "batch_id": stop.batch.id,
                "number": stop.batch.number,
                "production_date": stop.batch.production_date,
                "items": sorted(stop.items),
            }
            for stop in row.stops
        ],
    }

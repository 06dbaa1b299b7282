"""Plots at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import (
    Between,
    Choice,
    CleanText,
    DecimalString,
    PageQuery,
    Pattern,
    Strict,
)
from core.words import Words
from products.plots.finding import STATES

_TOWNSHIP = {"description": "code of a township or subdistrict, or its name, old or new"}
_OUTLINE = {"description": "GeoJSON Polygon of one closed ring, WGS 84, longitude first"}
_AREA = {"description": "亩, above 0, at most two places"}


class PlotIn(Strict):
    """A plot as its party proposes it."""

    product = CleanText(60, required=True, metadata={"description": "id or key"})
    number = CleanText(20, required=True)
    name = CleanText(60, required=True)
    area_mu = DecimalString(required=True, metadata=_AREA)
    township = CleanText(60, required=True, metadata=_TOWNSHIP)
    place = CleanText(120)
    worked_by = CleanText(60)
    outline = fields.Dict(metadata=_OUTLINE)


class PlotChange(Strict):
    """What changes; null empties."""

    number = CleanText(20)
    name = CleanText(60)
    area_mu = DecimalString(metadata=_AREA)
    township = CleanText(60, metadata=_TOWNSHIP)
    place = CleanText(120, allow_none=True)
    worked_by = CleanText(60, allow_none=True)
    outline = fields.Dict(allow_none=True, metadata=_OUTLINE)


class RetirementIn(Strict):
    """Why something ends."""

    reason = CleanText(500, required=True, lines=True)


class PlotQuery(PageQuery):
    """Search and page; `state` is how a plot stands in `year` (this year unless given)."""

    product = CleanText(60)
    party = fields.UUID()
    township = Pattern(
        r"\d{6}|\d{9}", Words("区划代码是 6 或 9 位数字", "A division code has 6 or 9 digits"), 9
    )
    q = CleanText(60, blank=True)
    state = Choice(STATES)
    year = fields.Integer(validate=Between(2000, 2100))


class PlotOut(Strict):
    """A plot as its own party and the authority see it; never public."""

    id = fields.UUID(required=True)
    party_id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    area_mu = fields.String(required=True)
    place_code = fields.String(required=True)
    place_name = fields.String(required=True)
    place = fields.String(required=True, allow_none=True)
    worked_by = fields.String(required=True, allow_none=True)
    outline = fields.Dict(required=True, allow_none=True)
    outline_area_mu = fields.String(
        required=True, allow_none=True, metadata={"description": "亩 within the outline"}
    )
    area_differs = fields.Boolean(
        required=True, metadata={"description": "stated and drawn area are over 10 % apart"}
    )
    created_at = fields.AwareDateTime(required=True)
    retired_at = fields.AwareDateTime(required=True, allow_none=True)
    retire_reason = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class OverlapOut(Strict):
    """An overlap; which plot it is stays unsaid where it is another party's, but to the authority."""

    area_mu = fields.String(required=True)
    plot_id = fields.UUID(required=True, allow_none=True)
    number = fields.String(required=True, allow_none=True)

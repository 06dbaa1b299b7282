"""Approvals, yield caps and allowances at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import Between, CleanText, DecimalString, Strict

YEARS = Between(2000, 2100)


class ApprovalIn(Strict):
    """核准 of a plot for a year; without an area the stated one."""

    year = fields.Integer(required=True, validate=YEARS)
    area_mu = DecimalString(metadata={"description": "亩, at most the stated area"})
    source = CleanText(500, required=True, lines=True, metadata={"description": "its basis"})
    evidence = fields.UUID(metadata={"description": "id of an uploaded document"})


class EndIn(Strict):
    """Why an approval ends."""

    reason = CleanText(500, required=True, lines=True)


class ApprovalOut(Strict):
    """An approval; ended ones stay visible."""

    id = fields.UUID(required=True)
    plot_id = fields.UUID(required=True)
    year = fields.Integer(required=True)
    area_mu = fields.Decimal(required=True, as_string=True)
    source = fields.String(required=True)
    evidence = fields.UUID(required=True, allow_none=True, attribute="evidence_id")
    approved_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    end_reason = fields.String(required=True, allow_none=True)


class CapIn(Strict):
    """每亩产量上限 of a year, with its source."""

    year = fields.Integer(required=True, validate=YEARS)
    form = CleanText(40, required=True, metadata={"description": "as it is harvested"})
    quantity = DecimalString(required=True)
    unit = CleanText(10, required=True)
    season_from = fields.Date(allow_none=True)
    season_to = fields.Date(allow_none=True)
    source = CleanText(500, required=True, lines=True)
    evidence = fields.UUID(metadata={"description": "id of an uploaded document"})


class CapOut(Strict):
    """A yield cap; of a year the highest number counts."""

    id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    year = fields.Integer(required=True)
    number = fields.Integer(required=True)
    form = fields.String(required=True)
    base = fields.String(required=True)
    per_mu = fields.Integer(
        required=True, metadata={"description": "in the form's base: milligrams, or a count"}
    )
    typed = fields.String(required=True)
    unit = fields.String(required=True)
    season_from = fields.Date(required=True, allow_none=True)
    season_to = fields.Date(required=True, allow_none=True)
    source = fields.String(required=True)
    evidence = fields.UUID(required=True, allow_none=True, attribute="evidence_id")
    set_at = fields.AwareDateTime(required=True)


class AllowanceQuery(Strict):
    """By product, year and, for the authority, by party."""

    product = CleanText(60)
    year = fields.Integer(validate=YEARS)
    party = fields.UUID()


class AllowanceOut(Strict):
    """额度 of a party for a product and year, in the base of the form; `left` is never below 0."""

    party_id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    year = fields.Integer(required=True)
    form = fields.String(required=True)
    base = fields.String(required=True)
    granted = fields.Integer(required=True)
    used = fields.Integer(required=True)
    left = fields.Integer(required=True)
    deficit = fields.Integer(required=True)

"""Release plans at the edge: one schema in, one out."""

from typing import Any

from marshmallow import fields, post_load

from core.http.fields import AtMost, Between, Choice, CleanText, Strict
from products.requirements import STAGES, PlanItem


class PlanItemIn(Strict):
    """An item that every batch needs; one that is new needs the clause that asks it."""

    characteristic = CleanText(80, required=True)
    characteristic_en = CleanText(120)
    clause = CleanText(120)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PlanItem:
        """The item."""
        return PlanItem(**data)


class PlanDocumentIn(Strict):
    """A document that must stand at a stage."""

    stage = Choice(STAGES, required=True)
    name = CleanText(80, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> tuple[str, str]:
        """Stage and name."""
        return data["stage"], data["name"]


class PlanIn(Strict):
    """A release plan from a day on; it closes the one before it."""

    starts = fields.Date(required=True)
    standard = CleanText(80, required=True)
    clause = CleanText(120)
    source = CleanText(500, required=True)
    every_batch = fields.List(fields.Nested(PlanItemIn), required=True, validate=AtMost(60))
    type_items = fields.List(
        CleanText(80),
        allow_none=True,
        validate=AtMost(300),
        metadata={"description": "null: every enforced limit of testing; empty: none is asked"},
    )
    type_per_year = fields.Integer(strict=True, allow_none=True, validate=Between(1, 12))
    type_months = fields.Integer(strict=True, allow_none=True, validate=Between(1, 120))
    stage_events = fields.List(Choice(STAGES), validate=AtMost(len(STAGES)))
    documents = fields.List(fields.Nested(PlanDocumentIn), validate=AtMost(40))
    evidence = fields.UUID(metadata={"description": "id of an uploaded document"})


class PlanItemOut(Strict):
    """An item that every batch needs."""

    characteristic = fields.String(required=True)
    characteristic_en = fields.String(required=True)
    clause = fields.String(required=True)


class PlanDocumentOut(Strict):
    """A document that must stand at a stage."""

    stage = fields.String(required=True)
    name = fields.String(required=True)


class PlanOut(Strict):
    """A release plan; `sample`: of the sample data (示例)."""

    id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    starts = fields.Date(required=True)
    ends = fields.Date(required=True, allow_none=True)
    standard = fields.String(required=True)
    clause = fields.String(required=True, allow_none=True)
    source = fields.String(required=True)
    certainty = fields.String(required=True)
    every_batch = fields.List(fields.Nested(PlanItemOut), required=True)
    type_items = fields.List(fields.String(), required=True, allow_none=True)
    type_per_year = fields.Integer(required=True, allow_none=True)
    type_months = fields.Integer(required=True, allow_none=True)
    stage_events = fields.List(fields.String(), required=True)
    documents = fields.List(fields.Nested(PlanDocumentOut), required=True)
    evidence = fields.UUID(required=True, allow_none=True)
    sample = fields.Boolean(required=True)
    origin = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)

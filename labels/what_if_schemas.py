"""Looking ahead at the edge: one change of the rules in, what it would do out."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from core.http.fields import AtMost, Between, CleanText, Strict, WordsOut
from core.words import Words
from products.plans.schemas import PlanIn
from products.standards.schemas import ConfirmIn, CorrectIn, EditionIn, RequirementIn

MOST_ROWS = 200
CHANGES = ("edition", "limit", "confirmation", "correction", "plan")
_NOT_SAID = "—"
"""What a look ahead may leave unsaid: the source of a change is asked when it is made."""


class LimitAheadIn(RequirementIn):
    """A limit of an edition that is not published yet."""

    clause = CleanText(120, required=True, metadata={"description": "its number as printed"})
    source = CleanText(500, load_default=_NOT_SAID)


class EditionAheadIn(EditionIn):
    """An edition that might be published, with its limits."""

    standard = fields.UUID(required=True)
    source = CleanText(500, load_default=_NOT_SAID)
    limits = fields.List(fields.Nested(LimitAheadIn), load_default=list, validate=AtMost(500))


class RequirementAheadIn(RequirementIn):
    """A limit that might be entered in a clause."""

    clause = fields.UUID(required=True)
    source = CleanText(500, load_default=_NOT_SAID)


class ConfirmAheadIn(ConfirmIn):
    """A limit that might be confirmed."""

    requirement = fields.UUID(required=True)
    source = CleanText(2000, lines=True, load_default=_NOT_SAID)


class CorrectAheadIn(CorrectIn):
    """A limit that might be corrected."""

    requirement = fields.UUID(required=True)
    reason = CleanText(500, lines=True, load_default=_NOT_SAID)
    source = CleanText(2000, lines=True, load_default=_NOT_SAID)


class PlanAheadIn(PlanIn):
    """A release plan that might be set."""

    product = CleanText(60, required=True, metadata={"description": "id or key"})
    source = CleanText(500, load_default=_NOT_SAID)


class WhatIfIn(Strict):
    """Exactly one change."""

    edition = fields.Nested(EditionAheadIn)
    limit = fields.Nested(RequirementAheadIn)
    confirmation = fields.Nested(ConfirmAheadIn)
    correction = fields.Nested(CorrectAheadIn)
    plan = fields.Nested(PlanAheadIn)

    @validates_schema
    def one(self, data: dict[str, Any], **_: object) -> None:
        """Not none and not two."""
        if len(data) != 1:
            listed = ", ".join(CHANGES)
            raise ValidationError([Words(f"只能填其中一个：{listed}", f"Exactly one of: {listed}")])


class WhatIfQuery(Strict):
    """Which of the rows."""

    skip = fields.Integer(load_default=0, validate=Between(0, 10**9))
    size = fields.Integer(load_default=50, validate=Between(1, MOST_ROWS))


class SumOut(Strict):
    """So many batches, and so many labels printed or in use on them."""

    batches = fields.Integer(required=True)
    labels = fields.Integer(required=True)


class PartySumsOut(Strict):
    """A party's released batches that would not stay released."""

    party = fields.UUID(required=True)
    name = fields.String(required=True)
    fail = fields.Nested(SumOut, required=True)
    wait = fields.Nested(SumOut, required=True)


class AffectedOut(Strict):
    """A batch whose verdict would change, and why."""

    batch = fields.UUID(required=True)
    number = fields.String(required=True)
    product = fields.String(required=True)
    party = fields.UUID(required=True)
    party_name = fields.String(required=True)
    made_on = fields.String(required=True)
    released = fields.Boolean(required=True)
    now = fields.String(required=True)
    then = fields.String(required=True)
    labels = fields.Integer(required=True)
    reasons = fields.List(fields.Nested(WordsOut), required=True)


class WhatIfOut(Strict):
    """What a change would do. `fail`, `wait`: released batches; `freed`: others that would conform.

    `looked_at` batches were held against the rules as they are and as they would be; `asked` times
    the judge was asked for that. `next` is the `skip` of the next rows, null at the end.
    """

    products = fields.List(fields.String(), required=True)
    looked_at = fields.Integer(required=True)
    asked = fields.Integer(required=True)
    fail = fields.Nested(SumOut, required=True)
    wait = fields.Nested(SumOut, required=True)
    freed = fields.Nested(SumOut, required=True)
    parties = fields.List(fields.Nested(PartySumsOut), required=True)
    total = fields.Integer(required=True)
    rows = fields.List(fields.Nested(AffectedOut), required=True)
    next = fields.Integer(required=True, allow_none=True)

"""A verdict told by standard, at the edge."""

from marshmallow import fields

from core.http.fields import Strict
from trace.inspections.schemas import VerdictOut


class StandardVerdictOut(Strict):
    """What one standard says of the batch by itself; the counts are of its limits.

    `strictest`: of how many items that several standards limit it has the strictest limit.
    `decides`: a limit of it counts for the verdict.
    """

    edition = fields.String(required=True)
    standard = fields.String(required=True)
    level = fields.String(required=True)
    level_zh = fields.String(required=True)
    level_en = fields.String(required=True)
    outcome = fields.String(required=True)
    outcome_zh = fields.String(required=True)
    outcome_en = fields.String(required=True)
    limits = fields.Integer(required=True)
    conforming = fields.Integer(required=True)
    nonconforming = fields.Integer(required=True)
    undetermined = fields.Integer(required=True)
    not_tested = fields.Integer(required=True)
    strictest = fields.Integer(required=True)
    decides = fields.Boolean(required=True)
    mandatory = fields.Boolean(required=True)


class ContestedLimitOut(Strict):
    """One of several limits of an item."""

    edition = fields.String(required=True)
    level = fields.String(required=True)
    clause = fields.String(required=True)
    limit = fields.String(required=True)
    limit_en = fields.String(required=True)
    outcome = fields.String(required=True)
    decides = fields.Boolean(required=True)


class ContestedOut(Strict):
    """An item that several standards limit: its limits, the strictest first."""

    characteristic = fields.String(required=True)
    characteristic_en = fields.String(required=True)
    limits = fields.List(fields.Nested(ContestedLimitOut), required=True)


class BarrierOut(Strict):
    """What kept a batch from a grade; without a characteristic it is about the whole grade."""

    characteristic = fields.String(required=True)
    characteristic_en = fields.String(required=True)
    edition = fields.String(required=True)
    clause = fields.String(required=True)
    limit = fields.String(required=True)
    limit_en = fields.String(required=True)
    reason_zh = fields.String(required=True)
    reason_en = fields.String(required=True)


class KeptFromOut(Strict):
    """The next better grade, and what kept the batch from it."""

    grade = fields.String(required=True)
    barriers = fields.List(fields.Nested(BarrierOut), required=True)


class VerdictWholeOut(VerdictOut):
    """The verdict that counts, told by standard, the strictest first.

    `kept_from` is null at the best grade, without grades, and where the batch would be judged
    otherwise now.
    """

    by_standard = fields.List(fields.Nested(StandardVerdictOut), required=True)
    contested = fields.List(fields.Nested(ContestedOut), required=True)
    kept_from = fields.Nested(KeptFromOut, required=True, allow_none=True)

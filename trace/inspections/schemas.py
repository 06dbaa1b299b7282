"""Inspections, verdicts and dispositions at the edge."""

from marshmallow import fields

from core.http.fields import AtMost, Choice, CleanText, PageQuery, Pattern, Strict, WordsOut
from core.words import Words
from trace.inspections.models import HOLD, LIFT, RECALL, REJECT

_REPORT_NUMBER = r"[A-Za-z0-9][A-Za-z0-9./-]{0,39}"
_REPORT_WORDS = Words(
    "报告编号用字母、数字和 . / -，最多 40 个字符",
    "Report numbers use letters, digits and . / -, at most 40 characters",
)


class ResultIn(Strict):
    """One reading, as typed."""

    characteristic = CleanText(80, required=True)
    typed = CleanText(60, required=True)
    unit = CleanText(20, blank=True, load_default="")
    detection_limit = CleanText(30)
    method = CleanText(120)
    matrix = CleanText(40)


class ReportIn(Strict):
    """A report on a batch."""

    number = Pattern(_REPORT_NUMBER, _REPORT_WORDS, 40, required=True)
    sampled_on = fields.Date(required=True)
    reported_on = fields.Date(required=True)
    note = CleanText(1000, lines=True)
    report = fields.UUID(metadata={"description": "id of the uploaded report"})
    results = fields.List(fields.Nested(ResultIn), required=True, validate=AtMost(500))


class TypeReportIn(ReportIn):
    """A type inspection of a party's product; without `valid_to` the release plan decides."""

    party = fields.UUID(required=True)
    product = CleanText(60, required=True)
    grade = CleanText(40)
    valid_from = fields.Date()
    valid_to = fields.Date()


class ReportCorrectionIn(ReportIn):
    """A report that takes the place of an older one."""

    reason = CleanText(500, required=True, lines=True)
    grade = CleanText(40)
    valid_from = fields.Date()
    valid_to = fields.Date()


class ReasonIn(Strict):
    """Why."""

    reason = CleanText(500, required=True, lines=True)


class DispositionIn(ReasonIn):
    """What is done with the batch."""

    kind = Choice((HOLD, LIFT, REJECT, RECALL), required=True)


class ReportQuery(PageQuery):
    """Search and page."""

    kind = Choice(("batch", "type"))


class ResultOut(Strict):
    """One reading, as typed."""

    id = fields.UUID(required=True)
    characteristic = fields.String(required=True)
    typed = fields.String(required=True)
    unit = fields.String(required=True)
    detection_limit = fields.String(allow_none=True)
    method = fields.String(allow_none=True)
    matrix = fields.String(allow_none=True)


class ReportOut(Strict):
    """A report; `corrects_id` names the one that it replaces."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    number = fields.String(required=True)
    laboratory_id = fields.UUID(required=True)
    laboratory_name = fields.String(attribute="laboratory.name", required=True)
    party_id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    batch_id = fields.UUID(allow_none=True)
    grade = fields.String(allow_none=True)
    sampled_on = fields.Date(required=True)
    reported_on = fields.Date(required=True)
    valid_from = fields.Date(allow_none=True)
    valid_to = fields.Date(allow_none=True)
    note = fields.String(allow_none=True)
    report_id = fields.UUID(allow_none=True)
    corrects_id = fields.UUID(allow_none=True)
    reason = fields.String(allow_none=True)
    withdrawn_reason = fields.String(attribute="withdrawal.reason", allow_none=True)
    recorded_at = fields.AwareDateTime(required=True)
    results = fields.List(fields.Nested(ResultOut), required=True)


class VerdictOut(Strict):
    """A verdict with its lines; see the documentation of the judge for their fields."""

    id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    outcome = fields.String(required=True)
    on_date = fields.Date(required=True)
    cause = fields.String(required=True)
    grade_reached = fields.String(allow_none=True)
    plan_id = fields.UUID(allow_none=True)
    reasons = fields.List(fields.Nested(WordsOut), required=True)
    lines = fields.List(fields.Dict(keys=fields.String()), required=True)
    judged_at = fields.AwareDateTime(required=True)


class DispositionOut(Strict):
    """A disposition; the last one counts."""

    id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    kind = fields.String(required=True)
    reason = fields.String(allow_none=True)
    verdict_id = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(required=True)


class WithdrawalOut(Strict):
    """That a report was taken back."""

    id = fields.UUID(required=True)
    inspection_id = fields.UUID(required=True)
    reason = fields.String(required=True)
    withdrawn_at = fields.AwareDateTime(required=True)

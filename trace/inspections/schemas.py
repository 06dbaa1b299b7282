"""Inspections, verdicts and dispositions at the edge."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from core.http.fields import (
    AtMost,
    Choice,
    CleanText,
    PageQuery,
    Pattern,
    Strict,
    WordsOut,
)
from core.words import Words
from trace.inspections.life_models import (
    DISCARDED,
    DOUBLE_SAMPLING,
    DRAFTED,
    GROUNDS,
    PUBLISHED,
    RETAINED_SAMPLE,
    SUBMITTED,
)
from trace.inspections.models import HOLD, LIFT, RECALL, REJECT

_REPORT_NUMBER = r"[A-Za-z0-9][A-Za-z0-9./-]{0,39}"
_REPORT_WORDS = Words(
    "报告编号用字母、数字和 . / -，最多 40 个字符",
    "Report numbers use letters, digits and . / -, at most 40 characters",
)

_SHA256 = r"[0-9a-f]{64}"
_SHA256_WORDS = Words("64 位十六进制摘要", "A digest of 64 hexadecimal digits")


class ResultIn(Strict):
    """One reading, as typed; several readings or a series may be long."""

    characteristic = CleanText(80, required=True)
    typed = CleanText(4000, required=True, lines=True)
    unit = CleanText(20, blank=True, load_default="")
    detection_limit = CleanText(30)
    method = CleanText(120)
    matrix = CleanText(40)
    uncertainty = CleanText(30, metadata={"description": "expanded uncertainty U (k = 2)"})
    guarded = fields.Boolean(metadata={"description": "decide with a guard band as wide as U"})
    measured_on = fields.Date()
    instrument = fields.UUID()
    analyst = fields.UUID()


class ContentIn(Strict):
    """What stands on a worksheet; anything may still be missing while it is worked on."""

    number = Pattern(_REPORT_NUMBER, _REPORT_WORDS, 40)
    sampled_on = fields.Date()
    reported_on = fields.Date()
    note = CleanText(1000, lines=True)
    report = fields.UUID(metadata={"description": "id of the uploaded report"})
    photos = fields.List(fields.UUID(), validate=AtMost(20))
    grade = CleanText(40)
    valid_from = fields.Date()
    valid_to = fields.Date()
    results = fields.List(fields.Nested(ResultIn), load_default=[], validate=AtMost(500))


class WorksheetIn(ContentIn):
    """A worksheet on a batch, on a party's product (type inspection), or on an older report.

    `corrects` and `retests` need their `reason`. With `sign` it is submitted at once.
    """

    batch = fields.UUID()
    party = fields.UUID()
    product = CleanText(60)
    corrects = fields.UUID()
    retests = fields.UUID()
    ground = Choice(GROUNDS)
    both_count = fields.Boolean(load_default=False)
    reason = CleanText(500, lines=True)
    sign = fields.Boolean(load_default=False)

    @validates_schema
    def _one_subject(self, data: dict[str, Any], **_: object) -> None:
        given = [name for name in ("batch", "product", "corrects", "retests") if name in data]
        if len(given) != 1 or ("product" in given) != ("party" in data):
            raise ValidationError([_ONE_SUBJECT], "batch")
        if ("corrects" in data or "retests" in data) != ("reason" in data):
            raise ValidationError([_WITH_REASON], "reason")
        if ("retests" in data) != ("ground" in data):
            raise ValidationError([_WITH_GROUND], "ground")


class WorksheetSetIn(Strict):
    """Several worksheets begun in one act: all of them, or none."""

    worksheets = fields.List(fields.Nested(WorksheetIn), required=True, validate=AtMost(100))


_ONE_SUBJECT = Words(
    "batch、party 和 product、corrects、retests 四者选一",
    "Give one of batch, party with product, corrects, retests",
)
_WITH_REASON = Words(
    "更正和复验要写理由，其他检验不用写", "A correction or retest needs its reason, others none"
)
_WITH_GROUND = Words("复验要写依据 ground", "A retest needs its ground, and only a retest")


class SigningIn(Strict):
    """What is signed: the digest of the content that was looked at."""

    content_sha256 = Pattern(_SHA256, _SHA256_WORDS, 64, required=True)


class ReturnIn(SigningIn):
    """A worksheet goes back to be worked on."""

    reason = CleanText(500, required=True, lines=True)


class VerifiedSheetIn(SigningIn):
    """One of several worksheets that are verified."""

    id = fields.UUID(required=True)


class VerificationsIn(Strict):
    """Several worksheets verified in one act: all of them are published, or none."""

    worksheets = fields.List(fields.Nested(VerifiedSheetIn), required=True, validate=AtMost(100))


class SignatureOut(Strict):
    """Who stood for which content, and what that meant."""

    meaning = fields.String(required=True)
    content_sha256 = fields.String(required=True)
    account_id = fields.UUID(required=True)
    method = fields.String(required=True)
    reason = fields.String(allow_none=True)
    signed_at = fields.AwareDateTime(required=True)


class LackOut(Strict):
    """What still keeps a worksheet from being submitted."""

    pointer = fields.String(required=True)
    message = fields.Nested(WordsOut, required=True)


class WorksheetOut(Strict):
    """A worksheet; `content` is the report as typed, with the names of ContentIn."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    version = fields.Integer(required=True)
    laboratory_id = fields.UUID(required=True)
    party_id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    batch_id = fields.UUID(allow_none=True)
    corrects_id = fields.UUID(allow_none=True)
    retests_id = fields.UUID(allow_none=True)
    ground = fields.String(allow_none=True)
    both_count = fields.Boolean(required=True)
    reason = fields.String(allow_none=True)
    number = fields.String(allow_none=True)
    content = fields.Dict(keys=fields.String(), required=True)
    content_sha256 = fields.String(required=True)
    account_id = fields.UUID(allow_none=True)
    changed_by = fields.UUID(allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)


class WorksheetWholeOut(WorksheetOut):
    """A worksheet with its signatures, and what it still lacks."""

    signatures = fields.List(fields.Nested(SignatureOut), required=True)
    faults = fields.List(fields.Nested(LackOut), required=True)


class WorksheetQuery(PageQuery):
    """Search and page."""

    state = Choice((DRAFTED, SUBMITTED, PUBLISHED, DISCARDED))


class ReinspectionIn(Strict):
    """The owner asks another laboratory to test again what failed."""

    laboratory = fields.UUID(required=True)
    sample = Choice((RETAINED_SAMPLE, DOUBLE_SAMPLING), required=True)
    reason = CleanText(500, required=True, lines=True)


class ReinspectionOut(Strict):
    """A re-inspection that was asked for; `calendar` says by which days `last_day` was counted."""

    id = fields.UUID(required=True)
    first_id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    laboratory_id = fields.UUID(required=True)
    sample = fields.String(required=True)
    reason = fields.String(required=True)
    last_day = fields.Date(required=True)
    calendar = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)


class CalendarDayIn(Strict):
    """Whether a day is worked, as the public calendar says, and where that was read."""

    works = fields.Boolean(required=True)
    source = CleanText(200, required=True)


class CalendarDayOut(CalendarDayIn):
    """A day of the public calendar."""

    day = fields.Date(required=True)


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
    uncertainty = fields.String(allow_none=True)
    guarded = fields.Boolean(required=True)
    measured_on = fields.Date(allow_none=True)
    instrument_id = fields.UUID(allow_none=True)
    analyst_id = fields.UUID(allow_none=True)


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


class ReinstatementOut(Strict):
    """That a withdrawal was taken back."""

    withdrawal_id = fields.UUID(required=True)
    reason = fields.String(required=True)
    reinstated_at = fields.AwareDateTime(required=True)


class WithdrawalOut(Strict):
    """That a report was taken back."""

    id = fields.UUID(required=True)
    inspection_id = fields.UUID(required=True)
    reason = fields.String(required=True)
    withdrawn_at = fields.AwareDateTime(required=True)

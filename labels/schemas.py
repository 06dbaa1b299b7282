"""Labels at the edge: one schema in, one out."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from core.http.fields import Choice, CleanText, DecimalString, Strict
from core.words import Words
from labels.codes import LAST_SERIAL
from labels.epochs import ISSUE, REVOKED, VERIFY
from labels.issuing import MOST_LABELS
from labels.ranges import ACTIVATED, PRINTED, STATES, VOID

MOST_RUNS = 20
"""On one sheet."""


class Whole(fields.Integer):
    """A whole number within bounds, both included; `typed` where it comes as text in a query."""

    def __init__(self, least: int, most: int, *, typed: bool = False, **kwargs: Any) -> None:
        bounds = {"minimum": least, "maximum": most}
        super().__init__(strict=not typed, metadata=bounds, **kwargs)
        self.least, self.most = least, most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        number = int(super()._deserialize(value, attr, data, **kwargs) or 0)
        if not self.least <= number <= self.most:
            words = f"须在 {self.least} 至 {self.most} 之间", f"From {self.least} to {self.most}"
            raise ValidationError([Words(*words)])
        return number


def _serial(*, typed: bool = False) -> Whole:
    return Whole(0, LAST_SERIAL, typed=typed)


def _runs(values: list[object]) -> None:
    if not 1 <= len(values) <= MOST_RUNS:
        raise ValidationError(
            [Words(f"请选 1 至 {MOST_RUNS} 个标签批", f"Choose 1 to {MOST_RUNS} runs")]
        )


class RunIn(Strict):
    """What a producer asks for when it draws labels for a batch."""

    count = Whole(1, MOST_LABELS, required=True)
    net_content = DecimalString(
        required=True, metadata={"description": "of one label, in the form's base"}
    )
    unit = CleanText(10, required=True)
    sheet_format = CleanText(30, required=True)
    gtin = CleanText(20, metadata={"description": "held by the party for this very pack"})


class StateIn(Strict):
    """What happened to labels; without serials it is for the whole run."""

    state = Choice((PRINTED, ACTIVATED, VOID), required=True)
    first = _serial()
    last = _serial()
    reason = CleanText(500, lines=True, metadata={"description": "required for void"})


class RunQuery(Strict):
    """Search and page."""

    batch = fields.UUID()
    q = CleanText(60, blank=True, metadata={"description": "part of a batch number, or a code"})
    after = CleanText(200)
    size = Whole(1, 200, typed=True)


class OffsetQuery(Strict):
    """A printer offset to be tried, instead of the one that is saved."""

    right = DecimalString()
    down = DecimalString()


class SheetQuery(OffsetQuery):
    """Which labels of a run on which sheet, from which place on."""

    format = CleanText(30)
    start = Whole(1, 1000, typed=True, load_default=1)
    first = _serial(typed=True)
    last = _serial(typed=True)


class SheetsQuery(OffsetQuery):
    """The drawn labels of several runs on the same sheets."""

    run = fields.List(fields.UUID(), required=True, validate=_runs)
    format = CleanText(30)
    start = Whole(1, 1000, typed=True, load_default=1)


class CodesQuery(Strict):
    """Which codes of a run."""

    first = _serial(typed=True)
    last = _serial(typed=True)


class OffsetIn(Strict):
    """How far the printer prints to the left of the mark and above it, in millimetres."""

    right = DecimalString(required=True)
    down = DecimalString(required=True)


class EpochChangeIn(Strict):
    """The next state of a key epoch."""

    state = Choice((VERIFY, REVOKED), required=True)
    reason = CleanText(500, lines=True, metadata={"description": "required for revoked"})


class CountsOut(Strict):
    """How many labels are in which state."""

    drawn = fields.Integer(required=True)
    printed = fields.Integer(required=True)
    activated = fields.Integer(required=True)
    void = fields.Integer(required=True)


class SegmentOut(Strict):
    """Neighbouring serials in one state."""

    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    state = Choice(STATES, required=True)


class ChangeOut(Strict):
    """A change of state that was recorded."""

    number = fields.Integer(required=True)
    state = fields.String(required=True)
    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    reason = fields.String(allow_none=True)
    at = fields.AwareDateTime(required=True)


class RunOut(Strict):
    """A run of labels as its producer and the authority see it."""

    id = fields.UUID(attribute="run.id", required=True)
    batch_id = fields.UUID(attribute="run.batch_id", required=True)
    batch_number = fields.String(attribute="run.batch.number", required=True)
    party_id = fields.UUID(attribute="run.party_id", required=True)
    party_name = fields.String(attribute="run.batch.party.name", required=True)
    product_id = fields.UUID(attribute="run.product_id", required=True)
    epoch = fields.Integer(attribute="run.epoch", required=True)
    first = fields.Integer(attribute="run.first", required=True)
    last = fields.Integer(attribute="run.last", required=True)
    count = fields.Integer(attribute="run.count", required=True)
    net_content = fields.Integer(
        attribute="run.net_content",
        required=True,
        metadata={"description": "in the form's base: milligrams, or a count"},
    )
    net_typed = fields.String(attribute="run.net_typed", required=True)
    net_unit = fields.String(attribute="run.net_unit", required=True)
    origin = fields.String(attribute="run.origin", required=True)
    gtin = fields.String(attribute="run.gtin", allow_none=True)
    sheet_format = fields.String(attribute="run.sheet_format", required=True)
    gi_name = fields.String(attribute="run.gi_name", required=True)
    standard = fields.String(attribute="run.standard", required=True)
    trademark = fields.String(attribute="run.trademark", allow_none=True)
    mark = fields.Boolean(attribute="run.mark", required=True)
    drawn_at = fields.AwareDateTime(attribute="run.drawn_at", required=True)
    counts = fields.Nested(CountsOut, required=True)
    segments = fields.List(fields.Nested(SegmentOut), required=True)
    changes = fields.List(fields.Nested(ChangeOut), attribute="run.states", required=True)


class FormatOut(Strict):
    """A sheet that can be printed, and the offset that the party has saved for it."""

    key = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)
    columns = fields.Integer(required=True)
    rows = fields.Integer(required=True)
    count = fields.Integer(required=True)
    width = fields.String(required=True, metadata={"description": "of a label, in mm"})
    height = fields.String(required=True, metadata={"description": "of a label, in mm"})
    right = fields.String(required=True)
    down = fields.String(required=True)


class OffsetOut(Strict):
    """A saved printer offset in millimetres."""

    sheet_format = fields.String(required=True)
    right = fields.String(required=True)
    down = fields.String(required=True)


class EpochOut(Strict):
    """A change in the life of a key epoch."""

    epoch = fields.Integer(required=True)
    number = fields.Integer(required=True)
    state = Choice((ISSUE, VERIFY, REVOKED), required=True)
    reason = fields.String(allow_none=True)
    at = fields.AwareDateTime(required=True)


class UnactivatedOut(Strict):
    """Scans of labels of a run that nobody has activated."""

    run_id = fields.UUID(attribute="run.id", required=True)
    batch_id = fields.UUID(attribute="run.batch_id", required=True)
    batch_number = fields.String(attribute="run.batch.number", required=True)
    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    labels = fields.Integer(required=True)
    scans = fields.Integer(required=True)
    last_at = fields.AwareDateTime(required=True)

"""Instruments, calibrations, methods and mappings at the edge."""

from marshmallow import fields

from core.http.fields import AtMost, Between, Choice, CleanText, DecimalString, Strict
from trace.laboratories.mapping import LONG, ROLES, WIDE

MOST_CHARACTERISTICS = 200


class ItemColumnIn(Strict):
    """The column of one characteristic."""

    column = CleanText(80, required=True)
    characteristic = CleanText(80, required=True)
    unit = CleanText(20, blank=True, load_default="")


class MappingIn(Strict):
    """Which column of an instrument's sheets is what; headers by their words, or A, B, C …"""

    header_row = fields.Integer(
        load_default=1, validate=Between(0, 100), metadata={"description": "0: no headers"}
    )
    layout = Choice((LONG, WIDE), load_default=LONG)
    sheet = CleanText(60, blank=True, load_default="")
    columns = fields.Dict(
        keys=Choice(ROLES), values=CleanText(80, blank=True), load_default=dict,
        metadata={"description": "headers by what they are"},
    )  # fmt: skip
    items = fields.List(fields.Nested(ItemColumnIn), load_default=list, validate=AtMost(100))
    fixed = fields.Dict(
        keys=Choice(("characteristic", "unit", "detection_limit", "method", "matrix")),
        values=CleanText(120, blank=True), load_default=dict,
        metadata={"description": "what holds for every line"},
    )  # fmt: skip


class _InstrumentFields(Strict):
    maker = CleanText(80, allow_none=True)
    model = CleanText(80, allow_none=True)
    lowest = DecimalString(allow_none=True)
    highest = DecimalString(allow_none=True)
    mapping = fields.Nested(MappingIn)


class InstrumentIn(_InstrumentFields):
    """An instrument: what it measures, and between which readings."""

    name = CleanText(80, required=True)
    serial_number = CleanText(60, required=True)
    unit = CleanText(20, required=True)
    characteristics = fields.List(
        CleanText(80), required=True, validate=AtMost(MOST_CHARACTERISTICS)
    )


class InstrumentChange(_InstrumentFields):
    """What changes about an instrument."""

    name = CleanText(80)
    serial_number = CleanText(60)
    unit = CleanText(20)
    characteristics = fields.List(CleanText(80), validate=AtMost(MOST_CHARACTERISTICS))
    retired = fields.Boolean()


class CalibrationIn(Strict):
    """A calibration as on its certificate; one that corrects another names it and says why."""

    calibrated_on = fields.Date(required=True)
    due_on = fields.Date(required=True)
    certificate_number = CleanText(60, required=True)
    document = fields.UUID(metadata={"description": "id of the uploaded certificate"})
    corrects = fields.UUID()
    reason = CleanText(500)


class CalibrationOut(Strict):
    """A calibration."""

    id = fields.UUID(required=True)
    calibrated_on = fields.Date(required=True)
    due_on = fields.Date(required=True)
    certificate_number = fields.String(required=True)
    document = fields.UUID(attribute="document_id", required=True, allow_none=True)
    corrects = fields.UUID(attribute="corrects_id", required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    recorded_at = fields.AwareDateTime(required=True)


class InstrumentOut(Strict):
    """An instrument with its calibrations, oldest first."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    maker = fields.String(required=True, allow_none=True)
    model = fields.String(required=True, allow_none=True)
    serial_number = fields.String(required=True)
    unit = fields.String(required=True)
    lowest = fields.String(required=True, allow_none=True)
    highest = fields.String(required=True, allow_none=True)
    characteristics = fields.List(fields.String(), required=True)
    mapping = fields.Dict(keys=fields.String(), required=True)
    retired_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)
    calibrations = fields.List(fields.Nested(CalibrationOut), required=True)


class MeasuredIn(Strict):
    """One characteristic that a method measures."""

    characteristic = CleanText(80, required=True)
    unit = CleanText(20, required=True)
    detection_limit = DecimalString(allow_none=True)


class MethodIn(Strict):
    """A method by which the laboratory works."""

    designation = CleanText(120, required=True, metadata={"example": "GB/T 8304"})
    characteristics = fields.List(
        fields.Nested(MeasuredIn), required=True, validate=AtMost(MOST_CHARACTERISTICS)
    )
    accredited = CleanText(120, allow_none=True)
    accredited_until = fields.Date(allow_none=True)


class MethodChange(Strict):
    """What changes about a method."""

    designation = CleanText(120)
    characteristics = fields.List(fields.Nested(MeasuredIn), validate=AtMost(MOST_CHARACTERISTICS))
    accredited = CleanText(120, allow_none=True)
    accredited_until = fields.Date(allow_none=True)
    retired = fields.Boolean()


class MeasuredOut(Strict):
    """One characteristic that a method measures."""

    characteristic = fields.String(required=True)
    unit = fields.String(required=True)
    detection_limit = fields.String(required=True, allow_none=True)


class MethodOut(Strict):
    """A method."""

    id = fields.UUID(required=True)
    designation = fields.String(required=True)
    characteristics = fields.List(fields.Nested(MeasuredOut), required=True)
    accredited = fields.String(required=True, allow_none=True)
    accredited_until = fields.Date(required=True, allow_none=True)
    retired_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)

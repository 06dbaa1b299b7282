"""Products, their records and the divisions at the edge: one schema in, one out."""

from typing import Any

from marshmallow import fields, post_load

from core.http.fields import AtMost, Choice, CleanText, PageQuery, Pattern, Strict, WordsOut
from core.words import Words
from products.catalogue.rows import Form
from products.drafts import GiDraft

_KEY_WORDS = Words(
    "代号用小写字母、数字和 -，以字母开头，例如 changsha-green-tea",
    "A key has small letters, digits and -, a letter first, for example changsha-green-tea",
)
_KEY = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"


class FormIn(Strict):
    """A form, how it is counted, and the units in which it may be typed."""

    name = CleanText(40, required=True)
    base = Choice(("mass", "count"), required=True)
    units = fields.List(CleanText(10), required=True, validate=AtMost(10))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Form:
        """The form as the vocabulary holds it."""
        return Form(data["name"], data["base"], tuple(data["units"]))


class GiChange(Strict):
    """What is to be changed of a record; another number or name needs its own evidence."""

    type = CleanText(60)
    name = CleanText(60)
    number = CleanText(40, allow_none=True)
    announcement = CleanText(120, allow_none=True)
    date = CleanText(10, allow_none=True, metadata={"description": "2018, 2016-11 or 2010-03-25"})
    registrant = CleanText(120, allow_none=True)
    status = CleanText(40)
    source = CleanText(500, allow_none=True)
    note = CleanText(1000, allow_none=True, lines=True)
    evidence = fields.UUID(metadata={"description": "id of an uploaded document"})


class GiIn(GiChange):
    """A geographical-indication record."""

    type = CleanText(60, required=True)
    name = CleanText(60, required=True)


class GiNested(GiIn):
    """The same inside a product."""

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> GiDraft:
        """The record as a draft."""
        return GiDraft(**data)


def _words() -> fields.List[str]:
    return fields.List(CleanText(40), validate=AtMost(60))


class ProductChange(Strict):
    """What is to be changed of a product; words of its vocabulary are only added."""

    name = CleanText(60)
    name_en = CleanText(120)
    category = CleanText(40)
    in_plan = fields.Boolean()
    forms = fields.List(fields.Nested(FormIn), validate=AtMost(20))
    default_form = CleanText(40)
    grades = _words()
    processes = _words()
    conditions = _words()
    matrices = _words()
    aliases = fields.List(CleanText(60), validate=AtMost(20))
    area = fields.List(
        CleanText(40),
        validate=AtMost(400),
        metadata={"description": "codes or names of counties and townships, old names too"},
    )
    area_confirmed = fields.Boolean(
        metadata={"description": "the area is whole and taken from the official text"}
    )
    area_text = CleanText(1000, allow_none=True, lines=True)
    note = CleanText(1000, allow_none=True, lines=True)


class ProductIn(ProductChange):
    """A product to be registered; grades best first."""

    key = Pattern(_KEY, _KEY_WORDS, 60, required=True)
    name = CleanText(60, required=True)
    name_en = CleanText(120, required=True)
    category = CleanText(40, required=True)
    forms = fields.List(fields.Nested(FormIn), required=True, validate=AtMost(20))
    default_form = CleanText(40, required=True)
    gi_records = fields.List(fields.Nested(GiNested), validate=AtMost(10))


class ProductQuery(PageQuery):
    """Search by name, other name or pinyin; by category; in the plan or not."""

    q = CleanText(60, blank=True)
    category = CleanText(40)
    in_plan = fields.Boolean()


class FormOut(Strict):
    """A form of a product."""

    name = fields.String(required=True)
    base = fields.String(required=True)
    units = fields.List(fields.String(), required=True)


class AreaOut(Strict):
    """A county or township of a product's area."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class QualityOut(Strict):
    """A published figure; it describes and never judges."""

    name = fields.String(required=True)
    value = fields.String(required=True)
    certainty = fields.String(required=True)


class GiOut(Strict):
    """A record. Not `proven`: 待核实, and the official mark is not printed."""

    id = fields.UUID(required=True)
    type = fields.String(required=True)
    name = fields.String(required=True)
    number = fields.String(required=True, allow_none=True)
    announcement = fields.String(required=True, allow_none=True)
    date = fields.String(required=True, allow_none=True, attribute="date_text")
    registrant = fields.String(required=True, allow_none=True)
    status = fields.String(required=True)
    certainty = fields.String(required=True)
    source = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    evidence = fields.UUID(required=True, allow_none=True, attribute="evidence_id")
    proven = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class ProductOut(Strict):
    """A product; `warnings` name others whose name looks or sounds like its own."""

    id = fields.UUID(required=True)
    key = fields.String(required=True)
    name = fields.String(required=True)
    name_en = fields.String(required=True)
    category = fields.String(required=True)
    in_plan = fields.Boolean(required=True)
    aliases = fields.List(fields.String(), required=True)
    forms = fields.List(fields.Nested(FormOut), required=True)
    default_form = fields.String(required=True)
    grades = fields.List(fields.String(), required=True)
    processes = fields.List(fields.String(), required=True)
    conditions = fields.List(fields.String(), required=True)
    matrices = fields.List(fields.String(), required=True)
    area = fields.List(fields.Nested(AreaOut), required=True)
    area_text = fields.String(required=True, allow_none=True)
    area_certainty = fields.String(required=True)
    quality = fields.List(fields.Nested(QualityOut), required=True)
    gi_records = fields.List(fields.Nested(GiOut), required=True)
    note = fields.String(required=True, allow_none=True)
    origin = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    edited_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)
    warnings = fields.List(fields.Nested(WordsOut))


class OldNameOut(Strict):
    """An old township name; code null: where its land belongs today is not known."""

    name = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)


class CountyOut(Strict):
    """A county with its townships."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    townships = fields.List(fields.Nested(AreaOut), required=True)
    old_names = fields.List(fields.Nested(OldNameOut), required=True)


class CityOut(Strict):
    """The city with its counties."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    counties = fields.List(fields.Nested(CountyOut), required=True)

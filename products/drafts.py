"""What an authority enters about a product, checked field by field before anything is stored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from uuid import UUID

from core.errors import FieldFault, Invalid, fault
from products.catalogue.reader import read_catalogue
from products.catalogue.rows import Form, LabelRules, Vocabulary
from products.errors import RuleError
from products.parts import TERM_FIELDS
from products.units import COUNTS, Dimension, unit


@dataclass(frozen=True)
class GiDraft:
    """A geographical-indication record; `evidence` is a stored document.

    `date` as sure as it is known: 2018, 2016-11 or 2010-03-25.
    """

    type: str
    name: str
    number: str | None = None
    announcement: str | None = None
    date: str | None = None
    registrant: str | None = None
    status: str = "在册"
    source: str | None = None
    note: str | None = None
    evidence: UUID | None = None


@dataclass(frozen=True)
class ProductDraft:
    """A product as it shall stand.

    `area` are codes or names of counties and townships; `area_confirmed`: they are the whole
    protected area by the official text, so that a place outside can be refused.
    """

    key: str
    name: str
    name_en: str
    category: str
    forms: Sequence[Form]
    default_form: str
    grades: Sequence[str] = ()
    processes: Sequence[str] = ()
    conditions: Sequence[str] = ()
    matrices: Sequence[str] = ()
    in_plan: bool = False
    aliases: Sequence[str] = ()
    area: Sequence[str] = ()
    area_confirmed: bool = False
    area_text: str | None = None
    note: str | None = None
    gi_records: Sequence[GiDraft] = ()

    @property
    def vocabulary(self) -> Vocabulary:
        """The words in which a batch of the product may be told."""
        return Vocabulary(
            forms=tuple(self.forms),
            default_form=self.default_form,
            grades=tuple(self.grades),
            processes=tuple(self.processes),
            conditions=tuple(self.conditions),
            matrices=tuple(self.matrices),
        )


@cache
def label_rules() -> LabelRules:
    """Kinds of right and how their numbers look: they are law, not something that people enter."""
    return read_catalogue().label_rules


def check_product(draft: ProductDraft, today: date) -> None:
    """Raises Invalid naming every field that cannot stand."""
    faults = [*_vocabulary_faults(draft), *_alias_faults(draft)]
    if _is_an_id(draft.key):
        faults.append(fault("/key", "不能用 UUID 的样子", "May not look like a UUID"))
    for place, record in enumerate(draft.gi_records):
        faults += gi_faults(record, today, f"/gi_records/{place}")
    if faults:
        raise Invalid("product-invalid", faults[0].message, faults)


def _alias_faults(draft: ProductDraft) -> Iterator[FieldFault]:
    for place, alias in enumerate(draft.aliases):
        if alias in (draft.name, *draft.aliases[:place]):
            yield fault(f"/aliases/{place}", f"“{alias}”重复", f"{alias} is there twice")


def _is_an_id(key: str) -> bool:
    try:
        UUID(key)
    except ValueError:
        return False
    return True


def _vocabulary_faults(draft: ProductDraft) -> Iterator[FieldFault]:
    words = draft.vocabulary
    for name in TERM_FIELDS:
        for word, times in Counter(words.terms(name)).items():
            if times > 1:
                yield fault(f"/{name}", f"“{word}”重复", f"{word} is there twice")
    if not words.forms:
        yield fault("/forms", "至少要有一种形态", "At least one form is needed")
    elif draft.default_form not in words.terms("forms"):
        yield fault(
            "/default_form", "须是上面的形态之一", "Must be one of the forms of the product"
        )
    for place, form in enumerate(words.forms):
        yield from _form_faults(form, f"/forms/{place}/units")


def _form_faults(form: Form, pointer: str) -> Iterator[FieldFault]:
    """Mass is typed in units of mass, a count in one unit of counting."""
    try:
        kinds = {unit(symbol).dimension for symbol in form.units}
    except RuleError as wrong:
        yield FieldFault(pointer, wrong.words)
        return
    if form.base == "mass" and kinds != {Dimension.MASS}:
        yield fault(
            pointer, "按重量计的形态只用重量单位", "A form by mass takes units of mass only"
        )
    if form.base == "count" and not (len(form.units) == 1 and kinds < COUNTS):
        yield fault(
            pointer,
            "按数量计的形态用一个计数单位：株、头、只、尾、袋或盒",
            "A counted form takes one counting unit: 株, 头, 只, 尾, 袋 or 盒",
        )


_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def gi_faults(draft: GiDraft, today: date, pointer: str = "") -> Iterator[FieldFault]:
    """What cannot stand in a record: an unknown type, a number of no known form, a bad date."""
    kinds = {kind.key: kind for kind in label_rules().gi_types}
    kind = kinds.get(draft.type)
    if kind is None:
        listed = "、".join(f"{k.key}（{k.name}）" for k in kinds.values())
        yield fault(f"{pointer}/type", f"只能是：{listed}", f"One of: {', '.join(kinds)}")
        return
    formats = [f for f in label_rules().number_formats if f.key in kind.number_formats]
    if draft.number and formats and not any(re.search(f.pattern, draft.number) for f in formats):
        shown = "、".join(f"{f.name}如 {f.example}" for f in formats)
        examples = ", ".join(f.example for f in formats)
        yield fault(
            f"{pointer}/number",
            f"编号 {draft.number} 不合格式（{shown}），请对照证书",
            f"{draft.number} is no such number (like {examples}); compare it with the certificate",
        )
    if draft.date is not None and not _is_past_date(draft.date, today):
        yield fault(
            f"{pointer}/date",
            "日期写成 2018、2016-11 或 2010-03-25，且不在今天以后",
            "Write the date as 2018, 2016-11 or 2010-03-25, not in the future",
        )


def _is_past_date(text: str, today: date) -> bool:
    parts = _DATE.fullmatch(text)
    if parts is None:
        return False
    try:
        return date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1)) <= today
    except ValueError:
        return False

"""What the catalogue's files hold: one frozen row per fact, each with how sure it is.

A text that is not known is None. Codes of divisions, standards and products refer to each other
by their own keys; products/catalogue/checks.py sees to it that they resolve.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from core.words import Words
from products.requirements import Bound, Certainty, Nature, ReleasePlan, Scope, Subject

LEVELS = {
    "national-mandatory": Words("国家强制", "national, mandatory"),
    "national-recommended": Words("国家推荐", "national, recommended"),
    "sector": Words("行业", "sector"),
    "local": Words("地方", "local"),
    "group": Words("团体", "group"),
    "enterprise": Words("企业标准（自我声明公开）", "enterprise, self-declared"),
    "buyer": Words("采购方规格", "buyer's specification"),
    "law": Words("法律法规", "law"),
}


@dataclass(frozen=True)
class Division:
    """A county or township by its current administrative code."""

    code: str
    name: str


@dataclass(frozen=True)
class County(Division):
    """A county of the city with its townships."""

    townships: tuple[Division, ...] = ()


@dataclass(frozen=True)
class OldName:
    """A township name of old texts; `code` is what it is today, None where that is not known."""

    county: str
    name: str
    code: str | None = None


@dataclass(frozen=True)
class Divisions:
    """The city, its counties and townships, and the old names that still turn up."""

    source: str
    certainty: Certainty
    city: Division
    counties: tuple[County, ...]
    aliases: tuple[OldName, ...] = ()
    abolished: tuple[OldName, ...] = ()

    def names(self) -> dict[str, str]:
        """Code → current name, of counties and townships."""
        found = {county.code: county.name for county in self.counties}
        return found | {t.code: t.name for county in self.counties for t in county.townships}


@dataclass(frozen=True)
class GiRecord:
    """A geographical-indication record. `date` is text as sure as it is known: 2018, 2016-11."""

    type: str
    name: str
    status: str
    certainty: Certainty
    source: str
    number: str | None = None
    announcement: str | None = None
    announcement_certainty: Certainty | None = None
    date: str | None = None
    registrant: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Area:
    """保护地域: whole counties and single townships; `complete` False where more is not known.

    `old_names` are names of the registration text that are not in use any more.
    """

    text: str | None
    certainty: Certainty
    complete: bool
    counties: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    old_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quality:
    """A published figure of a product; it describes and never judges."""

    name: str
    value: str
    certainty: Certainty


@dataclass(frozen=True)
class Form:
    """形态: its goods are kept as mass or counted; `units` are those that may be typed."""

    name: str
    base: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """The words in which a batch of the product may be told; `grades` best first.

    `default_form` is the form that carries labels.
    """

    forms: tuple[Form, ...]
    default_form: str
    grades: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    matrices: tuple[str, ...] = ()

    def terms(self, name: str) -> tuple[str, ...]:
        """The words of one field of a Scope: `grades`, `forms`, `processes` …"""
        if name == "forms":
            return tuple(form.name for form in self.forms)
        words: tuple[str, ...] = getattr(self, name)
        return words


@dataclass(frozen=True)
class Product:
    """地理标志产品. `name` is the licensed one, the only one printed; `aliases` are to be found by.

    `counties` and `place` say where it is at home; `standards` are numbers without year.
    """

    key: str
    name: str
    name_en: str
    category: str
    in_plan: bool
    counties: tuple[str, ...]
    place: str
    area: Area
    vocabulary: Vocabulary
    standards: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    gi_records: tuple[GiRecord, ...] = ()
    quality: tuple[Quality, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Edition:
    """版本. `starts` and `ends` are the first and last day in force, None where not known.

    `starts_certain`: the day comes from two sources or the official text.
    """

    designation: str
    status: str
    certainty: Certainty
    year: int | None = None
    starts: date | None = None
    starts_certain: bool = False
    ends: date | None = None
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Standard:
    """标准 under its number without year, with its editions, oldest first."""

    number: str
    title: str
    title_en: str
    level: str
    stages: tuple[str, ...]
    certainty: Certainty
    source: str | None
    editions: tuple[Edition, ...]


@dataclass(frozen=True)
class Requirement:
    """要求 as entered: `edition` by its designation, `product` None for every product.

    `edition_note` says that the figure was read from another edition than the one named.
    """

    code: str
    stage: str
    characteristic: str
    characteristic_en: str
    bound: Bound
    unit: str
    edition: str
    nature: Nature
    certainty: Certainty
    enforce: bool
    sources: tuple[str, ...]
    product: str | None = None
    subject: Subject = Subject.BATCH
    scope: Scope = field(default_factory=Scope)
    clause: str | None = None
    method: str | None = None
    note: str | None = None
    edition_note: str | None = None


@dataclass(frozen=True)
class Plan:
    """A release plan that a standard itself lays down for a product."""

    product: str
    plan: ReleasePlan
    note: str | None = None


@dataclass(frozen=True)
class LabelField:
    """Something that a label shows."""

    key: str
    name: str
    name_en: str


@dataclass(frozen=True)
class GiType:
    """A kind of right. `carries`: what must stand with the official mark; empty: not known."""

    key: str
    name: str
    name_en: str
    carries: tuple[str, ...] = ()
    number_formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class NumberFormat:
    """How a registration number looks, as a regular expression."""

    key: str
    name: str
    pattern: str
    example: str
    certainty: Certainty
    source: str


@dataclass(frozen=True)
class TrademarkTerm:
    """How long a mark is registered, and when and how late it can be renewed."""

    years: int
    renew_before_months: int
    grace_months: int
    source: str


@dataclass(frozen=True)
class LabelRules:
    """What a label must carry: `always`, and by kind of right beside the official mark."""

    fields: tuple[LabelField, ...]
    always: tuple[str, ...]
    gi_types: tuple[GiType, ...]
    number_formats: tuple[NumberFormat, ...]
    trademark_term: TrademarkTerm
    edition: str
    certainty: Certainty
    note: str | None = None


@dataclass(frozen=True)
class Catalogue:
    """Everything that the house knows before anybody has entered anything."""

    divisions: Divisions
    products: tuple[Product, ...]
    standards: tuple[Standard, ...]
    requirements: tuple[Requirement, ...]
    plans: tuple[Plan, ...]
    label_rules: LabelRules

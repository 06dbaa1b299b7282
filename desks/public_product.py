"""A product as its page shows it: records, area, and what each link asks on a chosen day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.pages.drawing import State
from core.pages.views import say
from core.words import Words
from desks.certainty import CERTAINTY_WORDS, NATURE_WORDS, doubt_of
from products.areas import division_tree
from products.drafts import label_rules
from products.models import GiRecord, Product
from products.plans.service import plan_row_on
from products.requirements import BoundKind, Nature
from products.standards.links import RequirementView, StageView, StandardView
from products.standards.models import Edition, Standard
from products.standards.queries import links_on

_AROUND = timedelta(days=400)
_MOST_DAYS = 4
_CATEGORIES = {
    "茶叶": "tea",
    "水产动物": "aquatic animals",
    "食用植物油": "edible oil",
    "苗木": "nursery stock",
    "蔬菜": "vegetables",
    "畜禽": "livestock",
    "咖啡": "coffee",
    "果品": "fruit",
    "中药材": "medicinal plants",
}
_BINDING = (Nature.MANDATORY, Nature.RECOMMENDED)


@dataclass(frozen=True)
class GiLine:
    """A record as it is shown: `missing` names what keeps it 待核实."""

    record: GiRecord
    type: str
    state: State
    word: str
    missing: tuple[str, ...]
    certainty: str


@dataclass(frozen=True)
class LimitRow:
    """A requirement in a table: `doubt` is 待核实, 待核对, or nothing."""

    id: str
    name: str
    scope: str
    limit: str
    standard: str
    clause: str
    nature: str
    mandatory: bool
    doubt: str
    note: str


@dataclass(frozen=True)
class StandardLine:
    """A standard in force that day; `next` is the edition that follows, `silent`: no limits."""

    designation: str
    title: str
    starts: date | None
    start_unsure: bool
    silent: bool
    next: tuple[date, str] | None


@dataclass(frozen=True)
class StageSection:
    """One link: what decides, what is only shown, and the duties of parties."""

    stage: str
    title: str
    state: State
    count: int
    note: str
    standards: tuple[StandardLine, ...]
    deciding: tuple[LimitRow, ...]
    shown: tuple[LimitRow, ...]
    duties: tuple[LimitRow, ...]


@dataclass(frozen=True)
class ProductSheet:
    """Everything on the page of a product on one day. `days`: when an edition changes nearby."""

    gi: tuple[GiLine, ...]
    proven: bool
    area: tuple[tuple[str, tuple[str, ...]], ...]
    area_sure: bool
    quality: tuple[tuple[str, str, str], ...]
    words: tuple[tuple[str, str], ...]
    stages: tuple[StageSection, ...]
    days: tuple[tuple[date, str], ...]
    plan: Any


def category_words(category: str) -> str:
    """A category of the catalogue in the language of the request; others as they are."""
    return say(Words(category, _CATEGORIES.get(category, category)))


def gi_standing(product: Product) -> tuple[State, str]:
    """What vouches for a product's name, in one word."""
    if any(record.proven for record in product.gi_records):
        return "pass", str(_("登记已核实"))
    if product.gi_records:
        return "wait", str(_("登记待核实"))
    return "none", str(_("没有登记记录"))


def product_sheet(session: Session, product: Product, on: date) -> ProductSheet:
    """The page of a product on a day."""
    views = links_on(session, product.id, on)
    editions = _dated_editions(session, views)
    return ProductSheet(
        gi=tuple(gi_line(record) for record in product.gi_records),
        proven=any(record.proven for record in product.gi_records),
        area=area_of(session, {part.code for part in product.area}),
        area_sure=product.area_certainty == "confirmed",
        quality=tuple(
            (fact["name"], fact["value"], say(CERTAINTY_WORDS[fact["certainty"]]))
            for fact in product.quality
        ),
        words=_vocabulary(product),
        stages=tuple(_section(view, _following(editions, on)) for view in views),
        days=_days_nearby(editions, on),
        plan=plan_row_on(session, product.id, on),
    )


# --- the product itself ---------------------------------------------------------------------


def gi_type_words(key: str) -> str:
    """The kind of right in words."""
    kind = next((kind for kind in label_rules().gi_types if kind.key == key), None)
    return say(Words(kind.name, kind.name_en)) if kind else key


def gi_line(record: GiRecord) -> GiLine:
    """A record as it is shown."""
    mark = record.type in ("certification-mark", "collective-mark")
    missing = [
        (record.number, _("注册号") if mark else _("登记编号")),
        (record.registrant, _("注册人") if mark else _("登记人")),
        (record.evidence_id, _("证明文件")),
    ]
    return GiLine(
        record=record,
        type=gi_type_words(record.type),
        state="pass" if record.proven else "wait",
        word=_("已核实") if record.proven else _("待核实"),
        missing=tuple(str(name) for held, name in missing if held is None),
        certainty=say(CERTAINTY_WORDS[record.certainty]),
    )


def area_of(session: Session, codes: Collection[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(county, its townships) by current names; no townships where the whole county is meant."""
    found = []
    for county in division_tree(session).counties if codes else ():
        towns = tuple(town.name for town in county.townships if town.code in codes)
        if county.code in codes or towns:
            found.append((county.name, () if county.code in codes else towns))
    return tuple(found)


def _vocabulary(product: Product) -> tuple[tuple[str, str], ...]:
    kinds = (
        ("form", _("形态")),
        ("grade", _("等级，从高到低")),
        ("process", _("工艺")),
        ("condition", _("贮运状态")),
        ("matrix", _("检验部位")),
    )
    return tuple((str(title), _("、").join(product.names(kind))) for kind, title in kinds)


# --- the nine links -------------------------------------------------------------------------


def _section(view: StageView, following: dict[str, tuple[date, str]]) -> StageSection:
    rows = [
        (one, _row(standard, one))
        for standard in view.standards
        for clause in standard.clauses
        for one in clause.requirements
    ]
    deciding = tuple(row for one, row in rows if decides(one))
    shown = tuple(row for one, row in rows if not decides(one))
    duties = tuple(_row(None, one) for one in view.duties)
    state, count, note = _counted(len(deciding), len(duties), len(shown))
    return StageSection(
        stage=view.stage,
        title=say(view.names),
        state=state,
        count=count,
        note=note,
        standards=tuple(_standard(one, following) for one in view.standards),
        deciding=deciding,
        shown=shown,
        duties=duties,
    )


def decides(view: RequirementView) -> bool:
    """Whether breaking it can do anything to a batch that declares its standard."""
    rule = view.requirement
    return rule.enforce and rule.nature in _BINDING and rule.certainty != "unverified"


def _counted(deciding: int, duties: int, shown: int) -> tuple[State, int, str]:
    """How a link is drawn: a gap is a gap, and what only informs is not drawn as a limit."""
    if deciding + duties:
        return "pass", deciding + duties, ngettext("条要求", "条要求", deciding + duties)
    if shown:
        return "none", shown, str(_("只作参考"))
    return "none", 0, str(_("空缺"))


def _standard(view: StandardView, following: dict[str, tuple[date, str]]) -> StandardLine:
    return StandardLine(
        designation=view.edition.designation,
        title=say(view.title),
        starts=view.edition.starts,
        start_unsure=view.start_unsure,
        silent=not view.clauses,
        next=following.get(view.edition.standard),
    )


def _row(standard: StandardView | None, view: RequirementView) -> LimitRow:
    rule = view.requirement
    return LimitRow(
        id=rule.id,
        name=say(Words(rule.characteristic, rule.characteristic_en or rule.characteristic)),
        scope=say(view.scope),
        limit=_("按条款") if rule.bound.kind is BoundKind.CLAUSE else say(view.limit),
        standard=rule.edition.designation,
        clause=rule.clause,
        nature=say(NATURE_WORDS[rule.nature]),
        mandatory=rule.nature is Nature.MANDATORY,
        doubt=doubt_of(rule.certainty, rule.enforce),
        note=rule.note,
    )


def _dated_editions(session: Session, views: Iterable[StageView]) -> Sequence[Edition]:
    """Every edition with a known first day of the standards that are shown, by that day."""
    numbers = {standard.edition.standard for view in views for standard in view.standards}
    numbers |= {duty.requirement.edition.standard for view in views for duty in view.duties}
    query = (
        select(Edition)
        .join(Standard, Standard.id == Edition.standard_id)
        .where(Standard.number.in_(numbers), Edition.starts.is_not(None))
    )
    return list(session.scalars(query.order_by(Edition.starts, Edition.designation)))


def _following(editions: Sequence[Edition], on: date) -> dict[str, tuple[date, str]]:
    """For each standard the edition that comes next after a day."""
    coming = [e for e in reversed(editions) if e.starts is not None and e.starts > on]
    return {e.standard.number: (e.starts, e.designation) for e in coming if e.starts}


def _days_nearby(editions: Sequence[Edition], on: date) -> tuple[tuple[date, str], ...]:
    """The days around `on` from which another edition counts, nearest first, then in order."""
    near = {
        e.starts: e.designation
        for e in editions
        if e.starts is not None and e.starts != on and abs(e.starts - on) <= _AROUND
    }
    nearest = sorted(near, key=lambda day: abs(day - on))[:_MOST_DAYS]
    return tuple((day, near[day]) for day in sorted(nearest))

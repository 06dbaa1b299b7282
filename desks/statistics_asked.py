"""Which statistics somebody asks for, and how far they may look.

Everybody sees sums over products, counties and requirements, never a party. A producer sees its
own batches, a laboratory what it measured itself, the authority everything; whatever lies outside
answers 404, as if it did not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from core.act import AUTHORITY, INSPECTOR, PRODUCER, Act
from core.errors import invalid_field, not_found
from core.identity.models import Party
from desks.form_texts import asked
from products.models import Division, Product
from products.service import product_named
from trace.batches.models import Batch
from trace.inspections.models import Inspection
from trace.inspections.verdicts import Source
from trace.statistics.lines import LABORATORY
from trace.statistics.service import Selection, makers

LEAST_MAKERS = 3
"""Fewer makers in a county could be told apart, so the public is not shown their sums."""
A_YEAR = timedelta(days=365)
ALL_YEARS = "all"
BOXES = ("product", "place", "party", "laboratory", "year", "from", "to", "source")
_SOURCES = {
    "": LABORATORY,
    "inspection": frozenset({Source.INSPECTION}),
    "type": frozenset({Source.TYPE_INSPECTION}),
    "own": frozenset({Source.EVENT}),
}
Options = list[tuple[str, str]]


@dataclass(frozen=True)
class Reach:
    """How far somebody may look: a party's own batches, a laboratory's own results, or sums."""

    public: bool = False
    party: UUID | None = None
    laboratory: UUID | None = None


@dataclass(frozen=True)
class Asked:
    """What is asked for: the selection, what stands in the boxes, and its names in words.

    `withheld`: too few makers stand behind it for everybody to see.
    """

    reach: Reach
    selection: Selection
    boxes: dict[str, str]
    names: tuple[str, ...] = ()
    withheld: bool = False
    kept: dict[str, str] = field(default_factory=dict)


def what_is_asked(act: Act) -> Asked:
    """The selection of the request; NotFound for what the actor may not look into."""
    boxes = asked(*BOXES)
    reach = _reach(act, boxes["party"])
    product = product_named(act.session, boxes["product"]) if boxes["product"] else None
    place = _place(act, reach, boxes["place"])
    party = _party(act, reach, boxes["party"])
    laboratory = _laboratory(act, reach, boxes["laboratory"])
    first, last = _period(act, boxes)
    sources = _SOURCES.get(boxes["source"], LABORATORY)
    if reach.laboratory is not None:
        sources = sources & LABORATORY or LABORATORY
    selection = Selection(
        product=product.id if product else None,
        places=_codes(act, place) if place else (),
        party=reach.party or (party.id if party else None),
        laboratory=reach.laboratory or (laboratory.id if laboratory else None),
        first=first,
        last=last,
        sources=sources,
    )
    named = [one.name for one in (product, place, party, laboratory) if one is not None]
    return Asked(
        reach=reach,
        selection=selection,
        boxes=boxes,
        names=(*named, _period_words(first, last)),
        withheld=reach.public and bool(place) and makers(act.session, selection) < LEAST_MAKERS,
        kept={name: text for name, text in boxes.items() if text},
    )


def _reach(act: Act, party: str) -> Reach:
    actor = act.actor
    if actor.is_a(AUTHORITY):
        return Reach()
    own = party == str(actor.party)
    if actor.is_a(INSPECTOR) and not (own and actor.is_a(PRODUCER)):
        return Reach(laboratory=act.party)
    if actor.is_a(PRODUCER):
        return Reach(party=act.party)
    return Reach(public=True)


def _named(act: Act, text: str) -> Party:
    try:
        party = act.session.get(Party, UUID(text))
    except ValueError:
        party = None
    if party is None:
        raise not_found("主体", "party")
    return party


def _party(act: Act, reach: Reach, text: str) -> Party | None:
    """The maker asked for: oneself, or for a laboratory one of those that it has reported on."""
    if not text:
        return None
    party = _named(act, text)
    reported = select(Inspection.id).where(
        Inspection.laboratory_id == reach.laboratory, Inspection.party_id == party.id
    )
    outside = (
        reach.public
        or (reach.party is not None and reach.party != party.id)
        or (reach.laboratory is not None and act.session.scalar(reported.limit(1)) is None)
    )
    if outside:
        raise not_found("主体", "party")
    return party


def _laboratory(act: Act, reach: Reach, text: str) -> Party | None:
    """The laboratory asked for: oneself, or for a maker one that has reported on its goods."""
    if not text:
        return None
    laboratory = _named(act, text)
    reported = select(Inspection.id).where(
        Inspection.laboratory_id == laboratory.id, Inspection.party_id == reach.party
    )
    outside = (
        reach.public
        or (reach.laboratory is not None and reach.laboratory != laboratory.id)
        or (reach.party is not None and act.session.scalar(reported.limit(1)) is None)
    )
    if outside:
        raise not_found("检验机构", "laboratory")
    return laboratory


def _place(act: Act, reach: Reach, code: str) -> Division | None:
    """A county or township; townships are too small for everybody."""
    if not code:
        return None
    place = act.session.get(Division, code)
    if place is None or (reach.public and place.code not in _counties(act)):
        raise not_found("区划", "division")
    return place


def _counties(act: Act) -> set[str]:
    city = select(Division.code).where(Division.parent.is_(None))
    return set(act.session.scalars(select(Division.code).where(Division.parent.in_(city))))


def _codes(act: Act, place: Division) -> tuple[str, ...]:
    """The place and what lies in it."""
    below = set(act.session.scalars(select(Division.code).where(Division.parent == place.code)))
    below |= set(act.session.scalars(select(Division.code).where(Division.parent.in_(below))))
    return (place.code, *sorted(below))


# --- when ----------------------------------------------------------------------------------


def _period(act: Act, boxes: dict[str, str]) -> tuple[date | None, date | None]:
    """From–to where given, else the year, else the last twelve months."""
    first, last = _day("from", boxes["from"]), _day("to", boxes["to"])
    if first and last and first > last:
        raise invalid_field(
            "period-backwards", "/to", "止日早于起日，请对调", "The period ends before it begins"
        )
    if first or last:
        return first, last
    year = boxes["year"]
    if year == ALL_YEARS:
        return None, None
    if year.isascii() and year.isdigit() and 1900 < int(year[:5]) < 9999:
        return date(int(year), 1, 1), date(int(year), 12, 31)
    return act.today - A_YEAR, act.today


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as broken:
        raise invalid_field(
            "bad-date",
            f"/{name}",
            "读不出这个日期，写成 2026-11-23",
            "Not a date; write it as 2026-11-23",
        ) from broken


def _period_words(first: date | None, last: date | None) -> str:
    if first and last:
        both = _("%(first)s 至 %(last)s 生产", first=first.isoformat(), last=last.isoformat())
        return str(both)
    if first:
        return str(_("%(first)s 起生产", first=first.isoformat()))
    if last:
        return str(_("%(last)s 以前生产", last=last.isoformat()))
    return str(_("全部年份"))


# --- what can be chosen --------------------------------------------------------------------


@dataclass(frozen=True)
class Choices:
    """The options of the boxes; an empty list leaves its box away."""

    products: Options
    places: Options
    parties: Options
    laboratories: Options
    years: Options
    sources: Options


def choices(act: Act, reach: Reach) -> Choices:
    """What somebody may choose from."""
    products = select(Product.key, Product.name).order_by(Product.in_plan.desc(), Product.name)
    return Choices(
        products=[(key, name) for key, name in act.session.execute(products)],
        places=_places(act, reach),
        parties=_parties(act, reach),
        laboratories=_laboratories(act, reach),
        years=_years(act),
        sources=_sources(reach),
    )


def _places(act: Act, reach: Reach) -> Options:
    rows = list(act.session.scalars(select(Division).order_by(Division.code)))
    known = _counties(act)
    counties = [row for row in rows if row.code in known]
    found = []
    for county in counties:
        found.append((county.code, county.name))
        towns = [] if reach.public else [row for row in rows if row.parent == county.code]
        found += [(town.code, f"{county.name} · {town.name}") for town in towns]
    return found


def _parties(act: Act, reach: Reach) -> Options:
    """The makers: all for the authority, for a laboratory those that it has reported on."""
    if reach.public or reach.party is not None:
        return []
    if reach.laboratory is None:
        return _options(act, select(Batch.party_id))
    own = Inspection.laboratory_id == reach.laboratory
    return _options(act, select(Inspection.party_id).where(own))


def _laboratories(act: Act, reach: Reach) -> Options:
    if reach.public or reach.laboratory is not None:
        return []
    reports = select(Inspection.laboratory_id)
    if reach.party is not None:
        reports = reports.where(Inspection.party_id == reach.party)
    return _options(act, reports)


def _options(act: Act, ids: Select[UUID]) -> Options:
    query = select(Party.id, Party.name).where(Party.id.in_(ids)).order_by(Party.name)
    return [(str(key), name) for key, name in act.session.execute(query)]


def _years(act: Act) -> Options:
    oldest = act.session.scalar(select(func.min(Batch.production_date)))
    first = min(oldest.year if oldest else act.today.year, act.today.year)
    years = [(str(year), str(year)) for year in range(act.today.year, first - 1, -1)]
    return [*years, (ALL_YEARS, str(_("全部年份")))]


def _sources(reach: Reach) -> Options:
    found = [
        ("inspection", str(_("只看批次检验"))),
        ("type", str(_("只看型式检验"))),
    ]
    own = [("own", str(_("生产者自己测的")))]
    return found if reach.laboratory is not None else found + own


def for_chart(selection: Selection) -> Selection:
    """The same for a control chart: a type inspection belongs to no batch and has no place in it."""
    sources = selection.sources - {Source.TYPE_INSPECTION} or {Source.INSPECTION}
    return replace(selection, sources=frozenset(sources))

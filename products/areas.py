"""Counties and townships by code or name, old names too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Conflict, FieldFault, Invalid, fault
from core.words import Words
from products.models import Division, DivisionAlias


@dataclass(frozen=True)
class Township:
    """A township under its current code."""

    code: str
    name: str


@dataclass(frozen=True)
class OldName:
    """An old name; `code` None: it is not known where its land belongs today."""

    name: str
    code: str | None


@dataclass(frozen=True)
class County:
    """A county with its townships and the old names of townships that turn up in texts."""

    code: str
    name: str
    townships: tuple[Township, ...]
    old_names: tuple[OldName, ...]


@dataclass(frozen=True)
class City:
    """The city with its counties."""

    code: str
    name: str
    counties: tuple[County, ...]


def division_tree(session: Session) -> City:
    """All divisions, by code; Conflict in a house into which no catalogue was loaded."""
    city = session.scalars(select(Division).where(Division.parent.is_(None))).first()
    if city is None:
        raise Conflict(
            "no-divisions",
            Words(
                "还没有行政区划：请先用命令 house load-catalogue 装入目录。",
                "There are no divisions yet: load the catalogue first, house load-catalogue.",
            ),
        )
    return City(city.code, city.name, counties_of(session))


def counties_of(session: Session) -> tuple[County, ...]:
    """The counties with their townships, by code; none where no catalogue was loaded."""
    rows = list(session.scalars(select(Division).order_by(Division.code)))
    old = list(session.scalars(select(DivisionAlias).order_by(DivisionAlias.name)))
    cities = {row.code for row in rows if row.parent is None}
    return tuple(
        County(
            code=county.code,
            name=county.name,
            townships=tuple(Township(t.code, t.name) for t in rows if t.parent == county.code),
            old_names=tuple(OldName(o.name, o.code) for o in old if o.county == county.code),
        )
        for county in rows
        if county.parent in cities
    )


def division_names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Code → current name."""
    query = select(Division.code, Division.name).where(Division.code.in_(set(codes)))
    return {code: name for code, name in session.execute(query)}


def checked_area(session: Session, texts: Sequence[str]) -> tuple[str, ...]:
    """The codes of what was typed: codes, current names or old names, each maybe after its county.

    Raises Invalid with a pointer into /area for every text that is none, or that is several.
    """
    city = division_tree(session)
    codes: set[str] = set()
    faults: list[FieldFault] = []
    for place, text in enumerate(texts):
        found = _meant_by(city, text)
        if isinstance(found, Words):
            faults.append(fault(f"/area/{place}", *found))
        else:
            codes.add(found)
    if faults:
        raise Invalid("area-unknown", faults[0].message, faults)
    return tuple(sorted(codes))


def _meant_by(city: City, text: str) -> str | Words:
    """The one code that `text` means, or why there is none."""
    if text in _all_codes(city):
        return text
    named = [
        (county, code)
        for county in city.counties
        for name, code in _names(county)
        if text in (name, county.name + name, city.name + county.name + name)
    ]
    known = {code for _, code in named if code is not None}
    if len(known) == 1:
        return known.pop()
    if known:
        listed = "、".join(county.name for county, _ in named)
        return Words(
            f"“{text}”在{listed}都有，请写上县区或用区划代码",
            f"{text} exists in {listed}; add the county or give the code",
        )
    if named:
        return Words(
            f"“{text}”已撤销，现属何处没有资料，请填现在的乡镇或街道",
            f"{text} was abolished and where it belongs today is not known; give the present name",
        )
    return Words(
        f"没有“{text}”这个县区、乡镇或街道，请填现行名称或区划代码",
        f"There is no division {text}; give its present name or code",
    )


def _all_codes(city: City) -> set[str]:
    counties = {county.code for county in city.counties}
    return counties | {town.code for county in city.counties for town in county.townships}


def _names(county: County) -> Iterable[tuple[str, str | None]]:
    """Every name in a county; for the county itself the empty name follows its own."""
    yield "", county.code
    yield from ((town.name, town.code) for town in county.townships)
    yield from ((old.name, old.code) for old in county.old_names)

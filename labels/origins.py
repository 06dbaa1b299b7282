"""RULE: where goods came from, by weight, down to what nothing went into.

A hand-over, a part and packing anew pass their origin on; goods made of others have the origins of
their inputs; a blend has those of all that was mixed. Only places are told, no batches of others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from core.words import Words
from trace.batches.genealogy import shares

MERGED = "merge"
MOST_PLACES = 6
"""So many places are named; the rest is one."""


@dataclass(frozen=True, slots=True)
class Link:
    """How much of `parent` went into `child`, in the base of the parent's form."""

    parent: UUID
    child: UUID
    quantity: int
    kind: str
    base: str = "mass"


@dataclass(frozen=True, slots=True)
class Share:
    """So many whole per cent came from a place, empty where nobody kept it; 0: less than one."""

    place: str
    percent: int


@dataclass(frozen=True, slots=True)
class Origins:
    """The places of a batch, most first; their per cent sum to 100.

    `batches` were mixed (`blended`) or made into it together; `by_weight` is false where some of
    them are counted and not weighed.
    """

    shares: tuple[Share, ...]
    batches: int
    blended: bool
    by_weight: bool


def origins_of(links: Sequence[Link], batch: UUID, places: Mapping[UUID, str]) -> Origins:
    """The origins of `batch` from everything that went into it and the places of the roots.

    LoopError where the links go round.
    """
    roots = shares(((one.parent, one.child, one.quantity) for one in links), batch)
    by_place: dict[str, Fraction] = defaultdict(Fraction)
    for root, share in roots.items():
        by_place[places.get(root, "")] += share
    told = sorted(by_place.items(), key=lambda pair: (-pair[1], pair[0] == "", pair[0]))
    percents = whole_percents([share for _, share in told])
    return Origins(
        shares=tuple(Share(place, n) for (place, _), n in zip(told, percents, strict=True)),
        batches=len(roots),
        blended=len(roots) > 1 and any(one.kind == MERGED for one in links),
        by_weight=all(one.base == "mass" for one in links),
    )


def whole_percents(parts: Sequence[Fraction]) -> list[int]:
    """Shares of one as whole per cent that sum to 100: rounded down, the rest to the largest
    remainders, the first of equals first. ValueError where they are not one together.
    """
    if not parts or sum(parts) != 1 or min(parts) < 0:
        raise ValueError("shares of one thing sum to 1")
    whole = [int(part * 100) for part in parts]
    order = sorted(range(len(parts)), key=lambda n: (whole[n] - parts[n] * 100, n))
    for place in order[: 100 - sum(whole)]:
        whole[place] += 1
    return whole


def place_words(origins: Origins) -> Words:
    """60 % 金井镇，40 % 路口镇（按重量）."""
    shown, rest = origins.shares[:MOST_PLACES], origins.shares[MOST_PLACES:]
    zh = [f"{_percent(one.percent, '不到 1')} % {_place(one).zh}" for one in shown]
    en = [f"{_percent(one.percent, 'under 1')} % {_place(one).en}" for one in shown]
    if rest:
        left = sum(one.percent for one in rest)
        zh.append(f"{_percent(left, '不到 1')} % 另外 {len(rest)} 处")
        en.append(f"{_percent(left, 'under 1')} % from {len(rest)} other places")
    how = Words("按重量", "by weight") if origins.by_weight else Words("按数量", "by number")
    return Words(f"{'，'.join(zh)}（{how.zh}）", f"{', '.join(en)} ({how.en})")


def _percent(number: int, little: str) -> str:
    return str(number) if number else little


def _place(one: Share) -> Words:
    return Words(one.place, one.place) if one.place else Words("产地没有记", "place not recorded")


def mixing_words(origins: Origins) -> Words:
    """That it is a blend, of how many batches; or of how many it was made. Empty for one."""
    if origins.batches < 2:
        return Words("", "")
    if origins.blended:
        return Words(f"混配：由 {origins.batches} 批混成", f"A blend of {origins.batches} batches")
    return Words(
        f"由 {origins.batches} 批原料一起做成", f"Made from {origins.batches} batches together"
    )

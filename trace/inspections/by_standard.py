"""Several standards at once: what each of them, by itself, says of one set of results.

A recommended standard that nobody declared, or a buyer's specification, decides nothing about the
release of a batch and is answered here all the same. Limits that are only for reference are not
counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.words import Words
from products.bounds import RANGED, Bound, BoundKind
from products.catalogue.rows import LEVELS
from products.errors import RuleError
from products.requirements import LEAST_STRICT, Nature, Strictness, strictness
from trace.inspections.verdicts import LINE_NAMES, LineOutcome, Verdict

NO_RESULT = Words("没有检验结果", "nothing tested")
_LEVEL_PLACE = {level: place for place, level in enumerate(("law", *LEVELS))}
_ASKED = frozenset(LineOutcome) - {LineOutcome.REFERENCE}


@dataclass(frozen=True, slots=True)
class StandardVerdict:
    """One edition's verdict. Each count is of limits; a limit met by several values by its worst.

    `outcome` is nonconforming, to_verify, undetermined or conforming, and not_tested where no
    value met any of its limits. `strictest` is for how many of the items that several standards
    limit this one is the strictest, alone or with others. `decides`: a limit of it counts here,
    `mandatory`: one that does so whether or not it was declared.
    """

    edition: str
    standard: str
    level: str
    outcome: LineOutcome
    limits: int
    conforming: int
    nonconforming: int
    undetermined: int
    not_tested: int
    strictest: int
    decides: bool
    mandatory: bool

    def as_dict(self) -> dict[str, object]:
        """The verdict as texts and numbers, for pages and the API."""
        level = LEVELS.get(self.level, Words(self.level, self.level))
        said = NO_RESULT if self.outcome is LineOutcome.NOT_TESTED else LINE_NAMES[self.outcome]
        return {
            "edition": self.edition,
            "standard": self.standard,
            "level": self.level,
            "level_zh": level.zh,
            "level_en": level.en,
            "outcome": self.outcome.value,
            "outcome_zh": said.zh,
            "outcome_en": said.en,
            "limits": self.limits,
            "conforming": self.conforming,
            "nonconforming": self.nonconforming,
            "undetermined": self.undetermined,
            "not_tested": self.not_tested,
            "strictest": self.strictest,
            "decides": self.decides,
            "mandatory": self.mandatory,
        }


@dataclass(frozen=True, slots=True)
class ContestedLimit:
    """One of several limits of one item, and what it says by itself."""

    edition: str
    level: str
    clause: str
    limit: Words
    outcome: LineOutcome
    decides: bool


@dataclass(frozen=True, slots=True)
class Contested:
    """An item that several editions limit, with a value: its limits, the strictest first."""

    characteristic: Words
    limits: tuple[ContestedLimit, ...]

    def as_dict(self) -> dict[str, object]:
        """The item as texts, for the API."""
        return {
            "characteristic": self.characteristic.zh,
            "characteristic_en": self.characteristic.en,
            "limits": [
                {
                    "edition": one.edition,
                    "level": one.level,
                    "clause": one.clause,
                    "limit": one.limit.zh,
                    "limit_en": one.limit.en,
                    "outcome": one.outcome.value,
                    "decides": one.decides,
                }
                for one in self.limits
            ],
        }


def by_standard(verdict: Verdict) -> tuple[StandardVerdict, ...]:
    """What every edition among the lines of a verdict says, the strictest first."""
    return table_of_lines(line.as_dict() for line in verdict.lines)


def table_of_lines(lines: Iterable[Mapping[str, Any]]) -> tuple[StandardVerdict, ...]:
    """The same from lines as they are stored; of one kept short (未检) the level may be missing.

    The strictest standard is the one that has the strictest limit of the most items that others
    limit too; then the stronger level comes first (law, national …), then the designation.
    """
    limits = _worst_by_limit(line for line in lines if line.get("edition"))
    strictest = _strictest(limits)
    editions: dict[str, list[_Limit]] = {}
    for limit in limits:
        editions.setdefault(limit.edition, []).append(limit)
    table = [_row(edition, own, strictest[edition]) for edition, own in editions.items()]
    return tuple(sorted(table, key=_place))


def contested_in(lines: Iterable[Mapping[str, Any]]) -> tuple[Contested, ...]:
    """The items among these lines that several editions limit and somebody gave a value of.

    Worst first; of equally strict limits the stronger level first.
    """
    items: dict[str, list[_Limit]] = {}
    for limit in _worst_by_limit(line for line in lines if line.get("edition")):
        if limit.outcome is not LineOutcome.NOT_TESTED and limit.strictness != LEAST_STRICT:
            items.setdefault(limit.characteristic, []).append(limit)
    several = [own for own in items.values() if len({limit.edition for limit in own}) > 1]
    several.sort(key=lambda own: min(_RANK[limit.outcome] for limit in own))
    return tuple(_contested(own) for own in several)


def _contested(limits: list[_Limit]) -> Contested:
    limits = sorted(
        limits, key=lambda one: (one.strictness, _level_place(one.level), one.edition, one.clause)
    )
    return Contested(
        Words(limits[0].characteristic, limits[0].characteristic_en),
        tuple(
            ContestedLimit(one.edition, one.level, one.clause, one.text, one.outcome, one.decides)
            for one in limits
        ),
    )


def _level_place(level: str) -> int:
    return _LEVEL_PLACE.get(level, len(_LEVEL_PLACE))


def _place(row: StandardVerdict) -> tuple[int, int, str]:
    return -row.strictest, _level_place(row.level), row.edition


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit of one edition with the worst that was said of it."""

    edition: str
    standard: str
    level: str
    characteristic: str
    outcome: LineOutcome
    decides: bool
    mandatory: bool
    strictness: Strictness
    clause: str
    text: Words
    characteristic_en: str


_RANK = {outcome: rank for rank, outcome in enumerate(LineOutcome)}


def _worst_by_limit(lines: Iterable[Mapping[str, Any]]) -> list[_Limit]:
    """One entry for each limit (or item of a plan) of an edition."""
    found: dict[tuple[str, str, str], _Limit] = {}
    for line in lines:
        outcome = LineOutcome(line.get("alone") or line["outcome"])
        if outcome not in _ASKED:
            continue
        limit = _limit(line, outcome)
        # A line kept short has no id of its limit; its limit and clause tell it from others.
        own = line.get("requirement") or f"{line.get('limit')} {line.get('clause')}"
        key = (limit.edition, limit.characteristic, own)
        known = found.get(key)
        if known is None or _RANK[outcome] < _RANK[known.outcome]:
            found[key] = limit
    return list(found.values())


def _limit(line: Mapping[str, Any], outcome: LineOutcome) -> _Limit:
    return _Limit(
        edition=line["edition"],
        standard=line.get("standard") or "",
        level=line.get("level") or "",
        characteristic=line["characteristic"],
        outcome=outcome,
        decides=bool(line.get("decides")),
        mandatory=line.get("nature") == Nature.MANDATORY,
        strictness=_strictness(line),
        clause=line.get("clause") or "",
        text=Words(line.get("limit") or "", line.get("limit_en") or ""),
        characteristic_en=line.get("characteristic_en") or line["characteristic"],
    )


def _strictness(line: Mapping[str, Any]) -> Strictness:
    """How strict the limit of a line is; a line without its numbers is the least strict."""
    try:
        kind = BoundKind(line["kind"])
        bound = Bound(
            BoundKind.NUMBER if kind in RANGED else kind,
            lower=line["lower"] or None,
            lower_open=line["lower_open"],
            upper=line["upper"] or None,
            upper_open=line["upper_open"],
        )
        return strictness(bound, line["unit"])
    except (KeyError, ValueError, RuleError):
        return LEAST_STRICT


def _strictest(limits: Iterable[_Limit]) -> Counter[str]:
    """For how many of the items that several editions limit each is the strictest."""
    items: dict[str, dict[str, Strictness]] = {}
    for limit in limits:
        own = items.setdefault(limit.characteristic, {})
        own[limit.edition] = min(limit.strictness, own.get(limit.edition, LEAST_STRICT))
    count: Counter[str] = Counter()
    for editions in items.values():
        best = min(editions.values())
        if len(editions) > 1 and best != LEAST_STRICT:
            count.update(edition for edition, own in editions.items() if own == best)
    return count


def _row(edition: str, limits: list[_Limit], strictest: int) -> StandardVerdict:
    said = Counter(limit.outcome for limit in limits)
    waiting = said[LineOutcome.UNDETERMINED] + said[LineOutcome.TO_VERIFY]
    return StandardVerdict(
        edition=edition,
        standard=next((limit.standard for limit in limits if limit.standard), ""),
        level=next((limit.level for limit in limits if limit.level), ""),
        outcome=min((limit.outcome for limit in limits), key=_RANK.__getitem__),
        limits=len(limits),
        conforming=said[LineOutcome.CONFORMING],
        nonconforming=said[LineOutcome.NONCONFORMING],
        undetermined=waiting,
        not_tested=said[LineOutcome.NOT_TESTED],
        strictest=strictest,
        decides=any(limit.decides for limit in limits),
        mandatory=any(limit.decides and limit.mandatory for limit in limits),
    )

"""What a batch has to show for itself, worked out from its verdict, its events and its reports.

Lines are those of a stored verdict (`Line.as_dict()`), worst first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from core.words import Words
from labels.passport import Entry, Item, Limit, Link, Report, State
from products.requirements import BUYER, STAGE_NAMES, STAGES, Nature
from trace.inspections.verdicts import LineOutcome, Source

Line = Mapping[str, Any]
AnyLine = TypeVar("AnyLine", bound=Line)
_DRAWN_KINDS = ("number", "series")


def in_public(lines: Iterable[AnyLine]) -> list[AnyLine]:
    """The lines that may be shown to everybody: a buyer's specification is its parties' affair."""
    return [line for line in lines if line.get("level") != BUYER]


def items_of(lines: Iterable[Line]) -> tuple[Item, ...]:
    """The values of laboratories, and of the producer's own those that break or may break a limit.

    `lines` are those of a verdict, worst first; lines about the same result become one item. Of
    one outcome those with a number come first, before them what the law limits, and of these the
    ones that come closest to their limit.
    """
    found: dict[str, list[Line]] = {}
    for line in lines:
        if _is_tested(line):
            found.setdefault(line["result"], []).append(line)
    return tuple(sorted((_item(of_result) for of_result in found.values()), key=_place))


_RANK = {outcome.value: rank for rank, outcome in enumerate(LineOutcome)}


def _place(item: Item) -> tuple[int, bool, bool, bool, Decimal]:
    limit = item.limits[0]
    number = item.number
    near = Decimal(0) if number is None else _nearness(number, limit)
    return _RANK[item.outcome], number is None, not item.below, not limit.mandatory, -near


def _nearness(number: Decimal, limit: Limit) -> Decimal:
    """How near a value comes to its limit: 1 at the limit, above 1 beyond it."""
    shares = [Decimal(0)]
    if limit.upper is not None and limit.upper > 0:
        shares.append(number / limit.upper)
    if limit.lower is not None and number > 0:
        shares.append(limit.lower / number)
    return max(shares)


def _is_tested(line: Line) -> bool:
    if not line.get("typed"):
        return False
    return line["source"] != Source.EVENT or line["outcome"] in _UNWELCOME


_UNWELCOME = (LineOutcome.NONCONFORMING, LineOutcome.TO_VERIFY, LineOutcome.UNDETERMINED)

_DECIDED = (LineOutcome.NONCONFORMING, LineOutcome.TO_VERIFY, LineOutcome.CONFORMING)


def _item(lines: Sequence[Line]) -> Item:
    first = lines[0]
    number = Decimal(first["value"]) if first["value"] else None
    return Item(
        name=Words(first["characteristic"], first["characteristic_en"]),
        typed=first["typed"],
        got=Words(first["read_zh"] or first["typed"], first["read_en"] or first["typed"]),
        number=number,
        below=number is None and first["kind"] == "number" and first["outcome"] in _DECIDED,
        method=first["method"],
        by="" if first["source"] == Source.EVENT else first["by"],
        on=date.fromisoformat(first["at"]) if first["at"] else None,
        by_type=first["source"] == Source.TYPE_INSPECTION,
        limits=tuple(_limit(line) for line in lines),
    )


def _limit(line: Line) -> Limit:
    drawn = line["kind"] in _DRAWN_KINDS
    return Limit(
        outcome=line["outcome"],
        text=Words(line["limit"], line["limit_en"]),
        lower=Decimal(line["lower"]) if drawn and line["lower"] else None,
        upper=Decimal(line["upper"]) if drawn and line["upper"] else None,
        edition=line["edition"],
        clause=line["clause"],
        mandatory=line["nature"] == Nature.MANDATORY,
        decides=line["decides"],
        reason=Words(line["reason_zh"], line["reason_en"]),
    )


def count_untested(lines: Iterable[Line]) -> int:
    """未检: limits that apply, that nobody asked for and that nobody measured."""
    return sum(line["outcome"] == LineOutcome.NOT_TESTED for line in lines)


def count_unmet(lines: Iterable[Line]) -> int:
    """How many items the release plan asks for and nobody has given a value of."""
    return len(
        {line["characteristic"] for line in lines if line.get("asked") and not line["typed"]}
    )


def links_of(
    lines: Sequence[Line], entries: Sequence[Entry], reports: Sequence[Report]
) -> tuple[Link, ...]:
    """The nine links in their order; of the last, laboratories vouch by their standing reports."""
    standing = [report for report in reports if report.stands]
    return tuple(_link(stage, lines, entries, standing) for stage in STAGES)


def _link(
    stage: str, lines: Sequence[Line], entries: Sequence[Entry], reports: Sequence[Report]
) -> Link:
    own = [entry for entry in entries if entry.stage == stage]
    days = sorted(entry.on for entry in own)
    signed = [entry.by for entry in own if entry.by is not None]
    if stage == "testing" and reports:
        days = sorted(report.reported_on for report in reports)
        signed = [report.laboratory for report in reports]
    if not days:
        return Link(stage, STAGE_NAMES[stage], "none", "nobody")
    return Link(
        stage,
        STAGE_NAMES[stage],
        _state([line for line in lines if line.get("stage") == stage and line.get("typed")]),
        "signed" if signed else "own",
        entries=len(days),
        first=days[0],
        last=days[-1],
        by=tuple(dict.fromkeys(signed)),
        said=() if stage == "testing" else tuple(_own_values(stage, lines)),
    )


def _state(lines: Sequence[Line]) -> State:
    outcomes = {line["outcome"] for line in lines if line["decides"]}
    if LineOutcome.NONCONFORMING in outcomes:
        return "fail"
    return "wait" if outcomes.intersection(_UNWELCOME) else "pass"


def _own_values(stage: str, lines: Iterable[Line]) -> Iterable[Words]:
    """The producer's own values and documents of a stage, each once: 包装层数 2 层（≤ 3 层）."""
    told: set[str] = set()
    for line in lines:
        own = line.get("stage") == stage and line.get("source") == Source.EVENT
        if own and line["result"] not in told:
            told.add(line["result"])
            yield from _own_value(line)


def _own_value(line: Line) -> Iterable[Words]:
    """What was read and never what was typed: nobody knows what else a producer may type there."""
    if line["read_zh"]:
        yield Words(
            f"{line['characteristic']} {line['read_zh']}（{line['limit']}）",
            f"{line['characteristic_en']}: {line['read_en']} ({line['limit_en']})",
        )
    elif line["outcome"] == LineOutcome.CONFORMING:
        yield Words(
            f"{line['characteristic']}（{line['reason_zh']}）",
            f"{line['characteristic_en']} ({line['reason_en']})",
        )


def editions_named(lines: Iterable[Line]) -> tuple[str, ...]:
    """The editions that decided about a value, in the order of the lines."""
    named = [line["edition"] for line in lines if line.get("typed") and line["decides"]]
    return tuple(dict.fromkeys(edition for edition in named if edition))


_PERSONAL = re.compile(
    r"""
    (?<!\d) 1[3-9]\d (?:[ -]?\d{4}){2} (?!\d)   # a mobile number
    | (?<!\d) \d{17}[\dXx] (?![0-9A-Za-z])      # an identity card (GB 11643)
    | (?<!\d) \d{2,3}\.\d{4,} (?!\d)            # degrees of a coordinate
    """,
    re.VERBOSE,
)
HIDDEN = "（已隐去）"


def without_personal_numbers(text: str) -> str:
    """A reason that an authority or a laboratory wrote, without what could only be a person's.

    Mobile numbers, numbers of identity cards and coordinates are left out; offices' telephone
    numbers and results stay.
    """
    return _PERSONAL.sub(HIDDEN, text)

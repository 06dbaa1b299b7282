"""检验报告, the certificate of analysis: what it says, as plain facts without any person's name.

It tells one report of a laboratory as it was published, with the judge's lines of that moment, and
how the report stands now. The same facts always give the same content, whose canonical form
(core.record.canonical) is what the house signs. Who signed inside the laboratory is told by role,
moment and digest, never by name (DESIGN promise 8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from core.words import Words
from labels.passport_content import in_public
from trace.inspections.verdicts import LineOutcome

VERSION = 1
_KIND = "certificate-of-analysis"
State = Literal["counts", "partly", "retested", "corrected", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Body:
    """A party by its name and its unified social credit code; `sample` is shown as 示例."""

    name: str
    code: str
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One limit that a value met, as the judge said it."""

    outcome: str
    limit: Words
    standard: str
    clause: str
    decides: bool
    reason: Words


@dataclass(frozen=True, slots=True)
class Finding:
    """One result as typed, in `unit`, with every limit it met, the worst outcome first."""

    name: Words
    matrix: str
    typed: str
    unit: Words
    detection_limit: str
    uncertainty: str
    guarded: bool
    method: str
    limits: tuple[Judged, ...]

    @property
    def item(self) -> Words:
        """What was measured, with the part of the goods that it was measured on."""
        if not self.matrix:
            return self.name
        return Words(f"{self.name.zh}（{self.matrix}）", f"{self.name.en} ({self.matrix})")

    @property
    def outcome(self) -> str:
        """The worst of its limits; 'recorded' where no limit was met."""
        return self.limits[0].outcome if self.limits else RECORDED


RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the results say about one standard: the worst outcome of its deciding limits."""

    standard: str
    outcome: str
    items: tuple[Words, ...]
    failing: tuple[Words, ...]
    waiting: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Signing:
    """Somebody of the laboratory stood for the content: `account` is a short id, not a name."""

    meaning: str
    account: str
    method: str
    at: datetime
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another report that this one goes with: its number, its public address, and why."""

    number: str
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the report stands. `since` and `reason` belong to a withdrawal.

    `by` is the report that took its place or tested its items again (`tested_again`).
    """

    state: State
    since: date | None = None
    reason: str = ""
    by: Other | None = None
    tested_again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What was tested: a batch, or (type inspection) a party's product."""

    kind: str
    party: Body
    product: Words
    grade: str
    batch: str
    quantity: str
    produced_on: date | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """A certificate of analysis. `as_of` is the last moment at which anything of it changed.

    `judged_on` is the day of the judge's lines; `samples` are numbers of samples and seals.
    `corrects` and `retests` are the older reports that this one follows.
    """

    address: str
    number: str
    laboratory: Body
    subject: Subject
    sampled_on: date
    reported_on: date
    published_at: datetime
    judged_on: date
    as_of: datetime
    valid_from: date | None
    valid_to: date | None
    samples: tuple[str, ...]
    findings: tuple[Finding, ...]
    conclusions: tuple[Conclusion, ...]
    signatures: tuple[Signing, ...]
    note: str
    standing: Standing
    corrects: Other | None = None
    retests: Other | None = None
    ground: str = ""
    both_count: bool = False

    @property
    def sample(self) -> bool:
        """Whether any of the parties is of the sample (示例)."""
        return self.laboratory.sample or self.subject.party.sample

    @property
    def outcome(self) -> str:
        """The worst conclusion; 'recorded' where no standard decided anything."""
        worst = min((_RANK[one.outcome] for one in self.conclusions), default=None)
        return RECORDED if worst is None else list(_RANK)[worst]


_RANK = {outcome.value: rank for rank, outcome in enumerate(LineOutcome)}
_WAITING = (LineOutcome.TO_VERIFY, LineOutcome.UNDETERMINED)


# --- what the judge said of each result -----------------------------------------------------


def judged(lines: Iterable[Mapping[str, Any]], result: str) -> tuple[Judged, ...]:
    """The limits that one result met, from the lines of a verdict, the worst outcome first.

    A value that no limit is for has a line without an edition; that is no limit. Nor is a buyer's
    specification one here: the certificate is public.
    """
    own = [
        line for line in in_public(lines) if line.get("result") == result and line.get("edition")
    ]
    return tuple(
        Judged(
            outcome=line["outcome"],
            limit=Words(line["limit"], line["limit_en"]),
            standard=line["edition"],
            clause=line["clause"],
            decides=line["decides"],
            reason=Words(line["reason_zh"], line["reason_en"]),
        )
        for line in sorted(own, key=lambda line: (_RANK[line["outcome"]], not line["decides"]))
    )


def conclusions_of(findings: Sequence[Finding]) -> tuple[Conclusion, ...]:
    """One conclusion for each standard whose limits decide, in the order of the findings."""
    by_standard: dict[str, list[tuple[str, Words]]] = {}
    for finding in findings:
        for limit in finding.limits:
            if limit.decides:
                met = by_standard.setdefault(limit.standard, [])
                met.append((limit.outcome, finding.item))
    return tuple(_conclusion(standard, met) for standard, met in by_standard.items())


def _conclusion(standard: str, met: Sequence[tuple[str, Words]]) -> Conclusion:
    worst = min(_RANK[outcome] for outcome, _ in met)
    return Conclusion(
        standard=standard,
        outcome=list(_RANK)[worst],
        items=_names(met, *_RANK),
        failing=_names(met, LineOutcome.NONCONFORMING),
        waiting=_names(met, *_WAITING),
    )


def _names(met: Sequence[tuple[str, Words]], *outcomes: str) -> tuple[Words, ...]:
    return tuple(dict.fromkeys(name for outcome, name in met if outcome in outcomes))


# --- content --------------------------------------------------------------------------------


def content_of(analysis: Analysis) -> dict[str, Any]:
    """The certificate as canonical JSON takes it: what is signed, and what travels in the PDF."""
    return {"v": VERSION, "kind": _KIND, **_plain(analysis)}


def _plain(value: Any) -> Any:
    if isinstance(value, Words):
        return value._asdict()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value


def analysis_of(content: Mapping[str, Any]) -> Analysis:
    """The certificate of a content that was read from JSON; ValueError for what is no such one."""
    try:
        if (content["v"], content["kind"]) != (VERSION, _KIND):
            raise ValueError("not a certificate of analysis of this version")
        read = _read(Analysis, {k: v for k, v in content.items() if k not in ("v", "kind")})
    except (KeyError, TypeError, AttributeError) as broken:
        raise ValueError("not a certificate of analysis") from broken
    assert isinstance(read, Analysis)
    return read


def _read(kind: Any, value: Any) -> Any:
    """A value of JSON as a value of this type; the opposite of _plain."""
    parts = get_args(kind)
    if NoneType in parts:
        return None if value is None else _read(parts[0], value)
    if get_origin(kind) is tuple:
        return tuple(_read(parts[0], inner) for inner in value)
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if kind is Words or is_dataclass(kind):
        hints, make = get_type_hints(kind), cast(Callable[..., Any], kind)
        return make(**{name: _read(hints[name], inner) for name, inner in value.items()})
    if not isinstance(value, kind if isinstance(kind, type) else str):
        raise TypeError(f"not a {kind}")
    return value

"""What the judge answers: a verdict of lines, each with its standard, limit, value and reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.words import Words
from products.phrases import limit_text, unit_text
from products.requirements import LEAST_STRICT, BoundKind, Requirement, Strictness
from trace.inspections.results import Result


class Outcome(StrEnum):
    """判定 of a batch: 合格, 不合格, 待定."""

    CONFORMING = "conforming"
    NONCONFORMING = "nonconforming"
    UNDETERMINED = "undetermined"


class LineOutcome(StrEnum):
    """判定 of one line; in the order in which lines are shown."""

    NONCONFORMING = "nonconforming"
    TO_VERIFY = "to_verify"
    UNDETERMINED = "undetermined"
    CONFORMING = "conforming"
    REFERENCE = "reference"
    NOT_TESTED = "not_tested"


LINE_NAMES = {
    LineOutcome.NONCONFORMING: Words("不合格", "nonconforming"),
    LineOutcome.TO_VERIFY: Words("待核实", "limit to be verified"),
    LineOutcome.UNDETERMINED: Words("待定", "undetermined"),
    LineOutcome.CONFORMING: Words("合格", "conforming"),
    LineOutcome.REFERENCE: Words("仅供参考", "for reference"),
    LineOutcome.NOT_TESTED: Words("未检", "not tested"),
}
OUTCOME_NAMES = {
    Outcome.CONFORMING: Words("合格", "conforming"),
    Outcome.NONCONFORMING: Words("不合格", "nonconforming"),
    Outcome.UNDETERMINED: Words("待定", "undetermined"),
}
_RANK = {outcome: rank for rank, outcome in enumerate(LineOutcome)}


class Source(StrEnum):
    """Where a value comes from: an inspection of the batch, a type inspection, the producer."""

    INSPECTION = "inspection"
    TYPE_INSPECTION = "type_inspection"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Line:
    """One value against one limit, or one limit (or item of the plan) without a value.

    `requirement` is None where the catalogue has no number: an item of the plan that is signed
    (限值未录入), an edition without limits, a value that no limit meets. `origin` is the id of the
    inspection of the type, where the value comes from one. `decides` False: shown only.
    `level` is that of the standard. `alone` is what the limit says by itself, whether or not it
    binds this batch: a specification of a buyer is answered too. `value` is the number read, in the
    limit's unit, as text for drawing; empty for `<a` and 未检出.
    `broken`: the value is known to break the limit, whatever that does to the batch.
    """

    outcome: LineOutcome
    characteristic: str
    reason: Words
    characteristic_en: str = ""
    standard: str = ""
    level: str = ""
    edition: str = ""
    starts_certain: bool = True
    clause: str = ""
    stage: str = "testing"
    requirement: Requirement | None = None
    result: Result | None = None
    source: Source | None = None
    origin: str = ""
    read: Words | None = None
    value: str = ""
    decides: bool = False
    asked: bool = False
    broken: bool = False
    alone: LineOutcome | None = None

    @property
    def by_itself(self) -> LineOutcome:
        """What its limit says of the value; the outcome where nothing else was said."""
        return self.alone or self.outcome

    @property
    def limit(self) -> Words:
        """The limit as printed beside the value."""
        if self.requirement is None:
            return NO_LIMIT
        bound, symbol = self.requirement.bound, self.requirement.unit
        return Words(limit_text(bound, symbol), limit_text(bound, symbol, "en"))

    def as_dict(self) -> dict[str, object]:
        """The line as texts and booleans only: for evidence, pages and the API."""
        return {**self.facts(), **self._requirement_facts(), **self._result_facts()}

    def facts(self) -> dict[str, object]:
        """What is said of the limit and the outcome, without the value."""
        limit = self.limit
        return {
            "outcome": self.outcome.value,
            "characteristic": self.characteristic,
            "characteristic_en": self.characteristic_en or self.characteristic,
            "standard": self.standard,
            "level": self.level,
            "alone": self.by_itself.value,
            "edition": self.edition,
            "starts_certain": self.starts_certain,
            "clause": self.clause,
            "stage": self.stage,
            "limit": limit.zh,
            "limit_en": limit.en,
            "decides": self.decides,
            "asked": self.asked,
            "broken": self.broken,
            "reason_zh": self.reason.zh,
            "reason_en": self.reason.en,
        }

    def _requirement_facts(self) -> dict[str, object]:
        if self.requirement is None:
            return dict(_NO_REQUIREMENT)
        bound = self.requirement.bound
        return {
            "requirement": self.requirement.id,
            "code": self.requirement.code,
            "kind": bound.kind.value,
            "lower": bound.lower or "",
            "upper": bound.upper or "",
            "lower_open": bound.lower_open,
            "upper_open": bound.upper_open,
            "rounded": bound.rounded,
            "unit": unit_text(self.requirement.unit),
            "nature": self.requirement.nature.value,
            "certainty": self.requirement.certainty.value,
        }

    def _result_facts(self) -> dict[str, object]:
        result = self.result
        asked_method = self.requirement.method if self.requirement else ""
        if result is None:
            return {
                **dict.fromkeys(_RESULT_KEYS, ""),
                "method": asked_method,
                "guarded": False,
                "withdrawn": False,
            }
        return {
            "result": result.id,
            "typed": result.typed,
            "typed_unit": result.unit,
            "detection_limit": result.detection_limit or "",
            "uncertainty": result.uncertainty or "",
            "guarded": result.guarded,
            "read_zh": self.read.zh if self.read else "",
            "read_en": self.read.en if self.read else "",
            "value": self.value,
            "method": result.method or asked_method,
            "matrix": result.matrix or "",
            "by": result.by,
            "at": result.at.isoformat() if result.at else "",
            "source": self.source.value if self.source else "",
            "origin": self.origin,
            "withdrawn": result.withdrawn,
            "cleared_by": ""
            if result.characteristic == self.characteristic
            else result.characteristic,
        }


UNSAID = Words("", "")
NO_LIMIT = Words("限值未录入", "limit not entered")
_NO_REQUIREMENT: dict[str, object] = {
    "requirement": "",
    "code": "",
    "kind": BoundKind.CLAUSE.value,
    "lower": "",
    "upper": "",
    "lower_open": False,
    "upper_open": False,
    "rounded": False,
    "unit": "",
    "nature": "",
    "certainty": "",
}
_RESULT_KEYS = (
    "result",
    "typed",
    "typed_unit",
    "detection_limit",
    "cleared_by",
    "uncertainty",
    "read_zh",
    "read_en",
    "value",
    "method",
    "matrix",
    "by",
    "at",
    "source",
    "origin",
)


@dataclass(frozen=True, slots=True)
class Barrier:
    """One limit that kept a batch from a grade, and why; without a name it is about them all."""

    characteristic: str
    reason: Words
    characteristic_en: str = ""
    edition: str = ""
    clause: str = ""
    limit: Words = UNSAID

    def as_dict(self) -> dict[str, object]:
        """The barrier as texts, for pages and the API."""
        return {
            "characteristic": self.characteristic,
            "characteristic_en": self.characteristic_en or self.characteristic,
            "edition": self.edition,
            "clause": self.clause,
            "limit": self.limit.zh,
            "limit_en": self.limit.en,
            "reason_zh": self.reason.zh,
            "reason_en": self.reason.en,
        }


@dataclass(frozen=True, slots=True)
class KeptFrom:
    """The next better grade than the one reached, and what kept the batch from it."""

    grade: str
    barriers: tuple[Barrier, ...]

    def as_dict(self) -> dict[str, object]:
        """The grade and its barriers as texts, for pages and the API."""
        return {"grade": self.grade, "barriers": [one.as_dict() for one in self.barriers]}


@dataclass(frozen=True, slots=True)
class Verdict:
    """判定 of a batch on a day: the outcome, every line, and what still keeps it from release.

    `reasons` are the failing lines first, then what is missing (离放行还差); empty when conforming.
    `grade_reached` is the best grade whose numeric limits all hold, None where none can be said;
    `kept_from` is what kept the batch from the next better one (from the lowest, where none is).
    """

    outcome: Outcome
    lines: tuple[Line, ...]
    reasons: tuple[Words, ...]
    on: date
    grade_reached: str | None = None
    grade_claimed: str | None = None
    plan_id: str | None = None
    kept_from: KeptFrom | None = None


def ordered(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Failing lines first, then those that wait; of one characteristic the strictest first."""
    return tuple(sorted(lines, key=_place))


def _place(line: Line) -> tuple[int, bool, bool, str, Strictness, str, str]:
    requirement, result = line.requirement, line.result
    return (
        _RANK[line.outcome],
        not line.asked,
        not line.decides,
        line.characteristic,
        requirement.strictness if requirement else LEAST_STRICT,
        requirement.id if requirement else line.edition,
        f"{line.source}{result.id}" if result else "",
    )

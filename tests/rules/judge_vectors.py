"""The published vectors of the judge (vectors/judge/*.yaml), and what ours says to each.

tests/rules/vectors/judge/README.md describes the format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from core.words import Words
from products.bounds import Bound, BoundKind
from products.errors import RuleError
from trace.inspections.comparison import Comparison, check_entry, compare
from trace.inspections.entry import refusal
from trace.inspections.results import Result

FOLDER = Path(__file__).parent / "vectors" / "judge"
FILES = sorted(FOLDER.glob("*.yaml"))
SIGNER = "示例检验员"
_LISTS = ("choices", "options")
_RESULT = ("detection_limit", "uncertainty", "guarded", "document")


@dataclass(frozen=True)
class Vector:
    """One value against one limit, with what must come out."""

    name: str
    limit: dict[str, Any]
    typed: dict[str, Any]
    finding: str
    code: str | None = None
    read: str | None = None
    value: str | None = None
    reason: str | None = None

    @property
    def bound(self) -> Bound:
        """The limit as the house knows it."""
        fields = {name: given for name, given in self.limit.items() if name != "unit"}
        fields |= {name: tuple(fields[name]) for name in _LISTS if name in fields}
        return Bound(**{**fields, "kind": BoundKind(fields["kind"])})

    @property
    def unit(self) -> str:
        """The unit of the limit; empty where it needs none."""
        return str(self.limit.get("unit", ""))

    @property
    def result(self) -> Result:
        """The value as the house knows it."""
        own = {name: self.typed[name] for name in _RESULT if name in self.typed}
        return Result(
            id="v",
            characteristic="示例项目",
            typed=self.typed["typed"],
            unit=self.typed.get("unit", self.unit),
            by=SIGNER if self.typed.get("signed", True) else "",
            **own,
        )


@dataclass(frozen=True)
class Answer:
    """What was made of a vector; Python and the browser give it in the same shape."""

    finding: str
    code: str | None = None
    read: Words | None = None
    value: str = ""
    reason: Words = field(default_factory=lambda: Words("", ""))

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "finding": self.finding,
            "code": self.code,
            "read": list(self.read) if self.read else None,
            "value": self.value,
            "reason": list(self.reason),
        }


def vectors(file: Path | None = None) -> list[Vector]:
    """Every vector, or those of one file."""
    return [one for path in ([file] if file else FILES) for one in _vectors(path)]


def _vectors(path: Path) -> list[Vector]:
    found = []
    for group in yaml.safe_load(path.read_text(encoding="utf-8")):
        for case in group["cases"]:
            expected = {name: case.get(name) for name in ("code", "read", "value", "reason")}
            found.append(
                Vector(
                    name=f"{path.stem}: {group['about']}: {case['typed']!r} {case.get('unit', '')}",
                    limit=group["limit"],
                    typed=case,
                    finding=case["finding"],
                    **expected,
                )
            )
    return found


def python_says(vector: Vector) -> Answer:
    """What the house answers: refused at entry, else compared."""
    refused = _refused(vector)
    if refused is not None:
        return Answer("refused", refused.code, reason=refused.words)
    day = vector.typed.get("day")
    on = date.fromisoformat(day) if day else None
    return _answer(compare(vector.bound, vector.unit, vector.result, on))


def _refused(vector: Vector) -> RuleError | None:
    """What entering says; a document is uploaded, so only its text is read."""
    if vector.bound.kind is not BoundKind.DOCUMENT:
        return refusal(vector.bound, vector.unit, vector.result)
    try:
        check_entry(vector.bound, vector.unit, vector.result)
    except RuleError as refused:
        return refused
    return None


def _answer(made: Comparison) -> Answer:
    return Answer(made.finding.value, None, made.read, made.value, made.reason)

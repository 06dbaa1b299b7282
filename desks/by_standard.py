"""The table of verdicts by standard and the grade reached, as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from core.pages.drawing import State
from core.pages.views import say
from core.words import Words
from desks.cooperative_sheet import LINE_STATES
from products.catalogue.rows import LEVELS
from trace.batches.models import Batch
from trace.inspections.by_standard import NO_RESULT, Contested, StandardVerdict
from trace.inspections.standards_told import Told, told_ahead, told_of
from trace.inspections.verdicts import LINE_NAMES, Barrier, LineOutcome, Verdict


@dataclass(frozen=True)
class StandardRow:
    """One standard: its verdict by itself, whether it binds this batch, and its limits counted."""

    edition: str
    level: str
    binding: str
    state: State
    word: str
    counts: str
    strictest: int


@dataclass(frozen=True)
class LimitRow:
    """One limit of an item that several standards limit."""

    edition: str
    level: str
    limit: str
    state: State
    word: str
    decides: bool


@dataclass(frozen=True)
class ItemRow:
    """An item with its limits, the strictest first."""

    name: str
    limits: tuple[LimitRow, ...]


@dataclass(frozen=True)
class GradeLine:
    """The grade reached, or none; the next better one, and what kept the batch from it."""

    reached: str
    above: str
    barriers: tuple[str, ...]


@dataclass(frozen=True)
class StandardsShown:
    """The whole section; `untested` are standards without any result."""

    rows: tuple[StandardRow, ...]
    untested: tuple[StandardRow, ...]
    items: tuple[ItemRow, ...]
    grade: GradeLine | None


def standards_of(session: Session, batch: Batch) -> StandardsShown:
    """The section of the verdict that counts."""
    return _shown(told_of(session, batch))


def standards_ahead(session: Session, verdict: Verdict | None) -> StandardsShown | None:
    """The section of a verdict that nobody has kept; nothing where there is none."""
    return _shown(told_ahead(session, verdict)) if verdict else None


def _shown(told: Told) -> StandardsShown:
    tested = [one for one in told.standards if one.outcome is not LineOutcome.NOT_TESTED]
    untested = [one for one in told.standards if one.outcome is LineOutcome.NOT_TESTED]
    return StandardsShown(
        rows=tuple(_row(one) for one in tested),
        untested=tuple(_row(one) for one in untested),
        items=tuple(_item(one) for one in told.contested),
        grade=_grade(told),
    )


def _row(one: StandardVerdict) -> StandardRow:
    said = NO_RESULT if one.outcome is LineOutcome.NOT_TESTED else LINE_NAMES[one.outcome]
    return StandardRow(
        edition=one.edition,
        level=_level(one.level),
        binding=_binding(one),
        state=LINE_STATES[one.outcome],
        word=say(said),
        counts=_counts(one),
        strictest=one.strictest,
    )


def _level(level: str) -> str:
    return say(LEVELS[level]) if level in LEVELS else level


def _binding(one: StandardVerdict) -> str:
    if not one.decides:
        return str(_("这一批没有声明，不影响判定"))
    return str(_("必须执行")) if one.mandatory else str(_("已声明，按它判"))


def _counts(one: StandardVerdict) -> str:
    counted = [
        (one.nonconforming, LINE_NAMES[LineOutcome.NONCONFORMING]),
        (one.undetermined, LINE_NAMES[LineOutcome.UNDETERMINED]),
        (one.conforming, LINE_NAMES[LineOutcome.CONFORMING]),
        (one.not_tested, LINE_NAMES[LineOutcome.NOT_TESTED]),
    ]
    return str(_("，").join(f"{say(word)} {count}" for count, word in counted if count))


def _item(one: Contested) -> ItemRow:
    return ItemRow(
        say(one.characteristic),
        tuple(
            LimitRow(
                edition=f"{limit.edition} {limit.clause}".strip(),
                level=_level(limit.level),
                limit=say(limit.limit),
                state=LINE_STATES[limit.outcome],
                word=say(LINE_NAMES[limit.outcome]),
                decides=limit.decides,
            )
            for limit in one.limits
        ),
    )


def _grade(told: Told) -> GradeLine | None:
    if told.grade_reached is None and told.kept_from is None:
        return None
    above = told.kept_from
    return GradeLine(
        reached=told.grade_reached or "",
        above=above.grade if above else "",
        barriers=_barriers(above.barriers) if above else (),
    )


def _barriers(barriers: Sequence[Barrier]) -> tuple[str, ...]:
    return tuple(_barrier(one) for one in barriers)


def _barrier(one: Barrier) -> str:
    """粉末：测得 1.2 %，超过限量 ≤ 1.0 %（GB/T 14456.3-2016 5.3 表5）"""
    said = say(one.reason)
    if not one.characteristic:
        return said
    name = say(Words(one.characteristic, one.characteristic_en or one.characteristic))
    place = f"{one.edition} {one.clause}".strip()
    limit = "" if say(one.limit) in said else say(one.limit)
    cited = _("，").join(text for text in (place, limit) if text)
    cite = _("（%(place)s）", place=cited) if cited else ""
    return f"{name}{_('：')}{said}{cite}"

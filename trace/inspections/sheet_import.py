"""Values from an instrument's sheet, into the drafted worksheets of their batches.

A dry run answers every row and changes nothing; putting in does the same and keeps the values that
can stand. What somebody has typed already is never written over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from core.act import INSPECTOR, Act
from core.errors import Invalid
from core.words import Words
from products.errors import RuleError
from products.phrases import unit_text
from trace.inspections import worksheets as life
from trace.inspections.import_targets import Target, Targets, Unfit
from trace.inspections.life_models import Worksheet
from trace.inspections.service import ReportDraft
from trace.laboratories import service as laboratory
from trace.laboratories.answered import Answer, AnswerState
from trace.laboratories.fitness import folded
from trace.laboratories.mapping import Mapping as SheetMapping
from trace.laboratories.models import Instrument
from trace.laboratories.sheet_rows import SheetRow, Value, rows_of
from trace.laboratories.sheets import Sheet, SheetError

MOST_RESULTS = 500
_AS_TYPED = ("unit", "detection_limit", "method", "matrix", "uncertainty")


@dataclass
class _Filling:
    """What goes onto the worksheet of one target, and what stands there already."""

    target: Target
    standing: list[Mapping[str, Any]]
    fresh: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Filled:
    """A worksheet that got values: how many; None as long as it is a dry run and not yet begun."""

    target: Target
    values: int
    worksheet: Worksheet | None = None


@dataclass(frozen=True)
class Outcome:
    """What a sheet comes to: an answer for each row below the header, and the worksheets."""

    answers: tuple[Answer, ...]
    filled: tuple[Filled, ...] = ()

    def count(self, state: AnswerState) -> int:
        """How many rows are answered so."""
        return sum(answer.state is state for answer in self.answers)


def dry_run(act: Act, instrument: Instrument, sheet: Sheet) -> Outcome:
    """What putting in would do, now. Invalid where the sheet does not fit the mapping."""
    answers, fillings = _looked_at(act, instrument, sheet)
    filled = [Filled(f.target, len(f.fresh), f.target.worksheet) for f in fillings if f.fresh]
    return Outcome(tuple(answers), tuple(filled))


def put_in(act: Act, instrument: Instrument, sheet: Sheet) -> Outcome:
    """Put every value that can stand onto the drafted worksheet of its batch, or begin one."""
    answers, fillings = _looked_at(act, instrument, sheet, locked=True)
    filled = [_filled(act, filling) for filling in fillings if filling.fresh]
    return Outcome(tuple(answers), tuple(filled))


def _filled(act: Act, filling: _Filling) -> Filled:
    target = filling.target
    if target.worksheet is None:
        sheet = life.open_sheet(act, target.subject, ReportDraft(results=filling.fresh))
    else:
        draft = life.draft_of(target.worksheet.content)
        results = [*draft.results, *filling.fresh]
        sheet = life.save(act, target.worksheet, replace(draft, results=results))
    return Filled(target, len(filling.fresh), sheet)


def _looked_at(
    act: Act, instrument: Instrument, sheet: Sheet, *, locked: bool = False
) -> tuple[list[Answer], list[_Filling]]:
    act.need(INSPECTOR)
    rows = _rows(instrument, sheet)
    targets = Targets(act, {row.sample for row in rows if row.sample}, locked=locked)
    fillings: dict[str, _Filling] = {}
    answers = [_Look(act, instrument, targets, fillings).answer(row) for row in rows]
    return answers, list(fillings.values())


def _rows(instrument: Instrument, sheet: Sheet) -> list[SheetRow]:
    if not instrument.mapping:
        raise _no_mapping()
    if instrument.retired_at is not None:
        words = Words(
            f"仪器“{instrument.name}”已经停用，不能再导入",
            f'Instrument "{instrument.name}" is retired; nothing is put in from it',
        )
        raise Invalid("instrument-retired", words)
    try:
        return rows_of(sheet, SheetMapping.of(instrument.mapping))
    except SheetError as wrong:
        raise Invalid(wrong.code, wrong.words) from wrong


def _no_mapping() -> Invalid:
    words = Words(
        "这台仪器还没有列对应：先说明表里哪一列是什么",
        "This instrument has no mapping yet: say first which column is what",
    )
    return Invalid("no-mapping", words)


@dataclass(frozen=True)
class _Look:
    """Looking at one row after the other; `fillings` grow with what can stand."""

    act: Act
    instrument: Instrument
    targets: Targets
    fillings: dict[str, _Filling]

    def answer(self, row: SheetRow) -> Answer:
        """The answer to one row; either all of its values can stand, or none goes in."""
        if row.empty:
            return Answer(row.row, AnswerState.EMPTY, Words("空行", "Empty row"))
        if row.fault is not None:
            return Answer(row.row, AnswerState.REFUSED, row.fault, row.sample, row.place)
        at = row.values[0].place
        try:
            target = self.targets.of(row.sample)
            filling = self.fillings.setdefault(
                target.key, _Filling(target, list(target.standing_results()))
            )
            fresh = []
            for value in row.values:
                at = value.place
                fresh += self._fresh(target, filling, value)
        except Unfit as unfit:
            return Answer(row.row, AnswerState.REFUSED, unfit.words, row.sample, unfit.place or at)
        except RuleError as wrong:
            return Answer(row.row, AnswerState.REFUSED, wrong.words, row.sample, at)
        return self._taken(row, target, filling, fresh)

    def _fresh(self, target: Target, filling: _Filling, value: Value) -> list[dict[str, Any]]:
        """The value as a result, in a list; none where it stands on the worksheet already."""
        checked = self._checked(target, _result(self.act, self.instrument, value))
        for standing in filling.standing:
            if _same_item(standing, checked):
                if _same_value(standing, checked):
                    return []
                raise RuleError("stands-already", *_other_value(standing))
        if any(_same_item(other, checked) for other in filling.fresh):
            raise RuleError("twice-in-the-sheet", *_twice(target, checked))
        if len(filling.standing) + len(filling.fresh) >= MOST_RESULTS:
            raise RuleError(
                "too-many-results",
                f"一份检验记录最多 {MOST_RESULTS} 个结果",
                f"A worksheet has at most {MOST_RESULTS} results",
            )
        return [checked]

    def _checked(self, target: Target, result: dict[str, Any]) -> dict[str, Any]:
        checked = target.checked(result)
        session, name, unit = self.act.session, checked["characteristic"], checked["unit"]
        own = self.act.party
        laboratory.check_instrument(session, own, self.instrument.id, name, checked["typed"], unit)
        if checked.get("method"):
            laboratory.check_method(session, own, checked["method"], name, unit)
        return checked

    def _taken(
        self, row: SheetRow, target: Target, filling: _Filling, fresh: list[dict[str, Any]]
    ) -> Answer:
        if not fresh:
            said = Words(
                f"{target.name} 的检验记录里已经有，相同",
                f"On the worksheet of {target.name} already, the same",
            )
            return Answer(row.row, AnswerState.SAME, said, row.sample)
        filling.fresh += fresh
        listed = [_said(value) for value in fresh]
        words = Words(
            f"放进 {target.name}：{'；'.join(listed)}", f"Into {target.name}: {'; '.join(listed)}"
        )
        doubt = self._doubt(fresh)
        if doubt is not None:
            words = Words(
                f"{words.zh}（{doubt.zh}，这些值将判为待定）",
                f"{words.en} ({doubt.en}; these values will be undetermined)",
            )
        state = AnswerState.TAKEN if doubt is None else AnswerState.DOUBTED
        return Answer(row.row, state, words, row.sample)

    def _doubt(self, fresh: Iterable[Mapping[str, Any]]) -> Words | None:
        session = self.act.session
        days = {value.get("measured_on") or self.act.today for value in fresh}
        doubts = (laboratory.calibration_doubt(session, self.instrument.id, day) for day in days)
        return next((doubt for doubt in doubts if doubt is not None), None)


def _result(act: Act, instrument: Instrument, value: Value) -> dict[str, Any]:
    """A value as a result of a worksheet, measured with the instrument by the actor."""
    said = {name: value.said[name] for name in _AS_TYPED if value.said.get(name)}
    result: dict[str, Any] = {
        "characteristic": value.said["characteristic"], "typed": value.said["value"],
        "unit": "", **said, "instrument": instrument.id, "analyst": act.actor.account,
    }  # fmt: skip
    if value.said.get("measured_on"):
        day = date.fromisoformat(value.said["measured_on"])
        if day > act.today:
            raise RuleError("measured-tomorrow", "测量日期在今天以后", "Measured after today")
        result["measured_on"] = day
    return result


def _same_item(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(
        folded(one.get(name) or "") == folded(other.get(name) or "")
        for name in ("characteristic", "matrix")
    )


def _same_value(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    names = ("typed", "unit", "detection_limit")
    return all((one.get(name) or "") == (other.get(name) or "") for name in names)


def _other_value(standing: Mapping[str, Any]) -> Words:
    said = _said(standing)
    return Words(
        f"检验记录里已经填了 {said}，与表里不同：要用表里的，先在记录里清掉那一格",
        f"The worksheet says {said} already, not the same: clear that box first to take this one",
    )


def _twice(target: Target, value: Mapping[str, Any]) -> Words:
    name = value["characteristic"]
    return Words(
        f"前面的行已经给了 {target.name} 的“{name}”；几个样品的值请写在同一格，用分号隔开",
        f'A row above gives "{name}" of {target.name} already; put the values of several samples '
        "into one cell, with semicolons between",
    )


def _said(value: Mapping[str, Any]) -> str:
    return (
        f"{value['characteristic']} {value['typed']} {unit_text(value.get('unit') or '')}".strip()
    )

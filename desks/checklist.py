"""RULE: a batch as a checklist of nine rows: what each stage asks, what stands, what is missing.

Nothing is judged here. A row is out of limit or missing something only where the verdict says so,
sentence by sentence; the plan and the requirements only say what to show and what to ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.words import Words
from products.phrases import asks, scope_text, unit_text
from products.requirements import (
    STAGE_NAMES,
    STAGES,
    BoundKind,
    Certainty,
    Nature,
    ReleasePlan,
    Requirement,
    Scope,
    Subject,
    Weight,
    weight,
)
from products.rulebook import BatchFacts, scope_gaps

TESTING = "testing"
_BROKEN = ("nonconforming", "to_verify")
_WORDED = (BoundKind.YES_NO, BoundKind.CLAUSE)
Line = Mapping[str, Any]


class RowState(StrEnum):
    """How a stage stands. `open`: nothing is logged and nothing is missing for it."""

    DONE = "done"
    MISSING = "missing"
    OUT_OF_LIMIT = "out_of_limit"
    OPEN = "open"


_ROW_WORDS = {
    RowState.DONE: Words("记好了", "done"),
    RowState.MISSING: Words("待补", "to be completed"),
    RowState.OUT_OF_LIMIT: Words("超出限量", "out of limit"),
    RowState.OPEN: Words("没有记", "nothing logged"),
}
_UNSURE = Words("超出待核实的限量", "beyond a limit to be verified")
_YES_NO = (("符合", Words("符合", "yes")), ("不符合", Words("不符合", "no")))
_NOT_TESTED = Words("还没有检验", "not tested yet")


@dataclass(frozen=True, slots=True)
class Logged:
    """An event that no correction has replaced."""

    id: str
    stage: str
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict as texts: its outcome, its lines as the judge keeps them, its reasons."""

    outcome: str
    lines: tuple[Line, ...]
    reasons: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One sentence of what a stage asks, with its place. `binding`: breaking it keeps a batch."""

    sentence: Words
    cite: Words
    binding: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A value that the producer may log at a stage; `options` (what is kept, its words) make it a
    choice.
    """

    characteristic: str
    name: Words
    unit: str
    unit_words: Words
    options: tuple[tuple[str, Words], ...] = ()
    series: bool = False


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing between a batch and its release, and the stage whose row it stands in."""

    text: Words
    stage: str


@dataclass(frozen=True, slots=True)
class Row:
    """One of the nine links. `lines` are the verdict's on what was logged or measured there,
    `documents` those that the plan asks and nobody has kept.
    """

    stage: str
    names: Words
    state: RowState
    word: Words
    unsure: bool
    lines: tuple[Line, ...]
    todos: tuple[Todo, ...]
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a batch is held against: its plan, what applies to it in force, what is declared.

    `requirements` are those in force on the batch's day whose scope takes it in, duties of
    parties among them.
    """

    batch: BatchFacts
    plan: ReleasePlan | None
    requirements: tuple[Requirement, ...]
    declared: frozenset[str]


def checklist(rules: Rules, events: Iterable[Logged], said: Said) -> tuple[Row, ...]:
    """The nine rows of a batch, in the order of the stages."""
    events = tuple(events)
    stages = {event.id: event.stage for event in events}
    todos = things_to_do(said, stages)
    return tuple(_row(stage, rules, events, stages, said, todos) for stage in STAGES)


def things_to_do(said: Said, stages: Mapping[str, str]) -> tuple[Todo, ...]:
    """The reasons of the verdict, each with the row where it is mended.

    `stages` are those of the events by id. What no event can mend waits for a laboratory.
    """
    return tuple(Todo(reason, _stage_of(reason, said.lines, stages)) for reason in said.reasons)


def _stage_of(reason: Words, lines: Iterable[Line], stages: Mapping[str, str]) -> str:
    for line in lines:
        if line.get("result") and reason.zh.startswith(
            f"{line['characteristic']}：{line['reason_zh']}"
        ):
            return _row_of(line, stages)
    for stage, names in STAGE_NAMES.items():
        if reason.zh in (f"还缺环节记录：{names.zh}",) or reason.zh.startswith(
            f"还缺{names.zh}环节的文件："
        ):
            return stage
    return TESTING


def _row_of(line: Line, stages: Mapping[str, str]) -> str:
    """A producer's value stands in the row of its event, a laboratory's in the last."""
    if line.get("source") == "event":
        return stages.get(str(line.get("origin")), str(line["stage"]))
    return TESTING


def _row(
    stage: str,
    rules: Rules,
    events: Sequence[Logged],
    stages: Mapping[str, str],
    said: Said,
    todos: Sequence[Todo],
) -> Row:
    lines = tuple(
        line for line in said.lines if _has_value(line) and _row_of(line, stages) == stage
    )
    mine = tuple(todo for todo in todos if todo.stage == stage)
    here = [event for event in events if event.stage == stage]
    state, unsure = _state(bool(here or lines), lines, mine)
    return Row(
        stage=stage,
        names=STAGE_NAMES[stage],
        state=state,
        word=_word(stage, state, unsure, any(line["source"] == "inspection" for line in lines)),
        unsure=unsure,
        lines=lines,
        todos=mine,
        documents=_documents_missing(stage, rules.plan, here),
    )


def breaks(line: Line) -> bool:
    """Whether the line keeps the batch because its value is beyond the limit."""
    return bool(line["decides"]) and line["outcome"] in _BROKEN


def _has_value(line: Line) -> bool:
    return bool(line.get("result"))


def _state(logged: bool, lines: Iterable[Line], todos: Sequence[Todo]) -> tuple[RowState, bool]:
    """The row's state, and whether it is out of a limit that is itself to be verified."""
    broken = {line["outcome"] for line in lines if breaks(line)}
    if todos and broken:
        return RowState.OUT_OF_LIMIT, "nonconforming" not in broken
    if todos:
        return RowState.MISSING, False
    return (RowState.DONE if logged else RowState.OPEN), False


def _word(stage: str, state: RowState, unsure: bool, tested: bool) -> Words:
    if unsure:
        return _UNSURE
    if stage == TESTING and state in (RowState.MISSING, RowState.OPEN) and not tested:
        return _NOT_TESTED
    return _ROW_WORDS[state]


# --- what a stage asks ---------------------------------------------------------------------


def asks_of(stage: str, rules: Rules) -> tuple[Ask, ...]:
    """The plan's own asks, then limits that decide, then the rest; duties of the party last."""
    limits = [
        _ask(requirement, rules) for requirement in rules.requirements if requirement.stage == stage
    ]
    limits.sort(key=lambda ask: not ask.binding)
    return (*_plan_asks(stage, rules.plan), *dict.fromkeys(limits))


def _ask(requirement: Requirement, rules: Rules) -> Ask:
    """水分不超过 7.0 % — GB/T 14456.3-2016 5.3 表5，方法 GB/T 8304."""
    said, declared = asks(requirement), rules.declared
    name = requirement.characteristic_en or requirement.characteristic
    shown = _scope_shown(requirement.scope, rules.batch)
    scope = Words(scope_text(shown), scope_text(shown, "en"))
    sentence = Words(
        f"{requirement.characteristic}{said.zh}" + (f"（{scope.zh}）" if scope.zh else ""),
        f"{name[:1].upper()}{name[1:]}: {said.en}" + (f" ({scope.en})" if scope.en else ""),
    )
    place = f"{requirement.edition.designation} {requirement.clause}".rstrip()
    by = Words(f"，方法 {requirement.method}", f"; method {requirement.method}")
    note = _nature_note(requirement, declared)
    method = requirement.method
    return Ask(
        sentence,
        Words(
            place + (by.zh if method else "") + (f"，{note.zh}" if note.zh else ""),
            place + (by.en if method else "") + (f"; {note.en}" if note.en else ""),
        ),
        binding=requirement.subject is not Subject.PARTY
        and weight(requirement, declared) is not Weight.SHOWN,
    )


def _scope_shown(scope: Scope, batch: BatchFacts) -> Scope:
    """What the reader must know: nothing of what the batch says of itself and the row agrees to."""
    if scope_gaps(scope, batch):
        return scope
    return Scope(matrices=scope.matrices, when=scope.when)


def _nature_note(requirement: Requirement, declared: frozenset[str]) -> Words:
    if requirement.subject is Subject.PARTY:
        return Words("单位的义务，不影响这一批", "a duty of the party, not of the batch")
    if weight(requirement, declared) is Weight.SHOWN:
        if requirement.nature is Nature.RECOMMENDED and requirement.enforce:
            return Words("没有声明执行，只作参考", "not declared, for reference")
        return Words("只作参考", "for reference")
    if requirement.certainty is not Certainty.CONFIRMED:
        return Words("限量待核实", "limit to be verified")
    return Words("", "")


def _plan_asks(stage: str, plan: ReleasePlan | None) -> list[Ask]:
    if plan is None:
        return []
    cite = Words(*(f"{plan.standard} {plan.clause}".rstrip(),) * 2)
    asked = []
    if stage in plan.stage_events:
        asked.append(
            Ask(Words("放行方案要求记这一环节。", "The release plan asks for this stage."), cite)
        )
    asked += [
        Ask(Words(f"放行方案要求文件：{name}", f"The release plan asks for: {name}"), cite)
        for at, name in plan.documents
        if at == stage
    ]
    return asked + (_tests_asked(plan, cite) if stage == TESTING else [])


def _tests_asked(plan: ReleasePlan, cite: Words) -> list[Ask]:
    asked = []
    if plan.every_batch:
        zh = "、".join(item.characteristic for item in plan.every_batch)
        en = ", ".join(item.characteristic_en or item.characteristic for item in plan.every_batch)
        asked.append(Ask(Words(f"每批要检：{zh}", f"Tested on every batch: {en}"), cite))
    if plan.type_items != ():
        often = plan.type_per_year
        asked.append(
            Ask(
                Words(
                    "型式检验要在有效期内" + (f"，每年不少于 {often} 次" if often else ""),
                    "A valid type inspection" + (f", {often} a year at least" if often else ""),
                ),
                cite,
            )
        )
    return asked


def _documents_missing(
    stage: str, plan: ReleasePlan | None, events: Iterable[Logged]
) -> tuple[str, ...]:
    if plan is None:
        return ()
    kept = {name for event in events for name in event.documents}
    return tuple(name for at, name in plan.documents if at == stage and name not in kept)


# --- what can be logged at a stage ---------------------------------------------------------


def boxes(stage: str, rules: Rules) -> tuple[Box, ...]:
    """A box for each characteristic of the stage that the producer can give a value for.

    Of testing only what the plan asks of every batch: the rest is a laboratory's work.
    """
    typed = [requirement for requirement in rules.requirements if _can_be_typed(requirement)]
    if stage == TESTING:
        return _tested_boxes(typed, rules.plan)
    found: dict[str, Box] = {}
    for requirement in typed:
        if requirement.stage == stage:
            found.setdefault(requirement.characteristic, _box(requirement))
    return tuple(found.values())


def _tested_boxes(typed: Iterable[Requirement], plan: ReleasePlan | None) -> tuple[Box, ...]:
    known: dict[str, Requirement] = {}
    for requirement in typed:
        known.setdefault(requirement.characteristic, requirement)
    items = plan.every_batch if plan else ()
    return tuple(
        _box(known[item.characteristic])
        if item.characteristic in known
        else Box(
            item.characteristic,
            Words(item.characteristic, item.characteristic_en or item.characteristic),
            "",
            Words("", ""),
            _YES_NO,
        )
        for item in items
    )


def _can_be_typed(requirement: Requirement) -> bool:
    return (
        requirement.subject is not Subject.PARTY
        and requirement.bound.kind is not BoundKind.DOCUMENT
    )


def _box(requirement: Requirement) -> Box:
    bound = requirement.bound
    options: tuple[tuple[str, Words], ...] = ()
    if bound.kind is BoundKind.CHOICE:
        options = tuple((name, Words(name, name)) for name in (*bound.choices, *bound.options))
    elif bound.kind in _WORDED:
        options = _YES_NO
    return Box(
        characteristic=requirement.characteristic,
        name=Words(
            requirement.characteristic, requirement.characteristic_en or requirement.characteristic
        ),
        unit=requirement.unit,
        unit_words=Words(unit_text(requirement.unit), unit_text(requirement.unit, "en")),
        options=options,
        series=bound.kind is BoundKind.SERIES,
    )

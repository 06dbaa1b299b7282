"""RULE: which rows the entry table of a report has, and what was typed into each.

What applies and what decides is said by the judge's own case, never here: the table only sorts its
rows. One row is one characteristic measured on one matrix; where several limits bind, the row has
all of them, the strictest first. Nothing is judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from itertools import count

from core.words import Words
from products.errors import RuleError
from products.phrases import scope_text
from products.requirements import (
    BoundKind,
    Certainty,
    Edition,
    Nature,
    Requirement,
    Scope,
)
from products.units import UNITS, comparable, unit
from trace.inspections.case import Case, Row
from trace.inspections.plans import Ask, asked
from trace.inspections.readings import ReadingKind, read
from trace.inspections.results import Result
from trace.inspections.verdicts import Line, Source

YES_OR_NO = ("符合", "不符合")
TYPED, UNIT, DETECTION, METHOD, MATRIX = "typed", "unit", "detection_limit", "method", "matrix"
UNCERTAINTY, GUARDED = "uncertainty", "guarded"
MEASURED_ON, INSTRUMENT, ANALYST = "measured_on", "instrument", "analyst"
DETAILS = (UNCERTAINTY, GUARDED, MEASURED_ON, INSTRUMENT, ANALYST)
PARTS = (TYPED, UNIT, DETECTION, METHOD, MATRIX, *DETAILS)
_WORDED = (BoundKind.YES_NO, BoundKind.CLAUSE)
_KEY = re.compile(r"v-[0-9a-f]{10}(?:-\d+)?")


class Part(StrEnum):
    """The parts of the table in their order; `kept` are values of an older report without a row."""

    ASKED = "asked"
    MANDATORY = "mandatory"
    DECLARED = "declared"
    KEPT = "kept"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class RowLimit:
    """One limit of a row; `note` says why it decides nothing, or that it is not sure yet.

    `scope` is for whom it is, where the batch does not say whether it is that.
    """

    requirement: Requirement
    decides: bool
    note: Words
    scope: Words


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A box to type a value into, with the limits that the value will be held against.

    `key` names the box; it depends on nothing but what is measured, so that a page left open never
    puts a value into another row. Without `limits` the catalogue has no number: `options` make it a
    signed answer, `unentered` names the editions of which no limit has been entered.
    """

    key: str
    characteristic: str
    name: Words
    unit: str = ""
    limits: tuple[RowLimit, ...] = ()
    options: tuple[str, ...] = ()
    matrices: tuple[str, ...] = ()
    clause: str = ""
    unentered: tuple[str, ...] = ()

    def box(self, part: str = TYPED) -> str:
        """The name of one of the row's boxes."""
        return self.key if part == TYPED else f"{self.key}-{part}"

    @property
    def kind(self) -> BoundKind:
        """How the first limit is met."""
        return self.limits[0].requirement.bound.kind if self.limits else BoundKind.CLAUSE

    @property
    def units(self) -> tuple[str, ...]:
        """The units in which its value may be given, its own first."""
        if not self.unit:
            return ()
        own = unit(self.unit)
        others = (u.symbol for u in UNITS if u.symbol != own.symbol and comparable(u, own))
        return (own.symbol, *others)


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one part."""

    part: Part
    rows: tuple[EntryRow, ...]

    @property
    def editions(self) -> tuple[Edition, ...]:
        """The editions whose limits decide here, in the order of the rows."""
        found = {
            limit.requirement.edition.id: limit.requirement.edition
            for row in self.rows
            for limit in row.limits
            if limit.decides
        }
        return tuple(found.values())


@dataclass(frozen=True)
class EntryTable:
    """The whole table; `seats` are the values of an older report by the row that they stand in."""

    sections: tuple[Section, ...]
    seats: Mapping[str, Result] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[EntryRow, ...]:
        """Every row, from top to bottom."""
        return tuple(row for section in self.sections for row in section.rows)

    @property
    def wanted(self) -> tuple[EntryRow, ...]:
        """The rows that the release plan asks; without any, all that can decide."""
        by_part = {section.part: section.rows for section in self.sections}
        decide = (*by_part.get(Part.MANDATORY, ()), *by_part.get(Part.DECLARED, ()))
        return by_part.get(Part.ASKED) or decide


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the boxes of one row; empty texts are not sent. `details` by DETAILS."""

    row: EntryRow
    typed: str
    unit: str = ""
    detection_limit: str = ""
    method: str = ""
    matrix: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, str]:
        """The reading as the schema of results takes it."""
        said = {
            "characteristic": self.row.characteristic,
            TYPED: self.typed,
            UNIT: self.unit,
            DETECTION: self.detection_limit,
            METHOD: self.method,
            MATRIX: self.matrix,
            **self.details,
        }
        return {name: text for name, text in said.items() if text.strip()}

    @property
    def wants_detection_limit(self) -> bool:
        """Whether the value says that nothing was found and not from which amount on."""
        try:
            reading = read(self.typed, self.unit, self.detection_limit or None)
        except RuleError:
            return False
        return reading.kind is ReadingKind.NOT_DETECTED and reading.limit is None


# --- rows ----------------------------------------------------------------------------------


def entry_table(case: Case, source: Source, kept: Sequence[Result] = ()) -> EntryTable:
    """The table for a report of one source (on a batch, or a type inspection).

    What the plan asks comes first, then what decides, then what is shown only. `kept` are the
    values of a report that is being corrected: each gets a row, also one that no longer applies.
    """
    asks = {ask.item.characteristic: ask for ask in asked(case) if ask.source is source}
    found: dict[Part, list[EntryRow]] = {part: [] for part in Part}
    for ask in asks.values():
        found[Part.ASKED] += _asked_rows(case, ask)
    for name, rows in case.rows.items():
        if name not in asks:
            for matrices, group in _by_matrices(rows).items():
                found[_part_of(group)].append(_row(case, matrices, group))
    seats, others = _seated([row for rows in found.values() for row in rows], kept, case)
    found[Part.KEPT] = others
    return EntryTable(
        tuple(Section(part, tuple(rows)) for part, rows in found.items() if rows), seats
    )


def row_key(characteristic: str, matrices: Sequence[str] = (), again: int = 0) -> str:
    """The name of a row's box; `again` tells a second value of the same thing from the first."""
    named = "\n".join((characteristic, *matrices))
    key = f"v-{sha256(named.encode()).hexdigest()[:10]}"
    return f"{key}-{again}" if again else key


def _asked_rows(case: Case, ask: Ask) -> list[EntryRow]:
    name, item = ask.item.characteristic, ask.item
    groups = _by_matrices(case.rows.get(name, ()))
    if groups and not ask.signed:
        return [
            replace(_row(case, matrices, group), clause=item.clause)
            for matrices, group in groups.items()
        ]
    written = case.rules.by_characteristic.get(name, ())
    row = EntryRow(
        key=row_key(name),
        characteristic=name,
        name=Words(name, item.characteristic_en or name),
        unit="" if ask.signed else next((r.unit for r in written if r.unit), ""),
        options=YES_OR_NO if ask.signed else (),
        clause=item.clause,
        unentered=tuple(edition.designation for edition in case.blank_editions(name)),
    )
    return [row]


def _by_matrices(rows: Iterable[Row]) -> dict[tuple[str, ...], list[Row]]:
    """A result answers for what it was measured on; documents are the producer's to upload."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row.requirement.bound.kind is not BoundKind.DOCUMENT:
            groups.setdefault(row.requirement.scope.matrices, []).append(row)
    return groups


def _part_of(group: Iterable[Row]) -> Part:
    natures = {row.requirement.nature for row in group if row.decides}
    if Nature.MANDATORY in natures:
        return Part.MANDATORY
    return Part.DECLARED if natures else Part.SHOWN


def _row(case: Case, matrices: tuple[str, ...], group: Iterable[Row]) -> EntryRow:
    rows = sorted(group, key=lambda row: (not row.decides, row.requirement.strictness))
    first = rows[0].requirement
    name = first.characteristic
    return EntryRow(
        key=row_key(name, matrices),
        characteristic=name,
        name=Words(name, first.characteristic_en or name),
        unit=next((row.requirement.unit for row in rows if row.requirement.unit), ""),
        limits=tuple(_limit(row) for row in rows),
        options=_options(first),
        matrices=matrices,
        unentered=tuple(edition.designation for edition in case.blank_editions(name)),
    )


def _limit(row: Row) -> RowLimit:
    scope = row.requirement.scope
    unsaid = Scope(
        grades=scope.grades if "grade" in row.gaps else (),
        forms=scope.forms if "form" in row.gaps else (),
        processes=scope.processes if "process" in row.gaps else (),
        conditions=scope.conditions if "condition" in row.gaps else (),
        when=scope.when,
    )
    words = Words(scope_text(unsaid), scope_text(unsaid, "en"))
    return RowLimit(row.requirement, row.decides, _note(row), words)


def _note(row: Row) -> Words:
    if row.decides:
        sure = row.requirement.certainty is Certainty.CONFIRMED
        return Words("", "") if sure else Words("限量待核实", "limit to be verified")
    if row.binding:
        return Words("限量待核对，不参与判定", "limit not verified, decides nothing")
    if row.requirement.nature is Nature.RECOMMENDED:
        return Words("没有声明执行，不参与判定", "not declared, decides nothing")
    return Words("只作参考，不参与判定", "for reference, decides nothing")


def _options(requirement: Requirement) -> tuple[str, ...]:
    bound = requirement.bound
    if bound.kind is BoundKind.CHOICE:
        return (*bound.choices, *bound.options)
    return YES_OR_NO if bound.kind in _WORDED else ()


# --- an older report -----------------------------------------------------------------------


def _seated(
    rows: Sequence[EntryRow], kept: Iterable[Result], case: Case
) -> tuple[dict[str, Result], list[EntryRow]]:
    """Each value in the row that it was typed for, else in a row of its own."""
    seats: dict[str, Result] = {}
    others: list[EntryRow] = []
    for result in kept:
        free = (row for row in rows if row.key not in seats and _is_for(row, result))
        row = next(free, None)
        if row is None:
            row = _own_row(result, {*seats, *(row.key for row in rows)}, case)
            others.append(row)
        seats[row.key] = result
    return seats, others


def _is_for(row: EntryRow, result: Result) -> bool:
    if row.characteristic != result.characteristic:
        return False
    if row.options and result.typed not in row.options:
        return False
    return not row.matrices or result.matrix in row.matrices


def _own_row(result: Result, taken: set[str], case: Case) -> EntryRow:
    name = result.characteristic
    matrices = (result.matrix,) if result.matrix else ()
    written = case.rules.by_characteristic.get(name, ())
    keys: Iterator[str] = (row_key(name, matrices, again) for again in count())
    return EntryRow(
        key=next(key for key in keys if key not in taken),
        characteristic=name,
        name=Words(name, (written[0].characteristic_en if written else "") or name),
        unit=result.unit or next((r.unit for r in written if r.unit), ""),
        options=YES_OR_NO if result.typed in YES_OR_NO else (),
        matrices=matrices,
    )


def boxes_of(table: EntryTable) -> dict[str, str]:
    """The values of the older report as they would stand in the boxes of a form."""
    boxes: dict[str, str] = {}
    for row in table.rows:
        result = table.seats.get(row.key)
        if result is not None:
            said = {
                TYPED: result.typed,
                UNIT: result.unit,
                DETECTION: result.detection_limit or "",
                METHOD: result.method,
                MATRIX: result.matrix or "",
                UNCERTAINTY: result.uncertainty or "",
                GUARDED: "1" if result.guarded else "",
            }
            boxes |= {row.box(part): text for part, text in said.items()}
    return boxes


# --- what was typed ------------------------------------------------------------------------


def typed_in(table: EntryTable, boxes: Mapping[str, str]) -> tuple[Typed, ...]:
    """Every row with something in its box, from top to bottom; a row left empty was not tested."""
    return tuple(_typed(row, boxes) for row in table.rows if boxes.get(row.box(), "").strip())


def _typed(row: EntryRow, boxes: Mapping[str, str]) -> Typed:
    said = {part: boxes.get(row.box(part), "") for part in (UNIT, DETECTION, METHOD, MATRIX)}
    only = row.matrices[0] if len(row.matrices) == 1 else ""
    said[UNIT] = said[UNIT] or row.unit
    said[MATRIX] = said[MATRIX] or only
    details = {part: boxes.get(row.box(part), "") for part in DETAILS}
    return Typed(row, boxes[row.box()], details=details, **said)


def strays(table: EntryTable, boxes: Mapping[str, str]) -> tuple[str, ...]:
    """Values of rows that the table no longer has: what applies changed while the page was open."""
    keys = {row.key for row in table.rows}
    return tuple(
        text.strip()
        for name, text in boxes.items()
        if _KEY.fullmatch(name) and name not in keys and text.strip()
    )


def lines_of(lines: Iterable[Line], ids: Iterable[str]) -> dict[str, tuple[Line, ...]]:
    """The judge's lines of each value by the value's id, in the judge's order: the worst first."""
    found: dict[str, list[Line]] = {key: [] for key in ids}
    for line in lines:
        if line.result is not None and line.result.id in found:
            found[line.result.id].append(line)
    return {key: tuple(of_key) for key, of_key in found.items()}

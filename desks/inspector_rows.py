"""The rows of an entry table for the eye: what was typed, how it reads, what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup

from core.pages.drawing import State
from core.pages.typography import keep
from core.pages.views import say
from core.words import Words
from desks.cooperative_sheet import LINE_STATES
from desks.entry_table import (
    DETECTION,
    MATRIX,
    METHOD,
    UNIT,
    EntryRow,
    RowLimit,
    Section,
    Typed,
    typed_in,
)
from desks.inspector_details import Box, Resources, details_of
from desks.inspector_sheet import Preview, Sheet
from products.errors import RuleError
from products.models import Product
from products.phrases import limit_text, unit_text
from products.requirements import BoundKind
from trace.inspections.verdicts import LINE_NAMES, NO_LIMIT, Line, LineOutcome

_ANSWERS = {
    "符合": Words("符合", "meets the clause"),
    "不符合": Words("不符合", "does not meet it"),
}
_NUMBERED = (BoundKind.NUMBER, BoundKind.SERIES)


@dataclass(frozen=True)
class RowView:
    """A row as the page shows it; `first` is what a report said that is tested again."""

    row: EntryRow
    label: str
    limit: str
    limit_unit: str
    as_words: bool
    about: Markup
    value: str
    unit: str
    options: tuple[tuple[str, str], ...] | None
    state: State
    word: str
    why: Markup
    error: str
    boxes: tuple[Box, ...]
    details: tuple[Box, ...]
    first: str

    @property
    def detailed(self) -> bool:
        """Whether anything stands in the boxes of its details, or is wrong there."""
        return any(box.value or box.error for box in self.details)


@dataclass(frozen=True)
class SectionView:
    """A part of the table as the page shows it."""

    section: Section
    rows: tuple[RowView, ...]

    @property
    def touched(self) -> bool:
        """Whether anything stands in it."""
        return any(row.value or row.error for row in self.rows)


class SheetView:
    """The sheet for the eye: every row with what was typed, how it reads and what is wrong."""

    def __init__(
        self,
        sheet: Sheet,
        boxes: Mapping[str, str],
        seen: Preview,
        faults: Mapping[str, str],
        resources: Resources,
    ) -> None:
        self.sheet, self._boxes, self._seen, self._faults = sheet, boxes, seen, faults
        self._resources, self._firsts = resources, _first_values(sheet)
        self._typed = {one.row.key: one for one in typed_in(sheet.table, boxes)}
        self._wide = bool(boxes.get("wide"))
        self.sections = tuple(
            SectionView(section, tuple(self._row(row) for row in section.rows))
            for section in sheet.table.sections
        )

    @property
    def filled(self) -> int:
        """How many of the wanted rows have something in their box."""
        return sum(row.key in self._typed for row in self.sheet.table.wanted)

    @property
    def total(self) -> int:
        """How many rows are wanted."""
        return len(self.sheet.table.wanted)

    @property
    def worst_state(self) -> State:
        """The state of the value that is nearest to failing."""
        return LINE_STATES[self._seen.worst.outcome] if self._seen.worst else "none"

    @property
    def worst_words(self) -> str:
        """What that value is judged, and its name; nothing before anything was judged."""
        worst = self._seen.worst
        if worst is None:
            return ""
        said = say(LINE_NAMES[worst.outcome])
        name = say(Words(worst.characteristic, worst.characteristic_en or worst.characteristic))
        if worst.outcome in (LineOutcome.CONFORMING, LineOutcome.REFERENCE):
            return said
        return str(_("最差：%(said)s（%(name)s）", said=said, name=name))

    def _row(self, row: EntryRow) -> RowView:
        lines = self._seen.lines.get(row.key, ())
        limit, limit_unit, as_words = _limit_parts(row)
        state, word, why = _said(lines) if lines else self._unsaid(row)
        matrices = _("、").join(row.matrices)
        typed = self._typed.get(row.key)
        return RowView(
            row=row,
            label=say(row.name) + (f" · {matrices}" if matrices else ""),
            limit=limit,
            limit_unit=limit_unit,
            as_words=as_words,
            about=_about(row),
            value=self._boxes.get(row.box(), ""),
            unit=_unit_words(typed.unit if typed else row.unit),
            options=tuple((word, say(_ANSWERS.get(word, word))) for word in row.options) or None,
            state=state,
            word=word,
            why=why,
            error=self._faults.get(row.box(), ""),
            boxes=tuple(self._further(row, typed)),
            details=self._details(row, typed),
            first=self._firsts.get(row.key, ""),
        )

    def _details(self, row: EntryRow, typed: Typed | None) -> tuple[Box, ...]:
        """Of a row that is filled, or where something stands already."""
        boxes = details_of(row, self._boxes, self._faults, self._resources)
        shown = typed is not None or any(box.value or box.error for box in boxes)
        return boxes if shown else ()

    def _unsaid(self, row: EntryRow) -> tuple[State, str, Markup]:
        if row.key in self._typed:
            return "none", _("还没有判"), Markup("")
        why = ""
        if self.sheet.case.plan is not None and row in self.sheet.table.wanted:
            batch = self.sheet.subject.batch is not None
            why = _("要有结果才能放行") if batch else _("型式检验要检这一项")
        return "none", say(LINE_NAMES[LineOutcome.NOT_TESTED]), keep(why)

    def _further(self, row: EntryRow, typed: Typed | None) -> Iterable[Box]:
        """The boxes that matter for this row: many values need none of them."""
        worded = bool(row.options)
        if self._shown(row, typed, MATRIX, len(row.matrices) > 1):
            known = row.matrices or self.sheet.subject.product.names("matrix")
            said = self._boxes.get(row.box(MATRIX), "")
            named = dict.fromkeys((*known, said) if said else known)
            yield self._box(row, MATRIX, _("部位"), [("", "—"), *((name, name) for name in named)])
        wanted = typed is not None and typed.wants_detection_limit
        if not worded and self._shown(row, typed, DETECTION, wanted):
            yield self._box(row, DETECTION, _("检出限"))
        if len(row.units) > 1 and self._shown(row, typed, UNIT, self._other_unit(row, typed)):
            yield self._box(row, UNIT, _("单位"), _unit_options(row, typed))
        if self._shown(row, typed, METHOD, False):
            yield self._box(row, METHOD, _("方法"))

    def _shown(self, row: EntryRow, typed: Typed | None, part: str, wanted: bool) -> bool:
        """Wrong, wanted, filled, or asked for on every filled row; a single matrix is not asked."""
        if self._faults.get(row.box(part)):
            return True
        if part == MATRIX and not _may_choose(row, self.sheet.subject.product):
            return False
        if wanted:
            return True
        if part != UNIT and self._boxes.get(row.box(part), "").strip():
            return True
        return self._wide and typed is not None

    def _other_unit(self, row: EntryRow, typed: Typed | None) -> bool:
        now = typed.unit if typed else self._boxes.get(row.box(UNIT), "")
        return bool(now) and _unit_words(now) != _unit_words(row.unit)

    def _box(
        self, row: EntryRow, part: str, label: str, options: Sequence[tuple[str, str]] = ()
    ) -> Box:
        name = row.box(part)
        value = self._boxes.get(name) or (row.unit if part == UNIT else "")
        return Box(name, label, value, self._faults.get(name, ""), tuple(options))


def _first_values(sheet: Sheet) -> dict[str, str]:
    """What the report that is tested again had found, by the row for it."""
    first = sheet.subject.retests
    found: dict[str, str] = {}
    for result in first.results if first is not None else ():
        for row in sheet.table.rows:
            fits = not row.matrices or result.matrix in row.matrices
            if row.characteristic == result.characteristic and fits:
                unit = _unit_words(result.unit)
                found.setdefault(row.key, f"{result.typed} {unit}".strip())
    return found


def _may_choose(row: EntryRow, product: Product) -> bool:
    return len(row.matrices or product.names("matrix")) > 1


def _unit_words(symbol: str) -> str:
    try:
        return say(Words(unit_text(symbol), unit_text(symbol, "en")))
    except RuleError:
        return symbol


def _unit_options(row: EntryRow, typed: Typed | None) -> list[tuple[str, str]]:
    """The units to choose from; of two with the same words only the one that stands there."""
    now = typed.unit if typed else row.unit
    found: dict[str, str] = {}
    for symbol in (now, *row.units):
        found.setdefault(_unit_words(symbol), symbol)
    return [(symbol, words) for words, symbol in found.items()]


def _limit_parts(row: EntryRow) -> tuple[str, str, bool]:
    """The strictest limit: its number large, its unit beside it; words where it is not a number."""
    if not row.limits:
        words = Words("该版限量未录入", "limits not entered") if row.unentered else NO_LIMIT
        return say(words), "", True
    requirement = row.limits[0].requirement
    bound, symbol = requirement.bound, requirement.unit
    if bound.kind in _NUMBERED:
        return limit_text(bound), _unit_words(symbol), bound.kind is BoundKind.SERIES
    return say(Words(limit_text(bound, symbol), limit_text(bound, symbol, "en"))), "", True


def _about(row: EntryRow) -> Markup:
    """Where the limit stands, how it is measured, and every further limit of the row."""
    parts: list[str] = []
    if row.limits:
        first = row.limits[0]
        method = first.requirement.method
        parts.append(_place(first))
        parts += [_("方法 %(method)s", method=method)] if method else []
        parts += [say(first.note)] if first.note.zh else []
        parts += dict.fromkeys(_further_limit(limit, first) for limit in row.limits[1:])
    else:
        parts += [_("%(edition)s 的限量还没有录入", edition=name) for name in row.unentered]
        parts += [_("条款 %(clause)s", clause=row.clause)] if row.clause else []
    return Markup("<br>").join(keep(part) for part in parts)


def _place(limit: RowLimit) -> str:
    requirement = limit.requirement
    place = f"{requirement.edition.designation} {requirement.clause}".strip()
    if not limit.scope.zh:
        return place
    return str(_("%(place)s（%(scope)s）", place=place, scope=say(limit.scope)))


def _further_limit(limit: RowLimit, first: RowLimit) -> str:
    """A limit of the same edition by whom it is for, of another by its name, and how sure it is."""
    requirement = limit.requirement
    bound, symbol = requirement.bound, requirement.unit
    text = say(Words(limit_text(bound, symbol), limit_text(bound, symbol, "en")))
    own = requirement.edition.id == first.requirement.edition.id
    about = say(limit.scope) if own and limit.scope.zh else _place(limit)
    note = "" if limit.decides else _("，不参与判定")
    return str(_("另有 %(limit)s：%(about)s", limit=text, about=about)) + note


def _said(lines: Sequence[Line]) -> tuple[State, str, Markup]:
    """The worst line first with its reason; what the others say behind it."""
    first, *others = lines
    parts = [say(first.reason)]
    parts += [
        _(
            "%(said)s：%(limit)s（%(edition)s）",
            said=say(LINE_NAMES[line.outcome]),
            limit=say(line.limit),
            edition=line.edition,
        )
        for line in others
        if line.decides
    ]
    why = Markup("<br>").join(keep(part) for part in parts)
    return LINE_STATES[first.outcome], say(LINE_NAMES[first.outcome]), why

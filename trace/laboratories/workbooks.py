"""Reading one sheet of an XLSX workbook: its values by calamine, its dangers looked for before."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import python_calamine

from core.words import Words
from trace.laboratories.packages import STYLES, Attributes, Package, broken, walk
from trace.laboratories.sheets import (
    MOST_CELLS,
    MOST_CERTAIN_DIGITS,
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Kind,
    Sheet,
    SheetError,
    check_size,
    digits_lost,
    read_csv,
    text_cell,
    too_many,
)

_ONE_AT_A_TIME = threading.BoundedSemaphore(1)
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_BUILT_IN = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%"}
_FIXED = re.compile(r"(?:[#,]*)0(?:\.(0+))?(%?)")
_CONTENT = frozenset({"v", "is", "f"})
_MOST_ELEMENTS = 400_000
FORMULA = Words(
    "是公式，存下来的结果可能不是您看到的：请复制后“只粘贴数值”再上传",
    "is a formula, and what is stored may not be what you see: paste its value instead",
)
At = tuple[int, int]


def read_sheet(octets: bytes, wanted: str = "") -> Sheet:
    """The sheet that a file holds: CSV, or of an XLSX workbook the sheet `wanted`.

    Without a name the first sheet that is shown. SheetError for any other file and for whatever
    goes beyond the bounds.
    """
    check_size(octets)
    if not octets.startswith(b"PK"):
        return read_csv(octets)
    with _ONE_AT_A_TIME:
        return _read_workbook(octets, wanted)


def _read_workbook(octets: bytes, wanted: str) -> Sheet:
    package = Package(octets)
    sheets = package.sheets()
    shown = [(name, part) for name, part, visible in sheets if visible]
    chosen = [pair for pair in shown if pair[0] == wanted] if wanted else shown[:1]
    if not chosen:
        listed = "、".join(name for name, _ in shown)
        raise SheetError(
            "no-such-sheet",
            f"工作簿里没有“{wanted}”这张表（有：{listed}）",
            f'The workbook has no sheet "{wanted}" (it has: {listed})',
        )
    name, part = chosen[0]
    seen = _look_through(package.part(part))
    values = _values(package.only(part), name)
    rows = _cells(values, seen, _formats(package.part(STYLES)))
    return Sheet(name, rows, frozenset(seen.hidden), tuple(n for n, _ in shown if n != name))


# --- before calamine -----------------------------------------------------------------------


@dataclass
class _Seen:
    """What a sheet's XML says of its cells, by row and column from 0."""

    styles: dict[At, int] = field(default_factory=dict)
    formulas: set[At] = field(default_factory=set)
    errors: set[At] = field(default_factory=set)
    merged: list[tuple[At, At]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    row: int = -1
    column: int = -1
    elements: int = 0
    inside: bool = False
    filled: set[At] = field(default_factory=set)

    def begin(self, name: str, said: Attributes) -> None:
        """One element (ECMA-376 part 1, 18.3.1)."""
        self.elements += 1
        if self.elements > _MOST_ELEMENTS:
            raise too_many("表格太大", "The sheet is too large")
        if name == "c":
            self._cell(said)
        elif self.inside and name in _CONTENT:
            self._content(name)
        elif name == "row":
            self._row(said)
        elif name == "mergeCell":
            first, _, last = said.get("ref", "").partition(":")
            self.merged.append((_position(first), _position(last or first)))

    def end(self, name: str) -> None:
        """The end of one element."""
        if name == "c":
            self.inside = False

    def _row(self, said: Attributes) -> None:
        number = said.get("r", "")
        self.row = int(number) - 1 if number.isdecimal() else self.row + 1
        self.column = -1
        if said.get("hidden") in ("1", "true"):
            self.hidden.add(self.row + 1)

    def _cell(self, said: Attributes) -> None:
        self.inside = True
        if "r" in said:
            self.row, self.column = _position(said["r"])
        else:
            self.column += 1
        here = (self.row, self.column)
        if said.get("s", "").isdecimal():
            self.styles[here] = int(said["s"])
        if said.get("t") == "e":
            self.errors.add(here)

    def _content(self, name: str) -> None:
        if self.row >= MOST_ROWS or self.column >= MOST_COLUMNS or self.row < 0 or self.column < 0:
            raise too_many(
                f"第 {self.row + 1} 行第 {self.column + 1} 列还有内容",
                f"There is something at row {self.row + 1}, column {self.column + 1}",
            )
        here = (self.row, self.column)
        self.filled.add(here)
        if len(self.filled) > MOST_CELLS:
            raise too_many("表格太大", "The sheet is too large")
        if name == "f":
            self.formulas.add(here)


def _look_through(octets: bytes) -> _Seen:
    seen = _Seen()
    walk(octets, seen.begin, seen.end)
    return seen


def _position(name: str) -> At:
    found = _PLACE.fullmatch(name)
    if not found:
        raise broken()
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


# --- the values ----------------------------------------------------------------------------


def _values(file: io.BytesIO, name: str) -> list[list[Any]]:
    try:
        with python_calamine.CalamineWorkbook.from_filelike(file) as book:
            return list(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    except (python_calamine.CalamineError, ValueError, OSError) as bad:
        raise broken() from bad


def _formats(octets: bytes) -> list[str]:
    """The number format of each cell style (ECMA-376 part 1, 18.8.45 and 18.8.30)."""
    codes: dict[int, str] = dict(_BUILT_IN)
    styles: list[str] = []
    inside = False

    def begin(name: str, said: Attributes) -> None:
        nonlocal inside
        number = said.get("numFmtId", "")
        if name == "numFmt" and number.isdecimal():
            codes[int(number)] = said.get("formatCode", "")
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            styles.append(codes.get(int(number), "") if number.isdecimal() else "")

    def end(name: str) -> None:
        nonlocal inside
        inside = inside and name != "cellXfs"

    if octets:
        walk(octets, begin, end)
    return styles


def _cells(
    values: list[list[Any]], seen: _Seen, formats: list[str]
) -> tuple[tuple[Cell, ...], ...]:
    rows = [
        [_cell(value, (row, column), seen, formats) for column, value in enumerate(line)]
        for row, line in enumerate(values)
    ]
    _fill_merged(rows, seen.merged)
    return tuple(tuple(row) for row in rows)


def _fill_merged(rows: list[list[Cell]], merged: list[tuple[At, At]]) -> None:
    """Cells that are joined all show what stands in the first."""
    left_over = MOST_CELLS
    for (top, left), (bottom, right) in merged:
        for row in rows[top : bottom + 1]:
            wide = len(row[left : right + 1])
            left_over -= wide + 1
            if left_over < 0:
                raise broken()
            row[left : left + wide] = rows[top][left : left + 1] * wide


_EMPTY = Cell()


def _cell(value: Any, at: At, seen: _Seen, formats: list[str]) -> Cell:
    if value == "" and at not in seen.filled:
        return _EMPTY
    style = seen.styles.get(at, 0)
    code = formats[style] if style < len(formats) else ""
    cell = _shown(value, code)
    if at in seen.errors:
        return Cell(cell.text, fault=Words("是错误值", "is an error value"))
    if at in seen.formulas:
        return Cell(cell.text, cell.kind, FORMULA)
    return cell


def _shown(value: Any, code: str) -> Cell:
    """A value as its reader sees it, with every digit that is stored."""
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return _number(value, code)
    if isinstance(value, datetime):
        return Cell(value.isoformat(sep=" ", timespec="seconds"), Kind.MOMENT)
    if isinstance(value, date):
        return Cell(value.isoformat(), Kind.MOMENT)
    if isinstance(value, time | timedelta):
        return Cell(str(value).partition(".")[0])
    cell = text_cell(str(value))
    return Cell(cell.text, Kind.TEXT, cell.fault)


def _number(value: int | float, code: str) -> Cell:
    """Digits as stored (a spreadsheet keeps 15), filled with the zeros that the format shows."""
    number = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    if not number.is_finite() or abs(number) >= 10**MOST_CERTAIN_DIGITS:
        text = f"{number:f}"
        return Cell(text, Kind.NUMBER, digits_lost(text))
    shown = _FIXED.fullmatch(code.partition(";")[0].strip("_-() "))
    percent = "%" in code
    if percent:
        number *= 100
    text = f"{number.normalize():f}" if number else "0"
    places = len(shown[1] or "") if shown else 0
    missing = places - len(text.partition(".")[2])
    if missing > 0:
        text += ("" if "." in text else ".") + "0" * missing
    return Cell(f"{text}%" if percent else text, Kind.NUMBER)

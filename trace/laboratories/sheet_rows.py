"""What the rows of an instrument's sheet say, by the mapping of its columns.

Every row is answered: with its values, or with the reason and the cell why it cannot be taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Said
from dataclasses import dataclass
from datetime import date

from core.text import TextFault, clean_text
from core.words import Words
from products.errors import RuleError
from products.units import comparable, unit
from trace.laboratories.fitness import folded
from trace.laboratories.mapping import LONG, Mapping
from trace.laboratories.sheets import MOST_COLUMNS, Cell, Sheet, SheetError, column_name, place

LONGEST = {
    "sample": 60, "characteristic": 80, "value": 4000, "unit": 20, "detection_limit": 30,
    "method": 120, "uncertainty": 30, "matrix": 40, "measured_on": 30,
}  # fmt: skip
_NUMBER_AND_UNIT = re.compile(r"([<＜]?\s*[+-]?[0-9０-９]+(?:[.．][0-9０-９]+)?)\s*([^\s0-9.].*)")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s].*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a row: what it says by role (empty where nothing is said), and its cell."""

    said: Said[str, str]
    place: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of the sheet: the sample that it names and its values, or why it cannot be taken.

    `place` is the cell that the fault is at. A row without anything is `empty`.
    """

    row: int
    sample: str = ""
    values: tuple[Value, ...] = ()
    fault: Words | None = None
    place: str = ""
    empty: bool = False


class _Faulty(Exception):
    def __init__(self, place: str, words: Words) -> None:
        super().__init__(place)
        self.place, self.words = place, words


def rows_of(sheet: Sheet, mapping: Mapping) -> list[SheetRow]:
    """Every row below the header, in order. SheetError where a mapped column is not there."""
    places = columns_of(sheet, mapping)
    read: list[SheetRow] = []
    seen: dict[tuple[str, str, str], int] = {}
    for number, row in enumerate(sheet.rows, start=1):
        if number > mapping.header_row:
            one = _row(number, row, mapping, places, number in sheet.hidden)
            read.append(_not_twice(one, seen))
    return read


def columns_of(sheet: Sheet, mapping: Mapping) -> dict[str, int]:
    """The place of each mapped column by its header. SheetError names one that is missing."""
    wanted = [*mapping.columns.values(), *(one.column for one in mapping.items)]
    if mapping.header_row == 0:
        headers = [column_name(n) for n in range(min(sheet.width, MOST_COLUMNS))]
    elif mapping.header_row <= len(sheet.rows):
        headers = [cell.text for cell in sheet.rows[mapping.header_row - 1]]
    else:
        headers = []
    found = {}
    for name in filter(None, wanted):
        at = [n for n, header in enumerate(headers) if folded(header) == folded(name)]
        if len(at) != 1:
            raise SheetError("sheet-columns", *_column_words(name, mapping.header_row, len(at)))
        found[name] = at[0]
    return found


def _column_words(name: str, header_row: int, times: int) -> Words:
    if times:
        return Words(
            f"第 {header_row} 行有 {times} 列都叫“{name}”，分不清用哪一列：请改表头",
            f'Row {header_row} has {times} columns called "{name}"; rename them',
        )
    return Words(
        f"第 {header_row} 行没有“{name}”这一列：请核对文件，或改这台仪器的列对应",
        f'Row {header_row} has no column "{name}": check the file, or change the mapping',
    )


def _row(
    number: int, row: tuple[Cell, ...], mapping: Mapping, places: Said[str, int], hidden: bool
) -> SheetRow:
    used = set(places.values())
    if not any(row[at].text or row[at].fault for at in used):
        return SheetRow(number, empty=True)
    sample = ""
    try:
        if hidden:
            raise _Faulty(
                place(number, 0),
                Words(
                    "这一行在表里被隐藏：请先取消隐藏或删去", "The row is hidden: show or remove it"
                ),
            )
        shared = _shared(number, row, mapping, places)
        sample = shared.pop("sample")
        values = tuple(_values(number, row, mapping, places, shared))
    except _Faulty as faulty:
        return SheetRow(number, sample, (), faulty.words, faulty.place)
    if not values:
        said = Words("这一行没有结果", "No value in this row")
        return SheetRow(number, sample, (), said, place(number, min(used)))
    return SheetRow(number, sample, values)


def _shared(
    number: int, row: tuple[Cell, ...], mapping: Mapping, places: Said[str, int]
) -> dict[str, str]:
    """What the row says by role, with what is fixed for the whole sheet beneath."""
    said = {role: text for role, text in mapping.fixed.items() if text}
    for role, column in mapping.columns.items():
        if column:
            text = _text(number, places[column], row, role)
            if text or role not in said:
                said[role] = text
    if not said.get("sample"):
        at = place(number, places[mapping.columns["sample"]])
        raise _Faulty(at, Words("没有填样品编号或批号", "No sample or batch number"))
    if said.get("measured_on"):
        at = place(number, places[mapping.columns["measured_on"]])
        said["measured_on"] = _day(said["measured_on"], at)
    return said


def _text(number: int, column: int, row: tuple[Cell, ...], role: str) -> str:
    cell, at = row[column], place(number, column)
    if cell.fault is not None:
        raise _Faulty(at, cell.fault)
    try:
        return clean_text(cell.text, LONGEST[role], lines=role == "value")
    except TextFault as fault:
        raise _Faulty(at, fault.words) from fault


def _day(text: str, at: str) -> str:
    found = _DAY.fullmatch(text)
    try:
        return date(*(int(part) for part in found.groups())).isoformat() if found else _no_day(at)
    except ValueError:
        return _no_day(at)


def _no_day(at: str) -> str:
    raise _Faulty(at, Words("日期请写成 2026-11-23", "Write the day as 2026-11-23"))


def _values(
    number: int,
    row: tuple[Cell, ...],
    mapping: Mapping,
    places: Said[str, int],
    shared: dict[str, str],
) -> Iterable[Value]:
    if mapping.layout == LONG:
        at = place(number, places[mapping.columns["value"]])
        if not shared.get("value"):
            raise _Faulty(at, Words("没有填结果；没测的请整行不填", "Empty; leave the row out"))
        if not shared.get("characteristic"):
            column = mapping.columns["characteristic"]
            raise _Faulty(
                place(number, places[column]), Words("没有填检验项目", "No characteristic")
            )
        yield Value(_with_unit(shared), at)
        return
    for item in mapping.items:
        text = _text(number, places[item.column], row, "value")
        if text:
            own = {"characteristic": item.characteristic, "value": text, "unit": item.unit}
            said = {**shared, **{role: said for role, said in own.items() if said}}
            yield Value(_with_unit(said), place(number, places[item.column]))


def _with_unit(said: dict[str, str]) -> dict[str, str]:
    """5.8 % is 5.8 in %, unless another unit is said beside it."""
    found = _NUMBER_AND_UNIT.fullmatch(said["value"])
    if not found:
        return said
    try:
        typed, wanted = unit(found[2]), unit(said.get("unit") or found[2])
    except RuleError:
        return said
    if typed.factor != wanted.factor or not comparable(typed, wanted):
        return said
    return {**said, "value": found[1], "unit": wanted.symbol}


def _not_twice(read: SheetRow, seen: dict[tuple[str, str, str], int]) -> SheetRow:
    """One sample's characteristic stands in one row; a second would have to be chosen from."""
    for value in read.values:
        said = value.said
        key = (folded(read.sample), folded(said["characteristic"]), folded(said.get("matrix", "")))
        first = seen.setdefault(key, read.row)
        if first != read.row:
            words = Words(
                f"第 {first} 行已经有这个样品的“{said['characteristic']}”；"
                "平行测定请把几个值写在同一格，用分号隔开",
                f'Row {first} has this sample\'s "{said["characteristic"]}" already; put the values '
                "of one sample into one cell, with semicolons between",
            )
            return SheetRow(read.row, read.sample, (), words, value.place)
    return read

"""Which column of an instrument's sheet is what, and what its rows say (列的对应).

A sheet has one line for each value, or one for each sample with a column for each characteristic.
Nothing is looked up here: whose sample it is, and whether the value can stand, others say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Said
from dataclasses import dataclass, field
from typing import Any

from core.words import Words
from products.errors import RuleError
from products.units import unit
from trace.laboratories.fitness import folded
from trace.laboratories.sheets import Cell, Sheet

LONG, WIDE = "long", "wide"
ROLES = (
    "sample", "characteristic", "value", "unit", "detection_limit", "method", "uncertainty",
    "matrix", "measured_on",
)  # fmt: skip
ROLE_WORDS = {
    "sample": Words("样品编号或批号", "sample or batch number"),
    "characteristic": Words("检验项目", "characteristic"),
    "value": Words("结果", "value"),
    "unit": Words("单位", "unit"),
    "detection_limit": Words("检出限", "detection limit"),
    "method": Words("方法", "method"),
    "uncertainty": Words("扩展不确定度", "expanded uncertainty"),
    "matrix": Words("部位", "matrix"),
    "measured_on": Words("测量日期", "measured on"),
}
_HEADERS = {
    "sample": "样品编号 样品号 样号 样品 样品名称 批号 批次 批次号 编号 sample sampleid sampleno "
    "samplename batch batchno lot id",
    "characteristic": "检验项目 检测项目 项目 项目名称 组分 组分名 元素 参数 analyte parameter test "
    "compound element characteristic item",
    "value": "结果 检验结果 检测结果 测定值 测定结果 实测值 含量 浓度 数值 result value conc "
    "concentration reading",
    "unit": "单位 计量单位 unit units",
    "detection_limit": "检出限 方法检出限 最低检出限 lod mdl detectionlimit",
    "method": "方法 检验方法 检测方法 方法标准 检验依据 method",
    "uncertainty": "不确定度 扩展不确定度 u uncertainty",
    "matrix": "部位 基质 matrix",
    "measured_on": "测量日期 检测日期 检验日期 测定日期 测定时间 检测时间 日期 时间 分析时间 date time "
    "measuredon datetime acquired",
}
_KNOWN = {word: role for role, words in _HEADERS.items() for word in words.split()}
_NAME_AND_UNIT = re.compile(r"(.+?)\s*[(（\[/]\s*([^()（）\[\]]+?)\s*[)）\]]?")


class MappingError(RuleError):
    """A mapping that cannot be meant; `field` is the part of it."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__("mapping-invalid", zh, en)
        self.field = field


@dataclass(frozen=True, slots=True)
class ItemColumn:
    """In a wide sheet: the column of one characteristic, and the unit of its values."""

    column: str
    characteristic: str
    unit: str = ""


@dataclass(frozen=True)
class Mapping:
    """列的对应: which header names what; `header_row` 0 is a sheet without headers (A, B, C …).

    `columns` are headers by role, `items` the columns of a wide sheet; `fixed` says what no column
    does: a characteristic, unit, method that holds for every line. `sheet` names the sheet of a
    workbook, empty for the first.
    """

    header_row: int = 1
    layout: str = LONG
    columns: Said[str, str] = field(default_factory=dict)
    items: tuple[ItemColumn, ...] = ()
    fixed: Said[str, str] = field(default_factory=dict)
    sheet: str = ""

    @staticmethod
    def of(said: Said[str, Any]) -> Mapping:
        """From its JSON form; MappingError where it cannot be meant. Empty: nothing mapped yet."""
        made = Mapping(
            header_row=said.get("header_row", 1),
            layout=said.get("layout", LONG),
            columns=dict(said.get("columns", {})),
            items=tuple(ItemColumn(**one) for one in said.get("items", ())),
            fixed=dict(said.get("fixed", {})),
            sheet=said.get("sheet", ""),
        )
        if said:
            _check(made)
        return made

    def as_json(self) -> dict[str, Any]:
        """Its JSON form."""
        return {
            "header_row": self.header_row,
            "layout": self.layout,
            "columns": dict(self.columns),
            "items": [
                {"column": one.column, "characteristic": one.characteristic, "unit": one.unit}
                for one in self.items
            ],
            "fixed": dict(self.fixed),
            "sheet": self.sheet,
        }


def _check(mapping: Mapping) -> None:
    if not mapping.columns.get("sample"):
        raise MappingError(
            "columns/sample",
            "请说明哪一列是样品编号或批号",
            "Say which column is the sample number",
        )
    if mapping.layout == WIDE and not mapping.items:
        raise MappingError(
            "items", "请至少对应一列检验项目", "Say which columns are characteristics"
        )
    if mapping.layout == LONG:
        _check_long(mapping)
    used = [*mapping.columns.values(), *(one.column for one in mapping.items)]
    twice = next((name for name in used if name and used.count(name) > 1), None)
    if twice is not None:
        raise MappingError(
            "columns", f"“{twice}”这一列用了两次", f'The column "{twice}" is used twice'
        )
    _check_units(mapping)


def _check_long(mapping: Mapping) -> None:
    if not mapping.columns.get("value"):
        raise MappingError("columns/value", "请说明哪一列是结果", "Say which column is the value")
    if not (mapping.columns.get("characteristic") or mapping.fixed.get("characteristic")):
        raise MappingError(
            "columns/characteristic",
            "请说明哪一列是检验项目，或写明整张表测的是哪一项",
            "Say which column is the characteristic, or what the whole sheet measures",
        )


def _check_units(mapping: Mapping) -> None:
    units = {"fixed/unit": mapping.fixed.get("unit", "")}
    units |= {f"items/{n}/unit": one.unit for n, one in enumerate(mapping.items)}
    for pointer, symbol in units.items():
        try:
            unit(symbol) if symbol else None
        except RuleError as wrong:
            raise MappingError(pointer, *wrong.words) from wrong


# --- a guess -------------------------------------------------------------------------------


def guess(sheet: Sheet, characteristics: Iterable[str] = ()) -> Mapping:
    """What the words of the header say; `characteristics` are those of the instrument.

    The header is the row of the first ten in which most words are known. Nothing sure is claimed:
    a person looks at it before it is saved.
    """
    known = {folded(name): name for name in characteristics}
    best = Mapping()
    most = 0
    for number, row in enumerate(sheet.rows[:10], start=1):
        found = _guess_row(number, row, known)
        score = len(found.columns) + len(found.items)
        if score > most:
            best, most = found, score
    return best


def _guess_row(number: int, row: Iterable[Cell], known: Said[str, str]) -> Mapping:
    columns: dict[str, str] = {}
    items: list[ItemColumn] = []
    fixed: dict[str, str] = {}
    for cell in row:
        name, symbol = name_and_unit(cell.text)
        role = _role(cell.text) or _role(name)
        if folded(name) in known:
            items.append(ItemColumn(cell.text, known[folded(name)], symbol))
        elif role is not None and role not in columns:
            columns[role] = cell.text
            if role == "value" and symbol:
                fixed["unit"] = symbol
    wide = bool(items) and "value" not in columns
    if wide:
        columns = {r: c for r, c in columns.items() if r in ("sample", "measured_on", "matrix")}
    if "unit" in columns or wide:
        fixed = {}
    if not wide and "characteristic" not in columns and len(known) == 1:
        fixed["characteristic"] = next(iter(known.values()))
    return Mapping(number, WIDE if wide else LONG, columns, tuple(items if wide else ()), fixed)


def _role(header: str) -> str | None:
    return _KNOWN.get(folded(header).strip(".:*#"))


def name_and_unit(header: str) -> tuple[str, str]:
    """水分（%） is 水分 in %; a header whose brackets hold no unit is a name as a whole."""
    found = _NAME_AND_UNIT.fullmatch(header.strip())
    if found:
        try:
            return found[1], unit(found[2]).symbol
        except RuleError:
            pass
    return header.strip(), ""

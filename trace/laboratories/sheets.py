"""Sheets from instruments: CSV and XLSX as rows of texts, each cell as its reader would see it.

What a sheet may hold is bounded before anything is worked out; nothing in it is ever executed.
A cell that cannot be trusted (a formula, a number that lost digits) carries its fault, which counts
only where the cell is used.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.words import Words
from products.errors import RuleError
from products.numbers import visible

LARGEST_SHEET = 4 * 1024 * 1024
MOST_ROWS = 5000
MOST_COLUMNS = 100
MOST_CELLS = 50_000
LONGEST_CELL = 4000
MOST_CERTAIN_DIGITS = 15
_SEPARATORS = ",;\t"
_LOOKED_AT = 20
_EXPONENT = re.compile(r"[+-]?\d+(?:\.\d+)?[eE]\+?\d+", re.ASCII)
_MARKS_OF_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "旧的 .xls 或加密的工作簿", "an old .xls or an encrypted workbook"),
    (b"%PDF", "PDF", "a PDF"),
    (b"\x89PNG", "图片", "a picture"),
    (b"\xff\xd8\xff", "图片", "a picture"),
    (b"<", "网页或 XML", "a web page or XML"),
)
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class SheetError(RuleError):
    """A file that is not taken as a sheet, with the reason and what to do."""


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as text; `fault` says why it cannot be used as it stands."""

    text: str = ""
    kind: Kind = Kind.TEXT
    fault: Words | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """表: rows of cells, all of one width; row and column numbers shown to people begin at 1 and A.

    `hidden` are the numbers of rows that its reader does not see; `others` are sheets of the same
    workbook that were not read.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: frozenset[int] = frozenset()
    others: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many columns it has."""
        return max((len(row) for row in self.rows), default=0)


def column_name(column: int) -> str:
    """The letters of a column, counted from 0: A … Z, AA …"""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def place(row: int, column: int) -> str:
    """A cell's name: row counted from 1, column from 0."""
    return f"{column_name(column)}{row}"


def check_size(octets: bytes) -> None:
    """SheetError for a file that is empty or larger than 4 MB."""
    if not octets.strip():
        raise SheetError("sheet-empty", "这个文件是空的", "The file is empty")
    if len(octets) > LARGEST_SHEET:
        most = LARGEST_SHEET // 1024 // 1024
        raise SheetError(
            "sheet-too-large",
            f"表格文件最大 {most} MB，请分成几个文件",
            f"A sheet has at most {most} MB; split it",
        )


def too_many(zh: str, en: str) -> SheetError:
    """The refusal of a sheet with more rows, columns or cells than are read."""
    return SheetError(
        "sheet-too-large",
        f"{zh}；最多 {MOST_ROWS} 行、{MOST_COLUMNS} 列、{MOST_CELLS} 格，请删去不用的部分或分成几个文件",
        f"{en}; at most {MOST_ROWS} rows, {MOST_COLUMNS} columns and {MOST_CELLS} cells: remove "
        "what is not needed, or split it",
    )


# --- CSV -----------------------------------------------------------------------------------


def read_csv(octets: bytes) -> Sheet:
    """A sheet of texts from CSV: UTF-8 with or without BOM, UTF-16 with BOM, or GB18030.

    The separator is the one of comma, semicolon and tab that its first lines agree on.
    """
    check_size(octets)
    for mark, zh, en in _MARKS_OF_OTHERS:
        if octets.lstrip().startswith(mark):
            raise SheetError(
                "sheet-kind",
                f"这个文件是{zh}，不是表格：请另存为 .xlsx 或 CSV 再上传",
                f"This is {en}, not a sheet: save it as .xlsx or CSV",
            )
    text = _decoded(octets)
    return _of_texts(_rows(text, _separator(text)))


def _decoded(octets: bytes) -> str:
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if octets.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            text = octets.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(sign < " " and sign not in "\t\r\n\f" for sign in set(text)):
            return text
    raise SheetError(
        "sheet-kind",
        "这个文件不是能读的表格：请用 .xlsx，或 UTF-8 / GB18030 编码的 CSV",
        "This file is no sheet that can be read: send .xlsx, or CSV in UTF-8 or GB18030",
    )


def _separator(text: str) -> str:
    """The separator by which most of the first lines fall into equally many parts."""
    return max(_SEPARATORS, key=lambda separator: _agreement(text[:65536], separator))


def _agreement(text: str, separator: str) -> tuple[int, int]:
    """How many of the first lines have the commonest width above one, and that width."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        widths = Counter(len(row) for _, row in zip(range(_LOOKED_AT), reader, strict=False))
    except csv.Error:
        return 0, 0
    del widths[0], widths[1]
    width, lines = max(widths.items(), key=lambda pair: pair[1], default=(0, 0))
    return lines, width


def _rows(text: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    cells = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            rows.append(row)
            cells += len(row)
            if len(rows) > MOST_ROWS or len(row) > MOST_COLUMNS or cells > MOST_CELLS:
                raise too_many("表格太大", "The sheet is too large")
    except csv.Error as broken:
        raise SheetError(
            "sheet-broken",
            f"第 {reader.line_num} 行的引号没有配对，读不下去：请重新导出",
            f"The quotes do not match at line {reader.line_num}: export it again",
        ) from broken
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    return rows


def _of_texts(rows: list[list[str]]) -> Sheet:
    width = max((len(row) for row in rows), default=0)
    return Sheet(
        "CSV",
        tuple(
            tuple(text_cell(text) for text in (*row, *[""] * (width - len(row)))) for row in rows
        ),
    )


def text_cell(text: str) -> Cell:
    """A cell that holds text; what reads as a number is one, what lost its digits has a fault."""
    text = text.strip(" \t\r\n\u3000\u00a0")
    if len(text) > LONGEST_CELL:
        return Cell(
            text[:LONGEST_CELL],
            fault=Words(
                f"内容太长，最多 {LONGEST_CELL} 个字",
                f"too long, at most {LONGEST_CELL} characters",
            ),
        )
    if _EXPONENT.fullmatch(text):
        return Cell(text, fault=digits_lost(text))
    return Cell(text, Kind.NUMBER if _is_plain(text) else Kind.TEXT)


def digits_lost(text: str) -> Words:
    """Why a number with an exponent or too many digits is not taken."""
    return Words(
        f"“{visible(text)}”是被表格软件改过的长数字，原来的位数已经丢了：请把这一列设成“文本”，重新填",
        f'"{visible(text)}" is a long number that a spreadsheet has changed, its digits are lost: '
        "make the column text and type it again",
    )


def _is_plain(text: str) -> bool:
    """Whether a text is exactly how a spreadsheet would show the number: -2.5, 5.80; not 007, +5."""
    if not re.fullmatch(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", text, re.ASCII):
        return False
    number = Decimal(text)
    digits = len(number.as_tuple().digits)
    return digits <= MOST_CERTAIN_DIGITS and abs(number) < 10**MOST_CERTAIN_DIGITS

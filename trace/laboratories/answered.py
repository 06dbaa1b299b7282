"""The user's own sheet back, with what became of each row beside it: red where it was refused."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import xlsxwriter

from core.words import Words
from trace.laboratories.fitness import folded
from trace.laboratories.sheets import Cell, Kind, Sheet

HEADING = Words("标源的回答", "Biaoyuan's answer")
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class AnswerState(StrEnum):
    """What became of a row: its values go in (DOUBTED: and will be undetermined), stand there
    already, are refused, or it is empty."""

    TAKEN = "taken"
    DOUBTED = "doubted"
    SAME = "same"
    REFUSED = "refused"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one row, numbered as in the sheet; `place` is the cell that it is about."""

    row: int
    state: AnswerState
    words: Words
    sample: str = ""
    place: str = ""


def workbook(sheet: Sheet, answers: Mapping[int, Answer], header_row: int, language: str) -> bytes:
    """`sheet` as XLSX with a last column of answers; one from an earlier round is taken away.

    Texts are written as texts, whatever they begin with, and numbers as numbers; nothing that a
    spreadsheet would work out. Reading it again gives the same cells.
    """
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, _OPTIONS) as book:
        page = book.add_worksheet(_sheet_name(sheet.name))
        formats: dict[str, Any] = {}
        red = book.add_format({"font_color": "#9B1C1C", "bg_color": "#FBE9E7", "bold": True})
        plain = book.add_format({})
        left_out = _old_answers(sheet, header_row)
        width = sheet.width - len(left_out)
        for number, row in enumerate(sheet.rows, start=1):
            cells = [cell for column, cell in enumerate(row) if column not in left_out]
            for column, cell in enumerate(cells):
                _write(book, page, formats, number - 1, column, cell)
            if number in sheet.hidden:
                page.set_row(number - 1, None, None, {"hidden": True})
            if number == header_row:
                page.write_string(number - 1, width, HEADING.said_in(language))
            elif number in answers:
                answer = answers[number]
                refused = answer.state is AnswerState.REFUSED
                text = said_of(answer).said_in(language)
                page.write_string(number - 1, width, text, red if refused else plain)
        page.set_column(width, width, 60)
    return made.getvalue()


def said_of(answer: Answer) -> Words:
    """The answer with the cell that it is about in front."""
    zh, en = answer.words
    if answer.state is AnswerState.REFUSED:
        return Words(f"没有放进 {answer.place}：{zh}", f"Not put in, {answer.place}: {en}")
    return Words(zh, en)


def _sheet_name(name: str) -> str:
    kept = "".join(sign for sign in name if sign not in "[]:*?/\\").strip("'")[:31]
    return kept or "Sheet1"


def _old_answers(sheet: Sheet, header_row: int) -> frozenset[int]:
    if not 0 < header_row <= len(sheet.rows):
        return frozenset()
    headers = {folded(HEADING.zh), folded(HEADING.en)}
    return frozenset(
        n for n, cell in enumerate(sheet.rows[header_row - 1]) if folded(cell.text) in headers
    )


def _write(
    book: Any, page: Any, formats: dict[str, Any], row: int, column: int,
    cell: Cell,
) -> None:  # fmt: skip
    if cell.kind is Kind.NUMBER and cell.fault is None:
        text = cell.text.removesuffix("%")
        code = _number_format(text, cell.text.endswith("%"))
        number = Decimal(text) / (100 if cell.text.endswith("%") else 1)
        page.write_number(row, column, float(number), _format(book, formats, code))
    elif cell.kind is Kind.MOMENT and cell.fault is None:
        code = "yyyy-mm-dd" if len(cell.text) == 10 else "yyyy-mm-dd hh:mm:ss"
        moment = datetime.fromisoformat(cell.text)
        page.write_datetime(row, column, moment, _format(book, formats, code))
    elif cell.text:
        page.write_string(row, column, cell.text)


def _number_format(text: str, percent: bool) -> str:
    places = len(text.partition(".")[2])
    return ("0." + "0" * places if places else "0") + ("%" if percent else "")


def _format(book: Any, formats: dict[str, Any], code: str) -> Any:
    if code not in formats:
        formats[code] = book.add_format({"num_format": code})
    return formats[code]

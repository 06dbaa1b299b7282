"""Tables as one XLSX file: a sheet for each, headings that stay, filters to sort by."""

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter
from flask import Response

from core.http.exports import Cell, Table

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST = 40
_EXACT_DIGITS = 15
"""A spreadsheet keeps no more digits of a number; longer ones are written as texts."""


def workbook_of(sheets: Sequence[tuple[str, Table]]) -> bytes:
    """The tables as sheets under these names. Texts stay texts, whatever they begin with."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, _OPTIONS) as book:
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, table in sheets:
            page = book.add_worksheet(name)
            for column, title in enumerate(table.titles):
                page.write_string(0, column, title, bold)
                page.set_column(column, column, _width(table, column))
            for number, row in enumerate(table.rows, start=1):
                for column, cell in enumerate(row):
                    _write(page, number, column, cell, day)
            page.freeze_panes(1, 0)
            if table.rows:
                page.autofilter(0, 0, len(table.rows), len(table.titles) - 1)
    return made.getvalue()


def _width(table: Table, column: int) -> int:
    """As wide as its longest text needs, a Chinese character counting twice."""
    texts = [table.titles[column], *(str(row[column] or "") for row in table.rows[:200])]
    longest = max(sum(2 if ord(sign) > 0x2E80 else 1 for sign in text) for text in texts)
    return min(longest + 2, _WIDEST)


def _write(page: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    if isinstance(cell, date):
        page.write_datetime(row, column, cell, day)
    elif isinstance(cell, int | Decimal):
        digits = format(Decimal(cell), "f")
        if sum(sign.isdigit() for sign in digits) > _EXACT_DIGITS:
            page.write_string(row, column, digits)
        else:
            page.write_number(row, column, cell)
    elif cell is not None:
        page.write_string(row, column, cell)


def as_workbook(sheets: Sequence[tuple[str, Table]], name: str) -> Response:
    """The answer with the file; `name` is its ASCII name without the ending."""
    answer = Response(workbook_of(sheets), mimetype=_MEDIA)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer

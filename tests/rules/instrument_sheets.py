"""Sheets as instruments and people make them, for the tests that read them."""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import xlsxwriter

Fill = Callable[[Any, Any], None]


def xlsx(fill: Fill, name: str = "结果") -> bytes:
    """A workbook with one sheet that `fill(book, page)` fills."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        fill(book, book.add_worksheet(name))
    return made.getvalue()


def xlsx_of(*rows: tuple[Any, ...]) -> bytes:
    """A workbook of texts, numbers and days as they are given."""

    def fill(book: Any, page: Any) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(at, column, value)
                elif isinstance(value, datetime):
                    page.write_datetime(at, column, value, day)
                elif value is not None:
                    page.write_number(at, column, value)

    return xlsx(fill)


def with_parts(octets: bytes, changed: Mapping[str, bytes | None]) -> bytes:
    """The same package with some parts replaced, added or (None) left away."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(octets)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name not in changed:
                target.writestr(name, source.read(name))
        for name, part in changed.items():
            if part is not None:
                target.writestr(name, part)
    return made.getvalue()


def sheet_xml(cells: str, after: str = "") -> bytes:
    """A worksheet part with these rows."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{space}">'
        f"<sheetData>{cells}</sheetData>{after}</worksheet>"
    ).encode()


def with_cells(cells: str, after: str = "") -> bytes:
    """A workbook whose only sheet holds these rows of XML."""
    return with_parts(xlsx_of(("a",)), {"xl/worksheets/sheet1.xml": sheet_xml(cells, after)})

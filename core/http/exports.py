"""A table as CSV for spreadsheets and as JSON for programs: the same cells as on the page."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import Response, json

Cell = str | int | Decimal | date | None
BYTE_ORDER_MARK = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Table:
    """Rows under columns: `keys` for programs, `titles` for people. ValueError for a ragged one."""

    keys: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        widths = {len(self.titles), *(len(row) for row in self.rows)}
        if widths != {len(self.keys)}:
            raise ValueError(f"{len(self.keys)} columns, but rows of {sorted(widths)}")


def csv_text(table: Table) -> str:
    """RFC 4180 with a byte order mark, so that spreadsheets read the Chinese.

    Numbers are numbers. A text that a spreadsheet would take for a formula gets an apostrophe.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([_safe(title) for title in table.titles])
    writer.writerows([_cell(cell) for cell in row] for row in table.rows)
    return BYTE_ORDER_MARK + written.getvalue()


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    return _safe(cell) if isinstance(cell, str) else _number_or_day(cell)


def _number_or_day(cell: int | Decimal | date) -> str:
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def _safe(text: str) -> str:
    risky = text.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if risky else text


def as_csv(table: Table, name: str) -> Response:
    """The answer with a CSV file; `name` is its ASCII name without the ending."""
    answer = Response(csv_text(table), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def as_json(table: Table, about: Mapping[str, object]) -> Response:
    """The answer with `about` and the rows as objects; Decimals and days are texts."""
    rows = [dict(zip(table.keys, map(_plain, row), strict=True)) for row in table.rows]
    text = json.dumps({**about, "rows": rows}, ensure_ascii=False, sort_keys=False)
    return Response(text, mimetype="application/json")


def _plain(cell: Cell) -> str | int | None:
    return cell if cell is None or isinstance(cell, str | int) else _number_or_day(cell)


def plain_rows(rows: Sequence[Mapping[str, Cell]]) -> list[dict[str, str | int | None]]:
    """Rows of a small table inside `about`."""
    return [{key: _plain(cell) for key, cell in row.items()} for row in rows]

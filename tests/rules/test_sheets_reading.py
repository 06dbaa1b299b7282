"""A sheet is read as its reader sees it, digit for digit, from CSV in any dress and from XLSX."""

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.instrument_sheets import with_cells, xlsx, xlsx_of
from trace.laboratories.sheets import Kind, Sheet, SheetError, column_name, place, read_csv
from trace.laboratories.workbooks import read_sheet

TABLE = [["样品编号", "项目", "结果"], ["CS-1", "水分", "5.80"], ["CS-2", "铅（以Pb计）", "<0.01"]]


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheet.rows]


def as_csv(separator: str) -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=separator).writerows(TABLE)
    return made.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_every_encoding_and_with_every_separator(
    encoding: str, separator: str
) -> None:
    assert texts(read_sheet(as_csv(separator).encode(encoding))) == TABLE


def test_a_comma_inside_quotes_and_a_semicolon_inside_a_cell_separate_nothing() -> None:
    octets = '样品,备注,结果\nA,"一,二",5.1;5.2\nB,三,6\n'.encode()
    assert texts(read_sheet(octets)) == [
        ["样品", "备注", "结果"], ["A", "一,二", "5.1;5.2"], ["B", "三", "6"],
    ]  # fmt: skip


def test_short_rows_are_filled_and_empty_ones_at_the_end_dropped() -> None:
    assert texts(read_sheet(b"a,b,c\n1\n\n2,3\n,,\n\n")) == [
        ["a", "b", "c"], ["1", "", ""], ["", "", ""], ["2", "3", ""],
    ]  # fmt: skip


def test_an_id_of_eighteen_digits_stays_whole_as_text() -> None:
    whole = "430121199001011234"
    assert texts(read_sheet(f"id\n{whole}\n".encode()))[1] == [whole]
    cell = read_sheet(xlsx_of(("id",), (whole,))).rows[1][0]
    assert (cell.text, cell.kind, cell.fault) == (whole, Kind.TEXT, None)


@pytest.mark.parametrize("number", [430121199001011234.0, 1e15, -1e15, 1.2e17, 1e300])
def test_a_number_that_lost_its_digits_is_a_fault_and_never_an_exponent(number: float) -> None:
    cell = read_sheet(xlsx_of(("id",), (number,))).rows[1][0]
    assert cell.fault is not None
    assert "E" not in cell.text.upper()


@pytest.mark.parametrize("text", ["4.30121E+17", "1e15", "-2E+3", "4E17"])
def test_an_exponent_that_a_spreadsheet_left_in_csv_is_a_fault(text: str) -> None:
    assert read_csv(f"id\n{text}\n".encode()).rows[1][0].fault is not None


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (5, "General", "5"),
        (5.8, "0.00", "5.80"),
        (5.849, "0.0", "5.849"),
        (-2.5, "General", "-2.5"),
        (0.1 + 0.2, "General", "0.3"),
        (1.2e-5, "General", "0.000012"),
        (0.058, "0.0%", "5.8%"),
        (0.07, "0.00%", "7.00%"),
        (0, "0.000", "0.000"),
        (1234.5, "#,##0.00", "1234.50"),
        (999_999_999_999_999, "General", "999999999999999"),
        (7, '0.0"mg/kg"', "7"),
    ],
)
def test_a_number_keeps_every_digit_and_gets_the_zeros_that_are_shown(
    number: float, code: str, text: str
) -> None:
    def fill(book: Any, page: Any) -> None:
        page.write_number(0, 0, number, book.add_format({"num_format": code}))

    cell = read_sheet(xlsx(fill)).rows[0][0]
    assert (cell.text, cell.kind, cell.fault) == (text, Kind.NUMBER, None)


def test_days_are_written_in_iso_and_truth_in_words() -> None:
    def fill(book: Any, page: Any) -> None:
        page.write_datetime(
            0, 0, datetime.fromisoformat("2026-11-01"), book.add_format({"num_format": 14})
        )
        minutes = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page.write_datetime(0, 1, datetime.fromisoformat("2026-11-01 08:30"), minutes)
        page.write_boolean(0, 2, True)

    assert texts(read_sheet(xlsx(fill))) == [["2026-11-01", "2026-11-01 08:30:00", "TRUE"]]


def test_a_formula_and_an_error_are_faults_of_their_cell_alone() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_formula(0, 0, "=5.8*1", None, 5.8)
        page.write_formula(0, 1, "=1/0", None, "#DIV/0!")
        page.write_string(0, 2, "=1+1")

    computed, wrong, text = read_sheet(xlsx(fill)).rows[0]
    assert computed.fault is not None
    assert "公式" in computed.fault.zh
    assert wrong.fault is not None
    assert (text.text, text.fault) == ("=1+1", None)


def test_a_formula_in_an_extension_is_no_formula_of_the_last_cell() -> None:
    extension = '<extLst><ext><x:f xmlns:x="urn:x">Sheet1!A1</x:f><v>1</v></ext></extLst>'
    sheet = read_sheet(with_cells('<row r="1"><c r="A1"><v>5</v></c></row>', extension))
    assert (sheet.rows[0][0].text, sheet.rows[0][0].fault) == ("5", None)


def test_merged_cells_all_show_what_stands_in_the_first() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.merge_range(0, 0, 2, 0, "CS-1")
        for row in range(3):
            page.write_number(row, 1, row + 1)

    assert texts(read_sheet(xlsx(fill))) == [["CS-1", "1"], ["CS-1", "2"], ["CS-1", "3"]]


def test_rows_that_are_hidden_are_known_and_hidden_sheets_are_not_read() -> None:
    def fill(book: Any, page: Any) -> None:
        page.write_string(0, 0, "a")
        page.write_string(1, 0, "b")
        page.set_row(1, None, None, {"hidden": True})
        page.hide()
        shown = book.add_worksheet("看得见的")
        shown.write_string(0, 0, "c")
        shown.write_string(3, 0, "d")
        shown.set_row(3, None, None, {"hidden": True})
        shown.activate()
        shown.set_first_sheet()
        book.add_worksheet("另一张")

    octets = xlsx(fill)
    sheet = read_sheet(octets)
    assert (sheet.name, sheet.others, sheet.hidden) == ("看得见的", ("另一张",), frozenset({4}))
    with pytest.raises(SheetError, match="没有“结果”这张表"):
        read_sheet(octets, "结果")
    assert read_sheet(octets, "另一张").rows == ()


def test_empty_cells_with_a_format_far_away_are_no_reason_to_refuse() -> None:
    rows = '<row r="1"><c r="A1" s="0"><v>5</v></c><c r="XFD1" s="0"/></row>'
    assert texts(
        read_sheet(with_cells(rows + '<row r="1048576"><c r="A1048576" s="0"/></row>'))
    ) == [["5"]]


def test_cells_are_named_as_a_spreadsheet_names_them() -> None:
    assert [column_name(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
    assert place(7, 2) == "C7"


CELLS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_whatever_text_a_csv_holds_comes_back_as_it_was(rows: list[tuple[str, str]]) -> None:
    made = io.StringIO()
    csv.writer(made, quoting=csv.QUOTE_ALL).writerows([("左", "右"), *rows])
    trimmed = [[cell.strip(" \t\r\n\u3000\u00a0") for cell in row] for row in rows]
    while trimmed and not any(cell.strip() for cell in trimmed[-1]):
        trimmed.pop()
    assert texts(read_sheet(made.getvalue().encode()))[1:] == trimmed

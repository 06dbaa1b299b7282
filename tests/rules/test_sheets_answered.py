"""The user's own sheet back (U-07): text stays text, a number a number, and reading it is the same."""

import io
import zipfile
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.words import Words
from tests.rules.instrument_sheets import xlsx, xlsx_of
from trace.laboratories.answered import HEADING, Answer, AnswerState, workbook
from trace.laboratories.sheets import Kind, Sheet, read_csv
from trace.laboratories.workbooks import read_sheet

REFUSED = Answer(2, AnswerState.REFUSED, Words("没有这个批次", "No such batch"), "CS-1", "A2")
TAKEN = Answer(
    3, AnswerState.TAKEN, Words("放进 CS-2：水分 5.8 %", "Into CS-2: 水分 5.8 %"), "CS-2"
)
ANSWERS = {2: REFUSED, 3: TAKEN}


def back(sheet: Sheet) -> bytes:
    return workbook(sheet, ANSWERS, 1, "zh-Hans")


def cells(sheet: Sheet, width: int) -> list[list[tuple[str, Kind]]]:
    return [[(cell.text, cell.kind) for cell in row[:width]] for row in sheet.rows]


def part(octets: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(octets)) as package:
        return package.read(name).decode()


def test_texts_that_begin_like_formulas_stay_texts_and_a_negative_number_a_number() -> None:
    evil = ("=1+1", "+5", "-cmd|'/c calc'!A1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "\t=1")
    octets = back(
        read_csv(
            (
                "样,值\n" + "\n".join(f'"{e.replace(chr(34), chr(34) * 2)}",-2.5' for e in evil)
            ).encode()
        )
    )
    assert "<f>" not in part(octets, "xl/worksheets/sheet1.xml")
    assert "xl/externalLinks" not in part(octets, "[Content_Types].xml")
    again = read_sheet(octets)
    assert [row[0].text for row in again.rows[1:]] == [text.strip() for text in evil]
    assert {(row[0].kind, row[1].kind, row[1].text) for row in again.rows[1:]} == {
        (Kind.TEXT, Kind.NUMBER, "-2.5")
    }


def test_the_answer_stands_beside_its_row_and_what_was_refused_is_red() -> None:
    sheet = read_csv("样品编号,水分\nCS-1,5.8\nCS-2,5.9\n".encode())
    octets = back(sheet)
    again = read_sheet(octets)
    assert [row[2].text for row in again.rows] == [
        "标源的回答", "没有放进 A2：没有这个批次", "放进 CS-2：水分 5.8 %",
    ]  # fmt: skip
    assert "FF9B1C1C" in part(octets, "xl/styles.xml")


def test_the_same_sheet_is_read_again_whatever_kind_its_cells_are() -> None:
    def fill(book: Any, page: Any) -> None:
        page.write_row(0, 0, ("样品编号", "值", "日", "证号"))
        page.write_string(1, 0, "007")
        page.write_number(1, 1, 5.8, book.add_format({"num_format": "0.00"}))
        day = datetime.fromisoformat("2026-11-01 08:30:05")
        page.write_datetime(1, 2, day, book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}))
        page.write_string(1, 3, "430121199001011234")
        page.write_number(2, 1, 0.058, book.add_format({"num_format": "0.00%"}))
        page.write_number(3, 1, -2.5)

    first = read_sheet(xlsx(fill))
    second = read_sheet(back(first))
    assert cells(second, 4) == cells(first, 4)
    assert first.rows[1][1].text == "5.80"
    assert first.rows[2][1].text == "5.80%"


def test_answers_of_an_earlier_round_make_place_for_the_new_ones() -> None:
    once = read_sheet(back(read_csv("样品编号,水分\nCS-1,5.8\nCS-2,5.9\n".encode())))
    twice = read_sheet(back(once))
    assert cells(twice, 3) == cells(once, 3)
    assert [cell.text for cell in twice.rows[0]] == ["样品编号", "水分", HEADING.zh]


def test_a_row_that_was_hidden_is_hidden_again() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_row(0, 0, ("样品编号", "水分"))
        page.write_row(1, 0, ("CS-1", 5.8))
        page.set_row(1, None, None, {"hidden": True})

    assert read_sheet(back(read_sheet(xlsx(fill)))).hidden == frozenset({2})


TEXT = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12)
NUMBER = st.decimals(-(10**9), 10**9, places=3, allow_nan=False, allow_infinity=False)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXT, NUMBER.map(float)), min_size=1, max_size=5))
def test_whatever_a_workbook_holds_comes_back_the_same(rows: list[tuple[str, float]]) -> None:
    first = read_sheet(xlsx_of(("样品编号", "值"), *rows))
    assert cells(read_sheet(back(first)), 2) == cells(first, 2)

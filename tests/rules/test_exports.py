"""A table as CSV: what a spreadsheet reads is what was meant, whatever somebody typed."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.http.exports import BYTE_ORDER_MARK, Table, csv_text


def read(table: Table) -> list[list[str]]:
    """The cells as a spreadsheet would find them."""
    text = csv_text(table)
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("x")']
)
def test_a_text_is_never_a_formula(text: str) -> None:
    assert read(Table(("a",), ("甲",), ((text,),)))[1] == [f"'{text}"]


@pytest.mark.parametrize("text", ["<0.01", "未检出", "ND", "5.8", "a=b", ""])
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert read(Table(("a", "b"), ("甲", "乙"), ((text, "x"),)))[1] == [text, "x"]


def test_numbers_are_numbers_and_days_are_days() -> None:
    row = (-3, Decimal("-0.50"), Decimal("1E-7"), date(2026, 11, 23), None)
    assert read(Table(("a", "b", "c", "d", "e"), ("1", "2", "3", "4", "5"), (row,)))[1] == [
        "-3", "-0.50", "0.0000001", "2026-11-23", "",
    ]  # fmt: skip


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2)
)
@settings(max_examples=60, deadline=None)
def test_every_text_comes_back(row: list[str]) -> None:
    names = tuple(str(place) for place in range(len(row)))
    back = read(Table(names, names, (tuple(row),)))[1]
    assert [
        one if one in (text, f"'{text}") else None for one, text in zip(back, row, strict=True)
    ] == back


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="columns"):
        Table(("a", "b"), ("甲", "乙"), (("x",),))

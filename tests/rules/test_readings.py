"""What an inspector types is understood or refused, never guessed."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.errors import RuleError
from trace.inspections.readings import (
    Reading,
    ReadingError,
    ReadingKind,
    describe,
    read,
    read_series,
)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("0.62", "0.62"), (" 5.01 ", "5.01"), ("５．９", "5.9"), ("0", "0"), ("0。5", "0.5")],
)
def test_a_number_is_read_with_its_unit(typed, value):
    assert read(typed, "mg/kg") == Reading(ReadingKind.VALUE, "mg/kg", Decimal(value))


@pytest.mark.parametrize("typed", ["<0.01", "＜0.01", "< 0.01", "＜ ０．０１", "<0。01"])
def test_less_than_a_number_is_not_that_number(typed):
    reading = read(typed, "mg/kg")
    assert (reading.kind, reading.value) == (ReadingKind.BELOW, None)
    assert reading.limit == Decimal("0.01")


@pytest.mark.parametrize("typed", ["未检出", "ND", "N.D.", "nd", "N.D", "Ｎ．Ｄ．", "Not Detected"])
def test_nothing_found_is_read_without_a_limit_until_one_is_given(typed):
    assert read(typed, "mg/kg") == Reading(ReadingKind.NOT_DETECTED, "mg/kg")
    assert read(typed, "mg/kg", "0.01").limit == Decimal("0.01")


@pytest.mark.parametrize(
    "typed",
    [
        "未检出（<0.01）",
        "未检出(＜0.01)",
        "未检出（检出限0.01）",
        "未检出（检出限：0.01）",
        "ND(LOD 0.01)",
        "N.D.<0.01",
        "未检出 （＜０．０１）",
    ],
)
def test_a_detection_limit_may_stand_beside_nothing_found(typed):
    assert read(typed, "mg/kg") == Reading(ReadingKind.NOT_DETECTED, "mg/kg", limit=Decimal("0.01"))


def test_of_two_detection_limits_the_larger_counts():
    assert read("<0.01", "mg/kg", "0.05").limit == Decimal("0.05")
    assert read("<0.05", "mg/kg", "0.01").limit == Decimal("0.05")
    assert read("未检出（<0.01）", "mg/kg", "0.05").limit == Decimal("0.05")


def test_a_number_under_the_laboratorys_own_limit_is_read_as_below_it():
    assert read("0.004", "mg/kg", "0.01") == Reading(
        ReadingKind.BELOW, "mg/kg", limit=Decimal("0.01")
    )
    assert read("0", "mg/kg", "0.01").kind is ReadingKind.BELOW
    assert read("0.01", "mg/kg", "0.01").value == Decimal("0.01")


@pytest.mark.parametrize("typed", ["", "   ", "\u3000", "\t"])
def test_nothing_typed_is_empty_and_no_number(typed):
    assert read(typed, "mg/kg").kind is ReadingKind.EMPTY


@pytest.mark.parametrize("typed", ["是", "符合", "yes", "YES", "Yes", "ｙｅｓ", " 符合 "])
def test_yes_has_a_closed_set_of_words(typed):
    assert read(typed).kind is ReadingKind.YES


@pytest.mark.parametrize("typed", ["否", "不符合", "no", "NO", "No"])
def test_no_has_a_closed_set_of_words(typed):
    assert read(typed).kind is ReadingKind.NO


def test_a_choice_is_matched_without_regard_to_case_and_width():
    assert read("grade a", options=("Grade A", "Grade B")).choice == "Grade A"
    assert read("ＧＲＡＤＥ　Ａ", options=("Grade A",)).choice == "Grade A"
    with pytest.raises(ReadingError):
        read("grade", options=("Grade A", "Grade B"))


@pytest.mark.parametrize(
    "typed",
    [
        *("1,2", "1，2", "NaN", "Infinity", "1e3", "0.62 mg/kg", "约5", ">5", "≤0.01", "≥3", "/"),
        *("-", "合格吗", "<", "<<1", "<NaN", "<1,2", "未检出（<1,2）", "未检出？", "1\u200b", "²"),
    ],
)
def test_what_cannot_be_read_is_refused_in_both_languages(typed):
    with pytest.raises(ReadingError) as refused:
        read(typed, "mg/kg")
    assert refused.value.code == "reading_unreadable"
    assert "未检出" in refused.value.words.zh
    assert "ND" in refused.value.words.en


@pytest.mark.parametrize("unit", ["mg/kg", "%", "g/100g", "mm", "倍", "元", "头"])
def test_a_concentration_a_length_or_a_count_is_never_negative(unit):
    with pytest.raises(ReadingError) as refused:
        read("-0.1", unit)
    assert refused.value.code == "reading_negative"
    for typed, own in (("<0", None), ("ND", "0"), ("<-1", None)):
        with pytest.raises(ReadingError):
            read(typed, unit, own)


def test_a_temperature_may_be_negative():
    assert read("-18.5", "℃").value == Decimal("-18.5")
    assert read("<-18", "℃").limit == Decimal("-18")


def test_a_unit_outside_the_table_is_refused_where_it_matters():
    with pytest.raises(RuleError) as refused:
        read("-1", "ppm")
    assert refused.value.code == "unit_unknown"


@pytest.mark.parametrize("typed", ["4.1 3.9 5", "4.1; 3.9;5", "4.1、3.9、5", "4.1\n3.9\n5\n"])
def test_a_series_is_read_reading_by_reading(typed):
    assert [r.value for r in read_series(typed, "℃")] == [
        Decimal("4.1"),
        Decimal("3.9"),
        Decimal("5"),
    ]
    assert read_series("  ", "℃") == ()


@pytest.mark.parametrize(
    ("typed", "unit", "own", "zh", "en"),
    [
        ("5.010", "mg/kg", None, "5.010 mg/kg", "5.010 mg/kg"),
        ("24", "月", None, "24 个月", "24 months"),
        ("<0.01", "mg/kg", None, "低于 0.01 mg/kg", "below 0.01 mg/kg"),
        (
            "ND",
            "μg/kg",
            "2",
            "未检出（检出限 2 μg/kg）",
            "not detected (detection limit 2 μg/kg)",
        ),
        ("ND", "mg/kg", None, "未检出（检出限未给）", "not detected (detection limit not given)"),
        ("YES", "", None, "符合", "yes"),
        ("", "", None, "未填", "empty"),
    ],
)
def test_a_reading_says_how_it_was_understood(typed, unit, own, zh, en):
    assert describe(read(typed, unit, own)) == (zh, en)


@given(st.text(max_size=10))
def test_any_text_is_either_read_or_refused(typed):
    with suppress(RuleError):
        assert describe(read(typed, "mg/kg")).zh


@given(st.decimals(min_value=0, max_value=10**6, places=5))
def test_a_typed_number_is_read_as_itself(value):
    assert read(f"{value:f}", "mg/kg").value == value

"""One value against one limit: closed and open bounds, `<a`, 未检出, words, series, units."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.errors import RuleError
from products.requirements import Bound, BoundKind
from trace.inspections.comparison import Finding, check_entry, compare
from trace.inspections.results import Result

HOLDS, BROKEN, OPEN = Finding.HOLDS, Finding.BROKEN, Finding.OPEN


def number(**sides):
    return Bound(BoundKind.NUMBER, **sides)


def typed(text, unit="mg/kg", own=None, **more):
    return Result("1", "铅", text, unit, own, at=date(2026, 10, 8), **more)


def finding(bound, text, unit="mg/kg", own=None, limit_unit="mg/kg"):
    return compare(bound, limit_unit, typed(text, unit, own)).finding


# --- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sides", "low", "at_low", "between", "at_high", "high"),
    [
        ({"upper": "5.0"}, HOLDS, HOLDS, HOLDS, HOLDS, BROKEN),
        ({"upper": "5.0", "upper_open": True}, HOLDS, HOLDS, HOLDS, BROKEN, BROKEN),
        ({"lower": "1.0"}, BROKEN, HOLDS, HOLDS, HOLDS, HOLDS),
        ({"lower": "1.0", "lower_open": True}, BROKEN, BROKEN, HOLDS, HOLDS, HOLDS),
        ({"lower": "1.0", "upper": "5.0"}, BROKEN, HOLDS, HOLDS, HOLDS, BROKEN),
        (
            {"lower": "1.0", "upper": "5.0", "lower_open": True, "upper_open": True},
            *(BROKEN, BROKEN, HOLDS, BROKEN, BROKEN),
        ),
    ],
)
def test_a_closed_bound_holds_at_its_edge_and_an_open_one_does_not(
    sides, low, at_low, between, at_high, high
):
    got = [finding(number(**sides), text) for text in ("0.99", "1.00", "3", "5.00", "5.01")]
    assert got == [low, at_low, between, at_high, high]


def test_the_full_value_is_compared_unless_the_standard_asks_for_the_rounded_one():
    full, rounded = number(upper="7.0"), number(upper="7.0", rounded=True)
    assert finding(full, "7.04") is BROKEN
    assert finding(rounded, "7.04") is HOLDS
    assert finding(rounded, "7.05") is HOLDS  # the even digit
    assert finding(rounded, "7.051") is BROKEN
    assert "全数值比较" in compare(full, "mg/kg", typed("7.04")).reason.zh
    assert "修约值比较，修约为 7.0" in compare(rounded, "mg/kg", typed("7.04")).reason.zh


def test_a_rounded_lower_limit_is_reached_from_half_a_unit_below():
    bound = number(lower="36.0", rounded=True)
    assert finding(bound, "35.95") is HOLDS
    assert finding(bound, "35.94") is BROKEN


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("5000", "μg/kg", HOLDS),
        ("5001", "µg/kg", BROKEN),
        ("0.0050", "g/kg", HOLDS),
        ("0.0005", "g/100g", HOLDS),
        ("0.00051", "%（质量分数）", BROKEN),
    ],
)
def test_a_value_in_another_unit_is_converted_exactly(text, unit, expected):
    assert finding(number(upper="5.0"), text, unit) is expected


def test_a_converted_value_is_shown_in_both_units():
    met = compare(number(upper="5.0"), "mg/kg", typed("5010", "μg/kg"))
    assert met.reason.zh == "测得 5010 μg/kg，即 5.01 mg/kg，超过限量 ≤ 5.0 mg/kg（全数值比较）"
    assert met.value == "5.01"


def test_a_conversion_whose_digits_never_end_is_still_compared_exactly():
    limit = number(upper="0.333333")
    assert finding(limit, "20", "min", limit_unit="h") is BROKEN


@pytest.mark.parametrize("unit", ["%", "kg", "℃", "头", "ppm", ""])
def test_a_value_that_cannot_be_compared_is_neither_pass_nor_fail(unit):
    assert finding(number(upper="5.0"), "1", unit) is OPEN


def test_moisture_in_percent_meets_a_limit_in_mass_fraction():
    assert finding(number(upper="7.0"), "7.0", "%", limit_unit="%（质量分数）") is HOLDS
    assert finding(number(upper="7.0"), "7.01", "g/100g", limit_unit="%") is BROKEN


@pytest.mark.parametrize("text", ["是", "符合", "", "1,2", "NaN", "-1"])
def test_what_is_no_number_says_nothing_about_a_limit(text):
    assert finding(number(upper="5.0"), text) is OPEN


@pytest.mark.parametrize(
    ("text", "unit", "code"),
    [
        ("1,2", "mg/kg", "reading_unreadable"),
        ("-1", "mg/kg", "reading_negative"),
        ("1", "kg", "unit_of_another_dimension"),
        ("1", "ppm", "unit_unknown"),
        ("1", "", "unit_missing"),
        ("<1", "kg", "unit_of_another_dimension"),
    ],
)
def test_entry_refuses_what_could_never_be_compared(text, unit, code):
    with pytest.raises(RuleError) as refused:
        check_entry(number(upper="5.0"), "mg/kg", typed(text, unit))
    assert refused.value.code == code


def test_entry_takes_what_fails_or_waits_as_well_as_what_passes():
    for text in ("4", "6", "<6", "ND", ""):
        check_entry(number(upper="5.0"), "mg/kg", typed(text))


# --- less than, not detected ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "own", "expected"),
    [
        ("<0.01", None, HOLDS),
        ("<5.0", None, HOLDS),
        ("<5.1", None, OPEN),
        ("未检出", "0.01", HOLDS),
        ("未检出（<5.0）", None, HOLDS),
        ("ND", None, OPEN),
        ("ND", "6", OPEN),
        ("<0.01", "6", OPEN),
        ("0.5", "6", OPEN),
    ],
)
def test_nothing_found_meets_an_upper_limit_only_with_a_known_small_enough_limit(
    text, own, expected
):
    assert finding(number(upper="5.0"), text, own=own) is expected
    assert finding(number(upper="5.0", upper_open=True), text, own=own) is expected


@pytest.mark.parametrize(
    ("text", "own", "expected"),
    [
        ("<36.0", None, BROKEN),
        ("<10", None, BROKEN),
        ("<40", None, OPEN),
        ("ND", None, OPEN),
        ("ND", "0.1", BROKEN),
    ],
)
def test_less_than_a_lower_limit_breaks_it(text, own, expected):
    assert finding(number(lower="36.0"), text, own=own) is expected


def test_less_than_something_lies_above_a_lower_limit_of_zero_but_not_of_degrees():
    assert finding(number(lower="0"), "<0.1") is HOLDS
    assert finding(number(lower="0", upper="4"), "<3", "℃", limit_unit="℃") is OPEN
    assert finding(number(lower="0", lower_open=True), "<0.1") is OPEN


def test_rounding_never_lets_less_than_slip_over_an_open_edge():
    assert finding(number(upper="5.0", upper_open=True, rounded=True), "<5.0") is OPEN
    assert finding(number(upper="5.0", upper_open=True, rounded=True), "<4.9") is HOLDS
    assert finding(number(lower="5.0", rounded=True), "<5.0") is OPEN
    assert finding(number(lower="5.0", rounded=True), "<4.9") is BROKEN


@given(
    limit=st.decimals(0, 20, places=1),
    ceiling=st.decimals("0.01", 20, places=2),
    share=st.integers(0, 999),
    sides=st.sampled_from(["upper", "lower"]),
    is_open=st.booleans(),
    rounded=st.booleans(),
)
def test_what_is_said_of_less_than_holds_for_every_value_below(
    limit, ceiling, share, sides, is_open, rounded
):
    bound = number(**{sides: f"{limit:f}", f"{sides}_open": is_open, "rounded": rounded})
    said = finding(bound, f"<{ceiling:f}")
    value = (ceiling * share / 1000).quantize(ceiling / 1000)
    assert said in (OPEN, finding(bound, f"{value:f}"))


# --- must not be detected ------------------------------------------------------------------

NONE_WITH_LIMIT = Bound(BoundKind.NOT_DETECTED, detection_limit="0.5")
NONE = Bound(BoundKind.NOT_DETECTED)


@pytest.mark.parametrize(
    ("text", "own", "expected"),
    [
        ("未检出", "0.5", HOLDS),
        ("<0.3", None, HOLDS),
        ("未检出", "0.6", OPEN),
        ("<1", None, OPEN),
        ("未检出", None, OPEN),
        ("0.49", None, HOLDS),
        ("0.5", None, BROKEN),
        ("3", "0.5", BROKEN),
        ("0", None, OPEN),
        ("0", "0.5", HOLDS),
        ("符合", None, OPEN),
        ("", None, OPEN),
    ],
)
def test_not_detected_is_judged_by_the_limit_that_the_method_requires(text, own, expected):
    assert finding(NONE_WITH_LIMIT, text, "μg/kg", own, "μg/kg") is expected


@pytest.mark.parametrize(
    ("text", "own", "expected"),
    [
        ("未检出", "0.5", HOLDS),
        ("ND（<2）", None, HOLDS),
        ("未检出", None, OPEN),
        ("0.1", None, BROKEN),
        ("0.1", "0.5", HOLDS),
        ("0", None, OPEN),
    ],
)
def test_without_the_methods_limit_the_laboratory_must_give_its_own(text, own, expected):
    assert finding(NONE, text, "μg/kg", own, "μg/kg") is expected


def test_the_line_says_that_the_laboratorys_own_limit_was_used():
    met = compare(NONE, "μg/kg", typed("未检出", "μg/kg", "0.5"))
    assert "按实验室自报的检出限判" in met.reason.zh
    assert "laboratory's own" in met.reason.en


def test_the_detection_limit_is_converted_before_it_is_compared():
    assert finding(NONE_WITH_LIMIT, "未检出", "mg/kg", "0.0005", "μg/kg") is HOLDS
    assert finding(NONE_WITH_LIMIT, "未检出", "mg/kg", "0.0006", "μg/kg") is OPEN


# --- words, documents, series --------------------------------------------------------------


def test_yes_holds_no_breaks_and_nothing_typed_says_nothing():
    bound = Bound(BoundKind.YES_NO)
    assert compare(bound, "", typed("Yes", "")).finding is HOLDS
    assert compare(bound, "", typed("不符合", "")).finding is BROKEN
    for text in ("", "0.5", "未检出", "也许"):
        assert compare(bound, "", typed(text, "")).finding is OPEN


def test_meeting_a_clause_without_a_number_needs_a_name_behind_it():
    bound = Bound(BoundKind.CLAUSE)
    assert compare(bound, "", typed("符合", "")).finding is OPEN
    signed = compare(bound, "", typed("符合", "", by="inspector"))
    assert signed.finding is HOLDS
    assert "限值未录入" in signed.reason.zh
    assert compare(bound, "", typed("否", "", by="inspector")).finding is BROKEN


def test_a_choice_holds_breaks_or_is_not_on_the_list():
    bound = Bound(BoundKind.CHOICE, choices=("嫩绿", "翠绿"), options=("黄绿",))
    assert compare(bound, "", typed("翠绿", "")).finding is HOLDS
    assert compare(bound, "", typed("黄绿", "")).finding is BROKEN
    assert compare(bound, "", typed("紫", "")).finding is OPEN
    assert compare(bound, "", typed("", "")).finding is OPEN


def test_a_document_is_there_missing_or_not_yet_uploaded():
    bound = Bound(BoundKind.DOCUMENT)
    assert compare(bound, "", typed("", "", document=True)).finding is HOLDS
    assert compare(bound, "", typed("否", "")).finding is BROKEN
    assert compare(bound, "", typed("有", "")).finding is OPEN


def test_one_warm_reading_breaks_the_whole_journey():
    bound = Bound(BoundKind.SERIES, upper="8")
    assert finding(bound, "4.1 5 8.0", "℃", limit_unit="℃") is HOLDS
    met = compare(bound, "℃", typed("4.1 8.1 5", "℃"))
    assert met.finding is BROKEN
    assert met.reason.zh.startswith("第 2 个读数：测得 8.1 ℃")
    assert met.value == "8.1"
    assert finding(bound, "4.1 ND 5", "℃", limit_unit="℃") is OPEN
    assert finding(bound, " ", "℃", limit_unit="℃") is OPEN


NEEDED = {
    BoundKind.NUMBER: {"upper": "5"},
    BoundKind.SERIES: {"upper": "5"},
    BoundKind.MEAN: {"upper": "5", "readings": 2},
    BoundKind.CLASSES: {"n": 5, "c": 2, "m": "10", "M": "100"},
}


@pytest.mark.parametrize("kind", list(BoundKind))
def test_every_kind_of_bound_answers_every_text_with_two_sentences(kind):
    bound = Bound(kind, choices=("甲",), **NEEDED.get(kind, {}))
    for text in ("5", "<5", "未检出", "是", "甲", "", "1,2", "\u202e"):
        met = compare(bound, "mg/kg", typed(text))
        assert met.reason.zh
        assert met.reason.en

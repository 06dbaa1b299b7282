"""Decimal texts are read strictly and rounded as GB/T 8170-2008 says."""

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.numbers import (
    NumberError,
    exact_decimal,
    parse_decimal,
    places_of,
    plain_text,
    round_to,
    visible,
)

DECIMALS = st.decimals(
    min_value=-99999, max_value=99999, places=6, allow_nan=False, allow_infinity=False
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.62", "0.62"),
        ("5.0", "5.0"),
        ("-18", "-18"),
        ("+3", "3"),
        ("  7.4\u3000", "7.4"),
        ("５．９", "5.9"),
        ("－１８", "-18"),
        ("−2.5", "-2.5"),
        ("0。62", "0.62"),
        ("007", "7"),
    ],
)
def test_plain_and_full_width_numbers_are_understood(text, number):
    assert parse_decimal(text) == Decimal(number)


def test_the_digits_as_typed_are_kept():
    assert plain_text(parse_decimal("5.00")) == "5.00"


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "1,2", "1，2", "NaN", "nan", "Infinity", "-inf", "1e3", "1E-2", ".5", "5."),
        *("1 000", "1_000", "--1", "+-1", "0x10", "五", "①", "5²", "½", "٣", "1.2.3", "5%"),
        *("1\u200b2", "\u202e12", "1\n", "1\x00", "5\u0301"),
    ],
)
def test_what_is_not_one_plain_number_is_refused_in_both_languages(text):
    with pytest.raises(NumberError) as refused:
        parse_decimal(text)
    assert refused.value.words.zh != refused.value.words.en
    assert refused.value.code in ("number_empty", "number_unreadable")


def test_more_than_twenty_digits_are_refused():
    assert parse_decimal("1" * 20) == Decimal("1" * 20)
    with pytest.raises(NumberError) as refused:
        parse_decimal("0." + "1" * 20)
    assert refused.value.code == "number_too_long"


def test_a_refusal_shows_invisible_characters_by_their_code_and_cuts_long_texts():
    assert visible("1\u202e2") == "1U+202E2"
    assert visible("x" * 100) == "x" * 40 + "…"


@given(st.text(max_size=12))
def test_any_text_is_either_a_number_or_refused(text):
    with suppress(NumberError):
        assert parse_decimal(text).is_finite()


@pytest.mark.parametrize(("text", "places"), [("5", 0), ("5.0", 1), ("0.05", 2), ("０．０５", 2)])
def test_the_digits_of_a_limit_are_counted_as_printed(text, places):
    assert places_of(text) == places


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        ("12.1498", 0, "12"),
        ("12.1498", 1, "12.1"),
        ("12.68", 0, "13"),
        ("10.5002", 0, "11"),
        ("1.050", 1, "1.0"),
        ("0.35", 1, "0.4"),
        ("2.500", 0, "2"),
        ("3.500", 0, "4"),
        ("-35.5", 0, "-36"),
        ("-32.5", 0, "-32"),
        ("15.4546", 0, "15"),
        ("7.05", 1, "7.0"),
        ("7.0500001", 1, "7.1"),
    ],
)
def test_rounding_is_four_down_six_up_five_to_even_in_one_step(value, places, rounded):
    assert plain_text(round_to(Decimal(value), places)) == rounded


def by_hand(text: str, places: int) -> str:
    """Rounding on the written digits alone, step by step as the standard words it."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, rest = digits.partition(".")
    kept, dropped = list(whole + rest[:places].ljust(places, "0")), rest[places:]
    first, others = dropped[:1] or "0", dropped[1:].strip("0")
    odd = kept[-1] in "13579"
    if first > "5" or (first == "5" and (others or odd)):
        at = len(kept) - 1
        while at >= 0 and kept[at] == "9":
            kept[at], at = "0", at - 1
        if at < 0:
            kept.insert(0, "1")
        else:
            kept[at] = chr(ord(kept[at]) + 1)
    written = "".join(kept)
    body = written[: len(written) - places] + ("." + written[-places:] if places else "")
    return sign + body


@given(DECIMALS, st.integers(0, 5))
def test_rounding_agrees_with_rounding_by_hand(value, places):
    assert round_to(value, places) == Decimal(by_hand(f"{value:f}", places))


@given(DECIMALS, st.integers(0, 4))
def test_rounding_moves_by_at_most_half_a_unit_and_is_done_once(value, places):
    rounded = round_to(value, places)
    assert abs(Fraction(rounded) - Fraction(value)) * 2 <= Fraction(1, 10**places)
    assert round_to(rounded, places) == rounded


@given(DECIMALS)
def test_a_decimal_survives_the_way_through_a_fraction(value):
    assert exact_decimal(Fraction(value)) == value


def test_endless_digits_are_never_passed_off_as_exact():
    assert exact_decimal(Fraction(1, 3)) is None
    assert plain_text(Fraction(1, 3)) == "≈0.333333"
    assert plain_text(Fraction(7, 2)) == "3.5"
    assert plain_text(Decimal("1E+3")) == "1000"

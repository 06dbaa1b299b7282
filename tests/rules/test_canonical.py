"""Canonical JSON (RFC 8785), against the examples of the RFC and the standard library."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.record.canonical import canonical, digest

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def test_the_sorting_example_of_the_rfc() -> None:
    value = {
        "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }  # fmt: skip
    keys = list(json.loads(canonical(value)))
    assert keys == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_strings_are_escaped_as_the_rfc_says() -> None:
    assert canonical('\u20ac$\u000f\nA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


@given(VALUES)
def test_canonical_bytes_read_back_as_the_same_value(value: object) -> None:
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(TEXTS, st.integers(0, 9), max_size=6), st.randoms())
def test_the_order_in_which_keys_were_added_never_matters(
    value: dict[str, int], random: object
) -> None:
    items = list(value.items())
    random.shuffle(items)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert canonical(dict(items)) == canonical(value)


def test_decimals_ids_days_and_moments_travel_as_strings() -> None:
    east = timezone(timedelta(hours=8))
    value = {
        "d": Decimal("5.0"), "i": UUID(int=1), "day": date(2026, 11, 23),
        "at": datetime(2026, 11, 23, 19, 30, 1, 5, tzinfo=east),
    }  # fmt: skip
    assert json.loads(canonical(value)) == {
        "d": "5.0",
        "i": "00000000-0000-0000-0000-000000000001",
        "day": "2026-11-23",
        "at": "2026-11-23T11:30:01.000005Z",
    }


@pytest.mark.parametrize("value", [0.1, float("nan"), b"x", object(), datetime(2026, 1, 1)])  # noqa: DTZ001
def test_floats_and_naive_moments_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"record|zone"):
        canonical({"x": value})


def test_the_digest_is_sha256_of_the_bytes() -> None:
    body = canonical({"at": datetime(2026, 1, 1, tzinfo=UTC)})
    assert digest(body) == hashlib.sha256(body).hexdigest()

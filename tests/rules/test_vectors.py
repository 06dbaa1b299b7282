"""The published vectors of the judge, held against our judge and against an oracle of digits."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.bounds import Bound, BoundKind
from tests.rules.judge_oracle import oracle_says
from tests.rules.judge_vectors import FILES, Vector, python_says, vectors
from trace.inspections.comparison import compare
from trace.inspections.results import Result

FEWEST = 400


def test_there_are_vectors_of_every_kind_of_limit():
    every = vectors()
    kinds = Counter(vector.limit["kind"] for vector in every)
    assert len(every) >= FEWEST, kinds
    assert set(kinds) == {kind.value for kind in BoundKind}
    assert min(kinds.values()) >= 8, kinds
    names = [vector.name + str(sorted(vector.typed.items())) for vector in every]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_ours_answers_as_the_vectors_say(file):
    wrong = []
    for vector in vectors(file):
        said = python_says(vector)
        expected = {
            "finding": vector.finding,
            "code": vector.code,
            "read": vector.read,
            "value": vector.value,
            "reason": vector.reason,
        }
        ours = {
            "finding": said.finding,
            "code": said.code,
            "read": said.read.zh if said.read else None,
            "value": said.value,
            "reason": said.reason.zh,
        }
        wrong += [
            f"{vector.name}: {name} {ours[name]!r}, not {want!r} ({said.reason.zh})"
            for name, want in expected.items()
            if want is not None and ours[name] != want
        ]
    assert not wrong, "\n".join(wrong)


def test_a_vector_that_is_not_refused_says_how_the_value_reads():
    silent = [
        vector.name
        for vector in vectors()
        if vector.finding != "refused"
        and vector.read is None
        and vector.limit["kind"] != "document"
    ]
    assert silent == []
    assert [v.name for v in vectors() if (v.finding == "refused") != (v.code is not None)] == []


def test_the_oracle_of_digits_agrees_with_every_vector_of_a_plain_number():
    asked = [v for v in vectors() if oracle_says(v.limit, v.typed) is not None]
    assert len(asked) >= 150
    wrong = [v.name for v in asked if oracle_says(v.limit, v.typed) != v.finding]
    assert wrong == []


def _digits(value: int, places: int) -> str:
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(places + 1, "0")
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


NUMBERS = st.builds(_digits, st.integers(-(10**6), 10**6), st.integers(0, 5))


@settings(max_examples=300)
@given(
    typed=NUMBERS,
    limit=NUMBERS,
    upper=st.booleans(),
    is_open=st.booleans(),
    rounded=st.booleans(),
)
def test_ours_compares_as_the_oracle_of_digits_does(typed, limit, upper, is_open, rounded):
    side = "upper" if upper else "lower"
    said = {"kind": "number", side: limit, f"{side}_open": is_open, "rounded": rounded, "unit": "℃"}
    bound = Bound(BoundKind.NUMBER, **{k: v for k, v in said.items() if k not in ("kind", "unit")})
    ours = compare(bound, "℃", Result("r", "x", typed, "℃")).finding.value
    assert ours == oracle_says(said, {"typed": typed})


@settings(max_examples=200)
@given(middle=st.integers(-(10**4), 10**4), places=st.integers(0, 4))
def test_a_tie_always_becomes_the_even_neighbour(middle, places):
    """What lies exactly between two neighbours meets the even one, as an upper or lower limit."""
    tie = _digits(middle * 10 + 5, places + 1)
    even = middle if middle % 2 == 0 else middle + 1
    near = Bound(BoundKind.NUMBER, lower=_digits(even, places), upper=_digits(even, places),
                 rounded=True)  # fmt: skip
    assert compare(near, "℃", Result("r", "x", tie, "℃")).finding == "holds"


def test_a_vector_names_nothing_that_the_house_does_not_know():
    known = {"typed", "unit", "detection_limit", "uncertainty", "guarded", "document", "signed", "day", "finding", "code", "read", "value", "reason", "why"}  # fmt: skip
    assert {name for v in vectors() for name in v.typed} <= known
    assert all(isinstance(v, Vector) and v.bound for v in vectors())

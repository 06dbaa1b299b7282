"""How many units are drawn by the standards, and which ones by the seed."""

import hashlib
import subprocess
from collections import Counter
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.errors import RuleError
from products.requirements import Certainty
from trace.sampling.attributes import (
    LARGEST_LOT,
    NORMAL,
    SEVERITIES,
    TIGHTENED,
    as_agreed,
    by_attributes,
    code_letter,
    packages_to_open,
)
from trace.sampling.drawing import drawn_units
from trace.sampling.reader import read_tables

TABLES = read_tables()
ATTRIBUTES, PACKAGES = TABLES.attributes, TABLES.packages
LOTS = st.one_of(st.integers(1, 2000), st.integers(1, LARGEST_LOT))
SEED = "000102030405060708090a0b0c0d0e0f"


@pytest.mark.parametrize(
    ("lot", "level", "aql", "letter", "n", "accept", "reject"),
    [
        (150, "II", "1.5", "F", 32, 1, 2),
        (500, "II", "2.5", "H", 50, 3, 4),
        (100, "S-2", "4.0", "B", 3, 0, 1),
        (1000, "II", "6.5", "J", 80, 10, 11),
        (5, "II", "1.0", "A", 5, 0, 1),
    ],
)
def test_known_plans_by_attributes_with_their_arrows_resolved(
    lot: int, level: str, aql: str, letter: str, n: int, accept: int, reject: int
) -> None:
    said = by_attributes(ATTRIBUTES, lot, level, aql)
    assert (said.letter, said.n, said.accept, said.reject) == (letter, n, accept, reject)
    assert said.standard == "GB/T 2828.1"
    assert said.certainty is Certainty.CONFIRMED


@pytest.mark.parametrize(
    ("packages", "take"), [(1, 1), (5, 1), (50, 2), (51, 3), (500, 11), (1000, 16), (1500, 17)]
)
def test_known_numbers_of_tea_packages(packages: int, take: int) -> None:
    said = packages_to_open(PACKAGES, packages)
    assert said.n == take
    assert said.certainty is Certainty.ONE_SOURCE
    assert said.standard == "GB/T 8302-2013"


def test_a_column_that_rests_on_one_source_says_so() -> None:
    assert by_attributes(ATTRIBUTES, 500, "II", "0.65").certainty is Certainty.ONE_SOURCE
    tightened = by_attributes(ATTRIBUTES, 500, "II", "2.5", TIGHTENED)
    assert tightened.certainty is Certainty.ONE_SOURCE
    assert (tightened.n, tightened.accept, tightened.reject) == (50, 2, 3)


def test_a_standard_without_a_table_gives_no_number_and_says_so() -> None:
    fish = next(t for t in TABLES.unread if t.standard == "GB/T 30891-2014")
    said = as_agreed(fish, 200)
    assert said.n is None
    assert "没有录入" in said.words.zh and "agreed" in said.words.en
    assert as_agreed(fish, 200, 12).n == 12
    with pytest.raises(RuleError):
        as_agreed(fish, 200, 201)


def test_each_category_has_its_standard() -> None:
    assert TABLES.standard_for("茶叶") == "GB/T 8302-2013"
    assert TABLES.standard_for("水产动物") == "GB/T 30891-2014"
    assert TABLES.standard_for("蔬菜") == "GB/T 2828.1"


def test_the_tables_are_complete_and_every_plan_fits_together() -> None:
    letters = {letter for _lot, row in ATTRIBUTES.letters for letter in row}
    assert [lot for lot, _row in ATTRIBUTES.letters] == sorted({x for x, _ in ATTRIBUTES.letters})
    for scheme in ATTRIBUTES.schemes:
        assert letters <= set(scheme.plans), (scheme.severity, scheme.aql)
        for n, accept, reject in scheme.plans.values():
            assert 0 <= accept < reject == accept + 1 <= n
    for severity in SEVERITIES:
        assert ATTRIBUTES.aqls(severity) == ("0.65", "1.0", "1.5", "2.5", "4.0", "6.5")


@given(LOTS, st.sampled_from(ATTRIBUTES.levels), st.sampled_from(ATTRIBUTES.schemes))
@settings(max_examples=150, deadline=None)
def test_never_more_units_than_there_are_and_more_of_a_larger_lot(
    lot: int, level: str, scheme: object
) -> None:
    aql, severity = scheme.aql, scheme.severity  # type: ignore[attr-defined]
    here = by_attributes(ATTRIBUTES, lot, level, aql, severity)
    more = by_attributes(ATTRIBUTES, min(lot * 3 + 1, LARGEST_LOT), level, aql, severity)
    assert here.n is not None and more.n is not None
    assert 1 <= here.n <= lot
    assert here.n <= more.n
    assert here.whole == (here.n == lot)


@given(LOTS, st.integers(0, 5000))
@settings(max_examples=150, deadline=None)
def test_packages_to_open_grow_with_the_lot(lot: int, more: int) -> None:
    here = packages_to_open(PACKAGES, lot).n
    there = packages_to_open(PACKAGES, min(lot + more, LARGEST_LOT)).n
    assert here is not None and there is not None
    assert 1 <= here <= there
    assert here <= lot


@given(st.integers(2, LARGEST_LOT), st.sampled_from(ATTRIBUTES.levels[4:]))
@settings(max_examples=80, deadline=None)
def test_tightened_never_bears_more_than_normal(lot: int, level: str) -> None:
    for aql in ATTRIBUTES.aqls(NORMAL):
        normal = by_attributes(ATTRIBUTES, lot, level, aql)
        tight = by_attributes(ATTRIBUTES, lot, level, aql, TIGHTENED)
        assert normal.n is not None and tight.n is not None
        assert normal.accept is not None and tight.accept is not None
        assert tight.n >= normal.n or tight.accept < normal.accept
        assert tight.accept <= normal.accept


@pytest.mark.parametrize(
    ("lot", "level", "aql", "severity", "code"),
    [
        (0, "II", "1.0", NORMAL, "lot-out-of-range"),
        (-3, "II", "1.0", NORMAL, "lot-out-of-range"),
        (LARGEST_LOT + 1, "II", "1.0", NORMAL, "lot-out-of-range"),
        (100, "IV", "1.0", NORMAL, "no-such-level"),
        (100, "II", "1", NORMAL, "no-such-aql"),
        (100, "II", "1.0", "reduced", "no-such-severity"),
    ],
)
def test_what_the_tables_do_not_have_is_refused(
    lot: int, level: str, aql: str, severity: str, code: str
) -> None:
    with pytest.raises(RuleError) as refused:
        by_attributes(ATTRIBUTES, lot, level, aql, severity)
    assert refused.value.code == code
    assert refused.value.words.zh != refused.value.words.en


def test_a_single_unit_is_inspected_whole() -> None:
    assert code_letter(ATTRIBUTES, 1, "II") is None
    said = by_attributes(ATTRIBUTES, 1, "II", "1.0")
    assert (said.n, said.whole, said.letter) == (1, True, None)


# --- which ones ----------------------------------------------------------------------------


def drawn_by_hand(seed: str, lot: int, n: int) -> list[int]:
    """The same by the words on the sheet, written apart: one long list, then the first n."""
    first: list[int] = []
    most = (2**64 // lot) * lot
    for i in count(1):
        digits = hashlib.sha256(b"%s:%d" % (seed.encode(), i)).digest()[:8]
        v = int.from_bytes(digits, "big")
        if v < most and v % lot + 1 not in first:
            first.append(v % lot + 1)
        if len(first) == n:
            return first
    raise AssertionError


@given(st.binary(min_size=16, max_size=16), st.integers(1, 3000), st.data())
@settings(max_examples=60, deadline=None)
def test_the_draw_can_be_repeated_by_the_words_on_the_sheet(
    seed: bytes, lot: int, data: st.DataObject
) -> None:
    n = data.draw(st.integers(1, min(lot, 60)))
    drawn = drawn_units(seed.hex(), lot, n)
    assert len(set(drawn)) == n
    assert set(drawn) <= set(range(1, lot + 1))
    if n < lot:
        assert list(drawn) == drawn_by_hand(seed.hex(), lot, n)
        assert drawn_units(seed.hex(), lot, n + 1)[:n] == drawn or n + 1 == lot
    else:
        assert drawn == tuple(range(1, lot + 1))


def test_the_first_unit_by_the_shell() -> None:
    said = subprocess.run(
        ["sha256sum"], input=f"{SEED}:1".encode(), capture_output=True, check=True
    ).stdout.decode()
    assert drawn_units(SEED, 500, 1) == (int(said[:16], 16) % 500 + 1,)


def test_no_unit_is_favoured() -> None:
    """Chi-square over 6,000 seeds, 3 of 10: 9 degrees of freedom, 1 in 1,000 lies above 27.9."""
    seeds = [f"{number:032x}" for number in range(6000)]
    drawn = [drawn_units(seed, 10, 3) for seed in seeds]
    once = Counter(unit for units in drawn for unit in units)
    first = Counter(units[0] for units in drawn)
    for counted, expected in ((once, 1800.0), (first, 600.0)):
        assert set(counted) == set(range(1, 11))
        assert sum((seen - expected) ** 2 / expected for seen in counted.values()) < 27.9
    pairs = Counter(tuple(sorted(units[:2])) for units in drawn)
    assert len(pairs) == 45
    assert sum((seen - 6000 / 45) ** 2 / (6000 / 45) for seen in pairs.values()) < 78.7


@pytest.mark.parametrize(
    ("seed", "lot", "n"),
    [("", 10, 1), (SEED[:-1], 10, 1), (SEED.upper(), 10, 1), (SEED, 10, 11), (SEED, 10, 0)],
)
def test_a_draw_that_makes_no_sense_is_refused(seed: str, lot: int, n: int) -> None:
    with pytest.raises(ValueError):
        drawn_units(seed, lot, n)

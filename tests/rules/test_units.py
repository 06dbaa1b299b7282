"""Units convert exactly, and only within what they measure."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.units import (
    UNITS,
    UnitError,
    comparable,
    convert,
    from_milligrams,
    ratio,
    to_count,
    to_milligrams,
    unit,
)

# Grams of each unit of mass, and parts of one of each mass fraction, written from the SI.
GRAMS = {"mg": "0.001", "g": "1", "kg": "1000", "t": "1000000", "斤": "500"}
PARTS = {
    "mg/kg": "0.000001",
    "μg/kg": "0.000000001",
    "g/kg": "0.001",
    "g/100g": "0.01",
    "mg/100g": "0.00001",
    "mg/g": "0.001",
    "%（质量分数）": "0.01",
}
AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=4)


@pytest.mark.parametrize(
    ("written", "symbol"),
    [
        ("µg/kg", "μg/kg"),
        ("ug/kg", "μg/kg"),
        ("％", "%"),
        ("%(质量分数)", "%（质量分数）"),
        ("°C", "℃"),
        ("公斤", "kg"),
        ("千克", "kg"),
        ("克", "g"),
        ("吨", "t"),
        ("g/100 g", "g/100g"),
        ("天", "d"),
        (" mg/kg ", "mg/kg"),
        ("－", "—"),
    ],
)
def test_one_unit_may_be_written_in_several_ways(written, symbol):
    assert unit(written).symbol == symbol


@pytest.mark.parametrize("written", ["", "KG", "ppm", "kg/mg", "两", "m²", "毫克每千克"])
def test_a_unit_outside_the_table_is_refused(written):
    with pytest.raises(UnitError) as refused:
        unit(written)
    assert refused.value.code == "unit_unknown"


def test_no_two_units_share_a_way_of_writing():
    written = [name for one in UNITS for name in (one.symbol, *one.also)]
    assert len(written) == len(set(written))
    assert all(unit(name).symbol == one.symbol for one in UNITS for name in one.also)


@pytest.mark.parametrize("table", [GRAMS, PARTS])
def test_factors_agree_with_the_si(table):
    for source, size in table.items():
        for target, other in table.items():
            assert ratio(unit(source), unit(target)) == Fraction(size) / Fraction(other)


def test_a_percentage_is_a_mass_fraction_only_among_hundredths():
    assert convert(Decimal("7.4"), "%", "%（质量分数）") == Decimal("7.4")
    assert convert(Decimal("7.4"), "g/100g", "%") == Decimal("7.4")
    assert not comparable(unit("%"), unit("mg/kg"))
    assert not comparable(unit("%"), unit("倍"))


@pytest.mark.parametrize(
    ("source", "target"),
    [("mg/kg", "kg"), ("头", "只"), ("斤", "株"), ("月", "d"), ("℃", "%"), ("—", "倍")],
)
def test_nothing_is_converted_across_dimensions(source, target):
    with pytest.raises(UnitError) as refused:
        convert(Decimal(1), source, target)
    assert refused.value.code == "unit_of_another_dimension"
    assert target in refused.value.words.zh
    assert target in refused.value.words.en


@given(AMOUNTS, st.sampled_from(sorted(PARTS)), st.sampled_from(sorted(PARTS)))
def test_converting_there_and_back_changes_nothing(amount, source, target):
    assert convert(convert(amount, source, target), target, source) == amount


def test_a_conversion_without_end_is_refused_but_can_still_be_compared():
    assert convert(Decimal(90), "min", "h") == Decimal("1.5")
    with pytest.raises(UnitError) as refused:
        convert(Decimal(20), "min", "h")
    assert refused.value.code == "unit_not_exact"
    assert ratio(unit("min"), unit("h")) * 20 == Fraction(1, 3)


@pytest.mark.parametrize(
    ("quantity", "symbol", "milligrams"),
    [
        ("1", "kg", 10**6),
        ("0.3", "kg", 300_000),
        ("3.5", "斤", 1_750_000),
        ("2", "吨", 2 * 10**9),
        ("0.001", "克", 1),
    ],
)
def test_masses_are_whole_milligrams(quantity, symbol, milligrams):
    assert to_milligrams(Decimal(quantity), symbol) == milligrams
    assert from_milligrams(milligrams, symbol) == Decimal(quantity)


def test_part_of_a_milligram_is_refused():
    with pytest.raises(UnitError) as refused:
        to_milligrams(Decimal("0.0005"), "g")
    assert refused.value.code == "quantity_not_whole"


def test_three_tenths_of_a_kilogram_hold_three_packs_of_a_tenth():
    pack = to_milligrams(Decimal("0.1"), "kg")
    assert to_milligrams(Decimal("0.3"), "kg") // pack == 3


def test_pieces_are_counted_whole_and_never_weighed():
    assert to_count(Decimal("120"), "株") == 120
    assert to_count(Decimal("2.0"), "头") == 2
    with pytest.raises(UnitError) as refused:
        to_count(Decimal("1.5"), "只")
    assert refused.value.code == "quantity_not_whole"
    with pytest.raises(UnitError) as refused:
        to_count(Decimal(1), "kg")
    assert refused.value.code == "unit_not_count"
    with pytest.raises(UnitError) as refused:
        to_milligrams(Decimal(1), "尾")
    assert refused.value.code == "unit_not_mass"


@given(AMOUNTS)
def test_a_ledger_of_milligrams_adds_up_to_the_gram(amount):
    assert to_milligrams(amount, "kg") == int(Fraction(amount) * 10**6)

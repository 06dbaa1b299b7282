"""What is refused when a value is typed, and what is taken as it stands."""

from dataclasses import replace

import pytest

from core.errors import Invalid
from products.requirements import Bound, BoundKind
from tests.rules.tea import LEAD, SURE, row, with_rows
from trace.inspections.entry import checked_values

TOTAL = "总汞（以Hg计）"
KINDS = {
    "菌落总数": (Bound(BoundKind.CLASSES, n=5, c=2, m="100", M="1000"), "CFU/g"),
    "长度": (Bound(BoundKind.MEAN, upper="3.0", readings=3), "mm"),
    "运输温度": (Bound(BoundKind.SERIES, upper="4", longest_gap="60"), "℃"),
    "检疫证明": (Bound(BoundKind.DOCUMENT), ""),
    "外形": (Bound(BoundKind.CHOICE, choices=("紧结",), options=("松散",)), ""),
    "甲基汞": (Bound(BoundKind.NUMBER, upper="0.5", cleared_by=TOTAL), "mg/kg"),
}
RULES = with_rows(
    *(
        row(f"K{place}", name, name, LEAD.edition, bound=bound, **{**SURE, "unit": unit})
        for place, (name, (bound, unit)) in enumerate(KINDS.items())
    )
)
LEAD_NAME = LEAD.characteristic


def checked(name, typed, **more):
    value = {"characteristic": name, "typed": typed, **more}
    return checked_values(RULES, frozenset({"感官品质"}), [value], "/results")[0]


def pointer_and_words(name, typed, **more):
    with pytest.raises(Invalid) as refused:
        checked(name, typed, **more)
    (fault,) = refused.value.faults
    assert fault.message.zh and fault.message.en
    return fault.pointer


@pytest.mark.parametrize(
    ("name", "typed", "unit"),
    [
        ("菌落总数", "<10 10 20 30 ＜ 10", "CFU/g"),
        ("菌落总数", "10 20", "CFU/g"),
        ("长度", "2.9；3.0；3.1", "mm"),
        ("运输温度", "08:00 3.2\n08:10 3.4", "℃"),
        ("运输温度", "3.2 3.4", "℃"),
        ("检疫证明", "有效至 2027-03-01", ""),
        ("检疫证明", "符合", ""),
        ("外形", "松散", ""),
        (TOTAL, "0.31", "mg/kg"),
        (LEAD_NAME, "＜０．０１", "mg/kg"),
    ],
)
def test_what_can_be_judged_is_taken_as_typed_with_its_unit(name, typed, unit):
    taken = checked(name, typed)
    assert (taken["typed"], taken["unit"]) == (typed, unit)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("菌落总数", "10 x 30"),
        ("菌落总数", "10 符合 30"),
        ("菌落总数", "  "),
        ("长度", "2.9, 3.0"),
        ("长度", "-1 2 3"),
        ("运输温度", "08:10 3; 08:00 3"),
        ("运输温度", "25:10 3"),
        ("检疫证明", "2027-02-30"),
        ("检疫证明", ""),
        ("外形", "一般"),
        (LEAD_NAME, "-0.1"),
        (LEAD_NAME, ""),
        (TOTAL, "符合"),
    ],
)
def test_what_could_never_be_judged_is_refused_at_its_box(name, typed):
    assert pointer_and_words(name, typed) == "/results/0/typed"


def test_units_are_those_that_the_limit_can_be_compared_with():
    assert checked("菌落总数", "1 2 3 4 5", unit="cfu/g")["unit"] == "CFU/g"
    assert pointer_and_words("菌落总数", "1 2", unit="CFU/mL") == "/results/0/unit"
    assert pointer_and_words(TOTAL, "0.3", unit="mm") == "/results/0/unit"
    assert checked(TOTAL, "300", unit="ug/kg")["unit"] == "μg/kg"


@pytest.mark.parametrize("uncertainty", ["0", "-1", "x", "0.0", "1,5"])
def test_an_uncertainty_must_be_a_number_above_nothing(uncertainty):
    at = pointer_and_words(LEAD_NAME, "1.0", uncertainty=uncertainty)
    assert at == "/results/0/uncertainty"


def test_a_guard_band_needs_its_uncertainty():
    assert pointer_and_words(LEAD_NAME, "1.0", guarded=True) == "/results/0/uncertainty"
    kept = checked(LEAD_NAME, "1.0", guarded=True, uncertainty="０.2")
    assert kept["uncertainty"] == "０.2"


def test_an_item_of_another_product_is_refused_and_a_total_is_not():
    assert pointer_and_words("总镉", "1") == "/results/0/characteristic"
    assert not any(r.characteristic == TOTAL for r in RULES.requirements)
    without = replace(RULES, requirements=RULES.requirements[:3])
    with pytest.raises(Invalid):
        checked_values(without, frozenset(), [{"characteristic": TOTAL, "typed": "1"}], "/r")

"""A set of grade limits is nested or tiled; anything else is refused and named."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from products.catalogue.reader import read_catalogue
from products.grading import FaultKind, GradeLimit, grading_faults
from products.requirements import Bound, BoundKind

GRADES = ("特级", "一级", "二级", "三级")


def limit(grades, unit="mm", **sides):
    grades = (grades,) if isinstance(grades, str) else grades
    return GradeLimit("/".join(grades), grades, Bound(BoundKind.NUMBER, **sides), unit)


def kinds(*limits, whole=True):
    return [fault.kind.value for fault in grading_faults(GRADES, limits, whole=whole)]


BEST, MIDDLE, LAST = (
    limit("特级", lower="100"),
    limit("一级", lower="80", upper="100", upper_open=True),
    limit("二级", upper="80", upper_open=True),
)


def test_stretches_that_meet_are_sound():
    assert kinds(BEST, MIDDLE, LAST) == []
    assert kinds(LAST, BEST, MIDDLE) == []


def test_nested_limits_are_sound_as_long_as_the_better_grade_asks_no_less():
    assert kinds(limit("特级", upper="1.0"), limit("一级", upper="1.5")) == []
    assert kinds(limit("特级", upper="1.0"), limit("一级", upper="1.0")) == []
    assert kinds(limit("特级", lower="36"), limit("一级", lower="34")) == []
    assert kinds(limit("特级", lower="1", upper="2"), limit("一级", lower="0", upper="3")) == []
    assert kinds(limit("特级", upper="1.5"), limit("一级", upper="1.0")) == ["looser"]
    assert kinds(limit("特级", lower="34"), limit("一级", lower="36")) == ["looser"]


def test_a_gap_is_named_with_its_ends():
    (fault,) = grading_faults(GRADES, (BEST, limit("一级", upper="90")), whole=True)
    assert fault.kind is FaultKind.GAP
    assert fault.words.zh == (
        "等级限量之间有空隙：一级（≤ 90 mm）与特级（≥ 100 mm），90 到 100 mm 不属于任何等级"
    )
    assert "90 to 100 mm belongs to no grade" in fault.words.en
    assert kinds(BEST, limit("一级", upper="90"), whole=False) == []


def test_an_overlap_is_named_and_a_shared_edge_is_one():
    (fault,) = grading_faults(GRADES, (BEST, limit("一级", lower="80", upper="100")), whole=False)
    assert fault.kind is FaultKind.OVERLAP
    assert "100 mm 同属两个等级" in fault.words.zh
    assert kinds(BEST, limit("一级", lower="80", upper="105")) == ["overlap"]


def test_an_edge_that_both_leave_out_is_a_gap_of_one_value():
    above = limit("特级", lower="100", lower_open=True)
    (fault,) = grading_faults(
        GRADES, (above, limit("一级", upper="100", upper_open=True)), whole=True
    )
    assert "100 mm 不属于任何等级" in fault.words.zh


def test_rounded_values_leave_no_gap_between_neighbouring_digits():
    for rounded, expected in ((True, []), (False, ["gap"])):
        best = limit("特级", lower="10.0", rounded=rounded)
        assert kinds(best, limit("一级", lower="8.0", upper="9.9", rounded=rounded)) == expected
    best = limit("特级", lower="10.0", rounded=True)
    assert kinds(best, limit("一级", lower="8.0", upper="9.8", rounded=True)) == ["gap"]
    half_open = limit("一级", lower="8.0", upper="10.0", upper_open=True, rounded=True)
    assert kinds(best, half_open) == []


def test_a_grade_has_one_limit_in_a_set():
    assert kinds(limit(("特级", "一级"), upper="1"), limit(("一级", "二级"), upper="2")) == [
        "twice"
    ]


def test_units_are_compared_exactly_and_others_left_alone():
    assert kinds(limit("特级", lower="10", unit="cm"), MIDDLE, LAST) == []
    assert kinds(limit("特级", lower="10", unit="kg"), MIDDLE, LAST) == []
    assert kinds(limit("特级", lower="0.1", unit="m"), limit("一级", upper="90")) == ["gap"]


def test_limits_that_are_no_numbers_are_left_alone():
    words = GradeLimit("w", ("一级",), Bound(BoundKind.YES_NO), "")
    assert kinds(BEST, words) == []
    assert kinds() == []


def test_the_sets_of_the_built_in_catalogue_are_sound():
    catalogue, sets = read_catalogue(), {}
    for row in catalogue.requirements:
        if row.scope.grades:
            key = (
                row.product,
                row.edition,
                row.characteristic,
                row.scope.forms,
                row.scope.processes,
            )
            sets.setdefault(key, []).append(
                GradeLimit(row.code, row.scope.grades, row.bound, row.unit)
            )
    grades = {product.key: product.vocabulary.grades for product in catalogue.products}
    assert len(sets) > 10
    for key, limits in sets.items():
        assert grading_faults(grades[key[0]], limits, whole=True) == ()


SPANS = st.lists(
    st.tuples(st.integers(0, 10), st.booleans(), st.integers(1, 8), st.booleans()),
    min_size=2,
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(SPANS)
def test_a_set_is_sound_exactly_where_counting_its_values_says_so(spans):
    """Whole and half numbers stand for edges and what lies between them."""
    limits, accepted = [], []
    for grade, (low, low_open, width, high_open) in zip(GRADES, spans, strict=False):
        sides = {"lower_open": low_open, "upper_open": high_open}
        limits.append(limit(grade, lower=str(low), upper=str(low + width), **sides))
        accepted.append(set(range(2 * low + low_open, 2 * (low + width) - high_open + 1)))
    found = kinds(*limits)
    pairs = list(combinations(accepted, 2))
    everything = set().union(*accepted)
    if any(better & worse and not better <= worse for better, worse in pairs):
        assert found and "gap" not in found
    else:
        whole = set(range(min(everything), max(everything) + 1))
        assert set(found) == (set() if everything == whole else {"gap"})

"""The pure rules of the books against plain models that are written out naively."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pages.charts import Said
from core.pages.flows import Flow, Node, flow_chart
from products.forms.yields import Range, falls_outside, in_unit, yielded
from trace.batches.portions import PortionsError, losses, mixed, stated
from trace.books.balance import (
    COUNTER_ACCOUNTS,
    Line,
    NotEnoughError,
    UnbalancedError,
    amount_words,
    check_posting,
    labels_possible,
    reversed_lines,
    shared_out,
)

ACCOUNTS = ("stock", "labelled", "transit", *sorted(COUNTER_ACCOUNTS))
FORMS = ("鲜叶", "成品茶")
SAID = Said("flow", "哪批进了哪批", "甲进了乙")

lines = st.lists(
    st.builds(
        Line,
        st.sampled_from(ACCOUNTS),
        st.integers(-6, 6),
        st.sampled_from(FORMS),
        st.sampled_from(("A", "B")),
    ),
    min_size=1,
    max_size=5,
)
amounts = st.lists(st.integers(1, 10**12), min_size=1, max_size=6)


def closed(posting: list[Line]) -> list[Line]:
    """The posting with a line per form that lets it sum to zero."""
    rest = Counter[str]()
    for line in posting:
        rest[line.form] -= line.amount
    return [*posting, *(Line("process", amount, form, "A") for form, amount in rest.items())]


@settings(max_examples=150)
@given(lines, st.booleans())
def test_a_posting_is_taken_if_and_only_if_it_closes_and_leaves_no_goods_below_nothing(
    posting: list[Line], close: bool
) -> None:
    posting = closed(posting) if close else posting
    balances = {(batch, form, "stock"): 4 for batch in "AB" for form in FORMS}
    sums: Counter[str] = Counter()
    after = Counter(balances)
    for line in posting:
        sums[line.form] += line.amount
        after[line.batch, line.form, line.account] += line.amount
    touched = {(line.batch, line.form, line.account) for line in posting}
    if any(sums.values()):
        with pytest.raises(UnbalancedError):
            check_posting(posting, balances)
    elif any(after[key] < 0 for key in touched if key[2] not in COUNTER_ACCOUNTS):
        with pytest.raises(NotEnoughError):
            check_posting(posting, balances)
    else:
        check_posting(posting, balances)


@settings(max_examples=100)
@given(lines)
def test_a_posting_and_its_reverse_leave_everything_as_it_was(posting: list[Line]) -> None:
    after: Counter[tuple[object, str, str]] = Counter()
    for line in [*posting, *reversed_lines(posting)]:
        after[line.batch, line.form, line.account] += line.amount
    assert not any(after.values())


def test_goods_of_one_batch_do_not_make_up_for_those_of_another() -> None:
    moves = [Line("stock", -3, "鲜叶", "A"), Line("stock", 3, "鲜叶", "B")]
    with pytest.raises(NotEnoughError) as short:
        check_posting(moves, {("A", "鲜叶", "stock"): 2, ("B", "鲜叶", "stock"): 99})
    assert (short.value.batch, short.value.there, short.value.asked) == ("A", 2, 3)


@settings(max_examples=150)
@given(
    st.integers(0, 10**15),
    st.lists(st.integers(0, 10**15), min_size=1, max_size=8).filter(lambda w: sum(w) > 0),
)
def test_what_is_shared_out_sums_to_the_whole_and_is_off_by_less_than_one(
    total: int, weights: list[int]
) -> None:
    shares = shared_out(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1
        assert share == 0 or weight > 0


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2]])
def test_nothing_is_shared_out_by_no_weights(weights: list[int]) -> None:
    with pytest.raises(ValueError):
        shared_out(10, weights)


@settings(max_examples=100)
@given(amounts, amounts)
def test_mixing_uses_every_input_up(inputs: list[int], outputs: list[int]) -> None:
    portions = mixed(inputs, outputs)
    for amount, column in zip(inputs, zip(*portions, strict=True), strict=True):
        assert sum(column) == max(amount, len(outputs))
        for part, output in zip(column, outputs, strict=True):
            assert part >= 1, "tracing would miss it"
            share = Fraction(amount * output, sum(outputs))
            assert abs(part - share) < 1 + sum(other == 1 for other in column)


def test_one_pig_is_in_every_cut_that_was_made_of_it() -> None:
    assert mixed([1, 2], [20, 300, 4]) == [[1, 1], [1, 1], [1, 1]]
    assert mixed([10], [1, 1000, 1]) == [[1], [8], [1]]


@settings(max_examples=100)
@given(amounts, st.integers(0, 10**13))
def test_what_is_lost_is_the_difference(inputs: list[int], came_out: int) -> None:
    if came_out > sum(inputs):
        with pytest.raises(ValueError, match="more out"):
            losses(inputs, came_out)
        return
    lost = losses(inputs, came_out)
    assert sum(lost) == sum(inputs) - came_out
    assert all(0 <= gone <= amount for gone, amount in zip(lost, inputs, strict=True))


@settings(max_examples=150)
@given(
    st.lists(st.lists(st.integers(-1, 4), min_size=2, max_size=2), min_size=1, max_size=3),
    st.lists(st.integers(1, 6), min_size=2, max_size=2),
)
def test_stated_portions_fit_if_and_only_if_inputs_are_used_up_and_outputs_are_something(
    portions: list[list[int]], inputs: list[int]
) -> None:
    fits = (
        all(min(row) >= 0 and sum(row) > 0 for row in portions)
        and [sum(column) for column in zip(*portions, strict=True)] == inputs
    )
    if fits:
        assert stated(inputs, portions) == portions
    else:
        with pytest.raises(PortionsError):
            stated(inputs, portions)


@settings(max_examples=150)
@given(
    st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 99), st.integers(0, 99),
    st.booleans(),
)  # fmt: skip
def test_a_yield_falls_outside_only_a_proven_range_and_only_beyond_its_ends(
    went_in: int, came_out: int, low: int, width: int, proven: bool
) -> None:
    ends = Decimal(low) / 100, Decimal(low + width) / 100
    within = Range(*ends, "kg", "kg", proven)
    beyond = came_out * 100 < low * went_in or came_out * 100 > (low + width) * went_in
    assert falls_outside(went_in, came_out, within) is (proven and beyond)
    assert falls_outside(went_in, came_out, None) is False


def test_a_yield_is_held_against_the_units_of_its_range() -> None:
    """2 pigs gave 150.5 kg of carcass: 75.25 kg a head, or 150.5 斤 a head."""
    per_head = Range(Decimal("75.25"), Decimal("75.25"), "kg", "头", True)
    assert yielded(2, 150_500_000, per_head) == Fraction("75.25")
    assert not falls_outside(2, 150_500_000, per_head)
    assert falls_outside(2, 150_500_001, per_head)
    in_jin = Range(Decimal("150.5"), Decimal("150.5"), "斤", "头", True)
    assert not falls_outside(2, 150_500_000, in_jin)
    assert in_unit(7, "头") == 7
    with pytest.raises(ValueError):
        yielded(0, 1, per_head)


@pytest.mark.parametrize(
    ("amount", "base", "zh"),
    [(1, "mass", "0.000001 公斤"), (240_000_000, "mass", "240 公斤"), (7, "count", "7 个")],
)
def test_amounts_are_told_exactly(amount: int, base: str, zh: str) -> None:
    assert amount_words(amount, base).zh == zh


def test_labels_are_whole_packs_of_what_is_there() -> None:
    assert [labels_possible(stock, 100) for stock in (-5, 0, 99, 100, 250)] == [0, 0, 0, 1, 2]
    with pytest.raises(ValueError):
        labels_possible(5, 0)


# --- the picture of who went into what ------------------------------------------------------------


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(1, 10**12), min_size=2, max_size=2), min_size=1, max_size=4))
def test_bands_fill_their_bars_from_top_to_bottom(parts: list[list[int]]) -> None:
    flows = [
        Flow(source, target, amount)
        for target, row in enumerate(parts)
        for source, amount in enumerate(row)
    ]
    drawn = str(
        flow_chart(
            [Node(f"甲{n}", "1 kg") for n in range(2)],
            [Node(f"乙{n}", "1 kg") for n in range(len(parts))],
            flows, SAID,
        )
    )  # fmt: skip
    assert drawn.count("<path") == len(flows)
    assert drawn.count('class="end"') == 2 + len(parts)


def test_a_picture_needs_flows_and_shows_names_as_text() -> None:
    for sources, flows in ((1, []), (2, [Flow(0, 0, 1)]), (1, [Flow(0, 0, -1), Flow(0, 0, 2)])):
        with pytest.raises(ValueError):
            flow_chart([Node("甲", "")] * sources, [Node("乙", "")], flows, SAID)
    drawn = str(flow_chart([Node("<甲>", "1")], [Node("乙", "1")], [Flow(0, 0, 5)], SAID))
    assert "&lt;甲&gt;" in drawn and "<甲>" not in drawn

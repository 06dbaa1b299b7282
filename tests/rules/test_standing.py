"""Which results count when reports correct, withdraw and retest one another."""

from hypothesis import given
from hypothesis import strategies as st

from trace.inspections.standing import Filed, Reported, standing_results

WATER, LEAD, ASH = "水分", "铅（以Pb计）", "总灰分"


def report(name: str, *items: str, **more: object) -> Filed:
    """A report with one result of each item; its results are called R1-水分."""
    results = tuple(Reported(f"{name}-{item}", item, None) for item in items)
    return Filed(name, results, **more)  # type: ignore[arg-type]


def test_every_result_of_a_report_that_stands_counts() -> None:
    said = standing_results([report("R1", WATER, LEAD), report("R2", LEAD)])
    assert said.counting == {"R1-水分", f"R1-{LEAD}", f"R2-{LEAD}"}
    assert said.gone == frozenset()


def test_what_a_correction_leaves_out_is_gone_and_not_forgotten() -> None:
    said = standing_results([report("R1", WATER, LEAD), report("R2", WATER, corrects="R1")])
    assert said.counting == {"R2-水分"}
    assert said.gone == {"R1-水分", f"R1-{LEAD}"}
    assert said.reports == {"R2"}


def test_a_retest_takes_the_place_of_what_it_tested_again_and_of_nothing_else() -> None:
    said = standing_results([report("R1", WATER, LEAD, ASH), report("R2", LEAD, retests="R1")])
    assert said.counting == {"R1-水分", "R1-总灰分", f"R2-{LEAD}"}
    assert said.gone == frozenset()


def test_where_both_were_said_to_count_both_do() -> None:
    both = report("R2", LEAD, retests="R1", both_count=True)
    assert standing_results([report("R1", LEAD), both]).counting == {f"R1-{LEAD}", f"R2-{LEAD}"}


def test_the_first_counts_again_once_its_retest_is_withdrawn() -> None:
    first, retest = report("R1", LEAD), report("R2", LEAD, retests="R1", withdrawn=True)
    said = standing_results([first, retest])
    assert said.counting == {f"R1-{LEAD}"}
    assert said.gone == {f"R2-{LEAD}"}


def test_the_correction_of_a_retest_is_the_retest_now() -> None:
    said = standing_results(
        [report("R1", LEAD), report("R2", LEAD, retests="R1"), report("R3", LEAD, corrects="R2")]
    )
    assert said.counting == {f"R3-{LEAD}"}
    assert said.gone == {f"R2-{LEAD}"}


def test_a_retest_also_stands_for_a_later_correction_of_what_it_tested_again() -> None:
    said = standing_results(
        [report("R1", LEAD), report("R2", LEAD, retests="R1"), report("R1b", LEAD, corrects="R1")]
    )
    assert said.counting == {f"R2-{LEAD}"}


@st.composite
def filings(draw: st.DrawFn) -> list[Filed]:
    """Reports in the order in which they were filed; each corrects or retests an open one."""
    filed: list[Filed] = []
    open_to_correct: list[str] = []
    retested: set[str] = set()
    for place in range(draw(st.integers(1, 7))):
        items = draw(st.lists(st.sampled_from([WATER, LEAD, ASH]), min_size=1, unique=True))
        how = draw(st.sampled_from(["new", "corrects", "retests"]))
        more: dict[str, object] = {"withdrawn": draw(st.integers(0, 4)) == 0}
        free = [name for name in open_to_correct if name not in retested]
        if how == "corrects" and open_to_correct:
            older = draw(st.sampled_from(open_to_correct))
            open_to_correct.remove(older)
            more["corrects"] = older
        elif how == "retests" and free:
            first = draw(st.sampled_from(free))
            retested.add(first)
            more |= {"retests": first, "both_count": draw(st.booleans())}
        name = f"R{place}"
        filed.append(report(name, *items, **more))
        open_to_correct.append(name)
    return filed


@given(filings())
def test_nothing_counts_twice_and_no_item_is_lost_without_a_trace(filed: list[Filed]) -> None:
    said = standing_results(filed)
    every = {r.id: r.characteristic for report in filed for r in report.results}
    assert said.counting.isdisjoint(said.gone)
    left_out = every.keys() - said.counting - said.gone
    counted = {every[key] for key in said.counting}
    assert {every[key] for key in left_out} <= counted
    assert set(every.values()) <= counted | {every[key] for key in said.gone}


@given(filings(), st.randoms())
def test_the_order_in_which_reports_are_told_does_not_matter(filed: list[Filed], chance) -> None:  # type: ignore[no-untyped-def]
    mixed = list(filed)
    chance.shuffle(mixed)
    assert standing_results(mixed) == standing_results(filed)


@given(filings())
def test_a_withdrawn_report_stands_for_nothing(filed: list[Filed]) -> None:
    said = standing_results(filed)
    for one in filed:
        if one.withdrawn:
            assert one.id not in said.reports
            assert said.counting.isdisjoint(result.id for result in one.results)

"""Editions in force, scopes, what a requirement may do, and how it reads."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.phrases import limit_text, scope_text, sentence
from products.requirements import (
    STAGE_NAMES,
    STAGES,
    Bound,
    BoundKind,
    Certainty,
    Edition,
    Nature,
    PlanItem,
    ReleasePlan,
    Requirement,
    RequirementError,
    Scope,
    Subject,
    Weight,
    When,
    binds,
    declared_standards,
    may_fail,
    standard_of,
    weight,
)
from products.rulebook import (
    BatchFacts,
    Rulebook,
    applicable,
    in_force,
    requirements_in_force,
    scope_gaps,
)

GB2762_2022 = Edition("e22", "GB 2762", "GB 2762-2022", ends=date(2026, 9, 1))
GB2762_2025 = Edition("e25", "GB 2762", "GB 2762-2025", starts=date(2026, 9, 2))
TEA_2016 = Edition("e16", "GB/T 14456.3", "GB/T 14456.3-2016")
MOISTURE = Requirement(
    id="r42",
    code="R042",
    characteristic="水分",
    characteristic_en="moisture",
    stage="processing",
    bound=Bound(BoundKind.NUMBER, upper="7.0"),
    unit="%（质量分数）",
    nature=Nature.RECOMMENDED,
    certainty=Certainty.ONE_SOURCE,
    enforce=True,
    edition=TEA_2016,
    clause="5.3 表5",
    method="GB/T 8304",
    scope=Scope(grades=("特级", "一级", "二级"), forms=("成品茶",)),
)
LEAD = Requirement(
    id="r1",
    code="R001",
    characteristic="铅（以Pb计）",
    characteristic_en="lead",
    stage="testing",
    bound=Bound(BoundKind.NUMBER, upper="5.0"),
    unit="mg/kg",
    nature=Nature.MANDATORY,
    certainty=Certainty.CONFIRMED,
    enforce=True,
    edition=GB2762_2025,
    clause="4.1 表1 茶叶",
    method="GB 5009.12",
)
TEA = BatchFacts("changsha-green-tea", grade="一级", form="成品茶")


# --- editions ------------------------------------------------------------------------------


def test_the_nine_stages_stand_in_the_order_of_the_plan():
    said = ["分级", "生产", "加工", "保鲜", "存储", "运输", "包装", "标志", "质量检测"]
    assert [STAGE_NAMES[stage].zh for stage in STAGES] == said


def test_a_known_first_day_is_the_first_day():
    assert GB2762_2025.effective_start == date(2026, 9, 2)
    assert GB2762_2025.starts_certain


def test_an_unknown_first_day_counts_from_the_january_after_the_year_in_the_number():
    assert GB2762_2022.effective_start == date(2023, 1, 1)
    assert not GB2762_2022.starts_certain
    law = Edition("law", "农产品质量安全法", "农产品质量安全法（2022）")
    assert law.effective_start == date(2023, 1, 1)


def test_an_edition_without_day_and_year_counts_from_ever():
    assert Edition("n", "NY/T 604", "NY/T 604").effective_start == date.min


@pytest.mark.parametrize(
    ("designation", "standard"),
    [
        ("GB/T 14456.3-2016", "GB/T 14456.3"),
        ("GB/T 14456.3", "GB/T 14456.3"),
        ("GB 2762—2025", "GB 2762"),
        ("农产品质量安全法（2022）", "农产品质量安全法"),
        ("农业农村部公告第250号", "农业农村部公告第250号"),
        ("T/QJCIPA 003-2021", "T/QJCIPA 003"),
    ],
)
def test_a_standard_is_its_number_without_the_year(designation, standard):
    assert standard_of(designation) == standard


@pytest.mark.parametrize(
    ("day", "designation"),
    [
        (date(2022, 12, 31), None),
        (date(2023, 1, 1), "GB 2762-2022"),
        (date(2026, 9, 1), "GB 2762-2022"),
        (date(2026, 9, 2), "GB 2762-2025"),
        (date(2030, 1, 1), "GB 2762-2025"),
    ],
)
def test_the_edition_in_force_changes_on_the_day_its_successor_starts(day, designation):
    found = in_force([GB2762_2025, GB2762_2022], day).get("GB 2762")
    assert (found.designation if found else None) == designation


def test_a_successor_replaces_an_edition_that_nobody_closed():
    unclosed = replace(GB2762_2022, ends=None)
    assert in_force([unclosed, GB2762_2025], date(2026, 10, 1))["GB 2762"] is GB2762_2025


def test_an_old_edition_never_comes_back_when_its_successor_ends():
    ended = replace(GB2762_2025, ends=date(2026, 12, 31))
    unclosed = replace(GB2762_2022, ends=None)
    assert in_force([unclosed, ended], date(2027, 1, 1)) == {}


@given(
    st.lists(
        st.tuples(st.dates(date(2015, 1, 1), date(2030, 1, 1)), st.integers(0, 2000)),
        min_size=1,
        max_size=6,
    ),
    st.dates(date(2015, 1, 1), date(2032, 1, 1)),
    st.randoms(),
)
def test_at_most_one_edition_of_a_standard_is_in_force_whatever_the_order(spans, day, rng):
    editions = [
        Edition(str(n), "GB 1", f"GB 1-{n}", starts=start, ends=start + timedelta(days=length))
        for n, (start, length) in enumerate(spans)
    ]
    first = in_force(editions, day)
    rng.shuffle(editions)
    assert in_force(editions, day) == first
    assert all(e.starts <= day <= e.ends for e in first.values())


# --- bounds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "code"),
    [
        ({"kind": BoundKind.NUMBER}, "bound_without_limit"),
        ({"kind": BoundKind.SERIES}, "bound_without_limit"),
        ({"kind": BoundKind.NUMBER, "lower": "3", "upper": "1"}, "bound_empty"),
        (
            {"kind": BoundKind.NUMBER, "lower": "1", "upper": "1.0", "upper_open": True},
            "bound_empty",
        ),
        ({"kind": BoundKind.CHOICE}, "bound_without_choices"),
    ],
)
def test_a_bound_that_nothing_can_meet_is_refused(bound, code):
    with pytest.raises(RequirementError) as refused:
        Bound(**bound)
    assert refused.value.code == code


def test_a_limit_must_be_written_as_a_plain_number():
    with pytest.raises(ValueError, match="is not a number"):
        Bound(BoundKind.NUMBER, upper="1e-3")


# --- scope ---------------------------------------------------------------------------------


def test_an_empty_scope_takes_in_every_batch():
    assert scope_gaps(Scope(), BatchFacts("anything")) == ()


def test_a_row_applies_when_all_its_fields_match():
    assert scope_gaps(MOISTURE.scope, TEA) == ()
    assert scope_gaps(MOISTURE.scope, replace(TEA, grade="三级")) is None
    assert scope_gaps(MOISTURE.scope, replace(TEA, form="鲜叶")) is None


def test_a_field_left_empty_never_drops_a_row_but_is_named():
    assert scope_gaps(MOISTURE.scope, replace(TEA, grade=None, form=None)) == ("grade", "form")
    assert scope_gaps(MOISTURE.scope, replace(TEA, grade=None, form="鲜叶")) is None


def test_applicable_rows_are_those_in_force_on_the_day():
    rules = Rulebook(("一级",), (GB2762_2022, GB2762_2025, TEA_2016), (LEAD, MOISTURE))
    assert applicable(rules, TEA, date(2026, 10, 1)) == (LEAD, MOISTURE)
    assert applicable(rules, TEA, date(2026, 8, 30)) == (MOISTURE,)
    assert rules.entered == {"e25", "e16"}


def test_rows_of_another_product_and_duties_of_parties_do_not_apply_to_a_batch():
    other = replace(LEAD, id="o", product="wangcheng-crayfish")
    duty = replace(LEAD, id="d", subject=Subject.PARTY)
    package = replace(LEAD, id="p", subject=Subject.PACKAGE)
    rules = Rulebook((), (GB2762_2025,), (other, duty, package))
    assert applicable(rules, TEA, date(2026, 10, 1)) == (package,)
    assert requirements_in_force(rules, date(2026, 10, 1)) == (other, duty, package)


# --- what a requirement may do -------------------------------------------------------------


def test_a_mandatory_limit_binds_and_a_recommended_one_once_declared():
    assert binds(LEAD, ())
    assert not binds(MOISTURE, ())
    assert binds(MOISTURE, declared_standards(["GB/T 14456.3-2016"]))
    assert binds(MOISTURE, declared_standards([" GB/T 14456.3 "]))
    assert not binds(MOISTURE, declared_standards(["GB/T 14456.1-2017"]))


@pytest.mark.parametrize("nature", [Nature.REFERENCE, Nature.PROCEDURE, Nature.BENCHMARK])
def test_a_reference_a_procedure_and_a_benchmark_decide_nothing(nature):
    row = replace(LEAD, nature=nature)
    assert not binds(row, {"GB 2762"})
    assert weight(row, {"GB 2762"}) is Weight.SHOWN
    assert not may_fail(row)


@pytest.mark.parametrize(
    ("certainty", "enforce", "expected"),
    [
        (Certainty.CONFIRMED, True, Weight.FAILS),
        (Certainty.ONE_SOURCE, True, Weight.HOLDS),
        (Certainty.UNVERIFIED, True, Weight.SHOWN),
        (Certainty.CONFIRMED, False, Weight.SHOWN),
        (Certainty.ONE_SOURCE, False, Weight.SHOWN),
        (Certainty.UNVERIFIED, False, Weight.SHOWN),
    ],
)
def test_what_a_limit_may_do_follows_from_how_sure_it_is(certainty, enforce, expected):
    row = replace(LEAD, certainty=certainty, enforce=enforce)
    assert weight(row, ()) is expected
    assert may_fail(row) is (expected is Weight.FAILS)


def test_rows_of_one_characteristic_sort_strictest_first_whatever_their_units():
    def row(unit="mg/kg", **bound):
        return replace(LEAD, unit=unit, bound=Bound(**{"kind": BoundKind.NUMBER, **bound}))

    strict = [
        row(kind=BoundKind.NOT_DETECTED),
        row("μg/kg", upper="50"),
        row(upper="0.5"),
        row("g/kg", upper="1"),
        row(lower="9"),
        row(lower="1"),
    ]
    assert sorted(reversed(strict), key=lambda r: r.strictness) == strict


# --- plans ---------------------------------------------------------------------------------


def plan(**more):
    facts = {
        "id": "p",
        "standard": "GB/T 14456.3-2016",
        "clause": "7.2",
        "source": "GB/T 14456.3-2016",
        "every_batch": (PlanItem("水分", "7.2.1"),),
        "certainty": Certainty.ONE_SOURCE,
    }
    return ReleasePlan(**{**facts, **more})


def test_a_type_inspection_stays_valid_for_twelve_months_over_its_times_a_year():
    assert plan(type_per_year=2).validity_months == 6
    assert plan(type_per_year=5).validity_months == 2
    assert plan(type_per_year=2, type_months=9).validity_months == 9
    assert plan().validity_months is None


def test_a_plan_that_asks_nothing_is_refused():
    with pytest.raises(RequirementError) as refused:
        plan(every_batch=(), type_items=())
    assert refused.value.code == "plan_asks_nothing"


def test_a_plan_cannot_ask_for_a_tenth_stage():
    with pytest.raises(RequirementError) as refused:
        plan(stage_events=("selling",))
    assert refused.value.code == "plan_unknown_stage"


def test_a_plan_stands_from_its_first_to_its_last_day():
    dated = plan(starts=date(2026, 1, 1), ends=date(2026, 12, 31))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [dated.stands_on(day) for day in days] == [False, True, True, False]


# --- how it reads --------------------------------------------------------------------------


def test_a_requirement_reads_as_one_plain_sentence_in_both_languages():
    assert sentence(MOISTURE) == "水分不超过 7.0 %（GB/T 14456.3-2016 5.3 表5，方法 GB/T 8304）"
    assert sentence(MOISTURE, "en") == (
        "Moisture: at most 7.0 % (GB/T 14456.3-2016 5.3 表5; method GB/T 8304)"
    )


@pytest.mark.parametrize(
    ("bound", "unit", "limit", "asked"),
    [
        ({"upper": "5.0"}, "mg/kg", "≤ 5.0 mg/kg", "不超过 5.0 mg/kg"),
        ({"lower": "36.0"}, "%（质量分数）", "≥ 36.0 %", "不低于 36.0 %"),
        ({"upper": "5", "upper_open": True}, "μg/kg", "< 5 μg/kg", "低于 5 μg/kg"),
        ({"lower": "0", "lower_open": True}, "℃", "> 0 ℃", "高于 0 ℃"),
        ({"lower": "1.0", "upper": "3.0"}, "%", "1.0～3.0 %", "不低于 1.0、不超过 3.0 %"),
        (
            {"lower": "1", "upper": "3", "lower_open": True},
            "%",
            "> 1, ≤ 3 %",
            "高于 1、不超过 3 %",
        ),
        ({"lower": "13.0", "upper": "13.0"}, "—", "= 13.0", "应为 13.0"),
        ({"kind": "not_detected"}, "μg/kg", "不得检出", "不得检出"),
        ({"kind": "choice", "choices": ("特级", "一级")}, "", "特级、一级", "应为特级或一级"),
        ({"kind": "yes_no"}, "", "符合", "应符合要求"),
        ({"kind": "document"}, "", "须有文件", "须有文件"),
        ({"kind": "series", "upper": "8"}, "℃", "全程 ≤ 8 ℃", "全程不超过 8 ℃"),
        ({"kind": "clause"}, "", "符合条款（限值未录入）", "符合条款（限值未录入）"),
    ],
)
def test_every_kind_of_bound_reads_beside_a_box_and_in_a_sentence(bound, unit, limit, asked):
    kind = BoundKind(bound.get("kind", "number"))
    row = replace(MOISTURE, unit=unit, bound=Bound(**{**bound, "kind": kind}))
    assert limit_text(row.bound, row.unit) == limit
    assert sentence(row).startswith(f"水分{asked}（GB/T 14456.3-2016")
    english = f"{limit_text(row.bound, row.unit, 'en')} {sentence(row, 'en')}"
    names = ("表5", "特级", "一级")
    plain = "".join(english.split())
    for name in names:
        plain = plain.replace(name, "")
    assert not any("一" <= sign <= "鿿" for sign in plain)


def test_a_scope_reads_in_one_breath():
    price = When("售价", Bound(BoundKind.NUMBER, lower="200", lower_open=True), "元")
    scope = Scope(grades=("特级", "一级"), matrices=("肌肉",), when=price)
    assert scope_text(scope) == "特级、一级；肌肉；售价 > 200 元"
    assert scope_text(Scope()) == ""

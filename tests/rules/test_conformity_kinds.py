"""Several readings: class plans, means, records with times; and documents with a last day."""

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.errors import RuleError
from products.phrases import limit_text, sentence
from products.requirements import Bound, BoundKind, RequirementError
from tests.rules.tea import LEAD, row
from trace.inspections.comparison import Finding, check_entry, compare
from trace.inspections.journeys import read_journey
from trace.inspections.readings import ReadingError, ReadingKind, read_document
from trace.inspections.results import Result

HOLDS, BROKEN, OPEN = Finding.HOLDS, Finding.BROKEN, Finding.OPEN
ON = date(2026, 10, 1)
PLAN3 = Bound(BoundKind.CLASSES, n=5, c=2, m="100", M="1000")
PLAN2 = Bound(BoundKind.CLASSES, n=5, c=0, m="0")
MEAN = Bound(BoundKind.MEAN, upper="3.0", readings=3, largest_spread="0.5")


def typed(text, unit="CFU/g", **more):
    return Result("1", "项目", text, unit, **more)


def met(bound, text, unit="CFU/g", limit_unit="CFU/g", **more):
    return compare(bound, limit_unit, typed(text, unit, **more), ON)


def finding(bound, text, unit="CFU/g", limit_unit="CFU/g", **more):
    return met(bound, text, unit, limit_unit, **more).finding


# --- class plans ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 20 30 40 50", HOLDS),
        ("10;20；100、400 1000", HOLDS),
        ("101 400 1000 <10 < 10", BROKEN),
        ("10 10 10 10 1001", BROKEN),
        ("1001", BROKEN),
        ("101 200 300", BROKEN),
        ("10 20 30 40", OPEN),
        ("10 20 30 40 <1001", OPEN),
        ("10 20 101 102 <200", OPEN),
        ("10 20 101 102 <100", HOLDS),
        ("10 20 30 40 ND", OPEN),
        ("101 102 103 10 10 10", OPEN),
        ("101 102 103 104 10 10", BROKEN),
        ("101 102 10 10 10 10", HOLDS),
    ],
)
def test_a_plan_of_three_classes(text, expected):
    assert finding(PLAN3, text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0 0 0 0 0", HOLDS), ("0 0 1", BROKEN), ("0 0 0 0 <1", OPEN), ("ND ND ND ND ND", OPEN)],
)
def test_a_plan_of_two_classes(text, expected):
    assert finding(PLAN2, text) is expected


def test_a_class_plan_says_what_it_counted_and_against_what():
    reason = met(PLAN3, "10 101 200 300 5").reason
    assert reason.zh == "5 个样品，3 个超过 m，多于 c=2（采样方案 n=5，c=2，m=100，M=1000 CFU/g）"
    assert "3 above m, more than c = 2" in reason.en
    assert met(PLAN3, "1 2 3 4 5000").reason.zh.startswith(
        "5 个样品，第 5 个是 5000 CFU/g，超过 M=1000"
    )


def test_a_class_plan_converts_units_and_keeps_its_guard_band():
    bound = Bound(BoundKind.CLASSES, n=2, c=0, m="1", M="2")
    assert finding(bound, "100 100", "MPN/100g", "MPN/g") is HOLDS
    assert finding(bound, "100 101", "MPN/100g", "MPN/g") is BROKEN
    assert finding(bound, "1 1", "CFU/mL", "MPN/g") is OPEN
    assert finding(PLAN3, "10 10 10 10 999", uncertainty="5", guarded=True) is OPEN
    assert finding(PLAN3, "10 10 10 10 999", uncertainty="5", guarded=False) is HOLDS


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=7),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(0, 20),
    st.integers(1, 20),
)
def test_a_class_plan_counts_as_a_person_would(counts, n, c, m, more):
    if c >= n:
        return
    bound = Bound(BoundKind.CLASSES, n=n, c=c, m=str(m), M=str(m + more))
    said = finding(bound, " ".join(map(str, counts)))
    above = sum(count > m for count in counts)
    if any(count > m + more for count in counts):
        assert said is BROKEN
    elif len(counts) == n:
        assert said is (BROKEN if above > c else HOLDS)
    elif len(counts) < n:
        assert said is (BROKEN if above > c else OPEN)


# --- means ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.9 3.0 3.1", HOLDS),
        ("2.9 3.0 3.2", BROKEN),
        ("3.0 3.0", OPEN),
        ("1.0 2.0 3.0", OPEN),
        ("2.9 3.0 <3.1", OPEN),
        ("3 3 3 3", HOLDS),
    ],
)
def test_a_mean_is_of_enough_readings_that_agree(text, expected):
    assert finding(MEAN, text, "mm", "mm") is expected


def test_a_mean_is_exact_and_shown_with_number_and_spread():
    bound = Bound(BoundKind.MEAN, upper="0.333333", readings=3)
    said = met(bound, "0 0 1", "mm", "mm")
    assert said.finding is BROKEN
    assert said.value == "0.333333"
    assert said.reason.zh.startswith("3 个读数，均值 ≈0.333333 mm，极差 1 mm，超过限量")
    assert met(MEAN, "2.0 2.0 3.0", "mm", "mm").reason.zh.endswith("极差超过 0.5 mm，要重测")
    rounded = Bound(BoundKind.MEAN, upper="0.3", readings=3, rounded=True)
    assert finding(rounded, "0 0 1", "mm", "mm") is HOLDS


def test_the_uncertainty_of_a_mean_is_that_of_the_mean():
    assert finding(MEAN, "2.9 2.9 2.9", "mm", "mm", uncertainty="0.1", guarded=True) is HOLDS
    assert finding(MEAN, "2.9 3.0 2.9", "mm", "mm", uncertainty="0.1", guarded=True) is OPEN


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12), st.integers(0, 1000))
def test_the_order_of_readings_never_matters_to_a_mean(readings, limit):
    bound = Bound(BoundKind.MEAN, upper=str(limit), readings=2)
    said = finding(bound, " ".join(map(str, readings)), "mm", "mm")
    assert said is finding(bound, ";".join(map(str, reversed(readings))), "mm", "mm")
    assert said is (HOLDS if Fraction(sum(readings), len(readings)) <= limit else BROKEN)


# --- records -------------------------------------------------------------------------------

COLD = Bound(BoundKind.SERIES, upper="4")
LENIENT = Bound(BoundKind.SERIES, upper="4", longest_beyond="30", longest_gap="60")


def journey(bound, text):
    return finding(bound, text, "℃", "℃")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08:00 3.2\n08:10 3.9;8:20 4.0", HOLDS),
        ("08:00 3.2; 08:10 4.1; 08:40 4.0", HOLDS),
        ("08:00 3.2; 08:10 4.1; 08:41 4.0", BROKEN),
        ("08:00 4.1; 08:20 3.0; 08:30 4.1; 08:41 4.0", BROKEN),
        ("08:00 3.2; 08:10 4.1", OPEN),
        ("08:00 3.2; 09:01 3.3", OPEN),
        ("08:00 4.1; 09:01 3.3", OPEN),
        ("08:00 4.1; 08:31 3; 10:00 3.3", BROKEN),
        ("08:00 3.2; 08:10 <5", OPEN),
        ("08:00 3.2", OPEN),
        ("3.2 3.4", OPEN),
        ("3.2 4.4", OPEN),
        ("2026-11-20T23:50 3.2; 2026-11-21 00:10 4", HOLDS),
        ("２０２６-11-20 23：50:00 3．2；2026-11-20 23:50:30，4", HOLDS),
    ],
)
def test_a_record_may_leave_its_limit_for_so_long_and_pause_for_so_long(text, expected):
    assert journey(LENIENT, text) is expected


def test_without_allowance_one_warm_reading_breaks_a_record_with_times_too():
    said = met(COLD, "08:00 3.2; 08:10 4.1; 08:20 3", "℃", "℃")
    assert said.finding is BROKEN
    assert said.reason.zh.startswith("第 2 个读数（08:10）：测得 4.1 ℃")
    assert journey(COLD, "08:00 3.2; 12:10 4") is HOLDS
    assert journey(Bound(BoundKind.SERIES, upper="4", longest_beyond="0"), "4 3 2") is HOLDS


def test_a_gap_is_named_with_its_times():
    said = met(LENIENT, "2026-11-20 08:00 3; 2026-11-20 08:30 3; 2026-11-20 11:00 3", "℃", "℃")
    assert said.finding is OPEN
    assert "2026-11-20 08:30 到 2026-11-20 11:00 之间 150 min 没有读数" in said.reason.zh
    assert "no reading for 150 min" in said.reason.en


@pytest.mark.parametrize(
    "text",
    [
        "08:00 3.2; 07:59 3",
        "08:00 3.2; 08:00 3",
        "08:00 3.2; 3.3",
        "08:00 3.2; 2026-11-20 08:10 3",
        "24:00 3.2",
        "08:60 3.2",
        "2026-02-30 08:00 3",
        "08:00 3.2 08:10 3.3",
        "08:00 符合",
        "08:00",
    ],
)
def test_a_record_whose_times_do_not_ascend_or_cannot_be_read_is_refused(text):
    with pytest.raises(RuleError):
        check_entry(COLD, "℃", typed(text, "℃"))
    assert journey(COLD, text) is OPEN


def test_a_record_keeps_what_was_typed_of_its_times():
    moments = read_journey("8:00 3.2\n\n09:30:15 <4", "℃")
    assert [moment.told for moment in moments] == ["8:00", "09:30:15"]
    assert moments[1].at - moments[0].at == timedelta(hours=1, minutes=30, seconds=15)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 8)), min_size=2, max_size=12),
    st.integers(0, 120),
)
def test_time_beyond_the_limit_is_added_up_minute_by_minute(steps, allowed):
    at, entries, minutes = datetime(2026, 11, 20, 8, 0), [], []  # noqa: DTZ001 a plain clock
    for index, (step, warmth) in enumerate(steps):
        entries.append(f"{at:%Y-%m-%dT%H:%M} {warmth}")
        minutes += [warmth] * (step if index < len(steps) - 1 else 0)
        at += timedelta(minutes=step)
    bound = Bound(BoundKind.SERIES, upper="4", longest_beyond=str(allowed))
    said = journey(bound, "\n".join(entries))
    beyond = sum(warmth > 4 for warmth in minutes)
    if beyond > allowed:
        assert said is BROKEN
    else:
        assert said is (OPEN if steps[-1][1] > 4 else HOLDS)


# --- documents -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-01", "有效至 2027-03-01", "有效期至：2027年3月1日", "符合，有效至2027/3/1",
        "valid to 2027-03-01", "至 2027.03.01", "Yes, valid until 2027-3-1", "２０２７-０３-０１",
    ],
)  # fmt: skip
def test_the_last_day_of_a_document_is_read_in_many_ways(text):
    assert read_document(text) == (ReadingKind.YES, date(2027, 3, 1))


@pytest.mark.parametrize("text", ["2027-02-30", "2027", "明年", "5", "有效", "2027-03-01 左右"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ReadingError):
        read_document(text)
    assert compare(Bound(BoundKind.DOCUMENT), "", typed(text, "", document=True)).finding is OPEN


def test_a_document_is_valid_up_to_and_on_its_last_day():
    bound, kept = Bound(BoundKind.DOCUMENT), typed("有效至 2026-10-01", "", document=True)
    assert compare(bound, "", kept, ON).finding is HOLDS
    late = compare(bound, "", kept, ON + timedelta(days=1))
    assert late.finding is OPEN
    assert late.reason.zh == "文件有效至 2026-10-01，到 2026-10-02 已过期"
    assert compare(bound, "", typed("2027-01-01", ""), ON).finding is OPEN
    assert compare(bound, "", typed("无", "", document=True), ON).finding is BROKEN


# --- what a limit may be -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("classes", {"n": 5, "c": 5, "m": "1"}, "bound_plan"),
        ("classes", {"c": 1, "m": "1"}, "bound_plan"),
        ("classes", {"n": 5, "c": 2}, "bound_class_limits"),
        ("classes", {"n": 5, "c": 2, "m": "10", "M": "10"}, "bound_class_limits"),
        ("classes", {"n": 5, "c": 2, "m": "10", "upper": "5"}, "bound_field_of_another_kind"),
        ("mean", {"upper": "5"}, "bound_readings"),
        ("mean", {"upper": "5", "readings": 1}, "bound_readings"),
        ("mean", {"readings": 3}, "bound_without_limit"),
        ("mean", {"upper": "5", "readings": 3, "largest_spread": "-1"}, "bound_spread"),
        ("series", {"upper": "5", "longest_gap": "0"}, "bound_minutes"),
        ("number", {"upper": "5", "longest_gap": "5"}, "bound_field_of_another_kind"),
        ("number", {"lower": "5", "cleared_by": "总汞"}, "bound_cleared_without_upper"),
        ("number", {"upper": "x"}, "number_unreadable"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused(kind, fields, code):
    with pytest.raises(RuleError) as refused:
        Bound(BoundKind(kind), **fields)
    assert refused.value.code == code
    assert isinstance(refused.value, RequirementError) or code == "number_unreadable"


@pytest.mark.parametrize(
    ("bound", "unit", "zh", "en", "asked"),
    [
        (
            PLAN3,
            "CFU/g",
            "n=5，c=2，m=100，M=1000 CFU/g",
            "n=5, c=2, m=100, M=1000 CFU/g",
            "应符合采样方案 n=5，c=2，m=100，M=1000 CFU/g",
        ),
        (
            MEAN,
            "mm",
            "均值 ≤ 3.0 mm（至少 3 个读数，极差 ≤ 0.5 mm）",
            "mean ≤ 3.0 mm (of at least 3 readings, spread ≤ 0.5 mm)",
            "的均值不超过 3.0 mm（至少 3 个读数，极差 ≤ 0.5 mm）",
        ),
        (
            LENIENT,
            "℃",
            "全程 ≤ 4 ℃（超出合计 ≤ 30 min，读数间隔 ≤ 60 min）",
            "throughout ≤ 4 °C (at most 30 min beyond, readings at most 60 min apart)",
            "全程不超过 4 ℃（超出合计 ≤ 30 min，读数间隔 ≤ 60 min）",
        ),
        (
            Bound(BoundKind.NUMBER, lower="-18", upper="-15"),
            "℃",
            "-18～-15 ℃",
            "-18 to -15 °C",
            "不低于 -18、不超过 -15 ℃",
        ),
    ],
)
def test_every_new_limit_reads_in_both_languages(bound, unit, zh, en, asked):
    assert (limit_text(bound, unit), limit_text(bound, unit, "en")) == (zh, en)
    said = row("N", "项目", "item", LEAD.edition, bound=bound, unit=unit)
    assert sentence(said).startswith(f"项目{asked}（GB 2762-2025")
    assert "～" not in sentence(said, "en") + en

"""The built-in catalogue: nothing lost from the facts, nothing added to them, all of it consistent."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import combinations

import pytest

from products.catalogue import rows
from products.catalogue.reader import FOLDER, read_catalogue
from products.requirements import BoundKind, Certainty, Edition, Nature, Scope, Subject
from products.rulebook import in_force

SCOPE_TERMS = ("grades", "forms", "processes", "conditions", "matrices")
CATALOGUE = read_catalogue()
ROWS = {row.code: row for row in CATALOGUE.requirements}
PRODUCTS = {product.key: product for product in CATALOGUE.products}
EDITIONS = {e.designation: e for s in CATALOGUE.standards for e in s.editions}


def of_product(key: str, characteristic: str) -> list[rows.Requirement]:
    return [r for r in ROWS.values() if r.product == key and r.characteristic == characteristic]


def in_force_on(day: date) -> dict[str, str]:
    """Standard → designation of its edition in force, by the rule that the judge uses."""
    editions = [
        Edition(e.designation, s.number, e.designation, s.level, e.starts, e.ends)
        for s in CATALOGUE.standards
        for e in s.editions
    ]
    return {standard: edition.designation for standard, edition in in_force(editions, day).items()}


# What was carried over


def test_no_row_of_the_facts_is_lost_and_none_is_there_twice() -> None:
    assert len(CATALOGUE.requirements) == 374
    assert sorted(ROWS) == [f"R{number:03}" for number in range(1, 375)]


def test_every_row_stands_with_its_product() -> None:
    assert Counter(row.product for row in ROWS.values()) == {
        "ningxiang-pig": 93,
        "changsha-green-tea": 80,
        "liuyang-black-goat": 51,
        "wangcheng-culter": 46,
        "wangcheng-crayfish": 32,
        "yuelu-yellow-chives": 21,
        "african-green-coffee": 15,
        "weishan-maojian": 11,
        "liuyang-camellia-oil": 9,
        "daweishan-pear": 8,
        None: 8,
    }


def test_no_row_became_surer_than_the_facts() -> None:
    assert Counter(row.certainty for row in ROWS.values()) == {
        Certainty.CONFIRMED: 106,
        Certainty.ONE_SOURCE: 263,
        Certainty.UNVERIFIED: 5,
    }


def test_only_the_constant_of_the_packaging_rule_lost_its_enforcement() -> None:
    """The facts enforce 296 rows; R173 is a constant to calculate with (its own note says so)."""
    assert sum(row.enforce for row in ROWS.values()) == 296 - 1
    constant = ROWS["R173"]
    assert (constant.nature, constant.enforce) == (Nature.REFERENCE, False)
    assert (constant.bound.lower, constant.bound.upper) == ("13.0", "13.0")


def test_natures_are_those_of_the_facts_but_for_that_constant() -> None:
    assert Counter(row.nature for row in ROWS.values()) == {
        Nature.MANDATORY: 307 - 1,
        Nature.RECOMMENDED: 33,
        Nature.BENCHMARK: 18,
        Nature.REFERENCE: 14 + 1,
        Nature.PROCEDURE: 2,
    }


def test_every_stage_keeps_its_rows() -> None:
    assert Counter(row.stage for row in ROWS.values()) == {
        "production": 166,
        "testing": 154,
        "transport": 17,
        "processing": 10,
        "grading": 9,
        "storage": 8,
        "packaging": 5,
        "preservation": 3,
        "marking": 2,
    }


def test_82_rows_of_standards_are_82_editions_and_one_more_that_a_product_names() -> None:
    """Three standards have two editions each; GB/T 2773 is named by 宁乡花猪 alone."""
    assert len(EDITIONS) == 82 + 1
    assert len(CATALOGUE.standards) == 82 - 3 + 1
    two = {s.number for s in CATALOGUE.standards if len(s.editions) > 1}
    assert two == {"GB 2762", "GB 2763", "GB 7718"}
    assert Counter(e.certainty for e in EDITIONS.values()) == {
        Certainty.CONFIRMED: 53,
        Certainty.ONE_SOURCE: 26,
        Certainty.UNVERIFIED: 3 + 1,
    }


def test_twelve_products_eight_of_them_in_the_plan() -> None:
    assert len(PRODUCTS) == 12
    assert [p.name for p in PRODUCTS.values() if p.in_plan] == [
        "长沙绿茶",
        "望城小龙虾",
        "浏阳油茶",
        "浏阳花卉苗木",
        "岳麓韭黄",
        "宁乡花猪",
        "望城鲌鱼",
        "进口非洲咖啡",
    ]


def test_nine_counties_with_all_their_townships() -> None:
    counties = {c.name: len(c.townships) for c in CATALOGUE.divisions.counties}
    assert counties == {
        "芙蓉区": 14,
        "天心区": 14,
        "岳麓区": 19,
        "开福区": 16,
        "雨花区": 14,
        "望城区": 16,
        "长沙县": 18,
        "浏阳市": 32,
        "宁乡市": 29,
    }


def test_no_web_address_came_along() -> None:
    host = re.compile(r"https?:|www\.|github|\b[\w-]+\.(?:com|cn|net|org|cc|io)\b", re.IGNORECASE)
    for path in FOLDER.rglob("*.yaml"):
        assert host.search(path.read_text("utf-8")) is None, path.name


# Digits


@pytest.mark.parametrize(
    ("code", "lower", "upper"),
    [
        ("R001", None, "5.0"),
        ("R005", None, "0.5"),
        ("R008", None, "20"),
        ("R011", None, "1.0"),
        ("R036", None, "0.08"),
        ("R042", None, "7.0"),
        ("R045", "36.0", None),
        ("R049", "1.0", "3.0"),
        ("R061", None, "9.0"),
        ("R074", None, "1.0"),
        ("R079", None, "5"),
        ("R147", None, "-18"),
        ("R152", None, "0.25"),
        ("R160", "9.0", None),
        ("R164", "90", None),
        ("R257", None, "2000"),
        ("R357", "200", None),
        ("R369", "0", "4"),
    ],
)
def test_a_limit_keeps_the_digits_of_its_standard(
    code: str, lower: str | None, upper: str | None
) -> None:
    bound = ROWS[code].bound
    assert (bound.lower, bound.upper) == (lower, upper)
    assert not (bound.lower_open or bound.upper_open)


def test_48_rows_forbid_any_trace_and_give_no_detection_limit() -> None:
    traces = [r for r in ROWS.values() if r.bound.kind is BoundKind.NOT_DETECTED]
    assert len(traces) == 48
    assert {r.bound.detection_limit for r in traces} == {None}


# Editions


def test_lead_in_tea_is_5_0_and_sure_from_2_september_2026() -> None:
    (lead,) = of_product("changsha-green-tea", "铅（以Pb计）")
    assert (lead.code, lead.bound.upper, lead.unit) == ("R001", "5.0", "mg/kg")
    assert (lead.edition, lead.clause, lead.method) == (
        "GB 2762-2025",
        "4.1 表1 茶叶",
        "GB 5009.12",
    )
    assert (lead.certainty, lead.nature, lead.enforce) == (
        Certainty.CONFIRMED,
        Nature.MANDATORY,
        True,
    )
    edition = EDITIONS["GB 2762-2025"]
    assert (edition.starts, edition.starts_certain, edition.ends) == (date(2026, 9, 2), True, None)


def test_gb_2762_2022_ends_the_day_before() -> None:
    assert EDITIONS["GB 2762-2022"].ends == date(2026, 9, 1)
    assert in_force_on(date(2026, 9, 1))["GB 2762"] == "GB 2762-2022"
    assert in_force_on(date(2026, 9, 2))["GB 2762"] == "GB 2762-2025"


def test_gb_2763_2026_ended_two_editions_of_two_standards() -> None:
    before, after = in_force_on(date(2026, 2, 28)), in_force_on(date(2026, 3, 1))
    assert (before["GB 2763"], before["GB 2763.1"]) == ("GB 2763-2021", "GB 2763.1-2022")
    assert after["GB 2763"] == "GB 2763-2026"
    assert "GB 2763.1" not in after


def test_the_new_label_standard_waits_for_its_day() -> None:
    assert in_force_on(date(2027, 3, 15))["GB 7718"] == "GB 7718-2011"
    assert in_force_on(date(2027, 3, 16))["GB 7718"] == "GB 7718-2025"


def test_a_first_day_stands_only_where_a_source_gives_it() -> None:
    given = {d: e.starts.isoformat() for d, e in EDITIONS.items() if e.starts}
    assert given == {
        "GB 2762-2025": "2026-09-02",
        "GB 2763-2026": "2026-03-01",
        "GB 7718-2025": "2027-03-16",
        "GB 23350-2021": "2025-03-01",
        "GB 31605-2020": "2021-03-11",
        "GB 31650.1-2022": "2023-02-01",
        "GB/T 8302-2013": "2014-06-22",
        "GB/T 24616-2019": "2020-03-01",
        "GB/T 30891-2014": "2015-03-01",
        "NY/T 606-2011": "2011-12-01",
        "NY/T 632-2002": "2003-03-01",
        "NY/T 1759-2009": "2009-05-20",
        "NY/T 1764-2009": "2009-05-20",
        "NY/T 1993-2011": "2011-12-01",
        "NY/T 2531-2013": "2014-04-01",
        "NY/T 4712-2025": "2025-07-01",
        "农业农村部公告第250号": "2019-12-27",
        "农产品质量安全法（2022）": "2023-01-01",
        "农产品质量安全承诺达标合格证管理办法": "2026-02-01",
        "地理标志产品保护办法": "2024-02-01",
    }


def test_a_first_day_from_one_source_is_not_called_certain() -> None:
    unsure = {d for d, e in EDITIONS.items() if e.starts and not e.starts_certain}
    assert {"GB 23350-2021", "地理标志产品保护办法", "NY/T 4712-2025"} <= unsure
    assert all(
        EDITIONS[d].certainty is Certainty.CONFIRMED
        for d, e in EDITIONS.items()
        if e.starts_certain
    )


# Scopes


def test_moisture_in_green_tea_is_7_0_for_the_upper_and_for_the_lower_grades() -> None:
    graded = [r for r in of_product("changsha-green-tea", "水分") if r.scope.grades]
    assert [(r.code, r.bound.upper, r.scope.grades) for r in graded] == [
        ("R042", "7.0", ("特级", "一级", "二级")),
        ("R051", "7.0", ("三级", "四级", "五级")),
    ]
    assert PRODUCTS["changsha-green-tea"].vocabulary.grades == tuple(
        grade for row in graded for grade in row.scope.grades
    )


def test_what_the_grade_column_mixed_stands_in_its_own_field() -> None:
    scope = {code: row.scope for code, row in ROWS.items()}
    assert scope["R060"].processes == ("炒青", "烘青", "蒸青")
    assert scope["R061"].processes == ("晒青",)
    assert (scope["R150"].processes, scope["R150"].grades) == (("压榨",), ("一级",))
    assert (scope["R151"].processes, scope["R151"].grades) == (("压榨",), ("二级",))
    assert (scope["R153"].processes, scope["R154"].processes) == (("浸出",), ("压榨",))
    assert (scope["R164"].grades, scope["R168"].forms) == (("特一级",), ("烘焙豆", "研磨咖啡"))
    assert (scope["R185"].forms, scope["R186"].forms) == (("活羊（公）",), ("活羊（母）",))
    assert (scope["R360"].conditions, scope["R361"].conditions) == (("冷藏品",), ("冷冻品",))
    assert (scope["R220"].matrices, scope["R300"].matrices) == (("肌肉",), ("皮+肉",))


def test_a_limit_on_offal_holds_for_liver_and_kidney_and_one_without_offal_for_neither() -> None:
    offal = {"内脏", "肝脏", "肾脏"}
    for code in ("R025", "R217", "R219"):
        assert set(ROWS[code].scope.matrices) == offal
    for code in ("R015", "R016", "R020", "R021"):
        assert ROWS[code].scope.matrices
        assert not offal & set(ROWS[code].scope.matrices)
    assert set(ROWS["R257"].scope.matrices) == set(PRODUCTS["ningxiang-pig"].vocabulary.matrices)


def test_spoilage_is_not_asked_of_live_animals_nor_cold_of_what_is_not_cold() -> None:
    for code in ("R114", "R124"):
        assert ROWS[code].scope.forms == ("鲜品", "冻品")
    for code in ("R362", "R365", "R368"):
        assert ROWS[code].scope.conditions == ("冷藏品", "冷冻品")
        assert "活体" not in ROWS[code].scope.forms
    assert ROWS["R147"].scope.conditions == ("冷冻品",)


def test_no_limit_on_dry_tea_reaches_fresh_leaf() -> None:
    tea = [r for r in ROWS.values() if r.product in ("changsha-green-tea", "weishan-maojian")]
    judged = [r for r in tea if r.subject is not Subject.PARTY]
    assert len(judged) == 80 + 11 - 2
    assert all(r.scope.forms and "鲜叶" not in r.scope.forms for r in judged)


def test_every_term_of_a_scope_is_a_word_of_the_product() -> None:
    for row in ROWS.values():
        if row.product is None:
            assert row.scope == Scope()
            continue
        vocabulary = PRODUCTS[row.product].vocabulary
        for name in SCOPE_TERMS:
            assert set(getattr(row.scope, name)) <= set(vocabulary.terms(name)), row.code


def overlapping() -> Iterator[tuple[str, str]]:
    """Pairs of rows of one edition that would both judge one result of one batch."""
    for one, other in combinations(ROWS.values(), 2):
        same = (one.product, one.edition, one.characteristic, one.scope.when) == (
            other.product,
            other.edition,
            other.characteristic,
            other.scope.when,
        )
        fields = [(set(getattr(one.scope, n)), set(getattr(other.scope, n))) for n in SCOPE_TERMS]
        if same and all(not a or not b or a & b for a, b in fields):
            yield one.code, other.code


def test_no_edition_says_two_things_of_the_same_goods() -> None:
    assert list(overlapping()) == []


def test_duties_of_parties_never_reach_a_batch() -> None:
    duties = [code for code, row in ROWS.items() if row.subject is Subject.PARTY]
    assert sorted(duties) == ["R072", "R073", *(f"R{n}" for n in range(174, 184))]
    assert {ROWS["R072"].nature, ROWS["R073"].nature} == {Nature.PROCEDURE}


def test_the_share_of_packaging_cost_depends_on_the_price() -> None:
    packages = [code for code, row in ROWS.items() if row.subject is Subject.PACKAGE]
    assert sorted(packages) == ["R169", "R170", "R171", "R172", "R173"]
    dear, cheap = ROWS["R171"].scope.when, ROWS["R172"].scope.when
    assert dear is not None and cheap is not None
    assert (dear.characteristic, dear.unit) == (cheap.characteristic, cheap.unit) == ("售价", "元")
    assert (dear.bound.lower, dear.bound.lower_open, cheap.bound.upper) == ("200", True, "200")
    assert ROWS["R171"].characteristic == ROWS["R172"].characteristic
    assert (ROWS["R171"].bound.upper, ROWS["R172"].bound.upper) == ("15", "20")


# Certainty


def test_what_has_no_source_or_only_compares_decides_nothing() -> None:
    for row in ROWS.values():
        if row.certainty is Certainty.UNVERIFIED:
            assert not row.enforce, row.code
        if row.nature in (Nature.REFERENCE, Nature.BENCHMARK):
            assert not row.enforce, row.code


def test_a_figure_from_an_older_edition_says_so_and_decides_nothing() -> None:
    borrowed = [row for row in ROWS.values() if row.edition_note]
    assert len(borrowed) == 40
    assert not any(row.enforce for row in borrowed)


def test_every_row_names_a_source() -> None:
    assert all(row.sources and all(row.sources) for row in ROWS.values())


# Products


def test_a_product_is_found_by_the_name_of_the_plan_and_printed_by_its_own() -> None:
    names = {p.key: (p.name, p.aliases) for p in PRODUCTS.values()}
    assert names["yuelu-yellow-chives"] == ("岳麓韭黄", ("岳麓韭皇",))
    assert names["liuyang-camellia-oil"] == ("浏阳油茶", ("浏阳茶油",))
    assert not any("（" in name for name, _ in names.values())


def test_a_product_without_a_registration_says_so() -> None:
    without = {p.name for p in PRODUCTS.values() if not p.gi_records}
    assert without == {
        "望城小龙虾",
        "浏阳油茶",
        "浏阳花卉苗木",
        "岳麓韭黄",
        "望城鲌鱼",
        "进口非洲咖啡",
    }
    assert all(PRODUCTS[p.key].note for p in PRODUCTS.values() if not p.gi_records)


def test_the_two_registrations_of_the_pig_keep_their_two_names() -> None:
    mark, agricultural = PRODUCTS["ningxiang-pig"].gi_records
    assert (mark.type, mark.name, mark.number) == ("certification-mark", "宁乡花猪", "8804834")
    assert (agricultural.name, agricultural.number, agricultural.date) == (
        "宁乡猪",
        "AGI00256",
        "2010-03-25",
    )
    assert agricultural.certainty is Certainty.CONFIRMED
    assert agricultural.announcement_certainty is Certainty.ONE_SOURCE


def test_an_old_township_is_found_under_its_new_name_and_an_abolished_one_under_none() -> None:
    divisions = CATALOGUE.divisions
    codes = {old.name: old.code for old in divisions.aliases + divisions.abolished}
    names = divisions.names()
    assert names[codes["资福乡"] or ""] == "资福镇"
    assert names[codes["沙河镇"] or ""] == "流沙河镇"
    assert codes["枫木桥乡"] is None
    assert set(PRODUCTS["ningxiang-pig"].area.old_names) == set(codes)


def test_an_area_of_which_not_all_is_known_says_so() -> None:
    whole = {p.name for p in PRODUCTS.values() if p.area.complete}
    assert whole == {"浏阳黑山羊", "大围山梨"}
    assert PRODUCTS["liuyang-black-goat"].area.counties == ("430181",)
    assert len(PRODUCTS["changsha-green-tea"].area.townships) == 7


def test_goods_are_weighed_or_counted_in_units_of_their_kind() -> None:
    counted = {
        (p.name, f.name, f.units)
        for p in PRODUCTS.values()
        for f in p.vocabulary.forms
        if f.base == "count"
    }
    assert counted == {
        ("浏阳花卉苗木", "苗木", ("株",)),
        ("浏阳花卉苗木", "花卉", ("株",)),
        ("宁乡花猪", "活体", ("头",)),
        ("浏阳黑山羊", "活羊（公）", ("只",)),
        ("浏阳黑山羊", "活羊（母）", ("只",)),
    }


# Plan and label


def test_green_tea_alone_has_a_plan_and_it_is_that_of_its_standard() -> None:
    (only,) = CATALOGUE.plans
    plan = only.plan
    assert (only.product, plan.standard, plan.clause) == (
        "changsha-green-tea",
        "GB/T 14456.3-2016",
        "7.2",
    )
    assert [item.characteristic for item in plan.every_batch] == [
        "感官品质",
        "水分",
        "粉末",
        "净含量",
    ]
    assert (plan.type_items, plan.type_per_year, plan.validity_months) == (None, 2, 6)
    assert (plan.stage_events, plan.documents, plan.sample) == ((), (), False)
    assert plan.certainty is Certainty.ONE_SOURCE


def test_a_label_shows_who_uses_the_mark_and_a_trademark_its_number() -> None:
    rules = CATALOGUE.label_rules
    assert rules.always == ("product-name", "credit-code", "standard-or-announcement")
    carries = {kind.key: kind.carries for kind in rules.gi_types}
    assert "trademark-number" in carries["certification-mark"]
    assert "trademark-number" not in carries["gi-product"]
    assert carries["agricultural-gi"] == ()
    assert all("credit-code" in found for found in carries.values() if found)

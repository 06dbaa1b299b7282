"""The rows of the entry table, over the judge's own case of a tea."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desks.entry_table import (
    DETECTION,
    MATRIX,
    UNIT,
    YES_OR_NO,
    Part,
    boxes_of,
    entry_table,
    lines_of,
    row_key,
    strays,
    typed_in,
)
from products.requirements import (
    Bound,
    BoundKind,
    Edition,
    Nature,
    Scope,
    standard_of,
)
from products.rulebook import applicable
from tests.rules.tea import (
    AUTUMN,
    BATCH,
    EVERY_BATCH,
    GB2763_2026,
    LEAD,
    PART_3,
    PLAN,
    REQUIREMENTS,
    RULES,
    SURE,
    judged,
    result,
    row,
    with_rows,
)
from trace.inspections.case import prepare
from trace.inspections.verdicts import Source

NAMES = sorted({requirement.characteristic for requirement in REQUIREMENTS})


def table(source=Source.INSPECTION, kept=(), *, batch=BATCH, plan=PLAN, rules=RULES, on=AUTUMN):
    """The entry table of the tea, with what the test changes."""
    return entry_table(prepare(batch, plan, rules, (), (), (), on), source, kept)


def names(made, part):
    """What is measured in the rows of one part, in their order."""
    rows = [row for section in made.sections if section.part is part for row in section.rows]
    return [row.characteristic for row in rows]


def the_row(made, name):
    """The only row of a characteristic."""
    (found,) = [row for row in made.rows if row.characteristic == name]
    return found


def filled(made, values, part=""):
    """The boxes of a form with a value for each named characteristic."""
    return {the_row(made, name).box(*([part] if part else [])): text for name, text in values}


def test_what_the_release_plan_asks_of_every_batch_comes_first_in_the_order_of_the_plan():
    made = table()
    assert names(made, Part.ASKED) == ["感官品质", "水分", "粉末", "净含量"]
    assert [section.part for section in made.sections] == [
        Part.ASKED, Part.MANDATORY, Part.DECLARED, Part.SHOWN,
    ]  # fmt: skip
    assert made.wanted == made.sections[0].rows


def test_an_item_without_a_number_is_answered_with_yes_or_no():
    made = table(plan=replace(PLAN, every_batch=(replace(PLAN.every_batch[0], clause="7.2"),)))
    (sensory,) = made.sections[0].rows
    assert (sensory.options, sensory.unit, sensory.limits, sensory.clause) == (
        YES_OR_NO, "", (), "7.2",
    )  # fmt: skip


def test_limits_that_decide_are_mandatory_or_declared_and_the_rest_is_only_shown():
    made = table()
    assert names(made, Part.MANDATORY) == ["铅（以Pb计）", "草甘膦", "乙酰甲胺磷"]
    assert names(made, Part.DECLARED) == ["水浸出物"]
    assert names(made, Part.SHOWN) == ["粗纤维", "联苯菊酯"]
    assert {row.limits[0].note.zh for row in made.sections[-1].rows} == {
        "只作参考，不参与判定", "限量待核对，不参与判定",
    }  # fmt: skip


def test_the_standard_of_a_batch_without_a_plan_binds_only_once_it_is_declared():
    assert "水分" in names(table(plan=None), Part.SHOWN)
    declared = replace(BATCH, declared=(PART_3.designation,))
    made = table(plan=None, batch=declared)
    assert "水分" in names(made, Part.DECLARED)
    assert {row.characteristic for row in made.wanted} == {
        "铅（以Pb计）", "草甘膦", "乙酰甲胺磷", "水分", "粉末", "水浸出物",
    }  # fmt: skip


def test_every_limit_that_applies_stands_in_exactly_one_row():
    for batch in (BATCH, replace(BATCH, grade=None), replace(BATCH, grade="四级", process=None)):
        shown = [limit.requirement.id for row in table(batch=batch).rows for limit in row.limits]
        assert sorted(shown) == sorted(r.id for r in applicable(RULES, batch, AUTUMN))


def test_the_strictest_deciding_limit_is_printed_large_and_says_whether_it_is_sure():
    water = the_row(table(batch=replace(BATCH, grade=None)), "水浸出物")
    assert [(limit.requirement.code, limit.decides) for limit in water.limits] == [
        ("R045", True), ("R054", True), ("R064", False),
    ]  # fmt: skip
    assert [limit.scope.zh for limit in water.limits] == [
        "特级、一级、二级",
        "三级、四级、五级",
        "",
    ]
    assert water.limits[0].note.zh == "限量待核实"
    assert the_row(table(), "铅（以Pb计）").limits[0].note.zh == ""


def test_a_row_keeps_its_box_whatever_else_is_in_the_table():
    changed = table(rules=with_rows(without=("R001", "R074")), batch=replace(BATCH, grade=None))
    assert the_row(changed, "粉末").key == the_row(table(), "粉末").key == row_key("粉末")
    assert len({row.key for row in table().rows}) == len(table().rows)


def test_one_characteristic_has_a_row_for_each_kind_of_matrix_and_the_only_one_is_implied():
    muscle = row("M1", "镉", "cadmium", GB2763_2026, upper="0.1", **SURE)
    liver = row("M2", "镉", "cadmium", GB2763_2026, upper="0.5", **SURE)
    rules = with_rows(
        replace(muscle, scope=Scope(matrices=("肌肉", "脂肪"))),
        replace(liver, scope=Scope(matrices=("肝脏",))),
    )
    made = table(rules=rules)
    rows = {row.matrices: row for row in made.rows if row.characteristic == "镉"}
    assert set(rows) == {("肌肉", "脂肪"), ("肝脏",)}
    both, only = rows[("肌肉", "脂肪")], rows[("肝脏",)]
    boxes = {both.box(): "0.05", both.box(MATRIX): "脂肪", only.box(): "0.2"}
    assert {one.matrix for one in typed_in(made, boxes)} == {"脂肪", "肝脏"}
    assert [one.matrix for one in typed_in(made, {both.box(): "0.05"})] == [""]


def test_a_document_is_not_typed_and_a_choice_offers_its_answers():
    colour = row("C1", "色泽", "colour", PART_3)
    paper = row("D1", "产地证明", "proof of origin", PART_3)
    rules = with_rows(
        replace(colour, unit="", bound=Bound(BoundKind.CHOICE, choices=("绿",), options=("黄",))),
        replace(paper, unit="", bound=Bound(BoundKind.DOCUMENT)),
    )
    made = table(rules=rules)
    assert the_row(made, "色泽").options == ("绿", "黄")
    assert "产地证明" not in [row.characteristic for row in made.rows]


def test_an_edition_without_limits_is_named_where_the_plan_asks_for_them():
    newer = Edition("new", PART_3.standard, "GB/T 14456.3-2026", starts=AUTUMN.replace(month=9))
    made = table(rules=replace(RULES, editions=(*RULES.editions, newer)))
    moisture = the_row(made, "水分")
    assert moisture.unentered == ("GB/T 14456.3-2026",)
    assert (moisture.options, moisture.unit) == ((), "%（质量分数）")
    assert standard_of(moisture.unentered[0]) == PART_3.standard


def test_a_type_inspection_covers_every_enforced_limit_of_testing_or_what_the_plan_lists():
    whole = table(Source.TYPE_INSPECTION)
    assert names(whole, Part.ASKED) == ["铅（以Pb计）", "水浸出物", "草甘膦", "乙酰甲胺磷"]
    listed = table(Source.TYPE_INSPECTION, plan=replace(PLAN, type_items=("水浸出物", "粉末")))
    assert names(listed, Part.ASKED) == ["水浸出物", "粉末"]
    none = table(Source.TYPE_INSPECTION, plan=replace(PLAN, type_items=()))
    assert names(none, Part.ASKED) == []


# --- what was typed ------------------------------------------------------------------------


def test_a_row_left_empty_is_not_sent_and_what_was_typed_is_kept_as_it_is():
    made = table()
    boxes = filled(made, [("水分", "５．９"), ("粉末", "   "), ("铅（以Pb计）", "<0.01")])
    assert [(one.row.characteristic, one.values()) for one in typed_in(made, boxes)] == [
        ("水分", {"characteristic": "水分", "typed": "５．９", "unit": "%（质量分数）"}),
        ("铅（以Pb计）", {"characteristic": "铅（以Pb计）", "typed": "<0.01", "unit": "mg/kg"}),
    ]


def test_another_unit_and_a_detection_limit_go_with_the_value():
    made = table()
    boxes = filled(made, [("铅（以Pb计）", "ND")])
    boxes |= filled(made, [("铅（以Pb计）", "μg/kg")], UNIT)
    boxes |= filled(made, [("铅（以Pb计）", "20")], DETECTION)
    (one,) = typed_in(made, boxes)
    assert one.values() == {
        "characteristic": "铅（以Pb计）", "typed": "ND", "unit": "μg/kg", "detection_limit": "20",
    }  # fmt: skip
    assert {"mg/kg", "μg/kg"} <= set(one.row.units)
    assert "℃" not in one.row.units


@pytest.mark.parametrize(
    ("typed", "limit", "wanted"),
    [
        ("未检出", "", True),
        ("ＮＤ", "", True),
        ("ND(<0.01)", "", False),
        ("<0.01", "", False),
        ("未检出", "0.01", False),
        ("0.01", "", False),
        ("1,2", "", False),
    ],
)
def test_a_detection_limit_is_asked_for_where_nothing_was_found_and_none_was_given(
    typed, limit, wanted
):
    made = table()
    boxes = filled(made, [("草甘膦", typed)]) | filled(made, [("草甘膦", limit)], DETECTION)
    assert typed_in(made, boxes)[0].wants_detection_limit is wanted


def test_a_value_whose_row_is_gone_is_told_apart_from_other_boxes():
    made = table()
    boxes = filled(made, [("水分", "6.2")]) | {
        row_key("旧项目"): " 0.1 ", row_key("旧项目", again=1): "0.2", row_key("空"): " ",
        f"{row_key('旧项目')}-unit": "mg/kg", "number": "v-1",
    }  # fmt: skip
    assert strays(made, boxes) == ("0.1", "0.2")


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["0.1", "<0.5", " ", "ND", "9"])))
@settings(max_examples=40, deadline=None)
def test_every_value_that_was_typed_gets_the_judges_lines_and_nothing_else_does(values):
    made = table()
    typed = typed_in(made, filled(made, values.items()))
    assert {one.row.characteristic for one in typed} == {n for n, t in values.items() if t.strip()}
    found = [result(one.row.key, one.row.characteristic, one.typed, one.unit) for one in typed]
    lines = lines_of(judged(found).lines, [one.row.key for one in typed])
    assert set(lines) == {one.row.key for one in typed}
    for one in typed:
        assert {line.requirement.id for line in lines[one.row.key]} == {
            limit.requirement.id for limit in one.row.limits
        }


def test_the_worst_line_of_a_value_comes_first():
    made = table(batch=replace(BATCH, grade=None, process=None))
    key = the_row(made, "水浸出物").key
    verdict = judged([result(key, "水浸出物", "35.0", "%")], batch=replace(BATCH, grade=None))
    assert [line.outcome.value for line in lines_of(verdict.lines, [key])[key]] == [
        "undetermined", "conforming", "reference",
    ]  # fmt: skip


# --- an older report -----------------------------------------------------------------------


def test_a_correction_starts_from_every_value_of_the_older_report():
    kept = (*EVERY_BATCH, result("b5", "铅（以Pb计）", "<20", "μg/kg", detection_limit="20"))
    made = table(kept=kept)
    again = {one.row.characteristic: one for one in typed_in(made, boxes_of(made))}
    assert {(r.characteristic, r.typed, r.unit) for r in kept} == {
        (one.row.characteristic, one.typed, one.unit or "") for one in again.values()
    }
    assert again["铅（以Pb计）"].detection_limit == "20"
    assert Part.KEPT not in {section.part for section in made.sections}


def test_a_second_value_of_the_same_thing_and_one_that_no_longer_applies_keep_rows_of_their_own():
    kept = (
        result("1", "水分", "6.2", "%"),
        result("2", "水分", "6.4", "%"),
        result("3", "水分", "6.6", "%"),
        result("4", "亚硝酸盐", "1", "mg/kg"),
    )
    made = table(kept=kept)
    assert names(made, Part.KEPT) == ["水分", "水分", "亚硝酸盐"]
    assert len({row.key for row in made.rows}) == len(made.rows)
    assert [one.typed for one in typed_in(made, boxes_of(made))] == ["6.2", "6.4", "6.6", "1"]


def test_a_value_of_another_matrix_does_not_slip_into_the_row_of_one():
    muscle = replace(
        row("M1", "镉", "cadmium", GB2763_2026, upper="0.1", **SURE),
        scope=Scope(matrices=("肌肉",)),
    )
    kept = (result("1", "镉", "0.2", "mg/kg", matrix="肝脏"),)
    made = table(kept=kept, rules=with_rows(muscle))
    (one,) = typed_in(made, boxes_of(made))
    assert (one.row.matrices, one.matrix) == (("肝脏",), "肝脏")


def test_a_benchmark_is_shown_and_a_procedure_too():
    bench = replace(LEAD, id="B1", code="B1", characteristic="铜", nature=Nature.BENCHMARK)
    step = replace(LEAD, id="P1", code="P1", characteristic="留样", nature=Nature.PROCEDURE)
    assert {"铜", "留样"} <= set(names(table(rules=with_rows(bench, step)), Part.SHOWN))

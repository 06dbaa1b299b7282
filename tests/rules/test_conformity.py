"""The judge on real clauses: what fails, what waits, what conforms, and what it says."""

import json
from dataclasses import replace
from datetime import date

import pytest

from products.requirements import (
    Bound,
    BoundKind,
    Certainty,
    Nature,
    PlanItem,
    Scope,
    Subject,
    When,
)
from tests.rules.tea import (
    BATCH,
    EVERY_BATCH,
    LEAD,
    MOISTURE,
    MOISTURE_ROWS,
    PART_1,
    PLAN,
    RULES,
    TYPE,
    judged,
    lines_of,
    outcomes,
    result,
    row,
    with_rows,
)
from trace.inspections.results import StageEvent
from trace.inspections.verdicts import LineOutcome, Outcome, Source

CONFORMING, NONCONFORMING = Outcome.CONFORMING, Outcome.NONCONFORMING
UNDETERMINED = Outcome.UNDETERMINED
LEAD_NAME = LEAD.characteristic


def lead(typed, unit="mg/kg", **more):
    return result("lead", LEAD_NAME, typed, unit, **more)


def said(verdict):
    return "\n".join(reason.zh for reason in verdict.reasons)


# --- the whole of it -----------------------------------------------------------------------


def test_a_batch_with_all_that_its_plan_asks_conforms():
    verdict = judged()
    assert verdict.outcome is CONFORMING
    assert verdict.reasons == ()
    assert verdict.plan_id == "plan"
    assert (verdict.grade_claimed, verdict.grade_reached) == ("一级", "特级")


def test_lead_above_the_limit_fails_a_batch_produced_under_the_edition_of_2025():
    verdict = judged((*EVERY_BATCH, lead("5.01")), on=date(2026, 10, 1))
    assert verdict.outcome is NONCONFORMING
    line = verdict.lines[0]
    assert line.outcome is LineOutcome.NONCONFORMING
    assert (line.edition, line.clause, line.limit.zh) == (
        "GB 2762-2025",
        "4.1 表1 茶叶",
        "≤ 5.0 mg/kg",
    )
    assert line.reason.zh == "测得 5.01 mg/kg，超过限量 ≤ 5.0 mg/kg（全数值比较）"
    assert verdict.reasons[0].zh.startswith("铅（以Pb计）：测得 5.01 mg/kg")
    assert verdict.reasons[0].en.startswith("lead: measured 5.01 mg/kg: above the limit")


@pytest.mark.parametrize(("day", "outcome"), [(1, UNDETERMINED), (2, NONCONFORMING)])
def test_the_edition_in_force_on_the_production_date_decides(day, outcome):
    verdict = judged((*EVERY_BATCH, lead("5.01")), on=date(2026, 9, day))
    assert verdict.outcome is outcome


def test_a_reading_under_an_edition_whose_limits_are_not_entered_is_undetermined():
    verdict = judged((*EVERY_BATCH, lead("5.01")), on=date(2026, 8, 30))
    assert verdict.outcome is UNDETERMINED
    (line,) = lines_of(verdict, LEAD_NAME)
    assert line.edition == "GB 2762-2022"
    assert not line.starts_certain
    assert "该版限量未录入" in line.reason.zh
    assert line.result.typed == "5.01"


def test_an_edition_without_limits_leaves_its_asked_items_undetermined_even_unmeasured():
    verdict = judged(types=(), on=date(2026, 8, 30))
    assert "参考日期有效的是 GB 2762-2022，该版限量未录入：铅（以Pb计）" in said(verdict)


def test_without_a_plan_nothing_conforms_but_a_broken_limit_still_fails():
    verdict = judged(plan=None)
    assert verdict.outcome is UNDETERMINED
    assert verdict.plan_id is None
    assert "放行方案待定" in said(verdict)
    assert judged((lead("5.01"),), plan=None).outcome is NONCONFORMING


def test_a_plan_counts_only_on_its_days():
    verdict = judged(plan=replace(PLAN, starts=date(2026, 10, 2)))
    assert verdict.outcome is UNDETERMINED
    assert "放行方案待定" in said(verdict)


# --- (a) any result of the batch -----------------------------------------------------------


def test_a_limit_that_nobody_asked_is_shown_as_not_tested_until_somebody_measures():
    every = replace(PLAN, type_items=())
    assert outcomes(judged(plan=every, types=()), LEAD_NAME) == ["not_tested"]
    assert judged(plan=every, types=()).outcome is CONFORMING
    assert judged((*EVERY_BATCH, lead("5.01")), plan=every, types=()).outcome is NONCONFORMING
    passed = judged((*EVERY_BATCH, lead("4.99")), plan=every, types=())
    assert passed.outcome is CONFORMING
    assert outcomes(passed, LEAD_NAME) == ["conforming"]


def test_a_retest_does_not_wipe_out_the_first_result():
    twice = (*EVERY_BATCH, lead("5.01"), result("again", LEAD_NAME, "4.0", "mg/kg"))
    assert judged(twice).outcome is NONCONFORMING
    assert outcomes(judged(twice), LEAD_NAME)[:2] == ["nonconforming", "conforming"]


def test_a_superseded_result_is_not_judged():
    assert judged((*EVERY_BATCH, lead("5.01", superseded=True))).outcome is CONFORMING


def test_the_producers_own_reading_can_fail_the_batch():
    event = StageEvent("e1", "testing", date(2026, 10, 1), (lead("5.01"),))
    verdict = judged(events=(event,))
    assert verdict.outcome is NONCONFORMING
    assert (verdict.lines[0].source, verdict.lines[0].origin) == (Source.EVENT, "e1")


def test_not_detected_without_a_detection_limit_waits():
    verdict = judged((*EVERY_BATCH, lead("未检出")))
    assert verdict.outcome is UNDETERMINED
    assert "没有给检出限" in said(verdict)
    assert judged((*EVERY_BATCH, lead("未检出", detection_limit="0.02"))).outcome is CONFORMING


def test_a_value_in_a_unit_of_another_dimension_waits_and_says_why():
    verdict = judged((*EVERY_BATCH, lead("1", "kg")))
    assert verdict.outcome is UNDETERMINED
    assert "不能互相换算" in said(verdict)


# --- how sure a limit is -------------------------------------------------------------------


def test_a_one_source_limit_holds_the_batch_but_cannot_fail_it():
    wet = (*EVERY_BATCH[:1], result("w", "水分", "7.4", "%"), *EVERY_BATCH[2:])
    verdict = judged(wet)
    assert verdict.outcome is UNDETERMINED
    assert outcomes(verdict, "水分")[0] == "to_verify"
    assert "待主管部门核实" in said(verdict)
    sure = with_rows(*(replace(r, certainty=Certainty.CONFIRMED) for r in MOISTURE_ROWS))
    assert judged(wet, rules=sure).outcome is NONCONFORMING


@pytest.mark.parametrize(
    "change",
    [
        {"enforce": False},
        {"certainty": Certainty.UNVERIFIED},
        {"nature": Nature.REFERENCE},
        {"nature": Nature.BENCHMARK},
        {"nature": Nature.PROCEDURE},
    ],
)
def test_what_is_not_enforced_or_only_for_reference_decides_nothing(change):
    rules = with_rows(replace(LEAD, **change))
    verdict = judged((*EVERY_BATCH, lead("50")), rules=rules)
    assert verdict.outcome is CONFORMING
    assert set(outcomes(verdict, LEAD_NAME)) == {"reference"}
    assert "不参与判定" in lines_of(verdict, LEAD_NAME)[0].reason.zh


def test_a_recommended_standard_binds_once_it_is_declared():
    strict = replace(MOISTURE_ROWS[0], id="X", edition=PART_1, certainty=Certainty.CONFIRMED)
    strict = replace(strict, bound=Bound(BoundKind.NUMBER, upper="6.0"))
    rules = with_rows(strict)
    assert judged(rules=rules).outcome is CONFORMING
    assert "未声明执行" in lines_of(judged(rules=rules), "水分")[-1].reason.zh
    declared = replace(BATCH, declared=("GB/T 14456.1-2017",))
    assert judged(rules=rules, batch=declared).outcome is NONCONFORMING


def test_several_standards_are_each_judged_and_the_strictest_stands_first():
    loose = row("A", "水分", "moisture", PART_1, upper="9.0", stage="processing")
    declared = replace(BATCH, declared=("GB/T 14456.1",))
    verdict = judged(rules=with_rows(loose), batch=declared)
    lines = lines_of(verdict, "水分")
    assert [line.limit.zh for line in lines] == ["≤ 7.0 %", "≤ 9.0 %"]
    assert [line.outcome.value for line in lines] == ["conforming", "conforming"]


# --- (b) every batch -----------------------------------------------------------------------


@pytest.mark.parametrize("missing", range(4))
def test_what_the_plan_asks_of_every_batch_and_nobody_measured_is_never_a_pass(missing):
    rest = EVERY_BATCH[:missing] + EVERY_BATCH[missing + 1 :]
    verdict = judged(rest)
    name = EVERY_BATCH[missing].characteristic
    assert verdict.outcome is UNDETERMINED
    assert verdict.reasons[0].zh == f"还缺每批检验结果：{name}"
    assert "undetermined" in outcomes(verdict, name)


def test_an_empty_reading_is_no_reading():
    empty = (*EVERY_BATCH[:1], result("w", "水分", " \u3000"), *EVERY_BATCH[2:])
    assert judged(empty).outcome is UNDETERMINED
    assert judged(empty).reasons[0].zh == "还缺每批检验结果：水分"


def test_the_producers_own_reading_does_not_stand_in_for_the_inspection():
    own = StageEvent("e1", "processing", date(2026, 10, 1), EVERY_BATCH[1:2])
    verdict = judged(EVERY_BATCH[:1] + EVERY_BATCH[2:], events=(own,))
    assert verdict.outcome is UNDETERMINED
    assert verdict.reasons[0].zh == "还缺每批检验结果：水分"


def test_the_producers_own_word_does_not_stand_in_for_the_inspectors_signature():
    own = StageEvent("e1", "testing", date(2026, 10, 1), EVERY_BATCH[:1])
    assert judged(EVERY_BATCH[1:], events=(own,)).outcome is UNDETERMINED


def test_an_item_without_a_number_is_signed_and_its_line_says_so():
    (line,) = lines_of(judged(), "感官品质")
    assert (line.outcome.value, line.edition, line.clause) == (
        "conforming",
        "GB/T 14456.3-2016",
        "7.2",
    )
    assert line.limit.zh == "限值未录入"
    unsigned = replace(EVERY_BATCH[0], by="")
    assert judged((unsigned, *EVERY_BATCH[1:])).outcome is UNDETERMINED
    number = replace(EVERY_BATCH[0], typed="95", unit="—")
    assert judged((number, *EVERY_BATCH[1:])).outcome is UNDETERMINED


def test_an_item_signed_as_not_conforming_weighs_as_much_as_the_plan_is_sure():
    refused = (replace(EVERY_BATCH[0], typed="不符合"), *EVERY_BATCH[1:])
    assert judged(refused).outcome is UNDETERMINED
    sure = replace(PLAN, certainty=Certainty.CONFIRMED)
    assert judged(refused, plan=sure).outcome is NONCONFORMING


# --- (c) the type inspection ---------------------------------------------------------------


def test_without_a_valid_type_inspection_the_batch_waits():
    verdict = judged(types=())
    assert verdict.outcome is UNDETERMINED
    assert "2026-10-01 没有有效的型式检验" in said(verdict)
    assert "型式检验还没有覆盖：铅（以Pb计）" in said(verdict)


@pytest.mark.parametrize(
    ("on", "outcome"),
    [
        (date(2026, 9, 2), CONFORMING),
        (date(2027, 3, 1), CONFORMING),
        (date(2027, 3, 2), UNDETERMINED),
    ],
)
def test_a_type_inspection_twice_a_year_is_valid_for_six_months(on, outcome):
    assert judged(on=on).outcome is outcome


def test_an_expired_type_inspection_is_named_with_its_days():
    verdict = judged(on=date(2027, 3, 2))
    assert "T-2026-1 有效期 2026-09-02 至 2027-03-01" in said(verdict)


def test_a_type_inspection_never_stands_longer_than_the_plan_lets_it():
    long = replace(TYPE, valid_to=date(2030, 1, 1))
    assert judged(types=(long,), on=date(2027, 3, 2)).outcome is UNDETERMINED
    short = replace(TYPE, valid_to=date(2026, 9, 30))
    assert judged(types=(short,)).outcome is UNDETERMINED
    endless = replace(PLAN, type_per_year=None)
    assert judged(plan=endless).outcome is UNDETERMINED
    assert "没有写有效期" in said(judged(plan=endless))


def test_a_type_inspection_must_cover_every_enforced_limit_of_stage_testing():
    short = replace(TYPE, results=TYPE.results[1:])
    verdict = judged(types=(short,))
    assert verdict.outcome is UNDETERMINED
    assert verdict.reasons[0].zh == "型式检验还没有覆盖：铅（以Pb计）"
    assert verdict.reasons[0].en == "Not covered by a valid type inspection: lead"
    listed = replace(PLAN, type_items=("水浸出物",))
    assert judged(types=(short,), plan=listed).outcome is CONFORMING


def test_a_batchs_own_result_does_not_replace_the_type_inspection():
    verdict = judged((*EVERY_BATCH, lead("1.0")), types=(replace(TYPE, results=TYPE.results[1:]),))
    assert verdict.outcome is UNDETERMINED


def test_a_type_inspection_that_breaks_a_limit_leaves_the_batch_undetermined():
    failed = replace(TYPE, results=(lead("5.01"), *TYPE.results[1:]))
    verdict = judged(types=(failed,))
    assert verdict.outcome is UNDETERMINED
    assert "型式检验不合格，本批待定" in said(verdict)
    assert verdict.lines[0].origin == "t1"


def test_the_newest_valid_type_inspection_speaks_for_each_item():
    failed = replace(TYPE, results=(lead("5.01"), *TYPE.results[1:]))
    again = replace(TYPE, id="t2", valid_from=date(2026, 9, 20), results=(lead("0.8"),))
    assert judged(types=(failed, again)).outcome is CONFORMING
    old = replace(again, valid_from=date(2026, 8, 1))
    assert judged(types=(failed, old)).outcome is UNDETERMINED


# --- (d) events and documents --------------------------------------------------------------


def test_stages_and_documents_that_the_plan_asks_must_stand():
    plan = replace(PLAN, stage_events=("storage",), documents=(("packaging", "包装合格证明"),))
    verdict = judged(plan=plan)
    assert verdict.outcome is UNDETERMINED
    assert said(verdict) == "还缺环节记录：存储\n还缺包装环节的文件：包装合格证明"
    stored = StageEvent("e1", "storage", date(2026, 10, 2))
    packed = StageEvent("e2", "packaging", date(2026, 10, 3), documents=("包装合格证明",))
    assert judged(plan=plan, events=(stored,)).outcome is UNDETERMINED
    assert judged(plan=plan, events=(stored, packed)).outcome is CONFORMING


def test_a_document_that_a_clause_asks_is_met_by_the_one_that_was_kept():
    asked = row("D", "检疫证明", "certificate", PART_1, unit="", nature=Nature.MANDATORY)
    rules = with_rows(replace(asked, bound=Bound(BoundKind.DOCUMENT)))
    plan = replace(PLAN, type_items=("水浸出物",))
    kept = StageEvent("e1", "transport", date(2026, 10, 2), documents=("检疫证明",))
    assert outcomes(judged(plan=plan, rules=rules), "检疫证明") == ["not_tested"]
    assert outcomes(judged(plan=plan, rules=rules, events=(kept,)), "检疫证明") == ["conforming"]


# --- scope, matrix, package, grade ---------------------------------------------------------


def test_a_duty_of_a_party_never_reaches_the_judge():
    rules = with_rows(replace(LEAD, id="R174", characteristic="生产记录", subject=Subject.PARTY))
    assert lines_of(judged(rules=rules), "生产记录") == []


def test_a_field_that_the_batch_leaves_empty_never_hides_a_broken_limit():
    dried = replace(LEAD, id="S", scope=Scope(processes=("晒青",)), bound=LEAD.bound)
    rules = with_rows(dried, without=("R001",))
    plan = replace(PLAN, type_items=())
    results = (*EVERY_BATCH, lead("5.01"))
    unknown = judged(results, plan=plan, rules=rules, batch=replace(BATCH, process=None))
    assert unknown.outcome is UNDETERMINED
    assert "没有填工艺，不能确定这一限量是否适用" in said(unknown)
    assert judged(results, plan=plan, rules=rules).outcome is CONFORMING
    sun_dried = replace(BATCH, process="晒青")
    assert judged(results, plan=plan, rules=rules, batch=sun_dried).outcome is NONCONFORMING


def test_the_matrix_that_was_measured_picks_the_row():
    muscle = replace(LEAD, id="M", scope=Scope(matrices=("肌肉",)))
    liver = replace(
        LEAD, id="L", scope=Scope(matrices=("肝脏",)), bound=Bound(BoundKind.NUMBER, upper="20")
    )
    rules, plan = with_rows(muscle, liver, without=("R001",)), replace(PLAN, type_items=())

    def verdict(matrix, batch=BATCH):
        results = (*EVERY_BATCH, lead("6", matrix=matrix))
        return judged(results, rules=rules, plan=plan, batch=batch, types=())

    assert verdict("肌肉").outcome is NONCONFORMING
    assert verdict("肝脏").outcome is CONFORMING
    assert outcomes(verdict("肝脏"), LEAD_NAME) == ["conforming", "not_tested"]
    assert verdict(None).outcome is UNDETERMINED
    assert "没有填取样部位" in said(verdict(None))
    assert verdict(None, replace(BATCH, matrix="肌肉")).outcome is NONCONFORMING


def test_an_item_asked_of_goods_of_many_matrices_needs_one_of_them_measured():
    muscle, liver = (
        replace(LEAD, id=name, scope=Scope(matrices=(name,))) for name in ("肌肉", "肝脏")
    )
    rules = with_rows(muscle, liver, without=("R001",))
    plan = replace(PLAN, type_items=(), every_batch=(PlanItem(LEAD_NAME),))

    def verdict(*matrices, batch=BATCH):
        results = [replace(lead("1"), id=matrix, matrix=matrix) for matrix in matrices]
        return judged(results, rules=rules, plan=plan, batch=batch, types=()).outcome

    assert verdict() is UNDETERMINED
    assert verdict("茎") is UNDETERMINED
    assert verdict("肌肉") is CONFORMING
    assert verdict("肝脏", batch=replace(BATCH, matrix="肌肉")) is UNDETERMINED


@pytest.mark.parametrize(
    ("price", "outcome"), [("201", NONCONFORMING), ("200", CONFORMING), (None, UNDETERMINED)]
)
def test_a_package_limit_depends_on_its_condition(price, outcome):
    dear = When("售价", Bound(BoundKind.NUMBER, lower="200", lower_open=True), "元")
    share = replace(
        LEAD,
        id="R171",
        characteristic="包装成本占售价",
        unit="%",
        bound=Bound(BoundKind.NUMBER, upper="15"),
        subject=Subject.PACKAGE,
        stage="packaging",
        scope=Scope(when=dear),
    )
    values = [result("c", "包装成本占售价", "18", "%")]
    values += [result("p", "售价", price, "元")] if price else []
    event = StageEvent("e1", "packaging", date(2026, 10, 3), tuple(values))
    assert judged(rules=with_rows(share), events=(event,)).outcome is outcome


def test_grade_reached_is_the_best_whose_limits_all_hold():
    thin = replace(TYPE, results=(*TYPE.results[:3], result("x", "水浸出物", "35", "%")))
    sure = [replace(r, certainty=Certainty.CONFIRMED) for r in RULES.requirements]
    rules = with_rows(*sure)
    verdict = judged(types=(thin,), batch=replace(BATCH, grade="四级"), rules=rules)
    assert (verdict.outcome, verdict.grade_reached) == (CONFORMING, "三级")
    assert judged(types=(thin,), rules=rules).outcome is UNDETERMINED
    batchwise = (*EVERY_BATCH, result("x", "水浸出物", "35", "%"))
    claimed_too_high = judged(batchwise, rules=rules)
    assert (claimed_too_high.outcome, claimed_too_high.grade_reached) == (NONCONFORMING, "三级")


def test_no_grade_is_reached_while_a_graded_limit_that_is_asked_is_missing():
    assert judged(EVERY_BATCH[:2] + EVERY_BATCH[3:]).grade_reached is None
    assert judged(()).grade_reached is None
    declared = replace(BATCH, declared=("GB/T 14456.3-2016",))
    assert judged((), batch=declared, plan=None, types=()).grade_reached is None
    assert judged(EVERY_BATCH, batch=declared, plan=None, types=()).grade_reached == "特级"


def test_a_grade_that_the_product_does_not_have_is_never_a_pass():
    verdict = judged(batch=replace(BATCH, grade="珍品"))
    assert verdict.outcome is UNDETERMINED
    assert "本产品没有“珍品”这个等级" in said(verdict)


# --- what the verdict says -----------------------------------------------------------------


def test_every_line_can_be_kept_as_plain_json_and_names_all_that_it_must():
    verdict = judged((*EVERY_BATCH, lead("5.01", method="GB 5009.12")))
    kept = [line.as_dict() for line in verdict.lines]
    assert json.loads(json.dumps(kept)) == kept
    first = kept[0]
    assert {type(value) for facts in kept for value in facts.values()} == {str, bool}
    assert len({frozenset(facts) for facts in kept}) == 1
    assert (first["standard"], first["edition"]) == ("GB 2762", "GB 2762-2025")
    assert (first["typed"], first["value"], first["upper"]) == ("5.01", "5.01", "5.0")
    assert (first["method"], first["by"], first["at"]) == ("GB 5009.12", "inspector", "2026-10-08")


def test_failing_lines_come_first_then_what_waits_then_what_conforms():
    verdict = judged((*EVERY_BATCH[:3], lead("5.01")))
    order = list(LineOutcome)
    ranks = [order.index(line.outcome) for line in verdict.lines]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0


def test_a_result_that_no_limit_meets_is_kept_in_sight():
    (line,) = lines_of(judged((*EVERY_BATCH, result("x", "叶绿素", "3", "mg/g"))), "叶绿素")
    assert line.outcome is LineOutcome.REFERENCE
    assert not line.decides


def test_an_item_of_the_plan_may_name_its_own_clause():
    plan = replace(PLAN, every_batch=(PlanItem("感官品质", "7.2.1"),), type_items=())
    assert lines_of(judged(plan=plan), "感官品质")[0].clause == "7.2.1"
    assert MOISTURE.clause == "5.3 表5"

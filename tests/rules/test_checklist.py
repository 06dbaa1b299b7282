"""The nine rows of a batch, over verdicts of the real judge."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.words import Words
from desks.checklist import (
    Logged,
    RowState,
    Rules,
    Said,
    asks_of,
    boxes,
    checklist,
    things_to_do,
)
from products.requirements import (
    STAGES,
    Bound,
    BoundKind,
    Certainty,
    Nature,
    Subject,
    declared_standards,
)
from products.rulebook import applicable
from tests.rules.tea import (
    AUTUMN,
    BATCH,
    EVERY_BATCH,
    GB2762_2025,
    MOISTURE,
    PLAN,
    RULES,
    SURE,
    TYPE,
    judged,
    result,
    row,
    with_rows,
)
from trace.inspections.results import Result, StageEvent

FULL_PLAN = replace(
    PLAN, stage_events=("storage", "transport"), documents=(("packaging", "包装照片"),)
)


def own(event, characteristic, typed, unit="%"):
    """A value that the producer logged itself."""
    return Result(f"{event}:0", characteristic, typed, unit, by="producer", at=AUTUMN)


def rules_of(rulebook=RULES, plan=PLAN, batch=BATCH):
    """What the tea is held against."""
    return Rules(
        batch=batch,
        plan=plan,
        requirements=applicable(rulebook, batch, AUTUMN),
        declared=declared_standards([plan.standard] if plan else []),
    )


def said_of(verdict):
    """A verdict as it is kept."""
    lines = tuple(line.as_dict() for line in verdict.lines)
    return Said(verdict.outcome.value, lines, verdict.reasons)


def rows(events=(), *, rulebook=RULES, plan=PLAN, results=EVERY_BATCH, **more):
    """The nine rows by stage, after the real judge has spoken."""
    verdict = judged(results, rules=rulebook, plan=plan, events=events, **more)
    logged = [Logged(event.id, event.stage, event.documents) for event in events]
    return {r.stage: r for r in checklist(rules_of(rulebook, plan), logged, said_of(verdict))}


def test_there_are_nine_rows_in_the_order_of_the_plan():
    assert tuple(rows()) == STAGES


def test_a_stage_that_nobody_asks_for_and_nobody_logged_stands_open():
    assert {r.state for stage, r in rows().items() if stage != "testing"} == {RowState.OPEN}


def test_a_logged_stage_is_done():
    found = rows([StageEvent("e1", "storage", AUTUMN)])
    assert found["storage"].state is RowState.DONE
    assert found["transport"].state is RowState.OPEN


def test_a_conforming_batch_has_its_testing_done_and_nothing_left_to_do():
    found = rows()
    assert found["testing"].state is RowState.DONE
    assert not any(r.todos for r in found.values())


def test_what_the_plan_asks_and_nobody_logged_is_missing_in_its_own_row():
    found = rows(plan=FULL_PLAN)
    missing = {stage for stage, r in found.items() if r.state is RowState.MISSING}
    assert missing == {"storage", "transport", "packaging"}
    assert found["storage"].todos[0].text.zh == "还缺环节记录：存储"
    assert found["packaging"].documents == ("包装照片",)


def test_a_kept_document_is_no_longer_asked_for():
    events = [StageEvent("e1", "packaging", AUTUMN, documents=("包装照片",))]
    found = rows(events, plan=FULL_PLAN)
    assert found["packaging"].state is RowState.DONE
    assert found["packaging"].documents == ()


def test_a_logged_stage_that_still_lacks_its_document_is_missing_something():
    found = rows([StageEvent("e1", "packaging", AUTUMN)], plan=FULL_PLAN)
    assert found["packaging"].state is RowState.MISSING


def test_a_value_beyond_a_one_source_limit_is_out_of_a_limit_to_be_verified():
    found = rows([StageEvent("e1", "processing", AUTUMN, (own("e1", "水分", "7.4"),))])
    assert found["processing"].state is RowState.OUT_OF_LIMIT
    assert found["processing"].unsure
    assert found["processing"].word.zh == "超出待核实的限量"
    assert "水分" in found["processing"].todos[0].text.zh


def test_a_value_beyond_a_confirmed_limit_is_out_of_limit():
    sure = replace(MOISTURE, certainty=Certainty.CONFIRMED)
    events = [StageEvent("e1", "processing", AUTUMN, (own("e1", "水分", "7.4"),))]
    found = rows(events, rulebook=with_rows(sure))
    assert (found["processing"].state, found["processing"].unsure) == (RowState.OUT_OF_LIMIT, False)
    assert found["testing"].state is RowState.DONE


def test_a_value_stands_in_the_row_where_it_was_logged_whatever_stage_its_limit_is_of():
    events = [StageEvent("e1", "storage", AUTUMN, (own("e1", "水分", "7.4"),))]
    found = rows(events)
    assert found["storage"].state is RowState.OUT_OF_LIMIT
    assert found["processing"].state is RowState.OPEN


def test_a_laboratorys_value_stands_in_the_testing_row():
    lead = result("lead", "铅（以Pb计）", "5.2", "mg/kg")
    found = rows(results=(*EVERY_BATCH, lead))
    assert found["testing"].state is RowState.OUT_OF_LIMIT
    assert not found["testing"].unsure
    moisture = [line for line in found["testing"].lines if line["characteristic"] == "水分"]
    assert moisture and moisture[0]["stage"] == "processing"


@pytest.mark.parametrize("types", [(), (TYPE,)])
def test_without_results_of_its_own_testing_says_that_nothing_is_tested_yet(types):
    found = rows(results=(), types=types)
    assert found["testing"].state is RowState.MISSING
    assert found["testing"].word.zh == "还没有检验"


def test_without_a_plan_testing_is_missing_something_and_says_so():
    found = rows(plan=None)
    assert found["testing"].state is RowState.MISSING
    assert "放行方案待定" in found["testing"].todos[0].text.zh


def test_every_reason_of_the_verdict_has_exactly_one_row():
    events = [
        StageEvent("e1", "processing", AUTUMN, (own("e1", "水分", "7.4"),)),
        StageEvent("e2", "storage", AUTUMN),
    ]
    verdict = judged((), plan=FULL_PLAN, types=(), events=events)
    found = things_to_do(said_of(verdict), {"e1": "processing", "e2": "storage"})
    assert [todo.text for todo in found] == list(verdict.reasons)
    assert {todo.stage for todo in found} == {"processing", "transport", "packaging", "testing"}


def test_limits_that_decide_come_before_those_for_reference():
    asks = asks_of("processing", rules_of())
    assert asks[0].sentence == Words("水分不超过 7.0 %", "Moisture: at most 7.0 %")
    assert asks[0].cite.zh == "GB/T 14456.3-2016 5.3 表5，限量待核实"
    binding = [ask.binding for ask in asks_of("testing", rules_of())]
    assert binding == sorted(binding, reverse=True)


def test_for_whom_a_limit_is_stands_beside_it_only_where_the_batch_does_not_say():
    ungraded = replace(BATCH, grade=None)
    said = [ask.sentence.zh for ask in asks_of("processing", rules_of(batch=ungraded))]
    assert "粉末不超过 1.0 %（特级、一级、二级；成品茶）" in said
    assert "粉末不超过 1.5 %（三级、四级、五级；成品茶）" in said


def test_the_plan_speaks_first_in_the_rows_it_asks_for():
    rules = rules_of(plan=FULL_PLAN)
    assert asks_of("storage", rules)[0].sentence.zh == "放行方案要求记这一环节。"
    said = [ask.sentence.zh for ask in asks_of("testing", rules)[:2]]
    assert said == [
        "每批要检：感官品质、水分、粉末、净含量",
        "型式检验要在有效期内，每年不少于 2 次",
    ]


def test_a_duty_of_the_party_is_told_last_and_offers_no_box():
    duty = row(
        "D1", "记录保存期", "keeping of records", GB2762_2025, lower="24", stage="processing",
        **{**SURE, "unit": "月"}, subject=Subject.PARTY,
    )  # fmt: skip
    rules = rules_of()
    rules = replace(rules, requirements=(duty, *rules.requirements))
    assert asks_of("processing", rules)[-1].cite.zh.endswith("单位的义务，不影响这一批")
    assert "记录保存期" not in [box.characteristic for box in boxes("processing", rules)]


def test_each_characteristic_of_a_stage_has_one_box_with_its_unit():
    found = boxes("processing", rules_of())
    assert [box.characteristic for box in found] == ["水分", "粉末"]
    assert (found[0].unit, found[0].unit_words.zh) == ("%（质量分数）", "%")


def test_of_testing_only_what_every_batch_needs_has_a_box():
    found = boxes("testing", rules_of())
    assert [box.characteristic for box in found] == ["感官品质", "水分", "粉末", "净含量"]
    assert [box.unit for box in found] == ["", "%（质量分数）", "%（质量分数）", ""]
    assert [value for value, _words in found[0].options] == ["符合", "不符合"]
    assert boxes("testing", rules_of(plan=None)) == ()


@pytest.mark.parametrize(
    ("bound", "options", "series"),
    [
        (Bound(BoundKind.YES_NO), ("符合", "不符合"), False),
        (Bound(BoundKind.CLAUSE), ("符合", "不符合"), False),
        (Bound(BoundKind.CHOICE, choices=("绿",), options=("黄",)), ("绿", "黄"), False),
        (Bound(BoundKind.SERIES, upper="8"), (), True),
    ],
)
def test_a_box_fits_how_the_requirement_is_met(bound, options, series):
    asked = row(
        "X1", "色泽", "colour", GB2762_2025, stage="storage", bound=bound, unit="",
        nature=Nature.MANDATORY,
    )  # fmt: skip
    rules = Rules(BATCH, None, (asked,), frozenset())
    [box] = boxes("storage", rules)
    assert (tuple(value for value, _words in box.options), box.series) == (options, series)


@settings(max_examples=60, deadline=None)
@given(
    stages=st.lists(st.sampled_from(STAGES), max_size=6),
    typed=st.sampled_from(["6.2", "7.4", "<0.1", "7.0"]),
    asked=st.sets(st.sampled_from(STAGES[:8]), max_size=4),
)
def test_no_row_is_done_while_the_verdict_has_a_reason_for_it(stages, typed, asked):
    events = [
        StageEvent(f"e{n}", stage, AUTUMN, (own(f"e{n}", "水分", typed),))
        for n, stage in enumerate(stages)
    ]
    plan = replace(PLAN, stage_events=tuple(asked))
    found = rows(events, plan=plan)
    for stage, of_stage in found.items():
        done = of_stage.state in (RowState.DONE, RowState.OPEN)
        assert done is not bool(of_stage.todos), stage
    assert {s for s in asked if s not in stages} <= {s for s, r in found.items() if r.todos}

"""A producer's own standard is there for goods that declare it; items that several limit."""

from dataclasses import replace
from datetime import date

from products.requirements import Certainty, Edition, Nature
from products.rulebook import Rulebook
from tests.rules.tea import BATCH, EVERY_BATCH, LEAD, judged, lines_of, result, row, with_rows
from trace.inspections.by_standard import contested_in
from trace.inspections.verdicts import LineOutcome, Outcome

NEW_YEAR = date(2026, 1, 1)
OWN = Edition("q1", "Q/CS 1", "Q/CS 1-2026", "enterprise", NEW_YEAR, own=True)
BUYER = Edition("b7", "采购规格 7", "采购规格 7-2026", "buyer", NEW_YEAR, own=True)
NAME = "铅（以Pb计）"
SURE = {"certainty": Certainty.CONFIRMED, "unit": "mg/kg", "nature": Nature.RECOMMENDED}


def lead_of(code, edition, upper, **more):
    return row(code, NAME, "lead", edition, upper=upper, **{**SURE, **more})


LIMITS = (lead_of("E", OWN, "2.0"), lead_of("B", BUYER, "1.0"))
RULES = with_rows(*LIMITS)
NET = row("N", "净含量", "net content", OWN, lower="1", **{**SURE, "unit": "g"})


def verdict_of(lead, *declared, rules=RULES):
    reading = result("lead", NAME, lead, "mg/kg")
    batch = replace(BATCH, declared=(*BATCH.declared, *declared))
    return judged((*EVERY_BATCH, reading), rules=rules, batch=batch)


def editions(verdict):
    return {line.edition for line in lines_of(verdict, NAME)}


def test_an_own_standard_is_there_only_for_goods_that_declare_it():
    assert editions(verdict_of("1.5")) == {LEAD.edition.designation}
    assert editions(verdict_of("1.5", "Q/CS 1-2026")) == {LEAD.edition.designation, "Q/CS 1-2026"}
    assert verdict_of("1.5", "Q/CS 1").outcome is verdict_of("1.5").outcome
    broken = verdict_of("1.5", "采购规格 7-2026")
    assert broken.outcome is Outcome.NONCONFORMING
    assert "Q/CS 1-2026" not in editions(broken)


def test_a_plan_does_not_make_an_own_standard_hold_for_everybody():
    (plan_of_another,) = {r.edition.standard for r in RULES.requirements if r.code == "E"}
    narrowed = RULES.declaring(())
    assert plan_of_another not in {edition.standard for edition in narrowed.editions}
    assert narrowed.declaring(("Q/CS 1",)) is narrowed


def test_a_rulebook_without_own_standards_stays_itself():
    plain = Rulebook(RULES.grades, RULES.declaring(()).editions, RULES.declaring(()).requirements)
    assert plain.declaring(("Q/CS 1",)) is plain
    assert RULES.declaring(("Q/CS 1",)) is RULES.declaring(("Q/CS 1-2026",))
    assert RULES.declaring(("Q/CS 1", "采购规格 7")) is RULES


def test_an_own_number_does_not_answer_what_the_plan_asks_by_its_clause():
    verdict = verdict_of("0.5", "Q/CS 1", rules=with_rows(*LIMITS, NET))
    plans, own = (
        [line for line in lines_of(verdict, "净含量") if bool(line.requirement) is owned]
        for owned in (False, True)
    )
    assert [(line.outcome, line.asked) for line in plans] == [(LineOutcome.CONFORMING, True)]
    assert [line.outcome for line in own] == [LineOutcome.UNDETERMINED]
    assert verdict.outcome is Outcome.UNDETERMINED


def test_the_strictest_limit_of_an_item_comes_first():
    lines = [line.as_dict() for line in verdict_of("1.5", "Q/CS 1", "采购规格 7").lines]
    (item,) = [one for one in contested_in(lines) if one.characteristic.zh == NAME]
    found = [(one.edition, one.outcome) for one in item.limits]
    assert found[:2] == [
        ("采购规格 7-2026", LineOutcome.NONCONFORMING),
        ("Q/CS 1-2026", LineOutcome.CONFORMING),
    ]
    assert found[2][0] == LEAD.edition.designation
    assert item.as_dict()["limits"][0]["limit"] == "≤ 1.0 mg/kg"


def test_an_item_under_one_standard_or_without_a_value_is_not_contested():
    lines = [line.as_dict() for line in verdict_of("1.5").lines]
    names = {one.characteristic.zh for one in contested_in(lines)}
    assert NAME not in names
    assert (
        list(contested_in([{"outcome": "not_tested", "characteristic": "锡", "edition": "A"}]))
        == []
    )

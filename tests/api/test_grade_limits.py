"""Grade limits entered together or one by one: an overlap or a gap is refused with its ends."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from core.errors import Invalid
from products.standards import limits
from products.standards.drafts import Amendment
from products.standards.grade_sets import faults_of_edition
from products.standards.models import Clause
from tests.api.entering import OFFICIAL, acting
from tests.api.filling import form_on, send
from tests.api.test_desk_authority_standards import GOOD_LIMIT, limit_form
from tests.api.test_desk_authority_standards import entered as entered_limits
from tests.api.test_standards import LIMIT, clause_of, limit
from tests.people import Person


@pytest.fixture
def clause(session: Session, authority: Person) -> Clause:
    """A clause of a fresh standard."""
    return clause_of(session, authority)


def sized(grades: list[str], **sides: Any) -> dict[str, Any]:
    bound = {"kind": "number", **sides}
    return {"bound": bound, "unit": "mm", "scope": {"grades": grades, "forms": ["成品茶"]}}


BEST = sized(["特级"], lower="10")
NEXT = sized(["一级"], lower="8", upper="10", upper_open=True)
LAST = sized(["二级", "三级"], upper="8", upper_open=True)


def entered(session: Session, authority: Person, clause: Clause, *chosen: dict[str, Any]) -> int:
    with acting(session, authority) as act:
        made = limits.add_requirements(act, clause.id, [limit(**one) for one in chosen])
        return len(made)


def refused_with(
    session: Session, authority: Person, clause: Clause, *chosen: dict[str, Any]
) -> Invalid:
    with pytest.raises(Invalid) as refused, acting(session, authority) as act:
        limits.add_requirements(act, clause.id, [limit(**one) for one in chosen])
    return refused.value


def test_a_set_that_fits_is_entered_whole(
    session: Session, authority: Person, clause: Clause
) -> None:
    assert entered(session, authority, clause, BEST, NEXT, LAST) == 3
    assert faults_of_edition(session, clause.edition_id) == []


def test_a_set_with_a_gap_is_refused_with_the_gap_named(
    session: Session, authority: Person, clause: Clause
) -> None:
    gone = refused_with(
        session, authority, clause, BEST, sized(["一级"], lower="8", upper="9"), LAST
    )
    assert gone.code == "grades-gap"
    assert [fault.pointer for fault in gone.faults] == ["/requirements/0/bound"]
    assert "9 到 10 mm 不属于任何等级" in gone.faults[0].message.zh
    assert faults_of_edition(session, clause.edition_id) == []


def test_a_set_that_overlaps_is_refused(
    session: Session, authority: Person, clause: Clause
) -> None:
    wide = refused_with(session, authority, clause, BEST, sized(["一级"], lower="8", upper="11"))
    assert wide.code == "grades-overlap"
    looser = refused_with(
        session, authority, clause, sized(["特级"], upper="9"), sized(["一级"], upper="8")
    )
    assert looser.code == "grades-looser"
    twice = refused_with(session, authority, clause, sized(["特级", "一级"], upper="9"), NEXT)
    assert twice.code == "grades-twice"


def test_one_by_one_a_gap_may_be_filled_later_and_an_overlap_is_refused(
    session: Session, authority: Person, clause: Clause
) -> None:
    with acting(session, authority) as act:
        limits.add_requirement(act, clause.id, limit(**BEST))
        limits.add_requirement(act, clause.id, limit(**LAST))
    (gap,) = faults_of_edition(session, clause.edition_id)
    assert "8 到 10 mm" in gap.words.zh
    with pytest.raises(Invalid) as refused, acting(session, authority) as act:
        limits.add_requirement(act, clause.id, limit(**sized(["一级"], lower="7", upper="10")))
    assert refused.value.code == "grades-overlap"
    assert [fault.pointer for fault in refused.value.faults] == ["/bound", "/bound"]
    with acting(session, authority) as act:
        limits.add_requirement(act, clause.id, limit(**NEXT))
    assert faults_of_edition(session, clause.edition_id) == []


def test_a_correction_may_open_a_gap_on_its_way_but_never_an_overlap(
    session: Session, authority: Person, clause: Clause
) -> None:
    with acting(session, authority) as act:
        best, after, _ = limits.add_requirements(
            act, clause.id, [limit(**one) for one in (BEST, NEXT, LAST)]
        )
    wider = limit(**sized(["一级"], lower="8", upper="12", upper_open=True)).bound
    with pytest.raises(Invalid) as refused, acting(session, authority) as act:
        change = Amendment("抄错了", OFFICIAL, bound=wider)
        limits.correct_requirement(act, after.requirement.id, change)
    assert refused.value.code == "grades-overlap"
    higher = limit(**sized(["特级"], lower="12")).bound
    with acting(session, authority) as act:
        limits.correct_requirement(
            act, best.requirement.id, Amendment("抄错了", OFFICIAL, bound=higher)
        )
        limits.correct_requirement(
            act, after.requirement.id, Amendment("抄错了", OFFICIAL, bound=wider)
        )
    assert faults_of_edition(session, clause.edition_id) == []


def test_a_set_with_a_limit_that_cannot_be_stores_none_of_it(
    session: Session, authority: Person, clause: Clause
) -> None:
    wrong = {**NEXT, "scope": {"grades": ["超级"], "forms": ["成品茶"]}}
    gone = refused_with(session, authority, clause, BEST, wrong)
    assert [fault.pointer for fault in gone.faults] == ["/requirements/1/scope/grades"]


def test_every_kind_of_limit_comes_back_as_it_was_entered(
    authority: Person, session: Session, clause: Clause
) -> None:
    bounds: list[dict[str, Any]] = [
        {"kind": "classes", "n": 5, "c": 2, "m": "100", "M": "1000"},
        {"kind": "mean", "upper": "3.0", "readings": 3, "largest_spread": "0.50"},
        {"kind": "series", "upper": "4", "longest_beyond": "30", "longest_gap": "60"},
        {"kind": "number", "upper": "0.5", "cleared_by": "总汞（以Hg计）"},
    ]
    for place, bound in enumerate(bounds):
        body = {**LIMIT, "characteristic": f"示例指标{place}", "bound": bound}
        answer = authority.post(f"/clauses/{clause.id}/requirements", json=body)
        assert answer.status_code == 201, answer.json
        said = answer.json["bound"]
        assert {name: said[name] for name in bound} == bound


FORMS = [
    ({"bound-kind": "classes", "bound-n": "５", "bound-c": "2", "bound-m": "100",
      "bound-M": "1000", "unit": "CFU/g"},
     {"kind": "classes", "n": 5, "c": 2, "m": "100", "M": "1000"}),
    ({"bound-kind": "mean", "bound-upper": "3.0", "bound-readings": "3",
      "bound-largest_spread": "0.5", "unit": "mm"},
     {"kind": "mean", "upper": "3.0", "readings": 3, "largest_spread": "0.5"}),
    ({"bound-kind": "series", "bound-upper": "4", "bound-longest_beyond": "30",
      "bound-longest_gap": "60", "unit": "℃"},
     {"kind": "series", "upper": "4", "longest_beyond": "30", "longest_gap": "60"}),
    ({"bound-kind": "number", "bound-upper": "0.5", "bound-cleared_by": "总汞（以Hg计）",
      "bound-n": "5", "unit": "mg/kg"},
     {"kind": "number", "upper": "0.5", "cleared_by": "总汞（以Hg计）"}),
]  # fmt: skip


@pytest.mark.parametrize(("boxes", "bound"), FORMS)
def test_the_form_takes_the_boxes_of_each_kind_and_shows_them_for_correcting(
    app: Flask, authority: Person, session: Session, clause: Clause,
    boxes: dict[str, str], bound: dict[str, Any],
) -> None:  # fmt: skip
    browser = authority.signed_in()
    form = limit_form(browser, clause.id)
    answer = send(browser, form, **GOOD_LIMIT | {"bound-lower": "", "scope-grades": []} | boxes)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    [made] = entered_limits(app, clause.id)
    assert made.bound == bound
    again = form_on(browser, f"{answer.location}/correction", "/correction")
    for name, held in bound.items():
        if name != "kind":
            assert again.boxes[f"bound-{name}"] == [str(held)]


def test_a_class_plan_that_cannot_be_is_told_in_the_form(authority: Person, clause: Clause) -> None:
    browser = authority.signed_in()
    boxes = GOOD_LIMIT | FORMS[0][0] | {"bound-lower": "", "bound-c": "很多", "scope-grades": []}
    answer = send(browser, limit_form(browser, clause.id), **boxes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and 'href="#bound-c"' in page and 'value="很多"' in page

"""Release plans: dated, with a source, each closing the one before it."""

from dataclasses import replace
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import INSPECTOR, PRODUCER
from core.errors import Forbidden, Invalid, NotFound
from core.http.problems import faults_of_messages
from core.record.models import Evidence
from products.models import Product
from products.plans.schemas import PlanIn
from products.plans.service import PlanDraft, plan_on, plans_of, set_release_plan
from products.requirements import PlanItem
from products.standards.models import Characteristic
from tests.api.entering import CRAYFISH, OFFICIAL, TEA, acting, day, document_of
from tests.people import People, Person

BODY: dict[str, Any] = {
    "starts": "2026-01-01",
    "standard": "GB 2733",
    "source": OFFICIAL,
    "every_batch": [
        {"characteristic": "挥发性盐基氮", "clause": "3.3"},
        {
            "characteristic": "感官要求",
            "characteristic_en": "sensory requirements",
            "clause": "3.2",
        },
    ],
    "type_items": ["镉（以Cd计）"],
    "type_months": 6,
    "stage_events": ["transport"],
    "documents": [{"stage": "testing", "name": "检验报告"}],
}


def draft(**changes: Any) -> PlanDraft:
    """A plan as it comes through the schema."""
    return PlanDraft(**PlanIn().load({**BODY, **changes}))


def crayfish(session: Session) -> Any:
    return session.scalars(select(Product.id).where(Product.key == CRAYFISH)).one()


def some_limit(session: Session) -> str:
    """A characteristic that the catalogue knows of the crayfish."""
    names = session.scalars(select(Characteristic.name).where(Characteristic.name.contains("镉")))
    return next(iter(names))


def known(session: Session, **changes: Any) -> PlanDraft:
    return draft(type_items=[some_limit(session)], **changes)


def test_a_plan_holds_from_its_day_on(
    app: Any, authority: Person, consumer: Person, session: Session
) -> None:
    product = crayfish(session)
    assert consumer.get(f"/products/{CRAYFISH}/release-plans").get_json() == []
    evidence = document_of(app, authority)
    with acting(session, authority) as act:
        row = set_release_plan(act, product, known(session, evidence=evidence))
    assert plan_on(session, product, day("2025-12-31")) is None
    plan = plan_on(session, product, day("2026-01-01"))
    assert plan is not None and plan.id == str(row.id)
    assert [item.clause for item in plan.every_batch] == ["3.3", "3.2"]
    assert plan.documents == (("testing", "检验报告"),)
    assert plan.stage_events == ("transport",) and plan.validity_months == 6
    (shown,) = consumer.get(f"/products/{CRAYFISH}/release-plans").get_json()
    assert shown["id"] == str(row.id) and shown["source"] == OFFICIAL
    assert shown["documents"] == [{"stage": "testing", "name": "检验报告"}]
    assert shown["sample"] is False and shown["evidence"] == evidence
    kinds = session.scalars(select(Evidence.kind).where(Evidence.subject == str(row.id)))
    assert list(kinds) == ["release-plan"]


def test_an_item_without_a_number_becomes_a_characteristic_by_its_clause(
    authority: Person, session: Session
) -> None:
    with acting(session, authority) as act:
        set_release_plan(act, crayfish(session), known(session))
    query = select(Characteristic.name_en).where(Characteristic.name == "感官要求")
    assert session.scalars(query).one() == "sensory requirements"


def test_a_new_plan_ends_the_one_before_the_day_before(authority: Person, session: Session) -> None:
    product = crayfish(session)
    for starts in ("2026-01-01", "2026-07-01"):
        with acting(session, authority) as act:
            set_release_plan(act, product, known(session, starts=starts))
    newer, older = plans_of(session, product)
    assert (older.ends, newer.ends) == (day("2026-06-30"), None)
    before, after = (plan_on(session, product, day(d)) for d in ("2026-06-30", "2026-07-01"))
    assert before is not None and after is not None
    assert (before.id, after.id) == (str(older.id), str(newer.id))


def test_a_plan_may_be_corrected_from_its_own_first_day(
    authority: Person, session: Session
) -> None:
    product = crayfish(session)
    for months in (6, 12):
        with acting(session, authority) as act:
            set_release_plan(act, product, known(session, type_months=months))
    plan = plan_on(session, product, day("2026-01-01"))
    assert plan is not None and plan.validity_months == 12
    assert len(plans_of(session, product)) == 2


def test_a_plan_of_the_authority_follows_that_of_the_catalogue(
    authority: Person, session: Session
) -> None:
    tea = session.scalars(select(Product.id).where(Product.key == TEA)).one()
    with acting(session, authority) as act:
        set_release_plan(act, tea, known(session, standard="GB/T 14456.3-2016"))
    kept = plan_on(session, tea, day("2025-12-31"))
    assert kept is not None and len(kept.every_batch) == 4
    late = known(session, standard="GB/T 14456.3-2016", starts="2025-01-01")
    with pytest.raises(Invalid) as refused, acting(session, authority) as act:
        set_release_plan(act, tea, late)
    assert [fault.pointer for fault in refused.value.faults] == ["/starts"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"standard": "GB 0000"}, "/standard"),
    ({"every_batch": [PlanItem("从未听说的项目")]}, "/every_batch/0/characteristic"),
    (
        {"every_batch": [PlanItem("水分", "1"), PlanItem("水分", "2")]},
        "/every_batch/1/characteristic",
    ),
    ({"type_items": ["从未听说的项目"]}, "/type_items/0"),
    ({"type_months": None}, "/type_months"),
    ({"type_items": None, "type_months": None}, "/type_months"),
    ({"every_batch": [], "type_items": []}, "/every_batch"),
    ({"stage_events": ["harvest"]}, "/stage_events/0"),
    ({"documents": [("harvest", "单据")]}, "/documents/0/stage"),
]


def test_a_plan_that_cannot_be_is_refused_with_the_field_named(
    authority: Person, session: Session, subtests: pytest.Subtests
) -> None:
    product = crayfish(session)
    for changes, pointer in WRONG:
        with subtests.test(changes=changes):
            wrong = replace(known(session), **changes)
            with pytest.raises(Invalid) as refused, acting(session, authority) as act:
                set_release_plan(act, product, wrong)
            assert [fault.pointer for fault in refused.value.faults] == [pointer]
    assert plans_of(session, product) == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"starts": "next year"}, "/starts"),
        ({"type_months": 0}, "/type_months"),
        ({"type_months": 1.5}, "/type_months"),
        ({"type_per_year": 13}, "/type_per_year"),
        ({"stage_events": ["harvest"]}, "/stage_events/0"),
        ({"documents": [{"stage": "testing"}]}, "/documents/0/name"),
        ({"source": ""}, "/source"),
        ({"sample": True}, "/sample"),
        ({"every_batch": "水分"}, "/every_batch"),
    ],
)
def test_a_plan_is_checked_at_the_edge(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ValidationError) as refused:
        draft(**changes)
    faults = list(faults_of_messages(refused.value.messages))
    assert [fault.pointer for fault in faults] == [pointer]


def test_only_the_authority_sets_a_plan(people: People, session: Session) -> None:
    product = crayfish(session)
    for person, role in ((people.cooperative, PRODUCER), (people.inspector, INSPECTOR)):
        with pytest.raises(Forbidden), acting(session, person, role) as act:
            set_release_plan(act, product, known(session))
    assert plans_of(session, product) == []


def test_a_plan_for_nothing_is_not_found(
    authority: Person, consumer: Person, session: Session
) -> None:
    assert consumer.get("/products/nothing/release-plans").status_code == 404
    with pytest.raises(NotFound), acting(session, authority) as act:
        set_release_plan(act, act.party, known(session))

"""复检: asked for in time, by the owner, of another laboratory; the calendar is data."""

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from core.act import INSPECTOR
from core.clock import day_of
from tests.api.test_main_job import (
    EVERY_BATCH,
    confirm,
    published,
    report,
    sent_batch,
    type_inspected,
    verdict,
)
from tests.people import People, Person
from trace.inspections import reinspections
from trace.inspections.models import Inspection
from trace.inspections.workdays import last_working_day

LEAD = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}


@pytest.fixture
def second(people: People) -> Person:
    """Another laboratory."""
    return people.person(50, "第二检验中心", (INSPECTOR,))


def asked(person: Person, report_id: str, laboratory: Person) -> tuple[int, str]:
    """Ask for a re-inspection: the status and the code of the answer."""
    body = {"laboratory": str(laboratory.party), "sample": "retained-sample", "reason": "不认可"}
    answer = person.post(f"/inspections/{report_id}/reinspections", json=body)
    return answer.status_code, answer.get_json().get("code", "")


def test_the_owner_asks_another_laboratory_and_its_result_counts(
    cooperative: Person, inspector: Person, second: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    first = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    confirm(cooperative, batch)
    about = {"retests": first["id"], "ground": "reinspection", "reason": "复检"}
    early = second.post("/worksheets", json={**report([LEAD]), **about})
    assert early.status_code == 404
    assert asked(cooperative, first["id"], inspector) == (422, "same-laboratory")
    assert asked(cooperative, first["id"], second) == (201, "")
    assert asked(cooperative, first["id"], second) == (409, "already-asked")
    good = report([{**LEAD, "typed": "0.56"}])
    published(second, None, good, **about)
    assert verdict(cooperative, batch)["outcome"] == "conforming"
    listed = cooperative.get(f"/batches/{batch['id']}/reinspections").get_json()
    assert [(row["first_id"], row["calendar"]) for row in listed] == [
        (first["id"], "monday-to-friday")
    ]


def test_only_what_failed_is_inspected_again_and_only_for_its_owner(
    cooperative: Person, stranger: Person, inspector: Person, second: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    passed = published(inspector, batch, report(EVERY_BATCH))
    assert asked(cooperative, passed["id"], second) == (409, "nothing-failed")
    failed = published(inspector, batch, report([LEAD]))
    assert asked(stranger, failed["id"], second)[0] == 404
    assert asked(inspector, failed["id"], second)[0] == 403
    nobody = cooperative.post(
        f"/inspections/{failed['id']}/reinspections",
        json={"laboratory": str(uuid.uuid4()), "sample": "retained-sample", "reason": "x"},
    )
    assert nobody.status_code == 422


def test_another_laboratory_cannot_call_its_test_anything_but_a_re_inspection(
    cooperative: Person, inspector: Person, second: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    first = published(inspector, batch, report([LEAD]))
    assert asked(cooperative, first["id"], second)[0] == 201
    about = {"retests": first["id"], "ground": "laboratory-error", "reason": "我们更准"}
    answer = second.post("/worksheets", json={**report([LEAD]), **about})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-your-report")


def test_the_last_day_follows_the_calendar_that_the_authority_enters(
    authority: Person, cooperative: Person, inspector: Person, session: Session
) -> None:
    batch = sent_batch(cooperative, inspector)
    failed = published(inspector, batch, report([LEAD]))
    row = session.get_one(Inspection, uuid.UUID(failed["id"]))
    heard = day_of(row.recorded_at)
    plain = last_working_day(heard, 5, {})
    assert reinspections.last_day_to_ask(session, row) == (plain, "monday-to-friday")
    body = {"works": False, "source": "示例：放假通知"}
    path = f"/calendar-days/{plain.isoformat()}"
    assert cooperative.put(path, json=body).status_code == 403
    assert authority.put(path, json=body).status_code == 200
    session.rollback()
    later = last_working_day(heard, 5, {plain: False})
    assert reinspections.last_day_to_ask(session, row) == (later, "entered")
    assert [day["day"] for day in authority.get("/calendar-days").get_json()] == [str(plain)]
    assert authority.put("/calendar-days/today", json=body).status_code == 404


def test_who_asks_too_late_is_told_the_last_day() -> None:
    last = date(2026, 11, 20)
    with pytest.raises(Exception, match=str(last)) as refused:
        reinspections._check_in_time(last + timedelta(days=1), last, "monday-to-friday")
    assert "按周一至周五算" in refused.value.detail.zh  # type: ignore[attr-defined]
    reinspections._check_in_time(last, last, "monday-to-friday")

"""The life of a report: drafted, signed, verified by a second person, corrected, tested again."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.act import INSPECTOR, VERIFIER
from core.record.models import Evidence
from tests.api.test_main_job import (
    EVERY_BATCH,
    TODAY,
    confirm,
    kinds,
    published,
    report,
    sent_batch,
    type_inspected,
    verdict,
)
from tests.people import People, Person
from trace.inspections.models import Inspection

LEAD = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}
GOOD_LEAD = {**LEAD, "typed": "0.56"}


def drafted(inspector: Person, batch: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A worksheet on a batch, not signed yet."""
    return inspector.made("/worksheets", json={"batch": batch["id"], **report(EVERY_BATCH), **more})


def signed(person: Person, sheet: dict[str, Any], verb: str, **more: Any) -> tuple[int, Any]:
    """The status and body of signing a worksheet as `verb`."""
    body = {"content_sha256": sheet["content_sha256"], **more}
    answer = person.post(f"/worksheets/{sheet['id']}/{verb}", json=body)
    return answer.status_code, answer.get_json()


def reports(session: Session) -> int:
    """How many reports there are."""
    session.rollback()
    return session.scalar(select(func.count()).select_from(Inspection)) or 0


def test_a_report_exists_only_once_a_second_person_has_verified_it(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    batch = sent_batch(cooperative, inspector)
    sheet = drafted(inspector, batch)
    assert (sheet["state"], sheet["faults"], sheet["signatures"]) == ("drafted", [], [])
    status, submitted = signed(inspector, sheet, "submission")
    assert (status, submitted["state"]) == (201, "submitted")
    assert reports(session) == 0
    assert cooperative.get(f"/batches/{batch['id']}/verdict").status_code == 404
    status, made = signed(inspector.colleague, sheet, "verification")
    assert (status, made["id"], made["kind"]) == (201, sheet["id"], "batch")
    assert reports(session) == 1
    kept = inspector.get(f"/worksheets/{sheet['id']}").get_json()
    assert [(s["meaning"], s["method"]) for s in kept["signatures"]] == [
        ("submitted", "token"), ("verified", "token"),
    ]  # fmt: skip
    assert {s["content_sha256"] for s in kept["signatures"]} == {sheet["content_sha256"]}


def test_nobody_verifies_their_own_work(
    people: People, cooperative: Person, inspector: Person, session: Session
) -> None:
    both = people.person(41, "兼任", (INSPECTOR, VERIFIER), party=inspector.party)
    sheet = drafted(both, sent_batch(cooperative, inspector), sign=True)
    status, problem = signed(both, sheet, "verification")
    assert (status, problem["code"]) == (403, "same-person")
    assert "另一个人" in problem["detail_zh"]
    assert signed(inspector, sheet, "verification")[0] == 403
    assert reports(session) == 0
    assert signed(inspector.colleague, sheet, "verification")[0] == 201


def test_who_changed_a_returned_sheet_does_not_verify_it_either(
    people: People, cooperative: Person, inspector: Person
) -> None:
    other = people.person(42, "另一人", (INSPECTOR, VERIFIER), party=inspector.party)
    sheet = drafted(inspector, sent_batch(cooperative, inspector), sign=True)
    assert signed(other, sheet, "return", reason="粉末少一位小数")[0] == 201
    back = inspector.get(f"/worksheets/{sheet['id']}")
    assert back.get_json()["state"] == "drafted"
    assert back.get_json()["signatures"][-1]["reason"] == "粉末少一位小数"
    changed = report([*EVERY_BATCH[:-1]])
    answer = other.put(
        f"/worksheets/{sheet['id']}", json=changed, headers={"If-Match": back.headers["ETag"]}
    )
    assert answer.status_code == 200, answer.get_json()
    status, _ = signed(inspector, answer.get_json(), "submission")
    assert status == 201
    assert signed(inspector.colleague, answer.get_json(), "verification")[0] == 201


def test_what_was_not_looked_at_is_not_signed(cooperative: Person, inspector: Person) -> None:
    sheet = drafted(inspector, sent_batch(cooperative, inspector))
    page = inspector.get(f"/worksheets/{sheet['id']}")
    other = report([*EVERY_BATCH, GOOD_LEAD])
    changed = inspector.put(
        f"/worksheets/{sheet['id']}", json=other, headers={"If-Match": page.headers["ETag"]}
    )
    assert changed.status_code == 200
    assert changed.get_json()["content_sha256"] != sheet["content_sha256"]
    status, problem = signed(inspector, sheet, "submission")
    assert (status, problem["code"]) == (409, "content-changed")
    stale = inspector.put(
        f"/worksheets/{sheet['id']}", json=other, headers={"If-Match": page.headers["ETag"]}
    )
    assert stale.status_code == 412
    assert inspector.put(f"/worksheets/{sheet['id']}", json=other).status_code == 428


def test_a_draft_keeps_what_cannot_be_read_yet_and_says_what_is_missing(
    cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    wrong = {**LEAD, "typed": "零点五"}
    sheet = inspector.made("/worksheets", json={"batch": batch["id"], "results": [wrong]})
    assert sheet["content"]["results"][0]["typed"] == "零点五"
    assert [fault["pointer"] for fault in sheet["faults"]] == [
        "/number", "/sampled_on", "/reported_on", "/results/0/typed",
    ]  # fmt: skip
    status, problem = signed(inspector, sheet, "submission")
    assert status == 422
    assert len(problem["errors"]) == 4


def test_a_cookie_alone_signs_nothing(cooperative: Person, inspector: Person) -> None:
    sheet = drafted(inspector, sent_batch(cooperative, inspector))
    browser = inspector.signed_in()
    browser.get("/lab/")
    with browser.session_transaction() as cookie:
        token = cookie.get("csrf_token")
    answer = browser.post(
        f"/api/v1/worksheets/{sheet['id']}/submission",
        json={"content_sha256": sheet["content_sha256"]},
        headers={"Idempotency-Key": str(uuid.uuid4()), "X-CSRFToken": token or ""},
    )
    assert answer.status_code == 403


def test_worksheets_of_another_laboratory_are_not_there(
    people: People, cooperative: Person, inspector: Person
) -> None:
    stranger = people.person(43, "别家检验", (INSPECTOR, VERIFIER))
    sheet = drafted(inspector, sent_batch(cooperative, inspector))
    missing = stranger.get(f"/worksheets/{uuid.uuid4()}")
    for path in (f"/worksheets/{sheet['id']}",):
        answer = stranger.get(path)
        assert (answer.status_code, answer.data) == (404, missing.data)
    for verb in ("submission", "verification"):
        assert signed(stranger, sheet, verb)[0] == 404
    assert stranger.get("/worksheets").get_json() == []
    assert cooperative.get(f"/worksheets/{sheet['id']}").status_code == 403


def test_several_sheets_are_verified_in_one_act_or_none(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    sheets = [drafted(inspector, sent_batch(cooperative, inspector), sign=True) for _ in range(3)]
    named = [{"id": s["id"], "content_sha256": s["content_sha256"]} for s in sheets]
    wrong = [*named[:2], {**named[2], "content_sha256": "0" * 64}]
    refused = inspector.colleague.post("/verifications", json={"worksheets": wrong})
    assert (refused.status_code, reports(session)) == (409, 0)
    done = inspector.colleague.post("/verifications", json={"worksheets": named})
    assert (done.status_code, reports(session)) == (201, 3)


def sheet_in(batch: dict[str, Any], rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """One worksheet of a set, submitted at once."""
    return {"batch": batch["id"], "sign": True, **report(rows), **more}


def test_a_set_of_worksheets_is_begun_and_submitted_in_one_act(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batches = [sent_batch(cooperative, inspector) for _ in range(3)]
    lead = {**sheet_in(batches[2], [*EVERY_BATCH, LEAD]), "sign": False}
    bodies = [*(sheet_in(batch, EVERY_BATCH) for batch in batches[:2]), lead]
    made = inspector.made("/worksheet-sets", json={"worksheets": bodies})
    assert [sheet["batch_id"] for sheet in made] == [batch["id"] for batch in batches]
    assert [sheet["state"] for sheet in made] == ["submitted", "submitted", "drafted"]
    assert [[s["meaning"] for s in sheet["signatures"]] for sheet in made] == [
        ["submitted"], ["submitted"], [],
    ]  # fmt: skip
    assert [inspector.get(f"/worksheets/{sheet['id']}").get_json() for sheet in made] == made
    assert signed(inspector, made[2], "submission")[0] == 201
    named = [{"id": s["id"], "content_sha256": s["content_sha256"]} for s in made]
    done = inspector.colleague.made("/verifications", json={"worksheets": named})
    assert [one["id"] for one in done] == [sheet["id"] for sheet in made]
    assert [verdict(cooperative, batch)["outcome"] for batch in batches] == [
        "conforming", "conforming", "nonconforming",
    ]  # fmt: skip


def test_a_set_with_a_fault_is_refused_whole_and_every_fault_named(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    batch = sent_batch(cooperative, inspector)
    good, wrong = sheet_in(batch, EVERY_BATCH), {**GOOD_LEAD, "typed": "1,2"}
    late = sheet_in(batch, EVERY_BATCH, reported_on=(TODAY + timedelta(days=1)).isoformat())
    bodies = [good, sheet_in(batch, [*EVERY_BATCH, wrong]), late]
    answer = inspector.post("/worksheet-sets", json={"worksheets": bodies})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [
        "/worksheets/1/results/4/typed", "/worksheets/2/reported_on",
    ]  # fmt: skip
    assert inspector.get("/worksheets").get_json() == []
    same = [good, {**good, "results": [GOOD_LEAD]}]
    taken = inspector.post("/worksheet-sets", json={"worksheets": same})
    problem = taken.get_json()
    assert (taken.status_code, problem["code"]) == (409, "number-taken")
    assert [error["pointer"] for error in problem["errors"]] == ["/worksheets/1"]
    stranger = {**good, "batch": str(uuid.uuid4())}
    missing = inspector.post("/worksheet-sets", json={"worksheets": [good, stranger]})
    assert missing.status_code == 404
    assert missing.get_json()["errors"][0]["pointer"] == "/worksheets/1"
    two = {**good, "product": "changsha-green-tea"}
    unclear = inspector.post("/worksheet-sets", json={"worksheets": [good, two]})
    assert [error["pointer"] for error in unclear.get_json()["errors"]] == ["/worksheets/1/batch"]
    assert inspector.get("/worksheets").get_json() == []


def test_two_sheets_on_one_batch_verified_together_are_judged_one_after_the_other(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch, other = (sent_batch(cooperative, inspector) for _ in range(2))
    confirm(cooperative, batch)
    bodies = [
        sheet_in(batch, EVERY_BATCH), sheet_in(other, EVERY_BATCH), sheet_in(batch, [LEAD]),
    ]  # fmt: skip
    made = inspector.made("/worksheet-sets", json={"worksheets": bodies})
    named = [{"id": s["id"], "content_sha256": s["content_sha256"]} for s in made]
    inspector.colleague.made("/verifications", json={"worksheets": named})
    assert verdict(cooperative, batch)["outcome"] == "nonconforming"
    assert verdict(cooperative, other)["outcome"] == "conforming"
    assert kinds(session, batch) == ["release", "hold"]


def test_no_sql_makes_a_report_without_two_signatures(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    sheet = drafted(inspector, sent_batch(cooperative, inspector), sign=True)
    session.rollback()
    row = Inspection(
        id=uuid.UUID(sheet["id"]), kind="type", number="X-1", laboratory_id=inspector.party,
        party_id=cooperative.party, product_id=uuid.UUID(sheet["product_id"]),
        sampled_on=TODAY, reported_on=TODAY, valid_from=TODAY,
        recorded_at=session.execute(select(Evidence.at)).scalars().first(),
    )  # fmt: skip
    session.add(row)
    with pytest.raises(IntegrityError, match="two signatures"):
        session.flush()
    session.rollback()


def test_a_correction_that_leaves_the_failing_value_out_does_not_pass(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    failed = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    confirm(cooperative, batch)
    assert verdict(cooperative, batch)["outcome"] == "nonconforming"
    published(inspector, None, report(EVERY_BATCH), corrects=failed["id"], reason="铅不是本批的")
    said = verdict(cooperative, batch)
    assert said["outcome"] == "undetermined"
    assert any("已撤回" in reason["zh"] for reason in said["reasons"])
    assert kinds(session, batch)[-1] == "hold"


def test_withdrawing_a_failing_report_never_turns_failed_into_passed(
    cooperative: Person, inspector: Person, people: People
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    confirm(cooperative, batch)
    failed = published(inspector, batch, report([LEAD]))
    first = verdict(cooperative, batch)
    path = f"/inspections/{failed['id']}"
    inspector.made(f"{path}/withdrawal", json={"reason": "仪器故障"})
    assert verdict(cooperative, batch)["outcome"] == "undetermined"
    refused = inspector.post(f"{path}/reinstatement", json={"reason": "仪器没坏"})
    assert refused.status_code == 403
    inspector.colleague.made(f"{path}/reinstatement", json={"reason": "仪器没坏"})
    again = verdict(cooperative, batch)
    assert again["outcome"] == "nonconforming"
    assert (again["lines"], again["reasons"]) == (first["lines"], first["reasons"])
    once_more = inspector.post(f"{path}/withdrawal", json={"reason": "还是坏了"})
    assert (once_more.status_code, once_more.get_json()["code"]) == (409, "reinstated-before")


def test_a_retest_counts_for_what_it_tested_again_and_the_first_stays_to_be_seen(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    first = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    confirm(cooperative, batch)
    about = {"retests": first["id"], "ground": "retained-sample", "reason": "用留存样复验"}
    again = published(inspector, None, report([GOOD_LEAD]), **about)
    assert verdict(cooperative, batch)["outcome"] == "conforming"
    assert kinds(session, batch) == ["hold", "release"]
    listed = cooperative.get(f"/batches/{batch['id']}/inspections").get_json()
    assert [row["id"] for row in listed] == [again["id"], first["id"]]
    refused = inspector.post("/worksheets", json={**report([GOOD_LEAD]), **about})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "already-retested")
    inspector.made(f"/inspections/{again['id']}/withdrawal", json={"reason": "留存样弄混"})
    assert verdict(cooperative, batch)["outcome"] == "nonconforming"


def test_where_both_count_the_worse_decides(cooperative: Person, inspector: Person) -> None:
    batch = sent_batch(cooperative, inspector)
    first = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    about = {"retests": first["id"], "ground": "double-sampling", "reason": "加倍取样"}
    published(inspector, None, report([GOOD_LEAD]), **about, both_count=True)
    assert verdict(cooperative, batch)["outcome"] == "nonconforming"


@pytest.mark.parametrize(
    ("about", "pointer"),
    [
        ({}, "/batch"),
        ({"batch": str(uuid.uuid4()), "product": "changsha-green-tea"}, "/batch"),
        ({"product": "changsha-green-tea"}, "/batch"),
        ({"corrects": str(uuid.uuid4())}, "/reason"),
        ({"retests": str(uuid.uuid4()), "reason": "复验"}, "/ground"),
    ],
)
def test_a_worksheet_is_about_one_thing(
    inspector: Person, about: dict[str, str], pointer: str
) -> None:
    answer = inspector.post("/worksheets", json={**report(EVERY_BATCH), **about})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_a_worksheet_that_was_discarded_is_over(cooperative: Person, inspector: Person) -> None:
    sheet = drafted(inspector, sent_batch(cooperative, inspector))
    assert inspector.post(f"/worksheets/{sheet['id']}/discard").status_code == 200
    status, problem = signed(inspector, sheet, "submission")
    assert (status, problem["code"]) == (409, "worksheet-discarded")


def test_two_reports_with_one_number_are_refused_when_they_are_signed(
    cooperative: Person, inspector: Person
) -> None:
    one = drafted(inspector, sent_batch(cooperative, inspector), number="R-7", sign=True)
    two = drafted(inspector, sent_batch(cooperative, inspector), number="R-7")
    assert (one["state"], two["state"]) == ("submitted", "drafted")
    status, problem = signed(inspector, two, "submission")
    assert (status, problem["code"]) == (409, "number-taken")


def test_a_result_measured_after_the_report_is_refused(
    cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    late = {**GOOD_LEAD, "measured_on": (TODAY + timedelta(days=1)).isoformat()}
    sheet = inspector.made("/worksheets", json={"batch": batch["id"], **report([late])})
    assert [fault["pointer"] for fault in sheet["faults"]] == ["/results/0/measured_on"]


def test_what_the_authority_withdrew_only_the_authority_reinstates(
    cooperative: Person, inspector: Person, authority: Person, people: People
) -> None:
    batch = sent_batch(cooperative, inspector)
    made = published(inspector, batch, report(EVERY_BATCH))
    path = f"/inspections/{made['id']}"
    authority.made(f"{path}/withdrawal", json={"reason": "抽样不合规"})
    refused = inspector.colleague.post(f"{path}/reinstatement", json={"reason": "合规"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not-your-report")
    other = people.person(44, "另一位", ("authority",), party=authority.party)
    assert other.post(f"{path}/reinstatement", json={"reason": "查清了"}).status_code == 201


def test_a_failing_report_withdrawn_on_the_day_of_an_older_passing_one_does_not_pass(
    cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report([*EVERY_BATCH, GOOD_LEAD]))
    failed = published(inspector, batch, report([LEAD]))
    inspector.made(f"/inspections/{failed['id']}/withdrawal", json={"reason": "样品弄混"})
    assert verdict(cooperative, batch)["outcome"] == "undetermined"
    published(inspector, batch, report([GOOD_LEAD]))
    assert verdict(cooperative, batch)["outcome"] == "conforming"

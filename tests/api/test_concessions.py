"""让步放行: two people, neither of the owner, and never again a label."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.act import AUTHORITY, INSPECTOR, PRODUCER
from core.clock import now
from tests.api.batches_ready import ReadyBatches
from tests.api.labelled import EVERY_BATCH, LEAD, TEA, Labelled
from tests.api.looking import rows
from tests.api.test_main_job import EVERY_BATCH as EVERY_ITEM
from tests.api.test_main_job import kinds, published, report, sent_batch, type_inspected
from tests.people import People, Person
from trace.inspections.concession_models import Concession
from trace.inspections.models import Disposition

FAILING = {"characteristic": LEAD, "typed": "5.6", "unit": "mg/kg"}
REASON = {"reason": "感官和卫生都好，只是铅略高，作普通茶出售"}


@pytest.fixture
def second(people: People, authority: Person) -> Person:
    """Another person of the authority."""
    return people.person(11, "第二位", (AUTHORITY,), party=authority.party)


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch that failed."""
    type_inspected(cooperative, inspector)
    made = sent_batch(cooperative, inspector)
    published(inspector, made, report([*EVERY_ITEM, FAILING]))
    return made


def asked(person: Person, batch: dict[str, Any]) -> dict[str, Any]:
    """Ask for a concession."""
    return person.made(f"/batches/{batch['id']}/concessions", json=REASON)


def code(answer: Any) -> tuple[int, str]:
    """How a request was refused."""
    return answer.status_code, answer.get_json()["code"]


def test_a_laboratory_asks_and_the_authority_confirms(
    cooperative: Person, inspector: Person, authority: Person, batch: dict[str, Any],
    session: Session,
) -> None:  # fmt: skip
    made = asked(inspector, batch)
    assert (made["state"], made["quantity"]) == ("waiting", "240000000")
    done = authority.made(f"/concessions/{made['id']}/confirmation")
    assert (done["kind"], done["reason"]) == ("concession", REASON["reason"])
    assert kinds(session, batch) == ["hold", "concession"]
    row = session.scalars(select(Disposition).where(Disposition.kind == "concession")).one()
    assert (row.account_id, row.second_account_id) == (inspector.account, authority.account)
    (listed,) = cooperative.get(f"/batches/{batch['id']}/concessions").get_json()
    assert listed["state"] == "confirmed"


def test_who_asked_cannot_confirm_but_a_colleague_can(
    authority: Person, second: Person, batch: dict[str, Any]
) -> None:
    made = asked(authority, batch)
    path = f"/concessions/{made['id']}/confirmation"
    assert code(authority.post(path)) == (403, "second-person")
    assert second.post(path).status_code == 201
    assert code(second.post(path)) == (409, "already-answered")
    assert code(second.post(f"/batches/{batch['id']}/concessions", json=REASON)) == (
        409,
        "already-decided",
    )


def test_nobody_of_the_owning_party_has_a_say(
    people: People, cooperative: Person, inspector: Person, authority: Person,
    batch: dict[str, Any],
) -> None:  # fmt: skip
    answer = cooperative.post(f"/batches/{batch['id']}/concessions", json=REASON)
    assert code(answer) == (403, "role-missing")
    made = asked(inspector, batch)
    assert code(inspector.post(f"/concessions/{made['id']}/confirmation")) == (403, "role-missing")
    both = people.person(12, "又做茶又管茶", (PRODUCER, AUTHORITY))
    people.license(both, TEA)
    theirs = sent_batch(both, inspector)
    published(inspector, theirs, report([*EVERY_ITEM, FAILING]))
    path = f"/batches/{theirs['id']}/concessions"
    assert code(both.post(path, json=REASON)) == (403, "own-batch")
    waiting = asked(inspector, theirs)
    for deed, body in (("confirmation", None), ("refusal", REASON)):
        answer = both.post(f"/concessions/{waiting['id']}/{deed}", json=body)
        assert code(answer) == (403, "own-batch")
    assert authority.post(f"/concessions/{waiting['id']}/confirmation").status_code == 201


def test_a_stranger_finds_nothing(
    people: People, stranger: Person, inspector: Person, batch: dict[str, Any]
) -> None:
    made = asked(inspector, batch)
    other = people.person(13, "别家检验", (INSPECTOR,))
    assert stranger.get(f"/batches/{batch['id']}/concessions").status_code == 404
    assert other.post(f"/batches/{batch['id']}/concessions", json=REASON).status_code == 404
    assert people.authority.post(f"/concessions/{uuid.uuid4()}/confirmation").status_code == 404
    assert made["state"] == "waiting"


def test_a_conforming_batch_and_one_that_was_never_judged_are_refused(
    cooperative: Person, inspector: Person, authority: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    path = f"/batches/{batch['id']}/concessions"
    assert code(inspector.post(path, json=REASON)) == (409, "not-judged")
    type_inspected(cooperative, inspector)
    published(inspector, batch, report(EVERY_ITEM))
    assert code(inspector.post(path, json=REASON)) == (409, "conforming")
    assert inspector.post(path, json={}).status_code == 422


@pytest.mark.parametrize("kind", ["reject", "recall"])
def test_what_was_rejected_or_recalled_is_not_conceded(
    inspector: Person, authority: Person, batch: dict[str, Any], kind: str
) -> None:
    made = asked(inspector, batch)
    authority.made(f"/batches/{batch['id']}/dispositions", json={"kind": kind, **REASON})
    path = f"/concessions/{made['id']}/confirmation"
    assert code(authority.post(path)) == (409, "already-decided")


def test_one_request_waits_at_a_time_and_a_refused_one_leaves_the_batch_as_it_was(
    inspector: Person, authority: Person, batch: dict[str, Any], session: Session
) -> None:
    made = asked(inspector, batch)
    path = f"/batches/{batch['id']}/concessions"
    assert code(inspector.post(path, json=REASON)) == (409, "already-asked")
    refusal = f"/concessions/{made['id']}/refusal"
    assert authority.post(refusal, json={}).status_code == 422
    said = authority.made(refusal, json={"reason": "铅超标不能让步"})
    assert (said["state"], said["refusal"]) == ("refused", "铅超标不能让步")
    assert kinds(session, batch) == ["hold"]
    assert asked(inspector, batch)["state"] == "waiting", "it may be asked again"


def test_after_a_concession_nothing_releases_the_batch_any_more(
    cooperative: Person, inspector: Person, authority: Person, batch: dict[str, Any],
    session: Session,
) -> None:  # fmt: skip
    made = asked(inspector, batch)
    authority.made(f"/concessions/{made['id']}/confirmation")
    (old,) = cooperative.get(f"/batches/{batch['id']}/inspections").get_json()
    fixed = report([*EVERY_ITEM, {**FAILING, "typed": "0.56"}], reason="小数点抄错")
    published(inspector, None, fixed, corrects=old["id"])
    etag = cooperative.get(f"/batches/{batch['id']}").headers["ETag"]
    cooperative.put(f"/batches/{batch['id']}/quantity", json={}, headers={"If-Match": etag})
    verdict = cooperative.get(f"/batches/{batch['id']}/verdict").get_json()
    assert verdict["outcome"] == "conforming"
    assert kinds(session, batch) == ["hold", "concession"]
    for kind in ("hold", "lift", "reject"):
        answer = authority.post(
            f"/batches/{batch['id']}/dispositions", json={"kind": kind, **REASON}
        )
        assert code(answer) == (409, "already-decided")
    authority.made(f"/batches/{batch['id']}/dispositions", json={"kind": "recall", **REASON})


def test_labels_already_out_say_that_they_no_longer_vouch_and_no_new_ones_are_issued(
    app: Flask, people: People
) -> None:
    made = Labelled(app, people).in_use()
    made.inspect(*EVERY_BATCH, FAILING)
    concession = made.laboratory.made(f"/batches/{made.batch}/concessions", json=REASON)
    made.authority.made(f"/concessions/{concession['id']}/confirmation")
    phone = app.test_client()
    shown = phone.get(f"/T/{made.code()}").get_data(as_text=True)
    assert "让步放行，本标签不再担保" in shown
    told = phone.get(f"/T/{made.code()}?f=json").get_json()
    assert (told["status"], told["state"]) == ("conceded", "wait")
    assert "no longer vouches" in told["sentence"]["en"]
    draft = {"count": 1, "net_content": "100", "net_unit": "g", "sheet_format": "a4-3x8"}
    answer = made.maker.post(f"/batches/{made.batch}/label-runs", json=draft)
    assert answer.status_code in (404, 409, 422)
    state = {"state": "activated", "first": made.first, "last": made.first}
    changed = made.maker.post(f"/label-runs/{made.run}/states", json=state)
    assert changed.status_code >= 400


def test_the_database_itself_wants_two_people_of_other_parties(
    app: Flask, people: People, cooperative: Person, inspector: Person, authority: Person,
    batch: dict[str, Any], session: Session,
) -> None:  # fmt: skip
    made = asked(inspector, batch)
    owner = people.person(14, "另一位", (PRODUCER,), party=cooperative.party)
    row = {
        "batch_id": uuid.UUID(batch["id"]), "number": 9, "kind": "concession",
        "reason": "直接写库", "decided_at": now(),
    }  # fmt: skip
    pairs = [
        (None, None), (inspector.account, None), (inspector.account, inspector.account),
        (inspector.account, authority.account), (inspector.account, owner.account),
    ]  # fmt: skip
    for first, other in pairs:
        with pytest.raises(IntegrityError) as refused:
            session.add(Disposition(**row, account_id=first, second_account_id=other))
            session.flush()
        assert "two people" in str(refused.value.orig)
        session.rollback()
    with pytest.raises(IntegrityError):
        session.execute(
            text("UPDATE concession SET confirmed_by = asked_by, confirmed_at = asked_at")
        )
    session.rollback()
    authority.made(f"/concessions/{made['id']}/confirmation")
    for change in ("reason = 'x'", "confirmed_by = NULL, confirmed_at = NULL"):
        with pytest.raises(IntegrityError):
            session.execute(text(f"UPDATE concession SET {change}"))
        session.rollback()
    with pytest.raises(Exception, match=r"answered once|permission denied"):
        session.execute(text("DELETE FROM concession"))
    session.rollback()
    assert len(rows(app, select(Concession))) == 1


def test_sql_cannot_release_after_a_concession(
    app: Flask, cooperative: Person, session: Session
) -> None:
    ready = ReadyBatches(app)
    batch = ready.batch(cooperative)
    ready.dispose(batch, "concession")
    with pytest.raises(IntegrityError, match="after a concession"):
        ready.dispose(batch, "release")

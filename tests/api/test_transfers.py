"""Hand-overs: goods leave one party, arrive at another or come back, and nothing gets lost between."""

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.database.engine import db
from core.record.models import Evidence
from products.licences.models import Licence
from tests.api.looking import change, rows
from tests.api.test_goods import KG, LEAD, conforming, leaf, made_of, outputs_of, refusal, stock
from tests.api.test_main_job import (
    EVERY_BATCH,
    TODAY,
    kinds,
    published,
    report,
    sent_batch,
    type_inspected,
    verdict,
)
from tests.people import People, Person
from trace.batches.models import Batch, BatchOrigin
from trace.books.models import Entry
from trace.books.service import ledger_balances
from trace.transfers.models import Transfer, TransferAnswer


def sending(batch: dict[str, Any], to: Person, quantity: str = "40", **more: Any) -> dict[str, Any]:
    return {
        "batch": batch["id"], "to": str(to.party), "quantity": quantity, "unit": "公斤",
        "sent_on": TODAY.isoformat(), **more,
    }  # fmt: skip


def sent(
    person: Person, batch: dict[str, Any], to: Person, quantity: str = "40", **more: Any
) -> dict[str, Any]:
    return person.made("/transfers", json=sending(batch, to, quantity, **more))


def confirmed(
    person: Person, transfer: dict[str, Any], quantity: str = "40", **more: Any
) -> dict[str, Any]:
    draft = {"quantity": quantity, "unit": "公斤", "condition": "intact", **more}
    return person.made(f"/transfers/{transfer['id']}/confirmation", json=draft)


def balances(session: Session, batch: dict[str, Any]) -> dict[str, int]:
    session.rollback()
    found = ledger_balances(session, uuid.UUID(batch["id"]))
    return {account: amount for (_, account), amount in found.items() if amount}


def batch_of(person: Person, answered: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = person.get(f"/batches/{answered['answer']['batch']}").get_json()
    return found


@pytest.fixture(autouse=True)
def books_balance(app: Flask) -> Iterator[None]:
    """After every test each posting sums to zero per form, over both parties."""
    yield
    with app.app_context():
        sums = select(func.sum(Entry.amount)).group_by(Entry.posting, Entry.form)
        assert {int(total) for total in db.session.scalars(sums)} <= {0}


# --- sending and confirming ------------------------------------------------------------------


def test_goods_are_under_way_until_the_receiver_confirms_and_then_its_own(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    transfer = sent(cooperative, batch, stranger, note="早上装车")
    assert (transfer["number"], transfer["state"]) == (f"{batch['number']}-J1", "under-way")
    assert balances(session, batch) == {
        "harvest": -100 * KG, "stock": 60 * KG, "transit": 40 * KG,
    }  # fmt: skip
    answered = confirmed(stranger, transfer)
    assert answered["state"] == "confirmed" and answered["answer"]["difference"] == "0"
    theirs = batch_of(stranger, answered)
    assert stock(session, theirs) == 40 * KG and theirs["confirmed_at"]
    assert balances(session, batch) == {"harvest": -100 * KG, "stock": 60 * KG}
    for same in ("form", "production_date", "place_code", "product_id", "declared"):
        assert theirs[same] == batch[same]
    origin = session.scalars(select(BatchOrigin)).one()
    assert (origin.kind, origin.quantity) == ("transfer", 40 * KG)
    assert (str(origin.batch_id), str(origin.parent_id)) == (theirs["id"], batch["id"])


def test_a_shortfall_is_booked_as_a_loss_and_told_to_both(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    transfer = sent(cooperative, batch, stranger)
    draft = {"condition": "partly-damaged", "note": "两筐压坏"}
    answered = confirmed(stranger, transfer, "37.5", **draft)
    assert answered["answer"]["difference"] == str(2_500_000)
    assert answered["answer"]["difference_words"]["zh"] == "少收 2.5 公斤，已记为损耗"
    assert cooperative.get(f"/transfers/{transfer['id']}").get_json() == answered
    assert balances(session, batch)["loss"] == 2_500_000
    assert stock(session, batch_of(stranger, answered)) == 37_500_000


def test_more_than_was_sent_is_told_and_never_booked(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    answered = confirmed(stranger, sent(cooperative, batch, stranger), "41")
    assert answered["answer"]["difference"] == str(-KG)
    assert answered["answer"]["difference_words"]["zh"] == "多收 1 公斤，未入账"
    theirs = batch_of(stranger, answered)
    assert (stock(session, theirs), theirs["quantity"]) == (40 * KG, 40 * KG)
    assert "loss" not in balances(session, batch)


def test_the_receiver_may_give_its_own_number_and_count_in_another_unit(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    first = confirmed(stranger, sent(cooperative, batch, stranger), "80", unit="斤", number="IN-1")
    assert batch_of(stranger, first)["number"] == "IN-1"
    assert first["answer"]["difference"] == "0"
    second = sent(cooperative, batch, stranger, "10")
    assert second["number"] == f"{batch['number']}-J2"
    draft = {"quantity": "10", "condition": "intact", "number": "IN-1"}
    answer = stranger.post(f"/transfers/{second['id']}/confirmation", json=draft)
    assert refusal(answer) == (422, "number-taken")


def test_results_and_type_inspections_of_the_maker_hold_for_goods_handed_over(
    cooperative: Person, stranger: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = conforming(cooperative, inspector)
    answered = confirmed(stranger, sent(cooperative, batch, stranger))
    theirs = batch_of(stranger, answered)
    said = verdict(stranger, theirs)
    assert (said["outcome"], said["cause"]) == ("conforming", "transfer")
    assert kinds(session, theirs) == ["release"]


def test_a_report_withdrawn_later_holds_what_was_handed_over(
    cooperative: Person, stranger: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    written = published(inspector, batch, report(EVERY_BATCH))
    etag = cooperative.get(f"/batches/{batch['id']}").headers["ETag"]
    path = f"/batches/{batch['id']}/quantity"
    assert cooperative.put(path, json={}, headers={"If-Match": etag}).status_code == 200
    theirs = batch_of(stranger, confirmed(stranger, sent(cooperative, batch, stranger)))
    inspector.made(f"/inspections/{written['id']}/withdrawal", json={"reason": "样品弄错"})
    assert kinds(session, theirs) == ["release", "hold"]


def test_goods_may_go_on_from_the_receiver_and_into_other_goods(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    theirs = batch_of(
        stranger, confirmed(stranger, sent(cooperative, leaf(cooperative), stranger))
    )  # fmt: skip
    told = made_of(stranger, "transform", [(theirs, "40")], [{"quantity": "9"}], form="成品茶")
    tea = outputs_of(stranger, told)[0]
    back = confirmed(cooperative, sent(stranger, tea, cooperative, "5"), "5")
    assert stock(session, batch_of(cooperative, back)) == 5 * KG


# --- coming back -----------------------------------------------------------------------------


def test_refused_goods_are_back_in_the_senders_stock_with_the_reason(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    transfer = sent(cooperative, batch, stranger)
    path = f"/transfers/{transfer['id']}/refusal"
    assert refusal(cooperative.post(path, json={"reason": "反悔"})) == (403, "receiver-only")
    told = stranger.made(path, json={"reason": "品种不对"})
    assert (told["state"], told["answer"]["note"]) == ("refused", "品种不对")
    assert balances(session, batch) == {"harvest": -100 * KG, "stock": 100 * KG}


def test_the_sender_takes_an_unanswered_hand_over_back_and_nobody_else_does(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    transfer = sent(cooperative, batch, stranger)
    path = f"/transfers/{transfer['id']}/withdrawal"
    assert refusal(stranger.post(path, json={"reason": "不要"})) == (403, "sender-only")
    assert cooperative.made(path, json={"reason": "写错了"})["state"] == "withdrawn"
    assert stock(session, batch) == 100 * KG
    draft = {"quantity": "40", "condition": "intact"}
    answer = stranger.post(f"/transfers/{transfer['id']}/confirmation", json=draft)
    assert refusal(answer) == (409, "already-answered")
    assert "撤回" in answer.get_json()["detail"]


def test_goods_that_are_held_under_way_are_not_taken_in_but_can_be_refused(
    cooperative: Person, stranger: Person, inspector: Person, authority: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    transfer = sent(cooperative, batch, stranger)
    hold = {"kind": "hold", "reason": "市场抽检不合格"}
    authority.made(f"/batches/{batch['id']}/dispositions", json=hold)
    path = f"/transfers/{transfer['id']}"
    answer = stranger.post(f"{path}/confirmation", json={"quantity": "40", "condition": "intact"})
    assert refusal(answer) == (409, "batch-not-usable")
    assert "请拒收" in answer.get_json()["detail"]
    stranger.made(f"{path}/refusal", json={"reason": "已被封存"})
    assert stock(session, batch) == 100 * KG


# --- bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"quantity": "0"}, "quantity-not-positive", "/quantity"),
        ({"quantity": "很多"}, "number_unreadable", "/quantity"),
        ({"unit": "株"}, "unit-of-other-form", "/unit"),
        ({"sent_on": (TODAY + timedelta(days=1)).isoformat()}, "future", "/sent_on"),
        ({"sent_on": "2020-01-01"}, "before-production", "/sent_on"),
        ({"to": str(uuid.uuid4())}, "no-such-receiver", "/to"),
    ],
)
def test_what_cannot_be_sent_says_which_box_is_wrong(
    cooperative: Person, stranger: Person, session: Session, more: Any, code: str, pointer: str
) -> None:
    batch = leaf(cooperative)
    answer = cooperative.post("/transfers", json={**sending(batch, stranger), **more})
    assert refusal(answer) == (422, code)
    assert [fault["pointer"] for fault in answer.get_json()["errors"]] == [pointer]
    assert stock(session, batch) == 100 * KG


def test_a_party_without_a_licence_receives_nothing(
    people: People, cooperative: Person, inspector: Person, session: Session
) -> None:
    buyer = people.person(17, "没有准入的加工厂", ("producer",))
    batch = leaf(cooperative)
    answer = cooperative.post("/transfers", json=sending(batch, buyer))
    assert refusal(answer) == (422, "receiver-not-licensed")
    assert "加工厂" in answer.get_json()["detail"]
    for other, code in ((cooperative, "to-oneself"), (inspector, "no-such-receiver")):
        answer = cooperative.post("/transfers", json=sending(batch, other))
        assert refusal(answer) == (422, code)
    assert stock(session, batch) == 100 * KG


def test_a_licence_that_ended_under_way_stops_the_confirmation_not_the_refusal(
    app: Flask, cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    transfer = sent(cooperative, batch, stranger)
    ended = update(Licence).where(Licence.party_id == stranger.party)
    change(app, ended.values(ends=TODAY - timedelta(days=1)))
    path = f"/transfers/{transfer['id']}"
    answer = stranger.post(f"{path}/confirmation", json={"quantity": "40", "condition": "intact"})
    assert refusal(answer) == (409, "receiver-not-licensed")
    stranger.made(f"{path}/refusal", json={"reason": "准入到期"})
    assert stock(session, batch) == 100 * KG


def test_no_more_goes_out_than_is_there(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    sent(cooperative, batch, stranger, "70")
    answer = cooperative.post("/transfers", json=sending(batch, stranger, "30.000001"))
    assert refusal(answer) == (409, "quantity-exceeded")
    assert "30 公斤" in answer.get_json()["detail"]
    assert stock(session, batch) == 30 * KG


def test_a_declared_quantity_and_a_failed_batch_are_not_handed_over(
    cooperative: Person, stranger: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    answer = cooperative.post("/transfers", json=sending(batch, stranger))
    assert refusal(answer) == (409, "not-confirmed")
    published(inspector, batch, report([*EVERY_BATCH, *LEAD]))
    answer = cooperative.post("/transfers", json=sending(batch, stranger))
    assert refusal(answer) == (409, "batch-not-usable")


def test_nothing_counted_is_no_confirmation(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    path = f"/transfers/{sent(cooperative, batch, stranger)['id']}/confirmation"
    answer = stranger.post(path, json={"quantity": "0", "condition": "intact"})
    assert refusal(answer) == (422, "nothing-counted")
    assert "拒收" in answer.get_json()["detail"]
    answer = stranger.post(path, json={"quantity": "40", "condition": "wet"})
    assert refusal(answer) == (422, "condition-note")
    assert balances(session, batch)["transit"] == 40 * KG


# --- whose it is -----------------------------------------------------------------------------


def test_both_sides_and_the_authority_see_a_hand_over_and_nobody_else(
    people: People, cooperative: Person, stranger: Person, authority: Person
) -> None:
    batch = leaf(cooperative)
    transfer = sent(cooperative, batch, stranger)
    third = people.person(18, "冬雪合作社", ("producer",))
    for person in (cooperative, stranger, authority):
        assert [row["id"] for row in person.get("/transfers").get_json()] == [transfer["id"]]
        assert person.get(f"/transfers/{transfer['id']}").status_code == 200
    assert third.get("/transfers").get_json() == []
    assert third.get(f"/transfers/{transfer['id']}").status_code == 404
    draft = {"quantity": "40", "condition": "intact"}
    for what, body in (("confirmation", draft), ("refusal", {"reason": "x"}),
                       ("withdrawal", {"reason": "x"})):  # fmt: skip
        assert third.post(f"/transfers/{transfer['id']}/{what}", json=body).status_code == 404
    assert cooperative.post("/transfers", json=sending({"id": str(uuid.uuid4())}, third)
                            ).status_code == 404  # fmt: skip
    assert third.post("/transfers", json=sending(batch, stranger)).status_code == 404
    assert stranger.get(f"/batches/{batch['id']}").status_code == 404


def test_lists_know_side_state_and_age(cooperative: Person, stranger: Person) -> None:
    batch = leaf(cooperative)
    old = sent(cooperative, batch, stranger, "1", sent_on=(TODAY - timedelta(days=2)).isoformat())
    confirmed(stranger, sent(cooperative, batch, stranger, "2"), "2")

    def listed(person: Person, **query: str) -> list[tuple[str, int | None]]:
        found = person.get("/transfers", query_string=query).get_json()
        return [(row["quantity_typed"], row["days_waiting"]) for row in found]

    assert listed(stranger, side="received", state="under-way") == [("1", 2)]
    assert listed(cooperative, side="sent", state="confirmed") == [("2", None)]
    assert listed(cooperative, side="received") == []
    assert old["days_waiting"] == 2


# --- once, and never undone ------------------------------------------------------------------


def test_a_key_sent_again_gets_the_first_answer_and_moves_nothing(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    draft, key = sending(batch, stranger), str(uuid.uuid4())
    first, again = (cooperative.post("/transfers", json=draft, key=key) for _ in range(2))
    assert first.get_json() == again.get_json()
    path, key = f"/transfers/{first.get_json()['id']}/confirmation", str(uuid.uuid4())
    draft = {"quantity": "40", "condition": "intact"}
    first, again = (stranger.post(path, json=draft, key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert balances(session, batch) == {"harvest": -100 * KG, "stock": 60 * KG}


def test_of_two_confirmations_at_once_one_stands(
    app: Flask, cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    for _ in range(3):
        transfer = sent(cooperative, batch, stranger, "10")
        path = f"/transfers/{transfer['id']}/confirmation"

        def answer(quantity: str, path: str = path) -> int:
            draft = {"quantity": quantity, "condition": "intact"}
            return stranger.post(path, json=draft).status_code

        with ThreadPoolExecutor(6) as pool:
            answers = Counter(pool.map(answer, ["10", "9", "8", "10", "9", "8"]))
        assert answers == {201: 1, 409: 5}
    assert len(rows(app, select(TransferAnswer))) == len(rows(app, select(BatchOrigin))) == 3
    assert len(rows(app, select(Batch).where(Batch.party_id == stranger.party))) == 3
    assert balances(session, batch)["stock"] == 70 * KG and stock(session, batch) == 70 * KG


def test_two_who_confirm_and_withdraw_at_once_agree(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    transfer = sent(cooperative, batch, stranger)
    path = f"/transfers/{transfer['id']}"
    draft = {"quantity": "40", "condition": "intact"}
    acts = [
        lambda: stranger.post(f"{path}/confirmation", json=draft).status_code,
        lambda: cooperative.post(f"{path}/withdrawal", json={"reason": "改主意"}).status_code,
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = [one.result() for one in [pool.submit(act) for act in acts]]
    assert sorted(answers) == [201, 409]
    kept = cooperative.get(path).get_json()["state"]
    assert kept == ("confirmed" if answers[0] == 201 else "withdrawn")
    assert stock(session, batch) == (60 if kept == "confirmed" else 100) * KG


def test_the_database_itself_refuses_a_hand_over_without_goods_and_a_changed_one(
    app: Flask, cooperative: Person, stranger: Person
) -> None:
    batch = leaf(cooperative)
    confirmed(stranger, sent(cooperative, batch, stranger))
    row = rows(app, select(Transfer))[0]
    columns = {c.key: getattr(row, c.key) for c in Transfer.__table__.columns}
    forged = Transfer(**{**columns, "id": uuid.uuid4(), "number": "X", "posting": uuid.uuid4()})
    answer = TransferAnswer(
        id=uuid.uuid4(), transfer_id=row.id, kind="withdrawn", note="x", posting=uuid.uuid4(),
        party_id=row.party_id, at=row.sent_at,
    )  # fmt: skip
    statements: list[Any] = [
        lambda: db.session.add(forged), lambda: db.session.add(answer),
        lambda: db.session.execute(update(Transfer).values(quantity=1)),
        lambda: db.session.execute(delete(TransferAnswer)),
    ]  # fmt: skip
    for statement in statements:
        with app.app_context(), pytest.raises(DBAPIError):
            statement()
            db.session.flush()


def test_both_acts_stand_in_the_record(app: Flask, cooperative: Person, stranger: Person) -> None:
    confirmed(stranger, sent(cooperative, leaf(cooperative), stranger))
    kept = rows(app, select(Evidence).order_by(Evidence.position))
    ours = [fact for fact in kept if fact.kind in ("transfer", "transfer-answer")]
    assert [(fact.kind, fact.actor) for fact in ours] == [
        ("transfer", cooperative.account), ("transfer-answer", stranger.account),
    ]  # fmt: skip

"""What happens to the stock of a batch: losses, samples, sales, returns, corrections, the books."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.record.models import Evidence, PersonalValue
from tests.api.plotted import approved_plot, capped
from tests.api.test_goods import KG, LEAD, conforming, leaf, made_of, outputs_of, refusal, stock
from tests.api.test_main_job import (
    TEA,
    TODAY,
    kinds,
    published,
    report,
    type_inspected,
)
from tests.people import People, Person
from trace.books.models import Allowance, Entry
from trace.books.service import ledger_balances
from trace.books.stock_models import StockAct

BUYER = {"buyer": "示例茶庄", "contact": "示例电话 000"}


def tried(person: Person, batch: dict[str, Any], kind: str, kg: str, **more: Any) -> TestResponse:
    said = {} if kind in ("sample", "sale") else {"reason": "示例原因"}
    body = {
        "kind": kind, "quantity": kg, "unit": "公斤", "happened_on": TODAY.isoformat(),
        **said, **(BUYER if kind == "sale" else {}), **more,
    }  # fmt: skip
    return person.post(f"/batches/{batch['id']}/stock-acts", json=body)


def entered(
    person: Person, batch: dict[str, Any], kind: str, kg: str, **more: Any
) -> dict[str, Any]:
    answer = tried(person, batch, kind, kg, **more)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    told: dict[str, Any] = answer.get_json()
    return told


def corrected(person: Person, posting: str, **more: Any) -> TestResponse:
    return person.post(f"/postings/{posting}/correction", json={"reason": "记错了", **more})


def accounts(session: Session, batch: dict[str, Any]) -> dict[str, int]:
    session.rollback()
    found = ledger_balances(session, uuid.UUID(batch["id"]))
    return {account: sum_ for (_, account), sum_ in found.items() if sum_}


def entries(person: Person, batch: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.get(f"/batches/{batch['id']}/entries").get_json()
    return found


# --- what happens -------------------------------------------------------------------------------


def test_every_act_takes_from_stock_into_its_own_account(
    cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    entered(cooperative, batch, "loss", "10")
    entered(cooperative, batch, "sample", "0.5")
    entered(cooperative, batch, "destruction", "4")
    sale = entered(cooperative, batch, "sale", "30")
    entered(cooperative, batch, "return", "12", sale=sale["id"])
    assert accounts(session, batch) == {
        "harvest": -100 * KG, "stock": 67_500_000, "loss": 10_500_000, "destroyed": 4 * KG,
        "market": 18 * KG,
    }  # fmt: skip
    sums = session.execute(select(func.sum(Entry.amount)).group_by(Entry.posting, Entry.form))
    assert {int(total) for (total,) in sums} == {0}


def test_a_buyer_is_kept_as_digests_of_erasable_values(
    cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    entered(cooperative, batch, "sale", "30")
    row = session.scalars(select(StockAct)).one()
    kept = set(session.scalars(select(PersonalValue.value)))
    assert kept >= set(BUYER.values())
    said = session.scalars(select(Evidence.body).where(Evidence.kind == "stock-act")).one()
    assert row.buyer in said and row.contact in said
    assert not any(value in said for value in BUYER.values())


BAD = {
    "more than there is": ({"kind": "loss", "quantity": "100.001"}, 409, None),
    "no reason": ({"kind": "loss", "quantity": "1", "reason": None}, 422, "/reason"),
    "a blank reason": ({"kind": "loss", "quantity": "1", "reason": " "}, 422, "/reason"),
    "nobody bought it": ({"kind": "sale", "quantity": "1", "buyer": None}, 422, "/buyer"),
    "a buyer nobody finds": ({"kind": "sale", "quantity": "1", "contact": None}, 422, "/contact"),
    "a loss with a buyer": ({"kind": "loss", "quantity": "1", "buyer": "某"}, 422, "/buyer"),
    "a return of no sale": ({"kind": "return", "quantity": "1"}, 422, "/sale"),
    "of a sale that is none": (
        {"kind": "return", "quantity": "1", "sale": str(uuid.uuid4())}, 404, None,
    ),
    "a count of what is weighed": ({"kind": "loss", "quantity": "1", "unit": "头"}, 422, "/unit"),
    "nothing": ({"kind": "loss", "quantity": "0"}, 422, "/quantity"),
    "below nothing": ({"kind": "loss", "quantity": "-5"}, 422, "/quantity"),
    "tomorrow": (
        {"kind": "loss", "quantity": "1", "happened_on": str(TODAY + timedelta(days=1))},
        422, "/happened_on",
    ),
    "before it was made": (
        {"kind": "loss", "quantity": "1", "happened_on": "2020-01-01"}, 422, "/happened_on",
    ),
    "another kind": ({"kind": "gift", "quantity": "1"}, 422, "/kind"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_refused_and_nothing_is_booked(
    cooperative: Person, session: Session, name: str
) -> None:
    change, status, pointer = BAD[name]
    batch = leaf(cooperative)
    kind = change["kind"]
    base = {"unit": "公斤", "happened_on": TODAY.isoformat()}
    base |= BUYER if kind == "sale" else {"reason": "示例"}
    body = {key: value for key, value in (base | change).items() if value is not None}
    answer = cooperative.post(f"/batches/{batch['id']}/stock-acts", json=body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    if pointer:
        assert pointer in {error["pointer"] for error in answer.get_json()["errors"]}
    assert accounts(session, batch) == {"harvest": -100 * KG, "stock": 100 * KG}


def test_a_batch_that_is_not_confirmed_has_nothing_to_lose(cooperative: Person) -> None:
    batch = cooperative.made("/batches", json={
        "product": TEA, "form": "鲜叶", "quantity": "5", "unit": "公斤",
        "production_date": TODAY.isoformat(),
    })  # fmt: skip
    assert refusal(tried(cooperative, batch, "loss", "1")) == (409, "not-confirmed")


def test_what_is_held_is_not_sold_but_may_be_destroyed(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = conforming(cooperative, inspector)
    published(inspector, batch, report(LEAD))
    assert refusal(tried(cooperative, batch, "sale", "1")) == (409, "batch-not-usable")
    entered(cooperative, batch, "sample", "1")
    entered(cooperative, batch, "loss", "9")
    entered(cooperative, batch, "destruction", "230")
    assert accounts(session, batch) == {
        "harvest": -240 * KG, "loss": 10 * KG, "destroyed": 230 * KG,
    }  # fmt: skip


def test_never_more_comes_back_than_was_sold(cooperative: Person, session: Session) -> None:
    batch = leaf(cooperative)
    sale = entered(cooperative, batch, "sale", "30")
    entered(cooperative, batch, "return", "20", sale=sale["id"])
    answer = tried(cooperative, batch, "return", "10.001", sale=sale["id"])
    assert refusal(answer) == (409, "more-back-than-sold")
    entered(cooperative, batch, "return", "10", sale=sale["id"])
    assert accounts(session, batch) == {"harvest": -100 * KG, "stock": 100 * KG}


def test_the_database_refuses_acts_that_its_entries_do_not_bear_out(
    cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    sale = entered(cooperative, batch, "sale", "30")
    loss = entered(cooperative, batch, "loss", "1")
    columns = "party_id, batch_id, base, typed, unit, happened_on, at"
    for changed, kind, quantity, extra in (
        (uuid.uuid4(), "loss", 1, "NULL"),
        (uuid.uuid4(), "return", 31 * KG, "id"),
    ):
        statement = (
            f"INSERT INTO stock_act (id, kind, quantity, reason, sale_id, {columns}) "
            f"SELECT :id, :kind, :quantity, 'x', {extra}, {columns} FROM stock_act WHERE id = :of"
        )
        of = sale["id"] if kind == "return" else loss["id"]
        plain = session.get_bind().dialect.name == "sqlite"
        with pytest.raises(IntegrityError):
            session.execute(
                text(statement),
                {"id": changed.hex if plain else changed, "kind": kind, "quantity": quantity,
                 "of": uuid.UUID(of).hex if plain else uuid.UUID(of)},
            )  # fmt: skip
        session.rollback()


# --- corrections --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["loss", "sample", "destruction", "sale"])
def test_an_act_is_taken_back_once_and_both_stay(
    cooperative: Person, session: Session, kind: str
) -> None:
    batch = leaf(cooperative)
    told = entered(cooperative, batch, kind, "10")
    answer = corrected(cooperative, told["id"])
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert accounts(session, batch) == {"harvest": -100 * KG, "stock": 100 * KG}
    assert refusal(corrected(cooperative, told["id"])) == (409, "already-corrected")
    listed = entries(cooperative, batch)
    by_id = {one["id"]: one for one in listed}
    assert by_id[told["id"]]["corrected_by"] == answer.get_json()["id"]
    assert by_id[answer.get_json()["id"]]["corrects"] == told["id"]
    assert [one["stock"] for one in listed] == ["100000000", "90000000", "100000000"]
    assert refusal(corrected(cooperative, answer.get_json()["id"])) == (409, "not-correctable")


def test_a_sale_with_returns_is_corrected_after_them(cooperative: Person, session: Session) -> None:
    batch = leaf(cooperative)
    sale = entered(cooperative, batch, "sale", "30")
    back = entered(cooperative, batch, "return", "20", sale=sale["id"])
    assert refusal(corrected(cooperative, sale["id"])) == (409, "sale-has-returns")
    assert corrected(cooperative, back["id"]).status_code == 201
    assert corrected(cooperative, sale["id"]).status_code == 201
    answer = tried(cooperative, batch, "return", "1", sale=sale["id"])
    assert answer.status_code == 404
    assert accounts(session, batch) == {"harvest": -100 * KG, "stock": 100 * KG}


def test_a_return_whose_goods_have_gone_on_is_not_taken_back(cooperative: Person) -> None:
    batch = leaf(cooperative)
    sale = entered(cooperative, batch, "sale", "30")
    back = entered(cooperative, batch, "return", "20", sale=sale["id"])
    entered(cooperative, batch, "loss", "85")
    assert refusal(corrected(cooperative, back["id"])) == (409, "quantity-exceeded")


def test_what_made_new_batches_is_not_taken_back(cooperative: Person) -> None:
    batch = leaf(cooperative)
    told = made_of(cooperative, "repack", [(batch, "10")], [{"quantity": "10"}])
    assert refusal(corrected(cooperative, told["id"])) == (409, "not-correctable")
    etag = cooperative.get(f"/batches/{batch['id']}").headers["ETag"]
    cooperative.made(
        f"/batches/{batch['id']}/parts",
        json={"parts": [{"quantity": "5"}]},
        headers={"If-Match": etag},
    )
    split = next(one for one in entries(cooperative, batch) if one["kind"] == "split")
    assert refusal(corrected(cooperative, split["id"])) == (409, "not-correctable")


# --- counting anew ------------------------------------------------------------------------------


def harvest_of(person: Person, batch: dict[str, Any]) -> str:
    return next(
        str(one["id"])
        for one in entries(person, batch)
        if one["kind"] == "harvest" and not one["corrected_by"]
    )


@pytest.mark.parametrize("kg", ["80", "120"])
def test_a_harvest_is_counted_anew_and_its_release_renewed(
    cooperative: Person, inspector: Person, session: Session, kg: str
) -> None:
    type_inspected(cooperative, inspector)
    batch = conforming(cooperative, inspector)
    answer = corrected(cooperative, harvest_of(cooperative, batch), quantity=kg, unit="公斤")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert accounts(session, batch) == {"harvest": -int(kg) * KG, "stock": int(kg) * KG}
    assert kinds(session, batch) == ["release", "release"]
    told = cooperative.get(f"/batches/{batch['id']}").get_json()
    assert (told["quantity_typed"], told["quantity_unit"]) == (kg, "kg")
    again = corrected(cooperative, harvest_of(cooperative, batch), quantity="100", unit="公斤")
    assert again.status_code == 201


def test_a_harvest_whose_goods_have_gone_on_stands(cooperative: Person, session: Session) -> None:
    batch = leaf(cooperative)
    posting = harvest_of(cooperative, batch)
    loss = entered(cooperative, batch, "loss", "1")
    assert refusal(corrected(cooperative, posting, quantity="99")) == (409, "goods-gone-on")
    assert corrected(cooperative, loss["id"]).status_code == 201
    assert corrected(cooperative, posting, quantity="99").status_code == 201
    assert stock(session, batch) == 99 * KG


def test_a_harvest_is_never_taken_back_without_a_new_count(
    cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    answer = corrected(cooperative, harvest_of(cooperative, batch))
    assert refusal(answer) == (422, "quantity-missing")
    assert stock(session, batch) == 100 * KG


def test_the_allowance_follows_a_new_count(
    authority: Person, cooperative: Person, people: People, session: Session
) -> None:
    plot = approved_plot(cooperative, authority)
    capped(authority)
    batch = cooperative.made("/batches", json={
        "product": TEA, "form": "鲜叶", "quantity": "100", "unit": "公斤",
        "production_date": (TODAY - timedelta(days=1)).isoformat(),
    })  # fmt: skip
    etag = cooperative.get(f"/batches/{batch['id']}").headers["ETag"]
    answer = cooperative.put(
        f"/batches/{batch['id']}/quantity", json={"plots": [{"plot": plot["id"]}]},
        headers={"If-Match": etag},
    )  # fmt: skip
    assert answer.status_code == 200, answer.get_data(as_text=True)
    shares = [{"plot": plot["id"]}]
    posting = harvest_of(cooperative, batch)
    too_much = corrected(cooperative, posting, quantity="121", plots=shares)
    assert refusal(too_much) == (409, "allowance-exceeded")
    assert refusal(corrected(cooperative, posting, quantity="90")) == (422, "harvest-invalid")
    assert corrected(cooperative, posting, quantity="90", plots=shares).status_code == 201
    row = session.get(
        Allowance, (cooperative.party, people.product(TEA), TODAY.year), populate_existing=True
    )
    assert row is not None and (row.granted, row.used) == (120 * KG, 90 * KG)


# --- reading ------------------------------------------------------------------------------------


def test_the_books_of_another_party_do_not_exist(
    cooperative: Person, stranger: Person, authority: Person, inspector: Person
) -> None:
    batch = leaf(cooperative)
    told = entered(cooperative, batch, "loss", "1")
    path = f"/batches/{batch['id']}/entries"
    assert stranger.get(path).status_code == 404
    assert inspector.get(path).status_code == 403
    assert len(authority.get(path).get_json()) == 2
    assert tried(stranger, batch, "loss", "1").status_code == 404
    assert corrected(stranger, told["id"]).status_code == 404
    assert corrected(stranger, str(uuid.uuid4())).status_code == 404
    assert stranger.get(f"/books?party={cooperative.party}").status_code == 404
    assert stranger.get("/books").get_json() == []


def test_postings_are_leafed_through(cooperative: Person) -> None:
    batch = leaf(cooperative)
    for _ in range(4):
        entered(cooperative, batch, "loss", "1")
    path = f"/batches/{batch['id']}/entries?size=2"
    seen = []
    for _ in range(3):
        answer = cooperative.get(path)
        seen += [one["id"] for one in answer.get_json()]
        link = answer.headers.get("Link", "")
        path = link.partition("<")[2].partition(">")[0].removeprefix("/api/v1")
    assert seen == [one["id"] for one in entries(cooperative, batch)] and not path
    wrong = cooperative.get(f"/batches/{batch['id']}/entries?after=nonsense")
    assert wrong.status_code == 422


def test_the_books_of_a_party_close(
    cooperative: Person, authority: Person, session: Session
) -> None:
    one, two = leaf(cooperative), leaf(cooperative, "50")
    told = made_of(
        cooperative, "transform", [(one, "100"), (two, "40")], [{"quantity": "30"}], form="成品茶"
    )
    [made] = outputs_of(cooperative, told)
    entered(cooperative, two, "loss", "2")
    entered(cooperative, made, "sale", "5")
    entered(cooperative, made, "destruction", "1")
    rows = {row["form"]: row for row in cooperative.get(f"/books?product={TEA}").get_json()}
    assert {name: int(rows["鲜叶"][name]) // KG for name in ("harvested", "used", "lost", "in_stock")} == {
        "harvested": 150, "used": 140, "lost": 2, "in_stock": 8,
    }  # fmt: skip
    assert {name: int(rows["成品茶"][name]) // KG for name in ("made", "sold", "destroyed", "in_stock")} == {
        "made": 30, "sold": 5, "destroyed": 1, "in_stock": 24,
    }  # fmt: skip
    assert {row["moved"] for row in rows.values()} == {"0"}
    assert authority.get("/books").get_json() == cooperative.get("/books").get_json()
    assert cooperative.get(f"/books?year={TODAY.year}").get_json() == list(rows.values())
    assert cooperative.get("/books?year=2020").get_json() == []
    assert cooperative.get("/books?year=0").status_code == 422


# --- samples that a laboratory draws ------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "unit", "left"), [("500", "g", 99_500_000), ("101", "kg", None), ("2", "株", None)]
)
def test_what_a_laboratory_draws_leaves_the_stock_where_it_is_there(
    cooperative: Person, inspector: Person, session: Session, amount: str, unit: str,
    left: int | None,
) -> None:  # fmt: skip
    batch = leaf(cooperative)
    sent = {"laboratory": str(inspector.party)}
    cooperative.made(f"/batches/{batch['id']}/submissions", json=sent)
    sampling = {"standard": "GB/T 8302-2013", "lot_size": 120, "unit": "箱"}
    order = inspector.made(
        "/orders", json={"kind": "batch", "batch": batch["id"], "sampling": sampling}
    )
    sample = {
        "number": "Y-1", "seal": "F-1", "role": "test", "amount": amount, "unit": unit,
        "drawn_on": TODAY.isoformat(), "place": "成品库",
    }  # fmt: skip
    inspector.made(f"/orders/{order['id']}/samples", json=sample)
    assert stock(session, batch) == (left or 100 * KG)
    noted = session.scalar(
        select(func.count()).select_from(Evidence).where(Evidence.kind == "sample-not-booked")
    )
    assert noted == (0 if left else 1)
    if left:
        posting = entries(cooperative, batch)[0]
        assert (posting["kind"], posting["stock_act"]["typed"]) == ("sample", "500")
        assert corrected(cooperative, posting["id"]).status_code == 201

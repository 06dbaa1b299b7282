"""承诺达标合格证 through REST: issued from a batch, shown to everybody, collected, taken back."""

import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.clock import day_of, now
from core.record.models import Evidence, PersonalValue
from labels.promise_models import Promise
from tests.api.entering import refusal
from tests.api.promised import KG, Fields, name_of, promised
from tests.api.test_main_job import published, report
from tests.people import People, Person

TODAY = day_of(now())
RESIDUE = [
    {"characteristic": "吡虫啉", "typed": "<0.005", "unit": "mg/kg", "detection_limit": "0.005"}
]


@pytest.fixture
def fields(app: Flask) -> Fields:
    """Where batches grow."""
    return Fields(app)


@pytest.fixture
def batch(fields: Fields, cooperative: Person) -> str:
    """240 kg of pears of the cooperative."""
    return fields.batch(cooperative)


def laboratory_report(cooperative: Person, inspector: Person, batch_id: str) -> str:
    """The id of a report of a laboratory on the batch."""
    sent = {"laboratory": str(inspector.party)}
    cooperative.made(f"/batches/{batch_id}/submissions", json=sent)
    return str(published(inspector, {"id": batch_id}, report(RESIDUE))["id"])


# --- issuing --------------------------------------------------------------------------------


def test_one_tick_is_enough_and_all_the_rest_is_filled_in(cooperative: Person, batch: str) -> None:
    answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": ["control"]})
    assert answer.status_code == 201
    made = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/promises/{made['id']}"
    assert made["title"] == "承诺达标合格证"
    assert made["form"] == "producer"
    assert (made["product_name"], made["quantity_typed"], made["quantity_unit"]) == (
        "大围山梨", "240", "kg",
    )  # fmt: skip
    assert "浏阳市" in made["origin"] and "大围山镇" in made["origin"]
    assert made["promisor"] == "示例·春山茶叶专业合作社"
    assert made["contact"] == "示例电话"
    assert made["issued_on"] == TODAY.isoformat()
    assert made["basis"] == [{"key": "control", "zh": "质量安全控制符合要求"}]
    assert made["number"].startswith(f"{TODAY:%Y%m%d}-01-")
    assert made["state"] == "stands"
    assert made["keep_until"] > (TODAY + timedelta(days=725)).isoformat()
    assert cooperative.get(f"/promises/{made['id']}").get_json() == made


def test_numbers_count_per_party_and_day(
    fields: Fields, cooperative: Person, stranger: Person
) -> None:
    batch = fields.batch(cooperative)
    ends = [promised(cooperative, batch, quantity="10")["number"][9:11] for _ in range(3)]
    assert ends == ["01", "02", "03"]
    assert promised(stranger, fields.batch(stranger))["number"][9:11] == "01"


def test_what_was_printed_stays_when_party_and_batch_change(
    people: People, cooperative: Person, batch: str
) -> None:
    made = promised(cooperative, batch)
    seen = people.authority.get(f"/parties/{cooperative.party}")
    people.authority.patch(
        f"/parties/{cooperative.party}",
        json={"name": "换了名字的合作社", "contact": "另一个电话"},
        headers={"If-Match": seen.headers["ETag"]},
    )
    again = cooperative.get(f"/promises/{made['id']}").get_json()
    assert (again["promisor"], again["contact"]) == ("示例·春山茶叶专业合作社", "示例电话")


def test_no_more_is_promised_than_the_batch_holds(cooperative: Person, batch: str) -> None:
    promised(cooperative, batch, quantity="200")
    answer = cooperative.post(
        f"/batches/{batch}/promises", json={"basis": ["control"], "quantity": "40.001"}
    )
    assert refusal(answer) == (422, "quantity-exceeded", ["/quantity"])
    assert promised(cooperative, batch)["quantity_typed"] == "40"
    answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": ["control"]})
    assert refusal(answer)[:2] == (409, "all-promised")


def test_a_newer_one_replaces_an_older_one_of_the_same_batch(
    cooperative: Person, batch: str
) -> None:
    first = promised(cooperative, batch)
    second = promised(cooperative, batch, quantity="230", replaces=first["id"])
    assert second["older"] == [first["id"]]
    assert cooperative.get(f"/promises/{first['id']}").get_json()["state"] == "replaced"
    answer = cooperative.post(
        f"/batches/{batch}/promises", json={"basis": ["control"], "replaces": first["id"]}
    )
    assert refusal(answer) == (422, "not-standing", ["/replaces"])


@pytest.mark.parametrize(
    ("product", "form", "code"),
    [
        ("changsha-green-tea", "成品茶", "scope-out"),
        ("liuyang-camellia-oil", "成品油", "scope-out"),
        ("liuyang-camellia-oil", "茶籽", "scope-open"),
        ("liuyang-nursery", "苗木", "scope-out"),
        ("african-green-coffee", "生豆", "scope-out"),
    ],
)
def test_goods_outside_the_scope_say_so_and_why(
    fields: Fields, cooperative: Person, product: str, form: str, code: str
) -> None:
    base: dict[str, Any] = {"base": "count", "quantity_unit": "株"} if form == "苗木" else {}
    batch = fields.batch(cooperative, product=product, form=form, **base)
    answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": ["control"]})
    assert refusal(answer)[:2] == (409, code)


def test_fresh_tea_leaf_takes_one(fields: Fields, cooperative: Person) -> None:
    batch = fields.batch(cooperative, product="changsha-green-tea", form="鲜叶")
    assert promised(cooperative, batch)["goods_form"] == "鲜叶"


def test_an_unconfirmed_batch_takes_none_yet(fields: Fields, cooperative: Person) -> None:
    batch = fields.batch(cooperative, confirmed=False)
    answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": ["control"]})
    assert refusal(answer)[:2] == (409, "not-confirmed")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"kind": "hold"}, "batch-held"),
        ({"kind": "reject"}, "batch-held"),
        ({"kind": "recall"}, "batch-recalled"),
        ({"outcome": "nonconforming"}, "batch-held"),
    ],
)
def test_nobody_promises_for_goods_that_are_stopped(
    fields: Fields, cooperative: Person, more: dict[str, Any], code: str
) -> None:
    batch = fields.batch(cooperative, **more)
    answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": ["control"]})
    assert refusal(answer)[:2] == (409, code)


def test_strangers_know_of_none_and_nobody_issues_for_others(
    cooperative: Person, stranger: Person, inspector: Person, batch: str
) -> None:
    made = promised(cooperative, batch)
    assert stranger.get(f"/promises/{made['id']}").status_code == 404
    assert stranger.get("/promises").get_json() == []
    asked = {"basis": ["control"]}
    assert stranger.post(f"/batches/{batch}/promises", json=asked).status_code == 404
    assert inspector.post(f"/batches/{batch}/promises", json=asked).status_code == 403
    answer = stranger.post(f"/promises/{made['id']}/withdrawal", json={"reason": "不是我的"})
    assert answer.status_code == 404


def test_origin_and_contact_that_nobody_knows_are_asked_for(
    fields: Fields, cooperative: Person
) -> None:
    batch = fields.batch(cooperative, place_code=None, place=None)
    answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": ["control"]})
    assert refusal(answer) == (422, "promise-invalid", ["/origin"])
    assert promised(cooperative, batch, origin="浏阳市大围山镇")["origin"] == "浏阳市大围山镇"


# --- basis ----------------------------------------------------------------------------------


def test_at_least_one_basis(cooperative: Person, batch: str) -> None:
    answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": []})
    assert refusal(answer) == (422, "no-basis", ["/basis"])


def test_a_basis_of_test_needs_a_test_of_this_batch(
    cooperative: Person, inspector: Person, batch: str
) -> None:
    for key in ("entrusted_test", "self_test"):
        answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": [key]})
        assert refusal(answer) == (422, "basis-without-test", ["/basis"])
    found = laboratory_report(cooperative, inspector, batch)
    own = cooperative.made(
        f"/batches/{batch}/events",
        json={"stage": "testing", "happened_on": TODAY.isoformat(),
              "readings": [{"characteristic": "吡虫啉", "typed": "<0.01", "unit": "mg/kg"}]},
    )  # fmt: skip
    made = promised(cooperative, batch, "self_test", "entrusted_test")
    assert [one["key"] for one in made["basis"]] == ["self_test", "entrusted_test"]
    assert made["rests_on"] == [own["id"], found]


def test_a_withdrawn_report_is_no_basis(cooperative: Person, inspector: Person, batch: str) -> None:
    found = laboratory_report(cooperative, inspector, batch)
    inspector.made(f"/inspections/{found}/withdrawal", json={"reason": "样品拿错"})
    answer = cooperative.post(f"/batches/{batch}/promises", json={"basis": ["entrusted_test"]})
    assert refusal(answer)[1] in ("basis-without-test", "batch-held")


# --- goods of others, split and mixed goods -------------------------------------------------


def test_a_part_needs_a_new_one_and_the_old_one_stays_linked(
    cooperative: Person, batch: str
) -> None:
    whole = promised(cooperative, batch, quantity="100")
    etag = cooperative.get(f"/batches/{batch}").headers["ETag"]
    [part] = cooperative.post(
        f"/batches/{batch}/parts", json={"parts": [{"quantity": "40"}]}, headers={"If-Match": etag}
    ).get_json()
    made = promised(cooperative, part["id"])
    assert made["older"] == [whole["id"]]
    assert made["form"] == "producer"


def test_a_buyer_issues_the_purchasers_form_once_it_collected_the_old_one(
    fields: Fields, cooperative: Person, stranger: Person, batch: str
) -> None:
    old = promised(cooperative, batch)
    bought = fields.hand_over(batch, stranger, 100)
    answer = stranger.post(f"/batches/{bought}/promises", json={"basis": ["control"]})
    assert refusal(answer) == (422, "promise-invalid", ["/other_proof"])
    stranger.made("/promise-receipts", json={"certificate": old["number"].lower()})
    made = promised(stranger, bought)
    assert made["form"] == "purchaser"
    assert made["promises"][0].startswith("已按规定收取并保存")
    assert made["older"] == [old["id"]]
    assert "大围山镇" in made["origin"]


def test_other_proof_stands_where_no_certificate_was_collected(
    fields: Fields, stranger: Person, batch: str
) -> None:
    bought = fields.hand_over(batch, stranger, 100)
    made = promised(stranger, bought, other_proof="购货凭证 2026-118")
    assert (made["form"], made["older"]) == ("purchaser", [])
    assert made["other_proof"] == "购货凭证 2026-118"


def test_goods_that_were_handed_over_are_not_promised_any_more(
    fields: Fields, cooperative: Person, stranger: Person, batch: str
) -> None:
    fields.hand_over(batch, stranger, 200)
    assert promised(cooperative, batch)["quantity_typed"] == "40"
    rest = fields.batch(cooperative)
    fields.hand_over(rest, stranger, 240)
    answer = cooperative.post(f"/batches/{rest}/promises", json={"basis": ["control"]})
    assert refusal(answer)[:2] == (409, "goods-gone")


# --- collecting, finding, taking back -------------------------------------------------------


def test_a_buyer_collects_by_number_or_by_scanning_and_finds_it_again(
    cooperative: Person, stranger: Person, batch: str
) -> None:
    first, second = (promised(cooperative, batch, quantity="10") for _ in range(2))
    assert (
        stranger.made("/promise-receipts", json={"certificate": first["number"]})["how"] == "number"
    )
    assert (
        stranger.made("/promise-receipts", json={"certificate": name_of(second)})["how"] == "scan"
    )
    assert {one["id"] for one in stranger.get("/promises").get_json()} == {
        first["id"], second["id"],
    }  # fmt: skip
    [found] = stranger.get(f"/promises?q={first['number'].lower()}").get_json()
    assert found["id"] == first["id"]
    assert len(cooperative.get(f"/promises/{first['id']}/receipts").get_json()) == 1
    again = stranger.post("/promise-receipts", json={"certificate": first["number"]})
    assert refusal(again)[:2] == (409, "already-collected")


def test_nobody_collects_its_own_or_one_taken_back_or_one_that_is_none(
    cooperative: Person, stranger: Person, batch: str
) -> None:
    made = promised(cooperative, batch)
    assert (
        refusal(cooperative.post("/promise-receipts", json={"certificate": made["number"]}))[1]
        == "own-promise"
    )
    guessed = f"{made['number'][:-5]}00000"
    assert stranger.post("/promise-receipts", json={"certificate": guessed}).status_code == 404
    assert (
        stranger.post("/promise-receipts", json={"certificate": str(uuid.uuid4())}).status_code
        == 404
    )
    cooperative.made(f"/promises/{made['id']}/withdrawal", json={"reason": "写错了"})
    assert (
        refusal(stranger.post("/promise-receipts", json={"certificate": made["number"]}))[1]
        == "withdrawn"
    )


def test_the_authority_finds_all_of_them_by_number(
    people: People, cooperative: Person, batch: str
) -> None:
    made = promised(cooperative, batch)
    assert [one["id"] for one in people.authority.get("/promises").get_json()] == [made["id"]]
    found = people.authority.get(f"/promises?q={made['number'][-5:]}").get_json()
    assert [one["id"] for one in found] == [made["id"]]


def test_one_taken_back_frees_its_quantity_and_stays_on_record(
    cooperative: Person, batch: str
) -> None:
    made = promised(cooperative, batch)
    gone = cooperative.made(f"/promises/{made['id']}/withdrawal", json={"reason": "数量写错"})
    assert gone["reason"] == "数量写错"
    assert cooperative.get(f"/promises/{made['id']}").get_json()["state"] == "withdrawn"
    assert promised(cooperative, batch)["quantity"] == 240 * KG
    again = cooperative.post(f"/promises/{made['id']}/withdrawal", json={"reason": "再来"})
    assert refusal(again)[:2] == (409, "withdrawn")


# --- the public page and the papers ---------------------------------------------------------


def test_everybody_with_the_address_sees_the_words_large(
    people: People, cooperative: Person, batch: str
) -> None:
    made = promised(cooperative, batch)
    for path in (f"//C/{name_of(made)}", f"//c/{name_of(made).lower()}"):
        page = people.consumer.get(path)
        assert page.status_code == 200
        assert "承诺达标<wbr>合格证</h1>" in page.get_data(as_text=True)
        assert "Set-Cookie" not in page.headers
    data = people.consumer.get(f"//C/{name_of(made)}?f=json").get_json()
    assert data["number"] == made["number"]
    assert data["state"] == "stands"
    assert "account" not in data
    assert people.consumer.get("//C/" + "0" * 26).status_code == 404
    assert people.consumer.get("//C/x").status_code == 404


@pytest.mark.parametrize(("kind", "state"), [("recall", "recalled"), ("hold", "held")])
def test_the_page_says_what_became_of_the_goods(
    fields: Fields, people: People, cooperative: Person, kind: str, state: str
) -> None:
    batch = fields.batch(cooperative, outcome="conforming")
    made = promised(cooperative, batch)
    fields.ready.dispose(uuid.UUID(batch), kind, "示例")
    data = people.consumer.get(f"//C/{name_of(made)}?f=json").get_json()
    assert data["state"] == state
    assert data["word"]["zh"] in people.consumer.get(f"//C/{name_of(made)}").get_data(as_text=True)


@pytest.mark.parametrize(("paper", "size"), [("a4", (210, 297)), ("label", (100, 70))])
def test_both_papers_hold_the_words_and_a_qr_that_opens_the_page(
    people: People, cooperative: Person, batch: str, paper: str, size: tuple[int, int]
) -> None:
    made = promised(cooperative, batch)
    answer = people.consumer.get(f"//C/{name_of(made)}.pdf?paper={paper}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    with pypdfium2.PdfDocument(BytesIO(answer.data)) as pdf:
        assert len(pdf) == 1
        page = pdf[0]
        assert tuple(round(length * 25.4 / 72) for length in page.get_size()) == size
        said = page.get_textpage().get_text_range().replace("\r\n", "")
        for words in ("承诺达标合格证", made["number"], "大围山梨", "240 kg", "示例电话",
                      "质量安全控制符合要求", "以主管部门公布的样式为准"):  # fmt: skip
            assert words in said
        [code] = zxingcpp.read_barcodes(page.render(scale=4).to_pil())
    assert code.text == made["address"] == f"https://gi.example.cn/C/{name_of(made)}"
    assert people.consumer.get(f"//C/{name_of(made)}.pdf?paper=x").status_code == 404


# --- what the database keeps ----------------------------------------------------------------


def test_certificates_are_evidence_and_no_person_stands_in_it(
    cooperative: Person, batch: str, session: Session
) -> None:
    made = promised(cooperative, batch)
    [row] = session.scalars(select(Evidence).where(Evidence.kind == "promise")).all()
    assert made["number"] in row.body
    assert "示例电话" not in row.body
    digest = session.scalars(select(Promise.contact)).one()
    session.execute(
        text("UPDATE personal_value SET value = NULL, salt = NULL WHERE digest = :d"), {"d": digest}
    )
    session.commit()
    assert session.scalars(select(PersonalValue).where(PersonalValue.digest == digest)).one()
    assert cooperative.get(f"/promises/{made['id']}").get_json()["contact"] == ""


@pytest.mark.parametrize(
    "statement",
    ["UPDATE promise SET quantity = 1", "DELETE FROM promise", "DELETE FROM promise_receipt",
     "UPDATE promise_withdrawal SET reason = 'x'"],
)  # fmt: skip
def test_nothing_of_them_is_changed_or_deleted(
    cooperative: Person, stranger: Person, batch: str, session: Session, statement: str
) -> None:
    made = promised(cooperative, batch)
    stranger.made("/promise-receipts", json={"certificate": made["number"]})
    cooperative.made(f"/promises/{made['id']}/withdrawal", json={"reason": "写错了"})
    with pytest.raises(DBAPIError):
        session.execute(text(statement))
    session.rollback()


def test_the_same_request_again_makes_no_second_one(cooperative: Person, batch: str) -> None:
    key, asked = str(uuid.uuid4()), {"basis": ["control"], "quantity": "10"}
    answers = [
        cooperative.post(f"/batches/{batch}/promises", json=asked, key=key) for _ in range(2)
    ]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(cooperative.get("/promises").get_json()) == 1

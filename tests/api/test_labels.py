"""Issuing labels: only for a released batch (promise 1), only within its quantity (promise 2)."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from core.clock import day_of, now
from core.documents.models import Document
from core.record.models import Evidence
from labels.models import LabelRun
from products.licences.models import Licence, TradeItem
from products.models import GiRecord
from tests.api.batches_ready import GREEN_TEA, NURSERY, ReadyBatches
from tests.api.looking import change, put, rows
from tests.people import People, Person

ROOMY = "a4-3x8"
GTIN = "09521234543213"
"""GS1's own example number (GS1 Digital Link standard), for a pack of nobody."""


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    return ReadyBatches(app)


def asked(**more: Any) -> dict[str, Any]:
    """Ten labels of 100 g each."""
    return {"count": 10, "net_content": "100", "unit": "g", "sheet_format": ROOMY} | more


def draw(person: Person, batch: uuid.UUID, **more: Any) -> TestResponse:
    return person.post(f"/batches/{batch}/label-runs", json=asked(**more))


def drawn(person: Person, batch: uuid.UUID, **more: Any) -> dict[str, Any]:
    return person.made(f"/batches/{batch}/label-runs", json=asked(**more))


def runs_in(app: Flask) -> int:
    return int(rows(app, select(func.count()).select_from(LabelRun))[0])


def pointer_of(answer: TestResponse) -> str:
    assert answer.status_code == 422, answer.get_data(as_text=True)
    return str(answer.get_json()["errors"][0]["pointer"])


# --- a run -----------------------------------------------------------------------------------


def test_a_released_batch_yields_labels_and_its_goods_leave_the_stock(
    cooperative: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative, 7_000_000)
    answer = draw(cooperative, batch)
    assert answer.status_code == 201
    run = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/label-runs/{run['id']}"
    assert run["count"] == 10 and run["last"] - run["first"] == 9
    assert run["net_content"] == 100_000 and run["net_typed"] == "100" and run["net_unit"] == "g"
    assert run["counts"] == {"drawn": 10, "printed": 0, "activated": 0, "void": 0}
    assert run["origin"] == "https://gi.example.cn"
    assert run["gi_name"] == "长沙绿茶" and run["standard"] == "GB/T 14456.3-2016"
    assert run["trademark"] is None and run["mark"] is False
    assert ready.ledger(batch) == {"harvest": -7_000_000, "stock": 6_000_000, "labelled": 1_000_000}
    again = cooperative.get(f"/label-runs/{run['id']}")
    assert again.get_json() == run and again.headers["ETag"] == answer.headers["ETag"]


def test_every_run_takes_the_serials_after_the_last(
    cooperative: Person, stranger: Person, ready: ReadyBatches
) -> None:
    mine, theirs = ready.batch(cooperative), ready.batch(stranger)
    spans = [
        (run["epoch"], run["first"], run["last"])
        for run in (
            drawn(cooperative, mine, count=3),
            drawn(stranger, theirs, count=5),
            drawn(cooperative, mine, count=1),
        )
    ]
    assert spans == [(1, 0, 2), (1, 3, 7), (1, 8, 8)]


def test_the_same_key_draws_the_same_run_once(cooperative: Person, ready: ReadyBatches) -> None:
    batch = ready.batch(cooperative)
    answers = [
        cooperative.post(f"/batches/{batch}/label-runs", json=asked(), key="once-and-once-only")
        for _ in range(2)
    ]
    assert answers[0].get_json() == answers[1].get_json()
    assert ready.ledger(batch)["labelled"] == 1_000_000
    other = cooperative.post(
        f"/batches/{batch}/label-runs", json=asked(count=11), key="once-and-once-only"
    )
    assert other.status_code == 422


def test_a_run_is_put_on_record_with_its_serials_and_its_posting(
    app: Flask, cooperative: Person, ready: ReadyBatches
) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    (fact,) = rows(app, select(Evidence).where(Evidence.kind == "label-run"))
    assert fact.subject == run["id"] and fact.actor == cooperative.account
    assert f'"first":{run["first"]},' in fact.body and '"net_content":"100000"' in fact.body


def test_pieces_are_labelled_by_the_piece(
    people: People, cooperative: Person, ready: ReadyBatches
) -> None:
    people.license(cooperative, NURSERY)
    batch = ready.batch(cooperative, 70, product=NURSERY, declared=("DB43/T 1",))
    assert pointer_of(draw(cooperative, batch, count=3)) == "/unit"
    run = drawn(cooperative, batch, count=3, net_content="20", unit="株")
    assert run["net_content"] == 20
    assert ready.ledger(batch) == {"harvest": -70, "stock": 10, "labelled": 60}


# --- promise 1 -------------------------------------------------------------------------------

NOT_RELEASED = {
    "not judged": ({"outcome": None, "kind": None}, "还没有检验判定"),
    "undetermined": ({"outcome": "undetermined", "kind": None}, "判定待定"),
    "nonconforming": ({"outcome": "nonconforming", "kind": None}, "判定不合格"),
    "not confirmed": ({"confirmed": False, "kind": None}, "请先确认数量"),
    "on hold": ({"kind": "hold"}, "起封存"),
    "lifted": ({"kind": "lift"}, "解除封存"),
    "rejected": ({"kind": "reject"}, "被拒收"),
    "recalled": ({"kind": "recall"}, "被召回"),
    "conceded": ({"kind": "concession"}, "让步放行"),
}


@pytest.mark.parametrize(("state", "words"), NOT_RELEASED.values(), ids=NOT_RELEASED)
def test_no_label_for_a_batch_that_is_not_released(
    app: Flask, cooperative: Person, ready: ReadyBatches, state: dict[str, Any], words: str
) -> None:
    batch = ready.batch(cooperative, **state)
    before = ready.ledger(batch)
    answer = draw(cooperative, batch)
    assert answer.status_code == 409 and answer.get_json()["code"] == "not-released"
    assert words in answer.get_json()["detail_zh"]
    assert runs_in(app) == 0 and ready.ledger(batch) == before


@pytest.mark.parametrize("kind", ["hold", "recall", "reject", "concession"])
def test_a_release_that_was_followed_by_something_else_yields_nothing(
    cooperative: Person, ready: ReadyBatches, kind: str
) -> None:
    batch = ready.batch(cooperative)
    ready.dispose(batch, kind, "市场抽检铅超标")
    answer = draw(cooperative, batch)
    assert answer.status_code == 409
    assert day_of(now()).isoformat() in answer.get_json()["detail_zh"]
    assert "市场抽检铅超标" in answer.get_json()["detail_zh"]


def test_a_newer_verdict_stops_the_labels_even_before_the_hold_follows(
    cooperative: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative)
    ready.judge(batch, "undetermined", reasons=[{"zh": "还差水分", "en": "moisture is missing"}])
    answer = draw(cooperative, batch)
    assert answer.status_code == 409 and "还差水分" in answer.get_json()["detail_zh"]


def test_another_partys_batch_answers_as_if_it_did_not_exist(
    cooperative: Person, stranger: Person, ready: ReadyBatches
) -> None:
    foreign, missing = draw(stranger, ready.batch(cooperative)), draw(stranger, uuid.uuid4())
    assert foreign.status_code == missing.status_code == 404
    assert foreign.get_json() == missing.get_json()


def test_only_producers_draw_labels(
    cooperative: Person, inspector: Person, authority: Person, consumer: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative)
    assert draw(inspector, batch).status_code == 403
    assert draw(authority, batch).status_code == 403
    assert draw(consumer, batch).status_code == 401


def test_a_batch_past_its_best_before_yields_no_labels_and_on_the_day_itself_it_does(
    cooperative: Person, ready: ReadyBatches
) -> None:
    today = day_of(now())
    gone = ready.batch(
        cooperative, production_date=date(2026, 1, 1), best_before=today - timedelta(days=1)
    )
    answer = draw(cooperative, gone)
    assert answer.status_code == 409 and answer.get_json()["code"] == "past-best-before"
    assert draw(cooperative, ready.batch(cooperative, best_before=today)).status_code == 201


@pytest.mark.parametrize(
    "end",
    [{"ends": date(2026, 1, 1)}, {"starts": date(2199, 1, 1)}, {"revoked_at": now()}],
    ids=["lapsed", "not yet", "revoked"],
)
def test_no_label_without_a_licence_that_holds_today(
    app: Flask, cooperative: Person, ready: ReadyBatches, end: dict[str, Any]
) -> None:
    batch = ready.batch(cooperative)
    change(app, update(Licence).where(Licence.party_id == cooperative.party).values(**end))
    answer = draw(cooperative, batch)
    assert answer.status_code == 409 and answer.get_json()["code"] == "not-licensed"


# --- promise 2 -------------------------------------------------------------------------------


def test_no_more_labels_than_the_batch_holds_and_the_answer_says_how_many_it_does(
    app: Flask, cooperative: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative, 1_050_000)
    answer = draw(cooperative, batch, count=11)
    assert answer.status_code == 409 and answer.get_json()["code"] == "quantity-exceeded"
    assert answer.get_json()["labels_possible"] == 10
    assert "还能出 10 枚" in answer.get_json()["detail_zh"]
    assert runs_in(app) == 0
    drawn(cooperative, batch, count=10)
    assert draw(cooperative, batch, count=1).get_json()["labels_possible"] == 0
    assert ready.ledger(batch)["stock"] == 50_000


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"net_content": "0"}, "/net_content"),
        ({"net_content": "-100"}, "/net_content"),
        ({"net_content": "1,2"}, "/net_content"),
        ({"net_content": "NaN"}, "/net_content"),
        ({"net_content": 100}, "/net_content"),
        ({"net_content": "0.0001", "unit": "g"}, "/unit"),
        ({"unit": "株"}, "/unit"),
        ({"unit": "℃"}, "/unit"),
        ({"unit": "stone"}, "/unit"),
        ({"count": 0}, "/count"),
        ({"count": -5}, "/count"),
        ({"count": 200_001}, "/count"),
        ({"count": 1.5}, "/count"),
        ({"sheet_format": "a4-9x99"}, "/sheet_format"),
        ({"gtin": GTIN[:-1] + "4"}, "/gtin"),
        ({"gtin": GTIN}, "/gtin"),
        ({"party": "me"}, "/party"),
    ],
)
def test_nonsense_is_refused_by_the_field_and_nothing_is_stored(
    app: Flask, cooperative: Person, ready: ReadyBatches, wrong: dict[str, Any], pointer: str
) -> None:
    batch = ready.batch(cooperative)
    answer = draw(cooperative, batch, **wrong)
    assert pointer_of(answer) == pointer
    (fault,) = answer.get_json()["errors"]
    assert re.search("[一-鿿]", fault["zh"]) and re.search("[a-z]{3}", fault["en"])
    assert runs_in(app) == 0 and ready.ledger(batch)["stock"] == 10_000_000


def test_full_width_digits_are_understood_and_kept_as_typed(
    cooperative: Person, ready: ReadyBatches
) -> None:
    run = drawn(cooperative, ready.batch(cooperative), net_content="２．５", unit="kg", count=1)
    assert run["net_typed"] == "２．５" and run["net_content"] == 2_500_000


# --- what is printed -------------------------------------------------------------------------


def _gi_record(app: Flask, people: People, **facts: Any) -> GiRecord:
    record = GiRecord(
        id=uuid.uuid4(), product_id=people.product(GREEN_TEA), ordinal=99, name="长沙绿茶",
        status="在册", certainty="confirmed", origin="entered", **facts,
    )  # fmt: skip
    put(app, record)
    return record


def _evidence(app: Flask, person: Person) -> uuid.UUID:
    document = Document(
        id=uuid.uuid4(), party_id=person.party, name="示例.pdf", media_type="application/pdf",
        size=1, sha256="0" * 64, stored_at=now(),
    )  # fmt: skip
    put(app, document)
    return document.id


def _license_with(app: Flask, person: Person, record: GiRecord) -> None:
    mine = update(Licence).where(
        Licence.party_id == person.party, Licence.product_id == record.product_id
    )
    change(app, mine.values(gi_record_id=record.id, mark=True))


def test_a_record_without_evidence_prints_neither_mark_nor_number(
    app: Flask, people: People, cooperative: Person, ready: ReadyBatches
) -> None:
    record = _gi_record(
        app, people, type="certification-mark", number="8804834", announcement="第99号"
    )
    _license_with(app, cooperative, record)
    run = drawn(cooperative, ready.batch(cooperative))
    assert run["gi_name"] == record.name
    assert run["mark"] is False and run["trademark"] is None
    bare = draw(cooperative, ready.batch(cooperative, declared=()))
    assert bare.status_code == 409 and bare.get_json()["code"] == "no-standard-to-print"


def test_a_proven_mark_is_printed_with_its_number_and_stands_in_for_a_standard(
    app: Flask, people: People, cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    record = _gi_record(
        app, people, type="certification-mark", number="8804834", announcement="第99号",
        evidence_id=_evidence(app, authority),
    )  # fmt: skip
    _license_with(app, cooperative, record)
    run = drawn(cooperative, ready.batch(cooperative))
    assert run["mark"] is True and run["trademark"] == "8804834"
    bare = drawn(cooperative, ready.batch(cooperative, declared=("种子法",)))
    assert bare["standard"] == "第99号"


def test_a_gtin_that_the_party_holds_for_this_very_pack_goes_into_the_link(
    app: Flask, people: People, cooperative: Person, stranger: Person, ready: ReadyBatches
) -> None:
    tea = people.product(GREEN_TEA)
    item = TradeItem(
        gtin=GTIN, party_id=cooperative.party, product_id=tea, net_content=100_000, created_at=now()
    )
    put(app, item)
    assert pointer_of(draw(stranger, ready.batch(stranger), gtin=GTIN)) == "/gtin"
    batch = ready.batch(cooperative)
    assert pointer_of(draw(cooperative, batch, gtin=GTIN, net_content="200")) == "/gtin"
    run = drawn(cooperative, batch, gtin=GTIN[1:])
    assert run["gtin"] == GTIN
    codes = cooperative.get(f"/label-runs/{run['id']}/codes").get_data(as_text=True)
    assert f"https://gi.example.cn/01/{GTIN}/21/" in codes


def test_a_label_too_small_for_what_it_must_say_is_refused_with_the_size_that_fits(
    people: People, ready: ReadyBatches
) -> None:
    wordy = people.person(
        9, "名字特别特别特别特别特别特别特别特别特别长的茶叶专业合作社", ("producer",)
    )
    people.license(wordy, GREEN_TEA)
    answer = draw(wordy, ready.batch(wordy), sheet_format="a4-4x11")
    assert pointer_of(answer) == "/sheet_format"
    assert re.search(r"请换用 \d+ × \d+ mm 或更大", answer.get_json()["detail_zh"])

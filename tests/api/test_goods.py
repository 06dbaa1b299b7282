"""Goods that go into goods: mixed, packed anew, made into another form; and the books of it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.api.test_main_job import (
    EVERY_BATCH,
    TEA,
    TODAY,
    confirm,
    kinds,
    published,
    report,
    sent_batch,
    type_inspected,
    verdict,
)
from tests.people import Person
from trace.batches.models import BatchOrigin, LinkHead
from trace.books.models import STOCK, Entry
from trace.books.service import ledger_balances

LEAD = [{"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}]
KG = 1_000_000


def processed(
    person: Person, kind: str, inputs: list[Any], outputs: list[Any], **more: Any
) -> TestResponse:
    """What an act of processing is answered with; inputs are (batch, amount in its unit)."""
    body = {
        "kind": kind,
        "happened_on": TODAY.isoformat(),
        "inputs": [
            {"batch": b["id"], "quantity": amount, "unit": b["quantity_unit"]}
            for b, amount in inputs
        ],
        "outputs": [{"unit": "公斤", **out} for out in outputs],
        **more,
    }
    return person.post("/processings", json=body)


def made_of(
    person: Person, kind: str, inputs: list[Any], outputs: list[Any], **more: Any
) -> dict[str, Any]:
    answer = processed(person, kind, inputs, outputs, **more)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    told: dict[str, Any] = answer.get_json()
    return told


def outputs_of(person: Person, told: dict[str, Any]) -> list[dict[str, Any]]:
    ids = dict.fromkeys(origin["batch"] for origin in told["origins"])
    return [person.get(f"/batches/{one}").get_json() for one in ids]


def stock(session: Session, batch: dict[str, Any]) -> int:
    session.rollback()
    return ledger_balances(session, uuid.UUID(batch["id"])).get((batch["form"], STOCK), 0)


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def conforming(cooperative: Person, inspector: Person, **more: Any) -> dict[str, Any]:
    batch = sent_batch(cooperative, inspector, **more)
    published(inspector, batch, report(EVERY_BATCH))
    confirm(cooperative, batch)
    return batch


def leaf(cooperative: Person, quantity: str = "100") -> dict[str, Any]:
    """Fresh leaf, of which nobody asks for an inspection."""
    batch = cooperative.made("/batches", json={**LEAF, "quantity": quantity})
    confirm(cooperative, batch)
    return batch


LEAF = {
    "product": TEA, "form": "鲜叶", "unit": "公斤", "place_code": "430121110",
    "production_date": (TODAY - timedelta(days=2)).isoformat(),
}  # fmt: skip


def test_leaf_becomes_tea_and_every_form_sums_to_zero(
    cooperative: Person, session: Session
) -> None:
    first, second = leaf(cooperative), leaf(cooperative, "50")
    told = made_of(
        cooperative, "transform", [(first, "100"), (second, "40")],
        [{"quantity": "20"}, {"quantity": "12.5", "grade": "一级"}], form="成品茶",
    )  # fmt: skip
    teas = outputs_of(cooperative, told)
    assert [stock(session, one) for one in (first, second, *teas)] == [
        0, 10 * KG, 20 * KG, 12_500_000,
    ]  # fmt: skip
    sums = session.execute(
        select(Entry.form, func.sum(Entry.amount)).group_by(Entry.posting, Entry.form)
    )
    assert {int(total) for _, total in sums} == {0}
    by_parent: dict[str, int] = {}
    for origin in told["origins"]:
        by_parent[origin["parent"]] = by_parent.get(origin["parent"], 0) + int(origin["quantity"])
    assert by_parent == {first["id"]: 100 * KG, second["id"]: 40 * KG}
    assert {verdict(cooperative, one)["outcome"] for one in teas} == {"undetermined"}


def test_a_blend_of_conforming_batches_conforms_and_is_released(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    first, second = (conforming(cooperative, inspector) for _ in range(2))
    told = made_of(cooperative, "merge", [(first, "100"), (second, "60")], [{"quantity": "159.5"}])
    [blend] = outputs_of(cooperative, told)
    assert verdict(cooperative, blend)["outcome"] == "conforming"
    assert kinds(session, blend) == ["release"]
    assert told["lost"] == str(KG // 2)


def test_a_blend_of_conforming_and_undetermined_is_undetermined_until_all_conform(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    good, open_one = conforming(cooperative, inspector), sent_batch(cooperative, inspector)
    confirm(cooperative, open_one)
    told = made_of(cooperative, "merge", [(good, "100"), (open_one, "100")], [{"quantity": "200"}])
    [blend] = outputs_of(cooperative, told)
    said = verdict(cooperative, blend)
    assert said["outcome"] == "undetermined"
    assert any(open_one["number"] in reason["zh"] for reason in said["reasons"])
    published(inspector, open_one, report(EVERY_BATCH))
    assert verdict(cooperative, blend)["outcome"] == "conforming"
    assert kinds(session, blend) == ["release"]


def test_an_input_that_fails_later_holds_what_it_went_into(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    first, second = (conforming(cooperative, inspector) for _ in range(2))
    told = made_of(cooperative, "merge", [(first, "100"), (second, "60")], [{"quantity": "160"}])
    [blend] = outputs_of(cooperative, told)
    published(inspector, first, report(LEAD))
    assert verdict(cooperative, first)["outcome"] == "nonconforming"
    assert verdict(cooperative, blend)["outcome"] == "undetermined"
    assert kinds(session, blend) == ["release", "hold"]


def test_what_failed_goes_into_nothing(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    good, bad = conforming(cooperative, inspector), conforming(cooperative, inspector)
    published(inspector, bad, report(LEAD))
    answer = processed(cooperative, "merge", [(good, "10"), (bad, "10")], [{"quantity": "20"}])
    assert refusal(answer) == (409, "batch-not-usable")
    assert stock(session, good) == 240 * KG


def test_packing_anew_keeps_the_verdict_and_books_what_is_lost(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = conforming(cooperative, inspector)
    told = made_of(
        cooperative, "repack", [(batch, "30")], [{"quantity": "10"}, {"quantity": "19.9"}]
    )
    one, two = outputs_of(cooperative, told)
    assert verdict(cooperative, two)["outcome"] == "conforming"
    assert kinds(session, one) == ["release"]
    assert told["lost"] == "100000"
    assert sum(int(origin["quantity"]) for origin in told["origins"]) == 30 * KG


BAD = {
    "more out than in": ("merge", ("10", "10"), [{"quantity": "20.1"}], {}, "more-out-than-in"),
    "more than there is": ("merge", ("10", "999"), [{"quantity": "20"}], {}, "quantity-exceeded"),
    "another form without a form": (
        "transform", ("10", "10"), [{"quantity": "2"}], {}, "kind-and-form",
    ),
    "packing two together": ("repack", ("10", "10"), [{"quantity": "20"}], {}, "repack-of-one"),
    "a day before the goods": (
        "merge", ("10", "10"), [{"quantity": "20"}], {"happened_on": "2026-01-05"},
        "processing-day",
    ),
    "a unit of count": (
        "merge", ("10", "10"), [{"quantity": "20", "unit": "头"}], {}, "unit_not_count",
    ),
    "portions that leave something over": (
        "merge", ("10", "10"), [{"quantity": "20", "portions": ["10", "9"]}], {}, "portions",
    ),
    "a number that is taken": (
        "merge", ("10", "10"), [{"quantity": "20", "number": "TAKEN-1"}], {}, "number-taken",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_processed_is_refused_and_nothing_is_booked(
    cooperative: Person, session: Session, name: str
) -> None:
    kind, amounts, outputs, more, code = BAD[name]
    cooperative.made("/batches", json={**LEAF, "quantity": "1", "number": "TAKEN-1"})
    batches = [leaf(cooperative) for _ in range(2)]
    answer = processed(cooperative, kind, list(zip(batches, amounts, strict=True)), outputs, **more)
    assert answer.status_code in (409, 422)
    if code != "unit_not_count":
        assert answer.get_json()["code"] == code
    assert [stock(session, one) for one in batches] == [100 * KG, 100 * KG]


def test_what_has_gone_on_takes_nothing_in(cooperative: Person, session: Session) -> None:
    """A loop would need a batch with goods to take in more of them; the database refuses it."""
    batch = leaf(cooperative)
    told = made_of(cooperative, "repack", [(batch, "10")], [{"quantity": "10"}])
    [child] = outputs_of(cooperative, told)
    into_itself = processed(
        cooperative, "repack", [(child, "5")], [{"quantity": "5", "batch": batch["id"]}]
    )
    assert refusal(into_itself) == (422, "has-goods")
    origin = BatchOrigin(
        id=uuid.uuid4(), number=99, kind="repack", batch_id=uuid.UUID(batch["id"]),
        parent_id=uuid.UUID(child["id"]), quantity=1, posting=uuid.uuid4(), at=_now(session),
    )  # fmt: skip
    session.add(origin)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def _now(session: Session) -> Any:
    return session.scalars(select(BatchOrigin.at)).first()


def test_links_are_numbered_without_a_gap(cooperative: Person, session: Session) -> None:
    batch = leaf(cooperative)
    for _ in range(3):
        made_of(cooperative, "repack", [(batch, "10")], [{"quantity": "4"}, {"quantity": "6"}])
    refused = processed(cooperative, "repack", [(batch, "999")], [{"quantity": "1"}])
    assert refused.status_code == 409
    made_of(cooperative, "repack", [(batch, "10")], [{"quantity": "10"}])
    session.rollback()
    numbers = list(session.scalars(select(BatchOrigin.number).order_by(BatchOrigin.number)))
    assert numbers == list(range(1, 8))
    assert session.scalar(select(LinkHead.next_number)) == 8


def test_another_party_s_batch_is_no_input(
    cooperative: Person, stranger: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    answer = processed(stranger, "repack", [(batch, "10")], [{"quantity": "10"}])
    assert refusal(answer) == (422, "no-such-batch")


def test_a_yield_outside_its_range_needs_a_reason(authority: Person, cooperative: Person) -> None:
    draft = {
        "from_form": "鲜叶", "to_form": "成品茶", "low": "0.2", "high": "0.25", "unit": "kg",
        "per_unit": "kg", "source": "示例：本次测试的依据",
    }  # fmt: skip
    authority.made(f"/products/{TEA}/conversions", json=draft)
    batch = leaf(cooperative)
    inside = made_of(cooperative, "transform", [(batch, "40")], [{"quantity": "9"}], form="成品茶")
    assert (inside["outside"], inside["low"], inside["high"]) == (False, "0.2", "0.25")
    answer = processed(
        cooperative, "transform", [(batch, "40")], [{"quantity": "12"}], form="成品茶"
    )
    assert refusal(answer) == (422, "conversion-outside")
    told = made_of(
        cooperative, "transform", [(batch, "40")], [{"quantity": "12"}], form="成品茶",
        reason="嫩芽含水少",
    )  # fmt: skip
    assert told["outside"] is True


def test_pieces_become_weight_only_for_a_reason_until_a_range_says_how_much(
    authority: Person, cooperative: Person
) -> None:
    pigs = licensed_pigs(authority, cooperative)
    outputs = [{"quantity": "700"}]
    body = {"form": "胴体"}
    answer = processed(cooperative, "transform", [(pigs, "10")], outputs, **body)
    assert refusal(answer) == (422, "conversion-outside")
    told = made_of(cooperative, "transform", [(pigs, "10")], outputs, reason="示例：过磅单", **body)
    assert (told["outside"], told["low"]) == (True, None)


def licensed_pigs(authority: Person, cooperative: Person) -> dict[str, Any]:
    """Ten live pigs of a party that is licensed for them."""
    authority.made(
        "/licences",
        json={
            "party": str(cooperative.party), "product": "ningxiang-pig", "starts": "2025-01-01",
            "source": "示例：本次测试的依据",
        },
    )  # fmt: skip
    batch = cooperative.made(
        "/batches",
        json={
            "product": "ningxiang-pig", "form": "活体", "quantity": "10", "unit": "头",
            "production_date": LEAF["production_date"],
        },
    )  # fmt: skip
    confirm(cooperative, batch)
    return batch


def test_a_part_of_a_blend_stands_no_better_than_the_blend(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    good, open_one = conforming(cooperative, inspector), sent_batch(cooperative, inspector)
    confirm(cooperative, open_one)
    told = made_of(cooperative, "merge", [(good, "100"), (open_one, "100")], [{"quantity": "200"}])
    [blend] = outputs_of(cooperative, told)
    path = f"/batches/{blend['id']}"
    seen = {"If-Match": cooperative.get(path).headers["ETag"]}
    split = cooperative.post(f"{path}/parts", json={"parts": [{"quantity": "50"}]}, headers=seen)
    [part] = split.get_json()
    assert verdict(cooperative, part)["outcome"] == "undetermined"
    assert kinds(session, part) == []
    published(inspector, open_one, report(EVERY_BATCH))
    assert verdict(cooperative, part)["outcome"] == "conforming"


def test_a_declared_batch_that_was_split_takes_nothing_in(
    cooperative: Person, session: Session
) -> None:
    """Its part would count what was recorded on a batch whose goods it never was."""
    source = leaf(cooperative)
    declared = cooperative.made("/batches", json={**LEAF, "quantity": "30"})
    path = f"/batches/{declared['id']}"
    seen = {"If-Match": cooperative.get(path).headers["ETag"]}
    split = cooperative.post(f"{path}/parts", json={"parts": [{"quantity": "5"}]}, headers=seen)
    for batch in (declared, split.get_json()[0]):
        into = [{"quantity": "5", "batch": batch["id"]}]
        answer = processed(cooperative, "repack", [(source, "5")], into)
        assert refusal(answer) == (422, "has-parts")
    assert stock(session, source) == 100 * KG

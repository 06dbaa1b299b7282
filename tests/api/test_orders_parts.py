"""Part of a batch: it becomes a batch of its own, and its quantity is never counted twice."""

import uuid
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.clock import now
from core.errors import Refusal
from tests.api.batches_ready import ReadyBatches
from tests.api.entering import acting, refusal
from tests.api.labelled import Labelled
from tests.api.test_main_job import (
    EVERY_BATCH,
    confirm,
    kinds,
    published,
    report,
    sent_batch,
    type_inspected,
    verdict,
)
from tests.people import People, Person
from trace.batches.lineage import held_for, parts_of, with_descendants
from trace.batches.models import Batch, BatchOrigin
from trace.batches.splitting import PartDraft, split_batch
from trace.books.service import ledger_balances
from trace.inspections.models import Disposition

LEAD = [{"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}]


def asked(person: Person, batch: dict[str, Any], *parts: dict[str, Any]) -> TestResponse:
    seen = person.get(f"/batches/{batch['id']}")
    headers = {"If-Match": seen.headers.get("ETag", '"x"')}
    return person.post(f"/batches/{batch['id']}/parts", json={"parts": parts}, headers=headers)


def split(person: Person, batch: dict[str, Any], *parts: dict[str, Any]) -> list[dict[str, Any]]:
    answer = asked(person, batch, *parts)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    made: list[dict[str, Any]] = answer.get_json()
    return made


def part(quantity: str, **more: Any) -> dict[str, Any]:
    return {"quantity": quantity, **more}


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """240 kg of tea with a conforming report; its quantity is not confirmed yet."""
    type_inspected(cooperative, inspector)
    made = sent_batch(cooperative, inspector)
    published(inspector, made, report(EVERY_BATCH))
    return made


def test_a_part_inherits_what_was_recorded_before_and_goes_its_own_way_after(
    cooperative: Person, inspector: Person, batch: dict[str, Any], session: Session
) -> None:
    confirm(cooperative, batch)
    [bad] = split(inspector, batch, part("40", note="三号库的 2 袋"))
    assert bad["number"] == f"{batch['number'][:17]}-P1"
    assert verdict(inspector, bad)["outcome"] == "conforming"
    assert kinds(session, bad) == ["release"]
    published(inspector, bad, report(LEAD))
    assert verdict(cooperative, bad)["outcome"] == "nonconforming"
    assert kinds(session, bad) == ["release", "hold"]
    assert verdict(cooperative, batch)["outcome"] == "conforming"
    assert kinds(session, batch)[-1] == "release"


def test_a_later_report_on_the_rest_does_not_touch_the_part(
    cooperative: Person, inspector: Person, batch: dict[str, Any]
) -> None:
    [dry] = split(cooperative, batch, part("40"))
    published(inspector, batch, report(LEAD))
    assert verdict(cooperative, batch)["outcome"] == "nonconforming"
    assert verdict(cooperative, dry)["outcome"] == "conforming"


def test_a_failed_batch_is_not_saved_by_splitting_it(
    cooperative: Person, inspector: Person, batch: dict[str, Any], session: Session
) -> None:
    published(inspector, batch, report(LEAD))
    confirm(cooperative, batch)
    [half] = split(cooperative, batch, part("120"))
    [quarter] = split(cooperative, half, part("60"))
    for one in (half, quarter):
        assert verdict(cooperative, one)["outcome"] == "nonconforming"
        assert kinds(session, one) == ["hold"]


def test_a_withdrawal_on_the_batch_reaches_its_parts(
    cooperative: Person, inspector: Person, batch: dict[str, Any], session: Session
) -> None:
    confirm(cooperative, batch)
    [one] = split(cooperative, batch, part("40"))
    [deep] = split(cooperative, one, part("10"))
    [first] = [
        row for row in inspector.get("/inspections?kind=batch").get_json()
        if row["batch_id"] == batch["id"]
    ]  # fmt: skip
    inspector.made(f"/inspections/{first['id']}/withdrawal", json={"reason": "样品拿错"})
    for each in (batch, one, deep):
        assert verdict(cooperative, each)["outcome"] == "undetermined"
        assert kinds(session, each)[-1] == "hold"


def test_events_of_the_batch_stand_for_the_part_and_a_correction_too(
    cooperative: Person, batch: dict[str, Any]
) -> None:
    event = {"stage": "storage", "happened_on": batch["production_date"], "note": "三号库"}
    logged = cooperative.made(f"/batches/{batch['id']}/events", json=event)
    [one] = split(cooperative, batch, part("40"))
    cooperative.made(f"/batches/{batch['id']}/events", json={**event, "stage": "transport"})
    mended = {**event, "note": "四号库", "reason": "写错"}
    cooperative.made(f"/events/{logged['id']}/corrections", json=mended)
    theirs = cooperative.get(f"/batches/{one['id']}/events").get_json()
    assert [e["note"] for e in theirs if e["stage"] == "storage"] == ["三号库", "四号库"]
    assert "transport" not in {e["stage"] for e in theirs}


def test_before_it_is_confirmed_the_declared_quantity_is_divided(
    cooperative: Person, inspector: Person, batch: dict[str, Any], session: Session
) -> None:
    made = split(cooperative, batch, part("40.5"), part("1000", unit="g", note="留样"))
    rest = cooperative.get(f"/batches/{batch['id']}").get_json()
    assert [p["quantity"] for p in made] == [40_500_000, 1_000_000]
    assert rest["quantity"] == 240_000_000 - 41_500_000
    assert (rest["quantity_typed"], rest["quantity_unit"]) == ("198.5", "kg")
    assert all(p["confirmed_at"] is None for p in made)
    confirm(cooperative, rest)
    confirm(cooperative, made[0])
    assert kinds(session, rest) == ["release"]
    assert kinds(session, made[0]) == ["release"]
    assert inspector.get(f"/batches/{made[1]['id']}").status_code == 200
    listed = cooperative.get(f"/batches/{batch['id']}/parts").get_json()
    assert {(p["batch"]["number"], p["note"]) for p in listed} == {
        (made[0]["number"], None), (made[1]["number"], "留样"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "code", "pointers"),
    [
        ([], "no-parts", ["/parts"]),
        ([part("240")], "nothing-left", ["/parts"]),
        ([part("200"), part("40")], "nothing-left", ["/parts"]),
        ([part("1"), part("0")], "part-invalid", ["/parts/1/quantity"]),
        ([part("-5")], "part-invalid", ["/parts/0/quantity"]),
        ([part("很多")], "part-invalid", ["/parts/0/quantity"]),
        ([part("1", unit="株")], "part-invalid", ["/parts/0/unit"]),
        ([part("0.0000001")], "part-invalid", ["/parts/0/unit"]),
        ([{"unit": "kg"}], "invalid", ["/parts/0/quantity"]),
    ],
)
def test_a_split_that_cannot_be_is_refused_and_leaves_everything(
    cooperative: Person, batch: dict[str, Any], parts: list[Any], code: str, pointers: list[str]
) -> None:
    answer = asked(cooperative, batch, *parts)
    assert refusal(answer) == (422, code, pointers)
    assert cooperative.get(f"/batches/{batch['id']}").get_json()["version"] == batch["version"]
    assert cooperative.get(f"/batches/{batch['id']}/parts").get_json() == []


def test_only_the_owner_and_its_laboratory_split(
    cooperative: Person, inspector: Person, stranger: Person, authority: Person, people: People,
    batch: dict[str, Any],
) -> None:  # fmt: skip
    nobody_asked = people.person(5, "湘北检验所", ("inspector", "admin"))
    draft = {"parts": [part("1")]}
    headers = {"If-Match": "*"}
    path = f"/batches/{batch['id']}/parts"
    for person, status in ((stranger, 404), (nobody_asked, 404), (authority, 403)):
        assert person.post(path, json=draft, headers=headers).status_code == status
    assert stranger.get(path).status_code == 404
    assert cooperative.post(path, json=draft).status_code == 428
    assert cooperative.post(path, json=draft, headers={"If-Match": '"old"'}).status_code == 412


def test_a_repeated_split_changes_nothing(cooperative: Person, batch: dict[str, Any]) -> None:
    key, path = str(uuid.uuid4()), f"/batches/{batch['id']}/parts"
    draft, headers = {"parts": [part("10")]}, {"If-Match": "*"}
    first = cooperative.post(path, json=draft, headers=headers, key=key)
    again = cooperative.post(path, json=draft, headers=headers, key=key)
    assert again.get_json() == first.get_json()
    assert len(cooperative.get(path).get_json()) == 1


def test_a_hold_that_a_person_decided_goes_with_the_part(
    cooperative: Person, inspector: Person, authority: Person, batch: dict[str, Any],
    session: Session,
) -> None:  # fmt: skip
    confirm(cooperative, batch)
    authority.made(f"/batches/{batch['id']}/dispositions", json={"kind": "hold", "reason": "核查"})
    [one] = split(cooperative, batch, part("40"))
    assert kinds(session, one) == ["hold"]
    path = f"/batches/{one['id']}/dispositions"
    lifted = inspector.post(path, json={"kind": "lift", "reason": "好了"})
    assert refusal(lifted)[:2] == (403, "hold-of-others")
    authority.made(path, json={"kind": "lift", "reason": "查清"})
    assert kinds(session, one)[-1] == "release"


@pytest.mark.parametrize("kind", ["reject", "recall"])
def test_nothing_leaves_a_batch_whose_end_was_decided(
    cooperative: Person, authority: Person, batch: dict[str, Any], kind: str
) -> None:
    authority.made(f"/batches/{batch['id']}/dispositions", json={"kind": kind, "reason": "不行"})
    assert refusal(asked(cooperative, batch, part("1")))[:2] == (409, "already-decided")


# --- labels and the books ------------------------------------------------------------------


def stock(session: Session, batch_id: uuid.UUID) -> dict[str, int]:
    session.rollback()
    sums = ledger_balances(session, batch_id)
    return {account: amount for (_form, account), amount in sums.items()}


def test_labels_of_the_batch_shrink_to_what_is_left_of_it(
    app: Flask, people: People, session: Session
) -> None:
    """24 kg, of which 4 carry labels: 15 go, 5 are left for labels."""
    made = Labelled(app, people)
    shown = {"id": str(made.batch)}
    [one] = split(made.maker, shown, part("15"))
    newest = select(Disposition).where(Disposition.batch_id == made.batch)
    last = session.scalars(newest.order_by(Disposition.number.desc())).first()
    assert last is not None and (last.kind, last.quantity) == ("release", 9_000_000)
    assert stock(session, made.batch) == {
        "harvest": -24_000_000, "stock": 5_000_000, "labelled": 4_000_000,
    }  # fmt: skip
    run = {"net_content": "100", "unit": "g", "sheet_format": "a4-3x8"}
    too_many = made.maker.post(f"/batches/{made.batch}/label-runs", json={**run, "count": 51})
    assert refusal(too_many)[:2] == (409, "quantity-exceeded")
    made.maker.made(f"/batches/{made.batch}/label-runs", json={**run, "count": 50})
    made.maker.made(f"/batches/{one['id']}/label-runs", json={**run, "count": 150})
    left = made.maker.post(f"/batches/{one['id']}/label-runs", json={**run, "count": 1})
    assert refusal(left)[:2] == (409, "quantity-exceeded")
    assert refusal(asked(made.maker, shown, part("1")))[:2] == (409, "quantity-exceeded")


def test_no_part_without_its_goods_by_any_sql(
    app: Flask, cooperative: Person, session: Session
) -> None:
    ready = ReadyBatches(app)
    parent, other = ready.batch(cooperative), ready.batch(cooperative)
    row = {
        "id": uuid.uuid4(), "kind": "split", "batch_id": other, "parent_id": parent,
        "quantity": 1_000_000, "at": now(),
    }  # fmt: skip
    for posting in (None, uuid.uuid4()):
        with pytest.raises(IntegrityError, match="no part without its goods"):
            session.execute(insert(BatchOrigin).values(**row, posting=posting))
        session.rollback()
    with pytest.raises(IntegrityError):
        session.execute(
            text("UPDATE balance SET amount = amount - 20000000 WHERE account = 'stock'")
        )
    session.rollback()


def test_parts_of_parts_are_found_and_know_where_they_come_from(
    app: Flask, cooperative: Person, session: Session
) -> None:
    root = ReadyBatches(app).batch(cooperative)
    with acting(session, cooperative, "producer") as act:
        one, two = split_batch(act, root, [PartDraft("1000", "g"), PartDraft("2", "kg")])
        [deep] = split_batch(act, two.id, [PartDraft("500", "g")])
    session.rollback()
    assert with_descendants(session, [root]) == {root, one.id, two.id, deep.id}
    assert with_descendants(session, [two.id]) == {two.id, deep.id}
    assert {p.id for _o, p in parts_of(session, root)} == {one.id, two.id}
    line = [(session.get_one(Batch, one), until) for one, until in held_for(session, deep.id)]
    assert [held.id for held, _until in line] == [deep.id, two.id, root]
    assert line[0][1] is None
    assert line[2][1] is not None and line[1][1] is not None and line[2][1] <= line[1][1]


SPLITS = st.lists(
    st.tuples(st.integers(0, 9), st.lists(st.integers(1, 4_000), min_size=1, max_size=3)),
    min_size=1, max_size=5,
)  # fmt: skip


@given(splits=SPLITS, confirmed=st.booleans())
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_is_lost_and_nothing_is_won_by_splitting(
    app: Flask, cooperative: Person, session: Session, splits: Any, confirmed: bool
) -> None:
    """Sum of the parts and the rest = what was there before; the books say the same."""
    session.rollback()
    root = ReadyBatches(app, key=False).batch(cooperative, confirmed=confirmed)
    family = [root]
    for place, amounts in splits:
        target = family[place % len(family)]
        try:
            with acting(session, cooperative, "producer") as act:
                drafts = [PartDraft(str(amount), "g") for amount in amounts]
                family += [made.id for made in split_batch(act, target, drafts)]
        except Refusal as refused:
            assert refused.code == "nothing-left"
        session.rollback()
        rows = session.scalars(select(Batch).where(Batch.id.in_(family))).unique().all()
        assert len(rows) == len(family) == len({row.number for row in rows})
        assert sum(row.quantity for row in rows) == 10_000_000
        held = [stock(session, row.id) for row in rows]
        assert sum(sum(one.values()) for one in held) == 0
        for row, one in zip(rows, held, strict=True):
            assert one.get("stock", 0) == (row.quantity if confirmed else 0)

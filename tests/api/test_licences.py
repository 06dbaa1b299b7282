"""Licences and trade items: who may label which product, and under which GTIN."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum import ean

from core.act import PRODUCER
from core.errors import Conflict, Forbidden
from core.record.models import Evidence
from products.licences.models import Licence, TradeItem
from products.licences.service import licence_on, revoke_licence
from products.models import Product
from tests.api.entering import TEA, acting, day, document_of, refusal
from tests.api.looking import rows
from tests.people import People, Person

PEAR = "daweishan-pear"


def body(party: object, **changes: Any) -> dict[str, Any]:
    return {
        "party": str(party),
        "product": PEAR,
        "starts": "2026-01-01",
        "ends": "2026-12-31",
        "source": "核准公告（示例）",
        **changes,
    }


def pear(session: Session) -> Any:
    return session.scalars(select(Product.id).where(Product.key == PEAR)).one()


def gtin(digits: str) -> str:
    """`digits` with their check digit; of the GS1 prefix 952, kept for examples and never sold."""
    return digits + str(ean.calc_check_digit(digits))


GTIN = gtin("952000000001")


def item(**changes: Any) -> dict[str, Any]:
    return {"gtin": GTIN, "product": TEA, "net_content": "0.1", "unit": "kg", **changes}


def test_a_licence_holds_from_its_first_to_its_last_day(
    authority: Person, cooperative: Person, session: Session
) -> None:
    answer = authority.post("/licences", json=body(cooperative.party))
    assert answer.status_code == 201
    made = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/licences/{made['id']}"
    assert made["mark"] is False and made["source"] == "核准公告（示例）"
    assert cooperative.party is not None
    held = {
        text: licence_on(session, cooperative.party, pear(session), day(text)) is not None
        for text in ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")
    }
    assert list(held.values()) == [False, True, True, False]


def test_a_licence_without_a_last_day_goes_on(
    authority: Person, cooperative: Person, session: Session
) -> None:
    authority.made("/licences", json=body(cooperative.party, ends=None))
    assert cooperative.party is not None
    assert licence_on(session, cooperative.party, pear(session), day("2099-01-01")) is not None


def test_the_mark_needs_a_record_that_is_proven(
    app: Flask, authority: Person, cooperative: Person
) -> None:
    record = {"type": "agricultural-gi", "name": "大围山梨", "number": "AGI09999"}
    made = authority.made(f"/products/{PEAR}/gi-records", json=record)
    wish = body(cooperative.party, mark=True)
    assert refusal(authority.post("/licences", json=wish))[2] == ["/gi_record"]
    wish["gi_record"] = made["id"]
    refused = authority.post("/licences", json=wish)
    assert refusal(refused) == (422, "licence-invalid", ["/mark"])
    assert "待核实" in refused.get_json()["errors"][0]["zh"]
    path = f"/products/{PEAR}/gi-records/{made['id']}"
    proof = {"evidence": document_of(app, authority)}
    assert authority.patch(path, json=proof, headers={"If-Match": "*"}).status_code == 200
    assert authority.made("/licences", json=wish)["mark"] is True


def test_a_product_without_a_record_is_licensed_without_the_mark(
    authority: Person, cooperative: Person
) -> None:
    wish = body(cooperative.party, product="liuyang-nursery")
    assert authority.made("/licences", json=wish)["gi_record_id"] is None
    assert refusal(authority.post("/licences", json={**wish, "mark": True}))[0] == 422


def test_the_record_of_another_product_gives_no_mark(
    authority: Person, cooperative: Person
) -> None:
    tea = authority.get(f"/products/{TEA}").get_json()["gi_records"][0]["id"]
    wish = body(cooperative.party, mark=True, gi_record=tea)
    assert refusal(authority.post("/licences", json=wish))[2] == ["/gi_record"]


WRONG_LICENCES: list[tuple[dict[str, Any], str]] = [
    ({"party": "00000000-0000-4000-8000-000000000000"}, "/party"),
    ({"party": "somebody"}, "/party"),
    ({"product": "no-such-product"}, "/product"),
    ({"ends": "2025-12-31"}, "/ends"),
    ({"starts": "soon"}, "/starts"),
    ({"source": "  "}, "/source"),
    ({"evidence": "00000000-0000-4000-8000-000000000000"}, "/evidence"),
    ({"forever": True}, "/forever"),
]


def test_a_licence_that_cannot_be_is_refused_with_the_field_named(
    authority: Person, cooperative: Person, app: Flask, subtests: pytest.Subtests
) -> None:
    wish = body(cooperative.party)
    before = rows(app, select(func.count()).select_from(Licence))
    for changes, pointer in WRONG_LICENCES:
        with subtests.test(changes=changes):
            status, _, pointers = refusal(authority.post("/licences", json=wish | changes))
            assert (status, pointers) == (422, [pointer])
    assert rows(app, select(func.count()).select_from(Licence)) == before


def test_only_producers_are_licensed(authority: Person, inspector: Person) -> None:
    assert refusal(authority.post("/licences", json=body(inspector.party)))[2] == ["/party"]


def test_only_the_authority_grants(people: People) -> None:
    wish = body(people.cooperative.party)
    assert refusal(people.cooperative.post("/licences", json=wish))[0] == 403
    assert refusal(people.inspector.post("/licences", json=wish))[0] == 403
    assert people.consumer.post("/licences", json=wish).status_code == 401
    assert people.consumer.get("/licences").status_code == 401


def test_everybody_sees_their_own_licences_and_the_authority_all(people: People) -> None:
    made = people.authority.made("/licences", json=body(people.cooperative.party))
    path = f"/licences/{made['id']}"
    assert people.cooperative.get(path).get_json() == made
    assert people.authority.get(path).get_json() == made
    for person in (people.stranger, people.inspector):
        hidden = person.get(path)
        missing = person.get("/licences/00000000-0000-4000-8000-000000000000")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.get_json() == missing.get_json()
    own = people.cooperative.get("/licences").get_json()
    assert len(own) == 4 and {row["party_id"] for row in own} == {str(people.cooperative.party)}
    assert people.inspector.get("/licences").get_json() == []
    query = {"product": PEAR, "party": str(people.cooperative.party)}
    assert people.authority.get("/licences", query_string=query).get_json() == [made]
    other = {"party": str(people.cooperative.party)}
    assert people.stranger.get("/licences", query_string=other).get_json() == []


def test_a_revoked_licence_holds_on_no_day_and_is_revoked_once(
    authority: Person, cooperative: Person, session: Session
) -> None:
    made = authority.made("/licences", json=body(cooperative.party))
    row = session.get_one(Licence, uuid.UUID(made["id"]))
    with acting(session, authority) as act:
        assert revoke_licence(act, row.id, "冒用产地").revoked_at == act.at
    assert cooperative.party is not None
    assert licence_on(session, cooperative.party, pear(session), day("2026-06-01")) is None
    with pytest.raises(Conflict, match="already-revoked"), acting(session, authority) as act:
        revoke_licence(act, row.id, "再来一次")
    assert cooperative.get(f"/licences/{made['id']}").get_json()["revoke_reason"] == "冒用产地"
    kinds = session.scalars(select(Evidence.kind).where(Evidence.subject == made["id"]))
    assert list(kinds) == ["licence", "licence-revoked"]


def test_only_the_authority_revokes(cooperative: Person, session: Session) -> None:
    row = session.scalars(select(Licence)).first()
    assert row is not None
    with pytest.raises(Forbidden), acting(session, cooperative, PRODUCER) as act:
        revoke_licence(act, row.id, "自己撤")


def test_of_two_licences_the_one_with_the_mark_counts(
    app: Flask, authority: Person, cooperative: Person, session: Session
) -> None:
    record = {
        "type": "agricultural-gi", "name": "大围山梨", "number": "AGI09999",
        "evidence": document_of(app, authority),
    }  # fmt: skip
    proven = authority.made(f"/products/{PEAR}/gi-records", json=record)
    marked = body(cooperative.party, mark=True, gi_record=proven["id"])
    with_mark = authority.made("/licences", json=marked)
    authority.made("/licences", json=body(cooperative.party))
    assert cooperative.party is not None
    found = licence_on(session, cooperative.party, pear(session), day("2026-06-01"))
    assert found is not None and str(found.id) == with_mark["id"]


def test_a_producer_enters_its_gtin_for_one_pack(people: People) -> None:
    answer = people.cooperative.post("/trade-items", json=item())
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["gtin"], made["net_content"]) == (GTIN.zfill(14), 100_000)
    assert people.cooperative.get(f"/trade-items/{made['id']}").get_json() == made
    assert people.cooperative.get("/trade-items").get_json() == [made]
    assert people.authority.get("/trade-items").get_json() == [made]
    assert people.stranger.get("/trade-items").get_json() == []
    assert people.stranger.get(f"/trade-items/{made['id']}").status_code == 404


def test_a_gtin_is_registered_once_whoever_asks(people: People, app: Flask) -> None:
    people.cooperative.made("/trade-items", json=item())
    for person in (people.cooperative, people.stranger):
        again = person.post("/trade-items", json=item(gtin="0" + GTIN))
        assert refusal(again) == (409, "gtin-taken", ["/gtin"])
    assert rows(app, select(func.count()).select_from(TradeItem)) == [1]


def test_digits_in_full_width_and_with_blanks_are_understood(cooperative: Person) -> None:
    typed = " ".join([GTIN[:3], GTIN[3:]]).translate(
        str.maketrans("0123456789", "０１２３４５６７８９")
    )
    assert cooperative.made("/trade-items", json=item(gtin=typed))["gtin"] == GTIN.zfill(14)


WRONG_ITEMS: list[tuple[dict[str, Any], str]] = [
    ({"gtin": "12345"}, "/gtin"),
    ({"gtin": "95200000000x1"}, "/gtin"),
    ({"gtin": GTIN[:-1] + str((int(GTIN[-1]) + 1) % 10)}, "/gtin"),
    ({"gtin": gtin("020000000001")}, "/gtin"),
    ({"gtin": gtin("040000000001")}, "/gtin"),
    ({"gtin": gtin("200000000001")}, "/gtin"),
    ({"gtin": gtin("290000000001")}, "/gtin"),
    ({"gtin": gtin("2000001")}, "/gtin"),
    ({"product": PEAR}, "/product"),
    ({"product": "nothing"}, "/product"),
    ({"net_content": "0"}, "/net_content"),
    ({"net_content": "-1"}, "/net_content"),
    ({"net_content": "1,2"}, "/net_content"),
    ({"net_content": "1001"}, "/net_content"),
    ({"net_content": "0.0000001"}, "/unit"),
    ({"unit": "株"}, "/unit"),
    ({"unit": "℃"}, "/unit"),
    ({"price": "1"}, "/price"),
]


def test_a_trade_item_that_cannot_be_is_refused_with_the_field_named(
    cooperative: Person, app: Flask, subtests: pytest.Subtests
) -> None:
    for changes, pointer in WRONG_ITEMS:
        with subtests.test(changes=changes):
            answer = cooperative.post("/trade-items", json=item(**changes))
            status, _, pointers = refusal(answer)
            assert (status, pointers) == (422, [pointer])
    assert rows(app, select(func.count()).select_from(TradeItem)) == [0]


def test_only_producers_enter_trade_items(people: People) -> None:
    assert refusal(people.inspector.post("/trade-items", json=item()))[0] == 403
    assert refusal(people.authority.post("/trade-items", json=item()))[0] == 403

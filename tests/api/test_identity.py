"""Parties, their members and their tokens: who may do what, and what nobody may know."""

import unicodedata
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from core.act import ADMIN, INSPECTOR, PRODUCER
from core.clock import now
from core.errors import Invalid
from core.identity.models import Account, AccountRole, AnsweredRequest, Party, Token
from core.identity.names import look_alike
from core.identity.service import checked_credit_code
from core.record.models import Evidence
from tests.api.looking import change, put, rows
from tests.people import People, Person, sample_credit_code

# The example in the documentation of a registry of identifiers, not a party of ours.
KNOWN_CODE = "91110000600037341L"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def party_draft(serial: int = 90, **more: Any) -> dict[str, Any]:
    return {
        "name": f"示例·第{serial}茶厂",
        "credit_code": sample_credit_code(serial),
        "roles": ["producer"],
        **more,
    }


def member_draft(**more: Any) -> dict[str, Any]:
    return {"login": "li.si", "name": "李四", "roles": ["producer"], **more}


def pointers(answer: Any) -> list[str]:
    return [fault["pointer"] for fault in answer.get_json()["errors"]]


def weighted_sum(code: str) -> int:
    """GB 32100-2015: 17 places weighted with 3^place mod 31, and the check character: 0 mod 31."""
    weights = [pow(3, place, 31) for place in range(17)] + [1]
    return sum(ALPHABET.index(c) * w for c, w in zip(code, weights, strict=True)) % 31


# ---- parties


def test_the_authority_registers_a_party_and_finds_it_at_its_location(authority: Person) -> None:
    answer = authority.post("/parties", json=party_draft(contact="王五 13800000000"))
    assert answer.status_code == 201
    found = authority.get(answer.headers["Location"].removeprefix("/api/v1"))
    assert found.headers["ETag"] == answer.headers["ETag"]
    body = answer.get_json()
    assert body.pop("warnings") == []
    assert found.get_json() == body


@pytest.mark.parametrize("person", ["cooperative", "inspector"])
def test_nobody_else_registers_a_party(people: People, person: str) -> None:
    answer = getattr(people, person).post("/parties", json=party_draft())
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "role-missing"


def test_a_stranger_to_the_house_is_asked_to_sign_in(consumer: Person) -> None:
    assert consumer.get("/parties").status_code == 401
    assert consumer.post("/parties", json=party_draft()).status_code == 401


def test_every_single_wrong_character_of_a_credit_code_is_refused() -> None:
    assert checked_credit_code(KNOWN_CODE) == KNOWN_CODE
    assert weighted_sum(KNOWN_CODE) == 0
    for place in range(18):
        for char in ALPHABET:
            wrong = KNOWN_CODE[:place] + char + KNOWN_CODE[place + 1 :]
            if wrong == KNOWN_CODE:
                continue
            with pytest.raises(Invalid) as refused:
                checked_credit_code(wrong)
            assert "GB 32100-2015" in refused.value.detail.zh


@pytest.mark.parametrize("code", ["93430121", "9343012IMA00000020", "中" * 18, "９" * 18, ""])
def test_a_credit_code_of_another_form_is_refused_naming_the_field(
    authority: Person, code: str
) -> None:
    answer = authority.post("/parties", json=party_draft(credit_code=code))
    assert answer.status_code == 422
    assert pointers(answer) == ["/credit_code"]


def test_a_credit_code_is_registered_once(authority: Person) -> None:
    authority.made("/parties", json=party_draft())
    again = authority.post("/parties", json=party_draft(name="另一个名字"))
    assert again.status_code == 409
    assert again.get_json()["code"] == "credit-code-taken"


def test_an_unknown_field_is_refused_and_named_in_both_languages(authority: Person) -> None:
    answer = authority.post("/parties", json=party_draft(party_id="1"))
    assert answer.status_code == 422
    fault = answer.get_json()["errors"][0]
    assert (fault["pointer"], fault["zh"], fault["en"]) == (
        "/party_id",
        "没有这个栏目",
        "There is no such field",
    )


@pytest.mark.parametrize("roles", [[], ["consumer"], ["admin"], "producer", None])
def test_a_party_holds_known_roles_and_at_least_one(authority: Person, roles: Any) -> None:
    answer = authority.post("/parties", json=party_draft(roles=roles))
    assert answer.status_code == 422
    assert pointers(answer)[0].startswith("/roles")


@pytest.mark.parametrize("bad", ["\u202e", "\u200b", "\u2066", "\ufeff", "\x00", "\x1b", "\ue000"])
def test_characters_that_deceive_the_eye_are_refused_in_names(authority: Person, bad: str) -> None:
    answer = authority.post("/parties", json=party_draft(name=f"春山{bad}合作社"))
    assert answer.status_code == 422
    assert pointers(answer) == ["/name"]
    assert f"U+{ord(bad):04X}" in answer.get_json()["errors"][0]["zh"]


@pytest.mark.parametrize(
    "name", ["望城鲌鱼合作社", "𬭩茶合作社", "𠮷野家茶行", "㐂茶社", "e\u0301tang"]
)
def test_rare_characters_are_kept_as_they_are_after_composition(
    authority: Person, name: str
) -> None:
    made = authority.made("/parties", json=party_draft(name=name))
    assert made["name"] == unicodedata.normalize("NFC", name)
    found = authority.get("/parties", query_string={"q": name}).get_json()
    assert made["id"] in {party["id"] for party in found}


def test_a_name_that_looks_like_another_is_taken_with_a_warning_that_names_the_other(
    authority: Person,
) -> None:
    authority.made("/parties", json=party_draft(90, name="宁乡大成桥花猪合作社"))
    second = authority.made("/parties", json=party_draft(91, name="宁乡大城桥 花猪合作社"))
    assert len(second["warnings"]) == 1
    assert "宁乡大成桥花猪合作社" in second["warnings"][0]["zh"]
    assert sample_credit_code(90) in second["warnings"][0]["en"]


def test_names_look_alike_when_the_eye_would_not_tell_them_apart() -> None:
    assert look_alike("春山（茶叶）合作社", "春山(茶叶) 合作社")
    assert look_alike("ＡＢＣ茶行", "abc茶行")
    assert look_alike("大成桥茶厂", "大城桥茶厂")
    assert not look_alike("春茶", "秋茶")
    assert not look_alike("春山茶叶合作社", "秋水茶叶合作社")


def test_others_see_only_the_public_facts_of_a_laboratory(
    cooperative: Person, inspector: Person
) -> None:
    seen = cooperative.get(f"/parties/{inspector.party}").get_json()
    assert set(seen) == {"id", "name", "credit_code", "roles"}
    own = inspector.get(f"/parties/{inspector.party}").get_json()
    assert own["contact"] == "示例电话"


def test_a_foreign_party_answers_as_if_it_did_not_exist(
    cooperative: Person, stranger: Person
) -> None:
    foreign = cooperative.get(f"/parties/{stranger.party}")
    missing = cooperative.get(f"/parties/{uuid.uuid4()}")
    assert (foreign.status_code, foreign.data) == (404, missing.data)
    for path in (f"/parties/{stranger.party}/members", f"/members/{stranger.account}"):
        gone = path.replace(str(stranger.party), str(uuid.uuid4())).replace(
            str(stranger.account), str(uuid.uuid4())
        )
        assert (cooperative.get(path).status_code, cooperative.get(path).data) == (
            404,
            cooperative.get(gone).data,
        )


def test_a_list_holds_what_one_may_know_and_nothing_else(
    authority: Person, cooperative: Person, stranger: Person, inspector: Person
) -> None:
    own = {party["id"] for party in cooperative.get("/parties").get_json()}
    assert own == {str(cooperative.party), str(inspector.party)}
    everything = {party["id"] for party in authority.get("/parties").get_json()}
    assert {str(p.party) for p in (authority, cooperative, stranger, inspector)} == everything
    laboratories = authority.get("/parties", query_string={"role": "inspector"}).get_json()
    assert [party["id"] for party in laboratories] == [str(inspector.party)]


def test_search_takes_its_words_as_they_are(authority: Person) -> None:
    made = authority.made("/parties", json=party_draft(name="100%茶_行"))
    assert [p["id"] for p in authority.get("/parties", query_string={"q": "0%"}).get_json()] == [
        made["id"]
    ]
    assert authority.get("/parties", query_string={"q": "1_0"}).get_json() == []


def test_a_list_is_leafed_through_to_its_end_without_losing_or_doubling(
    authority: Person,
) -> None:
    made = {authority.made("/parties", json=party_draft(n))["id"] for n in range(90, 97)}
    seen: list[str] = []
    where = "/parties?q=茶厂&size=3"
    while where:
        answer = authority.get(where)
        seen += [party["id"] for party in answer.get_json()]
        link = answer.headers.get("Link", "")
        where = link.partition(">")[0].removeprefix("</api/v1")
    assert len(seen) == len(set(seen)) == 7
    assert set(seen) == made


@pytest.mark.parametrize("query", [{"size": 0}, {"size": 201}, {"size": "x"}, {"after": "!"}])
def test_a_page_that_makes_no_sense_is_refused(authority: Person, query: dict[str, Any]) -> None:
    assert authority.get("/parties", query_string=query).status_code == 422


def test_a_change_says_which_version_it_is_meant_for(authority: Person) -> None:
    made = authority.post("/parties", json=party_draft())
    where, version = made.headers["Location"].removeprefix("/api/v1"), made.headers["ETag"]
    assert authority.patch(where, json={"address": "宁乡"}).status_code == 428
    changed = authority.patch(where, json={"address": "宁乡"}, headers={"If-Match": version})
    assert changed.status_code == 200
    assert changed.get_json()["version"] == 2
    late = authority.patch(where, json={"address": "浏阳"}, headers={"If-Match": version})
    assert late.status_code == 412
    assert authority.get(where).get_json()["address"] == "宁乡"


def test_a_party_keeps_its_own_contact_but_not_its_name_or_roles(
    cooperative: Person, stranger: Person
) -> None:
    where = f"/parties/{cooperative.party}"
    seen = {"If-Match": cooperative.get(where).headers["ETag"]}
    for refused in ({"name": "别名"}, {"roles": ["authority"]}):
        assert cooperative.patch(where, json=refused, headers=seen).status_code == 403
    kept = cooperative.patch(where, json={"contact": "新电话"}, headers=seen)
    assert kept.get_json()["contact"] == "新电话"
    assert stranger.patch(where, json={"contact": "x"}, headers=seen).status_code == 404


def test_the_authority_cannot_take_its_own_role_away(authority: Person) -> None:
    where = f"/parties/{authority.party}"
    seen = {"If-Match": authority.get(where).headers["ETag"]}
    answer = authority.patch(where, json={"roles": ["producer"]}, headers=seen)
    assert answer.status_code == 422
    assert authority.get("/parties").status_code == 200


def test_a_role_that_the_party_loses_counts_for_nobody_from_the_next_request_on(
    authority: Person, inspector: Person
) -> None:
    where = f"/parties/{inspector.party}"
    seen = {"If-Match": authority.get(where).headers["ETag"]}
    authority.patch(where, json={"roles": ["producer"]}, headers=seen)
    assert inspector.get("/session").get_json()["roles"] == ["admin"]


# ---- members


def test_an_admin_invites_a_member_whose_link_is_told_once(cooperative: Person) -> None:
    key = str(uuid.uuid4())
    where = f"/parties/{cooperative.party}/members"
    first = cooperative.post(where, json=member_draft(), key=key)
    again = cooperative.post(where, json=member_draft(), key=key)
    assert first.status_code == again.status_code == 201
    assert first.get_json()["link"].startswith("/welcome/")
    assert again.get_json() == {**first.get_json(), "link": None}
    listed = cooperative.get(where).get_json()
    assert {member["login"] for member in listed} >= {"li.si"}
    assert "link" not in listed[0]


def test_a_member_without_the_admin_role_invites_nobody(
    people: People, cooperative: Person
) -> None:
    plain = people.person(60, "社员", (PRODUCER,), party=cooperative.party)
    answer = plain.post(f"/parties/{plain.party}/members", json=member_draft())
    assert answer.status_code == 403


def test_an_admin_of_another_party_cannot_reach_an_account(
    cooperative: Person, stranger: Person, inspector: Person
) -> None:
    for other in (stranger, inspector):
        for answer in (
            other.post(f"/parties/{cooperative.party}/members", json=member_draft()),
            other.patch(f"/members/{cooperative.account}", json={"disabled": True}),
            other.post(f"/members/{cooperative.account}/link"),
        ):
            assert answer.status_code == 404
    assert cooperative.get("/session").status_code == 200


@pytest.mark.parametrize("roles", [["inspector"], ["authority"], ["verifier"], ["producer", "x"]])
def test_a_member_holds_only_roles_of_the_party(cooperative: Person, roles: list[str]) -> None:
    where = f"/parties/{cooperative.party}/members"
    answer = cooperative.post(where, json=member_draft(roles=roles))
    assert answer.status_code == 422
    assert pointers(answer) == [f"/roles/{len(roles) - 1}"]


def test_a_verifier_belongs_to_a_laboratory(inspector: Person) -> None:
    where = f"/parties/{inspector.party}/members"
    made = inspector.made(where, json=member_draft(roles=["inspector", "verifier"]))
    assert made["roles"] == ["inspector", "verifier"]


@pytest.mark.parametrize("login", ["ab", "Li.Si", "李四", "a b c", "-abc", "x" * 61, "a\u200bbc"])
def test_a_login_of_another_form_is_refused(cooperative: Person, login: str) -> None:
    where = f"/parties/{cooperative.party}/members"
    answer = cooperative.post(where, json=member_draft(login=login))
    assert (answer.status_code, pointers(answer)) == (422, ["/login"])


def test_a_login_is_given_once_in_the_whole_house(cooperative: Person, stranger: Person) -> None:
    cooperative.made(f"/parties/{cooperative.party}/members", json=member_draft())
    answer = stranger.post(f"/parties/{stranger.party}/members", json=member_draft())
    assert (answer.status_code, answer.get_json()["code"]) == (409, "login-taken")


def test_a_disabled_account_is_refused_at_its_next_request(
    authority: Person, cooperative: Person
) -> None:
    browser = cooperative.signed_in()
    assert browser.get("/api/v1/session").status_code == 200
    authority.patch(f"/members/{cooperative.account}", json={"disabled": True})
    assert cooperative.get("/session").status_code == 401
    assert browser.get("/api/v1/session").status_code == 401
    authority.patch(f"/members/{cooperative.account}", json={"disabled": False})
    assert cooperative.get("/session").status_code == 401, "old tokens stay dead"
    assert browser.get("/api/v1/session").status_code == 401, "old sign-ins stay ended"
    assert cooperative.signed_in().get("/api/v1/session").status_code == 200


def test_a_role_taken_away_counts_at_the_next_request_of_a_live_session(
    people: People, inspector: Person
) -> None:
    colleague = people.person(60, "同事", (INSPECTOR, ADMIN), party=inspector.party)
    browser = colleague.signed_in()
    assert browser.get("/api/v1/session").get_json()["roles"] == ["admin", "inspector"]
    inspector.patch(f"/members/{colleague.account}", json={"roles": ["inspector"]})
    assert browser.get("/api/v1/session").get_json()["roles"] == ["inspector"]
    assert colleague.post(f"/members/{inspector.account}/link").status_code == 403


def test_nobody_changes_the_rights_of_the_own_account(cooperative: Person) -> None:
    for asked in ({"disabled": True}, {"roles": ["producer"]}):
        answer = cooperative.patch(f"/members/{cooperative.account}", json=asked)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "own-account")


def test_no_name_login_or_contact_of_a_person_is_in_the_evidence(
    app: Flask, authority: Person
) -> None:
    made = authority.made("/parties", json=party_draft(contact="王五 13800000000", address="某村"))
    member = authority.made(f"/parties/{made['id']}/members", json=member_draft())
    authority.patch(f"/members/{member['id']}", json={"disabled": True})
    told = "\n".join(rows(app, select(Evidence.body)))
    kinds = set(rows(app, select(Evidence.kind)))
    assert {"party", "account", "account-link"} <= kinds
    assert member["id"] in told and sample_credit_code(90) in told
    for personal in ("李四", "li.si", "王五", "13800000000", "某村"):
        assert personal not in told


# ---- tokens


def test_a_token_is_told_once_and_kept_only_as_its_digest(app: Flask, cooperative: Person) -> None:
    key = str(uuid.uuid4())
    made = cooperative.made("/tokens", json={"name": "磅秤"}, key=key)
    assert made["token"].startswith("by_") and len(made["token"]) == 46
    assert cooperative.made("/tokens", json={"name": "磅秤"}, key=key)["token"] is None
    assert "token" not in cooperative.get("/tokens").get_json()[0]
    secret = made["token"].removeprefix("by_")
    for kept in rows(app, select(AnsweredRequest)):
        assert secret not in f"{kept.body} {kept.headers}"
    assert all(secret not in token.key_sha256 for token in rows(app, select(Token)))


def test_a_token_acts_for_its_account_until_it_is_revoked(
    app: Flask, cooperative: Person, stranger: Person
) -> None:
    made = cooperative.made("/tokens", json={"name": "磅秤"})
    program = Person(app, None, None, made["token"])
    assert program.get("/session").get_json()["id"] == str(cooperative.account)
    foreign, missing = (stranger.delete(f"/tokens/{n}") for n in (made["id"], uuid.uuid4()))
    assert (foreign.status_code, foreign.data) == (404, missing.data)
    assert cooperative.delete(f"/tokens/{made['id']}").status_code == 204
    assert program.get("/session").status_code == 401
    assert cooperative.delete(f"/tokens/{made['id']}").status_code == 404


def test_a_token_ends_at_its_hour(app: Flask, cooperative: Person) -> None:
    soon = (now() + timedelta(hours=1)).isoformat()
    made = cooperative.made("/tokens", json={"name": "磅秤", "expires_at": soon})
    program = Person(app, None, None, made["token"])
    assert program.get("/session").status_code == 200
    token = update(Token).where(Token.id == uuid.UUID(made["id"]))
    change(app, token.values(expires_at=now() - timedelta(seconds=1)))
    assert program.get("/session").status_code == 401


@pytest.mark.parametrize(
    "expires", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2027-01-01T00:00:00", "soon", 1]
)
def test_an_expiry_that_makes_no_sense_is_refused(cooperative: Person, expires: Any) -> None:
    answer = cooperative.post("/tokens", json={"name": "x", "expires_at": expires})
    assert (answer.status_code, pointers(answer)) == (422, ["/expires_at"])


@pytest.mark.parametrize("token", ["", "by_", "by_" + "x" * 43, "null", "\u00e9", "x" * 5000])
def test_a_made_up_token_opens_nothing(app: Flask, token: str) -> None:
    answer = app.test_client().get("/api/v1/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_an_account_never_holds_more_than_its_party(app: Flask, inspector: Person) -> None:
    put(app, AccountRole(account_id=inspector.account, role="authority"))
    account = rows(app, select(Account).where(Account.id == inspector.account))[0]
    assert "authority" in account.roles
    assert "authority" not in inspector.get("/session").get_json()["roles"]
    assert inspector.post("/parties", json=party_draft()).status_code == 403
    assert rows(app, select(func.count(Party.id))) == [1]

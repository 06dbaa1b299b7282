"""Products, their geographical-indication records and the divisions, through REST."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.clock import CHANGSHA, now
from core.record.models import Evidence
from products.models import GiRecord, Product
from tests.api.entering import TEA, document_of, refusal
from tests.api.looking import rows
from tests.people import People, Person

PERSIMMON: dict[str, Any] = {
    "key": "sample-persimmon",
    "name": "示例柿子",
    "name_en": "Sample persimmon",
    "category": "水果",
    "forms": [{"name": "鲜果", "base": "mass", "units": ["kg", "斤"]}],
    "default_form": "鲜果",
    "grades": ["一级", "二级"],
    "area": ["宁乡市", "430181125"],
}
RECORD = {"type": "agricultural-gi", "name": "示例柿子", "number": "AGI09999"}


def count_of_products(app: Flask) -> int:
    return int(rows(app, select(func.count()).select_from(Product))[0])


def test_the_authority_registers_a_product(authority: Person, consumer: Person, app: Flask) -> None:
    answer = authority.post("/products", json=PERSIMMON)
    assert answer.status_code == 201
    made = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/products/{made['id']}"
    assert answer.headers["ETag"] == f'"{made["id"]}-1"'
    assert made["grades"] == ["一级", "二级"] and made["origin"] == "entered"
    assert {part["name"] for part in made["area"]} == {"宁乡市", "大围山镇"}
    assert made["area_certainty"] == "one-source"
    seen = consumer.get("/products/sample-persimmon").get_json()
    assert seen == {name: value for name, value in made.items() if name != "warnings"}
    assert rows(app, select(Evidence.kind).where(Evidence.subject == made["id"])) == ["product"]


def test_a_product_is_found_by_id_key_name_pinyin_and_initials(consumer: Person) -> None:
    tea = consumer.get(f"/products/{TEA}").get_json()
    assert consumer.get(f"/products/{tea['id']}").get_json() == tea

    def found(**query: str) -> list[str]:
        listed = consumer.get("/products", query_string=query).get_json()
        return [row["name"] for row in listed]

    assert found(q="韭皇") == ["岳麓韭黄"]
    assert found(q="jiuhuang") == ["岳麓韭黄"]
    assert found(q="yljh") == ["岳麓韭黄"]
    assert found(q="ＣＨＡＮＧＳＨＡlvcha") == ["长沙绿茶"]
    assert found(q="没有的东西") == []
    assert len(found(in_plan="true")) == 8
    assert set(found(category="茶叶")) == {"长沙绿茶", "沩山毛尖"}


def test_a_list_is_read_page_by_page_in_the_order_of_the_catalogue(consumer: Person) -> None:
    whole = [row["name"] for row in consumer.get("/products").get_json()]
    assert whole[0] == "长沙绿茶" and len(whole) == 12
    read, path = [], "//api/v1/products?size=5"
    while path:
        answer = consumer.get(path)
        read += [row["name"] for row in answer.get_json()]
        link = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
        path = f"/{link}" if link else ""
    assert read == whole
    assert refusal(consumer.get("/products?after=nonsense"))[0] == 422


def test_an_old_township_name_stands_for_the_present_one(authority: Person) -> None:
    made = authority.made("/products", json={**PERSIMMON, "area": ["宁乡市历经铺乡"]})
    assert made["area"] == [{"code": "430182003", "name": "历经铺街道"}]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"key": "Sample"}, "/key"),
    ({"key": "柿子"}, "/key"),
    ({"key": "abcdefab-abcd-abcd-abcd-abcdefabcdef"}, "/key"),
    ({"name": "示例\u202e柿子"}, "/name"),
    ({"name": "示例\u200b柿子"}, "/name"),
    ({"name": "柿" * 61}, "/name"),
    ({"name": " "}, "/name"),
    ({"name": 7}, "/name"),
    ({"name": None}, "/name"),
    ({"forms": []}, "/forms"),
    ({"default_form": "果干"}, "/default_form"),
    ({"grades": ["一级", "一级"]}, "/grades"),
    ({"forms": [{"name": "鲜果", "base": "mass", "units": ["株"]}]}, "/forms/0/units"),
    ({"forms": [{"name": "鲜果", "base": "mass", "units": ["盎司"]}]}, "/forms/0/units"),
    ({"forms": [{"name": "鲜果", "base": "count", "units": ["株", "头"]}]}, "/forms/0/units"),
    ({"forms": [{"name": "鲜果", "base": "volume", "units": ["kg"]}]}, "/forms/0/base"),
    ({"area": ["430121106", "乌有乡"]}, "/area/1"),
    ({"area": ["枫木桥乡"]}, "/area/0"),
    ({"area": ["999999999"]}, "/area/0"),
    ({"colour": "red"}, "/colour"),
    ({"aliases": ["柿", "柿"]}, "/aliases/1"),
    ({"aliases": ["示例柿子"]}, "/aliases/0"),
    ({"gi_records": [{**RECORD, "number": "AGI1"}]}, "/gi_records/0/number"),
    ({"gi_records": [{**RECORD, "type": "organic"}]}, "/gi_records/0/type"),
    ({"gi_records": [{**RECORD, "date": "2016-13"}]}, "/gi_records/0/date"),
]


def test_a_product_that_cannot_be_is_refused_with_the_field_named(
    authority: Person, app: Flask, subtests: pytest.Subtests
) -> None:
    before = count_of_products(app)
    for changes, pointer in WRONG:
        with subtests.test(changes=changes):
            answer = authority.post("/products", json={**PERSIMMON, **changes})
            status, _, pointers = refusal(answer)
            assert status == 422 and pointer in pointers
    assert count_of_products(app) == before


def test_a_name_or_key_that_is_taken_is_told_with_its_owner(authority: Person) -> None:
    for changes, pointer in (
        ({"key": TEA}, "/key"),
        ({"name": "长沙绿茶"}, "/name"),
        ({"name": "岳麓韭皇"}, "/name"),
        ({"aliases": ["宁乡猪"]}, "/aliases/0"),
    ):
        answer = authority.post("/products", json={**PERSIMMON, **changes})
        assert refusal(answer) == (409, "name-taken", [pointer])


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("浏阳黑山阳", "浏阳黑山羊"),
        ("大围山莉", "大围山梨"),
        ("长沙绿荼", "长沙绿茶"),
        ("长沙 绿茶", "长沙绿茶"),
    ],
)
def test_a_name_that_looks_or_sounds_like_another_is_warned_of(
    authority: Person, name: str, other: str
) -> None:
    made = authority.made("/products", json={**PERSIMMON, "name": name})
    assert any(other in warning["zh"] and other in warning["en"] for warning in made["warnings"])


def test_a_name_unlike_all_others_is_not_warned_of(authority: Person) -> None:
    assert authority.made("/products", json=PERSIMMON)["warnings"] == []


def test_a_rare_character_is_kept_as_it_is(authority: Person) -> None:
    name = "示例鲌鱼𠮷"
    made = authority.made("/products", json={**PERSIMMON, "name": name})
    assert authority.get(f"/products/{made['id']}").get_json()["name"] == name


def test_a_change_names_the_version_that_was_seen(authority: Person) -> None:
    made = authority.made("/products", json=PERSIMMON)
    path, tag = f"/products/{made['id']}", f'"{made["id"]}-1"'
    assert refusal(authority.patch(path, json={"note": "改"}))[:2] == (428, "if-match-missing")
    answer = authority.patch(path, json={"note": "改"}, headers={"If-Match": tag})
    assert answer.status_code == 200 and answer.get_json()["note"] == "改"
    assert answer.headers["ETag"] == f'"{made["id"]}-2"'
    late = authority.patch(path, json={"note": "晚"}, headers={"If-Match": tag})
    assert refusal(late)[:2] == (412, "stale")
    assert authority.get(path).get_json()["note"] == "改"


def test_words_are_added_to_a_product_and_never_taken_away(authority: Person) -> None:
    made = authority.made("/products", json=PERSIMMON)
    path, headers = f"/products/{made['id']}", {"If-Match": "*"}
    more = {"grades": ["特级", "一级", "二级"]}
    changed = authority.patch(path, json=more, headers=headers).get_json()
    assert changed["grades"] == ["特级", "一级", "二级"] and changed["edited_at"] is not None
    fewer = authority.patch(path, json={"grades": ["特级"]}, headers=headers)
    assert refusal(fewer) == (422, "word-in-use", ["/grades", "/grades"])
    counted = {"forms": [{"name": "鲜果", "base": "count", "units": ["盒"]}]}
    rebased = authority.patch(path, json=counted, headers=headers)
    assert refusal(rebased) == (422, "word-in-use", ["/forms/0/base"])


def test_a_key_never_changes(authority: Person) -> None:
    answer = authority.patch(f"/products/{TEA}", json={"key": "x"}, headers={"If-Match": "*"})
    assert refusal(answer)[2] == ["/key"]


def test_only_the_authority_registers_and_changes_products(people: People, app: Flask) -> None:
    before = count_of_products(app)
    for person in (people.cooperative, people.inspector):
        for answer in (
            person.post("/products", json=PERSIMMON),
            person.patch(f"/products/{TEA}", json={"note": "改"}, headers={"If-Match": "*"}),
            person.post(f"/products/{TEA}/gi-records", json=RECORD),
        ):
            assert refusal(answer)[0] == 403
    assert people.consumer.post("/products", json=PERSIMMON).status_code == 401
    assert count_of_products(app) == before


def test_a_product_that_is_not_there_is_not_found(authority: Person) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    for path in (
        f"/products/{nowhere}",
        "/products/nothing-of-the-kind",
        "/products/无",
        "/products/%00",
    ):
        assert authority.get(path).status_code == 404
    assert authority.post("/products/nothing/gi-records", json=RECORD).status_code == 404
    seen = authority.get(f"/products/{TEA}/gi-records/{nowhere}")
    assert seen.status_code == 404


def test_once_is_once_for_a_product(authority: Person, app: Flask) -> None:
    first = authority.post("/products", json=PERSIMMON, key="persimmon-0001")
    again = authority.post("/products", json=PERSIMMON, key="persimmon-0001")
    assert first.status_code == again.status_code == 201
    assert first.get_data() == again.get_data()
    other = {**PERSIMMON, "name": "另一种"}
    assert refusal(authority.post("/products", json=other, key="persimmon-0001"))[0] == 422
    query = select(func.count()).where(Product.key == PERSIMMON["key"])
    assert rows(app, query) == [1]


def test_a_body_that_is_not_json_is_not_read(authority: Person) -> None:
    answer = authority.post("/products", data="name=x", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_a_record_is_proven_by_number_and_evidence_together(app: Flask, authority: Person) -> None:
    made = authority.made(f"/products/{TEA}/gi-records", json={**RECORD, "name": "长沙绿茶"})
    assert (made["proven"], made["certainty"]) == (False, "one-source")
    path = f"/products/{TEA}/gi-records/{made['id']}"
    assert authority.get(path).headers["ETag"] == f'"{made["id"]}-1"'
    proof = {"evidence": document_of(app, authority)}
    assert refusal(authority.patch(path, json=proof))[0] == 428
    proven = authority.patch(path, json=proof, headers={"If-Match": f'"{made["id"]}-1"'}).get_json()
    assert (proven["proven"], proven["certainty"], proven["version"]) == (True, "confirmed", 2)
    renumbered = {"number": "AGI08888"}
    answer = authority.patch(path, json=renumbered, headers={"If-Match": "*"}).get_json()
    assert (answer["proven"], answer["certainty"]) == (False, "one-source")


def test_a_record_of_the_catalogue_is_filled_in_by_the_authority(
    app: Flask, authority: Person
) -> None:
    tea = authority.get(f"/products/{TEA}").get_json()
    (mark,) = (r for r in tea["gi_records"] if r["type"] == "certification-mark")
    path, headers = f"/products/{TEA}/gi-records/{mark['id']}", {"If-Match": "*"}
    wrong = authority.patch(path, json={"number": "AGI01459"}, headers=headers)
    assert refusal(wrong)[2] == ["/number"]
    body = {"number": "12345678", "evidence": document_of(app, authority)}
    assert authority.patch(path, json=body, headers=headers).get_json()["proven"] is True
    kinds = rows(app, select(Evidence.kind).where(Evidence.subject == mark["id"]))
    assert kinds == ["gi-record", "gi-record-changed"]
    assert rows(app, select(GiRecord.edited_at.is_not(None)).where(GiRecord.number == "12345678"))


def test_a_record_of_another_product_answers_as_if_it_did_not_exist(authority: Person) -> None:
    tea = authority.get(f"/products/{TEA}").get_json()
    other = f"/products/ningxiang-pig/gi-records/{tea['gi_records'][0]['id']}"
    assert authority.get(other).status_code == 404
    changed = authority.patch(other, json={"note": "改"}, headers={"If-Match": "*"})
    assert changed.status_code == 404


def test_evidence_that_was_never_uploaded_is_refused(authority: Person) -> None:
    body = {**RECORD, "evidence": "00000000-0000-4000-8000-000000000000"}
    answer = authority.post(f"/products/{TEA}/gi-records", json=body)
    assert refusal(answer) == (422, "no-such-document", ["/evidence"])


def test_a_date_in_the_future_is_refused(authority: Person) -> None:
    body = {**RECORD, "date": str(now().astimezone(CHANGSHA).year + 1)}
    answer = authority.post(f"/products/{TEA}/gi-records", json=body)
    assert refusal(answer)[2] == ["/date"]


def test_divisions_are_a_tree_with_the_old_names_of_texts(consumer: Person) -> None:
    city = consumer.get("/divisions").get_json()
    assert (city["code"], len(city["counties"])) == ("430100", 9)
    ningxiang = next(c for c in city["counties"] if c["code"] == "430182")
    assert {"code": "430182003", "name": "历经铺街道"} in ningxiang["townships"]
    assert {"name": "历经铺乡", "code": "430182003"} in ningxiang["old_names"]
    assert {"name": "枫木桥乡", "code": None} in ningxiang["old_names"]

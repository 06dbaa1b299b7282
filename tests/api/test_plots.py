"""Plots proposed, changed, approved year by year; yield caps; the allowance that follows."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.clock import day_of, now
from core.record.models import Evidence, PersonalValue
from products.licences.models import Licence
from products.plots.models import Plot, PlotApproval
from tests.api.looking import change, rows
from tests.people import People, Person

TEA = "changsha-green-tea"
GOAT = "liuyang-black-goat"
YEAR = day_of(now()).year
LON, LAT = 113.3, 28.5


def outline(west: float = 0, south: float = 0, wide: float = 300, tall: float = 300) -> Any:
    """A rectangle in units of 10⁻⁵ degrees; 300 × 300 are 146 or so 亩."""
    x, y = LON + west * 1e-5, LAT + south * 1e-5
    ring = [[x, y], [x + wide * 1e-5, y], [x + wide * 1e-5, y + tall * 1e-5], [x, y + tall * 1e-5]]
    closed = [[round(a, 7), round(b, 7)] for a, b in [*ring, ring[0]]]
    return {"type": "Polygon", "coordinates": [closed]}


def plot(**changed: Any) -> dict[str, Any]:
    """A plot as it is sent."""
    body: dict[str, Any] = {
        "product": TEA, "number": "jj-01", "name": "东坡茶园", "area_mu": "12.50",
        "township": "金井镇", "place": "金龙村", "worked_by": "李某某",
    }  # fmt: skip
    return {name: value for name, value in {**body, **changed}.items() if value is not None}


def approval(**changed: Any) -> dict[str, Any]:
    return {"year": YEAR, "source": "示例：年度地块核查公告", **changed}


def cap(**changed: Any) -> dict[str, Any]:
    return {"year": YEAR, "form": "鲜叶", "quantity": "100", "unit": "斤",
            "source": "示例：测产报告", **changed}  # fmt: skip


def refused(answer: Any, status: int, *pointers: str) -> dict[str, Any]:
    """The problem that was answered, which names these fields."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    assert [fault["pointer"] for fault in body.get("errors", [])] == list(pointers), body
    return body


@pytest.fixture
def made(cooperative: Person) -> dict[str, Any]:
    """A plot that the cooperative proposed."""
    return cooperative.made("/plots", json=plot())


def change_plot(person: Person, row: dict[str, Any], version: int = 1, **changes: Any) -> Any:
    headers = {"If-Match": f'"{row["id"]}-{version}"'}
    return person.patch(f"/plots/{row['id']}", json=changes, headers=headers)


# --- proposing -----------------------------------------------------------------------------


def test_a_plot_is_proposed_by_code_or_by_an_old_name_of_its_township(
    cooperative: Person, made: dict[str, Any]
) -> None:
    assert made["number"] == "JJ-01" and made["area_mu"] == "12.50"
    assert made["place_name"] == "金井镇" and made["worked_by"] == "李某某"
    assert made["outline_area_mu"] is None and not made["area_differs"]
    by_code = cooperative.made("/plots", json=plot(number="2", township=made["place_code"]))
    assert by_code["place_code"] == made["place_code"]
    assert [row["number"] for row in cooperative.get("/plots").get_json()] == ["2", "JJ-01"]


def test_every_fault_of_a_plot_is_named_at_once(cooperative: Person) -> None:
    wrong = plot(number="A 1", area_mu="0", township="没有的镇", outline={"type": "Point"})
    refused(cooperative.post("/plots", json=wrong), 422,
            "/number", "/area_mu", "/outline", "/township")  # fmt: skip
    for area in ("-1", "1.005", "100001", "abc", "NaN"):
        refused(cooperative.post("/plots", json=plot(area_mu=area)), 422, "/area_mu")
    refused(cooperative.post("/plots", json=plot(township="长沙县")), 422, "/township")
    refused(cooperative.post("/plots", json=plot(product="nothing")), 422, "/product")
    assert cooperative.get("/plots").get_json() == []


def test_a_plot_needs_a_licence_and_lies_inside_a_confirmed_area(
    people: People, cooperative: Person
) -> None:
    refused(cooperative.post("/plots", json=plot(product=GOAT)), 422, "/product")
    people.license(cooperative, GOAT)
    body = refused(cooperative.post("/plots", json=plot(product=GOAT)), 422, "/township")
    assert "保护地域" in body["detail"]
    inside = cooperative.made("/plots", json=plot(product=GOAT, township="大围山镇"))
    assert inside["place_code"] == "430181125"


def test_a_number_is_unique_in_a_party_and_free_in_another(
    cooperative: Person, stranger: Person, made: dict[str, Any]
) -> None:
    refused(cooperative.post("/plots", json=plot(number="JJ-01")), 409, "/number")
    refused(cooperative.post("/plots", json=plot(number="jj-01")), 409, "/number")
    assert stranger.made("/plots", json=plot())["number"] == made["number"]


def test_the_same_key_proposes_one_plot(cooperative: Person) -> None:
    key = str(uuid.uuid4())
    first = cooperative.post("/plots", json=plot(), key=key)
    again = cooperative.post("/plots", json=plot(), key=key)
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert len(cooperative.get("/plots").get_json()) == 1


def test_another_partys_plot_is_not_there(
    stranger: Person, inspector: Person, consumer: Person, made: dict[str, Any]
) -> None:
    where = f"/plots/{made['id']}"
    for path in (where, f"{where}/overlaps", f"{where}/approvals"):
        assert stranger.get(path).status_code == 404
        assert inspector.get(path).status_code == 403
        assert consumer.get(path).status_code == 401
    assert change_plot(stranger, made, name="别人的").status_code == 404
    assert stranger.post(f"{where}/retirement", json={"reason": "x"}).status_code == 404
    assert stranger.get("/plots").get_json() == []


def test_names_and_coordinates_are_sealed_in_the_record(
    app: Flask, cooperative: Person, authority: Person
) -> None:
    row = cooperative.made("/plots", json=plot(outline=outline()))
    bodies = rows(app, select(Evidence.body).where(Evidence.subject == row["id"]))
    assert len(bodies) == 1
    for personal in ("李某某", "东坡茶园", "金龙村", "113.3", "28.5"):
        assert personal not in bodies[0]
    sealed = rows(app, select(PersonalValue.value))
    assert "李某某" in sealed
    shown = authority.get(f"/plots/{row['id']}").get_json()
    assert shown["worked_by"] == "李某某" and shown["outline"] == outline()
    change(app, update(PersonalValue).values(value=None, salt=None))
    assert authority.get(f"/plots/{row['id']}").get_json()["worked_by"] is None


# --- outlines ------------------------------------------------------------------------------


def test_the_drawn_area_stands_beside_the_stated_one(cooperative: Person) -> None:
    far = cooperative.made("/plots", json=plot(outline=outline()))
    assert far["outline_area_mu"] == "146.47" and far["area_differs"]
    near = cooperative.made("/plots", json=plot(number="2", area_mu="140", outline=outline()))
    assert not near["area_differs"]


def test_an_overlap_is_told_with_the_number_to_the_authority_alone(
    cooperative: Person, stranger: Person, authority: Person
) -> None:
    own = cooperative.made("/plots", json=plot(outline=outline()))
    cooperative.made("/plots", json=plot(number="OWN", outline=outline(west=290)))
    stranger.made("/plots", json=plot(number="SECRET", outline=outline(west=150)))
    stranger.made("/plots", json=plot(number="BESIDE", outline=outline(west=0, south=300)))
    path = f"/plots/{own['id']}/overlaps"
    seen = authority.get(path).get_json()
    assert [one["number"] for one in seen] == ["SECRET", "OWN"]
    assert 73 < float(seen[0]["area_mu"]) < 73.4
    answer = cooperative.get(path)
    assert [one["number"] for one in answer.get_json()] == [None, "OWN"]
    assert "SECRET" not in answer.get_data(as_text=True)


def test_an_overlap_ends_when_the_other_plot_is_given_up(cooperative: Person) -> None:
    own = cooperative.made("/plots", json=plot(outline=outline()))
    other = cooperative.made("/plots", json=plot(number="2", outline=outline(west=10)))
    path = f"/plots/{own['id']}/overlaps"
    assert len(cooperative.get(path).get_json()) == 1
    cooperative.made(f"/plots/{other['id']}/retirement", json={"reason": "退耕"})
    assert cooperative.get(path).get_json() == []


# --- changing ------------------------------------------------------------------------------


def test_a_plot_changes_only_from_the_version_that_was_seen(
    cooperative: Person, made: dict[str, Any]
) -> None:
    assert cooperative.patch(f"/plots/{made['id']}", json={"name": "x"}).status_code == 428
    first = change_plot(cooperative, made, area_mu="13", outline=outline())
    assert first.status_code == 200 and first.get_json()["version"] == 2
    assert change_plot(cooperative, made, area_mu="14").status_code == 412
    emptied = change_plot(cooperative, made, 2, worked_by=None, outline=None).get_json()
    assert emptied["worked_by"] is None and emptied["outline"] is None
    assert emptied["area_mu"] == "13" and emptied["place"] == "金龙村"


def test_what_was_approved_is_fixed_until_the_approval_ends(
    cooperative: Person, authority: Person, made: dict[str, Any]
) -> None:
    authority.made(f"/plots/{made['id']}/approvals", json=approval())
    for changes in ({"area_mu": "20"}, {"township": "高桥镇"}, {"outline": outline()},
                    {"number": "NEW"}):  # fmt: skip
        refused(change_plot(cooperative, made, **changes), 409)
    retire = cooperative.post(f"/plots/{made['id']}/retirement", json={"reason": "不种了"})
    refused(retire, 409)
    worker = change_plot(cooperative, made, worked_by="王某某", name="新名")
    assert worker.status_code == 200 and worker.get_json()["worked_by"] == "王某某"
    authority.made(f"/plots/{made['id']}/approvals/{YEAR}/end", json={"reason": "面积要改"})
    assert change_plot(cooperative, made, 2, area_mu="20").status_code == 200
    again = authority.made(f"/plots/{made['id']}/approvals", json=approval(area_mu="19.5"))
    assert again["area_mu"] == "19.5"
    listed = authority.get(f"/plots/{made['id']}/approvals").get_json()
    assert [bool(one["ended_at"]) for one in listed] == [False, True]


def test_a_plot_that_was_given_up_neither_changes_nor_is_approved(
    cooperative: Person, authority: Person, made: dict[str, Any]
) -> None:
    path = f"/plots/{made['id']}"
    cooperative.made(f"{path}/retirement", json={"reason": "退耕还林"})
    refused(cooperative.post(f"{path}/retirement", json={"reason": "再一次"}), 409)
    refused(change_plot(cooperative, made, 2, name="x"), 409)
    refused(authority.post(f"{path}/approvals", json=approval()), 409)


# --- approvals -----------------------------------------------------------------------------


def test_only_the_authority_approves_once_a_year_and_no_more_than_was_stated(
    cooperative: Person, authority: Person, made: dict[str, Any]
) -> None:
    path = f"/plots/{made['id']}/approvals"
    assert cooperative.post(path, json=approval()).status_code == 403
    refused(authority.post(path, json=approval(area_mu="12.51")), 422, "/area_mu")
    refused(authority.post(path, json=approval(area_mu="0")), 422, "/area_mu")
    refused(authority.post(path, json=approval(year=YEAR + 2)), 422, "/year")
    refused(authority.post(path, json={"year": YEAR}), 422, "/source")
    unknown = approval(evidence=str(uuid.uuid4()))
    refused(authority.post(path, json=unknown), 422, "/evidence")
    assert authority.made(path, json=approval())["area_mu"] == "12.50"
    refused(authority.post(path, json=approval()), 409)
    assert authority.made(path, json=approval(year=YEAR + 1, area_mu="10"))["year"] == YEAR + 1
    assert authority.post(f"/plots/{uuid.uuid4()}/approvals", json=approval()).status_code == 404


def test_an_approval_ends_once_with_a_reason(
    app: Flask, authority: Person, made: dict[str, Any]
) -> None:
    path = f"/plots/{made['id']}/approvals"
    authority.made(path, json=approval())
    refused(authority.post(f"{path}/{YEAR}/end", json={}), 422, "/reason")
    ended = authority.made(f"{path}/{YEAR}/end", json={"reason": "改种其他作物"})
    assert ended["end_reason"] == "改种其他作物"
    assert authority.post(f"{path}/{YEAR}/end", json={"reason": "x"}).status_code == 404
    assert authority.post(f"{path}/{YEAR + 1}/end", json={"reason": "x"}).status_code == 404
    assert len(rows(app, select(PlotApproval))) == 1


def test_a_party_without_a_licence_gets_no_approval(
    app: Flask, authority: Person, cooperative: Person, made: dict[str, Any]
) -> None:
    change(app, update(Licence).where(Licence.party_id == cooperative.party)
           .values(revoked_at=now(), revoke_reason="示例"))  # fmt: skip
    refused(authority.post(f"/plots/{made['id']}/approvals", json=approval()), 409)


# --- caps and allowances -------------------------------------------------------------------


def allowance(person: Person, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.get("/allowances", query_string=asked).get_json()
    return found


def test_plots_times_the_cap_is_the_allowance_and_follows_both(
    cooperative: Person, stranger: Person, authority: Person, made: dict[str, Any]
) -> None:
    other = cooperative.made("/plots", json=plot(number="2", area_mu="7.25"))
    authority.made(f"/plots/{made['id']}/approvals", json=approval())
    assert allowance(cooperative) == [], "额度未设"
    authority.made(f"/products/{TEA}/yield-caps", json=cap())
    (first,) = allowance(cooperative)
    assert first["granted"] == 12.5 * 50_000_000 and first["form"] == "鲜叶"
    authority.made(f"/plots/{other['id']}/approvals", json=approval(area_mu="7"))
    assert allowance(cooperative)[0]["granted"] == 19.5 * 50_000_000
    authority.made(f"/plots/{made['id']}/approvals/{YEAR}/end", json={"reason": "改种"})
    assert allowance(cooperative)[0]["left"] == 7 * 50_000_000
    authority.made(f"/products/{TEA}/yield-caps", json=cap(quantity="10", unit="kg"))
    assert allowance(authority, product=TEA)[0]["granted"] == 70_000_000
    assert allowance(stranger) == []
    assert allowance(authority, year=YEAR + 1) == []
    numbers = [one["number"] for one in cooperative.get(f"/products/{TEA}/yield-caps").get_json()]
    assert numbers == [2, 1]


def test_a_cap_needs_its_source_a_form_of_the_product_and_a_unit_of_that_form(
    authority: Person, cooperative: Person
) -> None:
    path = f"/products/{TEA}/yield-caps"
    assert cooperative.post(path, json=cap()).status_code == 403
    refused(authority.post(path, json={k: v for k, v in cap().items() if k != "source"}), 422,
            "/source")  # fmt: skip
    refused(authority.post(path, json=cap(source=" ")), 422, "/source")
    refused(authority.post(path, json=cap(form="胴体")), 422, "/form")
    refused(authority.post(path, json=cap(unit="尾")), 422, "/unit")
    for quantity in ("0", "-5", "1000000"):
        refused(authority.post(path, json=cap(quantity=quantity)), 422, "/quantity")
    season = cap(season_from=f"{YEAR}-05-01", season_to=f"{YEAR}-03-01")
    refused(authority.post(path, json=season), 422, "/season_to")
    refused(authority.post(path, json=cap(season_from=f"{YEAR + 1}-03-01")), 422, "/season_from")
    assert authority.get(path).get_json() == []


def test_plots_are_found_by_how_they_stand_and_where(
    cooperative: Person, stranger: Person, authority: Person, made: dict[str, Any]
) -> None:
    stranger.made("/plots", json=plot(township="高桥镇"))
    authority.made(f"/plots/{made['id']}/approvals", json=approval())

    def found(**asked: Any) -> int:
        answer = authority.get("/plots", query_string=asked)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return len(answer.get_json())

    assert found() == 2 and found(state="approved") == 1 and found(state="waiting") == 1
    assert found(state="waiting", year=YEAR + 1) == 2 and found(state="retired") == 0
    assert found(township=made["place_code"]) == 1 and found(township="430121") == 2
    assert found(party=str(stranger.party)) == 1 and found(q="jj") == 2 and found(q="东坡") == 2
    assert found(product=TEA) == 2 and found(product="wangcheng-crayfish") == 0
    first = authority.get("/plots?size=1")
    assert len(first.get_json()) == 1 and 'rel="next"' in first.headers["Link"]


def test_the_database_keeps_approvals_as_they_were(
    app: Flask, authority: Person, made: dict[str, Any]
) -> None:
    authority.made(f"/plots/{made['id']}/approvals", json=approval())
    for statement in (
        update(PlotApproval).values(area_mu=rows(app, select(Plot.area_mu))[0] * 2),
        update(PlotApproval).values(year=YEAR + 1),
    ):
        with pytest.raises(Exception, match="append only"):
            change(app, statement)

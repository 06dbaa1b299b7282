"""采收 against the allowance: plots times cap, and never beyond it, whoever writes."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.clock import now
from tests.api.test_main_job import TEA, TODAY
from tests.people import Person
from trace.books.models import Allowance, Entry, Harvest
from trace.books.service import ledger_balances

KG = 1_000_000
PLACE = "430121110"
MADE = TODAY - timedelta(days=2)


def plot(person: Person, number: str, area: str = "10", **more: Any) -> dict[str, Any]:
    draft = {
        "product": TEA, "number": number, "name": f"示例地块{number}", "area_mu": area,
        "township": PLACE, **more,
    }  # fmt: skip
    return person.made("/plots", json=draft)


def approve(authority: Person, one: dict[str, Any], year: int = MADE.year, **more: Any) -> None:
    draft = {"year": year, "source": "示例：本次测试的核查", **more}
    authority.made(f"/plots/{one['id']}/approvals", json=draft)


def cap(authority: Person, per_mu: str = "10", year: int = MADE.year, **more: Any) -> None:
    draft = {
        "year": year, "form": "鲜叶", "quantity": per_mu, "unit": "kg",
        "source": "示例：本次测试的依据", **more,
    }  # fmt: skip
    authority.made(f"/products/{TEA}/yield-caps", json=draft)


def leaf(person: Person, quantity: str, **more: Any) -> dict[str, Any]:
    draft = {
        "product": TEA, "form": "鲜叶", "quantity": quantity, "unit": "kg",
        "production_date": MADE.isoformat(), "place_code": PLACE, **more,
    }  # fmt: skip
    return person.made("/batches", json=draft)


def harvested(person: Person, batch: dict[str, Any], *plots: Any) -> TestResponse:
    """What confirming is answered with; plots are (plot, kilograms or None)."""
    named = [
        {"plot": one["id"], **({"quantity": kg, "unit": "kg"} if kg else {})} for one, kg in plots
    ]
    etag = person.get(f"/batches/{batch['id']}").headers["ETag"]
    path = f"/batches/{batch['id']}/quantity"
    return person.put(path, json={"plots": named} if named else {}, headers={"If-Match": etag})


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json().get("code", "")


def account(session: Session, person: Person, year: int = MADE.year) -> tuple[int, int]:
    session.rollback()
    query = select(Allowance.granted, Allowance.used).where(
        Allowance.party_id == person.party, Allowance.year == year
    )
    granted, used = session.execute(query).one()
    return granted, used


def test_plots_times_the_cap_is_the_allowance_and_harvest_uses_it(
    authority: Person, cooperative: Person, session: Session
) -> None:
    one, two = plot(cooperative, "A1"), plot(cooperative, "A2", "5.5")
    approve(authority, one)
    approve(authority, two)
    cap(authority)
    assert account(session, cooperative) == (155 * KG, 0)
    batch = leaf(cooperative, "100")
    assert harvested(cooperative, batch, (one, "60"), (two, "40")).status_code == 200
    assert account(session, cooperative) == (155 * KG, 100 * KG)
    assert code(harvested(cooperative, leaf(cooperative, "56"), (one, None))) == (
        409, "allowance-exceeded",
    )  # fmt: skip
    assert harvested(cooperative, leaf(cooperative, "55"), (one, None)).status_code == 200
    assert account(session, cooperative) == (155 * KG, 155 * KG)


def test_until_there_is_a_cap_the_quantity_alone_counts(cooperative: Person) -> None:
    batch = leaf(cooperative, "100")
    assert harvested(cooperative, batch).status_code == 200


def test_what_was_harvested_before_the_cap_counts_against_it(
    authority: Person, cooperative: Person, session: Session
) -> None:
    assert harvested(cooperative, leaf(cooperative, "130")).status_code == 200
    approve(authority, plot(cooperative, "A1"))
    cap(authority)
    assert account(session, cooperative) == (100 * KG, 130 * KG)


def test_a_cut_shows_as_a_deficit_and_nothing_adds_to_it(
    authority: Person, cooperative: Person, session: Session
) -> None:
    one = plot(cooperative, "A1")
    approve(authority, one)
    cap(authority)
    assert harvested(cooperative, leaf(cooperative, "90"), (one, None)).status_code == 200
    cap(authority, "5")
    assert account(session, cooperative) == (50 * KG, 90 * KG)
    assert code(harvested(cooperative, leaf(cooperative, "1"), (one, None)))[1] == (
        "allowance-exceeded"
    )
    seen = authority.get("/allowances").get_json()
    assert [row["deficit"] for row in seen] == [40 * KG]
    session.rollback()
    with pytest.raises(IntegrityError, match="beyond the allowance"):
        session.execute(update(Allowance).values(used=Allowance.used + 1))
        session.flush()
    session.rollback()


def test_ending_an_approval_cuts_the_allowance(
    authority: Person, cooperative: Person, session: Session
) -> None:
    one, two = plot(cooperative, "A1"), plot(cooperative, "A2")
    approve(authority, one)
    approve(authority, two)
    cap(authority)
    authority.made(f"/plots/{two['id']}/approvals/{MADE.year}/end", json={"reason": "示例：改种"})
    assert account(session, cooperative) == (100 * KG, 0)
    assert code(harvested(cooperative, leaf(cooperative, "5"), (two, None))) == (
        422, "harvest-invalid",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["foreign", "unapproved", "no plot", "season", "form", "sum"])
def test_a_harvest_that_cannot_be_is_refused_and_says_where(
    authority: Person, cooperative: Person, stranger: Person, session: Session, name: str
) -> None:
    one, late, theirs = plot(cooperative, "A1"), plot(cooperative, "A9"), plot(stranger, "B1")
    approve(authority, one)
    approve(authority, theirs)
    season: dict[str, Any] = {}
    if name == "season":
        season = {"season_from": f"{MADE.year}-03-01", "season_to": f"{MADE.year}-05-31"}
    cap(authority, **season)
    form = {"form": "成品茶"} if name == "form" else {}
    batch = leaf(cooperative, "10", **form)
    plots: dict[str, tuple[Any, ...]] = {
        "foreign": ((theirs, None),), "unapproved": ((late, None),), "no plot": (),
        "sum": ((one, "4"), (late, "5")),
    }  # fmt: skip
    answer = harvested(cooperative, batch, *plots.get(name, ((one, None),)))
    assert code(answer) == (422, "harvest-invalid")
    assert answer.get_json()["errors"][0]["pointer"] == {
        "foreign": "/plots/0/plot", "unapproved": "/plots/0/plot", "no plot": "/plots",
        "season": "/production_date", "form": "/form", "sum": "/plots/1/plot",
    }[name]  # fmt: skip
    assert ledger_balances(session, uuid.UUID(batch["id"])) == {}


def test_a_harvest_is_not_dated_back_into_a_year_without_a_cap(
    authority: Person, cooperative: Person
) -> None:
    one = plot(cooperative, "A1")
    approve(authority, one)
    cap(authority)
    old = leaf(cooperative, "10", production_date=date(MADE.year - 1, 6, 1).isoformat())
    assert code(harvested(cooperative, old, (one, None))) == (422, "harvest-invalid")
    assert code(harvested(cooperative, old)) == (422, "harvest-invalid")


def test_the_database_itself_refuses_goods_without_their_harvest(
    authority: Person, cooperative: Person, session: Session
) -> None:
    one = plot(cooperative, "A1")
    for year in (MADE.year - 1, MADE.year):
        approve(authority, one, year)
        cap(authority, year=year)
    made = leaf(cooperative, "10")
    query = select(Allowance.product_id).where(Allowance.party_id == cooperative.party)
    found = session.scalars(query.distinct()).one()
    row = {
        "id": uuid.uuid4(), "posting": uuid.uuid4(), "party_id": cooperative.party,
        "product_id": found, "batch_id": uuid.UUID(made["id"]), "form": "鲜叶",
        "at": now(),
    }  # fmt: skip
    session.add(Entry(kind="harvest", account="harvest", base="mass", amount=-5, **row))
    with pytest.raises(IntegrityError, match="without their harvest"):
        session.flush()
    session.rollback()
    session.add(Harvest(year=MADE.year, quantity=5, **row))
    with pytest.raises(IntegrityError, match="without an approved plot"):
        session.flush()
    session.rollback()
    session.add(Harvest(year=MADE.year, plot_id=uuid.UUID(one["id"]), quantity=101 * KG, **row))
    with pytest.raises(IntegrityError, match="beyond the allowance"):
        session.flush()
    session.rollback()
    session.add(Harvest(year=MADE.year - 1, plot_id=uuid.UUID(one["id"]), quantity=1, **row))
    with pytest.raises(IntegrityError, match="another year"):
        session.flush()
    session.rollback()

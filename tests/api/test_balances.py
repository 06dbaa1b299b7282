"""The balance of a year closes for every form, party and product; pages and files say the same."""

import csv
import io
import random
import uuid
from collections import defaultdict
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import day_of, now
from labels.label_amounts import activated_of_year
from products.models import Product
from tests.api.batches_ready import ReadyBatches
from tests.api.test_alarms import alarms, approved, harvested
from tests.api.test_goods import KG, made_of
from tests.api.test_main_job import TEA, TODAY
from tests.api.test_plots import cap
from tests.people import Person
from trace.batches.models import Batch
from trace.books.models import STOCK, Balance, Entry
from trace.statistics.balances import FormBalance, balance_of_year, books_close
from trace.statistics.flows import flows_of_month

YEAR = TODAY.year
RUN = {"count": 10, "net_content": "1", "unit": "kg", "sheet_format": "a4-3x8"}


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    """Batches that stand where they are wanted."""
    return ReadyBatches(app)


def by_form(
    session: Session, year: int = YEAR, party: uuid.UUID | None = None
) -> dict[str, FormBalance]:
    session.rollback()
    product = session.scalars(select(Product).where(Product.key == TEA)).one()
    return {one.form: one for one in balance_of_year(session, product, year, party)}


def handed_over(giver: Person, taker: Person, batch: str, kg: str) -> dict[str, Any]:
    body = {"batch": batch, "to": str(taker.party), "quantity": kg, "unit": "kg",
            "sent_on": TODAY.isoformat()}  # fmt: skip
    sent = giver.made("/transfers", json=body)
    answer = {"quantity": kg, "unit": "kg", "condition": "intact"}
    return taker.made(f"/transfers/{sent['id']}/confirmation", json=answer)


# --- the property ----------------------------------------------------------------------------


class Village:
    """Two parties who only do what is right, at random."""

    def __init__(self, people: tuple[Person, Person], authority: Person, seed: int) -> None:
        self.random, self.people = random.Random(seed), people
        self.fields = {one: approved(one, authority, area_mu="100") for one in people}
        draft = {"from_form": "鲜叶", "to_form": "成品茶", "low": "0.2", "high": "0.25",
                 "unit": "kg", "per_unit": "kg", "source": "示例：依据"}  # fmt: skip
        authority.made(f"/products/{TEA}/conversions", json=draft)
        authority.made(f"/products/{TEA}/yield-caps", json=cap())

    def goods(
        self, session: Session, person: Person, form: str
    ) -> list[tuple[dict[str, Any], int]]:
        """Whole kilograms of stock of a person, by batch."""
        session.rollback()
        query = select(Balance.batch_id, Balance.amount).where(
            Balance.party_id == person.party, Balance.account == STOCK, Balance.form == form,
            Balance.amount >= 4 * KG,
        )  # fmt: skip
        return [
            ({"id": str(row[0]), "quantity_unit": "公斤"}, row[1] // KG)
            for row in session.execute(query)
        ]

    def act(self, session: Session) -> None:
        person, other = self.random.sample(self.people, 2)
        step = self.random.choice(("pick", "pick", "make", "mix", "hand", "sell", "lose"))
        leaf, tea = (self.goods(session, person, form) for form in ("鲜叶", "成品茶"))
        held = leaf + tea
        if step == "pick" or not held:
            kg = str(self.random.randint(4, 60))
            assert harvested(person, (self.fields[person], kg)).status_code == 200
        elif step == "make" and leaf:
            batch, kg_in = self.random.choice(leaf)
            took = kg_in - kg_in % 4
            out = f"{took * self.random.choice((20, 22, 25)) / 100:g}"
            made_of(person, "transform", [(batch, str(took))], [{"quantity": out}], form="成品茶")
        elif step == "mix" and len(leaf) > 1:
            (first, a), (second, b) = self.random.sample(leaf, 2)
            out = f"{(a + b) * 0.98:.2f}"
            made_of(person, "merge", [(first, str(a)), (second, str(b))], [{"quantity": out}])
        elif step == "hand":
            batch, there = self.random.choice(held)
            handed_over(person, other, batch["id"], str(self.random.randint(1, there)))
        elif step in ("sell", "lose"):
            batch, there = self.random.choice(held)
            kinds = {"sell": {"kind": "sale", "buyer": "示例店", "contact": "示例电话"},
                     "lose": {"kind": "loss", "reason": "受潮"}}  # fmt: skip
            body = {**kinds[step], "quantity": str(self.random.randint(1, there)), "unit": "kg",
                    "happened_on": TODAY.isoformat()}  # fmt: skip
            person.made(f"/batches/{batch['id']}/stock-acts", json=body)


def oracle(session: Session, party: uuid.UUID | None) -> dict[tuple[str, str], int]:
    """Every entry, added up by hand."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    session.rollback()
    for row in session.scalars(select(Entry)):
        if party is None or row.party_id == party:
            key = row.account
            if key == "process":
                key = "made" if row.amount < 0 else "used"
            sums[row.form, key] += row.amount
    return sums


@pytest.mark.parametrize("seed", [1, 2])
def test_where_nobody_does_wrong_the_balance_closes_and_nothing_alarms(
    cooperative: Person, stranger: Person, authority: Person, session: Session, seed: int
) -> None:
    village = Village((cooperative, stranger), authority, seed)
    for _ in range(25):
        village.act(session)
    session.rollback()
    assert books_close(session) == []
    total: dict[tuple[str, str], int] = defaultdict(int)
    for party in (None, cooperative.party, stranger.party):
        sums = oracle(session, party)
        for form, told in by_form(session, party=party).items():
            assert told.from_other_years == 0, (form, told)
            found = {"harvest": -told.harvested, "made": -told.made, "used": told.used,
                     "stock": told.stock, "loss": told.lost, "market": told.sold,
                     "transit": told.transit}  # fmt: skip
            assert found == {name: sums[form, name] for name in found}, form
            for name, amount in found.items():
                total[form, name] += amount if party else -amount
            assert party is not None or told.received == told.handed == 0
    assert set(total.values()) <= {0}, "the parties together are the whole"
    for person in (authority, cooperative, stranger):
        assert alarms(person) == []


# --- what is shown ---------------------------------------------------------------------------


def test_labels_in_use_are_counted_and_void_ones_are_not(
    cooperative: Person, ready: ReadyBatches, session: Session
) -> None:
    batch = ready.batch(cooperative, 20_000_000)
    run = cooperative.made(f"/batches/{batch}/label-runs", json=RUN)
    path, first = f"/label-runs/{run['id']}/states", run["first"]
    cooperative.made(path, json={"state": "printed"})
    cooperative.made(path, json={"state": "activated", "first": first, "last": first + 6})
    void = {"state": "void", "reason": "打坏", "first": first + 5, "last": first + 8}
    cooperative.made(path, json=void)
    [tea] = by_form(session).values()
    active = activated_of_year(session, session.get_one(Batch, batch).product_id, YEAR)
    assert active == {tea.form: 5_000_000}
    assert (tea.harvested, tea.labelled, tea.lost) == (20_000_000, 6_000_000, 2_000_000)
    assert tea.stock == 12_000_000


def test_goods_count_in_the_year_of_their_production(
    cooperative: Person, ready: ReadyBatches, session: Session
) -> None:
    ready.batch(cooperative, 5 * KG, production_date=TODAY.replace(year=YEAR - 1))
    ready.batch(cooperative, 7 * KG)
    assert [one.harvested for one in by_form(session, YEAR - 1).values()] == [5 * KG]
    assert [one.harvested for one in by_form(session).values()] == [7 * KG]
    assert by_form(session, YEAR + 1) == {}


def test_goods_mixed_with_those_of_another_year_are_told_and_close(
    cooperative: Person, ready: ReadyBatches, session: Session
) -> None:
    old = ready.batch(cooperative, 5 * KG, production_date=TODAY.replace(year=YEAR - 1))
    new = ready.batch(cooperative, 7 * KG)
    inputs = [
        ({"id": str(one), "quantity_unit": "公斤"}, kg) for one, kg in ((old, "5"), (new, "7"))
    ]
    made_of(cooperative, "merge", inputs, [{"quantity": "12"}])
    [before], [after] = by_form(session, YEAR - 1).values(), by_form(session).values()
    assert (before.from_other_years, after.from_other_years) == (7 * KG, -7 * KG)
    assert (before.stock, after.stock) == (12 * KG, 0)


def page_of(person: Person, path: str) -> str:
    answer = person.signed_in().get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_a_page_shows_the_way_from_allowance_to_labels_as_bars_and_numbers(
    cooperative: Person, stranger: Person, authority: Person, ready: ReadyBatches
) -> None:
    field = approved(cooperative, authority, area_mu="10")
    assert "额度未设" in page_of(cooperative, "/coop/balance")
    authority.made(f"/products/{TEA}/yield-caps", json=cap())
    assert harvested(cooperative, (field, "123.5")).status_code == 200
    page = page_of(cooperative, "/coop/balance")
    assert '<svg class="chart amounts"' in page and "额度未设" not in page
    for told in ("500 公斤", "123.5 公斤", "进来 123.5 公斤，出去 0 公斤，还在 123.5 公斤"):
        assert told in page
    assert "123.5 公斤" in page_of(authority, f"/gov/balance?product={TEA}&year={YEAR}")
    assert "123.5" in page_of(authority, f"/gov/balance?party={cooperative.party}")
    assert "123.5" not in page_of(stranger, f"/coop/balance?product={TEA}")
    assert "123.5" not in page_of(cooperative, f"/coop/balance?year={YEAR - 1}")
    authority.made(f"/products/{TEA}/yield-caps", json=cap(quantity="20"))
    assert "额度透支 23.5 公斤" in page_of(cooperative, "/coop/balance")


def test_the_file_says_the_same_exactly(
    cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    ready.batch(cooperative, 1_234_567)
    answer = cooperative.signed_in().get(f"/coop/balance.csv?product={TEA}&year={YEAR}")
    assert answer.mimetype == "text/csv"
    read = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert ["成品茶", "harvested", "采收入账", "1.234567", "公斤"] in read
    for path in ("/gov/balance.csv", "/gov/balance", "/gov/flows", "/gov/alarms"):
        assert cooperative.signed_in().get(path).status_code == 403
    browser = authority.signed_in()
    assert browser.get(f"/gov/balance.csv?product={TEA}").status_code == 200
    assert browser.get(f"/gov/balance?party={uuid.uuid4()}").status_code == 404
    assert browser.get("/gov/balance?party=x").status_code == 404
    assert browser.get("/gov/balance?product=nothing").status_code in (404, 422)
    assert browser.get("/gov/balance?year=abc").status_code == 200


def test_everybody_sees_the_sums_of_a_product_and_nobodys_name(
    cooperative: Person, consumer: Person, ready: ReadyBatches
) -> None:
    ready.batch(cooperative, 4_321_000)
    page = consumer.get(f"//products/{TEA}").get_data(as_text=True).replace("\u00a0", " ")
    assert "4.321 公斤" in page and "额度未设" in page
    assert "春山" not in page
    before = consumer.get(f"//products/{TEA}?year={YEAR - 1}").get_data(as_text=True)
    assert "4.321" not in before


def test_a_month_tells_who_handed_how_much_to_whom(
    cooperative: Person, stranger: Person, authority: Person, ready: ReadyBatches, session: Session
) -> None:
    batch = ready.batch(cooperative, 20 * KG)
    handed_over(cooperative, stranger, str(batch), "3.5")
    handed_over(cooperative, stranger, str(batch), "1.5")
    today = day_of(now())
    session.rollback()
    [flow] = flows_of_month(session, today.year, today.month)
    assert (flow.giver, flow.taker) == ("示例·春山茶叶专业合作社", "示例·秋水合作社")
    assert (flow.form, flow.amount, flow.hand_overs) == ("成品茶", 5 * KG, 2)
    assert flows_of_month(session, today.year - 1, today.month) == []
    page = page_of(authority, "/gov/flows")
    assert "示例·春山茶叶专业合作社 → 示例·秋水合作社" in page and "5 公斤" in page
    assert "这个月没有交接" in page_of(authority, "/gov/flows?month=2020-01")
    answer = authority.signed_in().get(f"/gov/flows.csv?month={today:%Y-%m}&product={TEA}")
    assert "示例·秋水合作社,长沙绿茶,成品茶,5,公斤,2" in answer.get_data(as_text=True)

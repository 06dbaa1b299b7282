"""What waits for the authority: derived from the tables each time, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.identity.models import Party
from desks.standings import (
    FAILING,
    HELD,
    STANDINGS,
    Standing,
    in_hand,
    last_kind,
    last_outcome,
    standing_of,
    stands,
)
from products.licences.models import Licence
from products.models import Product
from products.plans.models import ReleasePlan
from trace.batches.models import Batch
from trace.inspections.models import Verdict
from trace.inspections.verdicts import LineOutcome

SOON = timedelta(days=60)
YEAR = timedelta(days=365)
MOST_VERDICTS = 300
MOST_SHOWN = 5
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Holding:
    """A one-source limit that a measured value is beyond: the batches that wait for it."""

    requirement: UUID
    line: Line
    batches: tuple[Batch, ...]


@dataclass(frozen=True)
class Ending:
    """A licence that ends soon."""

    licence: Licence
    party: Party
    product: Product


@dataclass(frozen=True)
class Counted:
    """How the batches of a product stand: one number for each of STANDINGS."""

    product: Product
    counts: tuple[int, ...]


def limits_that_hold(session: Session) -> list[Holding]:
    """One-source limits with a value beyond them in the newest verdict of a batch in hand.

    Looks at the newest MOST_VERDICTS of the undetermined and failing ones; most batches first.
    """
    newest = select(Verdict.batch_id, func.max(Verdict.number).label("number"))
    last = newest.group_by(Verdict.batch_id).subquery()
    same = and_(Verdict.batch_id == last.c.batch_id, Verdict.number == last.c.number)
    query = (
        select(Verdict, Batch)
        .join(last, same)
        .join(Batch, Batch.id == Verdict.batch_id)
        .where(Verdict.outcome != "conforming", in_hand())
        .order_by(Verdict.judged_at.desc(), Verdict.id)
        .limit(MOST_VERDICTS)
    )
    found: dict[UUID, tuple[Line, list[Batch]]] = {}
    for verdict, batch in session.execute(query).unique():
        for line in lines_to_verify(verdict.lines):
            held = found.setdefault(UUID(line["requirement"]), (line, []))
            if batch not in held[1]:
                held[1].append(batch)
    holdings = [Holding(key, line, tuple(rows)) for key, (line, rows) in found.items()]
    return sorted(holdings, key=lambda holding: -len(holding.batches))


def lines_to_verify(lines: Iterable[Line]) -> list[Line]:
    """The lines of a verdict that a limit to be verified keeps from being decided."""
    return [
        line
        for line in lines
        if line["outcome"] == LineOutcome.TO_VERIFY and line.get("decides") and line["requirement"]
    ]


@dataclass(frozen=True)
class Stopped:
    """Batches that stand still in one way: how many, and the newest of them."""

    standing: Standing
    count: int
    newest: tuple[Batch, ...]


def stopped_batches(session: Session) -> list[Stopped]:
    """Nonconforming batches and those on hold, where there are any."""
    found = []
    for standing in (FAILING, HELD):
        here = stands(standing.key)
        count = session.scalar(select(func.count()).select_from(Batch).where(here)) or 0
        newest = select(Batch).where(here).order_by(Batch.created_at.desc(), Batch.id)
        rows = session.scalars(newest.limit(MOST_SHOWN)).unique()
        if count:
            found.append(Stopped(standing, count, tuple(rows)))
    return found


def products_without_plan(session: Session, today: date) -> list[Product]:
    """Products of which nothing can be released today, those in the plan first."""
    standing = select(ReleasePlan.product_id).where(
        ReleasePlan.starts <= today, or_(ReleasePlan.ends.is_(None), ReleasePlan.ends >= today)
    )
    query = select(Product).where(Product.id.not_in(standing))
    return list(session.scalars(query.order_by(Product.in_plan.desc(), Product.name)))


def licences_ending(session: Session, today: date) -> list[Ending]:
    """Licences that stand and end within 60 days without another one behind them."""
    query = (
        select(Licence, Party, Product)
        .join(Party, Party.id == Licence.party_id)
        .join(Product, Product.id == Licence.product_id)
        .where(Licence.revoked_at.is_(None), Licence.ends >= today, Licence.ends <= today + SOON)
        .order_by(Licence.ends, Party.name)
    )
    rows = [Ending(*row) for row in session.execute(query).unique()]
    return [row for row in rows if not _renewed(session, row.licence)]


def _renewed(session: Session, licence: Licence) -> bool:
    longer = select(Licence.id).where(
        Licence.party_id == licence.party_id,
        Licence.product_id == licence.product_id,
        Licence.revoked_at.is_(None),
        Licence.id != licence.id,
        Licence.starts <= (licence.ends or date.max) + timedelta(days=1),
        or_(Licence.ends.is_(None), Licence.ends > licence.ends),
    )
    return session.scalar(longer.limit(1)) is not None


def batches_by_product(session: Session, today: date) -> list[Counted]:
    """How many batches of the last year stand how, by product; most first."""
    kind, outcome = last_kind().label("kind"), last_outcome().label("outcome")
    made = (
        select(Batch.product_id, kind, outcome)
        .where(Batch.production_date > today - YEAR)
        .subquery()
    )
    query = select(made.c.product_id, made.c.kind, made.c.outcome, func.count())
    counts: dict[UUID, dict[str, int]] = {}
    for product, last, said, count in session.execute(
        query.group_by(made.c.product_id, made.c.kind, made.c.outcome)
    ):
        of_product = counts.setdefault(product, {})
        key = _column(standing_of(last, said))
        of_product[key] = of_product.get(key, 0) + count
    products = session.scalars(select(Product).where(Product.id.in_(counts)))
    rows = [
        Counted(row, tuple(counts[row.id].get(standing.key, 0) for standing in STANDINGS))
        for row in products
    ]
    return sorted(rows, key=lambda row: (-sum(row.counts), row.product.name))


def _column(standing: Standing) -> str:
    """The column of a standing; those without one of their own are not released yet."""
    known = {one.key for one in STANDINGS}
    return standing.key if standing.key in known else STANDINGS[0].key

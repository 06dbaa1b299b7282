"""Finding plots: by product, party, township and how they stand in a year; what overlaps what."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from products.plots.models import Plot, PlotApproval
from products.plots.outline import TELLING, overlap_mu, stored_outline

APPROVED, WAITING, RETIRED = "approved", "waiting", "retired"
STATES = (WAITING, APPROVED, RETIRED)
MOST_NEIGHBOURS = 50


@dataclass(frozen=True)
class Asked:
    """What is looked for; nothing said means all. `place_code` may be a county's."""

    product: UUID | None = None
    party: UUID | None = None
    place_code: str = ""
    words: str = ""
    state: str = ""


def approved_in(year: int) -> ColumnElement[bool]:
    """Whether an approval of the year stands for the plot."""
    return exists().where(
        PlotApproval.plot_id == Plot.id,
        PlotApproval.year == year,
        PlotApproval.ended_at.is_(None),
    )


def find_plots(query: Select[Plot], asked: Asked, year: int) -> Select[Plot]:
    """`query` narrowed to what is asked; how a plot stands is that of `year`."""
    if asked.product is not None:
        query = query.where(Plot.product_id == asked.product)
    if asked.party is not None:
        query = query.where(Plot.party_id == asked.party)
    if asked.place_code:
        query = query.where(Plot.place_code.startswith(asked.place_code, autoescape=True))
    if asked.words:
        query = query.where(
            or_(
                Plot.number.contains(asked.words.upper(), autoescape=True),
                Plot.name.contains(asked.words, autoescape=True),
            )
        )
    if asked.state == RETIRED:
        return query.where(Plot.retired_at.is_not(None))
    if asked.state == APPROVED:
        return query.where(approved_in(year))
    if asked.state == WAITING:
        return query.where(Plot.retired_at.is_(None), ~approved_in(year))
    return query


@dataclass(frozen=True)
class TownshipSum:
    """The plots of one township: how many, and their 亩, all and approved for the year."""

    place_code: str
    plots: int
    area_mu: Decimal
    approved: int
    approved_mu: Decimal


def by_township(session: Session, query: Select[Plot], year: int) -> list[TownshipSum]:
    """What lies in each township, of the plots of `query` that nobody gave up, by code."""
    chosen = query.where(Plot.retired_at.is_(None)).subquery()
    standing = (
        select(PlotApproval.plot_id, PlotApproval.area_mu)
        .where(PlotApproval.year == year, PlotApproval.ended_at.is_(None))
        .subquery()
    )
    rows = session.execute(
        select(chosen.c.place_code, chosen.c.area_mu, standing.c.area_mu)
        .outerjoin(standing, standing.c.plot_id == chosen.c.id)
        .order_by(chosen.c.place_code)
    )
    sums: dict[str, TownshipSum] = {}
    for code, stated, approved in rows:
        before = sums.get(code) or TownshipSum(code, 0, Decimal(0), 0, Decimal(0))
        sums[code] = TownshipSum(
            code,
            before.plots + 1,
            before.area_mu + stated,
            before.approved + (approved is not None),
            before.approved_mu + (approved or 0),
        )
    return list(sums.values())


def count_of(session: Session, query: Select[Plot]) -> int:
    """How many plots `query` finds."""
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


@dataclass(frozen=True)
class Overlap:
    """Another plot of the same product whose outline shares so many 亩."""

    plot: Plot
    area_mu: Decimal


def overlaps_of(session: Session, plot: Plot) -> list[Overlap]:
    """The plots of any party that overlap this one, the largest overlap first.

    Only plots with outlines can be compared; of those near by at most MOST_NEIGHBOURS are.
    """
    if plot.outline is None or plot.retired_at is not None:
        return []
    near = (
        select(Plot)
        .where(Plot.product_id == plot.product_id, Plot.id != plot.id)
        .where(Plot.retired_at.is_(None), Plot.west < plot.east, Plot.east > plot.west)
        .where(Plot.south < plot.north, Plot.north > plot.south)
        .order_by(Plot.id)
        .limit(MOST_NEIGHBOURS)
    )
    own = stored_outline(plot.outline)
    found = [
        Overlap(other, overlap_mu(own, stored_outline(other.outline)))
        for other in session.scalars(near)
        if other.outline is not None
    ]
    telling = [one for one in found if one.area_mu >= TELLING]
    return sorted(telling, key=lambda one: one.area_mu, reverse=True)

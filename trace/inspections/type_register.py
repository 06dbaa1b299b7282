"""The register of type inspections: who has which items covered until when, and what it stops.

One row for a party, a product and the items that one type inspection covers as the newest; and one
for the items of today's release plan that none ever covered (not told to a laboratory, which does
not see what others inspected). A lapse stops batches made after it:
what was released stays released, since the reference date is the day of production.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, INSPECTOR, PRODUCER, Act
from core.identity.models import Party
from products.licences.models import Licence
from products.models import Product
from products.plans.service import plan_on
from products.requirements import ReleasePlan
from trace.batches.models import Batch, Submission
from trace.inspections import results
from trace.inspections.case import last_day
from trace.inspections.judging import standing_reports
from trace.inspections.models import HOLD, LIFT, Disposition, Inspection, Verdict
from trace.inspections.plans import owes_type

LAPSED, NEVER, DUE, COMING, VALID = "lapsed", "never", "due", "coming", "valid"
STATES = (LAPSED, NEVER, DUE, COMING, VALID)
"""What is asked for first comes first."""
SOON = timedelta(days=60)
MOST_BATCHES = 500
"""So many of the newest batches that stand still are looked at."""
Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class Reach:
    """Whose goods, and which laboratory's reports, may be seen; `everything`: the authority."""

    everything: bool = False
    party: uuid.UUID | None = None
    laboratory: uuid.UUID | None = None


@dataclass(frozen=True)
class Stop:
    """A batch that waits for a type inspection, and for which of its items."""

    batch: Batch
    items: frozenset[str]


@dataclass(frozen=True)
class Row:
    """Items of a party's product, and the type inspection that covers them; None: none ever did.

    `items` empty with `every_limit`: the plan asks every enforced limit of testing and nothing was
    ever inspected. `until` None: nobody said how long it counts, so it counts on no day.
    """

    party: Party
    product: Product
    items: tuple[str, ...]
    state: str
    report: Inspection | None = None
    until: date | None = None
    every_limit: bool = False
    stops: tuple[Stop, ...] = ()

    @property
    def key(self) -> str:
        """The row among all rows."""
        report = self.report.id.hex if self.report else ""
        return f"{self.party.id.hex}.{self.product.id.hex}.{report}"


def reach_of(act: Act) -> Reach:
    """How far the actor may look: everything, one's own goods, one's own laboratory's reports."""
    if act.actor.is_a(AUTHORITY):
        return Reach(everything=True)
    return Reach(
        party=act.party if act.actor.is_a(PRODUCER) else None,
        laboratory=act.party if act.actor.is_a(INSPECTOR) else None,
    )


def state_on(begins: date, until: date | None, today: date) -> str:
    """Where a type inspection stands on a day."""
    if until is None or until < today:
        return LAPSED
    if begins > today:
        return COMING
    return DUE if until <= today + SOON else VALID


def type_register(session: Session, reach: Reach, today: date) -> list[Row]:
    """Every row within reach: what is lapsed or missing first, then by the day it ends."""
    reports = _reports(session, reach)
    pairs = {(row.party_id, row.product_id) for row in reports} | _owing(session, reach, today)
    plans = {product: plan_on(session, product, today) for _, product in pairs}
    parties = _named(session, Party, {party for party, _ in pairs})
    products = _named(session, Product, set(plans))
    stops = _stops(session, reach, pairs)
    rows: list[Row] = []
    for pair in pairs:
        own = [row for row in reports if (row.party_id, row.product_id) == pair]
        waiting = stops.get(pair, [])
        made = _rows(own, plans[pair[1]], parties[pair[0]], products[pair[1]], waiting, today)
        whole = reach.everything or pair[0] == reach.party
        rows += [_stopping(row, waiting) for row in made if row.report or whole]
    return sorted(rows, key=_place)


def type_alarms(session: Session, today: date) -> list[tuple[str, int, int]]:
    """For the authority: of each state that asks for something, how many rows, batches stopped."""
    rows = type_register(session, Reach(everything=True), today)
    found = []
    for state in (LAPSED, NEVER, DUE):
        here = [row for row in rows if row.state == state and (row.stops or state == DUE)]
        stopped = {stop.batch.id for row in here for stop in row.stops}
        if here:
            found.append((state, len(here), len(stopped)))
    return found


def _place(row: Row) -> tuple[int, date, str, str, str]:
    return (
        STATES.index(row.state),
        row.until or date.max,
        row.party.name,
        row.product.name,
        row.key,
    )


# --- rows -----------------------------------------------------------------------------------


def _rows(
    reports: Sequence[Inspection], plan: ReleasePlan | None, party: Party, product: Product,
    stops: Sequence[Stop], today: date,
) -> list[Row]:  # fmt: skip
    """The rows of one party and product; where the plan asks every limit, the batches that wait
    say which ones are missing.
    """
    until = {row.id: _until(row, plan) for row in reports}
    best: dict[str, Inspection] = {}
    for row in sorted(reports, key=lambda row: _rank(row, until[row.id], today)):
        best |= {result.characteristic: row for result in row.results}
    asked = plan.type_items if plan else ()
    covered: dict[uuid.UUID, list[str]] = {}
    for item in asked if asked else best:
        if item in best:
            covered.setdefault(best[item].id, []).append(item)
    by_id = {row.id: row for row in reports}
    rows = [
        Row(party, product, tuple(items), _state(by_id[key], until[key], today),
            report=by_id[key], until=until[key])
        for key, items in covered.items()
    ]  # fmt: skip
    owed = sorted({item for stop in stops for item in stop.items}) if asked is None else asked
    missing = tuple(item for item in owed if item not in best)
    if missing or (asked is None and not best):
        rows.append(Row(party, product, missing, NEVER, every_limit=asked is None and not best))
    return rows


def _rank(report: Inspection, until: date | None, today: date) -> tuple[int, date, str]:
    """What covers an item comes last: valid before coming before lapsed, then the newest."""
    begins = report.valid_from or report.reported_on
    order = {LAPSED: 0, COMING: 1, DUE: 2, VALID: 2}[state_on(begins, until, today)]
    return order, begins, report.id.hex


def _state(report: Inspection, until: date | None, today: date) -> str:
    return state_on(report.valid_from or report.reported_on, until, today)


def _until(report: Inspection, plan: ReleasePlan | None) -> date | None:
    said = results.TypeInspection(
        id="", results=(), valid_from=report.valid_from or report.reported_on,
        valid_to=report.valid_to,
    )  # fmt: skip
    return last_day(said, plan)


def _stopping(row: Row, stops: Iterable[Stop]) -> Row:
    """The row with the batches that wait for one of its items."""
    mine = tuple(stop for stop in stops if row.every_limit or not stop.items.isdisjoint(row.items))
    return replace(row, stops=mine)


# --- from the tables ------------------------------------------------------------------------


def _reports(session: Session, reach: Reach) -> Sequence[Inspection]:
    """The type inspections within reach that stand."""
    query = standing_reports().where(Inspection.kind == "type")
    if not reach.everything:
        query = query.where(
            or_(Inspection.party_id == reach.party, Inspection.laboratory_id == reach.laboratory)
        )
    return session.scalars(query).unique().all()


def _owing(session: Session, reach: Reach, today: date) -> set[Pair]:
    """Who makes what under a release plan that asks a type inspection: licensed, or has batches.

    A laboratory sees only what it has inspected.
    """
    licensed = select(Licence.party_id, Licence.product_id).where(
        Licence.revoked_at.is_(None), Licence.starts <= today,
        or_(Licence.ends.is_(None), Licence.ends >= today),
    )  # fmt: skip
    made = select(Batch.party_id, Batch.product_id).distinct()
    if not reach.everything:
        licensed = licensed.where(Licence.party_id == reach.party)
        made = made.where(Batch.party_id == reach.party)
    found = {(party, product) for query in (licensed, made)
             for party, product in session.execute(query)}  # fmt: skip
    plans = {product: plan_on(session, product, today) for _, product in found}
    return {pair for pair in found if _asks(plans[pair[1]])}


def _asks(plan: ReleasePlan | None) -> bool:
    return plan is not None and plan.type_items != ()


def _named(session: Session, table: Any, ids: set[uuid.UUID]) -> Mapping[uuid.UUID, Any]:
    rows = session.scalars(select(table).where(table.id.in_(ids))).unique()
    return {row.id: row for row in rows}


def _stops(session: Session, reach: Reach, pairs: set[Pair]) -> dict[Pair, list[Stop]]:
    """The batches that are neither released nor ended and whose verdict waits for type items."""
    found: dict[Pair, list[Stop]] = {}
    for batch, verdict in session.execute(_standing_still(reach).limit(MOST_BATCHES)).unique():
        items = frozenset(line["characteristic"] for line in verdict.lines if _owes(line))
        pair = (batch.party_id, batch.product_id)
        if items and pair in pairs:
            found.setdefault(pair, []).append(Stop(batch, items))
    return found


def _owes(line: Mapping[str, Any]) -> bool:
    return "asked" in line and owes_type(line)


def _standing_still(reach: Reach) -> Select[Batch, Verdict]:
    newest = select(Verdict.batch_id, func.max(Verdict.number).label("number"))
    last = newest.group_by(Verdict.batch_id).subquery()
    kind = (
        select(Disposition.kind)
        .where(Disposition.batch_id == Batch.id)
        .order_by(Disposition.number.desc())
        .limit(1)
        .correlate(Batch)
        .scalar_subquery()
    )
    query = (
        select(Batch, Verdict)
        .join(last, last.c.batch_id == Batch.id)
        .join(Verdict, and_(Verdict.batch_id == Batch.id, Verdict.number == last.c.number))
        .where(Verdict.outcome != "conforming", or_(kind.is_(None), kind.in_((HOLD, LIFT))))
        .order_by(Batch.created_at.desc(), Batch.id)
    )
    if reach.everything:
        return query
    sent = select(Submission.batch_id).where(Submission.laboratory_id == reach.laboratory)
    return query.where(or_(Batch.party_id == reach.party, Batch.id.in_(sent)))

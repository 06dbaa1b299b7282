"""Tracing: from a start backward and forward, with every link, what is left, and every label."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.identity.models import Account, Party
from labels.models import LabelRun
from labels.ranges import ACTIVATED, segments
from labels.service import changes_of
from labels.shipment_models import Shipment
from labels.shipments import ShipmentView, views_of
from labels.spans import Span
from labels.trace_hands import BulkSale, Hand, bulk_sales_of, hands_of
from labels.trace_shape import (
    BACKWARD,
    FORWARD,
    HERE,
    OUT,
    Link,
    Range,
    Unreached,
    ranges_of_run,
    step_by_step,
)
from labels.trace_starts import Started
from labels.trace_unreached import BatchFacts, unreached_of
from labels.whereabouts import whereabouts_of
from trace.batches.lineage import Direction, walk
from trace.batches.models import Batch, BatchOrigin
from trace.books.models import Balance
from trace.inspections.models import Disposition

AT_ONCE = 500
T = TypeVar("T")


@dataclass(frozen=True)
class Node:
    """A batch of the trace. Of a stranger's (`known` false) only its party is told."""

    id: uuid.UUID
    known: bool
    party_id: uuid.UUID
    party: str
    number: str = ""
    product: str = ""
    grade: str = ""
    form: str = ""
    base: str = "mass"
    unit: str = ""
    quantity: int = 0
    made_on: date | None = None
    confirmed: bool = True
    disposition: str = ""


@dataclass(frozen=True)
class Traced:
    """A trace as the actor may see it; `held` are the balances of each known batch by account."""

    started: Started
    direction: str
    nodes: dict[uuid.UUID, Node]
    links: tuple[Link, ...]
    held: dict[uuid.UUID, dict[str, int]]
    nets: dict[uuid.UUID, int]
    ranges: tuple[Range, ...]
    shipments: dict[uuid.UUID, ShipmentView]
    hands: tuple[Hand, ...]
    sales: tuple[BulkSale, ...]
    unreached: tuple[Unreached, ...]

    @property
    def known(self) -> list[uuid.UUID]:
        """The batches that the actor may see all of, in the order of their numbers."""
        seen = [node for node in self.nodes.values() if node.known]
        return [node.id for node in sorted(seen, key=lambda node: (node.made_on, node.number))]

    @cached_property
    def ranges_of(self) -> dict[uuid.UUID, list[Range]]:
        """The ranges of each batch that has labels."""
        found: dict[uuid.UUID, list[Range]] = {}
        for one in self.ranges:
            found.setdefault(one.batch, []).append(one)
        return found


def trace(act: Act, start: Started, direction: str, *, complete: bool = False) -> Traced:
    """Walk from a start: backward, forward, or both. The authority sees all of it.

    A cooperative sees its own batches, and of those before and behind them only whose they are.
    `complete`: all of it whoever asks, for a verb that shows it to nobody.
    """
    own = None if complete or act.actor.is_a(AUTHORITY) else act.party
    reached, links = _reached(act.session, start.batches, direction, own)
    nodes = _nodes(act.session, reached, own)
    known = [one for one, node in nodes.items() if node.known]
    runs = _runs(act.session, known)
    ranges = _ranges(act.session, runs)
    held = _held(act.session, known)
    nets = {run.id: run.net_content for run in runs}
    sales = bulk_sales_of(act.session, known)
    return Traced(
        started=start,
        direction=direction,
        nodes=nodes,
        links=tuple(links),
        held=held,
        nets=nets,
        ranges=tuple(ranges),
        shipments=_shipments(act.session, ranges, own),
        hands=tuple(hands_of(act.session, known)),
        sales=tuple(sales),
        unreached=tuple(_unreached(nodes, held, ranges, nets, sales)),
    )


def _reached(
    session: Session, starts: Sequence[uuid.UUID], direction: str, own: uuid.UUID | None
) -> tuple[list[uuid.UUID], list[Link]]:
    found: dict[uuid.UUID, None] = dict.fromkeys(starts)
    links: dict[tuple[uuid.UUID, uuid.UUID], Link] = {}
    ways: list[Direction] = []
    if direction != FORWARD:
        ways.append("backward")
    if direction != BACKWARD:
        ways.append("forward")
    for way in ways:
        batches, origins = walk(session, starts, way)
        told = _links(session, origins)
        passable = None if own is None else _of_party(session, batches, own)
        seen, kept = step_by_step(starts, told, passable, way == "forward")
        found.update(dict.fromkeys(sorted(seen)))
        links.update({(link.parent, link.child): link for link in kept})
    return list(found), sorted(links.values(), key=lambda link: link.number)


def chunks(ids: Iterable[T]) -> Iterator[list[T]]:
    """The same in lists that one query can ask for."""
    listed = list(ids)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def _of_party(session: Session, batches: Iterable[uuid.UUID], own: uuid.UUID) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    for some in chunks(batches):
        query = select(Batch.id).where(Batch.id.in_(some), Batch.party_id == own)
        found.update(session.scalars(query))
    return found


def _links(session: Session, origins: Sequence[BatchOrigin]) -> list[Link]:
    ids = {row.parent_id for row in origins}
    bases: dict[uuid.UUID, str] = {}
    for some in chunks(ids):
        rows = session.execute(select(Batch.id, Batch.base).where(Batch.id.in_(some)))
        bases.update((row.id, row.base) for row in rows)
    who: dict[uuid.UUID, str] = {}
    for accounts in chunks({row.account_id for row in origins if row.account_id}):
        query = select(Account.id, Party.name).join(Party, Party.id == Account.party_id)
        named = session.execute(query.where(Account.id.in_(accounts)))
        who.update((row.id, row.name) for row in named)
    return [
        Link(
            row.kind, row.parent_id, row.batch_id, row.quantity, bases[row.parent_id], row.at,
            who.get(row.account_id, "") if row.account_id else "", row.note or "", row.number,
        )
        for row in origins
    ]  # fmt: skip


def _nodes(
    session: Session, ids: Sequence[uuid.UUID], own: uuid.UUID | None
) -> dict[uuid.UUID, Node]:
    """The batches in the order in which they were reached; of strangers only their party."""
    dispositions = _dispositions(session, ids)
    found: dict[uuid.UUID, Node] = {}
    for some in chunks(ids):
        for batch in session.scalars(select(Batch).where(Batch.id.in_(some))).unique():
            if own is None or batch.party_id == own:
                found[batch.id] = _node(batch, dispositions.get(batch.id, ""))
            else:
                found[batch.id] = Node(batch.id, False, batch.party_id, batch.party.name)
    return {one: found[one] for one in ids}


def _node(batch: Batch, disposition: str) -> Node:
    return Node(
        id=batch.id,
        known=True,
        party_id=batch.party_id,
        party=batch.party.name,
        number=batch.number,
        product=batch.product.name,
        grade=batch.grade or "",
        form=batch.form,
        base=batch.base,
        unit=batch.quantity_unit,
        quantity=batch.quantity,
        made_on=batch.production_date,
        confirmed=batch.confirmed_at is not None,
        disposition=disposition,
    )


def _dispositions(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The kind of the last disposition of each."""
    found: dict[uuid.UUID, str] = {}
    for some in chunks(ids):
        query = select(Disposition.batch_id, Disposition.kind).where(Disposition.batch_id.in_(some))
        rows = session.execute(query.order_by(Disposition.number))
        found.update((row.batch_id, row.kind) for row in rows)
    return found


def _held(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    found: dict[uuid.UUID, dict[str, int]] = {one: defaultdict(int) for one in ids}
    for some in chunks(ids):
        query = select(Balance.batch_id, Balance.account, Balance.amount)
        for row in session.execute(query.where(Balance.batch_id.in_(some))):
            found[row.batch_id][row.account] += row.amount
    return {one: dict(accounts) for one, accounts in found.items()}


# --- labels ---------------------------------------------------------------------------------


def _runs(session: Session, ids: Sequence[uuid.UUID]) -> list[LabelRun]:
    runs: list[LabelRun] = []
    for some in chunks(ids):
        runs += session.scalars(select(LabelRun).where(LabelRun.batch_id.in_(some))).unique()
    return sorted(runs, key=lambda run: (run.epoch, run.first))


def _ranges(session: Session, runs: Sequence[LabelRun]) -> list[Range]:
    """Every serial of the runs once, with its state and where it is."""
    places = whereabouts_of(session, [run.id for run in runs])
    found: list[Range] = []
    for run in runs:
        cut = segments(run.first, run.last, changes_of(run))
        found += ranges_of_run(
            Range(run.batch_id, run.id, run.epoch, run.first, run.last, "", HERE),
            [(Span(part.first, part.last), part.state) for part in cut],
            places[run.id].out,
            places[run.id].destroyed,
        )
    return found


def _shipments(
    session: Session, ranges: Sequence[Range], own: uuid.UUID | None
) -> dict[uuid.UUID, ShipmentView]:
    """The shipments of the labels' runs, those that came back too."""
    rows: list[Shipment] = []
    for some in chunks({one.run for one in ranges}):
        query = select(Shipment).where(Shipment.run_id.in_(some))
        rows += session.scalars(query.order_by(Shipment.at, Shipment.first)).unique()
    return {view.shipment.id: view for view in views_of(session, rows, own)}


def _unreached(
    nodes: Mapping[uuid.UUID, Node],
    held: Mapping[uuid.UUID, Mapping[str, int]],
    ranges: Sequence[Range],
    nets: Mapping[uuid.UUID, int],
    sales: Sequence[BulkSale],
) -> Iterator[Unreached]:
    named: dict[uuid.UUID, int] = defaultdict(int)
    for sale in sales:
        named[sale.batch] += sale.out
    shipped: dict[uuid.UUID, int] = defaultdict(int)
    idle: dict[uuid.UUID, int] = defaultdict(int)
    for one in ranges:
        if one.place == OUT:
            shipped[one.batch] += one.count * nets[one.run]
        elif one.place == HERE and one.state == ACTIVATED:
            idle[one.batch] += one.count * nets[one.run]
    for node in nodes.values():
        facts = BatchFacts(
            node.id, node.known, node.party, node.confirmed, held.get(node.id, {}),
            shipped[node.id], idle[node.id], named[node.id],
        )  # fmt: skip
        yield from unreached_of(facts)

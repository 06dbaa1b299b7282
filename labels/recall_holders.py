"""Who holds goods that a recall reaches: parties and consignees, what each has, exact serials."""

import uuid
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labels.ranges import VOID
from labels.shipments import ShipmentView
from labels.spans import Span
from labels.trace_shape import BULK, HERE, Share, shares
from labels.tracing import Node, Traced
from trace.books.models import LABELLED, MARKET, STOCK, TRANSIT

Item = dict[str, Any]
BUYER_NAME = "散货买主"


@dataclass
class HolderDraft:
    """Somebody who holds goods; `phone`, `address` and `person` (the name of a buyer of loose goods)
    are digests, empty for a registered party.
    """

    name: str
    party: uuid.UUID | None = None
    shipper: uuid.UUID | None = None
    phone: str | None = None
    address: str | None = None
    person: str | None = None
    items: list[Item] = field(default_factory=list)


def holders_of(traced: Traced) -> list[HolderDraft]:
    """The holders of a complete trace: registered parties first, then consignees outside.

    Packs of one shipment are one item, packs that are with their owner one for each run, goods
    without labels one for each batch and account.
    """
    found: dict[Hashable, HolderDraft] = {}
    for node in traced.nodes.values():
        for item in _own_items(traced, node):
            found.setdefault(node.party_id, HolderDraft(node.party, node.party_id))
            found[node.party_id].items.append(item)
    for sale in traced.sales:
        if sale.out:
            whose = (sale.party, sale.buyer, sale.contact)
            bought = HolderDraft(
                BUYER_NAME, None, sale.party, sale.contact_digest, person=sale.buyer_digest
            )
            found.setdefault(whose, bought).items.append(
                _item(traced.nodes[sale.batch], MARKET, sale.out, sale=sale.id)
            )
    for view in traced.shipments.values():
        if view.out:
            key, draft = _consignee(view)
            found.setdefault(key, draft).items.append(_shipped(traced, view))
    return sorted(found.values(), key=lambda one: (one.party is None, one.name))


def _own_items(traced: Traced, node: Node) -> Iterator[Item]:
    """What of a batch is with its owner, or on the way from it."""
    held = traced.held.get(node.id, {})
    for account in (STOCK, TRANSIT):
        if held.get(account, 0) > 0:
            yield _item(node, account, held[account])
    runs: dict[uuid.UUID, list[Span]] = {}
    epochs: dict[uuid.UUID, int] = {}
    for one in traced.ranges_of.get(node.id, ()):
        if one.place == HERE and one.state != VOID:
            runs.setdefault(one.run, []).append(Span(one.first, one.last))
            epochs[one.run] = one.epoch
    for run, spans in runs.items():
        amount = sum(span.count for span in spans) * traced.nets[run]
        yield _item(node, LABELLED, amount, run=run, epoch=epochs[run], spans=_plain(spans))


def _shipped(traced: Traced, view: ShipmentView) -> Item:
    row = view.shipment
    amount = view.count_out * traced.nets[row.run_id]
    return _item(
        traced.nodes[row.batch_id], MARKET, amount, shipment=row.id, run=row.run_id,
        epoch=row.run.epoch, spans=_plain(view.out),
    )  # fmt: skip


def _plain(spans: Iterable[Span]) -> list[list[int]]:
    return [[span.first, span.last] for span in spans]


def _item(
    node: Node, account: str, quantity: int, *, shipment: uuid.UUID | None = None,
    sale: uuid.UUID | None = None, run: uuid.UUID | None = None, epoch: int | None = None, spans: list[list[int]] | None = None,
) -> Item:  # fmt: skip
    return {
        "account": account,
        "batch": str(node.id),
        "number": node.number,
        "product": node.product,
        "form": node.form,
        "base": node.base,
        "unit": node.unit,
        "quantity": str(quantity),
        "shipment": str(shipment) if shipment else None,
        "sale": str(sale) if sale else None,
        "run": str(run) if run else None,
        "epoch": epoch,
        "spans": spans or [],
    }


def _consignee(view: ShipmentView) -> tuple[Hashable, HolderDraft]:
    """One business outside is one holder for each shipper, by name, phone and address."""
    row = view.shipment
    if row.receiver is not None:
        return row.receiver.id, HolderDraft(row.receiver.name, row.receiver.id)
    draft = HolderDraft(view.consignee, None, row.party_id, row.phone, row.address)
    return (row.party_id, view.consignee, view.phone, view.address), draft


def shares_of(traced: Traced) -> dict[str, Share]:
    """Per base: how much left the starting batches and how much of it has a named holder."""
    unnamed = {
        one.batch: one.quantity for one in traced.unreached if one.kind == BULK and one.quantity
    }
    bases = {node.id: node.base for node in traced.nodes.values()}
    return shares(traced.held, bases, unnamed, traced.started.batches)


def labels_of(traced: Traced) -> int:
    """How many labels a recall of the trace stops: all that are not void."""
    return sum(one.count for one in traced.ranges if one.state != VOID)

"""收购: a collector books for the holder of a card, who signs with the PIN.

In one act the goods become a batch of the card's party, with their plot and against its allowance,
and are handed over to the collector's own party: the holder's PIN is the sender's signature, the
collector's account the receiver's. So the hand-over is sent and confirmed at once, in the amount
that both saw on the scales. A collector of the card's own party enters the harvest alone. Everything
names the collector's account and the card: 由收购员代记.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import date

from core.act import PRODUCER, Act, Actor
from core.errors import invalid_field
from products.licences.service import licence_on
from products.plots.models import Plot
from trace.batches.drafts import BatchDraft, PlotShare
from trace.batches.models import Batch
from trace.batches.service import open_batch, product_named
from trace.inspections import handing_over
from trace.inspections.rejudge import confirm_batch
from trace.transfers.cards import CardAttempt, card_in_use
from trace.transfers.models import INTACT, CardBooking, CollectorCard, Transfer
from trace.transfers.service import ConfirmDraft, SendDraft


@dataclass(frozen=True)
class CollectionDraft:
    """What the collector takes in; texts as typed. The form is the product's usual one if None."""

    product: str
    quantity: str
    unit: str
    harvested_on: date
    form: str | None = None
    grade: str | None = None
    plot: uuid.UUID | None = None
    note: str | None = None


@dataclass(frozen=True)
class Collected:
    """What was booked: the holder's batch, and the hand-over with the collector's batch, if any."""

    booking: CardBooking
    batch: Batch
    transfer: Transfer | None
    received: uuid.UUID | None


def collect(act: Act, attempt: CardAttempt, draft: CollectionDraft) -> Collected:
    """Book a harvest, and its hand-over to the collector, for the holder of a card.

    The PIN of `attempt` was right. Raises Invalid naming the field, Conflict where the allowance
    does not do or the card was revoked.
    """
    act.need(PRODUCER)
    card = card_in_use(act, attempt)
    handing_over.lock_parties(act, {act.party, card.party_id})
    holder = _in_the_name_of(act, card)
    batch = _harvested(holder, card, draft)
    transfer, received = None, None
    if card.party_id != act.party:
        sent = SendDraft(
            batch=batch.id, to=act.party, quantity=draft.quantity, unit=draft.unit,
            sent_on=act.today, note=draft.note,
        )  # fmt: skip
        transfer = handing_over.send(holder, sent, card.id)
        counted = ConfirmDraft(quantity=draft.quantity, unit=draft.unit, condition=INTACT)
        received = handing_over.confirm(act, transfer.id, counted).batch_id
    booking = CardBooking(
        id=uuid.uuid4(), card_id=card.id, batch_id=batch.id, party_id=act.party,
        transfer_id=transfer.id if transfer else None, account_id=act.actor.account, at=act.at,
    )  # fmt: skip
    act.session.add(booking)
    act.session.flush()
    act.record(
        "card-booking", booking.id, card=card.id, batch=batch.id, transfer=booking.transfer_id,
        collector=act.party, received=received,
    )  # fmt: skip
    return Collected(booking, batch, transfer, received)


def _in_the_name_of(act: Act, card: CollectorCard) -> Act:
    """The same act for the card's party: the collector's account, nothing but a producer's right.

    What it records goes into the same transaction.
    """
    actor = Actor(
        account=act.actor.account, party=card.party_id, name=act.actor.name,
        party_name=card.party.name, roles=frozenset({PRODUCER}),
    )  # fmt: skip
    return replace(act, actor=actor)


def _harvested(holder: Act, card: CollectorCard, draft: CollectionDraft) -> Batch:
    _check_licence(holder, card, draft.product)
    plot = _plot_of(holder, card, draft.plot)
    opened = open_batch(
        holder,
        BatchDraft(
            product=draft.product, quantity=draft.quantity, unit=draft.unit, form=draft.form,
            grade=draft.grade, production_date=draft.harvested_on,
            place_code=plot.place_code if plot else None,
        ),
    )  # fmt: skip
    shares = [PlotShare(plot.id)] if plot else []
    return confirm_batch(holder, opened.id, None, None, shares)


def _check_licence(holder: Act, card: CollectorCard, named: str) -> None:
    product = product_named(holder.session, named)
    if licence_on(holder.session, card.party_id, product.id, holder.today) is None:
        raise invalid_field(
            "not-licensed",
            "/product",
            f"发卡的{card.party.name}没有{product.name}的准入，不能代记",
            f"{card.party.name}, which gave out the card, holds no licence for {product.name}",
        )


def _plot_of(holder: Act, card: CollectorCard, named: uuid.UUID | None) -> Plot | None:
    """The plot that was named, or the card's only one; Invalid at /plot for one it has not."""
    listed = [uuid.UUID(one) for one in card.plots]
    if named is None:
        if len(listed) > 1:
            raise invalid_field(
                "plot-missing", "/plot", "请选采自哪个地块", "Choose the plot it came from"
            )
        named = listed[0] if listed else None
    if named is None:
        return None
    plot = holder.session.get(Plot, named)
    if plot is None or plot.party_id != card.party_id or (listed and named not in listed):
        raise invalid_field(
            "no-such-plot", "/plot", "这张卡没有这个地块", "The card has no such plot"
        )
    return plot

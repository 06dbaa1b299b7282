"""收购卡: cards by which a collector books for people without a telephone, under their PIN.

A producer gives a card to one of its members or suppliers. Its code says only which card it is; the
holder's PIN signs. The order of an attempt is that of a sign-in: count it and COMMIT, then look at
the PIN, so that parallel guesses are all counted; five wrong ones in a row shut the card for 15
minutes, to the right one too. The PIN is in no record: what is kept of it is an argon2id hash.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select, update

from core.act import PRODUCER, Act
from core.errors import Conflict, Invalid, fault, invalid_field, not_found
from core.identity import passwords
from core.identity.models import Party
from core.record.service import seal_personal
from core.words import Words
from products.plots.models import Plot
from trace.transfers.card_codes import easy_pin, new_code, read_code
from trace.transfers.models import CardBooking, CollectorCard

FAILURES_TAKEN = 5
LOCK = timedelta(minutes=15)


@dataclass(frozen=True)
class CardDraft:
    """Whose card, which plots it books from (none: any of the party), and the holder's PIN."""

    holder: str
    pin: str
    plots: Sequence[uuid.UUID] = ()


@dataclass(frozen=True)
class CardAttempt:
    """A counted attempt: the card, and what the PIN is to be checked against."""

    card: uuid.UUID
    pin_hash: str


# --- a party's own cards ---------------------------------------------------------------------


def make_card(act: Act, draft: CardDraft, memory_kib: int) -> CollectorCard:
    """The producer gives out a card. Raises Invalid naming /pin or /plots/n."""
    act.need(PRODUCER)
    easy = easy_pin(draft.pin)
    if easy is not None:
        raise invalid_field("easy-pin", "/pin", *easy)
    _check_plots(act, draft.plots)
    act.session.scalars(
        select(Party.id).where(Party.id == act.party).with_for_update(key_share=True)
    ).one()
    before = select(func.max(CollectorCard.number)).where(CollectorCard.party_id == act.party)
    row = CollectorCard(
        id=uuid.uuid4(), party_id=act.party, number=(act.session.scalar(before) or 0) + 1,
        code=new_code(), holder=seal_personal(act.session, draft.holder),
        plots=[str(plot) for plot in draft.plots],
        pin_hash=passwords.hash_password(draft.pin, memory_kib), failures=0,
        account_id=act.actor.account, made_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "collector-card", row.id, party=row.party_id, number=row.number, holder=row.holder,
        plots=row.plots,
    )  # fmt: skip
    return row


def _check_plots(act: Act, plots: Sequence[uuid.UUID]) -> None:
    query = select(Plot.id).where(
        Plot.id.in_(plots), Plot.party_id == act.party, Plot.retired_at.is_(None)
    )
    own = set(act.session.scalars(query))
    faults = [
        fault(f"/plots/{place}", "没有这个地块", "There is no such plot")
        for place, plot in enumerate(plots)
        if plot not in own
    ]
    if faults:
        raise Invalid("no-such-plot", faults[0].message, faults)


def cards_of(act: Act) -> Select[CollectorCard]:
    """The cards that the actor's party gave out."""
    return select(CollectorCard).where(CollectorCard.party_id == act.party)


def own_card(act: Act, card_id: uuid.UUID) -> CollectorCard:
    """A card of the actor's party; NotFound for any other."""
    row = act.session.scalars(cards_of(act).where(CollectorCard.id == card_id)).first()
    if row is None:
        raise not_found("收购卡", "card")
    return row


def revoke_card(act: Act, card_id: uuid.UUID, reason: str) -> CollectorCard:
    """End a card, because it was lost or its holder has left; Conflict the second time."""
    act.need(PRODUCER)
    row = own_card(act, card_id)
    ended = act.session.scalar(
        update(CollectorCard)
        .where(CollectorCard.id == card_id, CollectorCard.revoked_at.is_(None))
        .values(revoked_at=act.at, revoke_reason=reason, revoked_by=act.actor.account)
        .returning(CollectorCard.id)
    )
    if ended is None:
        raise _revoked()
    act.session.refresh(row)
    act.record("collector-card-revoked", row.id, reason=reason)
    return row


def _revoked() -> Conflict:
    return Conflict(
        "card-revoked",
        Words(
            "这张收购卡已经停用，不能再代记；请持卡人向发卡单位要一张新的。",
            "This card was revoked; its holder asks the party that gave it out for a new one.",
        ),
    )


# --- at the collector's ----------------------------------------------------------------------


def card_named(act: Act, typed: str) -> CollectorCard:
    """The card whose code was scanned or typed; it may book. Raises Invalid, Conflict at an end."""
    act.need(PRODUCER)
    code = read_code(typed)
    row = act.session.scalars(select(CollectorCard).where(CollectorCard.code == code)).first()
    if row is None:
        raise invalid_field(
            "no-such-card", "/card", "没有这张收购卡，请再扫一次或核对卡上的字",
            "There is no such card; scan it again or compare the letters",
        )  # fmt: skip
    if row.revoked_at is not None:
        raise _revoked()
    return row


def count_pin(act: Act, typed: str) -> CardAttempt:
    """Count an attempt before the PIN is looked at. Conflict where the card is shut for a while."""
    row = card_named(act, typed)
    query = select(CollectorCard).where(CollectorCard.id == row.id)
    row = act.session.scalars(
        query.with_for_update(of=CollectorCard).execution_options(populate_existing=True)
    ).one()
    if row.locked_until is not None:
        if row.locked_until > act.at:
            raise Conflict(
                "card-locked",
                Words(
                    "密码连续错了 5 次，这张卡要等 15 分钟才能再用。",
                    "Five wrong PINs in a row: the card can be used again after 15 minutes.",
                ),
            )
        row.failures, row.locked_until = 0, None
    row.failures += 1
    if row.failures >= FAILURES_TAKEN:
        row.locked_until = act.at + LOCK
    return CardAttempt(row.id, row.pin_hash)


def pin_right(act: Act, attempt: CardAttempt) -> None:
    """The PIN of an attempt was right: wrong ones before it count no more."""
    act.session.execute(
        update(CollectorCard)
        .where(CollectorCard.id == attempt.card)
        .values(failures=0, locked_until=None)
    )


def wrong_pin() -> Invalid:
    """The refusal of a wrong PIN."""
    return invalid_field(
        "wrong-pin", "/pin", "密码不对；连续错 5 次，这张卡要等 15 分钟才能再用",
        "The PIN is wrong; after 5 wrong ones in a row the card waits for 15 minutes",
    )  # fmt: skip


def card_in_use(act: Act, attempt: CardAttempt) -> CollectorCard:
    """The card of an attempt whose PIN was right, locked, if it is not revoked since."""
    query = select(CollectorCard).where(CollectorCard.id == attempt.card)
    row = act.session.scalars(
        query.with_for_update(of=CollectorCard).execution_options(populate_existing=True)
    ).one()
    if row.revoked_at is not None:
        raise _revoked()
    return row


def booking_of(act: Act, batch_id: uuid.UUID) -> CardBooking | None:
    """How a batch came into the books by a card; None for one that its party entered itself."""
    query = select(CardBooking).where(CardBooking.batch_id == batch_id)
    return act.session.scalars(query).first()

"""RULE: what of a batch cannot be reached, and why: a sentence for each kind, with the quantity."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from core.words import Words
from labels.trace_shape import (
    BULK,
    BUYER,
    FOREIGN,
    LOST,
    TRANSIT,
    UNCONFIRMED,
    UNSHIPPED,
    Unreached,
)

_WHY = {
    BULK: Words(
        "散货卖出，没有贴标签，也没有登记是谁买的",
        "sold in bulk without labels, and who bought it was not put down",
    ),
    BUYER: Words(
        "散货卖给了外面的买主：找得到买主，再往后没有标签可追",
        "sold in bulk to a buyer outside, who is known; no labels lead on from there",
    ),
    LOST: Words("记作损耗，已经不是货", "booked as loss; no goods any more"),
    TRANSIT: Words("在路上，收货方还没有确认", "on the way, and the receiver has not confirmed it"),
    UNSHIPPED: Words(
        "标签已启用、没有发货记录：还在货主手里，或者没有记就发走了",
        "labels activated and not shipped by record: still with the owner, or gone unrecorded",
    ),
    UNCONFIRMED: Words(
        "数量还没有确认，账上没有", "the quantity was never confirmed; nothing is on the books"
    ),
    FOREIGN: Words(
        "到了别的单位，再往前往后由主管部门追", "with another party; only the authority goes on"
    ),
}


@dataclass(frozen=True)
class BatchFacts:
    """What must be known of a batch: balances by account, goods of labels out with a shipment
    (`shipped`) and of activated ones that are not (`idle`), goods sold in bulk by name (`named`).
    """

    id: UUID
    known: bool
    party: str
    confirmed: bool
    held: Mapping[str, int]
    shipped: int
    idle: int
    named: int = 0


def unreached_of(batch: BatchFacts) -> Iterator[Unreached]:
    """What of a batch cannot be reached."""
    if not batch.known:
        who = f"（{batch.party}）", f" ({batch.party})"
        why = _WHY[FOREIGN]
        yield Unreached(batch.id, FOREIGN, None, Words(why.zh + who[0], why.en + who[1]))
        return
    if not batch.confirmed:
        yield Unreached(batch.id, UNCONFIRMED, None, _WHY[UNCONFIRMED])
    found = {
        BULK: unnamed(batch),
        LOST: batch.held.get("loss", 0),
        BUYER: batch.named,
        TRANSIT: batch.held.get("transit", 0),
        UNSHIPPED: batch.idle,
    }
    for kind, quantity in found.items():
        if quantity > 0:
            yield Unreached(batch.id, kind, quantity, _WHY[kind])


def unnamed(batch: BatchFacts) -> int:
    """How much went to the market without a name of who has it."""
    return max(0, batch.held.get("market", 0) - batch.shipped - batch.named)

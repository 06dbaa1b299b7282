"""RULE: spans of serials, and what is left of one when others are taken away.

A shipment takes a span of a run out of the producer's hands, each return gives a part of it back.
A serial is away while some shipment holds it that no return has brought back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

__all__ = ["Back", "Sent", "Span", "away", "common", "count", "joined", "without"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The serials from first to last, both included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many serials."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Sent:
    """A shipment: the serials that went out with it."""

    key: UUID
    span: Span


@dataclass(frozen=True, slots=True)
class Back:
    """A return: which serials of which shipment came back or were destroyed where they were."""

    sent: UUID
    span: Span
    destroyed: bool = False


def count(spans: Iterable[Span]) -> int:
    """How many serials the spans hold together; they must not overlap."""
    return sum(span.count for span in spans)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> tuple[Span, ...]:
    """What is left of `spans` without the serials of `taken`, in order."""
    cuts = joined(taken)
    left: list[Span] = []
    for span in joined(spans):
        first = span.first
        for cut in cuts:
            if cut.last < first or cut.first > span.last:
                continue
            if cut.first > first:
                left.append(Span(first, cut.first - 1))
            first = cut.last + 1
        if first <= span.last:
            left.append(Span(first, span.last))
    return tuple(left)


def common(spans: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """The serials that stand in both, in order."""
    held = joined(spans)
    return without(held, without(held, others))


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same serials in as few spans as possible, in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.first <= found[-1].last + 1:
            found[-1] = Span(found[-1].first, max(found[-1].last, span.last))
        else:
            found.append(span)
    return tuple(found)


def away(sent: Iterable[Sent], back: Sequence[Back]) -> list[tuple[UUID, Span]]:
    """The serials that each shipment still holds out, in the order of the shipments."""
    came: dict[UUID, list[Span]] = {}
    for one in back:
        came.setdefault(one.sent, []).append(one.span)
    return [(one.key, span) for one in sent for span in without([one.span], came.get(one.key, ()))]

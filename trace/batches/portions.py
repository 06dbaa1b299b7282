"""RULE: which input went into which output, in whole amounts that add up exactly.

Amounts of inputs and outputs are in the bases of their forms. Where nobody says otherwise all of it
was mixed: every output draws on every input in proportion.
"""

from collections.abc import Sequence

from trace.books.balance import shared_out

Portions = list[list[int]]
"""`portions[output][input]`: how much of that input went into that output, in the input's base."""


class PortionsError(ValueError):
    """Stated portions that do not fit: `place` is the output (None: the inputs together)."""

    def __init__(self, place: int | None, message: str) -> None:
        super().__init__(message)
        self.place = place


def mixed(inputs: Sequence[int], outputs: Sequence[int]) -> Portions:
    """Everything thrown together: each input divided over the outputs by their amounts.

    Every output has something of every input, so that tracing misses none. Of pieces too few to be
    divided (one pig, three cuts) each output has one: only then do the portions of an input add up
    to more than went in.
    """
    by_input = [_none_without(shared_out(amount, outputs)) for amount in inputs]
    return [[column[place] for column in by_input] for place in range(len(outputs))]


def _none_without(shares: list[int]) -> list[int]:
    """At least one each, taken from the largest as long as it has more than one."""
    shares = list(shares)
    for place, share in enumerate(shares):
        if share == 0:
            largest = max(range(len(shares)), key=shares.__getitem__)
            shares[largest] -= shares[largest] > 1
            shares[place] = 1
    return shares


def stated(inputs: Sequence[int], portions: Portions) -> Portions:
    """Portions as a person states them: each input wholly used up, each output made of something.

    Raises PortionsError.
    """
    for place, row in enumerate(portions):
        if len(row) != len(inputs) or min(row) < 0 or not any(row):
            raise PortionsError(place, "every output is made of something")
    for column, amount in enumerate(inputs):
        if sum(row[column] for row in portions) != amount:
            raise PortionsError(None, "every input goes wholly into the outputs")
    return portions


def losses(inputs: Sequence[int], came_out: int) -> list[int]:
    """What of each input was lost where the form stays: the difference, shared out by amounts.

    Raises ValueError where more came out than went in.
    """
    lost = sum(inputs) - came_out
    if lost < 0:
        raise ValueError("more out than in")
    return shared_out(lost, inputs)

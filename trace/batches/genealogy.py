"""谱系 as numbers: which batch went into which, walked by thousands of batches at a time.

Batches are nodes 0 … n-1 and a link is a pair (parent, child). Links are kept as compressed sparse
rows, once from parents to children and once back; what was written since is a second, small set of
rows over the same nodes. A walk is breadth first, a handful of array operations for each portion of
a frontier. Needs numpy and nothing else.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Nodes = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Node = TypeVar("Node", bound=Hashable)

MOST = int(np.iinfo(np.int32).max)
"""Nodes, and links, that one set of rows can hold."""
_PORTION = 4096
"""Nodes of a frontier that are walked at once: what is needed for them fits near the processor."""


class LoopError(ValueError):
    """A batch came out of itself: shares have no meaning."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Where each node leads: node k to `targets[starts[k]:starts[k + 1]]`.

    `starts`: int32[nodes + 1], not falling, from 0 to the number of links. `targets`: int32[links].
    """

    starts: Ints
    targets: Ints

    @property
    def nodes(self) -> int:
        """How many nodes have a row."""
        return len(self.starts) - 1

    def after(self, nodes: Nodes) -> Ints:
        """Where `nodes` lead, row by row: int32; a target as often as it is led to."""
        return self.targets[self._places(nodes)[0]]

    def links(self, nodes: Nodes) -> tuple[Ints, Ints]:
        """The links out of `nodes`: (from, to), two int32 arrays of one length."""
        places, counts, known = self._places(nodes)
        return np.repeat(known, counts).astype(np.int32), self.targets[places]

    def _places(self, nodes: Nodes) -> tuple[Longs, Longs, Nodes]:
        """Positions in `targets` of the rows of `nodes`, the length of each row, and its node."""
        if nodes.size and int(nodes.max()) >= self.nodes:
            nodes = nodes[nodes < self.nodes]
        first = self.starts[nodes]
        counts = (self.starts[nodes + 1] - first).astype(np.int64)
        ends = np.cumsum(counts)
        places = np.arange(int(ends[-1]) if ends.size else 0, dtype=np.int64)
        places += np.repeat(first - (ends - counts), counts)
        return places, counts, nodes


def rows_of(sources: Ints, targets: Ints, nodes: int) -> Rows:
    """Rows over `nodes` nodes from links given as two int32 arrays; their order is kept in a row.

    Raises ValueError where a link names a node that is not there, or there are more than MOST.
    """
    if len(sources) != len(targets) or max(nodes, len(sources)) > MOST:
        raise ValueError(f"{len(sources)} sources, {len(targets)} targets, {nodes} nodes")
    if len(sources) and not (min(sources.min(), targets.min()) >= 0 and sources.max() < nodes):
        raise ValueError("a link names no node")
    starts = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(sources, minlength=nodes), out=starts[1:])
    order = np.argsort(sources, kind="stable")
    return Rows(starts, np.ascontiguousarray(targets[order], dtype=np.int32))


def reach(layers: Sequence[Rows], starts: Ints, nodes: int) -> Ints:
    """Every node that `starts` lead to through any of `layers`, the starts first, each once.

    `nodes` is the number of all nodes. Nearest first: int32[reached]. Loops do no harm.
    """
    seen = np.zeros(nodes, dtype=np.bool_)
    turn = np.empty(nodes, dtype=np.int32)
    frontier = np.unique(starts).astype(np.int64)
    seen[frontier] = True
    found = [frontier]
    while frontier.size:
        new = [
            _first_seen(layers, frontier[at : at + _PORTION], seen, turn)
            for at in range(0, len(frontier), _PORTION)
        ]
        frontier = np.concatenate(new)
        found.append(frontier)
    return np.concatenate(found).astype(np.int32)


def _first_seen(layers: Sequence[Rows], portion: Longs, seen: Marks, turn: Ints) -> Longs:
    """Where a part of a frontier leads that was not seen before, each once; now it is `seen`."""
    led = [rows.after(portion) for rows in layers]
    # Indexes of 64 bits: numpy would make them of narrower ones at each use.
    targets = (led[0] if len(led) == 1 else np.concatenate(led)).astype(np.int64)
    fresh: Longs = targets[~seen[targets]]
    # Of equal targets one wins: the last to write its turn reads it back.
    turns = np.arange(fresh.size, dtype=np.int32)
    turn[fresh] = turns
    fresh = fresh[turn[fresh] == turns]
    seen[fresh] = True
    return fresh


def links_among(layers: Sequence[Rows], reached: Ints) -> tuple[Ints, Ints]:
    """The links out of what `reach` found with the same layers, all of them among the found.

    (from, to): parents to children where the layers lead forward, children to parents backward.
    """
    pairs = [rows.links(reached) for rows in layers]
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def would_loop(
    parents_of: Callable[[Node], Iterable[Node]], parents: Iterable[Node], child: Node
) -> bool:
    """Whether links from `parents` to `child` would let a batch come out of itself.

    `parents_of` says what a batch came out of so far.
    """
    waiting = list(parents)
    seen = set(waiting)
    while waiting:
        one = waiting.pop()
        if one == child:
            return True
        new = set(parents_of(one)) - seen
        seen |= new
        waiting.extend(new)
    return False


def shares(links: Iterable[tuple[Node, Node, int]], batch: Node) -> dict[Node, Fraction]:
    """How much of `batch` came out of each root, by weight; the shares sum to 1.

    `links` are (parent, child, quantity), the quantities into one child in one unit and above 0;
    two between the same batches add up. A root has no parent; a batch without parents is its own.
    Raises LoopError.
    """
    into: dict[Node, dict[Node, int]] = defaultdict(lambda: defaultdict(int))
    for parent, child, quantity in links:
        into[child][parent] += quantity
    share: dict[Node, Fraction] = defaultdict(Fraction, {batch: Fraction(1)})
    roots: dict[Node, Fraction] = {}
    for one in _children_first(into, batch):
        own = share.pop(one)
        if one not in into:
            roots[one] = own
            continue
        whole = sum(into[one].values())
        for parent, quantity in into[one].items():
            share[parent] += own * Fraction(quantity, whole)
    return roots


def _children_first(into: dict[Node, dict[Node, int]], batch: Node) -> list[Node]:
    """What `batch` came out of and itself, each after all the batches it went into."""
    left: dict[Node, int] = {batch: 0}  # into how many batches, not yet walked, each one went
    waiting = [batch]
    while waiting:
        for parent in into.get(waiting.pop(), ()):
            if parent not in left:
                waiting.append(parent)
            left[parent] = left.get(parent, 0) + 1
    ready = [batch] if not left[batch] else []
    order: list[Node] = []
    while ready:
        order.append(ready.pop())
        for parent in into.get(order[-1], ()):
            left[parent] -= 1
            if not left[parent]:
                ready.append(parent)
    if len(order) != len(left):
        raise LoopError(f"{len(left) - len(order)} batches came out of themselves")
    return order

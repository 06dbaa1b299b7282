"""Everything that a walk needs to know, as arrays: links both ways, and the serials of each batch.

A state is a base (what the file keeps, mapped) and what was written since, in memory. It never
changes: what is new makes another state. Batches are known by the 16 bytes of their ids.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

import numpy as np
import numpy.typing as npt

from labels.codes import LAST_SERIAL
from labels.reach_file import Array, Facts
from trace.batches.genealogy import Ints, Rows, links_among, reach, rows_of

Longs = npt.NDArray[np.int64]

SERIALS = LAST_SERIAL + 1
"""Serial s of epoch e is kept as the one number e · SERIALS + s."""
FORWARD = "forward"
BACKWARD = "backward"


@dataclass(frozen=True)
class Link:
    """A row of batch_origin; all ids of 16 bytes."""

    number: int
    id: bytes
    parent: bytes
    child: bytes


@dataclass(frozen=True)
class Run:
    """A row of label_run: the serials of `epoch` from first to last are on this batch."""

    id: bytes
    batch: bytes
    epoch: int
    first: int
    last: int


@dataclass(frozen=True)
class Mark:
    """How far a state has read: the last link, and the last run of each epoch (first serial, id).

    Links are numbered and serials are given out in the order of COMMIT, and neither ever changes:
    a database that has the same last rows has the same rows before them.
    """

    number: int = -1
    link: bytes | None = None
    runs: Mapping[int, tuple[int, bytes]] = field(default_factory=dict)

    def after(self, links: Sequence[Link], runs: Sequence[Run]) -> "Mark":
        """The mark when these have been read too, in the order of numbers and serials."""
        newest = {run.epoch: (run.first, run.id) for run in runs}
        last = links[-1] if links else None
        return Mark(
            last.number if last else self.number,
            last.id if last else self.link,
            {**self.runs, **newest},
        )

    def told(self) -> Facts:
        """For the header of a file."""
        return {
            "number": self.number,
            "link": self.link.hex() if self.link else None,
            "runs": [[epoch, first, key.hex()] for epoch, (first, key) in self.runs.items()],
        }


def mark_of(facts: Facts) -> Mark:
    """What `told` said."""
    runs = {epoch: (first, bytes.fromhex(key)) for epoch, first, key in facts["runs"]}
    return Mark(facts["number"], bytes.fromhex(facts["link"]) if facts["link"] else None, runs)


@dataclass(frozen=True)
class Base:
    """What a file keeps of n batches and r runs.

    `ids`: S16[n] by node; `by_id`: int64[n], the nodes in the order of their ids. `runs`: rows from
    a node to places in `firsts` and `lasts`, int64[r], which are in the order of serials.
    """

    ids: Array
    by_id: Longs
    forward: Rows
    backward: Rows
    runs: Rows
    firsts: Longs
    lasts: Longs
    mark: Mark

    def find(self, keys: Sequence[bytes]) -> Ints:
        """The node of each id: int32[k], -1 where it is not here."""
        if not len(self.ids) or not keys:
            return np.full(len(keys), -1, dtype=np.int32)
        asked = np.array(keys, dtype="S16")
        places = np.searchsorted(self.ids, asked, sorter=self.by_id)
        nodes = self.by_id[np.minimum(places, len(self.ids) - 1)]
        return np.where(self.ids[nodes] == asked, nodes, -1).astype(np.int32)

    def arrays(self) -> dict[str, Array]:
        """For a file."""
        named: dict[str, Array] = {name: getattr(self, name) for name in _PLAIN}
        for name in _ROWS:
            rows: Rows = getattr(self, name)
            named |= {f"{name}_starts": rows.starts, f"{name}_targets": rows.targets}
        return named


_PLAIN = ("ids", "by_id", "firsts", "lasts")
_ROWS = ("forward", "backward", "runs")


def base_of(facts: Facts, arrays: Mapping[str, Array]) -> Base:
    """A base from what a file holds. Raises KeyError where something is not there."""
    forward, backward, runs = (
        Rows(arrays[f"{name}_starts"], arrays[f"{name}_targets"]) for name in _ROWS
    )
    ids, by_id, firsts, lasts = (arrays[name] for name in _PLAIN)
    return Base(ids, by_id, forward, backward, runs, firsts, lasts, mark_of(facts))


def new_base(links: tuple[Array, Array], runs: tuple[Array, Longs, Longs], mark: Mark) -> Base:
    """A base from all links (parents, children: S16[m], in the order of their numbers) and runs.

    Runs are batches S16[r], first and last serials with their epoch. Nodes are in the order in
    which they come up: what was written together lies together, which makes walks quick.
    """
    parents, children = links
    batches, firsts, lasts = runs
    several = np.concatenate([np.stack([parents, children], axis=1).ravel(), batches])
    ids, came_up, place = np.unique(several, return_index=True, return_inverse=True)
    by_id = np.empty(len(ids), dtype=np.int64)
    order = np.argsort(came_up)
    by_id[order] = np.arange(len(ids))
    node = by_id[place].astype(np.int32)
    sources, targets = node[0 : 2 * len(parents) : 2], node[1 : 2 * len(parents) : 2]
    serial = np.argsort(firsts)
    of_run = node[2 * len(parents) :][serial]
    places = np.arange(len(firsts), dtype=np.int32)
    # by_id says for each id in order which node it is; `order` is the ids by node.
    return Base(
        ids=ids[order],
        by_id=by_id,
        forward=rows_of(sources, targets, len(ids)),
        backward=rows_of(targets, sources, len(ids)),
        runs=rows_of(of_run, places, len(ids)),
        firsts=firsts[serial],
        lasts=lasts[serial],
        mark=mark,
    )


def _nothing() -> Base:
    ids, longs = np.zeros(0, dtype="S16"), np.zeros(0, dtype=np.int64)
    return new_base((ids, ids), (ids, longs, longs), Mark())


@dataclass(frozen=True)
class State:
    """A base and what was written since: links as int32 arrays, runs as int64 ones, new batches.

    `new` gives the node of each batch that the base does not know, from `len(base.ids)` on.
    """

    base: Base
    new: Mapping[bytes, int] = field(default_factory=dict)
    parents: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    children: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    labelled: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    firsts: Longs = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    lasts: Longs = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    mark: Mark = field(default_factory=Mark)

    @property
    def nodes(self) -> int:
        """How many batches are known."""
        return len(self.base.ids) + len(self.new)

    @property
    def since(self) -> int:
        """How many links and runs are not in the base."""
        return len(self.parents) + len(self.firsts)

    def plus(self, links: Sequence[Link], runs: Sequence[Run]) -> "State":
        """With further links and runs, in the order of numbers and serials."""
        if not links and not runs:
            return self
        named = [*(x.parent for x in links), *(x.child for x in links), *(x.batch for x in runs)]
        new = dict(self.new)
        node = self._numbered(named, new)
        many = len(links)
        code = [run.epoch * SERIALS for run in runs]
        first = [at + run.first for at, run in zip(code, runs, strict=True)]
        last = [at + run.last for at, run in zip(code, runs, strict=True)]
        return replace(
            self,
            new=new,
            parents=np.append(self.parents, node[:many]),
            children=np.append(self.children, node[many : 2 * many]),
            labelled=np.append(self.labelled, node[2 * many :]),
            firsts=np.append(self.firsts, np.array(first, dtype=np.int64)),
            lasts=np.append(self.lasts, np.array(last, dtype=np.int64)),
            mark=self.mark.after(links, runs),
        )

    def _numbered(self, keys: Sequence[bytes], new: dict[bytes, int]) -> Ints:
        """The node of each id; those that nobody knows get one in `new`."""
        nodes = self.base.find(keys)
        known = len(self.base.ids)
        for place in np.flatnonzero(nodes < 0).tolist():
            nodes[place] = new.setdefault(keys[place], known + len(new))
        return nodes

    @cached_property
    def _added(self) -> dict[str, Rows]:
        return {
            FORWARD: rows_of(self.parents, self.children, self.nodes),
            BACKWARD: rows_of(self.children, self.parents, self.nodes),
        }

    def layers(self, direction: str) -> list[Rows]:
        """Where batches lead in a direction."""
        kept = self.base.forward if direction == FORWARD else self.base.backward
        return [kept, self._added[direction]] if len(self.parents) else [kept]

    def reached(self, starts: Collection[UUID], direction: str) -> "Reached":
        """What the batches `starts` lead to, themselves included, known or not."""
        keys = list(dict.fromkeys(one.bytes for one in starts))
        nodes = self.base.find(keys)
        for place in np.flatnonzero(nodes < 0).tolist():
            nodes[place] = self.new.get(keys[place], -1)
        loose = tuple(key for key, node in zip(keys, nodes, strict=True) if node < 0)
        found = reach(self.layers(direction), nodes[nodes >= 0], self.nodes)
        return Reached(self, direction, found, loose)

    def ids_of(self, nodes: Ints) -> list[bytes]:
        """The ids of nodes."""
        known = len(self.base.ids)
        kept = self.base.ids[nodes[nodes < known]].tobytes()
        ids = iter([kept[at : at + 16] for at in range(0, len(kept), 16)])
        if not self.new:
            return list(ids)
        beyond = list(self.new)
        return [next(ids) if node < known else beyond[node - known] for node in nodes.tolist()]

    def serials_of(self, nodes: Ints) -> tuple[Longs, Longs]:
        """The serials on batches, in order, each range as long as it can be: (first, last)."""
        places = np.sort(self.base.runs.after(nodes))
        firsts, lasts = self.base.firsts[places], self.base.lasts[places]
        if len(self.firsts):
            here = np.zeros(self.nodes, dtype=np.bool_)
            here[nodes] = True
            mine = here[self.labelled]
            firsts = np.append(firsts, self.firsts[mine])
            lasts = np.append(lasts, self.lasts[mine])
            order = np.argsort(firsts)
            firsts, lasts = firsts[order], lasts[order]
        return joined(firsts, lasts)


def joined(firsts: Longs, lasts: Longs) -> tuple[Longs, Longs]:
    """Ranges of serials with their epoch, in order and apart; those that touch become one."""
    if not len(firsts):
        return firsts, lasts
    begins = np.ones(len(firsts), dtype=np.bool_)
    begins[1:] = (firsts[1:] != lasts[:-1] + 1) | (firsts[1:] % SERIALS == 0)
    return firsts[begins], lasts[np.append(begins[1:], True)]


@dataclass(frozen=True)
class Reached:
    """What a walk found. What each property gives is made when it is asked for."""

    state: State
    direction: str
    nodes: Ints
    loose: tuple[bytes, ...] = ()
    """Starts that nothing went into or out of and that carry no labels."""

    @property
    def count(self) -> int:
        """How many batches, the starts included."""
        return len(self.nodes) + len(self.loose)

    @cached_property
    def batches(self) -> list[UUID]:
        """Their ids, nearest first."""
        return [UUID(bytes=key) for key in (*self.loose, *self.state.ids_of(self.nodes))]

    @cached_property
    def link_count(self) -> int:
        """How many links lead from one to another."""
        layers = self.state.layers(self.direction)
        return sum(len(rows.after(self.nodes)) for rows in layers)

    @cached_property
    def links(self) -> list[tuple[UUID, UUID]]:
        """(parent, child): what led from one to another."""
        here, there = links_among(self.state.layers(self.direction), self.nodes)
        pair = (here, there) if self.direction == FORWARD else (there, here)
        parents, children = (map(_uuid, self.state.ids_of(nodes)) for nodes in pair)
        return list(zip(parents, children, strict=True))

    @cached_property
    def _serials(self) -> tuple[Longs, Longs]:
        return self.state.serials_of(self.nodes)

    @property
    def label_count(self) -> int:
        """How many labels are on them, in whatever state."""
        firsts, lasts = self._serials
        return int((lasts - firsts + 1).sum())

    @cached_property
    def ranges(self) -> dict[int, list[tuple[int, int]]]:
        """Their exact serials by epoch: (first, last), both included, in order, none touching."""
        firsts, lasts = self._serials
        epochs = firsts // SERIALS
        found: dict[int, list[tuple[int, int]]] = {}
        for epoch in np.unique(epochs).tolist():
            own = epochs == epoch
            first, last = firsts[own] % SERIALS, lasts[own] % SERIALS
            found[epoch] = list(zip(first.tolist(), last.tolist(), strict=True))
        return found


def _uuid(key: bytes) -> UUID:
    return UUID(bytes=key)


def state_of(links: Iterable[Link], runs: Iterable[Run]) -> State:
    """A state of these links and runs alone, all in memory."""
    return EMPTY.plus(list(links), list(runs))


EMPTY = State(_nothing())

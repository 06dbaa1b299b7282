"""谱系: walks over arrays against a plain search over dictionaries; files that are damaged."""

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from labels.reach_file import DamagedError, read, write
from labels.reach_state import (
    BACKWARD,
    EMPTY,
    FORWARD,
    SERIALS,
    Base,
    Link,
    Mark,
    Run,
    State,
    base_of,
    new_base,
    state_of,
)
from trace.batches.genealogy import LoopError, rows_of, shares, would_loop

SERIALS_A_RUN = 30


@dataclass
class Market:
    """Batches that were split, merged and transformed, with runs of labels; all random."""

    links: list[Link] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    batches: list[bytes] = field(default_factory=list)
    next_serial: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def born(self, parents: Iterable[bytes], chance: random.Random) -> bytes:
        """A batch out of others."""
        child = chance.randbytes(16)
        for parent in parents:
            self.links.append(Link(len(self.links) + 1, chance.randbytes(16), parent, child))
        self.batches.append(child)
        return child

    def labelled(self, batch: bytes, chance: random.Random) -> None:
        """A run of labels, some of them right after the one before."""
        epoch = chance.choice((1, 1, 1, 2))
        first = self.next_serial[epoch] + chance.choice((0, 0, 0, 7))
        last = first + chance.randrange(SERIALS_A_RUN)
        self.next_serial[epoch] = last + 1
        self.runs.append(Run(chance.randbytes(16), batch, epoch, first, last))


def market(seed: int, many: int) -> Market:
    """`many` batches: harvests, splits into several, merges and transforms of several, hand-overs."""
    chance = random.Random(seed)
    made = Market()
    while len(made.batches) < many:
        here = made.batches[-60:] if chance.random() < 0.8 else made.batches
        kind = chance.choice(("harvest", "split", "merge", "transform", "transfer"))
        if kind == "harvest" or len(here) < 5:
            made.born((), chance)
        elif kind in ("merge", "transform"):
            parents = chance.sample(here, chance.randint(2, 5))
            for _ in range(chance.randint(1, 2)):
                made.born(parents, chance)
        else:
            parent = chance.choice(here)
            for _ in range(chance.randint(1, 3) if kind == "split" else 1):
                made.born([parent], chance)
        if chance.random() < 0.4:
            made.labelled(chance.choice(made.batches[-5:]), chance)
    return made


def plain_search(links: list[Link], starts: Iterable[bytes], direction: str) -> set[bytes]:
    led: dict[bytes, list[bytes]] = defaultdict(list)
    for link in links:
        pair = (link.parent, link.child)
        here, there = pair if direction == FORWARD else pair[::-1]
        led[here].append(there)
    found, waiting = set(starts), list(starts)
    while waiting:
        for one in led[waiting.pop()]:
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def serials(runs: list[Run], batches: set[bytes]) -> set[tuple[int, int]]:
    return {
        (run.epoch, serial)
        for run in runs
        if run.batch in batches
        for serial in range(run.first, run.last + 1)
    }


def kept(links: list[Link], runs: list[Run]) -> Base:
    """The base of a file that holds these."""

    def ids(keys: Iterable[bytes]) -> np.ndarray:
        return np.array(list(keys), dtype="S16")

    codes = [(run.epoch * SERIALS + run.first, run.epoch * SERIALS + run.last) for run in runs]
    firsts, lasts = np.array(codes, dtype=np.int64).reshape(-1, 2).T
    pairs = ids(link.parent for link in links), ids(link.child for link in links)
    return new_base(pairs, (ids(run.batch for run in runs), firsts, lasts), Mark())


def agree(state: State, made: Market, starts: list[bytes]) -> None:
    """Batches, links and serials of both directions are those of the plain search."""
    named = [uuid.UUID(bytes=one) for one in starts]
    for direction in (FORWARD, BACKWARD):
        truth = plain_search(made.links, starts, direction)
        found = state.reached(named, direction)
        assert len(found.batches) == found.count == len(truth)
        assert {one.bytes for one in found.batches} == truth
        met = [(parent.bytes, child.bytes) for parent, child in found.links]
        led = {(x.parent, x.child) for x in made.links if {x.parent, x.child} <= truth}
        assert set(met) == led
        assert found.link_count == len(met) == len(led)
        told = {
            (epoch, serial)
            for epoch, ranges in found.ranges.items()
            for first, last in ranges
            for serial in range(first, last + 1)
        }
        assert told == serials(made.runs, truth)
        assert found.label_count == len(told)
        for ranges in found.ranges.values():
            assert all(a[1] + 1 < b[0] for a, b in pairwise(ranges))


def same_answers(seeds: Iterable[int], many: int) -> None:
    """From the file alone, from a file and what was written since, and from no file."""
    for seed in seeds:
        made = market(seed, many)
        chance = random.Random(seed)
        link_cut, run_cut = chance.randrange(len(made.links)), chance.randrange(len(made.runs))
        whole = State(kept(made.links, made.runs))
        part = State(kept(made.links[:link_cut], made.runs[:run_cut]))
        grown = part.plus(made.links[link_cut:], made.runs[run_cut:])
        for state in (whole, grown, state_of(made.links, made.runs)):
            agree(state, made, [chance.choice(made.batches)])
            agree(state, made, chance.sample(made.batches, 5))


def test_forward_and_backward_are_those_of_a_plain_search_and_the_labels_their_union() -> None:
    same_answers(range(12), 150)


@pytest.mark.long
def test_a_thousand_graphs_of_a_thousand_batches_show_no_difference() -> None:
    same_answers(range(1000, 2000), 1000)


def test_what_is_written_one_by_one_gives_the_answer_of_all_at_once() -> None:
    made = market(77, 120)
    state = EMPTY
    runs = list(made.runs)
    for link in made.links:
        state = state.plus([link], [])
    for run in runs:
        state = state.plus([], [run])
    agree(state, made, made.batches[:3])
    assert state.mark.number == made.links[-1].number
    assert state.since == len(made.links) + len(runs)


def test_a_batch_that_nothing_touched_reaches_itself() -> None:
    alone = uuid.uuid4()
    found = state_of(market(3, 40).links, []).reached([alone], FORWARD)
    assert (found.batches, found.count, found.link_count, found.ranges) == ([alone], 1, 0, {})
    assert EMPTY.reached([], BACKWARD).count == 0


def test_ids_that_end_in_zero_bytes_stay_whole() -> None:
    parent, child = b"\x00" * 15 + b"\x01", b"\x01" + b"\x00" * 15
    link = Link(1, b"\x02" + b"\x00" * 15, parent, child)
    for state in (state_of([link], []), State(kept([link], []))):
        found = state.reached([uuid.UUID(bytes=parent)], FORWARD)
        assert [one.bytes for one in found.batches] == [parent, child]


def test_ranges_that_touch_over_the_end_of_an_epoch_stay_apart() -> None:
    one = b"\x07" * 16
    runs = [Run(b"\x08" * 16, one, 1, SERIALS - 2, SERIALS - 1), Run(b"\x09" * 16, one, 2, 0, 4)]
    found = state_of([], runs).reached([uuid.UUID(bytes=one)], FORWARD)
    assert found.ranges == {1: [(SERIALS - 2, SERIALS - 1)], 2: [(0, 4)]}


def test_a_link_between_nodes_that_are_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="names no node"):
        rows_of(np.array([5], dtype=np.int32), np.array([0], dtype=np.int32), 3)


def test_a_batch_can_not_be_made_of_what_came_out_of_it() -> None:
    parents = {"c": ["b"], "b": ["a"], "d": ["c", "a"]}

    def parents_of(one: str) -> list[str]:
        return parents.get(one, [])

    assert would_loop(parents_of, ["d"], "a")
    assert would_loop(parents_of, ["x", "c"], "b")
    assert would_loop(parents_of, ["a"], "a")
    assert not would_loop(parents_of, ["d", "c"], "e")
    assert not would_loop(parents_of, [], "a")


def test_a_loop_that_stands_anyway_ends_the_walk_and_refuses_shares() -> None:
    a, b = b"a" * 16, b"b" * 16
    state = state_of([Link(1, b"1" * 16, a, b), Link(2, b"2" * 16, b, a)], [])
    assert state.reached([uuid.UUID(bytes=a)], FORWARD).count == 2
    with pytest.raises(LoopError):
        shares([("a", "b", 1), ("b", "a", 1)], "a")
    with pytest.raises(LoopError):
        shares([("x", "y", 1), ("y", "x", 1), ("y", "c", 1)], "c")


def test_shares_follow_the_weights_through_merges_and_splits() -> None:
    links = [
        ("spring", "blend", 300), ("summer", "blend", 100),
        ("blend", "part", 50), ("blend", "other part", 350),
        ("part", "pack", 50), ("autumn", "pack", 150),
    ]  # fmt: skip
    assert shares(links, "pack") == {
        "spring": Fraction(3, 16), "summer": Fraction(1, 16), "autumn": Fraction(3, 4),
    }  # fmt: skip
    assert shares(links, "spring") == {"spring": Fraction(1)}


def test_shares_are_exact_and_sum_to_one() -> None:
    chance = random.Random(5)
    made = market(5, 300)
    links = [(x.parent, x.child, chance.randint(1, 10**12)) for x in made.links]
    roots = set(made.batches) - {x.child for x in made.links}
    for one in chance.sample(made.batches, 40):
        of = shares(links, one)
        assert sum(of.values()) == 1
        assert set(of) == plain_search(made.links, [one], BACKWARD) & roots


def test_shares_of_a_long_chain_need_no_deep_stack() -> None:
    links = [(number, number + 1, 1) for number in range(5000)]
    assert shares(links, 5000) == {0: Fraction(1)}


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    made = market(9, 200)
    base = kept(made.links, made.runs)
    mark = Mark(7, b"\x01" * 16, {1: (44, b"\x00" * 16)})
    write(tmp_path / "x", mark.told(), base.arrays())
    held = read(tmp_path / "x")
    again = base_of(held.facts, held.arrays)
    assert again.mark == mark
    agree(State(again), made, made.batches[:4])
    assert not again.ids.flags.writeable
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_whatever_byte_of_a_file_is_damaged_it_is_found(tmp_path: Path) -> None:
    made = market(9, 40)
    path = tmp_path / "x"
    write(path, Mark().told(), kept(made.links, made.runs).arrays())
    whole = path.read_bytes()
    chance = random.Random(1)
    for place in {0, 8, 15, 20, len(whole) - 1, *chance.sample(range(len(whole)), 150)}:
        broken = bytearray(whole)
        broken[place] ^= 1 << chance.randrange(8)
        path.write_bytes(broken)
        with pytest.raises(DamagedError):
            read(path)
    for broken in (b"", whole[:9], whole[:300], whole[:-8], whole + b"\x00" * 8, b"\x00" * 5000):
        path.write_bytes(broken)
        with pytest.raises(DamagedError):
            read(path)
    path.write_bytes(whole)
    assert read(path).facts == Mark().told()


def test_a_file_of_nothing_can_be_kept(tmp_path: Path) -> None:
    write(tmp_path / "x", Mark().told(), EMPTY.base.arrays())
    held = read(tmp_path / "x")
    assert State(base_of(held.facts, held.arrays)).reached([uuid.uuid4()], FORWARD).count == 1

"""Walking through the genealogy, against a plain search on small graphs; no database."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from trace.batches.lineage import _layers

Edges = list[tuple[int, int]]
LARGEST = 12
edges = st.lists(
    st.tuples(st.integers(0, LARGEST), st.integers(0, LARGEST)).filter(lambda e: e[0] < e[1]),
    max_size=30,
)
some = st.sets(st.integers(0, LARGEST), min_size=1)


def above(start: int, links: Edges) -> set[int]:
    """Everything that went into `start`, by asking again and again."""
    direct = {up for up, down in links if down == start}
    return direct.union(*(above(up, links) for up in direct))


@settings(max_examples=150)
@given(edges, some)
def test_every_layer_comes_after_what_went_into_it(links: Edges, wanted: set[int]) -> None:
    parents: dict[UUID, set[UUID]] = {}
    for up, down in links:
        if up in wanted and down in wanted:
            parents.setdefault(UUID(int=down), set()).add(UUID(int=up))
    layers = _layers([UUID(int=one) for one in sorted(wanted)], parents)
    place = {one.int: number for number, layer in enumerate(layers) for one in layer}
    assert set(place) == wanted
    assert sum(len(layer) for layer in layers) == len(wanted)
    inside = [(up, down) for up, down in links if up in wanted and down in wanted]
    for down in wanted:
        deepest = max((place[up] + 1 for up in above(down, inside)), default=0)
        assert place[down] == deepest, "as early as what went into it allows"

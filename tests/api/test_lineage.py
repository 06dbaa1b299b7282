"""Walking through the genealogy in the database, against a plain search on random small graphs."""

import random
import uuid
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import insert

from core.clock import now
from core.database.engine import db
from tests.api.batches_ready import ReadyBatches
from tests.people import Person
from trace.batches.lineage import generations, walk, with_descendants
from trace.batches.models import SPLIT, BatchOrigin

GRAPHS, BATCHES = 12, 14
Links = set[tuple[uuid.UUID, uuid.UUID]]


def reached(starts: set[uuid.UUID], links: Links) -> set[uuid.UUID]:
    """These and all that they lead to, one step after the other."""
    found = set(starts)
    while more := {there for here, there in links if here in found} - found:
        found |= more
    return found


def linked(app: Flask, ready: ReadyBatches, person: Person, seed: int) -> Links:
    """Batches that are declared, so that no goods have to move, with links that form no loop.

    What has gone on takes nothing in, so links are written in the order of what they lead to.
    """
    chance = random.Random(seed)
    batches = [
        ready.batch(person, confirmed=False, outcome=None, kind=None) for _ in range(BATCHES)
    ]
    links = {
        (batches[up], batches[down])
        for down in range(1, BATCHES)
        for up in chance.sample(range(down), k=min(down, chance.choice((0, 1, 1, 2, 3))))
    }
    order = sorted(links, key=lambda link: (batches.index(link[1]), batches.index(link[0])))
    with app.app_context():
        rows = [
            {"id": uuid.uuid4(), "number": seed * 1000 + place, "kind": SPLIT, "batch_id": down,
             "parent_id": up, "quantity": 1, "at": now()}
            for place, (up, down) in enumerate(order, start=1)
        ]  # fmt: skip
        db.session.execute(insert(BatchOrigin), rows)
        db.session.commit()
    return links


@pytest.mark.parametrize("seed", range(1, GRAPHS + 1, 4))
def test_walking_reaches_what_a_plain_search_reaches(
    app: Flask, cooperative: Person, seed: int
) -> None:
    ready = ReadyBatches(app, key=False)
    for graph in range(seed, seed + 4):
        links = linked(app, ready, cooperative, graph)
        back = {(down, up) for up, down in links}
        every = sorted({one for link in links for one in link})
        with app.app_context():
            for start in every:
                forward, on_the_way = walk(db.session, [start], "forward")
                assert forward == reached({start}, links) == with_descendants(db.session, [start])
                told = {(row.parent_id, row.batch_id) for row in on_the_way}
                assert told == {link for link in links if link[0] in forward}
                numbers = [row.number for row in on_the_way]
                assert all(one < other for one, other in pairwise(numbers))
                assert walk(db.session, [start], "backward")[0] == reached({start}, back)
            layers = generations(db.session, every)
        place = {one: number for number, layer in enumerate(layers) for one in layer}
        assert sorted(place) == every
        assert all(place[up] < place[down] for up, down in links)

"""Reading links and label runs out of the database: all of them, new ones, or those on the way."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Select,
    String,
    bindparam,
    func,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from labels.models import LabelRun, SerialHead
from labels.reach_file import Array
from labels.reach_state import FORWARD, SERIALS, Base, Link, Longs, Mark, Run, new_base
from trace.batches.models import Batch, BatchOrigin

_AT_ONCE = 2_000
"""Rows; with more at once the reading becomes slower."""
_MOST_STARTS = 500

Column = InstrumentedAttribute[uuid.UUID]
Query = Select[*tuple[Any, ...]]
_LINK = (BatchOrigin.id, BatchOrigin.parent_id, BatchOrigin.batch_id)
_RUN = (LabelRun.id, LabelRun.batch_id)


def _hex(engine: str, column: Column) -> ColumnElement[str]:
    """An id as its 32 hexadecimal digits, without the making of an object for each."""
    if engine == "postgresql":
        return func.encode(func.uuid_send(column), "hex")
    return type_coerce(column, String)


def _link_query(engine: str, *ids: Column) -> Query:
    """Number and ids of links."""
    return select(BatchOrigin.number, *(_hex(engine, column) for column in ids))


def _run_query(engine: str, *ids: Column) -> Query:
    """Ids, epoch, first and last serial of runs."""
    serials = (LabelRun.epoch, LabelRun.first, LabelRun.last)
    return select(*(_hex(engine, column) for column in ids), *serials)


@lru_cache
def _links_since(engine: str) -> Query:
    """The link `number` and those after it, `most` at most; made once, as it is asked often."""
    query = _link_query(engine, *_LINK).where(BatchOrigin.number >= bindparam("number"))
    return query.order_by(BatchOrigin.number).limit(bindparam("most", type_=Integer))


@lru_cache
def _runs_since(engine: str, epochs: frozenset[int]) -> CompoundSelect[*tuple[Any, ...]]:
    """Of each of `epochs` the run at `first_…` and those after it, `most` at most.

    A question of its own for each, in no order: otherwise the whole table may be looked through.
    """
    query = _run_query(engine, *_RUN)
    parts = [
        query.where(LabelRun.epoch == epoch, LabelRun.first >= bindparam(f"first_{epoch}"))
        for epoch in sorted(epochs)
    ]
    return union_all(*parts).limit(bindparam("most", type_=Integer))


def _link(number: int, *keys: str) -> Link:
    return Link(number, *map(bytes.fromhex, keys))


def _run(key: str, batch: str, epoch: int, first: int, last: int) -> Run:
    return Run(bytes.fromhex(key), bytes.fromhex(batch), epoch, first, last)


def _in_order(run: Run) -> tuple[int, int]:
    return run.epoch, run.first


class MismatchError(LookupError):
    """The database does not hold the rows that were read last: it is another, or an older one."""


def newest_number(connection: Connection) -> int:
    """The number of the last link; -1 before the first."""
    newest = connection.scalar(select(func.max(BatchOrigin.number)))
    return -1 if newest is None else int(newest)


def read_since(connection: Connection, mark: Mark, most: int) -> tuple[list[Link], list[Run]]:
    """The links after `mark`, and the runs, in their order; of each no more than `most` + 1.

    Raises MismatchError.
    """
    engine = connection.dialect.name
    asked = {"number": mark.number, "most": most + 2}
    links = [_link(*row) for row in connection.execute(_links_since(engine), asked)]
    if mark.link is not None and (not links or links.pop(0).id != mark.link):
        raise MismatchError("the last link is not there")
    return links, _new_runs(connection, mark, most)


def _new_runs(connection: Connection, mark: Mark, most: int) -> list[Run]:
    epochs = frozenset(connection.scalars(select(SerialHead.epoch)))
    last = {(epoch, first): key for epoch, (first, key) in mark.runs.items()}
    if not epochs.issuperset(mark.runs):
        raise MismatchError("the last epoch is not there")
    if not epochs:
        return []
    firsts = {f"first_{one}": mark.runs[one][0] if one in mark.runs else 0 for one in epochs}
    limit = most + 1 + len(last)
    asked = connection.execute(
        _runs_since(connection.dialect.name, epochs), {**firsts, "most": limit}
    )
    runs = sorted((_run(*row) for row in asked), key=_in_order)
    here = {(run.epoch, run.first): run.id for run in runs}
    # Where there are more than asked for, the last one of an epoch may be among those left out.
    full = len(runs) == limit
    if any(here.get(place, key if full else None) != key for place, key in last.items()):
        raise MismatchError("the last run is not there")
    return [run for run in runs if (run.epoch, run.first) not in last]


def read_all(connection: Connection) -> Base:
    """Everything, as arrays; seconds for millions of links."""
    numbers, parents, children = _columns(
        connection,
        _link_query(connection.dialect.name, BatchOrigin.parent_id, BatchOrigin.batch_id),
        "nkk",
    )
    batches, epochs, firsts, lasts = _columns(
        connection, _run_query(connection.dialect.name, LabelRun.batch_id), "knnn"
    )
    order = np.argsort(numbers)
    codes = epochs * SERIALS
    return new_base(
        (parents[order], children[order]),
        (batches, codes + firsts, codes + lasts),
        _mark(connection, numbers, epochs, firsts),
    )


def _mark(connection: Connection, numbers: Longs, epochs: Longs, firsts: Longs) -> Mark:
    """How far everything goes."""
    newest = int(numbers.max(initial=-1))
    last = _link_query(connection.dialect.name, BatchOrigin.id).where(BatchOrigin.number == newest)
    link = next((bytes.fromhex(key) for _, key in connection.execute(last)), None)
    runs: dict[int, tuple[int, bytes]] = {}
    for epoch in np.unique(epochs).tolist():
        first = int(firsts[epochs == epoch].max())
        wanted = _run_query(connection.dialect.name, LabelRun.id)
        row = connection.execute(wanted.where(LabelRun.epoch == epoch, LabelRun.first == first))
        runs[epoch] = (first, bytes.fromhex(row.one()[0]))
    return Mark(newest, link, runs)


def _columns(connection: Connection, query: Query, kinds: str) -> list[Array]:
    """Each column of a long query as an array: `n` of numbers (int64), `k` of ids (S16)."""
    parts: list[list[Array]] = [[_array((), kind)] for kind in kinds]
    with connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as rows:
        for some in rows.partitions():
            for part, column, kind in zip(parts, zip(*some, strict=True), kinds, strict=True):
                part.append(_array(column, kind))
    return [np.concatenate(part) for part in parts]


def _array(column: Sequence[Any], kind: str) -> Array:
    if kind == "n":
        return np.array(column, dtype=np.int64)
    return np.frombuffer(bytes.fromhex("".join(column)), dtype="S16")


def read_on_the_way(
    connection: Connection, starts: Collection[uuid.UUID], direction: str
) -> tuple[list[Link], list[Run]]:
    """Only the links and runs that a walk from `starts` meets, found by the database itself."""
    links: dict[bytes, Link] = {}
    runs: dict[bytes, Run] = {}
    for some in _portions(sorted(starts)):
        found = found_from(some, direction)
        led = BatchOrigin.parent_id if direction == FORWARD else BatchOrigin.batch_id
        query = _link_query(connection.dialect.name, *_LINK).join(found, led == found.c.id)
        links |= {link.id: link for link in (_link(*row) for row in connection.execute(query))}
        wanted = _run_query(connection.dialect.name, *_RUN).join(
            found, LabelRun.batch_id == found.c.id
        )
        runs |= {run.id: run for run in (_run(*row) for row in connection.execute(wanted))}
    return (
        sorted(links.values(), key=lambda link: link.number),
        sorted(runs.values(), key=_in_order),
    )


def _portions(starts: list[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    for at in range(0, len(starts), _MOST_STARTS):
        yield starts[at : at + _MOST_STARTS]


def found_from(starts: Collection[uuid.UUID], direction: str) -> CTE:
    """The walk in SQL: the ids that `starts` lead to, themselves included, as a recursive CTE."""
    here, there = BatchOrigin.parent_id, BatchOrigin.batch_id
    if direction != FORWARD:
        here, there = there, here
    found = select(Batch.id).where(Batch.id.in_(starts)).cte("found", recursive=True)
    return found.union(select(there).join(found, here == found.c.id))

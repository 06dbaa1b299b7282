"""A made-up trade of tea, from leaf to packs, as arrays; and how it gets into a database at once.

Each layer takes from the one before: a batch of it from so many batches that lie near it in time.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import psycopg
from sqlalchemy.engine import make_url

LAYERS = (
    # kind of the links, batches in thousandths, taken from how many, out of how many near ones
    ("harvest", 300, 0, 0),
    ("transform", 120, 5, 100),
    ("transfer", 120, 1, 4),
    ("merge", 100, 6, 200),
    ("transform", 80, 4, 200),
    ("split", 120, 1, 2),
    ("merge", 80, 10, 400),
    ("repack", 80, 4, 200),
)
MOST_LABELS = 500
MADE = "2026-04-02"
AT = "2026-04-02 08:00:00.000000"
KEY = bytes(16).hex()
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trade:
    """n batches, m links in the order of their numbers (from 1 on), r runs of labels of epoch 1.

    `keys`: their ids in hexadecimal; `parents`, `children`: int64[m] into `keys`; `kinds`: text[m];
    `labelled`: int64[r] into `keys`; `firsts`, `lasts`: int64[r]. `harvests`: how many are of leaf.
    """

    keys: list[str]
    parents: Ints
    children: Ints
    kinds: list[str]
    labelled: Ints
    firsts: Ints
    lasts: Ints
    harvests: int


def trade(seed: int, batches: int) -> Trade:
    """About `batches` of them and 2.9 times as many links."""
    chance = np.random.default_rng(seed)
    parts: list[tuple[Ints, Ints, npt.NDArray[Any], str]] = []
    begin, before, here = 0, 0, 0
    for kind, share, many, near in LAYERS:
        begin, before, here = begin + here, here, batches * share // 1000
        if many:
            child = np.repeat(np.arange(here), many)
            place = np.tile(np.arange(many), here)
            width = max(near // many, 1)
            start = child * (before - near) // here
            parent = start + place * width + chance.integers(0, width, len(child))
            parts.append((begin - before + parent, begin + child, child / here, kind))
    total = begin + here
    lag = np.concatenate([when + layer / 50 for layer, (*_, when, _) in enumerate(parts)])
    order = np.argsort(lag, kind="stable")
    kinds = np.concatenate([np.full(len(child), kind) for _, child, _, kind in parts])
    labels = chance.integers(50, MOST_LABELS, 2 * here)
    ends = np.cumsum(labels)
    whole = chance.bytes(16 * total).hex()
    return Trade(
        keys=[whole[at : at + 32] for at in range(0, len(whole), 32)],
        parents=np.concatenate([parent for parent, *_ in parts])[order],
        children=np.concatenate([child for _, child, *_ in parts])[order],
        kinds=kinds[order].tolist(),
        labelled=np.repeat(np.arange(begin, total), 2),
        firsts=ends - labels,
        lasts=ends - 1,
        harvests=batches * LAYERS[0][1] // 1000,
    )


def _key(number: int, table: int) -> str:
    return f"{table:08x}{number:024x}"


def _batches(made: Trade, party: str, product: str) -> Iterator[tuple[Any, ...]]:
    for number, key in enumerate(made.keys):
        yield (
            key, party, product, f"B{number}", "成品茶", "mass", 1000, "1", "g", MADE, "[]", AT, 1,
        )  # fmt: skip


def _links(made: Trade) -> Iterator[tuple[Any, ...]]:
    pairs = zip(made.parents.tolist(), made.children.tolist(), made.kinds, strict=True)
    for number, (parent, child, kind) in enumerate(pairs, 1):
        yield (
            _key(number * 7919 % 2**61, 1), number, kind, made.keys[child], made.keys[parent], 1000,
            AT,
        )  # fmt: skip


def _runs(made: Trade, party: str, product: str) -> Iterator[tuple[Any, ...]]:
    rows = zip(made.labelled.tolist(), made.firsts.tolist(), made.lasts.tolist(), strict=True)
    for number, (batch, first, last) in enumerate(rows):
        yield (
            _key(number, 2), made.keys[batch], party, product, KEY, KEY, 1, first, last, 100, "100",
            "mg", _key(number, 3), "https://gi.example.cn", "a4-3x8", "长沙绿茶", "GB/T 14456.3",
            False, AT,
        )  # fmt: skip


COLUMNS = {
    "batch": "id, party_id, product_id, number, form, base, quantity, quantity_typed, "
    "quantity_unit, production_date, declared, created_at, version",
    "batch_origin": "id, number, kind, batch_id, parent_id, quantity, at",
    "label_run": "id, batch_id, party_id, product_id, release_id, licence_id, epoch, first, last, "
    "net_content, net_typed, net_unit, posting, origin, sheet_format, gi_name, standard, mark, "
    "drawn_at",
}


def _rows(made: Trade, party: str, product: str) -> dict[str, Iterable[tuple[Any, ...]]]:
    return {
        "batch": _batches(made, party, product),
        "batch_origin": _links(made),
        "label_run": _runs(made, party, product),
    }


def load(url: str, made: Trade, party: str, product: str) -> None:
    """Into the migrated database at `url`, past its triggers and foreign keys, which stay away."""
    how: Callable[[str, dict[str, Iterable[tuple[Any, ...]]]], None]
    how = _load_sqlite if url.startswith("sqlite") else _load_postgresql
    how(url, _rows(made, party, product))


def _load_sqlite(url: str, tables: dict[str, Iterable[tuple[Any, ...]]]) -> None:
    database = sqlite3.connect(cast(str, make_url(url).database), isolation_level=None)
    for pragma in ("synchronous=OFF", "cache_size=-2000000", "foreign_keys=OFF"):
        database.execute(f"PRAGMA {pragma}")
    triggers = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (?, ?, ?)",
        tuple(tables),
    )
    for (name,) in triggers.fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    for table, rows in tables.items():
        columns: Sequence[str] = COLUMNS[table].split(", ")
        places = ", ".join("?" * len(columns))
        database.execute("BEGIN")
        database.executemany(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({places})", rows)
        database.execute("COMMIT")
    database.execute("ANALYZE")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _load_postgresql(url: str, tables: dict[str, Iterable[tuple[Any, ...]]]) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        for table, rows in tables.items():
            told = f"COPY {table} ({COLUMNS[table]}) FROM STDIN"
            with database.cursor() as cursor, cursor.copy(told.encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        database.execute("VACUUM ANALYZE")

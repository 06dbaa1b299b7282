"""Inspections of 12 items a second through the API: two accounts with tokens, two signatures,
idempotency, evidence, verdict, two COMMITs.

The reference in the same run is the smallest durable thing: one row and one COMMIT on a file of the
same disk. `python -m bench.tryton` holds the same against a laboratory system.
"""

import sqlite3
import tempfile
from pathlib import Path

from bench.clock import in_turns, say
from bench.house import new_house
from tests.api.test_main_job import (
    EVERY_BATCH,
    TYPE_ITEMS,
    published,
    report,
    sent_batch,
    type_inspected,
)

MANY = 20
NAMES = {row["characteristic"] for row in EVERY_BATCH}
TWELVE = [*EVERY_BATCH, *(row for row in TYPE_ITEMS if row["characteristic"] not in NAMES)][:12]


def main() -> None:
    """Run and print."""
    _, people = new_house()
    cooperative, inspector = people.cooperative, people.inspector
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    file = Path(tempfile.mkdtemp(prefix="biaoyuan-bench-")) / "row.sqlite"
    plain = sqlite3.connect(file, isolation_level=None)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.execute("PRAGMA synchronous=FULL")
    plain.execute("CREATE TABLE row (value TEXT)")

    def inspect() -> None:
        for _ in range(MANY):
            batch = sent_batch(cooperative, inspector)
            published(inspector, batch, report(TWELVE))

    def open_only() -> None:
        for _ in range(MANY):
            sent_batch(cooperative, inspector)

    def rows() -> None:
        for _ in range(MANY):
            plain.execute("INSERT INTO row VALUES ('x')")

    published(inspector, batch, report(TWELVE))
    taken = in_turns({"one durable row": rows, "open": open_only, "all": inspect}, 5)
    ours = {"one durable row": taken["one durable row"], "inspection": taken["all"] - taken["open"]}
    say("an inspection of 12 items, recorded and judged", ours, "acts", MANY, "inspection")


if __name__ == "__main__":
    main()

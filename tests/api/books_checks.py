"""What must hold of the books, asked of the database in plain SQL and of the record."""

import json
from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, Uuid, bindparam, text

_OF_PRODUCT = "JOIN batch b ON b.id = e.batch_id WHERE b.product_id = :product"
_UNEVEN = (
    f"SELECT e.posting, e.form, SUM(e.amount) FROM entry e {_OF_PRODUCT} "
    "GROUP BY e.posting, e.form HAVING SUM(e.amount) <> 0"
)
_BELOW = (
    f"SELECT e.batch_id, e.account, e.amount FROM balance e {_OF_PRODUCT} "
    "AND e.amount < 0 AND e.account IN ('stock', 'labelled', 'transit')"
)
_ENTRIES = f"SELECT e.batch_id, e.account, e.party_id, e.form, e.amount FROM entry e {_OF_PRODUCT}"
_BALANCES = _ENTRIES.replace("FROM entry", "FROM balance")
_YEAR = "CAST(substr(CAST(b.production_date AS text), 1, 4) AS integer)"
_HARVEST_ENTRIES = (
    f"SELECT e.party_id, {_YEAR}, e.form, -SUM(e.amount) FROM entry e {_OF_PRODUCT} "
    f"AND e.account = 'harvest' GROUP BY e.party_id, {_YEAR}, e.form"
)
_HARVESTS = (
    "SELECT party_id, year, form, SUM(quantity) FROM harvest WHERE product_id = :product "
    "GROUP BY party_id, year, form"
)
_ALLOWANCES = (
    "SELECT party_id, year, form, granted, used FROM allowance WHERE product_id = :product"
)
_ORPHANS = (
    "SELECT l.id FROM label_run l JOIN disposition d ON d.id = l.release_id "
    "LEFT JOIN verdict v ON v.id = d.verdict_id WHERE l.product_id = :product "
    "AND (d.kind <> 'release' OR d.batch_id <> l.batch_id OR v.outcome IS NULL "
    "OR v.outcome <> 'conforming')"
)
_ORIGINS = (
    "SELECT o.batch_id, o.parent_id, o.kind, o.quantity FROM batch_origin o "
    "JOIN batch b ON b.id = o.batch_id WHERE b.product_id = :product"
)
_VERDICTS = (
    "SELECT v.batch_id, v.outcome FROM verdict v JOIN batch b ON b.id = v.batch_id "
    "WHERE b.product_id = :product ORDER BY v.number"
)
_DISPOSITIONS = (
    "SELECT d.batch_id, d.kind, d.verdict_id FROM disposition d "
    "JOIN batch b ON b.id = d.batch_id WHERE b.product_id = :product ORDER BY d.number"
)
_STANDS = {"release": "released", "lift": "lifted", "recall": "recalled"}
_POSTINGS = (
    "SELECT body FROM evidence WHERE position >= :start AND kind = 'posting' ORDER BY position"
)
Books = dict[tuple[str, str, str, str], int]


class Ledger:
    """The books of one product, read afresh each time it is asked."""

    def __init__(self, connection: Connection, product: UUID) -> None:
        self._connection, self._product = connection, product

    def _rows(self, query: str) -> list[Any]:
        asked: TextClause = text(query).bindparams(bindparam("product", type_=Uuid()))
        return list(self._connection.execute(asked, {"product": self._product}))

    def uneven(self) -> list[Any]:
        """Postings that do not sum to zero in some form."""
        return self._rows(_UNEVEN)

    def below_nothing(self) -> list[Any]:
        """Goods accounts that are negative."""
        return self._rows(_BELOW)

    def rebuilt(self) -> bytes:
        """The balances as the entries give them."""
        books: Books = defaultdict(int)
        for batch, account, party, form, amount in self._rows(_ENTRIES):
            books[_key(batch, account, party, form)] += amount
        return _as_bytes(books)

    def kept(self) -> bytes:
        """The balances as the database keeps them."""
        return _as_bytes({_key(*row[:4]): row[4] for row in self._rows(_BALANCES)})

    def amounts(self) -> dict[tuple[UUID, str], int]:
        """What stands on each account of each batch."""
        return {(_uuid(row[0]), row[1]): row[4] for row in self._rows(_BALANCES) if row[4]}

    def harvested(self) -> tuple[dict[Any, int], dict[Any, int]]:
        """By party, year and form: what the rows of harvest say, and what the entries say."""
        told = []
        for query in (_HARVESTS, _HARVEST_ENTRIES):
            rows = self._rows(query)
            told.append({(_uuid(p), year, form): int(sum_) for p, year, form, sum_ in rows if sum_})
        return told[0], told[1]

    def allowances(self) -> dict[tuple[UUID, int, str], tuple[int, int]]:
        """Granted and used by party, year and form."""
        return {(_uuid(p), y, form): (g, u) for p, y, form, g, u in self._rows(_ALLOWANCES)}

    def verdicts(self) -> dict[UUID, str]:
        """The outcome that counts of each batch that was ever judged."""
        return {_uuid(batch): outcome for batch, outcome in self._rows(_VERDICTS)}

    def standings(self) -> dict[UUID, str]:
        """How each batch stands of which anything was ever decided."""
        return {
            _uuid(batch): _STANDS.get(kind, "held" if verdict else "held by a person")
            for batch, kind, verdict in self._rows(_DISPOSITIONS)
        }

    def runs_without_release(self) -> list[Any]:
        """Label runs whose release is of another batch, or did not rest on a conforming verdict."""
        return self._rows(_ORPHANS)

    def origins(self) -> dict[tuple[UUID, UUID], tuple[str, int]]:
        """Kind and quantity by batch and what went into it."""
        return {(_uuid(b), _uuid(p)): (kind, q) for b, p, kind, q in self._rows(_ORIGINS)}

    def replayed(self, start: int, owed: tuple[str, ...]) -> bytes:
        """The balances as the record gives them, its postings taken in their order from `start` on.

        No goods account may be below nothing after any of them; `owed` are the accounts that may.
        """
        books: Books = defaultdict(int)
        for (body,) in self._connection.execute(text(_POSTINGS), {"start": start}):
            said = json.loads(body)["body"]
            if UUID(said["product"]) != self._product:
                continue
            touched = set()
            for form, account, amount, *whose in said["lines"]:
                batch, party = whose or (said["batch"], said["party"])
                touched.add(_key(batch, account, party, form))
                books[_key(batch, account, party, form)] += int(amount)
            low = [key for key in touched if books[key] < 0 and key[1] not in owed]
            assert not low, (said, low)
        return _as_bytes(books)


def _uuid(told: object) -> UUID:
    return told if isinstance(told, UUID) else UUID(str(told))


def _key(batch: object, account: str, party: object, form: str) -> tuple[str, str, str, str]:
    return str(_uuid(batch)), account, str(_uuid(party)), form


def _as_bytes(books: Books) -> bytes:
    return json.dumps(sorted((*key, amount) for key, amount in books.items())).encode()

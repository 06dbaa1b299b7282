"""What one loading of the catalogue knows and does: rows added, brought up to date, or left."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from core.act import Act
from products.models import CATALOGUE, Product
from products.standards.models import Edition, Standard

Action = Literal["added", "updated", "kept", "retired"]
Facts = Callable[[Any], dict[str, object]]


@dataclass(frozen=True)
class Change:
    """One thing that loading did. `kept`: the catalogue says otherwise, but a person edited it.

    `product_id` None: it concerns no product, or every one.
    """

    action: Action
    kind: str
    name: str
    id: uuid.UUID | None = None
    product_id: uuid.UUID | None = None


@dataclass
class Loading:
    """One loading: its changes, and the rows by the names that the catalogue uses for them."""

    act: Act
    changes: list[Change] = field(default_factory=list)
    products: dict[str, Product] = field(default_factory=dict)
    standards: dict[str, Standard] = field(default_factory=dict)
    editions: dict[str, Edition] = field(default_factory=dict)

    def did(
        self, action: Action, kind: str, name: str, row: Any = None, product: Any = None
    ) -> None:
        """Remember a change."""
        self.changes.append(Change(action, kind, name, getattr(row, "id", None), product))

    def put(self, row: Any) -> None:
        """A row of its own, now, so that others may refer to it."""
        self.act.session.add(row)
        self.act.session.flush()

    def add(self, kind: str, name: str, row: Any, facts: Facts) -> None:
        """A new row, put on record."""
        self.put(row)
        self.act.record(kind, row.id, **facts(row))
        self.did("added", kind, name, row, getattr(row, "product_id", None))

    def settle(self, kind: str, name: str, row: Any, wanted: dict[str, Any], facts: Facts) -> None:
        """Bring a row to what is `wanted`, unless a person entered or edited it."""
        if is_so(row, wanted):
            return
        if by_a_person(row):
            self.did("kept", kind, name, row, getattr(row, "product_id", None))
            return
        for column, value in wanted.items():
            setattr(row, column, value)
        row.version += 1
        self.act.session.flush()
        self.act.record(f"{kind}-changed", row.id, **facts(row))
        self.did("updated", kind, name, row, getattr(row, "product_id", None))


def is_so(row: Any, wanted: dict[str, Any]) -> bool:
    """Whether the row has these values already."""
    return all(getattr(row, column) == value for column, value in wanted.items())


def by_a_person(row: Any) -> bool:
    """Whether a person entered or edited the row, so that the catalogue keeps its hands off."""
    return row.origin != CATALOGUE or row.edited_at is not None


def joined(*notes: str | None) -> str | None:
    """Several notes as one."""
    return "；".join(note for note in notes if note) or None

"""The boxes of a release plan: what can be ticked, and from the form to what the schema takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from core.pages.views import say
from core.words import Words
from desks.form_texts import texts
from products.models import Product
from products.plans.models import ReleasePlan
from products.requirements import Nature, Requirement, Subject, standard_of
from products.rulebook import requirements_in_force
from products.standards.rules import rulebook_for

MOST_ROWS = 12
SPARE_ROWS = 2
ALL, LISTED, NONE = "all", "listed", "none"
_TEXTS = ("starts", "standard", "clause", "source", "type_per_year", "type_months")
_BINDING = (Nature.MANDATORY, Nature.RECOMMENDED)


@dataclass(frozen=True)
class Item:
    """A characteristic that can be asked: its name kept, its name shown, its clause."""

    characteristic: str
    name: str
    clause: str


@dataclass(frozen=True)
class Group:
    """The characteristics of one standard in force; `open` where something of it is ticked."""

    standard: str
    items: tuple[Item, ...]

    def touched(self, *chosen: Iterable[str]) -> bool:
        """Whether something of the group is ticked."""
        names = {item.characteristic for item in self.items}
        return any(not names.isdisjoint(some) for some in chosen)


def groups_of(session: Session, product: Product, on: date, own: str = "") -> tuple[Group, ...]:
    """What limits of goods and packages ask of the product on a day, each item once, by standard.

    The plan's `own` standard comes first, then others that bind once declared, then the mandatory.
    """
    book = rulebook_for(session, product.id)
    found: dict[str, dict[str, Item]] = {}
    seen: set[str] = set()
    standard = standard_of(own)
    rules = requirements_in_force(book, on)
    for rule in sorted(rules, key=lambda rule: _order(rule, standard)):
        if rule.subject is Subject.PARTY or rule.nature not in _BINDING:
            continue
        if rule.characteristic in seen:
            continue
        seen.add(rule.characteristic)
        of_standard = found.setdefault(rule.edition.designation, {})
        of_standard[rule.characteristic] = _item(rule)
    return tuple(Group(name, tuple(items.values())) for name, items in found.items())


def _order(rule: Requirement, own: str) -> tuple[bool, bool, str, str]:
    edition = rule.edition
    mandatory = rule.nature is Nature.MANDATORY
    return edition.standard != own, mandatory, edition.designation, rule.code


def _item(rule: Requirement) -> Item:
    name = Words(rule.characteristic, rule.characteristic_en or rule.characteristic)
    return Item(rule.characteristic, say(name), rule.clause)


def boxes_of(plan: ReleasePlan | None, groups: Iterable[Group], today: date) -> dict[str, Any]:
    """What stands in the boxes at first: the plan of the day, or nothing."""
    known = {item.characteristic for group in groups for item in group.items}
    asked = plan.every_batch if plan else []
    types = plan.type_items if plan else []
    return {
        "starts": today.isoformat(),
        "standard": plan.standard if plan else "",
        "clause": (plan.clause or "") if plan else "",
        "source": "",
        "every": [one["characteristic"] for one in asked if one["characteristic"] in known],
        "free": [
            (one["characteristic"], one["clause"])
            for one in asked
            if one["characteristic"] not in known
        ],
        "type": ALL if types is None else (LISTED if types else NONE),
        "type_items": list(types or []),
        "type_per_year": (plan.type_per_year or "") if plan else "",
        "type_months": (plan.type_months or "") if plan else "",
        "stage_events": list(plan.stage_events) if plan else [],
        "documents": [tuple(one) for one in plan.documents] if plan else [],
    }


def clauses_of(standard: str, groups: Iterable[Group], plan: ReleasePlan | None) -> dict[str, str]:
    """Where the plan's own standard asks an item; the clauses of the plan before it are kept."""
    own = standard_of(standard)
    found = {
        item.characteristic: item.clause
        for group in groups
        if standard_of(group.standard) == own
        for item in group.items
    }
    if plan is not None and standard_of(plan.standard) == own:
        found |= {one["characteristic"]: one["clause"] for one in plan.every_batch}
    return {name: clause for name, clause in found.items() if clause}


def posted_plan(clauses: Mapping[str, str]) -> dict[str, Any]:
    """The boxes as PlanIn takes them; `clauses` by the name of a ticked item."""
    values: dict[str, Any] = texts(_TEXTS)
    for name in ("type_per_year", "type_months"):
        if values.get(name, "").isdecimal():
            values[name] = int(values[name])
    kind = request.form.get("type", NONE)
    listed = request.form.getlist("type_items")
    return values | {
        "every_batch": [*_ticked(clauses), *_free()],
        "type_items": None if kind == ALL else (listed if kind == LISTED else []),
        "stage_events": request.form.getlist("stage_events"),
        "documents": _documents(),
    }


def _ticked(clauses: Mapping[str, str]) -> list[dict[str, str]]:
    """Every ticked item with its clause, where it has one."""
    return [
        {"characteristic": name, **({"clause": clauses[name]} if name in clauses else {})}
        for name in request.form.getlist("every")
    ]


def _free() -> list[dict[str, str]]:
    """Items that have no number in the catalogue, each with its clause."""
    rows = []
    for row in range(MOST_ROWS):
        typed = texts((f"free-name-{row}", f"free-clause-{row}", f"free-name_en-{row}"))
        name = typed.get(f"free-name-{row}")
        if name:
            clause = typed.get(f"free-clause-{row}", "")
            english = typed.get(f"free-name_en-{row}", "")
            more = {"clause": clause, "characteristic_en": english}
            rows.append({"characteristic": name} | {k: v for k, v in more.items() if v})
    return rows


def _documents() -> list[dict[str, str]]:
    rows = []
    for row in range(MOST_ROWS):
        typed = texts((f"document-stage-{row}", f"document-name-{row}"))
        if typed:
            stage = typed.get(f"document-stage-{row}", "")
            name = typed.get(f"document-name-{row}", "")
            rows.append({"stage": stage, "name": name})
    return rows


def place_of(pointer: str) -> str:
    """The box of a fault: items that were ticked as a whole, free ones and documents by row."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "every_batch" and len(parts) > 1 and parts[1].isdigit():
        row = int(parts[1]) - len(request.form.getlist("every"))
        return "every" if row < 0 else _row("free-name", row)
    if parts[0] == "documents" and len(parts) > 1 and parts[1].isdigit():
        return _row("document-name", int(parts[1]))
    return {"every_batch": "every", "stage_events": "stage_events"}.get(parts[0], parts[0])


def _row(prefix: str, place: int) -> str:
    """The name of the box of the `place`-th row with something in it."""
    stage = prefix.replace("name", "stage")
    filled = [row for row in range(MOST_ROWS) if texts((f"{prefix}-{row}", f"{stage}-{row}"))]
    return f"{prefix}-{filled[place]}" if place < len(filled) else prefix


def rows_shown(prefix: str, held: Sequence[object]) -> int:
    """How many rows a page shows: what stands there or was typed, and some to spare."""
    typed = [row for row in range(MOST_ROWS) if texts((f"{prefix}-{row}",))]
    return min(MOST_ROWS, max(len(held), max(typed, default=-1) + 1) + SPARE_ROWS)

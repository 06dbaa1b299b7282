"""The boxes of an instrument's mapping, and the mapping that they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import FieldFault
from core.words import Words
from desks.forms import Entered
from trace.laboratories.mapping import LONG, ROLE_WORDS, ROLES, WIDE

FIXED = ("characteristic", "unit", "method")
LAYOUTS = (
    (LONG, Words("一行一个结果：项目写在一列里", "One result in a row; a column names the item")),
    (WIDE, Words("一行一个样品：每个项目各占一列", "One sample in a row; a column for each item")),
)
_PLAIN = ("header_row", "layout", "sheet")


class Boxes:
    """What stands in the boxes: what was typed, else what is kept (or guessed)."""

    layouts = LAYOUTS
    roles = tuple((role, ROLE_WORDS[role]) for role in ROLES)

    def __init__(
        self, held: Mapping[str, Any], items: Sequence[str], typed: Mapping[str, str] | None
    ) -> None:
        self.items = tuple(enumerate(items))
        self._values = dict(typed) if typed is not None else _boxes(held, items)

    def value(self, name: str) -> str:
        """What stands in one box."""
        return str(self._values.get(name, ""))


def _boxes(held: Mapping[str, Any], items: Sequence[str]) -> dict[str, str]:
    said = {
        "header_row": str(held.get("header_row", 1)),
        "layout": str(held.get("layout", LONG)),
        "sheet": str(held.get("sheet", "")),
    }
    said |= {f"column-{role}": column for role, column in held.get("columns", {}).items()}
    said |= {f"fixed-{name}": text for name, text in held.get("fixed", {}).items()}
    by_name = {one["characteristic"]: one for one in held.get("items", ())}
    for place, name in enumerate(items):
        if name in by_name:
            said[f"item-{place}-column"] = by_name[name]["column"]
            said[f"item-{place}-unit"] = by_name[name]["unit"]
    return said


def mapping_of(form: Mapping[str, str], items: Sequence[str]) -> dict[str, Any]:
    """The mapping that the boxes say, as its schema takes it; empty boxes say nothing."""
    wide = form.get("layout") == WIDE
    roles = [role for role in ROLES if not wide or role not in ("characteristic", "value", "unit")]
    fixed = [name for name in FIXED if not wide or name == "method"]
    return {
        **{name: form[name].strip() for name in _PLAIN if form.get(name, "").strip()},
        "columns": _filled(form, "column", roles),
        "fixed": _filled(form, "fixed", fixed),
        "items": [
            {
                "column": form[f"item-{place}-column"].strip(),
                "characteristic": name,
                "unit": form.get(f"item-{place}-unit", "").strip(),
            }
            for place, name in enumerate(items)
            if wide and form.get(f"item-{place}-column", "").strip()
        ],
    }


def _filled(form: Mapping[str, str], group: str, names: Sequence[str]) -> dict[str, str]:
    said = {name: form.get(f"{group}-{name}", "").strip() for name in names}
    return {name: text for name, text in said.items() if text}


def placed(entered: Entered) -> Entered:
    """Faults at the boxes: /mapping/columns/value is at column-value."""
    faults = [FieldFault(f"/{_box(one.pointer)}", one.message) for one in entered.faults]
    return Entered(faults, entered.sentence)


def _box(pointer: str) -> str:
    parts = pointer.strip("/").removeprefix("mapping/").split("/")
    if parts[0] in ("columns", "fixed") and len(parts) > 1:
        return f"{'column' if parts[0] == 'columns' else 'fixed'}-{parts[1]}"
    if parts[0] == "items":
        return "layout"
    return "column-sample" if parts[0] == "columns" else parts[0]

"""Boxes of the present form or search as schemas and queries take them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask import request

from core.errors import FieldFault
from desks.forms import Entered

LONGEST_SEARCH = 60
_BETWEEN = re.compile(r"[\n、,，;；]+")


def texts(names: Iterable[str]) -> dict[str, Any]:
    """The boxes with something in them; an empty one is absent."""
    return {name: text for name, text in _boxes(names).items() if text}


def cleared(names: Iterable[str]) -> dict[str, Any]:
    """Every box of a form that changes something; an emptied one is None: it shall be empty."""
    return {name: text or None for name, text in _boxes(names).items()}


def _boxes(names: Iterable[str]) -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in names}


def listed(name: str) -> list[str]:
    """A box with one entry on a line, or with 、 between."""
    parts = _BETWEEN.split(request.form.get(name, "").replace("\r", ""))
    return [part.strip() for part in parts if part.strip()]


def asked(*names: str) -> dict[str, str]:
    """Boxes of a search, cut to what can be searched for."""
    return {name: printable(request.args.get(name, ""))[:LONGEST_SEARCH] for name in names}


def printable(text: str) -> str:
    """A text that no schema looks at, without what cannot be seen; databases refuse some of it."""
    return "".join(char for char in text if char.isprintable()).strip()


def ticked(name: str) -> bool:
    """Whether a check box is ticked."""
    return name in request.form


def at_groups(entered: Entered, *names: str) -> Entered:
    """`entered` with what is wrong inside a group of boxes told at the group: /roles/0 at /roles."""
    faults = [
        FieldFault(
            next((f"/{n}" for n in names if f.pointer.startswith(f"/{n}/")), f.pointer), f.message
        )
        for f in entered.faults
    ]
    return Entered(faults, entered.sentence)

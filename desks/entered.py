"""Several forms on one page: the boxes of each carry its name, and so do their faults."""

from collections.abc import Mapping

from flask import request

from core.errors import FieldFault
from desks.forms import Entered


def under(form: str, entered: Entered, places: Mapping[str, str] | None = None) -> Entered:
    """`entered` with its faults at the boxes of `form`: /quantity becomes /count-quantity.

    `places` are boxes that a form calls otherwise than its schema: by whole pointer, without the
    slash in front, or by its first part.
    """
    renamed = [
        FieldFault(f"/{_box(form, fault.pointer.strip('/'), places or {})}", fault.message)
        for fault in entered.faults
    ]
    return Entered(renamed, entered.sentence)


def _box(form: str, pointer: str, places: Mapping[str, str]) -> str:
    first = pointer.partition("/")[0]
    name = places.get(pointer, places.get(first, first))
    return name if name.startswith(f"{form}-") else f"{form}-{name}"


def posted(form: str, *names: str) -> dict[str, str]:
    """The boxes of one form as its schema calls them; an empty one is absent."""
    said = {name: request.form.get(f"{form}-{name}", "") for name in names}
    return {name: text for name, text in said.items() if text.strip()}

"""The boxes of a product: from a form to what the schema takes, and from a product to the boxes."""

from __future__ import annotations

from typing import Any

from flask import request

from core.pages.views import say
from core.words import Words
from desks.form_texts import listed, ticked
from products.models import Product
from products.parts import parts_of
from products.units import COUNTS, UNITS

WORD_LISTS = ("grades", "processes", "conditions", "matrices", "aliases", "area")
TEXTS = ("name", "name_en", "category")
LONG_TEXTS = ("area_text", "note")
MASS = "mass"
MASS_UNITS = ("kg", "g", "斤", "t")
MOST_FORMS = 20
SPARE_FORMS = 2
_MASS_WORDS = Words("按重量：公斤、克、斤、吨", "by weight: kg, g, jin, t")


def measures() -> list[tuple[str, str]]:
    """How goods are counted: by weight, or in one counting unit."""
    counted = [
        (unit.symbol, say(_counted(unit.names))) for unit in UNITS if unit.dimension in COUNTS
    ]
    return [(MASS, say(_MASS_WORDS)), *counted]


def _counted(names: Words) -> Words:
    return Words(f"按{names.zh}数", f"counted in {names.en}")


def posted_forms(product: Product | None = None) -> list[dict[str, Any]]:
    """The forms that were entered; a form that is there already keeps its units."""
    held = (
        {form.name: list(form.units) for form in parts_of(product).vocabulary.forms}
        if product
        else {}
    )
    forms = []
    for row in filled_rows():
        name = _text(f"form-name-{row}")
        measure = _text(f"form-measure-{row}")
        base = MASS if measure == MASS else "count"
        units = list(MASS_UNITS) if base == MASS else [measure]
        kept = held.get(name)
        same_kind = kept is not None and (base == MASS or kept == units)
        forms.append({"name": name, "base": base, "units": kept if same_kind else units})
    return forms


def filled_rows() -> list[int]:
    """The numbers of the rows of forms with a name in them."""
    return [row for row in range(MOST_FORMS) if _text(f"form-name-{row}")]


def _text(name: str) -> str:
    return request.form.get(name, "").strip()


def posted_default() -> str:
    """The form that carries labels: the one that was chosen, else the first."""
    chosen = _text("default_form")
    named = _text(f"form-name-{chosen}") if chosen.isdigit() else ""
    rows = filled_rows()
    return named or (_text(f"form-name-{rows[0]}") if rows else "")


def posted_product(product: Product | None = None) -> dict[str, Any]:
    """The boxes of the whole form as ProductIn and ProductChange take them."""
    forms = posted_forms(product)
    return {
        **{name: _text(name) for name in TEXTS},
        **{name: _text(name) or None for name in LONG_TEXTS},
        **{name: listed(name) for name in WORD_LISTS},
        "forms": forms,
        "default_form": posted_default(),
        "in_plan": ticked("in_plan"),
        "area_confirmed": ticked("area_confirmed"),
    }


def places() -> dict[str, str]:
    """Where the faults of the schema belong: forms by their rows, word lists as a whole."""
    found = {name: name for name in WORD_LISTS}
    for place, row in enumerate(filled_rows()):
        found[f"forms/{place}/name"] = f"form-name-{row}"
        found[f"forms/{place}"] = found[f"forms/{place}/base"] = f"form-measure-{row}"
        found[f"forms/{place}/units"] = f"form-measure-{row}"
    return found | {"forms": "form-name-0", "default_form": "form-name-0"}


def boxes_of(product: Product | None, area: list[str]) -> dict[str, Any]:
    """What stands in the boxes at first; `area` are the names of its divisions."""
    if product is None:
        return {"forms": [("", MASS)] * (SPARE_FORMS + 1), "default_form": 0}
    parts = parts_of(product)
    words = parts.vocabulary
    forms = [(f.name, MASS if f.base == MASS else f.units[0]) for f in words.forms]
    names = [form.name for form in words.forms]
    return {
        **{name: getattr(product, name) for name in (*TEXTS, "in_plan")},
        **{name: getattr(product, name) or "" for name in LONG_TEXTS},
        **{
            name: "\n".join(getattr(words, name))
            for name in ("grades", "processes", "conditions", "matrices")
        },
        "aliases": "\n".join(parts.aliases),
        "area": "\n".join(area),
        "area_confirmed": product.area_certainty == "confirmed",
        "forms": forms + [("", MASS)] * SPARE_FORMS,
        "default_form": names.index(words.default_form) if words.default_form in names else 0,
    }


def rows_shown(boxes: dict[str, Any]) -> int:
    """How many rows of forms a page shows: those at first, or one more than were filled."""
    last = max(filled_rows(), default=-1)
    return min(MOST_FORMS, max(len(boxes["forms"]), last + 2))

"""What people enter about plots, approvals and caps, held against the product and the divisions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import FieldFault, Invalid, fault
from core.words import Words
from products.areas import checked_area, division_names
from products.errors import RuleError
from products.models import Product
from products.numbers import parse_decimal, places_of
from products.plots.outline import LARGEST_MU, Outline, read_outline
from products.units import to_count, to_milligrams, unit

NUMBER = re.compile(r"(?:[^\W_]|-){1,20}")
MOST_PER_MU = {"mass": 10**11, "count": 10**8}
"""100 t, or a hundred million pieces, from one 亩: more is a slip of the pen."""


@dataclass(frozen=True)
class PlotDraft:
    """A plot as its party enters it, texts as typed; `township` is a code or a name, old or new.

    `outline` is GeoJSON, as text or as it was parsed.
    """

    product: str
    number: str
    name: str
    area_mu: str
    township: str
    place: str | None = None
    worked_by: str | None = None
    outline: object | None = None


@dataclass(frozen=True)
class ApprovalDraft:
    """An approval as the authority enters it; without an area the stated one is approved."""

    year: int
    source: str
    area_mu: str | None = None
    evidence: UUID | None = None


@dataclass(frozen=True)
class CapDraft:
    """A yield cap as the authority enters it: so much of a form (the product's own one) per 亩."""

    product: str
    year: int
    quantity: str
    unit: str
    source: str
    form: str | None = None
    season_from: date | None = None
    season_to: date | None = None
    evidence: UUID | None = None


class Townships:
    """Which townships a product's plots may lie in; each text is looked up once."""

    def __init__(self, session: Session, product: Product) -> None:
        self._session, self._product = session, product
        self._found: dict[str, str | Words] = {}

    def code_of(self, text: str) -> str | Words:
        """The code that `text` means, or why it is not taken."""
        if text not in self._found:
            self._found[text] = self._look_up(text)
        return self._found[text]

    def _look_up(self, text: str) -> str | Words:
        try:
            (code,) = checked_area(self._session, [text])
        except Invalid as unknown:
            return unknown.detail
        if len(code) != 9:
            return Words(
                f"“{text}”是县区，请写到乡镇或街道",
                f"{text} is a county; give the township or subdistrict",
            )
        parts = [part.code for part in self._product.area]
        confirmed = parts and self._product.area_certainty == "confirmed"
        if confirmed and not any(code.startswith(part) for part in parts):
            name = division_names(self._session, [code])[code]
            return Words(
                f"{name}不在{self._product.name}的保护地域内",
                f"{name} lies outside the area of {self._product.name}",
            )
        return code


def checked_plot(townships: Townships, draft: PlotDraft) -> dict[str, Any]:
    """The columns that follow from `draft`, with `outline` as an Outline; Invalid with all faults."""
    faults: list[FieldFault] = []
    number = draft.number.strip().upper()
    if not NUMBER.fullmatch(number):
        faults.append(
            fault(
                "/number",
                "地块编号只能用汉字、字母、数字和 -，最多 20 个字",
                "Plot numbers use letters, digits and -, at most 20",
            )
        )
    area = _taken("/area_mu", faults, lambda: checked_mu(draft.area_mu))
    outline = None
    if draft.outline is not None:
        outline = _taken("/outline", faults, lambda: read_outline(draft.outline))
    code = townships.code_of(draft.township)
    if isinstance(code, Words):
        faults.append(FieldFault("/township", code))
    if faults:
        raise Invalid("plot-invalid", faults[0].message, faults)
    return {
        "number": number,
        "name": draft.name,
        "area_mu": area,
        "place_code": code,
        "place": draft.place,
        "worked_by": draft.worked_by,
        "outline": outline,
    }


def _taken(pointer: str, faults: list[FieldFault], read: Any) -> Any:
    try:
        return read()
    except RuleError as wrong:
        faults.append(FieldFault(pointer, wrong.words))
        return None


def checked_mu(typed: str) -> Decimal:
    """An area in 亩 with at most two places; RuleError otherwise."""
    area = parse_decimal(typed)
    if not 0 < area <= LARGEST_MU or places_of(typed) > 2:
        raise RuleError(
            "area-range",
            f"面积（亩）要大于 0、不超过 {LARGEST_MU}，最多两位小数",
            f"The area in mu is above 0, at most {LARGEST_MU}, with at most two places",
        )
    return area


def bounds_of(outline: Outline | None) -> Mapping[str, int | None]:
    """The columns by which overlaps are found."""
    sides = outline.bounds if outline is not None else (None, None, None, None)
    return dict(zip(("west", "south", "east", "north"), sides, strict=True))


def checked_cap(product: Product, draft: CapDraft) -> dict[str, Any]:
    """The columns that follow from `draft`; Invalid with every fault."""
    form = draft.form or product.default_form
    term = next((t for t in product.terms if t.kind == "form" and t.name == form), None)
    if term is None:
        listed = "、".join(product.names("form"))
        found = fault("/form", f"{product.name}没有“{form}”这个形态，可选：{listed}",
                      f"{product.name} has no form {form}; one of: {listed}")  # fmt: skip
        raise Invalid("cap-invalid", found.message, [found])
    base = term.base or "mass"
    faults = _season_faults(draft)
    value = _taken("/quantity", faults, lambda: parse_decimal(draft.quantity))
    per_mu = None
    if value is not None:
        allowed = frozenset(unit(name).symbol for name in term.units)
        per_mu = _taken("/unit", faults, lambda: _amount(value, draft.unit, base, form, allowed))
    if per_mu is not None and not 0 < per_mu <= MOST_PER_MU[base]:
        faults.append(
            fault(
                "/quantity",
                "每亩产量要大于 0，也不会有这么多，请核对单位",
                "The yield per mu is above 0 and within reason; check the unit",
            )
        )
    if faults:
        raise Invalid("cap-invalid", faults[0].message, faults)
    return {
        "form": form,
        "base": base,
        "per_mu": per_mu,
        "typed": draft.quantity,
        "unit": unit(draft.unit).symbol,
        "season_from": draft.season_from,
        "season_to": draft.season_to,
        "source": draft.source,
    }


def _amount(value: Decimal, symbol: str, base: str, form: str, allowed: frozenset[str]) -> int:
    if allowed and unit(symbol).symbol not in allowed:
        listed = "、".join(sorted(allowed))
        raise RuleError(
            "unit-of-other-form", f"{form} 的单位只能是 {listed}", f"Units of {form}: {listed}"
        )
    return to_milligrams(value, symbol) if base == "mass" else to_count(value, symbol)


def _season_faults(draft: CapDraft) -> list[FieldFault]:
    first, last = draft.season_from, draft.season_to
    faults = [
        fault(pointer, f"采收季要在 {draft.year} 年之内", f"The season lies in {draft.year}")
        for pointer, day in (("/season_from", first), ("/season_to", last))
        if day is not None and day.year != draft.year
    ]
    if first and last and last < first:
        faults.append(
            fault("/season_to", "采收季的止日早于起日", "The season ends before it begins")
        )
    return faults

"""What a producer enters when it opens a batch, held against the product's vocabulary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from core.act import Act
from core.errors import FieldFault, Invalid, fault, invalid_field
from core.words import Words
from products.errors import RuleError
from products.licences.service import licence_on
from products.models import Division, Product
from products.numbers import parse_decimal
from products.standards.keeping import may_declare
from products.units import to_count, to_milligrams, unit
from trace.batches.numbers import number_fits
from trace.books.harvests import Share

LARGEST = 10**15
"""A thousand tonnes in milligrams: more in one batch is a slip of the pen."""


@dataclass(frozen=True)
class BatchDraft:
    """What a producer says when it opens a batch; texts as typed."""

    product: str
    quantity: str
    unit: str
    production_date: date
    number: str | None = None
    form: str | None = None
    process: str | None = None
    condition: str | None = None
    grade: str | None = None
    best_before: date | None = None
    place_code: str | None = None
    place: str | None = None
    declared: Sequence[str] = ()


@dataclass(frozen=True)
class EventDraft:
    """What a producer says of one stage; readings and documents already checked by the caller."""

    stage: str
    happened_on: date
    place: str | None = None
    note: str | None = None
    operator: str | None = None
    readings: Sequence[Mapping[str, Any]] = ()
    documents: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class PlotShare:
    """How much of a harvest came from a plot, as typed; all of it where nothing is typed."""

    plot: UUID
    quantity: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Quantity:
    """An amount in the form's base, and the unit as the table writes it."""

    amount: int
    base: str
    unit: str


def checked_quantity(product: Product, form: str, typed: str, symbol: str) -> Quantity:
    """The quantity in whole milligrams or pieces; Invalid naming /quantity or /unit."""
    term = next(t for t in product.terms if t.kind == "form" and t.name == form)
    try:
        value = parse_decimal(typed)
    except RuleError as broken:
        raise invalid_field(broken.code, "/quantity", *broken.words) from broken
    if value <= 0:
        raise invalid_field(
            "quantity-not-positive", "/quantity", "数量要大于 0", "The quantity must be above 0"
        )
    base = term.base or "mass"
    try:
        wanted = unit(symbol)
        allowed = {unit(name).symbol for name in term.units}
        if allowed and wanted.symbol not in allowed:
            listed = "、".join(term.units)
            raise invalid_field(
                "unit-of-other-form",
                "/unit",
                f"{form} 的单位只能是 {listed}",
                f"Units of {form}: {', '.join(term.units)}",
            )
        amount = (to_milligrams if base == "mass" else to_count)(value, symbol)
    except RuleError as broken:
        raise invalid_field(broken.code, "/unit", *broken.words) from broken
    if amount > LARGEST:
        raise invalid_field(
            "quantity-too-large",
            "/quantity",
            "一批不会有这么多，请核对单位",
            "Too much for one batch",
        )
    return Quantity(amount, base, wanted.symbol)


def checked_shares(
    product: Product, form: str, whole: int, symbol: str, plots: Sequence[PlotShare]
) -> list[Share]:
    """What came from each plot, in the base of the form; Invalid naming /plots/n/quantity."""
    if len(plots) == 1 and plots[0].quantity is None:
        return [Share(plots[0].plot, whole)]
    shares = []
    for place, one in enumerate(plots):
        pointer = f"/plots/{place}/quantity"
        if one.quantity is None:
            raise invalid_field(
                "plot-quantity", pointer, "请写每个地块采了多少", "Give what came from each plot"
            )
        try:
            amount = checked_quantity(product, form, one.quantity, one.unit or symbol).amount
        except Invalid as wrong:
            raise Invalid(
                wrong.code, wrong.detail, [FieldFault(pointer, wrong.detail)]
            ) from wrong  # fmt: skip
        shares.append(Share(one.plot, amount))
    return shares


def checked_batch(act: Act, product: Product, draft: BatchDraft) -> dict[str, Any]:
    """The columns that follow from `draft`; Invalid with every fault that was found."""
    _check_licence(act, product)
    form = draft.form or product.default_form
    faults = [
        *_vocabulary_faults(product, form, draft),
        *_date_faults(act, draft),
        *_declared_faults(act, draft),
    ]
    if draft.number is not None and not number_fits(draft.number):
        faults.append(
            fault(
                "/number",
                "批号只能用 A–Z、0–9 和 -，最多 20 个字符",
                "Batch numbers use A–Z, 0–9 and -, at most 20 characters",
            )
        )
    if faults:
        raise Invalid("batch-invalid", faults[0].message, faults)
    quantity = checked_quantity(product, form, draft.quantity, draft.unit)
    return {
        "form": form,
        "process": draft.process,
        "condition": draft.condition,
        "grade": draft.grade,
        "base": quantity.base,
        "quantity": quantity.amount,
        "quantity_typed": draft.quantity,
        "quantity_unit": quantity.unit,
        "place_code": _checked_place(act, product, draft.place_code),
    }


def _check_licence(act: Act, product: Product) -> None:
    if licence_on(act.session, act.party, product.id, act.today) is None:
        raise invalid_field(
            "not-licensed",
            "/product",
            f"您单位没有{product.name}的准入，请向主管部门申请",
            f"Your party holds no licence for {product.name}; ask the authority",
        )


def _vocabulary_faults(product: Product, form: str, draft: BatchDraft) -> list[Any]:
    said = {
        "form": form,
        "grade": draft.grade,
        "process": draft.process,
        "condition": draft.condition,
    }
    faults = []
    for kind, name in said.items():
        known = product.names(kind)
        if name is not None and name not in known:
            listed = "、".join(known) or "（没有）"
            faults.append(
                fault(
                    f"/{kind}",
                    f"{product.name}没有“{name}”，可选：{listed}",
                    f"{product.name} has no such {kind}; known: {', '.join(known) or 'none'}",
                )
            )
    return faults


def _date_faults(act: Act, draft: BatchDraft) -> list[Any]:
    faults = []
    if draft.production_date > act.today:
        faults.append(
            fault("/production_date", "生产日期不能在今天以后", "The date may not be in the future")
        )
    if draft.best_before is not None and draft.best_before < draft.production_date:
        faults.append(
            fault(
                "/best_before",
                "保质期不能早于生产日期",
                "Best before may not come before the production date",
            )
        )
    return faults


def _declared_faults(act: Act, draft: BatchDraft) -> list[Any]:
    faults = []
    for place, text in enumerate(draft.declared):
        if not may_declare(act.session, act.party, text):
            faults.append(
                fault(
                    f"/declared/{place}",
                    f"目录里没有标准“{text}”，请先登记或改正",
                    f"There is no standard {text} in the catalogue",
                )
            )
    return faults


def _checked_place(act: Act, product: Product, code: str | None) -> str | None:
    if code is None:
        return None
    division = act.session.get(Division, code)
    if division is None:
        raise Invalid(
            "no-such-place",
            Words("没有这个区划代码", "No such division code"),
            [fault("/place_code", "没有这个区划代码", "No such division code")],
        )
    parts = [part.code for part in product.area]
    inside = any(code.startswith(part) for part in parts)
    if parts and product.area_certainty == "confirmed" and not inside:
        raise invalid_field(
            "outside-area",
            "/place_code",
            f"{division.name}不在{product.name}的保护地域内",
            f"{division.name} lies outside the area of {product.name}",
        )
    return code

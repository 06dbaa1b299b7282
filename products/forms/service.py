"""The verbs of conversion ranges: the authority says what one form gives of another."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.errors import FieldFault, Invalid, fault
from products.errors import RuleError
from products.evidence import checked_evidence
from products.forms.models import Conversion
from products.forms.yields import Range
from products.models import Product
from products.numbers import parse_decimal
from products.service import product_named
from products.units import COUNTS, Dimension, unit


@dataclass(frozen=True)
class ConversionDraft:
    """A range as typed; without a source it is 待核实. `ended` takes the range back."""

    from_form: str
    to_form: str
    low: str
    high: str
    unit: str
    per_unit: str
    source: str | None = None
    evidence: uuid.UUID | None = None
    ended: bool = False


def set_conversion(act: Act, product: str, draft: ConversionDraft) -> Conversion:
    """The authority sets the range of a pair of forms, by product id or key.

    Raises Invalid naming the fields.
    """
    act.need(AUTHORITY)
    goods = product_named(act.session, product)
    numbers, faults = _numbers(draft)
    faults += _faults(goods, draft)
    if faults:
        raise Invalid("conversion-invalid", faults[0].message, faults)
    query = select(func.max(Conversion.number)).where(
        Conversion.product_id == goods.id,
        Conversion.from_form == draft.from_form,
        Conversion.to_form == draft.to_form,
    )
    row = Conversion(
        id=uuid.uuid4(), product_id=goods.id, from_form=draft.from_form, to_form=draft.to_form,
        number=(act.session.scalar(query) or 0) + 1, low=numbers[0], high=numbers[1],
        unit=unit(draft.unit).symbol, per_unit=unit(draft.per_unit).symbol, ended=draft.ended,
        source=draft.source, evidence_id=checked_evidence(act, draft.evidence),
        account_id=act.actor.account, set_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "conversion", row.id, product=goods.id, from_form=row.from_form, to_form=row.to_form,
        number=row.number, low=str(row.low), high=str(row.high), unit=row.unit,
        per_unit=row.per_unit, ended=row.ended, source=row.source, evidence=row.evidence_id,
    )  # fmt: skip
    return row


def _numbers(draft: ConversionDraft) -> tuple[list[Decimal], list[FieldFault]]:
    numbers, faults = [], []
    for name in ("low", "high"):
        try:
            numbers.append(parse_decimal(getattr(draft, name)))
        except RuleError as wrong:
            faults.append(fault(f"/{name}", *wrong.words))
    if not faults and not 0 < numbers[0] <= numbers[1]:
        faults.append(
            fault("/low", "下限要大于 0，且不高于上限", "Above 0, and not above the upper end")
        )
    return numbers, faults


def _faults(product: Product, draft: ConversionDraft) -> list[FieldFault]:
    faults = []
    sides = (("from_form", "per_unit"), ("to_form", "unit"))
    for form_field, unit_field in sides:
        form, base = getattr(draft, form_field), product.base_of(getattr(draft, form_field))
        if base is None:
            known = "、".join(product.names("form"))
            faults.append(
                fault(
                    f"/{form_field}",
                    f"{product.name}没有“{form}”这种形态，可选：{known}",
                    f"{product.name} has no form {form}; known: {known}",
                )
            )
        elif not _fits(getattr(draft, unit_field), base):
            faults.append(
                fault(
                    f"/{unit_field}",
                    f"“{form}”按{'重量' if base == 'mass' else '个数'}记，请换单位",
                    f"{form} is kept by {'mass' if base == 'mass' else 'count'}: another unit",
                )
            )
    if draft.from_form == draft.to_form:
        faults.append(fault("/to_form", "请选另一种形态", "Choose another form"))
    if draft.evidence is not None and draft.source is None:
        faults.append(fault("/source", "请写明依据", "Name the source"))
    return faults


def _fits(symbol: str, base: str) -> bool:
    try:
        dimension = unit(symbol).dimension
    except RuleError:
        return False
    return dimension is Dimension.MASS if base == "mass" else dimension in COUNTS


def conversion_of(
    session: Session, product_id: uuid.UUID, from_form: str, to_form: str
) -> Conversion | None:
    """The range of a pair of forms that stands; None where there is none."""
    query = (
        select(Conversion)
        .where(
            Conversion.product_id == product_id,
            Conversion.from_form == from_form,
            Conversion.to_form == to_form,
        )
        .order_by(Conversion.number.desc())
        .limit(1)
    )
    row = session.scalars(query).first()
    return None if row is None or row.ended else row


def conversions_of(session: Session, product_id: uuid.UUID) -> Sequence[Conversion]:
    """Every range that was ever set for a product, newest first."""
    query = select(Conversion).where(Conversion.product_id == product_id)
    return session.scalars(query.order_by(Conversion.set_at.desc())).all()


def range_of(row: Conversion | None) -> Range | None:
    """The same as the rule takes it."""
    if row is None:
        return None
    return Range(row.low, row.high, row.unit, row.per_unit, row.source is not None)

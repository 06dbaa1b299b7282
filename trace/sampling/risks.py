"""风险监测: what the authority wants looked at in a product for a while, beyond the release plan."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.errors import Conflict, Invalid, fault, not_found
from core.words import Words
from products.standards.models import Characteristic
from trace.batches.service import product_named
from trace.sampling.models import RiskItem


@dataclass(frozen=True)
class RiskDraft:
    """What the authority enters: an item of a product, from when to when, why, by which paper."""

    product: str
    characteristic: str
    starts: date
    reason: str
    source: str
    ends: date | None = None


def add_risk(act: Act, draft: RiskDraft) -> RiskItem:
    """The authority adds an item; every order from now on has it. Raises Invalid, Conflict."""
    act.need(AUTHORITY)
    product = product_named(act.session, draft.product)
    _check(act, draft)
    for known in risks_in_force(act.session, product.id, draft.starts):
        if known.characteristic == draft.characteristic:
            raise Conflict(
                "risk-there",
                Words(
                    f"{product.name}的“{draft.characteristic}”已经在监测，请先结束那一条。",
                    f"{draft.characteristic} of {product.name} is watched already; end that first.",
                ),
            )
    row = RiskItem(
        id=uuid.uuid4(), product_id=product.id, characteristic=draft.characteristic,
        starts=draft.starts, ends=draft.ends, reason=draft.reason, source=draft.source,
        account_id=act.actor.account, added_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "risk-item", row.id, product=product.id, characteristic=row.characteristic,
        starts=row.starts, ends=row.ends, reason=row.reason, source=row.source,
    )  # fmt: skip
    return row


def _check(act: Act, draft: RiskDraft) -> None:
    faults = []
    known = select(Characteristic.id).where(Characteristic.name == draft.characteristic)
    if act.session.scalar(known) is None:
        faults.append(
            fault(
                "/characteristic",
                f"目录里没有“{draft.characteristic}”这个检验项目，请从表里选",
                f"There is no characteristic {draft.characteristic} in the catalogue",
            )
        )
    if draft.ends is not None and draft.ends < draft.starts:
        faults.append(fault("/ends", "结束不能早于开始", "It ends before it begins"))
    if draft.ends is not None and draft.ends < act.today:
        faults.append(fault("/ends", "结束日已经过去", "Its last day has passed"))
    if faults:
        raise Invalid("risk-invalid", faults[0].message, faults)


def risk_named(act: Act, risk_id: uuid.UUID) -> RiskItem:
    """A risk item by its id; NotFound where there is none."""
    row = act.session.get(RiskItem, risk_id)
    if row is None:
        raise not_found("风险监测项目", "risk item")
    return row


def end_risk(act: Act, risk_id: uuid.UUID, reason: str) -> RiskItem:
    """The authority ends an item before its day, with a reason. Once."""
    act.need(AUTHORITY)
    risk_named(act, risk_id)
    query = select(RiskItem).where(RiskItem.id == risk_id).with_for_update(of=RiskItem)
    row = act.session.scalars(query.execution_options(populate_existing=True)).one()
    if row.ended_at is not None:
        raise Conflict("risk-ended", Words("这一项已经结束了。", "It has ended already."))
    row.ended_at, row.ended_by, row.end_reason = act.at, act.actor.account, reason
    act.session.flush()
    act.record("risk-item-ended", row.id, reason=reason)
    return row


def risks_in_force(session: Session, product_id: uuid.UUID, on: date) -> Sequence[RiskItem]:
    """The items of a product that are to be looked at on a day."""
    query = select(RiskItem).where(
        RiskItem.product_id == product_id,
        RiskItem.ended_at.is_(None),
        RiskItem.starts <= on,
        or_(RiskItem.ends.is_(None), RiskItem.ends >= on),
    )
    return session.scalars(query.order_by(RiskItem.characteristic, RiskItem.id)).all()

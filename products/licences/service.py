"""The verbs of licences and trade items: who may label which product, and under which GTIN."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import Conflict, FieldFault, Invalid, NotFound, fault, invalid_field, not_found
from core.identity.models import Party
from core.words import Words
from products.errors import RuleError
from products.evidence import checked_evidence
from products.licences.gtin import kept_gtin
from products.licences.models import Licence, TradeItem
from products.models import GiRecord, Product
from products.numbers import parse_decimal
from products.service import product_named
from products.units import to_count, to_milligrams


@dataclass(frozen=True)
class LicenceDraft:
    """A licence from–to, both days included; `product` is an id or key, `source` its basis.

    `mark` needs a record of the product that is proven.
    """

    party: UUID
    product: str
    starts: date
    source: str
    ends: date | None = None
    mark: bool = False
    gi_record: UUID | None = None
    evidence: UUID | None = None


@dataclass(frozen=True)
class TradeItemDraft:
    """One pack of a product under a real GTIN; net content as typed."""

    gtin: str
    product: str
    net_content: str
    unit: str


def grant_licence(act: Act, draft: LicenceDraft) -> Licence:
    """The authority licenses a producer for a product. Raises Invalid naming the fields."""
    act.need(AUTHORITY)
    product = _product(act.session, draft.product)
    faults = [*_party_faults(act.session, draft.party), *_mark_faults(act, product, draft)]
    if draft.ends is not None and draft.ends < draft.starts:
        faults.append(fault("/ends", "止日不能早于起始日", "The last day is before the first"))
    if faults:
        raise Invalid("licence-invalid", faults[0].message, faults)
    row = Licence(
        id=uuid.uuid4(), party_id=draft.party, product_id=product.id, starts=draft.starts,
        ends=draft.ends, mark=draft.mark, gi_record_id=draft.gi_record, evidence=draft.source,
        evidence_id=checked_evidence(act, draft.evidence), granted_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "licence", row.id, party=row.party_id, product=row.product_id, starts=row.starts,
        ends=row.ends, mark=row.mark, gi_record=row.gi_record_id, source=row.evidence,
        evidence=row.evidence_id,
    )  # fmt: skip
    return row


def _product(session: Session, name: str) -> Product:
    try:
        return product_named(session, name)
    except NotFound as missing:
        raise invalid_field(
            "no-such-product", "/product", "没有这个产品", "There is no such product"
        ) from missing


def _party_faults(session: Session, party_id: UUID) -> list[FieldFault]:
    party = session.get(Party, party_id)
    if party is None:
        return [fault("/party", "没有这个主体，请先登记", "There is no such party")]
    if PRODUCER not in party.roles:
        return [
            fault(
                "/party",
                f"{party.name}不是生产经营者，只能核准生产经营者",
                f"{party.name} is no producer; only producers are licensed",
            )
        ]
    return []


def _mark_faults(act: Act, product: Product, draft: LicenceDraft) -> list[FieldFault]:
    """The official mark goes with a record whose number and evidence are there."""
    if draft.gi_record is None:
        if not draft.mark:
            return []
        return [
            fault(
                "/gi_record",
                f"使用专用标志要选{product.name}的一项已核实的地理标志记录；没有就先不带标志核准",
                f"The official mark needs a proven record of {product.name}; without one, "
                "license it without the mark",
            )
        ]
    record = act.session.get(GiRecord, draft.gi_record)
    if record is None or record.product_id != product.id:
        return [
            fault(
                "/gi_record",
                f"{product.name}没有这项地理标志记录",
                f"{product.name} has no such record",
            )
        ]
    if draft.mark and not record.proven:
        return [
            fault(
                "/mark",
                f"“{record.name}”的编号或证明文件还没有（待核实），补齐之前不能使用专用标志",
                f"The number or the evidence of “{record.name}” is missing; until it is there the "
                "official mark cannot be used",
            )
        ]
    return []


def revoke_licence(act: Act, licence_id: UUID, reason: str) -> Licence:
    """The authority revokes a licence at once; what is labelled under it is held.

    A verb of trace/inspections calls this and sees to what follows. Conflict the second time.
    """
    act.need(AUTHORITY)
    row = visible_licence(act, licence_id)
    changed = act.session.execute(
        update(Licence)
        .where(Licence.id == licence_id, Licence.revoked_at.is_(None))
        .values(revoked_at=act.at, revoke_reason=reason)
        .returning(Licence.id)
    ).first()
    if changed is None:
        raise Conflict(
            "already-revoked",
            Words("这项准入已经撤销。", "This licence is revoked already."),
        )
    act.session.refresh(row)
    act.record("licence-revoked", row.id, reason=reason)
    return row


def licence_on(session: Session, party_id: UUID, product_id: UUID, day: date) -> Licence | None:
    """A licence of the party for the product that holds on `day` and is not revoked.

    Of several the one with the mark, then the one granted last.
    """
    query = (
        select(Licence)
        .where(Licence.party_id == party_id, Licence.product_id == product_id)
        .where(Licence.starts <= day, or_(Licence.ends.is_(None), Licence.ends >= day))
        .where(Licence.revoked_at.is_(None))
        .order_by(Licence.mark.desc(), Licence.granted_at.desc(), Licence.id)
        .limit(1)
    )
    return session.scalars(query).first()


def licences_seen_by(act: Act) -> Select[Licence]:
    """All for the authority, one's own for others."""
    query = select(Licence)
    return query if act.actor.is_a(AUTHORITY) else query.where(Licence.party_id == act.party)


def visible_licence(act: Act, licence_id: UUID) -> Licence:
    """A licence that the actor may know of; NotFound otherwise."""
    row = act.session.scalars(licences_seen_by(act).where(Licence.id == licence_id)).first()
    if row is None:
        raise not_found("准入", "licence")
    return row


def register_trade_item(act: Act, draft: TradeItemDraft) -> TradeItem:
    """A licensed producer enters a GTIN that it holds for one pack of the product."""
    act.need(PRODUCER)
    product = _product(act.session, draft.product)
    if licence_on(act.session, act.party, product.id, act.today) is None:
        raise invalid_field(
            "not-licensed",
            "/product",
            f"您单位没有{product.name}的准入，请向主管部门申请",
            f"Your party holds no licence for {product.name}; ask the authority",
        )
    try:
        gtin = kept_gtin(draft.gtin)
    except RuleError as wrong:
        raise invalid_field(wrong.code, "/gtin", *wrong.words) from wrong
    row = TradeItem(
        id=uuid.uuid4(), gtin=gtin, party_id=act.party, product_id=product.id,
        net_content=_net_content(product, draft), created_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    try:
        act.session.flush()
    except IntegrityError as clash:
        words = Words(f"商品条码 {gtin} 已经登记过。", f"The GTIN {gtin} is registered already.")
        raise Conflict("gtin-taken", words, [FieldFault("/gtin", words)]) from clash
    act.record(
        "trade-item", row.id, gtin=gtin, party=row.party_id, product=row.product_id,
        net_content=str(row.net_content),
    )  # fmt: skip
    return row


def _net_content(product: Product, draft: TradeItemDraft) -> int:
    """Net content in the base of the form that carries labels: milligrams, or a count."""
    counted = product.base_of(product.default_form) == "count"
    try:
        value = parse_decimal(draft.net_content)
    except RuleError as wrong:
        raise invalid_field(wrong.code, "/net_content", *wrong.words) from wrong
    try:
        amount = (to_count if counted else to_milligrams)(value, draft.unit)
    except RuleError as wrong:
        raise invalid_field(wrong.code, "/unit", *wrong.words) from wrong
    if not 0 < amount <= _LARGEST:
        raise invalid_field(
            "net-content-range",
            "/net_content",
            "净含量要大于 0，且不超过一吨或一百万件",
            "Net content is above 0, at most a tonne or a million pieces",
        )
    return amount


_LARGEST = 10**9


def trade_items_seen_by(act: Act) -> Select[TradeItem]:
    """All for the authority, one's own for others."""
    query = select(TradeItem)
    return query if act.actor.is_a(AUTHORITY) else query.where(TradeItem.party_id == act.party)


def visible_trade_item(act: Act, item_id: UUID) -> TradeItem:
    """A trade item that the actor may know of; NotFound otherwise."""
    row = act.session.scalars(trade_items_seen_by(act).where(TradeItem.id == item_id)).first()
    if row is None:
        raise not_found("商品条码", "trade item")
    return row

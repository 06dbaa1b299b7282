"""What a certificate of promise shows to everybody: plain facts, and how it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from core.words import Words
from labels.promise_finding import contact_of, newer_of, older_than, states_of, withdrawals_of
from labels.promise_models import Promise
from labels.promise_template import template
from labels.promises import PURCHASER_FORM, State
from labels.report_address import address_of

STATE_WORDS: dict[State, tuple[str, Words, Words]] = {
    "stands": (
        "none",
        Words("有效", "Stands"),
        Words(
            "这是开具的单位自己作出的承诺，由它负责；本页不代替检验结论。",
            "This is the promisor's own promise, for which it answers; no test is stood in for.",
        ),
    ),
    "replaced": (
        "wait",
        Words("已换开", "Replaced"),
        Words(
            "这一张已经由新的一张代替，请看新的。",
            "A newer certificate has taken the place of this one.",
        ),
    ),
    "withdrawn": (
        "fail",
        Words("已撤回", "Withdrawn"),
        Words(
            "这一张已经撤回，不再算数；保存备查。",
            "This one was withdrawn and no longer counts; it is kept on record.",
        ),
    ),
    "held": (
        "fail",
        Words("这批货现在封存", "The goods are on hold"),
        Words(
            "开证以后，这批货被封存、拒收或判定不合格。请先不要食用或销售，问开具的单位。",
            "After it was issued the goods were held, rejected or found nonconforming. Do not eat "
            "or sell them; ask the promisor.",
        ),
    ),
    "recalled": (
        "fail",
        Words("这批货已召回", "The goods are recalled"),
        Words(
            "开证以后，这批货被召回。请不要食用或销售，退给卖家或问开具的单位。",
            "After it was issued the goods were recalled. Do not eat or sell them; give them back "
            "or ask the promisor.",
        ),
    ),
}
"""How it looks, its word, and what that means."""


@dataclass(frozen=True)
class Older:
    """Another certificate that this one goes with."""

    number: str
    address: str
    promisor: str


@dataclass(frozen=True)
class Face:
    """Everything that is printed, and how the certificate stands now."""

    address: str
    number: str
    title: Words
    lead: Words
    promises: tuple[Words, ...]
    basis: tuple[tuple[str, Words], ...]
    ticked: frozenset[str]
    other_proof: str
    product: str
    goods_form: str
    quantity: str
    origin: str
    promisor: str
    credit_code: str
    contact: str
    batch: str
    issued_on: date
    issued_at: datetime
    keep_until: date
    purchaser: bool
    sample: bool
    state: State
    reason: str
    newer: Older | None
    older: tuple[Older, ...]
    official_form: Words
    measures: Words


def face_of(session: Session, promise: Promise) -> Face:
    """The certificate as it is to be shown now; what was printed never changes."""
    gone = withdrawals_of(session, [promise]).get(promise.id)
    newer = newer_of(session, [promise]).get(promise.id)
    held = template()
    return Face(
        address=address_of(promise.token),
        number=promise.number,
        title=_said(promise.title),
        lead=_said(promise.lead),
        promises=tuple(_said(text) for text in promise.promises),
        basis=held.basis,
        ticked=frozenset(one["key"] for one in promise.basis),
        other_proof=promise.other_proof or "",
        product=promise.product_name,
        goods_form=promise.goods_form,
        quantity=f"{promise.quantity_typed} {promise.quantity_unit}",
        origin=promise.origin,
        promisor=promise.promisor,
        credit_code=promise.credit_code,
        contact=contact_of(session, promise),
        batch=promise.batch_number,
        issued_on=promise.issued_on,
        issued_at=promise.issued_at,
        keep_until=promise.keep_until,
        purchaser=promise.form == PURCHASER_FORM,
        sample=promise.sample,
        state=states_of(session, [promise])[promise.id],
        reason=gone.reason if gone else "",
        newer=other_of(newer) if newer else None,
        older=tuple(other_of(one) for one in older_than(session, promise)),
        official_form=held.official_form,
        measures=Words(f"{held.measures}《{held.measures_title}》", held.measures),
    )


def other_of(promise: Promise) -> Older:
    """A certificate as another one names it."""
    return Older(promise.number, address_of(promise.token), promise.promisor)


def _said(text: str) -> Words:
    return Words(text, template().english(text))


def promise_url(origin: str, address: str) -> str:
    """What the QR of a certificate opens; upper case keeps the symbol small."""
    return f"{origin}/C/{address}"


def as_data(face: Face, origin: str) -> dict[str, Any]:
    """The same as JSON."""
    _look, word, sentence = STATE_WORDS[face.state]
    return {
        "title": face.title._asdict(),
        "number": face.number,
        "address": promise_url(origin, face.address),
        "state": face.state,
        "word": word._asdict(),
        "sentence": sentence._asdict(),
        "reason": face.reason,
        "product": face.product,
        "form": face.goods_form,
        "quantity": face.quantity,
        "origin": face.origin,
        "promisor": face.promisor,
        "credit_code": face.credit_code,
        "contact": face.contact,
        "batch": face.batch,
        "issued_on": face.issued_on.isoformat(),
        "keep_until": face.keep_until.isoformat(),
        "issued_by": "purchaser" if face.purchaser else "producer",
        "lead": face.lead._asdict(),
        "promises": [one._asdict() for one in face.promises],
        "basis": [
            {"key": key, "text": text._asdict()} for key, text in face.basis if key in face.ticked
        ],
        "other_proof": face.other_proof,
        "older": [{"number": one.number, "address": one.address} for one in face.older],
        "newer": {"number": face.newer.number, "address": face.newer.address}
        if face.newer
        else None,
        "sample": face.sample,
        "official_form": face.official_form._asdict(),
        "measures": face.measures._asdict(),
    }

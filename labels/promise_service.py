"""The verbs of certificates of promise (承诺达标合格证): issue, collect, take back."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import Conflict, Forbidden, Invalid, fault, invalid_field
from core.identity.models import Party
from core.record.service import seal_personal
from core.words import Words
from labels.promise_finding import promise_named, standing_of_batch, visible_promise
from labels.promise_models import Promise, PromiseLink, PromiseReceipt, PromiseWithdrawal
from labels.promise_ready import Ready, ready_for
from labels.promise_template import template
from labels.promises import BASIS, lacking, number_of
from labels.report_address import address_of
from trace.batches.drafts import checked_quantity
from trace.batches.models import Batch
from trace.batches.service import own_batch
from trace.inspections.validity import last_day


@dataclass(frozen=True)
class PromiseDraft:
    """What the promisor ticks; everything else is filled in from the batch and the party.

    `replaces` is an older certificate of the same batch in whose place the new one comes.
    """

    basis: Sequence[str]
    quantity: str | None = None
    unit: str | None = None
    origin: str | None = None
    contact: str | None = None
    other_proof: str | None = None
    replaces: uuid.UUID | None = None


def issue_promise(act: Act, batch_id: uuid.UUID, draft: PromiseDraft) -> Promise:
    """A producer or purchaser promises for some of a batch of its own.

    Locked, in this order: the batch, the party, the record. Invalid names the fields, Conflict
    says why the batch takes no certificate.
    """
    act.need(PRODUCER)
    batch = own_batch(act, batch_id)
    replaced = _replaced(act, batch, draft.replaces)
    ready = ready_for(act.session, batch, instead_of=replaced)
    if ready.refused is not None:
        raise Conflict(ready.code, ready.refused)
    basis = _checked_basis(ready, draft.basis)
    goods = _goods(batch, ready, draft)
    texts = _checked_texts(ready, draft)
    party = _lock_party(act, batch.party_id)
    made = Promise(
        id=uuid.uuid4(),
        replaces_id=replaced.id if replaced else None,
        rests_on=[str(one) for key in basis for one in ready.tests.get(key, ())],
        contact=seal_personal(act.session, texts.pop("contact")),
        account_id=act.actor.account,
        issued_at=act.at,
        **_numbered(act, party),
        **_wording(ready, basis),
        **goods,
        **texts,
    )
    return _stored(act, made, ready)


def _lock_party(act: Act, party_id: uuid.UUID) -> Party:
    query = select(Party).where(Party.id == party_id).with_for_update(key_share=True)
    return act.session.scalars(query).one()


def _numbered(act: Act, party: Party) -> dict[str, Any]:
    """The promisor, the day and the number of that day; the party's row is locked."""
    last = select(func.max(Promise.ordinal)).where(
        Promise.party_id == party.id, Promise.issued_on == act.today
    )
    token = uuid.UUID(bytes=secrets.token_bytes(16))
    ordinal = (act.session.scalar(last) or 0) + 1
    return {
        "party_id": party.id,
        "promisor": party.name,
        "credit_code": party.credit_code,
        "sample": party.sample,
        "token": token,
        "ordinal": ordinal,
        "number": number_of(act.today, ordinal, address_of(token)),
        "issued_on": act.today,
        "keep_until": last_day(act.today, template().months),
    }


def _wording(ready: Ready, basis: Sequence[str]) -> dict[str, Any]:
    form, said = template().form(ready.form), dict(template().basis)
    return {
        "form": form.key,
        "template": template().version,
        "title": template().title.zh,
        "lead": form.lead.zh,
        "promises": [one.zh for one in form.promises],
        "basis": [{"key": key, "zh": said[key].zh} for key in basis],
    }


def _stored(act: Act, made: Promise, ready: Ready) -> Promise:
    act.session.add(made)
    act.session.flush()
    old = [one.id for one in ready.older]
    act.session.add_all(PromiseLink(promise_id=made.id, old_id=one) for one in old)
    act.session.flush()
    act.record(
        "promise", made.id, number=made.number, form=made.form, batch=made.batch_id,
        party=made.party_id, product=made.product_id, product_name=made.product_name,
        goods_form=made.goods_form, base=made.base, quantity=str(made.quantity),
        quantity_typed=made.quantity_typed, quantity_unit=made.quantity_unit, origin=made.origin,
        promisor=made.promisor, credit_code=made.credit_code, contact=made.contact,
        title=made.title, lead=made.lead, promises=made.promises, basis=made.basis,
        rests_on=made.rests_on, other_proof=made.other_proof, template=made.template,
        issued_on=made.issued_on, keep_until=made.keep_until, replaces=made.replaces_id,
        older=[str(one) for one in old],
    )  # fmt: skip
    return made


def _replaced(act: Act, batch: Batch, old_id: uuid.UUID | None) -> Promise | None:
    """The certificate that the new one takes the place of: one of this batch that still stands."""
    if old_id is None:
        return None
    standing = {one.id: one for one in standing_of_batch(act.session, batch.id)}
    if old_id not in standing:
        raise invalid_field(
            "not-standing",
            "/replaces",
            "要替换的合格证不是这一批的，或者已经撤回、替换过",
            "The certificate to be replaced is not of this batch, or was withdrawn or replaced",
        )
    return standing[old_id]


def _checked_basis(ready: Ready, keys: Sequence[str]) -> list[str]:
    """The basis in the order of the form; a basis of test needs a test (第二条)."""
    if not keys:
        raise invalid_field(
            "no-basis", "/basis", "请至少勾一项承诺依据", "Tick at least one basis of the promise"
        )
    for key in BASIS:
        why = lacking(key, ready.tests.get("entrusted_test", ()), ready.tests.get("self_test", ()))
        if key in keys and why is not None:
            raise Invalid("basis-without-test", why, [fault("/basis", *why)])
    return [key for key in BASIS if key in keys]


def _goods(batch: Batch, ready: Ready, draft: PromiseDraft) -> dict[str, Any]:
    """What is promised for: as much as was typed, else all that no certificate speaks of yet."""
    if draft.quantity is None and draft.unit is not None:
        raise invalid_field(
            "quantity-missing",
            "/quantity",
            "填了单位，也请填数量",
            "Give the quantity of that unit",
        )
    typed = draft.quantity or ready.left_typed
    symbol = draft.unit or batch.quantity_unit
    amount = checked_quantity(batch.product, batch.form, typed, symbol)
    if amount.amount > ready.left:
        raise invalid_field(
            "quantity-exceeded",
            "/quantity",
            f"这一批还没有开证的只有 {ready.left_typed} {batch.quantity_unit}",
            f"Only {ready.left_typed} {batch.quantity_unit} of the batch has no certificate yet",
        )
    return {
        "batch_id": batch.id,
        "batch_number": batch.number,
        "product_id": batch.product_id,
        "product_name": batch.product.name,
        "goods_form": batch.form,
        "base": amount.base,
        "quantity": amount.amount,
        "quantity_typed": typed,
        "quantity_unit": amount.unit,
    }


def _checked_texts(ready: Ready, draft: PromiseDraft) -> dict[str, str]:
    """Origin, contact, and the other proof where bought goods have no collected certificate."""
    texts = {
        "origin": draft.origin or ready.origin,
        "contact": draft.contact or ready.contact,
        "other_proof": draft.other_proof,
    }
    faults = []
    if not texts["origin"]:
        faults.append(fault("/origin", "请写产地", "Say where the goods come from"))
    if not texts["contact"]:
        faults.append(fault("/contact", "请写联系方式", "Give a contact"))
    if ready.sources.uncovered and not draft.other_proof:
        numbers = "、".join(one.number for one in ready.sources.uncovered)
        faults.append(
            fault(
                "/other_proof",
                f"买来的 {numbers} 还没有收取合格证：请先收取，或者写明收了什么其他质量安全合格证明",
                f"No certificate of {numbers} was collected: collect it, or say which other proof "
                "of quality and safety was",
            )
        )
    if faults:
        raise Invalid("promise-invalid", faults[0].message, faults)
    return {name: text for name, text in texts.items() if text}


# --- collecting and taking back -------------------------------------------------------------


def collect_promise(act: Act, name: str) -> PromiseReceipt:
    """A buyer records that it collected a certificate: by its number, or by the address scanned.

    NotFound for no such one. Conflict for one of its own, one taken back, one collected before.
    """
    act.need(PRODUCER)
    promise, how = promise_named(act.session, name)
    _lock_party(act, act.party)
    _check_collectable(act, promise)
    receipt = PromiseReceipt(
        id=uuid.uuid4(), promise_id=promise.id, party_id=act.party, how=how,
        account_id=act.actor.account, received_at=act.at,
    )  # fmt: skip
    act.session.add(receipt)
    act.session.flush()
    act.record(
        "promise-receipt", receipt.id, promise=promise.id, number=promise.number,
        party=act.party, how=how,
    )  # fmt: skip
    return receipt


def _check_collectable(act: Act, promise: Promise) -> None:
    seen = select(PromiseReceipt.id).where(
        PromiseReceipt.promise_id == promise.id, PromiseReceipt.party_id == act.party
    )
    if promise.party_id == act.party:
        raise Conflict(
            "own-promise",
            Words(
                "这是您单位自己开的，不用收取。", "Your own party issued it; nothing to collect."
            ),
        )
    if act.session.get(PromiseWithdrawal, promise.id) is not None:
        raise Conflict(
            "withdrawn",
            Words(
                "这张合格证已经撤回，请向开具的单位要有效的。",
                "The certificate was withdrawn; ask its promisor for one that stands.",
            ),
        )
    if act.session.scalar(seen) is not None:
        raise Conflict(
            "already-collected",
            Words("这张合格证已经收取过。", "The certificate was collected already."),
        )


def withdraw_promise(act: Act, promise_id: uuid.UUID, reason: str) -> PromiseWithdrawal:
    """The promisor or the authority takes a certificate back; everything stays on record."""
    act.need(PRODUCER, AUTHORITY)
    promise = visible_promise(act, promise_id)
    if promise.party_id != act.actor.party and not act.actor.is_a(AUTHORITY):
        raise Forbidden(
            "not-your-promise",
            Words("这张合格证不是您单位开的。", "Another party issued this certificate."),
        )
    act.session.scalars(select(Batch.id).where(Batch.id == promise.batch_id).with_for_update())
    if act.session.get(PromiseWithdrawal, promise.id) is not None:
        raise Conflict(
            "withdrawn", Words("这张合格证已经撤回过。", "The certificate was withdrawn before.")
        )
    row = PromiseWithdrawal(
        promise_id=promise.id, reason=reason, party_id=act.actor.party,
        account_id=act.actor.account, withdrawn_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record("promise-withdrawal", promise.id, number=promise.number, reason=reason)
    return row

"""Issuing a run of labels: only for a released batch, only within its quantity (promises 1, 2)."""

import contextlib
import uuid
from dataclasses import dataclass

from sqlalchemy import select

from core.act import PRODUCER, Act
from core.errors import Conflict, FieldFault, Invalid, invalid_field
from core.record.attempts import Attempt
from core.words import Words
from labels.codes import CODE_LENGTH
from labels.digital_link import LinkError, checked_gtin, label_url
from labels.fonts import DrawingError
from labels.layout import lay_out
from labels.models import LabelRun
from labels.press import Press
from labels.printed import face_of, particulars_of
from labels.release import check_fresh, licence_for, release_of
from labels.serials import spend, take_serials
from labels.sheet_formats import SHEET_FORMATS, SheetFormat
from products.errors import RuleError
from products.licences.models import TradeItem
from trace.batches.drafts import Quantity, checked_quantity
from trace.batches.models import Batch
from trace.batches.service import holding_of, own_batch
from trace.books.balance import labels_possible
from trace.books.models import STOCK
from trace.books.service import book_labelling, ledger_balances
from trace.inspections.models import Disposition

LABELS_TRIED = "labels"
MOST_LABELS = 200_000
"""In one run. More goods take more runs."""
_ANY_CODE = "0" * CODE_LENGTH  # all labels of a run are laid out for the widest of their codes


@dataclass(frozen=True)
class RunDraft:
    """What a producer asks for; the net content of one label as typed, with its unit."""

    count: int
    net_content: str
    unit: str
    sheet_format: str
    gtin: str | None = None


def issue_run(act: Act, press: Press, batch_id: uuid.UUID, draft: RunDraft) -> LabelRun:
    """A producer draws labels for a released batch of its own; their goods leave the stock.

    Locked, in this order: the batch, the serials of the epoch, the record. Raises Invalid naming
    the field, Conflict where the batch, the licence, the stock or the keys do not allow it.
    """
    act.need(PRODUCER)
    batch = own_batch(act, batch_id)
    run = _drawn(act, press, batch, draft)
    _check_room(run, press)
    amount = draft.count * run.net_content
    run.posting = book_labelling(act, holding_of(batch), batch.form, amount)
    run.epoch, run.first, run.last = take_serials(act, press, draft.count)
    act.session.add(run)
    act.session.flush()
    act.record("label-run", run.id, **_facts(run))
    spend(act, press, run.epoch, run.last)
    return run


def _drawn(act: Act, press: Press, batch: Batch, draft: RunDraft) -> LabelRun:
    """The run with everything that is checked, before goods and serials are taken for it."""
    release = _release(act, batch, draft)
    check_fresh(batch, act.today)
    licence = licence_for(act, batch)
    sheet = sheet_format(draft.sheet_format)
    net = _net_content(batch, draft)
    gtin = _gtin(act, batch, draft, net.amount)
    _check_stock(act, batch, draft.count, net)
    printed = particulars_of(act.session, batch, licence)
    return LabelRun(
        id=uuid.uuid4(),
        batch=batch,
        batch_id=batch.id,
        party_id=batch.party_id,
        product_id=batch.product_id,
        release_id=release.id,
        licence_id=licence.id,
        net_content=net.amount,
        net_typed=draft.net_content,
        net_unit=net.unit,
        origin=press.origin,
        gtin=gtin,
        sheet_format=sheet.key,
        gi_name=printed.gi_name,
        standard=printed.standard,
        trademark=printed.trademark,
        mark=printed.mark,
        account_id=act.actor.account,
        drawn_at=act.at,
        states=[],
    )


def _release(act: Act, batch: Batch, draft: RunDraft) -> Disposition:
    """The release of the batch; where there is none, that labels were asked for is noted."""
    try:
        return release_of(act.session, batch)
    except Conflict:
        with contextlib.suppress(Invalid):
            net = _net_content(batch, draft)
            asked = draft.count * net.amount
            act.tried(Attempt(LABELS_TRIED, batch.id, batch.base, asked, 0))
        raise


def sheet_format(key: str) -> SheetFormat:
    """A sheet of the catalogue; Invalid at /sheet_format for any other."""
    sheet = SHEET_FORMATS.get(key)
    if sheet is None:
        listed = "、".join(SHEET_FORMATS)
        raise invalid_field(
            "no-such-sheet-format",
            "/sheet_format",
            f"没有这种标签纸，可选：{listed}",
            f"There is no such sheet; known: {', '.join(SHEET_FORMATS)}",
        )
    return sheet


def _net_content(batch: Batch, draft: RunDraft) -> Quantity:
    """The net content in the base of the batch's form; Invalid names /net_content or /unit."""
    if not 1 <= draft.count <= MOST_LABELS:
        raise invalid_field(
            "count-out-of-range",
            "/count",
            f"一次可领 1 至 {MOST_LABELS} 枚标签",
            f"1 to {MOST_LABELS} labels at a time",
        )
    try:
        return checked_quantity(batch.product, batch.form, draft.net_content, draft.unit)
    except Invalid as wrong:
        faults = [
            FieldFault(fault.pointer.replace("/quantity", "/net_content"), fault.message)
            for fault in wrong.faults
        ]
        raise Invalid(wrong.code, wrong.detail, faults) from wrong


def _gtin(act: Act, batch: Batch, draft: RunDraft, net_content: int) -> str | None:
    """The GTIN that the party holds for this pack of this product, never another one."""
    if draft.gtin is None:
        return None
    try:
        gtin = checked_gtin(draft.gtin)
    except LinkError as wrong:
        raise invalid_field(wrong.code, "/gtin", *wrong.words) from wrong
    query = select(TradeItem.id).where(
        TradeItem.gtin == gtin,
        TradeItem.party_id == batch.party_id,
        TradeItem.product_id == batch.product_id,
        TradeItem.net_content == net_content,
    )
    if act.session.scalar(query) is None:
        raise invalid_field(
            "gtin-not-held",
            "/gtin",
            f"您单位没有为这种净含量的{batch.product.name}登记商品条码 {gtin}，请先登记或留空",
            f"Your party has not registered the GTIN {gtin} for this pack; register it or leave "
            "it empty",
        )
    return gtin


def _check_room(run: LabelRun, press: Press) -> None:
    """Whether all that a label says, its QR symbol too, has room on the run's sheet."""
    sheet = SHEET_FORMATS[run.sheet_format]
    try:
        url = label_url(run.origin, _ANY_CODE, run.gtin)
        lay_out(face_of(run, press.sample), sheet.label, url, _ANY_CODE)
    except DrawingError as wrong:
        raise invalid_field("does-not-fit", "/sheet_format", wrong.zh, wrong.en) from wrong
    except RuleError as wrong:
        raise invalid_field(wrong.code, "/sheet_format", *wrong.words) from wrong


def _check_stock(act: Act, batch: Batch, count: int, net: Quantity) -> None:
    stock = ledger_balances(act.session, batch.id).get((batch.form, STOCK), 0)
    possible = labels_possible(stock, net.amount)
    if count > possible:
        act.tried(Attempt(LABELS_TRIED, batch.id, batch.base, count * net.amount, max(0, stock)))
        raise Conflict(
            "quantity-exceeded",
            Words(
                f"这批的货不够：按这个净含量还能出 {possible} 枚标签，您要 {count} 枚。",
                f"The batch does not hold that much: it gives {possible} more labels of this net "
                f"content, and {count} were asked for.",
            ),
            labels_possible=possible,
        )


def _facts(run: LabelRun) -> dict[str, object]:
    return {
        "batch": run.batch_id,
        "party": run.party_id,
        "product": run.product_id,
        "release": run.release_id,
        "licence": run.licence_id,
        "epoch": run.epoch,
        "first": run.first,
        "last": run.last,
        "net_content": str(run.net_content),
        "net_typed": run.net_typed,
        "net_unit": run.net_unit,
        "posting": run.posting,
        "origin": run.origin,
        "gtin": run.gtin,
        "sheet_format": run.sheet_format,
        "gi_name": run.gi_name,
        "standard": run.standard,
        "trademark": run.trademark,
        "mark": run.mark,
    }

"""The verbs of the batch log. What follows from them (judging, release) is done one floor up."""

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, INSPECTOR, PRODUCER, Act
from core.documents.models import Document
from core.errors import Conflict, Forbidden, invalid_field, not_found
from core.identity.models import Party
from core.record.service import seal_personal
from core.words import Words
from products.models import Division, Product
from trace.batches.drafts import (
    BatchDraft,
    EventDraft,
    PlotShare,
    checked_batch,
    checked_quantity,
    checked_shares,
)
from trace.batches.lineage import held_for, recorded_before
from trace.batches.models import Batch, Event, Submission
from trace.batches.numbers import next_number
from trace.books.harvests import Gathered, book_harvest
from trace.books.service import Holding


def open_batch(act: Act, draft: BatchDraft) -> Batch:
    """A licensed producer opens a batch. Raises Invalid naming the field, Conflict on the number.

    The party's row is locked, so that two at once do not take the same number.
    """
    act.need(PRODUCER)
    product = product_named(act.session, draft.product)
    facts = checked_batch(act, product, draft)
    act.session.scalars(select(Party.id).where(Party.id == act.party).with_for_update()).one()
    number = draft.number or _own_number(act, product, draft.production_date)
    if _number_taken(act.session, act.party, number):
        raise Conflict(
            "number-taken",
            Words(
                f"批号 {number} 已经用过，请换一个。", f"Batch number {number} is already in use."
            ),
        )
    batch = Batch(
        id=uuid.uuid4(),
        party_id=act.party,
        product_id=product.id,
        number=number,
        account_id=act.actor.account,
        created_at=act.at,
        production_date=draft.production_date,
        best_before=draft.best_before,
        place=draft.place,
        declared=list(draft.declared),
        version=1,
        **facts,
    )
    act.session.add(batch)
    act.session.flush()
    act.record("batch", batch.id, **batch_facts(batch))
    return batch


def product_named(session: Session, name: str) -> Product:
    """A product by id or key; Invalid at /product where there is none."""
    query = select(Product).where(Product.key == name)
    with contextlib.suppress(ValueError):
        query = select(Product).where(or_(Product.key == name, Product.id == uuid.UUID(name)))
    product = session.scalars(query).first()
    if product is None:
        raise invalid_field(
            "no-such-product",
            "/product",
            "没有这个产品，请从产品表中选",
            "There is no such product",
        )
    return product


def _own_number(act: Act, product: Product, made_on: date) -> str:
    taken = act.session.scalars(select(Batch.number).where(Batch.party_id == act.party))
    return next_number(product.name, made_on, frozenset(taken))


def _number_taken(session: Session, party: uuid.UUID, number: str) -> bool:
    query = select(Batch.id).where(Batch.party_id == party, Batch.number == number)
    return session.scalar(query) is not None


def batch_facts(batch: Batch) -> dict[str, object]:
    """What the record keeps of a batch."""
    return {
        "party": batch.party_id,
        "product": batch.product_id,
        "number": batch.number,
        "form": batch.form,
        "process": batch.process,
        "condition": batch.condition,
        "grade": batch.grade,
        "base": batch.base,
        "quantity": str(batch.quantity),
        "quantity_typed": batch.quantity_typed,
        "quantity_unit": batch.quantity_unit,
        "production_date": batch.production_date,
        "best_before": batch.best_before,
        "place_code": batch.place_code,
        "place": batch.place,
        "declared": list(batch.declared),
    }


def batches_seen_by(act: Act) -> Select[Batch]:
    """The batches that the actor may know of: its own, those sent to it, all for the authority."""
    query = select(Batch)
    if act.actor.is_a(AUTHORITY):
        return query
    if act.actor.party is None:
        raise Forbidden("no-party", Words("请先登录。", "Please sign in."))
    sent = select(Submission.batch_id).where(Submission.laboratory_id == act.actor.party)
    mine = [Batch.party_id == act.actor.party]
    if act.actor.is_a(INSPECTOR):
        mine.append(Batch.id.in_(sent))
    return query.where(or_(*mine))


def visible_batch(act: Act, batch_id: uuid.UUID) -> Batch:
    """A batch that the actor may know of; NotFound otherwise (promise 7)."""
    batch = act.session.scalars(batches_seen_by(act).where(Batch.id == batch_id)).first()
    if batch is None:
        raise not_found("批次", "batch")
    return batch


def locked_batch(act: Act, batch_id: uuid.UUID) -> Batch:
    """The same, with its row locked until COMMIT: taken before anything of the batch is weighed."""
    visible_batch(act, batch_id)
    query = select(Batch).where(Batch.id == batch_id).with_for_update(of=Batch)
    return act.session.scalars(query.execution_options(populate_existing=True)).one()


def own_batch(act: Act, batch_id: uuid.UUID) -> Batch:
    """A batch of the actor's own party, locked; Forbidden for another's that the actor sees."""
    batch = locked_batch(act, batch_id)
    if batch.party_id != act.actor.party:
        raise Forbidden(
            "not-your-batch",
            Words("这批不是您单位的。", "This batch belongs to another party."),
        )
    return batch


def confirm_quantity(
    act: Act, batch_id: uuid.UUID, quantity: str | None, unit: str | None,
    plots: Sequence[PlotShare] = (),
) -> Batch:  # fmt: skip
    """The producer says how much there really is, and from which plots: it enters the books.

    From then on it can grow no more.
    """
    act.need(PRODUCER)
    batch = own_batch(act, batch_id)
    if batch.confirmed_at is not None:
        raise Conflict(
            "already-confirmed",
            Words("数量已经确认过了。", "The quantity is already confirmed."),
        )
    if quantity is None and unit is not None:
        raise invalid_field(
            "quantity-missing",
            "/quantity",
            "填了单位，也请填数量",
            "Give the quantity of that unit",
        )
    if quantity is not None:
        checked = checked_quantity(batch.product, batch.form, quantity, unit or batch.quantity_unit)
        batch.quantity, batch.quantity_typed = checked.amount, quantity
        batch.quantity_unit = checked.unit
    batch.confirmed_at, batch.confirmed_by = act.at, act.actor.account
    batch.version += 1
    act.session.flush()
    shares = checked_shares(batch.product, batch.form, batch.quantity, batch.quantity_unit, plots)
    made_on, form = batch.production_date, batch.form
    book_harvest(act, holding_of(batch), Gathered(form, made_on, batch.quantity, shares))
    act.record(
        "quantity-confirmed", batch.id, quantity=str(batch.quantity), base=batch.base,
        typed=batch.quantity_typed, unit=batch.quantity_unit,
    )  # fmt: skip
    return batch


def holding_of(batch: Batch) -> Holding:
    """Whose goods the batch's entries are."""
    return Holding(batch.party_id, batch.product_id, batch.id, batch.base)


def log_event(act: Act, batch: Batch, draft: EventDraft) -> Event:
    """A fact of one stage of an own, locked batch."""
    return _store_event(act, batch, draft, None, None)


def correct_event(act: Act, event: Event, batch: Batch, draft: EventDraft, reason: str) -> Event:
    """A new fact in the place of `event`; of two corrections of one event the second is refused."""
    if draft.stage != event.stage:
        raise invalid_field(
            "other-stage", "/stage", "更正不能换环节", "A correction stays within its stage"
        )
    query = select(Event.id).where(Event.corrects_id == event.id)
    if act.session.scalar(query) is not None:
        raise Conflict(
            "already-corrected",
            Words(
                "这条记录已经被更正过，请更正新的那条。",
                "This entry was corrected already; correct the newer one.",
            ),
        )
    return _store_event(act, batch, draft, event.id, reason)


def _store_event(
    act: Act, batch: Batch, draft: EventDraft, corrects: uuid.UUID | None, reason: str | None
) -> Event:
    if draft.happened_on > act.today:
        raise invalid_field(
            "future", "/happened_on", "日期不能在今天以后", "The date may not be in the future"
        )
    for place, named in enumerate(draft.documents):
        _own_document(act, uuid.UUID(str(named["document"])), f"/documents/{place}/document")
    event = Event(
        id=uuid.uuid4(),
        batch_id=batch.id,
        stage=draft.stage,
        happened_on=draft.happened_on,
        place=draft.place,
        note=draft.note,
        operator=seal_personal(act.session, draft.operator) if draft.operator else None,
        readings=[dict(reading) for reading in draft.readings],
        documents=[{"name": d["name"], "document": str(d["document"])} for d in draft.documents],
        corrects_id=corrects,
        reason=reason,
        party_id=act.party,
        account_id=act.actor.account,
        recorded_at=act.at,
    )
    act.session.add(event)
    act.session.flush()
    act.record(
        "event" if corrects is None else "correction", event.id, batch=batch.id, stage=event.stage,
        happened_on=event.happened_on, place=event.place, note=event.note, operator=event.operator,
        readings=event.readings, documents=event.documents, corrects=corrects, reason=reason,
    )  # fmt: skip
    return event


def _own_document(act: Act, document_id: uuid.UUID, pointer: str) -> None:
    document = act.session.get(Document, document_id)
    if document is None or document.party_id != act.actor.party:
        raise invalid_field(
            "no-such-document",
            pointer,
            "没有这份文件，请先上传",
            "No such document; upload it first",
        )


def visible_event(act: Act, event_id: uuid.UUID) -> Event:
    """An event of a batch that the actor may know of; the same words for foreign and missing."""
    seen = batches_seen_by(act).with_only_columns(Batch.id)
    query = select(Event).where(Event.id == event_id, Event.batch_id.in_(seen))
    event = act.session.scalars(query).first()
    if event is None:
        raise not_found("记录", "entry")
    return event


def events_of(session: Session, batch_id: uuid.UUID) -> list[Event]:
    """All events of a batch, corrected ones too, oldest first.

    Those of the batch that it was split off from are among them, as far as they hold for it.
    """
    return events_held(session, {batch_id: held_for(session, batch_id)})[batch_id]


def events_held(
    session: Session, held: Mapping[uuid.UUID, Sequence[tuple[uuid.UUID, datetime | None]]]
) -> dict[uuid.UUID, list[Event]]:
    """The same of several batches; `held` says what holds for each of them until when."""
    ids = {one for sources in held.values() for one, _ in sources}
    logged: dict[uuid.UUID, list[Event]] = {one: [] for one in ids}
    for event in session.scalars(select(Event).where(Event.batch_id.in_(ids))):
        logged[event.batch_id].append(event)
    return {
        batch_id: sorted(
            (e for one, until in sources for e in recorded_before(logged[one], until)),
            key=lambda event: (event.recorded_at, event.id),
        )
        for batch_id, sources in held.items()
    }


def standing(events: Sequence[Event]) -> list[Event]:
    """Those that no correction has replaced."""
    replaced = {event.corrects_id for event in events if event.corrects_id}
    return [event for event in events if event.id not in replaced]


def submit_batch(
    act: Act, batch_id: uuid.UUID, laboratory_id: uuid.UUID, note: str | None
) -> Submission:
    """送检: from now on the laboratory sees the batch. Never one's own laboratory."""
    act.need(PRODUCER)
    batch = own_batch(act, batch_id)
    laboratory = act.session.get(Party, laboratory_id)
    if laboratory is None or INSPECTOR not in laboratory.roles:
        raise invalid_field(
            "no-such-laboratory", "/laboratory", "没有这家检验机构", "There is no such laboratory"
        )
    if laboratory.id == batch.party_id:
        raise invalid_field(
            "own-laboratory", "/laboratory", "不能送给自己单位检验", "Not to your own party"
        )
    if laboratory_id in laboratories_of(act.session, batch_id):
        raise Conflict(
            "already-sent", Words("这批已经送过这家。", "The batch was sent there already.")
        )
    submission = Submission(
        id=uuid.uuid4(), batch_id=batch_id, laboratory_id=laboratory_id, note=note,
        account_id=act.actor.account, sent_at=act.at,
    )  # fmt: skip
    act.session.add(submission)
    act.session.flush()
    act.record("submission", submission.id, batch=batch_id, laboratory=laboratory_id, note=note)
    return submission


def laboratories_of(session: Session, batch_id: uuid.UUID) -> list[uuid.UUID]:
    """The laboratories that a batch was sent to."""
    query = select(Submission.laboratory_id).where(Submission.batch_id == batch_id)
    return list(session.scalars(query))


def submissions_of(session: Session, batch_id: uuid.UUID) -> list[tuple[Submission, Party]]:
    """The submissions of a batch with their laboratories, oldest first."""
    query = (
        select(Submission, Party)
        .join(Party, Party.id == Submission.laboratory_id)
        .where(Submission.batch_id == batch_id)
        .order_by(Submission.sent_at)
    )
    return [(row.Submission, row.Party) for row in session.execute(query).unique()]


def place_words(session: Session, batch: Batch) -> str:
    """Where the batch comes from: township, county and what was typed beside it."""
    words: list[str] = []
    code = batch.place_code
    while code:
        division = session.get(Division, code)
        if division is None:
            break
        words.insert(0, division.name)
        code = division.parent
    return "".join(words) + (f" {batch.place}" if batch.place else "")

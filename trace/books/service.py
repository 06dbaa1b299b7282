"""Booking: postings become entries, and the database derives the balances from them."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.act import Act
from core.errors import Conflict, not_found
from core.words import Words
from trace.books.balance import Key, Line, NotEnoughError, amount_words, check_posting
from trace.books.models import LABELLED, LOSS, STOCK, Entry, PostingCorrection

Move = tuple["Holding", Line]


@dataclass(frozen=True)
class Holding:
    """Whose goods are booked: one party's batch of one product, in one base."""

    party: uuid.UUID
    product: uuid.UUID
    batch: uuid.UUID
    base: str


def ledger_balances(session: Session, batch: uuid.UUID) -> dict[tuple[str, str], int]:
    """The balances of a batch by (form, account), summed from its entries."""
    return {(form, account): sum_ for (_, form, account), sum_ in _sums(session, [batch]).items()}


def stock_of(session: Session, batch: uuid.UUID, form: str) -> int:
    """What of a form of a batch is there and free: neither labelled nor under way."""
    return ledger_balances(session, batch).get((form, STOCK), 0)


def _sums(session: Session, batches: Collection[uuid.UUID]) -> dict[Key, int]:
    rows = session.execute(
        select(Entry.batch_id, Entry.form, Entry.account, func.sum(Entry.amount))
        .where(Entry.batch_id.in_(batches))
        .group_by(Entry.batch_id, Entry.form, Entry.account)
    )
    return {(batch, form, account): int(total) for batch, form, account, total in rows}


def book(act: Act, holding: Holding, kind: str, lines: Sequence[Line]) -> uuid.UUID:
    """Book one posting on one batch; the caller has locked it. Its id is the answer.

    Raises Conflict where goods would fall below nothing.
    """
    return book_lines(act, kind, [(holding, line) for line in lines])


def book_lines(
    act: Act, kind: str, moves: Sequence[Move], posting: uuid.UUID | None = None
) -> uuid.UUID:
    """Book one posting over any number of batches; the caller has locked them.

    Gives the posting's id, which may be given where something else stands under it already.
    Raises Conflict where goods would fall below nothing.
    """
    moves = [(whose, replace(line, batch=whose.batch)) for whose, line in moves if line.amount]
    bases = {whose.batch: whose.base for whose, _ in moves}
    try:
        check_posting([line for _, line in moves], _sums(act.session, bases.keys()))
    except NotEnoughError as short:
        raise not_enough(short.there, short.asked, bases[short.batch]) from short  # type: ignore[index]  # it is one of the batches
    posting = posting or uuid.uuid4()
    rows = [_row(act, whose, kind, posting, line) for whose, line in moves]
    act.session.execute(insert(Entry), rows)
    first = moves[0][0]
    act.record(
        "posting", posting, posting_kind=kind, party=first.party, product=first.product,
        batch=first.batch, base=first.base,
        lines=[
            [line.form, line.account, str(line.amount)]
            + ([] if whose == first else [str(whose.batch), str(whose.party)])
            for whose, line in moves
        ],
    )  # fmt: skip
    return posting


def _row(
    act: Act, holding: Holding, kind: str, posting: uuid.UUID, line: Line
) -> dict[str, object]:
    return {
        "id": uuid.uuid4(),
        "posting": posting,
        "kind": kind,
        "party_id": holding.party,
        "product_id": holding.product,
        "form": line.form,
        "batch_id": holding.batch,
        "account": line.account,
        "base": holding.base,
        "amount": line.amount,
        "at": act.at,
    }


def not_enough(there: int, asked: int, base: str) -> Conflict:
    """The refusal of more out than in, with both amounts."""
    has, wants = amount_words(max(0, there), base), amount_words(asked, base)
    return Conflict(
        "quantity-exceeded",
        Words(
            f"数量不够：账上还有 {has.zh}，要用 {wants.zh}。",
            f"Not enough: {has.en} on the books, {wants.en} asked.",
        ),
    )


def book_split(act: Act, holding: Holding, part: uuid.UUID, form: str, amount: int) -> uuid.UUID:
    """Goods of a batch become those of a part of it: from stock to stock, in one posting.

    The caller has locked the batch. Raises Conflict where so much is not there without labels.
    """
    moves = ((holding, -amount), (replace(holding, batch=part), amount))
    return book_lines(act, "split", [(whose, Line(STOCK, moved, form)) for whose, moved in moves])


def book_labelling(act: Act, holding: Holding, form: str, amount: int) -> uuid.UUID:
    """Goods are labelled: from stock into labelled."""
    return book(
        act, holding, "labelling", [Line(STOCK, -amount, form), Line(LABELLED, amount, form)]
    )


def book_voiding(act: Act, holding: Holding, form: str, back: int, lost: int = 0) -> uuid.UUID:
    """Labels were voided: goods not yet in use go back into stock, those in use are lost to it."""
    lines = [Line(LABELLED, -back - lost, form), Line(STOCK, back, form), Line(LOSS, lost, form)]
    return book(act, holding, "voiding", lines)


def entries_of(session: Session, posting: uuid.UUID) -> list[Entry]:
    """The lines of a posting; NotFound where there is none."""
    rows = list(session.scalars(select(Entry).where(Entry.posting == posting)))
    if not rows:
        raise not_found("分录", "posting")
    return rows


def undo_posting(act: Act, posting: uuid.UUID, reason: str) -> uuid.UUID:
    """Book the same lines with the signs turned round; once, and both stay.

    The caller has locked the batches and knows that this kind of posting may be undone. Raises
    Conflict where it was undone before, or where the goods have gone on since.
    """
    rows = entries_of(act.session, posting)
    query = select(PostingCorrection.posting).where(PostingCorrection.corrected == posting)
    if act.session.scalar(query) is not None:
        raise Conflict(
            "already-corrected",
            Words("这笔账已经更正过。", "This posting was corrected already."),
        )
    moves = [
        (
            Holding(row.party_id, row.product_id, row.batch_id, row.base),
            Line(row.account, -row.amount, row.form),
        )
        for row in rows
    ]
    made = book_lines(act, "correction", moves)
    row = PostingCorrection(
        posting=made, corrected=posting, reason=reason, account_id=act.actor.account, at=act.at
    )
    act.session.add(row)
    act.session.flush()
    act.record("posting-correction", made, corrected=posting, reason=reason)
    return made

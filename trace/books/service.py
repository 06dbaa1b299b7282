"""Booking: postings become entries, and the database derives the balances from them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.act import Act
from core.errors import Conflict
from core.words import Words
from trace.books.balance import Line, NotEnoughError, check_posting
from trace.books.models import HARVEST, LABELLED, LOSS, STOCK, Entry


@dataclass(frozen=True)
class Holding:
    """Whose goods are booked: one party's batch of one product, in one base."""

    party: uuid.UUID
    product: uuid.UUID
    batch: uuid.UUID
    base: str


def ledger_balances(session: Session, batch: uuid.UUID) -> dict[tuple[str, str], int]:
    """The balances of a batch by (form, account), summed from its entries."""
    rows = session.execute(
        select(Entry.form, Entry.account, func.sum(Entry.amount))
        .where(Entry.batch_id == batch)
        .group_by(Entry.form, Entry.account)
    )
    return {(form, account): int(total) for form, account, total in rows}


def book(act: Act, holding: Holding, kind: str, lines: Sequence[Line]) -> uuid.UUID:
    """Book one posting; the caller has locked the batch. Its id is the answer.

    Raises Conflict where goods would fall below nothing.
    """
    try:
        check_posting(lines, ledger_balances(act.session, holding.batch))
    except NotEnoughError as short:
        raise _not_enough(short, holding.base) from short
    posting = uuid.uuid4()
    act.session.execute(insert(Entry), [_row(act, holding, kind, posting, line) for line in lines])
    act.record(
        "posting",
        posting,
        posting_kind=kind,
        party=holding.party,
        product=holding.product,
        batch=holding.batch,
        base=holding.base,
        lines=[[line.form, line.account, str(line.amount)] for line in lines],
    )
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


def _not_enough(short: NotEnoughError, base: str) -> Conflict:
    word = Words("毫克", "milligrams") if base == "mass" else Words("个", "pieces")
    return Conflict(
        "quantity-exceeded",
        Words(
            f"数量不够：账上还有 {short.there} {word.zh}，要用 {short.asked} {word.zh}。",
            f"Not enough: {short.there} {word.en} on the books, {short.asked} asked.",
        ),
    )


def book_harvest(act: Act, holding: Holding, form: str, amount: int) -> uuid.UUID:
    """What was made enters the books: from harvest into stock."""
    lines = [Line(HARVEST, -amount, form), Line(STOCK, amount, form)]
    return book(act, holding, "harvest", lines)


def book_split(act: Act, holding: Holding, part: uuid.UUID, form: str, amount: int) -> uuid.UUID:
    """Goods of a batch become those of a part of it: from stock to stock, in one posting.

    The caller has locked the batch. Raises Conflict where so much is not there without labels.
    """
    there = ledger_balances(act.session, holding.batch).get((form, STOCK), 0)
    if amount > there:
        raise _not_enough(NotEnoughError(STOCK, there, amount), holding.base)
    posting = uuid.uuid4()
    moves = ((holding, -amount), (replace(holding, batch=part), amount))
    rows = [_row(act, whose, "split", posting, Line(STOCK, moved, form)) for whose, moved in moves]
    act.session.execute(insert(Entry), rows)
    act.record(
        "posting", posting, posting_kind="split", party=holding.party, product=holding.product,
        batch=holding.batch, part=part, base=holding.base,
        lines=[[form, STOCK, str(moved), str(whose.batch)] for whose, moved in moves],
    )  # fmt: skip
    return posting


def book_labelling(act: Act, holding: Holding, form: str, amount: int) -> uuid.UUID:
    """Goods are labelled: from stock into labelled."""
    return book(
        act, holding, "labelling", [Line(STOCK, -amount, form), Line(LABELLED, amount, form)]
    )


def book_voiding(act: Act, holding: Holding, form: str, back: int, lost: int = 0) -> uuid.UUID:
    """Labels were voided: goods not yet in use go back into stock, those in use are lost to it."""
    lines = [Line(LABELLED, -back - lost, form), Line(STOCK, back, form), Line(LOSS, lost, form)]
    return book(act, holding, "voiding", [line for line in lines if line.amount])

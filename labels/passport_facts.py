"""Reading a code and its label from the tables, as they stand now: two queries at every scan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from core.act import AUTHORITY
from core.clock import day_of
from core.identity.models import Party, PartyRole
from core.words import Words
from labels.codes import decode, normalise
from labels.epochs import REVOKED, epoch_states
from labels.models import LabelRun, LabelState, ScanCount
from labels.passport import (
    Contact,
    Decision,
    LabelAnswer,
    LabelFacts,
    Named,
    Run,
    Scans,
    Status,
    status_of,
)
from labels.passport_batch import batch_passport
from labels.passport_content import without_personal_numbers
from labels.press import Press
from labels.ranges import DRAWN
from products.licences.models import Licence
from products.models import Division, Product
from products.numbers import parse_decimal, plain_text
from products.units import unit
from trace.batches.models import Batch, BatchOrigin
from trace.inspections.models import Disposition, Verdict

LONGEST_SHOWN = 60
"""So much of a text that is no code is shown again."""
_OUTCOMES = {"revoked": Status.REVOKED_KEY, "unknown": Status.UNKNOWN}


@dataclass(frozen=True)
class Scan:
    """An answer, and which label it is about (None where there is none) for counting it."""

    answer: LabelAnswer
    label: tuple[int, int] | None = None


def look_up(
    session: Session, press: Press, typed: str, at: datetime, *, gtin: str | None = None,
    again: bool = False,
) -> Scan:  # fmt: skip
    """Read a code as typed or scanned, and gather what there is to say about its label.

    `gtin` is the one of the address, if any; `again`: the page is only looked at once more, so
    that this is no further scan. Slips of typing are told without keys or database, a code of a
    revoked epoch without keys. Whether a code is unknown for its key, its tag or its serial cannot
    be told from the answer or its work.
    """
    code, slip = normalise(typed), decode({}, typed).outcome
    if slip == "malformed":
        seen = "".join(filter(str.isprintable, typed)).strip()
        return Scan(LabelAnswer(Status.MALFORMED, seen[:LONGEST_SHOWN]))
    if slip == "mistyped":
        return Scan(LabelAnswer(Status.MISTYPED, code))
    states = epoch_states(session)
    revoked = {epoch for epoch, state in states.items() if state == REVOKED}
    masters = press.masters(states.keys() - revoked)
    reading = decode(masters, typed, revoked)
    row = None
    if reading.outcome != "revoked":
        epoch, serial = (-1, -1) if reading.epoch is None else (reading.epoch, reading.serial)
        row = session.execute(_LABEL, {"epoch": epoch, "serial": serial}).first()
        row = row if row is not None and gtin in (None, row.gtin) else None
    if row is None:
        status = _OUTCOMES.get(reading.outcome, Status.UNKNOWN)
        return Scan(LabelAnswer(status, code, contact=_contact_of(session.execute(_HELP).first())))
    assert reading.epoch is not None and reading.serial is not None
    return Scan(_answer(session, code, row, at, again), (reading.epoch, reading.serial))


def _answer(session: Session, code: str, row: Any, at: datetime, again: bool) -> LabelAnswer:
    label = _label_facts(row, at, again)
    return LabelAnswer(
        status=status_of(label, day_of(at)),
        code=code,
        label=label,
        run=Run(
            gi_name=row.gi_name,
            net_content=_net_content(row),
            standard=row.standard,
            trademark=row.trademark or "",
            mark=row.mark,
            released_on=day_of(row.released_at),
        ),
        batch=batch_passport(session, row),
        contact=_contact_of(row),
    )


# --- one label, as it stands now -----------------------------------------------------------

_decider, _authority = aliased(Party), aliased(Party)
_release, _cause, _newest = aliased(Disposition), aliased(Verdict), aliased(Verdict)
_township, _county = aliased(Division), aliased(Division)
_epoch: BindParameter[int] = bindparam("epoch")
_serial: BindParameter[int] = bindparam("serial")
_run_id = (
    select(LabelRun.id)
    .where(LabelRun.epoch == _epoch, LabelRun.last >= _serial)
    .order_by(LabelRun.last)
    .limit(1)
    .scalar_subquery()
)
_authority_id = (
    select(Party.id)
    .join(PartyRole, PartyRole.party_id == Party.id)
    .where(PartyRole.role == AUTHORITY)
    .order_by(Party.created_at, Party.id)
    .limit(1)
    .scalar_subquery()
)
_HELP = select(
    Party.name.label("help_name"), Party.sample.label("help_sample"), Party.contact.label("help")
).where(Party.id == _authority_id)
_scanned = (ScanCount.epoch == _epoch, ScanCount.serial == _serial)


def _last_number(model: Any, *conditions: Any) -> Any:
    return select(func.max(model.number)).where(*conditions).scalar_subquery()


_LABEL = (
    select(
        LabelRun.gi_name, LabelRun.net_typed, LabelRun.net_unit, LabelRun.standard,
        LabelRun.trademark, LabelRun.mark, LabelRun.gtin, LabelRun.drawn_at,
        Batch.id.label("batch_id"), Batch.number, Batch.grade, Batch.production_date,
        Batch.best_before, Batch.party_id, Batch.product_id,
        exists().where(BatchOrigin.batch_id == Batch.id).label("made_of_others"),
        Product.name.label("product"), Product.name_en.label("product_en"),
        Party.name.label("maker"), Party.sample.label("maker_sample"),
        _township.code.label("place_code"), _township.name.label("township"),
        _county.name.label("county"), Licence.revoked_at, _release.decided_at.label("released_at"),
        LabelState.state, LabelState.at.label("state_at"),
        Disposition.kind, Disposition.decided_at, Disposition.reason, Disposition.verdict_id,
        _decider.name.label("decider"), _decider.sample.label("decider_sample"),
        _cause.cause, _newest.outcome,
        _authority.name.label("help_name"), _authority.sample.label("help_sample"),
        _authority.contact.label("help"),
        select(func.sum(ScanCount.count)).where(*_scanned).scalar_subquery().label("scans"),
        select(func.min(ScanCount.first_at)).where(*_scanned).scalar_subquery().label("first_scan"),
    )
    .select_from(LabelRun)
    .join(Batch, Batch.id == LabelRun.batch_id)
    .join(Product, Product.id == LabelRun.product_id)
    .join(Party, Party.id == LabelRun.party_id)
    .join(Licence, Licence.id == LabelRun.licence_id)
    .join(_release, _release.id == LabelRun.release_id)
    .outerjoin(_township, _township.code == Batch.place_code)
    .outerjoin(_county, _county.code == _township.parent)
    .outerjoin(
        LabelState,
        (LabelState.run_id == LabelRun.id)
        & (
            LabelState.number
            == _last_number(
                (state := aliased(LabelState)),
                state.run_id == LabelRun.id, state.first <= _serial, state.last >= _serial,
            )
        ),
    )
    .outerjoin(
        Disposition,
        (Disposition.batch_id == Batch.id)
        & (
            Disposition.number
            == _last_number((later := aliased(Disposition)), later.batch_id == Batch.id)
        ),
    )
    .outerjoin(_decider, _decider.id == Disposition.party_id)
    .outerjoin(_cause, _cause.id == Disposition.verdict_id)
    .outerjoin(
        _newest,
        (_newest.batch_id == Batch.id)
        & (_newest.number == _last_number((said := aliased(Verdict)), said.batch_id == Batch.id)),
    )
    .outerjoin(_authority, _authority.id == _authority_id)
    .where(LabelRun.id == _run_id, LabelRun.first <= _serial)
)  # fmt: skip


def _label_facts(row: Any, at: datetime, again: bool) -> LabelFacts:
    return LabelFacts(
        state=row.state or DRAWN,
        drawn_on=day_of(row.drawn_at),
        state_on=day_of(row.state_at) if row.state_at else None,
        decision=_decision(row),
        outcome=row.outcome or "",
        best_before=row.best_before,
        licence_revoked_at=row.revoked_at,
        scans=Scans(
            number=max((row.scans or 0) + (not again), 1),
            first=day_of(row.first_scan or at),
        ),
    )


def _decision(row: Any) -> Decision | None:
    if row.kind is None:
        return None
    by_person = row.verdict_id is None
    return Decision(
        kind=row.kind,
        at=row.decided_at,
        on=day_of(row.decided_at),
        by=Named(row.decider, row.decider_sample) if by_person and row.decider else None,
        reason=without_personal_numbers(row.reason or "") if by_person else "",
        cause=row.cause or "",
    )


def _net_content(row: Any) -> Words:
    amount, names = plain_text(parse_decimal(row.net_typed)), unit(row.net_unit).names
    return Words(f"{amount} {names.zh}".strip(), f"{amount} {names.en}".strip())


def _contact_of(row: Any) -> Contact | None:
    if row is None or row.help_name is None:
        return None
    return Contact(Named(row.help_name, row.help_sample), row.help or "")

"""The verbs of a laboratory's instruments, calibrations and methods, and what results ask of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.act import INSPECTOR, Act
from core.clock import day_of
from core.errors import Conflict, FieldFault, Invalid, fault, not_found
from core.words import Words
from products.errors import RuleError
from products.evidence import checked_evidence
from products.numbers import parse_decimal
from products.units import unit
from trace.laboratories import fitness
from trace.laboratories.fitness import Calibrated, Measured, Reach, folded
from trace.laboratories.mapping import Mapping as SheetMapping
from trace.laboratories.mapping import MappingError
from trace.laboratories.models import Calibration, Instrument, Method

AsSeen = Callable[[UUID, int], None]
_ABOUT_INSTRUMENT = (
    "name", "maker", "model", "serial_number", "unit", "lowest", "highest", "characteristics",
    "mapping",
)  # fmt: skip
_ABOUT_METHOD = ("designation", "characteristics", "accredited", "accredited_until")


@dataclass(frozen=True)
class CalibrationDraft:
    """A calibration as on its certificate; one that corrects another says why."""

    calibrated_on: date
    due_on: date
    certificate_number: str
    document: UUID | None = None
    corrects: UUID | None = None
    reason: str | None = None


# --- instruments ---------------------------------------------------------------------------


def instruments_of(act: Act) -> Select[Instrument]:
    """The instruments of the actor's laboratory."""
    act.need(INSPECTOR)
    return select(Instrument).where(Instrument.laboratory_id == act.party)


def own_instrument(act: Act, instrument_id: UUID) -> Instrument:
    """An instrument of the actor's laboratory; NotFound for any other."""
    row = act.session.scalars(instruments_of(act).where(Instrument.id == instrument_id)).first()
    if row is None:
        raise not_found("仪器", "instrument")
    return row


def register_instrument(act: Act, values: Mapping[str, Any]) -> Instrument:
    """Register an instrument; `values` as in the model. Raises Invalid naming the fields."""
    act.need(INSPECTOR)
    row = Instrument(
        id=uuid.uuid4(), laboratory_id=act.party, account_id=act.actor.account,
        created_at=act.at, version=1, mapping={},
    )  # fmt: skip
    return _put_instrument(act, row, values)


def change_instrument(
    act: Act, instrument_id: UUID, changes: Mapping[str, Any], as_seen: AsSeen
) -> Instrument:
    """Change an instrument, its mapping, or (`retired`) whether it is in use."""
    row = _locked(act, own_instrument(act, instrument_id))
    as_seen(row.id, row.version)
    row.version += 1
    return _put_instrument(act, row, changes)


def _put_instrument(act: Act, row: Instrument, changes: Mapping[str, Any]) -> Instrument:
    for name in _ABOUT_INSTRUMENT:
        if name in changes:
            setattr(row, name, changes[name])
    _retire(act, row, changes)
    faults = _instrument_faults(row)
    if faults:
        raise Invalid("instrument-invalid", faults[0].message, faults)
    row.unit = unit(row.unit).symbol
    _store(act, row, Words(f"已经有名叫“{row.name}”的仪器", f'"{row.name}" exists'), "/name")
    act.record(
        "instrument", row.id, laboratory=row.laboratory_id, version=row.version,
        retired_at=row.retired_at, **{name: getattr(row, name) for name in _ABOUT_INSTRUMENT},
    )  # fmt: skip
    return row


def _instrument_faults(row: Instrument) -> list[FieldFault]:
    faults = list(_unit_faults(row.unit, "/unit"))
    ends = {}
    for name in ("lowest", "highest"):
        try:
            ends[name] = parse_decimal(getattr(row, name)) if getattr(row, name) else None
        except RuleError as wrong:
            faults.append(FieldFault(f"/{name}", wrong.words))
    lowest, highest = ends.get("lowest"), ends.get("highest")
    if lowest is not None and highest is not None and lowest >= highest:
        faults.append(fault("/highest", "最大值要大于最小值", "Must be above the lowest reading"))
    faults += _list_faults(row.characteristics)
    try:
        SheetMapping.of(row.mapping)
    except MappingError as wrong:
        faults.append(FieldFault(f"/mapping/{wrong.field}".rstrip("/"), wrong.words))
    return faults


def _unit_faults(symbol: str, pointer: str) -> Iterable[FieldFault]:
    try:
        unit(symbol)
    except RuleError as wrong:
        yield FieldFault(pointer, wrong.words)


def _list_faults(names: list[str]) -> list[FieldFault]:
    if not names:
        return [fault("/characteristics", "至少写一个检验项目", "Name at least one characteristic")]
    if len({folded(name) for name in names}) < len(names):
        return [fault("/characteristics", "检验项目有重复", "A characteristic is named twice")]
    return []


def record_calibration(act: Act, instrument_id: UUID, draft: CalibrationDraft) -> Calibration:
    """Put a calibration on file; what it says counts from then on, for earlier results too."""
    instrument = _locked(act, own_instrument(act, instrument_id))
    faults = list(_calibration_faults(act, instrument, draft))
    if faults:
        raise Invalid("calibration-invalid", faults[0].message, faults)
    row = Calibration(
        id=uuid.uuid4(), instrument_id=instrument.id, calibrated_on=draft.calibrated_on,
        due_on=draft.due_on, certificate_number=draft.certificate_number,
        document_id=checked_evidence(act, draft.document, "/document"),
        corrects_id=draft.corrects, reason=draft.reason, account_id=act.actor.account,
        recorded_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.session.refresh(instrument, ["calibrations"])
    act.record(
        "calibration", row.id, instrument=row.instrument_id, calibrated_on=row.calibrated_on,
        due_on=row.due_on, certificate_number=row.certificate_number, document=row.document_id,
        corrects=row.corrects_id, reason=row.reason,
    )  # fmt: skip
    return row


def _calibration_faults(
    act: Act, instrument: Instrument, draft: CalibrationDraft
) -> Iterable[FieldFault]:
    if draft.calibrated_on > act.today:
        yield fault("/calibrated_on", "校准日期不能在今天以后", "Calibrated in the future")
    if draft.due_on <= draft.calibrated_on:
        yield fault("/due_on", "有效期要晚于校准日期", "Due before it was calibrated")
    if (draft.corrects is None) != (draft.reason is None):
        yield fault("/reason", "更正要写明代替哪一条和原因", "A correction names one, and says why")
    known = {row.id for row in instrument.calibrations}
    if draft.corrects is not None and draft.corrects not in known:
        yield fault("/corrects", "没有这条校准记录", "There is no such calibration")
    if draft.corrects in {row.corrects_id for row in instrument.calibrations} - {None}:
        yield fault("/corrects", "这条已经更正过，请更正新的那条", "Corrected already")


def standing_calibrations(instrument: Instrument) -> list[Calibration]:
    """The calibrations that no other has corrected, in the order in which they were recorded."""
    corrected = {row.corrects_id for row in instrument.calibrations}
    return [row for row in instrument.calibrations if row.id not in corrected]


def calibrated(instrument: Instrument) -> list[Calibrated]:
    """The same, as the rules take them."""
    return [
        Calibrated(row.calibrated_on, row.due_on, row.certificate_number)
        for row in standing_calibrations(instrument)
    ]


# --- methods -------------------------------------------------------------------------------


def methods_of(act: Act) -> Select[Method]:
    """The methods of the actor's laboratory."""
    act.need(INSPECTOR)
    return select(Method).where(Method.laboratory_id == act.party)


def own_method(act: Act, method_id: UUID) -> Method:
    """A method of the actor's laboratory; NotFound for any other."""
    row = act.session.scalars(methods_of(act).where(Method.id == method_id)).first()
    if row is None:
        raise not_found("方法", "method")
    return row


def register_method(act: Act, values: Mapping[str, Any]) -> Method:
    """Register a method by which the laboratory works. Raises Invalid naming the fields."""
    act.need(INSPECTOR)
    row = Method(
        id=uuid.uuid4(), laboratory_id=act.party, account_id=act.actor.account,
        created_at=act.at, version=1,
    )  # fmt: skip
    return _put_method(act, row, values)


def change_method(act: Act, method_id: UUID, changes: Mapping[str, Any], as_seen: AsSeen) -> Method:
    """Change a method, or (`retired`) whether it is in use."""
    row = _locked(act, own_method(act, method_id))
    as_seen(row.id, row.version)
    row.version += 1
    return _put_method(act, row, changes)


def _put_method(act: Act, row: Method, changes: Mapping[str, Any]) -> Method:
    for name in _ABOUT_METHOD:
        if name in changes:
            setattr(row, name, changes[name])
    _retire(act, row, changes)
    faults = _method_faults(row)
    if faults:
        raise Invalid("method-invalid", faults[0].message, faults)
    row.characteristics = [
        asdict(
            Measured(one["characteristic"], unit(one["unit"]).symbol, one.get("detection_limit"))
        )
        for one in row.characteristics
    ]
    said = Words(f"方法 {row.designation} 已经登记", f"{row.designation} is registered")
    _store(act, row, said, "/designation")
    act.record(
        "method", row.id, laboratory=row.laboratory_id, version=row.version,
        retired_at=row.retired_at, **{name: getattr(row, name) for name in _ABOUT_METHOD},
    )  # fmt: skip
    return row


def _method_faults(row: Method) -> list[FieldFault]:
    faults = _list_faults([one["characteristic"] for one in row.characteristics])
    for place, one in enumerate(row.characteristics):
        faults += _unit_faults(one["unit"], f"/characteristics/{place}/unit")
        faults += _limit_faults(one.get("detection_limit"), place)
    return faults


def _limit_faults(typed: str | None, place: int) -> Iterable[FieldFault]:
    pointer = f"/characteristics/{place}/detection_limit"
    try:
        if typed and parse_decimal(typed) <= 0:
            yield fault(pointer, "检出限要大于 0", "A detection limit must be above 0")
    except RuleError as wrong:
        yield FieldFault(pointer, wrong.words)


# --- what both have in common --------------------------------------------------------------


def _locked(act: Act, row: Any) -> Any:
    """`row` again, locked until COMMIT and as it is now."""
    return act.session.get_one(type(row), row.id, with_for_update=True, populate_existing=True)


def _retire(act: Act, row: Instrument | Method, changes: Mapping[str, Any]) -> None:
    if "retired" in changes and bool(changes["retired"]) != (row.retired_at is not None):
        row.retired_at = act.at if changes["retired"] else None


def _store(act: Act, row: Instrument | Method, taken: Words, pointer: str) -> None:
    try:
        with act.session.begin_nested():
            act.session.add(row)
            act.session.flush()
    except IntegrityError as twice:
        raise Conflict("name-taken", taken, [FieldFault(pointer, taken)]) from twice


# --- what a result asks --------------------------------------------------------------------


def calibration_doubt(session: Session, instrument_id: UUID, on: date) -> Words | None:
    """Why a value measured with the instrument on the day `on` cannot count; None where it can."""
    row = session.get(Instrument, instrument_id)
    if row is None:
        return Words("没有这台仪器的记录", "The instrument is not on record")
    return fitness.doubt(row.name, calibrated(row), on)


def check_instrument(
    session: Session, laboratory_id: UUID, instrument_id: UUID, characteristic: str, typed: str,
    symbol: str, on: date | None = None,
) -> None:  # fmt: skip
    """Refuse with RuleError a value that the instrument cannot have given.

    Another laboratory's instrument is as unknown as none. With the day of measuring, an instrument
    that was retired later still counts.
    """
    row = session.get(Instrument, instrument_id)
    if row is None or row.laboratory_id != laboratory_id:
        raise RuleError(
            "instrument-unknown",
            "没有这台仪器，请先在“仪器与方法”里登记",
            "There is no such instrument; register it first",
        )
    reach = Reach(
        row.name, row.unit, row.lowest, row.highest, tuple(row.characteristics), _retired(row, on)
    )
    fitness.check_reach(reach, characteristic, typed, symbol)


def check_method(
    session: Session, laboratory_id: UUID, method: str, characteristic: str, symbol: str,
    on: date | None = None,
) -> None:  # fmt: skip
    """Refuse with RuleError what the laboratory's method of that designation does not give.

    A designation that the laboratory has not registered passes: it says nothing of it.
    """
    wanted = folded(method)
    query = select(Method).where(Method.laboratory_id == laboratory_id)
    row = next((one for one in session.scalars(query) if folded(one.designation) == wanted), None)
    if row is not None:
        fitness.check_measured(
            row.designation, measured_of(row), characteristic, symbol, _retired(row, on)
        )


def measured_of(row: Method) -> list[Measured]:
    """What a method measures, as the rules take it."""
    return [Measured(**one) for one in row.characteristics]


def _retired(row: Instrument | Method, on: date | None) -> bool:
    return row.retired_at is not None and (on is None or day_of(row.retired_at) < on)

"""What an inspector or producer enters as a value, refused where it cannot be read or compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import FieldFault, Invalid, fault
from products.bounds import MANY_READINGS, MEASURED
from products.errors import RuleError
from products.numbers import half_width
from products.requirements import Bound, BoundKind
from products.rulebook import Rulebook
from products.units import comparable, unit
from trace.inspections.comparison import check_entry
from trace.inspections.readings import Reading, ReadingKind, read
from trace.inspections.results import Result
from trace.inspections.uncertainty import uncertainty_of


def checked_values(
    rules: Rulebook, clause_items: frozenset[str], values: Sequence[Mapping[str, Any]], at: str
) -> list[dict[str, Any]]:
    """`values` with their units filled in; Invalid with a fault for each that cannot be taken.

    `clause_items` are the items of the release plan that need no number; `at` is the pointer of
    the list ('/results').
    """
    faults: list[FieldFault] = []
    checked = []
    for place, value in enumerate(values):
        where = f"{at}/{place}"
        try:
            checked.append(_checked(rules, clause_items, value))
        except _Faulty as faulty:
            faults.append(fault(where + faulty.field, *faulty.rule.words))
    if faults:
        raise Invalid("value-invalid", faults[0].message, faults)
    return checked


class _Faulty(Exception):
    def __init__(self, field: str, rule: RuleError) -> None:
        super().__init__(field)
        self.field, self.rule = field, rule


def _checked(
    rules: Rulebook, clause_items: frozenset[str], value: Mapping[str, Any]
) -> dict[str, Any]:
    name = value["characteristic"]
    bounds = rules.bounds.get(name, ())
    if not bounds and name not in clause_items:
        raise _Faulty(
            "/characteristic",
            RuleError(
                "not-of-this-product",
                f"这个产品没有“{name}”这一项，请从项目表中选",
                f'This product has no "{name}"; choose from its list of items',
            ),
        )
    symbol = _checked_unit([unit_ for _, unit_ in bounds if unit_], value.get("unit") or "")
    _check_reading(bounds, value, symbol)
    return {**value, "unit": symbol}


def _checked_unit(units: Sequence[str], symbol: str) -> str:
    wanted = units[0] if units else ""
    if not symbol:
        return wanted
    try:
        given = unit(symbol)
        if wanted and not any(comparable(given, unit(name)) for name in units):
            raise RuleError(
                "unit_of_another_dimension",
                f"单位 {symbol} 与限量的单位 {wanted} 不能换算，请改用 {wanted}",
                f"{symbol} cannot be compared with {wanted}: give the value in {wanted}",
            )
    except RuleError as broken:
        raise _Faulty("/unit", broken) from broken
    return given.symbol


def _check_reading(
    bounds: Sequence[tuple[Bound, str]], value: Mapping[str, Any], symbol: str
) -> None:
    """The value must be one that a limit of this characteristic can be held against."""
    result = Result(
        "",
        value["characteristic"],
        value["typed"],
        symbol,
        value.get("detection_limit"),
        uncertainty=value.get("uncertainty"),
        guarded=bool(value.get("guarded")),
    )
    try:
        uncertainty_of(result)
    except RuleError as wrong:
        raise _Faulty("/uncertainty", wrong) from wrong
    first: RuleError | None = None
    for bound, unit_ in bounds or _SIGNED:
        found = refusal(bound, unit_, result)
        if found is None:
            return
        first = first or found
    if first is not None:
        raise _Faulty(_field_of(first.code), first)


_SIGNED = ((Bound(BoundKind.CLAUSE), ""),)


def _field_of(code: str) -> str:
    """The box that a refusal is about."""
    for field in ("detection_limit", "uncertainty"):
        if code.startswith(field):
            return f"/{field}"
    return "/typed"


def refusal(bound: Bound, symbol: str, result: Result) -> RuleError | None:
    """Why a result cannot be entered against a limit; None where it can."""
    try:
        check_entry(bound, symbol, result)
        if bound.kind is BoundKind.DOCUMENT:
            _check_given(result.typed)
        elif bound.kind not in MANY_READINGS:
            options = (*bound.choices, *bound.options)
            _check_kind(bound, read(result.typed, result.unit, result.detection_limit, options))
    except RuleError as refused:
        return refused
    return None


def _check_given(typed: str) -> None:
    if not half_width(typed):
        raise _nothing_typed()


def _nothing_typed() -> RuleError:
    return RuleError("empty", "没有填结果；没测的项目请整行不填", "Empty; leave the row out")


def _check_kind(bound: Bound, reading: Reading) -> None:
    """Two empty texts never agree, a word meets no number, and a number no clause."""
    if reading.kind is ReadingKind.EMPTY:
        raise _nothing_typed()
    if bound.kind is BoundKind.CHOICE and reading.kind is not ReadingKind.CHOICE:
        listed, listed_en = "、".join(bound.choices), ", ".join(bound.choices)
        raise RuleError("choice-needed", f"要填 {listed} 之一", f"This must be one of {listed_en}")
    said_in_words = reading.kind in (ReadingKind.YES, ReadingKind.NO, ReadingKind.CHOICE)
    if said_in_words and bound.kind in MEASURED:
        raise RuleError("number-needed", "这一项请填数值或“未检出”", "Give a number, or ND")
    if not said_in_words and bound.kind not in MEASURED:
        raise RuleError("word-needed", "这一项请填“符合”或“不符合”", "Answer yes or no")

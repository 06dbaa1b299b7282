"""What an inspector or producer enters as a value, refused where it cannot be read or compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import FieldFault, Invalid, fault
from products.errors import RuleError
from products.requirements import Bound, BoundKind, Requirement
from products.rulebook import Rulebook
from products.units import comparable, unit
from trace.inspections.comparison import check_entry
from trace.inspections.readings import Reading, ReadingKind, read
from trace.inspections.results import Result

_MEASURED = (BoundKind.NUMBER, BoundKind.NOT_DETECTED, BoundKind.SERIES)


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
    rows = rules.by_characteristic.get(name, ())
    if not rows and name not in clause_items:
        raise _Faulty(
            "/characteristic",
            RuleError(
                "not-of-this-product",
                f"这个产品没有“{name}”这一项，请从项目表中选",
                f'This product has no "{name}"; choose from its list of items',
            ),
        )
    symbol = _checked_unit(rows, value.get("unit") or "")
    _check_reading(rows, value, symbol)
    return {**value, "unit": symbol}


def _checked_unit(rows: Sequence[Requirement], symbol: str) -> str:
    wanted = next((row.unit for row in rows if row.unit), "")
    if not symbol:
        return wanted
    try:
        given = unit(symbol)
        if wanted and not any(comparable(given, unit(row.unit)) for row in rows if row.unit):
            raise RuleError(
                "unit_of_another_dimension",
                f"单位 {symbol} 与限量的单位 {wanted} 不能换算，请改用 {wanted}",
                f"{symbol} cannot be compared with {wanted}: give the value in {wanted}",
            )
    except RuleError as broken:
        raise _Faulty("/unit", broken) from broken
    return given.symbol


def _check_reading(rows: Sequence[Requirement], value: Mapping[str, Any], symbol: str) -> None:
    """The value must be one that a limit of this characteristic can be held against."""
    bounds = [(row.bound, row.unit) for row in rows] or [(Bound(BoundKind.CLAUSE), "")]
    result = Result(
        "", value["characteristic"], value["typed"], symbol, value.get("detection_limit")
    )
    refusals = [refusal for bound, unit_ in bounds if (refusal := _refusal(bound, unit_, result))]
    if len(refusals) == len(bounds):
        code = refusals[0].code
        field = "/detection_limit" if code.startswith("detection_limit") else "/typed"
        raise _Faulty(field, refusals[0])


def _refusal(bound: Bound, symbol: str, result: Result) -> RuleError | None:
    try:
        check_entry(bound, symbol, result)
        if bound.kind is not BoundKind.SERIES:
            _check_kind(
                bound, read(result.typed, result.unit, result.detection_limit, bound.choices)
            )
    except RuleError as refused:
        return refused
    return None


def _check_kind(bound: Bound, reading: Reading) -> None:
    """Two empty texts never agree, a word meets no number, and a number no clause."""
    if reading.kind is ReadingKind.EMPTY:
        raise RuleError("empty", "没有填结果；没测的项目请整行不填", "Empty; leave the row out")
    said_in_words = reading.kind in (ReadingKind.YES, ReadingKind.NO, ReadingKind.CHOICE)
    if said_in_words and bound.kind in _MEASURED:
        raise RuleError("number-needed", "这一项请填数值或“未检出”", "Give a number, or ND")
    if not said_in_words and bound.kind not in _MEASURED:
        raise RuleError("word-needed", "这一项请填“符合”或“不符合”", "Answer yes or no")

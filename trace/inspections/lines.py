"""One line for every value that meets a limit, and for every limit that no value met."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from core.words import Words
from products.requirements import BoundKind, Edition, Nature, Requirement, Weight, weight
from trace.inspections.case import Case, Measurement, Row
from trace.inspections.comparison import Comparison, Finding
from trace.inspections.verdicts import Line, LineOutcome, Source

FIELD_NAMES = {
    "grade": Words("等级", "grade"),
    "form": Words("形态", "form"),
    "process": Words("工艺", "process"),
    "condition": Words("贮运状态", "condition"),
    "matrix": Words("取样部位", "matrix"),
}
_SHOWN = {
    Nature.RECOMMENDED: Words(
        "推荐性标准，未声明执行，不参与判定",
        "a recommended standard that is not declared, decides nothing",
    ),
    Nature.REFERENCE: Words("参考指标，不参与判定", "for reference, decides nothing"),
    Nature.PROCEDURE: Words("程序性规定，不参与判定", "a procedure, decides nothing"),
    Nature.BENCHMARK: Words("仅作对标，不参与判定", "a benchmark, decides nothing"),
}


def measured_lines(case: Case, asked: Collection[tuple[Source, str]]) -> list[Line]:
    """Every value against every row that is for it; `asked` is what the plan asks of whom."""
    lines = []
    for characteristic, measurements in case.measured.items():
        rows = case.rows.get(characteristic, ())
        for measurement in measurements:
            wanted = (measurement.source, characteristic) in asked
            for row in rows:
                fits = case.matrix_fits(row.requirement, measurement.result)
                if fits is not False:
                    lines.append(_judged(case, row, measurement, wanted, fits is True))
    return [*lines, *_withdrawn_lines(case, asked)]


def _withdrawn_lines(case: Case, asked: Collection[tuple[Source, str]]) -> list[Line]:
    """What was taken back keeps the limits that it met open."""
    return [
        requirement_line(
            row.requirement,
            LineOutcome.UNDETERMINED,
            WITHDRAWN,
            measurement=gone,
            decides=True,
            asked=(gone.source, characteristic) in asked,
        )
        for characteristic, taken_back in case.withdrawn.items()
        for gone in taken_back
        for row in case.rows.get(characteristic, ())
        if row.decides and case.matrix_fits(row.requirement, gone.result) is not False
    ]


WITHDRAWN = Words(
    "结果已撤回，还没有新的结果", "the result was withdrawn and no new one stands yet"
)


def _judged(
    case: Case, row: Row, measurement: Measurement, asked: bool, known_matrix: bool
) -> Line:
    comparison = case.compared(row.requirement, measurement.result)
    gaps = row.gaps if known_matrix else (*row.gaps, "matrix")
    line = value_line(row, measurement, comparison, gaps, asked=asked and row.decides)
    if comparison.finding is not Finding.OPEN or not _another_document(case, row, measurement):
        return line
    reason = joined(line.reason, _ANOTHER_DOCUMENT)
    return replace(
        line, outcome=LineOutcome.REFERENCE, alone=None, decides=False, asked=False, reason=reason
    )


def _another_document(case: Case, row: Row, measurement: Measurement) -> bool:
    """Whether the same source has a valid document: one run out does no harm beside it."""
    return row.requirement.bound.kind is BoundKind.DOCUMENT and any(
        case.compared(row.requirement, other.result).finding is Finding.HOLDS
        for other in case.values_for(row.requirement)
        if other.source is measurement.source
    )


_ANOTHER_DOCUMENT = Words("另有一份有效的文件，以那份为准", "another valid document counts instead")


def value_line(
    row: Row,
    measurement: Measurement,
    comparison: Comparison,
    gaps: tuple[str, ...] = (),
    *,
    asked: bool = False,
) -> Line:
    """A line about a value: what it means for the batch, and what the limit says by itself."""
    outcome, reason = _outcome(row, comparison, gaps, measurement.source)
    own = (row.requirement.edition.standard,)
    alone = replace(row, weight=weight(row.requirement, own))
    return requirement_line(
        row.requirement,
        outcome,
        reason,
        measurement=measurement,
        comparison=comparison,
        decides=row.decides,
        asked=asked,
        alone=_outcome(alone, comparison, gaps, measurement.source)[0],
        is_broken=comparison.finding is Finding.BROKEN and not gaps and row.decides,
    )


def _outcome(
    row: Row, comparison: Comparison, gaps: tuple[str, ...], source: Source
) -> tuple[LineOutcome, Words]:
    """What a comparison means for the batch: how sure the limit is, and whose value it was."""
    said = comparison.reason
    if row.weight is Weight.SHOWN:
        return LineOutcome.REFERENCE, joined(said, why_shown(row))
    if comparison.finding is Finding.HOLDS:
        return LineOutcome.CONFORMING, said
    if comparison.finding is Finding.OPEN:
        return LineOutcome.UNDETERMINED, said
    if gaps:
        return LineOutcome.UNDETERMINED, joined(said, unstated(gaps))
    return broken(said, row.weight, source)


def broken(said: Words, weight: Weight, source: Source) -> tuple[LineOutcome, Words]:
    """A broken limit fails the batch when the limit is confirmed and the value is the batch's own.

    A one-source limit holds it until verified; a type inspection that fails leaves it undetermined.
    """
    if weight is Weight.HOLDS:
        waits = Words(
            "依据只有一处来源，待主管部门核实",
            "it rests on one source only and waits for the authority to verify it",
        )
        return LineOutcome.TO_VERIFY, joined(said, waits)
    if source is Source.TYPE_INSPECTION:
        waits = Words(
            "型式检验不合格，本批待定",
            "the type inspection fails, so the batch is undetermined",
        )
        return LineOutcome.UNDETERMINED, joined(said, waits)
    return LineOutcome.NONCONFORMING, said


def why_shown(row: Row) -> Words:
    if row.binding:
        return Words("限量待核对，不参与判定", "limit not verified, decides nothing")
    return _SHOWN[row.requirement.nature]


def unstated(gaps: tuple[str, ...]) -> Words:
    names = [FIELD_NAMES.get(gap, Words(gap, gap)) for gap in gaps]
    zh, en = "、".join(n.zh for n in names), ", ".join(n.en for n in names)
    return Words(
        f"没有填{zh}，不能确定这一限量是否适用",
        f"without the {en} it is not sure that this limit applies",
    )


def joined(first: Words, second: Words) -> Words:
    """Two statements as one sentence."""
    return Words(f"{first.zh}；{second.zh}", f"{first.en}; {second.en}")


def requirement_line(
    requirement: Requirement,
    outcome: LineOutcome,
    reason: Words,
    *,
    measurement: Measurement | None = None,
    comparison: Comparison | None = None,
    decides: bool = False,
    asked: bool = False,
    alone: LineOutcome | None = None,
    is_broken: bool = False,
) -> Line:
    """A line about a requirement, with or without a value."""
    edition = requirement.edition
    return Line(
        outcome=outcome,
        characteristic=requirement.characteristic,
        reason=reason,
        characteristic_en=requirement.characteristic_en,
        standard=edition.standard,
        level=edition.level,
        edition=edition.designation,
        starts_certain=edition.starts_certain,
        clause=requirement.clause,
        stage=requirement.stage,
        requirement=requirement,
        result=measurement.result if measurement else None,
        source=measurement.source if measurement else None,
        origin=measurement.origin if measurement else "",
        read=comparison.read if comparison else None,
        value=comparison.value if comparison else "",
        decides=decides,
        asked=asked,
        broken=is_broken,
        alone=alone,
    )


def untested_lines(case: Case, seen: Collection[str]) -> list[Line]:
    """未检: rows that apply, that no value met and no plan asked for (`seen` are their ids)."""
    return [
        _untested(row)
        for rows in case.rows.values()
        for row in rows
        if row.requirement.id not in seen and case.is_for_batch(row.requirement)
    ]


def _untested(row: Row) -> Line:
    own = (row.requirement.edition.standard,)
    shown = weight(row.requirement, own) is Weight.SHOWN
    return requirement_line(
        row.requirement,
        LineOutcome.NOT_TESTED,
        _UNTESTED,
        decides=row.decides,
        alone=LineOutcome.REFERENCE if shown else None,
    )


_UNTESTED = Words("未检", "not tested")


def blank_lines(case: Case, asked: Iterable[str]) -> list[Line]:
    """该版限量未录入: what was measured or asked, where the edition then in force has no limits."""
    lines = []
    for characteristic in dict.fromkeys((*case.measured, *case.withdrawn, *asked)):
        for edition in case.blank_editions(characteristic):
            taken_back = case.withdrawn.get(characteristic, ())
            values = (*case.measured.get(characteristic, ()), *taken_back) or (None,)
            lines += [_blank(characteristic, edition, value) for value in values]
    return lines


def _blank(characteristic: str, edition: Edition, measurement: Measurement | None) -> Line:
    return Line(
        outcome=LineOutcome.UNDETERMINED,
        characteristic=characteristic,
        reason=unentered(edition.designation),
        standard=edition.standard,
        level=edition.level,
        edition=edition.designation,
        starts_certain=edition.starts_certain,
        result=measurement.result if measurement else None,
        source=measurement.source if measurement else None,
        origin=measurement.origin if measurement else "",
        decides=True,
        asked=measurement is None,
    )


def unentered(designation: str) -> Words:
    return Words(
        f"参考日期有效的是 {designation}，该版限量未录入",
        f"{designation} was in force on the day and its limits are not entered",
    )


def unentered_gaps(lines: Iterable[Line]) -> list[Words]:
    """One sentence for each edition without limits, naming what was asked and not measured."""
    names: dict[str, list[str]] = {}
    for line in lines:
        if line.result is None and line.reason == unentered(line.edition):
            names.setdefault(line.edition, []).append(line.characteristic)
    return [
        Words(
            f"{unentered(edition).zh}：{'、'.join(asked)}",
            f"{unentered(edition).en}: {', '.join(asked)}",
        )
        for edition, asked in names.items()
    ]


def noted_lines(measurements: Iterable[Measurement], seen: Collection[str]) -> list[Line]:
    """Results of inspections that no limit meets: kept in sight, they decide nothing."""
    return [
        Line(
            outcome=LineOutcome.REFERENCE,
            characteristic=measurement.result.characteristic,
            reason=_NO_LIMIT_APPLIES,
            result=measurement.result,
            source=measurement.source,
            origin=measurement.origin,
        )
        for measurement in measurements
        if measurement.source is not Source.EVENT and measurement.result.id not in seen
    ]


_NO_LIMIT_APPLIES = Words(
    "目录中没有适用于本批的限量，只作记录",
    "no limit of the catalogue applies to this batch, noted only",
)

"""What the judge is given: results as typed, type inspections, events of the stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.words import Words


@dataclass(frozen=True, slots=True)
class Result:
    """检验结果: one value as typed, in `unit`, of one characteristic.

    `id` is unique over everything that is judged together. `detection_limit` is the laboratory's
    own, as typed, in `unit`. `matrix` is what it was measured on. `by` is who signs for it.
    `document`: a file stands behind it. A `superseded` result (corrected, withdrawn, retested) is
    shown elsewhere and never judged.

    `uncertainty` is the expanded uncertainty U (k = 2) as typed, in `unit`; `guarded` is the
    laboratory's decision rule: a guard band as wide as U, instead of plain acceptance. `doubt` says
    why the value cannot count (the instrument's calibration had run out): its lines are then
    undetermined. `withdrawn`: the report was withdrawn and nothing took its place; the value is
    not judged, and its characteristic waits for another result of the same source. `filed` is the
    place of its report in the order in which they were recorded; 0: only the days are known.
    """

    id: str
    characteristic: str
    typed: str
    unit: str = ""
    detection_limit: str | None = None
    method: str = ""
    matrix: str | None = None
    by: str = ""
    at: date | None = None
    document: bool = False
    superseded: bool = False
    uncertainty: str | None = None
    guarded: bool = False
    doubt: Words | None = None
    withdrawn: bool = False
    filed: int = 0


@dataclass(frozen=True, slots=True)
class TypeInspection:
    """型式检验 of the same party and product (the caller sees to that), valid from–to inclusive.

    `valid_to` None: as long as the release plan says.
    """

    id: str
    results: tuple[Result, ...]
    valid_from: date
    valid_to: date | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class StageEvent:
    """追溯事件 of one stage: the producer's own values, and the names of the documents kept."""

    id: str
    stage: str
    on: date
    values: tuple[Result, ...] = ()
    documents: tuple[str, ...] = ()

"""The answer to a scan as JSON: the same facts as on the page, every text in both languages."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.words import Words
from labels.passport import BatchPassport, LabelAnswer
from labels.passport_words import Face


def answer_json(answer: LabelAnswer, face: Face) -> dict[str, Any]:
    """What a program is told; parts that the page does not show are not there either."""
    said: dict[str, Any] = {
        "status": answer.status.value,
        "code": answer.code,
        "state": face.state,
        "title": {"zh": face.title.zh.replace("|", ""), "en": face.title.en},
        "sentence": _plain(face.sentence),
        "steps": _plain(face.steps),
    }
    if answer.label is not None and answer.run is not None and answer.batch is not None:
        label = answer.label
        said |= {
            "scans": _plain(label.scans) | {"unusually_many": label.scans.many},
            "label": {"state": label.state, "since": _plain(label.state_on or label.drawn_on)},
            "decision": _plain(label.decision),
            "printed": _plain(answer.run),
            "batch": _batch_json(answer.batch),
        }
        if answer.shows_results:
            said |= _results_json(answer.batch)
    return said | {"contact": _plain(answer.contact)}


def _batch_json(batch: BatchPassport) -> dict[str, Any]:
    names = ("number", "product", "grade", "maker", "place", "produced_on", "best_before")
    told = {name: _plain(getattr(batch, name)) for name in names}
    return told | {"gi_records": _plain(batch.gi), "origins": _plain(batch.origins)}


def _results_json(batch: BatchPassport) -> dict[str, Any]:
    return {
        "results": [_plain(item) | {"outcome": item.outcome} for item in batch.items],
        "asked_without_result": batch.unmet,
        "not_tested": batch.untested,
        "links": _plain(batch.links),
        "reports": [_plain(report) | {"stands": report.stands} for report in batch.reports],
        "standards": _plain(batch.editions),
    }


def _plain(value: Any) -> Any:
    """A value of the passport as JSON knows it: days and numbers as text, words by language."""
    if isinstance(value, Words):
        return value._asdict()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value

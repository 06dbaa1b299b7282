"""The boxes of a limit: from a form to what the schema takes, and from a limit to the boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import request

from core.pages.views import say
from core.words import Words
from desks.certainty import NATURE_WORDS
from desks.form_texts import listed, ticked
from products.bounds import RANGED
from products.models import Product
from products.numbers import half_width
from products.parts import TERM_FIELDS
from products.requirements import BoundKind, Nature, Requirement, Subject
from products.units import UNITS

KIND_WORDS = {
    BoundKind.NUMBER: Words("数值：有上限、下限或两头", "a number: at most, at least, or between"),
    BoundKind.NOT_DETECTED: Words("不得检出", "not detected"),
    BoundKind.CHOICE: Words("几个说法里的一个", "one of several words"),
    BoundKind.YES_NO: Words("符合或不符合", "complies or not"),
    BoundKind.DOCUMENT: Words("要有一份文件", "a document must be there"),
    BoundKind.SERIES: Words(
        "全程记录：每个读数都在限内", "a recorded series: every reading within"
    ),
    BoundKind.MEAN: Words("几个读数的均值", "the mean of several readings"),
    BoundKind.CLASSES: Words(
        "采样方案 n、c、m、M（微生物等）", "a class plan: n, c, m, M (microbes and the like)"
    ),
    BoundKind.CLAUSE: Words("照条款办，没有数值", "by the clause, without a number"),
}
SUBJECT_WORDS = {
    Subject.BATCH: Words("批次", "the batch"),
    Subject.PACKAGE: Words("包装", "the package"),
    Subject.PARTY: Words("经营者（义务，不判批次）", "the party: a duty, judges no batch"),
}
_OWN_TEXTS: dict[str, tuple[str, ...]] = {
    BoundKind.NUMBER: ("cleared_by",),
    BoundKind.SERIES: ("longest_beyond", "longest_gap"),
    BoundKind.MEAN: ("largest_spread",),
    BoundKind.CLASSES: ("m", "M"),
}
_OWN_COUNTS: dict[str, tuple[str, ...]] = {
    BoundKind.MEAN: ("readings",),
    BoundKind.CLASSES: ("n", "c"),
}
_OWN = sorted({name for names in (*_OWN_TEXTS.values(), *_OWN_COUNTS.values()) for name in names})
_SIDES = ("lower", "upper")
_WHEN_KINDS = ("lower", "upper", "lower_open", "upper_open")


def kind_options() -> list[tuple[str, str]]:
    """How a requirement can be met."""
    return [(kind.value, say(words)) for kind, words in KIND_WORDS.items()]


def subject_options() -> list[tuple[str, str]]:
    """What a requirement is about."""
    return [(subject.value, say(words)) for subject, words in SUBJECT_WORDS.items()]


def nature_options() -> list[tuple[str, str]]:
    """What kind of statement it is."""
    return [(nature.value, say(NATURE_WORDS[nature])) for nature in Nature]


def unit_options() -> list[tuple[str, str]]:
    """The closed table of units."""
    return [(unit.symbol, _unit_name(unit.symbol, say(unit.names))) for unit in UNITS]


def _unit_name(symbol: str, name: str) -> str:
    return symbol if name.strip() in ("", symbol) else f"{symbol} {name}"


def posted_bound(prefix: str = "bound") -> dict[str, Any]:
    """The boxes of a bound as BoundIn takes them; what its kind has no use for is left out."""
    kind = request.form.get(f"{prefix}-kind", BoundKind.NUMBER.value)
    made: dict[str, Any] = {"kind": kind}
    if kind in RANGED:
        made |= _sides(prefix)
        if ticked(f"{prefix}-rounded"):
            made["rounded"] = True
    made |= _given(prefix, _OWN_TEXTS.get(kind, ()), _text)
    made |= _given(prefix, _OWN_COUNTS.get(kind, ()), _count)
    if kind == BoundKind.CHOICE:
        made |= {"choices": listed(f"{prefix}-choices"), "options": listed(f"{prefix}-options")}
    elif kind == BoundKind.NOT_DETECTED and _text(f"{prefix}-detection_limit"):
        made["detection_limit"] = _text(f"{prefix}-detection_limit")
    return made


def _given(prefix: str, names: Sequence[str], read: Callable[[str], Any]) -> dict[str, Any]:
    """The boxes that were filled in, of those that belong to the kind."""
    return {name: read(f"{prefix}-{name}") for name in names if _text(f"{prefix}-{name}")}


def _count(name: str) -> int | str:
    """A whole number; any other text as it is, for the schema to refuse."""
    text = half_width(_text(name))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text


def _sides(prefix: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for side in _SIDES:
        if _text(f"{prefix}-{side}"):
            made[side] = _text(f"{prefix}-{side}")
            if ticked(f"{prefix}-{side}_open"):
                made[f"{side}_open"] = True
    return made


def _text(name: str) -> str:
    return request.form.get(name, "").strip()


def posted_scope() -> dict[str, Any]:
    """For whom the limit is, as ScopeIn takes it."""
    made: dict[str, Any] = {}
    for name in TERM_FIELDS:
        words = request.form.getlist(f"scope-{name}")
        if words:
            made[name] = words
    if _text("scope-when-characteristic"):
        made["when"] = {
            "characteristic": _text("scope-when-characteristic"),
            "bound": {"kind": "number", **_sides("scope-when-bound")},
            "unit": _text("scope-when-unit"),
        }
    return made


def boxes_of(rule: Requirement) -> dict[str, Any]:
    """What stands in the boxes for a limit as it is."""
    bound, when = rule.bound, rule.scope.when
    held: dict[str, Any] = {
        "bound-kind": bound.kind.value,
        "bound-lower": bound.lower or "",
        "bound-upper": bound.upper or "",
        "bound-lower_open": bound.lower_open,
        "bound-upper_open": bound.upper_open,
        "bound-rounded": bound.rounded,
        "bound-choices": "\n".join(bound.choices),
        "bound-options": "\n".join(bound.options),
        "bound-detection_limit": bound.detection_limit or "",
        **{f"bound-{name}": _box(getattr(bound, name)) for name in _OWN},
        "unit": rule.unit,
        "method": rule.method,
        "nature": rule.nature.value,
        "enforce": rule.enforce,
        "note": rule.note,
        **{f"scope-{name}": list(getattr(rule.scope, name)) for name in TERM_FIELDS},
    }
    if when is not None:
        held |= {
            "scope-when-characteristic": when.characteristic,
            "scope-when-unit": when.unit,
            **{f"scope-when-bound-{name}": getattr(when.bound, name) or "" for name in _WHEN_KINDS},
        }
    return held


def _box(held: object) -> str:
    return "" if held is None else str(held)


def scope_words(product: Product | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """The words of a product by which a scope may be narrowed: (field, options)."""
    if product is None:
        return []
    found = [
        (name, [(word, word) for word in product.names(kind)]) for name, kind in TERM_FIELDS.items()
    ]
    return [(name, options) for name, options in found if options]

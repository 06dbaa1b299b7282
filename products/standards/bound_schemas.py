"""Bounds and scopes at the edge: limits as printed, and for what they are."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load

from core.http.fields import AtMost, Between, Choice, CleanText, DecimalString, Strict
from products.bounds import MOST_READINGS, Bound, BoundKind
from products.errors import RuleError
from products.numbers import half_width, parse_decimal
from products.requirements import Scope, When

_KINDS = tuple(kind.value for kind in BoundKind)


class LimitText(DecimalString):
    """A limit as printed: a plain number whose digits are kept."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            parse_decimal(text)
        except RuleError as wrong:
            raise ValidationError([wrong.words]) from wrong
        return half_width(text)


def _count(description: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        validate=Between(0, MOST_READINGS),
        metadata={"description": description},
    )


class BoundIn(Strict):
    """A limit: closed unless marked open. number, series and mean need `lower` or `upper`."""

    kind = Choice(_KINDS, required=True)
    lower = LimitText()
    lower_open = fields.Boolean()
    upper = LimitText()
    upper_open = fields.Boolean()
    choices = fields.List(CleanText(40), validate=AtMost(40))
    options = fields.List(
        CleanText(40),
        validate=AtMost(40),
        metadata={"description": "answers that may be given and are not accepted"},
    )
    rounded = fields.Boolean(metadata={"description": "修约值比较法 of GB/T 8170-2008"})
    detection_limit = LimitText()
    n = _count("classes: how many units are tested")
    c = _count("classes: how many of them may be above m")
    m = LimitText()
    M = LimitText(metadata={"description": "classes: none may be above; absent: two classes"})
    readings = _count("mean: of at least how many readings")
    largest_spread = LimitText(metadata={"description": "mean: largest minus smallest reading"})
    longest_beyond = LimitText(metadata={"description": "series: minutes beyond the limit in all"})
    longest_gap = LimitText(metadata={"description": "series: minutes between two readings"})
    cleared_by = CleanText(80, metadata={"description": "number: the total that clears this part"})

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Bound:
        """The bound; one that no value can meet is refused."""
        kind = BoundKind(data.pop("kind"))
        choices, options = tuple(data.pop("choices", ())), tuple(data.pop("options", ()))
        try:
            return Bound(kind, choices=choices, options=options, **data)
        except RuleError as wrong:
            raise ValidationError([wrong.words]) from wrong


class WhenIn(Strict):
    """A condition on the package: 售价 > 200 元."""

    characteristic = CleanText(80, required=True)
    bound = fields.Nested(BoundIn, required=True)
    unit = CleanText(20, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> When:
        """The condition."""
        return When(**data)


def _words() -> fields.List[str]:
    return fields.List(CleanText(40), validate=AtMost(60))


class ScopeIn(Strict):
    """For what a limit is; an empty field is for all."""

    grades = _words()
    forms = _words()
    processes = _words()
    conditions = _words()
    matrices = _words()
    when = fields.Nested(WhenIn)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Scope:
        """The scope."""
        when = data.pop("when", None)
        return Scope(**{name: tuple(words) for name, words in data.items()}, when=when)


class BoundOut(Strict):
    """A limit as text; closed unless marked open."""

    kind = fields.String(required=True)
    lower = fields.String(required=True, allow_none=True)
    lower_open = fields.Boolean(required=True)
    upper = fields.String(required=True, allow_none=True)
    upper_open = fields.Boolean(required=True)
    choices = fields.List(fields.String(), required=True)
    options = fields.List(fields.String(), required=True)
    rounded = fields.Boolean(required=True)
    detection_limit = fields.String(required=True, allow_none=True)
    n = fields.Integer(required=True, allow_none=True)
    c = fields.Integer(required=True, allow_none=True)
    m = fields.String(required=True, allow_none=True)
    M = fields.String(required=True, allow_none=True)
    readings = fields.Integer(required=True, allow_none=True)
    largest_spread = fields.String(required=True, allow_none=True)
    longest_beyond = fields.String(required=True, allow_none=True)
    longest_gap = fields.String(required=True, allow_none=True)
    cleared_by = fields.String(required=True, allow_none=True)


class WhenOut(Strict):
    """A condition on the package."""

    characteristic = fields.String(required=True)
    bound = fields.Nested(BoundOut, required=True)
    unit = fields.String(required=True)


class ScopeOut(Strict):
    """For what a limit is."""

    grades = fields.List(fields.String(), required=True)
    forms = fields.List(fields.String(), required=True)
    processes = fields.List(fields.String(), required=True)
    conditions = fields.List(fields.String(), required=True)
    matrices = fields.List(fields.String(), required=True)
    when = fields.Nested(WhenOut, required=True, allow_none=True)

"""Fields at the edge: texts that are bounded and clean, decimals as strings, words as errors."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields

from core.http.paging import LARGEST_SIZE
from core.text import TextFault, clean_text
from core.words import Words


def _described(kwargs: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """`kwargs` of a field with `facts` for the OpenAPI document beneath what it says itself."""
    return {**kwargs, "metadata": {**facts, **kwargs.get("metadata", {})}}


class Strict(Schema):
    """Every schema of ours: unknown fields are refused (marshmallow's default), order kept."""


class CleanText(fields.String):
    """A text in NFC, trimmed, at most `longest` characters, without deceiving characters."""

    def __init__(
        self, longest: int, *, lines: bool = False, blank: bool = False, **kwargs: Any
    ) -> None:
        bounds = {"maxLength": longest} | ({} if blank else {"minLength": 1})
        super().__init__(**_described(kwargs, bounds))
        self.longest, self.lines, self.blank = longest, lines, blank

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            text = clean_text(text, self.longest, lines=self.lines)
        except TextFault as fault:
            raise ValidationError([fault.words]) from fault
        if not text and not self.blank:
            raise ValidationError([Words("必填", "Required")])
        return text


class DecimalString(CleanText):
    """A number as text, exactly as typed; the rules read it, so that '1.50' keeps its digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(30, **_described(kwargs, {"description": "decimal number as text"}))


class Choice(fields.String):
    """One word of a closed list."""

    def __init__(self, choices: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**_described(kwargs, {"enum": list(choices)}))
        self.choices_allowed = choices

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if text not in self.choices_allowed:
            listed = "、".join(self.choices_allowed)
            raise ValidationError(
                [Words(f"只能是：{listed}", f"One of: {', '.join(self.choices_allowed)}")]
            )
        return text


class Pattern(CleanText):
    """A text of a fixed form, told in words."""

    def __init__(self, pattern: str, words: Words, longest: int, **kwargs: Any) -> None:
        super().__init__(longest, **_described(kwargs, {"pattern": f"^{pattern}$"}))
        self.pattern, self.words = re.compile(pattern), words

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not self.pattern.fullmatch(text):
            raise ValidationError([self.words])
        return text


class AtMost:
    """Refuses a list that is longer than anything real."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, values: Sequence[object]) -> None:
        """Raises ValidationError in both languages."""
        if len(values) > self.most:
            raise ValidationError([Words(f"最多 {self.most} 项", f"At most {self.most} entries")])


class Between:
    """Refuses a whole number outside its bounds."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __call__(self, value: int) -> None:
        """Raises ValidationError in both languages."""
        if not self.least <= value <= self.most:
            raise ValidationError(
                [
                    Words(
                        f"须在 {self.least} 至 {self.most} 之间",
                        f"Must be between {self.least} and {self.most}",
                    )
                ]
            )


class PageQuery(Strict):
    """Which page of a list."""

    after = CleanText(200)
    size = fields.Integer(validate=Between(1, LARGEST_SIZE))


class WordsOut(Strict):
    """A sentence in both languages."""

    zh = fields.String(required=True)
    en = fields.String(required=True)

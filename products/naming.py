"""Product names that people could take for each other, and finding a product by what is typed."""

from __future__ import annotations

from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

from core.identity.names import look_alike, skeleton


def look_alikes(name: str, others: Iterable[str]) -> tuple[str, ...]:
    """Those of `others` that look or sound like `name` without being the same text."""
    sound = _sound(name)
    return tuple(
        other
        for other in others
        if other != name and (look_alike(name, other) or _sound(other) == sound)
    )


def is_found_by(typed: str, names: Iterable[str]) -> bool:
    """Whether one of `names` contains what was typed: characters, pinyin or its initials."""
    wanted = skeleton(typed)
    return any(
        wanted in text for name in names for text in (skeleton(name), _sound(name), _initials(name))
    )


def _sound(name: str) -> str:
    return "".join(lazy_pinyin(skeleton(name)))


def _initials(name: str) -> str:
    return "".join(lazy_pinyin(skeleton(name), style=Style.FIRST_LETTER))

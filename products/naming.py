"""Names that people could take for each other, and finding a product by what somebody types."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

# Han characters that differ by the length or the joint of one stroke; not by sound, so that
# pinyin does not catch them.
_SAME_TO_THE_EYE = str.maketrans("末士已巳曰入夭干", "未土己己日人天千")


def look_alikes(name: str, others: Iterable[str]) -> tuple[str, ...]:
    """Those of `others` that look or sound like `name` without being the same text."""
    looks, sounds = _skeleton(name), _sound(name)
    return tuple(
        other
        for other in others
        if other != name and (_skeleton(other) == looks or _sound(other) == sounds)
    )


def is_found_by(typed: str, names: Iterable[str]) -> bool:
    """Whether one of `names` contains what was typed: characters, pinyin or its initials."""
    wanted = _plain(typed)
    return any(
        wanted in text
        for name in names
        for text in (_plain(name), _sound(name), "".join(_initials(name)))
    )


def _plain(text: str) -> str:
    """One width, one case, letters and digits only."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _skeleton(name: str) -> str:
    return _plain(name).translate(_SAME_TO_THE_EYE)


def _sound(name: str) -> str:
    return "".join(lazy_pinyin(_plain(name)))


def _initials(name: str) -> list[str]:
    return lazy_pinyin(_plain(name), style=Style.FIRST_LETTER)

"""Names that look alike: never refused, always told to the one who enters the second."""

import unicodedata

_LONG_ENOUGH = 4


def skeleton(name: str) -> str:
    """What the eye keeps of a name: full width is half width, no case, blanks or punctuation."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in folded if char.isalnum())


def look_alike(one: str, other: str) -> bool:
    """Whether two names are the same to the eye, or differ in one character of four or more."""
    first, second = skeleton(one), skeleton(other)
    if first == second:
        return True
    if len(first) != len(second) or len(first) < _LONG_ENOUGH:
        return False
    return sum(a != b for a, b in zip(first, second, strict=True)) == 1

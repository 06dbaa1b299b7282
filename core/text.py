"""Plain text from people: normalised, bounded, and free of characters that deceive the eye."""

import unicodedata

from core.words import Words

# Unicode categories that no name or note needs: controls, format characters (bidi, zero width),
# surrogates, private use. Han of every plane is category Lo and stays.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_LINE_BREAKS = frozenset("\n\t")


class TextFault(ValueError):
    """A text that is not taken, with the reason in two languages."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


def clean_text(value: str, longest: int, *, lines: bool = False) -> str:
    """`value` in NFC without outer blanks, at most `longest` characters.

    With `lines` newline and tab are allowed. Raises TextFault for control, bidi and zero-width
    characters, and for a text that is too long.
    """
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").strip())
    if len(text) > longest:
        raise TextFault(Words(f"最多 {longest} 个字", f"At most {longest} characters"))
    for place, char in enumerate(text, start=1):
        if unicodedata.category(char) in _REFUSED and not (lines and char in _LINE_BREAKS):
            raise TextFault(
                Words(
                    f"第 {place} 个字符（U+{ord(char):04X}）看不见或会改变文字方向，请删去",
                    f"Character {place} (U+{ord(char):04X}) is invisible or turns the text; "
                    "please remove it",
                )
            )
    return text

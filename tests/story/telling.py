"""Telling the story in the terminal: chapters, steps with their results, claims that are checked."""

import sys
from dataclasses import dataclass

from core.words import Words

PASS, FAIL = "✓", "✗"


@dataclass
class Telling:
    """Prints at once, also through a pipe; counts what was not as expected."""

    english: bool = False
    chapters: int = 0
    claims: int = 0
    broken: int = 0

    def said(self, words: Words) -> str:
        """Words in the language of the telling."""
        return words.en if self.english else words.zh

    def chapter(self, zh: str, en: str) -> None:
        """A new part."""
        self.chapters += 1
        self._print(f"\n{self.chapters}. {self.said(Words(zh, en))}")

    def step(self, zh: str, en: str) -> None:
        """Something was done; it went as it should, or an exception would be on its way."""
        self._print(f"  · {self.said(Words(zh, en))}")

    def claim(self, zh: str, en: str, holds: bool, seen: object = "") -> None:
        """Something must be so. `seen` is what there was instead, or beside it."""
        self.claims += 1
        self.broken += not holds
        beside = f"（{seen}）" if seen and not self.english else f" ({seen})" if seen else ""
        self._print(f"  {PASS if holds else FAIL} {self.said(Words(zh, en))}{beside}")

    def line(self, text: str) -> None:
        """One line beneath a step."""
        self._print(f"      | {text}")

    def trouble(self, text: str) -> None:
        """Why the story cannot go on."""
        sys.stderr.write(f"{FAIL} {text}\n")

    def _print(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

"""The error that a rule raises when what was entered cannot be used."""

from __future__ import annotations

from core.words import Words


class RuleError(ValueError):
    """What was entered cannot be used. `code` is stable; `words` say why and what to do."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.code = code
        self.words = Words(zh, en)

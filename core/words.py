"""A sentence in both languages of the house: Chinese first, English second."""

from typing import NamedTuple


class Words(NamedTuple):
    """One thing said twice: `zh` in Simplified Chinese, `en` in English."""

    zh: str
    en: str

    def said_in(self, language: str) -> str:
        """The sentence in `language`, a tag such as 'zh-Hans' or 'en'; Chinese unless English."""
        return self.en if language.startswith("en") else self.zh

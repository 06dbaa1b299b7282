"""RULE: inputs of a batch (投入品): their kinds, how a supplier's number is found, when to harvest.

农产品质量安全法 第二十七条 (production records) and 第二十九条 (安全间隔期, 休药期).
"""

import unicodedata
from datetime import date, timedelta

from core.words import Words

INPUT_KINDS = ("pesticide", "fertiliser", "veterinary", "feed", "seed", "other")
KIND_WORDS = {
    "pesticide": Words("农药", "Pesticide"),
    "fertiliser": Words("肥料", "Fertiliser"),
    "veterinary": Words("兽药", "Veterinary drug"),
    "feed": Words("饲料", "Feed"),
    "seed": Words("种苗", "Seed or young stock"),
    "other": Words("其他", "Other"),
}
LONGEST_INTERVAL = 1000
"""Days. No safety interval or withdrawal period comes near it: more is a slip of the pen."""


def supplier_key(number: str) -> str:
    """One spelling for one number: full-width is half-width, case and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", number).upper().split())


def harvest_from(used_on: date, stopped_on: date | None, interval_days: int | None) -> date | None:
    """The first day on which the goods may be harvested, slaughtered or caught.

    That many whole days after the last day of use; None where no interval was given.
    """
    if interval_days is None:
        return None
    return (stopped_on or used_on) + timedelta(days=interval_days)


def too_early(
    made_on: date, used_on: date, stopped_on: date | None, interval_days: int | None
) -> bool:
    """Whether a batch made on this day came before the interval was over."""
    first = harvest_from(used_on, stopped_on, interval_days)
    return first is not None and made_on < first

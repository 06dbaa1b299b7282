"""RULE: the certificate of promise (承诺达标合格证, 农业农村部令2025年第4号): for which goods, by whom, on
which basis, under which number, and how it stands.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

from core.words import Words

Within = Literal["in", "out", "open"]
State = Literal["stands", "replaced", "withdrawn", "held", "recalled"]
PRODUCER_FORM = "producer"
PURCHASER_FORM = "purchaser"
CONTROL, SELF_TEST, ENTRUSTED_TEST = "control", "self_test", "entrusted_test"
BASIS = (CONTROL, SELF_TEST, ENTRUSTED_TEST)
BY_NUMBER, BY_SCAN = "number", "scan"
_TAIL = 5
_READ = str.maketrans("OIL", "011")
_NUMBER = re.compile(rf"([0-9]{{8}})-?([0-9]{{2,5}})-?([0-9A-HJKMNP-TV-Z]{{{_TAIL}}})")


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """Whether goods of these products or categories, in forms that fit these patterns, take it."""

    products: tuple[str, ...]
    categories: tuple[str, ...]
    forms: tuple[str, ...]
    within: Within
    item: str | None
    certainty: str
    reason: Words

    def fits(self, product: str, category: str, form: str) -> bool:
        """Whether this row speaks of the goods."""
        named = product in self.products or category in self.categories
        return named and (not self.forms or any(fnmatchcase(form, one) for one in self.forms))


@dataclass(frozen=True, slots=True)
class Scope:
    """What 第三条 says of some goods, and why; `open` where the texts at hand do not say."""

    within: Within
    reason: Words
    certainty: str
    item: str | None = None


def scope_of(
    rows: Iterable[ScopeRow], unlisted: Words, product: str, category: str, form: str
) -> Scope:
    """The first row that fits; `unlisted` tells why a category without any stays open."""
    for row in rows:
        if row.fits(product, category, form):
            return Scope(row.within, row.reason, row.certainty, row.item)
    return Scope("open", unlisted, "unverified")


# --- basis ----------------------------------------------------------------------------------

_LACKING = {
    ENTRUSTED_TEST: Words(
        "这一批还没有检验机构发布的、仍然有效的检验报告，不能写“委托检测合格”。",
        "No laboratory's report on this batch stands, so the basis cannot be its test.",
    ),
    SELF_TEST: Words(
        "这一批的质量检测环节还没有自己的检测结果，不能写“自行检测合格”；请先把结果记进去。",
        "No result of your own is logged under testing for this batch; log it first.",
    ),
}


def lacking(key: str, reports: Collection[object], own_tests: Collection[object]) -> Words | None:
    """Why a basis cannot be given: a test must stand behind a basis of test. None where it can."""
    behind = {ENTRUSTED_TEST: reports, SELF_TEST: own_tests}
    return _LACKING[key] if key in behind and not behind[key] else None


def form_for(bought: bool) -> str:
    """Who sells goods that came from another party promises as a purchaser (第三十九条)."""
    return PURCHASER_FORM if bought else PRODUCER_FORM


# --- number ---------------------------------------------------------------------------------


def number_of(day: date, ordinal: int, address: str) -> str:
    """20261123-01-7KQ3M: the day, the party's count of that day, the end of the public address.

    The end is random, so that nobody finds another party's certificates by counting on.
    """
    return f"{day:%Y%m%d}-{ordinal:02d}-{address[-_TAIL:]}"


def read_number(text: str) -> str | None:
    """A number as it was typed, in any case, with O for 0, I and L for 1, hyphens or not.

    None for what is no number.
    """
    plain = "".join(text.upper().split()).translate(_READ)
    match = _NUMBER.fullmatch(plain)
    return None if match is None else "-".join(match.groups())


# --- standing -------------------------------------------------------------------------------


def state_of(*, withdrawn: bool, replaced: bool, recalled: bool, held: bool) -> State:
    """What counts first: what the promisor took back, then what became of the goods."""
    if withdrawn:
        return "withdrawn"
    if recalled:
        return "recalled"
    if held:
        return "held"
    return "replaced" if replaced else "stands"


def still_to_promise(quantity: int, promised: Iterable[int], there: int) -> int:
    """How much of a batch a new certificate may speak of, in the base of its form.

    What no standing one speaks of yet, and no more than what is still `there`.
    """
    return max(0, min(there, quantity - sum(promised)))

"""RULE: what the alarms about processing and harvests say. Amounts are in the base of their form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from core.words import Words
from labels.alarm_words import (
    CONVERSION,
    DEFICIT,
    LOSS,
    MISMATCH,
    PLOT,
    Alarm,
    Subject,
    Who,
)
from products.forms.yields import Range, yielded
from products.numbers import plain_text
from trace.books.balance import amount_words

MUCH_LOST = Fraction(1, 20)
"""From this share on a loss in mixing or packing is told: ours, of no standard, and no limit."""


# --- processing ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Work:
    """An act of processing, or the sum of them over a `year`."""

    id: UUID
    who: Who
    product: str
    from_form: str
    to_form: str
    from_base: str
    to_base: str
    went_in: int
    came_out: int
    lost: int
    batch: UUID
    numbers: str
    reason: str
    at: datetime


def _became(work: Work) -> Words:
    into, out = (
        amount_words(work.went_in, work.from_base),
        amount_words(work.came_out, work.to_base),
    )
    return Words(
        f"{into.zh}{work.product}{work.from_form}做成 {out.zh}{work.to_form}",
        f"{into.en} of {work.from_form} of {work.product} became {out.en} of {work.to_form}",
    )


def _range(within: Range) -> Words:
    low, high = plain_text(within.low), plain_text(within.high)
    unit = f"{within.unit}/{within.per_unit}"
    return Words(f"{low}–{high} {unit}", f"{low}–{high} {unit}")


def conversion(work: Work, within: Range | None) -> Alarm:
    """A processing whose yield is outside of its range, or that no range told anything of."""
    became, told = _became(work), _outside(work, within)
    return Alarm(
        CONVERSION, "wait", Subject("batch", work.batch, work.who.id, batch=work.batch), frozenset({work.who.id}),
        (str(work.id),), (work.went_in, work.came_out),
        Words(
            f"{work.who.name}：{became.zh}，{told.zh}。",
            f"{work.who.name}: {became.en}, {told.en}.",
        ),
        Words(
            f"产出 {work.numbers}。写的理由：{work.reason}",
            f"Made: {work.numbers}. Reason given: {work.reason}",
        ),
        work.at,
    )  # fmt: skip


def _outside(work: Work, within: Range | None) -> Words:
    if within is None:
        return Words("还没有定得率范围", "and no range says how much it should be")
    told, got = _range(within), plain_text(yielded(work.went_in, work.came_out, within))
    return Words(f"得率 {got}，不在 {told.zh} 之间", f"a yield of {got}, outside {told.en}")


def loses_much(went_in: int, lost: int) -> bool:
    """Whether a loss in mixing or packing is told."""
    return went_in > 0 and Fraction(lost, went_in) >= MUCH_LOST


def loss(work: Work) -> Alarm:
    """Mixing or packing in which much was lost."""
    into, lost = (amount_words(n, work.from_base) for n in (work.went_in, work.lost))
    share = plain_text(Fraction(round(Fraction(work.lost * 1000, work.went_in)), 10))
    return Alarm(
        LOSS, "wait", Subject("batch", work.batch, work.who.id, batch=work.batch), frozenset({work.who.id}),
        (str(work.id),), (work.went_in, work.lost),
        Words(
            f"{work.who.name}混合或分装 {into.zh}{work.product}，损耗 {lost.zh}（{share} %）。",
            f"{work.who.name} mixed or packed {into.en} of {work.product} and lost {lost.en} "
            f"({share} %).",
        ),
        Words(
            f"产出 {work.numbers}。损耗记在损耗账上，账是平的；请核对称重。",
            f"Made: {work.numbers}. The loss is booked and the books close; check the weighing.",
        ),
        work.at,
    )  # fmt: skip


def total_conversion(work: Work, product: UUID, year: int, within: Range) -> Alarm:
    """All processings of a year together, which the range that stands now does not allow."""
    became, told = _became(work), _range(within)
    got = plain_text(yielded(work.went_in, work.came_out, within))
    return Alarm(
        MISMATCH, "wait", Subject("balance", product, work.who.id, year),
        frozenset({work.who.id}), (str(work.who.id), str(product), str(year), work.to_form),
        (work.went_in, work.came_out),
        Words(
            f"{work.who.name} {year} 年合计 {became.zh}，得率 {got}，不在 {told.zh} 之间。",
            f"{work.who.name} in {year}: {became.en} in all, a yield of {got}, outside {told.en}.",
        ),
        Words(
            "单笔都没有超出当时的范围，合计超出现在的范围：请核对投入和产出。",
            "Each act kept to the range of its day; all together they leave the present one.",
        ),
        work.at,
    )  # fmt: skip


# --- harvest ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Crop:
    """What of a form of a product a party has harvested in a year."""

    who: Who
    product: UUID
    product_name: str
    year: int
    form: str
    base: str
    amount: int
    at: datetime

    @property
    def subject(self) -> Subject:
        """Its balance."""
        return Subject("balance", self.product, self.who.id, self.year)

    @property
    def subjects(self) -> tuple[str, str, str]:
        """What names it."""
        return str(self.who.id), str(self.product), str(self.year)


def deficit(crop: Crop, granted: int) -> Alarm:
    """More was harvested than is granted, after a cut."""
    used, given = amount_words(crop.amount, crop.base), amount_words(granted, crop.base)
    over = amount_words(crop.amount - granted, crop.base)
    return Alarm(
        DEFICIT, "fail", crop.subject, frozenset({crop.who.id}), crop.subjects,
        (granted, crop.amount),
        Words(
            f"{crop.who.name}的{crop.product_name} {crop.year} 年额度 {given.zh}，已用 {used.zh}，"
            f"透支 {over.zh}。",
            f"{crop.who.name}, {crop.product_name} {crop.year}: {given.en} granted, {used.en} "
            f"used, {over.en} overdrawn.",
        ),
        Words(
            "额度后来减了，用掉的不会消失。补齐以前不能再入账。",
            "The allowance was cut later; what was used does not vanish. Nothing more is booked "
            "until it is made good.",
        ),
        crop.at,
    )  # fmt: skip


def past_the_form(crop: Crop, form: str) -> Alarm:
    """Goods that were entered without coming out of the form that the allowance counts."""
    amount = amount_words(crop.amount, crop.base)
    return Alarm(
        MISMATCH, "wait", crop.subject, frozenset({crop.who.id}), (*crop.subjects, crop.form),
        (crop.amount,),
        Words(
            f"{crop.who.name} {crop.year} 年直接入账 {amount.zh}{crop.product_name}{crop.form}，"
            f"不是由“{form}”加工来的，没有计入额度。",
            f"{crop.who.name} entered {amount.en} of {crop.form} of {crop.product_name} in "
            f"{crop.year} that was not made from {form} and does not count in the allowance.",
        ),
        Words(
            f"{crop.year} 年的额度按“{form}”核定；这些是核定以前入的账，请核对来源。",
            f"The allowance of {crop.year} is in {form}; this was booked before it was set. Check "
            "where it came from.",
        ),
        crop.at,
    )  # fmt: skip


def plot_alarm(crop: Crop, plot: UUID, number: str, area: str, bears: int) -> Alarm:
    """More was harvested from a plot than its approved area can bear."""
    got, most = amount_words(crop.amount, crop.base), amount_words(bears, crop.base)
    over = amount_words(crop.amount - bears, crop.base)
    return Alarm(
        PLOT, "fail", Subject("plot", plot, crop.who.id, crop.year), frozenset({crop.who.id}),
        (str(plot), str(crop.year)), (bears, crop.amount),
        Words(
            f"{crop.who.name} {crop.year} 年在地块 {number} 采了 {got.zh}{crop.form}，"
            f"核准的 {area} 亩最多产 {most.zh}，多出 {over.zh}。",
            f"{crop.who.name}'s plot {number} gave {got.en} of {crop.form} in {crop.year}; its "
            f"approved {area} 亩 bear {most.en} at most, {over.en} less.",
        ),
        Words(
            "可能记错了地块，也可能面积或每亩上限后来改小了：请核对。",
            "Perhaps another plot was meant, or its area or the cap was made smaller later: please "
            "check.",
        ),
        crop.at,
    )  # fmt: skip

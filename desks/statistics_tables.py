"""The statistics as tables: what a page, its CSV and its JSON all show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from core.http.exports import Cell, Table
from core.pages.charts import Bar, Column, Dot, Mark
from core.pages.charts import plain as plain_number
from core.pages.views import say
from products.numbers import round_to
from trace.inspections.verdicts import Outcome
from trace.statistics.control import RULES, ControlChart
from trace.statistics.histogram import Bin, Limits
from trace.statistics.lines import Finding, Limit
from trace.statistics.service import OutcomeCount, Point
from trace.statistics.tally import ClauseCount, LimitCount

MOST_MONTHS = 24
LEVEL = "95%"
_SHARE_PLACES = 4


# --- outcomes over time --------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A month or a year with its batches by outcome."""

    text: str
    counts: dict[str | None, int]
    conceded: int

    @property
    def column(self) -> Column:
        """The same to be drawn."""
        return Column(
            text=self.text[2:] if len(self.text) > 4 else self.text,
            passed=self.counts.get(Outcome.CONFORMING.value, 0),
            waiting=self.counts.get(Outcome.UNDETERMINED.value, 0),
            failed=self.counts.get(Outcome.NONCONFORMING.value, 0),
            unjudged=self.counts.get(None, 0),
        )


def periods(found: Sequence[OutcomeCount], conceded: Sequence[OutcomeCount]) -> list[Period]:
    """Months without a gap between the first and the last; years where that would be too many."""
    if not found:
        return []
    months = [one.year * 12 + one.month - 1 for one in found]
    by_month = max(months) - min(months) < MOST_MONTHS
    counts: dict[int, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    waived: dict[int, int] = defaultdict(int)
    for one in found:
        counts[_place(one, by_month)][one.outcome] += one.batches
    for one in conceded:
        waived[_place(one, by_month)] += one.batches
    places = range(min(counts), max(counts) + 1)
    return [
        Period(
            f"{place // 12}-{place % 12 + 1:02d}" if by_month else str(place),
            dict(counts[place]),
            waived[place],
        )
        for place in places
    ]


def _place(one: OutcomeCount, by_month: bool) -> int:
    return one.year * 12 + one.month - 1 if by_month else one.year


def outcome_table(found: Iterable[Period]) -> Table:
    """One row a month or year."""
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        column = one.column
        rows.append(
            (one.text, column.total, column.passed, column.waiting, column.failed,
             column.unjudged, one.conceded)
        )  # fmt: skip
    return Table(
        ("period", "batches", "conforming", "undetermined", "nonconforming", "not_judged",
         "concessions"),
        _titles(_("生产月份或年份"), _("批次"), _("合格"), _("待定"), _("不合格"), _("还没有判定"),
                _("其中让步放行")),
        tuple(rows),
    )  # fmt: skip


def _titles(*titles: object) -> tuple[str, ...]:
    return tuple(str(title) for title in titles)


# --- requirements and clauses --------------------------------------------------------------


def requirement_table(counts: Iterable[LimitCount]) -> Table:
    """One row a limit, with its share where there are enough values."""
    return Table(
        ("characteristic", "standard", "clause", "limit", "compared", "holds", "broken", "unsure",
         "open", "share", "share_low", "share_high", "requirement"),
        _titles(_("项目"), _("标准"), _("条款"), _("限量"), _("比较过的值"), _("合格"), _("超限"),
                _("超限待核实"), _("不能比较"), _("合格率"), _("合格率下限（%(level)s）", level=LEVEL),
                _("合格率上限（%(level)s）", level=LEVEL), _("要求的编号")),
        tuple(_requirement_row(one) for one in counts),
    )  # fmt: skip


def _requirement_row(one: LimitCount) -> tuple[Cell, ...]:
    limit, rate, found = one.limit, one.rate, one.found
    low, high = rate.interval or (None, None)
    return (
        say(limit.characteristic), limit.edition, limit.clause, say(limit.text), one.compared,
        found[Finding.HOLDS], found[Finding.BROKEN], found[Finding.UNSURE], found[Finding.OPEN],
        share_of(rate.share), share_of(low), share_of(high), limit.key,
    )  # fmt: skip


def share_of(share: Decimal | None) -> Decimal | None:
    """A share with four digits, as it is told."""
    return None if share is None else round_to(share, _SHARE_PLACES)


def per_cent(share: Decimal) -> str:
    """A share as people read it: 97.5%."""
    return f"{round_to(share * 100, 1):f}%"


def clause_table(clauses: Iterable[ClauseCount]) -> Table:
    """One row a clause, those that fail most first."""
    return Table(
        ("standard", "clause", "characteristic", "beyond", "broken", "unsure", "compared"),
        _titles(_("标准"), _("条款"), _("项目"), _("超限合计"), _("超限"), _("超限待核实"),
                _("比较过的值")),
        tuple(
            (one.edition, one.clause, say(one.characteristic), one.beyond, one.broken, one.unsure,
             one.compared)
            for one in clauses
        ),
    )  # fmt: skip


# --- values against a limit ----------------------------------------------------------------


def limits_of(limit: Limit | None) -> Limits | None:
    """The numbers of a limit; None where it has none (未检出, yes or no)."""
    if limit is None or not (limit.lower or limit.upper):
        return None
    lower = Decimal(limit.lower) if limit.lower else None
    upper = Decimal(limit.upper) if limit.upper else None
    return Limits(lower, upper, limit.lower_open, limit.upper_open)


def bin_table(bins: Iterable[Bin]) -> Table:
    """One row a bin."""
    return Table(
        ("from", "to", "count", "beyond_limit"),
        _titles(_("从"), _("到"), _("个数"), _("在限量以外")),
        tuple(
            (one.low, one.high, one.count, str(_("是")) if one.beyond else str(_("否")))
            for one in bins
        ),
    )


def bars_of(bins: Sequence[Bin]) -> list[Bar]:
    """Bins to be drawn; one without an end is as wide as its neighbour and says so."""
    inside = next(one for one in bins if one.low is not None and one.high is not None)
    assert inside.low is not None
    assert inside.high is not None
    step = inside.high - inside.low
    bars = []
    for one in bins:
        low, high, words = one.low, one.high, ""
        if low is None:
            low, words = (high or step) - step, str(_("更低"))
        if high is None:
            high, words = low + step, str(_("更高"))
        bars.append(Bar(low, high, one.count, one.beyond, words))
    return bars


def limit_marks(limits: Limits, unit: str) -> list[Mark]:
    """The limits as lines with their words."""
    marks = []
    if limits.lower is not None:
        sign = ">" if limits.lower_open else "≥"
        words = _("下限 %(limit)s", limit=f"{sign} {plain_number(limits.lower)} {unit}".strip())
        marks.append(Mark(limits.lower, str(words)))
    if limits.upper is not None:
        sign = "<" if limits.upper_open else "≤"
        words = _("上限 %(limit)s", limit=f"{sign} {plain_number(limits.upper)} {unit}".strip())
        marks.append(Mark(limits.upper, str(words)))
    return marks


# --- control charts ------------------------------------------------------------------------


def control_table(points: Sequence[Point], chart: ControlChart | None) -> Table:
    """One row a reading, in the order of production."""
    rows: list[tuple[Cell, ...]] = []
    for place, point in enumerate(points):
        before = chart.ranges[place - 1] if chart and place else None
        rules = ",".join(str(rule) for rule in chart.rules[place]) if chart else ""
        wide = bool(chart) and place - 1 in (chart.wide if chart else ())
        said = str(_("是")) if wide else str(_("否"))
        rows.append((place + 1, point.batch, point.made_on, point.value, before, rules, said))
    return Table(
        ("number", "batch", "production_date", "value", "moving_range", "rules", "range_beyond"),
        _titles(_("第几点"), _("批次"), _("生产日期"), _("值"), _("移动极差"), _("符合的规则"),
                _("极差超限")),
        tuple(rows),
    )  # fmt: skip


def completed(chart: ControlChart, shown: slice) -> list[tuple[int, str, str]]:
    """The rules that a value shown completes: number, words, and the numbers of those values."""
    first = shown.start or 0
    found = []
    for rule, words in RULES.items():
        places = [
            str(first + place + 1)
            for place, rules in enumerate(chart.rules[shown])
            if rule in rules
        ]
        if places:
            found.append((rule, say(words), _("、").join(places)))
    return found


def told(number: Decimal, like: Iterable[Decimal]) -> Decimal:
    """A mean or limit with one digit more than the readings have."""
    places = max((-int(one.as_tuple().exponent) for one in like), default=0)
    return round_to(number, max(places, 0) + 1)


def value_dots(chart: ControlChart, shown: slice) -> list[Dot]:
    """The values of a chart, the unusual ones with the numbers of their rules."""
    pairs = zip(chart.values[shown], chart.rules[shown], strict=True)
    return [Dot(value, "·".join(str(rule) for rule in rules)) for value, rules in pairs]


def range_dots(chart: ControlChart, shown: slice) -> list[Dot]:
    """The moving ranges behind the values shown; the first value of all has none."""
    start = max((shown.start or 0) - 1, 0)
    stop = max((shown.stop or 0) - 1, 0)
    return [
        Dot(chart.ranges[place], "!" if place in chart.wide else "") for place in range(start, stop)
    ]


def chart_marks(chart: ControlChart) -> list[Mark]:
    """The centre and the control limits of the values."""
    numbers = [told(one, chart.values) for one in (chart.upper, chart.centre, chart.lower)]
    upper, centre, lower = (f"{number:f}" for number in numbers)
    return [
        Mark(chart.upper, upper, "bound"),
        Mark(chart.centre, centre, "centre"),
        Mark(chart.lower, lower, "bound"),
    ]


def range_marks(chart: ControlChart) -> list[Mark]:
    """The centre and the upper limit of the moving ranges; zero is their lower one."""
    upper, centre = told(chart.range_upper, chart.values), told(chart.range_centre, chart.values)
    return [
        Mark(chart.range_upper, f"{upper:f}", "bound"),
        Mark(chart.range_centre, f"{centre:f}", "centre"),
        Mark(Decimal(0), "", "axis"),
    ]

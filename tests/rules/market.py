"""Very many batches of tea, drawn at random: for what is said of them all at once."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.words import Words
from products.requirements import (
    Bound,
    BoundKind,
    Certainty,
    Edition,
    Nature,
    PlanItem,
    ReleasePlan,
    Scope,
    Subject,
    When,
)
from products.rulebook import BatchFacts, Rulebook
from tests.rules.tea import (
    GB2762_2025,
    GB2763_2026,
    HIGH,
    LOW,
    PLAN,
    SURE,
    row,
    with_rows,
)
from trace.inspections.columns import Facts
from trace.inspections.results import Result, StageEvent, TypeInspection

FIRST, DAYS = date(2026, 6, 1), 500
BUYER = Edition("DB43/T 1-2024", "DB43/T 1", "DB43/T 1-2024", ends=date(2026, 12, 31))
BLANK = Edition("GB/T 9833-2026", "GB/T 9833", "GB/T 9833-2026", starts=date(2027, 9, 1))
WRITTEN = Edition("GB/T 9833-2013", "GB/T 9833", "GB/T 9833-2013")
CRATES = Bound(BoundKind.NUMBER, lower="200", lower_open=True)
PRICED = Scope(when=When("售价", CRATES, "元"))


def _of_kind(kind: BoundKind, **more: object) -> dict[str, object]:
    return {"bound": Bound(kind, **more)}  # type: ignore[arg-type]


FURTHER = (
    row("M01", "水分", "moisture", BUYER, upper="6.5", unit="%"),
    row("M02", "六六六", "HCH", GB2762_2025, **SURE,
        **_of_kind(BoundKind.NOT_DETECTED, detection_limit="0.01")),
    row("M03", "茎色", "colour", BUYER, unit="", certainty=Certainty.CONFIRMED,
        **_of_kind(BoundKind.CHOICE, choices=("翠绿", "墨绿"), options=("黄绿",))),
    row("M04", "留样", "sample kept", GB2763_2026, unit="", nature=Nature.MANDATORY,
        certainty=Certainty.CONFIRMED, stage="testing", **_of_kind(BoundKind.YES_NO)),
    row("M05", "检疫证明", "certificate", GB2762_2025, unit="", nature=Nature.MANDATORY,
        certainty=Certainty.CONFIRMED, stage="transport", **_of_kind(BoundKind.DOCUMENT)),
    row("M06", "运输温度", "temperature", GB2763_2026, unit="℃", nature=Nature.MANDATORY,
        certainty=Certainty.CONFIRMED, stage="transport", **_of_kind(BoundKind.SERIES, upper="8")),
    row("M07", "镉", "cadmium", GB2762_2025, upper="0.1", clause="茎",
        **{**SURE, "scope": Scope(matrices=("茎",))}),
    row("M08", "镉", "cadmium", GB2762_2025, upper="0.5", clause="叶",
        **{**SURE, "scope": Scope(matrices=("叶",))}),
    row("M09", "包装层数", "layers", GB2762_2025, upper="3", unit="层", nature=Nature.MANDATORY,
        certainty=Certainty.CONFIRMED, stage="packaging", subject=Subject.PACKAGE, scope=PRICED),
    row("M10", "砖茶含氟", "fluoride", WRITTEN, upper="300", unit="mg/kg", scope=Scope(),
        certainty=Certainty.CONFIRMED),
    row("M11", "碎茶", "broken", BUYER, upper="4.0", unit="%", grades=HIGH),
    row("M12", "碎茶", "broken", BUYER, upper="5.0", unit="%", grades=LOW),
)  # fmt: skip
_MERCURY = {**SURE, "scope": Scope(forms=("成品茶",))}
FURTHER_STILL = (
    row("M13", "总汞", "mercury", GB2762_2025, upper="1.0", **_MERCURY),
    row("M14", "甲基汞", "methylmercury", GB2762_2025, **_MERCURY,
        **_of_kind(BoundKind.NUMBER, upper="0.5", cleared_by="总汞")),
    row("M15", "菌落总数", "count", GB2763_2026, **{**SURE, "unit": "g/100g"},
        **_of_kind(BoundKind.CLASSES, n=5, c=2, m="10", M="100")),
    row("M16", "净重", "weight", GB2763_2026, **{**SURE, "unit": "kg"},
        **_of_kind(BoundKind.MEAN, lower="0.95", readings=3, largest_spread="0.1")),
)  # fmt: skip
MARKET = with_rows(*FURTHER, *FURTHER_STILL)
MARKET = replace(MARKET, editions=(*MARKET.editions, BLANK))
LISTED = replace(
    PLAN, id="listed", type_items=("铅（以Pb计）", "草甘膦", "镉", "水浸出物"), type_months=6,
    starts=date(2027, 1, 1), ends=date(2027, 5, 31), stage_events=("processing", "transport"),
    documents=(("transport", "检疫证明"),), type_per_year=None,
    every_batch=(*PLAN.every_batch, PlanItem("镉")),
)  # fmt: skip
SURE_PLAN = replace(PLAN, id="sure", certainty=Certainty.CONFIRMED, type_items=())
ITEMS = ("感官品质", "水分", "粉末", "净含量", "铅（以Pb计）", "草甘膦", "乙酰甲胺磷", "水浸出物",
         "六六六", "碎茶", "镉", "茎色")  # fmt: skip
GOOD = {
    "感官品质": ("", lambda r: "符合"), "净含量": ("", lambda r: "符合"),
    "茎色": ("", lambda r: r.choice(("翠绿", "墨绿"))), "留样": ("", lambda r: "是"),
    "水分": ("%", lambda r: f"{r.uniform(4, 6.5):.2f}"),
    "粉末": ("%", lambda r: f"{r.uniform(0.1, 1):.2f}"),
    "碎茶": ("%", lambda r: f"{r.uniform(0.5, 4):.1f}"),
    "铅（以Pb计）": ("mg/kg", lambda r: f"{r.uniform(0.1, 4):.3f}"),
    "草甘膦": ("mg/kg", lambda r: f"<{r.choice(('0.05', '0.1'))}"),
    "乙酰甲胺磷": ("mg/kg", lambda r: "未检出（<0.01）"),
    "六六六": ("mg/kg", lambda r: "ND（<0.005）"),
    "总汞": ("mg/kg", lambda r: "<0.01"), "菌落总数": ("g/100g", lambda r: "1; 2; 3; 4; 5"),
    "净重": ("kg", lambda r: "1.01; 1.02; 0.99"),
    "水浸出物": ("%", lambda r: f"{r.uniform(36, 48):.1f}"),
    "镉": ("mg/kg", lambda r: f"{r.uniform(0.005, 0.099):.3f}"),
    "砖茶含氟": ("mg/kg", lambda r: f"{r.uniform(50, 299):.0f}"),
}  # fmt: skip
SELDOM = ("售价", "总汞", "甲基汞", "菌落总数", "净重", "检疫证明", "运输温度")
ODD = ("", "未检出", "不符合", "符合", "99", "0", "<3", "ND（<0.5）", "abc", "6.8", "1.2", "0.3",
       "黄绿", "5.0", "35.2", "0.4; 0.6; 0.7; 12; 3", "0.99; 1.01; 0.97", "250", "无",
       "有效至 2026-11-01", "有效至 2027-07-10")  # fmt: skip
UNITS = ("mg/kg", "μg/kg", "%", "g/100g", "kg", "", "元", "层")


@dataclass(frozen=True)
class Market:
    """A rulebook, the plan of each day, and the batches."""

    rules: Rulebook
    batches: tuple[Facts, ...]

    @staticmethod
    def plan_on(on: date) -> ReleasePlan | None:
        """The plan given for a day; one of them has ended before some of its days."""
        if on < date(2026, 6, 20):
            return None
        if on < date(2027, 1, 1):
            return PLAN
        return LISTED if on < date(2027, 6, 10) else SURE_PLAN


def market(seed: int, many: int, wild: float, parties: int = 30) -> Market:
    """`many` batches; `wild` is the share of values that are anything but good."""
    chance = random.Random(seed)
    types = [_types(chance, wild, party) for party in range(parties)]
    return Market(MARKET, tuple(_batches(chance, many, wild, types)))


def _batches(
    chance: random.Random, many: int, wild: float, types: list[tuple[TypeInspection, ...]]
) -> Iterator[Facts]:
    for place in range(many):
        on = FIRST + timedelta(days=chance.randrange(DAYS))
        items = list(ITEMS)
        if chance.random() < wild:
            items = [
                *chance.choices((*ITEMS, "包装层数", "叶绿素", "留样"), k=12),
                *items[4:],
            ]
        values = [_value(chance, f"b{place}.{n}", item, wild) for n, item in enumerate(items)]
        yield Facts(
            BatchFacts(
                "changsha-green-tea",
                "长沙绿茶",
                grade=chance.choice((*HIGH, *LOW, None) if chance.random() < wild else HIGH),
                form="成品茶",
                process=chance.choice(("烘青", "炒青", None)),
                declared=chance.choice(((), ("GB/T 14456.1-2017",), ("DB43/T 1-2024",))),
            ),
            on,
            tuple(values),
            chance.choice(types),
            _events(chance, place, on, wild),
        )


def _value(chance: random.Random, name: str, item: str, wild: float) -> Result:
    unit, typed = GOOD.get(item, ("", lambda r: r.choice(ODD)))
    value = Result(name, item, typed(chance), unit, by="lab", at=FIRST, method="GB/T")
    if item == "镉":
        value = replace(value, matrix=chance.choice(("叶", "茎")))
    if chance.random() >= wild / 4:
        return value
    return chance.choice(
        (
            replace(value, typed=chance.choice(ODD)),
            replace(value, typed=chance.choice(ODD), detection_limit=chance.choice(("0.01", "2"))),
            replace(value, unit=chance.choice(UNITS)),
            replace(value, matrix=chance.choice((None, "叶", "茎", "花"))),
            replace(value, by=""),
            replace(value, superseded=True),
            replace(value, withdrawn=True, at=FIRST + timedelta(days=chance.randrange(3))),
            replace(value, document=True, typed=chance.choice(ODD)),
            replace(value, uncertainty="0.5", guarded=chance.random() < 0.5),
            replace(value, doubt=Words("仪器未校准", "the instrument was not calibrated")),
            replace(value, characteristic=chance.choice(ITEMS)),
        )
    )


def _events(chance: random.Random, place: int, on: date, wild: float) -> tuple[StageEvent, ...]:
    stages = ["production", "processing", "transport"]
    if chance.random() < wild:
        stages = chance.sample(stages, chance.randrange(1, 4))
    made = []
    for stage in stages:
        papers = ("检疫证明",) if stage == "transport" and chance.random() >= wild / 2 else ()
        values: tuple[Result, ...] = ()
        if stage == "transport" and chance.random() < 0.5:
            typed = "; ".join(str(chance.randrange(0, 8)) for _ in range(3))
            typed = f"{typed}; 9" if chance.random() < wild else typed
            values = (Result(f"e{place}", "运输温度", typed, "℃", by="producer", at=on),)
        if chance.random() < wild / 2:
            values = (*values, _value(chance, f"p{place}.{stage}", chance.choice(ITEMS), 1))
        made.append(StageEvent(f"{place}.{stage}", stage, on, values, papers))
    return tuple(made)


def _types(chance: random.Random, wild: float, party: int) -> tuple[TypeInspection, ...]:
    """Most parties are tested twice a year without a gap, the others now and then."""
    if chance.random() < 0.75:
        begins = [FIRST + timedelta(days=days) for days in range(-150, DAYS, 150)]
        shortest = 151
    else:
        begins = [
            FIRST + timedelta(days=chance.randrange(DAYS)) for _ in range(chance.randrange(4))
        ]
        shortest = 30
    names = [name for name in (*GOOD, *SELDOM) if name not in ("感官品质", "净含量")]
    made = []
    for number, first in enumerate(begins):
        values = [
            _value(chance, f"t{party}.{number}.{n}", item, wild / 8)
            for n, item in enumerate(names)
            if item in GOOD or chance.random() < wild
        ]
        last = first + timedelta(days=chance.randrange(shortest, 300))
        made.append(TypeInspection(f"T{party}.{number}", tuple(values), first, last, f"T-{number}"))
    return tuple(made)

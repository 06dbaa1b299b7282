"""Clauses for 长沙绿茶 as the built-in catalogue has them, and a batch that conforms to them."""

from dataclasses import replace
from datetime import date

from products.requirements import (
    Bound,
    BoundKind,
    Certainty,
    Edition,
    Nature,
    PlanItem,
    ReleasePlan,
    Requirement,
    Scope,
)
from products.rulebook import BatchFacts, Rulebook
from trace.inspections.conformity import judge
from trace.inspections.results import Result, TypeInspection

GB2762_2022 = Edition("GB 2762-2022", "GB 2762", "GB 2762-2022", ends=date(2026, 9, 1))
GB2762_2025 = Edition("GB 2762-2025", "GB 2762", "GB 2762-2025", starts=date(2026, 9, 2))
GB2763_2026 = Edition("GB 2763-2026", "GB 2763", "GB 2763-2026", starts=date(2026, 3, 1))
PART_1 = Edition("GB/T 14456.1-2017", "GB/T 14456.1", "GB/T 14456.1-2017")
PART_3 = Edition("GB/T 14456.3-2016", "GB/T 14456.3", "GB/T 14456.3-2016")
HIGH, LOW = ("特级", "一级", "二级"), ("三级", "四级", "五级")
AUTUMN = date(2026, 10, 1)


def row(code, characteristic, english, edition, *, unit="%（质量分数）", grades=(), **more):
    """A requirement; `upper` or `lower` make its bound."""
    sides = {side: more.pop(side) for side in ("upper", "lower") if side in more}
    facts = {
        "stage": "testing",
        "bound": Bound(BoundKind.NUMBER, **sides) if sides else None,
        "nature": Nature.RECOMMENDED,
        "certainty": Certainty.ONE_SOURCE,
        "enforce": True,
        "scope": Scope(grades=grades, forms=("成品茶",)),
    }
    return Requirement(
        id=code,
        code=code,
        characteristic=characteristic,
        characteristic_en=english,
        edition=edition,
        unit=unit,
        **{**facts, **more},
    )


SURE = {"nature": Nature.MANDATORY, "certainty": Certainty.CONFIRMED, "unit": "mg/kg"}
REFERENCE = {"nature": Nature.REFERENCE, "enforce": False}
TABLE_5 = {"clause": "5.3 表5"}
MADE = {"stage": "processing", "clause": "5.3 表5"}
LEAD = row("R001", "铅（以Pb计）", "lead", GB2762_2025, upper="5.0", clause="4.1 表1 茶叶", **SURE)
MOISTURE = row("R042", "水分", "moisture", PART_3, upper="7.0", grades=HIGH, **MADE)
REQUIREMENTS = (
    LEAD,
    MOISTURE,
    row("R044", "粉末", "dust", PART_3, upper="1.0", grades=HIGH, **MADE),
    row("R045", "水浸出物", "water extract", PART_3, lower="36.0", grades=HIGH, **TABLE_5),
    row("R046", "粗纤维", "crude fibre", PART_3, upper="16.5", grades=HIGH, **REFERENCE),
    row("R051", "水分", "moisture", PART_3, upper="7.0", grades=LOW, **MADE),
    row("R053", "粉末", "dust", PART_3, upper="1.5", grades=LOW, **MADE),
    row("R054", "水浸出物", "water extract", PART_3, lower="34.0", grades=LOW, **TABLE_5),
    row("R064", "水浸出物", "water extract", PART_1, lower="34.0"),
    row("R074", "草甘膦", "glyphosate", GB2763_2026, upper="1.0", clause="茶叶", **SURE),
    row("R075", "乙酰甲胺磷", "acephate", GB2763_2026, upper="0.05", clause="茶叶", **SURE),
    row("R079", "联苯菊酯", "bifenthrin", GB2763_2026, upper="5", **{**SURE, "enforce": False}),
)
MOISTURE_ROWS = tuple(r for r in REQUIREMENTS if r.characteristic == "水分")
RULES = Rulebook(
    (*HIGH, *LOW), (GB2762_2022, GB2762_2025, GB2763_2026, PART_1, PART_3), REQUIREMENTS
)
PLAN = ReleasePlan(
    id="plan",
    standard="GB/T 14456.3-2016",
    clause="7.2",
    source="GB/T 14456.3-2016",
    every_batch=tuple(PlanItem(name) for name in ("感官品质", "水分", "粉末", "净含量")),
    certainty=Certainty.ONE_SOURCE,
    type_per_year=2,
)
BATCH = BatchFacts("changsha-green-tea", "长沙绿茶", grade="一级", form="成品茶", process="烘青")


def result(id_, characteristic, typed, unit="", **more):
    """A result that an inspector signs."""
    return Result(id_, characteristic, typed, unit, by="inspector", at=date(2026, 10, 8), **more)


EVERY_BATCH = (
    result("b1", "感官品质", "符合"),
    result("b2", "水分", "6.2", "%"),
    result("b3", "粉末", "0.6", "g/100g"),
    result("b4", "净含量", "符合"),
)
TYPE = TypeInspection(
    "t1",
    (
        result("t1", "铅（以Pb计）", "1.2", "mg/kg"),
        result("t2", "草甘膦", "<0.05", "mg/kg"),
        result("t3", "乙酰甲胺磷", "未检出（<0.01）", "mg/kg"),
        result("t4", "水浸出物", "40.1", "%（质量分数）"),
    ),
    valid_from=date(2026, 9, 2),
    number="T-2026-1",
)


def judged(
    results=EVERY_BATCH, *, batch=BATCH, plan=PLAN, rules=RULES, types=(TYPE,), events=(), on=AUTUMN
):
    """The verdict on the tea, with what the test changes."""
    return judge(batch, plan, rules, results, types, events, on)


def with_rows(*rows, without=()):
    """The tea's rulebook with further or replaced rows; `without` are codes to leave out."""
    replaced = {r.id for r in rows} | set(without)
    kept = tuple(r for r in REQUIREMENTS if r.id not in replaced)
    editions = dict.fromkeys((*RULES.editions, *(r.edition for r in rows)))
    return replace(RULES, requirements=(*kept, *rows), editions=tuple(editions))


def lines_of(verdict, characteristic):
    """The lines of one characteristic, in the order of the verdict."""
    return [line for line in verdict.lines if line.characteristic == characteristic]


def outcomes(verdict, characteristic):
    """What was said of one characteristic, line by line."""
    return [line.outcome.value for line in lines_of(verdict, characteristic)]

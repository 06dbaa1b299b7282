"""What is measured in the sample and in the demo: made-up values, well inside the limits (示例).

In the shape in which results and readings are entered, as typed texts.
"""

from typing import Any

Value = dict[str, Any]
MILLIGRAMS, MICROGRAMS, MASS_PERCENT = "mg/kg", "μg/kg", "%（质量分数）"


def value(
    characteristic: str, typed: str, unit: str = "", method: str = "", detected_from: str = ""
) -> Value:
    """One value; `detected_from` is the laboratory's detection limit."""
    given = {"unit": unit, "method": method, "detection_limit": detected_from}
    stated = {name: text for name, text in given.items() if text}
    return {"characteristic": characteristic, "typed": typed, **stated}


def absent(characteristic: str, unit: str, detected_from: str, method: str = "") -> Value:
    """A value that was looked for and not found."""
    return value(characteristic, "未检出", unit, method, detected_from)


def with_value(values: tuple[Value, ...], *others: Value) -> tuple[Value, ...]:
    """`values` with `others` in the place of those of the same characteristic, or added."""
    named = {other["characteristic"] for other in others}
    return (*without(values, *named), *others)


def without(values: tuple[Value, ...], *characteristics: str) -> tuple[Value, ...]:
    """`values` less some characteristics."""
    return tuple(v for v in values if v["characteristic"] not in characteristics)


LEAD = "铅（以Pb计）"
DUST = "粉末"
TEA_BATCH = (
    value("感官品质", "符合"),
    value("水分", "5.8", MASS_PERCENT, "GB/T 8304"),
    value(DUST, "0.6", MASS_PERCENT, "GB/T 8311"),
    value("净含量", "符合"),
)
TEA_TYPE = (
    value(LEAD, "1.2", MILLIGRAMS, "GB 5009.12"),
    value("总灰分", "5.6", MASS_PERCENT, "GB/T 8306"),
    value("水浸出物", "41.5", MASS_PERCENT, "GB/T 8305"),
    value("茶多酚", "18.2", MASS_PERCENT, "GB/T 8313"),
    value("草甘膦", "<0.05", MILLIGRAMS, "SN/T 1923"),
    absent("乙酰甲胺磷", MILLIGRAMS, "0.01", "GB 23200.113"),
    absent("水胺硫磷", MILLIGRAMS, "0.01", "GB 23200.113"),
    absent("三氯杀螨醇", MILLIGRAMS, "0.005", "GB 23200.113"),
    value("吡虫啉", "0.08", MILLIGRAMS, "GB 23200.121"),
    value("联苯菊酯", "0.32", MILLIGRAMS, "GB 23200.113"),
    absent("氟啶虫酰胺", MILLIGRAMS, "0.02"),
    absent("唑螨酯", MILLIGRAMS, "0.02"),
)
TEA_MAKING = (value("水分", "6.1", MASS_PERCENT),)
TEA_STORAGE = (
    value("贮存温度", "6", "℃"),
    value("贮存相对湿度", "45", "%"),
    value("堆垛距墙", "600", "mm"),
    value("垫垛高度", "220", "mm"),
)
TEA_PACKAGING = (value("包装层数", "2", "层"), value("包装质量与内装物质量比", "3", "倍"))

CRAYFISH_BATCH = (
    absent("孔雀石绿及隐色孔雀石绿", MICROGRAMS, "0.5", "GB/T 19857"),
    absent("氯霉素", MICROGRAMS, "0.1", "GB 31658.2"),
    absent("呋喃唑酮代谢物", MICROGRAMS, "0.5", "GB 31656.13"),
)
CRAYFISH_TYPE = (
    value(LEAD, "0.06", MILLIGRAMS, "GB 5009.12"),
    value("镉（以Cd计）", "0.11", MILLIGRAMS, "GB 5009.15"),
    value("恩诺沙星（含环丙沙星）", "<2", MICROGRAMS, "GB 31656.24"),
)
OIL_BATCH = (
    value("酸价（KOH）", "1.1", "mg/g", "GB 5009.229"),
    value("过氧化值", "0.08", "g/100g", "GB 5009.227"),
    absent("溶剂残留量", MILLIGRAMS, "2", "GB 5009.262"),
)
OIL_TYPE = (
    value(LEAD, "<0.02", MILLIGRAMS, "GB 5009.12"),
    value("总砷（以As计）", "<0.01", MILLIGRAMS, "GB 5009.11"),
    value("苯并[a]芘", "2.3", MICROGRAMS, "GB 5009.27"),
)

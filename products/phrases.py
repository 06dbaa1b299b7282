"""How a requirement reads: its limit beside a box, and the whole of it as one plain sentence."""

from __future__ import annotations

from functools import lru_cache

from core.words import Words
from products.requirements import Bound, BoundKind, Requirement, Scope
from products.units import unit

_FIXED = {
    BoundKind.NOT_DETECTED: Words("不得检出", "not detected"),
    BoundKind.YES_NO: Words("符合", "complies"),
    BoundKind.DOCUMENT: Words("须有文件", "document present"),
    BoundKind.CLAUSE: Words("符合条款（限值未录入）", "meets the clause (limit not entered)"),
}
_WHOLE = {
    BoundKind.SERIES: Words("全程", "throughout"),
    BoundKind.MEAN: Words("均值", "mean"),
}


def _zh(lang: str) -> bool:
    return not lang.startswith("en")


@lru_cache(maxsize=256)
def unit_text(symbol: str, lang: str = "zh") -> str:
    """The unit as printed beside a number: `%` for `%（质量分数）`, `months` for 月 in English."""
    return unit(symbol).names.said_in(lang).strip() if symbol else ""


@lru_cache(maxsize=8192)
def limit_text(bound: Bound, symbol: str = "", lang: str = "zh") -> str:
    """The limit alone, as beside a box: `≤ 5.0 mg/kg`, `1.0～3.0 %`, `n=5，c=2，m=100`, 不得检出."""
    if bound.kind is BoundKind.CHOICE:
        return ("、" if _zh(lang) else ", ").join(bound.choices)
    if bound.kind in _FIXED:
        return _FIXED[bound.kind].said_in(lang)
    if bound.kind is BoundKind.CLASSES:
        return _class_plan(bound, symbol, lang)
    text = _with_unit(_range(bound, lang), symbol, lang)
    if bound.kind not in _WHOLE:
        return text
    return f"{_WHOLE[bound.kind].said_in(lang)} {text}{_more(bound, symbol).said_in(lang)}"


def _with_unit(text: str, symbol: str, lang: str) -> str:
    return f"{text} {unit_text(symbol, lang)}".rstrip()


def _range(bound: Bound, lang: str) -> str:
    low = f"{'>' if bound.lower_open else '≥'} {bound.lower}"
    high = f"{'<' if bound.upper_open else '≤'} {bound.upper}"
    if bound.lower is None:
        return high
    if bound.upper is None:
        return low
    if bound.lower_open or bound.upper_open:
        return f"{low}, {high}"
    if bound.lower_value == bound.upper_value:
        return f"= {bound.upper}"
    return f"{bound.lower}～{bound.upper}" if _zh(lang) else f"{bound.lower} to {bound.upper}"


def _class_plan(bound: Bound, symbol: str, lang: str) -> str:
    parts = [f"n={bound.n}", f"c={bound.c}", f"m={bound.m}"]
    parts += [] if bound.M is None else [f"M={bound.M}"]
    return _with_unit(("，" if _zh(lang) else ", ").join(parts), symbol, lang)


def _more(bound: Bound, symbol: str) -> Words:
    """What a series or a mean asks beside its limit, in brackets behind it."""
    zh, en = [], []
    if bound.longest_beyond is not None:
        zh.append(f"超出合计 ≤ {bound.longest_beyond} min")
        en.append(f"at most {bound.longest_beyond} min beyond")
    if bound.longest_gap is not None:
        zh.append(f"读数间隔 ≤ {bound.longest_gap} min")
        en.append(f"readings at most {bound.longest_gap} min apart")
    if bound.readings is not None:
        zh.append(f"至少 {bound.readings} 个读数")
        en.append(f"of at least {bound.readings} readings")
    if bound.largest_spread is not None:
        spread = f"≤ {bound.largest_spread}"
        zh.append("极差 " + _with_unit(spread, symbol, "zh"))
        en.append("spread " + _with_unit(spread, symbol, "en"))
    return Words(f"（{'，'.join(zh)}）", f" ({', '.join(en)})") if zh else Words("", "")


def sentence(requirement: Requirement, lang: str = "zh") -> str:
    """The requirement as one sentence with its clause and method.

    水分不超过 7.0 %（GB/T 14456.3-2016 5.3 表5，方法 GB/T 8304）
    """
    edition, clause, method = requirement.edition, requirement.clause, requirement.method
    where = f"{edition.designation} {clause}".rstrip()
    if _zh(lang):
        by = f"，方法 {method}" if method else ""
        return f"{requirement.characteristic}{asks(requirement).zh}（{where}{by}）"
    by = f"; method {method}" if method else ""
    name = requirement.characteristic_en or requirement.characteristic
    return f"{name[:1].upper()}{name[1:]}: {asks(requirement).en} ({where}{by})"


def asks(requirement: Requirement) -> Words:
    """What the requirement asks, to follow the name of the characteristic."""
    bound, symbol = requirement.bound, requirement.unit
    if bound.kind is BoundKind.CHOICE:
        return Words("应为" + "或".join(bound.choices), "must be " + " or ".join(bound.choices))
    if bound.kind is BoundKind.YES_NO:
        return Words("应符合要求", "must comply")
    if bound.kind is BoundKind.DOCUMENT:
        return Words("须有文件", "a document must be present")
    if bound.kind in _FIXED:
        return _FIXED[bound.kind]
    if bound.kind is BoundKind.CLASSES:
        zh, en = _class_plan(bound, symbol, "zh"), _class_plan(bound, symbol, "en")
        return Words(f"应符合采样方案 {zh}", f"must meet the class plan {en}")
    zh = _with_unit(_said(bound, "zh"), symbol, "zh")
    en = _with_unit(_said(bound, "en"), symbol, "en")
    more = _more(bound, symbol)
    if bound.kind is BoundKind.SERIES:
        return Words(f"全程{zh}{more.zh}", f"{en} throughout{more.en}")
    if bound.kind is BoundKind.MEAN:
        return Words(f"的均值{zh}{more.zh}", f"mean {en}{more.en}")
    return Words(zh, en)


def _said(bound: Bound, lang: str) -> str:
    low = Words("高于", "above") if bound.lower_open else Words("不低于", "at least")
    high = Words("低于", "below") if bound.upper_open else Words("不超过", "at most")
    if bound.lower is None:
        return f"{high.said_in(lang)} {bound.upper}"
    if bound.upper is None:
        return f"{low.said_in(lang)} {bound.lower}"
    if bound.lower_value == bound.upper_value:
        return f"{Words('应为', 'exactly').said_in(lang)} {bound.upper}"
    joint = Words("、", " and ").said_in(lang)
    return f"{low.said_in(lang)} {bound.lower}{joint}{high.said_in(lang)} {bound.upper}"


def scope_text(scope: Scope, lang: str = "zh") -> str:
    """For whom the row is, in one breath: `特级、一级、二级；炒青`; empty where it is for all."""
    between, joint = ("；", "、") if _zh(lang) else ("; ", ", ")
    fields = (scope.grades, scope.forms, scope.processes, scope.conditions, scope.matrices)
    parts = [joint.join(words) for words in fields if words]
    if scope.when is not None:
        limit = limit_text(scope.when.bound, scope.when.unit, lang)
        parts.append(f"{scope.when.characteristic} {limit}")
    return between.join(parts)

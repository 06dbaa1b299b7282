"""How a certificate of analysis says things: outcomes, states, roles and what each means."""

from __future__ import annotations

from core.words import Words
from labels.analysis import RECORDED, Analysis, Conclusion, Finding, Judged, Signing
from trace.inspections.verdicts import LINE_NAMES, NO_LIMIT, LineOutcome

KINDS = {
    "batch": Words("批次检验", "inspection of a batch"),
    "type": Words("型式检验", "type inspection"),
}
OUTCOMES = {outcome.value: words for outcome, words in LINE_NAMES.items()} | {
    RECORDED: Words("只作记录", "recorded only")
}
TONES: dict[str, str] = {
    LineOutcome.NONCONFORMING: "fail",
    LineOutcome.TO_VERIFY: "wait",
    LineOutcome.UNDETERMINED: "wait",
    LineOutcome.CONFORMING: "pass",
}
MEANINGS = {
    "submitted": Words("主检（提交）", "analyst (submitted)"),
    "verified": Words("审核（复核）", "reviewer (verified)"),
}
METHODS = {
    "password": Words("再输密码签署", "signed by password"),
    "token": Words("访问令牌签署", "signed by access token"),
}
GROUNDS = {
    "laboratory-error": Words("实验室差错", "laboratory error"),
    "retained-sample": Words("留样复验", "retained sample"),
    "double-sampling": Words("加倍抽样", "double sampling"),
    "reinspection": Words("复检", "re-inspection"),
}
SAMPLE = Words("示例：主体和数值是虚构的", "Example: parties and values are made up")
NO_NAMES = Words(
    "签字人按帐号编号列出，姓名由检验机构留存。",
    "Signatories are listed by account number; the laboratory keeps their names.",
)


def value_words(finding: Finding) -> Words:
    """The value as typed with its unit: 0.62 mg/kg; 未检出."""
    numeric = any(char.isdigit() for char in finding.typed)
    unit = finding.unit if numeric else Words("", "")
    return Words(f"{finding.typed} {unit.zh}".strip(), f"{finding.typed} {unit.en}".strip())


def beside_words(finding: Finding) -> Words:
    """What stands under a value: its uncertainty and the detection limit."""
    zh, en = [], []
    if finding.uncertainty:
        rule = "，按保护带判定" if finding.guarded else ""
        rule_en = ", guard band" if finding.guarded else ""
        zh.append(f"U = {finding.uncertainty} {finding.unit.zh}（k=2{rule}）")
        en.append(f"U = {finding.uncertainty} {finding.unit.en} (k=2{rule_en})")
    if finding.detection_limit:
        zh.append(f"检出限 {finding.detection_limit} {finding.unit.zh}".strip())
        en.append(f"detection limit {finding.detection_limit} {finding.unit.en}".strip())
    return Words("；".join(zh), "; ".join(en))


def limit_words(limit: Judged) -> Words:
    """限量 ≤ 5.0 mg/kg; what has no number says so."""
    if limit.limit == NO_LIMIT:
        return NO_LIMIT
    return Words(f"限量 {limit.limit.zh}", f"Limit {limit.limit.en}")


def conclusion_words(one: Conclusion) -> Words:
    """What the results say about one standard, and nothing about items that were not tested."""
    count = len(one.items)
    tested = "1 item" if count == 1 else f"{count} items"
    for names, verdict in (
        (one.failing, Words("不符合", "not conforming")),
        (one.waiting, Words("待定", "undetermined")),
    ):
        if names:
            zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
            return Words(
                f"所检 {count} 项中 {len(names)} 项{verdict.zh}：{zh}。",
                f"{tested} tested, {len(names)} {verdict.en}: {en}.",
            )
    return Words(f"所检 {count} 项符合。", f"{tested} tested, all conforming.")


def standing_words(analysis: Analysis) -> Words:
    """How the report stands; nothing where it simply counts."""
    standing, by = analysis.standing, analysis.standing.by
    if standing.state == "withdrawn":
        return Words(
            f"本报告已于 {standing.since} 撤回，不再有效。原因：{standing.reason}",
            f"This report was withdrawn on {standing.since} and is no longer valid. "
            f"Reason: {standing.reason}",
        )
    if by is None:
        return Words("", "")
    if standing.state == "corrected":
        return Words(
            f"本报告已由 {by.number} 更正，以后者为准。原因：{by.reason}",
            f"This report was corrected by {by.number}, which counts. Reason: {by.reason}",
        )
    items = "、".join(standing.tested_again)
    if standing.state == "retested":
        return Words(
            f"本报告已由 {by.number} 复验，以后者为准。原因：{by.reason}",
            f"This report was tested again by {by.number}, which counts. Reason: {by.reason}",
        )
    return Words(
        f"{items}已由 {by.number} 复验，这几项以后者为准；其余仍有效。原因：{by.reason}",
        f"{items} was tested again by {by.number}, which counts for it; the rest still stands. "
        f"Reason: {by.reason}",
    )


def older_words(analysis: Analysis) -> list[Words]:
    """Which older reports this one follows, and why."""
    told = []
    if analysis.corrects is not None:
        old = analysis.corrects
        told.append(
            Words(
                f"更正了报告 {old.number}。原因：{old.reason}",
                f"Corrects report {old.number}. Reason: {old.reason}",
            )
        )
    if analysis.retests is not None:
        told.append(_retest_words(analysis, analysis.retests.number, analysis.retests.reason))
    return told


def _retest_words(analysis: Analysis, number: str, reason: str) -> Words:
    ground = GROUNDS.get(analysis.ground, Words(analysis.ground, analysis.ground))
    rule = (
        Words("两次结果都算，从严判定", "both count and the worse decides")
        if analysis.both_count
        else Words("复验的项目以本报告为准", "this report counts for the items tested again")
    )
    return Words(
        f"复验报告 {number}（{ground.zh}）：{rule.zh}。原因：{reason}",
        f"Tests report {number} again ({ground.en}): {rule.en}. Reason: {reason}",
    )


def signing_words(signing: Signing) -> Words:
    """The role of somebody who signed."""
    return MEANINGS.get(signing.meaning, Words(signing.meaning, signing.meaning))

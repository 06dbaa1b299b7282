"""The fixed words of the passport's sections, by a short name; templates call them `t.name`."""

from __future__ import annotations

from core.words import Words
from labels.passport import (
    BatchPassport,
    EditionFact,
    GiFact,
    Item,
    LabelAnswer,
    Link,
    Named,
    Report,
    Scans,
    State,
)
from labels.passport_words import items_en
from trace.inspections.verdicts import LineOutcome

TEXTS: dict[str, Words] = {
    "what": Words("买的是什么", "What you bought"),
    "belongs": Words("这个码属于", "What this code belongs to"),
    "product": Words("标签上的名称", "On the label"),
    "maker": Words("谁做的", "Made by"),
    "place": Words("产地", "From"),
    "mixed": Words("怎么来的", "Mixed"),
    "produced": Words("生产日期", "Produced"),
    "best_before": Words("保质期至", "Best before"),
    "standard": Words("执行标准", "Standard"),
    "batch": Words("批号", "Batch"),
    "code": Words("标签码", "Label code"),
    "sample": Words("示例", "example"),
    "to_do": Words("您可以怎么做", "What you can do"),
    "decided": Words("为什么", "Why"),
    "reason": Words("原因：", "Reason given: "),
    "results": Words("检验结果", "Test results"),
    "bars": Words(
        "竖线是限量，浅红一侧不合格。",
        "The upright line is the limit; the light red side fails.",
    ),
    "limit": Words("限量", "Limit"),
    "also": Words("还对照了", "Also compared with"),
    "method": Words("方法", "Method"),
    "by_type": Words("型式检验", "type inspection"),
    "own_value": Words("生产者自己记的", "the producer's own record"),
    "links": Words("从地里到您手里", "From the field to you"),
    "dots": Words(
        "实心点：别人签过字。空心点：生产者自己记的。虚线点：没有记录。",
        "Full dot: signed by somebody else. Open dot: the producer's own word. Dashed: no record.",
    ),
    "no_record": Words("没有记录", "no record"),
    "nothing_kept": Words("没有人记这一环节", "Nobody kept a record of this link"),
    "nobody": Words("没有人担保", "Nobody vouches for it"),
    "own_word": Words("生产者自己记的", "The producer's own word"),
    "release": Words("放行", "Release"),
    "release_by": Words("依据上面签过字的检验结果", "On the strength of the signed results above"),
    "trust": Words("凭什么信", "Why you can believe it"),
    "standards": Words("按哪些标准", "By which standards"),
    "signed": Words("谁签的字", "Who signed"),
    "type_report": Words("型式检验", "Type inspection"),
    "older": Words("更正前的报告", "Reports before their correction"),
    "no_report": Words("现在没有有效的检验报告。", "There is no standing report now."),
    "whom": Words("有问题找谁", "Whom to ask"),
    "typed": Words("您查的码", "The code you entered"),
    "again": Words("再查一次", "Look it up again"),
    "look_up": Words("查询", "Look up"),
    "label_field": Words("标签上的 17 位码", "The 17 characters on the label"),
    "field_hint": Words(
        "空格、短横可有可无，大小写都行。O 当作 0，I 和 L 当作 1。",
        "Spaces, hyphens and case do not matter. O is read as 0, I and L as 1.",
    ),
    "why_activate": Words("为什么要启用", "Why labels are activated"),
    "activate_1": Words(
        "印好的标签，贴到货上、由生产者启用之前不算数。标签就算被人拿走，扫出来也只是这一页。",
        "A printed label counts for nothing until the producer has put it on the goods and "
        "activated it. Whoever carries labels off gets this page and no more.",
    ),
    "activate_2": Words(
        "没有启用的标签，不代表检验合格。",
        "A label that is not active does not say that anything passed inspection.",
    ),
}

GI_KINDS = {
    "certification-mark": Words("地理标志证明商标", "GI certification mark"),
    "collective-mark": Words("地理标志集体商标", "GI collective mark"),
    "agricultural-gi": Words("农产品地理标志", "agricultural product GI"),
    "gi-product": Words("地理标志产品", "GI product"),
}
_GRADES = {
    "特级": "special grade",
    "特一级": "special first grade",
    "一级": "grade 1",
    "二级": "grade 2",
    "三级": "grade 3",
    "四级": "grade 4",
    "五级": "grade 5",
}
OUTCOME_STATES: dict[str, State] = {
    LineOutcome.NONCONFORMING: "fail",
    LineOutcome.TO_VERIFY: "wait",
    LineOutcome.UNDETERMINED: "wait",
    LineOutcome.CONFORMING: "pass",
    LineOutcome.REFERENCE: "none",
    LineOutcome.NOT_TESTED: "none",
}


DECISIONS = {
    "hold": Words("封存", "On hold"),
    "lift": Words("解除封存，还没有放行", "Hold ended, not yet released"),
    "reject": Words("拒收", "Rejected"),
    "recall": Words("召回", "Recalled"),
    "concession": Words("让步放行", "Released by concession"),
    "release": Words("放行", "Released"),
}
BY_VERDICT = Words("按检验判定自动封存", "Held by itself, following the verdict")


def outcome_words(outcome: str) -> Words:
    """合格, 不合格, 待核实 …"""
    return _OUTCOMES[LineOutcome(outcome)]


_OUTCOMES = {
    LineOutcome.NONCONFORMING: Words("不合格", "fail"),
    LineOutcome.TO_VERIFY: Words("限量待核实", "limit to be verified"),
    LineOutcome.UNDETERMINED: Words("待定", "undetermined"),
    LineOutcome.CONFORMING: Words("合格", "pass"),
    LineOutcome.REFERENCE: Words("仅供参考", "for reference"),
    LineOutcome.NOT_TESTED: Words("未检", "not tested"),
}


def got_words(item: Item, english: bool) -> tuple[str, str]:
    """The value, and what stands smaller beside it: its unit, or the detection limit."""
    got = item.got.en if english else item.got.zh
    if item.number is not None:
        value, _, rest = got.partition(" ")
        return value, rest
    at = got.find("（" if not english else " (")
    return (got, "") if at < 0 else (got[:at], got[at:].strip())


def valid_words(report: Report) -> Words:
    """From when to when a type inspection counts."""
    first, last = report.valid_from, report.valid_to
    if first is None or last is None:
        return Words("", "")
    return Words(f"{first} 至 {last} 有效", f"valid {first} to {last}")


def start_words(edition: EditionFact) -> Words:
    """Since when an edition has been in force."""
    if edition.starts is None:
        return Words("（起始日待核实）", "(first day to be verified)")
    return Words(f"（{edition.starts} 起）", f"(from {edition.starts})")


def grade_words(grade: str) -> Words:
    """A grade in both languages; one that has no English name keeps its own."""
    return Words(grade, _GRADES.get(grade, grade))


def scans_words(scans: Scans) -> Words:
    """第 3 次扫码，首次 2026-11-02."""
    if scans.number == 1:
        return Words("第一次有人扫这枚标签", "The first scan of this label")
    day = scans.first.isoformat()
    return Words(f"第 {scans.number} 次扫码，首次 {day}", f"Scan no. {scans.number}, first {day}")


def bar_words(item: Item) -> Words:
    """What a limit bar shows, for who cannot see it."""
    limit = item.limits[0].text
    return Words(
        f"{item.name.zh}：测得 {item.got.zh}，限量 {limit.zh}",
        f"{item.name.en}: {item.got.en}, limit {limit.en}",
    )


def many_scans_words(scans: Scans) -> Words:
    """A hint to look at the pack, not an accusation."""
    return Words(
        f"这枚标签扫的次数比一般的多（第 {scans.number} 次）。一枚标签只跟一件货：请看看它是不是原样贴着、"
        "有没有动过；有疑问可以问卖家。次数多不等于货有问题。",
        f"This label has been scanned unusually often ({scans.number} times). One label goes with "
        "one pack: see that it sits untouched, and ask the seller if in doubt. "
        "Many scans do not mean that anything is wrong with the goods.",
    )


def results_words(batch: BatchPassport) -> Words:
    """How the items stand, in one sentence."""
    parts = [
        (batch.count(LineOutcome.NONCONFORMING), Words("项不合格", "fail")),
        (batch.count(*_OPEN), Words("项待定", "undetermined")),
        (batch.count(LineOutcome.CONFORMING), Words("项合格", "pass")),
        (batch.count(LineOutcome.REFERENCE), Words("项仅供参考", "for reference")),
        (batch.unmet, Words("项还没有结果", "without a result yet")),
    ]
    told = [(number, words) for number, words in parts if number]
    if not told:
        return Words("现在没有可以显示的结果。", "There are no results to show now.")
    total = batch.count() + batch.unmet
    if total == batch.count(LineOutcome.CONFORMING):
        return Words(f"{total} 项，全部合格。", f"{items_en(total)}, all pass.")
    return Words(
        f"{total} 项：" + "，".join(f"{number} {words.zh}" for number, words in told) + "。",
        f"{items_en(total)}: " + ", ".join(f"{number} {words.en}" for number, words in told) + ".",
    )


_OPEN = (LineOutcome.UNDETERMINED, LineOutcome.TO_VERIFY)


def rest_words(rest: int, batch: BatchPassport) -> Words:
    """What the folded part holds."""
    sound = {LineOutcome.CONFORMING}
    all_pass = {item.outcome for item in batch.items[len(batch.items) - rest :]} == sound
    tail = Words("，全部合格", ", all pass") if all_pass else Words("", "")
    return Words(
        f"其余 {rest} 个结果{tail.zh}", f"The other {rest} result{'s' * (rest != 1)}{tail.en}"
    )


def untested_words(batch: BatchPassport) -> Words:
    """未检: neither pass nor fail."""
    one = batch.untested == 1
    return Words(
        f"另有 {batch.untested} 条适用的限量，这批没有检（未检）：不算合格，也不算不合格。",
        f"{batch.untested} more limit{'' if one else 's'} that appl{'ies' if one else 'y'} "
        "to such goods: not tested in this batch, neither pass nor fail.",
    )


def link_words(link: Link) -> Words:
    """What was recorded at a link: its own values, or how many entries."""
    if link.said:
        return Words("；".join(w.zh for w in link.said), "; ".join(w.en for w in link.said))
    many = link.entries != 1
    if link.stage == "testing" and link.vouched == "signed":
        return Words(f"{link.entries} 份检验报告", f"{link.entries} report{'s' * many}")
    return Words(f"{link.entries} 条记录", f"{link.entries} entr{'ies' if many else 'y'}")


def released_words(answer: LabelAnswer) -> Words:
    """What release means, and since when this label has been in use."""
    since = answer.label.state_on if answer.label is not None else None
    return Words(
        "判定合格以后才有标签" + (f"；这枚在 {since} 启用" if since else ""),
        "Labels exist only after the batch conformed"
        + (f"; this one was activated on {since}" if since else ""),
    )


def signed_words(parties: tuple[Named, ...]) -> Words:
    """示例·湘中检验中心签字."""
    return Words(
        "、".join(party.name for party in parties) + "签字",
        "Signed by " + ", ".join(party.name for party in parties),
    )


def corrected_words(report: Report) -> Words:
    """Which report it takes the place of."""
    return Words(f"更正了报告 {report.corrects}", f"corrects report {report.corrects}")


def withdrawn_words(report: Report) -> Words:
    """When it was taken back."""
    return Words(f"{report.withdrawn_on} 撤回", f"withdrawn {report.withdrawn_on}")


def gi_words(record: GiFact) -> Words:
    """证明商标（2022-05-28），注册号 8804834."""
    kind = GI_KINDS.get(record.kind, Words(record.kind, record.kind))
    day = f"（{record.day}）" if record.day else ""
    day_en = f" ({record.day})" if record.day else ""
    number = Words(f"，编号 {record.number}", f", no. {record.number}")
    number = number if record.number else Words("", "")
    return Words(f"{kind.zh}{day}{number.zh}", f"{kind.en}{day_en}{number.en}")


def gi_title(answer: LabelAnswer) -> tuple[State, Words, Words]:
    """State, title and sentence of the geographical indication behind a label."""
    proven = answer.batch is not None and any(record.proven for record in answer.batch.gi)
    if not proven:
        return (
            "wait",
            Words("地理标志：待核实", "Geographical indication: to be verified"),
            Words(
                "登记的编号或凭证还没有核实，所以这枚标签没有印专用标志。",
                "Its number or evidence has not been verified, so no official mark is printed "
                "on this label.",
            ),
        )
    marked = answer.run is not None and answer.run.mark
    sentence = (
        Words("这枚标签获准使用专用标志。", "This label may carry the official mark.")
        if marked
        else Words("这枚标签没有使用专用标志。", "This label does not carry the official mark.")
    )
    return "pass", Words("地理标志：有据可查", "Geographical indication: on record"), sentence

"""The words of a report's public page: its first screen, and the fixed texts of its sections."""

from __future__ import annotations

from core.words import Words
from labels.analysis import RECORDED, Analysis
from labels.analysis_words import standing_words
from labels.passport import State
from labels.passport_words import Face
from trace.inspections.verdicts import LineOutcome

TEXTS: dict[str, Words] = {
    "about": Words("这份报告", "This report"),
    "number": Words("报告编号", "Number"),
    "kind": Words("检验类别", "Kind"),
    "laboratory": Words("检验机构", "Tested by"),
    "code": Words("机构代码", "Lab code"),
    "party": Words("受检单位", "Tested for"),
    "product": Words("样品", "Goods"),
    "batch": Words("批号", "Batch"),
    "quantity": Words("批量", "Quantity"),
    "produced": Words("生产日期", "Produced"),
    "sampled": Words("抽样日期", "Sampled"),
    "reported": Words("报告日期", "Reported"),
    "valid": Words("有效期", "Valid"),
    "samples": Words("样品编号", "Samples"),
    "results": Words("检验结果", "Results"),
    "results_note": Words(
        "判定按这一天的标准和限量：", "Judged by the standards and limits of this day: "
    ),
    "conclusions": Words("对照各个标准", "By each standard"),
    "signed": Words("谁签的字", "Who signed"),
    "digest": Words("所签内容", "Content signed"),
    "no_names": Words(
        "签字人只写帐号编号，姓名由检验机构留存。",
        "Signatories are told by account number; the laboratory keeps their names.",
    ),
    "note": Words("备注", "Remarks"),
    "now": Words("现在怎样", "How it stands"),
    "other": Words("看那份报告", "See that report"),
    "paper": Words("报告文件", "The document"),
    "pdf": Words("下载 PDF 报告", "Download as PDF"),
    "pdf_note": Words(
        "PDF 带签名，改一个字都验得出来。内容摘要：",
        "The PDF is signed: a change of one character shows. Digest of its content: ",
    ),
    "public_keys": Words("验签用的公钥", "Public keys to verify it with"),
    "rest": Words("其余 {count} 项在 PDF 和数据里。", "The other {count} are in the PDF and data."),
    "recorded": Words("没有对应的限量，只作记录", "No limit for it; recorded only"),
    "long": Words("原文较长，见 PDF", "long: see the PDF"),
    "method": Words("方法", "Method"),
    "sample": Words("示例", "example"),
}

_OPEN = (LineOutcome.TO_VERIFY, LineOutcome.UNDETERMINED)


def face_of(analysis: Analysis) -> Face:
    """The first screen: whether the report counts comes before what it says."""
    if analysis.standing.state in _GONE:
        title, seal = _GONE[analysis.standing.state]
        word = Words("不再有效", "No longer valid")
        return Face("wait", word, title, standing_words(analysis), seal)
    state, title, seal = _SAID[analysis.outcome]
    told = tested_words(analysis)
    partly = standing_words(analysis)
    sentence = Words(f"{told.zh}{partly.zh}", f"{told.en} {partly.en}".strip())
    word = Words("报告有效", "Report valid")
    filled = state in ("pass", "fail")
    return Face(state, word, title, sentence, seal, filled=filled, icon="certificate")


_GONE = {
    "withdrawn": (Words("报告|已撤回", "This report was withdrawn"), "报告撤回"),
    "corrected": (Words("报告|已更正", "This report was corrected"), "已经更正"),
    "retested": (Words("已经|复验", "Tested again"), "已经复验"),
}
_UNSURE: tuple[State, Words, str] = (
    "wait",
    Words("有项目|待定", "Some items are undetermined"),
    "尚待判定",
)
_ONLY_RECORDED: tuple[State, Words, str] = (
    "none",
    Words("只作记录", "Recorded only"),
    "只作记录",
)
_SAID: dict[str, tuple[State, Words, str]] = {
    LineOutcome.NONCONFORMING: (
        "fail",
        Words("检出|不合格", "Some items fail"),
        "有不合格",
    ),
    LineOutcome.TO_VERIFY: _UNSURE,
    LineOutcome.UNDETERMINED: _UNSURE,
    LineOutcome.CONFORMING: (
        "pass",
        Words("所检项目|合格", "All tested items pass"),
        "所检合格",
    ),
    LineOutcome.REFERENCE: _ONLY_RECORDED,
    LineOutcome.NOT_TESTED: _ONLY_RECORDED,
    RECORDED: _ONLY_RECORDED,
}


def tested_words(analysis: Analysis) -> Words:
    """长沙绿茶，查了 12 项；1 项不合格：铅。"""
    product, count = analysis.subject.product, len(analysis.findings)
    plural = "" if count == 1 else "s"
    failing = [one.item for one in analysis.findings if one.outcome == LineOutcome.NONCONFORMING]
    waiting = sum(one.outcome in _OPEN for one in analysis.findings)
    zh, en = [], []
    if failing:
        zh.append(f"{len(failing)} 项不合格：{'、'.join(name.zh for name in failing)}")
        en.append(f"{len(failing)} fail: {', '.join(name.en for name in failing)}")
    if waiting:
        zh.append(f"{waiting} 项待定")
        en.append(f"{waiting} undetermined")
    tail = Words("".join(f"；{text}" for text in zh), "".join(f"; {text}" for text in en))
    return Words(
        f"{product.zh}，查了 {count} 项{tail.zh}。",
        f"{product.en}, {count} item{plural} tested{tail.en}.",
    )

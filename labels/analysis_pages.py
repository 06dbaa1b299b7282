"""Composing a certificate of analysis: its facts as headings, tables and lines on pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from core.clock import CHANGSHA
from labels.analysis import Analysis, Finding, Judged
from labels.analysis_layout import (
    BODY,
    HIGH,
    INNER,
    LEFT,
    PITCH,
    RIGHT,
    SMALL,
    TOP,
    WIDE,
    Box,
    Cell,
    Column,
    Mark,
    Page,
    Row,
    Sheet,
    wrap,
)
from labels.analysis_words import (
    KINDS,
    METHODS,
    NO_NAMES,
    OUTCOMES,
    SAMPLE,
    TONES,
    beside_words,
    conclusion_words,
    older_words,
    signing_words,
    standing_words,
    value_words,
)
from labels.fonts import width

QR_SIDE = 29.0
TITLE = "检验报告"
_COLUMNS = (
    Column("项目", 31),
    Column("结果", 30),
    Column("方法", 27),
    Column("限量", 24),
    Column("标准和条款", 43),
    Column("判定", 21),
)
_LONG = 80
"""A value with more characters stands in an annex: a journey's record, the units of a lot."""
_FACT_LABEL = 19.0


def compose(analysis: Analysis, link: str, digest: str, key: str) -> list[Page]:
    """The pages of a certificate; `digest` of its content and the short name of the signing key.

    MissingGlyph for a character that cannot be printed.
    """
    sheet = Sheet()
    _head(sheet, analysis)
    _facts(sheet, analysis)
    _results(sheet, analysis)
    _conclusions(sheet, analysis)
    _remarks(sheet, analysis)
    _signatures(sheet, analysis)
    _proof(sheet, link, digest, key)
    _annex_texts(sheet, analysis)
    _feet(sheet.pages, analysis, digest)
    return sheet.pages


def _head(sheet: Sheet, analysis: Analysis) -> None:
    top, right = sheet.y, WIDE - RIGHT - QR_SIDE
    sheet.page.symbol = Box(right, top - 4, QR_SIDE, QR_SIDE)
    caption = "扫码看这份报告的现状"
    at = right + (QR_SIDE - width(caption) * 2.6) / 2
    sheet.page.marks.append(Mark(caption, at, top - 4 + QR_SIDE + 1.4, 2.6, "soft"))
    across = right - LEFT - 4
    sheet.text(analysis.laboratory.name, 4.6, across=across)
    sheet.y += 1.2
    sheet.line(TITLE, LEFT, 9.5, bold=True)
    sheet.line("Certificate of analysis", LEFT + 4 * 9.5 + 4, 3.4, "soft")
    sheet.y += 13.2
    sheet.text(f"编号 {analysis.number}　{KINDS[analysis.subject.kind].zh}", 3.6, across=across)
    sheet.y = max(sheet.y + 1.0, top + QR_SIDE)
    sheet.box(LEFT, INNER, 0.5)
    sheet.y += 0.9
    sheet.box(LEFT, INNER, 0.15)
    sheet.y += 2.6
    if analysis.sample:
        _banner(sheet, SAMPLE.zh, "wait")
    standing = standing_words(analysis).zh
    if standing:
        _banner(sheet, standing, "fail")


def _banner(sheet: Sheet, text: str, tone: str) -> None:
    """A framed sentence that nobody can overlook."""
    size, across = 3.6, INNER - 6
    lines = wrap(text, size, across)
    high = len(lines) * PITCH * size + 2.6
    sheet.box(LEFT, INNER, 0.4, tone)
    sheet.box(LEFT, 0.8, high, tone)
    sheet.box(WIDE - RIGHT - 0.8, 0.8, high, tone)
    sheet.y += 1.6
    for line in lines:
        sheet.line(line, LEFT + 3, size, tone, bold=True)
        sheet.y += PITCH * size
    sheet.y += 0.6
    sheet.box(LEFT, INNER, 0.4, tone)
    sheet.y += 3.4


def _facts(sheet: Sheet, analysis: Analysis) -> None:
    """Names and days, two beside each other."""
    facts = [(name, value) for name, value in _named(analysis) if value]
    half = INNER / 2
    across = half - _FACT_LABEL - 2
    for pair in zip_longest(facts[::2], facts[1::2]):
        texts = [wrap(fact[1], BODY, across) if fact else [] for fact in pair]
        for column, (fact, lines) in enumerate(zip(pair, texts, strict=True)):
            if fact:
                _fact(sheet, fact[0], lines, LEFT + column * half)
        sheet.y += max(map(len, texts)) * PITCH * BODY + 0.7


def _fact(sheet: Sheet, name: str, lines: Sequence[str], x: float) -> None:
    top = sheet.y
    sheet.line(name, x, BODY, "soft")
    for line in lines:
        sheet.line(line, x + _FACT_LABEL, BODY)
        sheet.y += PITCH * BODY
    sheet.y = top


def _named(analysis: Analysis) -> Iterator[tuple[str, str]]:
    subject, laboratory = analysis.subject, analysis.laboratory
    yield "检验机构", laboratory.name
    yield "机构代码", laboratory.code
    yield "受检单位", subject.party.name
    yield "信用代码", subject.party.code
    yield "样品名称", " ".join(filter(None, (subject.product.zh, subject.grade)))
    yield "批号", subject.batch
    yield "批量", subject.quantity
    yield "生产日期", subject.produced_on.isoformat() if subject.produced_on else ""
    yield "抽样日期", analysis.sampled_on.isoformat()
    yield "报告日期", analysis.reported_on.isoformat()
    valid = f"{analysis.valid_from} 至 {analysis.valid_to}" if analysis.valid_to else ""
    yield "有效期", valid
    yield "样品", "；".join(analysis.samples)


def _results(sheet: Sheet, analysis: Analysis) -> None:
    sheet.heading("检验结果", keep=24)
    annexes = _annexes(analysis)
    sheet.table(
        _COLUMNS,
        [_row(finding, annexes.get(at, 0)) for at, finding in enumerate(analysis.findings)],
    )
    sheet.y += 1.2
    sheet.text(
        f"判定按 {analysis.judged_on} 的标准和限量；结果照检验机构录入的原样。", SMALL, "soft"
    )


def _row(finding: Finding, annex: int) -> Row:
    """A result with its limits under each other; a long value stands in an annex."""
    value = f"见附录 {annex}" if annex else value_words(finding).zh
    own = (
        Cell(finding.item.zh),
        Cell("\n".join(filter(None, (value, beside_words(finding).zh)))),
        Cell(finding.method or "—"),
    )
    if not finding.limits:
        return Row(own, ((Cell("—"), Cell("—"), Cell(OUTCOMES[finding.outcome].zh, "soft")),))
    return Row(own, tuple(_limit(limit) for limit in finding.limits))


def _limit(limit: Judged) -> tuple[Cell, ...]:
    tone = TONES.get(limit.outcome, "soft")
    return (
        Cell(limit.limit.zh),
        Cell(f"{limit.standard} {limit.clause}".strip()),
        Cell(OUTCOMES[limit.outcome].zh, tone, bold=tone == "fail"),
    )


def _annexes(analysis: Analysis) -> dict[int, int]:
    """The number of the annex of each result, by its place, whose value is too long for a cell."""
    long = [at for at, one in enumerate(analysis.findings) if len(one.typed) > _LONG]
    return {at: number for number, at in enumerate(long, start=1)}


def _annex_texts(sheet: Sheet, analysis: Analysis) -> None:
    """The long values as typed."""
    for at, number in _annexes(analysis).items():
        finding = analysis.findings[at]
        sheet.heading(f"附录 {number}　{finding.item.zh}：所录原文")
        sheet.text(finding.typed, SMALL)


def _conclusions(sheet: Sheet, analysis: Analysis) -> None:
    sheet.heading("检验结论")
    for one in analysis.conclusions:
        tone = TONES.get(one.outcome, "ink")
        sheet.text(f"{one.standard}：{conclusion_words(one).zh}", BODY, tone)
    if not analysis.conclusions:
        sheet.text("没有可以判定的限量，结果只作记录。")


def _remarks(sheet: Sheet, analysis: Analysis) -> None:
    told = [words.zh for words in older_words(analysis)]
    if analysis.note:
        told.append(analysis.note)
    if told:
        sheet.heading("备注")
        for text in told:
            sheet.text(text)


def _signatures(sheet: Sheet, analysis: Analysis) -> None:
    sheet.heading("签署", keep=6 + 12 * len(analysis.signatures))
    columns = (
        Column("角色", 31),
        Column("签字人编号", 27),
        Column("怎样签的", 34),
        Column("时间（北京时间）", 40),
        Column("所签内容的摘要（SHA-256）", 44),
    )
    rows = [
        Row(
            (
                Cell(signing_words(one).zh),
                Cell(one.account),
                Cell(METHODS[one.method].zh),
                Cell(f"{one.at.astimezone(CHANGSHA):%Y-%m-%d %H:%M:%S}"),
                Cell(grouped(one.content_sha256[:16])),
            )
        )
        for one in analysis.signatures
    ]
    if rows:
        sheet.table(columns, rows)
        sheet.y += 1.2
    sheet.text(f"{analysis.laboratory.name}。{NO_NAMES.zh}", SMALL, "soft")


def _proof(sheet: Sheet, link: str, digest: str, key: str) -> None:
    sheet.heading("怎样核验", keep=26)
    sheet.text(f"现状：{link}", SMALL)
    sheet.text(f"内容摘要（SHA-256）：{grouped(digest)}", SMALL)
    sheet.text(
        f"本文件附有 report.json（全部内容）和 report.sig（Ed25519 签名，密钥 {key}）。"
        "改动一个字符，签名就对不上。以后的撤回、更正和复验，看现状页。",
        SMALL,
        "soft",
    )


def grouped(digits: str) -> str:
    """Hexadecimal digits in eights, so that eyes can compare them."""
    ends = range(0, len(digits) + 8, 8)
    return " ".join(filter(None, (digits[start:end] for start, end in pairwise(ends))))


def _feet(pages: Sequence[Page], analysis: Analysis, digest: str) -> None:
    """Which report, which page, which content: at the foot of every page."""
    y, size = HIGH - 11.0, 2.5
    for number, page in enumerate(pages, start=1):
        page.boxes.append(Box(LEFT, y - 4.4, INNER, 0.12, "line"))
        left = f"{analysis.laboratory.name} · {analysis.number} · {digest[:8]}"
        if analysis.sample:
            left = f"示例 · {left}"
        right = f"第 {number} 页，共 {len(pages)} 页"
        page.marks.append(Mark(left, LEFT, y, size, "soft"))
        at = WIDE - RIGHT - width(right) * size
        page.marks.append(Mark(right, at, y, size, "soft"))
        if number > 1:
            page.marks.append(Mark(TITLE, LEFT, TOP - 3.5, size, "soft"))

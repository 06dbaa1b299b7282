"""Where everything of a certificate of promise stands, on A4 and on a label of the same content.

Lengths are millimetres from the upper left corner. What does not fit is set smaller, down to a size
that can still be read; what does not fit then is refused, never cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labels.analysis_layout import PITCH, Box, Mark, Page, wrap
from labels.fonts import DrawingError, width
from labels.promise_face import STATE_WORDS, Face
from labels.promise_template import PaperSize

SMALLEST = 1.9
"""Type size of 5.4 points: smaller is not read."""
_STEP = 0.96
_CAPTION = "扫码看现状"
_SAMPLE = "示例：主体是虚构的，不得用于销售"


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Lengths of a paper that do not shrink, and the type size of the body to begin with."""

    margin: float
    title: float
    body: float
    symbol: float
    sign: float


_A4 = _Sizes(margin=20, title=16, body=5.6, symbol=42, sign=26)
_LABEL = _Sizes(margin=3.5, title=7.6, body=2.75, symbol=21, sign=0)


class TooMuch(DrawingError):
    """More text than the paper holds at a size that can be read."""

    def __init__(self, paper: PaperSize) -> None:
        super().__init__(
            f"内容太长，{paper.name.zh} 放不下；请打印 A4 的。",
            f"Too much text for {paper.name.en}; print it on A4.",
        )


def compose(face: Face, paper: PaperSize) -> Page:
    """The one page of a certificate. TooMuch, or MissingGlyph for what cannot be printed."""
    sizes = _A4 if paper.height > 150 else _LABEL
    body = sizes.body
    while body >= SMALLEST:
        drawing = _Drawing(face, paper, sizes, body)
        if drawing.fits():
            return drawing.page
        body *= _STEP
    raise TooMuch(paper)


def symbol_side(paper: PaperSize) -> float:
    """The side of the QR symbol with its quiet zone."""
    return (_A4 if paper.height > 150 else _LABEL).symbol


class _Drawing:
    def __init__(self, face: Face, paper: PaperSize, sizes: _Sizes, body: float) -> None:
        self.face, self.paper, self.sizes, self.body = face, paper, sizes, body
        self.small = max(SMALLEST, 0.8 * body)
        self.page = Page()
        self.left, self.y = sizes.margin, sizes.margin
        self.right = paper.width - sizes.margin
        self.beside = sizes.margin + sizes.symbol + 1.8 * self.small
        self._head()
        self._facts()
        self._promises()
        self._basis()
        self._feet()

    def fits(self) -> bool:
        """Whether everything stands above the lower margin."""
        return self.y <= self.paper.height - self.sizes.margin

    @property
    def across(self) -> float:
        """How wide a line may be at the present height: less beside the symbol."""
        whole = self.right - self.left
        return whole - self.sizes.symbol - 2 if self.y < self.beside else whole

    def line(self, text: str, x: float, size: float, tone: str = "ink", bold: bool = False) -> None:
        self.page.marks.append(Mark(text, x, self.y + 0.86 * size, size, tone, bold))

    def text(self, text: str, size: float, *, indent: float = 0, tone: str = "ink",
             bold: bool = False) -> None:  # fmt: skip
        """A paragraph, wrapped by what is beside it at its first line."""
        for line in wrap(text, size, self.across - indent):
            self.line(line, self.left + indent, size, tone, bold)
            self.y += PITCH * size

    def rule(self, height: float) -> None:
        self.page.boxes.append(Box(self.left, self.y, self.across, height))

    def _head(self) -> None:
        side, title = self.sizes.symbol, self.sizes.title
        x = self.right - side
        self.page.symbol = Box(x, self.sizes.margin, side, side)
        at = x + (side - width(_CAPTION) * self.small) / 2
        baseline = self.sizes.margin + side + 0.6 * self.small
        self.page.marks.append(Mark(_CAPTION, at, baseline, self.small, "soft"))
        self.line(self.face.title.zh, self.left, title, bold=True)
        self.y += 1.28 * title
        self.text(f"编号 {self.face.number}", self.body)
        self.y += 0.2 * self.body
        self.rule(0.12 * self.body)
        self.y += 0.6 * self.body
        for sentence in self._warnings():
            self.text(sentence, self.body, tone="fail", bold=True)

    def _warnings(self) -> Iterator[str]:
        if self.face.sample:
            yield _SAMPLE
        if self.face.state != "stands":
            _look, word, _sentence = STATE_WORDS[self.face.state]
            yield f"{word.zh}。{self.face.reason}" if self.face.reason else f"{word.zh}。"

    def _facts(self) -> None:
        face, label = self.face, 4.6 * self.body
        for name, value in (
            ("产品名称", f"{face.product}（{face.goods_form}）"),
            ("数量", face.quantity),
            ("产地", face.origin),
            ("承诺主体", f"{face.promisor}　{face.credit_code}"),
            ("联系方式", face.contact),
            ("开具日期", face.issued_on.isoformat()),
            ("批号", face.batch),
        ):
            self.line(name, self.left, self.body, "soft")
            self.text(value, self.body, indent=label)

    def _promises(self) -> None:
        self.y += 0.5 * self.body
        self.text(self.face.lead.zh, self.body, bold=True)
        for one in self.face.promises:
            self._square(self.left, True)
            self.text(one.zh, self.body, indent=self.indent)

    def _basis(self) -> None:
        self.y += 0.3 * self.body
        self.text("承诺依据", self.body, bold=True)
        x = self.left
        for key, text in self.face.basis:
            wide = self.indent + (width(text.zh) + 1) * self.body
            if x > self.left and x + wide - self.body > self.left + self.across:
                x, self.y = self.left, self.y + PITCH * self.body
            self._square(x, key in self.face.ticked)
            self.line(text.zh, x + self.indent, self.body)
            x += wide
        self.y += PITCH * self.body
        if self.face.other_proof:
            self.text(f"收取的其他证明：{self.face.other_proof}", self.small)

    @property
    def indent(self) -> float:
        """How far what stands behind a square is moved in."""
        return 1.3 * self.body

    def _square(self, x: float, ticked: bool) -> None:
        """A square at the present height, ticked or empty."""
        side, y, edge = 0.8 * self.body, self.y + 0.2 * self.body, 0.06 * self.body
        self.page.boxes += [
            Box(x, y, side, edge), Box(x, y + side - edge, side, edge),
            Box(x, y, edge, side), Box(x + side - edge, y, edge, side),
        ]  # fmt: skip
        if ticked:
            size = 0.9 * self.body
            self.page.marks.append(
                Mark("✓", x + (side - width("✓") * size) / 2, y + 0.86 * side, size, bold=True)
            )

    def _feet(self) -> None:
        face, small = self.face, self.small
        if face.older:
            numbers = "、".join(one.number for one in face.older)
            self.text(f"原合格证 {numbers}", small, tone="soft")
        if self.sizes.sign:
            self.y += 1.6 * self.body
            self.text("承诺主体（签名或盖章）：", self.body)
            self.y += self.sizes.sign
        else:
            self.y += 0.2 * self.body
        self.text(f"{face.measures.zh}。{face.official_form.zh}", small, tone="soft")

"""What a label says, line by line, and how wide each line is."""

from collections.abc import Iterator
from dataclasses import dataclass

from labels.fonts import width

__all__ = ["SAMPLE", "TITLE_SPACING", "LabelFace", "Words", "measure"]

SAMPLE = "示例"
TITLE_SPACING = 0.06
"""Between the characters of the name, in em."""
_KEY_GAP = 0.5


@dataclass(frozen=True, slots=True)
class LabelFace:
    """What the labels of one run say; all of it is printed as given, the dates as days.

    ``gi_name`` is the name as licensed, ``net_content`` a whole phrase (净含量 100 g), ``standard``
    the number of the standard or of the announcement of approval, ``credit_code`` that of the
    user of the mark. The official mark is not drawn.
    """

    gi_name: str
    grade: str
    net_content: str
    production_date: str
    best_before: str | None
    standard: str
    producer: str
    credit_code: str
    batch_number: str
    trademark_number: str | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The lines of a face with their widths in em of their own type.

    ``rows`` are key, value and width; where there is a key, its value begins at ``values_at``.
    """

    title: str
    title_em: float
    sample: bool
    lead: str
    lead_em: float
    rows: tuple[tuple[str, str, float], ...]
    values_at: float


def measure(face: LabelFace) -> Words:
    """Set the words of a face and measure them; MissingGlyph for what the font lacks."""
    rows = list(_rows(face))
    values_at = max(width(key) for key, _ in rows) + _KEY_GAP
    lead = "\u3000".join(part for part in (face.grade, face.net_content) if part)
    return Words(
        title=face.gi_name,
        title_em=width(face.gi_name) + TITLE_SPACING * (len(face.gi_name) - 1),
        sample=face.sample,
        lead=lead,
        lead_em=width(lead),
        rows=tuple((key, value, width(value) + (values_at if key else 0)) for key, value in rows),
        values_at=values_at,
    )


def _rows(face: LabelFace) -> Iterator[tuple[str, str]]:
    """Give key and value of each particular.

    The use of the mark asks for the standard or the announcement, the credit code and, for a
    collective or certification mark, its number (地理标志专用标志使用管理办法（试行）).
    """
    yield "生产日期", face.production_date
    if face.best_before:
        yield "保质期至", face.best_before
    yield "执行标准" if face.standard[:1].isascii() else "批准公告", face.standard
    yield "产品批号", face.batch_number
    if face.trademark_number:
        yield "商标注册号", face.trademark_number
    yield "信用代码", face.credit_code
    yield "", face.producer

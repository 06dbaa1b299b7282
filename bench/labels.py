"""Labels a second: our A4 sheet against a picture per label from `qrcode` in a PDF by fpdf2."""

from datetime import UTC, datetime

import qrcode
from fpdf import FPDF

from bench.clock import in_turns, say
from labels.artwork import LabelFace
from labels.codes import encode
from labels.digital_link import label_url
from labels.sheet_formats import SHEET_FORMATS
from labels.sheets import draw_sheet

MANY = 440
MASTERS = {1: bytes(range(32))}
FACE = LabelFace(
    gi_name="长沙绿茶", grade="一级", net_content="净含量 100 g", production_date="2026-11-08",
    best_before=None, standard="GB/T 14456.3-2016", producer="示例·春山茶叶专业合作社",
    credit_code="93430121MA00000070", batch_number="CSLC-20261108-01", trademark_number=None,
    sample=True,
)  # fmt: skip
CODES = [encode(MASTERS, 1, serial) for serial in range(MANY)]
URLS = [label_url("https://gi.example.cn", code) for code in CODES]


def ours() -> bytes:
    """One PDF of all labels, symbols as paths."""
    rows = [(FACE, url, code) for url, code in zip(URLS, CODES, strict=True)]
    return draw_sheet(rows, SHEET_FORMATS["a4-4x11"], made_at=datetime(2026, 1, 1, tzinfo=UTC))


def pictures() -> bytes:
    """One PDF of all symbols alone, each a picture: less work than a label."""
    pdf = FPDF(unit="mm", format="A4")
    for place, url in enumerate(URLS):
        if place % 44 == 0:
            pdf.add_page()
        image = qrcode.make(url).get_image()
        column, row = place % 4, place % 44 // 4
        pdf.image(image, x=8 + column * 48.5, y=8 + row * 25.4, w=20)
    return bytes(pdf.output())


def main() -> None:
    """Run and print."""
    say("labels to an A4 PDF", in_turns({"qrcode pictures + fpdf2": pictures, "ours": ours}, 3),
        "labels", MANY, "ours")  # fmt: skip
    a, b = len(ours()), len(pictures())
    print(f"  bytes: ours {a}, pictures {b}: {b / a:.1f} times")


if __name__ == "__main__":
    main()

"""The sheets of labels that can be printed: A4, columns by rows, all lengths in millimetres."""

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["PAGE", "SHEET_FORMATS", "SheetFormat"]

PAGE = (Decimal(210), Decimal(297))
"""A4, width and height (ISO 216)."""


@dataclass(frozen=True, slots=True)
class SheetFormat:
    """Where the labels of a sheet lie: margins to the first label, gaps between labels."""

    key: str
    columns: int
    rows: int
    label: tuple[Decimal, Decimal]
    left: Decimal
    top: Decimal
    gap_x: Decimal = Decimal(0)
    gap_y: Decimal = Decimal(0)

    @property
    def count(self) -> int:
        """How many labels a sheet holds."""
        return self.columns * self.rows

    @property
    def zh(self) -> str:
        """The name for people, in Chinese."""
        return f"A4，{self.columns} 列 {self.rows} 行，每张 {self.label[0]} × {self.label[1]} mm"

    @property
    def en(self) -> str:
        """The name for people, in English."""
        return f"A4, {self.columns} by {self.rows}, {self.label[0]} × {self.label[1]} mm each"

    def corner(self, place: int) -> tuple[Decimal, Decimal]:
        """Give the upper left corner of a place, counted from 0 along the rows."""
        row, column = divmod(place, self.columns)
        return (
            self.left + column * (self.label[0] + self.gap_x),
            self.top + row * (self.label[1] + self.gap_y),
        )


def _sheet(
    grid: tuple[int, int], label: tuple[str, str], corner: tuple[str, str], gap_x: str = "0"
) -> SheetFormat:
    columns, rows = grid
    return SheetFormat(
        key=f"a4-{columns}x{rows}",
        columns=columns,
        rows=rows,
        label=(Decimal(label[0]), Decimal(label[1])),
        left=Decimal(corner[0]),
        top=Decimal(corner[1]),
        gap_x=Decimal(gap_x),
    )


SHEET_FORMATS = {
    made.key: made
    for made in (
        _sheet((4, 11), ("48.5", "25.4"), ("8", "8.8")),
        _sheet((4, 10), ("52.5", "29.7"), ("0", "0")),
        _sheet((3, 8), ("70", "37"), ("0", "0.5")),
        _sheet((3, 7), ("63.5", "38.1"), ("7.25", "15.15"), gap_x="2.5"),
        _sheet((2, 7), ("99.1", "38.1"), ("4.65", "15.15"), gap_x="2.5"),
        _sheet((2, 5), ("105", "57"), ("0", "6")),
    )
}
"""By key; the first is the one proposed."""

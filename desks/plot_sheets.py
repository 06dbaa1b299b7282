"""Rows of a sheet as plots: every row answered, duplicates named, nothing kept."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter
from sqlalchemy import select

from core.act import Act
from core.errors import Invalid, TooLarge, fault
from core.text import TextFault, clean_text
from core.words import Words
from products.areas import division_names
from products.models import Product
from products.plots.drafts import PlotDraft, Townships, checked_plot
from products.plots.models import Plot
from products.plots.outline import Outline, area_mu, differs, stored_outline
from trace.laboratories.answered import Answer, AnswerState
from trace.laboratories.fitness import folded
from trace.laboratories.sheets import Cell, Sheet, SheetError, place
from trace.laboratories.workbooks import read_sheet

MOST_PLOTS = 1000
HEADER_WITHIN = 5
_REQUIRED = ("number", "name", "area_mu", "township")


@dataclass(frozen=True)
class Column:
    """A column of the sheet: its header, other names that are understood, the longest text."""

    key: str
    title: Words
    longest: int
    also: tuple[str, ...] = ()

    def named(self, header: str) -> bool:
        """Whether a header means this column."""
        return folded(header) in {folded(one) for one in (*self.title, self.key, *self.also)}


COLUMNS = (
    Column("number", Words("编号", "Number"), 20, ("地块编号", "地块号")),
    Column("name", Words("名称", "Name"), 60, ("地块名称", "地块")),
    Column("area_mu", Words("面积（亩）", "Area (mu)"), 30, ("面积", "亩", "亩数", "面积(亩)")),
    Column("township", Words("乡镇", "Township"), 60, ("乡镇（街道）", "乡镇、街道", "街道")),
    Column("place", Words("小地名", "Place"), 120, ("村组", "村", "村、组、小地名")),
    Column("worked_by", Words("种植人", "Worked by"), 60, ("谁在种", "农户", "户主", "养殖人")),
    Column("outline", Words("轮廓（GeoJSON）", "Outline (GeoJSON)"), 4000, ("轮廓", "geojson")),
)


@dataclass
class Looked:
    """What a sheet comes to: an answer to every row below the header, and the plots to propose."""

    header: int
    answers: list[Answer] = field(default_factory=list)
    plots: list[Mapping[str, Any]] = field(default_factory=list)

    def count(self, *states: AnswerState) -> int:
        """How many rows are answered so."""
        return sum(one.state in states for one in self.answers)

    @property
    def all_right(self) -> bool:
        """Whether there is a plot, and nothing is refused."""
        return bool(self.plots) and not self.count(AnswerState.REFUSED)


def sheet_in(octets: bytes) -> Sheet:
    """The first sheet of a file; Invalid or TooLarge for anything that is none."""
    try:
        return read_sheet(octets)
    except SheetError as wrong:
        kind = TooLarge if wrong.code == "sheet-too-large" else Invalid
        raise kind(wrong.code, wrong.words, [fault("/file", *wrong.words)]) from wrong


def look(act: Act, product: Product, sheet: Sheet) -> Looked:
    """What proposing every row would do, now. Invalid where the sheet has not the columns."""
    header, places = _header(sheet)
    looking = _Looking(act, product, places, Looked(header))
    for number, row in enumerate(sheet.rows, start=1):
        if number > header:
            looking.row(number, row, hidden=number in sheet.hidden)
    looked = looking.looked
    if len(looked.plots) > MOST_PLOTS:
        raise _unfit(
            f"一张表最多 {MOST_PLOTS} 块地，请分成几张", f"A sheet has at most {MOST_PLOTS} plots"
        )
    return looked


def _header(sheet: Sheet) -> tuple[int, dict[str, int]]:
    """The row of headers and the place of each column that is there."""
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN], start=1):
        places = {
            column.key: at
            for column in COLUMNS
            for at, cell in reversed(list(enumerate(row)))
            if cell.text and column.named(cell.text)
        }
        if all(key in places for key in _REQUIRED):
            return number, places
    listed = "、".join(column.title.zh for column in COLUMNS if column.key in _REQUIRED)
    raise _unfit(
        f"前 {HEADER_WITHIN} 行里没有表头：要有{listed}这几列，可以先下载空白表",
        f"No header within the first {HEADER_WITHIN} rows: the columns number, name, area and "
        "township are needed; download the empty sheet",
    )


def _unfit(zh: str, en: str) -> Invalid:
    return Invalid("sheet-columns", Words(zh, en), [fault("/file", zh, en)])


class _Wrong(Exception):
    def __init__(self, key: str, words: Words) -> None:
        super().__init__(key)
        self.key, self.words = key, words


class _Looking:
    """Looking at one row after the other; knows the numbers and outlines that were there."""

    def __init__(
        self, act: Act, product: Product, places: Mapping[str, int], looked: Looked
    ) -> None:
        self._product, self._places, self.looked = product, places, looked
        self._session = act.session
        self._townships = Townships(act.session, product)
        own = act.session.scalars(select(Plot).where(Plot.party_id == act.party)).all()
        self._numbers: dict[str, Words] = {
            row.number: Words(
                f"已经有编号 {row.number} 的地块", f"There is a plot {row.number} already"
            )
            for row in own
        }
        self._outlines: dict[Outline, Words] = {}
        for row in own:
            if row.outline and row.retired_at is None and row.product_id == product.id:
                said = Words(
                    f"与已有地块 {row.number} 的轮廓完全相同", f"Same outline as plot {row.number}"
                )
                self._outlines[stored_outline(row.outline)] = said

    def row(self, number: int, row: Sequence[Cell], *, hidden: bool) -> None:
        """Answer one row, and keep its plot if it can be proposed."""
        if not any(row[at].text or row[at].fault for at in self._places.values()):
            self._answer(number, AnswerState.EMPTY, Words("空行", "Empty row"))
            return
        said: dict[str, str] = {}
        try:
            if hidden:
                words = "这一行在表里被隐藏：请先取消隐藏或删去"
                raise _Wrong("number", Words(words, "The row is hidden: show or remove it"))
            said = {column.key: self._text(column, row) for column in COLUMNS}
            columns = self._checked(said)
            self._not_twice(number, columns)
        except _Wrong as wrong:
            at = place(number, self._places.get(wrong.key, 0))
            self._answer(number, AnswerState.REFUSED, wrong.words, said.get("number", ""), at)
            return
        self.looked.plots.append(columns)
        self._take(number, columns)

    def _answer(
        self, row: int, state: AnswerState, words: Words, plot: str = "", at: str = ""
    ) -> None:
        self.looked.answers.append(Answer(row, state, words, plot, at))

    def _text(self, column: Column, row: Sequence[Cell]) -> str:
        at = self._places.get(column.key)
        if at is None:
            return ""
        lost = row[at].fault
        if lost is not None:
            raise _Wrong(column.key, lost)
        try:
            text = clean_text(row[at].text, column.longest, lines=column.key == "outline")
        except TextFault as wrong:
            raise _Wrong(column.key, wrong.words) from wrong
        if not text and column.key in _REQUIRED:
            raise _Wrong(
                column.key, Words(f"没有填{column.title.zh}", f"{column.title.en} missing")
            )
        return text

    def _checked(self, said: Mapping[str, str]) -> Mapping[str, Any]:
        given: dict[str, Any] = {key: text or None for key, text in said.items()}
        try:
            return checked_plot(self._townships, PlotDraft(product="", **given))
        except Invalid as refused:
            first = refused.faults[0]
            raise _Wrong(first.pointer.strip("/"), first.message) from refused

    def _not_twice(self, row: int, columns: Mapping[str, Any]) -> None:
        number, outline = columns["number"], columns["outline"]
        if number in self._numbers:
            raise _Wrong("number", self._numbers[number])
        if outline is not None and outline in self._outlines:
            raise _Wrong("outline", self._outlines[outline])
        self._numbers[number] = Words(
            f"第 {row} 行已经有编号 {number}", f"Row {row} has the number {number} already"
        )
        if outline is not None:
            self._outlines[outline] = Words(
                f"与第 {row} 行的轮廓完全相同", f"Same outline as row {row}"
            )

    def _take(self, row: int, columns: Mapping[str, Any]) -> None:
        code, stated = columns["place_code"], columns["area_mu"]
        where = division_names(self._session, [code])[code]
        said = Words(f"{where}，{stated:f} 亩", f"{where}, {stated:f} mu")
        outline = columns["outline"]
        measured = area_mu(outline) if outline is not None else stated
        state = AnswerState.TAKEN
        if differs(stated, measured):
            state = AnswerState.DOUBTED
            said = Words(
                f"{said.zh}；轮廓内 {measured:f} 亩，相差超过 10%，请核对",
                f"{said.en}; {measured:f} mu within the outline, over 10 % apart: please check",
            )
        self._answer(row, state, said, columns["number"])


def empty_sheet(language: str) -> bytes:
    """A workbook with the columns and a second sheet that explains them; every column is text."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        page = book.add_worksheet("plots" if language.startswith("en") else "地块")
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        for at, column in enumerate(COLUMNS):
            page.set_column(at, at, 18, text)
            page.write_string(0, at, column.title.said_in(language), bold)
        page.freeze_panes(1, 0)
        notes = book.add_worksheet("notes" if language.startswith("en") else "说明")
        notes.set_column(0, 0, 22)
        notes.set_column(1, 1, 80)
        for at, column in enumerate(COLUMNS):
            notes.write_string(at, 0, column.title.said_in(language))
            notes.write_string(at, 1, _NOTES[column.key].said_in(language))
    return made.getvalue()


_NOTES = {
    "number": Words("必填，自己编，不能重复；汉字、字母、数字和 -", "required, your own, unique"),
    "name": Words("必填，大家怎么叫它", "required, what people call it"),
    "area_mu": Words("必填，最多两位小数", "required, at most two places"),
    "township": Words("必填，现名、旧名或 9 位区划代码", "required, present or old name, or code"),
    "place": Words("可不填，村、组、小地名", "optional"),
    "worked_by": Words("可不填，不公开", "optional, never public"),
    "outline": Words(
        "可不填，一个 GeoJSON Polygon，WGS 84，最多 4000 字",
        "optional, one GeoJSON Polygon, WGS 84, at most 4000 characters",
    ),
}

"""Labels on paper: sheets as PDF, single labels, lists of codes, test pages, printer offsets.

Only labels that nobody has said to be printed are drawn, as often as asked, and only while their
batch may carry labels (promise 1). Drawing changes nothing.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import Conflict, Invalid, fault, invalid_field, not_found
from core.words import Words
from labels.artwork import draw_png, draw_svg
from labels.codes import encode, encode_range
from labels.digital_link import label_url
from labels.face import LabelFace
from labels.fonts import DrawingError
from labels.layout import DoesNotFit
from labels.models import LabelRun, PrinterOffset
from labels.press import Press
from labels.printed import face_of
from labels.ranges import DRAWN, segments, state_of
from labels.release import check_labels_stand
from labels.serials import held_masters
from labels.service import changes_of, visible_run
from labels.sheet_formats import SHEET_FORMATS, SheetFormat
from labels.sheets import NO_OFFSET, SheetError, draw_sheet, draw_test_page
from products.errors import RuleError
from products.numbers import parse_decimal

MOST_ON_SHEETS = 1000
"""Labels in one PDF; more are taken range by range."""
MOST_CODES = 1000
"""Lines in one page of codes."""
Offset = tuple[Decimal, Decimal]
_Label = tuple[LabelFace, str, str]


@dataclass(frozen=True)
class SheetDraft:
    """What is to be printed how. Without a key the format is that of the runs, without offsets
    they are those that the party has saved, without serials all labels that are drawn.
    """

    sheet_format: str | None = None
    start: int = 1
    right: str | None = None
    down: str | None = None
    first: int | None = None
    last: int | None = None


def draw_sheets(act: Act, press: Press, run_ids: Sequence[uuid.UUID], draft: SheetDraft) -> bytes:
    """A PDF with the drawn labels of own runs, one run after the other. Raises Invalid naming the
    field, Conflict where a run has nothing to print or its batch may not carry labels.
    """
    runs = [_own_run(act, run_id) for run_id in dict.fromkeys(run_ids)]
    sheet = _common_format(runs, draft.sheet_format)
    spans = [span for run in runs for span in _spans(run, draft)]
    count = sum(last - first + 1 for _, first, last in spans)
    if count > MOST_ON_SHEETS:
        raise Invalid(
            "too-many-labels",
            Words(
                f"一次最多打印 {MOST_ON_SHEETS} 枚，这里有 {count} 枚；请填起止序号分几次打印。",
                f"At most {MOST_ON_SHEETS} labels at a time, and these are {count}; give first and "
                "last to print them in parts.",
            ),
            [fault("/last", "请缩小序号范围", "Choose fewer serials")],
        )
    offset = _offset_asked(act, sheet, draft.right, draft.down)
    labels = [label for span in spans for label in _labels(press, *span)]
    try:
        return draw_sheet(
            labels, sheet, draft.start, offset, made_at=max(run.drawn_at for run in runs)
        )
    except DrawingError as wrong:
        raise _cannot_draw(wrong, sheet, draft.start) from wrong


def draw_one(act: Act, press: Press, run_id: uuid.UUID, serial: int, kind: str) -> bytes:
    """One drawn label of an own run, `kind` 'png' (300 dpi) or 'svg', at its run's size."""
    run = _own_run(act, run_id)
    if not run.first <= serial <= run.last:
        raise not_found("标签", "label")
    if state_of(changes_of(run), serial) != DRAWN:
        raise _nothing_drawn()
    sheet = SHEET_FORMATS[run.sheet_format]
    face, url, code = next(_labels(press, run, serial, serial))
    try:
        if kind == "svg":
            return draw_svg(face, url, code, sheet.label).encode()
        return draw_png(face, url, code, sheet.label)
    except DrawingError as wrong:
        raise _cannot_draw(wrong, sheet, 1) from wrong


@dataclass(frozen=True)
class CodeLine:
    """One label of a list of codes."""

    serial: int
    code: str
    state: str
    link: str


def list_codes(
    act: Act, press: Press, run_id: uuid.UUID, first: int | None, last: int | None
) -> list[CodeLine]:
    """The codes of a run from `first` on, for its producer and for the authority.

    The producer gets none while the batch may not carry labels: a code is a label to be printed.
    """
    act.need(PRODUCER, AUTHORITY)
    run = visible_run(act, run_id)
    if not act.actor.is_a(AUTHORITY):
        check_labels_stand(act, run)
    start = run.first if first is None else first
    end = min(start + MOST_CODES - 1, run.last) if last is None else last
    if not run.first <= start <= end <= run.last or end - start >= MOST_CODES:
        raise invalid_field(
            "bad-serials",
            "/first",
            f"序号应在 {run.first} 至 {run.last} 之内，一次最多 {MOST_CODES} 个",
            f"Serials lie within {run.first} to {run.last}, at most {MOST_CODES} at a time",
        )
    changes = changes_of(run)
    masters = held_masters(press, run.epoch)
    return [
        CodeLine(serial, code, state_of(changes, serial), label_url(run.origin, code, run.gtin))
        for serial, code in enumerate(encode_range(masters, run.epoch, start, end), start)
    ]


def code_of(press: Press, run: LabelRun, serial: int) -> str:
    """The code of one label."""
    return encode(held_masters(press, run.epoch), run.epoch, serial)


def draw_test(act: Act, key: str, right: str | None, down: str | None) -> bytes:
    """The test page of a sheet with the party's offset, or with another one to be tried."""
    sheet = known_format(key)
    offset = _offset_asked(act, sheet, right, down)
    try:
        return draw_test_page(sheet, offset, made_at=act.at)
    except DrawingError as wrong:
        raise _cannot_draw(wrong, sheet, 1) from wrong


def saved_offsets(act: Act) -> dict[str, Offset]:
    """The printer offsets that the actor's party has saved, by sheet format."""
    query = select(PrinterOffset).where(PrinterOffset.party_id == act.party)
    return {row.sheet_format: (row.right, row.down) for row in act.session.scalars(query)}


def save_offset(act: Act, key: str, right: str, down: str) -> PrinterOffset:
    """Remember how far the party's printer prints beside the mark on a sheet."""
    sheet = known_format(key)
    across, along = _offset_asked(act, sheet, right, down)
    try:
        draw_test_page(sheet, (across, along), made_at=act.at)
    except SheetError as wrong:
        raise _cannot_draw(wrong, sheet, 1) from wrong
    row = PrinterOffset(party_id=act.party, sheet_format=key, right=across, down=along)
    saved = act.session.merge(row)
    act.session.flush()
    return saved


def known_format(key: str) -> SheetFormat:
    """A sheet of the catalogue; NotFound for any other."""
    if key not in SHEET_FORMATS:
        raise not_found("标签纸", "sheet format")
    return SHEET_FORMATS[key]


def _own_run(act: Act, run_id: uuid.UUID) -> LabelRun:
    """An own run whose labels may be printed today."""
    act.need(PRODUCER)
    run = visible_run(act, run_id)
    if run.party_id != act.party:
        raise not_found("标签批", "label run")
    check_labels_stand(act, run)
    return run


def _common_format(runs: Sequence[LabelRun], key: str | None) -> SheetFormat:
    keys = {run.sheet_format for run in runs} if key is None else {key}
    if len(keys) != 1 or not keys <= SHEET_FORMATS.keys():
        listed = ", ".join(SHEET_FORMATS)
        raise invalid_field(
            "no-such-sheet-format",
            "/format",
            f"请选一种标签纸：{listed}",
            f"Choose one sheet format: {listed}",
        )
    return SHEET_FORMATS[keys.pop()]


def _spans(run: LabelRun, draft: SheetDraft) -> list[tuple[LabelRun, int, int]]:
    """The ranges of a run that are drawn and asked for; Conflict where there are none."""
    first = run.first if draft.first is None else max(run.first, draft.first)
    last = run.last if draft.last is None else min(run.last, draft.last)
    pieces = segments(first, last, changes_of(run)) if first <= last else ()
    spans = [(run, piece.first, piece.last) for piece in pieces if piece.state == DRAWN]
    if not spans:
        raise _nothing_drawn()
    return spans


def _labels(press: Press, run: LabelRun, first: int, last: int) -> Iterator[_Label]:
    face = face_of(run, press.sample)
    for code in encode_range(held_masters(press, run.epoch), run.epoch, first, last):
        yield face, label_url(run.origin, code, run.gtin), code


def _offset_asked(act: Act, sheet: SheetFormat, right: str | None, down: str | None) -> Offset:
    saved = saved_offsets(act).get(sheet.key, NO_OFFSET)
    return _millimetres("/right", right, saved[0]), _millimetres("/down", down, saved[1])


def _millimetres(pointer: str, typed: str | None, saved: Decimal) -> Decimal:
    if typed is None:
        return saved
    try:
        return parse_decimal(typed)
    except RuleError as wrong:
        raise invalid_field(wrong.code, pointer, *wrong.words) from wrong


def _nothing_drawn() -> Conflict:
    return Conflict(
        "nothing-to-print",
        Words(
            "这些标签已经打印或作废，不能再印；需要重印请作废后重新领标签。",
            "These labels were printed or voided already; to reprint, void them and draw new ones.",
        ),
    )


def _cannot_draw(wrong: DrawingError, sheet: SheetFormat, start: int) -> Invalid:
    pointer = "/gi_name"
    if isinstance(wrong, DoesNotFit):
        pointer = "/format"
    elif isinstance(wrong, SheetError):
        pointer = "/right" if 1 <= start <= sheet.count else "/start"
    return invalid_field("cannot-draw", pointer, wrong.zh, wrong.en)

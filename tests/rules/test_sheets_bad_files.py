"""What a sheet's file may do to us (U-01): bombs, entities, far cells, cut files, other kinds."""

import io
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rules.instrument_sheets import sheet_xml, with_cells, with_parts, xlsx_of
from trace.laboratories.sheets import LARGEST_SHEET, MOST_COLUMNS, MOST_ROWS, SheetError
from trace.laboratories.workbooks import read_sheet

PLAIN = xlsx_of(("样品编号", "水分"), ("CS-1", 5.8))
SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
    b"<sst><si><t>&d;</t></si></sst>"
)
ELSEWHERE = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<sst><si><t>&x;</t></si></sst>"
)


def many_cells() -> str:
    lines = []
    for row in range(1, MOST_ROWS - 1):
        cells = "".join(f'<c r="{chr(65 + n)}{row}"><v>1</v></c>' for n in range(11))
        lines.append(f'<row r="{row}">{cells}</row>')
    return "".join(lines)


def lying_size(octets: bytes) -> bytes:
    """The sizes in the directory made small; what is inside stays large."""
    made = bytearray(octets)
    at = made.find(b"PK\x01\x02")
    while at >= 0:
        made[at + 24 : at + 28] = (100).to_bytes(4, "little")
        at = made.find(b"PK\x01\x02", at + 4)
    return bytes(made)


def many_entries() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for number in range(3000):
            target.writestr(f"xl/{number}", b"")
    return made.getvalue()


def twice(name: str) -> bytes:
    made = io.BytesIO(PLAIN)
    with zipfile.ZipFile(made, "a") as target, pytest.warns(UserWarning):
        target.writestr(name, b"<worksheet/>")
    return made.getvalue()


def macro_workbook() -> bytes:
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as source:
        types = source.read("[Content_Types].xml")
    wanted = b"openxmlformats-officedocument.spreadsheetml.sheet.main"
    macro = types.replace(b"vnd." + wanted, b"vnd.ms-excel.sheet.macroEnabled.main")
    assert macro != types
    return with_parts(PLAIN, {"[Content_Types].xml": macro})


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "far cell": (
        lambda: with_cells('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "sheet-too-large",
    ),
    "far column": (lambda: with_cells('<row r="1"><c r="XFD1"><v>1</v></c></row>'), "sheet-too-large"),
    "far row": (
        lambda: with_cells(f'<row r="{MOST_ROWS + 1}"><c><v>1</v></c></row>'),
        "sheet-too-large",
    ),
    "too many cells": (lambda: with_cells(many_cells()), "sheet-too-large"),
    "bomb in the sheet": (
        lambda: with_parts(PLAIN, {SHEET: sheet_xml(" " * 40_000_000)}), "sheet-too-large",
    ),
    "bomb in the texts": (
        lambda: with_parts(PLAIN, {TEXTS: b"<sst>" + b"<si><t>a</t></si>" * 1_000_000 + b"</sst>"}),
        "sheet-too-large",
    ),
    "bomb beside": (
        lambda: with_parts(PLAIN, {"xl/media/image1.png": bytes(90_000_000)}), "sheet-too-large",
    ),
    "bomb that lies": (
        lambda: lying_size(with_parts(PLAIN, {SHEET: sheet_xml(" " * 40_000_000)})), "sheet-broken",
    ),
    "many merged cells": (
        lambda: with_cells(
            '<row r="4000"><c r="A1"><v>1</v></c><c r="B4000"><v>1</v></c></row>',
            "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 20_000 + "</mergeCells>",
        ),
        "sheet-broken",
    ),
    "billion laughs": (lambda: with_parts(PLAIN, {TEXTS: LAUGHS}), "sheet-entities"),
    "another file's content": (lambda: with_parts(PLAIN, {TEXTS: ELSEWHERE}), "sheet-entities"),
    "laughs in utf-16": (
        lambda: with_parts(PLAIN, {TEXTS: LAUGHS.decode().encode("utf-16")}), "sheet-broken",
    ),
    "half a file": (lambda: PLAIN[: len(PLAIN) // 2], "sheet-broken"),
    "half a sheet": (lambda: with_parts(PLAIN, {SHEET: sheet_xml("<row>")[:-20]}), "sheet-broken"),
    "no sheet": (lambda: with_parts(PLAIN, {SHEET: None}), "sheet-broken"),
    "many entries": (many_entries, "sheet-too-large"),
    "one entry twice": (lambda: twice(SHEET), "sheet-broken"),
    "the same in capitals": (lambda: with_parts(PLAIN, {SHEET.upper(): b"<a/>"}), "sheet-broken"),
    "macros": (macro_workbook, "sheet-macros"),
    "another package": (lambda: with_parts(PLAIN, {"[Content_Types].xml": None}), "sheet-kind"),
    "old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "sheet-kind"),
    "pdf": (lambda: b"%PDF-1.7\n" + b"x" * 500, "sheet-kind"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "sheet-kind"),
    "web page": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "sheet-kind"),
    "octets": (lambda: random.Random(1).randbytes(5000), "sheet-kind"),
    "nothing": (lambda: b"", "sheet-empty"),
    "blanks": (lambda: b" \n \n", "sheet-empty"),
    "one octet too many": (lambda: b"a,b\n" * (LARGEST_SHEET // 4) + b"a", "sheet-too-large"),
    "long csv": (lambda: b"a,b\n" * (MOST_ROWS + 1), "sheet-too-large"),
    "wide csv": (lambda: b"," * MOST_COLUMNS + b"\n", "sheet-too-large"),
    "open quotes": (lambda: b'a,b\n1,"2\n' * 3, "sheet-broken"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_a_reason_in_two_languages(name: str) -> None:
    make, code = BAD[name]
    with pytest.raises(SheetError) as refused:
        read_sheet(make())
    assert refused.value.code == code, refused.value
    assert refused.value.words.zh != refused.value.words.en


def test_the_plain_file_of_these_tests_is_read() -> None:
    assert [cell.text for cell in read_sheet(PLAIN).rows[1]] == ["CS-1", "5.8"]


EIGHT_AT_ONCE = """
import resource, sys, threading
from pathlib import Path
from trace.laboratories.sheets import SheetError
from trace.laboratories.workbooks import read_sheet

files = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
read_sheet(files[-1])
before, wrong = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []

def read_all():
    for octets in files[:-1]:
        try:
            wrong.append(read_sheet(octets))
        except SheetError:
            pass
        except BaseException as other:
            wrong.append(other)

workers = [threading.Thread(target=read_all) for _ in range(8)]
for worker in workers: worker.start()
for worker in workers: worker.join()
print(len(wrong), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_bad_files_eight_at_once_take_little_memory(tmp_path: Path) -> None:
    for number, (make, _) in enumerate(BAD.values()):
        (tmp_path / f"{number:03}").write_bytes(make())
    (tmp_path / "plain").write_bytes(PLAIN)
    done = subprocess.run(
        [sys.executable, "-c", EIGHT_AT_ONCE, str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    wrong, kilobytes = map(int, done.stdout.split())
    assert wrong == 0
    assert kilobytes < 200_000


@pytest.mark.parametrize("seed", range(200))
def test_a_damaged_file_is_read_or_refused_but_never_breaks(seed: int) -> None:
    chance = random.Random(seed)
    damaged = bytearray(PLAIN)
    for _ in range(chance.choice((1, 3, 20))):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    try:
        read_sheet(bytes(damaged))
    except SheetError as refused:
        assert refused.words.zh

"""What lies in an XLSX file, looked at before anything is worked out of it (ECMA-376 part 2).

The parts that a sheet needs are taken out one by one, each bounded, and put together anew: what
was looked at is what is read, whatever else the file says of itself.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from xml.parsers import expat

from trace.laboratories.sheets import SheetError

MOST_ENTRIES = 1000
LARGEST_PART = 8 * 1024 * 1024
LARGEST_WHOLE = 16 * 1024 * 1024
LARGEST_SAID = 64 * 1024 * 1024
TYPES, ROOT, BOOK, LINKS = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
)
TEXTS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)""")
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, struct.error,
    OverflowError,
)  # fmt: skip
Attributes = Mapping[str, str]
Seen = Callable[[str, Attributes], None]


class Package:
    """The parts of an XLSX file, each taken out when it is asked for.

    SheetError for whatever is no whole, plain XLSX, or is larger than a sheet may be.
    """

    def __init__(self, octets: bytes) -> None:
        _check_directory(octets)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(octets))
        except _DAMAGE as bad:
            raise broken() from bad
        self._taken = 0
        self.parts: dict[str, bytes] = {}
        self._check_entries()
        self._check_kind()

    def _check_entries(self) -> None:
        entries = self._zip.infolist()
        names = [entry.filename.casefold() for entry in entries]
        if len(set(names)) != len(names):
            raise broken()
        if any(entry.flag_bits & 1 for entry in entries):
            raise SheetError(
                "sheet-locked",
                "这个工作簿加了密码，请去掉密码再上传",
                "The workbook has a password; remove it",
            )
        if sum(entry.file_size for entry in entries) > LARGEST_SAID:
            raise too_large()

    def _check_kind(self) -> None:
        kinds: dict[str, str] = {}

        def seen(name: str, said: Attributes) -> None:
            if name == "Override":
                kinds[said.get("PartName", "").strip("/")] = said.get("ContentType", "")

        if TYPES not in self._zip.namelist():
            raise _other_kind()
        walk(self.part(TYPES), seen)
        if any("macro" in kind.casefold() or "vba" in kind.casefold() for kind in kinds.values()):
            raise SheetError(
                "sheet-macros",
                "带宏的工作簿不收，请另存为普通的 .xlsx 或 CSV",
                "Workbooks with macros are not taken; save it as a plain .xlsx or CSV",
            )
        if kinds.get(BOOK) != _MAIN:
            raise _other_kind()

    def part(self, name: str) -> bytes:
        """The octets of one part; empty where there is none."""
        if name in self.parts:
            return self.parts[name]
        try:
            with self._zip.open(name) as stream:
                octets = stream.read(LARGEST_PART + 1)
        except KeyError:
            return b""
        except _DAMAGE as bad:
            raise broken() from bad
        self._taken += len(octets)
        if len(octets) > LARGEST_PART or self._taken > LARGEST_WHOLE:
            raise too_large()
        _check_xml(octets)
        self.parts[name] = octets
        return octets

    def sheets(self) -> list[tuple[str, str, bool]]:
        """Name, part and whether it is shown, of each worksheet in the order of the workbook."""
        targets: dict[str, str] = {}
        found: list[tuple[str, str, bool]] = []

        def link(name: str, said: Attributes) -> None:
            if name == "Relationship" and said.get("Type", "").endswith("/worksheet"):
                joined = posixpath.join("/xl", said.get("Target", ""))
                targets[said.get("Id", "")] = posixpath.normpath(joined).strip("/")

        def sheet(name: str, said: Attributes) -> None:
            if name == "sheet" and said.get("id") in targets:
                shown = said.get("state", "visible") == "visible"
                found.append((said.get("name", ""), targets[said["id"]], shown))

        walk(self.part(LINKS), link)
        walk(self.part(BOOK), sheet)
        return found

    def only(self, sheet: str) -> io.BytesIO:
        """A new file with the parts that the sheet in the part `sheet` needs, and no other."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as target:
            for name in (TYPES, ROOT, BOOK, LINKS, TEXTS, STYLES, sheet):
                if octets := self.part(name):
                    target.writestr(zipfile.ZipInfo(name), octets)
        made.seek(0)
        return made


def walk(octets: bytes, begin: Seen, end: Callable[[str], None] | None = None) -> None:
    """Tell of each element its local name and attributes; SheetError where it is no whole XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def started(name: str, said: dict[str, str]) -> None:
        begin(_local(name), {_local(key): value for key, value in said.items()})

    def refuse(*_: object) -> None:
        raise broken()

    parser.StartElementHandler = started
    parser.StartDoctypeDeclHandler = refuse
    if end is not None:
        parser.EndElementHandler = lambda name: end(_local(name))
    if not octets:
        raise broken()
    try:
        parser.Parse(octets, True)
    except expat.ExpatError as bad:
        raise broken() from bad


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _check_directory(octets: bytes) -> None:
    """The end of the central directory (APPNOTE 4.3.16) says how much there is to be looked at."""
    at = octets.rfind(b"PK\x05\x06", max(0, len(octets) - 65557))
    end = octets[at : at + 22] if at >= 0 else b""
    if len(end) < 22 or octets[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise broken()
    entries, size = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    if entries > MOST_ENTRIES or size > MOST_ENTRIES * 300:
        raise too_large()


def _check_xml(octets: bytes) -> None:
    """UTF-8 without a document type: entities could grow without end or reach for other files."""
    said = _ENCODING.match(octets[:200])
    if b"\0" in octets or (said and said[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")):
        raise broken()
    if b"<!DOCTYPE" in octets or b"<!ENTITY" in octets:
        raise SheetError(
            "sheet-entities",
            "这个工作簿里有不该有的定义（DTD），不收",
            "The workbook defines a document type (DTD), which none needs; it is not taken",
        )


def broken() -> SheetError:
    """The refusal of a file that is cut off, damaged, or not what it says of itself."""
    return SheetError(
        "sheet-broken",
        "这个工作簿不完整或已损坏，请重新导出，或另存为 CSV",
        "The workbook is cut off or damaged; export it again, or save it as CSV",
    )


def too_large() -> SheetError:
    """The refusal of a file that unfolds into more than is read."""
    return SheetError(
        "sheet-too-large",
        "这个工作簿展开后太大，请删去不用的表和行，或另存为 CSV",
        "The workbook unfolds into too much; remove what is not needed, or save it as CSV",
    )


def _other_kind() -> SheetError:
    return SheetError(
        "sheet-kind",
        "这个文件不是 .xlsx 工作簿，请另存为 .xlsx 或 CSV 再上传",
        "This is no .xlsx workbook; save it as .xlsx or CSV",
    )

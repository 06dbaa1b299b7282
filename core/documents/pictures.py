"""Uploaded files: what they are is read from their content; pictures are made anew without EXIF.

Memory is bounded before anything is decoded: the header says how large a picture will be, one
picture is worked on at a time in each process, and what would take more than BUDGET bytes is
refused. That meets no photo of a phone or camera up to 25 megapixels; it meets larger progressive
JPEGs, CMYK and turned RGBA pictures from 22.5 megapixels on.
"""

import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from PIL import Image

from core.documents.jpeg import Effort, decoding_effort
from core.errors import Invalid, Refusal, TooLarge, fault
from core.words import Words

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_PIXELS = 25_000_000
BUDGET = 180_000_000
JPEG_QUALITY = 88
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png"}
_BEGINNINGS = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
_CHUNK = 256 * 1024
# A progressive JPEG goes over the whole picture once for each scan; cameras make about ten.
_MOST_SCANS = 32
_MARKUP = (b"<html", b"<!doctype", b"<script", b"<svg", b"<?php", b"<iframe")
_ONE_AT_A_TIME = threading.BoundedSemaphore(1)
_ORIENTATION = 0x0112
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
Image.MAX_IMAGE_PIXELS = LARGEST_PIXELS


@dataclass(frozen=True)
class Cleaned:
    """A file as it will be kept, lying at `path` under a passing name."""

    path: Path
    media_type: str
    size: int
    sha256: str


@contextmanager
def cleaned(source: IO[bytes], folder: Path, pointer: str = "/file") -> Iterator[Cleaned]:
    """The cleaned copy of `source` in `folder`; gone at the end unless it was moved.

    `source` is left at its beginning. Raises TooLarge or Invalid at `pointer`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    path = Path(name)
    try:
        with os.fdopen(handle, "w+b") as target:
            media_type = _clean(source, target, pointer)
            source.seek(0)
            target.flush()
            os.fsync(target.fileno())
            size = target.seek(0, os.SEEK_END)
            target.seek(0)
            digest = hashlib.file_digest(target, "sha256").hexdigest()
        yield Cleaned(path, media_type, size, digest)
    finally:
        path.unlink(missing_ok=True)


def _clean(source: IO[bytes], target: IO[bytes], pointer: str) -> str:
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    if size > LARGEST_FILE:
        raise TooLarge(
            "file-too-large",
            Words("文件最大 10 MB，请压缩后再传。", "A file has at most 10 MB."),
            [fault(pointer, "文件最大 10 MB", "At most 10 MB")],
        )
    media_type = _media_type(source)
    if media_type is None:
        raise _refused(
            "file-kind",
            pointer,
            "只收 PDF、JPEG、PNG，这个文件的内容都不是",
            "Only PDF, JPEG and PNG are taken; this is none of them",
        )
    if media_type == PDF:
        _copy_pdf(source, target, pointer)
    else:
        with _ONE_AT_A_TIME:
            _make_anew(source, target, media_type, pointer)
    return media_type


def _media_type(source: IO[bytes]) -> str | None:
    beginning = source.read(16)
    source.seek(0)
    return next((kind for mark, kind in _BEGINNINGS if beginning.startswith(mark)), None)


def _refused(code: str, pointer: str, zh: str, en: str) -> Invalid:
    found = fault(pointer, zh, en)
    return Invalid(code, found.message, [found])


def _copy_pdf(source: IO[bytes], target: IO[bytes], pointer: str) -> None:
    """Byte for byte; the end must be there (ISO 32000-1, 7.5.5: %%EOF) and no markup at the top."""
    first = last = b""
    for chunk in iter(lambda: source.read(_CHUNK), b""):
        first = first or chunk[:1024]
        last = (last + chunk)[-1024:]
        target.write(chunk)
    if b"%%EOF" not in last:
        raise _refused(
            "file-not-whole", pointer, "这个 PDF 不完整，请重新导出", "This PDF is cut off"
        )
    if any(mark in first.lower() for mark in _MARKUP):
        raise _refused(
            "file-kind",
            pointer,
            "这个文件开头像网页，不是普通的 PDF",
            "The file begins like a web page, not like a PDF",
        )


def _make_anew(source: IO[bytes], target: IO[bytes], media_type: str, pointer: str) -> None:
    effort = Effort(0, 0)
    if media_type == JPEG:
        effort = decoding_effort(source.read())
        source.seek(0)
    try:
        _check_whole(source, media_type)
        with Image.open(source, formats=("JPEG", "PNG")) as picture:
            _check_effort(picture, effort, pointer)
            picture.load()
            _save_upright(picture, media_type, target, pointer)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as flood:
        raise _too_many_pixels(pointer) from flood
    except Refusal:
        raise
    except Exception as broken:  # damaged files make Pillow raise nearly everything there is
        if isinstance(broken, MemoryError) or getattr(broken, "errno", None) is not None:
            raise  # our disk or memory, not the picture
        raise _refused(
            "file-not-whole",
            pointer,
            "这张图片不完整或已损坏，请重新拍或重新导出",
            "This picture is cut off or damaged",
        ) from broken


def _check_whole(source: IO[bytes], media_type: str) -> None:
    if media_type == PNG:
        with Image.open(source, formats=("PNG",)) as picture:
            if picture.width * picture.height <= LARGEST_PIXELS:
                picture.verify()
    source.seek(0)


def _too_many_pixels(pointer: str) -> TooLarge:
    return TooLarge(
        "too-many-pixels",
        Words("图片最大 2500 万像素，请缩小后再传。", "A picture has at most 25 megapixels."),
        [fault(pointer, "最大 2500 万像素", "At most 25 megapixels")],
    )


def _check_effort(picture: Image.Image, effort: Effort, pointer: str) -> None:
    pixels = picture.width * picture.height
    if pixels > LARGEST_PIXELS:
        raise _too_many_pixels(pointer)
    if pixels * _octets(picture) + effort.kept > BUDGET or effort.scans > _MOST_SCANS:
        raise _too_heavy(pointer)


def _too_heavy(pointer: str) -> TooLarge:
    return TooLarge(
        "picture-too-heavy",
        Words(
            "处理这张图片太费内存，请另存为普通 JPEG 或缩小后再传。",
            "This picture takes too much memory; save it as a plain JPEG, or smaller.",
        ),
        [fault(pointer, "请另存为普通 JPEG 或缩小", "Save it as a plain JPEG, or smaller")],
    )


def _octets(picture: Image.Image) -> int:
    """Bytes for a pixel in memory: Pillow takes four wherever there are several bands."""
    return {"1": 1, "L": 1, "P": 1, "I;16": 2}.get(picture.mode, 4)


def _save_upright(picture: Image.Image, media_type: str, target: IO[bytes], pointer: str) -> None:
    """Save `picture` as its orientation (Exif 2.32, tag 0112) says, without any metadata.

    Works band by band where it must turn, and lets go of what it has used: never two pictures.
    """
    turn = _TURNS.get(_orientation(picture))
    foreign = picture.mode not in _KEPT[media_type]
    beside = 4 if foreign else len(picture.getbands()) if turn else 0
    if picture.width * picture.height * (_octets(picture) + beside) > BUDGET:
        raise _too_heavy(pointer)
    made: Image.Image = picture
    if foreign:
        made = picture.convert("RGB")
        _let_go(picture)
    if turn is not None:
        made = _turned(made, turn)
    kept = {"transparency"} if media_type == PNG else set()
    made.info = {name: value for name, value in made.info.items() if name in kept}
    if media_type == JPEG:
        made.save(target, "JPEG", quality=JPEG_QUALITY)
    else:
        made.save(target, "PNG")


def _orientation(picture: Image.Image) -> object:
    """The Exif tag, or nothing: a damaged Exif does not make a picture worthless."""
    try:
        return picture.getexif().get(_ORIENTATION)
    except Exception:  # as above
        return None


_KEPT = {
    JPEG: frozenset({"L", "RGB"}),
    PNG: frozenset({"1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA"}),
}


def _turned(picture: Image.Image, turn: Image.Transpose) -> Image.Image:
    if len(picture.getbands()) == 1:
        return picture.transpose(turn)
    mode, bands = picture.mode, list(picture.split())
    _let_go(picture)
    for place, band in enumerate(bands):
        bands[place] = band.transpose(turn)
        band.close()
    return Image.merge(mode, bands)


def _let_go(picture: Image.Image) -> None:
    """Free the pixels, but leave open the file that they came from: it is not ours."""
    Image.Image.close(picture)

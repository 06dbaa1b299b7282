"""Documents and photos: what is taken, what is stripped, what is served, and to whom."""

import hashlib
import io
import random
import stat
import struct
import subprocess
import sys
import time
import uuid
import zlib
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.act import Act
from core.database.engine import db
from core.documents.jpeg import decoding_effort
from core.documents.models import Document
from core.documents.pictures import cleaned
from core.documents.service import read_document, shown_name
from core.errors import NotFound, TooLarge
from core.record.models import Evidence
from tests.api.looking import rows
from tests.people import Person

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (250, 250, 250)
ROOT = Path(__file__).resolve().parents[2]


def four_corners(mode: str = "RGB", corner: int = 16) -> Image.Image:
    """Red and green above blue and white, wider than high."""
    picture = Image.new("RGB", (corner * 3, corner * 2), WHITE)
    picture.paste(RED, (0, 0, corner, corner))
    picture.paste(GREEN, (corner * 2, 0, corner * 3, corner))
    picture.paste(BLUE, (0, corner, corner, corner * 2))
    return picture.convert(mode)


def octets(picture: Image.Image, kind: str, **more: Any) -> bytes:
    made = io.BytesIO()
    picture.save(made, kind, **more)
    return made.getvalue()


def oriented(picture: Image.Image, kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "secret maker"
    exif[0x8825] = {1: "N", 2: (28.0, 11.0, 0.0)}
    return octets(picture, kind, exif=exif)


def form(*files: tuple[str, bytes, str]) -> dict[str, Any]:
    """A form of files (field, content, name), whole in memory."""
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
        + content
        for field, content, name in files
    ]
    body = b"\r\n".join([*parts, b"--cut--\r\n"])
    return {"data": body, "content_type": "multipart/form-data; boundary=cut"}


def send(person: Person, content: bytes, name: str = "photo.jpg", **more: Any) -> TestResponse:
    return person.post("/documents", **form(("file", content, name)), **more)


def served(person: Person, answer: TestResponse) -> TestResponse:
    assert answer.status_code == 201, answer.get_data(as_text=True)
    where = answer.headers["Location"].removeprefix("/api/v1")
    return person.get(f"{where}/content", buffered=True)


def files(app: Flask) -> list[Path]:
    return [path for path in app.config["SETTINGS"].documents.rglob("*") if path.is_file()]


def flood(width: int, height: int, *, real: bool = False) -> bytes:
    """A PNG whose header says `width` × `height`; with `real` all its rows are there, as zeros."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    row = bytes(1 + 3 * width) if real else b""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height if real else 0)) + packer.flush()
    body = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# ---- what is taken


def test_a_pdf_is_kept_byte_for_byte_and_served_to_be_saved(
    app: Flask, cooperative: Person
) -> None:
    answer = send(cooperative, PDF, "检验报告.pdf")
    back = served(cooperative, answer)
    assert back.data == PDF
    assert back.mimetype == "application/pdf"
    assert back.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E6%A3%80%E9%AA%8C" in back.headers["Content-Disposition"]
    body = answer.get_json()
    assert body["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (body["name"], body["size"]) == ("检验报告.pdf", len(PDF))


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_picture_is_served_to_be_looked_at_and_cannot_act(
    cooperative: Person, kind: str, media_type: str
) -> None:
    back = served(cooperative, send(cooperative, octets(four_corners(), kind)))
    assert back.mimetype == media_type
    assert back.headers["Content-Disposition"].startswith("inline;")
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert back.headers["Content-Security-Policy"].startswith("sandbox")
    assert "no-store" in back.headers["Cache-Control"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_without_its_exif(
    cooperative: Person, kind: str, orientation: int
) -> None:
    upright = four_corners()
    undo = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    as_taken = upright if undo is None else upright.transpose(undo)
    back = served(cooperative, send(cooperative, oriented(as_taken, kind, orientation)))
    picture = Image.open(io.BytesIO(back.data))
    assert picture.size == upright.size
    for place in ((4, 4), (44, 4), (4, 28), (44, 28)):
        got, wanted = picture.getpixel(place), upright.getpixel(place)
        assert all(abs(a - b) < 40 for a, b in zip(got, wanted, strict=True)), place  # type: ignore[arg-type]
    assert not picture.getexif()
    assert b"secret maker" not in back.data


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_keeps_its_picture(cooperative: Person, mode: str) -> None:
    before = four_corners("I").convert("I;16") if mode == "I;16" else four_corners(mode)
    back = served(cooperative, send(cooperative, oriented(before, "PNG", 3), "a.png"))
    after = Image.open(io.BytesIO(back.data))
    turned = before.transpose(Image.Transpose.ROTATE_180)
    assert after.convert("RGBA").tobytes() == turned.convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_every_kind_of_jpeg_is_read(cooperative: Person, mode: str, progressive: bool) -> None:
    sent = octets(four_corners(mode), "JPEG", quality=95, progressive=progressive)
    back = served(cooperative, send(cooperative, sent))
    assert Image.open(io.BytesIO(back.data)).mode == ("L" if mode == "L" else "RGB")


def test_nothing_but_the_picture_survives(cooperative: Person) -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "secret author")
    told.add_itxt("XML:com.adobe.xmp", "<x>secret xmp</x>")
    png = octets(four_corners(), "PNG", pnginfo=told, icc_profile=b"secret icc", dpi=(72, 72))
    jpeg = octets(
        four_corners(), "JPEG", comment=b"secret comment", icc_profile=b"secret icc" * 9,
        xmp=b"<x>secret xmp</x>",
    )  # fmt: skip
    for sent in (png + b"PK\x03\x04secret zip", jpeg + b"<script>secret</script>"):
        assert b"secret" in sent
        back = served(cooperative, send(cooperative, sent)).data
        assert b"secret" not in back and b"script" not in back


# ---- what is refused


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html>" + PDF,
        b" " + PDF,
        b"%PDF-1.4\n<html><script>alert(1)</script>\n%%EOF",
        b"%PDF-1.4\n" + b"x" * 5000,
        b"%PDF-1.4\n%%EOF\n" + b"x" * 5000,
        b"GIF89a" + bytes(50),
        b"PK\x03\x04" + bytes(50),
        b"MZ" + bytes(50),
        b"BM" + bytes(50),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0" + bytes(200),
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        octets(four_corners(), "JPEG")[:-300],
        octets(four_corners(), "PNG")[:-40],
        b"x",
    ],
    ids=lambda content: content[:6].hex() + f"-{len(content)}",
)
def test_what_is_not_whole_or_not_what_it_says_is_refused_and_leaves_nothing(
    app: Flask, cooperative: Person, content: bytes
) -> None:
    answer = send(cooperative, content, "report.pdf")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/file"
    assert answer.get_json()["detail_zh"] and answer.get_json()["detail_en"]
    assert files(app) == [] and rows(app, select(Document)) == []


@pytest.mark.parametrize(("width", "height"), [(5001, 5000), (8000, 5000), (65535, 65535)])
def test_a_flood_of_pixels_is_refused_by_its_header_alone(
    app: Flask, cooperative: Person, width: int, height: int
) -> None:
    started = time.perf_counter()
    answer = send(cooperative, flood(width, height, real=width == 8000), "flood.png")
    assert (answer.status_code, files(app)) == (413, [])
    assert answer.get_json()["code"] == "too-many-pixels"
    assert time.perf_counter() - started < 10, "nothing was decoded"


def test_a_header_that_promises_more_than_is_there_is_refused(cooperative: Person) -> None:
    assert send(cooperative, flood(5000, 5000), "flood.png").status_code == 422


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(cooperative: Person) -> None:
    limit = 10 * 1024 * 1024
    whole = b"%PDF-1.4\n" + bytes(limit - 15) + b"%%EOF\n"
    assert len(whole) == limit
    assert send(cooperative, whole, "a.pdf").status_code == 201
    answer = send(cooperative, b"%PDF-1.4\n\n" + whole[9:], "a.pdf")
    assert (answer.status_code, answer.get_json()["code"]) == (413, "file-too-large")


def test_a_jpeg_that_is_gone_over_again_and_again_is_refused(cooperative: Person) -> None:
    whole = octets(four_corners(), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    many = whole[:last] + whole[last:-2] * 40 + whole[-2:]
    assert send(cooperative, many).status_code == 413


def test_the_effort_of_a_jpeg_is_read_from_its_header() -> None:
    plain = decoding_effort(octets(four_corners(), "JPEG"))
    assert (plain.scans, plain.kept) == (1, 0)
    several = decoding_effort(octets(four_corners(), "JPEG", progressive=True, subsampling=0))
    assert several.scans > 5
    assert several.kept >= 2 * 3 * 48 * 32
    padded = octets(four_corners(), "JPEG", progressive=True)
    padded = padded[:2] + b"junk\xff\xff\xff\xff" + padded[3:]
    assert decoding_effort(padded).scans > 5, "padding hides nothing"
    for length in range(len(padded)):
        decoding_effort(padded[:length])


def test_damaged_pictures_never_bring_the_service_down(cooperative: Person) -> None:
    chance = random.Random(20261108)
    wholes = [
        octets(four_corners(), "JPEG"), octets(four_corners(), "JPEG", progressive=True),
        octets(four_corners("P"), "PNG"), oriented(four_corners("RGBA"), "PNG", 6),
        oriented(four_corners(), "JPEG", 6), PDF,
    ]  # fmt: skip
    for round_ in range(120):
        damaged = bytearray(wholes[round_ % len(wholes)])
        for _ in range(chance.choice((1, 2, 8))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        answer = send(cooperative, bytes(damaged))
        assert answer.status_code in (201, 413, 422), damaged.hex()


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        (form(), "/file"),
        ({"data": {"file": "text, not a file"}}, "/file"),
        (form(("file", b"", "")), "/file"),
        (form(("file", PDF, "a.pdf"), ("file", PDF, "b.pdf")), "/file"),
        (form(("file", PDF, "a.pdf"), ("more", PDF, "b.pdf")), "/more"),
    ],
)
def test_a_form_without_exactly_one_file_is_refused(
    app: Flask, cooperative: Person, sent: dict[str, Any], pointer: str
) -> None:
    answer = cooperative.post("/documents", **{"content_type": "multipart/form-data", **sent})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert files(app) == []


def test_json_is_the_wrong_kind_of_body_for_a_document(app: Flask, cooperative: Person) -> None:
    answer = cooperative.post("/documents", json={})
    assert (answer.status_code, answer.get_json()["code"]) == (415, "wrong-media-type")
    assert files(app) == []


# ---- where it lies and what it is called


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\报告.PDF", "报告.pdf"),
        ("evil.html", "evil.pdf"),
        ("photo\u202egpj.exe", "photogpj.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie: x=1.pdf"),
        ("nul\x00byte.pdf", "nulbyte.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("...", "document.pdf"),
        ("\u200b.pdf", "pdf.pdf"),
        ("鲌𬭩𠮷.jpeg", "鲌𬭩𠮷.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
        ("<script>alert(1)</script>.pdf", "script>.pdf"),
    ],
)
def test_the_name_of_a_file_is_shown_without_its_tricks(typed: str, shown: str) -> None:
    assert shown_name(typed, "application/pdf") == shown


@pytest.mark.parametrize("name", ["../../../tmp/evil.pdf", "/etc/passwd", "a/../b.pdf", "绿茶.pdf"])
def test_files_lie_under_our_own_names_for_us_alone(
    app: Flask, cooperative: Person, name: str
) -> None:
    made = send(cooperative, PDF, name).get_json()
    root = app.config["SETTINGS"].documents
    place = uuid.UUID(made["id"])
    assert files(app) == [root / place.hex[:2] / f"{place}.pdf"]
    assert stat.S_IMODE(files(app)[0].stat().st_mode) == 0o600
    back = cooperative.get(f"/documents/{place}/content", buffered=True)
    assert back.headers["Content-Disposition"].isascii()
    assert back.headers["Content-Disposition"].startswith("attachment;")


def test_the_record_knows_the_bytes_but_not_the_name(app: Flask, cooperative: Person) -> None:
    made = send(cooperative, PDF, "王五身份证.pdf").get_json()
    told = rows(app, select(Evidence.body).where(Evidence.subject == made["id"]))
    assert len(told) == 1
    assert made["sha256"] in told[0] and "王五" not in told[0]


def test_a_write_that_is_undone_leaves_no_file(
    app: Flask, cooperative: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("core.act.write_facts", broken)
    assert send(cooperative, PDF).status_code == 500
    assert files(app) == [] and rows(app, select(Document)) == []


def test_sending_the_same_file_again_with_its_key_stores_it_once(
    app: Flask, cooperative: Person
) -> None:
    photo = octets(four_corners(), "JPEG")
    first, again = (send(cooperative, photo, key="12345678") for _ in range(2))
    assert first.get_json() == again.get_json()
    other = send(cooperative, octets(four_corners("L"), "JPEG"), key="12345678")
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency-key-reused")
    assert len(files(app)) == len(rows(app, select(Document))) == 1


# ---- who may see it


def test_a_document_is_its_partys_and_the_authoritys(
    authority: Person, cooperative: Person, stranger: Person, inspector: Person, consumer: Person
) -> None:
    where = f"/documents/{send(cooperative, PDF).get_json()['id']}"
    for path in (where, f"{where}/content"):
        gone = path.replace(where, f"/documents/{uuid.uuid4()}")
        for one in (cooperative, authority):
            assert one.get(path, buffered=True).status_code == 200
        for other in (stranger, inspector):
            foreign, missing = other.get(path), other.get(gone)
            assert (foreign.status_code, foreign.data) == (404, missing.data)
        assert consumer.get(path).status_code == 401
    assert send(consumer, PDF).status_code == 401


def test_a_floor_above_may_let_others_through(
    app: Flask, cooperative: Person, inspector: Person
) -> None:
    document_id = uuid.UUID(send(cooperative, PDF).get_json()["id"])
    with app.app_context():
        act = Act(db.session)
        with pytest.raises(NotFound):
            read_document(act, document_id, lambda _act, _document: False)
        assert read_document(act, document_id, lambda _act, _document: True).id == document_id


# ---- memory

_MEASURE = """
import re, sys, threading
from pathlib import Path
from core.documents.pictures import cleaned
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
path, times, sizes, before = Path(sys.argv[1]), int(sys.argv[2]), [], peak()
def work():
    with path.open("rb") as source, cleaned(source, path.parent / "documents") as kept:
        sizes.append(kept.size)
threads = [threading.Thread(target=work) for _ in range(times)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(sizes) == times
print(peak() - before)
"""
counts_memory = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc"
)


def growth(tmp_path: Path, sent: bytes, times: int) -> int:
    """By how many bytes a process grows at most while `times` threads take in `sent`."""
    path = tmp_path / "sent"
    path.write_bytes(sent)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path), str(times)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def largest(mode: str, kind: str, side: int = 5000, orientation: int = 6, **more: Any) -> bytes:
    """25 megapixels to be turned, within 10 MB."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    tile = Image.radial_gradient("L").resize((500, 500)).convert(mode)
    made = Image.new(mode, (side, side))
    for place in range(100):
        made.paste(tile, (place % 10 * 500, place // 10 * 500))
    sent = octets(made, kind, exif=exif, **more)
    assert len(sent) <= 10 * 1024 * 1024
    return sent


@counts_memory
def test_three_large_photos_at_once_stay_within_the_memory_bound(tmp_path: Path) -> None:
    assert growth(tmp_path, largest("RGB", "JPEG", quality=80), 3) < 200_000_000


@counts_memory
@pytest.mark.long
@pytest.mark.parametrize(
    ("mode", "kind", "more"),
    [
        ("RGB", "JPEG", {}),
        ("CMYK", "JPEG", {"side": 4740}),
        ("RGB", "JPEG", {"progressive": True}),
        ("RGB", "PNG", {}),
        ("RGBA", "PNG", {"orientation": 1}),
        ("RGBA", "PNG", {"side": 4740}),
        ("L", "PNG", {}),
    ],
)
def test_eight_large_pictures_at_once_stay_within_the_memory_bound(
    tmp_path: Path, mode: str, kind: str, more: dict[str, Any]
) -> None:
    assert growth(tmp_path, largest(mode, kind, **more), 8) < 200_000_000


@pytest.mark.parametrize(
    ("mode", "kind", "more"),
    [
        ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
        ("CMYK", "JPEG", {}),
        ("RGBA", "PNG", {"compress_level": 1}),
    ],
)
def test_a_picture_that_would_take_too_much_memory_is_refused(
    tmp_path: Path, mode: str, kind: str, more: dict[str, Any]
) -> None:
    sent = io.BytesIO(largest(mode, kind, **more))
    with pytest.raises(TooLarge) as refused, cleaned(sent, tmp_path):
        pass
    assert refused.value.code == "picture-too-heavy"
    assert list(tmp_path.iterdir()) == []

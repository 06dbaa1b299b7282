"""Labels on paper: what is drawn can be read, what was printed is not drawn again."""

import uuid
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from PIL import Image

from labels.codes import grouped
from tests.api.batches_ready import ReadyBatches
from tests.people import People, Person


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    return ReadyBatches(app)


def drawn(person: Person, batch: uuid.UUID, count: int = 10) -> dict[str, Any]:
    """A run of labels of 100 g."""
    body = {"count": count, "net_content": "100", "unit": "g", "sheet_format": "a4-3x8"}
    return person.made(f"/batches/{batch}/label-runs", json=body)


def pdf_of(person: Person, path: str) -> bytes:
    answer = person.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/pdf"
    return answer.data


def links_on(pdf: bytes) -> list[list[str]]:
    """What a phone reads on each page, rendered at 200 dpi."""
    pages = [
        page.render(scale=200 / 72).to_pil().convert("L") for page in pypdfium2.PdfDocument(pdf)
    ]
    return [
        [
            found.text
            for found in zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)
        ]
        for page in pages
    ]


def links_of(person: Person, run: dict[str, Any]) -> list[str]:
    """The links of a run as its list of codes says them."""
    lines = person.get(f"/label-runs/{run['id']}/codes").get_data(as_text=True).splitlines()
    return [line.split("\t")[3] for line in lines]


def test_two_batches_share_a_sheet_and_every_symbol_reads_as_its_link(
    cooperative: Person, ready: ReadyBatches
) -> None:
    runs = [drawn(cooperative, ready.batch(cooperative), 21) for _ in range(2)]
    query = "&".join(f"run={run['id']}" for run in runs)
    pages = links_on(pdf_of(cooperative, f"/label-sheets.pdf?{query}&start=5"))
    assert [len(page) for page in pages] == [20, 22]
    wanted = [link for run in runs for link in links_of(cooperative, run)]
    assert sorted(link for page in pages for link in page) == sorted(wanted)


def test_a_sheet_is_the_same_bytes_until_somebody_says_printed(
    cooperative: Person, ready: ReadyBatches
) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    here = f"/label-runs/{run['id']}"
    assert pdf_of(cooperative, f"{here}/sheet.pdf") == pdf_of(cooperative, f"{here}/sheet.pdf")
    said = {"state": "printed", "first": run["first"], "last": run["first"] + 7}
    cooperative.made(f"{here}/states", json=said)
    (page,) = links_on(pdf_of(cooperative, f"{here}/sheet.pdf"))
    assert sorted(page) == sorted(links_of(cooperative, run)[8:])
    for gone in ("/sheet.pdf?last=" + str(run["first"] + 7), f"/labels/{run['first']}.png"):
        answer = cooperative.get(here + gone)
        assert answer.status_code == 409 and answer.get_json()["code"] == "nothing-to-print"


def test_one_label_as_a_picture_and_as_outlines(cooperative: Person, ready: ReadyBatches) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    here = f"/label-runs/{run['id']}/labels"
    png = cooperative.get(f"{here}/{run['first'] + 2}.png")
    assert png.mimetype == "image/png"
    (read,) = zxingcpp.read_barcodes(Image.open(BytesIO(png.data)))
    link = links_of(cooperative, run)[2]
    assert read.text == link
    svg = cooperative.get(f"{here}/{run['first'] + 2}.svg")
    assert svg.mimetype == "image/svg+xml"
    assert grouped(link[-17:]) in svg.get_data(as_text=True) and "<script" not in svg.text
    assert "示例" in svg.text and "净含量 100 g" in svg.text
    assert cooperative.get(f"{here}/{run['last'] + 1}.png").status_code == 404


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("start=25", "/start"),
        ("start=0", "/start"),
        ("format=a4-9x99", "/format"),
        ("right=30", "/right"),
        ("down=abc", "/down"),
        ("first=x", "/first"),
    ],
)
def test_a_sheet_that_cannot_be_printed_so_is_refused_by_the_field(
    cooperative: Person, ready: ReadyBatches, query: str, pointer: str
) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    answer = cooperative.get(f"/label-runs/{run['id']}/sheet.pdf?{query}")
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_a_long_run_is_printed_in_parts(cooperative: Person, ready: ReadyBatches) -> None:
    run = drawn(cooperative, ready.batch(cooperative, 400_000_000), 1001)
    here = f"/label-runs/{run['id']}/sheet.pdf"
    answer = cooperative.get(here)
    assert answer.status_code == 422 and answer.get_json()["code"] == "too-many-labels"
    part = f"?first={run['first'] + 990}"
    assert len(pypdfium2.PdfDocument(pdf_of(cooperative, here + part))) == 1


def test_codes_come_a_thousand_lines_at_a_time(cooperative: Person, ready: ReadyBatches) -> None:
    run = drawn(cooperative, ready.batch(cooperative, 400_000_000), 1234)
    first = cooperative.get(f"/label-runs/{run['id']}/codes")
    assert first.mimetype == "text/plain"
    following = first.headers["Link"].partition(">")[0].removeprefix("</api/v1")
    second = cooperative.get(following)
    assert "Link" not in second.headers
    lines = (first.text + second.text).splitlines()
    assert [int(line.split("\t")[0]) for line in lines] == list(
        range(run["first"], run["last"] + 1)
    )
    assert len({line.split("\t")[1] for line in lines}) == 1234
    assert {line.split("\t")[2] for line in lines} == {"drawn"}
    wide = f"?first={run['first']}&last={run['last']}"
    assert cooperative.get(f"/label-runs/{run['id']}/codes{wide}").status_code == 422


def test_the_offset_of_a_printer_is_saved_for_the_party_and_the_sheet(
    cooperative: Person, stranger: Person, ready: ReadyBatches
) -> None:
    def offset(person: Person, key: str = "a4-3x8") -> tuple[str, str]:
        formats = person.get("/sheet-formats").get_json()
        (found,) = [sheet for sheet in formats if sheet["key"] == key]
        return found["right"], found["down"]

    run = drawn(cooperative, ready.batch(cooperative))
    before = pdf_of(cooperative, f"/label-runs/{run['id']}/sheet.pdf")
    saved = cooperative.put("/printer-offsets/a4-3x8", json={"right": "1.5", "down": "-0.7"})
    assert saved.status_code == 200
    assert offset(cooperative) == ("1.5", "-0.7")
    assert offset(stranger) == offset(cooperative, "a4-2x7") == ("0", "0")
    assert pdf_of(cooperative, f"/label-runs/{run['id']}/sheet.pdf") != before
    plain = f"/label-runs/{run['id']}/sheet.pdf?right=0&down=0"
    assert pdf_of(cooperative, plain) == before
    again = cooperative.put("/printer-offsets/a4-3x8", json={"right": "0", "down": "0.2"})
    assert again.status_code == 200 and offset(cooperative) == ("0", "0.2")


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("a4-3x8", {"right": "99", "down": "0"}, 422),
        ("a4-3x8", {"right": "1,5", "down": "0"}, 422),
        ("a4-3x8", {"right": "1"}, 422),
        ("a4-9x99", {"right": "1", "down": "0"}, 404),
    ],
)
def test_an_offset_that_no_sheet_has_room_for_is_not_saved(
    cooperative: Person, key: str, body: dict[str, str], status: int
) -> None:
    assert cooperative.put(f"/printer-offsets/{key}", json=body).status_code == status
    formats = cooperative.get("/sheet-formats").get_json()
    assert {(sheet["right"], sheet["down"]) for sheet in formats} == {("0", "0")}


def test_a_test_page_is_drawn_for_every_sheet(cooperative: Person, people: People) -> None:
    for sheet in cooperative.get("/sheet-formats").get_json():
        pdf = pdf_of(cooperative, f"/sheet-formats/{sheet['key']}/test-page.pdf?right=0.5")
        assert len(pypdfium2.PdfDocument(pdf)) == 1
    assert cooperative.get("/sheet-formats/a4-9x99/test-page.pdf").status_code == 404

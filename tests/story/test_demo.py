"""The demo runs whole, and what it leaves is what it says."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, "-m", "tests.story.demo", "--out"]
INCH = 25.4
A4 = (210, 297)
DEVELOPMENT = {"pytest", "hypothesis", "playwright", "zxingcpp", "pypdfium2", "cv2", "requests"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that the demo left, and what it told."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = subprocess.run(
        [*DEMO, str(out)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return out, done.stdout


@pytest.fixture(scope="module")
def made(told: tuple[Path, str]) -> dict[str, Any]:
    """demo.json."""
    facts: dict[str, Any] = json.loads((told[0] / "demo.json").read_text(encoding="utf-8"))
    return facts


def batch(made: dict[str, Any], what: str) -> dict[str, Any]:
    return next(each for each in made["batches"] if each["what"] == what)


def links(made: dict[str, Any], *names: str) -> set[str]:
    return {made["origin"] + path for what in names for path in batch(made, what)["passports"]}


def read(picture: Image.Image) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(np.asarray(picture.convert("L")))}


def test_every_claim_of_the_story_holds(told: tuple[Path, str]) -> None:
    assert "✗" not in told[1]
    assert told[1].count("✓") > 60


def test_the_label_is_read_by_a_phone_as_the_link_of_its_passport(
    told: tuple[Path, str], made: dict[str, Any]
) -> None:
    picture = Image.open(io.BytesIO((told[0] / "label.png").read_bytes()))
    assert read(picture) == {made["label_url"]}
    assert made["label_url"] == made["origin"] + batch(made, "first")["passports"][0]
    assert "<svg" in (told[0] / "label.svg").read_text(encoding="utf-8")


def test_one_sheet_of_a4_carries_the_labels_of_two_batches_all_readable(
    told: tuple[Path, str], made: dict[str, Any]
) -> None:
    with pypdfium2.PdfDocument(told[0] / "sheet.pdf") as sheet:
        size = sheet[0].get_size()
        pages = [page.render(scale=300 / 72).to_pil() for page in sheet]
    assert tuple(round(side / 72 * INCH) for side in size) == A4
    found = set().union(*(read(page) for page in pages))
    assert len(pages) == 1
    assert len(found) >= 40
    assert found == links(made, "first", "second")


def test_the_passport_page_names_the_batch_and_asks_for_no_script(
    told: tuple[Path, str], made: dict[str, Any]
) -> None:
    page = (told[0] / "passport.html").read_text(encoding="utf-8")
    assert batch(made, "first")["number"] in page
    assert "<script" not in page


def test_lead_above_the_limit_fails_the_batch_and_it_gets_no_labels(made: dict[str, Any]) -> None:
    failed = batch(made, "failed")
    broken = [line for line in failed["lines"] if line["outcome"] == "nonconforming"]
    assert failed["verdict"] == "nonconforming"
    assert [(x["characteristic"], x["typed"], x["edition"]) for x in broken] == [
        ("铅（以Pb计）", "5.6", "GB 2762-2025")
    ]
    assert failed["produced"] >= "2026-09-02"
    assert failed["labels"] == []
    assert failed["refusal"]["status"] == 409


def test_a_missing_reading_leaves_the_batch_undetermined_without_labels(
    made: dict[str, Any],
) -> None:
    waiting = batch(made, "undetermined")
    assert waiting["verdict"] == "undetermined"
    assert "粉末" in waiting["reasons"][0]["zh"]
    assert waiting["labels"] == []
    assert waiting["refusal"]["code"] == "not-released"


def test_released_batches_have_verdict_lines_that_name_their_clauses(made: dict[str, Any]) -> None:
    for what in ("first", "second"):
        lines = batch(made, what)["lines"]
        assert batch(made, what)["verdict"] == "conforming"
        assert {line["source"] for line in lines} >= {"inspection", "type_inspection"}
        assert all(line["edition"] and line["reason_zh"] for line in lines)


def test_the_recall_names_the_exact_serials_and_where_they_are(made: dict[str, Any]) -> None:
    recall = made["recall"]
    (first, middle, out), (after, last, here) = sorted(recall["ranges"])
    assert (out, here, after) == ("out", "here", middle + 1)
    assert last - first + 1 == recall["labels"] == len(recall["codes"])
    assert recall["batches"] == 4
    assert made["scans"]["recalled"] == "recalled"


def test_the_demo_needs_nothing_that_only_the_tests_need() -> None:
    asked = "import sys, tests.story.demo; print(*sorted(n.split('.')[0] for n in sys.modules))"
    command = [sys.executable, "-c", asked]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"qrcode", "desks"} <= set(loaded.split())
    assert DEVELOPMENT.isdisjoint(loaded.split())


def test_a_demo_that_is_stopped_takes_its_server_and_its_files_with_it(tmp_path: Path) -> None:
    surroundings = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*DEMO, str(tmp_path / "out")], cwd=ROOT, env=surroundings, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        assert any("1. " in line for line in demo.stdout), "the server did not come up"
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(timeout=120) == 128 + signal.SIGTERM
    assert list(tmp_path.glob("biaoyuan-demo-*")) == []
    until = time.monotonic() + 20
    while _served_from(tmp_path) and time.monotonic() < until:
        time.sleep(0.1)
    assert _served_from(tmp_path) == []


def _served_from(folder: Path) -> list[int]:
    """Processes whose surroundings still name the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"BIAOYUAN_DATA={folder}".encode() in known:
            found.append(int(process.name))
    return found

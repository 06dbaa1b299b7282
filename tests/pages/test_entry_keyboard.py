"""The entry table in a real browser: keyboard only, judged as typed, pasted into, never lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page

from core.database.engine import db
from desks.commands import migrate
from desks.entry_table import row_key
from tests.api.test_main_job import EVERY_BATCH, published, report, sent_batch
from tests.conftest import from_catalogue, settings_for
from tests.pages.conftest import served_at
from tests.pages.test_every_page import PICTURES
from tests.pages.walking import EVERY_SIZE, faults_of, opened, picture
from tests.people import People, Person
from wsgi import create_app

SENSORY, MOISTURE, DUST, CONTENT = (
    row_key(name) for name in ("感官品质", "水分", "粉末", "净含量")
)
LEAD, GLYPHOSATE, ACEPHATE = (row_key(name) for name in ("铅（以Pb计）", "草甘膦", "乙酰甲胺磷"))
READY = "#entry[data-ready]"
LAST_LEAD = {
    "characteristic": "铅（以Pb计）", "typed": "620", "unit": "μg/kg", "method": "GB 5009.12",
    "detection_limit": "20",
}  # fmt: skip


@dataclass
class Bench:
    """A laboratory with one report on file, and a batch that waits for another."""

    app: Flask
    address: str
    inspector: Person
    cooperative: Person

    def cookie(self) -> str:
        """The inspector's."""
        kept = self.inspector.signed_in().get_cookie("biaoyuan")
        assert kept is not None
        return kept.value

    def entry(self) -> str:
        """The entry page of a batch that has just been sent."""
        batch = sent_batch(self.cooperative, self.inspector)
        return f"{self.address}/lab/batches/{batch['id']}/entry"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A house of its own, so that nothing else changes what the last report said."""
    folder: Path = tmp_path_factory.mktemp("bench")
    url = f"sqlite:///{folder / 'bench.sqlite'}"
    migrate(url)
    app = create_app(settings_for(url, folder))
    from_catalogue(app)
    people = People(app)
    first = sent_batch(people.cooperative, people.inspector)
    published(people.inspector, first, report([*EVERY_BATCH, LAST_LEAD]))
    with served_at(app) as address:
        yield Bench(app, address, people.inspector, people.cooperative)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def context(browser: Browser, bench: Bench) -> Iterator[BrowserContext]:
    """A tablet, with the inspector signed in and a clipboard."""
    made = opened(browser, bench.address, bench.cookie(), "tablet")
    made.grant_permissions(["clipboard-read", "clipboard-write"], origin=bench.address)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, bench: Bench) -> Iterator[Page]:
    """The entry page; whatever goes wrong on it fails the test."""
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on(
        "console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None
    )
    made.goto(bench.entry())
    made.wait_for_selector(READY)
    yield made
    assert wrong == []


def box(page: Page, key: str, part: str = "") -> Locator:
    """A box of a row."""
    return page.locator(f"[id='{key}-{part}']" if part else f"[id='{key}']")


def says(page: Page, key: str) -> str:
    """What stands beside a row."""
    page.wait_for_timeout(250)
    return page.locator(f"[id='{key}-says']").inner_text()


def state(page: Page, key: str) -> str:
    """The state of a row, as its class."""
    return box(page, key).locator("xpath=ancestor::tr").get_attribute("class") or ""


def focused(page: Page) -> str:
    """The id of the box that has the focus."""
    return str(page.evaluate("document.activeElement.id"))


def paste(page: Page, key: str, text: str) -> None:
    """Copy a text and press Ctrl+V in a row's box."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    box(page, key).focus()
    page.keyboard.press("Control+V")
    page.wait_for_timeout(200)


# --- keyboard and verdicts ------------------------------------------------------------------


def test_a_whole_report_is_entered_without_a_mouse(page: Page) -> None:
    keys = page.keyboard
    box(page, "number").focus()
    keys.type("R-KEYS-1")
    for _ in range(40):
        keys.press("Tab")
        if focused(page) == SENSORY:
            break
    assert focused(page) == SENSORY
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.type("5.8")
    keys.press("ArrowDown")
    keys.type("0.4")
    keys.press("Enter")
    assert focused(page) == CONTENT
    keys.press("ArrowDown")
    keys.press("Shift+Enter")
    assert focused(page) == DUST
    for key in (CONTENT, LEAD, GLYPHOSATE):
        keys.press("Enter")
        assert focused(page) == key
    keys.press("ArrowUp")
    keys.type("0.62")
    assert [box(page, key).input_value() for key in (SENSORY, MOISTURE, DUST, CONTENT, LEAD)] == [
        "符合", "5.8", "0.4", "符合", "0.62",
    ]  # fmt: skip
    for _ in range(80):
        keys.press("Enter")
        if not focused(page).startswith("v-"):
            break
    assert page.evaluate("document.activeElement.closest('.foot') !== null")
    keys.press("Tab")
    keys.press("Enter")
    page.wait_for_url("**/lab/worksheets/**")
    assert "R-KEYS-1" in page.inner_text("main")


def test_the_word_stands_beside_the_box_as_soon_as_the_value_does(page: Page) -> None:
    lead = box(page, LEAD)
    for text, word, kind in (
        ("5.0", "合格", "is-pass"),
        ("5.01", "不合格", "is-fail"),
        ("＜０．０１", "合格", "is-pass"),
        ("<6", "待定", "is-wait"),
        ("", "未检", "is-none"),
    ):
        lead.fill(text)
        assert says(page, LEAD).startswith(word), text
        assert kind in state(page, LEAD), text
        assert page.locator(f"[id='{LEAD}-says'] .word svg").count() == 1
    assert lead.get_attribute("aria-invalid") is None
    lead.fill("1,2")
    assert "读不懂" in says(page, LEAD)
    assert lead.get_attribute("aria-invalid") == "true"
    assert page.locator(f"output[id='{LEAD}-says']").count() == 1


def test_a_detection_limit_is_asked_for_as_soon_as_nothing_was_found(page: Page) -> None:
    box(page, LEAD).fill("ND")
    assert says(page, LEAD).startswith("待定")
    box(page, LEAD, "detection_limit").fill("0.01")
    assert says(page, LEAD).startswith("合格")
    assert box(page, LEAD).input_value() == "ND"


def test_the_script_says_what_the_server_says(page: Page) -> None:
    typed = {
        MOISTURE: "7.01", DUST: "<0.1", LEAD: "5.001", GLYPHOSATE: "未检出（<0.05）", ACEPHATE: "0.04",
    }  # fmt: skip
    box(page, SENSORY).select_option("符合")
    box(page, CONTENT).select_option("不符合")
    for key, text in typed.items():
        box(page, key).fill(text)
    page.wait_for_timeout(300)
    every = (SENSORY, CONTENT, *typed)
    there = {key: (says(page, key).split(), state(page, key)) for key in every}
    bar = page.inner_text(".foot .sofar").split()
    page.get_by_role("button", name="看看判定").click()
    page.wait_for_selector(".blocked")
    page.wait_for_selector(READY)
    assert {key: (says(page, key).split(), state(page, key)) for key in every} == there
    assert page.inner_text(".foot .sofar").split() == bar


def test_what_the_server_said_of_the_whole_is_put_away_once_something_changes(page: Page) -> None:
    box(page, MOISTURE).fill("5.8")
    page.get_by_role("button", name="看看判定").click()
    ahead = page.locator("form .blocked")
    ahead.wait_for()
    page.wait_for_selector(READY)
    box(page, MOISTURE).fill("5.9")
    page.wait_for_timeout(250)
    assert ahead.count() == 0


# --- a column from a sheet ------------------------------------------------------------------


def test_a_column_fills_the_boxes_downwards_and_is_taken_back_as_a_whole(page: Page) -> None:
    box(page, DUST).fill("0.3")
    paste(page, SENSORY, "符合\r\n5.8\r\n0.4\r\n符合\r\n0.62\r\n")
    filled = (SENSORY, MOISTURE, DUST, CONTENT, LEAD)
    assert [box(page, key).input_value() for key in filled] == [
        "符合",
        "5.8",
        "0.4",
        "符合",
        "0.62",
    ]
    assert "粘贴了 5 个值" in page.inner_text(".query.is-none")
    assert "粘贴了 5 个值" in (page.text_content("#entry-live") or "")
    assert says(page, LEAD).startswith("合格")
    page.keyboard.press("Control+Z")
    assert [box(page, key).input_value() for key in filled] == ["", "", "0.3", "", ""]
    assert "5 格恢复原样" in page.inner_text(".query.is-none")
    paste(page, MOISTURE, "5.8\n\n符合")
    assert [box(page, key).input_value() for key in filled] == ["", "5.8", "0.3", "符合", ""]
    page.get_by_role("button", name="撤销粘贴").click()
    assert [box(page, key).input_value() for key in filled] == ["", "", "0.3", "", ""]


def test_what_has_no_place_is_told_and_several_columns_change_nothing(page: Page) -> None:
    paste(page, SENSORY, "合格吗\n5.8")
    assert "粘贴了 1 个值" in page.inner_text(".query.is-none")
    assert "合格吗" in page.inner_text(".query.is-none")
    paste(page, DUST, "0.4\t0.5\n符合\t符合")
    assert "2 列" in page.inner_text(".query.is-none")
    assert box(page, DUST).input_value() == ""
    paste(page, DUST, "0.4")
    assert box(page, DUST).input_value() == "0.4"


def test_cells_with_breaks_and_quotes_stay_one_cell(page: Page) -> None:
    read = page.evaluate(
        """async texts => (await import('/static/entry/paste.js')).cells
           ? texts.map((await import('/static/entry/paste.js')).cells) : null""",
        ['1\n"2\n3"\n4\n', "a\tb\n", '"a ""b"""\n\n5', '"half', ""],
    )
    assert read == [
        [["1"], ["2\n3"], ["4"]], [["a", "b"]], [['a "b"'], [""], ["5"]], [['"half']], [],
    ]  # fmt: skip


# --- ten times off --------------------------------------------------------------------------


def test_a_value_ten_times_off_is_asked_about_once_and_never_in_the_way(page: Page) -> None:
    dust = box(page, DUST)
    dust.fill("4")
    dust.press("Enter")
    assert "十倍以上" in page.inner_text(".query.is-wait")
    assert "0.4 %" in page.inner_text(".query.is-wait")
    assert focused(page) == CONTENT
    dust.fill("0.5")
    dust.press("Enter")
    page.wait_for_timeout(250)
    assert page.locator(".query.is-wait").count() == 0
    dust.fill("5")
    dust.press("Enter")
    page.locator(".query.is-wait").get_by_role("button", name="确定").click()
    assert focused(page) == DUST
    dust.fill("6")
    dust.press("Enter")
    page.wait_for_timeout(250)
    assert page.locator(".query.is-wait").count() == 0
    box(page, LEAD).fill("0.06")
    box(page, LEAD).press("Enter")
    assert "620 μg/kg" in page.inner_text(".query.is-wait")
    box(page, GLYPHOSATE).fill("10")
    box(page, GLYPHOSATE).press("Enter")
    assert "是限量" in page.locator(".query.is-wait").last.inner_text()


# --- nothing is lost ------------------------------------------------------------------------


def _leave(page: Page, address: str) -> list[str]:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.goto(address)
    page.remove_listener("dialog", answer)
    return asked


def test_leaving_with_something_typed_is_asked_about_and_with_nothing_is_not(
    page: Page, bench: Bench
) -> None:
    here = page.url
    box(page, MOISTURE).click()
    assert _leave(page, f"{bench.address}/lab/") == []
    page.goto(here)
    box(page, MOISTURE).click()
    page.keyboard.type("5.8")
    assert _leave(page, f"{bench.address}/lab/") == ["beforeunload"]


def test_what_was_typed_is_offered_again_after_a_reload_until_it_is_saved(page: Page) -> None:
    here = page.url
    box(page, MOISTURE).click()
    page.keyboard.type("5.8")
    box(page, LEAD).fill("ND")
    page.wait_for_timeout(250)
    box(page, LEAD, "detection_limit").fill("0.01")
    assert _leave(page, here) == ["beforeunload"]
    assert box(page, MOISTURE).input_value() == ""
    page.get_by_role("button", name="放回来").click()
    assert box(page, MOISTURE).input_value() == "5.8"
    assert box(page, LEAD, "detection_limit").input_value() == "0.01"
    assert says(page, LEAD).startswith("合格")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/lab/worksheets/**")
    page.goto(here)
    page.wait_for_timeout(250)
    assert page.get_by_role("button", name="放回来").count() == 0


def test_a_page_left_open_while_the_record_changed_keeps_what_was_typed(
    page: Page, bench: Bench
) -> None:
    box(page, MOISTURE).fill("5.8")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/lab/worksheets/**")
    sheet = page.url.rpartition("/")[2].partition("?")[0]
    page.goto(f"{bench.address}/lab/worksheets/{sheet}/entry")
    assert box(page, MOISTURE).input_value() == "5.8"
    kept = bench.inspector.get(f"/worksheets/{sheet}")
    changed: dict[str, Any] = {"results": [{"characteristic": "水分", "typed": "6.0", "unit": "%"}]}
    answer = bench.inspector.colleague.put(
        f"/worksheets/{sheet}", json=changed, headers={"If-Match": kept.headers["ETag"]}
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    box(page, DUST).fill("0.4")
    with page.expect_response("**/entry*") as response:
        page.get_by_role("button", name="保存").click()
    assert response.value.status == 412
    page.wait_for_load_state()
    assert box(page, MOISTURE).input_value() == "5.8"
    assert box(page, DUST).input_value() == "0.4"
    _leave(page, page.url)
    page.get_by_role("button", name="放回来").click()
    assert (box(page, MOISTURE).input_value(), box(page, DUST).input_value()) == ("5.8", "0.4")


# --- the last set-up ------------------------------------------------------------------------


def test_the_last_set_up_is_taken_over_and_what_was_typed_stays(page: Page) -> None:
    box(page, LEAD).fill("600")
    page.get_by_role("link", name="沿用上次").click()
    assert box(page, LEAD, "unit").input_value() == "μg/kg"
    assert box(page, LEAD, "detection_limit").input_value() == "20"
    assert box(page, LEAD, "method").input_value() == "GB 5009.12"
    assert box(page, LEAD).input_value() == "600"
    assert says(page, LEAD).startswith("合格")
    assert "3 格" in page.inner_text("#entry-note .query")


def test_the_set_up_and_the_whole_page_work_without_a_script(
    browser: Browser, bench: Bench
) -> None:
    plain = browser.new_context(java_script_enabled=False, locale="zh-CN")
    plain.add_cookies([{"name": "biaoyuan", "value": bench.cookie(), "url": bench.address}])
    page = plain.new_page()
    page.goto(bench.entry())
    page.get_by_role("link", name="沿用上次").click()
    assert box(page, LEAD, "unit").input_value() == "μg/kg"
    assert box(page, LEAD, "method").input_value() == "GB 5009.12"
    box(page, LEAD).fill("620")
    page.get_by_role("button", name="看看判定").click()
    assert page.locator(f"[id='{LEAD}-says']").inner_text().startswith("合格")
    assert page.locator("[data-scripted]:visible").count() == 0
    plain.close()


# --- for everybody --------------------------------------------------------------------------

_SMALL = """() => [...document.querySelectorAll(
    'main :is(button, a.btn, input:not([type=hidden]), select, summary), .foot :is(button, a.btn)')]
  .filter(e => e.checkVisibility() && !e.closest('.pick'))
  .map(e => [e.id || e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([, place]) => place.height < 44 || place.width < 44)
  .map(([name, place]) => `${name} ${place.width}×${place.height}`)"""


@pytest.mark.parametrize("size", EVERY_SIZE)
def test_a_page_full_of_verdicts_questions_and_notices_is_fit_for_all(
    browser: Browser, bench: Bench, size: str
) -> None:
    made = opened(browser, bench.address, bench.cookie(), size)
    made.grant_permissions(["clipboard-read", "clipboard-write"], origin=bench.address)
    page = made.new_page()
    answer = page.goto(bench.entry())
    assert answer is not None
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.wait_for_selector(READY)
    page.get_by_role("link", name="沿用上次").click()
    paste(page, SENSORY, "符合\n58\n<0.1\n不符合\nND\n1,2")
    page.wait_for_timeout(300)
    picture(page, PICTURES, f"entry-{size}")
    assert faults_of(page, page.url, size) == []
    assert page.evaluate(_SMALL) == []
    made.close()

"""Labels at the cooperative's desk: drawing, printing, activating, voiding a run."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from labels.models import LabelRun, LabelState, PrinterOffset, ScanCount
from tests.api.filling import Form, form_on, send
from tests.api.labelled import Labelled
from tests.api.looking import rows
from tests.people import People, Person


@pytest.fixture
def house(app: Flask, people: People) -> Labelled:
    """A released batch of 24 kg with one run of 40 labels of 100 g."""
    return Labelled(app, people)


@pytest.fixture
def browser(house: Labelled, cooperative: Person) -> FlaskClient:
    """The cooperative, signed in."""
    return cooperative.signed_in()


@pytest.fixture
def page(house: Labelled) -> str:
    """The path of the run."""
    return f"/coop/labels/{house.run}"


@pytest.fixture
def states(app: Flask) -> Callable[[], list[tuple[str, int, int]]]:
    """What happened to the labels, in order."""

    def read() -> list[tuple[str, int, int]]:
        found = rows(app, select(LabelState).order_by(LabelState.number))
        return [(row.state, row.first, row.last) for row in found]

    return read


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True).replace("\xa0", " ")


def draw_form(browser: FlaskClient, house: Labelled) -> Form:
    return form_on(browser, f"/coop/batches/{house.batch}", f"{house.batch}/labels")


def test_labels_are_drawn_from_the_batch_and_the_run_follows(
    app: Flask, house: Labelled, browser: FlaskClient
) -> None:
    form = draw_form(browser, house)
    assert form.boxes["run-net_content"] == ["100"] and form.boxes["run-count"] == ["200"]
    answer = send(browser, form, **{"run-count": "12", "run-net_content": "0.5", "run-unit": "斤"})
    assert answer.status_code == 303
    drawn = next(run for run in rows(app, select(LabelRun)) if run.id != house.run)
    assert answer.location == f"/coop/labels/{drawn.id}"
    assert (drawn.count, drawn.net_content) == (12, 250_000)
    assert "12 枚标签" in text_of(browser, answer.location)


@pytest.mark.parametrize(
    ("wrong", "box", "status"),
    [
        ({"run-count": "0"}, "run-count", 422),
        ({"run-count": "many"}, "run-count", 422),
        ({"run-count": "201"}, None, 409),
        ({"run-net_content": "1,5"}, "run-net_content", 422),
        ({"run-unit": "株"}, "run-unit", 422),
        ({"run-sheet_format": "a5"}, "run-sheet_format", 422),
    ],
)
def test_what_cannot_be_drawn_is_said_beside_its_box_and_draws_nothing(
    app: Flask, house: Labelled, browser: FlaskClient, wrong: dict[str, str], box: str | None,
    status: int,
) -> None:  # fmt: skip
    answer = send(browser, draw_form(browser, house), **wrong)
    said = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert box is None or f'href="#{box}"' in said
    assert 'class="problems"' in said
    name, text = next(iter(wrong.items()))
    assert name in ("run-unit", "run-sheet_format") or f'value="{text}"' in said
    assert len(rows(app, select(LabelRun))) == 1


def test_drawing_twice_with_one_key_draws_once(
    app: Flask, house: Labelled, browser: FlaskClient
) -> None:
    form = draw_form(browser, house)
    answers = [send(browser, form, **{"run-count": "3"}) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert len(rows(app, select(LabelRun))) == 2


def test_a_batch_on_hold_offers_no_labels_and_says_why(
    app: Flask, house: Labelled, browser: FlaskClient, page: str
) -> None:
    form = draw_form(browser, house)
    house.decide("hold", "外包装破损，待复核")
    batch = text_of(browser, f"/coop/batches/{house.batch}")
    assert "现在不能打标签" in batch and "外包装破损" in batch and "领标签" not in batch
    assert send(browser, form).status_code == 409
    run = text_of(browser, page)
    assert "这些标签停用了" in run and "下载标签页" not in run and "/T/" not in run
    assert browser.get(f"{page}/sheet.pdf").status_code == 409
    assert browser.get(f"{page}/label.svg").status_code == 409


def test_a_run_is_printed_activated_and_partly_voided(
    house: Labelled, browser: FlaskClient, page: str, states: Callable[[], list[object]]
) -> None:
    first, last = house.first, house.last
    send(browser, form_on(browser, page, "/states/printed"))
    send(browser, form_on(browser, page, "/states/activated"), **{"activated-last": str(last - 4)})
    void = form_on(browser, page, "/states/void")
    spoilt = {"void-first": house.code(38), "void-last": house.code(39), "void-reason": "打坏"}
    assert send(browser, void, **spoilt).status_code == 303
    assert states() == [
        ("printed", first, last), ("activated", first, last - 4), ("void", last - 1, last),
    ]  # fmt: skip
    said = text_of(browser, page)
    assert f"{first}–{last - 4}" in said and "打坏" in said and "已打印，未启用" in said
    assert "下载标签页" not in said


@pytest.mark.parametrize(
    ("sent", "box", "status"),
    [
        ({"void-first": "", "void-last": "", "void-reason": "打坏"}, "void-first", 422),
        ({"void-first": "0", "void-last": "3", "void-reason": ""}, "void-reason", 422),
        ({"void-first": "x", "void-reason": "打坏"}, "void-first", 422),
        ({"void-first": "99999999", "void-last": "99999999", "void-reason": "打坏"}, "void-last", 422),
        ({"void-first": "1" * 17, "void-reason": "打坏"}, "void-first", 422),
        ({"_version": "7", "void-reason": "打坏"}, None, 412),
    ],
)  # fmt: skip
def test_a_range_that_cannot_be_voided_changes_nothing_and_keeps_what_was_typed(
    browser: FlaskClient, page: str, states: Callable[[], list[object]], sent: dict[str, str],
    box: str | None, status: int,
) -> None:  # fmt: skip
    answer = send(browser, form_on(browser, page, "/states/void"), **sent)
    said = answer.get_data(as_text=True)
    assert (answer.status_code, states()) == (status, [])
    assert box is None or f'href="#{box}"' in said
    assert sent["void-reason"] in said


def test_labels_cannot_be_activated_before_they_are_printed(
    browser: FlaskClient, page: str, states: Callable[[], list[object]]
) -> None:
    boxes = form_on(browser, page, "/states/printed").boxes
    sent = {name.replace("printed", "activated"): value for name, value in boxes.items()}
    answer = browser.post(f"{page}/states/activated", data=sent)
    assert (answer.status_code, states()) == (409, [])
    assert "须先是" in answer.get_data(as_text=True)


def test_sheets_start_where_the_paper_is_whole_and_pictures_show_a_label(
    browser: FlaskClient, page: str
) -> None:
    whole = browser.get(f"{page}/sheet.pdf?start=9")
    assert (whole.status_code, whole.mimetype) == (200, "application/pdf")
    assert whole.headers["Cache-Control"] == "private, no-store"
    for path, media in {"label.png": "image/png", "label.svg": "image/svg+xml",
                        "test-page.pdf?format=a4-2x5": "application/pdf"}.items():  # fmt: skip
        answer = browser.get(f"{page}/{path}")
        assert (answer.status_code, answer.mimetype) == (200, media)
    for query, box in {"start=99": "start", "start=x": "start", "first=abc": "first"}.items():
        answer = browser.get(f"{page}/sheet.pdf?{query}")
        assert answer.status_code == 422, query
        assert f'href="#sheet-{box}"' in answer.get_data(as_text=True)


def test_another_paper_has_its_own_places_and_its_own_offset(
    app: Flask, browser: FlaskClient, page: str
) -> None:
    other = f"{page}?format=a4-2x5"
    assert text_of(browser, other).count('type="radio"') == 10
    form = form_on(browser, other, "/offset")
    sent = {"offset-right": "-0.5", "offset-down": "1"}
    assert send(browser, form, **sent).status_code == 303
    [saved] = rows(app, select(PrinterOffset))
    assert (saved.sheet_format, str(saved.right), str(saved.down)) == ("a4-2x5", "-0.5", "1")
    assert 'value="-0.5"' in text_of(browser, other)
    wrong = send(browser, form_on(browser, other, "/offset"), **{"offset-right": "left"})
    assert wrong.status_code == 422 and 'value="left"' in wrong.get_data(as_text=True)


def test_a_code_is_looked_up_in_its_run(house: Labelled, browser: FlaskClient, page: str) -> None:
    code = house.code(7)
    assert f"这枚是序号 {house.first + 7}" in text_of(browser, f"{page}?code={code.lower()}")
    assert "没有这个码" in text_of(browser, f"{page}?code={code[:-1]}")
    found = text_of(browser, f"/coop/labels?q={code}")
    assert page in found
    assert page not in text_of(browser, "/coop/labels?q=NOWHERE")
    house.become("printed")
    assert page in text_of(browser, "/coop/labels?state=printed")
    assert page not in text_of(browser, "/coop/labels?state=drawn")
    assert page in text_of(browser, "/coop/labels?state=nonsense")


def test_today_says_what_is_printed_and_what_was_scanned_too_early(
    app: Flask, house: Labelled, browser: FlaskClient, page: str
) -> None:
    house.become("printed")
    assert browser.get(f"/T/{house.code(3)}").status_code == 200
    assert [row.status for row in rows(app, select(ScanCount))] == ["not_activated"]
    today = text_of(browser, "/coop/")
    assert "有 40 枚标签已打印、还没有启用" in today
    assert "有 1 枚没启用的标签被扫了 1 次" in today
    assert today.count(f'href="{page}"') == 2
    assert "1 批已放行，还能打 200 枚" in today


def test_the_balance_of_the_batch_follows_its_labels(house: Labelled, browser: FlaskClient) -> None:
    house.become("printed", "activated")
    said = text_of(browser, f"/coop/batches/{house.batch}")
    assert "标签已启用 4 kg" in said and "还没有贴标签 20 kg" in said


def test_a_strangers_run_is_not_there(
    house: Labelled, browser: FlaskClient, stranger: Person, page: str,
    states: Callable[[], list[object]],
) -> None:  # fmt: skip
    theirs = stranger.signed_in()
    for path in (page, f"{page}/sheet.pdf", f"{page}/label.png", f"{page}/test-page.pdf"):
        assert theirs.get(path).status_code == 404, path
    boxes = {**form_on(browser, page, "/states/printed").boxes, "_key": str(uuid.uuid4())}
    own_page = theirs.get("/coop/").get_data(as_text=True)
    assert house.code() not in own_page
    token = form_on(theirs, "/account", "/account/tokens").boxes["csrf_token"]
    for action in ("states/printed", "states/void", "offset"):
        answer = theirs.post(f"{page}/{action}", data={**boxes, "csrf_token": token})
        assert answer.status_code == 404, action
    assert states() == []


def test_only_producers_see_runs(house: Labelled, inspector: Person, page: str) -> None:
    assert inspector.signed_in().get(page).status_code == 403
    assert inspector.signed_in().get("/coop/labels").status_code == 403

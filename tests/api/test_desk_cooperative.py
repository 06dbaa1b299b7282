"""The cooperative's desk: each form's happy path, and what is refused keeps what was typed."""

import io
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from core.documents.models import Document
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.test_main_job import (
    EVERY_BATCH,
    MADE,
    TEA,
    TODAY,
    published,
    report,
    sent_batch,
    tea,
    type_inspected,
)
from tests.people import People, Person
from trace.batches.models import Batch, Event, Submission
from trace.inspections.models import Disposition


@pytest.fixture
def browser(cooperative: Person) -> FlaskClient:
    """The cooperative, signed in."""
    return cooperative.signed_in()


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def opened(cooperative: Person, **more: Any) -> str:
    """The path of a fresh batch of tea."""
    return f"/coop/batches/{cooperative.made('/batches', json=tea(**more))['id']}"


def id_of(path: str) -> uuid.UUID:
    return uuid.UUID(path.rpartition("/")[2])


def events_of(app: Flask, path: str) -> list[Event]:
    query = select(Event).where(Event.batch_id == id_of(path))
    return rows(app, query.order_by(Event.recorded_at))


def log_form(browser: FlaskClient, path: str, stage: str) -> Form:
    return form_on(browser, path, "/events", [("stage", stage)])


def photo() -> tuple[io.BytesIO, str]:
    held = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(held, "PNG")
    held.seek(0)
    return held, "茶园.png"


# --- today ----------------------------------------------------------------------------------


def test_a_new_party_is_shown_where_to_begin(browser: FlaskClient) -> None:
    page = text_of(browser, "/coop/")
    assert "还没有批次" in page
    assert "/coop/batches/new/" in page


def test_today_says_what_waits_one_sentence_each_with_one_button(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    fresh = cooperative.made("/batches", json=tea())
    failing = sent_batch(cooperative, inspector)
    lead = {"characteristic": "铅（以Pb计）", "typed": "5.2", "unit": "mg/kg"}
    published(inspector, failing, report([*EVERY_BATCH, lead]))
    conforming = sent_batch(cooperative, inspector)
    published(inspector, conforming, report(EVERY_BATCH))
    page = text_of(browser, "/coop/")
    needs = page[page.index('class="alarms"') : page.index("</ul>", page.index('class="alarms"'))]
    assert needs.index("判定不合格") < needs.index("还没有送检")
    assert f"/coop/batches/{failing['id']}#testing" in needs
    assert f"/coop/batches/{fresh['id']}#testing" in needs
    assert f"/coop/batches/{conforming['id']}#quantity" in needs
    assert needs.count("<li") == needs.count('class="btn"') == 3


def test_a_missing_type_inspection_is_told_only_while_a_batch_is_in_hand(
    browser: FlaskClient, cooperative: Person
) -> None:
    assert "型式检验" not in text_of(browser, "/coop/")
    opened(cooperative)
    assert "长沙绿茶还没有型式检验" in text_of(browser, "/coop/")


def test_strangers_batches_are_nobodys_business(browser: FlaskClient, stranger: Person) -> None:
    theirs = stranger.made("/batches", json=tea())
    assert theirs["number"] not in text_of(browser, "/coop/")
    assert theirs["number"] not in text_of(browser, "/coop/batches")


# --- the list -------------------------------------------------------------------------------


def test_batches_are_found_by_number_product_and_how_they_stand(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    one = cooperative.made("/batches", json=tea(number="EAST-1"))
    other = sent_batch(cooperative, inspector, number="WEST-2")
    lead = {"characteristic": "铅（以Pb计）", "typed": "5.2", "unit": "mg/kg"}
    published(inspector, other, report([lead]))
    for query, found in {
        "q=east": {"EAST-1"},
        "q=%25": set(),
        "state=failing": {"WEST-2"},
        "state=under-way": {"EAST-1"},
        f"product={TEA}": {"EAST-1", "WEST-2"},
        "product=wangcheng-crayfish": set(),
        "state=released": set(),
    }.items():
        page = text_of(browser, f"/coop/batches?{query}")
        assert {n for n in (one["number"], other["number"]) if f">{n}</a>" in page} == found, query


def test_a_long_list_is_leafed_through(
    app: Flask, people: People, browser: FlaskClient, cooperative: Person
) -> None:
    for number in range(53):
        cooperative.made("/batches", json=tea(number=f"B-{number:03d}"))
    first = text_of(browser, "/coop/batches")
    assert ">B-052</a>" in first and ">B-002</a>" not in first
    more = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert ">B-002</a>" in text_of(browser, more.replace("&amp;", "&"))


# --- a new batch ----------------------------------------------------------------------------


def test_the_product_is_chosen_first_and_the_form_speaks_its_words(browser: FlaskClient) -> None:
    chosen = text_of(browser, "/coop/batches/new/")
    assert f"product={TEA}" in chosen and "ningxiang-pig" not in chosen
    form = text_of(browser, f"/coop/batches/new/?product={TEA}")
    assert "烘青" in form and "金井镇" in form and "GB/T 14456.3-2016" in form
    assert "压榨" not in form and "贮运状态" not in form


def new_form(browser: FlaskClient, query: str = f"product={TEA}") -> Form:
    return form_on(browser, f"/coop/batches/new/?{query}", "/coop/batches/new/")


def test_a_batch_is_opened_and_its_page_follows(app: Flask, browser: FlaskClient) -> None:
    answer = send(
        browser, new_form(browser), quantity="240", grade="一级", process="烘青",
        place_code="430121110", production_date=MADE.isoformat(),
    )  # fmt: skip
    assert answer.status_code == 303
    [batch] = rows(app, select(Batch))
    assert answer.location == f"/coop/batches/{batch.id}"
    assert (batch.quantity, batch.grade, batch.declared) == (
        240_000_000, "一级", ["GB/T 14456.3-2016"],
    )  # fmt: skip
    assert batch.number.startswith("CSLC-")
    assert "已开" in text_of(browser, answer.location)


@pytest.mark.parametrize(
    ("wrong", "box"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-3"}, "quantity"),
        ({"quantity": "1,5"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"unit": "株"}, "unit"),
        ({"production_date": "2100-01-01"}, "production_date"),
        ({"production_date": "yesterday"}, "production_date"),
        ({"best_before": "2020-01-01"}, "best_before"),
        ({"number": "批次一"}, "number"),
        ({"number": "A B"}, "number"),
        ({"grade": "九级"}, "grade"),
        ({"place_code": "999999"}, "place_code"),
        ({"place": "金井\u202e村"}, "place"),
    ],
)
def test_a_wrong_box_is_named_and_everything_typed_stays(
    app: Flask, browser: FlaskClient, wrong: dict[str, str], box: str
) -> None:
    right = {"quantity": "240", "place": "示例村三组", "production_date": MADE.isoformat()}
    answer = send(browser, new_form(browser), **(right | wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{box}"' in page
    assert all(f'value="{text}"' in page for name, text in right.items() if name not in wrong)
    assert rows(app, select(Batch)) == []


def test_a_number_that_is_taken_is_refused_with_what_was_typed(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    opened(cooperative, number="EAST-1")
    answer = send(browser, new_form(browser), quantity="12.5", number="EAST-1")
    assert answer.status_code == 409
    assert 'value="12.5"' in answer.get_data(as_text=True)
    assert len(rows(app, select(Batch))) == 1


def test_a_product_without_a_licence_cannot_be_chosen(app: Flask, browser: FlaskClient) -> None:
    form = new_form(browser)
    assert send(browser, form, quantity="3", product="ningxiang-pig").status_code == 422
    assert rows(app, select(Batch)) == []


def test_a_batch_like_another_copies_all_but_days_and_quantity(
    browser: FlaskClient, cooperative: Person, stranger: Person
) -> None:
    like = opened(cooperative, place="示例村", grade="二级")
    form = new_form(browser, f"like={id_of(like)}")
    assert form.boxes["place"] == ["示例村"] and form.boxes["grade"] == ["二级"]
    assert form.boxes["quantity"] == [""] and form.boxes["production_date"] == [TODAY.isoformat()]
    theirs = opened(stranger, place="别人的村")
    assert "别人的村" not in text_of(browser, f"/coop/batches/new/?like={id_of(theirs)}")


# --- the checklist --------------------------------------------------------------------------


def test_a_batch_shows_nine_links_and_what_is_still_between_it_and_its_release(
    browser: FlaskClient, cooperative: Person
) -> None:
    page = text_of(browser, opened(cooperative))
    for stage in ("grading", "production", "processing", "preservation", "storage", "transport",
                  "packaging", "marking", "testing"):  # fmt: skip
        assert f'id="{stage}"' in page
    assert "水分不超过 7.0" in page.replace("\xa0", " ")
    assert "离放行还差 4 件" in page
    assert page.count('<li><a href="#testing">') == 3 and '<li><a href="#quantity">' in page
    assert "现在不能打标签" in page


def test_a_stage_is_logged_with_values_and_photos(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    path = opened(cooperative)
    form = log_form(browser, path, "processing")
    boxes = {
        "processing-happened_on": MADE.isoformat(),
        "processing-note": "杀青\n烘干",
        "processing-typed-0": "６．１",
        "processing-files": [photo(), photo()],
        "processing-files-name": "烘干机",
    }
    answer = send(browser, form, **boxes)
    assert (answer.status_code, answer.location) == (303, f"{path}#processing")
    [event] = events_of(app, path)
    assert (event.stage, event.note, len(event.readings)) == ("processing", "杀青\n烘干", 1)
    assert event.readings[0]["typed"] == "６．１"
    assert [named["name"] for named in event.documents] == ["烘干机", "烘干机 2"]
    page = text_of(browser, path)
    assert "记好了" in page and "６．１" in page and 'class="bar is-pass"' in page
    assert f"/documents/{event.documents[0]['document']}/content" in page


def test_a_wrong_value_is_named_in_its_own_form_and_nothing_is_stored(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    path = opened(cooperative)
    form = log_form(browser, path, "storage")
    boxes = {"storage-typed-1": "1,2", "storage-note": "入冷库", "storage-files": [photo()]}
    answer = send(browser, form, **boxes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#storage-typed-1"' in page and "入冷库" in page and 'value="1,2"' in page
    assert 'href="#processing-typed-1"' not in page
    assert events_of(app, path) == [] and rows(app, select(Document)) == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"storage-happened_on": "2100-01-01"}, 422),
        ({"storage-happened_on": ""}, 422),
        ({"storage-files": (b"<html><script>x</script>", "report.pdf")}, 422),
        ({"storage-files": (b"GIF89a", "photo.gif")}, 422),
        ({"storage-files-name": "x" * 81, "storage-files": (photo()[0].getvalue(), "a.png")}, 422),
        ({"stage": "selling"}, 404),
    ],
)
def test_a_stage_refuses_what_cannot_be(
    app: Flask, browser: FlaskClient, cooperative: Person, sent: dict[str, Any], status: int
) -> None:
    path = opened(cooperative)
    if "storage-files" in sent:
        content, name = sent["storage-files"]
        sent = {**sent, "storage-files": (io.BytesIO(content), name)}
    answer = send(browser, log_form(browser, path, "storage"), **sent)
    assert answer.status_code == status
    assert events_of(app, path) == [] and rows(app, select(Document)) == []


def test_a_value_beyond_its_limit_opens_the_form_that_corrects_it(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    path = opened(cooperative)
    send(browser, log_form(browser, path, "processing"), **{"processing-typed-0": "7.4"})
    page = text_of(browser, path)
    assert "超出待核实的限量" in page and '<li><a href="#processing">' in page
    [event] = events_of(app, path)
    form = form_on(browser, path, f"/events/{event.id}/correction")
    assert form.boxes["processing-typed-0"] == ["7.4"]
    reason = {"processing-typed-0": "6.2", "processing-reason": "复烘后再测"}
    assert send(browser, form, **reason).status_code == 303
    page = text_of(browser, path)
    assert "超出待核实的限量" not in page
    assert "复烘后再测" in page and 'class="was"' in page
    assert len(events_of(app, path)) == 2


def test_a_correction_needs_its_reason_and_keeps_the_files_that_are_ticked(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    path = opened(cooperative)
    send(browser, log_form(browser, path, "storage"), **{"storage-files": [photo(), photo()]})
    [event] = events_of(app, path)
    page = f"{path}/events/{event.id}/correction"
    form = form_on(browser, page, "/correction")
    assert send(browser, form, **{"storage-note": "二号库"}).status_code == 422
    kept = event.documents[0]["document"]
    send(browser, form, **{"storage-reason": "记错了库", "storage-keep": [kept]})
    assert [d["document"] for d in events_of(app, path)[-1].documents] == [kept]
    again = form_on(browser, page, "/correction")
    assert send(browser, again, **{"storage-reason": "又一次"}).status_code == 409


def test_what_the_plan_asks_of_a_stage_stands_open_until_it_is_there(
    app: Flask, browser: FlaskClient, cooperative: Person, authority: Person
) -> None:
    plan = {
        "starts": "2026-01-01", "standard": "GB/T 14456.3-2016", "source": "示例", "type_items": [],
        "every_batch": [{"characteristic": "水分"}], "stage_events": ["transport"],
        "documents": [{"stage": "packaging", "name": "包装照片"}],
    }  # fmt: skip
    authority.made(f"/products/{TEA}/release-plans", json=plan)
    path = opened(cooperative)
    assert "还要补记：运输、包装" in text_of(browser, "/coop/")
    form = log_form(browser, path, "packaging")
    assert form.boxes["packaging-document-name-0"] == ["包装照片"]
    send(browser, form, **{"packaging-document-0": photo()})
    [event] = events_of(app, path)
    assert [named["name"] for named in event.documents] == ["包装照片"]
    page = text_of(browser, path)
    assert "还缺包装环节的文件" not in page and "还缺环节记录：运输" in page
    send(browser, log_form(browser, path, "transport"))
    assert "还缺环节记录" not in text_of(browser, path)


def test_the_same_form_sent_twice_logs_once(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    path = opened(cooperative)
    form = log_form(browser, path, "storage")
    answers = [send(browser, form, **{"storage-note": "入库"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(events_of(app, path)) == 1


# --- laboratory, quantity, release ----------------------------------------------------------


def test_a_batch_is_sent_to_a_laboratory_once(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    path = opened(cooperative)
    form = form_on(browser, path, "/submissions")
    assert send(browser, form, **{"submission-note": "请加急"}).status_code == 303
    [sent] = rows(app, select(Submission))
    assert (sent.laboratory_id, sent.note) == (inspector.party, "请加急")
    page = text_of(browser, path)
    assert "已送检，等结果" in page and "/submissions" not in page
    form.boxes["_key"] = [str(uuid.uuid4())]
    assert send(browser, form).status_code == 409


def test_a_confirmed_quantity_releases_a_conforming_batch_and_opens_its_labels(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    path = f"/coop/batches/{batch['id']}"
    assert "合格，待确认数量" in text_of(browser, path)
    form = form_on(browser, path, "/quantity")
    wrong = send(browser, form, **{"quantity-quantity": "abc"})
    assert wrong.status_code == 422 and 'value="abc"' in wrong.get_data(as_text=True)
    assert send(browser, form, **{"quantity-quantity": "200"}).location == f"{path}#labels"
    assert rows(app, select(Disposition.kind)) == ["release"]
    page = text_of(browser, path)
    assert "已放行" in page and "/labels" in page and 'class="stack"' in page
    form.boxes["_key"] = [str(uuid.uuid4())]
    assert send(browser, form).status_code == 412


def test_reports_that_were_corrected_or_withdrawn_stay_to_be_seen(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    file = (io.BytesIO(b"%PDF-1.4\n%%EOF"), "report.pdf")
    document = inspector.made("/documents", data={"file": file})
    lead = {"characteristic": "铅（以Pb计）", "typed": "5.2", "unit": "mg/kg"}
    first = published(inspector, batch, report([lead], number="R-1", report=document["id"]))
    right = report([{**lead, "typed": "0.52"}], number="R-2", reason="小数点抄错")
    second = published(inspector, None, right, corrects=first["id"])
    path = f"/coop/batches/{batch['id']}"
    page = text_of(browser, path)
    assert "由 R-2 代替：小数点抄错" in page
    with browser.get(f"{path}/reports/{first['id']}/content") as kept:
        assert kept.data == b"%PDF-1.4\n%%EOF"
    assert browser.get(f"{path}/reports/{second['id']}/content").status_code == 404
    inspector.made(f"/inspections/{second['id']}/withdrawal", json={"reason": "样品弄混"})
    page = text_of(browser, path)
    assert "已撤回" in page and "样品弄混" in page and "没有问题的" not in page


def test_the_desk_speaks_english_too(browser: FlaskClient, cooperative: Person) -> None:
    page = text_of(browser, f"{opened(cooperative)}?lang=en")
    assert '<html lang="en">' in page
    assert "Moisture: at most 7.0" in page.replace("\xa0", " ") and "not released" in page


# --- the guard ------------------------------------------------------------------------------


def test_what_belongs_to_a_stranger_is_not_there(
    app: Flask, browser: FlaskClient, cooperative: Person, stranger: Person
) -> None:
    own, theirs = opened(cooperative), opened(stranger)
    their_browser = stranger.signed_in()
    send(their_browser, log_form(their_browser, theirs, "storage"))
    [event] = events_of(app, theirs)
    for path in (theirs, f"{theirs}/events/{event.id}/correction",
                 f"{own}/events/{event.id}/correction"):  # fmt: skip
        assert browser.get(path).status_code == 404
    token = form_on(browser, own, "/quantity").boxes["csrf_token"]
    for action in ("events", "quantity", "submissions", "labels", f"events/{event.id}/correction"):
        boxes = {"csrf_token": token, "_key": str(uuid.uuid4()), "stage": "storage"}
        answer = browser.post(f"{theirs}/{action}", data=boxes)
        assert answer.status_code in (404, 422), action
        assert stranger.token not in answer.get_data(as_text=True)
    assert len(events_of(app, theirs)) == 1


def test_a_form_without_its_csrf_key_is_refused(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    path = opened(cooperative)
    answer = send(browser, log_form(browser, path, "storage"), csrf_token=None)
    assert answer.status_code == 403
    assert events_of(app, path) == []


def test_only_producers_work_at_this_desk(inspector: Person, consumer: Person) -> None:
    assert inspector.signed_in().get("/coop/").status_code == 403
    assert consumer.app.test_client().get("/coop/").status_code in (303, 401)


def test_every_sentence_of_the_desk_is_there_without_a_single_style_or_script(
    browser: FlaskClient, cooperative: Person
) -> None:
    for path in ("/coop/", "/coop/batches", "/coop/labels", opened(cooperative)):
        page = text_of(browser, path)
        assert "<script" not in page and " style=" not in page

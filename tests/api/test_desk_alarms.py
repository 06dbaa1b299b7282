"""Alarms on the desks: told on the first page, listed by kind, acknowledged with a word."""

import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labels.alarm_models import AlarmWord
from tests.api.test_alarms import alarms
from tests.api.test_goods import leaf, made_of
from tests.people import Person


@pytest.fixture
def lossy(cooperative: Person) -> dict[str, Any]:
    """The alarm of a batch of which a quarter was lost in packing."""
    batch = leaf(cooperative)
    made_of(cooperative, "repack", [(batch, "40")], [{"quantity": "30"}])
    [told] = alarms(cooperative)
    return told


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def filled(browser: FlaskClient, page: str, word: str, **changed: str) -> dict[str, str]:
    html = browser.get(page).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return {"csrf_token": found[1], "_key": str(uuid.uuid4()), "word": word, **changed}


def words(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(AlarmWord.word).order_by(AlarmWord.at)))


def test_an_alarm_stands_on_the_first_page_of_both_and_on_no_other(
    cooperative: Person, authority: Person, stranger: Person, lossy: dict[str, Any]
) -> None:
    sentence = lossy["sentence"]["zh"]
    assert sentence in text_of(cooperative.signed_in(), "/coop/")
    assert sentence in text_of(authority.signed_in(), "/gov/")
    assert sentence not in text_of(stranger.signed_in(), "/coop/")
    page = text_of(cooperative.signed_in(), "/coop/alarms")
    assert sentence in page and f'href="/coop/batches/{lossy["subject"]["id"]}"' in page
    assert f'href="/gov/batches/{lossy["subject"]["id"]}"' in text_of(
        authority.signed_in(), "/gov/alarms"
    )


def test_a_word_on_the_page_silences_the_alarm_on_that_desk(
    cooperative: Person, authority: Person, session: Session, lossy: dict[str, Any]
) -> None:
    browser, path = cooperative.signed_in(), f"/coop/alarms/{lossy['key']}"
    form = filled(browser, "/coop/alarms", "过筛去了碎末")
    for _ in range(2):
        answer = browser.post(path, data=form)
        assert (answer.status_code, answer.location) == (303, "/coop/alarms")
    assert words(session) == ["过筛去了碎末"], "sent twice with one key is said once"
    sentence = lossy["sentence"]["zh"]
    assert sentence not in text_of(browser, "/coop/")
    assert "没有提醒：账是平的" in text_of(browser, "/coop/alarms")
    kept = text_of(browser, "/coop/alarms?standing=acknowledged")
    assert sentence in kept and "过筛去了碎末" in kept and "知道了</button>" not in kept
    seen = text_of(authority.signed_in(), "/gov/alarms")
    assert sentence in seen and "过筛去了碎末" in seen


def test_a_word_that_is_missing_or_too_long_is_told_and_kept(
    cooperative: Person, session: Session, lossy: dict[str, Any]
) -> None:
    browser, path = cooperative.signed_in(), f"/coop/alarms/{lossy['key']}"
    for word in ("", "长" * 501):
        answer = browser.post(path, data=filled(browser, "/coop/alarms", word))
        assert answer.status_code == 422
        assert lossy["sentence"]["zh"] in answer.get_data(as_text=True).replace("\u00a0", " ")
        assert not word or word in answer.get_data(as_text=True)
    assert words(session) == []


def test_nobody_else_says_a_word_and_none_is_said_without_a_token(
    cooperative: Person, stranger: Person, inspector: Person, authority: Person,
    session: Session, lossy: dict[str, Any],
) -> None:  # fmt: skip
    path = f"/coop/alarms/{lossy['key']}"
    other = stranger.signed_in()
    token = filled(other, f"/coop/batches/{leaf(stranger)['id']}", "看过")
    assert other.post(path, data=token).status_code == 404
    assert inspector.signed_in().get("/coop/alarms").status_code == 403
    assert authority.signed_in().get("/coop/alarms").status_code == 403
    assert cooperative.signed_in().get("/gov/alarms").status_code == 403
    browser = cooperative.signed_in()
    bare = {"word": "看过", "_key": str(uuid.uuid4())}
    assert browser.post(path, data=bare).status_code == 403
    gone = f"/coop/alarms/loss-{'0' * 32}"
    assert browser.post(gone, data=filled(browser, "/coop/alarms", "看过")).status_code == 404
    assert session.scalar(select(func.count()).select_from(AlarmWord)) == 0


def test_alarms_are_found_by_kind(cooperative: Person, lossy: dict[str, Any]) -> None:
    browser = cooperative.signed_in()
    assert lossy["sentence"]["zh"] in text_of(browser, "/coop/alarms?kind=loss")
    assert lossy["sentence"]["zh"] not in text_of(browser, "/coop/alarms?kind=deficit")
    assert lossy["sentence"]["zh"] not in text_of(browser, "/coop/alarms?kind=nonsense")
    assert browser.get("/coop/alarms?after=nonsense").status_code == 422

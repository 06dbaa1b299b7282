"""The command line: preparing a sample, starting a real house, the first way in."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database.engine import db
from core.identity.models import Account, OneTimeLink, Party
from desks.prepare import in_half_blocks
from desks.sample_parties import sample_credit_code
from labels.models import KeyEpoch, LabelRun
from tests.api.shared_house import house_on_a_copy
from tests.conftest import settings_for
from wsgi import create_app

LINK = re.compile(r"https://gi\.example\.cn(/welcome/\S+)")
CODE = re.compile(r"https://gi\.example\.cn(/T/[0-9A-Z]{17})$", re.MULTILINE)
PASSWORD = "山门前第三株茶树开花了"


def house(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["house", *words])


def prepared(app: Flask) -> str:
    done = house(app, "prepare")
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def ready(
    engine: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, str]]:
    """A house that was prepared once, and what was printed then."""
    with house_on_a_copy(engine, template, tmp_path_factory.mktemp("ready")) as app:
        yield app, prepared(app)


@pytest.fixture
def production(url: str, tmp_path: Path) -> Iterator[Flask]:
    """An empty house in earnest."""
    made = create_app(replace(settings_for(url, tmp_path), mode="production"))
    yield made
    with made.app_context():
        db.engine.dispose()


def test_preparing_prints_the_address_a_link_for_each_desk_and_a_label_to_scan(
    ready: tuple[Flask, str],
) -> None:
    app, said = ready
    assert "https://gi.example.cn/\n" in said
    assert len(set(LINK.findall(said))) == 4
    desks = ("合作社 cooperative", "检验员 inspector", "复核人 verifier", "主管部门 authority")
    for desk in desks:
        assert desk in said
    codes = CODE.findall(said)
    assert len(codes) == 1
    scanned = app.test_client().get(codes[0], headers={"Accept": "application/json"})
    assert scanned.get_json()["status"] == "active"


def test_preparing_again_makes_no_second_sample_and_gives_fresh_links(
    ready: tuple[Flask, str],
) -> None:
    app, first = ready
    second = prepared(app)
    assert "示例数据已建好" in first
    assert "示例数据已建好" not in second
    assert "没有变化" in second
    assert CODE.findall(first) == CODE.findall(second)
    old, new = LINK.findall(first), LINK.findall(second)
    assert set(old).isdisjoint(new)
    browser = app.test_client()
    assert [browser.get(path).status_code for path in (*old, *new)] == [404] * 4 + [200] * 4
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Party)) == 7
        assert db.session.scalar(select(func.count()).select_from(KeyEpoch)) == 1


def test_a_link_of_the_sample_lets_its_person_in(ready: tuple[Flask, str]) -> None:
    app = ready[0]
    path = LINK.findall(prepared(app))[0]
    browser = app.test_client()
    key = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(path).text)
    assert key is not None
    boxes = {"csrf_token": key[1], "password": PASSWORD, "again": PASSWORD}
    assert browser.post(path, data=boxes).status_code == 303
    who = browser.get("/api/v1/session").get_json()
    assert who["party"]["name"] == "示例·春山茶叶专业合作社"
    assert who["roles"] == ["admin", "producer"]


def test_a_house_with_parties_of_its_own_gets_no_sample(app: Flask, session: Session) -> None:
    made = house(app, "first-admin", "--party", "农业农村局", "--credit-code", code())
    assert made.exit_code == 0, made.output
    said = prepared(app)
    assert "没有加示例" in said
    assert LINK.findall(said) == CODE.findall(said) == []
    assert session.scalar(select(func.count()).select_from(Party)) == 1


def test_in_production_no_sample_is_made_and_what_comes_next_is_said(
    production: Flask, session: Session
) -> None:
    said = prepared(production)
    assert "first-admin" in said
    assert "new-epoch" in said
    for table in (Party, LabelRun, OneTimeLink, KeyEpoch):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def code() -> str:
    return sample_credit_code(7)


def test_the_first_admin_comes_in_by_a_link_and_a_second_one_ends_the_first(
    app: Flask, session: Session
) -> None:
    words = ["first-admin", "--party", "农业农村局", "--credit-code", code(), "--login", "office"]
    first, second = house(app, *words), house(app, *words)
    assert (first.exit_code, second.exit_code) == (0, 0)
    browser = app.test_client()
    old, new = LINK.findall(first.output)[0], LINK.findall(second.output)[0]
    assert browser.get(old).status_code == 404
    assert browser.get(new).status_code == 200
    account = session.scalars(select(Account)).one()
    assert account.login == "office"
    assert account.roles == ["admin", "authority"]


@pytest.mark.parametrize("wrong", ["123", "93430121MA00000076"])
def test_a_wrong_credit_code_is_refused_in_two_languages(
    app: Flask, session: Session, wrong: str
) -> None:
    assert wrong != code()
    refused = house(app, "first-admin", "--party", "农业农村局", "--credit-code", wrong)
    assert refused.exit_code == 1
    assert "统一社会信用代码" in refused.output
    assert "credit code" in refused.output
    assert session.scalar(select(func.count()).select_from(Party)) == 0


def test_the_symbol_in_the_terminal_is_read_by_a_phone() -> None:
    url = "http://192.168.1.7:8000/T/1W6BK9VAJDW2HB80F"
    rows = []
    for line in in_half_blocks(url):
        rows.append([char in "▀█" for char in line])
        rows.append([char in "▄█" for char in line])
    picture = np.where(np.kron(np.array(rows), np.ones((8, 8))), 0, 255).astype(np.uint8)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [url]

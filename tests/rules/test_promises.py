"""Which goods take a certificate of promise, on which basis, under which number, how it stands."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.promise_template import template
from labels.promises import (
    BASIS,
    CONTROL,
    ENTRUSTED_TEST,
    SELF_TEST,
    Scope,
    form_for,
    lacking,
    number_of,
    read_number,
    scope_of,
    state_of,
    still_to_promise,
)
from labels.report_address import address_of
from trace.batches.input_rules import harvest_from, supplier_key, too_early

CATALOGUE = Path(__file__).parents[2] / "products" / "catalogue" / "products.yaml"


def said(product: str, category: str, form: str) -> Scope:
    held = template()
    return scope_of(held.scope, held.unlisted, product, category, form)


@pytest.mark.parametrize(
    ("product", "form", "within"),
    [
        ("changsha-green-tea", "鲜叶", "in"),
        ("changsha-green-tea", "毛茶", "out"),
        ("changsha-green-tea", "成品茶", "out"),
        ("weishan-maojian", "鲜叶", "in"),
        ("wangcheng-crayfish", "活体", "in"),
        ("wangcheng-culter", "活体", "in"),
        ("ningxiang-pig", "活体", "in"),
        ("ningxiang-pig", "鲜肉", "out"),
        ("liuyang-black-goat", "活羊（公）", "in"),
        ("liuyang-black-goat", "胴体", "out"),
        ("yuelu-yellow-chives", "鲜品", "in"),
        ("daweishan-pear", "鲜果", "in"),
        ("liuyang-camellia-oil", "成品油", "out"),
        ("liuyang-camellia-oil", "茶籽", "open"),
        ("liuyang-nursery", "苗木", "out"),
        ("african-green-coffee", "生豆", "out"),
        ("ningxiang-gardenia", "鲜果", "open"),
    ],
)
def test_scope_follows_article_3_for_every_product_and_form(
    product: str, form: str, within: str
) -> None:
    listed = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["products"]
    row = next(one for one in listed if one["key"] == product)
    assert form in [one["name"] for one in row["vocabulary"]["forms"]]
    scope = said(product, row["category"], form)
    assert scope.within == within
    assert scope.reason.zh != scope.reason.en


def test_every_product_of_the_catalogue_gets_an_answer_with_a_reason() -> None:
    for row in yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["products"]:
        for form in row["vocabulary"]["forms"]:
            scope = said(row["key"], row["category"], form["name"])
            assert scope.reason.zh
            assert (scope.within == "in") == (scope.item is not None)


def test_an_unknown_category_stays_open_and_never_in() -> None:
    assert said("new", "蜂产品", "原蜜").within == "open"


def test_the_purchasers_form_is_for_goods_of_others() -> None:
    assert form_for(bought=True) == "purchaser"
    assert form_for(bought=False) == "producer"
    assert template().form("purchaser").promises != template().form("producer").promises


def test_the_template_holds_the_words_of_the_measures() -> None:
    held = template()
    assert held.title.zh == "承诺达标合格证"
    assert [one.zh for one in held.form("producer").promises] == [
        "未使用禁用农药、兽药及其他化合物",
        "使用的常规农药、兽药残留不超标",
    ]
    assert [text.zh for _key, text in held.basis] == [
        "质量安全控制符合要求",
        "自行检测合格",
        "委托检测合格",
    ]
    assert held.months == 24
    assert "以主管部门公布的样式为准" in held.official_form.zh


def test_a_basis_of_test_needs_its_own_kind_of_test() -> None:
    assert lacking(CONTROL, [], []) is None
    assert lacking(ENTRUSTED_TEST, [], ["own"]) is not None
    assert lacking(ENTRUSTED_TEST, ["report"], []) is None
    assert lacking(SELF_TEST, ["report"], []) is not None
    assert lacking(SELF_TEST, [], ["own"]) is None
    assert set(BASIS) == {CONTROL, SELF_TEST, ENTRUSTED_TEST}


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 99999), st.uuids())
@settings(max_examples=100)
def test_a_number_is_read_back_however_it_is_typed(day: date, ordinal: int, token: object) -> None:
    number = number_of(day, ordinal, address_of(token))  # type: ignore[arg-type]  # st.uuids() gives UUIDs
    assert read_number(number) == number
    assert read_number(f" {number.lower()} ") == number
    assert read_number(number.replace("0", "O").replace("1", "l")) == number
    assert read_number(number.replace("-", "")) == number


@pytest.mark.parametrize("text", ["", "20261123", "20261123-01", "20261123-01-7KQ3", "x" * 500])
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    assert read_number(text) is None


def test_what_the_promisor_took_back_counts_before_what_became_of_the_goods() -> None:
    every = {"withdrawn": True, "replaced": True, "recalled": True, "held": True}
    order = ["withdrawn", "recalled", "held", "replaced", "stands"]
    for expected in order:
        assert state_of(**every) == expected
        every[expected] = False


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**12), max_size=5), st.integers(0, 10**12))
@settings(max_examples=50)
def test_no_more_is_promised_than_the_batch_holds(
    quantity: int, promised: list[int], there: int
) -> None:
    left = still_to_promise(quantity, promised, there)
    assert 0 <= left <= there
    assert left == 0 or left + sum(promised) <= quantity


# --- inputs ---------------------------------------------------------------------------------


def test_a_suppliers_number_is_one_however_it_is_written() -> None:
    assert supplier_key("ab 12－3") == supplier_key("ＡＢ12-3") == "AB12-3"


def test_the_interval_counts_from_the_last_day_of_use() -> None:
    used, stopped = date(2026, 4, 1), date(2026, 4, 3)
    assert harvest_from(used, None, 7) == date(2026, 4, 8)
    assert harvest_from(used, stopped, 7) == date(2026, 4, 10)
    assert harvest_from(used, stopped, None) is None
    assert too_early(date(2026, 4, 9), used, stopped, 7)
    assert not too_early(date(2026, 4, 10), used, stopped, 7)
    assert not too_early(date(2026, 4, 1), used, None, None)

"""What alarms say: one sentence with its numbers, and a key that changes with them."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels import alarm_goods as goods
from labels import alarm_words as words
from labels.alarm_words import KIND_WORDS, Alarm, Who, kind_of_key
from products.forms.yields import Range

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
COOP, BUYER = Who(uuid.UUID(int=1), "春山合作社"), Who(uuid.UUID(int=2), "秋水茶厂")
THING = uuid.UUID(int=9)
KG = 1_000_000
RANGE = Range(Decimal("0.2"), Decimal("0.25"), "kg", "kg", True)


def work(**changed: Any) -> goods.Work:
    facts: dict[str, Any] = {
        "id": THING, "who": COOP, "product": "长沙绿茶", "from_form": "鲜叶", "to_form": "成品茶",
        "from_base": "mass", "to_base": "mass", "went_in": 40 * KG, "came_out": 12 * KG, "lost": 0,
        "batch": THING, "numbers": "CSLC-1", "reason": "嫩芽含水少", "at": AT,
    }  # fmt: skip
    return goods.Work(**{**facts, **changed})


def crop(**changed: Any) -> goods.Crop:
    facts: dict[str, Any] = {
        "who": COOP, "product": THING, "product_name": "长沙绿茶", "year": 2026, "form": "鲜叶",
        "base": "mass", "amount": 130 * KG, "at": AT,
    }  # fmt: skip
    return goods.Crop(**{**facts, **changed})


def handed(**changed: Any) -> words.Handed:
    facts: dict[str, Any] = {
        "id": THING, "number": "CSLC-1-J1", "sender": COOP, "receiver": BUYER,
        "product": "长沙绿茶", "base": "mass", "sent": 30 * KG, "sent_on": date(2026, 11, 16),
        "at": AT, "difference": 2 * KG,
    }  # fmt: skip
    return words.Handed(**{**facts, **changed})


def tried(**changed: Any) -> words.Tried:
    facts: dict[str, Any] = {
        "what": "labels", "who": COOP, "batch": THING, "number": "CSLC-1", "base": "mass",
        "asked": 40 * KG, "possible": 10 * KG, "count": 2, "at": AT,
    }  # fmt: skip
    return words.Tried(**{**facts, **changed})


SEEN = words.Seen(THING, THING, COOP, "CSLC-1", "100", "109", 2, 36, AT)
ALL: dict[str, Alarm] = {
    "conversion": goods.conversion(work(), RANGE),
    "without a range": goods.conversion(work(from_base="count", went_in=10), None),
    "loss": goods.loss(work(to_form="鲜叶", came_out=30 * KG, lost=10 * KG)),
    "total": goods.total_conversion(work(), THING, 2026, RANGE),
    "past the form": goods.past_the_form(crop(form="成品茶"), "鲜叶"),
    "plot": goods.plot_alarm(crop(), THING, "JJ-01", "2", 100 * KG),
    "deficit": goods.deficit(crop(), 100 * KG),
    "difference": words.difference(handed()),
    "unanswered": words.unanswered(handed(), 7),
    "labels": words.refused(tried()),
    "harvest": words.refused(tried(what="harvest")),
    "scans": words.scans(SEEN),
}


@pytest.mark.parametrize("name", ALL)
def test_every_alarm_is_a_sentence_with_numbers_in_both_languages(name: str) -> None:
    alarm = ALL[name]
    assert alarm.kind in KIND_WORDS and alarm.state in ("fail", "wait")
    for text in (*alarm.sentence, *alarm.why):
        assert text.strip() == text and "  " not in text and "None" not in text
    assert alarm.sentence.zh.endswith("。") and alarm.sentence.zh.count("。") == 1
    assert any(char.isdigit() for char in alarm.sentence.zh)
    assert alarm.sentence.en.endswith(".") and COOP.name in alarm.sentence.en
    assert COOP.id in alarm.parties
    assert kind_of_key(alarm.key) == alarm.kind and len(alarm.key) <= 60


def test_no_two_alarms_share_a_key() -> None:
    assert len({alarm.key for alarm in ALL.values()}) == len(ALL)


def test_the_sentences_say_what_stands_in_the_books() -> None:
    said = {name: alarm.sentence.zh for name, alarm in ALL.items()}
    assert said["conversion"] == (
        "春山合作社：40 公斤长沙绿茶鲜叶做成 12 公斤成品茶，得率 0.3，不在 0.2–0.25 kg/kg 之间。"
    )
    assert said["without a range"].endswith(
        "10 个长沙绿茶鲜叶做成 12 公斤成品茶，还没有定得率范围。"
    )
    assert "损耗 10 公斤（25 %）" in said["loss"]
    assert said["deficit"] == (
        "春山合作社的长沙绿茶 2026 年额度 100 公斤，已用 130 公斤，透支 30 公斤。"
    )
    assert said["plot"].endswith("核准的 2 亩最多产 100 公斤，多出 30 公斤。")
    assert said["difference"].endswith("30 公斤长沙绿茶，少收 2 公斤，已记为损耗。")
    assert said["unanswered"].endswith("7 天没有答复。")
    assert "要入账 40 公斤，额度只剩 10 公斤" in said["harvest"]


def test_both_sides_of_a_hand_over_are_concerned() -> None:
    assert ALL["difference"].parties == ALL["unanswered"].parties == {COOP.id, BUYER.id}


def test_the_key_of_an_unanswered_hand_over_does_not_change_with_the_days() -> None:
    assert words.unanswered(handed(), 4).key == words.unanswered(handed(), 40).key


def test_a_reason_or_a_name_does_not_change_the_key_but_an_amount_does() -> None:
    one = goods.conversion(work(), RANGE)
    assert goods.conversion(work(reason="另一个理由", numbers="X"), RANGE).key == one.key
    assert goods.conversion(work(came_out=13 * KG), RANGE).key != one.key


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.integers(1, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_later_bigger_alarm_has_another_key(asked: int, more: int, count: int) -> None:
    before = words.refused(tried(asked=asked, count=count))
    assert words.refused(tried(asked=asked + more, count=count)).key != before.key
    assert words.refused(tried(asked=asked, count=count + 1)).key != before.key
    over = goods.deficit(crop(amount=asked + more), asked)
    assert goods.deficit(crop(amount=asked + more + 1), asked).key != over.key
    assert (
        words.scans(replace(SEEN, scans=count)).key
        != words.scans(replace(SEEN, scans=count + 1)).key
    )


@given(st.integers(1, 10**12), st.integers(0, 10**12))
@settings(max_examples=60, deadline=None)
def test_a_loss_is_told_from_a_twentieth_on(went_in: int, lost: int) -> None:
    assert goods.loses_much(went_in, lost) is (lost * 20 >= went_in)


def test_what_is_no_key_has_no_kind() -> None:
    assert [kind_of_key(text) for text in ("", "loss", "x-1", "-", "other-00")] == [""] * 5

"""Chapter 1: the first admin, the parties, their members and the licence, as on a first day."""

import re
import secrets
from datetime import timedelta
from typing import Any

from desks.sample_parties import TEA, sample_credit_code
from tests.story.story import Story
from tests.story.visitor import Visitor, form_key

OFFICE, LABORATORY, COOPERATIVE, STRANGER = "authority", "laboratory", "cooperative", "stranger"
VERIFIER = "verifier"
_LINK = re.compile(r"https?://[^/\s]+(/welcome/\S+)")
_PARTIES: dict[str, dict[str, Any]] = {
    LABORATORY: {"name": "示例·湘中茶叶检验中心", "roles": ["inspector"], "serial": 802},
    COOPERATIVE: {"name": "示例·春山茶叶专业合作社", "roles": ["producer"], "serial": 803},
    STRANGER: {"name": "示例·秋水茶叶专业合作社", "roles": ["producer"], "serial": 804},
}


def register(story: Story) -> None:
    """Everybody gets in by a one-time link and a password of their own; no default password."""
    story.tell.chapter("登记", "Registering")
    _first_admin(story)
    _check_code(story)
    for login, facts in _PARTIES.items():
        _enter_party(story, login, **facts)
    _second_person(story)
    _license(story)


def _first_admin(story: Story) -> None:
    name = "示例·长沙县农业农村局"
    printed = story.house.command(
        "first-admin", "--party", name, "--credit-code", sample_credit_code(801),
        "--login", OFFICE, "--name", "示例·主管",
    )  # fmt: skip
    found = _LINK.search(printed)
    assert found, printed
    story.people[OFFICE] = _through_link(story, found[1])
    story.tell.step(
        f"命令行给出一次性链接，{name}设了密码，取得令牌",
        f"the command line printed a one-time link; {name} set a password and took a token",
    )
    again = Visitor(story.house.origin).get(found[1])
    story.tell.claim(
        "同一链接第二次打开：已失效",
        "the same link a second time: over",
        again.status == 404,
        again.status,
    )


def _through_link(story: Story, path: str) -> Visitor:
    """Open a one-time link, set a password on its page, and make a token for the program."""
    browser = Visitor(story.house.origin, english=story.tell.english)
    password = secrets.token_urlsafe(18)
    entered = browser.fill_in(path, password=password, again=password)
    assert entered.status == 303, entered.text[:400]
    key = form_key(browser.get("/account"))
    made = browser.make("/tokens", {"name": "示例"}, X_CSRFToken=key)
    person = Visitor(story.house.origin, token=made["token"], english=story.tell.english)
    person.party = person.read("/session")["party"]["id"]
    return person


def _check_code(story: Story) -> None:
    """A credit code with a wrong check character names its field and stores nothing."""
    right = sample_credit_code(899)
    wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
    draft = {"name": "示例·写错的合作社", "credit_code": wrong, "roles": ["producer"]}
    refused = story.people[OFFICE].send("/parties", draft)
    story.tell.claim(
        "统一社会信用代码写错一位：拒绝登记",
        "a credit code with one wrong character is refused",
        refused.status == 422 and refused.json["errors"][0]["pointer"] == "/credit_code",
        refused.sentence(),
    )


def _enter_party(story: Story, login: str, name: str, roles: list[str], serial: int) -> None:
    office = story.people[OFFICE]
    code = sample_credit_code(serial)
    party = office.make("/parties", {"name": name, "credit_code": code, "roles": roles})
    member = {"login": login, "name": "示例·成员", "roles": [*roles, "admin"]}
    invited = office.make(f"/parties/{party['id']}/members", member)
    story.people[login] = _through_link(story, invited["link"])
    story.tell.step(
        f"登记 {name}（{code}），成员用一次性链接进来",
        f"registered {name} ({code}); a member came in by a one-time link",
    )


def _second_person(story: Story) -> None:
    """A laboratory needs two people: who verifies a report is never who submitted it."""
    laboratory = story.people[LABORATORY]
    member = {"login": VERIFIER, "name": "示例·复核人", "roles": ["inspector", "verifier"]}
    invited = laboratory.make(f"/parties/{laboratory.party}/members", member)
    story.people[VERIFIER] = _through_link(story, invited["link"])
    story.tell.step(
        "检验机构请来第二位同事，有复核签字的权限",
        "the laboratory invited a second person, who may verify",
    )


def _license(story: Story) -> None:
    office, cooperative = story.people[OFFICE], story.people[COOPERATIVE]
    starts = (story.today - timedelta(days=365)).isoformat()
    draft = {"party": cooperative.party, "product": TEA, "starts": starts, "source": "示例：准入"}
    office.make("/licences", draft)
    story.tell.step(
        f"主管部门核准合作社做长沙绿茶，自 {starts} 起",
        f"the authority licensed the cooperative for Changsha green tea from {starts} on",
    )
    refused = story.people[STRANGER].send(
        "/batches",
        {
            "product": TEA, "quantity": "10", "unit": "kg",
            "production_date": story.produced.isoformat(),
        },
    )  # fmt: skip
    story.tell.claim(
        "没有准入的合作社开批次：拒绝",
        "a cooperative without a licence cannot open a batch",
        refused.status == 422,
        refused.sentence(),
    )

"""Chapters 8 and 9: the goods go to another party and to a shop; then they are called back."""

from datetime import timedelta
from typing import Any

from desks.sample_parties import TEA
from tests.story.steps_batches import FIRST
from tests.story.steps_books import BLEND, KG
from tests.story.steps_labels import SHEET
from tests.story.steps_registering import COOPERATIVE, OFFICE, STRANGER
from tests.story.story import Batch, Story
from tests.story.visitor import API

COUNT, SHIPPED = 40, 24
SHOP = {"consignee": "示例·城南茶庄", "phone": "示例电话", "address": "示例地址"}
ARRIVED = "arrived"


def hand_over(story: Story) -> None:
    """Both parties sign; a difference is booked as such, and the allowance travels along."""
    story.tell.chapter("交接", "Hand-over")
    _refuse_unlicensed(story)
    _license(story)
    sent = _send(story)
    _refuse_own_answer(story, sent)
    _confirm(story, sent)


def _draft(story: Story) -> dict[str, str]:
    return {
        "batch": story.chain[BLEND].id, "to": story.people[STRANGER].party, "quantity": "50",
        "unit": "kg", "sent_on": story.today.isoformat(),
    }  # fmt: skip


def _refuse_unlicensed(story: Story) -> None:
    refused = story.people[COOPERATIVE].send("/transfers", _draft(story))
    story.tell.claim(
        "对方没有准入：不能交给它",
        "the other party holds no licence: goods cannot go there",
        refused.status == 422 and refused.json["code"] == "receiver-not-licensed",
        refused.sentence(),
    )


def _license(story: Story) -> None:
    starts = (story.today - timedelta(days=30)).isoformat()
    draft = {"party": story.people[STRANGER].party, "product": TEA, "starts": starts}
    story.people[OFFICE].make("/licences", {**draft, "source": "示例：准入"})
    story.tell.step("主管部门核准了对方", "the authority licensed the other party")


def _send(story: Story) -> dict[str, Any]:
    sent: dict[str, Any] = story.people[COOPERATIVE].make("/transfers", _draft(story))
    story.tell.claim(
        f"交接单 {sent['number']}：50 kg 在途，等对方确认",
        f"hand-over {sent['number']}: 50 kg under way until the other party confirms",
        sent["answer"] is None and sent["state"] == "under-way",
        sent["state"],
    )
    return sent


def _refuse_own_answer(story: Story, sent: dict[str, Any]) -> None:
    body = {"quantity": "50", "unit": "kg", "condition": "intact"}
    refused = story.people[COOPERATIVE].send(f"/transfers/{sent['id']}/confirmation", body)
    story.tell.claim(
        "发货方自己确认收货：拒绝",
        "the sender cannot confirm the arrival itself",
        refused.status == 403,
        refused.sentence(),
    )


def _confirm(story: Story, sent: dict[str, Any]) -> None:
    receiver, path = story.people[STRANGER], f"/transfers/{sent['id']}/confirmation"
    body = {"quantity": "49.8", "unit": "kg", "condition": "intact"}
    said = receiver.make(path, body)["answer"]
    seen = story.people[COOPERATIVE].read(f"/transfers/{sent['id']}")["answer"]
    words = said["difference_words"]["en" if story.tell.english else "zh"]
    story.tell.claim(
        "对方点收 49.8 kg：少的 0.2 kg 记为损耗，两边看到的一样",
        "49.8 kg are counted there: 0.2 kg are booked as lost, and both see the same",
        int(said["difference"]) == KG // 5 and seen == said,
        words,
    )
    again = receiver.send(path, body)
    story.tell.claim(
        "同一张交接单再确认一次：拒绝",
        "a second confirmation of the same hand-over is refused",
        again.status == 409,
        again.sentence(),
    )
    row = receiver.read(f"/batches/{said['batch']}")
    story.chain[ARRIVED] = arrived = Batch(row["id"], row["number"], ARRIVED, story.produced)
    arrived.verdict = receiver.read(f"/batches/{arrived.id}/verdict")
    foreign = receiver.get(f"{API}/batches/{story.chain[BLEND].id}").status
    story.tell.claim(
        f"到了对方那里是新的批次 {arrived.number}，之前的检验算数，判定合格；原批次对方仍看不到",
        f"there it is a batch of its own, {arrived.number}, for which the earlier inspections "
        "count; the batch that it came from stays unseen",
        (arrived.verdict["outcome"], foreign) == ("conforming", 404),
    )


# --- back again ------------------------------------------------------------------------------


def recall(story: Story) -> None:
    """Labels, a shipment, a drill that changes nothing, and a recall to the exact serials."""
    story.tell.chapter("贴标、发货、演练、召回", "Labels, shipment, drill and recall")
    run = _labelled(story)
    _shipped(story, run)
    _drilled(story, run)
    _recalled(story, run)


def _labelled(story: Story) -> dict[str, Any]:
    works, arrived = story.people[STRANGER], story.chain[ARRIVED]
    draft = {"count": COUNT, "net_content": "250", "unit": "g", "sheet_format": SHEET}
    run: dict[str, Any] = works.make(f"/batches/{arrived.id}/label-runs", draft)
    for state in ("printed", "activated"):
        works.make(f"/label-runs/{run['id']}/states", {"state": state})
    listed = works.get(f"{API}/label-runs/{run['id']}/codes").text.splitlines()
    arrived.run, arrived.codes = run, [line.split("\t")[1] for line in listed]
    said = _scan(story, arrived.codes[0])
    story.tell.claim(
        f"{arrived.number}：{COUNT} 枚标签激活，扫出来可以放心",
        f"{arrived.number}: {COUNT} labels activated, and a scan vouches for them",
        said["status"] == "active" and said["batch"]["number"] == arrived.number,
        said["sentence"]["en" if story.tell.english else "zh"],
    )
    return run


def _scan(story: Story, code: str) -> dict[str, Any]:
    told: dict[str, Any] = story.phone.get(f"/T/{code}", Accept="application/json").json
    return told


def _shipped(story: Story, run: dict[str, Any]) -> None:
    works, first = story.people[STRANGER], run["first"]
    body = {"first": first, "last": first + SHIPPED - 1, "shipped_on": story.today.isoformat()}
    path = f"/label-runs/{run['id']}/shipments"
    made = works.make(path, {**body, **SHOP})
    again = works.send(path, {**body, **SHOP})
    story.tell.claim(
        f"序号 {first}–{first + SHIPPED - 1} 发给茶庄；同样的序号再发一次：拒绝",
        f"serials {first} to {first + SHIPPED - 1} went to a shop; the same ones again are refused",
        made["count_out"] == SHIPPED and again.status == 409,
        again.sentence(),
    )


def _call(story: Story, kind: str) -> dict[str, Any]:
    body = {
        "kind": kind, "from": "batch", "id": story.chain["leaf-1"].id,
        "reason": "示例：鲜叶来源有疑问",
    }  # fmt: skip
    told: dict[str, Any] = story.people[OFFICE].make("/recalls", body)
    return told


def _drilled(story: Story, run: dict[str, Any]) -> None:
    drill = _call(story, "drill")
    share = drill["shares"]["mass"]
    still = _scan(story, story.chain[ARRIVED].codes[0])["status"]
    story.tell.claim(
        f"演练 {drill['number']}：{drill['milliseconds']} 毫秒找到 {drill['batches']} 批、"
        f"{drill['labels']} 枚标签、{drill['holders']} 家；标签照旧有效",
        f"drill {drill['number']}: {drill['batches']} batches, {drill['labels']} labels and "
        f"{drill['holders']} holders found in {drill['milliseconds']} ms; the labels stay valid",
        (drill["batches"], drill["labels"], still) == (4, COUNT, "active"),
        f"{int(share['found']) / KG} / {int(share['left']) / KG} kg",
    )


def _recalled(story: Story, run: dict[str, Any]) -> None:
    made = _call(story, "recall")
    path = f"/traces?from=batch&id={story.chain['leaf-1'].id}&direction=forward"
    trace = story.people[OFFICE].read(path)
    _check_reached(story, made, trace)
    _check_serials(story, run, made, trace)
    _check_scans(story)
    again = story.people[OFFICE].send(
        "/recalls",
        {"kind": "recall", "from": "batch", "id": story.chain["leaf-1"].id, "reason": "示例"},
    )
    story.tell.claim(
        "同一起点再召回一次：拒绝",
        "a second recall from the same start is refused",
        again.status == 409,
        again.sentence(),
    )
    story.recalled = {
        "number": made["number"], "batches": made["batches"], "labels": made["labels"],
        "ranges": [[one["first"], one["last"], one["place"]] for one in trace["labels"]],
        "codes": story.chain[ARRIVED].codes,
    }  # fmt: skip


def _check_reached(story: Story, made: dict[str, Any], trace: dict[str, Any]) -> None:
    expected = {story.chain[name].id for name in ("leaf-1", "tea-1", BLEND, ARRIVED)}
    reached = {one["id"]: one["disposition"] for one in trace["batches"]}
    story.tell.claim(
        f"召回 {made['number']}：从一天的鲜叶到另一家的茶，正好 4 批，全部停下；另一天的鲜叶和茶不受影响",
        f"recall {made['number']}: from one day's leaf to the tea at another party, exactly 4 "
        "batches, all stopped; the other day's leaf and tea are not touched",
        set(reached) == expected and set(reached.values()) == {"recall"},
        "、".join(story.chain[name].number for name in ("leaf-1", "tea-1", BLEND, ARRIVED)),
    )


def _check_serials(
    story: Story, run: dict[str, Any], made: dict[str, Any], trace: dict[str, Any]
) -> None:
    first, last = run["first"], run["last"]
    ranges = [(one["first"], one["last"], one["place"]) for one in trace["labels"]]
    shop = [h for h in made["held_by"] if h["name"] == SHOP["consignee"]]
    held = [span for holder in shop for item in holder["held"] for span in item["spans"]]
    story.tell.claim(
        f"标签正好 {COUNT} 枚：{first}–{first + SHIPPED - 1} 在茶庄（有电话），"
        f"{first + SHIPPED}–{last} 还在厂里",
        f"exactly {COUNT} labels: {first} to {first + SHIPPED - 1} at the shop, whose telephone is "
        f"known, {first + SHIPPED} to {last} still at the works",
        sorted(ranges) == [(first, first + SHIPPED - 1, "out"), (first + SHIPPED, last, "here")]
        and held == [[first, first + SHIPPED - 1]]
        and shop[0]["phone"] == SHOP["phone"],
        ranges,
    )


def _check_scans(story: Story) -> None:
    codes = story.chain[ARRIVED].codes
    seen = [_scan(story, code) for code in codes]
    story.scans["recalled"] = seen[0]["status"]
    story.tell.claim(
        f"这 {COUNT} 枚标签下一次扫，全部写着已召回和原因",
        f"at the next scan all {COUNT} labels say that they are recalled, and why",
        {one["status"] for one in seen} == {"recalled"},
        seen[0]["sentence"]["en" if story.tell.english else "zh"],
    )
    other = _scan(story, story.batches[FIRST].codes[-1])["status"]
    story.tell.claim(
        f"{story.batches[FIRST].number} 的标签不受影响",
        f"the labels of {story.batches[FIRST].number} are as before",
        other == "active",
    )

"""Chapters 4 and 5: labels for what conforms and for nothing else, and what a phone then sees."""

import gzip
from typing import Any

from tests.story.steps_batches import FAILED, FIRST, OPEN, SECOND
from tests.story.steps_registering import COOPERATIVE, OFFICE
from tests.story.story import Batch, Story
from tests.story.visitor import API, Answer

SHEET = "a4-4x11"
COUNT = 22
"""Of each of the two batches: one sheet of 44."""
LARGEST_PASSPORT = 14 * 1024
PHONE = {"Accept": "text/html"}


def label(story: Story) -> None:
    """Draw, print, activate; and be refused where there is no conformity or no more quantity."""
    story.tell.chapter("标签", "Labels")
    for name in (FIRST, SECOND):
        _issue(story, story.batches[name])
    _refuse(story, FAILED, "铅")
    _refuse(story, OPEN, "粉末")
    _refuse_too_many(story)
    _print(story)
    _scan_early(story)
    for name in (FIRST, SECOND):
        _use(story, story.batches[name])


def _draft(count: int) -> dict[str, Any]:
    return {"count": count, "net_content": "100", "unit": "g", "sheet_format": SHEET}


def _issue(story: Story, batch: Batch) -> None:
    cooperative = story.people[COOPERATIVE]
    batch.run = cooperative.make(f"/batches/{batch.id}/label-runs", _draft(COUNT))
    listed = cooperative.get(f"{API}/label-runs/{batch.run['id']}/codes").text.splitlines()
    rows = [line.split("\t") for line in listed]
    batch.codes = [code for _serial, code, _state, _link in rows]
    batch.links = [link for *_others, link in rows]
    story.tell.claim(
        f"{batch.number}：领 {COUNT} 枚 100 g 的标签，每枚一个码",
        f"{batch.number}: {COUNT} labels of 100 g drawn, each with a code of its own",
        len(set(batch.codes)) == COUNT == batch.run["count"],
        f"{batch.codes[0]} …",
    )


def _refuse(story: Story, name: str, because: str) -> None:
    batch = story.batches[name]
    path = f"/batches/{batch.id}/label-runs"
    refused = story.people[COOPERATIVE].send(path, _draft(COUNT))
    batch.refusal = refused.json
    why = batch.verdict["reasons"][0]["zh"]
    story.tell.claim(
        f"{batch.number}：不给标签",
        f"{batch.number}: no labels",
        refused.status == 409 and refused.json["code"] == "not-released" and because in why,
        refused.sentence(),
    )


def _refuse_too_many(story: Story) -> None:
    batch = story.batches[SECOND]
    path = f"/batches/{batch.id}/label-runs"
    refused = story.people[COOPERATIVE].send(path, _draft(1000))
    story.tell.claim(
        f"{batch.number}：要的比货多，拒绝",
        f"{batch.number}: more labels than goods are refused",
        refused.status == 409 and refused.json["code"] == "quantity-exceeded",
        refused.sentence(),
    )


def _print(story: Story) -> None:
    """One label as PNG and SVG, and both batches on the same sheet."""
    cooperative, batch = story.people[COOPERATIVE], story.batches[FIRST]
    runs = [story.batches[name].run["id"] for name in (FIRST, SECOND)]
    first = f"{API}/label-runs/{batch.run['id']}/labels/{batch.run['first']}"
    files = {
        "label.png": (cooperative.get(f"{first}.png"), b"\x89PNG"),
        "label.svg": (cooperative.get(f"{first}.svg"), b"<svg"),
        "sheet.pdf": (
            cooperative.get(f"{API}/label-sheets.pdf?" + "&".join(f"run={run}" for run in runs)),
            b"%PDF-",
        ),
    }
    for name, (answer, beginning) in files.items():
        (story.out / name).write_bytes(answer.body)
        story.tell.claim(
            f"{name}：{len(answer.body):,} 字节",
            f"{name}: {len(answer.body):,} bytes",
            answer.status == 200 and beginning in answer.body[:200],
        )


def _scan(story: Story, path: str, **more: str) -> Answer:
    """What a stranger's phone gets, as JSON."""
    return story.phone.get(path, Accept="application/json", **more)


def _path(story: Story, link: str) -> str:
    assert link.startswith(story.house.origin), link
    return link.removeprefix(story.house.origin)


def _scan_early(story: Story) -> None:
    seen = _scan(story, _path(story, story.batches[FIRST].links[0]))
    story.scans["before activation"] = seen.json["status"]
    story.tell.claim(
        "激活之前扫：还没有启用，什么也不担保",
        "scanned before it is activated: not in use, nothing is vouched for",
        seen.status == 200
        and seen.json["status"] == "not_activated"
        and "results" not in seen.json,
        seen.json["sentence"]["en" if story.tell.english else "zh"],
    )


def _use(story: Story, batch: Batch) -> None:
    cooperative = story.people[COOPERATIVE]
    for state in ("printed", "activated"):
        made = cooperative.make(f"/label-runs/{batch.run['id']}/states", {"state": state})
    batch.run = made
    story.tell.claim(
        f"{batch.number}：打印，贴好，激活 {COUNT} 枚",
        f"{batch.number}: {COUNT} labels printed, put on and activated",
        made["counts"]["activated"] == COUNT,
    )


def scan(story: Story) -> None:
    """A stranger reads labels; then the authority holds a batch, and its labels say so at once."""
    story.tell.chapter("扫码", "Scanning")
    _read_passport(story)
    _read_nonsense(story)
    _hold(story)


def _read_passport(story: Story) -> None:
    batch = story.batches[FIRST]
    path = _path(story, batch.links[0])
    page = story.phone.get(path, **PHONE)
    (story.out / "passport.html").write_bytes(page.body)
    story.tell.claim(
        f"{path}：护照页打开，写着批号，没有脚本、没有 Cookie，压缩后不到 14 KB",
        f"{path}: the passport names the batch, without script or cookie, below 14 KB gzipped",
        page.status == 200
        and batch.number in page.text
        and "<script" not in page.text
        and page.headers["Set-Cookie"] is None
        and len(gzip.compress(page.body)) <= LARGEST_PASSPORT,
        f"{len(gzip.compress(page.body)):,} B",
    )
    said = _scan(story, path).json
    story.scans["active"] = said["status"]
    story.tell.claim(
        "同一事实的 JSON：可以放心，检验都合格",
        "the same facts as JSON: in use, every test passed",
        said["status"] == "active"
        and said["batch"]["number"] == batch.number
        and _outcomes(said) == _outcomes_judged(batch),
        said["sentence"]["en" if story.tell.english else "zh"],
    )


def _outcomes(said: dict[str, Any]) -> dict[str, str]:
    return {item["name"]["zh"]: item["outcome"] for item in said["results"] if item["by"]}


def _outcomes_judged(batch: Batch) -> dict[str, str]:
    """The verdict's own words on every value that a laboratory signed."""
    worst: dict[str, str] = {}
    for line in batch.verdict["lines"]:
        if line.get("typed") and line["source"] != "event":
            worst.setdefault(line["characteristic"], line["outcome"])
    return worst


def _read_nonsense(story: Story) -> None:
    """A slip of the finger and a made-up code are told apart, and neither is called a forgery."""
    code = story.batches[FIRST].codes[0]
    slip = code[:5] + ("7" if code[5] != "7" else "8") + code[6:]
    for what, typed in {"mistyped": slip, "malformed": code[:9]}.items():
        seen = _scan(story, f"/T/{typed}")
        story.scans[what] = seen.json["status"]
        zh = {"mistyped": "打错一个字", "malformed": "少打几个字"}[what]
        story.tell.claim(
            f"{zh}：{typed}",
            f"{what}: {typed}",
            seen.status == 404 and seen.json["status"] == what,
            seen.json["sentence"]["en" if story.tell.english else "zh"],
        )


def _hold(story: Story) -> None:
    batch = story.batches[SECOND]
    draft = {"kind": "hold", "reason": "示例：市场抽查，待复核"}
    story.people[OFFICE].make(f"/batches/{batch.id}/dispositions", draft)
    batch.disposition = "hold"
    seen = _scan(story, _path(story, batch.links[0]))
    story.scans["on hold"] = seen.json["status"]
    story.tell.claim(
        f"主管部门封存 {batch.number}，它的标签下一次扫就变",
        f"the authority holds {batch.number}: its labels say so at the next scan",
        seen.status == 200 and seen.json["status"] == "on_hold",
        seen.json["sentence"]["en" if story.tell.english else "zh"],
    )
    refused = story.people[COOPERATIVE].send(f"/batches/{batch.id}/label-runs", _draft(1))
    story.tell.claim(
        "封存以后也领不到新标签",
        "and no further label is drawn for it",
        refused.status == 409,
        refused.sentence(),
    )
    seen = _scan(story, _path(story, story.batches[FIRST].links[-1]))
    story.tell.claim(
        f"{story.batches[FIRST].number} 的标签不受影响",
        f"the labels of {story.batches[FIRST].number} are as before",
        seen.json["status"] == "active",
    )

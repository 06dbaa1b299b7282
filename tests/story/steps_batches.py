"""Chapters 2 and 3: four batches are logged, sent, inspected and judged line by line."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from core.words import Words
from desks.sample_batches import PHOTO, TEA_ENTRIES, Entry
from desks.sample_files import hills_photo, paper
from desks.sample_parties import TEA
from desks.sample_values import (
    DUST,
    LEAD,
    MILLIGRAMS,
    TEA_BATCH,
    TEA_TYPE,
    Value,
    value,
    with_value,
    without,
)
from tests.story.steps_registering import COOPERATIVE, LABORATORY, STRANGER, VERIFIER
from tests.story.story import Batch, Story
from tests.story.visitor import API, Visitor
from trace.inspections.verdicts import LINE_NAMES, LineOutcome

FIRST, SECOND, FAILED, OPEN = "first", "second", "failed", "undetermined"


def log(story: Story) -> None:
    """The cooperative opens four batches and logs what it did."""
    story.tell.chapter("批次记录", "Logging batches")
    _open(story, FIRST, "24", "CS-DEMO-01")
    _open(story, SECOND, "18", None)
    _open(story, FAILED, "12", None)
    _open(story, OPEN, "12", None)
    _refuse_bad_numbers(story)
    for name in (FIRST, SECOND):
        _log_nine(story, story.batches[name])
    for name in (FAILED, OPEN):
        for entry in TEA_ENTRIES[:3]:
            _log(story, story.batches[name], entry)
    story.tell.step("另两批先记到加工", "the other two are logged as far as processing")


def _draft(story: Story, quantity: str, number: str | None) -> dict[str, Any]:
    draft = {
        "product": TEA, "quantity": quantity, "unit": "kg", "form": "成品茶", "process": "烘青",
        "grade": "一级", "production_date": story.produced.isoformat(),
        "best_before": (story.produced + timedelta(days=540)).isoformat(),
        "place_code": "430121106", "place": "示例茶园",
        "declared": ["GB/T 14456.3-2016", "GB/T 30375-2013"],
    }  # fmt: skip
    return draft | ({"number": number} if number else {})


def _open(story: Story, name: str, quantity: str, number: str | None) -> None:
    made = story.people[COOPERATIVE].make("/batches", _draft(story, quantity, number))
    story.batches[name] = Batch(made["id"], made["number"], name, story.produced)
    whose = (
        ("自己的批号", "a number of its own") if number else ("我们编的批号", "a number of ours")
    )
    story.tell.step(
        f"开批次 {made['number']}（{whose[0]}）：长沙绿茶 一级 {quantity} kg，{story.produced} 生产",
        f"opened {made['number']} ({whose[1]}): Changsha green tea, grade 1, {quantity} kg, "
        f"made on {story.produced}",
    )


def _refuse_bad_numbers(story: Story) -> None:
    cooperative = story.people[COOPERATIVE]
    refused = cooperative.send("/batches", _draft(story, "10", "春山 01"))
    story.tell.claim(
        "批号带中文和空格：拒绝",
        "a batch number with Chinese and a space is refused",
        refused.status == 422 and refused.json["errors"][0]["pointer"] == "/number",
        refused.sentence(),
    )
    other = story.people[STRANGER].get(f"{API}/batches/{story.batches[FIRST].id}")
    story.tell.claim(
        "别的合作社看这一批：当作不存在",
        "another cooperative is told that there is no such batch",
        other.status == 404,
        other.status,
    )


def _log_nine(story: Story, batch: Batch) -> None:
    for entry in TEA_ENTRIES:
        _log(story, batch, entry)
    logged = story.people[COOPERATIVE].read(f"/batches/{batch.id}/events")
    story.tell.claim(
        f"{batch.number}：九个环节都记了，带数值、照片和 PDF",
        f"{batch.number}: all nine stages logged, with values, a photo and a PDF",
        len({event["stage"] for event in logged}) == 9
        and sum(len(event["documents"]) for event in logged) == 2
        and sum(len(event["readings"]) for event in logged) >= 7,
        len(logged),
    )


def _log(story: Story, batch: Batch, entry: Entry) -> None:
    cooperative = story.people[COOPERATIVE]
    day = min(batch.produced + timedelta(days=entry.after), story.today)
    documents = [
        {"name": name, "document": _upload(cooperative, name, entry)} for name in entry.documents
    ]
    cooperative.make(
        f"/batches/{batch.id}/events",
        {
            "stage": entry.stage, "happened_on": day.isoformat(), "note": f"示例：{entry.note}",
            "readings": list(entry.readings), "documents": documents,
        },
    )  # fmt: skip


def _upload(cooperative: Visitor, name: str, entry: Entry) -> str:
    if name == PHOTO:
        return cooperative.upload("hills.jpg", hills_photo(), "image/jpeg")
    content = paper(name, [entry.note], datetime.now(UTC))
    return cooperative.upload("record.pdf", content, "application/pdf")


def inspect(story: Story) -> None:
    """The laboratory sees only what was sent to it, reports, and the judge speaks."""
    story.tell.chapter("送检与判定", "Inspection and verdict")
    _type_inspection(story)
    _send(story)
    _four_eyes(story)
    lead = value(LEAD, "5.6", MILLIGRAMS, "GB 5009.12")
    _report(story, FIRST, TEA_BATCH, "conforming")
    _report(story, SECOND, TEA_BATCH, "conforming")
    _report(story, FAILED, with_value(TEA_BATCH, lead), "nonconforming")
    _report(story, OPEN, without(TEA_BATCH, DUST), "undetermined")
    _check_first(story)
    _check_lead(story)
    _check_missing(story)
    _confirm(story)


def _type_inspection(story: Story) -> None:
    reported = story.produced - timedelta(days=10)
    laboratory, cooperative = story.people[LABORATORY], story.people[COOPERATIVE]
    sheet = {
        "number": "DEMO-T-01", "party": cooperative.party, "product": TEA,
        "sampled_on": (reported - timedelta(days=12)).isoformat(),
        "reported_on": reported.isoformat(), "results": list(TEA_TYPE), "note": "示例数据",
    }  # fmt: skip
    refused = laboratory.send("/worksheets", sheet)
    story.tell.claim(
        "没有人委托的型式检验：拒绝",
        "a type inspection that nobody ordered is refused",
        refused.status == 403,
        refused.sentence(),
    )
    order = {"kind": "type", "laboratory": laboratory.party, "product": TEA}
    cooperative.make("/orders", order)
    made = _publish(story, sheet)
    story.tell.claim(
        f"型式检验 {made['number']}：{len(TEA_TYPE)} 项，有效期 {made['valid_from']} 至 "
        f"{made['valid_to']}，盖住生产日期",
        f"type inspection {made['number']}: {len(TEA_TYPE)} items, valid {made['valid_from']} to "
        f"{made['valid_to']}, covering the day of production",
        made["valid_from"] <= story.produced.isoformat() <= made["valid_to"],
    )


def _publish(story: Story, sheet: dict[str, Any]) -> dict[str, Any]:
    """One person of the laboratory signs a worksheet, the second verifies it: the report."""
    made = story.people[LABORATORY].make("/worksheets", {**sheet, "sign": True})
    signed = {"content_sha256": made["content_sha256"]}
    path = f"/worksheets/{made['id']}/verification"
    report: dict[str, Any] = story.people[VERIFIER].make(path, signed)
    return report


def _send(story: Story) -> None:
    laboratory, batch = story.people[LABORATORY], story.batches[FIRST]
    before = laboratory.get(f"{API}/batches/{batch.id}").status
    for each in story.batches.values():
        body = {"laboratory": laboratory.party, "note": "示例：请按放行方案检验"}
        story.people[COOPERATIVE].make(f"/batches/{each.id}/submissions", body)
    after = laboratory.get(f"{API}/batches/{batch.id}").status
    story.tell.claim(
        "送检前检验机构看不到批次，送检后看得到",
        "the laboratory sees a batch only once it was sent there",
        (before, after) == (404, 200),
        f"{before} → {after}",
    )


def _report(story: Story, name: str, results: tuple[Value, ...], expected: str) -> None:
    batch = story.batches[name]
    judged(story, batch, f"DEMO-{name.upper()}", results)
    story.tell.claim(
        f"{batch.number}：录入 {len(results)} 项，判定 {_named(batch.verdict['outcome']).zh}",
        f"{batch.number}: {len(results)} results entered, verdict {batch.verdict['outcome']}",
        batch.verdict["outcome"] == expected,
    )
    _tell_lines(story, batch)


def judged(story: Story, batch: Batch, number: str, results: tuple[Value, ...]) -> str:
    """The laboratory reports on a batch that it was sent: the outcome of its verdict."""
    _publish(story, _sheet(story, batch, number, results))
    batch.verdict = story.people[COOPERATIVE].read(f"/batches/{batch.id}/verdict")
    return str(batch.verdict["outcome"])


def _sheet(story: Story, batch: Batch, number: str, results: tuple[Value, ...]) -> dict[str, Any]:
    reported = min(batch.produced + timedelta(days=3), story.today)
    return {
        "batch": batch.id, "number": number, "sampled_on": _sampled(story, batch).isoformat(),
        "reported_on": reported.isoformat(), "results": list(results),
    }  # fmt: skip


def _four_eyes(story: Story) -> None:
    """Nothing that one person alone has signed is a report."""
    batch, both = story.batches[FIRST], story.people[VERIFIER]
    sheet = _sheet(story, batch, "DEMO-ALONE", TEA_BATCH)
    made = both.make("/worksheets", {**sheet, "sign": True})
    signed = {"content_sha256": made["content_sha256"]}
    refused = both.send(f"/worksheets/{made['id']}/verification", signed)
    story.tell.claim(
        "一个人自己提交、自己复核：拒绝",
        "whoever submitted a report cannot verify it",
        refused.status == 403,
        refused.sentence(),
    )
    seen = story.people[COOPERATIVE]
    hidden = seen.read(f"/batches/{batch.id}/inspections")
    story.tell.claim(
        "没复核的结果，合作社看不到，也不参与判定",
        "what nobody verified is not seen by the cooperative and judges nothing",
        hidden == [] and seen.read(f"/batches/{batch.id}/verdict")["outcome"] == "undetermined",
    )
    path = f"/worksheets/{made['id']}"
    back = {**signed, "reason": "示例：只是试试"}
    story.people[VERIFIER].make(f"{path}/return", back)
    story.people[LABORATORY].make(f"{path}/discard", {})


def _sampled(story: Story, batch: Batch) -> date:
    return min(batch.produced + timedelta(days=1), story.today)


def _named(outcome: str) -> Words:
    return LINE_NAMES[LineOutcome(outcome)]


def _tell_lines(story: Story, batch: Batch) -> None:
    """The first verdict line by line; of the others what does not conform."""
    lines = batch.verdict["lines"]
    told = [line for line in lines if line["outcome"] != "not_tested"]
    if batch.what != FIRST:
        told = [line for line in told if line["outcome"] in ("nonconforming", "undetermined")]
    for line in told:
        story.tell.line(_told(story, line))
    untested = sum(line["outcome"] == "not_tested" for line in lines)
    if batch.what == FIRST:
        zh, en = f"未检 {untested} 条，不算合格也不算不合格", f"not tested: {untested}"
        story.tell.line(story.tell.said(Words(zh, en)))


def _told(story: Story, line: dict[str, Any]) -> str:
    """水分 5.8 %（质量分数）: 合格，… — GB/T 14456.3-2016 5.3 表5."""
    english = story.tell.english
    name = line["characteristic_en"] if english else line["characteristic"]
    reason = line["reason_en"] if english else line["reason_zh"]
    outcome = story.tell.said(_named(line["outcome"]))
    place = f"{line['edition']} {line['clause']}".rstrip()
    if english:
        return f"{outcome} | {name}: {reason} — {place}"
    return f"{outcome} | {name}：{reason} —— {place}"


def _lines_of(batch: Batch, characteristic: str) -> list[dict[str, Any]]:
    return [x for x in batch.verdict["lines"] if x["characteristic"] == characteristic]


def _check_first(story: Story) -> None:
    """Every line of the first verdict names its place, and every item that was asked is met."""
    batch = story.batches[FIRST]
    asked = [line for line in batch.verdict["lines"] if line.get("asked")]
    story.tell.claim(
        f"放行方案要求的 {len(asked)} 条都有合格的结果，每条都写明标准、条款和理由",
        f"all {len(asked)} lines that the release plan asks conform, each with standard, clause "
        "and reason",
        len(asked) >= 14
        and all(x["outcome"] == "conforming" for x in asked)
        and all(x["edition"] and x["clause"] and x["reason_zh"] and x["by"] for x in asked),
    )


def _check_lead(story: Story) -> None:
    batch = story.batches[FAILED]
    broken = [x for x in _lines_of(batch, LEAD) if x["outcome"] == "nonconforming"]
    story.tell.claim(
        f"{batch.number} 不合格在铅：5.6 mg/kg 超过 5.0 mg/kg，GB 2762-2025 4.1 表1 茶叶",
        f"{batch.number} fails on lead: 5.6 mg/kg is above 5.0 mg/kg, GB 2762-2025 4.1 table 1",
        len(broken) == 1
        and (broken[0]["edition"], broken[0]["clause"]) == ("GB 2762-2025", "4.1 表1 茶叶")
        and (broken[0]["typed"], broken[0]["upper"]) == ("5.6", "5.0"),
    )


def _check_missing(story: Story) -> None:
    batch = story.batches[OPEN]
    lines = _lines_of(batch, DUST)
    asked = [line["outcome"] for line in lines if line.get("asked")]
    said = batch.verdict["reasons"][0]
    story.tell.claim(
        f"{batch.number} 待定：缺粉末这一项，缺就不算过",
        f"{batch.number} stays undetermined: dust was not measured, and missing is never a pass",
        asked == ["undetermined"] and not any(line.get("typed") for line in lines),
        said["en"] if story.tell.english else said["zh"],
    )


def _confirm(story: Story) -> None:
    """Confirming the quantity releases what conforms, and nothing else."""
    cooperative = story.people[COOPERATIVE]
    expected = {FIRST: "release", SECOND: "release", FAILED: "hold", OPEN: None}
    for name, kind in expected.items():
        batch = story.batches[name]
        path = f"/batches/{batch.id}"
        seen = cooperative.get(API + path).headers["ETag"]
        cooperative.make(f"{path}/quantity", {}, "PUT", If_Match=seen)
        decided = cooperative.read(f"{path}/dispositions")
        batch.disposition = decided[0]["kind"] if decided else None
        done = {"release": ("放行", "released"), "hold": ("封存", "on hold")}
        zh, en = done.get(batch.disposition or "", ("没有放行", "not released"))
        story.tell.claim(
            f"{batch.number}：确认数量后{zh}",
            f"{batch.number}: quantity confirmed, {en}",
            batch.disposition == kind,
        )

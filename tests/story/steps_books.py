"""Chapters 6 and 7: plots, what they may give, what was picked from them, and what became of it."""

from datetime import timedelta
from typing import Any

from desks.sample_parties import TEA
from desks.sample_values import TEA_BATCH
from tests.story.steps_batches import judged
from tests.story.steps_registering import COOPERATIVE, LABORATORY, OFFICE, STRANGER
from tests.story.story import Batch, Story

LEAF, DRY = "鲜叶", "成品茶"
KG = 1_000_000
"""A kilogram in the base of the books, milligrams."""
PICKED = {"leaf-1": "300", "leaf-2": "200"}
MADE = {"tea-1": ("leaf-1", "300", "65"), "tea-2": ("leaf-2", "180", "40")}
BLEND = "blend"
PLOT = {
    "product": TEA, "number": "DEMO-1", "name": "示例地块·东坡", "area_mu": "10.00",
    "township": "金井镇", "worked_by": "示例·社员",
    "outline": {
        "type": "Polygon",
        "coordinates": [
            [[113.3, 28.5], [113.3008, 28.5], [113.3008, 28.50077], [113.3, 28.50077], [113.3, 28.5]]
        ],
    },
}  # fmt: skip


def grow(story: Story) -> None:
    """A plot is proposed and approved; a cap makes it an allowance, and nothing goes beyond it."""
    story.tell.chapter("地块、额度与采收", "Plots, allowance and harvest")
    plot = _propose(story)
    _set_cap(story)
    lot = _open(story, "leaf-1", PICKED["leaf-1"])
    _refuse_harvest(story, lot, plot, "harvest-invalid", "还没核准的地块", "an unapproved plot")
    _approve(story, plot)
    _refuse_beyond(story, plot)
    _confirm(story, lot, plot)
    _confirm(story, _open(story, "leaf-2", PICKED["leaf-2"]), plot)
    _check_allowance(story)


def _propose(story: Story) -> str:
    cooperative = story.people[COOPERATIVE]
    outside = cooperative.send("/plots", {**PLOT, "township": "没有的镇"})
    story.tell.claim(
        "地块写不存在的乡镇：拒绝",
        "a plot in a township that does not exist is refused",
        outside.status == 422 and outside.json["errors"][0]["pointer"] == "/township",
        outside.sentence(),
    )
    made = cooperative.make("/plots", PLOT)
    story.tell.step(
        f"提交{made['name']}：{made['area_mu']} 亩，{made['place_name']}，轮廓量得 "
        f"{made['outline_area_mu']} 亩",
        f"proposed a plot of {made['area_mu']} mu in {made['place_name']}; its outline holds "
        f"{made['outline_area_mu']} mu",
    )
    return str(made["id"])


def _set_cap(story: Story) -> None:
    body = {
        "year": story.produced.year, "form": LEAF, "quantity": "100", "unit": "kg",
        "source": "示例（不是真实核定）",
    }  # fmt: skip
    refused = story.people[COOPERATIVE].send(f"/products/{TEA}/yield-caps", body)
    story.tell.claim(
        "合作社自己定每亩产量：拒绝",
        "a cooperative cannot set the yield per mu itself",
        refused.status == 403,
        refused.sentence(),
    )
    story.people[OFFICE].make(f"/products/{TEA}/yield-caps", body)
    story.tell.step(
        "主管部门定每亩鲜叶 100 kg，写明依据：示例（不是真实核定）",
        "the authority set 100 kg of fresh leaf per mu and named the source: a sample",
    )


def _open(story: Story, name: str, quantity: str) -> Batch:
    draft = {
        "product": TEA, "form": LEAF, "quantity": quantity, "unit": "kg",
        "production_date": story.produced.isoformat(), "place_code": "430121110",
    }  # fmt: skip
    made = story.people[COOPERATIVE].make("/batches", draft)
    story.chain[name] = Batch(made["id"], made["number"], name, story.produced)
    return story.chain[name]


def _sent_quantity(story: Story, lot: Batch, plot: str) -> Any:
    path, body = f"/batches/{lot.id}/quantity", {"plots": [{"plot": plot}]}
    return story.people[COOPERATIVE].send(path, body, "PUT", If_Match="*")


def _refuse_harvest(story: Story, lot: Batch, plot: str, code: str, zh: str, en: str) -> None:
    refused = _sent_quantity(story, lot, plot)
    story.tell.claim(
        f"{zh}：{lot.number} 不能入账",
        f"{en}: {lot.number} does not enter the books",
        refused.status in (409, 422) and refused.json["code"] == code,
        refused.sentence(),
    )


def _approve(story: Story, plot: str) -> None:
    body = {"year": story.produced.year, "source": "示例：年度地块核查"}
    story.people[OFFICE].make(f"/plots/{plot}/approvals", body)
    row = _allowance(story)
    story.tell.claim(
        f"核准 {body['year']} 年：10 亩 × 100 kg = 额度 1000 kg",
        f"approved for {body['year']}: 10 mu times 100 kg is an allowance of 1000 kg",
        (row["granted"], row["used"]) == (1000 * KG, 0),
        f"{row['granted'] // KG} kg",
    )


def _allowance(story: Story) -> dict[str, Any]:
    [row] = story.people[COOPERATIVE].read(f"/allowances?product={TEA}&year={story.produced.year}")
    told: dict[str, Any] = row
    return told


def _refuse_beyond(story: Story, plot: str) -> None:
    lot = _open(story, "too-much", "1200")
    _refuse_harvest(story, lot, plot, "allowance-exceeded", "采得比额度多", "beyond the allowance")
    del story.chain["too-much"]


def _confirm(story: Story, lot: Batch, plot: str) -> None:
    done = _sent_quantity(story, lot, plot)
    quantity = PICKED[lot.what]
    story.tell.claim(
        f"{lot.number}：鲜叶 {quantity} kg 采自这块地，入账",
        f"{lot.number}: {quantity} kg of fresh leaf from this plot are in the books",
        done.status == 200,
    )


def _check_allowance(story: Story) -> None:
    row = _allowance(story)
    story.tell.claim(
        "额度用了 500 kg，还剩 500 kg",
        "500 kg of the allowance are used, 500 kg are left",
        (row["used"], row["left"], row["deficit"]) == (500 * KG, 500 * KG, 0),
        f"{row['used'] // KG} / {row['granted'] // KG} kg",
    )


# --- what became of it -----------------------------------------------------------------------


def process(story: Story) -> None:
    """Leaf becomes tea, two teas become one; each input is known, and what is lost is booked."""
    story.tell.chapter("加工与混合", "Processing and mixing")
    _refuse_more_out(story)
    for name, (leaf, quantity, out) in MADE.items():
        _make(story, name, leaf, quantity, out)
        _release(story, name)
    _refuse_foreign(story)
    _blend(story)


def _processing(story: Story, kind: str, inputs: dict[str, str], out: str, **more: str) -> Any:
    day = story.produced if kind == "transform" else min(_mixed_on(story), story.today)
    body = {
        "kind": kind, "happened_on": day.isoformat(),
        "inputs": [
            {"batch": story.chain[name].id, "quantity": quantity, "unit": "kg"}
            for name, quantity in inputs.items()
        ],
        "outputs": [{"quantity": out, "unit": "kg"} | ({"grade": "一级"} if more else {})],
        **more,
    }  # fmt: skip
    return story.people[COOPERATIVE].send("/processings", body)


def _mixed_on(story: Story) -> Any:
    return story.produced + timedelta(days=5)


def _refuse_more_out(story: Story) -> None:
    refused = _processing(story, "transform", {"leaf-1": "100"}, "101", form=DRY, process="烘青")
    story.tell.claim(
        "100 kg 鲜叶做出 101 kg 茶：拒绝",
        "101 kg of tea out of 100 kg of leaf are refused",
        refused.status == 422 and refused.json["code"] == "more-out-than-in",
        refused.sentence(),
    )


def _make(story: Story, name: str, leaf: str, quantity: str, out: str) -> None:
    answer = _processing(story, "transform", {leaf: quantity}, out, form=DRY, process="烘青")
    made = _only_output(story, name, answer)
    story.tell.claim(
        f"{story.chain[leaf].number} 的 {quantity} kg 鲜叶做成 {out} kg 茶，是新的批次 {made.number}",
        f"{quantity} kg of leaf of {story.chain[leaf].number} became {out} kg of tea: {made.number}",
        answer.status == 201
        and [o["parent"] for o in answer.json["origins"]] == [story.chain[leaf].id],
    )


def _only_output(story: Story, name: str, answer: Any) -> Batch:
    [batch] = {origin["batch"] for origin in answer.json["origins"]}
    row = story.people[COOPERATIVE].read(f"/batches/{batch}")
    story.chain[name] = Batch(row["id"], row["number"], name, story.produced)
    return story.chain[name]


def _release(story: Story, name: str) -> None:
    """New goods know nothing of the leaf's past: they are inspected like any batch."""
    tea, cooperative = story.chain[name], story.people[COOPERATIVE]
    before = cooperative.read(f"/batches/{tea.id}/verdict")["outcome"]
    body = {"laboratory": story.people[LABORATORY].party, "note": "示例"}
    cooperative.make(f"/batches/{tea.id}/submissions", body)
    after = judged(story, tea, f"DEMO-{name.upper()}", TEA_BATCH)
    kinds = [one["kind"] for one in cooperative.read(f"/batches/{tea.id}/dispositions")]
    story.tell.claim(
        f"{tea.number}：检验前待定，检验合格后放行",
        f"{tea.number}: undetermined before its inspection, released after it",
        (before, after, kinds) == ("undetermined", "conforming", ["release"]),
        f"{before} → {after}",
    )


def _refuse_foreign(story: Story) -> None:
    body = {
        "kind": "repack", "happened_on": story.today.isoformat(),
        "inputs": [{"batch": story.chain["tea-1"].id, "quantity": "1", "unit": "kg"}],
        "outputs": [{"quantity": "1", "unit": "kg"}],
    }  # fmt: skip
    refused = story.people[STRANGER].send("/processings", body)
    story.tell.claim(
        "别人的批次拿来加工：当作不存在",
        "another party's batch as an input: there is no such batch",
        refused.status == 422 and refused.json["code"] == "no-such-batch",
        refused.sentence(),
    )


def _blend(story: Story) -> None:
    answer = _processing(story, "merge", {"tea-1": "60", "tea-2": "40"}, "99.5")
    blend = _only_output(story, BLEND, answer)
    blend.verdict = story.people[COOPERATIVE].read(f"/batches/{blend.id}/verdict")
    shares = {origin["parent"]: int(origin["quantity"]) for origin in answer.json["origins"]}
    story.tell.claim(
        f"两批茶混成 {blend.number}：来自 60 kg 和 40 kg，损耗 0.5 kg 记在账上，两批都合格所以合格",
        f"two teas mixed into {blend.number}: of 60 kg and 40 kg, 0.5 kg lost and booked; it "
        "conforms because both do",
        sorted(shares.values()) == [40 * KG, 60 * KG]
        and answer.json["lost"] == str(KG // 2)
        and blend.verdict["outcome"] == "conforming",
    )

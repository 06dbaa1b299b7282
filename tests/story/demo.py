"""The whole main job in the terminal: register → log → inspect → release → label → scan, and then
plot → allowance → harvest → processing → hand-over → shipment → recall.

    python -m tests.story.demo [--out out] [--lang en]

Leaves label.png, label.svg, sheet.pdf, passport.html and demo.json; the exit code is 0 only where
everything was as it should be.
"""

import argparse
import json
import signal
import sys
from datetime import date
from pathlib import Path
from typing import Any

from core.clock import day_of, now
from core.words import Words
from desks.sample import FIRST_DAY
from start import SIGNALS
from tests.story import (
    steps_batches,
    steps_books,
    steps_labels,
    steps_recall,
    steps_registering,
)
from tests.story.server import house_of_its_own
from tests.story.story import Batch, Story
from tests.story.telling import Telling
from tests.story.visitor import Refused

KEPT = (
    "outcome", "characteristic", "standard", "edition", "clause", "limit", "typed", "typed_unit",
    "detection_limit", "method", "by", "at", "source", "reason_zh", "reason_en",
)  # fmt: skip
FILES = ("label.png", "label.svg", "sheet.pdf", "passport.html", "demo.json")


def main(arguments: list[str]) -> int:
    """Tell the story; 0 where it went as it should."""
    parser = argparse.ArgumentParser("tests.story.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    options = parser.parse_args(arguments)
    tell = Telling(english=options.lang == "en")
    today = day_of(now())
    if today < FIRST_DAY:
        tell.trouble(tell.said(_TOO_EARLY))
        return 2
    for number in SIGNALS:
        signal.signal(number, _stop)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        _tell_all(tell, options.out, today)
    except (Refused, AssertionError, RuntimeError, OSError) as trouble:
        tell.trouble(str(trouble) or repr(trouble))
        return 1
    return 1 if tell.broken else 0


def _stop(number: int, _frame: object) -> None:
    """A signal ends the story like an error: the server and its files go too, undisturbed."""
    for each in SIGNALS:
        signal.signal(each, lambda *_: None)
    raise SystemExit(128 + number)


def _tell_all(tell: Telling, out: Path, today: date) -> None:
    tell.step(
        "建一个全新的数据库，装入标准目录，起服务",
        "a new database, the catalogue of standards, a server of our own",
    )
    with house_of_its_own() as house:
        story = Story(house, tell, out, today)
        steps_registering.register(story)
        steps_batches.log(story)
        steps_batches.inspect(story)
        steps_labels.label(story)
        steps_labels.scan(story)
        steps_books.grow(story)
        steps_books.process(story)
        steps_recall.hand_over(story)
        steps_recall.recall(story)
        _write(story)
    held = tell.claims - tell.broken
    tell.chapter("结果", "Result")
    tell.claim(
        f"{tell.claims} 个断言，{held} 个成立；文件在 {out}/",
        f"{tell.claims} claims, {held} hold; the files are in {out}/",
        not tell.broken,
        " ".join(FILES),
    )


def _write(story: Story) -> None:
    """demo.json: what was made, for whoever wants to look closer."""
    first = story.batches[steps_batches.FIRST]
    made = {
        "made_at": now().isoformat(),
        "origin": story.house.origin,
        "label_url": first.links[0],
        "scans": story.scans,
        "recall": story.recalled,
        "batches": [_batch(batch) for batch in story.batches.values()],
    }
    text = json.dumps(made, ensure_ascii=False, indent=2)
    (story.out / "demo.json").write_text(text + "\n", encoding="utf-8")


def _batch(batch: Batch) -> dict[str, Any]:
    lines = [line for line in batch.verdict["lines"] if line["outcome"] != "not_tested"]
    return {
        "number": batch.number,
        "what": batch.what,
        "produced": batch.produced.isoformat(),
        "verdict": batch.verdict["outcome"],
        "disposition": batch.disposition,
        "reasons": batch.verdict["reasons"],
        "lines": [{name: line[name] for name in KEPT if name in line} for line in lines],
        "refusal": batch.refusal,
        "labels": batch.codes,
        "passports": [f"/T/{code}" for code in batch.codes],
    }


_TOO_EARLY = Words(
    f"演示从 {FIRST_DAY} 起的标准出发，请先校准这台机器的时钟。",
    f"The demo rests on standards in force from {FIRST_DAY}: set the clock of this machine.",
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a changed rule would do to 100,000 batches of 12 items: in columns against asking the judge.

`--long` asks the judge about every batch; otherwise about 2,000 of them, and says so.
"""

import sys
import time
from dataclasses import replace

from tests.rules.market import MARKET, market
from trace.inspections.columns import gathered
from trace.inspections.outcomes import OUTCOMES, outcomes, verdict_of

MANY, SAMPLE, ODD, PARTIES = 100_000, 2_000, 0.02, 300


def main() -> None:
    """Run and print."""
    drawn = market(11, MANY, ODD, PARTIES)
    rules = replace(MARKET, requirements=tuple(r for r in MARKET.requirements if r.code != "M01"))
    columns = gathered(drawn.batches)
    looked_at = drawn.batches if "--long" in sys.argv else drawn.batches[:: MANY // SAMPLE]
    began = time.process_time()
    said = outcomes(columns, rules, drawn.plan_on)
    middle = time.process_time()
    one_by_one = [verdict_of(batch, rules, drawn.plan_on).outcome for batch in looked_at]
    ended = time.process_time()
    step = MANY // len(looked_at)
    differences = sum(
        OUTCOMES[place] is not outcome
        for place, outcome in zip(said.of[::step], one_by_one, strict=True)
    )
    ours, loop = middle - began, (ended - middle) * step
    scaled = "" if step == 1 else f" (measured on {len(looked_at)}, times {step})"
    print(f"\nwhat-if over {MANY} batches of 12 items and their type inspections, CPU seconds")
    print(f"  the judge, batch by batch{scaled:<32} {loop:>8.2f}")
    print(
        f"  in columns                                                {ours:>8.2f}   {loop / ours:.1f}×"
    )
    print(f"  the judge was asked {said.parts} times for all, and about {said.apart} batches alone")
    print(f"  different verdicts among {len(looked_at)} compared: {differences}")


if __name__ == "__main__":
    main()

"""Measuring in turns, so that a machine whose speed drifts drifts for all."""

import time
from collections.abc import Callable, Mapping
from statistics import median


def in_turns(jobs: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """The median seconds of each job, run one after the other `rounds` times after a warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(rounds + 1):
        for name, job in jobs.items():
            began = time.perf_counter()
            job()
            if turn:
                taken[name].append(time.perf_counter() - began)
    return {name: median(times) for name, times in taken.items()}


def say(title: str, rows: Mapping[str, float], unit: str, many: int, ours: str) -> None:
    """A table of how many a second, and how many times ours is of each reference."""
    print(f"\n{title}")
    for name, seconds in rows.items():
        ratio = "" if name == ours else f"   ours is {seconds / rows[ours]:.2f}×"
        print(f"  {name:<42} {many / seconds:>10.1f} {unit}/s{ratio}")

"""Measures ways to do the same work in turns, so that what disturbs the machine disturbs them all.

Each way is measured in processor time. Compared are the turns, one by one: the median of their ratios says more on a
machine with other work than the ratio of two medians.
"""

import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Convert = Callable[[bytes], bytes]
Timer = Callable[[bytes, int], float]
"""Seconds of one conversion of a document, as the mean of so many."""

TURNS = 5
TURN = 0.03  # seconds, for which a fast way repeats itself in each of its turns
LONG_ENOUGH = 2.0  # seconds, after which a way has no further turn


@dataclass(frozen=True)
class Timings:
    """The seconds of each way with one document, turn by turn."""

    size: int
    seconds: Mapping[str, list[float]]

    def find_speed(self, way: str) -> float:
        """MB of the document that goes in, for each second; NaN where the way failed."""
        return self.size / statistics.median(self.seconds[way]) / 1e6 if way in self.seconds else float("nan")

    def compare(self, way: str, other: str) -> float:
        """How many times as fast as another it is; NaN where one of them failed."""
        if way not in self.seconds or other not in self.seconds:
            return float("nan")
        pairs = zip(self.seconds[way], self.seconds[other], strict=False)
        return statistics.median(theirs / ours for ours, theirs in pairs)


def stay_on_one_processor() -> None:
    """Keep this process, and those that it starts, on one processor: another may be slower just now."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def time_here(convert: Convert) -> Timer:
    """A timer in this process."""

    def timer(document: bytes, times: int) -> float:
        started = time.process_time()
        for _ in range(times):
            convert(document)
        return (time.process_time() - started) / times

    return timer


def take_turns(timers: Mapping[str, Timer], document: bytes) -> Timings:
    """Measure each way with this document; one that fails on it is left out."""
    repeats: dict[str, int] = {}
    for name, timer in timers.items():
        try:
            repeats[name] = max(1, int(TURN / max(timer(document, 1), 1e-6)))
        except Exception as error:
            print(f"    {name} fails: {type(error).__name__}", file=sys.stderr)
    seconds: dict[str, list[float]] = {name: [] for name in repeats}
    for _ in range(TURNS):
        for name, times in repeats.items():
            if sum(seconds[name]) < LONG_ENOUGH:
                seconds[name].append(timers[name](document, times))
    return Timings(len(document), seconds)


def read_peak() -> float:
    """MiB of resident memory at this process's peak. getrusage would count the parent's, from before exec."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found, "only Linux tells"
    return int(found[1]) / 1024

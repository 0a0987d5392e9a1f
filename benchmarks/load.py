"""Makes the report and the pictures of what `make load-test` measured: python -m benchmarks.load RESULT.json"""

import json
import math
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.pictures import Panel, draw, draw_bars
from benchmarks.report import format_table, judge, publish, save_picture

Result = dict[str, Any]
OURS = "crosswalk"
TARGETS = {"plain, no index": 20, "plain, index": 7}
EXPECTED = {"status 429", "status 503"}
NAMES = {"plain, no index": "plain service, no index on email", "plain, index": "plain service, index on email"}


def name_side(result: Result) -> str:
    return NAMES.get(result["side"], OURS)


def judge_all(results: list[Result]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        judge(f"requests a second, times those of the {NAMES[side]}", compare(results, side), target)
        for side, target in TARGETS.items()
    ]
    of_ours = [result for result in results if result["side"] == OURS]
    failures = sum(sum(result["failures"].values()) for result in of_ours if result["traffic"] == "Offsets")
    rows.append(judge("failures at random offsets", failures, 0, at_most=True))
    counts = [(name, count) for result in of_ours for name, count in result["failures"].items()]
    strange = sum(count for name, count in counts if name not in EXPECTED)
    rows.append(judge("answers other than 200, 201, 429 and 503", strange, 0, at_most=True))
    return rows


def compare(results: list[Result], side: str) -> float:
    """Requests a second, times those of the other side, which took turns with it: the median of the turns."""
    theirs = [result for result in results if result["side"] == side]
    ours = [result for result in results if result["beside"] == side]
    ratios = [our["per_second"] / (their["per_second"] or math.nan) for our, their in zip(ours, theirs, strict=True)]
    return float(median(ratios))


def find_medians(results: list[Result]) -> list[Result]:
    """One result for each side and traffic: of several turns, the one with the median speed."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in results:
        groups.setdefault((name_side(result), result["traffic"], str(result["clients"])), []).append(result)
    return [sorted(turns, key=lambda result: result["per_second"])[len(turns) // 2] for turns in groups.values()]


def format_results(results: list[Result]) -> str:
    rows = [
        [
            *(name_side(result), result["traffic"].lower(), result["clients"], float(result["per_second"])),
            *(float(result[name]) for name in ("median", "p95", "p99")),
            ", ".join(f"{count} {name}" for name, count in result["failures"].items()) or "none",
        ]
        for result in results
    ]
    columns = ["", "traffic", "clients", "requests a second", "median, ms", "95 %", "99 %", "failures"]
    return format_table(columns, rows, left=2)


def draw_offsets(results: list[Result], users: int) -> str:
    offsets = [result for result in results if result["traffic"] == "Offsets"]
    panels = {
        "Requests a second": {name_side(result): result["per_second"] for result in offsets},
        "95 of 100 answers within, ms": {name_side(result): result["p95"] for result in offsets},
    }
    return draw_bars(panels, f"50 clients at random offsets among {users:,} users.")


def draw_rising(results: list[Result]) -> str:
    mixed = [result for result in results if result["traffic"] == "Mixed"]
    times = {
        name: [(result["clients"], result[key]) for result in mixed if result[key] > 0]
        for name, key in (("median", "median"), ("95 of 100 within", "p95"), ("99 of 100 within", "p99"))
    }
    speeds = {"requests a second": [(result["clients"], result["per_second"]) for result in mixed]}
    panels = [Panel("Latency", "clients", "ms", times), Panel("Throughput", "clients", "requests a second", speeds)]
    return draw(panels, "Latency and throughput of mixed traffic as the number of clients rises.")


def main() -> None:
    measured = json.loads(Path(sys.argv[1]).read_text())
    turns: list[Result] = measured["results"]
    results = find_medians(turns)
    save_picture("load-offsets.svg", draw_offsets(results, measured["users"]))
    save_picture("load-rising.svg", draw_rising(results))
    publish(
        "load-test",
        [
            f"{measured['users']:,} users. The clients, the services and PostgreSQL shared the machine.",
            format_table(["", "seen", "target", ""], judge_all(turns)),
            format_results(results),
        ],
    )


if __name__ == "__main__":
    main()

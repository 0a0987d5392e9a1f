"""Measures a cold start: from the start of the process to the first answer, for each function. `make bench-cold`

The layer is built as for AWS, runs in the runtime's Python, and is never written to. Three builds take turns:

    ours       with bytecode, as layers/shared/Makefile compiles it
    default    the same without bytecode, as a SAM build without it would be: everything is compiled at each start
    bare       FastAPI and Mangum alone, with bytecode: the least that an endpoint can be
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.report import format_table, judge, publish
from benchmarks.warm import run_database
from deploy.python import find_python

ROOT = Path(__file__).parent.parent
FUNCTIONS = ("json_to_xml", "xml_to_json", "health", "get_user", "save_user", "delete_user", "list_users")
BUILDS = ("ours", "default", "bare")
TURNS = 15
IMPORTS = 5
SHOWN = 12
TARGET = 0.45
ANSWER = """
import json, sys
event = json.load(open(sys.argv[1]))
class Context:
    function_name, memory_limit_in_mb, aws_request_id = "measured", 1769, "52fdfc07-2182-454f-963f-5f0f9a621d72"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:measured"
    def get_remaining_time_in_millis(self): return 20_000
import app
answer = app.handler(event, Context())
assert answer["statusCode"] < 500, answer
sys.stderr.write(open("/proc/self/status").read())
"""

# Processor time of each module's own code, unlike -X importtime, which goes by the clock.
LIST_IMPORTS = """
import json, sys, time
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
costs, children = {}, [0]
def measure(loader):
    run = loader.exec_module
    def exec_module(self, module):
        children.append(0)
        started = time.process_time()
        try:
            run(self, module)
        finally:
            taken = time.process_time() - started
            costs[module.__name__] = 1000 * (taken - children.pop())
            children[-1] += taken
    loader.exec_module = exec_module
measure(ExtensionFileLoader)
measure(SourceFileLoader)
import app
json.dump(costs, sys.stderr)
"""

Times = tuple[float, float, float]
"""Milliseconds of processor time and of the clock, and MiB at the peak."""


def build_layer(folder: Path, python: str) -> Path:
    """The layer with bytecode, as `sam build` makes it; the folder that would be /opt/python."""
    scratch = shutil.copytree(ROOT / "layers/shared", folder / "scratch", ignore=shutil.ignore_patterns("__pycache__"))
    variables = {"ARTIFACTS_DIR": str(folder), "PYTHON": sys.executable, "PYTHON313": python}
    command = ["make", "--silent", "build-SharedLayer"]
    subprocess.run(command, cwd=scratch, env={**os.environ, **variables}, check=True, stdout=sys.stderr)
    return folder / "python"


def strip_bytecode(layer: Path, copy: Path) -> Path:
    return shutil.copytree(layer, copy, ignore=shutil.ignore_patterns("__pycache__"))


class Starter:
    """Starts functions in the runtime's Python, each from its own folder and one of the builds."""

    def __init__(self, python: str, layers: Mapping[str, Path]) -> None:
        self.python = python
        self.layers = layers

    def start(self, function: str, build: str, program: str = ANSWER) -> str:
        """What the process says on stderr."""
        folder = ROOT / ("benchmarks/bare" if build == "bare" else f"functions/{function}")
        layer = self.layers[build]
        # Root may write to anything, so a read-only folder is not enough to keep the bytecode out.
        variables = {"PYTHONPATH": f"{layer}:{folder}", "PYTHONDONTWRITEBYTECODE": "1", "HANDLER": "bare"}
        event = str(ROOT / f"events/{function}.json")
        command = [self.python, "-c", program, event]
        ended = subprocess.run(command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True)
        if ended.returncode:
            raise SystemExit(f"{function}, {build}: {ended.stderr}")
        return ended.stderr

    def time(self, function: str, build: str) -> Times:
        clock, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        status = self.start(function, build)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        seconds = time.perf_counter() - clock
        peak = re.search(r"VmHWM:\s*(\d+)", status)
        assert peak
        return cpu * 1000, seconds * 1000, int(peak[1]) / 1024

    def list_imports(self, function: str) -> dict[str, float]:
        """Milliseconds of each module of our build that the function imports, what it imports in turn not counted."""
        turns: list[dict[str, float]] = [json.loads(self.start(function, "ours", LIST_IMPORTS)) for _ in range(IMPORTS)]
        return {name: median(turn.get(name, 0) for turn in turns) for name in turns[0]}


@contextmanager
def prepare(python: str) -> Iterator[Starter]:
    with tempfile.TemporaryDirectory() as temporary:
        layer = build_layer(Path(temporary), python)
        plain = strip_bytecode(layer, Path(temporary) / "plain")
        yield Starter(python, {"ours": layer, "default": plain, "bare": layer})


def measure(starter: Starter) -> dict[tuple[str, str], Times]:
    """The medians of each function and build, which take turns."""
    cases = [(function, build) for function in FUNCTIONS for build in BUILDS]
    turns: dict[tuple[str, str], list[Times]] = {case: [] for case in cases}
    for _ in range(int(os.environ.get("TURNS", TURNS))):
        for case in cases:
            turns[case].append(starter.time(*case))
    return {
        case: (find_median(times, 0), find_median(times, 1), find_median(times, 2)) for case, times in turns.items()
    }


def find_median(turns: list[Times], which: int) -> float:
    return median(turn[which] for turn in turns)


def format_imports(starter: Starter) -> list[str]:
    """A table of packages, and one of the modules that cost most."""
    modules = [starter.list_imports(function) for function in ("json_to_xml", "get_user")]
    return [format_costs("package", [add_up(costs) for costs in modules]), format_costs("module", modules)]


def format_costs(title: str, costs: list[dict[str, float]]) -> str:
    most = {name: max(each.get(name, 0) for each in costs) for name in costs[0] | costs[1]}
    names = sorted(most, key=lambda name: -most[name])[:SHOWN]
    rows = [[name, *(each.get(name, 0.0) for each in costs)] for name in names]
    return format_table([title, "json_to_xml", "get_user"], rows)


def add_up(costs: Mapping[str, float]) -> dict[str, float]:
    packages: dict[str, float] = defaultdict(float)
    for module, cost in costs.items():
        packages[module.partition(".")[0]] += cost
    return packages


def main() -> None:
    python = find_python()
    version = subprocess.check_output([python, "--version"], text=True).strip()
    with run_database(), prepare(python) as starter:
        times = measure(starter)
        imports = format_imports(starter)
    targets = [
        judge(f"{function}: times the default build", times[function, "ours"][0] / times[function, "default"][0],
              TARGET, at_most=True)
        for function in FUNCTIONS
    ]  # fmt: skip
    rows = [
        [
            function,
            *(times[function, build][0] for build in BUILDS),
            *(times[function, build][1] for build in BUILDS),
            times[function, "ours"][2],
        ]
        for function in FUNCTIONS
    ]
    columns = [f"{build}, {unit}" for unit in ("processor", "clock") for build in BUILDS]
    publish(
        "bench-cold",
        [
            f"The functions ran in {version}.",
            format_table(["", "seen", "target", ""], targets),
            "Milliseconds from the start of the process to the first answer:",
            format_table(["", *columns, "ours, MiB"], rows),
            "What the imports cost: milliseconds of processor time, of a package's own modules, and of a module alone.",
            *imports,
        ],
    )


if __name__ == "__main__":
    main()

"""The whole attack, part by part, and a table of what it found: make attack (SECONDS=60).

python -m tests.attack [SECONDS [PART...]]    SECONDS for each part that would go on for ever
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local import postgres
from local.postgres import Server
from tests.attack.doors import knock
from tests.attack.growth import try_families
from tests.attack.report import Part, write_table
from tests.databases import FAST
from tests.running import PYTHONPATH, ROOT, RunningService

ATTACKERS = ROOT / ".venv-attack/bin"
CORPUS = ROOT / "tests/attack/corpus"
ENVIRONMENT = {**os.environ, "PYTHONPATH": PYTHONPATH}
UNEXPECTED = re.compile(r"unexpected error|Traceback|\bCRITICAL\b")


def run(*command: object, folder: Path = ROOT) -> tuple[int, str]:
    """The status of a program, and all that it printed. `folder`: where it runs, and leaves what it leaves behind."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors="replace")


def count(pattern: str, printed: str) -> int:
    return sum(int(number) for number in re.findall(pattern, printed))


@contextmanager
def serve(folder: Path, part: Part) -> Iterator[str]:
    """The service, with a database of its own; what it logs that no one expects is a finding of the part."""
    server = Server(folder / "postgres", options=FAST)
    server.start()
    postgres.prepare(server)
    service = RunningService(ROOT, **postgres.describe(server))
    try:
        yield service.address
        part.findings += [f"logged: {line[:300]}" for line in service.lines if UNEXPECTED.search(line)]
        part.findings += ["logged an email" for line in service.lines if "@example" in line]
    finally:
        service.stop()
        server.stop("immediate")


def try_doors(seconds: int, folder: Path) -> Part:
    logged = Part("")
    with serve(folder, logged) as address:
        part = knock(address)
    part.findings += logged.findings
    return part


def try_schemas(seconds: int, folder: Path) -> Part:
    """schemathesis, as many examples an operation as seconds; without signatures, which API Gateway checks on AWS."""
    part = Part("schemas")
    document = json.loads((ROOT / "site/openapi.json").read_text())
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    (folder / "openapi.json").write_text(json.dumps(document))
    with serve(folder, part) as address:
        command = [ATTACKERS / "schemathesis", "--config-file", ROOT / "tests/attack/schemathesis.toml", "run"]
        options = ["--url", address, "--max-examples", seconds, "--no-color", "--phases", "examples,coverage,fuzzing"]
        status, printed = run(*command, folder / "openapi.json", *options, folder=folder)
    part.tried += count(r"(\d+) generated", printed)
    part.findings += re.findall(r"(?m)^\s*(- ST\d+.*|curl .*)$", printed)  # what is wrong, and how to see it again
    part.expect(status == 0 or bool(part.findings), printed[-2000:])
    return part


def try_bytes(seconds: int, folder: Path) -> Part:
    """atheris on each kind of document."""
    part = Part("fuzzed bytes")
    covered = []
    for kind in ("json", "xml", "item"):
        found = folder / kind
        status, printed = run(ATTACKERS / "python", "-m", "tests.attack.fuzz", kind, seconds, found, CORPUS / kind)
        part.tried += count(r"number_of_executed_units: (\d+)", printed)
        part.expect(status == 0, f"{kind}: {describe_crash(printed)}")
        reached = [int(number) for number in re.findall(r"cov: (\d+)", printed)]
        covered.append(f"{kind} {max(reached, default=0)}")
    part.figures = f"places in the code reached: {', '.join(covered)}"
    return part


def describe_crash(printed: str) -> str:
    told = re.findall(r"(?m)^(?:\w+Error.*|SUMMARY.*|Base64: .*)$", printed)
    return "; ".join(told) or printed[-500:]


def try_differences(seconds: int, folder: Path) -> Part:
    part = Part("other libraries")
    status, printed = run(ATTACKERS / "python", "-m", "tests.attack.differential", seconds)
    part.tried = count(r", (\d+) documents", printed)
    part.findings += [] if status == 0 else [printed[-2000:]]
    part.figures = printed.split(",")[0].strip()
    return part


def try_tests(seconds: int, folder: Path) -> Part:
    """What the tests try of emails that fold and of foreign pages in a browser."""
    part = Part("emails, browser")
    places = ["tests/integration/test_users.py", "tests/unit/test_users.py", "tests/browser/test_origins.py"]
    status, printed = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *places)
    part.tried = count(r"(\d+) passed", printed)
    part.findings += re.findall(r"(?m)^(?:FAILED|ERROR) .*$", printed)
    part.expect(status == 0 or bool(part.findings), printed[-2000:])
    return part


PARTS: dict[str, Callable[[int, Path], Part]] = {
    "doors": try_doors,
    "schemas": try_schemas,
    "families": lambda seconds, folder: try_families(),
    "bytes": try_bytes,
    "differences": try_differences,
    "tests": try_tests,
}


def main(seconds: int, *names: str) -> int:
    parts = []
    for name in names or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
            parts.append(PARTS[name](seconds, Path(folder)))
        # At once, too: whoever ends a long run has what it found so far.
        print("\n".join(write_table(parts[-1:])), file=sys.stderr, flush=True)
    print("\n".join(write_table(parts)))
    return int(any(part.findings for part in parts))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60, *sys.argv[2:]))

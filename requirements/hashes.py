"""Writes the hashes of the layer's wheels: make hashes, after a pin has changed. Then pip takes no other file for them.

python hashes.py REQUIREMENTS HASHES    for every Python and platform that the service is built for or started on

pip tells what it would install, and downloads hardly anything for it. Only names, versions and hashes are written down.
"""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = (
    ("manylinux2014_x86_64", "manylinux_2_28_x86_64"),
    ("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
    ("macosx_14_0_arm64",),
    ("macosx_14_0_x86_64",),
)
HEADER = "# The wheels of requirements.txt, for Lambda and for make start; written by make hashes.\n"


def main(requirements: Path, written: Path) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for python in PYTHONS:
        for platforms in PLATFORMS:
            print(f"Python {python}, {platforms[0]} ...", flush=True)
            for pin, digest in list_wheels(requirements, python, platforms):
                found[pin].add(digest)
    pins = [line.strip() for line in requirements.read_text().splitlines() if line and not line.startswith("#")]
    entries = [" \\\n    ".join([pin, *(f"--hash=sha256:{one}" for one in sorted(found[pin]))]) for pin in pins]
    written.write_text(HEADER + "\n".join(entries) + "\n")


def list_wheels(requirements: Path, python: str, platforms: tuple[str, ...]) -> list[tuple[str, str]]:
    """The pin and the digest of each wheel that this Python would install on this platform."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        chosen = [part for platform in platforms for part in ("--platform", platform)]
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--dry-run"]
        pip += ["--ignore-installed", "--no-deps", "--only-binary=:all:", "--target", folder, "--report", str(report)]
        pip += ["--implementation", "cp", "--python-version", python, *chosen, "--requirement", str(requirements)]
        subprocess.run(pip, check=True)
        installed = json.loads(report.read_text())["install"]
    return [
        (
            f"{one['metadata']['name'].lower().replace('_', '-')}=={one['metadata']['version']}",
            one["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for one in installed
    ]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

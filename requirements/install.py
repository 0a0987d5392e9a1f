"""Installs a requirements file into the virtual environment that the stamp stands in: python install.py STAMP FILE...

The first file is installed. All of them are looked at: a stamp that is newer says that there is nothing to do. What one
of them has hashes for is installed before, and only if it has one of these. Only one process at a time works on an
environment, so whoever comes second finds the work done.
"""

import fcntl
import subprocess
import sys
import venv
from pathlib import Path


def main(stamp: Path, requirements: Path, *others: Path) -> None:
    if sys.version_info < (3, 11):
        sys.exit("Crosswalk needs Python 3.11 or later: make PYTHON=python3.13")
    environment = stamp.parent
    environment.mkdir(exist_ok=True)
    with (environment / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_newer(stamp, [requirements, *others]):
            return
        print(f"Installing {requirements} into {environment} ...", file=sys.stderr)
        if not (environment / "bin/pip").exists():
            venv.create(environment, symlinks=True, with_pip=True)
        pip = [str(environment / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        # By themselves: pip wants hashes of everything or of nothing that it is asked for at once.
        for file in others:
            if file.name == "hashes.txt":
                subprocess.run([*pip, "--no-deps", "--require-hashes", "--requirement", str(file)], check=True)
        subprocess.run([*pip, "--requirement", str(requirements)], check=True)
        stamp.touch()


def is_newer(stamp: Path, files: list[Path]) -> bool:
    return stamp.exists() and all(stamp.stat().st_mtime_ns >= file.stat().st_mtime_ns for file in files)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

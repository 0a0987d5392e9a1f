"""Programs that some tests need and pip does not install; what is missing is told once, at the end of a run."""

import os
import shutil
from pathlib import Path

import pytest

# Debian's package, and where its program may be, on macOS too.
PROGRAMS = {
    "chromium": (
        os.environ.get("CHROMIUM", ""),
        *("chromium", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    ),
    "firefox-esr": (
        os.environ.get("FIREFOX", ""),
        *("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"),
    ),
    "git": ("git",),
    "npm": ("npm",),
    "pgbouncer": ("pgbouncer", "/usr/sbin/pgbouncer"),
    "postgresql-15": (
        "/usr/lib/postgresql/15/bin/postgres",
        *(f"{prefix}/opt/postgresql@15/bin/postgres" for prefix in ("/opt/homebrew", "/usr/local")),
    ),
}
ON_MACOS = {
    "chromium": "google-chrome",
    "firefox-esr": "firefox",
    "git": "git",
    "npm": "node",
    "pgbouncer": "pgbouncer",
    "postgresql-15": "postgresql@15",
}


def find_program(package: str) -> Path:
    """The package's program. Skips the test if it is missing; in CI, where nothing may be skipped, fails it."""
    for place in PROGRAMS[package]:
        if found := shutil.which(place):
            return Path(found)
    if os.environ.get("CI") == "true":
        pytest.fail(f"{package} is not installed")
    pytest.skip(f"needs {package}")


def describe_skipped(reasons: list[str]) -> str:
    """What was skipped for want of which program, and the command that installs them all."""
    missing = [package for package in PROGRAMS if any(reason.endswith(f"needs {package}") for reason in reasons)]
    names = ", ".join(missing)
    return (
        f"{len(reasons)} tests were skipped, which need {names}. To have all of them:\n"
        f"    Debian    sudo apt-get install {' '.join(missing)}\n"
        f"    macOS     brew install {' '.join(ON_MACOS[package] for package in missing)}"
    )

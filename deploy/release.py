"""What is being deployed: the version, for people, and the release, which changes whenever anything does."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path

from deploy.settings import DeploySettings

FUNCTIONS = Path("functions")
BUILD = Path(".aws-sam/build")
"""What `sam deploy` takes the layer and the template from; the functions it takes from where they are."""
UNKNOWN = "unknown"
LATER = "DatabaseDeletionProtection"
"""The parameter that the first deploy changes when everything stands, without a new release."""


def read_version() -> str:
    """What is being deployed, as git names it: a tag, or a commit, `-dirty` when something is not committed.

    `unknown` where git can name nothing, as in an archive of the source.
    """
    described = ask_git()
    return described.stdout.strip() if described.returncode == 0 else UNKNOWN


def advise_on_version() -> list[str]:
    """What git says where it can name no version: perhaps that the repository is another user's."""
    described = ask_git()
    if described.returncode == 0:
        return []
    reason = " ".join(described.stderr.split())
    return [f"GET /health will say that the version is {UNKNOWN}, since git names none: {reason}"]


def ask_git() -> subprocess.CompletedProcess[str]:
    """By `env`, which says so where there is no git."""
    command = ["/usr/bin/env", "git", "describe", "--always", "--dirty", "--tags"]
    return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603


def compute_release(settings: DeploySettings, failure: str = "") -> str:
    """Ten digits, hexadecimal, over the version, all that is uploaded, and every parameter's value.

    failure: the failed update that the stack has come back from, if any. Versions that it published stay, and
    Lambda publishes none that is like the latest: the same release once more would fail ("A version for this Lambda
    function exists").
    """
    # The version too: a tag on a commit that is live changes nothing else, and what is live would not tell it.
    digest = sha256(f"{read_version()}\0{failure}\0".encode())
    for path in list_uploaded():
        digest.update(os.fsencode(path) + b"\0" + sha256(read_content(path)).digest())
    for name, value in sorted(settings.parameters.items()):
        if name != LATER:
            digest.update(f"{name}={value}\0".encode())
    return digest.hexdigest()[:10]


def list_uploaded() -> list[Path]:
    """Everything that is uploaded, but for the functions' bytecode: tests that run meanwhile would change it."""
    functions = [path for path in FUNCTIONS.rglob("*") if "__pycache__" not in path.parts]
    return sorted([*functions, *BUILD.rglob("*")])


def read_content(path: Path) -> bytes:
    """A file's bytes, or where a link leads, were it to nothing; a folder has none but what is in it."""
    if path.is_symlink():
        return os.fsencode(os.readlink(path))
    return path.read_bytes() if path.is_file() else b""

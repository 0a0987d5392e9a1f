"""What is being deployed: the version, for people, and the release, which changes whenever anything does."""

import subprocess
from hashlib import sha256
from pathlib import Path

from deploy.settings import DeploySettings

LAYER = Path(".aws-sam/build/SharedLayer")
LATER = "DatabaseDeletionProtection"
"""The parameter that the first deploy changes when everything stands, without a new release."""


def read_version() -> str:
    """What is being deployed, as git names it: a tag, or a commit, `-dirty` when something is not committed."""
    return _git("describe", "--always", "--dirty", "--tags").decode().strip()


def compute_release(settings: DeploySettings, failure: str = "", layer: Path = LAYER) -> str:
    """Ten digits, hexadecimal, over version and commit, what is not committed, the layer and every parameter's value.

    failure: the failed update that the stack has come back from, if any. Versions that it published stay, and
    Lambda publishes none that is like the latest: the same release once more would fail ("A version for this Lambda
    function exists").
    """
    # The version too: a tag on a commit that is live changes nothing else, and what is live would not tell it.
    digest = sha256(f"{read_version()}\0".encode() + _git("rev-parse", "HEAD") + _git("diff", "--binary", "HEAD"))
    digest.update(failure.encode())
    names = _git("ls-files", "-z", "--others", "--exclude-standard").decode().split("\0")
    untracked = [Path(name) for name in names if name]
    built = [path for path in layer.rglob("*") if path.is_file()]
    for path in sorted([*untracked, *built]):
        digest.update(f"{path}\0".encode() + sha256(path.read_bytes()).digest())
    for name, value in sorted(settings.parameters.items()):
        if name != LATER:
            digest.update(f"{name}={value}\0".encode())
    return digest.hexdigest()[:10]


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], check=True, capture_output=True).stdout  # noqa: S603, S607

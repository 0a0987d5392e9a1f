"""The layer's requirements are complete: its build resolves nothing beside them."""

import re
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path("layers/shared/requirements.txt").read_text().splitlines()
PINNED: dict[str, str] = dict(line.split("==") for line in REQUIREMENTS if line[0] != "#")
HASHES = re.sub(r"\\\n +", "", Path("layers/shared/hashes.txt").read_text()).splitlines()
COMPILED = {"psycopg-binary", "pydantic-core", "wrapt"}
LAMBDA = {
    "python_version": "3.13",
    "python_full_version": "3.13.0",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "extra": "",
}


def needed_by(name: str) -> set[str]:
    needed = [Requirement(line) for line in requires(name) or []]
    return {canonicalize_name(one.name) for one in needed if one.marker is None or one.marker.evaluate(LAMBDA)}


@pytest.mark.parametrize("name", PINNED)
def test_whatever_a_requirement_of_the_layer_needs_is_pinned_too(name: str) -> None:
    assert needed_by(name) <= PINNED.keys()


@pytest.mark.parametrize("name", PINNED)
def test_the_tests_run_with_what_the_layer_holds(name: str) -> None:
    assert version(name) == PINNED[name]


def test_every_requirement_of_the_layer_is_an_exact_version() -> None:
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9.]*", line) for line in REQUIREMENTS if line[0] != "#")


def test_every_pin_of_the_layer_has_hashes_and_nothing_else_has() -> None:
    """Where this fails, a pin has changed: make hashes."""
    hashed = [line.partition(" ")[0] for line in HASHES if line[0] != "#"]
    assert hashed == [line for line in REQUIREMENTS if line[0] != "#"]


@pytest.mark.parametrize("line", [line for line in HASHES if line[0] != "#"], ids=lambda line: line.partition("=")[0])
def test_a_pin_has_a_hash_for_each_wheel_that_may_be_installed(line: str) -> None:
    pin, *hashes = line.split()
    assert all(re.fullmatch("--hash=sha256:[0-9a-f]{64}", one) for one in hashes)
    pythons, platforms = 4, 4
    assert len(set(hashes)) == (pythons * platforms if pin.partition("==")[0] in COMPILED else 1)


def test_the_layer_is_built_of_what_has_these_hashes_only() -> None:
    assert "--require-hashes --requirement hashes.txt" in Path("layers/shared/Makefile").read_text()


def test_the_layer_leaves_out_what_the_runtime_brings() -> None:
    assert PINNED.keys().isdisjoint({"awslambdaric", "boto3", "botocore", "s3transfer", "urllib3"})

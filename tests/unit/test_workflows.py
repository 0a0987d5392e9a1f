"""What GitHub runs: pinned, with the least rights, and with nothing installed beside credentials."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

WORKFLOWS = sorted(Path(".github/workflows").glob("*.yml"))
WRITING = {"deploy.yml": {"id-token"}, "code-scanning.yml": {"security-events"}}
"""What a job may write, by workflow."""


def read(path: Path) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text())
    return workflow


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_named_by_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text())
    assert used
    for action in used:
        assert action.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_token_may_read_and_write_no_more_than_its_job_needs(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        rights = job.get("permissions", {"contents": "read"})
        writing = {name for name, right in rights.items() if right == "write"}
        assert writing == (WRITING.get(path.name, set()) if "permissions" in job else set())
        assert {name: right for name, right in rights.items() if name not in writing} == {"contents": "read"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_checkout_leaves_its_token_behind(path: Path) -> None:
    steps = [step for job in read(path)["jobs"].values() for step in job.get("steps", [])]
    checkouts = [step for step in steps if "actions/checkout" in step.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_deploy_waits_for_the_gate() -> None:
    jobs = read(Path(".github/workflows/deploy.yml"))["jobs"]
    assert jobs["gate"]["uses"] == "./.github/workflows/ci.yml"
    assert jobs["deploy"]["needs"] == "gate"


def test_once_there_are_credentials_nothing_is_installed_any_more() -> None:
    steps = read(Path(".github/workflows/deploy.yml"))["jobs"]["deploy"]["steps"]
    (credentials,) = [index for index, one in enumerate(steps) if "configure-aws-credentials" in one.get("uses", "")]
    assert [next(iter(step)) for step in steps[credentials + 1 :]] == ["run"]
    assert steps[-1]["run"].startswith("make release ")
    (release,) = re.findall(r"^release:(.*)\n((?:\t.*\n)+)", Path("Makefile").read_text(), re.MULTILINE)
    prerequisites, recipe = release
    assert prerequisites.partition("##")[0].strip() == ""
    assert "install" not in recipe
    assert "$(MAKE)" not in recipe


def test_the_session_is_as_long_as_the_role_allows() -> None:
    steps = read(Path(".github/workflows/deploy.yml"))["jobs"]["deploy"]["steps"]
    (seconds,) = [step["with"]["role-duration-seconds"] for step in steps if "role-to-assume" in step.get("with", {})]
    assert f"MaxSessionDuration: {seconds}" in Path("bootstrap.yaml").read_text()


def test_the_layers_parts_are_listed_for_whoever_asks_what_is_in_it() -> None:
    steps = read(Path(".github/workflows/deploy.yml"))["jobs"]["deploy"]["steps"]
    assert any(step.get("with", {}).get("path") == "dist/layer.cdx.json" for step in steps)


def test_every_folder_with_pinned_packages_is_watched_for_newer_ones() -> None:
    updates = yaml.safe_load(Path(".github/dependabot.yml").read_text())["updates"]
    (python,) = [one for one in updates if one["package-ecosystem"] == "pip"]
    pinned = (*Path().glob("requirements*.txt"), *Path("requirements").glob("*.txt"), *Path("layers").rglob("req*.txt"))
    folders = {f"/{path.parent}".removesuffix(".") for path in pinned}
    assert folders <= set(python["directories"])


def test_every_night_all_is_attacked_soaked_and_audited() -> None:
    path = Path(".github/workflows/nightly.yml")
    workflow = read(path)
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert [command.split()[1] for command in commands if command.startswith("make ")] == ["attack", "soak", "audit"]
    assert "  schedule:\n" in path.read_text()

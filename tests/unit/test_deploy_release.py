"""What makes a release another one."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.release import advise_on_version, compute_release, read_version
from deploy.settings import DeploySettings, read_settings
from tests.programs import find_program

BUILT = ".aws-sam/build/SharedLayer/python/crosswalk.py"
TEMPLATE = ".aws-sam/build/template.yaml"


@pytest.fixture(scope="module")
def settings() -> DeploySettings:
    return read_settings("dev")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, and what has been built beside it; the tests' working folder."""
    find_program("git")
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "test")
    for name in ("README.md", "functions/health/app.py", BUILT, TEMPLATE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    (tmp_path / ".gitignore").write_text(".aws-sam\n__pycache__\n")
    for command in ("init --quiet", "add .", "commit --quiet --message one"):
        subprocess.run(["git", *command.split()], check=True)
    return tmp_path


def release(settings: DeploySettings, failure: str = "") -> str:
    return compute_release(settings, failure)


@pytest.mark.parametrize("name", ["functions/health/app.py", "functions/health/new.py", BUILT, TEMPLATE])
def test_a_changed_file_is_another_release(name: str, repository: Path, settings: DeploySettings) -> None:
    before = release(settings)
    (repository / name).write_text("two")
    assert release(settings) != before


def test_a_link_that_leads_elsewhere_is_another_release(repository: Path, settings: DeploySettings) -> None:
    """Were it to nothing, as an editor's lock does, or to a folder."""
    link = repository / "functions/health/.#app.py"
    releases = {release(settings)}
    for target in ("me@here.1", "me@here.2", "."):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        releases.add(release(settings))
    assert len(releases) == 4


@pytest.mark.parametrize("name", [".#README.md", ".venv", "functions/__pycache__/app.pyc"])
def test_what_is_not_uploaded_leaves_the_release(name: str, repository: Path, settings: DeploySettings) -> None:
    before = release(settings)
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).symlink_to("nothing")
    assert release(settings) == before


def test_a_commit_is_another_release(repository: Path, settings: DeploySettings) -> None:
    before = release(settings)
    subprocess.run(["git", "commit", "--quiet", "--allow-empty", "--message", "two"], check=True)
    assert release(settings) != before


def test_a_tag_on_what_is_live_is_another_release(repository: Path, settings: DeploySettings) -> None:
    """The version is its name, and the live version of a function answers with the one it was published with."""
    before = release(settings)
    subprocess.run(["git", "tag", "v1.0.0"], check=True)
    assert release(settings) != before


def test_a_release_that_failed_is_another_one_at_the_next_try(repository: Path, settings: DeploySettings) -> None:
    """Lambda would refuse to publish a version that is like its latest, which the first try has left."""
    tries = {release(settings), release(settings, "2026-11-24 12:00"), release(settings, "2026-11-24 13:00")}
    assert len(tries) == 3


def test_every_parameter_but_the_databases_protection_makes_another_release(
    repository: Path, settings: DeploySettings
) -> None:
    first = release(settings)
    same = {name for name in settings.parameters if release(set_parameter(settings, name)) == first}
    assert same == {"DatabaseDeletionProtection"}


def set_parameter(settings: DeploySettings, name: str) -> DeploySettings:
    return replace(settings, parameters={**settings.parameters, name: "another"})


def test_the_version_is_the_tag_and_says_what_is_not_committed(repository: Path) -> None:
    subprocess.run(["git", "tag", "v1.0.0"], check=True)
    assert (read_version(), advise_on_version()) == ("v1.0.0", [])
    (repository / "README.md").write_text("two")
    assert read_version() == "v1.0.0-dirty"


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("GIT_DIR", "nowhere", "not a git repository"),
        ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1", "detected dubious ownership"),
        ("PATH", "", "No such file or directory"),
    ],
    ids=["no repository", "another user's", "no git"],
)
def test_where_git_names_no_version_it_is_unknown_and_a_line_says_why(
    variable: str, value: str, reason: str, repository: Path, settings: DeploySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")  # which may trust every folder
    monkeypatch.setenv(variable, value)
    assert read_version() == "unknown"
    (advice,) = advise_on_version()
    assert reason in advice
    assert "\n" not in advice
    first = release(settings)
    (repository / "functions/health/app.py").write_text("two")
    assert release(settings) != first

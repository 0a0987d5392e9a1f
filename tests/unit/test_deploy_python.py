"""Finding a Python that compiles bytecode for the functions, with programs of the tests' own on the PATH."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy.python import RUNTIME, find_python
from deploy.stack import DeployError


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH, and empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("PYTHON313", raising=False)
    monkeypatch.delenv("ALLOW_NO_BYTECODE", raising=False)
    return folder


def write_program(path: Path, prints: str, status: int = 0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{prints}'\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


def test_the_one_on_the_path_is_found(path: Path) -> None:
    write_program(path / "python3.13", RUNTIME)
    assert find_python() == "python3.13"


def test_a_given_one_comes_first_and_no_other_is_taken_instead(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(path / "python3.13", RUNTIME)
    monkeypatch.setenv("PYTHON313", write_program(path / "mine", RUNTIME))
    assert find_python() == str(path / "mine")
    monkeypatch.setenv("PYTHON313", write_program(path / "mine", "3.12"))
    with pytest.raises(DeployError):
        find_python()


def test_a_shim_that_leads_nowhere_is_passed_over_for_the_one_of_uv(path: Path, tmp_path: Path) -> None:
    write_program(path / "python3.13", "pyenv: python3.13: command not found", status=127)
    write_program(path / "uv", write_program(tmp_path / "uvs" / "python", RUNTIME))
    assert find_python() == str(tmp_path / "uvs" / "python")


def test_the_one_of_pyenv_is_found_by_its_folder(path: Path, tmp_path: Path) -> None:
    write_program(tmp_path / "versions" / "bin" / "python", RUNTIME)
    write_program(path / "pyenv", str(tmp_path / "versions"))
    assert find_python() == str(tmp_path / "versions" / "bin" / "python")


def test_without_one_a_deploy_stops_and_says_the_two_ways_to_get_it(path: Path) -> None:
    with pytest.raises(DeployError, match=r"uv python install 3\.13.*pyenv install 3\.13.*ALLOW_NO_BYTECODE=1"):
        find_python()


def test_whoever_says_so_goes_on_without(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_NO_BYTECODE", "1")
    assert find_python() == ""


def test_it_is_the_runtimes_version_that_is_looked_for() -> None:
    assert f"Runtime: python{RUNTIME}" in Path("template.yaml").read_text()
    assert f"RUNTIME := {RUNTIME}" in Path("layers/shared/Makefile").read_text()


def test_a_build_that_finds_none_stops_the_deploy_before_anything_is_built(path: Path) -> None:
    """`make prepare` with a stand-in for our own Python, which finds none, and for the check of the source."""
    python = path.parent / "venv" / "bin" / "python"
    write_program(python, "", status=1)
    makefile = Path("Makefile").read_text()
    recipe = makefile[makefile.index('\t@echo "== Build"') : makefile.index("SAM_DEPLOY =")]
    alone = path.parent / "Makefile"
    alone.write_text(f"BIN := {python.parent}\nprepare:\n{recipe}\nbuild:\n\t@echo built\n")
    done = subprocess.run(
        ["/usr/bin/make", "-C", str(path.parent), "prepare"],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode != 0
    assert "built" not in done.stdout

"""What make hands on: names as they stand, whatever make or the shell would read into them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import find_program

ROOT = Path(__file__).parents[2]
NAME = 'it\'s "two"  `echo a` $(error b) $(echo c) $$HOME;#\\'
"""A name that holds what make or the shell would run, expand or divide."""
OURS = Path(os.path.relpath(sys.executable, ROOT)).parent
"""The programs of these tests' own Python, from the project, whose folder may have such a name, too."""
RECORDER = """#!/bin/sh
printf '%s\\0' "$@"
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a `python` that only says what it is called with."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").write_text(RECORDER)
    (tmp_path / "bin/python").chmod(0o755)
    return tmp_path / "bin"


def make(programs: Path, *arguments: str) -> list[str]:
    """What this target calls Python with."""
    installed = ["--old-file=.venv/.local", "--old-file=.venv/.dev"]
    command = ["make", "--silent", "--no-print-directory", *installed, f"BIN={programs}", *arguments]
    return subprocess.check_output(command, cwd=ROOT, text=True).split("\0")[:-1]


def test_a_file_with_any_name_is_converted(tmp_path: Path) -> None:
    source, target = tmp_path / f"{NAME}.json", tmp_path / f"{NAME}.xml"
    source.write_text("[1]")
    assert make(OURS, "convert", f"FILE={source}", f"OUT={target}") == []
    assert target.exists()


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("a.json", ["to-xml"]),
        ("A.JSON.gz", ["to-xml"]),
        ("a.geojson", ["to-xml"]),
        ("a b.jsonl.gz", ["to-xml", "--mapping", "natural", "--lines"]),
        ("a.NDJSON", ["to-xml", "--mapping", "natural", "--lines"]),
        ("a.json b.xml", ["to-json"]),
        ("json", ["to-json"]),
    ],
)
def test_the_end_of_a_name_says_what_it_becomes(programs: Path, name: str, to: list[str]) -> None:
    assert make(programs, "convert", f"FILE={name}") == ["-m", "crosswalk", *to, "--output=-", "--", name]


def test_the_name_of_a_file_is_no_option() -> None:
    told = ["--silent", "--old-file=.venv/.local", f"BIN={OURS}", "convert", "FILE=-x.json", "OUT=-x.xml"]
    done = subprocess.run(["make", *told], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.startswith("crosswalk: -x.json: No such file")


def test_a_bucket_may_have_folders_with_any_name(programs: Path) -> None:
    source, target = f"s3://feeds/{NAME}/", f"s3://rows/{NAME}/"
    called = make(programs, "convert-bucket", f"FROM={source}", f"TO={target}", "AS=xml", "TEXT_KEY=it's $text")
    assert called == ["-m", "deploy.convert_bucket", "dev", source, target, "xml", "text_key=it's $text"]
    assert make(programs, "convert-bucket", f"RUN={NAME}") == ["-m", "deploy.convert_bucket", "dev", NAME]


def test_an_address_may_have_an_apostrophe(programs: Path) -> None:
    called = make(programs, "bootstrap", "REPOSITORY=owner/name", "EMAIL=o'brien@example.org", "FLEET_BUCKETS=a,a/*")
    given = ["Repository=owner/name", "Email=o'brien@example.org", "FleetBuckets=a,a/*"]
    assert called == ["-m", "deploy.bootstrap", *given]


def test_of_an_account_only_what_is_given_is_changed(programs: Path) -> None:
    assert make(programs, "bootstrap") == ["-m", "deploy.bootstrap"]
    assert make(programs, "bootstrap", "BUDGET=500") == ["-m", "deploy.bootstrap", "Budget=500"]
    assert make(programs, "bootstrap", "FLEET_BUCKETS=") == ["-m", "deploy.bootstrap", "FleetBuckets="]


def test_the_project_is_built_in_a_folder_with_any_name(tmp_path: Path) -> None:
    """SAM, here one that says which Python it was given, has that Python fetch the layer's wheels."""
    project = tmp_path / NAME
    (project / ".venv-sam/bin").mkdir(parents=True)
    (project / ".venv-sam/bin/sam").write_text("#!/bin/sh\nprintf '%s\\0' \"$PYTHON\"\n")
    (project / ".venv-sam/bin/sam").chmod(0o755)
    (project / "functions").mkdir()
    shutil.copy(ROOT / "Makefile", project)
    command = ["make", "--silent", "--old-file=sam-check", "build"]
    given = subprocess.check_output(command, cwd=project, text=True).split("\0")
    assert given == [f"{project}/.venv-sam/bin/python", ""]


def test_the_layer_is_built_by_a_python_in_a_folder_with_any_name(programs: Path, tmp_path: Path) -> None:
    folder = tmp_path / NAME
    (folder / "built/python").mkdir(parents=True)
    python = shutil.copy(programs / "python", folder)
    given = {"PYTHON": str(python), "PYTHON313": str(python), "ARTIFACTS_DIR": str(folder / "built")}
    command = ["make", "--silent", "build-SharedLayer"]
    told = subprocess.check_output(command, cwd=ROOT / "layers/shared", env=os.environ | given, text=True)
    called = told.split("\0")
    assert called[:3] == ["-m", "pip", "install"]
    assert called[called.index("--target") + 1] == f"{folder}/built/python"
    assert called[called.index("compileall") :][-2:] == [f"{folder}/built/python", ""]
    assert (folder / "built/python/crosswalk/files.py").exists()


def test_only_the_command_line_says_where_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "x86_64-conda-linux-gnu")
    command = ["make", "--dry-run", "--old-file=.venv/.local", "start"]
    assert "HOST=127.0.0.1 " in subprocess.check_output(command, cwd=ROOT, text=True)
    assert "HOST=0.0.0.0 " in subprocess.check_output([*command, "HOST=0.0.0.0"], cwd=ROOT, text=True)


def test_clean_removes_what_git_ignores_but_not_the_users() -> None:
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    command = subprocess.check_output(["make", "--dry-run", "clean"], cwd=ROOT, text=True)
    removed = {".venv*" if word == ".venv-*" else word for word in command.split()}
    assert ignored - removed == {".postgres"}


def test_an_environment_may_be_a_link_to_another_clones(tmp_path: Path) -> None:
    git = find_program("git")
    shutil.copy(ROOT / ".gitignore", tmp_path)
    for name in (".venv", ".venv-sam", ".npm"):
        (tmp_path / name).symlink_to(ROOT)
    subprocess.run([git, "init", "--quiet"], cwd=tmp_path, check=True)
    untracked = subprocess.check_output([git, "status", "--porcelain"], cwd=tmp_path, text=True)
    assert untracked == "?? .gitignore\n"


def test_what_is_installed_is_not_linted_where_there_is_no_git(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in (".venv-policy/bin", "deploy"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.py").touch()
    command = [sys.executable, "-m", "ruff", "check", "--show-files"]
    linted = subprocess.check_output(command, cwd=tmp_path, text=True).splitlines()
    assert [Path(name).name for name in linted] == ["a.py", "pyproject.toml"]
    assert str(tmp_path / "deploy/a.py") in linted

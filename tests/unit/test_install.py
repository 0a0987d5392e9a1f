"""What fills the virtual environments: when several `make` begin at once, and with files that have their hashes."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

INSTALL = Path(__file__).parents[2] / "requirements/install.py"


def test_two_that_begin_at_once_install_once(tmp_path: Path) -> None:
    requirements = tmp_path / "none.txt"
    requirements.write_text("# nothing\n")
    stamp = tmp_path / ".venv/.installed"
    command = [sys.executable, str(INSTALL), str(stamp), str(requirements)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    results, notices = zip(*(process.communicate(timeout=120) for process in both), strict=True)
    assert [process.returncode for process in both] == [0, 0]
    assert results == ("", "")  # where the result of `make convert` goes
    assert sum("Installing" in text for text in notices) == 1
    assert (stamp.parent / "bin/pip").exists()
    assert stamp.exists()


@pytest.mark.parametrize("is_genuine", [True, False])
def test_a_file_is_only_installed_if_it_has_its_hash(tmp_path: Path, is_genuine: bool) -> None:
    wheel = tmp_path / "greeting-1.0-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("greeting.py", "")
        archive.writestr("greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
        archive.writestr(
            "greeting-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("greeting-1.0.dist-info/RECORD", "")
    digest = sha256(wheel.read_bytes() if is_genuine else b"").hexdigest()
    (tmp_path / "none.txt").write_text("# nothing\n")
    (tmp_path / "hashes.txt").write_text(f"{wheel} --hash=sha256:{digest}\n")
    stamp = tmp_path / ".venv/.installed"
    files = [str(tmp_path / name) for name in ("none.txt", "hashes.txt")]
    done = subprocess.run([sys.executable, str(INSTALL), str(stamp), *files], capture_output=True, timeout=120)
    assert (done.returncode == 0) is is_genuine
    assert stamp.exists() is is_genuine

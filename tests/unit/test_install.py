"""What fills the virtual environments, when several `make` begin at once."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_two_that_begin_at_once_install_once(tmp_path: Path) -> None:
    requirements = tmp_path / "none.txt"
    requirements.write_text("# nothing\n")
    stamp = tmp_path / ".venv/.installed"
    command = [sys.executable, str(ROOT / "requirements/install.py"), str(stamp), str(requirements)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Installing" in text for text in printed) == 1
    assert (stamp.parent / "bin/pip").exists()
    assert stamp.exists()

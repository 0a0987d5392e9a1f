"""A soak, and a table of what it found: make soak (MINUTES=60).

python -m tests.soak [MINUTES]
"""

import sys
import tempfile
from pathlib import Path

from tests.attack.report import write_table
from tests.soak.soak import soak


def main(minutes: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
        parts = soak(60 * minutes, Path(folder))
    print("\n".join(write_table(parts)))
    return int(any(part.findings for part in parts))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))

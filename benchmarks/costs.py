"""What an operation costs on Lambda, from the milliseconds that it takes here: the part `prices` of docs/costs.md.

Lambda gives a function a share of a processor by its memory: a whole one at 1769 MB, which is as much as a thread can
use. So with less memory an operation takes longer and costs the same, and with more it only costs more.
"""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.report import format_table

PAGE = Path(__file__).parent.parent / "docs/costs.md"
SIZES = (256, 512, 1024, 1769, 3008)  # MB
WHOLE_PROCESSOR = 1769
GIGABYTE_SECOND = 0.0000166667  # dollars, x86_64, us-east-1
REQUEST = 0.20 / 1e6


def find_duration(processor: float, waiting: float, memory: int) -> float:
    """Milliseconds with so much memory, of which those that only wait do not change."""
    return processor * max(1, WHOLE_PROCESSOR / memory) + waiting


def find_price(milliseconds: float, memory: int) -> float:
    """Dollars for a million, without API Gateway. Lambda bills whole milliseconds."""
    billed = max(1, -(-milliseconds // 1))
    return 1e6 * (REQUEST + billed / 1000 * memory / 1024 * GIGABYTE_SECOND)


def report(times: Mapping[str, tuple[float, float]]) -> list[str]:
    """A table of prices; `times` are milliseconds of processor time and of waiting, for each operation."""
    rows = []
    for operation, (processor, waiting) in times.items():
        durations = {memory: find_duration(processor, waiting, memory) for memory in SIZES}
        cells = [f"{find_price(duration, memory):.2f} ({duration:.1f} ms)" for memory, duration in durations.items()]
        rows.append([operation, *cells])
    return [format_table(["dollars a million", *(f"{memory} MB" for memory in SIZES)], rows)]

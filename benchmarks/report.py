"""Prints what a benchmark found, as Markdown, and with WRITE=1 puts it in its marked part of a page in docs/.

<!-- bench-streams -->
...
<!-- end of bench-streams -->
"""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.parsers import expat

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "benchmarks.md"


def is_writing() -> bool:
    """Whether the documentation is to be rewritten."""
    return os.environ.get("WRITE") == "1"


def publish(name: str, paragraphs: Iterable[str], page: Path = PAGE) -> None:
    """Print the paragraphs, behind one that says when and where; with WRITE=1 make them part `name` of the page."""
    text = "\n\n".join([describe_machine(), *paragraphs])
    print(f"\n{text}")
    if is_writing():
        replace_part(page, name, text)


def replace_part(page: Path, name: str, text: str) -> None:
    """Put a text between the marks of a page's part."""
    opening, closing = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    before, found, rest = page.read_text().partition(opening)
    _, ended, after = rest.partition(closing)
    if not found or not ended:
        raise SystemExit(f"{page} has no part {name}")
    page.write_text(before + opening + text + closing + after)


def save_picture(name: str, svg: str) -> None:
    """With WRITE=1, a picture beside the page."""
    if is_writing():
        (DOCS / name).write_text(svg)


def describe_machine() -> str:
    """When, on what, and how busy the machine was with other work."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return (
        f"*{datetime.now(UTC):%-d %B %Y}, {os.cpu_count()} cores ({model[1] if model else platform.machine()}), "
        f"Python {platform.python_version()}, {expat.EXPAT_VERSION.replace('_', ' ')}, "
        f"load {os.getloadavg()[1]:.1f} in the last five minutes.*"
    )


def format_table(columns: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1) -> str:
    """A Markdown table; the first `left` columns are words, the others figures."""
    marks = ["---" if number < left else "---:" for number in range(len(columns))]
    lines = [columns, marks, *rows]
    return "\n".join(f"| {' | '.join(format_figure(cell) for cell in line)} |" for line in lines)


def format_figure(cell: object) -> str:
    """Three digits of a number, a dash for one that there is not, and anything else as it is."""
    if not isinstance(cell, float):
        return str(cell)
    if cell != cell:
        return "–"
    return f"{cell:.0f}" if cell >= 100 else f"{cell:.1f}" if cell >= 10 else f"{cell:.2f}"


def judge(claim: str, seen: float, target: float, at_most: bool = False) -> tuple[str, str, str, str]:
    """A row of a table of targets: the claim, what was seen, the target, and whether it is met."""
    met = seen <= target if at_most else seen >= target
    bound = "at most" if at_most else "at least"
    return claim, format_figure(float(seen)), f"{bound} {target:g}", "met" if met else "**not met**"

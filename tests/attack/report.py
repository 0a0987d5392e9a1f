"""What the parts of an attack tried and found, as a table."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Part:
    """One part of an attack: how much it tried, what it found, and figures worth telling."""

    name: str
    tried: int = 0
    findings: list[str] = field(default_factory=list)
    figures: str = ""

    def expect(self, right: bool, finding: str) -> None:
        """One thing tried; a finding unless it is right."""
        self.tried += 1
        if not right:
            self.findings.append(finding)


def write_table(parts: list[Part]) -> Iterator[str]:
    """The lines of the report: each part, then each finding in full."""
    yield f"{'part':<22}{'tried':>10}{'findings':>10}  figures"
    for part in parts:
        yield f"{part.name:<22}{part.tried:>10}{len(part.findings):>10}  {part.figures}"
    for part in parts:
        for finding in part.findings:
            yield f"{part.name}: {finding}"
    yield f"{sum(len(part.findings) for part in parts)} findings"

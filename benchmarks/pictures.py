"""Draws the pictures of the documentation as SVG: lines over size or load, readable on light and on dark pages.

    draw([Panel("Memory", "MB of document", "MiB", {"ours": [(1, 40), (1000, 41)]})], "What it shows, in a sentence.")

Both axes are logarithmic, as sizes and times are. A line ends where its way failed. `draw_bars` compares a few figures.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

COLOURS = ("#3b82d4", "#d9771f", "#35a06b", "#b65fc0", "#8a8a8a", "#c94f4f")
WIDTH, HEIGHT = 400, 270  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 34, 42  # around its axes
LEGEND = 20  # a line of it
STYLE = """<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 } .page { fill: #ffffff } .grid { stroke: #d0d7de }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .page { fill: #0d1117 } .grid { stroke: #30363d } }
</style>"""


@dataclass(frozen=True)
class Panel:
    title: str
    x_name: str
    y_name: str
    lines: Mapping[str, Sequence[Point]]


class Axis:
    """A logarithmic axis: where a value stands between two ends of the picture."""

    def __init__(self, values: Iterable[float], start: float, end: float) -> None:
        known = list(values)
        self.low, self.high = math.log10(min(known)) - 0.05, math.log10(max(known)) + 0.05
        self.start, self.end = start, end

    def place(self, value: float) -> float:
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> Iterator[float]:
        """Powers of ten; where they are few, twice and five times them as well."""
        steps = (1,) if self.high - self.low > 2.5 else (1, 2, 5)
        for power in range(math.floor(self.low), math.ceil(self.high) + 1):
            for step in steps:
                if self.low <= math.log10(step * 10.0**power) <= self.high:
                    yield step * 10.0**power


def draw(panels: Sequence[Panel], description: str) -> str:
    """The panels side by side, and one legend below."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    width, height = WIDTH * len(panels), HEIGHT + LEGEND * (len(names) // 2 + len(names) % 2) + 8
    drawn = [line for number, panel in enumerate(panels) for line in draw_panel(panel, number * WIDTH, colours)]
    return frame([*drawn, *draw_legend(names, colours, width)], width, height, description)


def draw_bars(panels: Mapping[str, Mapping[str, float]], description: str) -> str:
    """A bar for each figure of each panel, by name; a panel's bars have a scale of their own."""
    height = TOP + 2 * LEGEND * max(map(len, panels.values())) + 8
    lines = []
    for left, (title, figures) in zip(range(0, WIDTH * len(panels), WIDTH), panels.items(), strict=True):
        lines.append(f'<text class="title" x="{left + RIGHT}" y="20">{escape(title)}</text>')
        for number, (name, figure) in enumerate(figures.items()):
            y = TOP + 2 * LEGEND * number
            width = (WIDTH - 90) * figure / max(figures.values())
            lines.append(f'<text x="{left + RIGHT}" y="{y + 10}">{escape(name)}</text>')
            lines.append(
                f'<rect x="{left + RIGHT}" y="{y + 15}" width="{width:.1f}" height="14" fill="{COLOURS[number]}"/>'
            )
            told = f"{figure:,.{0 if figure >= 100 else 1}f}"
            lines.append(f'<text x="{left + RIGHT + width + 6:.1f}" y="{y + 27}">{told}</text>')
    return frame(lines, WIDTH * len(panels), height, description)


def frame(lines: Iterable[str], width: float, height: float, description: str) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
            f"<title>{escape(description)}</title>",
            STYLE,
            f'<rect class="page" width="{width}" height="{height}"/>',
            *lines,
            "</svg>\n",
        ]
    )


def draw_panel(panel: Panel, left: float, colours: Mapping[str, str]) -> Iterator[str]:
    points = [point for line in panel.lines.values() for point in line]
    x_axis = Axis((x for x, _ in points), left + LEFT, left + WIDTH - RIGHT)
    y_axis = Axis((y for _, y in points), HEIGHT - BOTTOM, TOP)
    yield f'<text class="title" x="{left + LEFT}" y="20">{escape(panel.title)}</text>'
    yield f'<text x="{x_axis.end}" y="20" text-anchor="end">{escape(panel.y_name)}</text>'
    yield f'<text x="{x_axis.end}" y="{HEIGHT - 6}" text-anchor="end">{escape(panel.x_name)}</text>'
    for tick in y_axis.ticks():
        y = y_axis.place(tick)
        yield f'<line class="grid" x1="{x_axis.start}" x2="{x_axis.end}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{x_axis.start - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
    for tick in x_axis.ticks():
        yield f'<text x="{x_axis.place(tick):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{tick:g}</text>'
    for name, line in panel.lines.items():
        yield from draw_line([(x_axis.place(x), y_axis.place(y)) for x, y in line], colours[name])


def draw_line(points: Sequence[Point], colour: str) -> Iterator[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def draw_legend(names: Sequence[str], colours: Mapping[str, str], width: float) -> Iterator[str]:
    for number, name in enumerate(names):
        x, y = LEFT + number % 2 * (width - LEFT) / 2, HEIGHT + 12 + LEGEND * (number // 2)
        yield f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{colours[name]}"/>'
        yield f'<text x="{x + 12}" y="{y}">{escape(name)}</text>'

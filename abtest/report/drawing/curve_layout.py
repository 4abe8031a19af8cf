"""Where the parts of a chart of curves stand: legend, lines, the counts under them, the curves of the differences.

Labels are measured and the height follows them, so that nothing overlaps or is cut.
"""

from dataclasses import dataclass, replace

from abtest.report.drawing.style import LINE, PAD, SIZE, SMALL, TICKS, Style, text_width, wrap
from abtest.report.figures import CurvePlot, LinePanel

SAMPLE = 24.0  # a legend's line
_MAIN, _ONE, _SEVERAL = 160.0, 110.0, 84.0  # heights of the lines: of the arms, of one difference, of each of several
_GUTTER = 14.0
_TICK_WIDTH = 46.0  # left of a difference that has another on its left


@dataclass(frozen=True)
class Entry:
    """An entry of the legend: the place of its sample in points from the left and the top, and its lines."""

    x: float
    y: float
    lines: tuple[str, ...]
    arm: int


@dataclass(frozen=True)
class Box:
    """The place of a panel in points: its title's top left corner, and its lines'."""

    panel: LinePanel
    title: tuple[str, ...]
    title_left: float
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class CurveLayout:
    """All places of a chart of curves, from its own top; ``height`` is what it takes."""

    legend: tuple[Entry, ...]
    main: Box | None
    counts: tuple[tuple[float, tuple[str, ...]], ...]
    counts_title: tuple[str, ...]
    counts_top: float
    differences_title: tuple[str, ...]
    differences_top: float
    differences: tuple[Box, ...]
    height: float


def layout(plot: CurvePlot, style: Style) -> CurveLayout:
    """Return where everything stands."""
    legend, y = _legend(plot, style) if plot.panel else ((), 0.0)
    left = _left(plot, style)
    main = None
    if plot.panel:
        main = _box(plot.panel, (0.0, left), y, (style.width - 8 - left, _MAIN), style)
        y = main.top + main.height + _axis_height(plot.panel, main.width, style) + (4 if plot.counts else 0)
    counts_title: tuple[str, ...] = ()
    counts_top = y
    rows: list[tuple[float, tuple[str, ...]]] = []
    if plot.counts:
        counts_title = tuple(wrap(plot.counts_title, style.width, SMALL, style))
        y += len(counts_title) * SMALL * LINE + 2
        for row in plot.counts:
            lines = _short(wrap(row.label, left - 14, SMALL, style))
            rows.append((y, lines))
            y += len(lines) * SMALL * LINE + 1
    y += PAD if plot.panel else 0
    title = tuple(wrap(plot.differences_title, style.width, SIZE, style, bold=True)) if plot.differences_title else ()
    title_top = y
    y += len(title) * SIZE * LINE + (4 if title else 0)
    differences, y = _differences(plot, left, y, style)
    return CurveLayout(legend, main, tuple(rows), counts_title, counts_top, title, title_top, differences, y)


def split(plot: CurvePlot, style: Style, height: float) -> list[CurvePlot]:
    """Split a chart into charts at most ``height`` points tall: the arms' lines, then the differences in rows."""
    if layout(plot, style).height <= height or not plot.differences:
        return [plot]
    rest = replace(plot, panel=None, counts=(), differences=())
    parts = [replace(plot, differences=(), differences_title="")] if plot.panel else []
    panels = plot.differences
    while panels:
        taken = len(panels)
        while taken > 2 and layout(replace(rest, differences=panels[:taken]), style).height > height:
            taken = (taken - 1) // 2 * 2
        parts.append(replace(rest, differences=panels[:taken]))
        panels = panels[taken:]
    return parts


def _short(lines: list[str]) -> tuple[str, ...]:
    """Return at most two lines of a label that the legend shows as a whole."""
    return tuple(lines) if len(lines) <= 2 else (lines[0], f"{lines[1][:-1].rstrip()}…")


def _left(plot: CurvePlot, style: Style) -> float:
    """Return the width left of the lines, which the labels of the counts and of the vertical axis share."""
    longest = max((text_width(row.label, SMALL, style) for row in plot.counts), default=0.0)
    return min(max(longest + 18, 50.0), style.width * 0.22)


def _legend(plot: CurvePlot, style: Style) -> tuple[tuple[Entry, ...], float]:
    entries: list[Entry] = []
    x, y, tallest = 0.0, 0.0, 0
    for series in (series for panel in plot.lines for series in panel.series):
        lines = tuple(wrap(series.label, style.width - SAMPLE - 10, SIZE, style))
        width = SAMPLE + 6 + max(text_width(line, SIZE, style) for line in lines) + 18
        if x and x + width - 18 > style.width:
            x, y, tallest = 0.0, y + tallest * SIZE * LINE + 2, 0
        entries.append(Entry(x, y, lines, series.arm))
        tallest = max(tallest, len(lines))
        x += width
    return tuple(entries), y + tallest * SIZE * LINE + 6


def _box(panel: LinePanel, lefts: tuple[float, float], top: float, size: tuple[float, float], style: Style) -> Box:
    """Return the place of a panel under its title, which begins further left than its lines."""
    (title_left, left), (width, height) = lefts, size
    title = tuple(wrap(panel.title, width + left - title_left, SIZE, style, bold=True))
    head = len(title) * SIZE * LINE + 4 + (SMALL * LINE if panel.divider else 0)
    return Box(panel, title, title_left, left, top + head, width, height)


def _differences(plot: CurvePlot, left: float, top: float, style: Style) -> tuple[tuple[Box, ...], float]:
    """Return the places of the differences: one over the whole width, several in two columns."""
    panels = plot.differences
    if not panels:
        return (), top
    if len(panels) == 1 and not plot.differences_title:
        box = _box(panels[0], (0.0, left), top, (style.width - 8 - left, _ONE), style)
        return (box,), box.top + box.height + _axis_height(panels[0], box.width, style)
    boxes: list[Box] = []
    column = (style.width - _GUTTER) / 2
    for start in range(0, len(panels), 2):
        row = [
            _box(
                panel,
                (i * (column + _GUTTER), i * (column + _GUTTER) + _TICK_WIDTH),
                top,
                (column - _TICK_WIDTH - 6, _SEVERAL),
                style,
            )
            for i, panel in enumerate(panels[start : start + 2])
        ]
        lowest = max(box.top for box in row)
        boxes += [Box(b.panel, b.title, b.title_left, b.left, lowest, b.width, b.height) for b in row]
        top = lowest + _SEVERAL + max(_axis_height(box.panel, box.width, style) for box in row) + PAD
    return tuple(boxes), top


def _axis_height(panel: LinePanel, width: float, style: Style) -> float:
    """Return the height of the tick labels and the axis title below a panel."""
    lines = len(wrap(panel.axis, width, SMALL, style)) if panel.axis else 0
    return TICKS + lines * SMALL * LINE + (4 if lines else 0)

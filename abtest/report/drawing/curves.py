"""Draws curves: lines or steps with intervals and bands, the counts under them, the curves of the differences.

Principle: colour is never the only sign. Arms differ in markers and dashes too; what a model projects is dashed, with
hollow markers.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from abtest.report.drawing.curve_axes import INSET, divide, limits, prepare, ticks_of
from abtest.report.drawing.curve_layout import SAMPLE, Box, CurveLayout, layout
from abtest.report.drawing.style import (
    ARMS,
    INK,
    LINE,
    MUTED,
    QUIET,
    SIZE,
    SMALL,
    Frame,
    Style,
)
from abtest.report.figures import CurvePlot, LinePanel, LinePoint, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import LineStyleType

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
_DASHES: "tuple[LineStyleType, ...]" = (
    "-",
    (0, (6, 2)),
    (0, (2, 1.5)),
    (0, (7, 2, 1.5, 2)),
    (0, (10, 3)),
    (0, (4, 1)),
    (0, (1, 1)),
    (0, (8, 1, 1, 1)),
)
_PROJECTED = (0, (3, 2))
_NAN = float("nan")
_FEW = 24  # points of which each gets a mark
_BAR_ROOM = 5.0  # points that each arm's bar needs beside those of the others


@dataclass(frozen=True)
class _Canvas:
    """What a chart is drawn on: ``top`` is where its body begins, in points below the figure's top."""

    plot: CurvePlot
    style: Style
    frame: Frame
    top: float

    def text(self, x: float, y: float, text: str, **style: object) -> None:
        """Write a text at a place in points from the body's top left corner."""
        self.frame.text(self.frame.margin + x, self.top + y, text, **style)

    def colour(self, arm: int) -> str:
        """Return the colour of an arm; grey when the analysis is invalid."""
        if self.plot.warning:
            return MUTED if arm else QUIET
        return ARMS[arm % len(ARMS)]

    def dashes(self, arm: int) -> "LineStyleType":
        """Return an arm's dashes; none for steps, which they would tear up, nor where dashes mean a projection."""
        panels = (*self.plot.lines, *self.plot.differences)
        return "-" if any(panel.steps or panel.divider for panel in panels) else _DASHES[arm % len(_DASHES)]


def draw_curves(plot: CurvePlot, style: Style, frame: Frame, top: float) -> None:
    """Draw the chart's body from ``top`` points below the figure's top."""
    places, canvas = layout(plot, style), _Canvas(plot, style, frame, top)
    for entry in places.legend:
        _sample(canvas, entry.x, entry.y + SIZE * LINE / 2, entry.arm)
        for number, line in enumerate(entry.lines):
            canvas.text(entry.x + SAMPLE + 6, entry.y + (number + 0.5) * SIZE * LINE, line, va="center")
    if places.main:
        ticks = ticks_of(places.main.panel, places.main.width, plot, style)
        _panel(canvas, places.main, ticks, limits([places.main.panel]))
        _counts(canvas, places.main, places, ticks)
    for number, line in enumerate(places.differences_title):
        canvas.text(0, places.differences_top + number * SIZE * LINE, line, weight="bold", va="top")
    shared = limits(plot.differences)
    for box in places.differences:
        _panel(canvas, box, ticks_of(box.panel, box.width, None, style), shared)


def curves_height(plot: CurvePlot, style: Style) -> float:
    """Return the height of the chart's body in points."""
    return layout(plot, style).height


def _sample(canvas: _Canvas, x: float, y: float, arm: int) -> None:
    """Draw the legend's piece of an arm's line."""
    from matplotlib.lines import Line2D

    frame = canvas.frame
    across = [(frame.margin + x + part) / frame.width for part in (0, SAMPLE / 2, SAMPLE)]
    line = Line2D(
        across,
        [1 - (canvas.top + y) / frame.height] * 3,
        color=canvas.colour(arm),
        linewidth=1.6,
        linestyle=canvas.dashes(arm),
        marker=_MARKERS[arm % len(_MARKERS)],
        markevery=[1],
        markersize=4.5,
        transform=frame.figure.transFigure,
    )
    frame.figure.add_artist(line)


def _panel(canvas: _Canvas, box: Box, ticks: Sequence[float], shown: tuple[float, float]) -> None:
    panel, frame = box.panel, canvas.frame
    head = box.top - len(box.title) * SIZE * LINE - 4 - (SMALL * LINE if panel.divider else 0)
    for number, line in enumerate(box.title):
        canvas.text(box.title_left, head + number * SIZE * LINE, line, weight="bold", va="top")
    axes = frame.axes(frame.margin + box.left, canvas.top + box.top, box.width, box.height)
    prepare(axes, box, canvas.style, ticks, shown)
    several = len(panel.series)
    low, high = axes.get_xlim()
    for order, series in enumerate(panel.series):
        shift = (order - (several - 1) / 2) * _BAR_ROOM / box.width * (high - low) if panel.bars else 0.0
        _line(canvas, axes, series, panel, shift=shift, ticks=ticks)
    if panel.divider:
        divide(axes, panel, box, canvas.style)


def _line(
    canvas: _Canvas, axes: "Axes", series: Series, panel: LinePanel, *, shift: float, ticks: Sequence[float]
) -> None:
    """Draw a line with its band and its intervals, which are bars where there is room and a darker band elsewhere."""
    colour = canvas.colour(series.arm)
    marker = _MARKERS[series.arm % len(_MARKERS)]
    light, dark = (0.09, 0.14) if len(panel.series) > 2 else (0.14, 0.2)
    for run in _runs(series.points):
        x, y = [point.x + (shift if point.x else 0.0) for point in run], [point.y or 0.0 for point in run]
        _fill(axes, x, [(p.band_low, p.band_high) for p in run], colour, alpha=light, steps=panel.steps)
        if panel.bars:
            _bars(axes, run, x, colour)
        for projected in dict.fromkeys(point.projected for point in run):
            part = _part([point.projected for point in run], projected)
            if not panel.bars:
                own = [(p.low, p.high) for p in run[part]]
                _fill(axes, x[part], own, colour, alpha=dark, steps=panel.steps, hatched=projected)
            axes.plot(
                x[part],
                y[part],
                color=colour,
                linewidth=1.6,
                linestyle=_PROJECTED if projected else canvas.dashes(series.arm),
                drawstyle="steps-post" if panel.steps else "default",
                zorder=4,
            )
            marked = [i for i, p in enumerate(run) if p.projected == projected and _marked(p, run, panel, ticks)]
            axes.plot(
                [x[i] for i in marked],
                [y[i] for i in marked],
                linestyle="",
                marker=marker,
                markersize=4.5,
                color=colour,
                markerfacecolor="white" if projected else colour,
                zorder=5,
            )


def _marked(point: LinePoint, run: Sequence[LinePoint], panel: LinePanel, ticks: Sequence[float]) -> bool:
    """Whether a point gets a mark: all where they have room for bars, else those above a tick."""
    return panel.bars or point.x in ticks or len(run) == 1 or (panel.divider is not None and len(run) <= _FEW)


def _bars(axes: "Axes", run: Sequence[LinePoint], x: Sequence[float], colour: str) -> None:
    """Draw the points' own intervals, those of a projection dotted."""
    for projected, dashes in ((False, "-"), (True, (0, (1, 1)))):
        found = [
            (place, p.low, p.high)
            for p, place in zip(run, x, strict=True)
            if p.projected == projected and p.low is not None and p.high is not None and p.high > p.low
        ]
        if found:
            places, low, high = zip(*found, strict=True)
            axes.vlines(places, low, high, color=colour, linewidth=1.1, linestyle=dashes, zorder=3)


def _part(projected: Sequence[bool], kind: bool) -> slice:
    """Return the observed part of a line, or the projected one with the point that it starts from."""
    first = projected.index(True) if True in projected else len(projected)
    return slice(max(first - 1, 0), len(projected)) if kind else slice(0, first)


def _runs(points: Sequence[LinePoint]) -> Iterator[list[LinePoint]]:
    """Return the unbroken stretches of a line."""
    for known, run in groupby(points, key=lambda point: point.y is not None):
        if known:
            yield list(run)


def _fill(
    axes: "Axes",
    x: Sequence[float],
    bounds: Sequence[tuple[float | None, float | None]],
    colour: str,
    *,
    alpha: float,
    steps: bool,
    hatched: bool = False,
) -> None:
    """Shade between bounds wherever two neighbours have both; a single point gets a wide bar."""
    known = [(low, high) if low is not None and high is not None else (_NAN, _NAN) for low, high in bounds]
    low, high = [pair[0] for pair in known], [pair[1] for pair in known]
    if all(math.isnan(bound) for bound in low):
        return
    if len(x) == 1:
        axes.plot(
            [x[0]] * 2, [low[0], high[0]], color=colour, alpha=alpha, linewidth=9, solid_capstyle="butt", zorder=1
        )
        return
    axes.fill_between(
        x,
        low,
        high,
        facecolor="none" if hatched else colour,
        edgecolor=colour,
        alpha=3 * alpha if hatched else alpha,
        linewidth=0.4 if hatched else 0.0,
        hatch="////" if hatched else None,
        step="post" if steps else None,
        zorder=1,
    )


def _counts(canvas: _Canvas, box: Box, places: CurveLayout, ticks: Sequence[float]) -> None:
    """Print the counts of each arm below the ticks of the lines' ``box``."""
    plot = canvas.plot
    found = [point.x for series in box.panel.series for point in series.points] or [0.0, 1.0]
    low, high = min(found), max(found)
    for number, line in enumerate(places.counts_title):
        canvas.text(0, places.counts_top + number * SMALL * LINE, line, va="top", fontsize=SMALL, color=QUIET)
    for row, (y, lines) in zip(plot.counts, places.counts, strict=True):
        for number, line in enumerate(lines):
            canvas.text(0, y + number * SMALL * LINE, line, va="top", fontsize=SMALL, color=canvas.colour(row.arm))
        for x, text in row.counts:
            if x in ticks:
                share = (x - low) / (high - low) if high > low else 0.5
                middle = box.left + INSET + share * (box.width - 2 * INSET)
                canvas.text(middle, y, text, ha="center", va="top", fontsize=SMALL, color=INK)

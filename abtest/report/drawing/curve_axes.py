"""The axes of charts of curves: their limits, what is named on them, and the line before a projection."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from abtest.report.drawing.curve_layout import Box
from abtest.report.drawing.style import GRID, INK, QUIET, RULE, SMALL, WHITE, Style, text_width, wrap
from abtest.report.figures import CurvePlot, LinePanel, LinePoint, chosen
from abtest.words.numbers import Numbers, Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INSET = 12.0  # points between an axis's ends and the first and last place on it
_ZERO = 4.0  # an axis starts at 0 where its lowest point is no higher than this part of the highest
_FARTHEST = 5.0  # how many typical half-widths an interval may lead beyond all estimates before it is clipped


def clips(plot: CurvePlot) -> bool:
    """Whether an interval or band of the chart goes on beyond it."""
    for panels in (plot.lines, plot.differences):
        low, high = limits(panels)
        if any(not low <= bound <= high for point in _points(panels) for bound in _bounds(point)):
            return True
    return False


def limits(panels: Sequence[LinePanel]) -> tuple[float, float]:
    """Return the limits of the vertical axis that the panels share.

    They show every estimate, and every interval and band that does not lead far beyond the others. Shares stay within
    0 and 100 %. The axis starts at 0 where that costs little of it.
    """
    points = _points(panels)
    values = [point.y for point in points if point.y is not None]
    bounds = [bound for point in points for bound in _bounds(point)]
    zero = any(panel.zero for panel in panels)
    if not values:
        return (-1.0, 1.0) if zero else (0.0, 1.0)
    halves = [(p.band_high - p.band_low) / 2 for p in points if p.band_high is not None and p.band_low is not None]
    halves = halves or [(p.high - p.low) / 2 for p in points if p.high is not None and p.low is not None]
    halves = [half for half in halves if half > 0]
    reach = _FARTHEST * median(halves) if halves else 0.0
    low = max(min([*values, *bounds]), min(values) - reach)
    high = min(max([*values, *bounds]), max(values) + reach)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    elif 0 < low <= high / _ZERO:
        low = 0.0
    pad = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
    percent = any(panel.percent for panel in panels)
    bottom = 0.0 if low == 0 and not zero else low - pad
    top = high + pad
    return (max(bottom, 0.0), min(top, 100.0 + 0.03 * (100 - bottom))) if percent else (bottom, top)


def _points(panels: Sequence[LinePanel]) -> list[LinePoint]:
    return [point for panel in panels for series in panel.series for point in series.points]


def _bounds(point: LinePoint) -> list[float]:
    return [b for b in (point.low, point.high, point.band_low, point.band_high) if b is not None]


def ticks_of(panel: LinePanel, width: float, plot: CurvePlot | None, style: Style) -> list[float]:
    """Return the places on the horizontal axis to name: as many as fit, with the counts below them."""
    numbers = Numbers(style.language)
    found = sorted({point.x for series in panel.series for point in series.points})
    rows = plot.counts if plot else ()
    counted = {
        x: max(text_width(t, SMALL, style) for row in rows for y, t in row.counts if y == x)
        for row in rows
        for x, _ in row.counts
    }
    if not found:
        return []
    span = (found[-1] - found[0]) or 1.0
    for step in panel.strides:
        shown = [found[i] for i in chosen(found, step)]
        widths = [max(counted.get(x, 0.0), text_width(tick_label(numbers, x), SMALL, style)) + 7 for x in shown]
        gaps = [(b - a) / span * (width - 2 * INSET) for a, b in pairwise(shown)]
        if all(gap >= (a + b) / 2 for gap, (a, b) in zip(gaps, pairwise(widths), strict=True)):
            return shown
    return found[-1:]


def tick_label(numbers: Numbers, x: float) -> str:
    """Return a place on the horizontal axis as text."""
    return numbers.plain(x, 0 if abs(x - round(x)) < 1e-9 else 1)


def prepare(axes: "Axes", box: Box, style: Style, ticks: Sequence[float], shown: tuple[float, float]) -> None:
    """Set limits, ticks and grid."""
    from matplotlib.ticker import MaxNLocator

    panel, numbers = box.panel, Numbers(style.language)
    found = [point.x for series in panel.series for point in series.points] or [0.0, 1.0]
    low, high = min(found), max(found)
    pad = INSET * (high - low) / (box.width - 2 * INSET) if high > low else 0.5
    axes.set_xlim(low - pad, high + pad)
    axes.set_xticks(list(ticks))
    axes.set_xticklabels([tick_label(numbers, x) for x in ticks])
    axes.set_ylim(*shown)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=max(4, int(box.height // 22)), steps=[1, 2, 2.5, 5, 10]))
    marks = [tick for tick in axes.get_yticks() if shown[0] <= tick <= shown[1]]
    decimals = next((d for d in range(7) if all(abs(round(t, d) - t) < 1e-9 * max(1, abs(t)) for t in marks)), 6)
    scale = Scale(1, decimals, "number.percent" if panel.percent else None)
    axes.set_yticks(marks)
    axes.set_yticklabels([numbers.quantity(tick, scale, signed=panel.zero) for tick in marks])
    axes.tick_params(axis="y", color=RULE, labelcolor=QUIET, labelsize=SMALL, length=0, pad=4)
    axes.grid(axis="y", color=GRID, linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    if panel.zero:
        axes.axhline(0, color=INK, linewidth=1, zorder=2)
    if panel.axis:
        lines = wrap(panel.axis, box.width, SMALL, style)
        axes.set_xlabel("\n".join(lines), fontsize=SMALL, color=QUIET, labelpad=3)


def divide(axes: "Axes", panel: LinePanel, box: Box, style: Style) -> None:
    """Draw the line before a projection with a word on each side of it; nothing where the panel has none."""
    divider = panel.divider
    if divider is None:
        return
    axes.axvline(divider.x, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=2)
    low, high = axes.get_xlim()
    place = (divider.x - low) / (high - low) * box.width
    for text, align, offset in ((f"← {divider.left}", "right", -4.0), (f"{divider.right} →", "left", 4.0)):
        size = text_width(text, SMALL, style)
        x = place + offset
        x = max(x, size) if align == "right" else min(x, box.width - size)
        axes.annotate(
            text,
            (x / box.width, 1.0),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            ha=align,
            va="center",
            fontsize=SMALL,
            color=QUIET,
            bbox=WHITE,
        )

"""Dots with intervals and the axes they stand on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from abtest.report.blocks import Line, Mark, Panel, Plot
from abtest.report.drawing.style import (
    ARMS,
    GRID,
    HINT,
    HINT_SHARE,
    INK,
    MUTED,
    PAD,
    QUIET,
    SMALL,
    TONES,
    WHITE,
    Style,
    text_width,
    wrap,
)
from abtest.words.numbers import Numbers, Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FARTHEST = 4.0
"""How many times as wide as without it an axis may be for a level to be drawn on it."""


def draw_mark(axes: "Axes", mark: Mark, y: float, colour: str) -> None:
    """Draw a dot with its interval; an arrow, after a thinner line where there is no bound, stands where it goes on."""
    left, right = axes.get_xlim()
    if mark.estimate is None and mark.low is None and mark.high is None:
        return
    low = left if mark.low is None else mark.low
    high = right if mark.high is None else mark.high
    if mark.estimate is None or (mark.low, mark.high) != (None, None):
        for start, end, bounded in _strokes(mark, max(low, left), min(high, right)):
            stroke = 2.0 if bounded else 1.0
            axes.plot([start, end], [y, y], color=colour, linewidth=stroke, solid_capstyle="butt", zorder=3)
        for bound, edge, sign in ((low, left, "<"), (high, right, ">")):
            beyond = bound <= edge if sign == "<" else bound >= edge
            if beyond:
                axes.plot([edge], [y], marker=sign, markersize=6, color=colour, clip_on=False, zorder=4)
            else:
                axes.plot([bound], [y], marker="|", markersize=7, markeredgewidth=1.6, color=colour, zorder=3)
    if mark.estimate is not None and left <= mark.estimate <= right:
        face = colour if mark.closed else "white"
        axes.plot(
            [mark.estimate],
            [y],
            marker="o",
            markersize=7,
            color=colour,
            markerfacecolor=face,
            markeredgewidth=1.5,
            zorder=5,
        )


def _strokes(mark: Mark, low: float, high: float) -> list[tuple[float, float, bool]]:
    """Return the parts of an interval's line from ``low`` to ``high``, and whether each ends in a bound."""
    middle = mark.estimate
    if middle is None or not is_open(mark):
        return [(low, high, True)]
    middle = min(max(middle, low), high)
    return [(low, middle, mark.low is not None), (middle, high, mark.high is not None)]


def prepare_axis(axes: "Axes", panel: Panel, marks: Sequence[Mark], width: float, style: Style) -> None:
    """Set the limits, ticks, grid, title and hints of a panel's axis."""
    from matplotlib.ticker import MaxNLocator

    low, high = _limits(panel, marks)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=max(2, min(6, int(width // 44))), steps=[1, 2, 5, 10]))
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    decimals = next((d for d in range(7) if all(abs(round(t, d) - t) < 1e-9 * max(1, abs(t)) for t in ticks)), 6)
    numbers = Numbers(style.language)
    if not any(bound is not None for mark in marks for bound in (mark.low, mark.estimate, mark.high)):
        ticks = []  # nothing to read off
    scale = Scale(1, decimals, "number.percent" if panel.percent else None)

    def label(tick: float) -> str:
        return numbers.quantity(tick, scale, signed=panel.zero)

    def fits(tick: float) -> bool:
        half = text_width(label(tick), SMALL, style) / 2
        place = (tick - low) / (high - low) * width
        return half - PAD <= place <= width + PAD - half

    ticks = [tick for tick in ticks if fits(tick)]
    axes.set_xticks(ticks)
    axes.set_xticklabels([label(tick) for tick in ticks])
    axes.grid(axis="x", color=GRID, linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    if panel.zero:
        axes.axvline(0, color=INK, linewidth=1, zorder=2)
    for row, line in enumerate(panel.lines):
        _draw_line(axes, line, row, width, style)
    if panel.axis:
        lines = wrap(panel.axis, width, SMALL, style)
        axes.set_xlabel("\n".join(lines), fontsize=SMALL, color=QUIET, labelpad=3)
    if panel.hints:
        offset = 5 / width * (high - low)
        for text, x, align in ((f"← {panel.hints[0]}", -offset, "right"), (f"{panel.hints[1]} →", offset, "left")):
            axes.text(x, HINT / 2 - 1, text, ha=align, va="center", fontsize=SMALL, color=QUIET)


def _draw_line(axes: "Axes", line: Line, row: int, width: float, style: Style) -> None:
    """Draw a level with its label over it; one far off the axis is an arrow in its direction."""
    low, high = axes.get_xlim()
    y = HINT * (row + 0.5) - 1
    label = line.label
    if low <= line.value <= high:
        bottom = axes.get_ylim()[0]
        dashes = (0, (1, 2)) if line.dotted else (0, (4, 3))
        axes.plot([line.value] * 2, [y + HINT / 2, bottom], color=QUIET, linewidth=0.9, linestyle=dashes, zorder=1)
    else:
        label = f"← {label}" if line.value < low else f"{label} →"
    share = (min(max(line.value, low), high) - low) / (high - low) * width
    half = text_width(label, SMALL, style) / 2
    middle = min(max(share, half), width - half) if 2 * half < width else width / 2
    place = low + middle / width * (high - low)
    axes.text(place, y, label, ha="center", va="center", fontsize=SMALL, color=QUIET, bbox=WHITE, zorder=2)


def head_room(panel: Panel) -> float:
    """Return the height over a panel's first row: for its hints, or for the labels of its lines."""
    return max(HINT if panel.hints else 0.0, HINT * len(panel.lines), 2.0)


def _limits(panel: Panel, marks: Sequence[Mark]) -> tuple[float, float]:
    """Return axis limits that show every estimate, and every interval and level that is not far beyond the others."""
    estimates = [mark.estimate for mark in marks if mark.estimate is not None]
    bounds = [bound for mark in marks for bound in (mark.low, mark.high) if bound is not None]
    points = estimates + bounds + [point for mark in marks for point in _open_end(mark)]
    if not points:
        return (-1.0, 1.0) if panel.zero else (0.0, 1.0)
    low, high = min(points), max(points)
    reach = _reach(panel, marks)
    if panel.zero:
        low, high = min(low, 0.0), max(high, 0.0)
        if reach is not None:
            low, high = max(low, -reach), min(high, reach)
    for line in panel.lines:
        wider = min(low, line.value), max(high, line.value)
        if wider[1] - wider[0] <= FARTHEST * (high - low):
            low, high = wider
    pad = 0.08 * (high - low) or abs(high) * 0.1 or 1.0
    low, high = low - pad, high + pad
    if panel.hints:  # room for the words on both sides of 0
        low, high = min(low, -HINT_SHARE * high), max(high, HINT_SHARE * -low)
    return low, high


def _open_end(mark: Mark) -> list[float]:
    """Return a point on the open side of a mark with one bound, as far from the estimate as the bound."""
    if mark.estimate is None or not is_open(mark):
        return []
    bound = mark.high if mark.low is None else mark.low
    return [] if bound is None else [2 * mark.estimate - bound]


def _reach(panel: Panel, marks: Sequence[Mark]) -> float | None:
    """Return how far from 0 an axis of effects goes: all estimates, and five times the typical interval bound."""
    bounds = sorted(abs(b) for mark in marks for b in (mark.low, mark.high) if b is not None)
    if not panel.zero or not bounds:
        return None
    estimates = [abs(mark.estimate) for mark in marks if mark.estimate is not None]
    typical = bounds[len(bounds) // 2]
    return max(5 * typical, 1.25 * max(estimates, default=0.0))


def clipped(panel: Panel) -> bool:
    """Whether an interval of the panel goes on beyond its axis."""
    marks = [mark for group in panel.groups for mark in group.marks]
    low, high = _limits(panel, marks)
    return any(not low <= bound <= high for mark in marks for bound in (mark.low, mark.high) if bound is not None)


def is_open(mark: Mark) -> bool:
    """Whether the mark has one bound only."""
    return (mark.low is None) != (mark.high is None)


def colour_of(mark: Mark, plot: Plot, fallback: Mark | None = None) -> str:
    """Return the colour of a mark: its arm's (``fallback`` may know the arm), else its tone's; grey when invalid."""
    if plot.warning:
        return MUTED if mark.arm != 0 else QUIET
    if mark.arm is not None:
        return ARMS[mark.arm % len(ARMS)]
    if fallback is not None and fallback.arm is not None:
        return ARMS[fallback.arm % len(ARMS)]
    return TONES[mark.tone]

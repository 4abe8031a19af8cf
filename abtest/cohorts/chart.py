"""The cohort triangle as a picture: each row a cohort, each column a period since its first event.

Principles: one hue from light to dark, which reads alike with and without colour vision and in grey; a cell that is
still running is hatched; numbers stand in the cells while they are legible, else the colours and their scale speak.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abtest.cohorts.result import Cohort, Retention
from abtest.cohorts.tables import NUMBERS
from abtest.report.drawing.fonts import fonts_for
from abtest.report.drawing.style import (
    INK,
    LINE,
    MARGIN,
    POINT,
    QUIET,
    SIZE,
    SMALL,
    Style,
    picture,
    text_width,
    wrap,
)
from abtest.words.language import ENGLISH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

COLOURS = ("#eef4f8", "#b8d8ea", "#5ba7d1", "#0072b2", "#063a5f")
"""From 0 to the top of the scale."""
TITLE = 12.0
LEAST_CELL = 17.0
"""Points that a cell must be wide for its number."""
MOST_CELLS = 120
"""Cohorts or periods beyond which the picture shows the latest cohorts, and the first periods, only."""
WIDEST = 1_020.0
_TALL, _FLAT = 17.0, 7.0
_DARK = 0.58
"""Share of the colour scale from which on a number is white."""


@dataclass(frozen=True)
class _Layout:
    """Sizes in points. ``cell`` is a cell's width, ``row`` its height; ``numbers``: the cells hold them."""

    width: float
    height: float
    top: float
    left: float
    cell: float
    row: float
    columns: int
    numbers: bool
    head: tuple[tuple[str, float, str, str], ...]
    foot: tuple[str, ...]


def heatmap(result: Retention) -> bytes:
    """Return the triangle as a PNG; two runs give the same bytes."""
    style = Style(ENGLISH, fonts_for([_source(result)]).families, standalone=True)
    return picture(lambda: _figure(result, style), style, "png", **{"hatch.linewidth": 0.6})


def _source(result: Retention) -> str:
    where = f", {result.asked.where}" if result.asked.where else ""
    # The folders that hold a file are no news to the reader of a picture.
    name = re.split(r"[/\\\\]", result.data.source)[-1]
    return f"{name}{where}"


def _figure(result: Retention, style: Style) -> "Figure":
    from matplotlib.figure import Figure

    cohorts = result.cohorts[-MOST_CELLS:]
    layout = _layout(result, cohorts, style)
    figure = Figure(figsize=(layout.width * POINT, layout.height * POINT), facecolor="white")
    y = MARGIN
    for text, size, weight, colour in layout.head:
        _write(figure, layout, MARGIN, y, text, fontsize=size, weight=weight, color=colour, va="top")
        y += size * LINE
    box = (
        layout.left / layout.width,
        1 - (layout.top + layout.row * len(cohorts)) / layout.height,
        layout.cell * layout.columns / layout.width,
        layout.row * len(cohorts) / layout.height,
    )
    axes = figure.add_axes(box)
    _cells(axes, cohorts, layout)
    _labels(figure, result, cohorts, layout)
    bottom = layout.top + layout.row * len(cohorts) + 12
    _scale(figure, cohorts, layout, bottom)
    y = bottom + 30
    for line in layout.foot:
        _write(figure, layout, MARGIN, y, line, fontsize=SMALL, color=QUIET, va="top")
        y += SMALL * LINE
    return figure


def _layout(result: Retention, cohorts: tuple[Cohort, ...], style: Style) -> _Layout:
    by = result.asked.by
    # Column 0 is 100 % by definition; the size beside the label says it better.
    columns = min(max(max((len(cohort.active) for cohort in cohorts), default=1) - 1, 1), MOST_CELLS)
    labels = max((text_width(cohort.label, SMALL, style) for cohort in cohorts), default=20)
    sizes = max((text_width(NUMBERS.count(cohort.size), SMALL, style) for cohort in cohorts), default=20)
    left = MARGIN + labels + 10 + max(sizes, text_width("customers", SMALL, style)) + 8
    room = style.width + MARGIN - left
    cell = min(max(room / columns, LEAST_CELL), 34.0)
    numbers = left + cell * columns + MARGIN <= WIDEST
    if not numbers:
        cell = max((WIDEST - MARGIN - left) / columns, 3.0)
    row = _TALL if numbers else max(_FLAT, min(_TALL, cell))
    width = max(style.width + 2 * MARGIN, left + cell * columns + MARGIN)
    inner = width - 2 * MARGIN
    subtitle = (
        f"Share of each cohort (customers by {by} of their first event) with an event so many {by}s later, in percent. "
        f"Data: {_source(result)}."
    )
    head = [(line, TITLE, "bold", INK) for line in wrap("Retention by cohort", inner, TITLE, style, bold=True)]
    head += [(line, SIZE, "normal", QUIET) for line in wrap(subtitle, inner, SIZE, style)]
    foot: list[str] = []
    for sentence in _foot(result, cohorts):
        foot += wrap(sentence, inner, SMALL, style)
    top = MARGIN + sum(size * LINE for _, size, _, _ in head) + 34
    height = top + row * len(cohorts) + 12 + 30 + len(foot) * SMALL * LINE + MARGIN
    return _Layout(width, height, top, left, cell, row, columns, numbers, tuple(head), tuple(foot))


def _foot(result: Retention, cohorts: tuple[Cohort, ...]) -> list[str]:
    foot = [_active(result)]
    if any(cohort.last_incomplete for cohort in cohorts):
        foot.append(
            f"Hatched: {result.periods[-1].label}, which is still running (data to {result.data.through[:10]})."
        )
    if len(cohorts) < len(result.cohorts):
        foot.append(f"The latest {len(cohorts)} of {len(result.cohorts)} cohorts; triangle.csv holds all.")
    return foot


def _active(result: Retention) -> str:
    asked = result.asked
    return f"A cell counts customers with at least one event in the {asked.by} (local dates in {asked.timezone})."


def _colours() -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("retention", list(COLOURS))


def _top_share(cohorts: tuple[Cohort, ...]) -> float:
    """Return the share at the top of the colour scale: the largest, on a round figure."""
    largest = max((share for cohort in cohorts for share in cohort.shares[1:]), default=0.0)
    return next((step / 100 for step in (5, 10, 20, 30, 40, 50, 60, 80) if largest <= step / 100), 1.0)


def _cells(axes: "Axes", cohorts: tuple[Cohort, ...], layout: _Layout) -> None:
    from matplotlib.patches import Rectangle

    colours = _colours()
    top = _top_share(cohorts)
    axes.set_xlim(0, layout.columns)
    axes.set_ylim(len(cohorts), 0)
    axes.set_axis_off()
    gap = 0.03 if layout.numbers else 0.0
    for row, cohort in enumerate(cohorts):
        for since, share in list(enumerate(cohort.shares))[1 : layout.columns + 1]:
            depth = share / top
            running = cohort.last_incomplete and since == len(cohort.active) - 1
            white = depth >= _DARK
            axes.add_patch(
                Rectangle(
                    (since - 1 + gap, row + gap),
                    1 - 2 * gap,
                    1 - 2 * gap,
                    facecolor=(*colours(depth)[:3], 0.4 if running else 1.0),
                    edgecolor=QUIET,
                    linewidth=0,
                    hatch="////" if running else None,
                )
            )
            if layout.numbers:
                axes.text(
                    since - 0.5,
                    row + 0.52,
                    f"{100 * share:.0f}",
                    ha="center",
                    va="center",
                    fontsize=SMALL,
                    color=INK if running or not white else "white",
                    **({"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.8}} if running else {}),
                )


def _labels(figure: "Figure", result: Retention, cohorts: tuple[Cohort, ...], layout: _Layout) -> None:
    """Write the cohorts with their sizes, and the periods since; where they are dense, every so many."""
    small: dict[str, object] = {"fontsize": SMALL, "va": "center"}
    head = layout.top - 8
    _write(figure, layout, MARGIN, head, "cohort", color=QUIET, **small)
    _write(figure, layout, layout.left - 8, head, "customers", color=QUIET, ha="right", **small)
    every = next(step for step in (1, 2, 5, 10, 20) if step * layout.row >= 9)
    for row, cohort in enumerate(cohorts):
        if row % every == 0:
            y = layout.top + (row + 0.5) * layout.row
            _write(figure, layout, MARGIN, y, cohort.label, color=INK, **small)
            _write(figure, layout, layout.left - 8, y, NUMBERS.count(cohort.size), color=QUIET, ha="right", **small)
    step = next(step for step in (1, 2, 5, 10, 20) if step * layout.cell >= 14)
    for since in range(1, layout.columns + 1):
        if since == 1 or since % step == 0:
            x = layout.left + (since - 0.5) * layout.cell
            _write(figure, layout, x, head, str(since), color=QUIET, ha="center", **small)
    _write(figure, layout, layout.left, head - 13, f"{result.asked.by}s since the first event", color=QUIET, **small)


def _scale(figure: "Figure", cohorts: tuple[Cohort, ...], layout: _Layout, y: float) -> None:
    """Draw the colour scale with its ends and middle named."""
    import numpy as np

    width, top = 130.0, _top_share(cohorts)
    axes = figure.add_axes(
        (layout.left / layout.width, 1 - (y + 7) / layout.height, width / layout.width, 7 / layout.height)
    )
    axes.imshow(np.linspace(0, 1, 128)[np.newaxis, :], aspect="auto", cmap=_colours())
    axes.set_axis_off()
    for place in (0.0, 0.5, 1.0):
        text = NUMBERS.share(place * top)
        align = {0.0: "left", 0.5: "center", 1.0: "right"}[place]
        _write(
            figure, layout, layout.left + place * width, y + 10, text, fontsize=SMALL, color=QUIET, va="top", ha=align
        )


def _write(figure: "Figure", layout: _Layout, x: float, y: float, text: str, **style: object) -> None:
    figure.text(x / layout.width, 1 - y / layout.height, text, **style)  # type: ignore[arg-type]

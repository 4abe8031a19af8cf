"""Draws plots with matplotlib: as PNG that stands alone, and as SVG for the PDF.

Principles: colour is never the only sign; text stays text in SVG; nothing global is changed; two runs give the same
bytes.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from abtest.report.blocks import Panel, Plot
from abtest.report.drawing.curve_axes import clips
from abtest.report.drawing.curves import curves_height, draw_curves
from abtest.report.drawing.marks import clipped, is_open
from abtest.report.drawing.rows import body_height, panel_height, side_by_side, stacked
from abtest.report.drawing.style import (
    INK,
    LINE,
    MARGIN,
    PAD,
    POINT,
    QUIET,
    SIZE,
    SMALL,
    Frame,
    Style,
    picture,
    wrap,
)
from abtest.report.figures import CurvePlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(plot: Plot | CurvePlot, style: Style, kind: Literal["png", "svg"]) -> bytes:
    """Return the plot as a PNG or an SVG file."""
    return picture(lambda: figure_of(plot, style), style, kind)


def pages(plot: Plot, style: Style, height: float) -> list[Plot]:
    """Split a plot into plots that are at most ``height`` points tall where their groups allow it."""
    parts: list[list[Panel]] = [[]]
    used = 0.0
    for panel in plot.panels:
        for group in [panel] if plot.columns else _pieces(panel):
            need = panel_height(group, plot, style)
            if parts[-1] and used + need > height and not plot.columns:
                parts.append([])
                used = 0.0
            if parts[-1] and parts[-1][-1].title == panel.title and not plot.columns and panel.zero:
                last = parts[-1].pop()
                parts[-1].append(replace(last, groups=last.groups + group.groups))
            else:
                parts[-1].append(group)
            used += need
    return [replace(plot, panels=tuple(part)) for part in parts]


def _pieces(panel: Panel) -> list[Panel]:
    return [replace(panel, groups=(group,)) for group in panel.groups]


def figure_of(plot: Plot | CurvePlot, style: Style) -> "Figure":
    """Return the plot as a figure, laid out in points; it takes fonts from the settings that :func:`draw` makes."""
    from matplotlib.figure import Figure

    head = _head(plot, style) if style.standalone else []
    head_height = sum(size * LINE for _, size, _, _ in head) + (PAD * 1.5 if head else 0)
    margin = MARGIN if style.standalone else 0.0
    body = curves_height(plot, style) if isinstance(plot, CurvePlot) else body_height(plot, style)
    foot = _foot(plot, style)
    foot_height = sum(SMALL * LINE for _ in foot) + (6 if foot else 0)
    width, height = style.width + 2 * margin, head_height + body + foot_height + 2 * margin
    figure = Figure(figsize=(width * POINT, height * POINT), facecolor="white")
    y = margin
    for text, size, weight, colour in head:
        figure.text(
            margin / width, 1 - y / height, text, fontsize=size, weight=weight, color=colour, va="top", ha="left"
        )
        y += size * LINE
    y = margin + head_height
    frame = Frame(figure, width, height, margin)
    if isinstance(plot, CurvePlot):
        draw_curves(plot, style, frame, y)
    elif plot.columns:
        side_by_side(plot, style, frame, y)
    else:
        for panel in plot.panels:
            y = stacked(panel, plot, style, frame, y)
    y = margin + head_height + body + 6
    for line in foot:
        figure.text(margin / width, 1 - y / height, line, fontsize=SMALL, color=QUIET, va="top", ha="left")
        y += SMALL * LINE
    return figure


def _head(plot: Plot | CurvePlot, style: Style) -> list[tuple[str, float, str, str]]:
    lines = [(line, 12.0, "bold", INK) for line in wrap(plot.title, style.width, 12, style, bold=True)]
    lines += [(line, SIZE, "normal", QUIET) for line in wrap(plot.subtitle, style.width, SIZE, style)]
    if plot.warning:
        lines.append((plot.warning, 10.0, "bold", "#b42318"))
    return lines


def _foot(plot: Plot | CurvePlot, style: Style) -> list[str]:
    if isinstance(plot, CurvePlot):
        # On a page, the note stands under the chart as text.
        notes = [*([plot.note] if style.standalone else []), *([plot.clipped] if clips(plot) else [])]
        return wrap(" ".join(notes), style.width, SMALL, style) if notes else []
    opened = any(is_open(mark) for panel in plot.panels for group in panel.groups for mark in group.marks)
    arrows = opened or any(clipped(panel) for panel in plot.panels)
    return wrap(plot.note, style.width, SMALL, style) if arrows or not plot.panels else []

"""Where the rows of a chart stand: panels side by side over the same rows, or panels below each other.

Label widths are measured and the height follows the rows, so that nothing overlaps or is cut.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abtest.report.blocks import Mark, Panel, Plot
from abtest.report.drawing.marks import colour_of, draw_mark, head_room, prepare_axis
from abtest.report.drawing.style import (
    GAP,
    INK,
    LINE,
    MARGIN,
    PAD,
    QUIET,
    SIZE,
    SMALL,
    TICKS,
    WHITE,
    Frame,
    Style,
    text_width,
    wrap,
    write_lines,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class _Row:
    """A row of a panel: a heading or a mark, ``y`` points below the panel's top to its middle."""

    y: float
    height: float
    heading: str = ""
    mark: Mark | None = None


# Side by side: the values and the differences of the same arms. -------------------------------------------------


def side_by_side(plot: Plot, style: Style, frame: Frame, top: float) -> None:
    """Draw panels beside each other: the arms' labels once, then an axis for each panel."""
    rows = _column_rows(plot, style)
    height = rows[-1].y + rows[-1].height / 2
    label_width = _label_width(plot, style)
    left = frame.margin + label_width + 4
    for row in rows:
        mark = row.mark
        if mark is None:
            continue
        lines = wrap(mark.label, label_width - 8, SIZE, style)
        details = wrap(mark.detail, label_width - 8, SMALL, style) if mark.detail else []
        middle = top + row.y - len(details) * SMALL * LINE / 2
        write_lines(frame, frame.margin, middle, lines, "left", color=INK)
        below = middle + (len(lines) * SIZE + len(details) * SMALL) * LINE / 2
        write_lines(frame, frame.margin, below, details, "left", color=QUIET, fontsize=SMALL)
    for place, (panel, width) in enumerate(zip(plot.panels, _column_widths(plot, style), strict=True)):
        axes = frame.axes(left, top, width, height)
        marks = [mark for group in panel.groups for mark in group.marks]
        prepare_axis(axes, panel, marks, width, style)
        for row, mark in zip(rows, marks, strict=True):
            drawn = row.y + 6
            colour = colour_of(mark, plot, fallback=rows[marks.index(mark)].mark if place else None)
            draw_mark(axes, mark, drawn, colour)
            _write_above(axes, mark, drawn - 9, QUIET if plot.warning else INK, style)
        left += width + GAP


def _column_widths(plot: Plot, style: Style) -> list[float]:
    room = style.width - _label_width(plot, style) - GAP * (len(plot.panels) - 1) - 12
    return [room] if len(plot.panels) == 1 else [room * 0.42, room * 0.58]


def _axis_height(panel: Panel, width: float, style: Style) -> float:
    """Return the height of the tick labels and the axis title below a panel."""
    lines = len(wrap(panel.axis, width, SMALL, style)) if panel.axis else 0
    return TICKS + lines * SMALL * LINE + (4 if lines else 0)


def _column_rows(plot: Plot, style: Style) -> list[_Row]:
    label_width = _label_width(plot, style)
    rows = []
    y = max(head_room(panel) for panel in plot.panels)
    for mark in (mark for group in plot.panels[0].groups for mark in group.marks):
        lines = len(wrap(mark.label, label_width - 8, SIZE, style)) * SIZE
        details = len(wrap(mark.detail, label_width - 8, SMALL, style)) * SMALL if mark.detail else 0
        height = max(34.0, (lines + details) * LINE + 8)
        rows.append(_Row(y + height / 2, height, mark=mark))
        y += height
    return rows


def _label_width(plot: Plot, style: Style) -> float:
    labels = [mark.label for panel in plot.panels for group in panel.groups for mark in group.marks]
    longest = max(text_width(label, SIZE, style) for label in labels)
    if plot.columns:
        details = [mark.detail for group in plot.panels[0].groups for mark in group.marks]
        longest = max(longest, *(text_width(detail, SMALL, style) for detail in details))
    return min(max(longest + 10, 50), style.width * (0.3 if plot.columns else 0.33))


def _write_above(axes: "Axes", mark: Mark, y: float, colour: str, style: Style) -> None:
    """Write the mark's text over its dot, moved so that it stays inside the panel."""
    low, high = axes.get_xlim()
    width = axes.get_position().width * (style.width + 2 * (MARGIN if style.standalone else 0))
    at = mark.estimate if mark.estimate is not None else mark.low if mark.low is not None else mark.high
    text_share = text_width(mark.text, SIZE, style, bold=True) / width
    centre = 0.5 if at is None else (at - low) / (high - low)
    if at is None and axes.get_xlim()[0] < 0 < axes.get_xlim()[1]:
        centre = (0 - low) / (high - low)
    centre = min(max(centre, text_share / 2), 1 - text_share / 2)
    if at is None:
        y += 8
    axes.text(
        low + centre * (high - low),
        y,
        mark.text,
        ha="center",
        va="center",
        color=colour if at is not None else QUIET,
        weight="bold" if at is not None else "normal",
        bbox=WHITE,
        zorder=6,
    )


# Below each other: labels, an axis, texts. --------------------------------------------------------------------


def stacked(panel: Panel, plot: Plot, style: Style, frame: Frame, top: float) -> float:
    """Draw a panel with its labels, axis and texts; return where the next one begins."""
    label_width, text_column = _label_width(plot, style), _text_width(plot, style)
    if panel.title:
        for line in wrap(panel.title, style.width, SIZE, style, bold=True):
            frame.text(frame.margin, top, line, weight="bold", va="top")
            top += SIZE * LINE
        top += 2
    rows = _panel_rows(panel, plot, style)
    height = rows[-1].y + rows[-1].height / 2
    left = frame.margin + label_width + 4
    width = _stacked_width(plot, style)
    axes = frame.axes(left, top, width, height)
    marks = [row.mark for row in rows if row.mark is not None]
    prepare_axis(axes, panel, marks, width, style)
    for row in rows:
        if row.mark is None:
            lines = wrap(row.heading, label_width + width, SIZE, style, bold=True)
            text = "\n".join(lines)
            frame.text(frame.margin, top + row.y, text, va="center", weight="bold", linespacing=1.25, bbox=WHITE)
            continue
        mark = row.mark
        colour = colour_of(mark, plot)
        write_lines(frame, frame.margin, top + row.y, wrap(mark.label, label_width - 6, SIZE, style), "left")
        draw_mark(axes, mark, row.y, colour)
        lines = wrap(mark.text, text_column, SIZE, style, bold=True)
        block = (len(lines) * SIZE + (SMALL if mark.detail else 0)) * LINE
        y = top + row.y - block / 2
        x = frame.margin + style.width - text_column
        for line in lines:
            text_colour = colour if mark.arm is None or plot.warning else INK
            frame.text(x, y, line, va="top", weight="bold", color=text_colour)
            y += SIZE * LINE
        if mark.detail:
            frame.text(x, y, mark.detail, va="top", color=QUIET, fontsize=SMALL)
    return top + height + _axis_height(panel, width, style) + (PAD if panel.title else 0)


def _stacked_width(plot: Plot, style: Style) -> float:
    return style.width - _label_width(plot, style) - _text_width(plot, style) - 22


def _text_width(plot: Plot, style: Style) -> float:
    marks = [mark for panel in plot.panels for group in panel.groups for mark in group.marks]
    widths = [text_width(mark.text, SIZE, style, bold=True) for mark in marks]
    widths += [text_width(mark.detail, SMALL, style) for mark in marks]
    return min(max([*widths, 40.0]), style.width * 0.34)


def _panel_rows(panel: Panel, plot: Plot, style: Style) -> list[_Row]:
    label_width, text_column = _label_width(plot, style), _text_width(plot, style)
    rows = []
    y = head_room(panel)
    for group in panel.groups:
        if group.title:
            lines = len(wrap(group.title, style.width - text_column - 22, SIZE, style, bold=True))
            height = lines * SIZE * LINE + 6
            rows.append(_Row(y + height / 2 + 1, height, heading=group.title))
            y += height
        for mark in group.marks:
            label_lines = len(wrap(mark.label, label_width - 6, SIZE, style))
            text_lines = len(wrap(mark.text, text_column, SIZE, style, bold=True))
            height = max(label_lines * SIZE, text_lines * SIZE + (SMALL if mark.detail else 0)) * LINE + 7
            rows.append(_Row(y + height / 2, height, mark=mark))
            y += height
    return rows


def panel_height(panel: Panel, plot: Plot, style: Style) -> float:
    """Return the height of a panel of a plot that sets them below each other, with its title and axis."""
    rows = _panel_rows(panel, plot, style)
    title = len(wrap(panel.title, style.width, SIZE, style, bold=True)) * SIZE * LINE + 2 + PAD if panel.title else 0.0
    axis = _axis_height(panel, _stacked_width(plot, style), style)
    return title + rows[-1].y + rows[-1].height / 2 + axis


def body_height(plot: Plot, style: Style) -> float:
    """Return the height of all panels in points."""
    if not plot.panels:
        return 4.0
    if plot.columns:
        rows = _column_rows(plot, style)
        return (
            rows[-1].y
            + rows[-1].height / 2
            + max(
                _axis_height(panel, width, style)
                for panel, width in zip(plot.panels, _column_widths(plot, style), strict=True)
            )
        )
    return sum(panel_height(panel, plot, style) for panel in plot.panels)

"""Draws plots with matplotlib: dots with intervals on one grid, as PNG for messages and as SVG for the PDF.

Principles: nothing is cut or overlaps, whatever the number and the length of labels: label widths are measured, and
the height follows the rows; colour is never the only sign; two runs give the same bytes.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from abtest.report.numbers import Numbers, Scale
from abtest.report.parts import Mark, MarkGroup, Panel, Plot, Tone
from abtest.report.words import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 510.0  # points: the text width of the PDF's page
DPI = 226  # a PNG 1600 pixels wide
POINT = 1 / 72

INK, QUIET, RULE, GRID = "#1f2933", "#5b6773", "#9aa5b1", "#e4e7eb"
ARMS = ("#6b7280", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b07d00", "#7a5195")
TONES: dict[Tone, str] = {
    "plain": INK,
    "muted": "#9aa5b1",
    "good": "#0072b2",
    "bad": "#c44e00",
    "caution": "#8a5a00",
    "neutral": "#5b6773",
}
_MUTED = "#9aa5b1"
_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
_SIZE, _SMALL = 8.0, 7.0
_LINE = 1.35  # line height over font size
_PAD = 8.0
_TICKS = 16.0  # tick marks and their labels below a panel
_GAP = 22.0  # between panels side by side
_HINT = 13.0  # the line of hints at a panel's top
_HINT_SHARE = 0.22  # the least part of an axis on each side of 0, relative to the other side


@dataclass(frozen=True)
class Style:
    """How to draw: in which language and font families, and with a title of its own or bare for a page."""

    language: Language
    families: tuple[str, ...]
    standalone: bool


@dataclass(frozen=True)
class _Row:
    """A row of a panel: a heading or a mark, ``y`` points below the panel's top to its middle."""

    y: float
    height: float
    heading: str = ""
    mark: Mark | None = None


def draw(plot: Plot, style: Style, kind: Literal["png", "svg"]) -> bytes:
    """Return the plot as a PNG or an SVG file."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    settings: dict[str, object] = {
        "font.family": list(style.families),
        "font.size": _SIZE,
        "text.parse_math": False,
        "text.color": INK,
        "axes.unicode_minus": True,
        "svg.fonttype": "none",
        "svg.hashsalt": "abtest",
        "svg.id": None,
        "path.simplify": True,
    }
    buffer = io.BytesIO()
    with mpl.rc_context(settings):  # type: ignore[arg-type]
        figure = _figure(plot, style)
        if kind == "svg":
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
        else:
            figure.set_dpi(DPI)
            FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def pages(plot: Plot, style: Style, height: float) -> list[Plot]:
    """Split a plot into plots that are at most ``height`` points tall where their groups allow it."""
    parts: list[list[Panel]] = [[]]
    used = 0.0
    for panel in plot.panels:
        for group in [panel] if plot.columns else _pieces(panel):
            need = _panel_height(group, plot, style)
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


def _figure(plot: Plot, style: Style) -> "Figure":
    from matplotlib.figure import Figure

    head = _head(plot, style) if style.standalone else []
    head_height = sum(size * _LINE for _, size, _, _ in head) + (_PAD * 1.5 if head else 0)
    margin = 14.0 if style.standalone else 0.0
    body = _body_height(plot, style)
    foot = _foot(plot, style)
    foot_height = sum(_SMALL * _LINE for _ in foot) + (6 if foot else 0)
    width, height = WIDTH + 2 * margin, head_height + body + foot_height + 2 * margin
    figure = Figure(figsize=(width * POINT, height * POINT), facecolor="white")
    y = margin
    for text, size, weight, colour in head:
        figure.text(
            margin / width, 1 - y / height, text, fontsize=size, weight=weight, color=colour, va="top", ha="left"
        )
        y += size * _LINE
    y = margin + head_height
    frame = _Frame(figure, width, height, margin)
    if plot.columns:
        _side_by_side(plot, style, frame, y)
    else:
        for panel in plot.panels:
            y = _stacked(panel, plot, style, frame, y)
    y = margin + head_height + body + 6
    for line in foot:
        figure.text(margin / width, 1 - y / height, line, fontsize=_SMALL, color=QUIET, va="top", ha="left")
        y += _SMALL * _LINE
    return figure


@dataclass(frozen=True)
class _Frame:
    """A figure measured in points from its top left corner."""

    figure: "Figure"
    width: float
    height: float
    margin: float

    def axes(self, left: float, top: float, width: float, height: float) -> "Axes":
        """Return axes at this place whose y runs downwards in points."""
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(box)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(RULE)
        axes.tick_params(axis="x", color=RULE, labelcolor=QUIET, labelsize=_SMALL, length=3)
        axes.patch.set_visible(False)
        return axes

    def text(self, x: float, y: float, text: str, **style: object) -> None:
        """Write a text at a place in points."""
        self.figure.text(x / self.width, 1 - y / self.height, text, **style)  # type: ignore[arg-type]


def _head(plot: Plot, style: Style) -> list[tuple[str, float, str, str]]:
    lines = [(line, 12.0, "bold", INK) for line in wrap(plot.title, WIDTH, 12, style, bold=True)]
    lines += [(line, _SIZE, "normal", QUIET) for line in wrap(plot.subtitle, WIDTH, _SIZE, style)]
    if plot.warning:
        lines.append((plot.warning, 10.0, "bold", "#b42318"))
    return lines


def _foot(plot: Plot, style: Style) -> list[str]:
    clipped = any(_is_open(mark) for panel in plot.panels for group in panel.groups for mark in group.marks)
    clipped = clipped or any(_clipped(panel) for panel in plot.panels)
    return wrap(plot.note, WIDTH, _SMALL, style) if clipped or not plot.panels else []


# Side by side: the values and the differences of the same arms. -------------------------------------------------


def _side_by_side(plot: Plot, style: Style, frame: _Frame, top: float) -> None:
    rows = _column_rows(plot, style)
    height = rows[-1].y + rows[-1].height / 2
    label_width = _label_width(plot, style)
    left = frame.margin + label_width + 4
    for row in rows:
        mark = row.mark
        if mark is None:
            continue
        lines = wrap(mark.label, label_width - 8, _SIZE, style)
        details = wrap(mark.detail, label_width - 8, _SMALL, style) if mark.detail else []
        middle = top + row.y - len(details) * _SMALL * _LINE / 2
        _write_lines(frame, frame.margin, middle, lines, "left", color=INK)
        below = middle + (len(lines) * _SIZE + len(details) * _SMALL) * _LINE / 2
        _write_lines(frame, frame.margin, below, details, "left", color=QUIET, fontsize=_SMALL)
    for place, (panel, width) in enumerate(zip(plot.panels, _column_widths(plot, style), strict=True)):
        axes = frame.axes(left, top, width, height)
        marks = [mark for group in panel.groups for mark in group.marks]
        _prepare_axis(axes, panel, marks, width, style)
        for row, mark in zip(rows, marks, strict=True):
            drawn = row.y + 6
            colour = _colour(mark, plot, fallback=rows[marks.index(mark)].mark if place else None)
            _draw_mark(axes, mark, drawn, colour)
            _write_above(axes, mark, drawn - 9, width, QUIET if plot.warning else INK, style)
        left += width + _GAP


def _column_widths(plot: Plot, style: Style) -> list[float]:
    room = WIDTH - _label_width(plot, style) - _GAP * (len(plot.panels) - 1) - 12
    return [room] if len(plot.panels) == 1 else [room * 0.42, room * 0.58]


def _axis_height(panel: Panel, width: float, style: Style) -> float:
    """Return the height of the tick labels and the axis title below a panel."""
    lines = len(wrap(panel.axis, width, _SMALL, style)) if panel.axis else 0
    return _TICKS + lines * _SMALL * _LINE + (4 if lines else 0)


def _column_rows(plot: Plot, style: Style) -> list[_Row]:
    label_width = _label_width(plot, style)
    rows = []
    y = _HINT if any(panel.hints for panel in plot.panels) else 2.0
    for mark in (mark for group in plot.panels[0].groups for mark in group.marks):
        lines = len(wrap(mark.label, label_width - 8, _SIZE, style)) * _SIZE
        details = len(wrap(mark.detail, label_width - 8, _SMALL, style)) * _SMALL if mark.detail else 0
        height = max(34.0, (lines + details) * _LINE + 8)
        rows.append(_Row(y + height / 2, height, mark=mark))
        y += height
    return rows


def _label_width(plot: Plot, style: Style) -> float:
    labels = [mark.label for panel in plot.panels for group in panel.groups for mark in group.marks]
    longest = max(text_width(label, _SIZE, style) for label in labels)
    if plot.columns:
        details = [mark.detail for group in plot.panels[0].groups for mark in group.marks]
        longest = max(longest, *(text_width(detail, _SMALL, style) for detail in details))
    return min(max(longest + 10, 50), WIDTH * (0.24 if plot.columns else 0.33))


def _write_above(axes: "Axes", mark: Mark, y: float, width: float, colour: str, style: Style) -> None:
    """Write the mark's text over its dot, moved so that it stays inside the panel."""
    low, high = axes.get_xlim()
    at = mark.estimate if mark.estimate is not None else mark.low if mark.low is not None else mark.high
    text_share = text_width(mark.text, _SIZE, style, bold=True) / width
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
        bbox=_WHITE,
        zorder=6,
    )


# Below each other: labels, an axis, texts. --------------------------------------------------------------------


def _stacked(panel: Panel, plot: Plot, style: Style, frame: _Frame, top: float) -> float:
    label_width, text_column = _label_width(plot, style), _text_width(plot, style)
    if panel.title:
        for line in wrap(panel.title, WIDTH, _SIZE, style, bold=True):
            frame.text(frame.margin, top, line, weight="bold", va="top")
            top += _SIZE * _LINE
        top += 2
    rows = _panel_rows(panel, plot, style)
    height = rows[-1].y + rows[-1].height / 2
    left = frame.margin + label_width + 4
    width = _stacked_width(plot, style)
    axes = frame.axes(left, top, width, height)
    marks = [row.mark for row in rows if row.mark is not None]
    _prepare_axis(axes, panel, marks, width, style)
    for row in rows:
        if row.mark is None:
            lines = wrap(row.heading, label_width + width, _SIZE, style, bold=True)
            _write_lines(frame, frame.margin, top + row.y, lines, "left", weight="bold", bbox=_WHITE)
            continue
        mark = row.mark
        colour = _colour(mark, plot)
        _write_lines(frame, frame.margin, top + row.y, wrap(mark.label, label_width - 6, _SIZE, style), "left")
        _draw_mark(axes, mark, row.y, colour)
        lines = wrap(mark.text, text_column, _SIZE, style, bold=True)
        block = (len(lines) * _SIZE + (_SMALL if mark.detail else 0)) * _LINE
        y = top + row.y - block / 2
        x = frame.margin + WIDTH - text_column
        for line in lines:
            text_colour = colour if mark.arm is None or plot.warning else INK
            frame.text(x, y, line, va="top", weight="bold", color=text_colour)
            y += _SIZE * _LINE
        if mark.detail:
            frame.text(x, y, mark.detail, va="top", color=QUIET, fontsize=_SMALL)
    return top + height + _axis_height(panel, width, style) + (_PAD if panel.title else 0)


def _stacked_width(plot: Plot, style: Style) -> float:
    return WIDTH - _label_width(plot, style) - _text_width(plot, style) - 22


def _text_width(plot: Plot, style: Style) -> float:
    marks = [mark for panel in plot.panels for group in panel.groups for mark in group.marks]
    widths = [text_width(mark.text, _SIZE, style, bold=True) for mark in marks]
    widths += [text_width(mark.detail, _SMALL, style) for mark in marks]
    return min(max([*widths, 40.0]), WIDTH * 0.34)


def _panel_rows(panel: Panel, plot: Plot, style: Style) -> list[_Row]:
    label_width, text_column = _label_width(plot, style), _text_width(plot, style)
    rows = []
    y = 2.0
    for group in panel.groups:
        if group.title:
            lines = len(wrap(group.title, WIDTH - text_column - 22, _SIZE, style, bold=True))
            height = lines * _SIZE * _LINE + 6
            rows.append(_Row(y + height / 2 + 1, height, heading=group.title))
            y += height
        for mark in group.marks:
            label_lines = len(wrap(mark.label, label_width - 6, _SIZE, style))
            text_lines = len(wrap(mark.text, text_column, _SIZE, style, bold=True))
            height = max(label_lines * _SIZE, text_lines * _SIZE + (_SMALL if mark.detail else 0)) * _LINE + 7
            rows.append(_Row(y + height / 2, height, mark=mark))
            y += height
    return rows


def _panel_height(panel: Panel, plot: Plot, style: Style) -> float:
    """Return the height of a panel of a plot that sets them below each other, with its title and axis."""
    rows = _panel_rows(panel, plot, style)
    title = len(wrap(panel.title, WIDTH, _SIZE, style, bold=True)) * _SIZE * _LINE + 2 + _PAD if panel.title else 0.0
    axis = _axis_height(panel, _stacked_width(plot, style), style)
    return title + rows[-1].y + rows[-1].height / 2 + axis


def _body_height(plot: Plot, style: Style) -> float:
    if not plot.panels:
        return 4.0
    if plot.columns:
        rows = _column_rows(plot, style)
        return rows[-1].y + rows[-1].height / 2 + max(
            _axis_height(panel, width, style) for panel, width in zip(plot.panels, _column_widths(plot, style), strict=True)
        )
    return sum(_panel_height(panel, plot, style) for panel in plot.panels)


# Marks and axes. ------------------------------------------------------------------------------------------------


def _draw_mark(axes: "Axes", mark: Mark, y: float, colour: str) -> None:
    """Draw a dot with its interval; an arrow stands where the interval goes on beyond the axis."""
    left, right = axes.get_xlim()
    if mark.estimate is None and mark.low is None and mark.high is None:
        return
    low = left if mark.low is None else mark.low
    high = right if mark.high is None else mark.high
    if mark.estimate is None or (mark.low, mark.high) != (None, None):
        axes.plot([max(low, left), min(high, right)], [y, y], color=colour, linewidth=2, solid_capstyle="butt", zorder=3)
        for bound, edge, sign in ((low, left, "<"), (high, right, ">")):
            beyond = bound <= edge if sign == "<" else bound >= edge
            if beyond:
                axes.plot([edge], [y], marker=sign, markersize=6, color=colour, clip_on=False, zorder=4)
            else:
                axes.plot([bound], [y], marker="|", markersize=7, markeredgewidth=1.6, color=colour, zorder=3)
    if mark.estimate is not None and left <= mark.estimate <= right:
        face = colour if mark.closed else "white"
        axes.plot(
            [mark.estimate], [y], marker="o", markersize=7, color=colour, markerfacecolor=face, markeredgewidth=1.5, zorder=5
        )


def _prepare_axis(axes: "Axes", panel: Panel, marks: Sequence[Mark], width: float, style: Style) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = _limits(panel, marks)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=max(2, min(6, int(width // 44))), steps=[1, 2, 2.5, 5, 10]))
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    decimals = next((d for d in range(7) if all(abs(round(t, d) - t) < 1e-9 * max(1, abs(t)) for t in ticks)), 6)
    numbers = Numbers(style.language)
    if not any(bound is not None for mark in marks for bound in (mark.low, mark.estimate, mark.high)):
        ticks = []  # nothing to read off
    scale = Scale(1, decimals, "number.percent" if panel.percent else None)

    def label(tick: float) -> str:
        return numbers.quantity(tick, scale, signed=panel.zero)

    def fits(tick: float) -> bool:
        half = text_width(label(tick), _SMALL, style) / 2
        return -_PAD <= (tick - low) / (high - low) * width - half and (high - tick) / (high - low) * width >= half - _PAD

    ticks = [tick for tick in ticks if fits(tick)]
    axes.set_xticks(ticks)
    axes.set_xticklabels([label(tick) for tick in ticks])
    axes.grid(axis="x", color=GRID, linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    if panel.zero:
        axes.axvline(0, color=INK, linewidth=1, zorder=2)
    if panel.axis:
        lines = wrap(panel.axis, width, _SMALL, style)
        axes.set_xlabel("\n".join(lines), fontsize=_SMALL, color=QUIET, labelpad=3)
    if panel.hints:
        offset = 5 / width * (high - low)
        for text, x, align in ((f"← {panel.hints[0]}", -offset, "right"), (f"{panel.hints[1]} →", offset, "left")):
            axes.text(x, _HINT / 2 - 1, text, ha=align, va="center", fontsize=_SMALL, color=QUIET)


def _limits(panel: Panel, marks: Sequence[Mark]) -> tuple[float, float]:
    """Return axis limits that show every estimate, and every interval that is not far wider than the others."""
    estimates = [mark.estimate for mark in marks if mark.estimate is not None]
    bounds = [bound for mark in marks for bound in (mark.low, mark.high) if bound is not None]
    points = estimates + bounds
    if not points:
        return (-1.0, 1.0) if panel.zero else (0.0, 1.0)
    low, high = min(points), max(points)
    reach = _reach(panel, marks)
    if panel.zero:
        low, high = min(low, 0.0), max(high, 0.0)
        if reach is not None:
            low, high = max(low, -reach), min(high, reach)
    pad = 0.08 * (high - low) or abs(high) * 0.1 or 1.0
    low, high = low - pad, high + pad
    if panel.hints:  # room for the words on both sides of 0
        low, high = min(low, -_HINT_SHARE * high), max(high, _HINT_SHARE * -low)
    return low, high


def _reach(panel: Panel, marks: Sequence[Mark]) -> float | None:
    """Return how far from 0 an axis of effects goes: all estimates, and five times the typical interval bound."""
    bounds = sorted(abs(b) for mark in marks for b in (mark.low, mark.high) if b is not None)
    if not panel.zero or not bounds:
        return None
    estimates = [abs(mark.estimate) for mark in marks if mark.estimate is not None]
    typical = bounds[len(bounds) // 2]
    return max(5 * typical, 1.25 * max(estimates, default=0.0))


def _clipped(panel: Panel) -> bool:
    marks = [mark for group in panel.groups for mark in group.marks]
    low, high = _limits(panel, marks)
    return any(not low <= bound <= high for mark in marks for bound in (mark.low, mark.high) if bound is not None)


def _is_open(mark: Mark) -> bool:
    return (mark.low is None) != (mark.high is None)


def _colour(mark: Mark, plot: Plot, fallback: Mark | None = None) -> str:
    if plot.warning:
        return _MUTED if mark.arm != 0 else QUIET
    if mark.arm is not None:
        return ARMS[mark.arm % len(ARMS)]
    if fallback is not None and fallback.arm is not None:
        return ARMS[fallback.arm % len(ARMS)]
    return TONES[mark.tone]


# Text. ----------------------------------------------------------------------------------------------------------


def _write_lines(frame: _Frame, x: float, middle: float, lines: Sequence[str], align: str, **style: object) -> None:
    """Write lines around their middle."""
    y = middle - (len(lines) - 1) * _SIZE * _LINE / 2
    for line in lines:
        frame.text(x, y, line, ha=align, va="center", **style)
        y += _SIZE * _LINE


def text_width(text: str, size: float, style: Style, *, bold: bool = False) -> float:
    """Return the width of ``text`` in points."""
    return _measured(text, size, style.families, bold)


@lru_cache(maxsize=4096)
def _measured(text: str, size: float, families: tuple[str, ...], bold: bool) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    properties = FontProperties(family=list(families), size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, properties, ismath=False)
    return float(width)


def wrap(text: str, width: float, size: float, style: Style, *, bold: bool = False) -> list[str]:
    """Break ``text`` into lines at most ``width`` points wide; a word that is too long is cut."""
    lines = [""]
    for word in text.split(" "):
        rest = word
        joined = f"{lines[-1]} {rest}" if lines[-1] else rest
        if text_width(joined, size, style, bold=bold) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        while text_width(rest, size, style, bold=bold) > width and len(rest) > 1:
            share = width / text_width(rest, size, style, bold=bold)
            cut = max(1, math.floor(len(rest) * share))
            while cut > 1 and text_width(rest[:cut], size, style, bold=bold) > width:
                cut -= 1
            lines[-1] = rest[:cut]
            rest = rest[cut:]
            lines.append("")
        lines[-1] = rest
    return lines


__all__ = ["MarkGroup", "Style", "draw", "pages", "text_width", "wrap"]

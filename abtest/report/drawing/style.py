"""What all charts share: matplotlib and its settings, sizes, colours, the measuring and breaking of text.

Principle: the same analysis gives the same bytes, on whichever machine and in whichever folder it is drawn.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from abtest.process.seclusion import secluded_drawing
from abtest.report.blocks import Tone
from abtest.words.language import Language

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
MUTED = "#9aa5b1"
WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
SIZE, SMALL = 8.0, 7.0
LINE = 1.35  # line height over font size
PAD = 8.0
MARGIN = 14.0  # around a chart that stands alone
TICKS = 16.0  # tick marks and their labels below a panel
GAP = 22.0  # between panels side by side
HINT = 13.0  # the line of hints at a panel's top
HINT_SHARE = 0.22  # the least part of an axis on each side of 0, relative to the other side


_SETTINGS: dict[str, object] = {
    "font.size": SIZE,
    "text.parse_math": False,
    "text.color": INK,
    "axes.unicode_minus": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "abtest",
    "svg.id": None,
    "path.simplify": True,
}


def load_matplotlib() -> None:
    """Import matplotlib; to be called before any other import of it."""
    with secluded_drawing():
        import matplotlib.font_manager  # noqa: F401


@dataclass(frozen=True)
class Style:
    """How to draw: in which language and font families, and with a title of its own or bare for a page."""

    language: Language
    families: tuple[str, ...]
    standalone: bool
    width: float = WIDTH


def picture(make: "Callable[[], Figure]", style: Style, kind: Literal["png", "svg"], **settings: object) -> bytes:
    """Return what ``make`` draws as a file, by ours and the given ``settings`` and else matplotlib's own defaults."""
    load_matplotlib()
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    wanted = {**_SETTINGS, "font.family": list(style.families), **settings}
    buffer = io.BytesIO()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(wanted)  # type: ignore[arg-type]  # matplotlib checks them
        figure = make()
        if kind == "svg":
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
        else:
            figure.set_dpi(DPI)
            FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()


@dataclass(frozen=True)
class Frame:
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
        axes.tick_params(axis="x", color=RULE, labelcolor=QUIET, labelsize=SMALL, length=3)
        axes.patch.set_visible(False)
        return axes

    def text(self, x: float, y: float, text: str, **style: object) -> None:
        """Write a text at a place in points."""
        self.figure.text(x / self.width, 1 - y / self.height, text, **style)  # type: ignore[arg-type]


def write_lines(frame: Frame, x: float, middle: float, lines: Sequence[str], align: str, **style: object) -> None:
    """Write lines around their middle."""
    y = middle - (len(lines) - 1) * SIZE * LINE / 2
    for line in lines:
        frame.text(x, y, line, ha=align, va="center", **style)
        y += SIZE * LINE


def text_width(text: str, size: float, style: Style, *, bold: bool = False) -> float:
    """Return the width of ``text`` in points."""
    return _measured(text, size, style.families, bold)


@lru_cache(maxsize=4096)
def _measured(text: str, size: float, families: tuple[str, ...], bold: bool) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    properties = FontProperties(family=list(families), size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, properties, ismath=False)
    return 1.01 * float(width)  # hinting makes drawn text up to 1 % wider


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

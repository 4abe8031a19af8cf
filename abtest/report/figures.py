"""The parts of a chart of lines over time: frozen values that a renderer draws, in the axes' units."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LinePoint:
    """A point of a line with its own interval (``low``, ``high``) and that of the whole line (``band_…``).

    What does not exist is ``None``; a point without ``y`` breaks the line. A model made the ``projected`` ones.
    """

    x: float
    y: float | None
    low: float | None = None
    high: float | None = None
    band_low: float | None = None
    band_high: float | None = None
    projected: bool = False


@dataclass(frozen=True)
class Series:
    """A line. ``arm`` is the arm's place (0 is the control) and picks colour, marker and dashes."""

    label: str
    arm: int
    points: tuple[LinePoint, ...]


@dataclass(frozen=True)
class CountRow:
    """The counts below a chart, ``(x, text)`` each, of one arm."""

    label: str
    arm: int
    counts: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Divider:
    """A vertical line at ``x`` with a word on each side of it."""

    x: float
    left: str
    right: str


@dataclass(frozen=True)
class LinePanel:
    """Lines over one axis under a ``title``; ``steps`` draws them as steps that change at their points.

    ``bars`` draws the points' own intervals as bars, for few points, else they are bands. ``zero`` draws the line of no
    effect and signs the numbers; ``percent`` marks the vertical axis in percent. The horizontal one names multiples of
    the first of ``strides`` that leaves room for the texts.
    """

    title: str
    series: tuple[Series, ...]
    axis: str
    percent: bool = False
    zero: bool = False
    steps: bool = False
    bars: bool = False
    strides: tuple[int, ...] = (1, 2, 5, 10, 20, 50, 100, 200, 500)
    divider: Divider | None = None


@dataclass(frozen=True)
class CurvePlot:
    """A chart of curves as data: the arms' lines, the ``counts`` under them, then the curves of their differences.

    Several differences stand under a title of their own, ``differences_title``. ``clipped`` is said beside the ``note``
    where an interval goes on beyond the chart. The page that continues a long chart has no ``panel``.
    """

    id: str
    title: str
    subtitle: str
    note: str
    clipped: str
    alt: str
    panel: LinePanel | None
    counts_title: str = ""
    counts: tuple[CountRow, ...] = ()
    differences: tuple[LinePanel, ...] = ()
    differences_title: str = ""
    warning: str = ""

    @property
    def lines(self) -> tuple[LinePanel, ...]:
        """The panel of the arms' lines, if there is one."""
        return (self.panel,) if self.panel else ()


def chosen(places: Sequence[float], step: int) -> list[int]:
    """Return the indices of the places that are multiples of ``step``; the last one where there are none."""
    found = [i for i, number in enumerate(places) if step == 1 or abs(number / step - round(number / step)) < 1e-9]
    return found or ([len(places) - 1] if places else [])

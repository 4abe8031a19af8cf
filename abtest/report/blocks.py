"""The parts of a report: frozen values made of ready text, which every renderer lays out in its own way."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from abtest.report.figures import CurvePlot

Tone = Literal["plain", "muted", "good", "bad", "caution", "neutral"]
Align = Literal["left", "right"]


@dataclass(frozen=True)
class Cell:
    """A table cell: a text, quieter lines under it, and the number of the table's note that explains it."""

    text: str
    details: tuple[str, ...] = ()
    note: int | None = None
    tone: Tone = "plain"


@dataclass(frozen=True)
class Column:
    """A table column. ``weight`` is the share of the width left over that it takes; 0 fits the content.

    Columns ``apart`` hold what a model projects: a rule and another ground keep them from what was observed.
    """

    title: str
    align: Align = "left"
    weight: int = 0
    apart: bool = False


@dataclass(frozen=True)
class RowGroup:
    """Rows under a heading of their own; without a title they stand alone. ``finding`` is what they show, in words."""

    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    detail: str = ""
    finding: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Table:
    """A table. ``notes`` are numbered from 1; ``muted`` tables hold numbers that must not be acted upon.

    ``lead`` stands between the title and the table, and makes the title be shown even when the table is alone.
    """

    title: str
    columns: tuple[Column, ...]
    groups: tuple[RowGroup, ...]
    notes: tuple[str, ...] = ()
    muted: bool = False
    lead: Paragraph | None = None


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """A labelled fact; ``lines`` has at least one."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """A list of labelled facts."""

    items: tuple[Fact, ...]


@dataclass(frozen=True)
class Heading:
    """A heading inside a section, with a quieter ``detail`` under it."""

    text: str
    detail: str = ""


@dataclass(frozen=True)
class Chart:
    """The place of a chart; ``plot`` is the id of one of the document's plots or curves."""

    plot: str


Block = Paragraph | Bullets | Facts | Table | Heading | Chart


@dataclass(frozen=True)
class Section:
    """A part of the report under its heading."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Banner:
    """The verdict: ``title`` is the recommendation, ``sentence`` the effect or the fault in one sentence."""

    label: str
    title: str
    sentence: str
    tone: Tone


@dataclass(frozen=True)
class Tile:
    """One large figure with what it is (``label``) and what qualifies it (``details``)."""

    label: str
    value: str
    details: tuple[str, ...]
    tone: Tone = "plain"


@dataclass(frozen=True)
class Headline:
    """The effect on the headline metric: tiles for one comparison, a table for several.

    ``plain`` is the effect in plain numbers; ``beside`` says where the arms lie beside benchmark and goal, where the
    tiles do not.
    """

    title: str
    details: str
    plain: str
    beside: str
    tiles: tuple[Tile, ...]
    table: Table | None


@dataclass(frozen=True)
class Mark:
    """A point with its interval on a plot, in the axis's unit.

    ``arm`` is the arm's place (0 is the control) and picks the colour; with ``tone`` the colour follows that instead. A
    missing bound beside an estimate is unbounded; ``closed`` marks are filled: their interval excludes 0.
    """

    label: str
    estimate: float | None
    low: float | None
    high: float | None
    text: str
    detail: str = ""
    arm: int | None = None
    tone: Tone = "plain"
    closed: bool = True


@dataclass(frozen=True)
class MarkGroup:
    """Marks under a heading."""

    title: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Line:
    """A thin line across a panel at ``value`` of its axis, under its ``label``: dashed, or ``dotted``."""

    value: float
    label: str
    dotted: bool = False


@dataclass(frozen=True)
class Panel:
    """One axis with groups of marks, under ``title``, over the name of the ``axis``.

    ``zero`` draws the line of no effect, between the two ``hints``; ``percent`` marks the axis in percent; ``lines``
    mark levels to compare with.
    """

    title: str
    groups: tuple[MarkGroup, ...]
    axis: str = ""
    percent: bool = False
    zero: bool = False
    hints: tuple[str, str] | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Plot:
    """A chart as data. ``columns`` plots set their panels side by side over the same rows, others below each other."""

    id: str
    title: str
    subtitle: str
    note: str
    alt: str
    panels: tuple[Panel, ...]
    columns: bool = False
    warning: str = ""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks of the first panel, in order; none when there is nothing to show."""
        return tuple(mark for panel in self.panels[:1] for group in panel.groups for mark in group.marks)


@dataclass(frozen=True)
class Document:
    """A whole report in words: what was tested, the verdict, the headline effect, and the sections behind it.

    ``glance`` shows the other metrics on the card, ``overview`` all metrics on page 1 when they are few enough,
    ``asides`` are the other readings and segments worth a line in the terminal. ``intervals`` says what the
    comparisons' intervals are, ``lock`` when the definition was locked (empty when it was not), ``changes`` what was
    changed since. ``generated_at`` is an instant in ISO 8601, as the analysis stored it. A report of ``one_page`` fits
    on its first.
    """

    language: str
    intervals: str
    name: str
    title: str
    kicker: str
    page: str
    hypothesis: str
    facts: tuple[Fact, ...]
    lock: str
    changes_title: str
    changes: tuple[str, ...]
    banner: Banner
    warning: str
    headline: Headline | None
    glance_title: str
    glance: tuple[Tile, ...]
    more: str
    reasons_title: str
    reasons: tuple[str, ...]
    overview: Section | None
    asides: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str
    card_footer: str
    generated_at: str
    plots: tuple[Plot, ...]
    curves: "tuple[CurvePlot, ...]" = ()
    one_page: bool = False

    def plot(self, plot: str) -> Plot:
        """Return the plot with this id; raises ``KeyError`` when there is none."""
        for candidate in self.plots:
            if candidate.id == plot:
                return candidate
        raise KeyError(plot)

    def curve(self, plot: str) -> "CurvePlot":
        """Return the chart of lines with this id; raises ``KeyError`` when there is none."""
        for candidate in self.curves:
            if candidate.id == plot:
                return candidate
        raise KeyError(plot)

    def section(self, section: str) -> Section:
        """Return the section with this id; raises ``KeyError`` when there is none."""
        for candidate in self.sections:
            if candidate.id == section:
                return candidate
        raise KeyError(section)


def to_data(value: object) -> object:
    """Return ``value`` as plain dicts and lists for JSON; each dict names its class under ``kind``."""
    if is_dataclass(value) and not isinstance(value, type):
        data: dict[str, object] = {"kind": type(value).__name__.lower()}
        data.update({field.name: to_data(getattr(value, field.name)) for field in fields(value)})
        return data
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_data(item) for item in value]
    return value


def texts(value: object) -> list[str]:
    """Return every text inside ``value``, in reading order."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    if isinstance(value, Sequence):
        return [text for item in value for text in texts(item)]
    return []

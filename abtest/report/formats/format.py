"""What a format is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abtest.process import disk

if TYPE_CHECKING:
    from abtest.report.blocks import Document
    from abtest.report.drawing.drawings import Drawings

Files = Iterator[tuple[str, bytes]]
"""Names and contents, made one by one: the main file first."""
_MARKED_WITHIN = 4096


@dataclass(frozen=True)
class Format:
    """A way to write a report down: one main file, ``<report>.<name>``, and perhaps the charts beside it.

    ``files`` makes them from the document and its drawings, under the name of the report. ``says`` is what the main
    file is, where that is not plain. ``charts``: each chart is a file beside it, by :func:`chart_file`; ``linked``: the
    main file shows them, and is nothing without.

    A new report takes the files of the one before it away, which are known by their names. Where people might keep a
    file of their own under such a name, the format begins its file with ``mark``, and only a file that has it goes.
    """

    name: str
    files: "Callable[[Document, Drawings, str], Files]"
    says: str = ""
    charts: bool = False
    linked: bool = False
    mark: bytes = b""

    @property
    def suffix(self) -> str:
        """The suffix of the main file, with its point."""
        return f".{self.name}"

    def written(self, report: str, charts: Iterable[str], folder: Path) -> set[str]:
        """Return the names that files of an earlier ``report`` with these charts in ``folder`` can have."""
        main = f"{report}{self.suffix}"
        found = set() if self.mark and not _has(folder / main, self.mark) else {main}
        return found | ({chart_file(report, chart) for chart in charts} if self.charts else set())


def chart_file(report: str, chart: str) -> str:
    """Return the name of a chart's file beside the report."""
    return f"{report}-{chart}.png"


def chart_files(drawings: "Drawings", report: str) -> Files:
    """Make a PNG of every chart."""
    for chart in drawings.charts:
        yield chart_file(report, chart), drawings.png(chart)


def _has(path: Path, mark: bytes) -> bool:
    try:
        return mark in disk.read(path, 1 << 28)[:_MARKED_WITHIN]
    except (OSError, ValueError):
        return False

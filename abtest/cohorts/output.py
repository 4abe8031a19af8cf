"""Writes the result: ``retention.json``, ``retention.csv``, ``triangle.csv`` and ``triangle.png``, all or none."""

from collections.abc import Collection
from pathlib import Path

from abtest.cohorts.result import Retention
from abtest.process.publishing import publish

RESULT = "retention.json"
RENDERINGS = ("retention.csv", "triangle.csv", "triangle.png")


def write(result: Retention, folder: str | Path, *, report: bool = True, keep: Collection[Path] = ()) -> list[Path]:
    """Write into ``folder``, made if absent, and return the paths; without ``report`` only ``retention.json``.

    What an earlier result there was shown in goes with it. Nothing is written over a file of ``keep``.

    Raises :class:`~abtest.errors.UsageError` when the folder cannot be written to.
    """
    files = {RESULT: result.to_json().encode()}
    if report:
        from abtest.cohorts.chart import heatmap
        from abtest.cohorts.tables import periods_csv, triangle_csv

        files |= {
            "retention.csv": periods_csv(result).encode(),
            "triangle.csv": triangle_csv(result).encode(),
            "triangle.png": heatmap(result),
        }
    return publish(files, folder, earlier=earlier, keep=keep)


def earlier(folder: Path) -> Collection[str]:
    """Return the names of the files of an earlier result in ``folder``; none without its ``retention.json``."""
    return (RESULT, *RENDERINGS) if (folder / RESULT).is_file() else ()

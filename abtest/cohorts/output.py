"""Writes the result: ``retention.json``, ``retention.csv``, ``triangle.csv`` and ``triangle.png``, all or none."""

from pathlib import Path

from abtest.cohorts.result import Retention
from abtest.process.publishing import publish

RESULT = "retention.json"


def write(result: Retention, folder: str | Path, *, report: bool = True) -> list[Path]:
    """Write into ``folder``, made if absent, and return the paths; without ``report`` only ``retention.json``.

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
    return publish(files, Path(folder))

"""What a report says, a section a file, as blocks made of ready text."""

from abtest.report.sections import (
    arms,
    board,
    checks,
    curves,
    early,
    locking,
    metrics,
    population,
    readings,
    segments,
    status,
    survival,
    worth,
)
from abtest.report.sections.part import Part

PARTS: tuple[Part, ...] = (
    locking.PART,
    status.PART,
    metrics.PART,
    early.PART,
    arms.RATES,
    arms.MEANS,
    curves.PART,
    survival.PART,
    worth.PART,
    board.PART,
    segments.PART,
    readings.PART,
    population.PART,
    population.CUSTOMERS,
    checks.PART,
)
"""The sections in the order of the report, between its first page and the notes on the method."""

CHARTS = ("headline", *(chart for part in PARTS for chart in part.drawn))
"""The ids of the charts that a report can have, without those of curves."""

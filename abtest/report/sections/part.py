"""What a section of the report offers to the rest of it."""

from collections.abc import Callable
from dataclasses import dataclass

from abtest.report.blocks import Plot, Section
from abtest.report.figures import CurvePlot
from abtest.report.view import View


def _nothing(view: View) -> tuple[Plot | CurvePlot, ...]:
    del view
    return ()


@dataclass(frozen=True)
class Part:
    """A section, with what it adds elsewhere.

    ``section`` makes it, or ``None`` where the analysis has nothing for it. ``plots`` makes the charts that it places,
    whose ids are among ``drawn``; those of curves are named after their metrics.
    """

    section: Callable[[View], Section | None]
    plots: Callable[[View], tuple[Plot | CurvePlot, ...]] = _nothing
    drawn: tuple[str, ...] = ()

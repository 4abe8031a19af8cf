"""What a section of the report offers to the rest of it."""

from collections.abc import Callable
from dataclasses import dataclass

from abtest.report.blocks import Plot, Section
from abtest.report.figures import CurvePlot
from abtest.report.view import View


def _no_lines(view: View) -> tuple[str, ...]:
    del view
    return ()


def _no_plots(view: View) -> tuple[Plot | CurvePlot, ...]:
    del view
    return ()


@dataclass(frozen=True)
class Part:
    """A section, with what it adds elsewhere.

    ``section`` makes it, or ``None`` where the analysis has nothing for it. ``asides`` are its lines for a terminal,
    ``topics`` what the guide must explain because of it, by message. ``plots`` makes the charts that it places, whose
    ids are among ``drawn``; those of curves are named after their metrics.
    """

    section: Callable[[View], Section | None]
    asides: Callable[[View], tuple[str, ...]] = _no_lines
    topics: Callable[[View], tuple[str, ...]] = _no_lines
    plots: Callable[[View], tuple[Plot | CurvePlot, ...]] = _no_plots
    drawn: tuple[str, ...] = ()

"""What an estimand depends on beside its metric: from when, in which days, over whom, and by which reading."""

from dataclasses import dataclass
from typing import Literal

from abtest.grammar.fields import duration_text
from abtest.moments.outcome import Days
from abtest.words.reason import Field, Reason

Start = Literal["assignment", "exposure"]
Reads = Literal["mature", "kaplan-meier"]


@dataclass(frozen=True, slots=True)
class Scope:
    """How the units of a metric are counted, of which a metric builds its estimand.

    ``start``: windows begin with the assignment, and every eligible unit is analysed; or with the first exposure, and
    only exposed units are. ``days``: exact 24-hour days, or days of the calendar. ``reading``: of mature units alone,
    or of all by Kaplan–Meier. ``cut`` is the value at which winsorising cuts, in the metric's unit, once it is known.
    """

    start: Start = "assignment"
    days: Days = "exact"
    reading: Reads = "mature"
    cut: float | None = None

    @property
    def told(self) -> dict[str, Field]:
        """The fields of an estimand that tell the scope: ``start``, ``days_of`` and ``reading``."""
        return {"start": self.start, "days_of": self.days, "reading": self.reading}

    def window(self, window: tuple[int, int]) -> Reason:
        """Return a window, from when to before when, after the start."""
        begin, end = map(duration_text, window)
        return Reason.of("estimand-window", begin=begin, end=end, start=self.start)

    def cut_at(self, share: float | None) -> Reason:
        """Return what is added where values above a pooled quantile count as that."""
        if share is None:
            return Reason("estimand-uncut")
        if self.cut is None:
            return Reason.of("estimand-cut", quantile=share)
        return Reason.of("estimand-cut-at", quantile=share, level=self.cut)

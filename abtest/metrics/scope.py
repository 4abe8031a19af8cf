"""What an estimand depends on beside its metric: from when, in which days, over whom, and by which reading."""

from dataclasses import dataclass
from typing import Literal

from abtest.grammar.fields import duration_text
from abtest.moments.outcome import Days

Start = Literal["assignment", "exposure"]
Reads = Literal["mature", "kaplan-meier"]
_FOLLOWED = "by Kaplan–Meier: immature units count while followed"


@dataclass(frozen=True, slots=True)
class Scope:
    """How the units of a metric are counted, and the words for it, of which a metric builds its estimand.

    ``start``: windows begin with the assignment, and every eligible unit is analysed; or with the first exposure, and
    only exposed units are. ``days``: exact 24-hour days, or days of the calendar. ``reading``: of mature units alone,
    or of all by Kaplan–Meier. ``cut`` is the value at which winsorising cuts, in the metric's unit, once it is known.
    """

    start: Start = "assignment"
    days: Days = "exact"
    reading: Reads = "mature"
    cut: float | None = None

    @property
    def after(self) -> str:
        """After what days are counted."""
        return "after assignment" if self.start == "assignment" else "after the first exposure"

    @property
    def after_period(self) -> str:
        """After which period of the calendar others are counted."""
        return f"after that of the {'assignment' if self.start == 'assignment' else 'first exposure'}"

    @property
    def whom(self) -> str:
        """Over whom the value is taken."""
        return "intention to treat" if self.start == "assignment" else "among exposed units"

    @property
    def read(self) -> str:
        """Over whom, and how immature units count, in brackets."""
        return f"({self.whom})" if self.reading == "mature" else f"({_FOLLOWED}; {self.whom})"

    @property
    def in_days(self) -> str:
        """What is added where the days of a window are those of the calendar."""
        return "; in calendar days" if self.days == "calendar" else ""

    def window(self, window: tuple[int, int]) -> str:
        """Return a window in words."""
        return f"from {duration_text(window[0])} to before {duration_text(window[1])} {self.after}"

    def among(self, otherwise: str) -> str:
        """Return in brackets what else is to be known of the units, with whom they are where they are not all."""
        return f"({otherwise})" if self.start == "assignment" else f"({otherwise}; {self.whom})"

    def cut_at(self, share: float | None) -> str:
        """Return what is added where values above a pooled quantile count as that."""
        if share is None:
            return ""
        if self.cut is None:
            return f"; values above the pooled {share:g} quantile count as that"
        return f"; values above {self.cut:g} (the pooled {share:g} quantile) count as that"

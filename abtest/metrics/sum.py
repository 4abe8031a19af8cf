"""Sum: how much per customer?"""

from typing import Literal

from pydantic import Field

from abtest.metrics.base import CumulatedMetric, ValueMetric, Winsorise
from abtest.moments.outcome import Outcome


class Sum(ValueMetric, CumulatedMetric):
    """Mean over mature eligible units of the sum of an event's value; units without events count as 0."""

    type: Literal["sum"]

    winsorise: Winsorise | None = Field(None, description="Cut values above this pooled quantile down to it.")

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's sum of values in the window."""
        return self.with_periods(self._outcome("sum", self.window, self.value, self.winsorise))

    def estimand(self, name: str) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        what = f"{self.value} of {self.event}" if self.value else f"the value of {self.event}"
        return f"Mean per unit of the sum of {what} {self._when()}, 0 without events (intention to treat)"

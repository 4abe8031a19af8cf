"""Count: how many events per customer?"""

from typing import Literal

from pydantic import Field

from abtest.metrics.base import CumulatedMetric, Winsorise
from abtest.moments.outcome import Outcome


class Count(CumulatedMetric):
    """Mean number of events per mature eligible unit; units without events count as 0."""

    type: Literal["count"]

    winsorise: Winsorise | None = Field(None, description="Cut values above this pooled quantile down to it.")

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's number of events in the window."""
        return self.with_periods(self._outcome("count", self.window, None, self.winsorise))

    def estimand(self, name: str) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        return f"Mean number of events in {self.event} per unit {self._when()}, 0 without events (intention to treat)"

"""Count: how many events per customer?"""

from typing import Literal

from abtest.definition.metrics.base import EventMetric, Outcome


class Count(EventMetric):
    """Mean number of events per mature eligible unit; units without events count as 0."""

    type: Literal["count"]

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's number of events in the window."""
        return self._outcome("count")

    def estimand(self, name: str) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        return f"Mean number of events in {self.event} per unit {self._when()}, 0 without events (intention to treat)"

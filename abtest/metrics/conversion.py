"""Conversion: did it happen to the customer at all within the window?"""

from typing import Literal

from abtest.metrics.base import EventMetric, Read
from abtest.moments.outcome import Outcome


class Conversion(EventMetric, Read):
    """Share of mature eligible units with at least one event in the window."""

    type: Literal["conversion"]

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """One when the unit has an event in the window, else zero."""
        return self._outcome("any", self.window)

    def estimand(self, name: str) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        return f"Share of units with at least one event in {self.event} {self._when()} (intention to treat)"

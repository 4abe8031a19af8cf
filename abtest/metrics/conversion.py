"""Conversion: did it happen to the customer at all within the window?"""

from typing import ClassVar, Literal

from abtest.metrics.base import EventMetric, Kind, ReadEarly
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import ANY
from abtest.words.reason import Reason


class Conversion(EventMetric, ReadEarly):
    """Share of mature eligible units with at least one event in the window."""

    type: Literal["conversion"]
    traits: ClassVar[Traits] = Traits("a conversion")

    @property
    def kind(self) -> Kind:
        """A share of units."""
        return "rate"

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """One when the unit has an event in the window, else zero."""
        return self._outcome(ANY, self.window)

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        return Reason.of("estimand-conversion", event=self.event, window=scope.window(self.window), **scope.told)

"""Count: how many events per customer?"""

from typing import ClassVar, Literal

from pydantic import Field

from abtest.metrics.base import CumulatedMetric, Winsorise
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import COUNT


class Count(CumulatedMetric):
    """Mean number of events per mature eligible unit; units without events count as 0."""

    type: Literal["count"]
    traits: ClassVar[Traits] = Traits("a count")

    winsorise: Winsorise | None = Field(
        None,
        description="Cut values above this pooled quantile down to it.",
        examples=[0.99],
        json_schema_extra={"exclusiveMinimum": 0.5, "exclusiveMaximum": 1},
    )

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's number of events in the window."""
        return self.with_periods(self._outcome(COUNT, self.window, None, self.winsorise))

    @property
    def unit_of_values(self) -> str:
        """The events, unless the file says more."""
        return self.unit or self.event

    def estimand(self, name: str, scope: Scope) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        window, cut = scope.window(self.window), scope.cut_at(self.winsorise)
        what = f"Mean number of events in {self.event} per unit {window}, 0 without events"
        return f"{what} {scope.read}{scope.in_days}{cut}"

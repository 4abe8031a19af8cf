"""Sum: how much per customer?"""

from typing import ClassVar, Literal

from pydantic import Field

from abtest.metrics.base import CumulatedMetric, ValueMetric, Winsorise
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import SUM


class Sum(ValueMetric, CumulatedMetric):
    """Mean over mature eligible units of the sum of an event's value; units without events count as 0."""

    type: Literal["sum"]
    traits: ClassVar[Traits] = Traits("a sum", adds_up=True)

    winsorise: Winsorise | None = Field(
        None,
        description="Cut values above this pooled quantile down to it.",
        examples=[0.99],
        json_schema_extra={"exclusiveMinimum": 0.5, "exclusiveMaximum": 1},
    )

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's sum of values in the window."""
        return self.with_periods(self._outcome(SUM, self.window, self.value, self.winsorise))

    def estimand(self, name: str, scope: Scope) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        window, cut = scope.window(self.window), scope.cut_at(self.winsorise)
        what = f"Mean per unit of the sum of {self._taken()} {window}, 0 without events"
        return f"{what} {scope.read}{scope.in_days}{cut}"

"""Sum: how much per customer?"""

from typing import ClassVar, Literal

from pydantic import Field

from abtest.metrics.base import CumulatedMetric, ValueMetric, Winsorise
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import SUM
from abtest.words.reason import Fields, Reason


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

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        fields: Fields = {
            "taken": self._taken(),
            "window": scope.window(self.window),
            "cut": scope.cut_at(self.winsorise),
        }
        return Reason.of("estimand-sum", **fields, **scope.told)

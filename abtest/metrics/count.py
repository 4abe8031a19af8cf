"""Count: how many events per customer?"""

from typing import ClassVar, Literal

from pydantic import Field

from abtest.grammar.fields import Text
from abtest.metrics.base import CumulatedMetric, Winsorise
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import COUNT, CountDistinct
from abtest.words.reason import Fields, Reason


class Count(CumulatedMetric):
    """Mean number of events per mature eligible unit; units without events count as 0."""

    type: Literal["count"]
    traits: ClassVar[Traits] = Traits("a count")

    distinct: Text | None = Field(
        None,
        description="Count the different values of this column of the events, such as the number of an order that has "
        "a row for each of its lines.",
        examples=["order_id"],
    )
    winsorise: Winsorise | None = Field(
        None,
        description="Cut values above this pooled quantile down to it.",
        examples=[0.99],
        json_schema_extra={"exclusiveMinimum": 0.5, "exclusiveMaximum": 1},
    )

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's number of events in the window."""
        reduce = COUNT if self.distinct is None else CountDistinct(self.distinct)
        return self.with_periods(self._outcome(reduce, self.window, None, self.winsorise))

    @property
    def unit_of_values(self) -> str:
        """The events, unless the file says more."""
        return self.unit or self.event

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        fields: Fields = {
            "event": self.event if self.distinct is None else f"{self.event} (each {self.distinct} once)",
            "window": scope.window(self.window),
            "cut": scope.cut_at(self.winsorise),
        }
        return Reason.of("estimand-count", **fields, **scope.told)

"""Quantile: the median customer, or the best tenth's threshold."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from abtest.grammar.fields import Key, Number, Text
from abtest.metrics.base import MetricBase, Timed, Used, Window, of_value
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import COUNT, SUM
from abtest.words.reason import Fields, Reason

if TYPE_CHECKING:
    from abtest.metrics.methods import Method
    from abtest.moments.sums import MetricMoments


def _inside(value: float) -> float:
    if not 0 < value < 1:
        raise ValueError(f"must be more than 0 and less than 1, such as 0.5 for the median (got {value:g})")
    return value


class Quantile(MetricBase, Timed):
    """A quantile over mature eligible units of the unit's sum of values, or of its number of events."""

    type: Literal["quantile"]
    traits: ClassVar[Traits] = Traits(
        "a quantile",
        averages=False,
        strata="refused",
        margins=False,
        monitored=False,
        guide="quantile",
        sized="quantile",
    )
    event: Key = Field(description="The event source under `data`.", examples=["orders"])
    window: Window = Field(
        description="[from, to) since assignment, such as [0d, 56d]; `to` is not included.", examples=[["0d", "56d"]]
    )
    quantile: Annotated[Number, AfterValidator(_inside)] = Field(
        0.5, description="0.5 is the median.", json_schema_extra={"exclusiveMinimum": 0, "exclusiveMaximum": 1}
    )
    of: Literal["count", "sum"] = Field("sum", description="Per unit: count the events, or sum their value.")
    value: Text | None = Field(
        None, description="The value column; the source's `value` when absent.", examples=["amount"]
    )

    @property
    def unit_of_values(self) -> str:
        """The unit of the values, or the events that are counted."""
        return self.unit or (self.event if self.of == "count" else "")

    @property
    def plain_test(self) -> str:
        """The test of two arms in words."""
        return "order statistics within each arm, bootstrap of ranks for the difference"

    def events(self) -> list[Used]:
        """Return the event, whose values are taken where they are summed."""
        return [Used(("event",), self.event, takes_value=self.of == "sum", value=self.value)]

    def method(self, moments: "MetricMoments") -> "Method":
        """Return the method by order statistics."""
        from abtest.metrics.methods import Quantiles, expanded

        histograms = moments.histograms or ()
        return Quantiles([expanded(histogram, moments.arms[0].scale) for histogram in histograms], self.quantile)

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's sum or count in the window."""
        return Outcome(self.event, SUM if self.of == "sum" else COUNT, self.window, self.value, quantile=self.quantile)

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        summed = of_value("estimand-summed", self.value, self.event)
        what = Reason.of("estimand-counted", event=self.event) if self.of == "count" else summed
        fields: Fields = {"quantile": self.quantile, "median": self.quantile == 0.5, "what": what}
        return Reason.of("estimand-quantile", **fields, window=scope.window(self.window), **scope.told)

"""Quantile: the median customer, or the best tenth's threshold."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from abtest.grammar.fields import Key, Number, Text
from abtest.metrics.base import MetricBase, Timed, Window, when
from abtest.moments.outcome import Outcome


def _inside(value: float) -> float:
    if not 0 < value < 1:
        raise ValueError(f"must be more than 0 and less than 1, such as 0.5 for the median (got {value:g})")
    return value


class Quantile(MetricBase, Timed):
    """A quantile over mature eligible units of the unit's sum of values, or of its number of events."""

    type: Literal["quantile"]
    event: Key = Field(description="The event source under `data`.")
    window: Window = Field(description="[from, to) since assignment, such as [0d, 56d]; `to` is not included.")
    quantile: Annotated[Number, AfterValidator(_inside)] = Field(0.5, description="0.5 is the median.")
    of: Literal["count", "sum"] = Field("sum", description="Per unit: count the events, or sum their value.")
    value: Text | None = Field(None, description="The value column; the source's `value` when absent.")

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's sum or count in the window."""
        return Outcome(self.event, self.of, self.window, self.value, quantile=self.quantile)

    def estimand(self, name: str) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        summed = f"sum of {self.value or 'the value'} of {self.event}"
        what = f"number of events in {self.event}" if self.of == "count" else summed
        label = "Median" if self.quantile == 0.5 else f"{self.quantile:g} quantile"
        return f"{label} over units of the {what} {when(self.window)}, 0 without events (intention to treat)"

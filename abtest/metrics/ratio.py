"""Ratio: one sum over another, such as revenue per order or orders per session."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from abtest.grammar.fields import Flag, Key, Text
from abtest.grammar.part import Part
from abtest.metrics.base import CoveredMetric, Timed, Used, Window, of_value
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import COLUMN, COUNT, SUM
from abtest.words.reason import Reason

if TYPE_CHECKING:
    from abtest.metrics.methods import Method
    from abtest.moments.sums import MetricMoments


class RatioPart(Part):
    """One side of a ratio: the events of a source in the window, counted, or their value summed."""

    event: Key = Field(description="The event source under `data`.", examples=["orders"])
    of: Literal["count", "sum"] = Field("count", description="Count the events, or sum their value.")
    value: Text | None = Field(
        None, description="The value column for a sum; the source's `value` when absent.", examples=["amount"]
    )

    def outcome(self, window: tuple[int, int], *, before: bool = False) -> Outcome:
        """Return what each unit contributes; ``before`` marks a covariate's window."""
        return Outcome(self.event, SUM if self.of == "sum" else COUNT, window, self.value, before=before)

    def words(self) -> Reason:
        """Return what is counted or summed."""
        if self.of == "count":
            return Reason.of("estimand-number", event=self.event)
        return of_value("estimand-summed", self.value, self.event)


class Ratio(CoveredMetric, Timed):
    """Sum of the numerator over all units, divided by the sum of the denominator.

    The unit of randomisation stays the unit of variance (delta method). The treatment can move the denominator, so it
    is refused as primary unless ``allow_conditional: true`` says that this was considered.
    """

    type: Literal["ratio"]
    traits: ClassVar[Traits] = Traits("a ratio", averages=False, conditional=True, guide="ratio", sized="ratio")
    numerator: RatioPart = Field(description="What is counted or summed above the line.")
    denominator: RatioPart = Field(description="What is counted or summed below the line.")
    window: Window = Field(
        description="[from, to) since assignment, such as [0d, 56d]; `to` is not included.", examples=[["0d", "56d"]]
    )
    allow_conditional: Flag = Field(
        False, description="Accept a metric as primary although its denominator can be moved by the treatment."
    )

    @property
    def plain_test(self) -> str:
        """The test of two arms in words."""
        return "delta method for the ratio of sums, Welch's t test, lift by Fieller"

    def events(self) -> list[Used]:
        """Return the events of both sides."""
        return [
            Used((side, "event"), part.event, takes_value=part.of == "sum", value=part.value)
            for side, part in (("numerator", self.numerator), ("denominator", self.denominator))
        ]

    def method(self, moments: "MetricMoments") -> "Method":
        """Return the delta method, adjusted for covariates where there are some; few units are compared one by one."""
        from abtest.metrics.methods import method_of_ratios

        return method_of_ratios(moments)

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's numerator, with its denominator."""
        above = self.numerator.outcome(self.window)
        below = self.denominator.outcome(self.window)
        covariates: list[Outcome] = []
        for part in self.covariate_list():
            if part.column is not None:
                covariates.append(Outcome("customers", COLUMN, None, part.column))
            elif part.window is not None:
                covariates += [side.outcome(part.window, before=True) for side in (self.numerator, self.denominator)]
        return Outcome(above.source, above.reduce, self.window, above.value, tuple(covariates), denominator=below)

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        above, below = self.numerator.words(), self.denominator.words()
        window = scope.window(self.window)
        return Reason.of("estimand-ratio", numerator=above, denominator=below, window=window, **scope.told)

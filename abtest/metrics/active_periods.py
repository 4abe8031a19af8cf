"""Active periods: in how many weeks does a customer come?"""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from abtest.grammar.fields import Whole, duration_text
from abtest.metrics.base import MOST_PERIODS, STEPS, CurveStep, EventMetric, Kind, consecutive
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import ANY, Number, PerUnit, Reduction
from abtest.words.reason import Fields, Reason


def _counted(value: int) -> int:
    if not 1 <= value <= MOST_PERIODS:
        raise ValueError(f"must be a whole number from 1 to {MOST_PERIODS} (got {value})")
    return value


@dataclass(frozen=True)
class ActiveIn(Reduction):
    """In how many of the window's periods of ``step`` seconds there is an event; or whether in ``at_least`` of them."""

    step: int
    at_least: int | None = None

    @property
    def before(self) -> Reduction:
        """The number of periods, which says more of a customer than whether they were enough."""
        return replace(self, at_least=None)

    def inner(self, outcome: Outcome) -> tuple[Outcome, ...]:
        """Return whether there is an event, for each period."""
        windows = consecutive(*(outcome.window or (0, 0)), self.step)
        return tuple(replace(outcome, reduce=ANY, window=window, covariates=()) for window in windows)

    def number(self, outcome: Outcome, alias: str, unit: PerUnit) -> Number:  # noqa: ARG002
        """Return the sum of the periods' marks."""
        periods = " + ".join(unit.marked(period) for period in self.inner(outcome))
        if self.at_least is None:
            return Number(f"({periods})")
        return Number(f"CASE WHEN {periods} >= {self.at_least} THEN 1 ELSE 0 END", rate=True)


class ActivePeriods(EventMetric):
    """Mean number of the window's days, weeks or months of 30 days in which a mature eligible unit has an event.

    With `at_least`, the share of units that have an event in so many of them. Periods are counted from the start of the
    window, which holds a whole number of them; with calendar days, a week is seven days of the calendar.
    """

    type: Literal["active_periods"]
    traits: ClassVar[Traits] = Traits("a number of active periods")
    by: CurveStep = Field("week", description="What is counted: each day, week or month (30 days) of the window.")
    at_least: Annotated[Whole, AfterValidator(_counted)] | None = Field(
        None,
        description="Periods in which a unit must be active; then the metric is the share of units that are.",
        examples=[3],
        json_schema_extra={"minimum": 1, "maximum": MOST_PERIODS},
    )

    @model_validator(mode="after")
    def _whole_periods(self) -> Self:
        before = [part.window for part in self.covariate_list() if part.window is not None]
        for place, (low, high) in (("window", self.window), *(("covariate", window) for window in before)):
            size, rest = divmod(high - low, STEPS[self.by])
            if rest:
                raise ValueError(
                    f"needs a {place} of whole {self._periods(2)} (got [{duration_text(low)}, {duration_text(high)}]): "
                    "a part of one would count for less; change it, or `by`"
                )
            if size > MOST_PERIODS:
                raise ValueError(f"has a {place} of {size} {self.by}s; at most {MOST_PERIODS} are counted")
        if self.at_least is not None and self.at_least > self._size:
            raise ValueError(
                f"asks for {self.at_least} active {self.by}s of a window that has {self._size}: no unit can have them"
            )
        return self

    @property
    def kind(self) -> Kind:
        """A share of units where a number of periods is asked for."""
        return "mean" if self.at_least is None else "rate"

    @property
    def unit_of_values(self) -> str:
        """The periods, unless the file says another word."""
        return self.unit or f"{self.by}s"

    @property
    def _size(self) -> int:
        return (self.window[1] - self.window[0]) // STEPS[self.by]

    def _periods(self, number: int) -> str:
        return f"{self.by}{'' if number == 1 else 's'}" + (" of 30 days" if self.by == "month" else "")

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's number of active periods, or one when they are enough."""
        return self._outcome(ActiveIn(STEPS[self.by], self.at_least), self.window)

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        window = scope.window(self.window)
        fields: Fields = {"event": self.event, "by": self.by, "size": self._size, "window": window, **scope.told}
        if self.at_least is None:
            return Reason.of("estimand-active-periods", **fields)
        return Reason.of("estimand-active-in", **fields, at_least=self.at_least)

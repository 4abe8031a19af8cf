"""What every metric declares, and the outcome per unit that it asks of the warehouse.

Principle: a metric is one small file. It holds the fields that the YAML may set and says, as an :class:`Outcome`,
which number each unit contributes. The warehouse turns outcomes into per-arm moments; the kind of the outcome (a rate
or a mean) chooses the test.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from abtest.grammar.fields import (
    Duration,
    Flag,
    Good,
    Key,
    LevelField,
    MarginField,
    Number,
    Prose,
    Text,
    Title,
    duration_text,
)
from abtest.grammar.part import Part
from abtest.grammar.time import DAY, WEEK
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Days, Outcome
from abtest.moments.reductions import COLUMN, Reduction
from abtest.words.reason import Reason

if TYPE_CHECKING:
    from abtest.metrics.methods import Method
    from abtest.moments.sums import MetricMoments

Kind = Literal["rate", "mean"]
RATE_TEST = "Miettinen–Nurminen score test of the shares, difference and lift by the same score, each arm by Wilson"
MEAN_TEST = "Welch's t test of the means, lift by Fieller (skewed amounts in uneven arms: a skewness-corrected test)"


def _ordered(window: tuple[int, int]) -> tuple[int, int]:
    low, high = window
    if low >= high:
        raise ValueError(
            f"must end after it starts (got [{duration_text(low)}, {duration_text(high)}]); the end is not included"
        )
    return window


def _after_assignment(window: tuple[int, int]) -> tuple[int, int]:
    if window[0] < 0:
        raise ValueError("must not start before the assignment; what came before belongs in `covariate`")
    return window


def _share(value: float) -> float:
    if not 0.5 < value < 1:
        raise ValueError(f"must be more than 0.5 and less than 1, such as 0.99 (got {value:g})")
    return value


Winsorise = Annotated[Number, AfterValidator(_share)]
"""The pooled quantile above which values are cut down to it."""
AnyWindow = Annotated[tuple[Duration, Duration], AfterValidator(_ordered)]
"""``[from, to)`` in exact 24-hour days since the unit's assignment; may be negative (before it)."""
Window = Annotated[AnyWindow, AfterValidator(_after_assignment)]


CurveStep = Literal["day", "week", "month"]
CurveKind = Literal["bracket", "on or after", "cumulative"]
STEPS: dict[CurveStep, int] = {"day": DAY, "week": WEEK, "month": 30 * DAY}
"""Seconds of a period of a curve; a month is 30 days."""
MOST_PERIODS = 62


class Curved(Part):
    """The field of every metric that has a curve."""

    curve: Literal["day", "week", "month", "none"] | None = Field(
        None,
        description="Show the metric by period since assignment: day, week, month (30 days) or none. When absent, a "
        "primary retention has one, by week (by day within two weeks), and other metrics have none.",
    )

    @property
    def curve_step(self) -> CurveStep | None:
        """The length of the periods of the curve; ``None`` without one."""
        return None if self.curve == "none" else self.curve

    @property
    def curve_kind(self) -> CurveKind:
        """What a point of the curve is: the metric in that period, from it on, or up to its end."""
        return "cumulative"

    def curve_windows(self) -> list[tuple[int, int]]:
        """Return the periods of the curve in seconds since assignment; none without a curve."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _few_periods(self) -> Self:
        size = len(self.curve_windows())
        if size > MOST_PERIODS:
            raise ValueError(f"has a curve of {size} periods by {self.curve_step}; at most {MOST_PERIODS} can be shown")
        return self

    def with_periods(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the same over the periods of the curve."""
        plain = replace(outcome, covariates=(), winsorise=None)
        return replace(outcome, periods=tuple(replace(plain, window=window) for window in self.curve_windows()))


class ReadEarly(Part):
    """The field of every share of units that can be read before all units are mature."""

    reading: Literal["mature", "kaplan-meier"] = Field(
        "mature",
        description="What counts while units are immature: mature (the mature units alone) or kaplan-meier (all, each "
        "for as long as it was followed). Both are shown.",
    )


def consecutive(low: int, high: int, step: int) -> list[tuple[int, int]]:
    """Return the windows of ``step`` seconds from ``low`` to ``high``; the last may be shorter."""
    return [(edge, min(edge + step, high)) for edge in range(low, high, step)]


@dataclass(frozen=True, slots=True)
class Used:
    """An event that a metric names at ``path``, and whether a value of it is taken, by the metric's own column."""

    path: tuple[str | int, ...]
    event: str
    takes_value: bool = False
    value: str | None = None


class Covariate(Part):
    """A number known before the assignment that explains part of the outcome and so narrows the interval.

    Either the same event over an earlier ``window``, or a ``column`` of the customers table: a number, or a category
    (text), which gives each of its levels an indicator.
    """

    window: AnyWindow | None = Field(
        None, description="Window before the assignment, such as [-56d, 0d].", examples=[["-56d", "0d"]]
    )
    column: Text | None = Field(
        None, description="A column of the customers table: numbers or categories.", examples=["age"]
    )


class MetricBase(Part):
    """The fields of every metric."""

    role: Literal["primary", "secondary", "guardrail"] = Field(
        "secondary",
        description="primary decides, secondary explains, guardrail must not get worse by more than its margin.",
    )
    title: Title | None = Field(
        None,
        description="What the report calls it; made from the name when absent.",
        examples=["Retained in weeks 5 to 8"],
    )
    description: Prose | None = Field(
        None,
        description="A sentence for the reader of the report.",
        examples=["Customers who order again after the first month."],
    )
    good: Good = Field("up", description="The direction that is good for the business.")
    margin: MarginField | None = Field(
        None,
        description="The difference that matters: 1pp, 5% (of the control) or a plain number in its unit.",
        examples=["1pp", "5%", 0.25],
        json_schema_extra={"exclusiveMinimum": 0},
    )
    test: Literal["non-inferiority", "superiority", "equivalence"] | None = Field(
        None,
        description="What is shown against the margin: not worse by it (the default of a guardrail), better by more "
        "than it, or within it both ways.",
    )
    unit: Text | None = Field(
        None, description="The unit of the values, such as EUR; rates need none.", examples=["EUR"]
    )
    benchmark: LevelField | None = Field(
        None,
        description="A level to compare each arm with, such as last year's: 45% for a rate, or a plain number.",
        examples=["45%", 12.5],
    )
    goal: LevelField | None = Field(
        None, description="The level that the team wants to reach, written alike.", examples=["50%", 15]
    )

    type: str
    traits: ClassVar[Traits] = Traits()

    @property
    def kind(self) -> Kind | None:
        """Whether its values are shares of units or other numbers; ``None`` where the data decide."""
        return "mean"

    @property
    def is_rate(self) -> bool:
        """Whether its values are known to be shares of units."""
        return self.kind == "rate"

    @property
    def is_mean(self) -> bool:
        """Whether its values are known to be other numbers than shares."""
        return self.kind == "mean"

    @property
    def unit_of_values(self) -> str:
        """The unit of its values, where they are no shares; empty when nothing is known of it."""
        return self.unit or ""

    @property
    def plain_test(self) -> str:
        """The test of two arms without covariates and strata, and where the intervals come from, in words."""
        return MEAN_TEST if self.kind == "mean" else RATE_TEST

    @property
    def window_key(self) -> str:
        """The key that sets the window in the file."""
        return "window"

    def spelled(self, window: tuple[int, int]) -> str:
        """Return how the file would say another window."""
        return f"`window: [{duration_text(window[0])}, {duration_text(window[1])}]`"

    def events(self) -> list[Used]:
        """Return the events that the metric names."""
        return []

    def told_further(self) -> list[str]:
        """Return what else is to be known of the metric, in sentences."""
        return []

    def shares_at(self) -> list[int]:
        """Return the times in seconds at which the shares of units with the event are compared beside the metric."""
        return []

    def method(self, moments: "MetricMoments") -> "Method":
        """Return the method that compares the arms of the mature units."""
        from abtest.metrics.methods import method_of_averages

        return method_of_averages(moments)

    def outcome(self, name: str) -> Outcome:
        """Return what each unit contributes to the metric called ``name``.

        Windows are in exact days; :meth:`abtest.definition.model.Definition.outcome` puts in the days asked for.
        """
        raise NotImplementedError

    def estimand(self, name: str, scope: Scope) -> Reason:
        """Return what is estimated of units that are counted as ``scope`` says."""
        raise NotImplementedError


def of_value(code: str, column: str | None, event: str) -> Reason:
    """Return a part of an estimand that speaks of an event's value: by its column, where it has one of its own."""
    return Reason.of(f"{code}-value", event=event) if column is None else Reason.of(code, column=column, event=event)


class Timed(Part):
    """The field of every metric that has a window."""

    days: Days | None = Field(
        None,
        description="What a day of the window is: exact (24 hours from the assignment) or calendar (a day of the "
        "`timezone`; the assignment's own day is day 0); as in `analysis` when absent.",
    )


class CoveredMetric(MetricBase):
    """The fields of every metric that covariates can explain."""

    covariate: Covariate | None = Field(None, description="Pre-period window or column for regression adjustment.")
    covariates: list[Covariate] = Field([], description="Several of them.")

    def covariate_list(self) -> list[Covariate]:
        """Return the covariates, however they were written."""
        return [*([self.covariate] if self.covariate else []), *self.covariates]


class EventBase(CoveredMetric, Timed):
    """The fields of every metric that looks at a unit's events after its assignment."""

    event: Key = Field(description="The event source under `data`.", examples=["orders"])

    def events(self) -> list[Used]:
        """Return the event."""
        return [Used(("event",), self.event)]

    def _outcome(
        self, reduce: Reduction, window: tuple[int, int], value: str | None = None, winsorise: float | None = None
    ) -> Outcome:
        covariates = tuple(
            Outcome("customers", COLUMN, None, part.column)
            if part.column is not None
            else Outcome(self.event, reduce.before, part.window, value, before=True)
            for part in self.covariate_list()
        )
        return Outcome(self.event, reduce, window, value, covariates, winsorise=winsorise)


class EventMetric(EventBase):
    """The fields of every metric that looks at a unit's events in a window after its assignment."""

    window: Window = Field(
        description="[from, to) since assignment, such as [28d, 56d]; `to` is not included.", examples=[["0d", "56d"]]
    )


class CumulatedMetric(EventMetric, Curved):
    """The fields of metrics that add up over the periods of a window."""

    def curve_windows(self) -> list[tuple[int, int]]:
        """Return the periods of the window."""
        return [] if self.curve_step is None else consecutive(*self.window, STEPS[self.curve_step])


class ValueMetric(EventMetric):
    """The fields of metrics of an event's value."""

    value: Text | None = Field(
        None, description="The value column; the source's `value` when absent.", examples=["amount"]
    )
    allow_conditional: Flag = Field(
        False, description="Accept a metric as primary although its denominator can be moved by the treatment."
    )

    def events(self) -> list[Used]:
        """Return the event, whose values are taken."""
        return [Used(("event",), self.event, takes_value=True, value=self.value)]

    def _taken(self) -> Reason:
        return of_value("estimand-taken", self.value, self.event)

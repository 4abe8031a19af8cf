"""Time to event: how long until it happens?"""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from abtest.grammar.fields import SECONDS, Duration, Key, Text, duration_text
from abtest.metrics.base import MetricBase, Used
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import TIME, TimeInColumns
from abtest.words.reason import Fields, Reason

if TYPE_CHECKING:
    from abtest.metrics.methods import Method
    from abtest.moments.sums import MetricMoments


def _whole_days(value: int) -> int:
    if value <= 0 or value % SECONDS["d"]:
        raise ValueError(f"must be a whole number of days, such as 56d (got {duration_text(value)})")
    return value


def _listed(value: object) -> object:
    """Read one text as a list of one."""
    return [value] if isinstance(value, str) else value


def _rising(values: list[int]) -> list[int]:
    for earlier, later in pairwise(values):
        if later <= earlier:
            raise ValueError(f"must rise (got {duration_text(earlier)} before {duration_text(later)})")
    return values


def _and(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


class TimeToEvent(MetricBase):
    """Mean number of days without the event, up to a horizon: the area under the Kaplan–Meier curve.

    Units whose follow-up is shorter than the horizon count for as long as they were followed. Days are exact 24-hour
    days from the start; an event on the first day has the time 1. `good` is `up` when a later event is better. Beside
    the mean stand medians, the log-rank test (within `analysis.strata`, where there are any), the hazard ratio (all
    three up to `follow_to`, else to the horizon) and the shares with the event at the horizon and at each landmark.
    Where events compete, the first of all decides; in the mean, the medians and the hazard ratio a rival ends the
    follow-up, and the shares are Aalen–Johansen's.
    """

    type: Literal["time_to_event"]
    traits: ClassVar[Traits] = Traits(
        "a time to an event",
        averages=False,
        strata="beside",
        monitored=False,
        times=True,
        counts_immature=True,
        guide="time_to_event",
        sized="time",
    )
    event: Key | None = Field(
        None,
        description="The event source under `data`; the first event after the assignment counts.",
        examples=["unsubscribes"],
    )
    duration: Text | None = Field(
        None,
        description="Instead of `event`: the column of the customers table with the days that a unit was followed.",
        examples=["days"],
    )
    event_column: Text | None = Field(
        None,
        description="With `duration`: the column that holds 1 (true) where the event ended them, 0 where the unit was "
        "last seen without it.",
        examples=["churned"],
    )
    horizon: Annotated[Duration, AfterValidator(_whole_days)] = Field(
        description="How far the curve is read, in whole days, such as 56d.", examples=["56d"]
    )
    competing: Annotated[list[Key], BeforeValidator(_listed)] = Field(
        [],
        description="Event sources that preclude the event, such as unsubscribes; the first event of all counts.",
        examples=[["unsubscribes"]],
    )
    follow_to: Annotated[Duration, AfterValidator(_whole_days)] | None = Field(
        None,
        description="How far units are followed for the log-rank test, the hazard ratio and the medians; the `horizon` "
        "when absent. The mean and the shares end at the horizon.",
        examples=["365d"],
    )
    landmarks: Annotated[list[Annotated[Duration, AfterValidator(_whole_days)]], AfterValidator(_rising)] = Field(
        [],
        description="Days at which the shares with the event are compared too, such as [14d, 28d].",
        examples=[["28d"]],
    )

    @model_validator(mode="after")
    def _within_horizon(self) -> Self:
        if self.landmarks and self.landmarks[-1] > self.horizon:
            raise ValueError(
                f"has a landmark beyond its horizon ({duration_text(self.landmarks[-1])}, "
                f"{duration_text(self.horizon)})"
            )
        if self.follow_to is not None and self.follow_to < self.horizon:
            raise ValueError(
                f"follows units for less time than its horizon ({duration_text(self.follow_to)}, "
                f"{duration_text(self.horizon)}); leave `follow_to` out to follow them to the horizon"
            )
        in_columns = self.duration is not None and self.event_column is not None
        if (self.event is None) != in_columns or (self.duration is None) != (self.event_column is None):
            raise ValueError(
                "needs `event`, an event source, or both `duration` and `event_column`, columns of the customers table"
            )
        if in_columns and self.competing:
            raise ValueError("has `competing` events, which are event sources; with `duration` there is one event")
        if self.event in self.competing or len(set(self.competing)) < len(self.competing):
            raise ValueError("`competing` names each other event once, and not `event` itself")
        return self

    @property
    def unit_of_values(self) -> str:
        """Days, unless the file says another word."""
        return self.unit or "days"

    @property
    def plain_test(self) -> str:
        """The test of two arms in words."""
        return "difference of the restricted mean times (areas under Kaplan–Meier) by z, lift by Fieller"

    @property
    def window_key(self) -> str:
        """The key that sets the window in the file."""
        return "horizon"

    def spelled(self, window: tuple[int, int]) -> str:
        """Return how the file would say another end; times begin with the assignment."""
        return f"`horizon: {duration_text(window[1])}`"

    def events(self) -> list[Used]:
        """Return the event and those that preclude it."""
        rivals = [Used(("competing", index), event) for index, event in enumerate(self.competing)]
        return rivals if self.event is None else [*rivals, Used(("event",), self.event)]

    def told_further(self) -> list[str]:
        """Return at which days the shares with the event are compared."""
        longer = []
        if self.follow_to is not None and self.follow_to > self.horizon:
            to = duration_text(self.follow_to)
            longer = [f"For the log-rank test, the hazard ratio and the medians units are followed for {to}."]
        if not self.competing and not self.landmarks:
            return longer
        days = [duration_text(seconds) for seconds in self.shares_at()]
        rivals = f", and with an event in {_and(self.competing)} first," if self.competing else ""
        return [f"Shares with the event{rivals} are compared at {_and(days)} too.", *longer]

    def shares_at(self) -> list[int]:
        """Return the landmarks and the horizon."""
        return sorted({*self.landmarks, self.horizon})

    def method(self, moments: "MetricMoments") -> "Method":
        """Return the method by the areas under the Kaplan–Meier curves."""
        from abtest.metrics.methods import RestrictedMeans, life_table

        return RestrictedMeans([life_table(arm) for arm in moments.lifetimes or ()], self.horizon // SECONDS["d"])

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's time to its first event."""
        if self.event is None:
            how = TimeInColumns(str(self.event_column), self.horizon)
            return Outcome("customers", how, None, self.duration, followed_to=self.follow_to)
        window = (0, self.horizon)
        rivals = tuple(Outcome(event, TIME, window, followed_to=self.follow_to) for event in self.competing)
        return Outcome(self.event, TIME, window, rivals=rivals, followed_to=self.follow_to)

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        days = self.horizon // SECONDS["d"]
        if self.event is None:
            columns: Fields = {"column": self.event_column, "duration": self.duration}
            return Reason.of("estimand-time-in-columns", days=days, **columns)
        fields: Fields = {"days": days, "event": self.event, **scope.told}
        return Reason.of("estimand-time-to-event", **fields, competing=len(self.competing), any_of=list(self.competing))

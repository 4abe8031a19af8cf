"""Time to event: how long until it happens?"""

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from abtest.grammar.fields import Duration, Key, Text, duration_text
from abtest.grammar.part import Part
from abtest.grammar.time import DAY, HOUR, WEEK
from abtest.metrics.base import MetricBase, Used
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import TIME, TimeInColumns
from abtest.words.reason import Fields, Reason

if TYPE_CHECKING:
    from abtest.metrics.methods import Method
    from abtest.moments.sums import MetricMoments


TimeUnit = Literal["hours", "days", "weeks", "months"]
UNITS: dict[TimeUnit, int] = {"hours": HOUR, "days": DAY, "weeks": WEEK, "months": 30 * DAY}
"""Seconds of a unit of time; a month is 30 days, as in curves."""
_MONTHS = re.compile(r"([0-9]{1,4})\s*mo")


def _in_months(value: object) -> object:
    """Read ``12mo`` as so many times 30 days."""
    match = _MONTHS.fullmatch(value) if isinstance(value, str) else None
    return value if match is None else f"{int(match[1]) * 30}d"


def _whole_steps(value: int, info: ValidationInfo) -> int:
    hours = info.data.get("time_unit") == "hours"
    if value <= 0 or value % (HOUR if hours else DAY):
        steps = "hours, such as 48h" if hours else "days, such as 56d"
        raise ValueError(f"must be a whole number of {steps} (got {duration_text(value)})")
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


Length = Annotated[
    Duration,
    BeforeValidator(_in_months),
    AfterValidator(_whole_steps),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,6}\s*(h|d|w|mo)$"}),
]
"""A length of follow-up in seconds: ``48h``, ``56d``, ``8w`` or ``12mo`` (of 30 days)."""


class FollowUp(Part):
    """Until when a unit is followed, where that is before the data's end."""

    until: Text = Field(
        description="The column with the end of each unit's follow-up, of the customers table or the assignments; "
        "blank where it is the data's end. Beside `event` a date or time, beside `duration` a number in `time_unit`.",
        examples=["left_at"],
    )


class TimeToEvent(MetricBase):
    """Mean time without the event, up to a horizon, in days: the area under the Kaplan–Meier curve.

    Units whose follow-up is shorter than the horizon count for as long as they were followed, and not beyond
    `follow_up.until`, where that is said. Days are exact 24-hour days from the start; an event on the first day has the
    time 1. `time_unit` names another unit of time. `good` is `up` when a later event is better. Beside
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
        description="Instead of `event`: the column of the customers table that says for how long a unit was followed, "
        "in days or `time_unit`.",
        examples=["days"],
    )
    event_column: Text | None = Field(
        None,
        description="With `duration`: the column that holds 1 (true) where the event ended them, 0 where the unit was "
        "last seen without it.",
        examples=["churned"],
    )
    time_unit: TimeUnit = Field(
        "days",
        description="The unit of the mean, the medians and the curves, and of the column `duration`: hours, days, "
        "weeks or months (of 30 days). With hours, units are followed by the hour, else by the day.",
    )
    horizon: Length = Field(
        description="How far the curve is read, in whole days, such as 56d, 8w or 12mo (of 30 days); with `time_unit: "
        "hours` whole hours, such as 48h.",
        examples=["56d"],
    )
    follow_up: FollowUp | None = Field(
        None,
        description="Where units are followed for less time than the data cover: a unit that left the study, moved "
        "away or was cut off is last seen then. Not for what precludes the event, which is `competing`.",
        examples=[{"until": "left_at"}],
    )
    competing: Annotated[list[Key], BeforeValidator(_listed)] = Field(
        [],
        description="Event sources that preclude the event, such as unsubscribes; the first event of all counts.",
        examples=[["unsubscribes"]],
    )
    follow_to: Length | None = Field(
        None,
        description="How far units are followed for the log-rank test, the hazard ratio and the medians; the `horizon` "
        "when absent. The mean and the shares end at the horizon.",
        examples=["365d"],
    )
    landmarks: Annotated[list[Length], AfterValidator(_rising)] = Field(
        [],
        description="Times at which the shares with the event are compared too, such as [14d, 28d].",
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
        if self.unit is not None and self.time_unit != "days":
            raise ValueError(f"has `unit` and `time_unit: {self.time_unit}`, which names it; remove `unit`")
        if self.event in self.competing or len(set(self.competing)) < len(self.competing):
            raise ValueError("`competing` names each other event once, and not `event` itself")
        return self

    @property
    def unit_of_values(self) -> str:
        """The unit of time, unless the file says another word."""
        return self.unit or self.time_unit

    @property
    def length(self) -> float:
        """The horizon in the unit of the times."""
        return self.horizon / UNITS[self.time_unit]

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
        """Return until when units are followed, and at which days the shares with the event are compared."""
        longer = []
        if self.follow_up is not None:
            longer.append(f"A unit is followed until its `{self.follow_up.until}`, where that is not blank.")
        if self.follow_to is not None and self.follow_to > self.horizon:
            to = self._told(self.follow_to)
            longer.append(f"For the log-rank test, the hazard ratio and the medians units are followed for {to}.")
        if not self.competing and not self.landmarks:
            return longer
        days = [self._told(seconds) for seconds in self.shares_at()]
        rivals = f", and with an event in {_and(self.competing)} first," if self.competing else ""
        return [f"Shares with the event{rivals} are compared at {_and(days)} too.", *longer]

    def _told(self, seconds: int) -> str:
        if self.time_unit == "days":
            return duration_text(seconds)
        return f"{seconds / UNITS[self.time_unit]:g} {self.time_unit}"

    def shares_at(self) -> list[int]:
        """Return the landmarks and the horizon."""
        return sorted({*self.landmarks, self.horizon})

    def method(self, moments: "MetricMoments") -> "Method":
        """Return the method by the areas under the Kaplan–Meier curves."""
        from abtest.metrics.methods import RestrictedMeans, life_table

        tables = [life_table(arm) for arm in moments.lifetimes or ()]
        return RestrictedMeans(tables, self.horizon // moments.step, moments.step / UNITS[self.time_unit])

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's time to its first event."""
        step = HOUR if self.time_unit == "hours" else DAY
        until = None if self.follow_up is None else self.follow_up.until
        if self.event is None:
            how = TimeInColumns(str(self.event_column), self.horizon, UNITS[self.time_unit])
            return Outcome(
                "customers", how, None, self.duration, followed_to=self.follow_to, followed_until=until, step=step
            )
        window = (0, self.horizon)
        rivals = tuple(Outcome(event, TIME, window, followed_to=self.follow_to) for event in self.competing)
        return Outcome(
            self.event, TIME, window, rivals=rivals, followed_to=self.follow_to, followed_until=until, step=step
        )

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        fields: Fields = {"days": self.length}
        further = ""
        if self.time_unit != "days" or self.follow_up is not None:
            until = (
                Reason("estimand-followed")
                if self.follow_up is None
                else Reason.of("estimand-followed-until", column=self.follow_up.until)
            )
            fields |= {"time_unit": self.time_unit, "until": until}
            further = "-of"
        if self.event is None:
            fields |= {"column": self.event_column, "duration": self.duration}
            return Reason.of(f"estimand-time-in-columns{further}", **fields)
        fields |= {"event": self.event, **scope.told, "competing": len(self.competing), "any_of": list(self.competing)}
        return Reason.of(f"estimand-time-to-event{further}", **fields)

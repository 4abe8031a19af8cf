"""Time to event: how long until it happens?"""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from abtest.grammar.fields import SECONDS, Duration, Key, duration_text
from abtest.metrics.base import MetricBase
from abtest.moments.outcome import Outcome


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


class TimeToEvent(MetricBase):
    """Mean number of days without the event, up to a horizon: the area under the Kaplan–Meier curve.

    Units whose follow-up is shorter than the horizon count for as long as they were followed. Days are exact 24-hour
    days from the start; an event on the first day has the time 1. `good` is `up` when a later event is better. Beside
    the mean stand medians, the log-rank test (within `analysis.strata`, where there are any), the hazard ratio and the
    shares with the event at the horizon and at each landmark. Where events compete, the first of all decides; in the
    mean, the medians and the hazard ratio a rival ends the follow-up, and the shares are Aalen–Johansen's.
    """

    type: Literal["time_to_event"]
    event: Key = Field(description="The event source under `data`; the first event after the assignment counts.")
    horizon: Annotated[Duration, AfterValidator(_whole_days)] = Field(
        description="How far the curve is read, in whole days, such as 56d."
    )
    competing: Annotated[list[Key], BeforeValidator(_listed)] = Field(
        [], description="Event sources that preclude the event, such as unsubscribes; the first event of all counts."
    )
    landmarks: Annotated[list[Annotated[Duration, AfterValidator(_whole_days)]], AfterValidator(_rising)] = Field(
        [], description="Days at which the shares with the event are compared too, such as [14d, 28d]."
    )

    @model_validator(mode="after")
    def _within_horizon(self) -> Self:
        if self.landmarks and self.landmarks[-1] > self.horizon:
            raise ValueError(
                f"has a landmark beyond its horizon ({duration_text(self.landmarks[-1])}, "
                f"{duration_text(self.horizon)})"
            )
        if self.event in self.competing or len(set(self.competing)) < len(self.competing):
            raise ValueError("`competing` names each other event once, and not `event` itself")
        return self

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's time to its first event."""
        window = (0, self.horizon)
        rivals = tuple(Outcome(event, "time", window) for event in self.competing)
        return Outcome(self.event, "time", window, rivals=rivals)

    def estimand(self, name: str) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        days = self.horizon // SECONDS["d"]
        rivals = f"; an event in {' or '.join(self.competing)} ends the follow-up" if self.competing else ""
        return (
            f"Mean number of the first {days} days after assignment without an event in {self.event}, by Kaplan–Meier "
            f"(restricted mean; immature units count while followed{rivals}; intention to treat)"
        )

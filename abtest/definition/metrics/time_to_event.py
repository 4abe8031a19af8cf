"""Time to event: how long until it happens?"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from abtest.definition.fields import SECONDS, Duration, Key, duration_text
from abtest.definition.metrics.base import MetricBase, Outcome


def _whole_days(value: int) -> int:
    if value <= 0 or value % SECONDS["d"]:
        raise ValueError(f"must be a whole number of days, such as 56d (got {duration_text(value)})")
    return value


class TimeToEvent(MetricBase):
    """Mean number of days without the event, up to a horizon: the area under the Kaplan–Meier curve.

    Units whose follow-up is shorter than the horizon count for as long as they were followed. Days are exact 24-hour
    days from the start; an event on the first day has the time 1. `good` is `up` when a later event is better.
    """

    type: Literal["time_to_event"]
    event: Key = Field(description="The event source under `data`; the first event after the assignment counts.")
    horizon: Annotated[Duration, AfterValidator(_whole_days)] = Field(
        description="How far the curve is read, in whole days, such as 56d."
    )

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's time to its first event."""
        return Outcome(self.event, "time", (0, self.horizon))

    def estimand(self, name: str) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        days = self.horizon // SECONDS["d"]
        return (
            f"Mean number of the first {days} days after assignment without an event in {self.event}, by Kaplan–Meier "
            "(restricted mean; immature units count while followed; intention to treat)"
        )

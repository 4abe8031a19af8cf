"""Return retention: is the customer back?"""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from abtest.grammar.fields import LONGEST_DAYS, SECONDS, Duration, Whole, duration_text
from abtest.metrics.base import (
    MOST_PERIODS,
    STEPS,
    Curved,
    CurveKind,
    CurveStep,
    EventBase,
    Kind,
    ReadEarly,
    Window,
    consecutive,
)
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import AnyEvent
from abtest.words.reason import Fields, Reason

Period = Literal["week", "month", "quarter", "year"]
MOST_EVENTS = 10_000
"""More events than this are no sign that a customer came back."""


def _enough(value: int) -> int:
    if not 1 <= value <= MOST_EVENTS:
        raise ValueError(f"must be a whole number from 1 to {MOST_EVENTS} (got {value})")
    return value


def _from_zero(value: int) -> int:
    if value < 0:
        raise ValueError("must not start before the assignment")
    return value


def _within(value: int) -> int:
    if value >= LONGEST_DAYS:
        raise ValueError(f"must be less than {LONGEST_DAYS}, a hundred years (got {value})")
    return value


def _counted(value: int) -> int:
    if not 1 <= value <= 120:
        raise ValueError(f"must be a whole number from 1 to 120 (got {value})")
    return value


class Retention(EventBase, Curved, ReadEarly):
    """Share of mature eligible units that return: `at_least` so many events in a window after the assignment.

    The window is written in one of four ways: `window` (a bracket), `day` (N-day: on that very day), `after` with
    `horizon` (on or after a day, up to the horizon, which every unit must have reached), or `by` with `nth`: in the
    nth calendar week, month, quarter or year after the one of the assignment, as a customer retention rate by period
    counts: (E − N) / S with S the arm's units and E − N those of them that are active in the period.
    """

    type: Literal["retention"]
    traits: ClassVar[Traits] = Traits("a retention", of_the_base=True)
    window: Window | None = Field(
        None,
        description="Bracket: [from, to) since assignment, such as [28d, 56d]; `to` is not included.",
        examples=[["28d", "56d"]],
    )
    day: Annotated[Whole, AfterValidator(_within)] | None = Field(
        None, description="N-day: on day N, counted from 0; 7 is the window [7d, 8d].", examples=[7]
    )
    after: Annotated[Duration, AfterValidator(_from_zero)] | None = Field(
        None, description="On or after: from this time since assignment until `horizon`.", examples=["28d"]
    )
    horizon: Duration | None = Field(
        None, description="Where `after` ends, such as 90d; not included.", examples=["90d"]
    )
    by: Period | None = Field(
        None, description="By calendar period of the `timezone`: active in the nth one after that of the assignment."
    )
    nth: Annotated[Whole, AfterValidator(_counted)] | None = Field(
        None,
        description="Which period after that of the assignment, with `by`; the first (1) when absent.",
        examples=[1],
        json_schema_extra={"minimum": 1, "maximum": 120},
    )

    at_least: Annotated[Whole, AfterValidator(_enough)] = Field(
        1,
        description="Events that a unit must have in the window to be retained. With 2 or more, a curve is shown only "
        "where `curve` asks for one, each period with so many events of its own, and `reading` is of the mature units.",
        json_schema_extra={"minimum": 1, "maximum": MOST_EVENTS},
    )

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        kinds = [key for key in ("window", "day", "after", "by") if getattr(self, key) is not None]
        if len(kinds) != 1:
            given = f"has {' and '.join(kinds)}" if kinds else "has none"
            raise ValueError(
                "needs exactly one of window: [28d, 56d], day: 7, after: 28d (with horizon: 90d) or by: month "
                f"({given})"
            )
        if (self.after is None) != (self.horizon is None):
            raise ValueError("needs `after` and `horizon` together: on or after a day, up to a day all units reach")
        if self.after is not None and self.horizon is not None and self.horizon <= self.after:
            raise ValueError(
                f"needs a horizon later than `after` (got {duration_text(self.after)}, {duration_text(self.horizon)})"
            )
        if self.nth is not None and self.by is None:
            raise ValueError("has `nth` without `by`: say which calendar period it counts")
        if self.by is not None and (self.curve not in {None, "none"} or self.reading != "mature"):
            what = "`curve`" if self.curve not in {None, "none"} else "`reading: kaplan-meier`"
            raise ValueError(f"has {what} with `by`: calendar periods have neither curve nor early reading")
        if self.at_least > 1 and self.reading != "mature":
            raise ValueError(
                "has `reading: kaplan-meier` with `at_least`: units are followed to their first event, which does not "
                "say when they had enough; remove one of them"
            )
        return self

    @property
    def kind(self) -> Kind:
        """A share of units."""
        return "rate"

    @property
    def window_key(self) -> str:
        """The key that sets the window in the file."""
        return next(key for key in ("window", "day", "after", "by") if getattr(self, key) is not None)

    def spelled(self, window: tuple[int, int]) -> str:
        """Return how the file would say another window."""
        if self.after is not None:
            return f"`after: {duration_text(window[0])}` with `horizon: {duration_text(window[1])}`"
        instead = "" if self.window is not None else f" instead of `{self.window_key}`"
        return super().spelled(window) + instead

    @property
    def bounds(self) -> tuple[int, int]:
        """The window: seconds since assignment, or with `by` the numbers of calendar periods."""
        if self.window is not None:
            return self.window
        if self.day is not None:
            return self.day * SECONDS["d"], (self.day + 1) * SECONDS["d"]
        if self.after is not None and self.horizon is not None:
            return self.after, self.horizon
        return (self.nth or 1), (self.nth or 1) + 1

    @property
    def curve_step(self) -> CurveStep | None:
        """The length of the periods of the curve: as asked, else by week (by day within two) for a primary metric."""
        if self.curve is not None or self.role != "primary" or self.at_least > 1:
            return super().curve_step
        end = self.bounds[1]
        wanted: CurveStep = "day" if end <= 2 * STEPS["week"] else "week"
        choices: tuple[CurveStep, ...] = (wanted, "month")
        return next((step for step in choices if end / STEPS[step] <= MOST_PERIODS), None)

    @property
    def curve_kind(self) -> CurveKind:
        """Whether a point is of its own period, or of all from it on."""
        return "bracket" if self.after is None else "on or after"

    def curve_windows(self) -> list[tuple[int, int]]:
        """Return brackets up to the end of the window; with `after`, from each period's begin to the horizon."""
        if self.by is not None or self.curve_step is None:
            return []
        end = self.bounds[1]
        brackets = consecutive(0, end, STEPS[self.curve_step])
        return [(low, end) for low, _ in brackets] if self.after is not None else brackets

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """One when the unit has enough events in the window, else zero."""
        return self.with_periods(replace(self._outcome(AnyEvent(self.at_least), self.bounds), clock=self.by or "exact"))

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        fields: Fields = {"n": self.at_least, "event": self.event, **scope.told}
        if self.by is not None:
            return Reason.of("estimand-return-in-period", **fields, by=self.by, nth=self.nth or 1)
        if self.day is not None:
            return Reason.of("estimand-return-on-day", **fields, day=self.day)
        return Reason.of("estimand-return", **fields, window=scope.window(self.bounds))

"""What is asked of the warehouse for a metric: the number that each unit contributes."""

from dataclasses import dataclass, replace
from typing import Literal

from abtest.grammar.fields import SECONDS
from abtest.moments.reductions import Reduction

Clock = Literal["exact", "day", "week", "month", "quarter", "year"]
"""How a window runs: in exact 24-hour days, or in the days, weeks, … of the calendar of the definition's zone."""
Days = Literal["exact", "calendar"]

_SHORTEST = {"week": 7, "month": 28, "quarter": 90, "year": 365}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The number that each unit contributes.

    ``source`` is the table it comes from; ``reduce`` how a unit's events in ``window`` (seconds since assignment,
    half-open) become one number; ``value`` the column that is summed, averaged or taken. ``denominator`` makes it a
    ratio of sums, ``quantile`` the quantile over units; ``winsorise`` caps it at that pooled quantile; ``covariates``
    explain it. ``clock`` says what the window counts: seconds (exact), seconds that are whole calendar days (day), or
    periods of the calendar after that of the start (week to year). ``before`` marks a covariate's window, which always
    lies before the assignment. ``rivals`` are the times to events that preclude a time's own; ``periods`` the same
    outcome over the periods of its curve. ``followed_to`` is how long a time is followed where that is longer than its
    window, in seconds; ``followed_until`` the column with the end of each unit's own follow-up; ``step`` the seconds by
    which it is followed, where that is no matter of the window.
    """

    source: str
    reduce: Reduction
    window: tuple[int, int] | None = None
    value: str | None = None
    covariates: "tuple[Outcome, ...]" = ()
    denominator: "Outcome | None" = None
    winsorise: float | None = None
    quantile: float | None = None
    clock: Clock = "exact"
    before: bool = False
    rivals: "tuple[Outcome, ...]" = ()
    periods: "tuple[Outcome, ...]" = ()
    followed_to: int | None = None
    followed_until: str | None = None
    step: int | None = None

    def on(self, days: Days) -> "Outcome":
        """Return the outcome with its windows in exact or calendar days; calendar periods stay what they are."""
        clock: Clock = "day" if days == "calendar" and not self.timed else "exact"
        return replace(
            self,
            clock=clock if self.clock in {"exact", "day"} else self.clock,
            covariates=tuple(part.on(days) for part in self.covariates),
            denominator=None if self.denominator is None else self.denominator.on(days),
            periods=tuple(part.on(days) for part in self.periods),
        )

    @property
    def followed(self) -> "Outcome":
        """The outcome over all the time for which a unit is followed."""
        if self.window is None or self.followed_to is None:
            return self
        return replace(self, window=(self.window[0], max(self.window[1], self.followed_to)), followed_to=None)

    @property
    def curve_end(self) -> int | None:
        """How far the curve of a time to an event is read, in seconds since the start."""
        return self.reduce.horizon if self.window is None else self.window[1]

    @property
    def timed(self) -> bool:
        """Whether it is the time to an event."""
        return self.reduce.timed

    @property
    def of_column(self) -> bool:
        """Whether it stands in a column of the customers table."""
        return self.reduce.of_column

    @property
    def adds_values(self) -> bool:
        """Whether values of events are added up."""
        return self.reduce.adds_values

    @property
    def averages(self) -> bool:
        """Whether it is one number of each unit, of which the arm's value is the share or the mean."""
        return self.denominator is None and self.quantile is None and not self.timed

    @property
    def earliest_end_days(self) -> float | None:
        """The end of the window in days after the start, for the unit for which it ends first; ``None`` without one."""
        if self.window is None:
            return None
        if self.clock in _SHORTEST:
            return float(_SHORTEST[self.clock] * self.window[0])
        # The day of the start is a day of the calendar however late the unit starts.
        return self.window[1] / SECONDS["d"] - (1 if self.clock == "day" else 0)

    @property
    def parts(self) -> "tuple[Outcome, ...]":
        """The outcome with everything that is read for it."""
        beside = (self.denominator,) if self.denominator else ()
        own = (self, *self.covariates, *beside, *self.rivals, *self.periods)
        return own + tuple(part for outcome in own for part in outcome.reduce.inner(outcome))

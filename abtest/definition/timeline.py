"""Calendar dates of windows: when a unit is looked at, when it is mature, and which days of enrolment can be.

Principle: an exact window moves by seconds, whatever the clocks do; a window of days, weeks, months, quarters or years
runs from midnight to midnight of the definition's zone. All arithmetic is done in UTC or on dates, never on the hours
that a clock shows, so leap days and clock changes fall where they belong.
"""

import bisect
import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from abtest.definition.model import Definition
from abtest.grammar.time import DAY
from abtest.moments.outcome import Clock, Outcome

"""Seconds of an exact day."""
TICK = dt.timedelta(microseconds=1)
"""The smallest step between two instants."""
_ONE_DAY = dt.timedelta(days=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Span:
    """The time in which a unit is looked at: from ``start`` to before ``end``, both in the definition's zone."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """The definition's dates in its zone (UTC when it names none).

    ``lag`` is how late events arrive, in seconds. ``wait`` is the shortest and the longest time in seconds from the
    assignment to the start of a unit's windows: (0, 0) unless they start at the first exposure; the longest is ``None``
    when exposure has no end.
    """

    zone: ZoneInfo
    start: dt.date | None
    end: dt.date | None
    through: dt.date | None
    lag: int
    wait: tuple[int, int | None]

    @classmethod
    def of(cls, definition: Definition) -> "Timeline":
        """Return the timeline of a definition."""
        period, exposure = definition.period, definition.population.exposure
        wait: tuple[int, int | None] = (0, 0)
        if exposure is not None and definition.triggered:
            wait = exposure.window or (0, None)
        return cls(
            ZoneInfo(definition.timezone or "UTC"),
            period.start if period else None,
            period.end if period else None,
            period.through if period else None,
            (period.lag or 0) if period else 0,
            wait,
        )

    def midnight(self, day: dt.date) -> dt.datetime:
        """Return the instant at which ``day`` begins."""
        return dt.datetime.combine(day, dt.time(), tzinfo=self.zone).astimezone(dt.UTC).astimezone(self.zone)

    def last_instant(self, day: dt.date) -> dt.datetime:
        """Return the last instant of ``day``."""
        return (self.midnight(day + _ONE_DAY).astimezone(dt.UTC) - TICK).astimezone(self.zone)

    def instant(self, microseconds: int) -> dt.datetime:
        """Return an instant given in microseconds since 1970 UTC."""
        return (_EPOCH + dt.timedelta(microseconds=microseconds)).astimezone(self.zone)

    def later(self, moment: dt.datetime, seconds: int) -> dt.datetime:
        """Return the instant ``seconds`` later, by a clock that is never set."""
        return (moment.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)).astimezone(self.zone)

    @property
    def first(self) -> dt.datetime | None:
        """The earliest instant from which a unit's windows count; ``None`` without a period."""
        try:
            return None if self.start is None else self.later(self.midnight(self.start), self.wait[0])
        except OverflowError:
            return None

    @property
    def last(self) -> dt.datetime | None:
        """The latest such instant; ``None`` when enrolment, or the wait for an exposure, has no end."""
        return None if self.end is None else self.last_of(self.end)

    def last_of(self, day: dt.date) -> dt.datetime | None:
        """Return the latest instant from which the windows of a unit assigned on ``day`` count."""
        if self.wait[1] is None:
            return None
        try:
            return self.later(self.last_instant(day), self.wait[1])
        except OverflowError:
            return None

    @property
    def through_end(self) -> dt.datetime | None:
        """The instant at which the last declared day of data has passed."""
        return None if self.through is None else self.midnight(self.through + _ONE_DAY)

    @property
    def days(self) -> int | None:
        """The number of days of enrolment; ``None`` when it has no last day."""
        return None if self.start is None or self.end is None else (self.end - self.start).days + 1

    def span(self, outcome: Outcome, begun: dt.datetime) -> Span | None:
        """Return when a unit whose windows count from ``begun`` is looked at.

        ``None`` for an outcome without a window, and for a window that leaves the years 1 to 9999.
        """
        if outcome.window is None:
            return None
        try:
            start, end = (self._moved(begun, edge, outcome.clock) for edge in outcome.window)
        except (OverflowError, ValueError):
            return None
        # On the calendar day of the start itself, what came before the start does not count.
        return Span(start if outcome.before else max(start, begun), end)

    def _moved(self, begun: dt.datetime, steps: int, clock: Clock) -> dt.datetime:
        day = begun.astimezone(self.zone).date()
        if clock == "exact":
            return self.later(begun, steps)
        if clock == "day":
            return self.midnight(day + dt.timedelta(days=steps // DAY))
        if clock == "week":
            return self.midnight(day - dt.timedelta(days=day.weekday()) + dt.timedelta(weeks=steps))
        size = _MONTHS[clock]
        months = (day.year * 12 + day.month - 1) // size * size + steps * size
        return self.midnight(dt.date(months // 12, months % 12 + 1, 1))

    def complete(self, span: Span) -> dt.date:
        """Return the last day that the data must cover for the window to be over."""
        return self.last_day(span.end)

    def last_day(self, end: dt.datetime) -> dt.date:
        """Return the last day that has an instant before ``end``."""
        return (end.astimezone(dt.UTC) - TICK).astimezone(self.zone).date()

    def readable(self, span: Span) -> dt.date | None:
        """Return the first day on which all events of the window have arrived; ``None`` beyond the calendar."""
        try:
            arrived = self.later(self.midnight(self.complete(span) + _ONE_DAY), self.lag)
            return (arrived.astimezone(dt.UTC) - TICK).astimezone(self.zone).date() + _ONE_DAY
        except OverflowError:
            return None

    def mature(self, outcome: Outcome, begun: dt.datetime, data_end: dt.datetime) -> bool:
        """Whether the whole window of a unit lies before the data's end."""
        span = self.span(outcome, begun)
        return span is not None and span.end <= data_end

    def mature_days(self, outcome: Outcome, data_end: dt.datetime) -> int:
        """Return how many days of enrolment, from its start, have only mature units when the data end."""
        if self.start is None or self.days is None:
            return 0
        start = self.start

        def open_still(number: int) -> bool:
            latest = self.last_of(start + dt.timedelta(days=number))
            return latest is None or not self.mature(outcome, latest, data_end)

        # A later day matures later, so the days that do not mature are the last ones.
        return bisect.bisect_left(range(self.days), True, key=open_still)


def day_text(day: dt.date, *, year: bool = True) -> str:
    """Return ``2 Mar 2026``."""
    return f"{day.day} {_NAMES[day.month - 1]}" + (f" {day.year}" if year else "")


def moment_text(moment: dt.datetime, *, year: bool = True) -> str:
    """Return ``2 Mar 2026``, or ``2 Mar 2026 at 01:00`` where the hour is not midnight; seconds are rounded up."""
    shown = _rounded(moment)
    hour = f" at {shown:%H:%M}" if (shown.hour, shown.minute) != (0, 0) else ""
    return day_text(shown.date(), year=year) + hour


def span_text(span: Span) -> str:
    """Return ``from 30 Mar to before 27 Apr 2026``, with the hour where it is not midnight."""
    first = moment_text(span.start, year=_rounded(span.start).year != _rounded(span.end).year)
    return f"from {first} to before {moment_text(span.end)}"


def _rounded(moment: dt.datetime) -> dt.datetime:
    """Round up what lies less than a minute before a full one: the last instant of a day is shown as its end."""
    exact = moment.astimezone(dt.UTC)
    shown = exact.replace(second=0, microsecond=0)
    try:
        return (shown if shown == exact else shown + dt.timedelta(minutes=1)).astimezone(moment.tzinfo)
    except OverflowError:
        return moment


def readable(definition: Definition, outcome: Outcome, last: dt.date | None = None) -> dt.date | None:
    """Return the first day on which every unit is mature for an outcome, and its events have arrived.

    ``last`` is the last day of enrolment; the definition's when absent. ``None`` where the outcome has no window, and
    where a date is not known.
    """
    line = Timeline.of(definition)
    begun = line.last if last is None else line.last_of(last)
    if begun is None or outcome.window is None:
        return None
    span = line.span(outcome, begun)
    return line.readable(span) if span else None


def all_readable(definition: Definition) -> dt.date | None:
    """Return the first day on which every unit is mature for what decides, and its events have arrived.

    ``None`` where nothing that decides has a window, and where a date is not known.
    """
    outcomes = [definition.outcome(name) for name, metric in definition.metrics.items() if metric.role != "secondary"]
    days = [readable(definition, outcome) for outcome in outcomes if outcome.window is not None]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None

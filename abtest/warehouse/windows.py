"""Windows of the calendar: days, weeks, months, quarters and years of the definition's zone, as plain integer SQL.

Principle: the engine knows no zones. Python finds the instant at which each local day begins; between two clock changes
the distance to UTC is one number, so a few CASE branches say on which local day an instant lies and when the k-th day
after it begins. A day of 23 or 25 hours is one day; a day whose midnight is skipped begins when the clock jumps.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

from abtest.definition.model import Definition
from abtest.engines.sqltext import quote
from abtest.grammar.time import DAY
from abtest.moments.marks import Window
from abtest.moments.outcome import Clock, Outcome
from abtest.warehouse.calendar import Calendar

MICROSECONDS = 1_000_000
DAY_US = DAY * MICROSECONDS
_EPOCH = dt.date(1970, 1, 1)
_LONGEST_DAYS = {"week": 7, "month": 31, "quarter": 92, "year": 366}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class _Run:
    """Local days from ``first`` on that begin ``shift`` microseconds before midnight UTC of the same number."""

    first: int
    begins: int
    shift: int


@dataclass(frozen=True, slots=True)
class Span:
    """A window as it is asked for: its clock, its edges, and whether it lies before the assignment."""

    clock: Clock
    low: int
    high: int
    before: bool


@dataclass(frozen=True)
class Windows:
    """The calendar windows of a definition, for units that start within a range of instants."""

    calendar: Calendar
    spans: tuple[Span, ...]
    first: int
    last: int
    triggered: bool = False

    @classmethod
    def of(cls, definition: Definition, calendar: Calendar, first: int, last: int) -> "Windows":
        """Return the windows that are not exact; ``first`` and ``last`` are the range of starts in microseconds."""
        outcomes = [part for name in definition.metrics for part in definition.outcome(name).parts]
        if definition.compliance is not None:
            outcomes.append(definition.compliance_outcome)
        spans = dict.fromkeys(_span(part) for part in outcomes if part.window is not None and part.clock != "exact")
        return cls(calendar, tuple(spans), first, max(first, last), definition.triggered)

    def reach(self, outcome: Outcome) -> tuple[int, int]:
        """Return instants between which every event of an outcome's window lies, whatever the unit."""
        low, high = outcome.window or (0, 0)
        if outcome.clock in _LONGEST_DAYS:
            low, high = 0, (high + 1) * _LONGEST_DAYS[outcome.clock] * DAY
        # A day of the calendar may begin a day before the unit does, and end an hour late.
        grace = 0 if outcome.clock == "exact" else 2 * DAY_US
        return self.first + low * MICROSECONDS - grace, self.last + high * MICROSECONDS + grace + 1

    def window(self, outcome: Outcome) -> Window:
        """Return an outcome's window as SQL over a unit ``p``."""
        if outcome.clock != "exact":
            number = self.spans.index(_span(outcome))
            return Window((f"p.{quote(f'from_{number}')}", f"p.{quote(f'to_{number}')}"))
        # Both are one instant, unless exposure starts the windows.
        origin = "p.assigned_at" if outcome.before and self.triggered else "p.started_at"
        low, high = (edge * MICROSECONDS for edge in outcome.window or (0, 0))
        return Window((_moved(origin, low), _moved(origin, high)), origin, low, high)

    def queries(self, source: str) -> list[tuple[str, str]]:
        """Return the named queries that add every window's edges to the units of ``source``; none without windows."""
        if not self.spans:
            return []
        origins = {"start_day": "u.started_at"}
        if any(span.before for span in self.spans):
            origins["assigned_day"] = "u.assigned_at" if self.triggered else "u.started_at"
        days = "".join(f",\n  {self.day_of(sql)} AS {name}" for name, sql in origins.items())
        edges = "".join(
            f",\n  {sql} AS {quote(f'{side}_{number}')}"
            for number, span in enumerate(self.spans)
            for side, sql in zip(("from", "to"), self._instants(span), strict=True)
        )
        return [
            ("local_days", f"SELECT\n  u.*{days}\nFROM {quote(source)} AS u"),
            ("population", f"SELECT\n  d.*{edges}\nFROM local_days AS d"),
        ]

    def _instants(self, span: Span) -> tuple[str, str]:
        if span.clock == "day":
            day = "d.assigned_day" if span.before else "d.start_day"
            # On the day of the start itself, what came before the start does not count.
            low = "d.started_at" if span.low == 0 and not span.before else self._begin(day, span.low // DAY)
            return low, self._begin(day, span.high // DAY)
        return self._period(span.clock, span.low), self._period(span.clock, span.high)

    def day_of(self, instant: str) -> str:
        """Return the SQL for the number of the local day (since 1970) on which an instant lies."""
        runs = self._runs()
        whens = ""
        for run, following in pairwise(runs):
            # The last day before a change may be longer than 24 hours.
            day = f"least({following.first - 1}, {_floor(instant, run.shift)})"
            whens += f" WHEN {instant} < {following.begins} THEN {day}"
        last = _floor(instant, runs[-1].shift)
        return f"CASE{whens} ELSE {last} END" if whens else last

    def _begin(self, day: str, ahead: int) -> str:
        """Return the SQL for the instant at which the local day ``ahead`` days after ``day`` begins."""
        moved = _moved(day, ahead)
        runs = self._runs()
        whens = "".join(f" WHEN {moved} < {following.first} THEN {run.shift}" for run, following in pairwise(runs))
        shift = f"CASE{whens} ELSE {runs[-1].shift} END" if whens else str(runs[-1].shift)
        return f"({moved}) * {DAY_US} - ({shift})"

    def _period(self, clock: Clock, ahead: int) -> str:
        """Return the SQL for the begin of the period ``ahead`` periods after that of the start."""
        first, last = _date(self._local_day(self.first)), _date(self._local_day(self.last))
        begins = [period_begin(first, clock, 0)]
        while begins[-1] <= last:
            begins.append(period_begin(begins[-1], clock, 1))
        whens = "".join(
            f" WHEN d.start_day < {_number(following)} THEN {self.calendar.midnight(period_begin(begin, clock, ahead))}"
            for begin, following in pairwise(begins)
        )
        return f"CASE{whens} END"

    def _local_day(self, instant: int) -> int:
        day = instant // DAY_US
        near = [number for number in (day - 1, day, day + 1) if self.calendar.midnight(_date(number)) <= instant]
        return max(near)

    def _runs(self) -> list[_Run]:
        """Return the runs of days between clock changes that the starts and the windows' edges can meet."""
        reach = [edge // DAY for span in self.spans if span.clock == "day" for edge in (span.low, span.high)]
        first = self.first // DAY_US + min([0, *reach]) - 2
        last = self.last // DAY_US + max([0, *reach]) + 2
        runs: list[_Run] = []
        for number in range(first, last + 1):
            begins = self.calendar.midnight(_date(number))
            shift = number * DAY_US - begins
            if not runs or runs[-1].shift != shift:
                runs.append(_Run(number, begins, shift))
        return runs


def period_begin(day: dt.date, clock: Clock, ahead: int) -> dt.date:
    """Return the first day of the calendar period ``ahead`` periods after the one that holds ``day``.

    Weeks begin on Monday (ISO 8601), quarters in January, April, July and October.
    """
    if clock == "week":
        return day - dt.timedelta(days=day.weekday()) + dt.timedelta(weeks=ahead)
    size = _MONTHS[clock]
    index = (day.year * 12 + day.month - 1) // size * size + ahead * size
    return dt.date(index // 12, index % 12 + 1, 1)


def _span(outcome: Outcome) -> Span:
    low, high = outcome.window or (0, 0)
    return Span(outcome.clock, low, high, outcome.before)


def _date(number: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=number)


def _number(day: dt.date) -> int:
    return (day - _EPOCH).days


def _floor(instant: str, shift: int) -> str:
    return f"CAST(floor(({_moved(instant, shift)}) / {DAY_US}) AS BIGINT)"


def _moved(expression: str, amount: int) -> str:
    """Return an expression moved by a whole number."""
    if amount == 0:
        return expression
    return f"{expression} {'+' if amount > 0 else '-'} {abs(amount)}"

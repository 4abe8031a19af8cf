"""The counts, made inside the engine: rows in, one small triangle out.

The events are looked at twice: once for the range of their times (one column), once to reduce them to one row per
customer and period. All else is computed from those. A local date is found by a table of the days of the range, each
with its period and the instant at which a new period begins in it: so time zones are those of Python's calendar, as in
all of abtest, and no row needs a calendar function.
"""

import bisect
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from abtest.cohorts.periods import Length, first_day, number_of
from abtest.cohorts.question import EVENTS, Question
from abtest.engines.engine import Engine, EngineError, Row, Statement
from abtest.errors import DataError
from abtest.grammar.time import DAY_US
from abtest.moments.exact import optional, whole
from abtest.warehouse.calendar import Calendar, to_microseconds
from abtest.warehouse.profile import with_tables
from abtest.warehouse.reading import Read, Table, normalise
from abtest.warehouse.sources import Warehouse, open_warehouse

LAST_INSTANT = to_microseconds(dt.datetime(2200, 1, 1, tzinfo=dt.UTC))

# Integers that are computed here, never a value of the user, fill the two lists.
DAYS = """\
SELECT day_us, period, CAST(edge_us AS BIGINT) AS edge_us
FROM (VALUES
{}
) AS listed(day_us, period, edge_us)"""
ENDS = "SELECT period, end_us FROM (VALUES {}) AS listed(period, end_us)"
# An event belongs to its local period; a row per customer and period is all that is needed of it. What is wrong with
# a row is counted here too: rows without an id stay together as the customer NULL.
RANGE = """\
SELECT
  count(*) AS row_count,
  count(at_us) AS time_count,
  min(at_us) AS first_us,
  max(at_us) AS last_us
FROM events"""
ACTIVITY = """\
SELECT
  unit,
  CASE WHEN at_us >= edge_us THEN period + 1 ELSE period END AS period,
  count(*) AS event_count,
  max(at_us) AS last_us
FROM events
JOIN days ON days.day_us = at_us - at_us % 86400000000
WHERE at_us < $end_us
GROUP BY 1, 2"""
LEFT_OUT = """\
SELECT
  sum(event_count) AS event_count,
  sum(CASE WHEN unit IS NULL THEN event_count ELSE 0 END) AS without_unit
FROM activity"""
# cohort: the period of the first event; stayed: those active in the period before, too.
TRIANGLE = """\
SELECT
  cohort,
  period,
  count(*) AS customers,
  sum(CASE WHEN before = period - 1 THEN 1 ELSE 0 END) AS stayed
FROM (
  SELECT
    period,
    min(period) OVER (PARTITION BY unit) AS cohort,
    lag(period) OVER (PARTITION BY unit ORDER BY period) AS before
  FROM activity
  WHERE unit IS NOT NULL
) AS placed
GROUP BY 1, 2"""
# A customer's last event before the end of a period is that of the latest period with one; who is a customer at the
# end of period p by that event was one at the end of p - 1 when there is a row for it.
STATES = """\
SELECT
  period,
  count(*) AS customers,
  sum(CASE WHEN before = period - 1 THEN 1 ELSE 0 END) AS stayed,
  sum(CASE WHEN cohort = period THEN 1 ELSE 0 END) AS acquired
FROM (
  SELECT
    ends.period AS period,
    spells.cohort AS cohort,
    lag(ends.period) OVER (PARTITION BY spells.unit ORDER BY ends.period) AS before
  FROM (
    SELECT
      unit,
      period,
      last_us,
      min(period) OVER (PARTITION BY unit) AS cohort,
      lead(period) OVER (PARTITION BY unit ORDER BY period) AS next
    FROM activity
    WHERE unit IS NOT NULL
  ) AS spells
  JOIN ends
    ON ends.period >= spells.period
    AND (spells.next IS NULL OR ends.period < spells.next)
    AND ends.end_us <= spells.last_us + $within_us
) AS present
GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class State:
    """The customers that count for a period: at its end, those of them who counted before, and those acquired in it."""

    at_end: int = 0
    stayed: int = 0
    acquired: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What the engine counted. Periods are numbers; instants are microseconds since 1970 UTC.

    ``triangle``: customers by (cohort, period). ``states`` by period. ``final`` is the period that the data end in;
    it is ``running`` unless they reach its end.
    """

    rows: int
    without_unit: int
    without_time: int
    after_through: int
    events: int
    first_us: int
    last_us: int
    through_us: int
    triangle: Mapping[tuple[int, int], int]
    states: Mapping[int, State]
    final: int
    running: bool
    calendar: Calendar

    @property
    def first(self) -> int:
        """The first period with a customer."""
        return min(cohort for cohort, _ in self.triangle)


def count(asked: Question, engine: Engine) -> Counts:
    """Read the events and count. Raises :class:`~abtest.errors.DataError` in the words of a definition."""
    frames = {} if asked.path is not None else {EVENTS: asked.source}
    warehouse = open_warehouse(asked.place(), engine, {EVENTS: asked.table()}, frames)
    table = normalise(warehouse, EVENTS, Read(time=asked.at))
    return _Counting(asked, engine, warehouse, table).run()


@dataclass
class _Counting:
    """One count on its way."""

    asked: Question
    engine: Engine
    warehouse: Warehouse
    table: Table

    def run(self) -> Counts:
        looked = self._rows(RANGE, "looking at the times")
        rows, first, last = whole(looked, "row_count"), optional(looked, "first_us"), optional(looked, "last_us")
        self._require_times(rows, first, last)
        calendar, by = self.warehouse.calendar, self.asked.by
        declared = None if self.asked.through is None else calendar.midnight(self.asked.through + dt.timedelta(days=1))
        end = declared if declared is not None else int(last or 0) + 1
        if int(first or 0) >= end:
            raise DataError(f"through: every event is later than {self.asked.through}; name a later day")
        edges = _edges(calendar, by, int(first or 0), end)
        self._keep_activity(edges, int(first or 0), end)
        left_out = self._query(Statement(LEFT_OUT, {}))[0]
        without_unit = whole(left_out, "without_unit")
        events = whole(left_out, "event_count") - without_unit
        if not events:
            raise DataError(f"unit: no event has an id in {self.asked.unit!r}, so no customer can be counted")
        cells = self._query(Statement(TRIANGLE, {}))
        triangle = {(whole(cell, "cohort"), whole(cell, "period")): whole(cell, "customers") for cell in cells}
        self.warehouse.require_unchanged()
        # Data that are declared to end at the end of a period end in it, whole.
        final = max(number for number, edge in edges.items() if edge < end)
        return Counts(
            rows,
            without_unit,
            rows - whole(looked, "time_count"),
            whole(looked, "time_count") - whole(left_out, "event_count"),
            events,
            int(first or 0),
            min(int(last or 0), end - 1),
            end if declared is not None else int(last or 0),
            triangle,
            _by_activity(cells) if self.asked.within is None else self._within(edges, end, self.asked.within),
            final,
            declared is None or edges[final + 1] > end,
            calendar,
        )

    def _require_times(self, rows: int, first: int | None, last: int | None) -> None:
        if not rows:
            filtered = " that fulfil --where" if self.asked.where else ""
            raise DataError(f"{self.asked.shown}: there are no rows{filtered}")
        if first is None or last is None:
            raise DataError(f"at: no row has a time in {self.asked.at!r}, so nothing can be counted")
        for instant, what in ((first, "first"), (last, "last")):
            if not 0 <= instant < LAST_INSTANT:
                raise DataError(
                    f"at: the {what} time in {self.asked.at!r} lies outside the years 1970 to 2199, a placeholder; "
                    f'leave such rows out, e.g. with --where "{self.asked.at} > 1990-01-01 and '
                    f'{self.asked.at} < 2100-01-01"'
                )

    def _keep_activity(self, edges: Mapping[int, int], first: int, end: int) -> None:
        """Reduce the events to one row per customer and period, kept inside the engine."""
        statement = Statement(
            with_tables([self.table], ("days", _days(edges, first, end))) + ACTIVITY,
            {**self._parameters(), "end_us": end},
        )
        try:
            self.engine.materialise("activity", statement)
        except EngineError as error:
            raise self._unread(error) from None

    def _within(self, edges: Mapping[int, int], end: int, seconds: int) -> dict[int, State]:
        # The running period is counted as if it ended with the data.
        ends = [(number, min(edges[number + 1], end)) for number, edge in edges.items() if edge < end]
        listed = ", ".join(f"({number}, {instant})" for number, instant in ends)
        named = ("ends", ENDS.format(listed))
        statement = Statement(with_tables([], named) + STATES, {"within_us": seconds * 1_000_000})
        return {
            whole(row, "period"): State(whole(row, "customers"), whole(row, "stayed"), whole(row, "acquired"))
            for row in self._query(statement)
        }

    def _rows(self, text: str, label: str) -> Row:
        try:
            return self.engine.rows(Statement(with_tables([self.table]) + text, self._parameters()), label)[0]
        except EngineError as error:
            raise self._unread(error) from None

    def _query(self, statement: Statement) -> list[Row]:
        return self.engine.rows(statement, "counting customers")

    def _unread(self, error: EngineError) -> DataError:
        return DataError(f"{self.asked.shown}: {str(error).split(': ', 1)[-1]}")

    def _parameters(self) -> dict[str, str | int | float | bool]:
        return dict(self.table.select.parameters) if self.table.select else {}


def _by_activity(cells: list[Row]) -> dict[int, State]:
    """Return the states by the period rule: a customer of a period is one with an event in it."""
    states: dict[int, State] = {}
    for cell in cells:
        cohort, period = whole(cell, "cohort"), whole(cell, "period")
        before, customers = states.get(period, State()), whole(cell, "customers")
        states[period] = State(
            before.at_end + customers,
            before.stayed + whole(cell, "stayed"),
            before.acquired + (customers if cohort == period else 0),
        )
    return states


def _edges(calendar: Calendar, by: Length, first: int, end: int) -> dict[int, int]:
    """Return the instant at which each period begins, from the one of ``first`` to the one after ``end``."""
    # A day more on each side holds whatever the zone makes of the date.
    low = number_of(_utc_date(first) - dt.timedelta(days=1), by)
    high = number_of(_utc_date(end) + dt.timedelta(days=1), by)
    return {number: calendar.midnight(first_day(number, by)) for number in range(low, high + 2)}


def _days(edges: Mapping[int, int], first: int, end: int) -> str:
    """Return the query of the days (UTC) of the data: each with the period at its start, and the edge inside it."""
    numbers, instants = list(edges), list(edges.values())
    rows = []
    for day_us in range(first - first % DAY_US, end, DAY_US):
        place = bisect.bisect_right(instants, day_us) - 1
        following = instants[place + 1]
        rows.append(f"({day_us}, {numbers[place]}, {following if following < day_us + DAY_US else 'NULL'})")
    listed = ",\n".join(rows)
    return DAYS.format(listed)


def _utc_date(microseconds: int) -> dt.date:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)).date()

"""The whole counting, one unit and one row at a time in plain Python: slow, obvious, and without any SQL.

A table is a list of dicts. Ids are text, blanks around them do not count, an empty id is no id. Times are aware
datetimes or ``None``. Everything below follows the design's words and shares no code with the package, but for where
data end whose end nobody declares, which has tests of its own.
"""

import datetime as dt
import math
import zoneinfo
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

Rows = list[dict[str, object]]
DAY = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Metric:
    """What is counted per unit: ``kind`` any, count, sum, mean, column or active; ``window`` in days after assignment.

    Active is the number of periods of ``step`` days with an event.
    """

    kind: str
    event: str | None = None
    window: tuple[int, int] | None = None
    column: str | None = None
    before: tuple[int, int] | None = None
    at_least: int = 1
    step: int = 0


@dataclass(frozen=True)
class Study:
    """An experiment as the reference sees it."""

    arms: tuple[str, ...]
    zone: str
    start: dt.date
    end: dt.date | None
    through: dt.date | None
    metrics: dict[str, Metric]
    eligible: Callable[[dict[str, object]], bool | None] | None = None
    customers_have_time: bool = False


@dataclass
class Counted:
    """Per arm: the ledger, and for each metric the mature units, their values and their covariates."""

    through: dt.datetime
    assigned: list[int]
    excluded: list[Counter[str]]
    mature: dict[str, list[int]]
    values: dict[str, list[list[Fraction]]]
    before: dict[str, list[list[Fraction]]] = field(default_factory=dict)


def unit_of(value: object) -> str | None:
    """Return the id as text; blanks around it are not part of it, and an empty cell is no id."""
    return None if value is None else (str(value).strip(" ") or None)


def exact(value: object) -> Fraction | None:
    """Return a value as the decimal number that is written; ``None`` and NaN are no value."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return Fraction(str(value))


def day_begins(day: dt.date, zone: str) -> dt.datetime:
    """Return the instant of midnight at the start of ``day`` in ``zone``."""
    return dt.datetime.combine(day, dt.time(), zoneinfo.ZoneInfo(zone)).astimezone(dt.UTC)


def day_is_over(day: dt.date, zone: str) -> dt.datetime:
    """Return the instant at which ``day`` has passed in ``zone``."""
    return day_begins(day + dt.timedelta(days=1), zone)


def count(study: Study, customers: Rows | None, assignments: Rows, events: dict[str, Rows]) -> Counted:
    """Go through the units one by one."""
    through = _through(study, events)
    arms = len(study.arms)
    result = Counted(
        through,
        [0] * arms,
        [Counter() for _ in range(arms)],
        {name: [0] * arms for name in study.metrics},
        {name: [[] for _ in range(arms)] for name in study.metrics},
        {name: [[] for _ in range(arms)] for name, metric in study.metrics.items() if metric.before},
    )
    by_unit: dict[str, Rows] = {}
    for row in assignments:
        unit = unit_of(row["unit"])
        if unit is not None and row["arm"] is not None:
            by_unit.setdefault(unit, []).append(row)
    for unit, rows in by_unit.items():
        arm, at = _first_assignment(study, rows)
        result.assigned[arm] += 1
        mine = [row for row in customers or [] if unit_of(row["unit"]) == unit]
        reason = _why_left_out(study, rows, at, mine, has_customers=customers is not None)
        if reason is not None:
            result.excluded[arm][reason] += 1
            continue
        for name, metric in study.metrics.items():
            _add_unit(result, name, metric, arm, _Unit(unit, at, mine, events))
    return result


def _through(study: Study, events: dict[str, Rows]) -> dt.datetime:
    if study.through is not None:
        return day_is_over(study.through, study.zone)
    from stray_ends import last_of

    lasts = [last_of(row["at"] for row in rows if row["at"] is not None) for rows in events.values()]
    return max(last for last in lasts if last is not None)


def _first_assignment(study: Study, rows: Rows) -> tuple[int, dt.datetime | None]:
    """Return the earliest row's arm and time; of equal times the arm that is declared first."""
    timed = [row for row in rows if row["at"] is not None]
    if not timed:
        return min(study.arms.index(row["arm"]) for row in rows), None
    at = min(row["at"] for row in timed)
    return min(study.arms.index(row["arm"]) for row in timed if row["at"] == at), at


def _why_left_out(study: Study, rows: Rows, at: dt.datetime | None, mine: Rows, *, has_customers: bool) -> str | None:
    if len({row["arm"] for row in rows}) > 1:
        return "several_arms"
    if at is None:
        return "no_assignment_time"
    if at < day_begins(study.start, study.zone):
        return "outside_period"
    if study.end is not None and at >= day_is_over(study.end, study.zone):
        return "outside_period"
    if not has_customers:
        return None
    if not mine:
        return "not_in_customers"
    facts = [_facts(study, row) for row in _rows_that_count(study, mine)]
    if any(fact != facts[0] for fact in facts):
        return "conflicting_rows"
    if facts[0]["eligible"] is None:
        return "eligibility_unknown"
    return None if facts[0]["eligible"] else "not_eligible"


def _rows_that_count(study: Study, mine: Rows) -> Rows:
    """Return the earliest rows of a customer when the table has times, else all of them."""
    times = [row["at"] for row in mine if study.customers_have_time and row["at"] is not None]
    return [row for row in mine if row["at"] == min(times)] if times else mine


def _facts(study: Study, row: dict[str, object]) -> dict[str, object]:
    """Return what is used of a customer's row."""
    columns = {m.column for m in study.metrics.values() if m.kind == "column"}
    facts: dict[str, object] = {column: exact(row[column]) for column in columns if column is not None}
    facts["eligible"] = study.eligible(row) if study.eligible else True
    return facts


@dataclass(frozen=True)
class _Unit:
    id: str
    at: dt.datetime
    customers: Rows
    events: dict[str, Rows]

    def inside(self, event: str, window: tuple[int, int]) -> Rows:
        """Return the unit's events in [assignment + a, assignment + b)."""
        low, high = self.at + window[0] * DAY, self.at + window[1] * DAY
        return [
            row
            for row in self.events[event]
            if unit_of(row["unit"]) == self.id and row["at"] is not None and low <= row["at"] < high
        ]


def _add_unit(result: Counted, name: str, metric: Metric, arm: int, unit: _Unit) -> None:
    if metric.window is not None and unit.at + metric.window[1] * DAY > result.through:
        return
    result.mature[name][arm] += 1
    if metric.kind == "column":
        first = min(unit.customers, key=lambda row: (row["at"] is None, row["at"])) if unit.customers else None
        value = exact(first[metric.column]) if first else None
    elif metric.kind == "active":
        value = active(metric, unit, metric.window)
        value = value if metric.at_least == 1 else Fraction(value >= metric.at_least)
    else:
        value = reduced(metric.kind, unit.inside(metric.event, metric.window), metric.at_least)
    if value is None:
        return
    result.values[name][arm].append(value)
    if metric.before and metric.kind == "active":
        result.before[name][arm].append(active(metric, unit, metric.before))
    elif metric.before:
        kind = "sum" if metric.kind == "mean" else metric.kind
        result.before[name][arm].append(reduced(kind, unit.inside(metric.event, metric.before), metric.at_least))


def active(metric: Metric, unit: _Unit, window: tuple[int, int]) -> Fraction:
    """Return in how many of the window's periods the unit has an event."""
    periods = [(day, day + metric.step) for day in range(*window, metric.step)]
    return Fraction(sum(bool(unit.inside(metric.event, period)) for period in periods))


def reduced(kind: str, events: Rows, at_least: int = 1) -> Fraction | None:
    """Turn a unit's events into one number; a mean does not exist without a value."""
    amounts = [amount for amount in (exact(row["value"]) for row in events) if amount is not None]
    if kind == "any":
        return Fraction(len(events) >= at_least)
    if kind == "count":
        return Fraction(len(events))
    if kind == "sum":
        return sum(amounts, Fraction(0))
    return sum(amounts, Fraction(0)) / len(amounts) if amounts else None

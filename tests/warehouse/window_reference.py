"""Windows of the calendar, exposure and times to an event, one unit and one row at a time: slow and obvious.

No SQL, no shifts, no runs of days: a local day begins at the first instant at which the zone's wall clock shows it (or
a later day, where the zone skipped it), and that instant is found by looking. Shares no code with the package,
but for where daily counts end.
"""

import datetime as dt
import functools
import zoneinfo
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from stray_ends import last_of

DAY = dt.timedelta(hours=24)
INSTANT = dt.timedelta(microseconds=1)
ONE_DAY = dt.timedelta(days=1)


class Event(NamedTuple):
    """Something a unit did."""

    unit: str
    at: dt.datetime | None
    value: int = 1


class Assigned(NamedTuple):
    """A unit's one assignment."""

    unit: str
    arm: int
    at: dt.datetime


@dataclass(frozen=True)
class Metric:
    """What is counted per unit: ``kind`` any, count, sum, time, or active (in how many periods of ``step`` days).

    ``window`` and ``before`` in days (``clock`` exact or day); for week to year ``window`` is which periods after that
    of the start. ``before_clock`` is the clock of the covariate. ``at_least`` are the events that any asks for.
    """

    kind: str
    event: str
    window: tuple[int, int]
    clock: str = "exact"
    before: tuple[int, int] | None = None
    before_clock: str = "exact"
    at_least: int = 1
    step: int = 0


@dataclass(frozen=True)
class Exposure:
    """The event that exposes, in which window of exact days after the assignment, and whether windows start there."""

    event: str
    window: tuple[int, int] | None = None
    triggers: bool = False


@dataclass(frozen=True)
class Study:
    """An experiment as the reference sees it."""

    zone: str
    metrics: dict[str, Metric]
    start: dt.date | None = None
    end: dt.date | None = None
    through: dt.date | None = None
    lag: dt.timedelta = dt.timedelta(0)
    exposure: Exposure | None = None
    arms: int = 2


@dataclass
class Counted:
    """Per arm: the ledger, and for each metric the mature units, their values and covariates, and their times."""

    through: dt.datetime
    assigned: list[int]
    outside: list[int]
    exposed: list[int]
    mature: dict[str, list[int]] = field(default_factory=dict)
    values: dict[str, list[list[Fraction]]] = field(default_factory=dict)
    before: dict[str, list[list[Fraction]]] = field(default_factory=dict)
    times: dict[str, list[Counter[tuple[int, bool]]]] = field(default_factory=dict)


@functools.cache
def day_begins(day: dt.date, zone: str) -> dt.datetime:
    """Return the first instant at which the wall clock of ``zone`` shows ``day``, or a later day."""
    here = zoneinfo.ZoneInfo(zone)
    moment = dt.datetime.combine(day, dt.time(), dt.UTC) - dt.timedelta(hours=30)
    while (moment + dt.timedelta(minutes=15)).astimezone(here).date() < day:
        moment += dt.timedelta(minutes=15)
    while moment.astimezone(here).date() < day:
        moment += dt.timedelta(seconds=1)
    return moment


def local_day(moment: dt.datetime, zone: str) -> dt.date:
    """Return the last day that has begun by ``moment``.

    It is the date on the wall, but where the clock was turned back over midnight: a day that has begun goes on.
    """
    day = moment.astimezone(zoneinfo.ZoneInfo(zone)).date()
    while day_begins(day + ONE_DAY, zone) <= moment:
        day += ONE_DAY
    return day


def period_begins(day: dt.date, clock: str, ahead: int) -> dt.date:
    """Return the first day of the calendar period ``ahead`` periods after the one of ``day``, by walking there."""
    while not _opens(day, clock):
        day -= ONE_DAY
    for _ in range(ahead):
        day += ONE_DAY
        while not _opens(day, clock):
            day += ONE_DAY
    return day


def _opens(day: dt.date, clock: str) -> bool:
    """Whether a calendar period begins on ``day``."""
    if clock == "week":
        return day.isocalendar().weekday == 1
    months = {"month": range(1, 13), "quarter": (1, 4, 7, 10), "year": (1,)}[clock]
    return day.day == 1 and day.month in months


def edges(metric: Metric, start: dt.datetime, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the two instants between which a unit that starts at ``start`` is looked at."""
    low, high = metric.window
    if metric.clock == "exact":
        return start + low * DAY, start + high * DAY
    day = local_day(start, zone)
    if metric.clock == "day":
        begin = start if low == 0 else day_begins(day + low * ONE_DAY, zone)
        return begin, day_begins(day + high * ONE_DAY, zone)
    first, last = (day_begins(period_begins(day, metric.clock, ahead), zone) for ahead in (low, high))
    return first, last


def edges_before(metric: Metric, at: dt.datetime, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the two instants between which the covariate of a unit that was assigned at ``at`` is looked at."""
    assert metric.before is not None
    low, high = metric.before
    if metric.before_clock == "exact":
        return at + low * DAY, at + high * DAY
    day = local_day(at, zone)
    return day_begins(day + low * ONE_DAY, zone), day_begins(day + high * ONE_DAY, zone)


def data_ends(study: Study, events: dict[str, list[Event]]) -> dt.datetime:
    """Return the instant up to which events are complete."""
    if study.through is not None:
        return day_begins(study.through + ONE_DAY, study.zone)
    lasts = [last_of(event.at for event in rows if event.at is not None) for rows in events.values()]
    return max(last for last in lasts if last is not None) - study.lag


def first_exposure(study: Study, unit: Assigned, events: dict[str, list[Event]]) -> dt.datetime | None:
    """Return the instant of the unit's first exposure after its assignment, while the data lasts."""
    exposure, through = study.exposure, data_ends(study, events)
    assert exposure is not None
    low = unit.at if exposure.window is None else unit.at + exposure.window[0] * DAY
    times = [event.at for event in _of(events[exposure.event], unit.unit) if event.at >= low]
    if exposure.window is not None:
        times = [at for at in times if at < unit.at + exposure.window[1] * DAY]
    # The instant at which the last declared day is over is the next day's; the last event's own is the data's.
    return min((at for at in times if at < through or (study.through is None and at == through)), default=None)


def count(study: Study, assignments: list[Assigned], events: dict[str, list[Event]]) -> Counted:
    """Go through the units one by one."""
    zero = [0] * study.arms
    found = Counted(data_ends(study, events), [*zero], [*zero], [*zero])
    for name in study.metrics:
        found.mature[name] = [*zero]
        found.values[name] = [[] for _ in zero]
        found.before[name] = [[] for _ in zero]
        found.times[name] = [Counter() for _ in zero]
    for unit in assignments:
        found.assigned[unit.arm] += 1
        if not in_period(study, unit.at):
            found.outside[unit.arm] += 1
            continue
        start = unit.at
        if study.exposure is not None:
            exposed_at = first_exposure(study, unit, events)
            found.exposed[unit.arm] += exposed_at is not None
            if study.exposure.triggers:
                if exposed_at is None:
                    continue
                start = exposed_at
        for name, metric in study.metrics.items():
            _add(found, (study.zone, name, metric), unit, start, _of(events[metric.event], unit.unit))
    return found


def day_of_event(
    start: dt.datetime, times: list[dt.datetime], horizon: int, through: dt.datetime
) -> tuple[int, bool] | None:
    """Return the day (1, 2, …) of the first event, or how many whole days were followed without one.

    Nothing when not even one day was followed to its end.
    """
    followed = 0
    while followed < horizon and start + (followed + 1) * DAY <= through:
        followed += 1
        today = [at for at in times if start + (followed - 1) * DAY <= at < start + followed * DAY]
        if today:
            return followed, True
    return (followed, False) if followed else None


def _of(rows: list[Event], unit: str) -> list[Event]:
    return [event for event in rows if event.unit == unit and event.at is not None]


def in_period(study: Study, at: dt.datetime) -> bool:
    """Whether a unit that was assigned at ``at`` is counted."""
    if study.start is not None and at < day_begins(study.start, study.zone):
        return False
    return study.end is None or at < day_begins(study.end + ONE_DAY, study.zone)


def _add(found: Counted, asked: tuple[str, str, Metric], unit: Assigned, start: dt.datetime, mine: list[Event]) -> None:
    """Count a unit that starts at ``start`` for one metric."""
    zone, name, metric = asked
    if metric.kind == "time":
        times = [event.at for event in mine if event.at is not None]
        seen = day_of_event(start, times, metric.window[1], found.through)
        if seen is not None:
            found.times[name][unit.arm][seen] += 1
    low, high = edges(metric, start, zone)
    if high > found.through:
        return
    found.mature[name][unit.arm] += 1
    if metric.kind == "active":
        within = [edges(replace(metric, window=period), start, zone) for period in _periods(metric.window, metric.step)]
        active = _active(mine, within)
        found.values[name][unit.arm].append(active if metric.at_least == 1 else Fraction(active >= metric.at_least))
        if metric.before is not None:
            earlier = _periods(metric.before, metric.step)
            within = [edges_before(replace(metric, before=period), unit.at, zone) for period in earlier]
            found.before[name][unit.arm].append(_active(mine, within))
        return
    found.values[name][unit.arm].append(_reduced(metric, _inside(mine, low, high)))
    if metric.before is not None:
        low, high = edges_before(metric, unit.at, zone)
        found.before[name][unit.arm].append(_reduced(metric, _inside(mine, low, high)))


def _inside(mine: list[Event], low: dt.datetime, high: dt.datetime) -> Iterator[Event]:
    return (event for event in mine if event.at is not None and low <= event.at < high)


def _periods(window: tuple[int, int], step: int) -> list[tuple[int, int]]:
    return [(day, day + step) for day in range(*window, step)]


def _active(mine: list[Event], within: list[tuple[dt.datetime, dt.datetime]]) -> Fraction:
    """Return in how many of some times there is an event."""
    return Fraction(sum(any(True for _ in _inside(mine, low, high)) for low, high in within))


def _reduced(metric: Metric, events: Iterator[Event]) -> Fraction:
    values = [event.value for event in events]
    if metric.kind in {"any", "time"}:
        return Fraction(len(values) >= metric.at_least)
    return Fraction(len(values) if metric.kind == "count" else sum(values))

"""The calendar of a plan: how units enter, when each is mature and has arrived, and how many count on a date.

Principle: the dates are those that an analysis would find. A unit's window moves by the definition's own timeline, with
its zone, its days and its lag; a unit counts from the first day on which all its events are there.
"""

import bisect
import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from abtest.definition.model import Definition
from abtest.definition.plan_part import Accrual
from abtest.definition.timeline import Timeline
from abtest.grammar.time import DAY
from abtest.stats.lifetimes_power import information_share

MOST_DAYS = 3_660
"""Days of enrolment that a plan looks ahead: ten years."""
STEPS = 40
"""Steps in which the follow-up of immature units is counted."""
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entries:
    """Days of enrolment, rising, and the units of all arms that enter on each."""

    days: tuple[dt.date, ...]
    units: tuple[float, ...]

    @property
    def total(self) -> float:
        """All units that enter."""
        return sum(self.units)

    def entered(self, date: dt.date) -> float:
        """Return the units that have entered by the end of a date."""
        return sum(self.units[: bisect.bisect_right(self.days, date)])

    def day_of(self, units: float) -> dt.date | None:
        """Return the day on which so many have entered; ``None`` when fewer do."""
        place = bisect.bisect_left([*accumulate(self.units)], units - 1e-6)
        return self.days[place] if place < len(self.days) else None


def entries_of(accrual: Accrual, start: dt.date, end: dt.date | None) -> Entries:
    """Return how units enter from ``start`` to ``end`` (ten years at most), no more than the cap."""
    left = float("inf") if accrual.cap is None else float(accrual.cap)
    days, units = [], []
    for day, coming in _coming(accrual, start, end):
        taken = min(coming, left)
        if taken > 0:
            days.append(day)
            units.append(taken)
            left -= taken
        if left <= 0:
            break
    return Entries(tuple(days), tuple(units))


def _coming(accrual: Accrual, start: dt.date, end: dt.date | None) -> Iterator[tuple[dt.date, float]]:
    by_weekday = accrual.weekdays or [(accrual.per_week or 0.0) / 7] * 7
    batches: dict[dt.date, float] = {}
    for batch in accrual.batches:
        batches[batch.on] = batches.get(batch.on, 0.0) + batch.units
    for number in range(MOST_DAYS):
        try:
            day = start + number * _ONE_DAY
        except OverflowError:
            return
        if end is not None and day > end:
            return
        share = next((phase.share for phase in reversed(accrual.ramp) if phase.since <= day), 1.0)
        stream = by_weekday[day.weekday()] * share
        yield day, stream + batches.get(day, 0.0) + (float(accrual.base or 0) if number == 0 else 0.0)


@dataclass(frozen=True, slots=True)
class Maturing:
    """The units of one metric by the first date on which they count: both rising."""

    dates: tuple[dt.date, ...]
    counted: tuple[float, ...]

    def by(self, date: dt.date) -> float:
        """Return the units that count on a date."""
        place = bisect.bisect_right(self.dates, date)
        return self.counted[place - 1] if place else 0.0

    def date_of(self, units: float) -> dt.date | None:
        """Return the first date with so many; ``None`` when there never are."""
        place = bisect.bisect_left(self.counted, units - 1e-6)
        return self.dates[place] if place < len(self.dates) else None

    @property
    def total(self) -> float:
        """All units that will count."""
        return self.counted[-1] if self.counted else 0.0


def maturing(definition: Definition, name: str, entries: Entries, share: float = 1.0) -> Maturing | None:
    """Return when the units of the metric ``name`` count; ``share`` of them ever do.

    ``None`` where that cannot be known: windows that start at an exposure which may come at any time.
    """
    line, outcome = Timeline.of(definition), definition.outcome(name)
    dates, counted, total = [], [], 0.0
    for day, units in zip(entries.days, entries.units, strict=True):
        last = line.last_of(day)
        if last is None:
            return None
        readable: dt.date | None
        if outcome.window is None:
            readable = line.last_day(line.later(last, line.lag)) + _ONE_DAY
        else:
            span = line.span(outcome, last)
            readable = line.readable(span) if span else None
        if readable is None:
            break
        total += units * share
        dates.append(readable)
        counted.append(total)
    return Maturing(tuple(dates), tuple(counted))


def read_early(definition: Definition, name: str, entries: Entries, date: dt.date, rate: float) -> float | None:
    """Return how many mature units a Kaplan–Meier reading on a date is worth, immature ones among its units.

    Events are taken to come at a constant rate within the window. ``None`` for metrics that are not read so.
    """
    metric, outcome = definition.metrics[name], definition.outcome(name)
    if not hasattr(metric, "reading") or outcome.window is None or outcome.clock != "exact" or not metric.is_rate:
        return None
    if outcome.covariates or definition.cluster is not None or definition.analysis.monitoring is not None:
        return None
    low, high = (edge / DAY for edge in outcome.window)
    lag = Timeline.of(definition).lag / DAY
    seen = [
        (((date - day).days - 1 - lag - low) / (high - low), units)
        for day, units in zip(entries.days, entries.units, strict=True)
        if day <= date
    ]
    entered = sum(units for _, units in seen)
    if not entered:
        return 0.0
    followed = [
        (step / STEPS, sum(units for reach, units in seen if reach >= step / STEPS) / entered)
        for step in range(STEPS + 1)
    ]
    return entered * information_share(rate, followed)


def weeks(first: dt.date, decision: dt.date, last: dt.date, most: int) -> list[dt.date]:
    """Return dates whole weeks apart: up to ``most`` to the ``decision``, every week after it to the ``last``."""
    before = max((decision - first).days // 7, 0)
    step = dt.timedelta(weeks=max(math.ceil(before / most), 1))
    found = [decision - back * step for back in range(most + 1) if decision - back * step >= first]
    after = [decision + dt.timedelta(weeks=number) for number in range(1, (last - decision).days // 7 + 1)]
    return sorted([*found, *after])

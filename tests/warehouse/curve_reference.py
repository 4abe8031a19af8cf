"""Curves, follow-up and competing causes, one unit and one period at a time: slow and obvious.

It builds on :mod:`window_reference`: who starts when, when a local day begins, where the data ends.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from window_reference import (
    ONE_DAY,
    Assigned,
    Event,
    Study,
    data_ends,
    day_begins,
    first_exposure,
    in_period,
    local_day,
)

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(hours=24)
WEEK = 7 * DAY
LENGTHS = {"day": DAY, "week": WEEK, "month": 30 * DAY}
MOST_PERIODS = 62

Edges = tuple[dt.timedelta, dt.timedelta]


@dataclass(frozen=True)
class Asked:
    """A metric: its ``kind`` (retention, conversion, count, sum or time) and its window since the start.

    ``after``: on or after the window's begin, up to its end. ``calendar``: in days of the zone. ``curve`` is written in
    the definition when given; ``rivals`` are the competing events, ``at_least`` the events that retention asks for.
    """

    kind: str
    event: str
    window: Edges
    after: bool = False
    calendar: bool = False
    curve: str | None = None
    primary: bool = False
    reading: str = "mature"
    rivals: tuple[str, ...] = ()
    at_least: int = 1

    @property
    def share(self) -> bool:
        """Whether it is a share of units."""
        return self.kind in {"retention", "conversion"}

    @property
    def step(self) -> dt.timedelta | None:
        """In what steps units are followed: days, or hours where the window has hours."""
        if self.calendar or self.at_least > 1 or not (self.share or self.kind == "time"):
            return None
        whole_days = all(edge % DAY == dt.timedelta() for edge in self.window)
        return DAY if whole_days else HOUR


@dataclass
class Curve:
    """Of one arm: units mature for each period; sums of values, and of products, over those mature for a pair."""

    n: list[int]
    totals: list[list[Fraction]]
    products: list[list[Fraction]]


Seen = tuple[int, int]
"""The step, from 1, and what ended the follow-up: 1 the event, 2, … its rivals, 0 that nothing more was seen."""


@dataclass
class Followed:
    """Units by what was seen of them: per arm, per arm and week of the start (from the first start), by stratum."""

    arms: list[Counter[Seen]]
    weeks: list[dict[int, Counter[Seen]]]
    strata: dict[str, list[Counter[Seen]]]


def periods(asked: Asked) -> list[Edges]:
    """Return the periods of a metric's curve; none without one."""
    low, high = asked.window
    length = _length(asked)
    if length is None:
        return []
    found = []
    begin = dt.timedelta() if asked.kind == "retention" else low
    while begin < high:
        found.append((begin, high if asked.after else min(begin + length, high)))
        begin += length
    return found


def _length(asked: Asked) -> dt.timedelta | None:
    if asked.kind not in {"retention", "count", "sum"} or asked.curve == "none":
        return None
    if asked.curve is not None:
        return LENGTHS[asked.curve]
    if asked.kind != "retention" or not asked.primary or asked.at_least > 1:
        return None
    end = asked.window[1]
    if end <= 2 * WEEK:
        return DAY
    if end <= MOST_PERIODS * WEEK:
        return WEEK
    return LENGTHS["month"] if end <= MOST_PERIODS * LENGTHS["month"] else None


def instants(asked: Asked, window: Edges, start: dt.datetime, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the two instants between which a unit that starts at ``start`` is looked at."""
    low, high = window
    if not asked.calendar:
        return start + low, start + high
    day = local_day(start, zone)
    begin = start if not low else day_begins(day + (low // DAY) * ONE_DAY, zone)
    return begin, day_begins(day + (high // DAY) * ONE_DAY, zone)


def value_within(asked: Asked, mine: Sequence[Event], low: dt.datetime, high: dt.datetime) -> Fraction:
    """Return a unit's value: what its events in [low, high) come to."""
    inside = [event for event in mine if event.at is not None and low <= event.at < high]
    if asked.kind == "sum":
        return Fraction(sum(event.value for event in inside))
    return Fraction(len(inside)) if asked.kind == "count" else Fraction(len(inside) >= asked.at_least)


def starts(
    study: Study, units: Sequence[Assigned], events: dict[str, list[Event]]
) -> list[tuple[Assigned, dt.datetime]]:
    """Return the units that are counted, each with the instant at which its windows begin."""
    found = []
    for unit in units:
        if not in_period(study, unit.at):
            continue
        start: dt.datetime | None = unit.at
        if study.exposure is not None and study.exposure.triggers:
            start = first_exposure(study, unit, events)
        if start is not None:
            found.append((unit, start))
    return found


def curve(study: Study, asked: Asked, units: Sequence[Assigned], events: dict[str, list[Event]]) -> list[Curve]:
    """Return each arm's sums over the periods of the metric's curve."""
    asked_for = periods(asked)
    size, through = len(asked_for), data_ends(study, events)
    nothing = Fraction(0)
    arms = [
        Curve([0] * size, [[nothing] * size for _ in range(size)], [[nothing] * size for _ in range(size)])
        for _ in range(study.arms)
    ]
    for unit, start in starts(study, units, events):
        mine = [event for event in events[asked.event] if event.unit == unit.unit]
        spans = [instants(asked, window, start, study.zone) for window in asked_for]
        mature = [end <= through for _, end in spans]
        values = [value_within(asked, mine, *span) for span in spans]
        arm = arms[unit.arm]
        for j in range(size):
            arm.n[j] += mature[j]
            for k in range(size):
                if mature[j] and mature[k]:
                    arm.totals[j][k] += values[j]
                    arm.products[j][k] += values[j] * values[k]
    return arms


def somebody_is_immature(study: Study, asked: Asked, units: Sequence[Assigned], events: dict[str, list[Event]]) -> bool:
    """Whether the window of a counted unit was still open when the data ended."""
    ends = data_ends(study, events)
    return any(start + asked.window[1] > ends for _, start in starts(study, units, events))


def seen(asked: Asked, start: dt.datetime, through: dt.datetime, times: Sequence[Sequence[dt.datetime]]) -> Seen | None:
    """Return what was seen of a unit, step by step; nothing when not one step was followed to its end.

    ``times`` are those of its events of each cause, the metric's own first, in any order.
    """
    step = asked.step
    assert step is not None
    low, high = start + asked.window[0], start + asked.window[1]
    followed = 0
    while start + (followed + 1) * step <= min(through, high):
        followed += 1
        begin, end = start + (followed - 1) * step, start + followed * step
        inside = [
            (at, cause)
            for cause, of_cause in enumerate(times, 1)
            for at in of_cause
            if begin <= at < end and low <= at < high
        ]
        if inside:
            # The earliest decides; of several at one instant the metric's own, then the rival named first.
            return followed, min(inside)[1]
    return (followed, 0) if followed else None


def follow(
    study: Study,
    asked: Asked,
    units: Sequence[Assigned],
    events: dict[str, list[Event]],
    strata: dict[str, str],
) -> Followed:
    """Follow the units one by one. ``strata`` are the units' strata."""
    through = data_ends(study, events)
    found = Followed(
        [Counter() for _ in range(study.arms)],
        [{} for _ in range(study.arms)],
        {},
    )
    begins = min(unit.at for unit in units)
    if study.start is not None:
        begins = max(begins, day_begins(study.start, study.zone))
    for unit, start in starts(study, units, events):
        times = [
            [event.at for event in events[name] if event.unit == unit.unit and event.at is not None]
            for name in (asked.event, *asked.rivals)
        ]
        last = seen(asked, start, through, times)
        if last is None:
            continue
        found.arms[unit.arm][last] += 1
        found.weeks[unit.arm].setdefault((start - begins) // WEEK, Counter())[last] += 1
        of_stratum = found.strata.setdefault(strata[unit.unit], [Counter() for _ in range(study.arms)])
        of_stratum[unit.arm][last] += 1
    return found

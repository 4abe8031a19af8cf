"""Random small experiments around clock changes, and how the engine's counts are held against the slow reference."""

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa
from window_reference import (
    DAY,
    INSTANT,
    Assigned,
    Counted,
    Event,
    Exposure,
    Metric,
    Study,
    count,
    data_ends,
    day_begins,
    edges,
    edges_before,
    first_exposure,
)

from abtest import load
from abtest.engines.duckdb.database import Database
from abtest.moments.collected import Collected
from abtest.moments.sums import Lifetimes, Sums
from abtest.warehouse.collect import Collector

ARMS = ("control", "treated")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
CHANGES = (
    ("Europe/Helsinki", dt.date(2026, 3, 29)),
    ("Europe/Helsinki", dt.date(2026, 10, 25)),
    ("America/New_York", dt.date(2026, 3, 8)),
    ("America/New_York", dt.date(2026, 11, 1)),
    ("Australia/Lord_Howe", dt.date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", dt.date(2026, 10, 4)),
    ("America/Sao_Paulo", dt.date(2017, 10, 15)),  # midnight is skipped
    ("America/Sao_Paulo", dt.date(2018, 2, 18)),  # 23 o'clock comes twice
    ("Africa/Cairo", dt.date(2024, 4, 26)),
    ("Africa/Cairo", dt.date(2024, 11, 1)),
    ("Asia/Beirut", dt.date(2026, 3, 29)),
    ("Asia/Beirut", dt.date(2026, 10, 25)),
    ("Atlantic/Azores", dt.date(2026, 3, 29)),
    ("Atlantic/Azores", dt.date(2026, 10, 25)),  # midnight comes twice
    ("Pacific/Apia", dt.date(2011, 12, 30)),  # a day that was not
    ("Pacific/Kwajalein", dt.date(1993, 8, 21)),  # another one
    ("America/Havana", dt.date(2026, 3, 8)),
    ("America/Havana", dt.date(2026, 11, 1)),  # midnight comes twice
    ("America/St_Johns", dt.date(2010, 11, 7)),  # one minute of the day, then the hour before it again
    ("Antarctica/Casey", dt.date(2010, 3, 5)),  # three hours back, over midnight
    ("Antarctica/Troll", dt.date(2026, 3, 29)),  # two hours
    ("Asia/Pyongyang", dt.date(2018, 5, 5)),  # half an hour before midnight is skipped
    ("Africa/Casablanca", dt.date(2026, 3, 22)),  # Ramadan
    ("Asia/Kathmandu", dt.date(1986, 1, 1)),  # a quarter of an hour, at the year's midnight
    ("Europe/Dublin", dt.date(2026, 3, 29)),  # winter is the exception
    ("Europe/Helsinki", dt.date(2028, 2, 29)),  # a leap day
    ("Europe/Helsinki", dt.date(2026, 12, 31)),  # the year ends in its 53rd week
    ("Pacific/Kiritimati", dt.date(2024, 12, 30)),  # 14 hours ahead; week 1 begins in the old year
    ("UTC", dt.date(2024, 2, 29)),
)
"""Zones and days on which their calendars do something odd."""


@dataclass(frozen=True)
class Case:
    """A study with its rows, its definition as a mapping, and the tables to analyse."""

    study: Study
    assignments: list[Assigned]
    events: dict[str, list[Event]]
    definition: dict[str, object]
    frames: dict[str, pa.Table]


def calendar_metrics(default: str) -> dict[str, Metric]:
    """Return a metric of every kind of window; ``default`` is the clock where a metric says none."""
    return {
        "own_day": Metric("any", "orders", (0, 1), "day"),
        "next_day": Metric("count", "orders", (1, 2), "day"),
        "week": Metric("sum", "orders", (0, 7), "day", (-7, 0), "day"),
        "bracket": Metric("any", "orders", (2, 5), "day", (-3, -1), "day"),
        "exact_week": Metric("sum", "orders", (0, 7), "exact", (-7, 0), "exact"),
        "visits": Metric("count", "visits", (0, 28), "day", (-28, 0), "day"),
        "often": Metric("any", "orders", (0, 7), "day", (-7, 0), "day", at_least=3),
        "often_exact": Metric("any", "visits", (1, 9), "exact", at_least=2),
        "often_by_month": Metric("any", "orders", (1, 2), "month", at_least=2),
        "weeks": Metric("active", "orders", (0, 21), "day", (-14, 0), "day", step=7),
        "weeks_exact": Metric("active", "visits", (2, 16), "exact", (-7, 0), "exact", step=7),
        "enough_days": Metric("active", "orders", (0, 6), "day", (-3, 0), "day", at_least=2, step=1),
        "enough_days_exact": Metric("active", "visits", (1, 6), "exact", at_least=3, step=1),
        "months": Metric("active", "visits", (0, 60), "day", step=30),
        "by_week": Metric("any", "orders", (1, 2), "week", (-2, 0), default),
        "by_third_week": Metric("any", "visits", (3, 4), "week"),
        "by_month": Metric("any", "orders", (1, 2), "month"),
        "by_second_month": Metric("any", "visits", (2, 3), "month"),
        "by_quarter": Metric("any", "orders", (1, 2), "quarter"),
        "by_year": Metric("any", "orders", (1, 2), "year"),
    }


def random_case(
    seed: int,
    *,
    place: tuple[str, dt.date] | None = None,
    metrics: dict[str, Metric] | None = None,
    default: str | None = None,
    exposure: Exposure | None = None,
) -> Case:
    """Return the random case of this seed, near an odd day of a calendar, with events near every window's edge."""
    chance = random.Random(seed)
    zone, odd = place or chance.choice(CHANGES)
    default = default or chance.choice(("exact", "day"))
    metrics = metrics or calendar_metrics(default)
    has_period = chance.random() < 0.8
    through = odd + dt.timedelta(days=chance.choice((0, 3, 12, 40, 100, 400, 800)))
    declared = has_period and chance.random() < 0.6
    study = Study(
        zone,
        metrics,
        odd - dt.timedelta(days=chance.randrange(2, 9)) if has_period else None,
        odd + dt.timedelta(days=chance.randrange(6)) if has_period and chance.random() < 0.6 else None,
        through if declared else None,
        chance.choice((0, 0, 2, 36, 24 * 9)) * dt.timedelta(hours=1) if has_period else dt.timedelta(0),
        exposure,
    )
    assignments = [
        Assigned(f"u{number}", number if number < 2 else chance.randrange(2), at)
        for number, at in enumerate(_instants(chance, zone, odd, chance.randrange(20, 50)))
    ]
    events = _events(chance, study, assignments)
    return Case(study, assignments, events, definition_of(study, default), tables(chance, assignments, events))


def _instants(chance: random.Random, zone: str, odd: dt.date, size: int) -> list[dt.datetime]:
    """Return instants at, just before, just after and between the midnights around ``odd``."""
    found = []
    for _ in range(size):
        midnight = day_begins(odd + dt.timedelta(days=chance.randrange(-8, 5)), zone)
        if chance.random() < 0.5:
            midnight = day_begins(odd + dt.timedelta(days=chance.randrange(-1, 3)), zone)
        found.append(midnight + _nudge(chance))
    return found


def _nudge(chance: random.Random) -> dt.timedelta:
    minutes = dt.timedelta(minutes=1)
    near = (0 * INSTANT, -INSTANT, INSTANT, 0 * INSTANT, 59 * minutes, -31 * minutes, 90 * minutes)
    return chance.choice((*near, chance.randrange(24 * 60) * minutes))


def _events(chance: random.Random, study: Study, assignments: list[Assigned]) -> dict[str, list[Event]]:
    names = {metric.event for metric in study.metrics.values()}
    events: dict[str, list[Event]] = {name: [] for name in sorted(names)}
    if study.exposure is not None:
        events.setdefault(study.exposure.event, [])
        events[study.exposure.event] += _exposures(chance, study.exposure, assignments)
    for unit in assignments:
        if chance.random() < 0.15:
            continue  # a unit without events
        start = unit.at
        if study.exposure is not None and study.exposure.triggers:
            start = first_exposure(study, unit, events) or unit.at
        for metric in study.metrics.values():
            looked_at = [*edges(metric, start, study.zone)]
            if metric.before is not None:
                looked_at += edges_before(metric, unit.at, study.zone)
            for _ in range(chance.choice((0, 1, 2))):
                at = chance.choice(looked_at) + chance.choice((0 * DAY, 0 * DAY, -INSTANT, INSTANT, DAY / 3, -DAY / 3))
                # Several events of one instant, too.
                for _ in range(chance.choice((1, 1, 1, 2))):
                    events[metric.event].append(Event(unit.unit, at, chance.randrange(1, 1_000_000)))
        for rows in events.values():
            if chance.random() < 0.3:
                rows.append(Event(unit.unit, unit.at + chance.choice((0 * DAY, -INSTANT, INSTANT)), 7))
    for name, rows in events.items():
        rows += [Event("a stranger", assignments[0].at, 1), Event("u0", None, 3)]
        if study.through is None and chance.random() < 0.7:
            # Most windows are over when the data ends.
            rows.append(Event("a stranger", assignments[0].at + chance.choice((10, 30, 100, 800)) * DAY))
        events[name] = sorted(rows, key=lambda event: (event.at is None, event.at or EPOCH, event.value))
        chance.shuffle(events[name])
    return events


def _exposures(chance: random.Random, exposure: Exposure, assignments: list[Assigned]) -> list[Event]:
    rows = []
    low, high = exposure.window or (0, 10)
    for unit in assignments:
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            since = chance.choice((low, low, high, -1, 3)) * DAY + chance.choice((0 * DAY, -INSTANT, INSTANT, DAY / 2))
            rows.append(Event(unit.unit, unit.at + since, chance.randrange(1, 1_000)))
    return rows


def tables(chance: random.Random, assignments: list[Assigned], events: dict[str, list[Event]]) -> dict[str, pa.Table]:
    """Return the rows as tables, in any order."""
    rows = list(assignments)
    chance.shuffle(rows)
    frames = {
        "assignments": pa.table(
            {
                "unit": [row.unit for row in rows],
                "arm": [ARMS[row.arm] for row in rows],
                "at": pa.array([row.at for row in rows], pa.timestamp("us", "UTC")),
            }
        )
    }
    for name, of_event in events.items():
        frames[name] = pa.table(
            {
                "unit": pa.array([row.unit for row in of_event], pa.string()),
                "at": pa.array([row.at for row in of_event], pa.timestamp("us", "UTC")),
                "value": pa.array([row.value for row in of_event], pa.int64()),
            }
        )
    return frames


def definition_of(study: Study, default: str = "exact") -> dict[str, object]:
    """Return the definition that says what the study says; ``default`` is the clock where a metric says none."""
    metrics = {name: _metric(metric) for name, metric in study.metrics.items()}
    metrics[next(iter(metrics))]["role"] = "primary"
    return definition_with(study, metrics, {metric.event for metric in study.metrics.values()}, default)


def definition_with(
    study: Study, metrics: dict[str, dict[str, object]], events: set[str], default: str = "exact"
) -> dict[str, object]:
    """Return the definition of a study whose metrics, on the tables ``events``, are written already."""
    sources = events | ({study.exposure.event} if study.exposure else set())
    said: dict[str, object] = {
        "name": "calendar",
        "unit": "unit",
        "timezone": study.zone,
        "arms": [{"name": arm, "control": arm == ARMS[0]} for arm in ARMS],
        "data": {"assignments": {"at": "at"}, **{name: {"at": "at", "value": "value"} for name in sorted(sources)}},
        "metrics": metrics,
        "analysis": {"days": "calendar" if default == "day" else "exact"},
    }
    if study.start is not None:
        period = {"start": study.start, "end": study.end, "through": study.through}
        said["period"] = {key: value for key, value in period.items() if value is not None}
        said["period"]["lag"] = f"{study.lag // dt.timedelta(hours=1)}h"
    if study.exposure is not None:
        said["population"] = {"exposure": _exposure(study.exposure)}
    return said


def _metric(metric: Metric) -> dict[str, object]:
    if metric.kind == "time":
        return {"type": "time_to_event", "event": metric.event, "horizon": f"{metric.window[1]}d"}
    kinds = {"any": "retention", "count": "count", "sum": "sum", "active": "active_periods"}
    said: dict[str, object] = {"type": kinds[metric.kind], "event": metric.event}
    if metric.clock in {"exact", "day"}:
        said |= {"window": _days(metric.window), "days": "calendar" if metric.clock == "day" else "exact"}
    else:
        said |= {"by": metric.clock, "nth": metric.window[0]}
    if metric.at_least > 1:
        said["at_least"] = metric.at_least
    if metric.step:
        said["by"] = {1: "day", 7: "week", 30: "month"}[metric.step]
    if metric.before is not None:
        said["covariate"] = {"window": _days(metric.before)}
    return said


def _exposure(exposure: Exposure) -> dict[str, object]:
    said: dict[str, object] = {"event": exposure.event, "trigger": "exposure" if exposure.triggers else "assignment"}
    if exposure.window is not None:
        said["window"] = _days(exposure.window)
    return said


def _days(window: tuple[int, int]) -> list[str]:
    return [f"{day}d" for day in window]


def collect(definition: dict[str, object], frames: dict[str, pa.Table]) -> Collected:
    """Return what the package counts."""
    engine = Database()
    try:
        return Collector(load(definition), engine, frames).collect()
    finally:
        engine.close()


def check(case: Case) -> tuple[Counted, Collected]:
    """Assert that every count and sum equals the reference's; return both."""
    expected = count(case.study, case.assignments, case.events)
    found = collect(case.definition, case.frames)
    assert EPOCH + dt.timedelta(microseconds=found.through or 0) == data_ends(case.study, case.events)
    for arm, ledger in enumerate(found.ledger):
        outside = expected.outside[arm]
        assert ledger.assigned == expected.assigned[arm]
        assert ledger.excluded == ({"outside_period": outside} if outside else {})
        assert ledger.eligible == ledger.assigned - outside
        assert ledger.exposed == (None if case.study.exposure is None else expected.exposed[arm])
    for name, metric in case.study.metrics.items():
        for arm, sums in enumerate(found.metrics[name].arms):
            here = (case.study.zone, name, arm)
            assert (*here, sums.mature) == (*here, expected.mature[name][arm])
            assert (*here, *of_term(sums, "y")) == (*here, *sums_of(expected.values[name][arm]))
            if metric.before is not None:
                assert (*here, *of_term(sums, "x0")) == (*here, *sums_of(expected.before[name][arm]))
        if metric.kind == "time":
            for arm, lifetimes in enumerate(found.metrics[name].lifetimes or ()):
                assert (name, arm, as_counter(lifetimes)) == (name, arm, expected.times[name][arm])
    return expected, found


def of_term(sums: Sums, name: str) -> tuple[int, Fraction, Fraction]:
    """Return number of units, sum and sum of squares of a term of one arm."""
    total, squares, scale = sums.of(name)
    return sums.n, Fraction(total, scale), Fraction(squares, scale**2)


def sums_of(values: list[Fraction]) -> tuple[int, Fraction, Fraction]:
    """Return number, sum and sum of squares of plain values."""
    return len(values), sum(values, Fraction(0)), sum((value * value for value in values), Fraction(0))


def as_counter(lifetimes: Lifetimes) -> Counter[tuple[int, bool]]:
    """Return the units at each (day, whether the event happened)."""
    found: Counter[tuple[int, bool]] = Counter()
    for day, events, censored in zip(lifetimes.days, lifetimes.events, lifetimes.censored, strict=True):
        found.update({key: units for key, units in (((day, True), events), ((day, False), censored)) if units})
    return found

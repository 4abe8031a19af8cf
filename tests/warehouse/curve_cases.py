"""Random small experiments with curves, early readings and competing causes, held against the slow reference."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pyarrow as pa
from curve_reference import (
    DAY,
    HOUR,
    Asked,
    Followed,
    Seen,
    curve,
    follow,
    instants,
    periods,
    somebody_is_immature,
    starts,
)
from window_cases import CHANGES, collect, definition_with, tables
from window_reference import INSTANT, Assigned, Event, Exposure, Study, data_ends, day_begins, first_exposure

from abtest.moments.collected import Collected
from abtest.moments.sums import CompetingLifetimes, CurveSums, Lifetimes, MetricMoments

NO_STRATUM = "(none)"
NOTHING = 0 * DAY


@dataclass(frozen=True)
class CurveCase:
    """A study with its metrics and rows. ``strata`` are the units' strata, told to the package when ``stratified``."""

    study: Study
    metrics: dict[str, Asked]
    units: list[Assigned]
    events: dict[str, list[Event]]
    strata: dict[str, str] = field(default_factory=dict)
    stratified: bool = False

    @property
    def definition(self) -> dict[str, object]:
        """The definition that says what the case says."""
        metrics = {name: written(asked) for name, asked in self.metrics.items()}
        said = definition_with(self.study, metrics, set(self.events))
        if self.stratified:
            said["data"] = {**said["data"], "customers": {}}
            said["analysis"] = {"strata": ["country"]}
            said["segments"] = ["country", "tier"]
        return said

    @property
    def frames(self) -> dict[str, pa.Table]:
        """The tables to analyse."""
        frames = tables(random.Random(0), self.units, self.events)
        if self.stratified:
            names = [unit.unit for unit in self.units]
            countries = [None if self.strata[name] == NO_STRATUM else self.strata[name] for name in names]
            tiers = [f"tier {len(name) % 2}" for name in names]
            frames["customers"] = pa.table({"unit": names, "country": pa.array(countries, pa.string()), "tier": tiers})
        return frames


def days(low: float, high: float) -> tuple[dt.timedelta, dt.timedelta]:
    """Return a window that is told in days."""
    return low * DAY, high * DAY


def every_kind() -> dict[str, Asked]:
    """Return metrics with every kind of curve, of follow-up and of competing causes."""
    hours = (6 * HOUR, 36 * HOUR)
    return {
        "back": Asked("retention", "orders", days(2, 5), primary=True),
        "back_late": Asked("retention", "orders", days(7, 23), primary=True),
        "one_period": Asked("retention", "visits", days(0, 7), curve="week"),
        "after": Asked("retention", "orders", days(3, 8), after=True, curve="day"),
        "after_auto": Asked("retention", "visits", days(14, 30), after=True, primary=True, reading="kaplan-meier"),
        "after_calendar": Asked("retention", "visits", days(2, 6), after=True, calendar=True, curve="day"),
        "hours": Asked("retention", "orders", hours, curve="day", reading="kaplan-meier"),
        "late_month": Asked("retention", "orders", days(30, 70), curve="month"),
        "local": Asked("retention", "orders", days(1, 5), calendar=True, curve="day"),
        "local_weeks": Asked("retention", "visits", days(8, 17), calendar=True, primary=True),
        "no_curve": Asked("retention", "exits", days(0, 9), curve="none", primary=True),
        "number": Asked("count", "orders", days(0, 6), curve="day"),
        "number_hours": Asked("count", "visits", (12 * HOUR, 65 * HOUR), curve="day"),
        "number_local": Asked("count", "visits", days(3, 20), calendar=True, curve="week"),
        "spent": Asked("sum", "orders", days(0, 5), curve="day"),
        "spent_local": Asked("sum", "orders", days(0, 4), calendar=True, curve="day"),
        "spent_months": Asked("sum", "visits", days(1, 62), curve="month"),
        "often": Asked("retention", "orders", days(1, 6), curve="day", at_least=2),
        "often_after": Asked("retention", "visits", days(2, 9), after=True, curve="week", at_least=3),
        "often_local": Asked("retention", "visits", days(0, 5), calendar=True, primary=True, at_least=2),
        "converted": Asked("conversion", "exits", days(0, 7)),
        "converted_early": Asked("conversion", "orders", days(1, 4), reading="kaplan-meier"),
        "in_hours": Asked("conversion", "visits", (NOTHING, 5 * HOUR)),
        "in_local_days": Asked("conversion", "visits", days(0, 3), calendar=True),
        "alone": Asked("time", "exits", days(0, 12)),
        "competing": Asked("time", "exits", days(0, 9), rivals=("orders",)),
        "competing_two": Asked("time", "orders", days(0, 15), rivals=("visits", "exits")),
    }


def written(asked: Asked) -> dict[str, object]:
    """Return a metric as the definition has it, its lengths in hours."""
    low, high = (f"{edge // HOUR}h" for edge in asked.window)
    said: dict[str, object] = {"event": asked.event}
    if asked.kind == "time":
        said |= {"type": "time_to_event", "horizon": high}
    else:
        said |= {"type": asked.kind, "days": "calendar" if asked.calendar else "exact"}
        said |= {"after": low, "horizon": high} if asked.after else {"window": [low, high]}
    if asked.at_least > 1:
        said["at_least"] = asked.at_least
    if asked.rivals:
        said["competing"] = list(asked.rivals)
    if asked.curve is not None:
        said["curve"] = asked.curve
    if asked.reading != "mature":
        said["reading"] = asked.reading
    if asked.primary:
        said["role"] = "primary"
    return said


def random_curve_case(
    seed: int, *, place: tuple[str, dt.date] | None = None, exposure: Exposure | None = None, spread: int = 20
) -> CurveCase:
    """Return the random case of this seed: starts over ``spread`` days around an odd day, events near every edge."""
    chance = random.Random(seed)
    zone, odd = place or chance.choice(CHANGES)
    has_period = chance.random() < 0.7
    declared = has_period and chance.random() < 0.6
    study = Study(
        zone,
        {},
        odd - dt.timedelta(days=chance.randrange(2, 9)) if has_period else None,
        odd + dt.timedelta(days=chance.randrange(12)) if has_period and chance.random() < 0.4 else None,
        odd + dt.timedelta(days=chance.choice((0, 3, 7, 12, 40, 100))) if declared else None,
        chance.choice((0, 2, 36, 24 * 9)) * HOUR if has_period else NOTHING,
        exposure,
    )
    nudges = (NOTHING, -INSTANT, INSTANT, DAY * chance.random() // INSTANT * INSTANT)
    units = [
        Assigned(
            f"u{number}",
            number if number < 2 else chance.randrange(2),
            day_begins(odd + dt.timedelta(days=chance.randrange(-3, spread - 3)), zone) + chance.choice(nudges),
        )
        for number in range(chance.randrange(25, 50))
    ]
    stratified = chance.random() < 0.5
    # Strata and segments read mature units.
    readings = {"reading": "mature"} if stratified else {}
    metrics = {name: replace(asked, **readings) for name, asked in every_kind().items()}
    events = _events(chance, study, metrics, units)
    strata = {unit.unit: chance.choice(("fi", "se", NO_STRATUM)) for unit in units}
    return CurveCase(study, metrics, units, events, strata, stratified)


def _events(
    chance: random.Random, study: Study, metrics: dict[str, Asked], units: list[Assigned]
) -> dict[str, list[Event]]:
    events: dict[str, list[Event]] = {name: [] for name in ("orders", "visits", "exits")}
    if study.exposure is not None:
        events.setdefault(study.exposure.event, [])
        events[study.exposure.event] += [
            Event(unit.unit, unit.at + chance.choice((0, 0, 1, 5)) * DAY + chance.choice((NOTHING, INSTANT, 7 * HOUR)))
            for unit in units
            if chance.random() < 0.8
        ]
    for unit in units:
        if chance.random() < 0.15:
            continue  # a unit without events
        start = unit.at
        if study.exposure is not None and study.exposure.triggers:
            start = first_exposure(study, unit, events) or unit.at
        edges = [
            instant
            for asked in metrics.values()
            for window in (*periods(asked), asked.window)
            for instant in instants(asked, window, start, study.zone)
        ]
        for _ in range(chance.choice((1, 3, 9, 20))):
            at = chance.choice(edges) + chance.choice((NOTHING, NOTHING, -INSTANT, INSTANT, DAY / 3, -DAY / 3))
            # Several events at one instant, in one table or in several.
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                name = chance.choice(("orders", "orders", "visits", "exits"))
                events[name].append(Event(unit.unit, at, chance.randrange(1, 1_000_000)))
            if chance.random() < 0.3:
                events[chance.choice(("visits", "exits"))].append(Event(unit.unit, at + HOUR, 5))
    for name, rows in events.items():
        rows += [Event("a stranger", units[0].at, 1), Event("u0", None, 3)]
        if study.through is None and chance.random() < 0.4:
            rows.append(Event("a stranger", units[0].at + chance.choice((4, 10, 30, 200)) * DAY))
        if study.through is None and chance.random() < 0.3:
            # Nothing after some unit's start: some windows end, or even begin, after the data.
            last = chance.choice(units).at + chance.choice((NOTHING, DAY, 3 * DAY, 8 * DAY, -INSTANT))
            rows[:] = [row for row in rows if row.at is None or row.at <= last] or rows
        chance.shuffle(events[name])
    return events


def check(case: CurveCase) -> Collected:
    """Assert that every curve, every follow-up and every cause equals the reference's; return what was counted."""
    found = collect(case.definition, case.frames)
    for name, asked in case.metrics.items():
        moments = found.metrics[name]
        check_curve(case, name, moments)
        check_follow_up(case, name, moments)
        if asked.rivals:
            assert moments.competing is not None, name
        else:
            assert moments.competing is None, name
    return found


def check_curve(case: CurveCase, name: str, moments: MetricMoments) -> None:
    """Assert that a metric has a curve exactly when it should, and that every sum equals the reference's."""
    asked = case.metrics[name]
    size = len(periods(asked))
    if not size:
        assert moments.curve is None, name
        return
    assert moments.curve is not None, name
    expected = curve(case.study, asked, case.units, case.events)
    for arm, (sums, of_arm) in enumerate(zip(moments.curve, expected, strict=True)):
        here = (name, case.study.zone, arm)
        assert (*here, sums.n) == (*here, tuple(of_arm.n))
        assert (*here, scaled(sums.totals, sums.scale)) == (*here, of_arm.totals)
        assert (*here, scaled(sums.products, sums.scale**2)) == (*here, of_arm.products)


def scaled(sums: tuple[tuple[int, ...], ...], scale: int) -> list[list[Fraction]]:
    """Return sums in the metric's own unit."""
    return [[Fraction(value, scale) for value in row] for row in sums]


def check_follow_up(case: CurveCase, name: str, moments: MetricMoments) -> None:
    """Assert that units were followed exactly when they should be, and each seen where the reference saw it."""
    asked = case.metrics[name]
    always = asked.kind == "time" or asked.reading == "kaplan-meier"
    if moments.lifetimes is None:
        assert not always, name
        can_be_asked = asked.step is not None
        assert not (can_be_asked and somebody_is_immature(case.study, asked, case.units, case.events)), name
        assert (moments.by_week, dict(moments.lifetimes_of), moments.competing) == (None, {}, None)
        return
    assert asked.step is not None, name
    assert moments.step == asked.step.total_seconds()
    expected = follow(case.study, asked, case.units, case.events, case.strata)
    assert (name, *map(as_counter, moments.lifetimes)) == (name, *map(own_event, expected.arms))
    _check_weeks(name, moments, expected)
    if case.stratified:
        assert moments.lifetimes_of.keys() == expected.strata.keys()
        for level, arms in moments.lifetimes_of.items():
            assert (name, *map(as_counter, arms)) == (name, *map(own_event, expected.strata[level]))
    else:
        assert not moments.lifetimes_of
    if moments.competing is not None:
        for of_arm, arm in zip(moments.competing, expected.arms, strict=True):
            assert len(of_arm.events) == 1 + len(asked.rivals)
            assert (name, causes(of_arm)) == (name, arm)


def _check_weeks(name: str, moments: MetricMoments, expected: Followed) -> None:
    weeks = sorted({week for arm in expected.weeks for week in arm})
    assert moments.by_week is not None, name
    for of_arm, arm in zip(moments.by_week, expected.weeks, strict=True):
        assert (name, len(of_arm)) == (name, len(weeks))
        for life, week in zip(of_arm, weeks, strict=True):
            assert (name, week, as_counter(life)) == (name, week, own_event(arm.get(week, Counter())))


def as_counter(life: Lifetimes) -> Counter[Seen]:
    """Return the units at each (step, 1 with the event or 0 last seen); the steps rise and none is empty."""
    assert list(life.days) == sorted(set(life.days))
    assert all(map(sum, zip(life.events, life.censored, strict=True)))
    found: Counter[Seen] = Counter()
    for step, events, censored in zip(life.days, life.events, life.censored, strict=True):
        found.update({(step, 1): events, (step, 0): censored})
    return +found


def causes(life: CompetingLifetimes) -> Counter[Seen]:
    """Return the units at each (step, cause)."""
    assert list(life.days) == sorted(set(life.days))
    found: Counter[Seen] = Counter()
    for cause, units in enumerate((life.censored, *life.events)):
        found.update({(step, cause): number for step, number in zip(life.days, units, strict=True)})
    return +found


def own_event(arm: Mapping[Seen, int]) -> Counter[Seen]:
    """Return what was seen with rivals counted as ends of the follow-up."""
    found: Counter[Seen] = Counter()
    for (step, cause), units in arm.items():
        found[(step, int(cause == 1))] += units
    return found


def share_by_horizon(life: Lifetimes) -> Fraction:
    """Return the Kaplan–Meier share of units with the event by the last step, in fractions, unit by unit at risk."""
    left, at_risk = Fraction(1), life.units
    for events, censored in zip(life.events, life.censored, strict=True):
        left *= 1 - Fraction(events, at_risk)
        at_risk -= events + censored
    return 1 - left


def whole_sums(sums: CurveSums, place: int) -> Fraction:
    """Return the sum over all periods, among the units mature for period ``place``, in the metric's own unit."""
    return Fraction(sum(row[place] for row in sums.totals), sums.scale)


def followed_units(case: CurveCase, step: dt.timedelta) -> list[int]:
    """Return per arm the counted units that were followed for one step at least."""
    through = data_ends(case.study, case.events)
    found = [0] * case.study.arms
    for unit, start in starts(case.study, case.units, case.events):
        found[unit.arm] += start + step <= through
    return found

"""Times to an event: who had it on which day, who was last seen when, and its mean, counted one unit at a time."""

import datetime as dt
import random
from collections import Counter
from fractions import Fraction

import pytest
from window_cases import Case, check, collect, definition_of, random_case, tables
from window_reference import DAY, INSTANT, Assigned, Counted, Event, Exposure, Metric, Study

from abtest import analyze, load
from abtest.moments.sums import Lifetimes
from tests.thorough import examples

ZONE = "Europe/Helsinki"
AT = dt.datetime(2026, 3, 27, 15, tzinfo=dt.UTC)  # two days before the clock goes forward
METRICS = {
    "one_day": Metric("time", "exits", (0, 1)),
    "week": Metric("time", "exits", (0, 7)),
    "order": Metric("time", "orders", (0, 28)),
    "long": Metric("time", "exits", (0, 400)),
}


def case_of(
    exits: list[tuple[int, dt.datetime]], end: dt.datetime, units: int = 2, horizon: int = 7, **study: object
) -> Case:
    """Return units assigned at ``AT`` in turn to the two arms; ``end`` is the last event's time."""
    named = Study(ZONE, {"m": Metric("time", "exits", (0, horizon))}, **study)
    assignments = [Assigned(f"u{number}", number % 2, AT) for number in range(units)]
    events = {"exits": [*(Event(f"u{unit}", at) for unit, at in exits), Event("a stranger", end)]}
    return Case(named, assignments, events, definition_of(named), tables(random.Random(0), assignments, events))


def times(case: Case) -> list[dict[tuple[int, bool], int]]:
    """Return per arm the units by (day, whether the event happened), after checking them against the reference."""
    expected, _ = check(case)
    return [dict(arm) for arm in expected.times["m"]]


@pytest.mark.parametrize("seed", examples(12, of=24))
def test_events_and_ends_of_follow_up_by_day_equal_the_reference(seed):
    chance = random.Random(seed)
    triggers = chance.choice((None, None, True, False))
    exposure = None if triggers is None else Exposure(chance.choice(("sends", "exits")), None, triggers)
    check(random_case(seed, metrics=METRICS, default="exact", exposure=exposure))


@pytest.mark.parametrize(
    ("since", "day"),
    [
        (0 * DAY, 1),
        (DAY - INSTANT, 1),
        (DAY, 2),
        (2 * DAY - INSTANT, 2),  # on the day of 23 hours; the days here are of 24
        (7 * DAY - INSTANT, 7),
    ],
)
def test_the_day_of_an_event_counts_from_one(since, day):
    assert times(case_of([(0, AT + since)], AT + 30 * DAY)) == [{(day, True): 1}, {(7, False): 1}]


@pytest.mark.parametrize("since", [-400 * DAY, -INSTANT, 7 * DAY, 29 * DAY])
def test_events_before_the_start_and_from_the_horizon_on_do_not_count(since):
    assert times(case_of([(0, AT + since)], AT + 30 * DAY)) == [{(7, False): 1}, {(7, False): 1}]


def test_only_the_first_event_counts_whatever_came_before():
    exits = [(0, AT - DAY), (0, AT + 4 * DAY), (0, AT + 2 * DAY), (0, AT + 2 * DAY), (0, AT + 3 * DAY)]
    assert times(case_of(exits, AT + 30 * DAY))[0] == {(3, True): 1}


@pytest.mark.parametrize(
    ("end", "seen"),
    [
        (3 * DAY - INSTANT, {(2, False): 1}),  # the third day is not over
        (3 * DAY, {(3, True): 1}),
        (3 * DAY + INSTANT, {(3, True): 1}),
    ],
)
def test_an_event_counts_once_its_day_is_covered_to_the_end(end, seen):
    assert times(case_of([(0, AT + 2 * DAY)], AT + end))[0] == seen


@pytest.mark.parametrize("end", [-9 * DAY, 0 * DAY, DAY - INSTANT])
def test_units_with_no_whole_day_followed_are_not_counted(end):
    case = case_of([(0, AT), (0, AT - 20 * DAY)], AT + end)
    # The event at the start itself is the data's last where nothing else is.
    case.events["exits"].sort(key=lambda event: event.at)
    found = collect(case.definition, case.frames)
    assert [arm.units for arm in found.metrics["m"].lifetimes or ()] == [0, 0]
    check(case)


def test_a_declared_end_of_the_data_ends_the_follow_up():
    through = dt.date(2026, 3, 31)  # in Helsinki over at 21:00 UTC: four days and six hours after the start
    exits = [(0, AT + 3 * DAY), (1, AT + 4 * DAY), (2, AT + 5 * DAY)]
    case = case_of(exits, AT + 90 * DAY, units=4, start=dt.date(2026, 3, 1), through=through)
    assert times(case) == [{(4, True): 1, (4, False): 1}, {(4, False): 2}]


def test_a_triggered_analysis_counts_from_the_exposure():
    sent = AT + 3 * DAY
    named = Study(ZONE, {"m": Metric("time", "exits", (0, 7))}, exposure=Exposure("sends", None, triggers=True))
    assignments = [Assigned(f"u{number}", number % 2, AT) for number in range(4)]
    events = {
        "exits": [Event("u0", sent - INSTANT), Event("u1", sent + 2 * DAY), Event("u2", AT), Event("x", AT + 90 * DAY)],
        "sends": [Event("u0", sent), Event("u1", sent)],
    }
    case = Case(named, assignments, events, definition_of(named), tables(random.Random(0), assignments, events))
    assert times(case) == [{(7, False): 1}, {(3, True): 1}]


@pytest.mark.parametrize("seed", range(6))
def test_days_to_an_event_are_exact_whatever_the_days_of_the_analysis(seed):
    case = random_case(seed, metrics=METRICS, default="exact")
    exact = collect(case.definition, case.frames)
    calendar = collect({**case.definition, "analysis": {"days": "calendar"}}, case.frames)
    assert [moments.lifetimes for moments in calendar.metrics.values()] == [
        moments.lifetimes for moments in exact.metrics.values()
    ]
    assert calendar.metrics == exact.metrics


def days_without(arm: Counter[tuple[int, bool]], horizon: int) -> Fraction | None:
    """Return the restricted mean: day by day, the share that is still without the event when the day begins."""
    left, total = Fraction(1), Fraction(0)
    for day in range(1, horizon + 1):
        at_risk = sum(units for (seen, _), units in arm.items() if seen >= day)
        if not at_risk and left:
            return None  # nobody was followed so far
        total += left
        left *= 1 - Fraction(arm[(day, True)], at_risk) if at_risk else 0
    return total


def _long_case(seed: int, end: int) -> tuple[Case, Counted]:
    chance = random.Random(seed)
    starts = [AT + chance.randrange(20) * DAY + chance.randrange(86_400) * dt.timedelta(seconds=1) for _ in range(80)]
    assignments = [Assigned(f"u{number}", number % 2, at) for number, at in enumerate(starts)]
    exits = [
        Event(unit.unit, unit.at + chance.choice((3, 10, 20, 50)) * DAY * chance.random())
        for unit in assignments
        if chance.random() < (0.5 if unit.arm else 0.7)
    ]
    named = Study(ZONE, {"m": Metric("time", "exits", (0, 28)), "n": Metric("time", "exits", (0, 9))})
    ends = [Event("a stranger", AT + end * DAY)]
    events = {"exits": [*(event for event in exits if event.at < AT + end * DAY), *ends]}
    case = Case(named, assignments, events, definition_of(named), tables(chance, assignments, events))
    return case, check(case)[0]


@pytest.mark.parametrize("end", [35, 50, 90])
@pytest.mark.parametrize("seed", range(3))
def test_restricted_means_equal_a_direct_computation(seed, end):
    case, expected = _long_case(seed, end)
    analysis = analyze(load(case.definition), case.frames)
    for metric, horizon in zip(analysis.metrics, (28, 9), strict=True):
        means = [days_without(arm, horizon) for arm in expected.times[metric.name]]
        assert None not in means
        assert [arm.value for arm in metric.arms] == [pytest.approx(float(mean), rel=1e-12) for mean in means]
        assert [arm.n for arm in metric.arms] == [sum(arm.values()) for arm in expected.times[metric.name]]
        difference = metric.comparisons[0].difference.estimate
        assert difference == pytest.approx(float(means[1] - means[0]), rel=1e-9)
        assert metric.unit == "days"


def test_when_nobody_was_followed_to_the_horizon_nothing_is_estimated():
    case = case_of([(0, AT + DAY)], AT + 5 * DAY, units=6)
    metric = analyze(load(case.definition), case.frames).metrics[0]
    assert {arm.value for arm in metric.arms} == {None}
    assert all(arm.reason for arm in metric.arms)
    assert metric.comparisons[0].verdict == "not estimable"
    assert metric.comparisons[0].reason


def test_when_all_had_the_event_the_curve_needs_no_follow_up_to_the_horizon():
    exits = [(unit, AT + (unit // 2) * DAY) for unit in range(6)]
    case = case_of(exits, AT + 5 * DAY, units=6, horizon=28)
    metric = analyze(load(case.definition), case.frames).metrics[0]
    assert [arm.value for arm in metric.arms] == [pytest.approx(2.0), pytest.approx(2.0)]


def test_no_event_at_all_is_the_whole_horizon():
    case = case_of([], AT + 30 * DAY, units=6)
    metric = analyze(load(case.definition), case.frames).metrics[0]
    assert [arm.value for arm in metric.arms] == [7.0, 7.0]


def test_units_without_a_followed_day_are_told_apart_from_the_eligible():
    named = Study(ZONE, {"m": Metric("time", "exits", (0, 7))})
    starts = [AT, AT, AT + 40 * DAY, AT + 29.5 * DAY]
    assignments = [Assigned(f"u{number}", number % 2, at) for number, at in enumerate(starts)]
    events = {"exits": [Event("u0", AT + DAY), Event("x", AT + 30 * DAY)]}
    case = Case(named, assignments, events, definition_of(named), tables(random.Random(0), assignments, events))
    expected, found = check(case)
    assert [sum(arm.values()) for arm in expected.times["m"]] == [1, 1]
    assert [ledger.eligible for ledger in found.ledger] == [2, 2]
    lifetimes = found.metrics["m"].lifetimes or ()
    assert lifetimes[0] == Lifetimes((2,), (1,), (0,))
    assert lifetimes[1] == Lifetimes((7,), (0,), (1,))

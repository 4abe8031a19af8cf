"""Curves, follow-up and competing causes: every sum and every life table equals a slow look at each unit."""

import datetime as dt
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from curve_cases import CurveCase, check, days, followed_units, random_curve_case, share_by_horizon, whole_sums, written
from curve_reference import DAY, HOUR, Asked, periods
from window_cases import CHANGES, collect
from window_reference import INSTANT, Assigned, Event, Exposure, Study

from abtest import load
from abtest.moments.collected import Collected
from abtest.moments.sums import CompetingLifetimes, Lifetimes
from tests.thorough import THOROUGH

ZONE = "Europe/Helsinki"
AT = dt.datetime(2026, 3, 27, 15, tzinfo=dt.UTC)  # two days before the clock goes forward
DAILY = Asked("retention", "orders", days(0, 4), curve="day", primary=True)
READINGS = ("mature", "kaplan-meier")


def case_of(
    asked: Asked,
    orders: list[tuple[int, dt.datetime]],
    end: dt.datetime,
    *,
    starts: tuple[dt.datetime, ...] = (AT, AT),
    rivals: dict[str, list[tuple[int, dt.datetime]]] | None = None,
    **study: object,
) -> CurveCase:
    """Return units in turn of the two arms with orders of (unit, instant); ``end`` is the time of the last event."""
    units = [Assigned(f"u{number}", number % 2, at) for number, at in enumerate(starts)]
    of_event = {"orders": orders, **{name: [] for name in asked.rivals}, **(rivals or {})}
    events = {
        name: [Event(f"u{unit}", at, (place + 1) ** 3) for place, (unit, at) in enumerate(rows)]
        for name, rows in of_event.items()
    }
    events["orders"].append(Event("a stranger", end))
    strata = {unit.unit: "fi" for unit in units}
    return CurveCase(Study(ZONE, {}, **study), {"m": asked}, units, events, strata)


def curve_of(case: CurveCase) -> list[tuple[tuple[int, ...], list[Fraction]]]:
    """Return per arm the mature units of each period, and the total of each, after checking them."""
    found = check(case).metrics["m"].curve or ()
    return [(sums.n, [Fraction(row[place], sums.scale) for place, row in enumerate(sums.totals)]) for sums in found]


def lifetimes_of(case: CurveCase) -> tuple[Lifetimes, ...] | None:
    """Return the life tables after checking them."""
    return check(case).metrics["m"].lifetimes


@pytest.mark.parametrize(("seed", "place"), list(enumerate(CHANGES))[:: 1 if THOROUGH else 2])
def test_everything_counted_over_time_equals_the_reference_around_an_odd_day(seed, place):
    check(random_curve_case(seed, place=place))


@pytest.mark.parametrize("seed", range(8))
def test_everything_counted_over_time_equals_the_reference_with_exposure(seed):
    chance = random.Random(seed)
    exposure = Exposure(chance.choice(("sends", "visits")), chance.choice((None, (0, 5))), chance.random() < 0.7)
    check(random_curve_case(seed, exposure=exposure))


# Curves, said one claim at a time.


@pytest.mark.parametrize(
    ("since", "shares"),
    [
        (-INSTANT, [0, 0, 0, 0]),
        (0 * DAY, [1, 0, 0, 0]),
        (DAY - INSTANT, [1, 0, 0, 0]),
        (DAY, [0, 1, 0, 0]),
        (2 * DAY, [0, 0, 1, 0]),  # on the day of 23 hours; the days here are of 24
        (4 * DAY - INSTANT, [0, 0, 0, 1]),
        (4 * DAY, [0, 0, 0, 0]),
    ],
)
def test_an_event_on_a_boundary_belongs_to_the_period_that_begins(since, shares):
    assert curve_of(case_of(DAILY, [(0, AT + since)], AT + 30 * DAY)) == [((1,) * 4, shares), ((1,) * 4, [0] * 4)]


@pytest.mark.parametrize(
    ("hour", "since"), [(0, 9 * HOUR), (1, 33 * HOUR), (2, 56 * HOUR), (3, 80 * HOUR)]
)  # 17 o'clock in Helsinki; the third day has 23 hours
def test_a_curve_in_local_days_turns_at_midnight(hour, since):
    local = replace(DAILY, calendar=True)
    at = AT - 2 * HOUR  # 15 o'clock
    orders = [(0, at + since - INSTANT), (1, at + since)]
    before, after = curve_of(case_of(local, orders, at + 30 * DAY, starts=(at, at)))
    assert before[1] == [place == hour for place in range(4)]
    assert after[1] == [place == hour + 1 for place in range(4)]


def test_a_leap_day_is_a_day_of_the_curve():
    at = dt.datetime(2028, 2, 28, 10, tzinfo=dt.UTC)
    orders = [(0, dt.datetime(2028, 2, 29, 12, tzinfo=dt.UTC)), (1, dt.datetime(2028, 3, 1, 12, tzinfo=dt.UTC))]
    case = case_of(replace(DAILY, calendar=True), orders, at + 30 * DAY, starts=(at, at))
    assert [shares for _, shares in curve_of(case)] == [[0, 1, 0, 0], [0, 0, 1, 0]]


def test_several_events_at_one_instant_are_one_return_and_several_orders():
    orders = [(0, AT + DAY)] * 3 + [(0, AT + DAY + HOUR)]
    assert curve_of(case_of(DAILY, orders, AT + 30 * DAY))[0][1] == [0, 1, 0, 0]
    number = replace(DAILY, kind="count")
    found = check(case_of(number, orders, AT + 30 * DAY)).metrics["m"].curve
    assert [row[1] for row in found[0].totals] == [0, 4, 0, 0]
    assert found[0].products[1][1] == 16


@pytest.mark.parametrize(
    ("end", "n"), [(4 * DAY, 4), (4 * DAY - INSTANT, 3), (DAY, 1), (DAY - INSTANT, 0), (0 * DAY, 0)]
)
def test_each_period_counts_the_units_whose_period_is_over(end, n):
    mature = (1,) * n + (0,) * (4 - n)
    found = curve_of(case_of(DAILY, [(0, AT), (1, AT)], AT + end))
    assert found == [(mature, [int(n > 0), 0, 0, 0])] * 2


@pytest.mark.parametrize("end", [-DAY, -INSTANT])
def test_units_that_start_after_the_data_ends_are_in_no_period(end):
    case = case_of(DAILY, [(0, AT - 9 * DAY)], AT + end)
    assert curve_of(case) == [((0,) * 4, [0] * 4)] * 2
    assert lifetimes_of(case) == (Lifetimes((), (), ()),) * 2


def test_on_or_after_all_points_are_read_at_the_horizon():
    after = replace(DAILY, window=days(2, 6), after=True)
    starts = (AT, AT, AT + DAY, AT + DAY)
    orders = [(0, AT + 3 * DAY), (1, AT + 5 * DAY), (2, AT + 3 * DAY)]
    found = curve_of(case_of(after, orders, AT + 6 * DAY, starts=starts))
    assert found == [((1,) * 6, [1, 1, 1, 1, 0, 0]), ((1,) * 6, [1, 1, 1, 1, 1, 1])]


@pytest.mark.parametrize(
    ("end", "kind", "points", "last"),
    [
        (days(0, 14), "retention", 14, days(13, 14)),
        (days(13, 14), "retention", 14, days(13, 14)),
        (days(0, 15), "retention", 3, days(14, 15)),
        (days(28, 56), "retention", 8, days(49, 56)),
        (days(0, 62 * 7), "retention", 62, days(427, 434)),
        (days(0, 62 * 7 + 1), "retention", 15, days(420, 435)),
        (days(0, 62 * 30 + 1), "retention", 0, None),
        (days(0, 7), "count", 0, None),
        (days(0, 7), "conversion", 0, None),
    ],
)
def test_a_primary_retention_has_a_curve_of_its_own_accord(end, kind, points, last):
    asked = Asked(kind, "orders", end, primary=True)
    assert (len(periods(asked)), (periods(asked) or [None])[-1]) == (points, last)
    found = check(case_of(asked, [(0, AT)], AT + 10 * DAY)).metrics["m"]
    assert len(found.curve[0].n if found.curve else ()) == points
    metrics = {"m": replace(asked, primary=False), "other": replace(DAILY, curve="none")}
    secondary = replace(case_of(asked, [(0, AT)], AT + 10 * DAY), metrics=metrics)
    assert check(secondary).metrics["m"].curve is None


@pytest.mark.parametrize("kind", ["retention", "count", "sum"])
def test_sixty_two_points_are_counted_though_a_mask_has_fewer_bits(kind):
    asked = Asked(kind, "orders", days(0, 62), curve="day", primary=True)
    chance = random.Random(kind)
    starts = tuple(AT + chance.randrange(20) * DAY for _ in range(12))
    orders = [
        (unit, starts[unit] + chance.randrange(-1, 64) * DAY - chance.randrange(2) * INSTANT)
        for unit in range(12)
        for _ in range(chance.choice((0, 5, 60)))
    ]
    found = curve_of(case_of(asked, orders, AT + 70 * DAY, starts=starts))
    assert {len(n) for n, _ in found} == {62}


def test_winsorising_and_covariates_leave_the_curve_as_it_is():
    case = random_curve_case(4)
    plain = collect(case.definition, case.frames).metrics["spent"]
    said = case.definition
    said["metrics"]["spent"] |= {"winsorise": 0.6, "covariate": {"window": ["-7d", "0d"]}}
    cut = collect(said, case.frames).metrics["spent"]
    assert cut.cap is not None
    assert [(sums.n, sums.totals, sums.products) for sums in cut.curve] == [
        (sums.n, sums.totals, sums.products) for sums in plain.curve
    ]


# Following shares of units.


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("window", [days(0, 4), days(2, 4), (6 * HOUR, 50 * HOUR)])
def test_shares_are_followed_while_somebody_is_immature_and_always_for_kaplan_meier(reading, window):
    asked = replace(DAILY, window=window, reading=reading)
    high = window[1]
    assert (lifetimes_of(case_of(asked, [], AT + high)) is None) == (reading == "mature")
    assert lifetimes_of(case_of(asked, [], AT + high - INSTANT)) is not None


@pytest.mark.parametrize(
    ("since", "seen"),
    [
        (2 * DAY - INSTANT, Lifetimes((4,), (0,), (1,))),  # before the bracket: as if nothing had been
        (2 * DAY, Lifetimes((3,), (1,), (0,))),
        (4 * DAY - INSTANT, Lifetimes((4,), (1,), (0,))),
        (4 * DAY, Lifetimes((4,), (0,), (1,))),
    ],
)
def test_a_share_of_a_bracket_is_followed_from_the_start_to_its_first_event_in_the_bracket(since, seen):
    asked = replace(DAILY, window=days(2, 4), reading="kaplan-meier")
    orders = [(0, AT + since), (0, AT + DAY)]
    assert lifetimes_of(case_of(asked, orders, AT + 9 * DAY)) == (seen, Lifetimes((4,), (0,), (1,)))


def test_a_window_with_hours_is_followed_in_hours():
    asked = replace(DAILY, window=(2 * HOUR, 30 * HOUR))
    case = case_of(asked, [(0, AT + 5 * HOUR)], AT + 29 * HOUR + 59 * HOUR / 60)
    assert check(case).metrics["m"].step == 3_600
    assert lifetimes_of(case) == (Lifetimes((6,), (1,), (0,)), Lifetimes((29,), (0,), (1,)))


def test_units_of_one_week_of_starts_are_told_from_those_of_the_next():
    week = 7 * DAY
    starts = (AT, AT + week - INSTANT, AT + week, AT + 3 * week)
    found = check(case_of(DAILY, [(2, AT + week)], AT + 3 * week + DAY, starts=starts)).metrics["m"]
    nobody, mature = Lifetimes((), (), ()), Lifetimes((4,), (0,), (1,))
    assert found.by_week == (
        (mature, Lifetimes((1,), (1,), (0,)), nobody),
        (mature, nobody, Lifetimes((1,), (0,), (1,))),
    )


@pytest.mark.parametrize("setting", ["cluster", "monitoring"])
def test_without_independent_units_or_with_several_looks_there_is_neither_curve_nor_follow_up(setting):
    case = replace(case_of(replace(DAILY, curve=None), [(0, AT)], AT + DAY), stratified=True)
    said = {**case.definition, "segments": [], "analysis": {}}
    if setting == "cluster":
        said["cluster"] = "country"
    else:
        said["analysis"] = {"monitoring": {"method": "anytime", "planned": 100}}
    found = collect(said, case.frames).metrics["m"]
    assert (found.curve, found.lifetimes, found.by_week) == (None, None, None)


# Competing causes.

EXITS = Asked("time", "orders", days(0, 7), primary=True, rivals=("exits", "moves"))


@pytest.mark.parametrize(
    ("own", "exits", "moves", "seen"),
    [
        (3 * HOUR, 2 * HOUR, None, (1, 2)),  # on one day, the earlier decides
        (2 * HOUR, 3 * HOUR, None, (1, 1)),
        (2 * HOUR, 2 * HOUR, 2 * HOUR, (1, 1)),  # of one instant the metric's own
        (None, 2 * HOUR, 2 * HOUR, (1, 2)),  # and of two rivals the one that was named first
        (9 * HOUR, 2 * HOUR, 2 * HOUR - INSTANT, (1, 3)),
        (DAY, None, DAY - INSTANT, (1, 3)),
        (DAY - INSTANT, DAY, DAY, (1, 1)),
        (None, None, 7 * DAY - INSTANT, (7, 3)),
        (7 * DAY, 7 * DAY, 7 * DAY, (7, 0)),
        (6 * DAY, -INSTANT, -DAY, (7, 1)),  # what came before the start does not count
        (None, None, None, (7, 0)),
    ],
)
def test_the_first_event_of_all_decides(own, exits, moves, seen):
    def at(since):
        return [] if since is None else [(0, AT + since), (0, AT + since + 8 * DAY)]

    case = case_of(EXITS, at(own), AT + 30 * DAY, rivals={"exits": at(exits), "moves": at(moves)})
    found = check(case).metrics["m"]
    step, cause = seen
    events = tuple((int(cause == place),) for place in (1, 2, 3))
    assert found.competing[0] == CompetingLifetimes((step,), events, (int(cause == 0),))
    assert found.lifetimes[0] == Lifetimes((step,), (int(cause == 1),), (int(cause != 1),))


def test_a_rival_counts_once_its_day_is_covered_to_the_end():
    rivals = {"exits": [(0, AT + DAY)], "moves": []}
    for end, seen in ((2 * DAY, ((2,), ((0,), (1,), (0,)), (0,))), (2 * DAY - INSTANT, ((1,), ((0,),) * 3, (1,)))):
        found = check(case_of(EXITS, [(0, AT + DAY + HOUR)], AT + end, rivals=rivals)).metrics["m"]
        assert found.competing[0] == CompetingLifetimes(*seen)


# What must agree with each other, whatever the data.


def _pooled(case: CurveCase, end: dt.timedelta) -> CurveCase:
    """Return the case with all its data, and nothing open when it ends."""
    last = max(unit.at for unit in case.units) + end
    study = replace(case.study, through=None, start=None, end=None, lag=0 * DAY)
    events = {**case.events, "orders": [*case.events["orders"], Event("a stranger", last)]}
    return replace(case, study=study, events=events)


def check_identities(case: CurveCase, found: Collected) -> None:
    """Assert what must hold between a metric's sums, its curve and its life tables."""
    for name, asked in case.metrics.items():
        moments = found.metrics[name]
        for arm, sums in enumerate(moments.arms):
            if moments.curve is not None and asked.kind in {"count", "sum"}:
                assert moments.curve[arm].n[-1] == sums.n == sums.mature, name
                assert whole_sums(moments.curve[arm], -1) == Fraction(sums.total, sums.scale), name
                curve = moments.curve[arm]
                squares = Fraction(sum(map(sum, curve.products)), curve.scale**2)
                if curve.n[0] == curve.n[-1]:
                    assert squares == Fraction(sums.squares, sums.scale**2), name
            if moments.curve is not None and periods(asked) == [asked.window]:
                assert (moments.curve[arm].n[0], moments.curve[arm].totals[0][0]) == (sums.mature, sums.total), name
            if moments.lifetimes is not None and asked.step is not None:
                life = moments.lifetimes[arm]
                assert life.units == followed_units(case, asked.step)[arm], name
                if sums.mature == life.units == found.ledger[arm].counted and not asked.rivals and life.units:
                    assert share_by_horizon(life) == Fraction(sums.total, sums.mature), name


@pytest.mark.parametrize("seed", range(40, 46))
def test_curves_life_tables_and_means_agree_while_units_are_immature(seed):
    case = random_curve_case(seed)
    check_identities(case, check(case))


@pytest.mark.parametrize("seed", range(50, 56))
def test_curves_life_tables_and_means_agree_when_all_are_mature(seed):
    case = _pooled(random_curve_case(seed), 62 * DAY)
    found = check(case)
    for name, asked in case.metrics.items():
        exact = asked.window[1] <= 62 * DAY and not asked.calendar
        assert not exact or [sums.mature for sums in found.metrics[name].arms] == [
            ledger.counted for ledger in found.ledger
        ]
        if exact and asked.share:
            assert (found.metrics[name].lifetimes is None) == (asked.reading == "mature"), name
    check_identities(case, found)


def test_the_cases_say_what_the_definition_reads():
    for name, asked in random_curve_case(1).metrics.items():
        said = {**random_curve_case(1).definition, "metrics": {name: {**written(asked), "role": "primary"}}}
        outcome = load(said).definition.outcome(name)
        assert outcome.window == tuple(int(edge.total_seconds()) for edge in asked.window)

"""Windows in calendar days, weeks, months, quarters and years: every count equals a slow look at the wall clock."""

import datetime as dt
import random
import zoneinfo
from fractions import Fraction

import pyarrow as pa
import pytest
import window_reference as reference
from window_cases import (
    CHANGES,
    EPOCH,
    Case,
    check,
    collect,
    definition_of,
    random_case,
    tables,
)
from window_reference import DAY, INSTANT, Assigned, Event, Metric, Study, day_begins, local_day

from abtest import load
from abtest.errors import DefinitionError
from abtest.moments.outcome import Clock
from abtest.warehouse.calendar import Calendar, to_microseconds
from abtest.warehouse.windows import period_begin
from tests.thorough import THOROUGH

HOUR = dt.timedelta(hours=1)


def local(zone: str, *parts: int, fold: int = 0) -> dt.datetime:
    """Return an instant by its name on the wall."""
    return dt.datetime(*parts, tzinfo=zoneinfo.ZoneInfo(zone), fold=fold).astimezone(dt.UTC)


def case_of(
    zone: str,
    metrics: dict[str, Metric],
    starts: list[dt.datetime],
    events: list[tuple[int, dt.datetime]],
    data_until: dt.datetime | None = None,
    **study: object,
) -> Case:
    """Return a case with a unit for each start (the first two in different arms), and orders of (unit, instant)."""
    named = Study(zone, metrics, **study)
    assignments = [Assigned(f"u{number}", number % 2, at) for number, at in enumerate(starts)]
    rows = [Event(f"u{unit}", at, (place + 1) ** 3) for place, (unit, at) in enumerate(events)]
    if data_until is not None:
        rows.append(Event("a stranger", data_until))
    of_event = {"orders": rows}
    return Case(named, assignments, of_event, definition_of(named), tables(random.Random(0), assignments, of_event))


def counted(case: Case, name: str = "m") -> list[tuple[int, int]]:
    """Return (mature, sum) per arm after checking them, and everything else, against the reference."""
    _, found = check(case)
    return [(sums.mature, sums.total // sums.scale) for sums in found.metrics[name].arms]


@pytest.mark.parametrize(("seed", "place"), list(enumerate(CHANGES))[0 if THOROUGH else 1 :: 1 if THOROUGH else 2])
def test_every_count_equals_the_reference_around_an_odd_day(seed, place):
    check(random_case(seed, place=place))


def test_every_count_equals_the_reference_over_sixty_years_of_clock_changes():
    zone = "America/New_York"
    changes = [day for year in range(1971, 2033) for day in _changes(zone, year)]
    chance = random.Random(1)
    starts = [
        day_begins(chance.choice(changes) + dt.timedelta(days=chance.randrange(-2, 2)), zone)
        + chance.choice((0 * DAY, -INSTANT, INSTANT, 5 * HOUR))
        for _ in range(120)
    ]
    metrics = {
        "m": Metric("sum", "orders", (0, 2), "day", (-2, 0), "day"),
        "by": Metric("any", "orders", (1, 2), "month"),
    }
    events = [
        (unit, edge + nudge)
        for unit, start in enumerate(starts)
        for edge in reference.edges(metrics["m"], start, zone)
        for nudge in (-INSTANT, 0 * DAY)
    ]
    case = case_of(zone, metrics, starts, [], dt.datetime(2034, 1, 1, tzinfo=dt.UTC))
    rows = [Event(f"u{unit}", at, chance.randrange(1, 10**6)) for unit, at in events]
    of_event = {"orders": [*case.events["orders"], *rows]}
    check(Case(case.study, case.assignments, of_event, case.definition, tables(chance, case.assignments, of_event)))


def _changes(zone: str, year: int) -> list[dt.date]:
    """Return the days of a year on which the zone's clock is changed."""
    noons = [dt.datetime(year, 1, 1, 12, tzinfo=zoneinfo.ZoneInfo(zone)) + number * DAY for number in range(365)]
    return [noon.date() for noon in noons if (noon - DAY).utcoffset() != noon.utcoffset()]


@pytest.mark.parametrize("zone", sorted({zone for zone, _ in CHANGES} | {"Asia/Tehran", "Asia/Gaza", "America/Nuuk"}))
def test_a_day_begins_at_the_first_instant_that_shows_it(zone):
    calendar = Calendar(zone, None, None, None)
    chance = random.Random(zone)
    days = [dt.date(1975, 1, 1) + dt.timedelta(days=chance.randrange(55 * 365)) for _ in range(60)]
    days += [odd + dt.timedelta(days=k) for place, odd in CHANGES if place == zone for k in range(-2, 3)]
    for day in days:
        assert calendar.midnight(day) == to_microseconds(day_begins(day, zone)), day


@pytest.mark.parametrize("clock", ["week", "month", "quarter", "year"])
def test_calendar_periods_begin_where_walking_day_by_day_finds_them(clock: Clock):
    chance = random.Random(clock)
    days = [dt.date(2027, 12, 20) + dt.timedelta(days=number) for number in range(100)]
    days += [dt.date(1970, 1, 1) + dt.timedelta(days=chance.randrange(80 * 365)) for _ in range(60)]
    for day in days:
        for ahead in (0, 1, chance.randrange(2, 14)):
            assert period_begin(day, clock, ahead) == reference.period_begins(day, clock, ahead), (day, ahead)


# What a calendar window is, said one claim at a time.


def test_what_came_earlier_on_the_day_of_the_assignment_does_not_count():
    zone = "Europe/Helsinki"
    at = local(zone, 2026, 3, 10, 15)
    metrics = {"m": Metric("count", "orders", (0, 1), "day")}
    events = [
        (0, at - INSTANT),
        (0, at - 10 * HOUR),
        (0, at),
        (0, local(zone, 2026, 3, 10, 23, 59)),
        (0, at + 9 * HOUR),
    ]
    assert counted(case_of(zone, metrics, [at, at], events, at + 9 * DAY)) == [(1, 2), (1, 0)]


def test_the_covariate_ends_at_the_midnight_before_the_assignment():
    zone = "Europe/Helsinki"
    at = local(zone, 2026, 3, 10, 15)
    metrics = {"m": Metric("count", "orders", (0, 1), "day", (-2, 0), "day")}
    edges = [local(zone, 2026, 3, 8), local(zone, 2026, 3, 10)]
    events = [(0, edge + nudge) for edge in edges for nudge in (-INSTANT, 0 * DAY)] + [(0, at - INSTANT)]
    case = case_of(zone, metrics, [at, at], events, at + 9 * DAY)
    _, found = check(case)
    assert found.metrics["m"].arms[0].of("x0")[0] == 2  # the eighth's first instant and the ninth's last


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Helsinki", (2026, 3, 29), 23),
        ("Europe/Helsinki", (2026, 10, 25), 25),
        ("Australia/Lord_Howe", (2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", (2026, 10, 4), 23.5),
        ("America/Sao_Paulo", (2017, 10, 15), 23),
        ("America/Sao_Paulo", (2018, 2, 17), 25),
        ("America/Havana", (2026, 11, 1), 25),
        ("Atlantic/Azores", (2026, 10, 25), 25),
        ("Antarctica/Troll", (2026, 3, 29), 22),
    ],
)
def test_a_day_of_another_length_is_one_day(zone, day, hours):
    begins = day_begins(dt.date(*day), zone)
    ends = begins + hours * HOUR
    metrics = {"m": Metric("count", "orders", (1, 2), "day")}
    events = [(0, at) for at in (begins - INSTANT, begins, ends - INSTANT, ends)]
    assert counted(case_of(zone, metrics, [begins - HOUR, begins - DAY + HOUR], events, ends)) == [(1, 2), (1, 0)]


def test_a_date_that_a_zone_skipped_is_a_day_without_time():
    # Samoa went from the evening of the 29th to the 31st.
    zone = "Pacific/Apia"
    at, skip = local(zone, 2011, 12, 29, 12), local(zone, 2011, 12, 31)
    assert local_day(skip, zone) == dt.date(2011, 12, 31)
    assert skip - at == 12 * HOUR
    metrics = {
        "on_30th": Metric("any", "orders", (1, 2), "day"),
        "on_31st": Metric("any", "orders", (2, 3), "day"),
    }
    _, found = check(case_of(zone, metrics, [at, at], [(0, skip - INSTANT), (0, skip), (1, skip)], skip + 5 * DAY))
    assert [sums.total for sums in found.metrics["on_30th"].arms] == [0, 0]
    assert [sums.total for sums in found.metrics["on_31st"].arms] == [1, 1]


def test_where_midnight_comes_twice_the_day_begins_with_the_first():
    zone = "America/Havana"
    first, second = (local(zone, 2026, 11, 1, fold=fold) for fold in (0, 1))
    assert second - first == HOUR
    metrics = {"m": Metric("count", "orders", (0, 1), "day")}
    # Assigned in the hour that is lived twice: its day lasts until the midnight of the second.
    events = [(0, first + HOUR / 2), (0, second + HOUR / 2), (0, local(zone, 2026, 11, 2) - INSTANT), (1, first)]
    case = case_of(zone, metrics, [first + HOUR / 4, first], events, local(zone, 2026, 11, 2))
    assert counted(case) == [(1, 3), (1, 1)]


@pytest.mark.parametrize(
    ("clock", "nth", "at", "begin", "end"),
    [
        ("week", 1, (2026, 12, 31, 23), (2027, 1, 4), (2027, 1, 11)),  # the 53rd week of 2026
        ("week", 1, (2024, 12, 30, 0), (2025, 1, 6), (2025, 1, 13)),  # a Monday, of the year that comes
        ("week", 2, (2026, 3, 29, 23, 59), (2026, 4, 6), (2026, 4, 13)),  # a Sunday
        ("month", 1, (2028, 1, 31, 12), (2028, 2, 1), (2028, 3, 1)),
        ("month", 1, (2028, 2, 29, 12), (2028, 3, 1), (2028, 4, 1)),
        ("month", 12, (2027, 2, 28, 12), (2028, 2, 1), (2028, 3, 1)),
        ("quarter", 1, (2026, 11, 30, 12), (2027, 1, 1), (2027, 4, 1)),
        ("quarter", 3, (2026, 12, 31, 12), (2027, 7, 1), (2027, 10, 1)),
        ("year", 1, (2027, 12, 31, 23, 59), (2028, 1, 1), (2029, 1, 1)),
        ("year", 2, (2028, 2, 29, 12), (2030, 1, 1), (2031, 1, 1)),
    ],
)
def test_a_unit_is_retained_when_it_is_active_in_the_nth_period_after_its_own(clock, nth, at, begin, end):
    zone = "America/New_York"
    begins, ends = local(zone, *begin), local(zone, *end)
    metrics = {"m": Metric("any", "orders", (nth, nth + 1), clock)}
    starts = [local(zone, *at)] * 8
    events = [(0, begins - INSTANT), (1, begins), (2, ends - INSTANT), (3, ends), (4, ends + DAY), (7, begins + DAY)]
    assert counted(case_of(zone, metrics, starts, events, ends + 9 * DAY)) == [(4, 1), (4, 2)]


@pytest.mark.parametrize("clock", ["exact", "day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("nudge", [-INSTANT, 0 * DAY, INSTANT])
def test_a_unit_is_mature_when_its_window_ends_no_later_than_the_data(clock, nudge):
    zone = "Europe/Helsinki"
    at = local(zone, 2026, 3, 10, 15)
    metric = Metric("any", "orders", (1, 2), clock)
    ends = reference.edges(metric, at, zone)[1]
    case = case_of(zone, {"m": metric}, [at, at], [], ends + nudge)
    assert counted(case) == [(int(nudge >= 0 * DAY), 0)] * 2


def test_the_last_declared_day_of_data_is_covered_to_its_end():
    zone = "America/New_York"
    at = local(zone, 2026, 10, 31, 15)
    metrics = {"m": Metric("any", "orders", (1, 2), "day"), "later": Metric("any", "orders", (1, 3), "day")}
    days = {"start": dt.date(2026, 10, 1), "through": dt.date(2026, 11, 1)}  # a day of 25 hours
    _, found = check(case_of(zone, metrics, [at, at], [(0, local(zone, 2026, 11, 1, 23, 59))], at + 90 * DAY, **days))
    assert [(sums.mature, sums.total) for sums in found.metrics["m"].arms] == [(1, 1), (1, 0)]
    assert [sums.mature for sums in found.metrics["later"].arms] == [0, 0]


def test_units_that_start_when_or_after_the_data_ends_are_never_mature():
    zone = "Europe/Helsinki"
    end = local(zone, 2026, 3, 10, 15)
    metrics = {
        clock: Metric("any", "orders", (0, 1) if clock == "day" else (1, 2), clock) for clock in ("day", "week", "year")
    }
    starts = [end, end + DAY, end + 20 * DAY, end + 900 * DAY]
    _, found = check(case_of(zone, metrics, starts, [(0, end), (1, end - 40 * DAY)], end))
    assert {sums.mature for moments in found.metrics.values() for sums in moments.arms} == {0}


def test_units_outside_the_period_are_left_out_whatever_their_calendar():
    zone = "Europe/Helsinki"
    start, end = dt.date(2026, 3, 28), dt.date(2026, 3, 29)
    begins, ends = day_begins(start, zone), day_begins(dt.date(2026, 3, 30), zone)
    assert ends - begins == 47 * HOUR
    starts = [begins, begins, begins - INSTANT, ends - INSTANT, ends, begins - 40 * 365 * DAY, ends + 40 * 365 * DAY]
    case = case_of(
        zone,
        {"m": Metric("count", "orders", (0, 7), "day", (-7, 0), "day"), "y": Metric("any", "orders", (1, 2), "year")},
        starts,
        [(unit, at) for unit, at in enumerate(starts)],
        ends + 800 * DAY,
        start=start,
        end=end,
    )
    assert counted(case) == [(1, 1), (2, 2)]


def test_without_a_period_starts_may_lie_decades_apart():
    zone = "Europe/Helsinki"
    starts = [local(zone, year, 3, 10, 15) for year in (1971, 1985, 2001, 2020, 2026)]
    events = [(unit, start + 20 * HOUR) for unit, start in enumerate(starts)]
    case = case_of(zone, {"m": Metric("count", "orders", (1, 2), "day")}, starts, events, starts[-1] + 9 * DAY)
    assert counted(case) == [(3, 3), (2, 2)]


def test_several_events_at_one_instant_each_count_and_units_without_events_are_zero():
    zone = "Europe/Helsinki"
    at = local(zone, 2026, 3, 10)
    metrics = {"m": Metric("count", "orders", (0, 1), "day"), "s": Metric("sum", "orders", (0, 1), "day")}
    case = case_of(zone, metrics, [at, at, at], [(0, at)] * 3 + [(1, at + DAY - INSTANT)] * 2, at + DAY)
    _, found = check(case)
    assert [(sums.n, sums.total) for sums in found.metrics["m"].arms] == [(2, 3), (1, 2)]
    assert Fraction(found.metrics["s"].arms[0].total, found.metrics["s"].arms[0].scale) == 1 + 8 + 27


def test_one_unit_in_each_arm_and_no_event_but_a_strangers():
    zone = "Pacific/Apia"
    at = local(zone, 2011, 12, 29, 12)
    metrics = {clock: Metric("any", "orders", (1, 2), clock) for clock in ("day", "week", "month", "quarter", "year")}
    _, found = check(case_of(zone, metrics, [at, at], [], at + 1000 * DAY))
    assert {(sums.mature, sums.total) for moments in found.metrics.values() for sums in moments.arms} == {(1, 0)}


def test_exact_and_calendar_windows_stand_side_by_side_in_one_definition():
    zone = "America/New_York"
    at = local(zone, 2026, 3, 7, 15)  # the clock goes forward in the night
    metrics = {
        "exact": Metric("count", "orders", (0, 1), "exact", (-1, 0), "exact"),
        "calendar": Metric("count", "orders", (0, 1), "day", (-1, 0), "day"),
    }
    events = [(0, at + 23 * HOUR), (0, local(zone, 2026, 3, 7, 23)), (0, at - HOUR), (0, local(zone, 2026, 3, 6, 1))]
    _, found = check(case_of(zone, metrics, [at, at], events, at + 9 * DAY))
    assert [found.metrics[name].arms[0].total for name in metrics] == [2, 1]
    assert [found.metrics[name].arms[0].of("x0")[0] for name in metrics] == [1, 1]


def test_the_edges_survive_a_unit_in_every_microsecond_around_midnight():
    zone = "Asia/Beirut"
    midnight = day_begins(dt.date(2026, 3, 29), zone)  # 00:00 is skipped
    starts = [midnight + number * INSTANT for number in range(-20, 20)]
    events = [(unit, midnight + number * INSTANT) for unit in range(40) for number in (-21, -1, 0, 19)]
    metrics = {
        "m": Metric("count", "orders", (0, 1), "day", (-1, 0), "day"),
        "n": Metric("any", "orders", (1, 2), "day"),
    }
    check(case_of(zone, metrics, starts, events, midnight + 9 * DAY))


@pytest.mark.parametrize("further", [{}, {"left": Metric("time", "orders", (0, 7))}], ids=["one query", "several"])
def test_more_windows_than_an_integer_has_bits_are_kept_apart(further):
    zone = "Europe/Helsinki"
    chance = random.Random(4)
    start = local(zone, 2026, 3, 20, 15)
    starts = [start + number * HOUR for number in range(30)]
    metrics = {f"day_{number}": Metric("any", "orders", (number, number + 1), "day") for number in range(75)}
    metrics |= {f"exact_{number}": Metric("any", "orders", (number, number + 1)) for number in range(75)}
    events = [(chance.randrange(30), start + chance.randrange(90 * 24) * HOUR) for _ in range(700)]
    check(case_of(zone, metrics | further, starts, events, start + 99 * DAY))


@pytest.mark.parametrize("style", ["date", "text", "timestamp without a zone"])
@pytest.mark.parametrize(
    ("zone", "odd"),
    [
        ("America/Sao_Paulo", dt.date(2017, 10, 15)),  # has no midnight
        ("Africa/Cairo", dt.date(2024, 4, 26)),
        ("Atlantic/Azores", dt.date(2026, 3, 29)),
        ("America/Havana", dt.date(2025, 11, 2)),  # has two; of later years the databases of zones differ
        ("Antarctica/Casey", dt.date(2010, 3, 5)),
    ],
)
def test_a_date_in_the_data_is_on_its_own_day(zone, odd, style):
    days = [odd + dt.timedelta(days=number) for number in range(-2, 4)]
    study = Study(
        zone, {f"day_{number}": Metric("count", "orders", (number, number + 1), "day") for number in (1, 2, 3, 4)}
    )
    start = day_begins(odd - dt.timedelta(days=3), zone) + 5 * HOUR
    written = {
        "date": pa.array([*days, dt.date(2100, 1, 1)], pa.date32()),
        "text": pa.array([*(day.isoformat() for day in days), "2100-01-01"]),
        "timestamp without a zone": pa.array(
            [dt.datetime.combine(day, dt.time()) for day in (*days, dt.date(2100, 1, 1))], pa.timestamp("us")
        ),
    }[style]
    frames = {
        "assignments": pa.table(
            {"unit": ["a", "b"], "arm": ["control", "treated"], "at": pa.array([start] * 2, pa.timestamp("us", "UTC"))}
        ),
        "orders": pa.table({"unit": ["a"] * len(days) + ["x"], "at": written, "value": [1] * (len(days) + 1)}),
    }
    found = collect(definition_of(study), frames)
    assert [moments.arms[0].total for moments in found.metrics.values()] == [1, 1, 1, 1]


def test_without_any_time_of_assignment_nobody_is_counted():
    study = Study("Europe/Helsinki", {"m": Metric("any", "orders", (1, 2), "month")})
    frames = {
        "assignments": pa.table(
            {"unit": ["a", "b"], "arm": ["control", "treated"], "at": pa.array([None, None], pa.timestamp("us", "UTC"))}
        ),
        "orders": pa.table({"unit": ["a"], "at": ["2026-03-02T12:00:00Z"], "value": [1]}),
    }
    found = collect(definition_of(study), frames)
    assert [dict(ledger.excluded) for ledger in found.ledger] == [{"no_assignment_time": 1}] * 2
    assert [sums.mature for sums in found.metrics["m"].arms] == [0, 0]


# What was refused or broken.


@pytest.mark.parametrize("source", ["members", "local_days"])
def test_a_source_may_not_take_the_name_of_a_step_of_the_queries(source):
    zone, at = "Europe/Helsinki", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    study = Study(zone, {"m": Metric("any", source, (0, 7), "day")})
    rows, events = [Assigned("a", 0, at), Assigned("b", 1, at)], {source: [Event("a", at + 9 * DAY)]}
    with pytest.raises(DefinitionError, match="is a name that the queries use themselves"):
        check(Case(study, rows, events, definition_of(study), tables(random.Random(0), rows, events)))


@pytest.mark.parametrize("placeholder", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("clock", ["day", "month"])
def test_one_placeholder_for_a_time_of_assignment_breaks_nothing(placeholder, clock):
    study = Study("Europe/Helsinki", {"m": Metric("any", "orders", (1, 2), clock)})
    at = "2026-03-01T00:00:00Z"
    frames = {
        "assignments": pa.table(
            {"unit": ["a", "b", "c"], "arm": ["control", "treated", "treated"], "at": [at, placeholder, at]}
        ),
        "orders": pa.table(
            {"unit": ["c", "x"], "at": ["2026-03-02T12:00:00Z", "2026-09-01T00:00:00Z"], "value": [1, 1]}
        ),
    }
    found = collect(definition_of(study), frames)
    assert found.through == (dt.datetime(2026, 9, 1, tzinfo=dt.UTC) - EPOCH) // INSTANT
    assert found.metrics["m"].arms[0].mature == 1


@pytest.mark.parametrize("placeholder", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("clock", ["day", "month"])
def test_nothing_but_placeholders_breaks_nothing_either(placeholder, clock):
    study = Study("Europe/Helsinki", {"m": Metric("any", "orders", (1, 2), clock)})
    frames = {
        "assignments": pa.table({"unit": ["a", "b"], "arm": ["control", "treated"], "at": [placeholder] * 2}),
        "orders": pa.table({"unit": ["a"], "at": ["2026-03-02T12:00:00Z"], "value": [1]}),
    }
    arms = collect(definition_of(study), frames).metrics["m"].arms
    assert [(sums.mature, sums.total) for sums in arms] == [(int(placeholder < "2026"), 0)] * 2


@pytest.mark.parametrize("window", [{"window": ["0d", "999999w"]}, {"day": 1_000_000_000}])
def test_a_window_of_thousands_of_years_is_refused(window):
    study = Study("Europe/Helsinki", {"m": Metric("any", "orders", (0, 7), "day")})
    metric = {"type": "retention", "event": "orders", "role": "primary", "days": "calendar", **window}
    with pytest.raises(DefinitionError):
        load({**definition_of(study), "metrics": {"m": metric}})

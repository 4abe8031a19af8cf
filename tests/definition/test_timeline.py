"""Windows in calendar dates, against a plain walk through the days of the zone."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from definition_texts import loaded
from hypothesis import given
from hypothesis import strategies as st
from lint_texts import BASE, merged, tree

from abtest.definition.load import load
from abtest.definition.timeline import Span, Timeline, day_text, moment_text, span_text
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import ANY, COLUMN
from abtest.warehouse.calendar import Calendar, to_microseconds

DAY = 86_400
ZONES = [
    "UTC",
    "Europe/Helsinki",
    "America/New_York",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Cairo",
]
DATES = st.dates(dt.date(2005, 1, 1), dt.date(2035, 12, 31))


def line(zone="Europe/Helsinki", start="2026-03-02", end="2026-04-12", through=None, **more) -> Timeline:
    days = [dt.date.fromisoformat(day) if day else None for day in (start, end, through)]
    return Timeline(ZoneInfo(zone), *days, more.get("lag", 0), more.get("wait", (0, 0)))


def at(text, zone="Europe/Helsinki") -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def window(low, high, clock="day", **more) -> Outcome:
    size = DAY if clock in {"exact", "day"} else 1
    return Outcome("orders", ANY, (low * size, high * size), clock=clock, **more)


def span(outcome, begun, zone="Europe/Helsinki") -> list[str]:
    found = line(zone).span(outcome, at(begun, zone))
    return [f"{moment:%Y-%m-%d %H:%M}" for moment in (found.start, found.end)]


def test_exact_days_are_24_hours_and_move_with_the_clock():
    # Helsinki goes from 03:00 to 04:00 on 29 March 2026, and back on 25 October.
    assert span(window(28, 56, "exact"), "2026-03-02 10:00") == ["2026-03-30 11:00", "2026-04-27 11:00"]
    assert span(window(28, 56, "exact"), "2026-10-01 10:00") == ["2026-10-29 09:00", "2026-11-26 09:00"]


def test_calendar_days_begin_at_midnight_whatever_the_hour_of_the_assignment():
    for hour in ("00:00", "10:00", "23:59"):
        assert span(window(28, 56), f"2026-03-02 {hour}") == ["2026-03-30 00:00", "2026-04-27 00:00"]


def test_what_came_before_the_start_on_its_own_day_does_not_count():
    assert span(window(0, 1), "2026-03-02 10:00") == ["2026-03-02 10:00", "2026-03-03 00:00"]
    assert span(window(-7, 0, before=True), "2026-03-02 10:00") == ["2026-02-23 00:00", "2026-03-02 00:00"]


def test_a_skipped_midnight_begins_when_the_clock_jumps():
    # In São Paulo the night of 4 November 2018 went from 23:59 to 01:00.
    assert span(window(1, 2), "2018-11-03 10:00", "America/Sao_Paulo") == ["2018-11-04 01:00", "2018-11-05 00:00"]


def test_leap_days_count():
    assert span(window(1, 2), "2028-02-28 10:00") == ["2028-02-29 00:00", "2028-03-01 00:00"]
    assert span(window(1, 2), "2027-02-28 10:00") == ["2027-03-01 00:00", "2027-03-02 00:00"]
    assert span(window(1, 2, "month"), "2028-01-31 10:00") == ["2028-02-01 00:00", "2028-03-01 00:00"]


@pytest.mark.parametrize(
    ("clock", "nth", "begun", "expected"),
    [
        ("week", 1, "2026-03-02 00:00", ["2026-03-09", "2026-03-16"]),  # a Monday
        ("week", 1, "2026-03-08 23:59", ["2026-03-09", "2026-03-16"]),  # the Sunday after it
        ("week", 4, "2026-03-05 12:00", ["2026-03-30", "2026-04-06"]),
        ("month", 1, "2026-01-31 12:00", ["2026-02-01", "2026-03-01"]),
        ("month", 11, "2026-02-01 00:00", ["2027-01-01", "2027-02-01"]),
        ("quarter", 1, "2026-03-31 23:59", ["2026-04-01", "2026-07-01"]),
        ("quarter", 4, "2026-12-01 00:00", ["2027-10-01", "2028-01-01"]),
        ("year", 1, "2026-12-31 23:59", ["2027-01-01", "2028-01-01"]),
        ("year", 120, "2026-01-01 00:00", ["2146-01-01", "2147-01-01"]),
    ],
)
def test_calendar_periods_begin_on_mondays_firsts_and_new_year(clock, nth, begun, expected):
    assert span(window(nth, nth + 1, clock), begun) == [f"{day} 00:00" for day in expected]


def boundaries(zone, first: dt.date, clock, count) -> list[dt.datetime]:
    """The begins of the periods after the one that holds ``first``, found by walking from day to day."""
    key = {
        "day": lambda day: day,
        "week": lambda day: day.isocalendar()[:2],
        "month": lambda day: (day.year, day.month),
        "quarter": lambda day: (day.year, (day.month + 2) // 3),
        "year": lambda day: day.year,
    }[clock]
    found, day = [], first
    while len(found) < count:
        following = day + dt.timedelta(days=1)
        if key(following) != key(day):
            found.append(dt.datetime.combine(following, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC))
        day = following
    return found


@given(
    zone=st.sampled_from(ZONES),
    day=DATES,
    second=st.integers(0, 86_399),
    clock=st.sampled_from(["day", "week", "month", "quarter", "year"]),
    low=st.integers(1, 6),
    length=st.integers(1, 3),
)
def test_calendar_windows_agree_with_a_walk_through_the_days(*, zone, day, second, clock, low, length):
    begun = dt.datetime.combine(day, dt.time(), ZoneInfo(zone)) + dt.timedelta(seconds=second)
    begun = begun.astimezone(dt.UTC).astimezone(ZoneInfo(zone))  # a time that a clock change skips does not exist
    found = line(zone).span(window(low, low + length, clock), begun)
    walked = boundaries(zone, begun.date(), clock, low + length)
    assert (found.start, found.end) == (walked[low - 1], walked[-1])


@given(st.sampled_from(ZONES), DATES, st.integers(0, 400), st.integers(1, 400))
def test_exact_windows_are_seconds_apart(zone, day, low, length):
    begun = line(zone).midnight(day)
    found = line(zone).span(window(low, low + length, "exact"), begun)
    assert (found.start.timestamp() - begun.timestamp(), found.end.timestamp() - begun.timestamp()) == (
        low * DAY,
        (low + length) * DAY,
    )


@given(st.sampled_from(ZONES), DATES)
def test_days_begin_and_end_where_the_queries_let_them(zone, day):
    calendar = Calendar(zone, None, None, None)
    assert to_microseconds(line(zone).midnight(day)) == calendar.midnight(day)
    assert to_microseconds(line(zone).last_instant(day)) == calendar.midnight(day + dt.timedelta(days=1)) - 1
    assert line(zone).last_instant(day).date() == day


@given(
    st.sampled_from(ZONES), DATES, st.integers(1, 200), st.integers(0, 100), st.sampled_from(["exact", "day", "month"])
)
def test_the_day_that_data_must_cover_is_the_first_one_that_makes_a_unit_mature(zone, day, low, length, clock):
    line_ = line(zone)
    outcome = window(low, low + 1 + length, clock) if clock != "month" else window(low % 5, low % 5 + 1, clock)
    for begun in (line_.midnight(day), line_.last_instant(day)):
        complete = line_.complete(line_.span(outcome, begun))
        ends = [line_.midnight(complete + dt.timedelta(days=1)), line_.midnight(complete)]
        assert [line_.mature(outcome, begun, end) for end in ends] == [True, False]


@given(
    zone=st.sampled_from(ZONES),
    start=DATES,
    days=st.integers(1, 60),
    high=st.integers(1, 70),
    reach=st.integers(0, 150),
    clock=st.sampled_from(["exact", "day", "week", "month"]),
)
def test_mature_days_are_counted_as_one_by_one(*, zone, start, days, high, reach, clock):
    end = start + dt.timedelta(days=days - 1)
    line_ = line(zone, str(start), str(end))
    outcome = window(0, high, clock) if clock in {"exact", "day"} else window(1, 2, clock)
    data_end = line_.midnight(start + dt.timedelta(days=reach))
    each = [line_.mature(outcome, line_.last_of(start + dt.timedelta(days=n)), data_end) for n in range(days)]
    assert line_.mature_days(outcome, data_end) == sum(each)
    assert each == sorted(each, reverse=True)


def test_a_late_event_moves_the_day_to_analyse():
    outcome = window(0, 56, "exact")
    for lag, expected in (
        (0, "2026-06-08"),
        (3_600, "2026-06-09"),
        (2 * DAY, "2026-06-10"),
        (36 * 3_600, "2026-06-10"),
    ):
        line_ = line(lag=lag)
        assert str(line_.readable(line_.span(outcome, line_.last))) == expected


def test_the_line_reads_the_definition():
    change = "{timezone: Asia/Kathmandu, period: {lag: 12h}}"
    found = Timeline.of(load(merged(tree(BASE), tree(change))).definition)
    assert (found.zone.key, found.lag, found.days) == ("Asia/Kathmandu", 12 * 3_600, 42)
    assert str(found.first) == "2026-03-02 00:00:00+05:45"
    assert str(found.last) == "2026-04-12 23:59:59.999999+05:45"
    assert str(found.through_end) == "2026-06-08 00:00:00+05:45"


def test_without_a_period_or_a_zone_there_are_no_dates_and_utc():
    found = Timeline.of(
        loaded(
            "name: x\ndata: {customers: {path: x.csv, arm: a}}\n"
            "arms: [{name: a, control: true}, {name: b}]\nmetrics: {y: {role: primary, type: column}}"
        ).definition
    )
    assert (found.zone.key, found.first, found.last, found.through_end, found.days) == ("UTC", None, None, None, None)
    assert found.mature_days(window(0, 1), at("2026-01-01")) == 0


def test_windows_from_the_first_exposure_begin_within_its_window():
    exposure = "{population: {exposure: {event: orders, window: [1d, 3d], trigger: exposure}}}"
    found = Timeline.of(load(merged(tree(BASE), tree(exposure))).definition)
    assert str(found.first) == "2026-03-03 00:00:00+02:00"
    assert str(found.last) == "2026-04-15 23:59:59.999999+03:00"
    endless = "{population: {exposure: {event: orders, trigger: exposure}}}"
    found = Timeline.of(load(merged(tree(BASE), tree(endless))).definition)
    assert (str(found.first), found.last) == ("2026-03-02 00:00:00+02:00", None)
    assert found.mature_days(window(0, 1), at("2030-01-01")) == 0
    counted = "{population: {exposure: {event: orders, window: [1d, 3d]}}}"
    assert Timeline.of(load(merged(tree(BASE), tree(counted))).definition).wait == (0, 0)


def test_what_leaves_the_calendar_has_no_span():
    far = Outcome("orders", ANY, (0, 10**15))
    assert line().span(far, at("2026-03-02")) is None
    assert line().span(Outcome("orders", ANY, (-(10**12), 0), before=True), at("2026-03-02")) is None
    assert line().span(Outcome("orders", ANY, (9000, 9001), clock="year"), at("2026-03-02")) is None
    assert not line().mature(far, at("2026-03-02"), at("2200-01-01"))
    assert line(wait=(10**15, 10**16)).first is None
    assert line(wait=(10**15, 10**16)).last is None
    assert line().span(Outcome("customers", COLUMN), at("2026-03-02")) is None


def test_dates_are_told_as_people_do():
    assert day_text(dt.date(2026, 3, 2)) == "2 Mar 2026"
    assert moment_text(at("2026-03-02 01:30")) == "2 Mar 2026 at 01:30"
    assert moment_text(at("2026-03-02 23:59:59.999999")) == "3 Mar 2026"
    assert moment_text(at("2026-03-29 02:59:59.999999")) == "29 Mar 2026 at 04:00"  # the clock jumps there
    assert span_text(Span(at("2026-03-30"), at("2026-04-27"))) == "from 30 Mar to before 27 Apr 2026"
    assert span_text(Span(at("2026-12-30"), at("2027-01-27"))) == "from 30 Dec 2026 to before 27 Jan 2027"
    assert span_text(Span(at("2026-12-30"), at("2026-12-31 23:59:59.999999"))) == (
        "from 30 Dec 2026 to before 1 Jan 2027"
    )

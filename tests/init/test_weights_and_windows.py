"""Weights, windows and days that are proposed from numbers."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abtest.init.templates import sending_window
from abtest.init.timing import (
    MOST_MATURE,
    covariate_days,
    end_of,
    horizons,
    last_whole_day,
    midnight,
    retention_window,
    weeks,
    weights,
)
from abtest.warehouse.calendar import to_microseconds

DAY = 86_400_000_000


def instant(text: str) -> int:
    return to_microseconds(dt.datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((9100, 9008), (1, 1)),
        ((12, 17), (1, 1)),  # what chance does to small arms
        ((1000, 4010), (1, 4)),
        ((3010, 6990), (3, 7)),
        ((500, 9500), (1, 19)),
        ((100, 9900), (1, 99)),
        ((21306, 21307, 21387), (1, 1, 1)),
        ((5030, 2480, 2490), (2, 1, 1)),
        ((4500, 5500), (9, 11)),
        ((0, 0), (1, 1)),
    ],
)
def test_observed_sizes_become_the_shares_that_people_plan(units, expected):
    assert weights(units).values == expected


def test_a_real_mismatch_of_equal_arms_is_not_explained_away():
    # 10,000 against 10,600 has p < 0.0001 under 1:1: the check of the sample ratio must get to see it.
    assert weights((10_000, 10_600)).equal


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=6))
def test_weights_are_near_the_observed_shares(units):
    ratio = weights(units).values
    assert len(ratio) == len(units)
    shares = [size / sum(units) for size in units]
    planned = [weight / sum(ratio) for weight in ratio]
    assert all(weight >= 1 for weight in ratio)
    if min(units) * 30 > max(units) and sum(units) > 50_000:
        assert all(abs(have - want) < 0.06 for have, want in zip(shares, planned, strict=True))


def shares_until(days: int, cadences: list[int]) -> dict[int, float]:
    return {horizon: float(horizon <= days) for horizon in horizons(cadences)}


@pytest.mark.parametrize(
    ("follow_up", "cadences", "expected"),
    [
        (400, [], (28, 56)),
        (56, [7, 14], (28, 56)),
        (43, [7, 14], (28, 42)),
        (30, [7, 14], (14, 28)),
        (22, [], (7, 21)),
        (22, [7, 14], (0, 14)),
        (9, [], (0, 7)),
        (4, [], (0, 4)),
        (70, [30], (30, 60)),
        (40, [30], (0, 30)),
        (0, [], (28, 56)),
    ],
)
def test_the_window_is_the_longest_that_the_follow_up_allows(follow_up, cadences, expected):
    window = retention_window(shares_until(follow_up, cadences), cadences)
    assert (window.low, window.high) == expected


@given(st.integers(0, 120), st.lists(st.integers(1, 31), max_size=3))
def test_an_aligned_window_holds_whole_sends_and_a_mature_one_is_over_for_most(follow_up, cadences):
    window = retention_window(shares_until(follow_up, cadences), cadences)
    assert 0 <= window.low < window.high
    if window.aligned and cadences:
        assert all(window.low % cadence == 0 and window.high % cadence == 0 for cadence in cadences)
    assert window.mature >= MOST_MATURE or window.high > follow_up


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3))
def test_a_templates_windows_hold_whole_sends(cadences):
    low, high = sending_window(cadences)
    assert low >= 28
    assert all(low % cadence == 0 and (high - low) % cadence == 0 for cadence in cadences)


def test_a_covariate_window_never_reaches_before_the_first_event():
    first = instant("2026-01-05T00:00+00:00")
    assert covariate_days(first, first + 56 * DAY, 56) == 56
    assert covariate_days(first, first + 30 * DAY, 56) == 28
    assert covariate_days(first, first + 100 * DAY, 28) == 28
    assert covariate_days(first, first + 3 * DAY, 56) is None
    assert covariate_days(first, first - 3 * DAY, 56) is None


def test_the_last_day_counts_when_the_export_reaches_its_evening():
    assert last_whole_day(instant("2026-05-31T21:10+00:00"), "UTC", dates=False) == dt.date(2026, 5, 31)
    assert last_whole_day(instant("2026-05-31T11:10+00:00"), "UTC", dates=False) == dt.date(2026, 5, 30)
    assert last_whole_day(instant("2026-05-31T00:00+00:00"), "UTC", dates=True) == dt.date(2026, 5, 31)
    # 21:10 in London is the next morning in Tokyo.
    assert last_whole_day(instant("2026-05-31T21:10+01:00"), "Asia/Tokyo", dates=False) == dt.date(2026, 5, 31)


def test_days_are_days_of_the_zone_when_clocks_change():
    # The last Sunday of March has 23 hours in Helsinki.
    assert end_of(dt.date(2026, 3, 29), "Europe/Helsinki") - midnight(dt.date(2026, 3, 29), "Europe/Helsinki") == (
        23 * 3_600_000_000
    )


def test_windows_in_words():
    assert [weeks(28, 56), weeks(0, 7), weeks(0, 10)] == ["weeks 5 to 8", "week 1", "days 1 to 10"]

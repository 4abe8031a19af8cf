"""The end of daily counts: stray rows do not set it; weekends, closings and campaigns do not move it."""

import random

import pytest

from abtest.stats.daily_counts import plausible_end


def _poisson(draw: random.Random, mean: float) -> int:
    """Return a draw as the number of arrivals in one unit of time."""
    count, at = 0, draw.expovariate(mean)
    while at < 1:
        count, at = count + 1, at + draw.expovariate(mean)
    return count


def _days(counts: dict[int, int]) -> tuple[list[int], list[int]]:
    days = sorted(day for day, count in counts.items() if count)
    return days, [counts[day] for day in days]


def _end(counts: dict[int, int]) -> int:
    days, numbers = _days(counts)
    return days[plausible_end(days, numbers)]


@pytest.mark.parametrize("mean", [3, 10, 200])
@pytest.mark.parametrize("stray", [{400: 1}, {30_000: 2}, {400: 1, 9_000: 1}, {180: 1}, {150: 1, 155: 1, 170: 1}])
def test_stray_rows_do_not_set_the_end(mean, stray):
    draw = random.Random(mean)
    counts = {day: _poisson(draw, mean) for day in range(120)}
    last = max(day for day, count in counts.items() if count)
    assert last - _end({**counts, **stray}) <= (2 if mean < 10 else 0)


@pytest.mark.parametrize("seed", range(200))
def test_clean_counts_end_with_their_last_day(seed):
    draw = random.Random(seed)
    mean = draw.choice([0.2, 1, 5, 40, 400])
    weekdays, decays = draw.random() < 0.4, draw.random() < 0.3
    length = draw.randrange(3, 150)
    counts = {}
    for day in range(length):
        rate = mean * (0.97**day if decays else 1)
        counts[day] = 0 if weekdays and day % 7 in {5, 6} else _poisson(draw, rate)
    counts[length - 1] = draw.choice([1, max(1, counts[length - 1])])  # a last day of which only the night is there
    assert _end(counts) == length - 1


def test_a_closing_or_an_outage_is_no_end():
    counts = {day: 100 for day in range(90) if not 60 <= day < 67}
    assert _end(counts) == 89
    assert _end(dict.fromkeys([*range(90), 95], 100)) == 95


def test_what_follows_one_campaign_is_no_stray_tail():
    counts = {day: max(1, round(5_000 * 0.35**day)) for day in range(30)}
    assert _end(counts) == 29


def test_a_few_rows_tell_no_end():
    assert _end({0: 3, 1: 2, 400: 1}) == 400

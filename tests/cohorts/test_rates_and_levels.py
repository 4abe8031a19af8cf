"""The rate, its interval, the levels it is compared with, and the questions that are refused."""

import json

import pandas as pd
import pytest
from scipy.stats import binomtest

import abtest


def log(*rows):
    """Events as (customers, month): customers is a range or list of numbers."""
    records = [(unit, f"2026-{month:02d}-10T12:00:00Z") for units, month in rows for unit in units]
    table = pd.DataFrame(records, columns=["customer", "at"])
    return table.assign(at=pd.to_datetime(table["at"], utc=True))


def ask(table, **options):
    return abtest.retention(table, unit="customer", at="at", **{"through": "2026-02-28", **options})


def test_two_thousand_of_whom_nine_hundred_return_is_45_percent():
    period = ask(log((range(2000), 1), (range(900), 2))).last_complete
    assert (period.at_start, period.retained, period.rate) == (2000, 900, 0.45)
    assert period.plain_rate == 0.45


def test_customers_acquired_during_the_period_never_count():
    period = ask(log((range(50_000), 1), (range(39_000), 2), (range(60_000, 61_000), 2))).last_complete
    assert (period.at_start, period.acquired, period.at_end) == (50_000, 1_000, 40_000)
    assert period.rate == 0.78


def test_a_customer_who_comes_back_is_not_retained_and_the_plain_formula_says_otherwise():
    table = log((range(10), 1), (range(5), 2), (range(2), 3), (range(5, 9), 3))
    period = ask(table, through="2026-03-31").last_complete
    assert (period.at_start, period.retained, period.reactivated, period.at_end) == (5, 2, 4, 6)
    assert period.rate == 0.4
    assert period.plain_rate == 1.2


def test_the_interval_is_wilsons():
    period = ask(log((range(40), 1), (range(13), 2)), confidence=0.9).last_complete
    expected = binomtest(13, 40).proportion_ci(0.9, "wilson")
    assert (period.low, period.high) == pytest.approx((expected.low, expected.high), rel=1e-12)


@pytest.mark.parametrize(
    ("level", "side", "more"),
    [(0.4, "above", 0), ("44%", "not clear", 0), (0.46, "not clear", 20), ("50 %", "below", 100)],
)
def test_a_level_is_compared_with_the_whole_interval(level, side, more):
    result = ask(log((range(2000), 1), (range(900), 2)), benchmark=level, goal=level)
    found = result.last_complete.benchmark
    assert (found.side, found.more_to_stay) == (side, more)
    assert result.last_complete.goal == found
    assert result.below_benchmark is (side == "below")


def test_a_running_period_has_counts_but_no_rate_and_no_comparison():
    result = ask(log((range(10), 1), (range(5), 2)), through=None, benchmark=0.9)
    running = result.periods[-1]
    assert (running.complete, running.retained, running.at_start) == (False, 5, 10)
    assert running.rate is running.low is running.plain_rate is running.benchmark is None
    assert running.reason == "the period is still running"
    assert result.last_complete is None
    assert result.below_benchmark is None
    assert "2026-02 is still running" in result.notes[0]


def test_a_period_without_events_loses_everyone_and_the_next_has_no_rate():
    result = ask(log(([1, 2], 1), ([1], 4)), through="2026-04-30")
    _, february, march, april = result.periods
    assert (february.rate, february.at_end) == (0.0, 0)
    assert (march.at_start, march.rate, march.reason) == (0, None, "nobody was a customer at the start")
    assert (april.reactivated, april.rate) == (1, None)


def test_without_a_whole_look_back_there_is_no_rate():
    table = log((range(9), 1), (range(4), 2), (range(3), 3), (range(2), 4))
    result = ask(table, through="2026-04-30", active_within="45d")
    assert [period.rate is None for period in result.periods] == [True, True, False, False]
    assert "45d long" in result.periods[1].reason


def test_json_holds_everything_and_no_nan():
    result = ask(log((range(10), 1), (range(3), 2)), goal=0.5)
    content = json.loads(result.to_json(), parse_constant=pytest.fail)
    assert content["periods"][1]["rate"] == 0.3
    assert content["periods"][0]["rate"] is None
    assert content["cohorts"][0]["shares"] == [1.0, 0.3]
    assert content["rule"] == list(result.rule)
    assert content["asked"]["timezone"] == "UTC"


def test_frames_hold_the_periods_and_the_triangle():
    result = ask(log((range(10), 1), (range(3), 2), ([77], 2)))
    frame = result.to_pandas()
    assert frame["period"].tolist() == ["2026-01", "2026-02"]
    assert frame["at_start"].isna().tolist() == [True, False]
    assert frame["rate"].iloc[1] == 0.3
    triangle = result.triangle()
    assert triangle.loc["2026-01"].tolist() == [10, 3]
    assert triangle.loc["2026-02", 0] == 1
    assert pd.isna(triangle.loc["2026-02", 1])
    assert "<td>2026-02</td>" in result._repr_html_()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "day"}, "by: must be one of week, month, quarter, year"),
        ({"benchmark": 40}, "did you mean 40%?"),
        ({"benchmark": "0"}, "benchmark: must be a rate"),
        ({"goal": "many"}, "goal: must be a rate such as 40% or 0.4"),
        ({"goal": float("nan")}, "goal: must be a rate"),
        ({"confidence": 95}, "confidence: must lie between 0 and 1"),
        ({"periods": 0}, "periods: must be at least 1"),
        ({"since": "1 May"}, "since: must be a date"),
        ({"since": "2026-05-01", "through": "2026-02-28"}, "since: 2026-05-01 lies after through"),
        ({"timezone": "Helsinki"}, "timezone: "),
        ({"active_within": "soon"}, "active-within: must be a length of time such as 90d"),
        ({"where": "event ="}, "where: "),
        ({"where": "at > period.start"}, "where: there is no period.start"),
        ({"unit": ""}, "unit: must not be empty"),
    ],
)
def test_a_question_that_cannot_be_is_refused(options, words):
    with pytest.raises(abtest.UsageError) as caught:
        abtest.retention(log(([1], 1)), **{"unit": "customer", "at": "at", **options})
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"unit": "costumer"}, "unit: no column 'costumer' in the frame; did you mean 'customer'?"),
        ({"at": "time"}, "at: no column 'time'"),
        ({"at": "customer"}, "does not hold times"),
        ({"through": "2025-12-31"}, "through: every event is later"),
        ({"since": "2027-01-01", "through": None}, "since: the data end in 2026-02"),
        ({"where": "plan = 1"}, "where: no column 'plan'"),
        ({"where": "customer = 9"}, "there are no rows that fulfil --where"),
    ],
)
def test_data_that_do_not_fit_are_refused_in_the_words_of_the_question(options, words):
    with pytest.raises(abtest.DataError) as caught:
        abtest.retention(log(([1], 1), ([2], 2)), **{"unit": "customer", "at": "at", **options})
    assert words in str(caught.value)
    assert "definition" not in str(caught.value)


def test_times_without_a_zone_are_an_error_with_the_cure():
    table = log(([1], 1)).assign(at=pd.to_datetime(["2026-01-01"]))
    with pytest.raises(abtest.DataError, match="add --timezone Europe/Helsinki"):
        ask(table)


@pytest.mark.parametrize("moment", ["1900-01-01", "2250-01-01"])
def test_a_placeholder_date_is_an_error_with_the_cure(moment):
    table = log(([1], 1), ([2], 2))
    table.loc[0, "at"] = pd.Timestamp(moment, tz="UTC")
    with pytest.raises(abtest.DataError, match="a placeholder; leave such rows out"):
        ask(table, through=None)
    assert ask(table, through=None, where="at > 1990-01-01 and at < 2100-01-01").data.customers == 1


def test_blank_ids_alone_are_an_error():
    table = log(([1], 1)).assign(customer=" ")
    with pytest.raises(abtest.DataError, match="no event has an id"):
        ask(table)

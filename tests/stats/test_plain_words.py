"""Effects in plain words: published numbers, and agreement with the interval that they come from."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abtest.stats.plain_words import Needed, kept_per_thousand, money_within_horizon, number_needed_to_treat
from abtest.stats.rates import compare_rates
from abtest.stats.values import Estimate, Rate

FRACTION = st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-9)


def test_kept_per_thousand_is_the_difference_times_a_thousand():
    assert kept_per_thousand(Estimate(0.025, -0.01, 0.06)) == Estimate(25.0, -10.0, 60.0)


def test_money_is_the_difference_of_the_means_times_all_customers():
    assert money_within_horizon(Estimate(1.5, 0.5, 2.5), 20_000) == Estimate(30_000.0, 10_000.0, 50_000.0)


def test_altman_s_example_without_significance_goes_through_infinity():
    # Altman (1998): difference 10 %, interval −5 % to 25 %: NNTB 10 (NNTB 4 to ∞ to NNTH 20).
    found = number_needed_to_treat(Estimate(0.10, -0.05, 0.25))
    assert found.estimate == Needed(pytest.approx(10), "benefit")
    assert (found.best, found.worst) == (Needed(pytest.approx(4), "benefit"), Needed(pytest.approx(20), "harm"))
    assert found.passes_infinity
    assert "infinity" in str(found.reason)


def test_a_significant_benefit_is_one_piece():
    found = number_needed_to_treat(Estimate(0.10, 0.04, 0.16))
    assert (found.best, found.worst) == (Needed(pytest.approx(6.25), "benefit"), Needed(pytest.approx(25), "benefit"))
    assert (found.passes_infinity, found.reason) == (False, None)


def test_less_of_a_bad_outcome_is_a_benefit():
    found = number_needed_to_treat(Estimate(-0.02, -0.05, 0.01), "down")
    assert (found.estimate, found.best.kind, found.worst.kind) == (
        Needed(pytest.approx(50), "benefit"),
        "benefit",
        "harm",
    )


def test_equal_rates_have_no_number_and_an_end_at_zero_is_infinity():
    equal = number_needed_to_treat(Estimate(0.0, -0.1, 0.1))
    assert equal.estimate is None
    assert equal.best == Needed(pytest.approx(10), "benefit")
    assert "equal" in str(equal.reason)
    edge = number_needed_to_treat(Estimate(0.1, 0.0, 0.2))
    assert edge.worst.customers is None
    assert not edge.passes_infinity


@given(st.integers(1, 300), st.integers(1, 300), st.floats(0, 1), st.floats(0, 1))
def test_it_passes_infinity_exactly_when_the_comparison_is_not_significant(n_c, n_t, first, second):
    seen = compare_rates(Rate(round(first * n_c), n_c), Rate(round(second * n_t), n_t))
    found = number_needed_to_treat(seen.difference)
    if seen.difference.low < 0 < seen.difference.high:
        assert found.passes_infinity
    assert not (found.passes_infinity and seen.p_value < 0.05)


@given(FRACTION, FRACTION, FRACTION, st.sampled_from(["up", "down"]))
def test_ends_invert_back_to_the_interval(first, second, third, good):
    low, value, high = sorted((first, second, third))
    found = number_needed_to_treat(Estimate(value, low, high), good)
    ends = [
        0.0 if end.customers is None else (1 if end.kind == "benefit" else -1) / end.customers
        for end in (found.best, found.worst)
    ]
    expected = [high, low] if good == "up" else [-low, -high]
    assert ends == pytest.approx(expected)


def test_what_cannot_be_estimated_keeps_its_reason():
    nothing = Estimate(None, None, None, "there are no units")
    assert kept_per_thousand(nothing) == nothing
    found = number_needed_to_treat(nothing)
    assert (found.estimate, found.best, found.worst, str(found.reason)) == (None, None, None, "there are no units")
    half = number_needed_to_treat(Estimate(0.1, None, None, "no variation"))
    assert (half.best, half.passes_infinity, half.reason) == (None, False, "no variation")


@pytest.mark.parametrize(
    "question",
    [
        lambda: kept_per_thousand(Estimate(25.0, 1.0, 50.0)),
        lambda: number_needed_to_treat(Estimate(2.0, None, None)),
        lambda: number_needed_to_treat(Estimate(0.1, 0.0, 0.2), "sideways"),
        lambda: money_within_horizon(Estimate(1.0, 0.0, 2.0), -5),
        lambda: money_within_horizon(Estimate(1.0, 0.0, 2.0), 2.5),
    ],
)
def test_impossible_input_is_refused(question):
    with pytest.raises(ValueError, match="must"):
        question()


def test_money_of_nobody_is_nothing():
    assert money_within_horizon(Estimate(1.0, 0.5, 1.5), 0) == Estimate(0.0, 0.0, 0.0)
    assert not math.isnan(money_within_horizon(Estimate(1.0, 0.5, 1.5), 0).estimate)

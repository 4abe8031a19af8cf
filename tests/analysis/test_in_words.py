"""Differences of rates in words: signs, infinity, open and impossible bounds."""

import math

import pytest
from analysis_samples import analysis_of_outcomes
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest.analysis.in_words import in_words
from abtest.analysis.result import Effect


def metric(good="up", outcomes=((480, 2000), (530, 2000))):
    return analysis_of_outcomes("ab", {"m": outcomes}, {"m": {"good": good}}).metrics[0]


def effect(estimate, low, high, reason=None):
    return Effect(estimate=estimate, low=low, high=high, reason=reason)


def words(difference, good="up"):
    return in_words(difference, metric(good))


def test_two_of_a_hundred_more_kept_is_twenty_of_a_thousand_and_fifty_to_treat():
    found = words(effect(0.02, 0.01, 0.04))
    assert (found.per_thousand.estimate, found.per_thousand.low, found.per_thousand.high) == (20, 10, 40)
    assert (found.needed, found.needed_kind) == (pytest.approx(50), "benefit")
    assert (found.needed_best, found.needed_worst) == (pytest.approx(25), pytest.approx(100))
    assert (found.needed_best_kind, found.needed_worst_kind) == ("benefit", "benefit")
    assert not found.passes_infinity


def test_fewer_events_are_a_benefit_where_fewer_is_good_and_a_harm_where_more_is():
    fewer = effect(-0.02, -0.04, -0.01)
    good, bad = words(fewer, "down"), words(fewer, "up")
    assert good.per_thousand.estimate == bad.per_thousand.estimate == -20  # customers more with the outcome
    assert (good.needed, good.needed_kind) == (pytest.approx(50), "benefit")
    assert (good.needed_best, good.needed_worst) == (pytest.approx(25), pytest.approx(100))
    assert (bad.needed, bad.needed_kind) == (pytest.approx(50), "harm")
    assert (bad.needed_best, bad.needed_worst) == (pytest.approx(100), pytest.approx(25))


def test_an_interval_over_no_effect_passes_infinity():
    found = words(effect(0.02, -0.01, 0.05))
    assert found.passes_infinity
    assert (found.needed_best, found.needed_best_kind) == (pytest.approx(20), "benefit")
    assert (found.needed_worst, found.needed_worst_kind) == (pytest.approx(100), "harm")


def test_no_difference_needs_infinitely_many():
    found = words(effect(0.0, -0.01, 0.02))
    assert (found.needed, found.needed_kind, found.per_thousand.estimate) == (None, None, 0)


def test_a_one_sided_bound_leaves_the_other_end_unknown():
    found = words(effect(0.02, 0.01, None))
    assert (found.needed_best, found.needed_best_kind) == (None, None)
    assert found.needed_worst == pytest.approx(100)
    assert found.per_thousand.high is None


def test_bounds_that_no_difference_of_rates_can_have_are_cut():
    found = words(effect(0.6, -0.1, 1.2))
    assert (found.per_thousand.high, found.needed_best) == (1000, 1)


def test_means_and_missing_differences_have_no_words():
    of_values = metric(outcomes=([3.0, 4, 5, 6] * 5, [4.0, 5, 6, 8] * 5))
    assert of_values.kind == "mean"
    assert in_words(effect(0.02, 0.01, 0.04), of_values) is None
    assert words(effect(None, None, None, "no units")) is None


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 400), st.sampled_from(["up", "down"]))
def test_the_words_exclude_no_effect_exactly_when_the_comparison_does(n, first, second, good):
    result = metric(good, ((min(first, n), n), (min(second, n), n)))
    (comparison,) = result.comparisons
    found, difference = in_words(comparison.difference, result), comparison.difference
    shown = difference.low > 0 or difference.high < 0
    assert (found.per_thousand.low > 0 or found.per_thousand.high < 0) == shown
    assert not (shown and found.passes_infinity)
    if difference.estimate:
        better = (difference.estimate > 0) == (good == "up")
        assert found.needed_kind == ("benefit" if better else "harm")
        assert math.isclose(found.needed, 1 / abs(difference.estimate))

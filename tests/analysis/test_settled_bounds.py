"""A p-value and its interval never part by rounding: one-sided, over clusters, at a corrected level."""

import math

import pytest

from abtest.analysis.contrasts import Asked, Contrasts
from abtest.analysis.inference import Inference, settled
from abtest.metrics.methods import Rates
from abtest.stats.rates import compare_rates
from abtest.stats.values import Estimate, Rate, TwoSample


def near_zero(low, high, p_value, estimate=0.02):
    return TwoSample("t", Estimate(estimate, low, high), Estimate(estimate, low, high), p_value, 2.0, 9.0, None)


@pytest.mark.parametrize("significant", [True, False])
def test_a_bound_that_is_nought_to_the_last_digit_takes_the_side_of_the_p_value(significant):
    for sign in (1, -1):
        for dust in (1e-17, -1e-17, 0.0):
            low, high = sorted((sign * dust, sign * 0.04))
            if sign * dust == 0:
                low, high = (0.0, 0.04) if sign > 0 else (-0.04, 0.0)
            found = settled(near_zero(low, high, 0.05, sign * 0.02), significant)
            for effect in (found.difference, found.lift):
                bound = effect.low if sign > 0 else effect.high
                assert (bound * sign > 0) == significant


def test_a_bound_that_is_not_nought_stays():
    for significant in (True, False):
        given = near_zero(0.001, 0.04, 0.04)
        assert settled(given, significant) == given
    one_sided = near_zero(None, None, 0.04)
    assert settled(one_sided, True) == one_sided


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("good", ["up", "down"])
def test_at_the_confidence_that_is_one_minus_the_p_value_bound_and_verdict_agree(one_sided, good):
    """The level is put within a unit in the last place of the p-value, on either side of it."""
    for table in ((480, 2000, 540, 2000), (1, 950, 3, 50), (300, 900, 22, 50), (40, 80, 10, 41), (7, 60, 20, 61)):
        rates = Rate(*table[:2]), Rate(*table[2:])
        p_value = compare_rates(*rates).p_value / (2 if one_sided else 1)
        level = 1 - p_value
        for confidence in (math.nextafter(level, 0), level, math.nextafter(level, 1)):
            if not 0.5 < confidence < 1:
                continue
            asked = Asked(confidence, good, Inference(1 - confidence, good, one_sided=one_sided))
            used = Contrasts(["a", "b"], 0, Rates(rates), [rates[0].n, rates[1].n], asked)
            found = used.compare(1, confidence)
            significant = found.p_value < 1 - confidence
            bounds = [b for b in (found.difference.low, found.difference.high) if b is not None]
            low = found.difference.low is not None and found.difference.low > 0
            high = found.difference.high is not None and found.difference.high < 0
            assert bounds
            assert (low or high) == significant

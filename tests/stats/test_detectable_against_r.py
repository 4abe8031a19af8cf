"""Power, from R: the difference that is found with 80 % power, and how many units find a difference."""

import math

import pytest
from scipy import stats

from abtest.stats.detectable import (
    POWER,
    detectable,
    detectable_rate,
    noncentrality,
    rate_times_larger,
    times_larger,
)
from abtest.stats.power import Bar, rate_power, shifted_power


@pytest.mark.parametrize(
    ("n", "rate", "alpha", "difference"),
    [
        # R 4: power.prop.test(n = 1000, p1 = .1, power = .8, tol = 1e-10)$p2 - .1; the last: sig.level = .05 / 3
        (1000, 0.1, 0.05, 0.04074515431),
        (200, 0.5, 0.05, 0.1383241894),
        (1000, 0.42, 0.05 / 3, 0.07202062424),
    ],
)
def test_a_detectable_rise_of_a_rate_is_that_of_power_prop_test(n, rate, alpha, difference):
    found = detectable_rate(rate, (n, n), alpha, up=True)
    assert found == pytest.approx(difference, rel=1e-8)


def test_the_size_for_two_rates_is_that_of_power_prop_test():
    # power.prop.test(p1 = .50, p2 = .75, power = .8)$n, and $n of the documentation's other example
    assert 50 * rate_times_larger((0.5, 0.75), (50, 50), 0.05) == pytest.approx(57.67344, rel=1e-5)


def test_a_detectable_mean_and_its_size_are_those_of_power_t_test():
    error = math.sqrt(2 / 20)
    # power.t.test(n = 20, sd = 1, power = .8)$delta and power.t.test(delta = 1, power = .8)$n
    assert detectable(error, 0.05, 38) == pytest.approx(0.9091306, rel=1e-5)
    # Degrees of freedom are taken to rise with n; power.t.test has 2 (n - 1).
    assert 20 * times_larger(error, 0.05, 38, 1.0) == pytest.approx(16.71477, abs=0.02)


def test_a_fall_that_a_rate_has_no_room_for_is_not_detectable():
    assert detectable_rate(0.001, (100, 100), 0.05, up=False) is None
    assert detectable_rate(0.0, (100, 100), 0.05, up=False) is None


def test_what_is_detectable_is_found_by_as_many_units_as_there_are():
    least = detectable_rate(0.2, (900, 300), 0.05, up=True)
    assert rate_times_larger((0.2, 0.2 + least), (900, 300), 0.05) == pytest.approx(1)
    assert times_larger(1.5, 0.05, 12.0, detectable(1.5, 0.05, 12.0)) == pytest.approx(1)


def test_a_difference_of_nothing_takes_no_number_of_units():
    assert times_larger(1.0, 0.05, None, 0.0) is None
    assert rate_times_larger((0.3, 0.3), (100, 100), 0.05) is None


def test_few_degrees_of_freedom_ask_for_more():
    # uniroot(function(d) pt(qt(.975, 2), 2, d, lower.tail = FALSE) - .8, c(0, 50))$root
    assert noncentrality(0.05, 2, POWER) == pytest.approx(5.653489, rel=1e-5)
    assert noncentrality(0.05, None, POWER) == pytest.approx(1.959964 + 0.8416212)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 3])
@pytest.mark.parametrize("degrees", [None, 3.0, 9.0, 60.0, 6000.0])
def test_a_detectable_difference_has_the_power_of_a_plan_and_of_the_noncentral_t(alpha, degrees):
    size = noncentrality(alpha, degrees)
    close = 5e-4 if degrees == 6000.0 else 1e-6  # beyond 5,000 degrees it is taken for normal
    assert shifted_power(size, alpha / 2, degrees) == pytest.approx(POWER, abs=close)
    if degrees is not None:
        critical = stats.t.isf(alpha / 2, degrees)
        assert stats.nct.sf(critical, degrees, size) == pytest.approx(POWER, abs=close)


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(("rate", "sizes"), [(0.4, (1534, 1534)), (0.2, (900, 600)), (0.1, (2000, 2000))])
def test_a_detectable_rate_has_the_power_of_a_plan_within_a_hundredth(rate, sizes, up):
    least = detectable_rate(rate, sizes, 0.05, up=up)
    found = rate_power((rate, rate + least if up else rate - least), sizes, Bar(0.025, "above" if up else "below"))
    assert found == pytest.approx(POWER, abs=0.01)

"""Looking at any time: identities of the boundary, its optimum, and simulated false alarms over many looks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import close
from scipy import optimize, special, stats

from abtest.stats.anytime import (
    anytime_confidence,
    anytime_critical,
    anytime_p_value,
    normal_deviate,
    tuned_information,
)
from abtest.stats.means import compare_means
from abtest.stats.rates import compare_rates
from abtest.stats.values import Moments, Rate

sizes = st.floats(1, 1e9)
levels = st.floats(1e-8, 0.5)


def boundary(n, rho_squared, alpha):
    """Theorem 2.2: √(2(nρ² + 1)/(n²ρ²) · log(√(nρ² + 1)/α)), in standard errors 1/√n."""
    x = n * rho_squared
    return math.sqrt(n) * math.sqrt(2 * (x + 1) / (n * x) * math.log(math.sqrt(x + 1) / alpha))


@given(sizes, sizes, levels)
def test_boundary_is_that_of_the_paper(n, planned, alpha):
    rho_squared = tuned_information(alpha) / planned
    assert anytime_critical(n, planned, alpha) == close(boundary(n, rho_squared, alpha))


@pytest.mark.parametrize("alpha", [0.5, 0.1, 0.05, 0.01, 1e-6])
def test_boundary_is_tightest_at_the_planned_size(alpha):
    planned = 20_000
    best = optimize.minimize_scalar(
        lambda log_rho: boundary(planned, math.exp(2 * log_rho), alpha), bounds=(-12, 2), method="bounded"
    )
    assert anytime_critical(planned, planned, alpha) == close(best.fun)
    # The same in closed form: Lambert's W.
    assert tuned_information(alpha) == close(-1 - special.lambertw(-(alpha**2) / math.e, -1).real)
    assert anytime_critical(planned, planned, alpha) == close(math.sqrt(1 + tuned_information(alpha)))


def test_tuning_works_at_levels_whose_square_is_no_number():
    x = tuned_information(1e-300)
    assert x == close(math.log1p(x) + 600 * math.log(10))


@given(st.floats(-60, 60), sizes, sizes, levels, levels)
def test_p_value_is_below_a_level_exactly_when_z_is_beyond_its_boundary(z, n, planned, alpha, level):
    critical = anytime_critical(n, planned, level, tuned_at=alpha)
    if abs(abs(z) - critical) > 1e-9 * critical:
        assert (anytime_p_value(z, n, planned, alpha) < level) == (abs(z) > critical)


@given(sizes, sizes, levels)
def test_p_value_at_the_boundary_is_the_level(n, planned, alpha):
    critical = anytime_critical(n, planned, alpha)
    # Far below the planned size z is large and its square's last digit shows.
    assert anytime_p_value(critical, n, planned, alpha) == pytest.approx(alpha, rel=1e-9)
    assert anytime_p_value(0.0, n, planned, alpha) == 1


def test_planned_size_of_twenty_thousand_costs_about_half_the_width_again():
    assert anytime_critical(20_000, 20_000, 0.05) == pytest.approx(3.035, abs=5e-4)
    assert anytime_critical(20_000, 20_000, 0.05) / stats.norm.isf(0.025) < 1.55


@pytest.mark.parametrize("n", [1000, 5000, 20_000, 400_000])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_fixed_confidence_gives_every_method_the_width_of_the_sequence(n, confidence):
    level = anytime_confidence(n, 20_000, confidence)
    critical = anytime_critical(n, 20_000, 1 - confidence)
    assert stats.norm.isf((1 - level) / 2) == pytest.approx(critical, rel=1e-5)
    assert stats.norm.isf((1 - level) / 2) >= critical * (1 - 1e-9)
    arms = Moments(n // 2, 5.0, 9.0), Moments(n // 2, 5.1, 9.0)
    found, error = compare_means(*arms, level).difference, math.sqrt(2 * 9 / (n // 2))
    assert found.high - found.estimate == pytest.approx(critical * error, rel=0.05)


def test_rates_at_the_fixed_confidence_and_the_anytime_p_value_agree():
    n, planned, alpha = 8000, 20_000, 0.05
    level = anytime_confidence(n, planned, 1 - alpha)
    verdicts = set()
    for converted in range(200, 330):
        found = compare_rates(Rate(200, 4000), Rate(converted, 4000), level)
        p_value = anytime_p_value(normal_deviate(found.p_value), n, planned, alpha)
        assert (p_value < alpha) == (found.difference.low > 0) == (found.lift.low > 0)
        verdicts.add(p_value < alpha)
    assert verdicts == {True, False}


def test_far_too_early_there_is_no_interval_and_a_p_value_of_one():
    assert anytime_confidence(100, 20_000) is None
    assert anytime_p_value(4.0, 100, 20_000, 0.05) > 0.5
    first = next(n for n in range(100, 1000) if anytime_confidence(n, 20_000) is not None)
    assert 200 < first < 300
    for n in range(first, 400):  # near the end of the numbers: on the wide side, by less than one part in a hundred
        ratio = stats.norm.isf((1 - anytime_confidence(n, 20_000)) / 2) / anytime_critical(n, 20_000, 0.05)
        assert 1 - 1e-12 <= ratio < 1.01


@given(st.floats(0, 37))
def test_normal_deviate_inverts_the_two_sided_p_value(z):
    assert normal_deviate(2 * stats.norm.sf(z)) == pytest.approx(z, rel=1e-7, abs=1e-9)


def test_a_p_value_of_zero_has_a_large_finite_deviate():
    assert 37 < normal_deviate(0.0) < 38
    assert normal_deviate(1.0) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: anytime_critical(0, 100, 0.05), "n must be positive"),
        (lambda: anytime_critical(10, -1, 0.05), "planned must be positive"),
        (lambda: anytime_critical(10, 100, 0), "alpha must lie"),
        (lambda: anytime_critical(10, 100, 0.05, tuned_at=1), "alpha must lie"),
        (lambda: anytime_p_value(math.nan, 10, 100, 0.05), "z must be a finite number"),
        (lambda: anytime_confidence(10, 100, 95), "confidence must lie"),
        (lambda: anytime_confidence(math.inf, 100), "n must be a finite number"),
        (lambda: normal_deviate(1.5), "p_value must lie"),
    ],
)
def test_impossible_arguments_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


LOOKS, BATCH = 80, 150


def statistics(kind, runs, random):
    """z at each look of two arms without a difference, each of which grows by a batch from look to look."""
    shape = (2, runs, LOOKS)
    seen = BATCH * np.arange(1, LOOKS + 1)
    if kind == "normal":
        # Sums and sums of squares of a batch of standard normal values, drawn as such.
        total = random.normal(0, math.sqrt(BATCH), shape)
        squares = total**2 / BATCH + random.chisquare(BATCH - 1, shape)
    else:
        total = squares = random.binomial(BATCH, 0.05, shape).astype(float)
    mean = np.cumsum(total, axis=2) / seen
    variance = (np.cumsum(squares, axis=2) / seen - mean**2) / (seen - 1)
    return 2 * seen, (mean[1] - mean[0]) / np.sqrt(variance.sum(axis=0))


@pytest.mark.parametrize("kind", ["normal", "rate of 5 %"])
@pytest.mark.parametrize("planned", [2000, 10_000, 50_000])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_false_alarms_over_eighty_looks_stay_below_the_level(kind, planned, alpha):
    runs = 4000
    seen, z = statistics(kind, runs, np.random.default_rng(31))
    limit = np.array([anytime_critical(int(n), planned, alpha) for n in seen])
    alarms = np.mean((np.abs(z) > limit).any(axis=1))
    naive = np.mean((np.abs(z) > stats.norm.isf(alpha / 2)).any(axis=1))
    assert alarms <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / runs)
    assert naive > 0.3
    assert naive > 5 * alarms or alpha > 0.1


def test_false_alarms_with_a_look_at_every_unit_stay_below_the_level():
    runs, units, start, alpha = 1500, 4000, 100, 0.05
    z = np.random.default_rng(32).normal(size=(runs, units)).cumsum(axis=1) / np.sqrt(np.arange(1, units + 1))
    limit = np.array([anytime_critical(n, 1000, alpha) for n in range(start, units + 1)])
    alarms = np.mean((np.abs(z[:, start - 1 :]) > limit).any(axis=1))
    assert alarms <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / runs)
    assert alarms > 0.005  # not so wide that it never speaks


def test_a_real_difference_is_found_soon_after_the_planned_size():
    """A difference that one z test of 20,000 units finds with 90 % power is found by 50,000 looked at all along."""
    random, looks = np.random.default_rng(33), np.arange(500, 50_001, 500)
    drift = (stats.norm.isf(0.025) + stats.norm.isf(0.1)) / math.sqrt(20_000)
    steps = random.normal(drift * 500, math.sqrt(500), (2000, len(looks)))
    z = steps.cumsum(axis=1) / np.sqrt(looks)
    p_values = np.array([anytime_p_value(value, n, 20_000, 0.05) for value, n in zip(z[0], looks, strict=True)])
    limit = np.array([anytime_critical(n, 20_000, 0.05) for n in looks])
    np.testing.assert_array_equal(p_values < 0.05, np.abs(z[0]) > limit)
    assert np.mean((z > limit).any(axis=1)) > 0.9

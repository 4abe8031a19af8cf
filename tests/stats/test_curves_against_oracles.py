"""Curves per period and cumulated amounts: units written out, R's package survival, a bootstrap, exact integrals."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close, reference
from scipy import special

from abtest.stats.curve_moments import CurveMoments
from abtest.stats.curves import compare_cumulative, compare_curves, cumulative, curve
from abtest.stats.dunnett import dunnett_critical_value
from abtest.stats.dunnett import largest_exceeds as exact_exceeds
from abtest.stats.means import compare_means, mean_interval
from abtest.stats.rates import compare_rates, wilson
from abtest.stats.score import score_bounds
from abtest.stats.simultaneous import MOST, largest_exceeds, simultaneous_critical_value
from abtest.stats.values import Moments, Rate

R = reference("recurrent.json")
ALPHA = 0.05


def moments_of(values, followed):
    """``values`` by unit and period; each unit is mature for its first ``followed`` periods."""
    mature = np.arange(values.shape[1]) < np.asarray(followed)[:, None]
    seen = np.where(mature, values, 0.0)
    return CurveMoments(mature.sum(0), seen.T @ mature, seen.T @ seen)


def drawn(seed, units=400, periods=6, *, rate=True, shift=0.0):
    random = np.random.default_rng(seed)
    level = random.normal(size=(units, 1)) + shift
    values = level + random.normal(size=(units, periods))
    values = (values > 0).astype(float) if rate else np.exp(values)
    return values, random.integers(0, periods + 1, units)


def equal(count, rho):
    return np.full((count, count), rho) + (1 - rho) * np.eye(count)


# ---- The critical value of several correlated statistics.


@pytest.mark.parametrize(("count", "limit"), [(2, 0.0002), (5, 0.001), (12, 0.0015), (30, 0.003)])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.7, 0.95])
def test_critical_value_matches_the_exact_integral_for_equal_correlations(count, limit, rho):
    found = simultaneous_critical_value(equal(count, rho), 0.95)
    assert found == pytest.approx(dunnett_critical_value([rho] * count, None), abs=limit)


@pytest.mark.parametrize("value", [1.0, 2.0, 3.0, 5.0, 9.0])
def test_small_probabilities_keep_their_relative_precision(value):
    assert largest_exceeds(value, equal(12, 0.7)) == pytest.approx(exact_exceeds(value, [0.7] * 12), rel=0.007)


@pytest.mark.parametrize("slope", [0.5, 0.9])
def test_critical_value_of_an_autoregressive_curve_matches_recursive_integration(slope):
    count = 20
    critical = simultaneous_critical_value(slope ** np.abs(np.subtract.outer(*[np.arange(count)] * 2)), 0.95)
    grid = np.linspace(-critical, critical, 801)
    weight = np.where(np.arange(801) % 2, 4.0, 2.0) * (grid[1] - grid[0]) / 3
    weight[[0, -1]] /= 2
    width = math.sqrt(1 - slope**2)
    step = np.exp(-(((grid[:, None] - slope * grid) / width) ** 2) / 2) / width / math.sqrt(2 * math.pi)
    inside = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    for _ in range(count - 1):
        inside = step @ (weight * inside)
    assert 1 - weight @ inside == pytest.approx(ALPHA, abs=3e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), st.sampled_from([0.8, 0.95, 0.99]))
def test_critical_value_lies_between_one_statistic_and_independent_ones(seed, count, confidence):
    shape = np.random.default_rng(seed).normal(size=(count, max(1, count - seed % 3)))
    rows = shape / np.linalg.norm(shape, axis=1, keepdims=True)
    matrix = rows @ rows.T
    np.fill_diagonal(matrix, 1.0)
    found = simultaneous_critical_value(matrix, confidence)
    one = -special.ndtri((1 - confidence) / 2)
    sidak = -special.ndtri((1 - confidence ** (1 / count)) / 2)
    assert one - 1e-9 <= found <= sidak + 1e-9
    assert largest_exceeds(found, matrix) == pytest.approx(1 - confidence, rel=1e-4)


def test_repeated_statistics_count_once_and_the_order_hardly_matters():
    assert simultaneous_critical_value(equal(5, 1.0), 0.95) == pytest.approx(1.959963984540054, abs=1e-9)
    matrix = 0.8 ** np.abs(np.subtract.outer(*[np.arange(6)] * 2))
    shuffled = np.random.default_rng(1).permutation(6)
    found = [simultaneous_critical_value(part, 0.95) for part in (matrix, matrix[np.ix_(shuffled, shuffled)])]
    assert found[0] == pytest.approx(found[1], abs=0.002)


def test_sixty_two_statistics_take_seconds_at_most():
    simultaneous_critical_value(equal(3, 0.5), 0.95)
    start = time.process_time()
    simultaneous_critical_value(0.98 ** np.abs(np.subtract.outer(*[np.arange(62)] * 2)), 0.95)
    assert time.process_time() - start < 6  # about one second on an idle machine


@pytest.mark.parametrize(
    "matrix", [np.zeros((0, 0)), np.ones((2, 3)), np.eye(MOST + 1), equal(2, 1.5), 2 * np.eye(2), equal(2, math.nan)]
)
def test_what_is_no_correlation_matrix_is_refused(matrix):
    with pytest.raises(ValueError, match="correlations"):
        simultaneous_critical_value(matrix, 0.95)


# ---- Points of one arm.


@pytest.mark.parametrize("rate", [True, False])
def test_covariance_of_the_points_is_that_of_the_units_influences(rate):
    values, followed = drawn(1, rate=rate)
    moments = moments_of(values, followed)
    mature = np.arange(values.shape[1]) < followed[:, None]
    means = np.array([values[mature[:, k], k].mean() for k in range(values.shape[1])])
    influence = np.where(mature, values - means, 0.0) / mature.sum(0)
    np.testing.assert_allclose(moments.values, means, rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, influence.T @ influence, rtol=1e-9, atol=1e-15)


def test_points_of_a_rate_are_wilson_and_of_an_amount_are_student():
    values, followed = drawn(2)
    amounts, _ = drawn(3, rate=False)
    for k, (point, money) in enumerate(
        zip(
            curve(moments_of(values, followed), rate=True).points,
            curve(moments_of(amounts, followed), rate=False).points,
            strict=True,
        )
    ):
        ones, sums = values[followed > k, k], amounts[followed > k, k]
        assert point.n == len(ones)
        assert point.estimate == wilson(Rate(int(ones.sum()), len(ones)))
        assert point.variance == close(ones.mean() * (1 - ones.mean()) / len(ones))
        expected = mean_interval(Moments(len(sums), sums.mean(), sums.var(ddof=1)))
        assert [money.estimate.estimate, money.estimate.low] == close([expected.estimate, expected.low])
        assert money.variance == close(sums.var(ddof=1) / len(sums))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.integers(1, 40), st.integers(1, 5))
def test_the_band_holds_the_pointwise_interval_which_holds_the_value(seed, rate, units, periods):
    values, followed = drawn(seed, units, periods, rate=rate)
    for point in curve(moments_of(values, followed), rate=rate).points:
        if point.estimate.low is None:
            assert point.estimate.reason is not None
            assert point.band.low is None
            continue
        numbers = [point.band.low, point.estimate.low, point.estimate.estimate]
        numbers += [point.estimate.high, point.band.high]
        assert numbers == sorted(numbers)


def test_a_curve_of_one_period_has_the_pointwise_interval_as_band():
    values, _ = drawn(4, periods=1)
    found = curve(moments_of(values, np.full(400, 1)), rate=True)
    assert found.critical_value == pytest.approx(1.959963984540054)
    assert found.points[0].band.low == close(found.points[0].estimate.low)


def test_a_point_that_all_units_share_is_left_out_of_the_critical_value():
    values, followed = drawn(5)
    everybody = np.hstack([np.ones((400, 1)), values])
    with_it = curve(moments_of(everybody, followed + 1), rate=True)
    assert with_it.critical_value == pytest.approx(curve(moments_of(values, followed), rate=True).critical_value)
    assert with_it.points[0].estimate.estimate == 1
    assert with_it.points[0].band.low < 1


def test_a_period_that_nobody_has_reached_has_a_reason_and_no_number():
    values, followed = drawn(6)
    for found in (
        curve(moments_of(values, np.minimum(followed, 3)), rate=True),
        cumulative(moments_of(values, np.minimum(followed, 3))),
    ):
        last = found.points[-1]
        assert (last.n, last.variance, last.estimate.estimate, last.band.low) == (0, None, None, None)
        assert "no unit is mature" in str(last.estimate.reason)
        assert found.points[2].estimate.estimate is not None


def test_band_covers_the_whole_curve_at_its_level():
    random, repetitions, units = np.random.default_rng(7), 2000, 400
    slope = np.linspace(0.5, -0.5, 8)
    truth, missed, missed_pointwise = special.ndtr(slope / math.sqrt(2)), 0, 0
    criticals = []
    for repetition in range(repetitions):
        level = random.normal(size=(units, 1))
        values = (level + random.normal(size=(units, 8)) > -slope).astype(float)
        moments = moments_of(values, random.integers(2, 9, units))
        if repetition < 5:  # the critical value takes time and hardly varies
            criticals.append(curve(moments, rate=True).critical_value)
        for critical in (np.mean(criticals), 1.96):
            confidence = 1 - 2 * special.ndtr(-critical)
            bands = [wilson(Rate(int(moments.totals[k, k]), int(moments.n[k])), confidence) for k in range(8)]
            outside = any(not band.low <= share <= band.high for band, share in zip(bands, truth, strict=True))
            missed, missed_pointwise = (
                missed + (critical > 1.96) * outside,
                missed_pointwise + (critical == 1.96) * outside,
            )
    assert np.ptp(criticals) < 0.05
    limit = 3 * math.sqrt(ALPHA * (1 - ALPHA) / repetitions)
    assert abs(missed / repetitions - ALPHA) <= limit
    assert missed_pointwise / repetitions > 3 * ALPHA


# ---- Two arms.


@pytest.mark.parametrize("rate", [True, False])
def test_a_point_of_the_difference_is_the_comparison_of_a_metric_with_that_window(rate):
    (first, seen), (second, met) = drawn(8, rate=rate), drawn(9, rate=rate, shift=0.3)
    found = compare_curves(moments_of(first, seen), moments_of(second, met), rate=rate)
    for k, point in enumerate(found.points):
        x, y = first[seen > k, k], second[met > k, k]
        if rate:
            assert point.pointwise == compare_rates(Rate(int(x.sum()), len(x)), Rate(int(y.sum()), len(y)))
            continue
        expected = compare_means(*(Moments(len(z), z.mean(), z.var(ddof=1)) for z in (x, y)))
        assert point.pointwise.p_value == close(expected.p_value, 1e-9)
        assert point.pointwise.lift.low == close(expected.lift.low, 1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6), st.booleans(), st.floats(-0.5, 0.5), st.integers(2, 60), st.sampled_from([0.5, 0.9, 0.95])
)
def test_the_test_of_the_curve_and_its_band_agree(seed, rate, shift, units, confidence):
    (first, seen), (second, met) = drawn(seed, units, 4, rate=rate), drawn(seed + 1, units, 4, rate=rate, shift=shift)
    arms = moments_of(first, seen), moments_of(second, met)
    for found in (compare_curves(*arms, confidence, rate=rate), compare_cumulative(*arms, confidence)):
        bands = [point.band.difference for point in found.points]
        outside = any(band.low is not None and (band.low > 0 or band.high < 0) for band in bands)
        if found.test.p_value is None:
            assert found.test.reason is not None
            assert not outside
            continue
        assert (found.test.p_value < 1 - confidence) == outside
        for point in found.points:
            if point.band.difference.low is not None:
                assert point.band.difference.low <= point.pointwise.difference.low + 1e-12
                assert point.band.difference.high >= point.pointwise.difference.high - 1e-12


def test_exchanging_the_arms_mirrors_the_curve_of_the_difference():
    arms = [moments_of(*drawn(seed)) for seed in (10, 11)]
    there, back = compare_curves(*arms, rate=True), compare_curves(*arms[::-1], rate=True)
    assert there.test.p_value == close(back.test.p_value)
    for one, other in zip(there.points, back.points, strict=True):
        assert one.band.difference.low == close(-other.band.difference.high)


def test_all_against_nobody_is_found_though_it_has_no_estimated_variance():
    ones = moments_of(np.ones((50, 2)), np.full(50, 2))
    none = moments_of(np.zeros((50, 2)), np.full(50, 2))
    assert compare_curves(none, ones, rate=True).test.p_value < 1e-9
    assert compare_curves(none, none, rate=True).test.p_value is None


def test_the_test_of_the_curve_keeps_its_level():
    random, repetitions, found = np.random.default_rng(12), 2000, 0
    critical = None
    for _ in range(repetitions):
        arms = []
        for units in (300, 150):
            values = random.normal(size=(units, 1)) + random.normal(size=(units, 8)) > 0.5
            arms.append(moments_of(values.astype(float), random.integers(2, 9, units)))
        if critical is None:
            critical = compare_curves(*arms, rate=True).critical_value
        tables = [part for arm in arms for part in (np.diag(arm.totals), arm.n)]
        found += score_bounds(*tables, 0.95).p_value.min() < 2 * special.ndtr(-critical)
    assert abs(found / repetitions - ALPHA) <= 3 * math.sqrt(ALPHA * (1 - ALPHA) / repetitions)


# ---- Cumulated amounts.


def counts_per_day(arm, first, last):
    follow = np.array(arm["follow"])
    kept = follow >= first
    values = np.zeros((len(follow), last - first + 1))
    for unit, days in enumerate(arm["events"]):
        for day in days:
            if first <= day <= last:
                values[unit, day - first] = 1
    return values[kept], np.clip(follow[kept] - first + 1, 0, last - first + 1)


@pytest.mark.parametrize("arm", [0, 1])
@pytest.mark.parametrize(("part", "first", "last"), [("daily", 1, 60), ("late", 121, 180)])
def test_mean_cumulative_function_and_robust_variance_match_r_survfit(arm, part, first, last):
    data = R["rhDNase"][arm]
    expected = data[part]
    points = cumulative(moments_of(*counts_per_day(data, first, last))).points
    at = [int(day) - first for day in expected["time"]]
    assert [points[i].estimate.estimate for i in at] == pytest.approx(expected["cumulative"], rel=1e-10)
    assert [math.sqrt(points[i].variance) for i in at] == pytest.approx(expected["error"], rel=1e-9, abs=1e-15)
    assert [points[i].n for i in at] == expected["at_risk"]


def test_robust_variance_matches_a_bootstrap_of_units():
    values, followed = drawn(13, units=300, rate=False)
    random, replicates = np.random.default_rng(14), []
    for _ in range(2000):
        chosen = random.integers(0, 300, 300)
        replicates.append([p.estimate.estimate for p in _points_only(values[chosen], followed[chosen])])
    points = cumulative(moments_of(values, followed)).points
    for point, spread in zip(points, np.var(replicates, axis=0), strict=True):
        assert point.variance == pytest.approx(spread, rel=0.15)


def _points_only(values, followed):
    """The estimates without the band, which takes time."""
    mature = np.arange(values.shape[1]) < followed[:, None]
    means = np.cumsum(np.where(mature, values, 0).sum(0) / mature.sum(0))
    return [type("P", (), {"estimate": type("E", (), {"estimate": mean})}) for mean in means]


def test_cumulated_amount_of_mature_units_is_the_mean_of_their_sums():
    values, _ = drawn(15, rate=False)
    last = cumulative(moments_of(values, np.full(400, 6))).points[-1]
    sums = values.sum(1)
    assert [last.estimate.estimate, last.variance] == close([sums.mean(), sums.var() / 400], 1e-9)


def test_difference_of_cumulated_amounts_has_the_sum_of_the_variances_and_fieller_s_lift():
    arms = [moments_of(*drawn(seed, rate=False)) for seed in (16, 17)]
    found = compare_cumulative(*arms).points[-1].pointwise
    first, second = (cumulative(arm).points[-1] for arm in arms)
    error = math.sqrt(first.variance + second.variance)
    assert found.statistic == close((second.estimate.estimate - first.estimate.estimate) / error)
    assert (found.lift.low > 0 or found.lift.high < 0) == (found.p_value < ALPHA)


def test_an_arm_in_which_nobody_ordered_does_not_look_certain():
    some = moments_of(np.eye(20)[:, :3], np.full(20, 3))
    none = moments_of(np.zeros((2, 3)), np.full(2, 3))
    found = compare_cumulative(some, none).points[-1].pointwise
    assert found.p_value > 0.3


# ---- Bad input.


@pytest.mark.parametrize(
    ("n", "totals", "products", "words"),
    [
        ([3, 4], np.zeros((2, 2)), np.zeros((2, 2)), "must not rise"),
        ([3.5], [[1]], [[1]], "whole numbers"),
        ([], [], [], "one entry per period"),
        ([-1], [[0]], [[0]], "not negative"),
        ([3], [[1, 2]], [[1]], "shape"),
        ([3], [[math.nan]], [[1]], "finite"),
        ([0], [[1]], [[1]], "no unit is mature"),
        ([4, 2], [[2, 1], [0, 1]], [[2, 1], [1, 1]], "nested"),
        ([4, 4], [[2, 1], [1, 1]], [[2, 1], [1, 1]], "same units"),
        ([4, 2], [[2, 1], [1, 1]], [[2, 1], [0, 1]], "symmetric"),
        ([4, 2], [[2, 1], [1, 1]], [[2, 3], [3, 1]], "Cauchy"),
        ([4], [[8]], [[2]], "smaller than"),
    ],
)
def test_impossible_moments_are_refused(n, totals, products, words):
    with pytest.raises(ValueError, match=words):
        CurveMoments(n, totals, products)


def test_rounding_of_refunds_that_cancel_is_not_taken_for_impossible():
    values = np.random.default_rng(20).normal(size=(1000, 3)) * 1e6
    values -= values.mean(0)
    moments = moments_of(values, np.full(1000, 3))
    totals = moments.totals + 1e-7 * np.array([[0, 1, -1], [1, 0, 1], [-1, 1, 0]])
    assert curve(CurveMoments(moments.n, totals, moments.products), rate=False).critical_value > 1.96


def test_amounts_are_refused_as_a_rate_and_arms_of_other_lengths_are_refused():
    amounts = moments_of(*drawn(18, rate=False))
    with pytest.raises(ValueError, match="0 or 1"):
        curve(amounts, rate=True)
    with pytest.raises(ValueError, match="same periods"):
        compare_curves(amounts, moments_of(*drawn(19, periods=3, rate=False)), rate=False)
    with pytest.raises(ValueError, match="confidence"):
        curve(amounts, 1.0, rate=False)

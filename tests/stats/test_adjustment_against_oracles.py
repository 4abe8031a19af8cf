"""Regression adjustment, ratios and clusters against R (lm, estimatr, sandwich) and by simulation."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close, reference

from abtest.stats.means import compare_means
from abtest.stats.ratios import compare_ratios, linearised, linearised_variance, ratio_interval
from abtest.stats.regression import CrossMoments, compare_adjusted
from abtest.stats.values import Moments

R = reference("regression.json")


def from_r(arm):
    return CrossMoments(arm["n"], tuple(arm["mean"]), tuple(tuple(row) for row in arm["covariance"]))


def from_rows(rows):
    rows = np.asarray(rows, dtype=float)
    covariance = np.atleast_2d(np.cov(rows.T))
    return CrossMoments(len(rows), tuple(rows.mean(0)), tuple(map(tuple, covariance)))


@pytest.mark.parametrize("case", R["adjusted"].values(), ids=R["adjusted"])
def test_adjusted_difference_and_means_match_r_interacted_lm(case):
    control, treatment = map(from_r, case["arms"])
    result = compare_adjusted(control, treatment)
    assert result.difference.estimate == close(case["estimate"])
    assert [result.control.estimate, result.treatment.estimate] == close(case["means"])


@pytest.mark.parametrize("case", R["adjusted"].values(), ids=R["adjusted"])
def test_adjusted_variance_is_r_conditional_variance_plus_that_of_the_covariate_mean(case):
    result = compare_adjusted(*map(from_r, case["arms"]))
    error = result.difference.estimate / result.statistic
    assert error**2 == close(sum(case["conditional"]) + case["centre"])


@pytest.mark.parametrize("case", R["adjusted"].values(), ids=R["adjusted"])
def test_adjusted_standard_error_is_near_estimatr_lm_lin_hc2(case):
    """HC2 lets the residual variance depend on the covariates and fixes their mean: a few per cent apart."""
    result = compare_adjusted(*map(from_r, case["arms"]))
    error = math.sqrt((result.difference.estimate / result.statistic) ** 2 - case["centre"])
    assert error == pytest.approx(case["hc2"], rel=0.06)


def test_without_covariates_it_is_welch():
    control, treatment = Moments(40, 5.0, 4.0), Moments(30, 6.0, 9.0)
    adjusted = compare_adjusted(*(CrossMoments(m.n, (m.mean,), ((m.variance,),)) for m in (control, treatment)))
    plain = compare_means(control, treatment)
    assert [adjusted.p_value, adjusted.statistic, adjusted.degrees_of_freedom] == close(
        [plain.p_value, plain.statistic, plain.degrees_of_freedom]
    )
    assert [adjusted.lift.low, adjusted.lift.high] == close([plain.lift.low, plain.lift.high])
    assert adjusted.variance_removed == pytest.approx(0, abs=1e-12)
    assert adjusted.unadjusted == plain


def sample(random, n, effect, covariates=2):
    x = random.normal(size=(n, covariates)) + 3
    y = 10 + effect + x @ np.arange(1, covariates + 1) + random.normal(size=n)
    return np.column_stack([y, x])


def test_constant_and_collinear_covariates_change_nothing():
    random = np.random.default_rng(1)
    arms = [sample(random, 200, 0), sample(random, 150, 0.3)]
    clean = compare_adjusted(*map(from_rows, arms))
    for extra in (lambda a: np.full(len(a), 7.0), lambda a: a[:, 1] * 1000 - a[:, 2]):
        found = compare_adjusted(*(from_rows(np.column_stack([a, extra(a)])) for a in arms))
        assert [found.difference.low, found.difference.high, found.p_value] == pytest.approx(
            [clean.difference.low, clean.difference.high, clean.p_value], rel=1e-6
        )


def test_strata_indicators_are_post_stratification():
    """With all indicators, each arm's adjusted mean is its stratum means weighted by the pooled stratum sizes."""
    random = np.random.default_rng(2)
    arms = []
    for n in (300, 200):
        stratum = random.integers(0, 3, n)
        y = random.normal(size=n) + stratum
        arms.append((y, stratum))
    rows = [np.column_stack([y] + [(s == k).astype(float) for k in (0, 1, 2)]) for y, s in arms]
    result = compare_adjusted(*map(from_rows, rows))
    everyone = np.concatenate([s for _, s in arms])
    weights = [np.mean(everyone == k) for k in (0, 1, 2)]
    expected = [sum(w * y[s == k].mean() for k, w in enumerate(weights)) for y, s in arms]
    assert [result.control.estimate, result.treatment.estimate] == close(expected)


def test_variance_removed_is_the_explained_share():
    random = np.random.default_rng(3)
    result = compare_adjusted(from_rows(sample(random, 4000, 0)), from_rows(sample(random, 4000, 0.1)))
    assert result.variance_removed == pytest.approx(5 / 6, abs=0.02)  # Var(x₁ + 2x₂) = 5 of 6
    width = result.difference.high - result.difference.low
    before = result.unadjusted.difference.high - result.unadjusted.difference.low
    assert (width / before) ** 2 == pytest.approx(1 - result.variance_removed, rel=1e-3)


def simulate(draw, compare, truth, runs, seed):
    """Share of difference intervals that miss low and high, and of lift intervals that miss, over seeded runs."""
    random = np.random.default_rng(seed)
    low = high = lift = 0
    for _ in range(runs):
        result = compare(*draw(random))
        low += truth[0] < result.difference.low
        high += truth[0] > result.difference.high
        lift += not result.lift.low <= truth[1] <= result.lift.high
    return low / runs, high / runs, lift / runs


def limits(rate, runs):
    """Four Monte-Carlo standard errors round a nominal rate."""
    half = 4 * math.sqrt(rate * (1 - rate) / runs)
    return rate - half, rate + half


@pytest.mark.parametrize("shares", [(60, 60), (40, 200)])
def test_adjusted_intervals_cover_in_simulation(shares):
    """Covariate means drawn afresh, slopes that differ by arm, skewed covariate: the population effect is covered."""

    def draw(random):
        arms = []
        for treated, n in enumerate(shares):
            x = random.exponential(size=n)
            y = 4 + x + treated * (0.5 + 0.7 * (x - 1)) + random.normal(size=n)
            arms.append(from_rows(np.column_stack([y, x])))
        return arms

    runs = 3000
    low, high, lift = simulate(draw, compare_adjusted, (0.5, 0.1), runs, seed=4)
    for miss in (low, high):
        assert miss < limits(0.025, runs)[1] + 0.005
    assert limits(0.05, runs)[0] - 0.005 < low + high < limits(0.05, runs)[1] + 0.01
    assert lift < limits(0.05, runs)[1] + 0.01


def test_adjusted_rates_cover_in_simulation():
    def draw(random):
        arms = []
        for treated in (0, 1):
            before = random.random(400)
            y = random.random(400) < 0.1 + 0.4 * before + 0.05 * treated
            arms.append(from_rows(np.column_stack([y, before])))
        return arms

    runs = 2000
    low, high, _ = simulate(draw, compare_adjusted, (0.05, 0.05 / 0.3), runs, seed=5)
    assert limits(0.05, runs)[0] < low + high < limits(0.05, runs)[1]


def test_linearised_variances_over_clusters_match_r_cluster_sandwich():
    case = R["cluster"]
    control, treatment = map(from_r, case["arms"])
    assert compare_ratios(control, treatment).difference.estimate == close(case["estimate"])
    for arm, cr0 in zip((control, treatment), case["cr0"], strict=True):
        # R's CR0 carries no small-sample factor; the sample covariance over clusters is n/(n − 1) of it.
        assert linearised_variance(arm) == close(cr0 * arm.n / (arm.n - 1))


def test_adjusted_ratio_without_covariates_is_the_delta_method_and_with_them_narrower():
    random = np.random.default_rng(9)
    arms = []
    for effect in (0.0, 0.05):
        sessions, before = random.poisson(6, 500) + 1, random.gamma(5, 0.2, 500)
        orders = random.poisson(sessions * before * (0.5 + effect))
        arms.append(from_rows(np.column_stack([orders, sessions, before])))
    plain = compare_ratios(*(CrossMoments(a.n, a.mean[:2], tuple(r[:2] for r in a.covariance[:2])) for a in arms))
    adjusted = compare_adjusted(*map(linearised, arms))
    assert adjusted.unadjusted.p_value == close(plain.p_value)
    assert adjusted.unadjusted.lift.low == close(plain.lift.low)
    assert adjusted.variance_removed > 0.3


def test_adjusted_ratios_cover_in_simulation():
    def draw(random):
        arms = []
        for effect in (0.0, 0.1):
            sessions, before = random.poisson(4, 150) + 1, random.gamma(5, 0.2, 150)
            orders = random.poisson(sessions * before * (0.5 + effect))
            arms.append(linearised(from_rows(np.column_stack([orders, sessions, before]))))
        return arms

    runs = 2000
    low, high, lift = simulate(draw, compare_adjusted, (0.1, 0.2), runs, seed=10)
    assert limits(0.05, runs)[0] - 0.005 < low + high < limits(0.05, runs)[1] + 0.01
    assert lift < limits(0.05, runs)[1] + 0.01


def test_ratio_of_one_arm_and_of_empty_denominators():
    arm = from_rows([[1, 2], [2, 3], [4, 5], [3, 7]])
    interval = ratio_interval(arm)
    assert interval.estimate == close(10 / 17)
    assert interval.low < 10 / 17 < interval.high
    nothing = from_rows([[0, 0], [0, 0], [0, 0]])
    assert ratio_interval(nothing).reason
    assert str(compare_ratios(arm, nothing).reason) == "the denominator of the treatment is 0"
    constant = from_rows([[1, 2], [2, 4], [3, 6]])
    assert compare_ratios(constant, constant).p_value is None


def test_ratio_with_a_constant_denominator_is_the_mean():
    random = np.random.default_rng(7)
    y = [random.gamma(2, 3, n) for n in (50, 80)]
    ratios = compare_ratios(*(from_rows(np.column_stack([v, np.ones(len(v))])) for v in y))
    means = compare_means(*(Moments(len(v), v.mean(), v.var(ddof=1)) for v in y))
    assert ratios.p_value == close(means.p_value)
    assert ratios.lift.low == close(means.lift.low)


rows = st.lists(st.tuples(*[st.integers(-(10**6), 10**6)] * 3), min_size=2, max_size=15)


@settings(deadline=None)
@given(rows, st.tuples(*[st.sampled_from([1, 10, 100])] * 3))
def test_cross_moments_from_sums_equal_rational_arithmetic(values, scales):
    n = len(values)
    columns = list(zip(*values, strict=True))
    totals = [sum(c) for c in columns]
    matrix = [[sum(a * b for a, b in zip(c, d, strict=True)) for d in columns] for c in columns]
    triangle = [matrix[1][1], matrix[1][2], matrix[2][2]]
    found = CrossMoments.from_sums(
        n, totals[0], matrix[0][0], totals[1:], triangle, matrix[0][1:], scale=scales[0], covariate_scales=scales[1:]
    )
    assert found == CrossMoments.from_matrix(n, totals, matrix, scales)
    for i in range(3):
        assert found.mean[i] == float(Fraction(totals[i], n * scales[i]))
        for j in range(3):
            exact = sum(
                (Fraction(row[i]) - Fraction(totals[i], n)) * (Fraction(row[j]) - Fraction(totals[j], n))
                for row in values
            )
            assert found.covariance[i][j] == float(exact / ((n - 1) * scales[i] * scales[j]))


def test_too_few_units_for_the_covariates_have_a_reason_and_keep_the_unadjusted():
    random = np.random.default_rng(8)
    arms = [from_rows(sample(random, n, 0, covariates=4)) for n in (5, 100)]
    result = compare_adjusted(*arms)
    assert str(result.reason) == "the control has too few units for 4 covariates"
    assert (result.p_value, result.difference.estimate, result.variance_removed) == (None, None, None)
    assert result.unadjusted.p_value is not None


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: CrossMoments(1, (1.0,), ((1.0,),)), "n must be at least 2"),
        (lambda: CrossMoments(5, (1.0,), ((-1.0,),)), "covariance"),
        (lambda: CrossMoments(5, (1.0,), ((1.0, 2.0),)), "covariance"),
        (lambda: CrossMoments(5, (float("nan"),), ((1.0,),)), "mean"),
        (lambda: CrossMoments(5, (1.0, 1.0), ((1.0, 2.0), (2.0, 1.0))), "covariance"),
        (lambda: CrossMoments.from_matrix(5, [1.0], [[1]]), "totals"),
        (lambda: CrossMoments.from_matrix(5, [1], [[1], [2]]), "products"),
        (lambda: CrossMoments.from_sums(5, 1, 1, [1], [], [1], covariate_scales=[1]), "products"),
        (lambda: compare_ratios(CrossMoments(5, (1.0,), ((1.0,),)), CrossMoments(5, (1.0,), ((1.0,),))), "2 values"),
        (
            lambda: compare_adjusted(
                CrossMoments(5, (1.0,), ((1.0,),)), CrossMoments(5, (1.0, 2.0), ((1.0, 0.0), (0.0, 1.0)))
            ),
            "control has 1",
        ),
    ],
)
def test_impossible_cross_moments_are_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()

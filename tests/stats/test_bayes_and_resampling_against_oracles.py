"""Posteriors against numerical integration, order statistics against R, resampling against enumeration and simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close, reference
from scipy import integrate, stats

from abtest.stats.bayes import compare_means_bayes, compare_rates_bayes
from abtest.stats.quantiles import compare_quantiles, quantile_interval, quantile_ranks
from abtest.stats.resampling import bootstrap_replicates, compare_replicates, permutation_test, poisson_weights
from abtest.stats.values import Moments, Rate

R = reference("families.json")
TABLES = [
    ((3, 15), (9, 14)),
    ((0, 50), (0, 70)),
    ((20, 200), (532, 3800)),
    ((8502, 44700), (8279, 45489)),
    ((50, 50), (48, 50)),
]


def betas(control, treatment, a=0.5, b=0.5):
    return (stats.beta(a + x, b + n - x) for x, n in (control, treatment))


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_probability_and_losses_match_adaptive_integration(control, treatment):
    first, second = betas(control, treatment)
    result = compare_rates_bayes(Rate(*control), Rate(*treatment))
    points = sorted({*first.ppf([0.01, 0.5, 0.99]), *second.ppf([0.01, 0.5, 0.99])})

    def integral(function):
        # On the scale of √p, so that Jeffreys' pole at 0 is no obstacle.
        return integrate.quad(
            lambda r: 2 * r * function(r * r), 0, 1, points=[math.sqrt(p) for p in points], epsabs=1e-14, limit=500
        )[0]

    assert result.probability_higher == pytest.approx(integral(lambda p: first.pdf(p) * second.sf(p)), abs=1e-9)
    assert result.loss_of_treatment == pytest.approx(integral(lambda p: second.cdf(p) * first.sf(p)), abs=1e-10)
    assert result.loss_of_control == pytest.approx(integral(lambda p: first.cdf(p) * second.sf(p)), abs=1e-10)


def test_probability_matches_the_closed_sum_for_whole_shapes():
    """P(treatment > control) = Σᵢ B(a_c + i, b_t + b_c)… for a uniform prior; the sum is finite for whole parameters."""
    (x_c, n_c), (x_t, n_t) = (3, 15), (9, 14)
    a_c, b_c, a_t, b_t = 1 + x_c, 1 + n_c - x_c, 1 + x_t, 1 + n_t - x_t

    def log_beta(a, b):
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

    expected = sum(
        math.exp(log_beta(a_c + i, b_c + b_t) - math.log(b_t + i) - log_beta(1 + i, b_t) - log_beta(a_c, b_c))
        for i in range(a_t)
    )
    result = compare_rates_bayes(Rate(x_c, n_c), Rate(x_t, n_t), prior=(1, 1))
    assert result.probability_higher == close(expected)


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_credible_bounds_are_where_the_posterior_says(control, treatment):
    """Bounds by quadrature lie where two million seeded draws from the posterior put them, within sampling error."""
    random = np.random.default_rng(1)
    first, second = (d.rvs(2_000_000, random_state=random) for d in betas(control, treatment))
    result = compare_rates_bayes(Rate(*control), Rate(*treatment))
    for effect, draws in ((result.difference, second - first), (result.lift, second / first - 1)):
        for bound, chance in ((effect.low, 0.025), (effect.high, 0.975)):
            assert np.mean(draws <= bound) == pytest.approx(chance, abs=6e-4)


def test_exchanging_the_arms_mirrors_the_posterior():
    there, back = (compare_rates_bayes(*pair) for pair in itertools.permutations((Rate(20, 200), Rate(532, 3800))))
    assert there.probability_higher == close(1 - back.probability_higher)
    assert [there.difference.low, there.loss_of_control] == close([-back.difference.high, back.loss_of_treatment])


def test_normal_posterior_has_its_closed_form():
    control, treatment = Moments(100, 5.0, 4.0), Moments(120, 5.5, 6.0)
    result = compare_means_bayes(control, treatment)
    error = math.sqrt(4 / 100 + 6 / 120)
    z = 0.5 / error
    assert result.probability_higher == close(stats.norm.cdf(z))
    assert result.loss_of_control == close(0.5 * stats.norm.cdf(z) + error * stats.norm.pdf(z))
    assert result.loss_of_treatment == close(error * stats.norm.pdf(z) - 0.5 * stats.norm.sf(z))
    assert [result.difference.low, result.difference.high] == close(
        [0.5 - 1.959963984540054 * error, 0.5 + 1.959963984540054 * error]
    )


def test_a_strong_prior_draws_the_means_together():
    control, treatment = Moments(100, 5.0, 4.0), Moments(120, 5.5, 6.0)
    strong = compare_means_bayes(control, treatment, prior=(5.0, 0.1))
    assert strong.difference.estimate == close(0.5 * 0.1**2 / (0.1**2 + 6 / 120))
    weak = compare_means_bayes(control, treatment, prior=(0.0, 1e6))
    assert weak.difference.low == close(compare_means_bayes(control, treatment).difference.low, rel=1e-6)


def test_a_control_mean_near_zero_has_a_difference_and_an_honest_lift():
    result = compare_means_bayes(Moments(100, 0.0, 4.0), Moments(100, 1.0, 4.0))
    assert result.difference.low > 0
    assert result.lift.low is None or result.lift.high - result.lift.low > 10
    assert compare_means_bayes(Moments(1, 0.0, None), Moments(100, 1.0, 4.0)).reason


@pytest.mark.parametrize("case", R["ranks"], ids=str)
def test_quantile_ranks_match_r_binomial_quantiles(case):
    low, high = quantile_ranks(case["n"], case["quantile"])
    assert (low or 0, high or case["n"] + 1) == (case["low"], case["high"])


@given(st.integers(1, 300), st.floats(0.01, 0.99))
def test_quantile_ranks_cover_by_the_binomial_distribution(n, quantile):
    low, high = quantile_ranks(n, quantile)
    # P(X₍low₎ ≤ ξ) = P(at least low values below) and likewise above.
    missed = (stats.binom.cdf(low - 1, n, quantile) if low else 0) + (
        stats.binom.sf(high - 1, n, quantile) if high else 0
    )
    assert missed <= 0.05 + 1e-12


def test_median_interval_of_few_units_has_a_reason():
    assert quantile_interval([1, 2, 3, 4, 5], 0.5).reason
    assert quantile_interval([], 0.5).reason == "there are no units"
    result = quantile_interval(range(1, 101), 0.5)
    assert (result.low, result.estimate, result.high, result.reason) == (40, 50, 61, None)


def test_quantile_comparison_covers_in_simulation():
    random = np.random.default_rng(5)
    runs, missed = 1500, 0
    truth = stats.gamma.ppf(0.5, 2) * 0.5
    for seed in range(runs):
        control, treatment = random.gamma(2, 1, 300), random.gamma(2, 1.5, 200)
        difference = compare_quantiles(control, treatment, 0.5, draws=500, seed=seed).difference
        missed += not difference.low <= truth <= difference.high
    assert abs(missed / runs - 0.05) < 4 * math.sqrt(0.05 * 0.95 / runs) + 0.01


def test_rank_bootstrap_agrees_with_the_full_poisson_bootstrap():
    random = np.random.default_rng(6)
    values = np.sort(random.gamma(2, 1, 400))

    def median(rows, weights):
        order = np.argsort(rows)
        return rows[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)]

    full = bootstrap_replicates(values, median, draws=4000, seed=1).std()
    ranks = np.clip(np.random.default_rng(2).binomial(401, 0.5, 4000), 1, 400)
    assert values[ranks - 1].std() == pytest.approx(full, rel=0.06)


def mean(rows, weights):
    return float(rows @ weights / weights.sum())


def test_poisson_bootstrap_of_a_mean_has_the_standard_error_of_the_mean():
    values = np.random.default_rng(7).gamma(0.5, 10, 2000)
    replicates = bootstrap_replicates(values, mean, draws=3000, seed=3)
    assert replicates.std() == pytest.approx(values.std() / math.sqrt(len(values)), rel=4 / math.sqrt(2 * 3000))


def test_poisson_weights_have_their_distribution_and_refuse_what_is_no_fraction():
    weights = poisson_weights((np.arange(10**6) + 0.5) / 10**6)
    for k in range(6):
        assert np.mean(weights == k) == pytest.approx(math.exp(-1) / math.factorial(k), abs=2e-6)
    with pytest.raises(ValueError, match="uniform"):
        poisson_weights([1.0])


def test_bootstrap_is_deterministic_and_its_parts_agree():
    random = np.random.default_rng(8)
    control, treatment = random.gamma(2, 1, 300), random.gamma(2, 1.15, 300)
    for shift in (0.0, 0.1, 0.3, -0.4):
        arms = [
            (mean(v, np.ones(300)), bootstrap_replicates(v, mean, draws=999, seed=seed))
            for seed, v in ((1, control), (2, treatment + shift))
        ]
        result = compare_replicates(*arms)
        assert result == compare_replicates(*arms)
        significant = result.p_value < 0.05
        for effect in (result.difference, result.lift):
            assert (effect.low > 0 or effect.high < 0) == significant


def test_bootstrap_of_what_does_not_vary_or_exist_has_a_reason():
    constant, other = np.full(200, 2.0), np.full(200, 3.0)
    assert compare_replicates((2.0, constant), (3.0, other)).reason.startswith("no variation")
    assert "does not exist" in compare_replicates((2.0, constant), (3.0, other * np.nan)).reason


def welch(first, second):
    return stats.ttest_ind(first, second, equal_var=False).statistic


def test_permutation_p_value_matches_full_enumeration():
    control, treatment = [1.1, 2.3, 0.4, 3.3, 2.0], [2.9, 4.1, 3.7, 1.9]
    pooled, observed = control + treatment, abs(welch(control, treatment))
    hits = [
        abs(welch([pooled[i] for i in chosen], [pooled[i] for i in range(9) if i not in chosen])) >= observed - 1e-12
        for chosen in itertools.combinations(range(9), 5)
    ]
    found = permutation_test(control, treatment, draws=40_000, seed=1)
    assert found == pytest.approx(np.mean(hits), abs=4 * math.sqrt(np.mean(hits) / 40_000))
    assert found == permutation_test(control, treatment, draws=40_000, seed=1)


def test_permutation_test_keeps_its_level_when_only_the_means_are_equal():
    random = np.random.default_rng(9)
    runs, rejected = 600, 0
    for seed in range(runs):
        control, treatment = random.normal(0, 5, 20), random.normal(0, 1, 80)
        rejected += permutation_test(control, treatment, draws=199, seed=seed) <= 0.05
    assert rejected / runs < 0.05 + 4 * math.sqrt(0.05 * 0.95 / runs)


def test_permutation_without_variation_has_no_p_value():
    assert permutation_test([1, 1, 1], [1, 1]) is None
    assert permutation_test([1], [1, 2]) is None


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_posterior_is_a_number_for_every_table(x_c, x_t):
    result = compare_rates_bayes(Rate(x_c, 60), Rate(x_t, 60))
    assert 0 <= result.probability_higher <= 1
    assert result.difference.low < result.difference.estimate < result.difference.high
    assert result.lift.low < result.lift.estimate < result.lift.high
    assert result.loss_of_control - result.loss_of_treatment == pytest.approx(result.difference.estimate, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: compare_rates_bayes(Rate(1, 2), Rate(1, 2), prior=(0, 1)), "prior"),
        (lambda: compare_means_bayes(Moments(2, 1.0, 1.0), Moments(2, 1.0, 1.0), prior=(0, 0)), "prior"),
        (lambda: compare_rates_bayes(Rate(1, 2), Rate(1, 2), credibility=1.0), "confidence"),
        (lambda: quantile_ranks(5, 1.0), "quantile"),
        (lambda: compare_quantiles([1, float("nan")], [1, 2], 0.5), "control"),
        (lambda: bootstrap_replicates([1, 2], mean, draws=5), "draws"),
        (lambda: permutation_test([float("nan"), 1], [1, 2]), "values"),
        (lambda: compare_replicates((1.0, [1.0] * 5), (1.0, [1.0] * 5)), "replicates"),
    ],
)
def test_impossible_input_is_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()

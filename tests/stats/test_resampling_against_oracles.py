"""Quantiles and resampling against R's binomial distribution, full enumeration and simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import reference
from scipy import stats

from abtest.stats.quantiles import compare_quantiles, quantile_interval, quantile_ranks
from abtest.stats.resampling import bootstrap_replicates, compare_replicates, permutation_test, poisson_weights

R = reference("strata_and_ranks.json")


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
    assert str(quantile_interval([], 0.5).reason) == "there are no units"
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


def test_bootstrap_of_a_skewed_mean_covers_in_simulation():
    random = np.random.default_rng(10)
    runs, missed = 300, 0
    for run in range(runs):
        arms = []
        for arm, scale in enumerate((1.0, 1.3)):
            values = random.gamma(1, scale, 300)
            replicates = (
                (w := poisson_weights(np.random.default_rng([run, arm]).random((400, 300)))) @ values / w.sum(1)
            )
            arms.append((values.mean(), replicates))
        difference = compare_replicates(*arms).difference
        missed += not difference.low <= 0.3 <= difference.high
    # Percentile intervals of a skewed mean are known to be a little short.
    assert missed / runs < 0.065 + 4 * math.sqrt(0.05 * 0.95 / runs)


def test_bootstrap_of_what_does_not_vary_or_exist_has_a_reason():
    constant, other = np.full(200, 2.0), np.full(200, 3.0)
    assert str(compare_replicates((2.0, constant), (3.0, other)).reason).startswith("no variation")
    assert "does not exist" in str(compare_replicates((2.0, constant), (3.0, other * np.nan)).reason)


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


@pytest.mark.parametrize(
    ("call", "name"),
    [
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

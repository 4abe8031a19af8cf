"""Odds ratio, margins, strata and exact comparisons against R, scipy, enumeration and each other."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close, reference
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from abtest.stats.exact import binomial, compare_exact, needs_exact
from abtest.stats.margins import (
    mean_equivalence_test,
    mean_superiority_test,
    rate_equivalence_test,
    rate_superiority_test,
)
from abtest.stats.means import compare_means
from abtest.stats.odds import odds_ratio
from abtest.stats.rates import compare_rates
from abtest.stats.roots import bracketed_root
from abtest.stats.stratified import compare_stratified_rates
from abtest.stats.values import Moments, Rate

R = reference("strata_and_ranks.json")
rates = st.integers(1, 400).flatmap(lambda n: st.integers(0, n).map(lambda x: Rate(x, n)))


@settings(max_examples=300, deadline=None)
@given(rates, rates, st.sampled_from([0.9, 0.95, 0.99]))
def test_odds_ratio_excludes_one_exactly_when_the_rates_differ_significantly(control, treatment, confidence):
    result, comparison = odds_ratio(control, treatment, confidence), compare_rates(control, treatment, confidence)
    if result.low is None:
        assert comparison.p_value == 1.0  # nobody, or everybody
        return
    assert (result.low > 1) == (comparison.difference.low > 0)
    assert (result.high is not None and result.high < 1) == (comparison.difference.high < 0)
    assert result.estimate is None or result.low <= result.estimate <= (result.high or math.inf)


def test_odds_ratio_of_one_empty_cell_has_one_bound_and_a_reason():
    result = odds_ratio(Rate(0, 50), Rate(7, 50))
    assert (result.estimate, result.high) == (None, None)
    assert result.low > 1
    assert result.reason
    assert str(odds_ratio(Rate(0, 50), Rate(0, 50)).reason).startswith("neither arm has a success")
    assert str(odds_ratio(Rate(9, 9), Rate(5, 5)).reason).startswith("neither arm has a failure")
    assert str(odds_ratio(Rate(0, 0), Rate(5, 5)).reason) == "the control has no units"


@settings(max_examples=200, deadline=None)
@given(rates, rates, st.floats(0.01, 0.6), st.sampled_from(["absolute", "relative"]))
def test_equivalence_and_superiority_of_rates_agree_with_the_interval(control, treatment, margin, scale):
    comparison = compare_rates(control, treatment)
    effect = comparison.difference if scale == "absolute" else comparison.lift
    low = -math.inf if effect.low is None else effect.low
    high = math.inf if effect.high is None else effect.high
    assert rate_equivalence_test(control, treatment, margin, scale).shown == (-margin < low and high < margin)
    assert rate_superiority_test(control, treatment, margin, scale, "up").shown == (low > margin)
    assert rate_superiority_test(control, treatment, margin, scale, "down").shown == (high < -margin)


@pytest.mark.parametrize("scale", ["absolute", "relative"])
def test_equivalence_and_superiority_of_means_agree_with_the_interval(scale):
    for mean in (9.0, 9.9, 10.0, 10.05, 10.4, 11.5):
        control, treatment = Moments(400, 10.0, 4.0), Moments(300, mean, 3.0)
        comparison = compare_means(control, treatment)
        effect = comparison.difference if scale == "absolute" else comparison.lift
        margin = 0.5 if scale == "absolute" else 0.05
        equivalent = mean_equivalence_test(control, treatment, margin, scale)
        assert equivalent.shown == (-margin < effect.low and effect.high < margin)
        assert mean_superiority_test(control, treatment, margin, scale, "up").shown == (effect.low > margin)
        assert mean_superiority_test(control, treatment, margin, scale, "down").shown == (effect.high < -margin)
    assert mean_equivalence_test(Moments(0, None, None), Moments(5, 1.0, 1.0), 0.1, scale).reason


def strata(tables):
    return [Rate(row[0], row[1]) for row in tables], [Rate(row[2], row[3]) for row in tables]


def test_stratified_statistic_is_cochran_mantel_haenszel_where_arms_are_even():
    """Where they are not, its skewness is taken out (see ``test_skewness_against_oracles``): a trifle in R's table."""
    even = [(30, 100, 41, 100), (12, 80, 15, 80), (70, 150, 66, 150)]
    tables = [np.array([[t, m - t], [c, n - c]]) for c, n, t, m in even]
    oracle = StratifiedTable(tables).test_null_odds(correction=False)
    result = compare_stratified_rates(*strata(even))
    assert (result.statistic**2, result.p_value) == (close(oracle.statistic), close(oracle.pvalue))
    uneven = compare_stratified_rates(*strata(R["strata"]["table"]))
    assert uneven.p_value == pytest.approx(R["strata"]["p"], rel=0.01)


def test_one_stratum_is_the_plain_score_comparison():
    for table in ((10, 50, 15, 55), (0, 40, 6, 30), (30, 30, 20, 25), (1, 1000, 9, 900)):
        plain = compare_rates(Rate(*table[:2]), Rate(*table[2:]))
        one = compare_stratified_rates([Rate(*table[:2])], [Rate(*table[2:])])
        for found, expected in ((one.difference, plain.difference), (one.lift, plain.lift)):
            assert found.low == pytest.approx(expected.low, rel=1e-7, abs=1e-10)
            assert found.high == (expected.high and pytest.approx(expected.high, rel=1e-7, abs=1e-10))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(rates, rates), min_size=1, max_size=5))
def test_stratified_p_value_and_intervals_never_contradict_each_other(pairs):
    result = compare_stratified_rates(*zip(*pairs, strict=True))
    significant = result.p_value < 0.05
    assert (result.difference.low > 0 or result.difference.high < 0) == significant
    assert result.difference.low <= result.difference.estimate <= result.difference.high
    lift = result.lift
    if lift.low is not None:
        assert (lift.low > 0 or (lift.high is not None and lift.high < 0)) == significant
    else:
        assert lift.reason


def test_stratification_undoes_simpsons_paradox_by_unequal_shares():
    """No effect in either stratum, but the treatment has more of the low one: pooling sees a loss, strata do not."""
    control, treatment = [Rate(400, 500), Rate(10, 100)], [Rate(80, 100), Rate(50, 500)]
    pooled = compare_rates(Rate(410, 600), Rate(130, 600))
    assert pooled.p_value < 1e-6
    assert compare_stratified_rates(control, treatment).difference.estimate == pytest.approx(0, abs=1e-15)


def test_stratified_intervals_cover_in_simulation():
    """Three strata with rates of 5, 20 and 50 %, unequal shares, a common difference of 3 points."""
    random = np.random.default_rng(2)
    runs, missed = 200, 0
    for _ in range(runs):
        control = [Rate(int(random.binomial(n, p)), n) for n, p in ((80, 0.05), (60, 0.2), (40, 0.5))]
        treatment = [Rate(int(random.binomial(n, p)), n) for n, p in ((40, 0.08), (70, 0.23), (90, 0.53))]
        difference = compare_stratified_rates(control, treatment).difference
        missed += not difference.low <= 0.03 <= difference.high
    assert abs(missed / runs - 0.05) < 4 * math.sqrt(0.05 * 0.95 / runs)


def test_strata_of_extreme_sizes_have_an_answer():
    for control, treatment in (
        ([Rate(0, 10**13)], [Rate(2, 2)]),
        ([Rate(1, 2), Rate(0, 1)], [Rate(0, 10**13), Rate(0, 1)]),
        ([Rate(10**9, 10**9)], [Rate(1, 1)]),
    ):
        result = compare_stratified_rates(control, treatment, 0.9)
        assert result.difference.low <= result.difference.estimate <= result.difference.high
        assert (result.lift.low > 0 or (result.lift.high is not None and result.lift.high < 0)) == (
            result.p_value < 0.1
        )


def test_strata_with_an_empty_arm_drop_out():
    full = compare_stratified_rates([Rate(10, 50)], [Rate(15, 55)])
    assert compare_stratified_rates([Rate(10, 50), Rate(3, 9)], [Rate(15, 55), Rate(0, 0)]) == full
    assert str(compare_stratified_rates([Rate(3, 9)], [Rate(0, 0)]).reason) == "no stratum has units in both arms"


SMALL = [((3, 15), (9, 14)), ((0, 20), (5, 18)), ((7, 9), (1, 10)), ((2, 12), (2, 12))]


@pytest.mark.parametrize(("control", "treatment"), SMALL)
def test_exact_p_value_is_twice_scipy_barnard_with_the_pooled_statistic(control, treatment):
    table = [[treatment[0], control[0]], [treatment[1] - treatment[0], control[1] - control[0]]]
    sides = [stats.barnard_exact(table, alternative=side, n=128).pvalue for side in ("greater", "less")]
    result = compare_exact(Rate(*control), Rate(*treatment))
    assert result.p_value == pytest.approx(min(1.0, 2 * min(sides)), rel=1e-6)


@pytest.mark.parametrize(("control", "treatment"), SMALL)
def test_boschloo_matches_its_definition_enumerated_on_a_fine_grid(control, treatment):
    (x_c, n_c), (x_t, n_t) = control, treatment
    rates_ = np.linspace(0, 1, 4001)
    first, second = binomial(n_c, rates_), binomial(n_t, rates_)
    found = []
    for side in ("greater", "less"):

        def fisher(i, j, side=side):
            return stats.fisher_exact([[j, i], [n_t - j, n_c - i]], alternative=side)[1]

        limit = fisher(x_c, x_t) * (1 + 1e-9)
        region = np.array([[fisher(i, j) <= limit for j in range(n_t + 1)] for i in range(n_c + 1)], dtype=float)
        found.append(np.einsum("ki,ki->k", first @ region, second).max())
    result = compare_exact(Rate(*control), Rate(*treatment))
    assert result.boschloo_p_value == pytest.approx(min(1.0, 2 * min(found)), rel=1e-4)


def test_exact_interval_covers_at_least_its_level_for_every_rate():
    """All tables of 4 against 6, every pair on a grid of true rates: coverage by enumeration is never below 0.90."""
    n_c, n_t = 4, 6
    bounds = np.array(
        [
            [
                (e.low, e.high)
                for e in (compare_exact(Rate(i, n_c), Rate(j, n_t), 0.9).difference for j in range(n_t + 1))
            ]
            for i in range(n_c + 1)
        ]
    )
    grid = np.linspace(0, 1, 41)
    first, second = binomial(n_c, grid), binomial(n_t, grid)
    for (a, p), (b, q) in itertools.product(enumerate(grid), enumerate(grid)):
        inside = (bounds[..., 0] <= q - p + 1e-5) & (q - p - 1e-5 <= bounds[..., 1])
        assert first[a] @ inside @ second[b] >= 0.9


def test_exact_p_value_and_interval_agree():
    for x_c, x_t in itertools.product(range(0, 8, 2), range(0, 9, 2)):
        result = compare_exact(Rate(x_c, 7), Rate(x_t, 8))
        assert (result.difference.low > 0 or result.difference.high < 0) == (result.p_value < 0.05)
        assert result.difference.low <= result.difference.estimate <= result.difference.high


def test_exact_says_when_it_is_needed_and_when_it_is_not_offered():
    assert needs_exact(Rate(2, 30), Rate(4, 30))
    assert not needs_exact(Rate(20, 100), Rate(25, 100))
    assert "tables are possible" in str(compare_exact(Rate(1, 1000), Rate(1, 1000)).reason)
    assert str(compare_exact(Rate(0, 0), Rate(1, 2)).reason) == "the control has no units"


@given(st.floats(-5, 5), st.floats(0.1, 5), st.integers(1, 3))
def test_bracketed_root_finds_the_root_of_odd_powers(root, scale, power):
    found = bracketed_root(lambda x: scale * (x - root) ** (2 * power - 1), -6.0, 7.0)
    assert found == pytest.approx(root, abs=1e-9 if power == 1 else 1e-2)


def test_a_bracket_without_a_root_is_refused():
    with pytest.raises(ValueError, match="opposite signs"):
        bracketed_root(lambda x: x * x + 1, -1.0, 1.0)

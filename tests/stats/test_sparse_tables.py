"""Few events: the exact conditional test decides, in arms of any size, for p-value and every interval."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom

from abtest.stats.odds import odds_ratio
from abtest.stats.rates import FEW_METHOD, METHOD, compare_rates, rate_excess_test
from abtest.stats.sparse import few, few_in_strata, log_mid_p, log_mid_p_in_strata
from abtest.stats.stratified import FEW_METHOD as FEW_STRATA
from abtest.stats.stratified import compare_stratified_rates
from abtest.stats.values import Rate


def arrays(*values):
    return [np.array([float(value)]) for value in values]


def mid_p(x_c, n_c, x_t, n_t):
    """One-sided mid-p by scipy, in the direction of the difference."""
    law = hypergeom(n_c + n_t, x_c + x_t, n_t)
    if x_t * n_c >= x_c * n_t:
        return law.sf(x_t) + law.pmf(x_t) / 2
    return law.cdf(x_t - 1) + law.pmf(x_t) / 2


sparse_tables = st.tuples(st.integers(1, 4000), st.integers(1, 4000), st.integers(0, 12), st.integers(0, 12)).map(
    lambda t: (min(t[2], t[0]), t[0], min(t[3], t[1]), t[1])
)


@settings(max_examples=300, deadline=None)
@given(sparse_tables, st.booleans())
def test_mid_p_is_scipys_hypergeometric_and_the_same_whatever_is_counted(table, failures):
    x_c, n_c, x_t, n_t = table
    if failures:
        x_c, x_t = n_c - x_c, n_t - x_t
    if not few(*arrays(x_c, n_c, x_t, n_t))[0] or x_c * n_t == x_t * n_c:
        return
    found = log_mid_p(*arrays(x_c, n_c, x_t, n_t))[0]
    assert math.exp(found) == pytest.approx(mid_p(x_c, n_c, x_t, n_t), rel=1e-9, abs=1e-200)
    assert found == log_mid_p(*arrays(x_t, n_t, x_c, n_c))[0]
    assert found == pytest.approx(log_mid_p(*arrays(n_c - x_c, n_c, n_t - x_t, n_t))[0], rel=1e-12)


@pytest.mark.parametrize(
    ("control", "treatment", "fisher"),
    [((2, 19_000), (2, 1_000), 0.0140), ((1, 950), (1, 50), 0.0975), ((0, 5), (3, 5), 0.1667)],
)
def test_few_events_in_large_arms_are_no_proof(control, treatment, fisher):
    """The score test alone would say 0.000036, 0.0035 and 0.0495. Mid-p lies near Fisher's or between the two."""
    found = compare_rates(Rate(*control), Rate(*treatment))
    table = [[treatment[0], treatment[1] - treatment[0]], [control[0], control[1] - control[0]]]
    assert fisher_exact(table).pvalue == pytest.approx(fisher, abs=6e-5)
    assert found.method == FEW_METHOD
    assert found.p_value == pytest.approx(2 * mid_p(*control, *treatment), rel=1e-9)
    assert fisher * 0.499 < found.p_value < 1.05 * fisher
    assert (found.difference.low > 0) == (found.lift.low > 0) == (found.p_value < 0.05)


def test_five_expected_in_each_cell_are_enough_for_the_score_test():
    assert compare_rates(Rate(5, 100), Rate(5, 100)).method == METHOD
    assert compare_rates(Rate(5, 100), Rate(4, 100)).method == FEW_METHOD
    assert compare_rates(Rate(95, 100), Rate(96, 100)).method == FEW_METHOD
    assert compare_rates(Rate(300, 1000), Rate(6, 16)).method == FEW_METHOD


@settings(max_examples=200, deadline=None)
@given(sparse_tables, st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.9999]))
def test_p_value_and_all_intervals_agree_where_events_are_few(table, confidence):
    control, treatment = Rate(*table[:2]), Rate(*table[2:])
    found, odds = compare_rates(control, treatment, confidence), odds_ratio(control, treatment, confidence)
    significant = found.p_value < 1 - confidence
    difference, lift = found.difference, found.lift
    assert (difference.low > 0 or difference.high < 0) == significant
    assert difference.low <= difference.estimate <= difference.high
    if lift.low is not None:
        assert (lift.low > 0 or (lift.high is not None and lift.high < 0)) == significant
    if odds.low is not None:
        assert (odds.low > 1 or (odds.high is not None and odds.high < 1)) == significant
    for side, bound in (("above", difference.low), ("below", difference.high)):
        for value in (-0.01, 0.02):
            test = rate_excess_test(control, treatment, value, "absolute", side, confidence=confidence)
            assert test.shown == (bound > value if side == "above" else bound < value)


def test_huge_arms_keep_their_digits():
    """With n so large the count of the smaller arm is binomial: 3 of 4 events in a twentieth of the units."""
    found = compare_rates(Rate(1, 19 * 10**12), Rate(3, 10**12))
    share = 0.05
    beyond, at = share**4, 4 * share**3 * (1 - share)
    assert found.p_value == pytest.approx(2 * (beyond + at / 2), rel=1e-9)


def test_a_sum_over_strata_is_exact_too():
    tables = [(1, 900, 2, 50), (0, 400, 1, 30), (3, 800, 0, 20)]
    x_c, n_c, x_t, n_t = np.array(tables, dtype=float).T
    assert few_in_strata(x_c, n_c, x_t, n_t)
    laws = [hypergeom(c + t, x + y, t) for x, c, y, t in tables]
    chances: dict[int, float] = {}
    for first in range(4):
        for second in range(2):
            for third in range(4):
                total = first + second + third
                chance = laws[0].pmf(first) * laws[1].pmf(second) * laws[2].pmf(third)
                chances[total] = chances.get(total, 0.0) + chance
    expected = sum(chance for total, chance in chances.items() if total > 3) + chances[3] / 2
    assert math.exp(log_mid_p_in_strata(x_c, n_c, x_t, n_t)) == pytest.approx(expected, rel=1e-12)
    found = compare_stratified_rates([Rate(x, n) for x, n, _, _ in tables], [Rate(y, m) for _, _, y, m in tables])
    assert found.method == FEW_STRATA
    assert found.p_value == pytest.approx(2 * expected, rel=1e-9)
    assert (found.difference.low > 0) == (found.lift.low > 0) == (found.p_value < 0.05)


def test_one_stratum_of_few_events_is_the_plain_comparison():
    for table in ((1, 900, 2, 50), (0, 40, 6, 30), (30, 30, 21, 25)):
        plain = compare_rates(Rate(*table[:2]), Rate(*table[2:]))
        one = compare_stratified_rates([Rate(*table[:2])], [Rate(*table[2:])])
        assert one.p_value == pytest.approx(plain.p_value, rel=1e-9)
        assert one.difference.low == pytest.approx(plain.difference.low, rel=1e-6, abs=1e-10)

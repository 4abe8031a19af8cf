"""Sample ratio by group, and at any time."""

import math

import numpy as np
import pytest
from scipy import stats

from abtest.stats.srm import anytime_sample_ratio, sample_ratio_by_group, sample_ratio_mismatch


def test_by_group_is_the_sum_of_the_groups_chi_squares():
    groups = [(480, 520), (530, 470), (610, 590)]
    expected = sum(stats.chisquare(group).statistic for group in groups)
    found = sample_ratio_by_group(groups, [1, 1])
    assert found.statistic == pytest.approx(expected, rel=1e-12)
    assert found.degrees_of_freedom == 3
    assert found.p_value == pytest.approx(stats.chi2.sf(expected, 3), rel=1e-12)


def test_mismatches_that_cancel_out_in_total_show_by_group():
    groups = [(600, 400), (400, 600)]
    assert sample_ratio_mismatch([1000, 1000], [1, 1]).p_value == 1
    assert sample_ratio_by_group(groups, [1, 1]).p_value < 1e-15


def test_small_groups_are_joined_with_the_next():
    found = sample_ratio_by_group([(1, 2), (2, 1), (3, 3), (2, 2)], [1, 1])
    assert found.degrees_of_freedom == 1
    assert sample_ratio_by_group([(1, 0)], [1, 1]).reason is not None


def test_anytime_evidence_is_the_dirichlet_multinomial_bayes_factor():
    """One look, two arms: Beta function by hand."""
    x, y = 70, 30
    beta = math.lgamma(x + 1) + math.lgamma(y + 1) - math.lgamma(x + y + 2)
    expected = beta - (x + y) * math.log(0.5)
    found = anytime_sample_ratio([(x, y)], [1, 1])
    assert found.statistic == pytest.approx(expected, rel=1e-12)
    assert found.p_value == pytest.approx(math.exp(-expected), rel=1e-12)


def test_anytime_p_keeps_the_smallest_over_the_looks():
    early = [(90, 30), (30, 90)]
    assert anytime_sample_ratio(early, [1, 1]).p_value == anytime_sample_ratio(early[:1], [1, 1]).p_value


def test_anytime_false_alarms_over_sixty_looks_stay_below_the_level():
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(400):
        first = random.binomial(40, 1 / 3, size=60)
        steps = [(int(a), int(40 - a)) for a in first]
        alarms += anytime_sample_ratio(steps, [1, 2]).p_value < 0.05
    assert alarms <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)


@pytest.mark.parametrize("weights", [[0, 0], [-1, 2]])
def test_impossible_weights_are_refused_by_name(weights):
    with pytest.raises(ValueError, match="weights"):
        sample_ratio_by_group([(1, 1)], weights)
    with pytest.raises(ValueError, match="weights"):
        anytime_sample_ratio([(1, 1)], weights)

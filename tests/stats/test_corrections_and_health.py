"""Corrections against R's p.adjust, sample-ratio mismatch against chisq.test, and what values refuse."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import close, reference

from abtest.stats.corrections import CORRECTIONS, adjust, interval_levels
from abtest.stats.rates import compare_rates
from abtest.stats.srm import sample_ratio_mismatch
from abtest.stats.values import Estimate, Interval, Moments, Rate

R = reference("stats.json")
families = st.lists(st.none() | st.floats(0, 1), max_size=12)


@pytest.mark.parametrize("method", sorted(R["adjusted"]))
def test_adjusted_p_values_match_r_p_adjust(method):
    assert adjust(R["p"], method) == close(R["adjusted"][method])


@given(families, st.sampled_from(CORRECTIONS))
def test_a_missing_p_value_stays_missing_and_does_not_count(p_values, method):
    present = [p for p in p_values if p is not None]
    adjusted = adjust(p_values, method)
    assert [p for p in adjusted if p is not None] == adjust(present, method)
    assert [p is None for p in adjusted] == [p is None for p in p_values]


@given(families, st.sampled_from(CORRECTIONS))
def test_adjustment_never_lowers_a_p_value_nor_reverses_an_order(p_values, method):
    pairs = [(p, q) for p, q in zip(p_values, adjust(p_values, method), strict=True) if p is not None]
    assert all(p <= q <= 1 for p, q in pairs)
    ordered = [q for _, q in sorted(pairs)]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize("method", CORRECTIONS)
def test_an_interval_at_the_level_of_the_correction_agrees_with_the_adjusted_p_value(method):
    control = Rate(300, 2000)
    arms = [Rate(x, 2000) for x in (295, 320, 345, 350, 360, 420)]
    p_values = [compare_rates(control, arm).p_value for arm in arms]
    levels = interval_levels(p_values, method)
    for arm, adjusted, level in zip(arms, adjust(p_values, method), levels, strict=True):
        difference = compare_rates(control, arm, level).difference
        assert (difference.low > 0 or difference.high < 0) == (adjusted < 0.05)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from(CORRECTIONS))
def test_a_level_is_above_one_minus_p_exactly_where_the_adjusted_p_value_shows_nothing(p_values, method):
    for p, adjusted, level in zip(p_values, adjust(p_values, method), interval_levels(p_values, method), strict=True):
        if abs(1 - level - p) > 1e-12:
            assert (adjusted < 0.05) == (p < 1 - level)


def test_a_p_value_that_underflowed_has_bonferronis_level():
    assert interval_levels([0.0, 0.4, 0.6], "holm") == pytest.approx([1 - 0.05 / 3] * 3)
    assert interval_levels([], "holm") == []
    assert interval_levels([None], "bh") == [0.95]


@pytest.mark.parametrize("case", R["srm"], ids=str)
def test_sample_ratio_mismatch_matches_r_chisq_test(case):
    result = sample_ratio_mismatch(case["counts"], case["weights"])
    found = [result.statistic, result.degrees_of_freedom, result.p_value]
    assert found == close([case["chi2"], case["df"], case["p"]])


def test_sample_ratio_of_cookie_cats_and_hillstrom_as_published():
    cookie = sample_ratio_mismatch([44700, 45489], [1, 1])
    assert cookie.statistic == pytest.approx(6.90240495, abs=5e-9)
    assert cookie.p_value == pytest.approx(0.008607988, abs=5e-10)
    hillstrom = sample_ratio_mismatch([21307, 21387, 21306], [1, 1, 1])
    assert hillstrom.statistic == pytest.approx(0.20253125, abs=5e-9)
    assert hillstrom.p_value == pytest.approx(0.9036929576, abs=5e-11)


def test_arms_planned_empty_leave_the_test_unless_they_have_units():
    assert sample_ratio_mismatch([50, 60, 0], [1, 1, 0]) == sample_ratio_mismatch([50, 60], [1, 1])
    assert sample_ratio_mismatch([50, 60, 1], [1, 1, 0]).p_value == 0.0
    assert str(sample_ratio_mismatch([0, 0], [1, 1]).reason) == "no arm has units"
    assert sample_ratio_mismatch([5, 0], [1, 0]).reason


def test_the_core_loads_without_scipy_stats():
    """scipy.stats takes longer to import than everything else that a command line needs."""
    modules = (
        "rates, means, corrections, srm, regression, ratios, margins, odds, stratified, exact, quantiles, resampling"
    )
    code = f"import sys; from abtest.stats import {modules}; print('scipy.stats' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Rate(5, 4), "successes"),
        (lambda: Rate(-1, 4), "successes"),
        (lambda: Rate(0, -4), "n"),
        (lambda: Rate(0.5, 4), "successes"),
        (lambda: Moments(3, 1.0, -1.0), "variance"),
        (lambda: Moments(3, float("nan"), 1.0), "mean"),
        (lambda: Moments(-3, 1.0, 1.0), "n"),
        (lambda: Moments(0, 1.0, None), "mean"),
        (lambda: Moments(1, 1.0, 0.0), "variance"),
        (lambda: Moments.from_sums(2, 10, 49), "total_squares"),
        (lambda: Moments.from_sums(0, 1, 1), "total_squares"),
        (lambda: Moments.from_sums(1, 2, 5), "total_squares"),
        (lambda: Moments.from_sums(2, 1.5, 3), "total"),
        (lambda: Moments.from_sums(2, 1, 3, scale=0), "scale"),
        (lambda: Estimate(float("inf"), None, None), "estimate"),
        (lambda: Interval(2.0, 1.0), "low"),
        (lambda: adjust([0.5, 1.5]), "p_values"),
        (lambda: adjust([float("nan")]), "p_values"),
        (lambda: adjust([0.5], "sidak"), "method"),
        (lambda: interval_levels([0.1], "holm", 1.0), "confidence"),
        (lambda: sample_ratio_mismatch([1, 2], [1]), "counts"),
        (lambda: sample_ratio_mismatch([1, -2], [1, 1]), "counts"),
        (lambda: sample_ratio_mismatch([1, 2], [1, -1]), "weights"),
        (lambda: sample_ratio_mismatch([1, 2], [0, 0]), "weights"),
        (lambda: sample_ratio_mismatch([1, 2], [1, float("nan")]), "weights"),
    ],
)
def test_impossible_input_is_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()

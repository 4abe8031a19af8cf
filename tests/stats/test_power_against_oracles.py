"""Power, sizes and detectable effects against R, rpact, statsmodels, and every pair of counts there is."""

import itertools
import math

import numpy as np
import pytest
from oracles import close, reference
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import proportion_effectsize

from abtest.stats.power import (
    Bar,
    approximate_rate_power,
    exact_rate_power,
    mean_power,
    rate_power,
    shifted_power,
    smallest_effect,
    units_needed,
)
from abtest.stats.rates import compare_rates, rate_margin_test
from abtest.stats.values import Rate

R = reference("power.json")
SIZES = [(200, 200), (300, 100), (80, 240)]
RATES = [(0.4, 0.5), (0.1, 0.16), (0.05, 0.1), (0.9, 0.95), (0.3, 0.3), (0.02, 0.05)]
BARS = [
    Bar(0.025),
    Bar(0.025, value=-0.05),
    Bar(0.05, "below", 0.04),
    Bar(0.025, value=-0.2, scale="relative"),
    Bar(0.025, "below", 0.3, "relative"),
]
DESIGNS = [*itertools.product(RATES, SIZES, BARS)]


def enumerated(rates, sizes, bar):
    """The chance of all tables that the product's own comparison finds significant."""
    counts = [np.arange(size + 1) for size in sizes]
    chances = [stats.binom.pmf(k, size, p) for k, size, p in zip(counts, sizes, rates, strict=True)]
    likely = [[int(k) for k in counts[arm] if chances[arm][k] > 1e-7] for arm in (0, 1)]
    found = 0.0
    for x_c, x_t in itertools.product(*likely):
        control, treatment = Rate(x_c, sizes[0]), Rate(x_t, sizes[1])
        if bar.value:
            good = "up" if bar.side == "above" else "down"
            assert (bar.value < 0) == (good == "up")
            shown = rate_margin_test(
                control, treatment, abs(bar.value), bar.scale, good, confidence=1 - 2 * bar.level
            ).shown
        else:
            result = compare_rates(control, treatment, 1 - 2 * bar.level)
            shown = result.p_value < 2 * bar.level and (result.difference.estimate > 0) == (bar.side == "above")
        found += chances[0][x_c] * chances[1][x_t] * shown
    return found


@pytest.mark.parametrize("bar", BARS, ids=str)
def test_power_of_rates_is_that_of_all_tables_that_the_comparison_finds_significant(bar):
    rates, sizes = (0.25, 0.45), (18, 26)
    assert exact_rate_power(rates, sizes, bar) == pytest.approx(enumerated(rates, sizes, bar), abs=1e-5)


def test_the_closed_form_is_within_half_a_point_of_enumeration_where_it_is_used():
    distances = []
    for rates, sizes, bar in DESIGNS:
        near = rate_power(rates, sizes, bar)
        distances.append(abs(near - exact_rate_power(rates, sizes, bar)))
    assert len(distances) == 90
    assert max(distances) < 0.006
    larger = [
        abs(approximate_rate_power(rates, sizes, bar) - exact_rate_power(rates, sizes, bar))
        for rates, sizes, bar in itertools.product(
            [(0.4, 0.43), (0.1, 0.12), (0.05, 0.062), (0.9, 0.915)], [(4000, 4000), (7200, 800), (1200, 3600)], BARS
        )
    ]
    assert max(larger) < 0.003


@pytest.mark.parametrize("case", R["prop"], ids=str)
def test_sizes_of_rates_lie_within_a_quarter_of_a_percent_of_r_power_prop_test(case):
    rates = tuple(case["rates"])
    found = units_needed(lambda n: approximate_rate_power(rates, (n, n), Bar(0.025)), case["power"])
    # R takes the pooled variance without N/(N − 1), no skewness, and a bar that does not move with what is seen.
    assert found == pytest.approx(case["n"], rel=0.0025)


def test_sizes_of_rates_differ_from_the_arcsine_formula_by_little_in_the_middle_and_more_at_the_edge():
    # statsmodels knows rates by Cohen's h alone: the arcsine transform, which no test here uses.
    def arcsine(p, q):
        return NormalIndPower().solve_power(proportion_effectsize(q, p), power=0.8, alpha=0.05)

    def ours(p, q):
        return units_needed(lambda n: rate_power((p, q), (n, n), Bar(0.025)), 0.8)

    assert ours(0.4, 0.45) == pytest.approx(arcsine(0.4, 0.45), rel=1e-3)
    assert ours(0.002, 0.008) / arcsine(0.002, 0.008) > 1.01


@pytest.mark.parametrize("case", R["t"], ids=str)
def test_power_of_means_is_that_of_r_power_t_test_and_of_statsmodels(case):
    n, level = case["n"], case["alpha"] / 2
    found = mean_power(0.0, case["delta"], (case["sd"] ** 2,) * 2, (n, n), Bar(level))
    assert found == close(case["power"], rel=1e-7)
    theirs = TTestIndPower().power(case["delta"] / case["sd"], n, level, alternative="larger")
    assert found == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("case", R["t_sizes"], ids=str)
def test_sizes_of_means_are_those_of_r_power_t_test(case):
    found = units_needed(
        lambda n: mean_power(0.0, case["delta"], (case["sd"] ** 2,) * 2, (n, n), Bar(0.025)), case["power"]
    )
    assert found == close(case["n"], rel=1e-4)


@pytest.mark.parametrize("scale", ["absolute", "relative"])
def test_sizes_at_a_margin_are_those_of_farrington_and_manning_by_rpact(scale):
    for case in R["difference" if scale == "absolute" else "ratios"]:
        value = case["margin"] if scale == "absolute" else case["margin"] - 1
        bar = Bar(0.025, "above" if value < 0 or case["rates"][1] > case["rates"][0] else "below", value, scale)
        rates, ratio = tuple(case["rates"]), case["ratio"]
        found = units_needed(
            lambda n, rates=rates, ratio=ratio, bar=bar: approximate_rate_power(rates, (n, ratio * n), bar), 0.8
        )
        # Theirs has neither N/(N − 1), nor skewness, nor that the bar moves with the rates that are seen.
        assert found == pytest.approx(case["n2"], rel=0.035), case


def test_a_size_has_its_power_and_one_unit_less_has_not():
    def power_of(n):
        return rate_power((0.1, 0.13), (n, n), Bar(0.025))

    n = units_needed(power_of, 0.8)
    assert power_of(n) >= 0.8 > power_of(n - 1)
    assert units_needed(lambda n: 0.3 + 0 * n, 0.8) is None
    assert smallest_effect(lambda effect: effect, 0.8, 0.5) is None


def test_power_rises_with_effect_and_units_and_stays_between_0_and_1():
    shifts = [shifted_power(shift, 0.025, degrees) for degrees in (3.0, 50.0) for shift in np.linspace(-6, 60, 67)]
    assert all(0 <= power <= 1 for power in shifts)
    for run in (shifts[:67], shifts[67:]):
        assert all(later >= earlier - 1e-12 for earlier, later in itertools.pairwise(run))
    assert rate_power((0.0, 0.0), (100, 100), Bar(0.025)) == 0
    assert rate_power((0.0, 1.0), (100, 100), Bar(0.025)) == pytest.approx(1)
    assert mean_power(1.0, 0.0, (0.0, 0.0), (10, 10), Bar(0.025)) == 0
    assert math.isclose(rate_power((0.3, 0.3), (500, 500), Bar(0.025)), 0.025, abs_tol=0.002)


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="a rate must lie between 0 and 1"):
        rate_power((0.5, 1.5), (10, 10), Bar(0.025))
    with pytest.raises(ValueError, match="power must lie strictly between"):
        units_needed(lambda n: n, 1.0)

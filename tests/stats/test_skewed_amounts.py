"""Skewed money in uneven arms: coverage on both sides by simulation, coherence, and where Welch's test stays."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abtest.stats.means import METHOD as WELCH
from abtest.stats.means import compare_means, mean_excess_test, mean_margin_test
from abtest.stats.skewed import METHOD, Skewed, deviate, skewed
from abtest.stats.values import Moments, Tail

RUNS = 1500


def moments(values):
    whole = np.round(np.asarray(values) * 100).astype(np.int64).tolist()
    tail = Tail.from_sums(
        len(whole), sum(v > 0 for v in whole), sum(v < 0 for v in whole), sum(v**3 for v in whole), 100
    )
    return Moments.from_sums(len(whole), sum(whole), sum(v * v for v in whole), 100, tail)


def many(rows):
    """Moments with tails of each row of an array, by floating-point sums."""
    n = rows.shape[1]
    parts = rows.mean(1), rows.var(1, ddof=1), (rows > 0).sum(1), (rows**3).mean(1)
    return [Moments(n, float(m), float(v), Tail(int(k), 0, float(c))) for m, v, k, c in zip(*parts, strict=True)]


def lognormal(random, shape, scale=1.0, sigma=1.0):
    return scale * np.exp(sigma * random.standard_normal(shape) - sigma**2 / 2)


def paid(random, shape, share=0.05, scale=1.0):
    return (random.random(shape) < share) * lognormal(random, shape, scale, 1.2)


LOGNORMAL = (lognormal, lognormal, 1.0, 1.0)
SCALED = (lognormal, lambda r, s: lognormal(r, s, 1.5), 1.0, 1.5)
PAYERS = (paid, paid, 0.05, 0.05)
AMOUNTS = (paid, lambda r, s: paid(r, s, 0.05, 2.0), 0.05, 0.1)
SHARES = (paid, lambda r, s: paid(r, s, 0.1), 0.05, 0.1)
BOTH = (paid, lambda r, s: paid(r, s, 0.075, 1.5), 0.05, 0.1125)


@pytest.mark.parametrize(
    ("draws", "sizes"),
    [
        (LOGNORMAL, (100, 2000)),
        (SCALED, (100, 2000)),
        (SCALED, (2000, 100)),
        (PAYERS, (500, 5000)),
        (PAYERS, (5000, 500)),
        (AMOUNTS, (500, 5000)),
        (AMOUNTS, (5000, 500)),
        (SHARES, (500, 5000)),
        (SHARES, (5000, 500)),
        (BOTH, (500, 5000)),
        (BOTH, (5000, 500)),
    ],
)
def test_skewed_money_in_uneven_arms_is_covered_on_both_sides(draws, sizes):
    """Targets: 0.94, each side 0.04. Welch: 0.86 to 0.94, and up to 0.13 on one side."""
    first, second, control, treatment = draws
    random = np.random.default_rng([sizes[0], round(100 * treatment)])
    truth = treatment - control, treatment / control - 1
    sides = np.zeros((2, 2))
    runs = RUNS
    pairs = zip(many(first(random, (runs, sizes[0]))), many(second(random, (runs, sizes[1]))), strict=True)
    for arms in pairs:
        found = compare_means(*arms)
        for place, (effect, value) in enumerate(zip((found.difference, found.lift), truth, strict=True)):
            sides[place] += (
                effect.high is not None and effect.high < value,
                effect.low is not None and effect.low > value,
            )
    share = sides / runs
    error = 3 * (0.04 * 0.96 / runs) ** 0.5
    assert share.max() < 0.04 + error
    assert share.sum(axis=1).max() < 0.06 + error


def test_no_effect_is_found_as_often_as_promised_on_each_side():
    """Welch finds an increase that is not there in 0.076 and 0.115 of these."""
    for draws, sizes in ((LOGNORMAL, (100, 2000)), (PAYERS, (500, 5000))):
        random = np.random.default_rng(17)
        arms = [many(draw(random, (RUNS, n))) for draw, n in zip(draws[:2], sizes, strict=True)]
        found = [compare_means(a, b) for a, b in zip(*arms, strict=True)]
        for side in (-1, 1):
            wrong = sum(f.p_value < 0.05 and f.difference.estimate * side > 0 for f in found) / RUNS
            assert wrong < 0.025 + 3 * (0.025 * 0.975 / RUNS) ** 0.5


amounts = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.01, 1.0, 9.99, 120.0, 4000.0]), min_size=2, max_size=12)


@settings(deadline=None, max_examples=150)
@given(amounts, amounts, st.integers(1, 40), st.sampled_from([0.8, 0.95, 0.999]))
def test_p_value_difference_and_lift_always_say_the_same(first, second, times, confidence):
    found = compare_means(moments(first), moments(second * times), confidence)
    if found.p_value is None or found.method == WELCH:
        return
    for effect in (found.difference, found.lift):
        low = -math.inf if effect.low is None else effect.low
        high = math.inf if effect.high is None else effect.high
        assert low <= effect.estimate <= high
        assert (low > 0 or high < 0) == (found.p_value < 1 - confidence)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([-0.5, -0.2, 0.3, 1.0]), st.sampled_from(["absolute", "relative"]))
def test_margins_agree_with_the_interval(seed, value, scale):
    random = np.random.default_rng(seed)
    arms = moments(paid(random, 60, 0.3)), moments(paid(random, 900, 0.3))
    if skewed(*arms) is None:
        return
    effect = getattr(compare_means(*arms), "difference" if scale == "absolute" else "lift")
    above = mean_excess_test(*arms, value, scale, "above")
    below = mean_excess_test(*arms, value, scale, "below")
    assert above.shown == (effect.low is not None and effect.low > value)
    assert below.shown == (effect.high is not None and effect.high < value)
    assert above.shown == (above.p_value < 0.025)
    assert above.p_value + below.p_value == pytest.approx(1, abs=1e-9)


def test_a_non_inferiority_test_of_money_errs_as_promised():
    """500 against 1,500 at the margin of 15 % of the control: Welch 0.034 below, 0.015 above, for 0.025."""
    random = np.random.default_rng(4)
    for scale, good in ((0.85, "up"), (1.15, "down")):
        arms = many(lognormal(random, (RUNS, 500))), many(lognormal(random, (RUNS, 1500), scale))
        shown = sum(mean_margin_test(a, b, 0.15, "relative", good).shown for a, b in zip(*arms, strict=True)) / RUNS
        assert abs(shown - 0.025) < 0.006 + 3 * (0.025 * 0.975 / RUNS) ** 0.5


def test_exchanging_the_arms_mirrors_the_difference_and_inverts_the_ratio():
    random = np.random.default_rng(9)
    first, second = moments(paid(random, 300, 0.2)), moments(paid(random, 4000, 0.2))
    one, other = compare_means(first, second), compare_means(second, first)
    assert one.method == other.method == METHOD
    assert one.p_value == pytest.approx(other.p_value, rel=1e-9)
    assert one.difference.low == pytest.approx(-other.difference.high, rel=1e-6)
    assert 1 + one.lift.low == pytest.approx(1 / (1 + other.lift.high), rel=1e-6)


def test_another_currency_changes_nothing_but_the_unit():
    random = np.random.default_rng(10)
    first, second = paid(random, 300, 0.2).round(2), paid(random, 4000, 0.2).round(2)
    euro, yen = (
        compare_means(moments(first), moments(second)),
        compare_means(moments(first * 100), moments(second * 100)),
    )
    assert yen.p_value == pytest.approx(euro.p_value, rel=1e-9)
    assert yen.difference.high == pytest.approx(100 * euro.difference.high, rel=1e-7)
    assert yen.lift.high == pytest.approx(euro.lift.high, rel=1e-7)


def test_the_deviate_solves_its_equation_and_grows_with_the_statistic():
    for sixth in (-0.3, -0.05, 0.0, 0.02, 0.11, 0.4):
        grid = [deviate(s, sixth) for s in np.linspace(-8, 8, 401)]
        assert all(a < b for a, b in itertools.pairwise(grid))
        for s in (-1.0, 0.0, 1.5):
            z = deviate(s, sixth)
            if abs(z * sixth) <= 0.25:
                assert z + sixth * (z * z - 1) == pytest.approx(s, abs=1e-12)


def test_the_statistic_at_equal_means_is_that_of_the_pooled_amounts():
    """Written out: without zeros and at ratio 1 both arms have the pooled variance and third cumulant."""
    random = np.random.default_rng(12)
    first, second = lognormal(random, 50).round(2), lognormal(random, 700).round(2)
    arms = moments(first), moments(second)
    both = np.concatenate([first, second])
    found = Skewed(*arms, (arms[0].tail, arms[1].tail))
    found.__dict__["_weight"] = 0.0  # the arms' own variances left aside
    variance = both.var(ddof=0) * 750 / 748
    error = (variance * (1 / 50 + 1 / 700)) ** 0.5
    skew = stats.skew(both) * both.std() ** 3 / variance**1.5
    sixth = skew * (1 / 700**2 - 1 / 50**2) / (1 / 50 + 1 / 700) ** 1.5 / 6
    assert found.correction() == pytest.approx(sixth, rel=1e-9)
    s = (second.mean() - first.mean()) / error
    assert found.of_ratio(1.0) == pytest.approx(deviate(s, sixth), rel=1e-9)
    assert found.of_difference(1.0) == pytest.approx(found.of_ratio(1.0), rel=1e-12)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([1.0, 2.0, 3.0, 4.0] * 50, [1.0, 2.0, 4.0, 9.0] * 50),  # arms of one size
        ([10.0, 11.0, 12.0] * 20, [10.0, 11.0, 13.0] * 400),  # hardly skewed
        ([-1.0, 0.0, 0.0, 50.0] * 5, [0.0, 0.0, 1.0, 80.0] * 100),  # refunds
        ([0.0] * 50 + [9.0], [0.0, 9.0] * 300),  # a single payer
        ([1e9, 1e9 + 1, 1e9 + 9], [1e9, 1e9 + 1, 1e9 + 30] * 50),  # next to no variation
    ],
)
def test_elsewhere_welchs_test_serves(first, second):
    assert skewed(moments(first), moments(second)) is None
    assert compare_means(moments(first), moments(second)).method == WELCH


def test_moments_without_a_tail_are_compared_by_welch():
    assert compare_means(Moments(100, 1.0, 9.0), Moments(2000, 1.1, 9.0)).method == WELCH

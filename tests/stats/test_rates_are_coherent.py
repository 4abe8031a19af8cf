"""p-value, difference interval and lift interval never contradict each other, whatever the table."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest.stats.rates import compare_rates, rate_margin_test
from abtest.stats.score import score_bounds
from abtest.stats.values import Rate

ALPHAS = (0.01, 0.05, 0.10)


def every_table(largest):
    """All 2 × 2 tables with both arms of 1 to ``largest`` units, as four flat arrays."""
    arms = np.array([(x, n) for n in range(1, largest + 1) for x in range(n + 1)], dtype=float)
    first, second = np.meshgrid(np.arange(len(arms)), np.arange(len(arms)), indexing="ij")
    return (*arms[first.ravel()].T, *arms[second.ravel()].T)


def random_tables(count, seed):
    """Arms of 1 to 10⁶ units, with rates from one in a million to all but one, often at the edges."""
    random = np.random.default_rng(seed)
    n = np.exp(random.uniform(0, np.log(10**6), (2, count))).astype(int)
    rate = 1 / (1 + np.exp(random.uniform(-14, 14, count)))
    x = random.binomial(n, np.stack([rate, np.clip(rate * np.exp(random.normal(0, 0.3, count)), 0, 1)]))
    edge = random.random((2, count))
    x = np.where(edge < 0.05, 0, np.where(edge > 0.95, n, x))
    return tuple(part.astype(float) for part in (x[0], n[0], x[1], n[1]))


def contradictions(tables, alpha):
    """The number of tables in which the three disagree on either side, or something is not a number."""
    pieces = -(-len(tables[0]) // 20_000)  # pieces that fit the processor's cache: ten times as fast
    return sum(in_piece(piece, alpha) for piece in zip(*(np.array_split(part, pieces) for part in tables), strict=True))


def in_piece(tables, alpha):
    found = score_bounds(*tables, 1 - alpha)
    low, high, lift_low, lift_high = found.difference_low, found.difference_high, found.lift_low, found.lift_high
    significant = found.p_value < 1 - (1 - alpha)
    better, worse = significant & (found.statistic > 0), significant & (found.statistic < 0)
    wrong = (better != (low > 0)) | (worse != (high < 0)) | (better != (lift_low > 0)) | (worse != (lift_high < 0))
    x_c, n_c, x_t, n_t = tables
    estimate = x_t / n_t - x_c / n_c
    wrong |= ~((low <= estimate) & (estimate <= high) & (low >= -1) & (high <= 1) & (low < high))
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.where(x_c > 0, (x_t / n_t) / (x_c / n_c) - 1, 0.0)
    # The lift's bounds are quotients of quotients: they may miss an estimate that they equal by the last digit.
    wrong |= (x_c > 0) & ~((lift_low <= lift + 1e-12 * (1 + lift)) & (lift <= lift_high + 1e-12 * (1 + lift)))
    return int(np.sum(wrong))


@pytest.mark.parametrize("alpha", ALPHAS)
def test_every_table_up_to_forty_per_arm_is_coherent(alpha):
    assert contradictions(every_table(40), alpha) == 0


@pytest.mark.parametrize("alpha", ALPHAS)
def test_random_tables_up_to_a_million_per_arm_are_coherent(alpha):
    assert contradictions(random_tables(300_000, seed=3), alpha) == 0


@pytest.mark.parametrize("tables", [every_table(15), random_tables(20_000, seed=5)], ids=["small", "large"])
def test_exchanging_the_arms_mirrors_the_difference_to_the_last_digit(tables):
    x_c, n_c, x_t, n_t = tables
    there, back = score_bounds(x_c, n_c, x_t, n_t, 0.95), score_bounds(x_t, n_t, x_c, n_c, 0.95)
    assert np.array_equal(there.difference_low, -back.difference_high)
    assert np.array_equal(there.difference_high, -back.difference_low)
    assert np.array_equal(there.p_value, back.p_value)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(1 + there.lift_low, 1 / (1 + back.lift_high), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("tables", [every_table(15), random_tables(20_000, seed=6)], ids=["small", "large"])
def test_counting_the_failures_instead_mirrors_the_difference(tables):
    x_c, n_c, x_t, n_t = tables
    hits, misses = score_bounds(x_c, n_c, x_t, n_t, 0.95), score_bounds(n_c - x_c, n_c, n_t - x_t, n_t, 0.95)
    np.testing.assert_allclose(hits.difference_low, -misses.difference_high, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(hits.statistic, -misses.statistic, rtol=1e-7, atol=1e-9)


def test_a_wider_confidence_contains_a_narrower_one():
    tables = every_table(12)
    levels = [score_bounds(*tables, confidence) for confidence in (0.5, 0.8, 0.9, 0.95, 0.99, 0.999999)]
    for inner, outer in pairwise(levels):
        assert np.all(outer.difference_low <= inner.difference_low + 1e-12)
        assert np.all(outer.difference_high >= inner.difference_high - 1e-12)
        assert np.all(outer.lift_low <= inner.lift_low + 1e-12)
        assert np.all(outer.lift_high >= inner.lift_high * (1 - 1e-12))


rates = st.integers(1, 3000).flatmap(lambda n: st.integers(0, n).map(lambda x: Rate(x, n)))
margins = st.floats(0.001, 0.9)


@settings(max_examples=300, deadline=None)
@given(rates, rates, margins, st.sampled_from(["absolute", "relative"]), st.sampled_from(["up", "down"]))
def test_a_margin_is_shown_exactly_when_the_interval_excludes_it(control, treatment, margin, scale, good):
    for confidence in (0.9, 0.95):
        comparison = compare_rates(control, treatment, confidence)
        effect = comparison.difference if scale == "absolute" else comparison.lift
        test = rate_margin_test(control, treatment, margin, scale, good, confidence=confidence)
        bound = effect.low if good == "up" else effect.high
        excluded = bound is not None and (bound > -margin if good == "up" else bound < margin)
        assert test.shown == excluded
        if test.p_value is not None:
            assert test.shown == (test.p_value < (1 - confidence) / 2)


@settings(max_examples=200, deadline=None)
@given(rates, rates, margins, st.sampled_from(["absolute", "relative"]))
def test_good_up_and_good_down_are_the_same_test_seen_from_two_sides(control, treatment, margin, scale):
    if scale == "absolute":
        up = rate_margin_test(control, treatment, margin, scale, "up")
        swapped = rate_margin_test(treatment, control, margin, scale, "down")
    else:
        margin = min(margin, 0.49)
        up = rate_margin_test(control, treatment, margin, scale, "up")
        swapped = rate_margin_test(treatment, control, margin / (1 - margin), scale, "down")
    if up.p_value is None:
        assert swapped.p_value is None
    else:
        assert swapped.p_value == pytest.approx(up.p_value, rel=1e-6, abs=1e-300)

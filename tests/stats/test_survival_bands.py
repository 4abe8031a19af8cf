"""Bands of event-free curves: published constants, exact laws of small cases, coverage, and agreement with the test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from abtest.stats import simultaneous
from abtest.stats.simultaneous import increments_critical_value, simultaneous_critical_value
from abtest.stats.survival import LifeTable, compare_survival, survival_at
from abtest.stats.survival_curves import _covariance, compare_event_free, event_free_curve

# Jennison & Turnbull (2000), Group Sequential Methods, table 2.1: Pocock's constants, for equal steps.
POCOCK = {
    0.90: {2: 1.875, 5: 2.122, 10: 2.270, 20: 2.392},
    0.95: {1: 1.960, 2: 2.178, 3: 2.289, 4: 2.361, 5: 2.413, 10: 2.555, 20: 2.672},
    0.99: {2: 2.772, 5: 2.986, 10: 3.117, 20: 3.225},
}


@pytest.mark.parametrize(
    ("confidence", "looks", "constant"),
    [(level, looks, c) for level, constants in POCOCK.items() for looks, c in constants.items()],
)
def test_equal_steps_give_pococks_constants(confidence, looks, constant):
    assert increments_critical_value(np.arange(1, looks + 1), confidence) == pytest.approx(constant, abs=6e-4)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(0.01, 3), min_size=1, max_size=12), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_recursion_agrees_with_the_general_method(steps, confidence):
    v = np.cumsum(steps)
    correlations = np.sqrt(np.minimum.outer(v, v) / np.maximum.outer(v, v))
    expected = simultaneous_critical_value(correlations, confidence)
    assert increments_critical_value(v, confidence) == pytest.approx(expected, abs=0.003)


def test_the_recursion_has_enough_nodes(monkeypatch):
    values = [increments_critical_value(np.cumsum(np.linspace(1, 0.2, 40)), level) for level in (0.9, 0.95, 0.999)]
    monkeypatch.setattr(simultaneous, "_NODES", 12.0)
    finer = [increments_critical_value(np.cumsum(np.linspace(1, 0.2, 40)), level) for level in (0.9, 0.95, 0.999)]
    assert values == pytest.approx(finer, abs=1e-6)


@pytest.mark.parametrize("degrees", [1, 2, 3, 6, 12, 30, 62])
def test_many_chi_squared_tails_are_those_of_scipy(degrees):
    values = 3.0 + np.random.default_rng(degrees).gamma(2, 8, (4_000, 3))
    assert simultaneous._chi_squared_tails(values, degrees) == pytest.approx(special.chdtrc(degrees, values), rel=2e-8)


def test_points_that_repeat_or_lie_close_together_count_for_little():
    once = increments_critical_value([1.0, 2.0], 0.95)
    assert increments_critical_value([1.0, 1.0, 2.0, 2.0], 0.95) == pytest.approx(once, abs=1e-9)
    assert increments_critical_value([1.0, 1.0 + 1e-5, 2.0], 0.95) == pytest.approx(once, abs=0.003)


@pytest.mark.parametrize("variances", [[], [0.0, 1.0], [2.0, 1.0], [np.nan], [[1.0]]])
def test_what_are_no_variances_is_refused(variances):
    with pytest.raises(ValueError, match="variances must be"):
        increments_critical_value(variances, 0.95)


def test_without_censoring_the_covariance_is_the_multinomials():
    table = LifeTable([1, 2, 3, 4], [10, 20, 5, 15], [0, 0, 0, 50])
    share = np.array([0.9, 0.7, 0.65, 0.5])
    earlier, later = np.maximum.outer(share, share), np.minimum.outer(share, share)
    assert _covariance(table, [1, 2, 3, 4]) == pytest.approx(later * (1 - earlier) / 100, rel=1e-12)


def arm(draw, n, rate, last):
    """Return times to an event (whole days from 1) that are cut off at a day from 3 to ``last``, each unit's own."""
    events = 1 + draw.geometric(rate, n)
    ends = draw.integers(3, last + 1, n)
    days = np.arange(1, last + 1)
    seen = np.minimum(events, ends)
    return LifeTable(
        days,
        [int(((seen == day) & (events <= ends)).sum()) for day in days],
        [int(((seen == day) & (events > ends)).sum()) for day in days],
    )


def test_the_band_holds_the_whole_true_curve_as_often_as_it_says():
    draw, rate, times = np.random.default_rng(4), 0.06, [2, 4, 6, 8, 10, 12, 14]
    true = [(1 - rate) ** (time - 1) for time in times]
    inside = by_point = 0
    runs = 600
    for _ in range(runs):
        points = event_free_curve(arm(draw, 400, rate, 16), times).points
        inside += all(p.band.low <= s <= p.band.high for p, s in zip(points, true, strict=True))
        by_point += all(p.estimate.low <= s <= p.estimate.high for p, s in zip(points, true, strict=True))
    assert inside / runs == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / runs) ** 0.5)
    assert by_point / runs < 0.90


def test_two_equal_arms_differ_somewhere_as_seldom_as_the_test_says():
    draw, times, runs = np.random.default_rng(7), [4, 9, 15], 100
    shown = 0
    for _ in range(runs):
        found = compare_event_free(arm(draw, 300, 0.05, 16), arm(draw, 500, 0.05, 16), times)
        excluded = any(p.band.difference.low > 0 or p.band.difference.high < 0 for p in found.points)
        assert excluded == (found.test.p_value < 0.05)
        shown += excluded
    assert shown / runs == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / runs) ** 0.5)


def test_points_are_the_pointwise_ones_and_bands_the_same_at_a_higher_level():
    draw, times = np.random.default_rng(9), [2, 5, 9, 16]
    control, treatment = arm(draw, 200, 0.05, 16), arm(draw, 220, 0.1, 16)
    curve, compared = event_free_curve(control, times), compare_event_free(control, treatment, times)
    for place, time in enumerate(times):
        point, difference = curve.points[place], compared.points[place]
        assert point.estimate == survival_at(control, time)
        assert difference.pointwise == compare_survival(control, treatment, time)
        assert point.band.low < point.estimate.low < point.estimate.high < point.band.high
        assert difference.band.difference.low < difference.pointwise.difference.low
        assert difference.pointwise.difference.high < difference.band.difference.high


def test_times_without_an_event_yet_and_beyond_the_follow_up_are_no_part_of_the_band():
    table = LifeTable([3, 5, 8], [4, 6, 0], [0, 0, 40])
    curve = event_free_curve(table, [1, 2, 3, 5, 8, 20])
    assert curve.critical_value == pytest.approx(event_free_curve(table, [3, 5]).critical_value, abs=1e-9)
    assert curve.points[0].estimate.estimate == 1.0
    assert curve.points[0].band.low < curve.points[0].estimate.low
    assert curve.points[5].band.estimate is None
    assert curve.points[5].band.reason
    compared = compare_event_free(table, table, [1, 2, 3, 5, 8, 20])
    assert compared.points[5].band.difference.estimate is None
    assert compared.test.p_value == pytest.approx(1)


def test_arms_without_any_event_have_no_test():
    table = LifeTable([8], [0], [40])
    assert event_free_curve(table, [4, 8]).critical_value is None
    found = compare_event_free(table, table, [4, 8])
    assert (found.test.p_value, found.critical_value) == (None, None)

"""Shares with the event: the mirror image of event-free shares in all but the lift, against R and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close, reference
from scipy import stats

from abtest.stats.event_shares import compare_event_shares, event_share
from abtest.stats.fieller import ZERO_CONTROL
from abtest.stats.rates import wilson
from abtest.stats.survival import LifeTable, compare_survival
from abtest.stats.values import Rate

R = reference("survival.json")
CASES = sorted(R["two_arms"])
DAYS = np.arange(1, 11)


def pair(case):
    return [
        LifeTable(*(np.array(arm["counts"][key], dtype=int) for key in ("times", "events", "censored")))
        for arm in R["two_arms"][case]["arms"]
    ]


def excludes_zero(effect):
    return (effect.low is not None and effect.low > 0) or (effect.high is not None and effect.high < 0)


counts = st.lists(st.sampled_from([0, 0, 0, 1, 2, 7, 300]), min_size=10, max_size=10).map(np.array)
arms = st.builds(LifeTable, st.just(DAYS), counts, counts)


@pytest.mark.parametrize("case", CASES)
def test_share_with_the_event_is_one_less_r_survfit(case):
    horizon = R["two_arms"][case]["horizon"]
    for arm, table in zip(R["two_arms"][case]["arms"], pair(case), strict=True):
        found, expected = event_share(table, horizon), arm["at_horizon"]
        assert found.estimate == close(1 - expected["survival"])
        assert (found.low, found.high) == close((1 - expected["high"], 1 - expected["low"]))


@pytest.mark.parametrize("case", CASES)
def test_difference_is_the_mirror_image_and_the_bounds_of_the_lift_solve_fieller_s_equation_with_r_s_errors(case):
    horizon = R["two_arms"][case]["horizon"]
    control, treatment = (arm["at_horizon"] for arm in R["two_arms"][case]["arms"])
    found = compare_event_shares(*pair(case), horizon)
    free = compare_survival(*pair(case), horizon)
    assert found.difference.estimate == close(-free.difference.estimate)
    assert (found.difference.low, found.difference.high) == close((-free.difference.high, -free.difference.low))
    assert (found.p_value, found.statistic) == close((free.p_value, -free.statistic))
    share, other = 1 - control["survival"], 1 - treatment["survival"]
    assert found.lift.estimate == close(other / share - 1)
    for bound in (found.lift.low, found.lift.high):
        ratio = 1 + bound
        error = math.sqrt(treatment["error"] ** 2 + ratio**2 * control["error"] ** 2)
        assert abs(other - ratio * share) / error == close(stats.norm.isf(0.025), 1e-6)


@settings(max_examples=500, deadline=None)
@given(arms, arms, st.sampled_from([1, 3.5, 9, 10, 12]), st.sampled_from([0.8, 0.95, 1 - 1e-12]))
def test_p_value_difference_and_lift_never_contradict_each_other(control, treatment, horizon, confidence):
    found = compare_event_shares(control, treatment, horizon, confidence)
    free = compare_survival(control, treatment, horizon, confidence)
    assert (found.p_value is None) == (free.p_value is None)
    if found.p_value is None:
        assert found.reason == free.reason
        return
    assert found.p_value == close(free.p_value)
    assert (found.difference.low, found.difference.high) == close((-free.difference.high, -free.difference.low), 1e-7)
    significant = found.p_value < 1 - confidence
    assert excludes_zero(found.difference) == significant
    if found.lift.estimate is None:
        assert found.lift.reason
    else:
        assert excludes_zero(found.lift) == significant


def test_without_censoring_the_share_is_the_rate_and_its_lift_is_not_that_of_the_event_free_share_turned_round():
    control = LifeTable(DAYS, np.full(10, 2), np.append(np.zeros(9, int), 80))
    treatment = LifeTable(DAYS, np.full(10, 1), np.append(np.zeros(9, int), 90))
    found, free = compare_event_shares(control, treatment, 10), compare_survival(control, treatment, 10)
    assert event_share(control, 10).estimate == close(0.2)
    assert (found.difference.estimate, free.difference.estimate) == close((-0.1, 0.1))
    assert (found.lift.estimate, free.lift.estimate) == close((-0.5, 0.125))


def test_no_event_gets_wilson_s_interval_and_no_lift_over_nothing():
    nothing = LifeTable([10], [0], [50])
    some = LifeTable([3, 10], [9, 0], [0, 41])
    share, expected = event_share(nothing, 10), wilson(Rate(0, 50))
    assert (share.estimate, share.low, share.high) == close((0.0, expected.low, expected.high))
    found = compare_event_shares(nothing, some, 10)
    assert found.lift.estimate is None
    assert found.lift.reason == ZERO_CONTROL
    assert found.p_value == close(compare_survival(nothing, some, 10).p_value)
    assert compare_event_shares(nothing, nothing, 10).p_value is None


def test_an_arm_that_was_not_followed_so_far_has_a_reason():
    short, full = LifeTable([3], [1], [9]), LifeTable([3, 10], [1, 0], [0, 9])
    assert "before the horizon" in str(event_share(short, 10).reason)
    assert str(compare_event_shares(full, short, 10).reason).startswith("treatment: follow-up ends at 3")
    with pytest.raises(ValueError, match="horizon must be positive"):
        compare_event_shares(full, full, 0)
    with pytest.raises(ValueError, match="confidence"):
        compare_event_shares(full, short, 10, 1.0)

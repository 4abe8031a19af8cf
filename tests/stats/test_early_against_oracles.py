"""Checks of reading early against R's package survival, and simulated experiments."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import close, reference

from abtest.stats.early import censoring_balance, enrolment_trend
from abtest.stats.survival import LifeTable
from abtest.stats.survival_tests import log_rank

R = reference("early.json")
EMPTY = LifeTable([], [], [])


def life_table(counts):
    return LifeTable(*(np.array(counts[key], dtype=int) for key in ("times", "events", "censored")))


def tables(arms):
    return [[life_table(counts) for counts in arm] for arm in arms]


def test_trend_over_enrolment_matches_the_scores_of_r_survdiff():
    found = enrolment_trend(tables(R["tables"]))
    assert [found.statistic, found.slope] == close([R["trend"]["z"], R["trend"]["slope"]])


def test_trend_over_enrolment_is_the_exact_score_test_of_coxph():
    found = enrolment_trend(tables(R["few"]["tables"]))
    assert found.statistic**2 == close(R["few"]["exact_score"], 1e-6)
    near = enrolment_trend(tables(R["tables"])).statistic ** 2
    assert near == pytest.approx(R["trend"]["breslow_score"], rel=0.02)


def test_two_enrolment_periods_are_the_log_rank_test():
    first, second = tables(R["tables"])[0][:2]
    assert enrolment_trend([[first, second]]).p_value == close(log_rank([first, second]).p_value)


def test_balance_of_censoring_matches_r_survdiff_with_exchanged_roles():
    arms = [
        LifeTable(*(np.array(part) for part in _together(arm)))
        for arm in ([life_table(counts) for counts in arm] for arm in R["tables"])
    ]
    found = censoring_balance(*arms)
    assert [found.statistic, found.p_value] == close([R["balance"]["chi2"], R["balance"]["p"]])
    groups = censoring_balance(*(life_table(counts) for counts in R["groups"]))
    assert [groups.statistic, groups.degrees_of_freedom] == close([R["groups_balance"]["chi2"], 3.0])


def _together(parts):
    times = np.unique(np.concatenate([part.times for part in parts]))
    events, censored = np.zeros_like(times), np.zeros_like(times)
    for part in parts:
        at = np.searchsorted(times, part.times)
        events[at] += part.events
        censored[at] += part.censored
    return times, events, censored


@given(st.floats(-5, 5), st.floats(0.1, 10))
def test_where_time_starts_and_its_unit_do_not_change_the_test(start, unit):
    groups = tables(R["few"]["tables"])
    found, base = enrolment_trend(groups, [start + unit * g for g in range(4)]), enrolment_trend(groups)
    assert found.statistic == pytest.approx(base.statistic, rel=1e-9)
    assert found.slope * unit == pytest.approx(base.slope, rel=1e-9)


def test_later_enrolment_with_faster_events_has_a_positive_slope():
    slow, fast = LifeTable([1, 9], [5, 0], [0, 95]), LifeTable([1, 9], [30, 0], [0, 70])
    assert enrolment_trend([[slow, fast]]).slope > 0
    assert enrolment_trend([[fast, slow]]).slope < 0


def test_both_tests_keep_their_level_and_see_what_they_are_for():
    random, repetitions, days = np.random.default_rng(1), 1000, 28

    def experiment(late_share, drift):
        """Four weeks of enrolment, read on day 28: by arm and week."""
        arms = []
        in_control = [random.binomial(60, 0.5 if week < 2 else late_share) for week in range(4)]
        for sizes in (in_control, [60 - size for size in in_control]):
            weeks = []
            for week, units in enumerate(sizes):
                follow = days - 7 * week - random.integers(0, 7, units)
                event = random.geometric(0.03 * math.exp(drift * week), units)
                time, seen = np.minimum(event, follow), event <= follow
                at = np.arange(1, days + 1)
                counts = (np.bincount(time[mask], minlength=days + 1)[1:] for mask in (seen, ~seen))
                weeks.append(LifeTable(at, *counts))
            arms.append(weeks)
        trend = enrolment_trend(arms).p_value
        balance = censoring_balance(*(LifeTable(*_together(weeks)) for weeks in arms)).p_value
        return trend < 0.05, balance < 0.05

    null = np.mean([experiment(0.5, 0.0) for _ in range(repetitions)], axis=0)
    assert np.all(np.abs(null - 0.05) < 3 * math.sqrt(0.05 * 0.95 / repetitions))
    drifting, uneven = (np.mean([experiment(*case) for _ in range(60)], axis=0) for case in ((0.5, 0.5), (0.15, 0.0)))
    assert drifting[0] > 0.8
    assert uneven[1] > 0.9


@pytest.mark.parametrize("arms", [[[EMPTY, EMPTY]], [[EMPTY]], [[LifeTable([1], [4], [2])]]])
def test_without_two_periods_at_risk_there_is_a_reason(arms):
    found = enrolment_trend(arms)
    assert (found.statistic, found.p_value) == (None, None)
    assert "two enrolment periods" in str(found.reason)


def test_an_arm_that_enrolled_nobody_in_a_period_adds_nothing():
    full = tables(R["tables"])[0]
    with_empty = enrolment_trend([full, [EMPTY] * 4])
    assert with_empty == enrolment_trend([full])


@pytest.mark.parametrize(
    ("arms", "scores", "words"),
    [
        ([], None, "no arm"),
        ([[]], None, "same enrolment periods"),
        ([[EMPTY], [EMPTY, EMPTY]], None, "same enrolment periods"),
        ([[EMPTY]], [1, 2], "scores"),
        ([[EMPTY]], [math.nan], "scores"),
    ],
)
def test_impossible_input_is_refused(arms, scores, words):
    with pytest.raises(ValueError, match=words):
        enrolment_trend(arms, scores)

"""Time to an event at the edges: coherent answers, reasons instead of NaN, refusals, coverage and false alarms."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close

from abtest.stats.competing import CompetingTable, compare_incidence, cumulative_incidence, incidence_at
from abtest.stats.cox import compare_hazards, proportional_hazards
from abtest.stats.rates import wilson
from abtest.stats.rmst import compare_rmst, rmst
from abtest.stats.survival import (
    NO_UNITS,
    LifeTable,
    compare_survival,
    hazard_terms,
    kaplan_meier,
    median_survival,
    survival_at,
)
from abtest.stats.survival_tests import log_rank, stratified_log_rank
from abtest.stats.values import Rate

DAYS = np.arange(1, 11)
NOTHING = np.zeros(10, dtype=int)


def arm(events=None, censored=None):
    """A life table of ten days from {day: count}."""
    counts = [NOTHING.copy(), NOTHING.copy()]
    for column, given_counts in zip(counts, (events, censored), strict=True):
        for day, count in (given_counts or {}).items():
            column[day - 1] = count
    return LifeTable(DAYS, *counts)


counts = st.lists(st.sampled_from([0, 0, 0, 1, 2, 7, 300]), min_size=10, max_size=10).map(np.array)
arms = st.builds(LifeTable, st.just(DAYS), counts, counts)


def excludes_nothing(effect, null=0.0):
    return (effect.low is not None and effect.low > null) or (effect.high is not None and effect.high < null)


@settings(max_examples=500, deadline=None)
@given(arms, arms, st.sampled_from([1, 3.5, 9, 10, 12]), st.sampled_from([0.8, 0.95, 1 - 1e-12]))
def test_p_value_difference_and_lift_never_contradict_each_other(control, treatment, horizon, confidence):
    for compare, limit in ((compare_survival, 1), (compare_rmst, horizon)):
        found = compare(control, treatment, horizon, confidence)
        mirrored = compare(treatment, control, horizon, confidence)
        if found.p_value is None:
            assert found.reason
            assert found.difference.low is None
            continue
        significant = found.p_value < 1 - confidence
        assert excludes_nothing(found.difference) == significant
        if found.lift.estimate is not None:
            assert excludes_nothing(found.lift) == significant
        else:
            assert found.lift.reason
        assert -limit <= found.difference.low <= found.difference.estimate <= found.difference.high <= limit
        assert mirrored.p_value == close(found.p_value)
        assert mirrored.difference.low == close(-found.difference.high)


@settings(max_examples=150, deadline=None)
@given(arms, arms, st.sampled_from([0.8, 0.95]))
def test_hazard_ratio_has_a_finite_answer_or_a_reason(control, treatment, confidence):
    found = compare_hazards(control, treatment, confidence)
    back = compare_hazards(treatment, control, confidence)
    if found.p_value is None:
        assert found.reason
        assert back.p_value is None
        assert proportional_hazards(control, treatment).reason
        return
    assert excludes_nothing(found.logarithm) == (found.p_value < 1 - confidence)
    assert back.logarithm.estimate == pytest.approx(-found.logarithm.estimate, rel=1e-9, abs=1e-9)
    assert back.likelihood_ratio.statistic == pytest.approx(found.likelihood_ratio.statistic, rel=1e-7, abs=1e-9)
    shape = proportional_hazards(control, treatment)
    assert shape.reason or 0 <= shape.p_value <= 1


@settings(max_examples=200, deadline=None)
@given(st.lists(arms, min_size=2, max_size=4))
def test_log_rank_does_not_depend_on_the_order_of_the_arms(tables):
    there, back = log_rank(tables), log_rank(tables[::-1])
    assert there.degrees_of_freedom == back.degrees_of_freedom
    if there.statistic is None:
        assert there.reason
    else:
        assert there.statistic == pytest.approx(back.statistic, rel=1e-7, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(arms, counts, st.sampled_from([1, 5, 10]))
def test_incidences_of_all_causes_and_the_free_share_sum_to_one(table, other, horizon):
    both = CompetingTable(DAYS, np.stack([table.events, other]), table.censored)
    free = kaplan_meier(both.any_cause).survival
    curves = [cumulative_incidence(both, cause).incidence for cause in (0, 1)]
    assert [sum(parts) for parts in zip(free, *curves, strict=True)] == close([1.0] * len(free))
    found = incidence_at(both, 0, horizon)
    assert found.reason or 0 <= found.low <= found.estimate <= found.high <= 1
    compared = compare_incidence(
        both, CompetingTable(DAYS, np.stack([other, table.events]), table.censored), 0, horizon
    )
    assert compared.reason or excludes_nothing(compared.difference) == (compared.p_value < 0.05)


def test_no_event_in_either_arm_gives_estimates_and_a_reason():
    control, treatment = arm(censored={10: 500}), arm(censored={10: 400, 4: 30})
    share, mean = compare_survival(control, treatment, 10), compare_rmst(control, treatment, 10)
    assert (share.difference.estimate, mean.difference.estimate) == (0, 0)
    for found in (share, mean):
        assert found.p_value is None
        assert "no variation" in str(found.reason)
    assert log_rank([control, treatment]).reason
    assert "no event" in str(compare_hazards(control, treatment).reason)
    assert survival_at(treatment, 10) == wilson(Rate(400, 400))  # the 30 lost on day 4 are not known at day 10
    assert rmst(control, 10).estimate == 10
    assert rmst(control, 10).reason
    assert median_survival(control).estimate is None


def test_a_small_arm_without_events_is_not_taken_for_certain():
    """50 of 10,000 against 0 of 100: half an event was expected. Greenwood's variance alone would say z = 7."""
    treatment = arm(events={5: 50}, censored={10: 9950})
    small = compare_survival(arm(censored={10: 100}), treatment, 10)
    pooled = 50 / 10_100
    variance = pooled * (1 - pooled) / 100 + 0.005 * 0.995 / 10_000
    assert small.statistic == close(-0.005 / math.sqrt(variance))
    assert small.p_value > 0.4
    assert compare_rmst(arm(censored={10: 100}), treatment, 10).p_value > 0.4
    assert compare_survival(arm(censored={10: 10_000}), treatment, 10).p_value < 1e-6


def test_no_event_in_one_arm_makes_the_hazard_ratio_infinite_but_not_its_score_test():
    control, treatment = arm(events={2: 5, 3: 4}, censored={10: 91}), arm(censored={10: 100})
    found = compare_hazards(control, treatment)
    assert found.ratio.estimate is None
    assert "treatment has no event" in str(found.reason)
    assert found.score.p_value < 0.01
    assert proportional_hazards(control, treatment).reason == found.reason


def test_everybody_having_the_event_is_a_share_of_zero_not_nan():
    gone, half = arm(events={3: 40}), arm(events={5: 20}, censored={10: 20})
    assert survival_at(gone, 10) == wilson(Rate(0, 40))
    assert compare_survival(gone, half, 10).p_value < 1e-5
    assert compare_survival(gone, half, 10).lift.reason
    assert compare_rmst(gone, half, 10).difference.estimate == 7.5 - 3
    assert rmst(gone, 10).estimate == 3
    # Follow-up of 3 days is enough for any horizon when nobody is left.
    assert rmst(LifeTable([3], [40], [0]), 365).estimate == 3
    all_of_cause = CompetingTable([1, 2], [[3, 5], [0, 0]], [2, 0])
    assert incidence_at(all_of_cause, 0, 2).estimate == 1
    assert incidence_at(all_of_cause, 1, 2).estimate == 0


def test_nothing_is_said_beyond_the_follow_up():
    short, long = arm(events={2: 5}, censored={6: 95}), arm(events={2: 5}, censored={10: 95})
    for found in (survival_at(short, 7), rmst(short, 7)):
        assert found.estimate is None
        assert str(found.reason) == "follow-up ends at 6, before the horizon of 7"
    for compare in (compare_survival, compare_rmst):
        assert str(compare(long, short, 7).reason) == "treatment: follow-up ends at 6, before the horizon of 7"
        assert str(compare(short, long, 7).reason).startswith("control: ")
        assert compare(long, short, 6).p_value == 1
    assert str(compare_survival(arm(), long, 7).reason) == "the control has no units"
    assert survival_at(arm(), 7).reason == median_survival(arm()).reason == NO_UNITS
    assert kaplan_meier(short).times[-1] == 6


def test_a_bound_of_the_median_that_is_missing_is_said_and_no_other_is():
    whole = median_survival(arm(dict.fromkeys(range(1, 11), 30)))
    assert (whole.low, whole.high, whole.reason) == (5, 6, None)
    few = median_survival(arm({1: 1, 2: 1, 3: 1}, {10: 2}))
    assert few.estimate is not None
    assert few.high is None
    assert few.reason is not None
    assert few.reason.code == "why-bound-above-half"


def test_a_median_inside_a_level_step_is_the_middle_of_the_step():
    assert median_survival(LifeTable([1, 2, 3, 8], [1, 1, 0, 1], [0, 0, 0, 1])).estimate == 5
    last = median_survival(LifeTable([2, 6], [2, 0], [0, 2]))
    assert (last.estimate, last.high) == (4, None)
    assert last.reason


def test_day_zero_counts_as_no_time_at_all():
    assert rmst(LifeTable([0, 4], [5, 5], [0, 0]), 4).estimate == 2


def test_a_billion_units_over_a_year_cost_no_more_than_a_thousand_and_keep_their_digits():
    days, rate = np.arange(1, 366), 1e-4
    at_start = 10**9 * (1 - rate) ** (days - 1)
    events = [np.round(at_start * rate * tilt).astype(int) for tilt in (1.0, 1.001)]
    tables = [LifeTable(days, e, np.where(days == 365, 10**9 - e.sum(), 0)) for e in events]
    started = time.perf_counter()
    hazards = compare_hazards(*tables)
    found = [compare_survival(*tables, 365), compare_rmst(*tables, 365)]
    assert time.perf_counter() - started < 2
    # Almost without censoring: the share is a proportion, and log(hazard ratio) is that of −log S.
    left = [1 - e.sum() / 10**9 for e in events]
    assert found[0].difference.estimate == close(left[1] - left[0])
    assert hazards.logarithm.estimate == pytest.approx(math.log(math.log(left[1]) / math.log(left[0])), rel=1e-3)
    assert hazards.standard_error == pytest.approx(math.sqrt(sum(1 / e.sum() for e in events)), rel=1e-3)
    assert hazards.likelihood_ratio.statistic == pytest.approx(hazards.statistic**2, rel=1e-3)
    assert hazards.score.statistic == pytest.approx(log_rank(tables).statistic, rel=1e-3)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (([1, 1], [1, 1], [0, 0]), "times must rise"),
        (([2, 1], [1, 1], [0, 0]), "times must rise"),
        (([-1, 1], [1, 1], [0, 0]), "times must not be negative"),
        (([1, 2], [1, -1], [0, 0]), "events must not be negative"),
        (([1, 2], [1, 1], [0, 0.5]), "censored must be whole numbers"),
        (([1, 2], [1, 1], [0]), "censored must have one count per time"),
        (([1, 2], [[1, 1]], [0, 0]), "events must have 1 dimension"),
        (([1, 2], [1, float("nan")], [0, 0]), "events must be whole numbers"),
    ],
)
def test_impossible_tables_are_refused_by_name(bad, message):
    with pytest.raises(ValueError, match=message):
        LifeTable(*bad)


@pytest.mark.parametrize("horizon", [0, -1, math.nan, math.inf])
def test_impossible_horizons_levels_and_causes_are_refused(horizon):
    table = arm(events={2: 5}, censored={10: 5})
    for ask in (survival_at, rmst):
        with pytest.raises(ValueError, match="horizon"):
            ask(table, horizon)
        with pytest.raises(ValueError, match="confidence"):
            ask(table, 10, 95)
    for compare in (compare_survival, compare_rmst):
        with pytest.raises(ValueError, match="horizon"):
            compare(table, table, horizon)
        with pytest.raises(ValueError, match="confidence"):
            compare(table, arm(), 10, 1.0)
    with pytest.raises(ValueError, match="cause"):
        cumulative_incidence(CompetingTable([1], [[1]], [0]), 1)
    with pytest.raises(ValueError, match="one count per time"):
        CompetingTable([1, 2], [[1]], [0, 0])
    with pytest.raises(ValueError, match="same arms"):
        stratified_log_rank([[table, table], [table]])


def test_counts_cannot_be_changed_after_they_were_checked():
    table = arm(events={2: 5})
    with pytest.raises(ValueError, match="read-only"):
        table.events[0] = 3


@pytest.mark.parametrize("tilt", [1.0, 0.7])
def test_intervals_of_shares_and_means_cover_at_moderate_sizes(tilt):
    """250 and 200 units, a third of them censored before day 30: coverage within three Monte-Carlo errors of 95 %."""
    random, runs, horizon, daily = np.random.default_rng(21), 1200, 30, 0.03
    rates = daily, daily * tilt
    truth = [
        (1 - rates[1]) ** horizon - (1 - rates[0]) ** horizon,
        sum((1 - rates[1]) ** day - (1 - rates[0]) ** day for day in range(horizon)),
    ]
    covered = np.zeros(2)
    days = np.arange(1, 61)
    for _ in range(runs):
        tables = []
        for n, rate in zip((250, 200), rates, strict=True):
            event, lost = random.geometric(rate, n), random.integers(10, 61, n)
            day, happened = np.minimum(event, lost), event <= lost
            tables.append(
                LifeTable(days, *(np.bincount(day[mask], minlength=61)[1:] for mask in (happened, ~happened)))
            )
        for k, compare in enumerate((compare_survival, compare_rmst)):
            found = compare(*tables, horizon).difference
            covered[k] += found.low <= truth[k] <= found.high
    assert np.abs(covered / runs - 0.95).max() < 3 * math.sqrt(0.95 * 0.05 / runs)


def test_greenwoods_term_counts_where_one_is_left_and_not_where_nobody_is():
    # d/(n(n − d)) by hand: 2/(3 · 1), 1/(4 · 3); and 0 where all have the event.
    found = hazard_terms(np.array([3.0, 4.0, 2.0]), np.array([2.0, 1.0, 2.0]))
    assert found.tolist() == pytest.approx([2 / 3, 1 / 12, 0.0])

"""Customer value by arm: days grouped into periods against rows, Fader & Hardie's customers, and the edges."""

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abtest import load
from abtest.analysis.worth import by_period, last_observed, projected_periods, projected_share, value_result
from abtest.moments.sums import CompetingLifetimes, Lifetimes, MetricMoments, Sums
from abtest.stats.lifetime_value import compare_values, value_of
from abtest.stats.sbg import fit_table
from abtest.stats.survival import LifeTable, share_at

R = json.loads((Path(__file__).parents[1] / "reference" / "sbg.json").read_text())
WEEK = 7


def definition(arms=2, competing=()):
    """An experiment on leaving within 12 weeks, with a margin of 10 a week."""
    sources = {name: {"at": "at"} for name in ("churns", *competing)}
    return load(
        {
            "name": "drip",
            "unit": "id",
            "arms": [{"name": f"arm{i}", "control": i == 0} for i in range(arms)],
            "data": {"assignments": {"at": "at"}, **sources},
            "metrics": {
                "left": {
                    "role": "primary",
                    "type": "time_to_event",
                    "event": "churns",
                    "competing": list(competing),
                    "horizon": "84d",
                }
            },
            "value": {"metric": "left", "margin": 10, "unit": "EUR", "period": "7d", "horizon": 12},
        }
    ).definition


def changed(arms=2, **value):
    """The same with another ``value``."""
    defined = definition(arms)
    return defined.model_copy(update={"value": defined.value.model_copy(update=value)})


def worth(defined, *arms, **further):
    """The value of arms given as life tables in days."""
    given_arms = tuple(Lifetimes(*(tuple(int(c) for c in part) for part in arm)) for arm in arms)
    found = MetricMoments(
        defined.outcome("left"), False, (Sums.empty(["y"], [1]),) * len(arms), lifetimes=given_arms, **further
    )
    return value_result(defined, {"left": found})


def weekly(lost, end=None):
    """1,000 customers of whom ``lost`` leave on the fourth day of each week, all followed to the end."""
    days = [WEEK * week + 4 for week in range(len(lost))]
    end = end or WEEK * len(lost)
    return [*days, end], [*lost, 0], [*[0] * len(lost), 1000 - sum(lost)]


def table(times, events, censored):
    return LifeTable(np.array(times, int), np.array(events, int), np.array(censored, int))


def days_of(rows, last):
    """A life table by the day from rows of (day, had the event)."""
    days = np.arange(1, last + 1)
    events, censored = (
        np.array([sum(day == d and had is kind for day, had in rows) for d in days]) for kind in (True, False)
    )
    return LifeTable(days, events, censored)


# ---- Days into periods.

rows_ = st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.integers(1, 5)), min_size=5, max_size=60)


@settings(max_examples=200, deadline=None)
@given(rows_, st.integers(1, 8))
def test_periods_are_counts_of_rows_where_nobody_is_lost_from_view_inside_a_period(rows, length):
    # Whoever has no event was last seen at the end of a period; some are there to the end.
    units = [(day if had else -(-day // length) * length, had) for day, had, n in rows for _ in range(n)]
    last = -(-40 // length)
    units += [(last * length, False)] * 3
    found = by_period(days_of(units, last * length), length, last)
    lost, kept = [0] * (last + 1), [0] * (last + 1)
    for day, had in units:
        if had:
            lost[math.ceil(day / length)] += 1
        else:
            kept[day // length] += 1
    assert found.times.tolist() == list(range(1, last + 1))
    assert found.events.tolist() == lost[1:]
    assert found.censored.tolist() == kept[1:]


def test_a_unit_followed_beyond_the_last_period_was_last_seen_at_its_end():
    found = by_period(table([3, 8, 20], [2, 1, 4], [0, 0, 33]), 7, 2)
    assert (found.events.tolist(), found.censored.tolist()) == ([2, 1], [0, 37])


def test_a_loss_on_the_last_day_of_a_period_belongs_to_it():
    found = by_period(table([7, 8, 14], [5, 3, 0], [0, 0, 40]), 7, 2)
    assert found.events.tolist() == [5, 3]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 14), st.floats(0.002, 0.05), st.integers(60, 3000))
def test_with_ends_inside_periods_shares_and_errors_are_kaplan_meier_s_by_the_day(seed, length, hazard, count):
    random = np.random.default_rng(seed)
    leaving, seen = random.geometric(hazard, count), random.integers(1, 6 * length, count)
    had = leaving <= seen
    events = np.bincount(leaving[had], minlength=6 * length)[1:]
    days = LifeTable(np.arange(1, 6 * length), events, np.bincount(seen[~had], minlength=6 * length)[1:])
    last = last_observed([days], length)
    if last == 0:
        return
    grouped = by_period(days, length, last)
    assert grouped.times.tolist() == list(range(1, last + 1))
    for period in range(1, last + 1):
        by_days, by_periods = share_at(days, period * length), share_at(grouped, period)
        assert abs(by_days.value - by_periods.value) * grouped.at_risk[period - 1] < 1
        if grouped.events[:period].sum() > 20:
            # Losses are rounded to whole customers, so the error of a few of them is too.
            assert math.sqrt(by_periods.variance) == pytest.approx(math.sqrt(by_days.variance), rel=0.1)


def test_customers_who_enter_daily_do_not_seem_to_leave_more_often():
    # Half of them are followed for less than a period of 30 days; a whole-number count would keep their losses alone.
    random, hazard, count = np.random.default_rng(3), 0.01, 200_000
    leaving, seen = random.geometric(hazard, count), random.integers(1, 61, count)
    had = leaving <= seen
    days = LifeTable(
        np.arange(1, 61), np.bincount(leaving[had], minlength=61)[1:], np.bincount(seen[~had], minlength=61)[1:]
    )
    truth = 1 - (1 - hazard) ** 30
    grouped = by_period(days, 30, 1)
    assert grouped.events[0] / grouped.n == pytest.approx(truth, abs=0.003)
    counted = had & (leaving <= 30)
    assert counted.sum() / (counted.sum() + (~counted & (seen >= 30)).sum()) > truth + 0.05


def test_the_last_period_is_that_in_which_every_arm_still_has_enough():
    many = table([7, 14, 21], [0, 0, 0], [0, 0, 1000])
    # 99 of 1,000 are less than a tenth, 100 are not; 29 are too few however small the arm.
    assert last_observed([many, table([7, 14, 21], [0, 901, 0], [0, 0, 99])], 7) == 1
    assert last_observed([many, table([7, 14, 21], [0, 900, 0], [0, 0, 100])], 7) == 3
    assert last_observed([many, table([7, 14, 20], [0, 0, 0], [0, 10, 29])], 7) == 2
    assert last_observed([table([6], [0], [500])], 7) == 0
    assert last_observed([many, table([], [], [])], 7) == 3  # an arm without anybody does not take it from the others
    assert last_observed([], 7) == 0


# ---- Value.


def test_customers_lost_by_the_week_are_worth_what_the_sum_by_hand_says():
    found = worth(definition(), weekly([100, 90, 81]), weekly([50, 40, 30]))
    assert (found.metric, found.unit, found.margin, found.period_days) == ("left", "EUR", 10, 7)
    assert (found.last_observed, found.horizon, found.discount) == (3, 12, 0)
    first, second = found.arms
    # Paid at the start of weeks 1 to 4: the fourth payment is of those who are there after three weeks.
    assert first.observed.estimate == pytest.approx(10 * (1 + 0.9 + 0.81 + 0.729))
    assert second.observed.estimate == pytest.approx(10 * (1 + 0.95 + 0.91 + 0.88))
    assert first.lifetime_observed.estimate == pytest.approx(1 + 0.9 + 0.81 + 0.729)
    # A tenth leaves each week: the model is geometric and goes on so.
    assert first.model == "geometric"
    later = sum(0.9**period for period in range(4, 12))
    assert first.extrapolated.estimate == pytest.approx(10 * later)
    assert first.total.estimate == pytest.approx(first.observed.estimate + first.extrapolated.estimate)
    assert first.lifetime_total.estimate == pytest.approx(sum(0.9**period for period in range(12)))
    assert second.model == "shifted beta-geometric"
    (comparison,) = found.comparisons
    assert comparison.observed.estimate == pytest.approx(second.observed.estimate - first.observed.estimate)
    assert comparison.total.estimate == pytest.approx(second.total.estimate - first.total.estimate)
    assert comparison.observed_p_value < 0.001


def test_fader_and_hardie_s_customers_have_the_published_parameters_and_r_s_residual():
    case = R["fits"]["high_end"]
    days = [WEEK * year + 4 for year in range(7)]
    arm = ([*days, 49], [*case["lost"], 0], [*[0] * 7, case["kept"][-1]])
    regular = R["fits"]["regular"]
    other = ([*days, 49], [*regular["lost"], 0], [*[0] * 7, regular["kept"][-1]])
    found = worth(definition(), arm, other)
    assert found.last_observed == 7
    assert [round(a.alpha.estimate, 3) for a in found.arms] == [0.668, 0.704]
    assert [round(a.beta.estimate, 3) for a in found.arms] == [3.806, 1.182]
    survival = R["fits"]["high_end"]["survival"]
    kept = 491 / 1000
    for point in found.arms[0].projection:
        assert point.extrapolated == (point.period > 7)
        if point.extrapolated:
            assert point.share == pytest.approx(kept * survival[point.period] / survival[7], rel=1e-5)
            assert point.low < point.share < point.high
    assert found.arms[0].projection[7].share == pytest.approx(kept)
    assert [point.period for point in found.arms[0].projection] == list(range(13))
    # What happened in the five years that the fit did not see.
    for point in found.arms[0].projection[8:]:
        assert point.low < R["survivors"]["high_end"][point.period] / 100 < point.high


@pytest.mark.parametrize("lost", [[131, 126, 90, 60, 42, 34, 26], [100, 90, 81, 73]])
def test_projected_shares_and_their_errors_are_those_of_the_projected_value(lost):
    grouped = by_period(table(*weekly(lost)), WEEK, len(lost))
    fitted, last = fit_table(grouped), len(lost)
    share = share_at(grouped, last).value
    shares = [projected_share(fitted, share, period, 0.95) for period in range(last + 1, last + 31)]
    for count in (1, 5, 30):
        whole = value_of(grouped, 1.0, last + 1 + count)
        assert sum(point.estimate for point in shares[:count]) == pytest.approx(whole.extrapolated.estimate.estimate)
    variance = value_of(grouped, 1.0, last + 2).extrapolated.variance
    next_one = shares[0]
    stretch = math.log(-math.log(next_one.low)) - math.log(-math.log(next_one.estimate))
    error = stretch * -math.log(next_one.estimate) * next_one.estimate / stats.norm.isf(0.025)
    assert error**2 == pytest.approx(variance, rel=1e-6)


def test_the_comparison_is_that_of_the_statistics_at_the_definition_s_confidence():
    defined = changed(discount=0.01)
    defined = defined.model_copy(update={"analysis": defined.analysis.model_copy(update={"confidence": 0.9})})
    arms = weekly([131, 126, 90, 60, 42]), weekly([100, 90, 70, 55, 40])
    found = worth(defined, *arms)
    values = [value_of(by_period(table(*arm), 7, 5), 10, 12, discount=0.01, confidence=0.9) for arm in arms]
    wanted = compare_values(*values, 0.9)
    (comparison,) = found.comparisons
    for got, expected in (
        (comparison.observed, wanted.observed),
        (comparison.extrapolated, wanted.extrapolated),
        (comparison.total, wanted.total),
    ):
        assert (got.estimate, got.low, got.high) == (
            expected.difference.estimate,
            expected.difference.low,
            expected.difference.high,
        )
    assert (comparison.observed_p_value, comparison.total_p_value) == (wanted.observed.p_value, wanted.total.p_value)
    assert found.arms[0].lifetime_total.estimate > found.arms[0].total.estimate / 10  # lifetimes are not discounted


def test_without_a_horizon_the_discount_ends_the_value_but_a_lifetime_may_be_infinite():
    loyal = [131, 126, 90, 60, 42, 34, 26]  # α = 0.668: no finite mean
    found = worth(changed(horizon=None, discount=0.1), *[weekly(loyal)] * 2)
    arm = found.arms[0]
    assert found.horizon is None
    assert arm.total.estimate is not None
    assert arm.lifetime_total.estimate is None
    assert "infinite" in arm.lifetime_total.reason
    assert arm.lifetime_observed.estimate is not None
    assert [point.period for point in arm.projection] == list(range(60))


def test_a_horizon_within_the_observed_periods_needs_no_model():
    found = worth(changed(horizon=2), weekly([100, 90, 81]), weekly([50, 40, 30]))
    arm = found.arms[0]
    assert arm.observed.estimate == arm.total.estimate == pytest.approx(10 * 1.9)
    assert arm.extrapolated.estimate == 0
    assert "nothing is projected" in arm.extrapolated.reason
    assert [(point.period, point.extrapolated) for point in arm.projection] == [(0, False), (1, False), (2, False)]


def test_a_customer_lost_by_a_competing_cause_is_lost():
    defined = definition(competing=("bounces",))
    days, events, censored = weekly([100, 90, 81])
    split = [[n // 2 for n in events], [n - n // 2 for n in events]]
    arm = CompetingLifetimes(tuple(days), tuple(map(tuple, split)), tuple(censored))
    found = value_result(
        defined,
        {"left": MetricMoments(defined.outcome("left"), False, (Sums.empty(["y"], [1]),) * 2, competing=(arm, arm))},
    )
    assert found.arms[0].observed.estimate == pytest.approx(10 * (1 + 0.9 + 0.81 + 0.729))


# ---- Edges.


def test_nothing_is_asked_for_and_nothing_is_answered():
    defined = definition()
    without = defined.model_copy(update={"value": None})
    assert worth(without, weekly([100, 90]), weekly([50, 40])) is None
    assert value_result(defined, {}) is None


def test_no_loss_leaves_the_observed_part_without_a_model():
    found = worth(definition(), weekly([0, 0, 0]), weekly([50, 40, 30]))
    still = found.arms[0]
    assert still.observed.estimate == pytest.approx(40)
    assert (still.model, still.extrapolated.estimate, still.total.estimate) == (None, None, None)
    assert "no customer was lost" in still.reason
    assert still.projection[3].share == 1
    assert still.projection[4].share is None
    (comparison,) = found.comparisons
    assert comparison.observed.estimate == pytest.approx(10 * (1 + 0.95 + 0.91 + 0.88) - 40)
    assert comparison.total.estimate is None
    assert comparison.total.reason


def test_an_empty_arm_has_a_reason_and_the_other_two_are_compared():
    found = worth(definition(arms=3), weekly([100, 90, 81]), ([], [], []), weekly([50, 40, 30]))
    assert found.last_observed == 3
    assert (found.arms[1].customers, found.arms[1].observed.estimate) == (0, None)
    assert found.arms[1].reason
    assert found.comparisons[0].observed.reason
    assert found.comparisons[1].observed_p_value < 0.001


@pytest.mark.parametrize(
    "arm",
    [
        ([4], [1000], [0]),  # all lost in the first period
        ([6], [0], [1000]),  # followed for less than a period
        ([4, 21], [980, 0], [0, 20]),  # too few left
    ],
)
def test_when_an_arm_observes_no_period_no_arm_has_a_value(arm):
    found = worth(definition(), weekly([100, 90, 81]), arm)
    assert found.last_observed == 0
    for each in found.arms:
        assert (each.customers, each.total.estimate, each.projection) == (1000, None, [])
        assert "no period is observed" in each.reason
    assert found.comparisons[0].total.estimate is None


def test_one_observed_period_cannot_be_projected():
    found = worth(definition(), weekly([100]), weekly([50]))
    assert found.arms[0].observed.estimate == pytest.approx(19)
    assert found.arms[0].extrapolated.estimate is None
    assert "one period only" in found.arms[0].reason


@given(st.one_of(st.none(), st.integers(1, 1200)), st.integers(1, 500))
def test_at_most_sixty_periods_are_shown_with_the_last_observed_and_the_horizon(horizon, last):
    periods = projected_periods(horizon, last)
    assert len(periods) <= 60
    assert periods == sorted(set(periods))
    assert periods[0] == 0
    assert horizon is None or periods[-1] == horizon
    assert last in periods or (horizon is not None and last > horizon)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from([0, 0, 1, 3, 40]), st.sampled_from([0, 0, 1, 60])), min_size=28, max_size=28
        ),
        min_size=2,
        max_size=3,
    ),
    st.sampled_from([1, 3, 12, 200]),
)
def test_whatever_the_counts_there_is_a_value_or_a_reason(arms, horizon):
    days = tuple(range(1, 29))
    counts = [(days, [e for e, _ in arm], [c for _, c in arm]) for arm in arms]
    found = worth(changed(len(arms), horizon=horizon), *counts)
    for arm in found.arms:
        for part in (arm.observed, arm.extrapolated, arm.total, arm.lifetime_total):
            assert part.estimate is not None or part.reason
        shares = [point.share for point in arm.projection if point.share is not None]
        assert all(later <= earlier + 1e-12 for earlier, later in pairwise(shares))
        assert all(0 <= share <= 1 for share in shares)

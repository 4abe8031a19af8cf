"""Times to an event as results: against R's package survival, counts by hand, and at the edges."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest import load
from abtest.analysis.survival import curve_ends, survival_curves, survival_result
from abtest.moments.sums import CompetingLifetimes, Lifetimes, MetricMoments, Sums
from abtest.stats.competing import CompetingTable, compare_incidence
from abtest.stats.event_shares import compare_event_shares
from abtest.stats.rates import wilson
from abtest.stats.survival import LifeTable, compare_survival
from abtest.stats.survival_tests import log_rank
from abtest.stats.values import Rate

R = json.loads((Path(__file__).parents[1] / "reference" / "survival.json").read_text())


def definition(arms=2, horizon=20, competing=(), landmarks=(), **settings_):
    """An experiment with one time to an event in days; the first arm is the control."""
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
                    "landmarks": [f"{day}d" for day in landmarks],
                    "horizon": f"{horizon}d",
                }
            },
            **settings_,
        }
    ).definition


def moments(defined, lifetimes=None, **further):
    outcome = defined.outcome("left")
    return MetricMoments(outcome, False, (Sums.empty(["y"], [1]),) * len(defined.arms), lifetimes=lifetimes, **further)


def lifetimes(counts):
    return Lifetimes(*(tuple(counts[key]) for key in ("times", "events", "censored")))


def of_case(case):
    return tuple(lifetimes(arm["counts"]) for arm in R["two_arms"][case]["arms"])


def table(arm):
    return LifeTable(np.array(arm.days, int), np.array(arm.events, int), np.array(arm.censored, int))


def causes(counts):
    """An arm of a study with competing causes, as the warehouse gives it."""
    return CompetingLifetimes(
        tuple(counts["times"]), tuple(tuple(row) for row in counts["events"]), tuple(counts["censored"])
    )


def results(defined, found):
    return survival_result(defined, "left", found)


@pytest.mark.parametrize("case", ["freireich", "veteran", "colon"])
def test_log_rank_hazard_ratio_medians_and_shares_match_r(case):
    expected = R["two_arms"][case]
    defined = definition(horizon=expected["horizon"])
    found = results(defined, moments(defined, of_case(case)))
    assert found.log_rank.statistic == pytest.approx(expected["log_rank"]["chi2"])
    assert found.log_rank.p_value == pytest.approx(expected["log_rank"]["p"])
    (hazard,) = found.hazards
    assert (hazard.arm, hazard.control) == ("arm1", "arm0")
    assert np.log([hazard.ratio.estimate, hazard.ratio.low, hazard.ratio.high]) == pytest.approx(
        [expected["cox"]["log_hazard_ratio"], *expected["cox"]["interval"]], rel=1e-6
    )
    assert hazard.p_value == pytest.approx(expected["cox"]["p"], rel=1e-6)
    assert hazard.proportionality_p_value == pytest.approx(expected["cox"]["zph"][1], rel=1e-6)
    assert [[m.median, m.low, m.high] for m in found.medians] == [arm["median"] for arm in expected["arms"]]
    (landmark,) = found.landmarks
    assert (landmark.day, landmark.cause) == (expected["horizon"], None)
    for arm, wanted in zip(landmark.arms, expected["arms"], strict=True):
        at = wanted["at_horizon"]
        assert [arm.value, arm.low, arm.high] == pytest.approx([1 - at["survival"], 1 - at["high"], 1 - at["low"]])
        assert arm.n == sum(wanted["counts"]["events"]) + sum(wanted["counts"]["censored"])
    assert (found.stratified_log_rank, found.competing) == (None, [])


def test_freireich_s_published_numbers_come_out():
    defined = definition()
    found = results(defined, moments(defined, of_case("freireich")))
    assert found.log_rank.statistic == pytest.approx(16.79294099, abs=1e-8)
    assert np.log(found.hazards[0].ratio.estimate) == pytest.approx(-1.5721251, abs=1e-7)
    assert [median.median for median in found.medians] == [8, 23]


def test_strata_and_three_arms_match_r_survdiff():
    expected = R["log_ranks"]["three_groups_two_strata"]
    strata = [tuple(lifetimes(arm) for arm in stratum) for stratum in expected["strata"]]
    together = tuple(lifetimes(arm) for arm in R["log_ranks"]["three_groups"]["strata"][0])
    defined = definition(arms=3, horizon=1000)
    found = results(defined, moments(defined, together, lifetimes_of={str(n): arms for n, arms in enumerate(strata)}))
    assert found.log_rank.statistic == pytest.approx(R["log_ranks"]["three_groups"]["chi2"])
    assert found.log_rank.degrees_of_freedom == 2
    assert found.stratified_log_rank.statistic == pytest.approx(expected["chi2"])
    assert found.stratified_log_rank.p_value == pytest.approx(expected["p"])
    assert [(hazard.arm, hazard.control) for hazard in found.hazards] == [("arm1", "arm0"), ("arm2", "arm0")]


def test_landmarks_are_the_declared_days_and_the_horizon_once_each():
    defined = definition(landmarks=(7, 20))
    found = results(defined, moments(defined, of_case("freireich")))
    assert [landmark.day for landmark in found.landmarks] == [7, 20]
    control, treatment = (table(arm) for arm in of_case("freireich"))
    for landmark in found.landmarks:
        (comparison,) = landmark.comparisons
        wanted = compare_event_shares(control, treatment, landmark.day)
        assert comparison.difference.estimate == wanted.difference.estimate < 0  # fewer relapses, as a share with
        assert (comparison.lift.low, comparison.p_value) == (wanted.lift.low, wanted.p_value)


def test_the_control_need_not_be_the_first_arm():
    defined = definition()
    swapped = load(
        {
            **defined.model_dump(mode="json", exclude_defaults=True, exclude={"metrics", "arms"}),
            "arms": [{"name": "new"}, {"name": "old", "control": True}],
            "metrics": {"left": {"role": "primary", "type": "time_to_event", "event": "churns", "horizon": "20d"}},
        }
    ).definition
    placebo, treated = of_case("freireich")
    found = results(swapped, moments(swapped, (treated, placebo)))
    assert (found.hazards[0].arm, found.hazards[0].control) == ("new", "old")
    assert np.log(found.hazards[0].ratio.estimate) == pytest.approx(-1.5721251, abs=1e-7)


# ---- Competing causes.


def test_shares_of_competing_causes_match_r_and_are_named_by_their_sources():
    arms = R["competing"]["small"]
    defined = definition(horizon=5, landmarks=(4,), competing=("bounces",))
    found = results(defined, moments(defined, competing=tuple(causes(arm) for arm in arms)))
    assert found.competing == ["bounces"]
    assert [(landmark.day, landmark.cause) for landmark in found.landmarks] == [
        (4, "churns"),
        (4, "bounces"),
        (5, "churns"),
        (5, "bounces"),
    ]
    for cause, landmark in enumerate(found.landmarks[:2]):
        for arm, wanted in zip(landmark.arms, arms, strict=True):
            at = wanted["at_horizon"]
            assert [arm.value, arm.low, arm.high] == pytest.approx([at[k][cause] for k in ("incidence", "low", "high")])
            assert arm.n == 8
        tables = [CompetingTable(*(np.array(arm[k]) for k in ("times", "events", "censored"))) for arm in arms]
        wanted = compare_incidence(*tables, cause, 4)
        assert landmark.comparisons[0].difference.estimate == wanted.difference.estimate
        assert landmark.comparisons[0].p_value == wanted.p_value
    assert all(median.median is None and "preclude" in median.reason for median in found.medians)


def test_hazards_of_a_cause_take_the_others_for_ends_of_follow_up():
    arms = R["competing"]["gammopathy"]
    defined = definition(horizon=120, competing=("bounces",))
    own = [
        LifeTable(
            np.array(arm["times"]),
            np.array(arm["events"][0]),
            np.array(arm["censored"]) + np.array(arm["events"][1:]).sum(axis=0),
        )
        for arm in arms
    ]
    followed = tuple(Lifetimes(*(tuple(part.tolist()) for part in (t.times, t.events, t.censored))) for t in own)
    given = tuple(causes(arm) for arm in arms)
    found = results(defined, moments(defined, followed, lifetimes_of={"all": followed}, competing=given))
    assert found.log_rank.statistic == found.stratified_log_rank.statistic == log_rank(own).statistic
    assert "ends of follow-up" in found.log_rank.method
    assert "ends of follow-up" in found.stratified_log_rank.method


def test_shares_of_all_causes_and_the_event_free_share_sum_to_one_on_every_day():
    defined = definition(horizon=5, competing=("bounces",))
    found = moments(defined, competing=tuple(causes(arm) for arm in R["competing"]["small"]))
    free, *incidences = survival_curves(defined, "left", found, "Left")
    assert (free.kind, free.cause) == ("event-free", None)
    assert [(curve.kind, curve.cause) for curve in incidences] == [("incidence", "churns"), ("incidence", "bounces")]
    for arm in (0, 1):
        for place in range(5):
            parts = [curve.arms[arm].points[place].value for curve in (free, *incidences)]
            assert sum(parts) == pytest.approx(1)
    methods = [curve.comparisons[0].test.method for curve in (free, *incidences)]
    assert methods == ["Log-rank test of any event", *["largest |statistic| of the curve, multivariate normal"] * 2]
    assert "any event" in free.comparisons[0].test.method


# ---- Curves.


def test_the_curve_has_r_s_shares_and_the_numbers_at_risk_of_the_rows():
    defined = definition()
    (curve,) = survival_curves(defined, "left", moments(defined, of_case("freireich")), "Remission")
    assert (curve.title, curve.step, curve.unit) == ("Remission", "day", "fraction")
    for arm, wanted, counts in zip(curve.arms, R["two_arms"]["freireich"]["arms"], of_case("freireich"), strict=True):
        units = [
            (day, had)
            for day, events, censored in zip(counts.days, counts.events, counts.censored, strict=True)
            for had, number in ((True, events), (False, censored))
            for _ in range(number)
        ]
        steps = dict(zip(wanted["curve"]["time"], wanted["curve"]["survival"], strict=True))
        assert [(point.start_day, point.end_day) for point in arm.points] == [(d, d + 1) for d in range(20)]
        for point in arm.points:
            day = point.end_day
            assert point.value == pytest.approx(
                steps[max((t for t in steps if t <= day), default=None)] if any(t <= day for t in steps) else 1.0
            )
            assert point.n == sum(last > day or (last == day and not had) for last, had in units)
            if point.low is not None and 0 < point.value < 1:
                assert point.band_low < point.low
                assert point.high < point.band_high
    (comparison,) = curve.comparisons
    assert comparison.test.p_value == pytest.approx(R["two_arms"]["freireich"]["log_rank"]["p"])
    control, treatment = (table(arm) for arm in of_case("freireich"))
    for point in comparison.points:
        wanted = compare_survival(control, treatment, point.end_day).difference
        assert (point.value, point.low, point.high) == (wanted.estimate, wanted.low, wanted.high)
    pairs = zip(*(arm.points for arm in curve.arms), strict=True)
    assert [point.n for point in comparison.points] == [first.n + second.n for first, second in pairs]


@given(st.integers(1, 40_000))
def test_a_curve_has_at_most_sixty_points_and_always_the_last(horizon):
    ends = curve_ends(horizon)
    assert len(ends) <= 60
    assert ends[-1] == horizon
    assert ends == sorted(set(ends))
    assert ends[0] >= 1
    assert horizon > 60 or ends == list(range(1, horizon + 1))


def test_points_after_the_end_of_follow_up_have_a_reason():
    defined = definition(horizon=10)
    short = Lifetimes((2, 4), (1, 0), (0, 9))
    (curve,) = survival_curves(defined, "left", moments(defined, (short, short)), "Left")
    assert [point.value is None for point in curve.arms[0].points] == [False] * 4 + [True] * 6
    assert "follow-up ends at 4" in curve.arms[0].points[-1].reason
    assert curve.arms[0].points[-1].n == 0


# ---- Edges.


def test_no_event_in_any_arm_gives_shares_of_zero_and_no_tests():
    defined = definition(horizon=5)
    still = Lifetimes((5,), (0,), (40,))
    found = results(defined, moments(defined, (still, still)))
    assert found.log_rank.p_value is None
    assert found.hazards[0].ratio.estimate is None
    assert found.hazards[0].reason
    (landmark,) = found.landmarks
    assert [arm.value for arm in landmark.arms] == [0.0, 0.0]
    assert landmark.arms[0].high == pytest.approx(wilson(Rate(0, 40)).high)
    assert landmark.comparisons[0].p_value is None
    assert "no variation" in landmark.comparisons[0].reason
    assert all(median.median is None and median.reason for median in found.medians)


def test_an_empty_arm_has_reasons_and_leaves_the_others_alone():
    defined = definition(arms=3)
    placebo, treated = of_case("freireich")
    found = results(defined, moments(defined, (placebo, Lifetimes((), (), ()), treated)))
    assert found.log_rank.statistic == pytest.approx(16.79294099, abs=1e-8)
    assert found.hazards[0].ratio.estimate is None
    assert found.hazards[1].ratio.estimate == pytest.approx(np.exp(-1.5721251), rel=1e-6)
    (landmark,) = found.landmarks
    assert (landmark.arms[1].n, landmark.arms[1].value) == (0, None)
    assert "no units" in landmark.comparisons[0].reason
    assert landmark.comparisons[1].p_value < 0.05
    (curve,) = survival_curves(defined, "left", moments(defined, (placebo, Lifetimes((), (), ()), treated)), "Left")
    assert all(point.value is None and point.n == 0 for point in curve.arms[1].points)


def test_an_arm_that_all_leave_on_the_first_day_has_a_median_and_a_share_of_one():
    defined = definition(horizon=5)
    gone, mixed = Lifetimes((1,), (30,), (0,)), Lifetimes((1, 5), (3, 0), (0, 27))
    found = results(defined, moments(defined, (mixed, gone)))
    assert found.medians[1].median == 1
    assert found.landmarks[0].arms[1].value == 1.0
    assert found.landmarks[0].comparisons[0].difference.estimate == pytest.approx(0.9)


def test_steps_of_hours_are_told_in_days():
    defined = definition(horizon=1)
    arm = Lifetimes((6, 12, 24), (10, 20, 0), (0, 0, 5))
    found = moments(defined, (arm, arm), step=3_600)
    assert results(defined, found).medians[0].median == 0.5
    (curve,) = survival_curves(defined, "left", found, "Left")
    assert len(curve.arms[0].points) == 24
    assert (curve.arms[0].points[0].end_day, curve.arms[0].points[-1].end_day) == pytest.approx((1 / 24, 1))


def test_other_metrics_have_none():
    defined = definition()
    shares = load(
        {
            "name": "drip",
            "unit": "id",
            "arms": [{"name": "a", "control": True}, {"name": "b"}],
            "data": {"assignments": {"at": "at"}, "orders": {"at": "at"}},
            "metrics": {"left": {"role": "primary", "type": "retention", "event": "orders", "window": ["0d", "7d"]}},
        }
    ).definition
    found = moments(shares, of_case("freireich"))  # as it has them where it is read early
    assert results(shares, found) is None
    assert survival_curves(shares, "left", found, "Left") == []
    assert results(defined, moments(defined)) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from([0, 0, 1, 3, 40]), st.sampled_from([0, 0, 1, 9])), min_size=6, max_size=6),
        min_size=2,
        max_size=3,
    )
)
def test_whatever_the_counts_there_is_a_value_or_a_reason(arms):
    defined = definition(arms=len(arms), horizon=6, landmarks=(2,))
    counts = tuple(Lifetimes(tuple(range(1, 7)), tuple(e for e, _ in arm), tuple(c for _, c in arm)) for arm in arms)
    found = results(defined, moments(defined, counts))
    for landmark in found.landmarks:
        assert all(arm.value is not None or arm.reason for arm in landmark.arms)
        for comparison in landmark.comparisons:
            assert comparison.p_value is not None or comparison.reason
    for curve in survival_curves(defined, "left", moments(defined, counts), "Left"):
        for arm in curve.arms:
            values = [point.value for point in arm.points if point.value is not None]
            assert values == sorted(values, reverse=True)
            assert all(point.value is not None or point.reason for point in arm.points)

"""Many questions at once: p-values, intervals and verdicts tell one story; guardrails are judged by their margin."""

import numpy as np
import pytest
from analysis_samples import analysis_of_outcomes, excludes_zero
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

ALPHA = 0.05


@st.composite
def rates(draw) -> tuple[int, int]:
    n = draw(st.integers(20, 4000))
    return draw(st.integers(0, n)), n


@st.composite
def close_rates(draw) -> tuple[int, int]:
    n = draw(st.integers(200, 3000))
    return round(n * draw(st.floats(0.15, 0.22))), n


@st.composite
def experiments(draw):
    arms, metrics = draw(st.integers(2, 5)), draw(st.integers(1, 3))
    one = draw(st.sampled_from([rates(), close_rates()]))
    return [[draw(one) for _ in range(arms)] for _ in range(metrics)]


def family(given, correction="holm", **options):
    outcomes = {f"m{place}": arms for place, arms in enumerate(given)}
    roles = {name: {"role": "primary"} for name in outcomes}
    names = [f"arm{place}" for place in range(len(given[0]))]
    analysis = analysis_of_outcomes(names, outcomes, roles, correction=correction, **options)
    return [comparison for metric in analysis.metrics for comparison in metric.comparisons]


@settings(max_examples=30, deadline=None)
@given(experiments())
def test_p_value_difference_and_lift_agree_before_and_after_the_correction(given):
    for comparison in family(given):
        assert (comparison.p_value < ALPHA) == excludes_zero(comparison.difference)
        if comparison.lift.low is not None or comparison.lift.high is not None:
            assert (comparison.p_value < ALPHA) == excludes_zero(comparison.lift)
        if comparison.adjusted_p_value is not None:
            assert comparison.adjusted_p_value >= comparison.p_value
            assert (comparison.adjusted_p_value < ALPHA) == excludes_zero(comparison.adjusted_difference)
            assert comparison.adjusted_difference.low <= comparison.difference.low
            assert comparison.adjusted_difference.high >= comparison.difference.high
        decisive = comparison.p_value if comparison.adjusted_p_value is None else comparison.adjusted_p_value
        assert (decisive < ALPHA) == (comparison.verdict in {"better", "worse"})


@settings(max_examples=25, deadline=None)
@given(experiments(), st.sampled_from(["holm", "bonferroni", "hochberg", "bh", "by"]))
def test_the_family_is_every_primary_comparison_corrected_as_statsmodels_does(given, correction):
    comparisons = family(given, correction)
    if len(comparisons) < 2:
        assert comparisons[0].adjusted_p_value is None
        return
    theirs = {"holm": "holm", "bonferroni": "bonferroni", "hochberg": "simes-hochberg", "bh": "fdr_bh", "by": "fdr_by"}
    expected = multipletests([c.p_value for c in comparisons], method=theirs[correction])[1]
    assert [c.adjusted_p_value for c in comparisons] == pytest.approx(list(expected), rel=1e-9)


def test_without_a_correction_nothing_is_adjusted():
    assert all(c.adjusted_p_value is None for c in family([[(10, 100), (20, 100), (30, 100)]], "none"))


def test_secondary_and_guardrail_metrics_stay_outside_the_family():
    outcomes = {name: [(100, 1000), (130, 1000)] for name in ("first", "second", "third")}
    analysis = analysis_of_outcomes(["a", "b"], outcomes, {"third": {"role": "guardrail"}})
    assert [m.comparisons[0].adjusted_p_value for m in analysis.metrics] == [None, None, None]


def test_a_comparison_that_cannot_be_estimated_does_not_count_in_the_family():
    outcomes = {"kept": [(100, 1000), (130, 1000), (0, 0)]}
    comparisons = analysis_of_outcomes(["a", "b", "c"], outcomes, eligible=[1000, 1000, 1000]).metrics[0].comparisons
    assert comparisons[0].adjusted_p_value == comparisons[0].p_value
    assert (comparisons[1].p_value, comparisons[1].adjusted_p_value) == (None, None)
    assert comparisons[1].verdict == "not estimable"


@pytest.mark.parametrize("good", ["up", "down"])
def test_a_correction_can_take_a_verdict_back(good):
    given = {"kept": [(400, 2000), (452, 2000), (405, 2000), (407, 2000), (396, 2000)]}
    comparison = analysis_of_outcomes(list("abcde"), given, {"kept": {"good": good}}).metrics[0].comparisons[0]
    assert comparison.p_value < ALPHA
    assert comparison.adjusted_p_value >= ALPHA
    assert comparison.verdict == "no difference shown"


@pytest.mark.parametrize(("good", "verdict"), [("up", "better"), ("down", "worse")])
def test_the_good_direction_turns_the_same_rise_into_better_or_worse(good, verdict):
    analysis = analysis_of_outcomes(["a", "b"], {"kept": [(400, 2000), (600, 2000)]}, {"kept": {"good": good}})
    assert analysis.metrics[0].comparisons[0].verdict == verdict


def guarded(outcome, good, margin):
    analysis = analysis_of_outcomes(
        ["a", "b"],
        {"kept": [(50, 100), (50, 100)], "guard": outcome},
        {"guard": {"role": "guardrail", "good": good, "margin": margin}},
    )
    return analysis.metric("guard").comparisons[0]


@settings(max_examples=30, deadline=None)
@given(
    close_rates(), close_rates(), st.sampled_from(["up", "down"]), st.sampled_from(["1pp", "3pp", "6pp", "5%", "20%"])
)
def test_a_rate_is_safe_exactly_when_its_interval_excludes_harm_beyond_the_margin(control, treated, good, margin):
    comparison = guarded([control, treated], good, margin)
    effect = comparison.difference if margin.endswith("pp") else comparison.lift
    size = float(margin.rstrip("p%")) / 100
    excluded = effect.low > -size if good == "up" else effect.high < size
    assert comparison.margin.shown == excluded
    harm = comparison.p_value < ALPHA and (comparison.difference.estimate < 0) == (good == "up")
    assert comparison.verdict == ("safe" if excluded else "harmed" if harm else "not shown safe")
    assert (comparison.margin.p_value < ALPHA / 2) == excluded


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("good", ["up", "down"])
def test_a_mean_is_judged_by_welch_at_its_margin(seed, good):
    chance = np.random.default_rng(seed)
    control = np.round(chance.normal(10, 3, 180), 3)
    treated = np.round(chance.normal(10, 5, 240), 3)
    comparison = guarded([list(control), list(treated)], good, "0.8")
    shift, side = (0.8, "greater") if good == "up" else (-0.8, "less")
    expected = stats.ttest_ind(treated + shift, control, equal_var=False, alternative=side)
    assert comparison.margin.p_value == pytest.approx(expected.pvalue, rel=1e-8)
    assert comparison.margin.shown == (expected.pvalue < 0.025)


def test_a_guardrail_without_a_margin_is_harmed_only_by_a_significant_loss():
    assert guarded([(100, 1000), (140, 1000)], "down", None).verdict == "harmed"
    assert guarded([(100, 1000), (101, 1000)], "down", None).verdict == "no difference shown"
    assert guarded([(140, 1000), (100, 1000)], "down", None).verdict == "better"


def test_a_loss_within_the_margin_is_safe_although_it_is_significant():
    comparison = guarded([(10_000, 100_000), (10_500, 100_000)], "down", "1pp")
    assert comparison.p_value < ALPHA
    assert comparison.verdict == "safe"


@settings(max_examples=25, deadline=None)
@given(rates(), rates())
def test_a_rate_s_p_value_is_the_corrected_score_s_or_the_exact_one(control, treated):
    (x_c, n_c), (x_t, n_t) = control, treated
    pooled = (x_c + x_t) / (n_c + n_t)
    variance = pooled * (1 - pooled) * (1 / n_c + 1 / n_t) * (n_c + n_t) / (n_c + n_t - 1)
    comparison = analysis_of_outcomes(["a", "b"], {"kept": [control, treated]}).metrics[0].comparisons[0]
    if min(n_c, n_t) * min(pooled, 1 - pooled) < 5:
        # Few events: the exact distribution given their number, the observed table counting half.
        law = stats.hypergeom(n_c + n_t, x_c + x_t, n_t)
        up = law.sf(x_t) + law.pmf(x_t) / 2
        expected = min(1.0, 2 * (up if x_t * n_c > x_c * n_t else 1 - up)) if x_t * n_c != x_c * n_t else 1.0
    else:
        skew = (1 - 2 * pooled) * (n_c - n_t) / (6 * (pooled * (1 - pooled) * n_c * n_t * (n_c + n_t)) ** 0.5)
        skew *= ((n_c + n_t - 1) / (n_c + n_t)) ** 1.5
        s = (x_t / n_t - x_c / n_c) / variance**0.5
        z = s if abs(skew) < 1e-12 else 2 * (s + skew) / (1 + (1 + 4 * skew * (s + skew)) ** 0.5)
        expected = 2 * stats.norm.sf(abs(z)) if z * s > 0 else 1.0
    assert comparison.p_value == pytest.approx(expected, rel=1e-6, abs=1e-12)

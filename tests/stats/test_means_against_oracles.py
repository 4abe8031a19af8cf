"""Means against R, scipy and the definition of Fieller's set."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import close, reference
from scipy import stats

from abtest.stats.means import compare_means, mean_interval, mean_margin_test, overall_means
from abtest.stats.values import Moments

R = reference("stats.json")


def moments(values):
    return Moments(len(values), float(np.mean(values)), float(np.var(values, ddof=1)))


def fieller_statistic(control, treatment, lift):
    """(m_t − θ m_c)/√(v_t/n_t + θ² v_c/n_c) with θ = 1 + lift for a positive control mean, 1 − lift for a negative."""
    ratio = 1 + math.copysign(1, control.mean) * lift
    variance = treatment.variance / treatment.n + ratio**2 * control.variance / control.n
    return (treatment.mean - ratio * control.mean) / math.sqrt(variance)


def test_welch_matches_r_t_test():
    result = compare_means(Moments(**R["means"]["control"]), Moments(**R["means"]["treatment"]))
    found = [result.statistic, result.degrees_of_freedom, result.p_value, result.difference.low, result.difference.high]
    assert found == close([R["means"][key] for key in ("t", "df", "p")] + R["means"]["interval"])


def test_interval_of_one_mean_matches_r_t_test():
    result = mean_interval(Moments(**R["means"]["control"]))
    assert [result.low, result.high] == close(R["means"]["one"])


def test_overall_test_matches_r_oneway_test():
    result = overall_means([Moments(**group) for group in R["welch_anova"]["groups"].values()])
    degrees = [result.degrees_of_freedom, result.denominator_degrees_of_freedom]
    assert [result.statistic, *degrees, result.p_value] == close(
        [R["welch_anova"]["F"], *R["welch_anova"]["df"], R["welch_anova"]["p"]]
    )


def test_overall_test_of_two_arms_is_the_welch_test():
    control, treatment = Moments(40, 5.0, 4.0), Moments(30, 6.0, 9.0)
    two, all_arms = compare_means(control, treatment), overall_means([control, treatment])
    assert (all_arms.statistic, all_arms.p_value) == (close(two.statistic**2), close(two.p_value))


def test_large_samples_match_scipy():
    random = np.random.default_rng(2)
    first, second = random.gamma(0.3, 40, 5000), random.gamma(0.3, 42, 800)
    ours, theirs = compare_means(moments(first), moments(second)), stats.ttest_ind(second, first, equal_var=False)
    assert (ours.statistic, ours.p_value) == (close(theirs.statistic), close(theirs.pvalue))
    assert [ours.difference.low, ours.difference.high] == close(list(theirs.confidence_interval()))


def test_moments_of_a_billion_with_variance_one_are_exact():
    n, centre = 10**6, 10**9
    values = [centre - 1, centre, centre + 1]
    assert Moments.from_sums(3, sum(values), sum(v * v for v in values)) == Moments(3, 1e9, 1.0)
    # n/2 units one above and n/2 one below: variance n/(n − 1).
    squares = n // 2 * ((centre - 1) ** 2 + (centre + 1) ** 2)
    assert Moments.from_sums(n, n * centre, squares).variance == float(Fraction(n, n - 1))


def test_moments_of_a_trillion_rows_are_rounded_once():
    n = 10**12  # prices in hundredths: one in ten pays 19.99
    buyers, cents = n // 10, 1999
    result = Moments.from_sums(n, buyers * cents, buyers * cents**2, scale=100)
    assert result.mean == 1.999
    assert result.variance == float(Fraction(cents, 100) ** 2 * Fraction(9, 100) * Fraction(n, n - 1))


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=30), st.sampled_from([1, 100, 10_000]))
def test_moments_from_sums_equal_rational_arithmetic(values, scale):
    exact = [Fraction(v, scale) for v in values]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / (len(exact) - 1)
    result = Moments.from_sums(len(values), sum(values), sum(v * v for v in values), scale)
    assert (result.mean, result.variance) == (float(mean), float(variance))


some_moments = st.builds(
    Moments, st.integers(2, 500), st.floats(-100, 100).filter(lambda m: abs(m) > 1e-3), st.floats(1e-4, 1e4)
)


@settings(max_examples=1000, deadline=None)
@given(some_moments, some_moments, st.sampled_from([0.9, 0.95, 0.99]))
def test_p_value_difference_and_lift_never_contradict_each_other(control, treatment, confidence):
    result = compare_means(control, treatment, confidence)
    significant = result.p_value < 1 - confidence
    for effect in (result.difference, result.lift):
        above = effect.low is not None and effect.low > 0
        below = effect.high is not None and effect.high < 0
        assert (above or below) == significant
        assert not (above and result.statistic < 0)
        assert not (below and result.statistic > 0)
    assert math.copysign(1, result.lift.estimate) == math.copysign(1, result.difference.estimate)


@settings(max_examples=500, deadline=None)
@given(some_moments, some_moments)
def test_every_lift_bound_is_where_fieller_statistic_meets_its_critical_value(control, treatment):
    result = compare_means(control, treatment)
    critical = stats.t.isf(0.025, result.degrees_of_freedom)
    for bound, sign in ((result.lift.low, 1), (result.lift.high, -1)):
        if bound is not None and abs(bound) > 1e-9:
            # Both rise with the treatment mean, whatever the sign of the control mean, where the set is bounded.
            found = fieller_statistic(control, treatment, bound)
            assert abs(found) == pytest.approx(critical, rel=1e-5)
            if result.lift.reason is None:
                assert math.copysign(1, found) == sign


@settings(max_examples=300, deadline=None)
@given(some_moments, some_moments)
def test_exchanging_the_arms_mirrors_the_difference(control, treatment):
    there, back = compare_means(control, treatment), compare_means(treatment, control)
    assert there.difference.low == -back.difference.high
    assert there.p_value == pytest.approx(back.p_value, rel=1e-9)


@settings(max_examples=300, deadline=None)
@given(some_moments, some_moments)
def test_a_loss_that_shrinks_is_a_positive_lift(control, treatment):
    """Turning the sign of the metric turns the sign of the difference and of the lift, and nothing else."""
    negative = [Moments(m.n, -m.mean, m.variance) for m in (control, treatment)]
    there, back = compare_means(control, treatment), compare_means(*negative)
    assert back.lift.estimate == close(-there.lift.estimate)
    for low, high in ((back.lift.low, there.lift.high), (back.lift.high, there.lift.low)):
        assert (low is None) == (high is None)
        assert low is None or low == close(-high)


@settings(max_examples=500, deadline=None)
@given(some_moments, some_moments, st.floats(0.01, 0.9), st.sampled_from(["up", "down"]))
def test_a_margin_is_shown_exactly_when_the_interval_excludes_it(control, treatment, margin, good):
    for scale in ("absolute", "relative"):
        comparison = compare_means(control, treatment)
        effect = comparison.difference if scale == "absolute" else comparison.lift
        assume(effect.low is not None and effect.high is not None)
        test = mean_margin_test(control, treatment, margin, scale, good)
        assert test.shown == (effect.low > -margin if good == "up" else effect.high < margin)
        assert test.shown == (test.p_value < 0.025)


@pytest.mark.parametrize("power", [-150, -20, 20, 70])
def test_the_unit_of_the_metric_does_not_matter(power):
    def lift(scale):
        return compare_means(Moments(40, 5.0 * scale, 4.0 * scale**2), Moments(30, 6.0 * scale, 9.0 * scale**2)).lift

    assert [lift(10.0**power).low, lift(10.0**power).high] == close([lift(1.0).low, lift(1.0).high])


def test_absurd_magnitudes_are_answered_with_a_reason_or_refused():
    tiny = compare_means(Moments(10, 5e-300, 1e-300), Moments(10, 1e70, 1e-300))
    assert tiny.p_value == 0.0
    assert (tiny.lift.estimate, tiny.lift.low) == (None, None)
    assert "too close to 0" in str(tiny.lift.reason)
    assert overall_means([Moments(10, 0.0, 1e-300), Moments(10, 1e70, 1e-300), Moments(10, 1.0, 1.0)]).p_value == 0.0
    with pytest.raises(ValueError, match="mean"):
        Moments(10, 1e80, 1.0)


def test_a_control_mean_near_zero_gives_one_bound_or_none_with_a_reason():
    one = compare_means(Moments(10, 0.1, 1.0), Moments(10, 3.0, 1.0))
    assert one.p_value < 0.001
    assert (one.lift.low > 0, one.lift.high) == (True, None)
    assert "one side only" in str(one.lift.reason)
    none = compare_means(Moments(10, 0.1, 1.0), Moments(10, -0.3, 1.0))
    assert (none.lift.low, none.lift.high) == (None, None)
    assert "every relative change" in str(none.lift.reason)
    pieces = compare_means(Moments(10, 1.0, 10.0), Moments(10, -0.3, 0.001))
    assert (pieces.lift.low, pieces.lift.high) == (None, None)
    assert "two pieces" in str(pieces.lift.reason)


def test_a_control_mean_of_zero_has_a_difference_and_no_lift():
    result = compare_means(Moments(10, 0.0, 1.0), Moments(10, 3.0, 1.0))
    assert result.p_value < 0.001
    assert (result.lift.estimate, result.lift.low, result.lift.high) == (None, None, None)
    assert "the control mean is 0" in str(result.lift.reason)
    assert "the control mean is 0" in str(
        mean_margin_test(Moments(10, 0.0, 1.0), Moments(10, 3.0, 1.0), 0.1, "relative", "up").reason
    )


def test_no_variation_keeps_the_difference_and_gives_no_p_value():
    result = compare_means(Moments(5, 2.0, 0.0), Moments(5, 3.0, 0.0))
    assert (result.difference.estimate, result.lift.estimate, result.p_value) == (1.0, 0.5, None)
    assert str(result.reason).startswith("no variation")
    assert overall_means([Moments(5, 2.0, 0.0), Moments(5, 3.0, 1.0)]).p_value is None


def test_variation_in_one_arm_only_uses_that_arm():
    result = compare_means(Moments(5, 2.0, 0.0), Moments(5, 3.0, 1.0))
    assert result.degrees_of_freedom == close(4.0)
    assert result.p_value == close(2 * stats.t.sf(math.sqrt(5), 4))


@pytest.mark.parametrize(
    ("control", "text"),
    [(Moments(0, None, None), "the control has no units"), (Moments(1, 2.0, None), "the control has only one unit")],
)
def test_too_few_units_have_a_reason(control, text):
    result = compare_means(control, Moments(5, 3.0, 1.0))
    assert (result.p_value, result.difference.low, result.lift.low) == (None, None, None)
    assert text in str(result.reason)
    assert text in str(mean_margin_test(control, Moments(5, 3.0, 1.0), 0.1, "absolute", "up").reason)
    assert mean_interval(control).low is None
    assert mean_interval(control).reason
    assert overall_means([control, Moments(5, 3.0, 1.0)]).reason

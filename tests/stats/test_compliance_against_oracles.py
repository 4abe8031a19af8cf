"""Complier effects against R (AER::ivreg, White's sandwich, Welch's t inverted) and by simulation."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import close, reference

from abtest.stats.compliance import NO_DIFFERENCE, WEAK_REASONS, complier_effect
from abtest.stats.contrast import NO_VARIATION
from abtest.stats.crossmoments import CrossMoments

CASES = reference("compliance.json")["cases"]


def from_r(arm):
    return CrossMoments(arm["n"], tuple(arm["mean"]), tuple(tuple(row) for row in arm["covariance"]))


def from_columns(*columns):
    return CrossMoments(len(columns[0]), tuple(np.mean(columns, axis=1)), tuple(map(tuple, np.cov(columns))))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_complier_effect_matches_r_two_stage_least_squares(case):
    found = complier_effect(*map(from_r, case["arms"]))
    assert found.effect.estimate == close(case["estimate"])
    assert found.standard_error == close(case["own"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_standard_error_is_whites_sandwich_but_for_the_divisor(case):
    found = complier_effect(*map(from_r, case["arms"]))
    smallest = min(arm["n"] for arm in case["arms"])
    assert 1 < found.standard_error / case["hc0"] <= (smallest / (smallest - 1)) ** 0.5


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bounds_are_where_welchs_t_of_the_rest_is_critical_in_r(case):
    found = complier_effect(*map(from_r, case["arms"]))
    assert [found.effect.low, found.effect.high] == close([case["low"], case["high"]])
    assert found.p_value == close(case["itt_p"])


def test_with_full_compliance_it_is_the_intention_to_treat():
    random = np.random.default_rng(1)
    y = random.normal(size=50), random.normal(size=60) + 0.4
    found = complier_effect(from_columns(y[0], np.zeros(50)), from_columns(y[1], np.ones(60)))
    plain = found.intention_to_treat.difference
    assert [found.effect.estimate, found.effect.low, found.effect.high] == close(
        [plain.estimate, plain.low, plain.high]
    )
    assert (found.compliance.estimate, found.reason) == (1.0, None)


def test_bounds_cover_in_simulation_even_where_compliance_hardly_differs():
    """Bounded or not, the set misses the truth in 5 % of the runs; two pieces count as no bounds at all."""
    random = np.random.default_rng(2)
    runs = 1200
    for uptake in (0.5, 0.05):
        missed = unbounded = 0
        for _ in range(runs):
            arms = []
            for offered in (0, 1):
                keen = random.random(120)
                taken = (keen < 0.1 + uptake * offered).astype(float)
                arms.append(from_columns(taken * 1.5 + keen * 2 + random.normal(size=120), taken))
            effect = complier_effect(*arms).effect
            low = -np.inf if effect.low is None else effect.low
            high = np.inf if effect.high is None else effect.high
            missed += not low <= 1.5 <= high
            unbounded += not np.isfinite(high - low)
        assert missed / runs < 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5
        if uptake == 0.5:
            assert missed / runs > 0.05 - 4 * (0.05 * 0.95 / runs) ** 0.5
        assert (unbounded > 0) == (uptake == 0.05)


number = st.integers(-6, 6)
arm = st.lists(st.tuples(number, st.integers(0, 1)), min_size=2, max_size=8)


@settings(deadline=None, max_examples=300)
@given(arm, arm, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_effect_is_significant_exactly_when_intention_to_treat_is(first, second, confidence):
    control, treatment = (from_columns(*np.array(rows, dtype=float).T) for rows in (first, second))
    found = complier_effect(control, treatment, confidence)
    if found.effect.low is None and found.effect.high is None:
        assert found.reason or found.effect.reason
        assert found.reason in (NO_DIFFERENCE, NO_VARIATION, *WEAK_REASONS)
        return
    assume(found.p_value is not None)
    low, high = found.effect.low, found.effect.high
    excludes = (low is not None and low > 0) or (high is not None and high < 0)
    assert excludes == (found.p_value < 1 - confidence) == (found.intention_to_treat.p_value < 1 - confidence)
    if low is None or high is None:
        assert found.reason == WEAK_REASONS[1]


@settings(deadline=None, max_examples=100)
@given(arm, arm)
def test_exchanging_the_arms_changes_nothing(first, second):
    control, treatment = (from_columns(*np.array(rows, dtype=float).T) for rows in (first, second))
    one, other = complier_effect(control, treatment), complier_effect(treatment, control)
    assert (one.effect, one.standard_error) == (other.effect, other.standard_error)


def test_equal_compliance_has_a_reason_and_keeps_the_intention_to_treat():
    arm = CrossMoments(100, (5.0, 0.3), ((4.0, 0.2), (0.2, 0.21)))
    better = CrossMoments(100, (6.0, 0.3), ((4.0, 0.2), (0.2, 0.21)))
    found = complier_effect(arm, better)
    assert (found.effect.estimate, found.reason) == (None, NO_DIFFERENCE)
    assert found.p_value == found.intention_to_treat.p_value < 0.05


def test_an_outcome_without_variation_has_a_reason():
    arms = [CrossMoments(10, (5.0, share), ((0.0, 0.0), (0.0, 0.2))) for share in (0.1, 0.6)]
    found = complier_effect(*arms)
    assert (found.effect.estimate, found.p_value, found.reason) == (0.0, None, NO_VARIATION)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: complier_effect(*[CrossMoments(5, (1.0,), ((1.0,),))] * 2), "2 values"),
        (
            lambda: complier_effect(*[CrossMoments(5, (1.0, 0.5), ((1.0, 0.0), (0.0, 0.2)))] * 2, confidence=1),
            "confidence",
        ),
    ],
)
def test_impossible_arms_are_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()

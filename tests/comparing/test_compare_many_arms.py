"""Several arms: each correction, and that its p-values and intervals never contradict each other."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from abtest.comparing.compare import compare, compare_arms

CORRECTIONS = ["holm", "hochberg", "bonferroni", "bh", "by", "dunnett"]
STATSMODELS = {
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "bonferroni": "bonferroni",
    "bh": "fdr_bh",
    "by": "fdr_by",
}
ARMS = {"control": (240, 1000), "b": (275, 1000), "c": (300, 1000), "d": (255, 1000)}


@pytest.mark.parametrize("correction", STATSMODELS)
def test_adjusted_p_values_match_statsmodels(correction):
    found = compare_arms(ARMS, correction=correction)
    p_values = [comparison.p_value for comparison in found]
    assert p_values == [compare(ARMS["control"], ARMS[name]).p_value for name in "bcd"]
    oracle = multipletests(p_values, method=STATSMODELS[correction])[1]
    assert [comparison.adjusted_p_value for comparison in found] == pytest.approx(list(oracle), rel=1e-10)


def rates():
    n = st.integers(1, 400)
    return n.flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))


def means():
    size = st.floats(-100, 100).filter(lambda x: x == 0 or abs(x) > 1e-3)
    return st.tuples(size, st.sampled_from([0.0, 0.5, 3.0, 40.0]), st.integers(2, 300))


def excludes_zero(effect):
    return (effect.low is not None and effect.low > 0) or (effect.high is not None and effect.high < 0)


@settings(max_examples=60, deadline=None)
@given(
    arms=st.one_of(st.lists(rates(), min_size=3, max_size=5), st.lists(means(), min_size=3, max_size=5)),
    correction=st.sampled_from(CORRECTIONS),
    confidence=st.sampled_from([0.9, 0.95, 0.99]),
)
@example([(0.0, 0.0, 2), (0.0, 0.5, 2), (1.0, 0.5, 44)], "dunnett", 0.95)
@example([(0.0, 0.0, 2), (0.0, 0.5, 2), (100.0, 0.5, 300)], "dunnett", 0.9)
def test_adjusted_p_value_is_below_alpha_exactly_when_the_adjusted_intervals_exclude_no_effect(
    arms, correction, confidence
):
    named = {str(place): arm for place, arm in enumerate(arms)}
    for comparison in compare_arms(named, correction=correction, confidence=confidence, exact=False):
        if comparison.p_value is None:
            assert comparison.adjusted_p_value is None
            assert comparison.reason
            continue
        assert comparison.adjusted_p_value >= comparison.p_value * (1 - 1e-12)
        significant = comparison.adjusted_p_value < 1 - confidence
        assert excludes_zero(comparison.adjusted_difference) == significant
        assert (comparison.verdict in {"better", "worse"}) == significant
        lift = comparison.adjusted_lift
        if lift.low is not None or lift.high is not None:
            assert excludes_zero(lift) == significant or lift.reason
        inner, outer = comparison.difference, comparison.adjusted_difference
        assert outer.low <= inner.low + 1e-9
        assert outer.high >= inner.high - 1e-9


def test_dunnett_is_sharper_than_bonferroni_and_wider_than_no_correction():
    p_values = {
        name: [c.adjusted_p_value or c.p_value for c in compare_arms(ARMS, correction=name)]
        for name in ("none", "dunnett", "bonferroni")
    }
    for none, dunnett, bonferroni in zip(*p_values.values(), strict=True):
        assert none < dunnett < bonferroni


def test_two_arms_need_no_correction():
    found = compare_arms({"a": (480, 2000), "b": (530, 2000)}, correction="bonferroni")
    assert len(found) == 1
    assert found[0].adjusted_p_value is None
    assert found[0] == compare((480, 2000), (530, 2000)).model_copy(update={"arm": "b", "control": "a"})


def test_an_arm_that_cannot_be_tested_is_not_counted_among_the_questions():
    found = compare_arms(
        {"a": (480, 2000), "b": (530, 2000), "empty": (0, 0), "c": (560, 2000)}, correction="bonferroni"
    )
    assert found[1].p_value is None
    assert found[1].adjusted_p_value is None
    assert found[1].verdict == "not estimable"
    assert found[0].adjusted_p_value == pytest.approx(2 * found[0].p_value)


def test_the_verdict_is_that_of_the_adjusted_p_value():
    arms = {"control": (240, 1000), "b": (279, 1000), "c": (241, 1000), "d": (240, 1000)}
    assert compare_arms(arms, correction="none")[0].verdict == "better"
    assert compare_arms(arms, correction="bonferroni")[0].verdict == "no difference shown"


def test_dunnetts_own_interval_serves_where_its_level_is_too_near_to_certainty():
    # The first treatment's two units leave one degree of freedom, which serves all: the critical value is 14.
    first, second = compare_arms({"a": (0.0, 0.0, 2), "b": (0.0, 0.5, 2), "c": (1.0, 0.5, 44)}, correction="dunnett")
    assert first.adjusted_difference.low < 0 < first.adjusted_difference.high
    assert second.p_value < 1e-15
    assert second.adjusted_p_value > 0.05
    found = second.adjusted_difference
    assert found.low < 0 < found.high
    assert (found.low + found.high) / 2 == pytest.approx(1)
    # 1 ± c·SE, with the same c as the first arm's.
    critical = first.adjusted_difference.high / (0.25 / 2) ** 0.5
    assert found.high == pytest.approx(1 + critical * (0.25 / 44) ** 0.5, rel=1e-6)
    assert second.adjusted_lift.reason

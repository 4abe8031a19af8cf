"""Interaction and shrinkage against R's metafor, and the coverage of the shrunken intervals by simulation."""

import math

import numpy as np
import pytest
from oracles import close, reference

from abtest.stats.segments import NO_EFFECT, TOO_FEW, SegmentEffect, heterogeneity, interaction, shrink

CASES = reference("segments.json")["cases"]
Z = 1.959963984540054


def effects(case):
    return [SegmentEffect(y, se, 100) for y, se in zip(case["y"], case["se"], strict=True)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_interaction_test_is_metafor_cochran_q(case):
    found = interaction(effects(case))
    assert [found.statistic, found.p_value, found.degrees_of_freedom] == close(
        [case["q"], case["p"], len(case["y"]) - 1]
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_tau_squared_i_squared_and_common_effect_match_metafor_paule_mandel(case):
    found = heterogeneity(effects(case))
    assert [found.tau_squared, found.i_squared, found.common.estimate] == close(
        [case[k] for k in ("tau2", "i2", "common")]
    )
    assert (found.common.high - found.common.low) / 2 == close(Z * case["common_se"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_shrunken_effects_match_metafor_blup(case):
    assert [s.effect.estimate for s in shrink(effects(case))] == close(case["shrunken"])


SIZES = [("many", 0.99, 1.02), ("bcg", 0.95, 1.03), ("alike", 1.2, 2.0)]


@pytest.mark.parametrize(("name", "low", "high"), SIZES)
def test_shrunken_errors_are_metafors_where_tau_is_known_and_larger_where_not(name, low, high):
    """metafor takes τ² as known: nearly true of a thousand segments, false of four that lie close together."""
    ratios = np.array([s.standard_error for s in shrink(effects(CASES[name]))]) / CASES[name]["plain_se"]
    assert low < ratios.min() <= ratios.max() < high


def test_standard_errors_equal_a_riemann_sum_over_tau():
    """The integral over the uniform shrinkage prior in another variable, with scalar loops."""
    case = CASES["spread"]
    y, v = np.array(case["y"]), np.array(case["se"]) ** 2
    typical = len(v) / np.sum(1 / v)
    means = np.array(case["shrunken"])
    total, sums = 0.0, np.zeros(len(v))
    for x in np.linspace(-12, 12, 4001):  # τ = e^x s
        tau = math.exp(2 * x) * typical
        w = 1 / (v + tau)
        mu = np.sum(w * y) / np.sum(w)
        density = np.prod(w) ** 0.5 * np.sum(w) ** -0.5 * math.exp(-np.sum(w * (y - mu) ** 2) / 2)
        density *= 2 * math.exp(2 * x) / (1 + math.exp(2 * x)) ** 2
        b = tau * w
        sums += density * (b * v + (1 - b) ** 2 / np.sum(w) + (b * y + (1 - b) * mu - means) ** 2)
        total += density
    assert [s.standard_error for s in shrink(effects(case))] == close(np.sqrt(sums / total).tolist(), rel=1e-7)


@pytest.mark.parametrize(("segments", "tau"), [(3, 1.0), (5, 2.0), (10, 0.0), (10, 1.0), (30, 2.0), (100, 0.5)])
def test_shrunken_intervals_cover_on_average_in_simulation(segments, tau):
    random = np.random.default_rng(3)
    runs, hits, errors = 300, 0, np.zeros(2)
    for _ in range(runs):
        se = random.uniform(0.5, 2, segments)
        truth = random.normal(1, tau, segments)
        seen = random.normal(truth, se)
        found = shrink([SegmentEffect(y, s, 10) for y, s in zip(seen, se, strict=True)])
        hits += sum(s.effect.low <= t <= s.effect.high for s, t in zip(found, truth, strict=True))
        errors += [
            sum((s.effect.estimate - t) ** 2 for s, t in zip(found, truth, strict=True)),
            np.sum((seen - truth) ** 2),
        ]
    assert 0.905 < hits / (runs * segments) <= 1
    assert errors[0] < errors[1]


def test_interaction_test_keeps_its_level_in_simulation():
    random = np.random.default_rng(4)
    se = np.array([0.3, 0.5, 1.0, 2.0, 0.7])
    runs = 4000
    rejected = sum(
        interaction([SegmentEffect(y, s, 10) for y, s in zip(random.normal(2, se), se, strict=True)]).p_value < 0.05
        for _ in range(runs)
    )
    assert rejected / runs == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / runs))


def test_segments_without_an_effect_have_a_reason_and_leave_the_degrees_of_freedom():
    case = CASES["spread"]
    holes = [SegmentEffect(None, None, 1), *effects(case), SegmentEffect(0.5, 0.0, 3), SegmentEffect(0.5, None, 1)]
    assert interaction(holes) == interaction(effects(case))
    found = shrink(holes)
    assert found[1:-2] == shrink(effects(case))
    assert {found[i].effect.reason for i in (0, -2, -1)} == {NO_EFFECT}
    alone = effects(case)[:1]
    assert interaction(alone).reason == heterogeneity(alone).common.reason == shrink(alone)[0].effect.reason == TOO_FEW
    assert shrink([]) == []


def test_equal_effects_agree_exactly_and_large_ones_keep_their_digits():
    same = [SegmentEffect(0.1, se, 50) for se in (0.01, 0.02, 0.5)]
    assert (interaction(same).statistic, interaction(same).p_value, heterogeneity(same).i_squared) == (0, 1, 0)
    assert [s.effect.estimate for s in shrink(same)] == close([0.1] * 3)
    case = CASES["bcg"]
    moved = [SegmentEffect(y + 2.0**30, se, 10) for y, se in zip(case["y"], case["se"], strict=True)]
    assert interaction(moved).statistic == pytest.approx(case["q"], rel=1e-5)


def test_effects_of_any_unit_shrink_alike():
    case = CASES["bcg"]
    for unit in (1e-9, 1e9):
        scaled = [SegmentEffect(y * unit, se * unit, 10) for y, se in zip(case["y"], case["se"], strict=True)]
        assert [s.effect.low for s in shrink(scaled)] == close([s.effect.low * unit for s in shrink(effects(case))])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: SegmentEffect(float("nan"), 1.0, 5), "estimate"),
        (lambda: SegmentEffect(1.0, -1.0, 5), "standard_error"),
        (lambda: SegmentEffect(1.0, 1.0, -5), "n must not"),
        (lambda: shrink([], confidence=1.0), "confidence"),
        (lambda: heterogeneity([], confidence=0.0), "confidence"),
    ],
)
def test_impossible_segments_are_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()

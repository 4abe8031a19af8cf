"""Dunnett, gatekeeping, segments and the complier effect against R's mvtnorm, multcomp, metafor and AER."""

import math

import numpy as np
import pytest
from oracles import close, reference
from scipy import stats

from abtest.stats.compliance import complier_effect
from abtest.stats.corrections import adjust
from abtest.stats.crossmoments import CrossMoments
from abtest.stats.families import dunnett, dunnett_confidence, serial_gatekeeping
from abtest.stats.means import compare_means
from abtest.stats.rates import compare_rates
from abtest.stats.segments import cochran_q, shrink
from abtest.stats.values import Moments, Rate

R = reference("families.json")
LINEAR = reference("regression.json")


@pytest.mark.parametrize("case", R["dunnett"], ids=lambda c: f"df{c['df']}-{len(c['arms'])}arms")
def test_dunnett_p_values_match_r_mvtnorm(case):
    found = dunnett(case["statistics"], case["control"], case["arms"], case["df"] or None)
    # Miwa's algorithm and the quasi-random one for t give about eight decimal places, ours at least twelve.
    assert found == pytest.approx(case["p"], abs=2e-8 if case["df"] == 0 else 2e-7)


def test_dunnett_matches_r_multcomp_on_warpbreaks():
    case = R["glht"]
    variances = [1 / n for n in case["n"]]
    found = dunnett(case["t"], variances[0], variances[1:], case["df"])
    assert found == pytest.approx(case["p"], abs=2e-5)  # multcomp's own error is about 1e-5
    level = dunnett_confidence(case["t"], variances[0], variances[1:], case["df"])
    critical = stats.t.ppf((1 + level) / 2, case["df"])
    assert critical == pytest.approx(case["critical"], abs=2e-3)  # so is that of its critical value
    assert dunnett([critical] * 2, variances[0], variances[1:], case["df"])[0] == close(0.05, rel=1e-6)


def test_dunnett_of_one_arm_is_no_correction_and_missing_statistics_leave_the_family():
    assert dunnett([1.96], 0.1, [0.2]) == close([2 * stats.norm.sf(1.96)])
    assert dunnett([2.1, None, 0.4], 0.1, [0.2, 0.5, 0.1]) == [
        close(p) if p is not None else None
        for p in (dunnett([2.1, 0.4], 0.1, [0.2, 0.1])[0], None, dunnett([2.1, 0.4], 0.1, [0.2, 0.1])[1])
    ]
    assert dunnett_confidence([1.0, None], 0.1, [0.2, 0.2]) == 0.95


def test_dunnett_intervals_agree_with_dunnett_p_values_for_rates():
    control = Rate(600, 4000)
    arms = [Rate(x, 4000) for x in (610, 650, 668, 672, 690)]
    statistics = [compare_rates(control, arm).statistic for arm in arms]
    variances = 1 / control.n, [1 / arm.n for arm in arms]
    level = dunnett_confidence(statistics, *variances)
    for arm, p in zip(arms, dunnett(statistics, *variances), strict=True):
        assert (compare_rates(control, arm, level).difference.low > 0) == (p < 0.05)


def test_dunnett_is_sharper_than_bonferroni_and_keeps_small_p_values():
    p = [2 * stats.norm.sf(z) for z in (3.0, 8.0)]
    found = dunnett([3.0, 8.0], 0.01, [0.01, 0.01])
    assert found[0] < adjust(p, "bonferroni")[0]
    assert p[1] < found[1] < 2 * p[1]


def test_serial_gatekeeping_lets_nothing_through_a_closed_gate():
    families = [[0.01, 0.02], [0.001, 0.5], [0.0001]]
    found = serial_gatekeeping(families)
    assert found[0] == close([0.02, 0.02])
    assert found[1] == close([0.02, 0.5])
    assert found[2] == close([0.5])
    assert serial_gatekeeping([[0.01, None], [0.001]])[1] == [1.0]


def test_serial_gatekeeping_keeps_the_family_wise_error_in_simulation():
    """Three true nulls behind a strong primary effect and a null primary: any false rejection stays below 5 %."""
    random = np.random.default_rng(1)
    runs, wrong = 4000, 0
    for _ in range(runs):
        z = random.normal(size=4) + np.array([3.0, 0, 0, 0])
        p = 2 * stats.norm.sf(np.abs(z))
        found = serial_gatekeeping([list(p[:2]), list(p[2:])])
        wrong += found[0][1] < 0.05 or min(found[1]) < 0.05
    assert wrong / runs < 0.05 + 4 * math.sqrt(0.05 * 0.95 / runs)


def test_interaction_test_and_shrunken_effects_match_r_metafor():
    case = R["segments"]
    test = cochran_q(case["effects"], case["variances"])
    assert [test.statistic, test.p_value] == close([case["Q"], case["p"]])
    found = shrink(case["effects"], case["variances"])
    assert found.between == close(case["tau2"])
    assert [found.mean.estimate, found.mean.low, found.mean.high] == close([case["mean"], *case["interval"]])
    assert [effect.estimate for effect in found.effects] == close(case["shrunken"])
    errors = [(effect.high - effect.low) / 2 / stats.norm.ppf(0.975) for effect in found.effects]
    assert errors == close(case["se"])


def test_segments_that_agree_share_one_effect():
    found = shrink([0.1, 0.11, 0.09], [0.01, 0.02, 0.03])
    assert found.between == 0
    assert len({effect.estimate for effect in found.effects}) == 1
    assert shrink([0.1], [0.1]).mean.reason
    assert cochran_q([0.1], [0.1]).reason


def from_r(arm):
    return CrossMoments(arm["n"], tuple(arm["mean"]), tuple(tuple(row) for row in arm["covariance"]))


def test_complier_effect_matches_r_ivreg():
    case = LINEAR["complier"]
    control, treatment = map(from_r, case["arms"])
    result = complier_effect(control, treatment)
    assert result.effect.estimate == close(case["estimate"])
    # ivreg's HC0 divides by n, the sample covariance by n − 1: about 0.7 % in the standard error at 60 and 90 units.
    assert result.standard_error == pytest.approx(case["hc0"], rel=0.01)
    exact = (
        CrossMoments(control.n, control.mean, scaled(control)),
        CrossMoments(treatment.n, treatment.mean, scaled(treatment)),
    )
    assert complier_effect(*exact).standard_error == close(case["hc0"])


def scaled(arm):
    return tuple(tuple(entry * (arm.n - 1) / arm.n for entry in row) for row in arm.covariance)


def test_complier_interval_excludes_zero_exactly_with_intention_to_treat():
    random = np.random.default_rng(3)
    for _ in range(300):
        arms = []
        for reached in (0.05, random.choice([0.06, 0.3, 0.8])):
            taken = (random.random(60) < reached).astype(float)
            y = random.normal(size=60) + random.normal() * 0.3 + taken
            arms.append(CrossMoments(60, (y.mean(), taken.mean()), tuple(map(tuple, np.cov(y, taken)))))
        result = complier_effect(*arms)
        plain = compare_means(*(Moments(60, arm.mean[0], arm.covariance[0][0]) for arm in arms))
        assert result.p_value == close(plain.p_value)
        low, high = result.effect.low, result.effect.high
        excludes = (low is not None and low > 0) or (high is not None and high < 0)
        assert excludes == (plain.p_value < 0.05)


def test_complier_interval_covers_in_simulation():
    random = np.random.default_rng(4)
    runs, missed = 2000, 0
    for _ in range(runs):
        arms = []
        for assigned in (0, 1):
            kind = random.random(200)  # 60 % compliers, 10 % always reached, 30 % never
            taken = np.where(kind < 0.6, assigned, kind < 0.7).astype(float)
            y = random.normal(size=200) + 2 * (kind > 0.7) + 0.5 * taken
            arms.append(CrossMoments(200, (y.mean(), taken.mean()), tuple(map(tuple, np.cov(y, taken)))))
        effect = complier_effect(*arms).effect
        missed += not effect.low <= 0.5 <= effect.high
    assert abs(missed / runs - 0.05) < 4 * math.sqrt(0.05 * 0.95 / runs)


def test_assignment_that_moves_nobody_has_a_reason():
    arm = CrossMoments(50, (1.0, 0.5), ((1.0, 0.1), (0.1, 0.25)))
    other = CrossMoments(50, (1.5, 0.5), ((1.0, 0.1), (0.1, 0.25)))
    result = complier_effect(arm, other)
    assert (result.effect.estimate, result.reason) == (None, "assignment did not move compliance at all")


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: dunnett([1.0, 2.0], 0.1, [0.1]), "arm_variances"),
        (lambda: dunnett([1.0, 2.0], 0.0, [0.1, 0.1]), "control_variance"),
        (lambda: dunnett([1.0, 2.0], 0.1, [0.1, -0.1]), "arm_variances"),
        (lambda: serial_gatekeeping([[0.1]], "bh"), "method"),
        (lambda: cochran_q([0.1, 0.2], [0.1]), "effects"),
        (lambda: cochran_q([0.1, 0.2], [0.1, 0.0]), "variances"),
        (lambda: shrink([0.1, float("nan")], [0.1, 0.1]), "effects"),
    ],
)
def test_impossible_input_is_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()

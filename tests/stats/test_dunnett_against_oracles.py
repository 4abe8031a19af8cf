"""Dunnett's comparisons against the published tables, R's mvtnorm and multcomp, scipy, and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close, reference
from scipy import special, stats
from scipy.integrate import quad

from abtest.stats.contrast import critical_value
from abtest.stats.corrections import adjust
from abtest.stats.dunnett import ArmContrast, control_share, dunnett, dunnett_critical_value, largest_exceeds
from abtest.stats.means import compare_means
from abtest.stats.rates import compare_rates
from abtest.stats.values import Moments, Rate

R = reference("dunnett.json")

# Dunnett (1964), Biometrics 20:482-491, tables II and III: two-sided, equal arms, 1 to 9 treatments.
TABLE = {
    (5, 0.95): (2.57, 3.03, 3.29, 3.48, 3.62, 3.73, 3.82, 3.90, 3.97),
    (10, 0.95): (2.23, 2.57, 2.76, 2.89, 2.99, 3.07, 3.14, 3.19, 3.24),
    (20, 0.95): (2.09, 2.38, 2.54, 2.65, 2.73, 2.80, 2.86, 2.90, 2.95),
    (60, 0.95): (2.00, 2.27, 2.41, 2.51, 2.58, 2.64, 2.69, 2.73, 2.77),
    (None, 0.95): (1.96, 2.21, 2.35, 2.44, 2.51, 2.57, 2.61, 2.65, 2.69),
    (5, 0.99): (4.03, 4.63, 4.98, 5.22, 5.41, 5.56, 5.69, 5.80, 5.89),
    (10, 0.99): (3.17, 3.53, 3.74, 3.88, 3.99, 4.08, 4.16, 4.22, 4.28),
    (None, 0.99): (2.58, 2.79, 2.92, 3.00, 3.06, 3.11, 3.15, 3.19, 3.22),
}


@pytest.mark.parametrize("cell", TABLE)
def test_critical_values_are_those_of_dunnetts_table(cell):
    """Two printed digits; for 7 and 8 treatments at 5 degrees of freedom the table is one unit too high."""
    found = [dunnett_critical_value([0.5] * k, *cell) for k in range(1, 10)]
    assert found == pytest.approx(TABLE[cell], abs=0.0055 if cell != (5, 0.99) else 0.01)


@pytest.mark.parametrize("case", R["tvpack"], ids=lambda case: f"{case['shares']}-{case['df']}-{case['c']}")
def test_probabilities_match_r_mvtnorm_tvpack(case):
    assert largest_exceeds(case["c"], case["shares"], case["df"] or None) == pytest.approx(case["p"], abs=1e-9)


@pytest.mark.parametrize("case", R["miwa"], ids=lambda case: str(case["shares"]))
def test_probabilities_of_more_arms_match_r_mvtnorm_miwa(case):
    assert largest_exceeds(case["c"], case["shares"]) == pytest.approx(case["p"], abs=1e-7)


def blood():
    """Pooled-variance contrasts of Dunnett's (1955) blood counts."""
    counts = {name: np.array(values) for name, values in R["blood"]["counts"].items()}
    degrees = sum(len(c) - 1 for c in counts.values())
    pooled = sum(((c - c.mean()) ** 2).sum() for c in counts.values()) / degrees
    n = {name: len(c) for name, c in counts.items()}
    return [
        ArmContrast(
            counts[drug].mean() - counts["control"].mean(),
            math.sqrt(pooled * (1 / n["control"] + 1 / n[drug])),
            control_share(1 / n["control"], 1 / n[drug]),
            degrees,
        )
        for drug in ("A", "B")
    ]


def test_blood_counts_match_r_multcomp():
    found, case = dunnett(blood()), R["blood"]
    assert found.critical_value == close(case["critical"])
    assert [arm.difference.estimate for arm in found.arms] == close(case["difference"])
    assert [arm.difference.low for arm in found.arms] == close(case["low"], rel=1e-7)
    assert [arm.difference.high for arm in found.arms] == close(case["high"], rel=1e-7)
    # multcomp's p-values are by randomised quasi-Monte Carlo.
    assert [arm.p_value for arm in found.arms] == pytest.approx(case["p"], abs=1e-6)


def test_blood_counts_match_scipy():
    counts = R["blood"]["counts"]
    theirs = stats.dunnett(counts["A"], counts["B"], control=counts["control"], rng=np.random.default_rng(1))
    assert [arm.p_value for arm in dunnett(blood()).arms] == pytest.approx(list(theirs.pvalue), abs=1e-3)


def test_without_correlation_it_is_sidak_and_with_one_comparison_the_plain_test():
    single = 2 * special.ndtr(-2.1)
    assert largest_exceeds(2.1, [0.0] * 7) == close(1 - (1 - single) ** 7)
    assert largest_exceeds(2.1, [0.4]) == close(single)
    assert dunnett_critical_value([0.4], 9.0) == critical_value(1 - 0.95, 9.0)


def test_when_the_control_is_all_the_noise_the_comparisons_are_one():
    """λ = 1: all statistics are equal, so nothing is paid for asking three times."""
    assert largest_exceeds(2.1, [1.0] * 3) == pytest.approx(2 * special.ndtr(-2.1), abs=1e-6)
    assert largest_exceeds(2.1, [1.0] * 3, 8) == pytest.approx(2 * special.stdtr(8, -2.1), abs=1e-6)


def test_equal_correlations_match_scipy_quadrature():
    for share, k in ((0.5, 4), (0.9, 6), (0.9999, 3)):
        lam, own, c = math.sqrt(share), math.sqrt(1 - share), 2.2

        def inside(z, lam=lam, own=own, c=c, k=k):
            one = special.ndtr((c - lam * z) / own) - special.ndtr((-c - lam * z) / own)
            return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) * one**k

        expected = 1 - quad(inside, -12, 12, points=[-c / lam, c / lam], limit=500, epsabs=1e-13, epsrel=1e-13)[0]
        assert largest_exceeds(c, [share] * k) == pytest.approx(expected, abs=1e-11)


def test_many_degrees_of_freedom_approach_the_normal_and_tails_keep_their_digits():
    shares = [0.2, 0.5, 0.8]
    normal = largest_exceeds(2.3, shares)
    assert largest_exceeds(2.3, shares, 1e9) == close(normal)
    # Far out the statistics hardly ever exceed together: Bonferroni is exact.
    assert largest_exceeds(30.0, shares) == close(6 * special.ndtr(-30.0))
    assert largest_exceeds(0.0, shares, 4) == close(1.0)


contrasts = st.lists(
    st.tuples(st.floats(-5, 5), st.floats(0.01, 10), st.floats(0, 1), st.one_of(st.none(), st.floats(3, 1000))),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=40)
@given(contrasts, st.sampled_from([0.8, 0.95, 0.99]))
def test_adjusted_p_and_simultaneous_interval_never_contradict(arms, confidence):
    given_ = [ArmContrast(statistic * error, error, share, degrees) for statistic, error, share, degrees in arms]
    found = dunnett(given_, confidence)
    for arm in found.arms:
        excludes = arm.difference.low > 0 or arm.difference.high < 0
        assert excludes == (arm.p_value < 1 - confidence)
        assert 0 <= arm.p_value <= 1


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(0.05, 0.95), min_size=2, max_size=5), st.floats(0.5, 5), st.one_of(st.none(), st.floats(2, 99))
)
def test_it_lies_between_the_plain_test_and_bonferroni_and_sidak(shares, value, degrees):
    plain = largest_exceeds(value, shares[:1], degrees)
    found = largest_exceeds(value, shares, degrees)
    assert plain <= found * (1 + 1e-9)
    assert found <= min(1, len(shares) * plain) * (1 + 1e-9)
    if degrees is None:
        assert found <= (1 - (1 - plain) ** len(shares)) * (1 + 1e-9)  # Šidák


def test_a_rates_own_interval_at_the_level_given_agrees_with_the_adjusted_p():
    control, arms = Rate(100, 1000), [Rate(127, 1000), Rate(131, 1000), Rate(52, 500), Rate(300, 2000)]
    plain = [compare_rates(control, arm) for arm in arms]
    found = dunnett(
        [
            ArmContrast(p.difference.estimate, p.difference.estimate / p.statistic, control_share(1 / 1000, 1 / arm.n))
            for p, arm in zip(plain, arms, strict=True)
        ]
    )
    for arm, result in zip(arms, found.arms, strict=True):
        own = compare_rates(control, arm, result.confidence)
        assert (own.difference.low > 0) == (own.lift.low > 0) == (result.p_value < 0.05)
    bonferroni = adjust([p.p_value for p in plain], "bonferroni")
    assert all(ours.p_value < theirs for ours, theirs in zip(found.arms, bonferroni, strict=True))


def test_welch_intervals_at_the_level_given_have_dunnetts_critical_value():
    control = Moments(30, 10.0, 9.0)
    arms = [Moments(20, 11.0, 16.0), Moments(60, 12.0, 4.0)]
    plain = [compare_means(control, arm) for arm in arms]
    found = dunnett(
        [
            ArmContrast(
                p.difference.estimate,
                p.difference.estimate / p.statistic,
                control_share(9 / 30, arm.variance / arm.n),
                p.degrees_of_freedom,
            )
            for p, arm in zip(plain, arms, strict=True)
        ]
    )
    assert found.degrees_of_freedom == min(p.degrees_of_freedom for p in plain)
    for arm, result in zip(arms, found.arms, strict=True):
        own = compare_means(control, arm, result.confidence).difference
        assert [own.low, own.high] == close([result.difference.low, result.difference.high])


def test_simultaneous_welch_intervals_cover_jointly_in_simulation():
    """Unequal arms and variances: at most 5 % of experiments have any interval that misses."""
    random = np.random.default_rng(6)
    sizes, spreads, runs = (40, 15, 60, 25), (1.0, 2.0, 0.7, 1.5), 800
    missed = 0
    for _ in range(runs):
        samples = [random.normal(3, s, n) for n, s in zip(sizes, spreads, strict=True)]
        moments = [Moments(len(x), x.mean(), x.var(ddof=1)) for x in samples]
        plain = [compare_means(moments[0], m) for m in moments[1:]]
        share = [control_share(moments[0].variance / 40, m.variance / m.n) for m in moments[1:]]
        degrees = min(p.degrees_of_freedom for p in plain)
        missed += largest_exceeds(max(abs(p.statistic) for p in plain), share, degrees) < 0.05
    assert 0.025 < missed / runs < 0.05 + 4 * math.sqrt(0.05 * 0.95 / runs)


def test_comparisons_without_a_statistic_are_not_counted():
    arm = ArmContrast(1.0, 0.4, 0.5)
    missing = ArmContrast(0.3, None, 0.5)
    found = dunnett([missing, arm])
    assert found.arms[1] == dunnett([arm]).arms[0]
    assert (found.arms[0].p_value, found.arms[0].difference.estimate) == (None, 0.3)
    assert found.arms[0].difference.reason
    assert dunnett([missing]).critical_value is None
    assert dunnett([]).arms == ()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: ArmContrast(1.0, 0.0, 0.5), "standard_error"),
        (lambda: ArmContrast(float("inf"), 1.0, 0.5), "difference"),
        (lambda: ArmContrast(1.0, 1.0, 1.5), "control_share"),
        (lambda: ArmContrast(1.0, 1.0, 0.5, 0.0), "degrees_of_freedom"),
        (lambda: control_share(0.0, 0.0), "control_variance"),
        (lambda: control_share(1.0, -1.0), "treatment_variance"),
        (lambda: dunnett([], confidence=1.0), "confidence"),
        (lambda: dunnett_critical_value([], None), "shares"),
    ],
)
def test_impossible_contrasts_are_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()

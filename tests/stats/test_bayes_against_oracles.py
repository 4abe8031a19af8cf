"""Posteriors against exact sums in 40 digits, mpmath's and R's quadrature, closed forms, and seeded simulation."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close, reference
from scipy import integrate, special

from abtest.stats.bayes import CONTROL_NEAR_ZERO, NO_BOUND_FROM_ZERO, NormalPrior, bayes_means, bayes_rates
from abtest.stats.contrast import NO_VARIATION
from abtest.stats.fieller import ZERO_CONTROL, fieller_lift
from abtest.stats.values import Moments, Rate

REFERENCE = reference("bayes.json")
EXACT = [((1.0, 1.0), case) for case in REFERENCE["exact"]["uniform"]]
EXACT += [((0.5, 0.5), case) for case in REFERENCE["exact"]["jeffreys"]]
Z = 1.959963984540054


def rates(table):
    return Rate(int(table[0]), int(table[1])), Rate(int(table[2]), int(table[3]))


@pytest.mark.parametrize(
    ("prior", "case"), EXACT, ids=lambda value: str(value[0] if isinstance(value, tuple) else value["table"])
)
def test_probability_and_losses_match_exact_sums_in_mpmath(prior, case):
    found = bayes_rates(*rates(case["table"]), prior)
    assert found.probability_better == pytest.approx(case["better"], abs=1e-11)
    scale = max(case["loss_treatment"], case["loss_control"])
    assert found.expected_loss_treatment == pytest.approx(case["loss_treatment"], rel=1e-8, abs=1e-11 * scale)
    assert found.expected_loss_control == pytest.approx(case["loss_control"], rel=1e-8, abs=1e-11 * scale)


@pytest.mark.parametrize("case", REFERENCE["r"]["cases"], ids=lambda case: f"{case['table']}-{case['prior']}")
def test_credible_intervals_match_r_integrate_and_uniroot(case):
    control, treatment = rates(case["table"])
    found = bayes_rates(control, treatment, tuple(case["prior"]))
    assert found.probability_better == pytest.approx(case["better"], abs=1e-9)
    width = found.difference.high - found.difference.low
    assert [found.difference.low, found.difference.high] == pytest.approx(case["difference"], abs=1e-8 * width)
    log_ratio = [math.log1p(bound) for bound in (found.lift.low, found.lift.estimate, found.lift.high)]
    assert log_ratio == pytest.approx(case["log_ratio"], abs=1e-8 * (log_ratio[2] - log_ratio[0]))


def test_credible_intervals_of_extreme_tables_match_scipy_quadrature():
    """The distribution function at each bound, by adaptive quadrature over the *treatment*, is α/2 or 1 − α/2."""
    for table in ((0, 100, 12, 100), (0, 50, 0, 200), (0, 0, 0, 0), (30, 30, 1, 40), (12, 100, 0, 100)):
        control, treatment = rates(table)
        c, t = ((r.successes + 0.5, r.n - r.successes + 0.5) for r in (control, treatment))
        found = bayes_rates(control, treatment)

        def below(move, c=c, t=t):
            # ∫ over u with x = (sin u)², which removes both endpoint singularities; P(T ≤ move(C)) = E[1 − F_c(...)].
            def inside(u):
                x = math.sin(u) ** 2
                density = 2 * math.sin(u) ** (2 * t[0] - 1) * math.cos(u) ** (2 * t[1] - 1) / special.beta(*t)
                return density * special.betaincc(*c, min(max(move(x), 0.0), 1.0))

            cuts = np.arcsin(np.sqrt(special.betaincinv(*t, [1e-10, 1e-4, 0.02, 0.2, 0.5, 0.8, 0.98, 1 - 1e-4])))
            edges = [0.0, *cuts, math.pi / 2]
            return sum(
                integrate.quad(inside, low, high, epsabs=1e-12, epsrel=1e-10, limit=500)[0]
                for low, high in pairwise(edges)
            )

        for bound, expected in ((found.difference.low, 0.025), (found.difference.high, 0.975)):
            assert below(lambda x, bound=bound: x - bound) == pytest.approx(expected, abs=1e-8)
        for bound, expected in ((found.lift.low, 0.025), (found.lift.estimate, 0.5), (found.lift.high, 0.975)):
            if bound is not None:
                assert below(lambda x, bound=bound: x / (1 + bound)) == pytest.approx(expected, abs=1e-8)


def evan_miller(control, treatment):
    """P(T > C) under Beta(1, 1) priors in rational arithmetic: Miller's (2014) sum, as Cook (2005)."""
    (a_c, b_c), (a_t, b_t) = ((r.successes + 1, r.n - r.successes + 1) for r in (control, treatment))

    def beta(a, b):
        return Fraction(math.factorial(a - 1) * math.factorial(b - 1), math.factorial(a + b - 1))

    return sum(beta(a_c + i, b_c + b_t) / ((b_t + i) * beta(1 + i, b_t) * beta(a_c, b_c)) for i in range(a_t))


small = st.integers(0, 30).flatmap(lambda n: st.builds(Rate, st.integers(0, n), st.just(n)))
large = st.integers(0, 10**6).flatmap(lambda n: st.builds(Rate, st.integers(0, n), st.just(n)))
few = st.builds(Rate, st.integers(0, 20), st.integers(20, 10**6))
any_rate = st.one_of(small, large, few)


@settings(deadline=None, max_examples=80)
@given(small, small)
def test_probability_is_millers_rational_sum(control, treatment):
    assert bayes_rates(control, treatment, (1, 1)).probability_better == pytest.approx(
        float(evan_miller(control, treatment)), abs=1e-11
    )


@settings(deadline=None, max_examples=60)
@given(any_rate, any_rate, st.sampled_from([0.8, 0.95, 0.99]), st.sampled_from([(0.5, 0.5), (1, 1), (2, 18), (0.1, 3)]))
def test_probability_difference_and_lift_never_contradict(control, treatment, confidence, prior):
    found = bayes_rates(control, treatment, prior, confidence=confidence)
    half = (1 - confidence) / 2
    assert (found.difference.low > 0) == (found.lift.low > 0)
    if min(abs(found.probability_better - side) for side in (half, 1 - half)) > 1e-12:
        assert (found.difference.low > 0) == (1 - found.probability_better < half)
        assert (found.difference.high < 0) == (found.probability_better < half)
    if found.lift.high is not None:
        assert (found.lift.high < 0) == (found.difference.high < 0)
        assert -1 <= found.lift.low <= found.lift.estimate <= found.lift.high
    assert -1 <= found.difference.low <= found.difference.high <= 1
    excess = found.treatment.estimate - found.control.estimate
    assert found.expected_loss_control - found.expected_loss_treatment == pytest.approx(excess, abs=1e-12)
    assert found.difference.estimate == pytest.approx(excess, abs=1e-15)


@settings(deadline=None, max_examples=40)
@given(any_rate, any_rate)
def test_exchanging_arms_or_events_mirrors_everything(control, treatment):
    found, swapped = bayes_rates(control, treatment), bayes_rates(treatment, control)
    failures = bayes_rates(*(Rate(r.n - r.successes, r.n) for r in (control, treatment)), good="down")
    width = found.difference.high - found.difference.low
    assert found.probability_better == pytest.approx(1 - swapped.probability_better, abs=1e-10)
    assert found.probability_better == pytest.approx(failures.probability_better, abs=1e-10)
    assert found.expected_loss_treatment == pytest.approx(swapped.expected_loss_control, abs=1e-9 * width)
    assert found.expected_loss_treatment == pytest.approx(failures.expected_loss_treatment, abs=1e-9 * width)
    for other in (swapped, failures):
        assert [found.difference.low, found.difference.high] == pytest.approx(
            [-other.difference.high, -other.difference.low], abs=1e-8 * width
        )


@settings(deadline=None, max_examples=40)
@given(any_rate)
def test_identical_arms_are_even(rate):
    found = bayes_rates(rate, rate)
    assert found.probability_better == pytest.approx(0.5, abs=1e-10)
    assert found.expected_loss_treatment == pytest.approx(found.expected_loss_control, rel=1e-9)


def test_posterior_matches_a_seeded_simulation():
    random = np.random.default_rng(1)
    draws = 400_000
    c, t = random.beta(30.5, 270.5, draws), random.beta(42.5, 258.5, draws)
    found = bayes_rates(Rate(30, 300), Rate(42, 300), good="up")
    assert found.probability_better == pytest.approx(np.mean(t > c), abs=4 * 0.5 / draws**0.5)
    assert found.expected_loss_treatment == pytest.approx(
        np.mean(np.maximum(c - t, 0)), abs=4 * np.std(c - t) / draws**0.5
    )
    lift = t / c - 1
    for bound, share in ((found.lift.low, 0.025), (found.lift.estimate, 0.5), (found.lift.high, 0.975)):
        assert np.mean(lift <= bound) == pytest.approx(share, abs=4 * 0.5 / draws**0.5)


def test_jeffreys_intervals_cover_about_nominally_by_enumeration():
    """Equal arms of 200 at 5 %: the credible interval of the difference as a confidence interval."""
    n, p = 200, 0.05
    x = np.arange(0, 27)
    weights = np.array([math.comb(n, int(k)) * p**k * (1 - p) ** (n - k) for k in x])
    nodes, step = np.linspace(-15, 2, 4000, retstep=True)
    rate = special.expit(nodes)
    below = special.betainc(x[:, None] + 0.5, n - x[:, None] + 0.5, rate)
    density = np.gradient(below, step, axis=1)
    above = step * density @ (1 - below.T)
    covered = weights @ ((above > 0.025) & (above < 0.975)) @ weights
    assert bayes_rates(Rate(5, n), Rate(12, n)).probability_better == pytest.approx(above[5, 12], abs=1e-4)
    assert covered == pytest.approx(0.95, abs=0.01)


def test_a_control_without_successes_has_a_lower_bound_for_the_lift_only():
    found = bayes_rates(Rate(0, 100), Rate(12, 100))
    assert (found.lift.estimate, found.lift.high, found.lift.reason) == (None, None, NO_BOUND_FROM_ZERO)
    assert found.lift.low > 0
    assert 0 < found.difference.low < found.difference.high < 1
    informed = bayes_rates(Rate(0, 100), Rate(12, 100), (2, 18))
    assert informed.lift.estimate < informed.lift.high < 100


def test_bounds_at_the_end_of_the_scale_stay_inside_it():
    """Everybody against nobody under a prior that piles up at both ends: the bound is 1 but for 10⁻¹⁷."""
    found = bayes_rates(Rate(0, 22707), Rate(495801, 495801), (0.1, 0.1))
    assert 0.999 < found.difference.low < found.difference.high <= 1


def test_without_units_the_answer_is_the_priors():
    found = bayes_rates(Rate(0, 0), Rate(0, 0), (2, 2))
    assert found.probability_better == close(0.5)
    assert [found.control.low, found.control.high] == close([special.betaincinv(2, 2, q) for q in (0.025, 0.975)])
    assert found.prior == "Beta(2, 2) for each arm's rate"
    assert bayes_rates(Rate(1, 2), Rate(1, 2)).prior == "Jeffreys, Beta(0.5, 0.5) for each arm's rate"


def test_large_arms_agree_with_the_normal_posterior():
    control, treatment = Rate(300_000, 10**6), Rate(300_900, 10**6)
    exact = bayes_rates(control, treatment)
    normal = bayes_means(
        *(Moments(r.n, r.value, r.value * (1 - r.value) * r.n / (r.n - 1)) for r in (control, treatment))
    )
    assert exact.probability_better == pytest.approx(normal.probability_better, abs=1e-6)
    assert [exact.lift.low, exact.lift.high] == pytest.approx([normal.lift.low, normal.lift.high], abs=1e-6)


CONTROL, TREATMENT = Moments(400, 10.0, 25.0), Moments(300, 10.6, 36.0)


def test_flat_means_are_the_z_test_and_fiellers_interval():
    found = bayes_means(CONTROL, TREATMENT)
    error = math.sqrt(25 / 400 + 36 / 300)
    assert found.probability_better == close(special.ndtr(0.6 / error))
    assert [found.difference.low, found.difference.high] == close([0.6 - Z * error, 0.6 + Z * error])
    fieller = fieller_lift(10.0, 10.6 - 10.0, (25 / 400, 36 / 300, 0.0), Z, significant=False)
    assert [found.lift.low, found.lift.estimate, found.lift.high] == close(
        [fieller.low, fieller.estimate, fieller.high]
    )


@pytest.mark.parametrize("good", ["up", "down"])
@pytest.mark.parametrize("excess", [-2.0, -0.1, 0.0, 0.6, 5.0])
def test_normal_losses_match_scipy_quadrature(excess, good):
    found = bayes_means(CONTROL, Moments(300, 10 + excess, 36.0), good=good)
    error, side = math.sqrt(25 / 400 + 36 / 300), 1 if good == "up" else -1

    def loss(sign):
        def inside(d):
            return max(0.0, sign * d) * math.exp(-(((d - excess) / error) ** 2) / 2) / (error * math.sqrt(2 * math.pi))

        return integrate.quad(inside, *((0, 15) if sign > 0 else (-15, 0)), points=[excess], epsabs=0, limit=400)[0]

    assert found.expected_loss_treatment == close(loss(-side), rel=1e-7)
    assert found.expected_loss_control == close(loss(side), rel=1e-7)
    assert found.probability_better == close(special.ndtr(side * excess / error))


def test_a_normal_prior_weighs_by_precision():
    """Two estimates with equal variance meet half-way; Gelman et al., eq. 2.12."""
    found = bayes_means(CONTROL, TREATMENT, NormalPrior(12.0, 0.25))  # 25/400 = 0.25²
    assert found.control.estimate == close(11.0)
    assert found.control.high - found.control.estimate == close(Z * 0.25 / math.sqrt(2))
    precision = 300 / 36 + 16
    assert found.treatment.estimate == close((10.6 * 300 / 36 + 12 * 16) / precision)
    wide = bayes_means(CONTROL, TREATMENT, NormalPrior(0.0, 1e8))
    assert wide.probability_better == close(bayes_means(CONTROL, TREATMENT).probability_better)


def test_an_arm_without_units_has_its_prior_or_a_reason():
    nobody = Moments(0, None, None)
    assert str(bayes_means(nobody, TREATMENT).reason) == "the control has no units"
    assert bayes_means(nobody, TREATMENT).treatment.estimate == 10.6
    found = bayes_means(nobody, TREATMENT, NormalPrior(10.0, 1.0))
    assert (found.control.estimate, found.reason) == (10.0, None)
    assert (
        str(bayes_means(CONTROL, Moments(1, 3.0, None)).reason)
        == "the treatment has only one unit, so its variation is unknown"
    )
    constant = bayes_means(Moments(5, 1.0, 0.0), Moments(5, 2.0, 0.0))
    assert (constant.probability_better, constant.reason) == (None, NO_VARIATION)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("ratio", [2.0, 2.5, 4.0, 7.0])
def test_lift_quantiles_are_exact_where_the_control_may_have_the_other_sign(ratio, sign):
    """P((T − C)/|C| ≤ bound) by quadrature over C, whose mean is only ``ratio`` standard deviations from 0."""
    control, treatment = Moments(100, sign * ratio / 10, 1.0), Moments(100, sign * ratio / 10 + 0.25, 4.0)
    found = bayes_means(control, treatment)

    def below(lift):
        def inside(z):
            c = control.mean + 0.1 * z
            return (
                math.exp(-z * z / 2) / math.sqrt(2 * math.pi) * special.ndtr((c + lift * abs(c) - treatment.mean) / 0.2)
            )

        zero = -control.mean / 0.1
        parts = [integrate.quad(inside, *sorted((zero, end)), epsabs=1e-13, limit=400)[0] for end in (-12, 12)]
        return sum(parts)

    assert below(found.lift.low) == pytest.approx(0.025, abs=1e-9)
    assert below(found.lift.estimate) == pytest.approx(0.5, abs=1e-9)
    assert below(found.lift.high) == pytest.approx(0.975, abs=1e-9)


moments = st.builds(Moments, st.integers(2, 1000), st.floats(-100, 100), st.floats(0, 1000))


@settings(deadline=None, max_examples=200)
@given(moments, moments, st.sampled_from([0.8, 0.95, 0.99]))
def test_normal_probability_difference_and_lift_never_contradict(control, treatment, confidence):
    found = bayes_means(control, treatment, confidence=confidence)
    if found.reason is not None:
        assert found.reason == NO_VARIATION
        return
    half = (1 - confidence) / 2
    if min(abs(found.probability_better - side) for side in (half, 1 - half)) > 1e-12:
        assert (found.difference.low > 0) == (1 - found.probability_better < half)
        assert (found.difference.high < 0) == (found.probability_better < half)
    assert found.expected_loss_control >= 0
    assert found.expected_loss_treatment >= 0
    if found.lift.low is None:
        assert found.lift.reason in (CONTROL_NEAR_ZERO, ZERO_CONTROL)
        return
    assert (found.lift.low > 0) == (found.difference.low > 0)
    assert (found.lift.high < 0) == (found.difference.high < 0)


def test_a_control_mean_near_zero_has_no_lift():
    found = bayes_means(Moments(100, 0.1, 1.0), Moments(100, 0.5, 1.0))
    assert (found.lift.estimate, found.lift.reason) == (None, CONTROL_NEAR_ZERO)
    assert found.difference.low > 0
    assert bayes_means(Moments(5, 0.0, 0.0), Moments(5, 1.0, 1.0)).lift.reason == ZERO_CONTROL


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: bayes_rates(Rate(1, 2), Rate(1, 2), (0.0, 1.0)), "prior"),
        (lambda: bayes_rates(Rate(1, 2), Rate(1, 2), (1.0, math.nan)), "prior"),
        (lambda: bayes_rates(Rate(1, 2), Rate(1, 2), (1.0, math.inf)), "prior"),
        (lambda: bayes_rates(Rate(1, 2), Rate(1, 2), confidence=1.0), "confidence"),
        (lambda: bayes_rates(Rate(1, 2), Rate(1, 2), good="left"), "good"),
        (lambda: bayes_means(CONTROL, TREATMENT, good="left"), "good"),
        (lambda: NormalPrior(0.0, 0.0), "sd"),
        (lambda: NormalPrior(math.nan, 1.0), "mean"),
    ],
)
def test_impossible_input_is_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()

"""The figures of a comparison against statsmodels, scipy and published results."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats
from statsmodels.stats import proportion

from abtest.comparing.compare import compare, compare_arms, compare_figures
from abtest.comparing.settings import settings
from abtest.stats.values import Rate

TABLES = [((480, 2000), (530, 2000)), ((8502, 44700), (8279, 45489)), ((3, 50), (11, 60)), ((930, 1000), (97, 100))]


def close(expected, rel=1e-8):
    return pytest.approx(expected, rel=rel, abs=1e-12)


@pytest.mark.parametrize(
    ("control", "treatment", "difference", "z"),
    [
        ((8502, 44700), (8279, 45489), -0.008201298315, -3.164358913),
        ((2033, 3785), (1945, 3423), 0.03109480471, 2.65092819),
    ],
    ids=["Cookie Cats retention_7", "Udacity screener"],
)
def test_published_results_are_reproduced_to_their_printed_digits(control, treatment, difference, z):
    comparison = compare(control, treatment)
    assert comparison.difference.estimate == close(difference, 1e-9)
    # The published z is the pooled one; ours differs by the factor √((N − 1)/N) and by the skewness of uneven arms.
    assert comparison.p_value == close(2 * stats.norm.sf(abs(z)), 1e-3)
    assert comparison.verdict == ("better" if difference > 0 else "worse")


def rates_at(control, treatment, value, contrast):
    """The likeliest rates at a difference or odds ratio of ``value``, by root finding."""
    (x_c, n_c), (x_t, n_t) = control, treatment

    def other(p):
        return p + value if contrast == "difference" else value * p / (1 - p + value * p)

    def slope(p):
        q = other(p)
        change = 1.0 if contrast == "difference" else value / (1 - p + value * p) ** 2
        return x_c / p - (n_c - x_c) / (1 - p) + change * (x_t / q - (n_t - x_t) / (1 - q))

    ends = (max(0, -value), min(1, 1 - value)) if contrast == "difference" else (0, 1)
    p = optimize.brentq(slope, ends[0] + 1e-12, ends[1] - 1e-12, xtol=1e-16, rtol=1e-15)
    return p, other(p)


def score_z(control, treatment, value, contrast="difference"):
    """The score at ``value`` with its skewness taken out (Laud 2017), from its definition: s = z + a(z² − 1)."""
    (x_c, n_c), (x_t, n_t) = control, treatment
    p, q = rates_at(control, treatment, value, contrast)
    factor = (n_c + n_t) / (n_c + n_t - 1)
    of_p, of_q = p * (1 - p), q * (1 - q)
    if contrast == "difference":
        excess, variance = x_t / n_t - x_c / n_c - value, of_p / n_c + of_q / n_t
        third = of_q * (1 - 2 * q) / n_t**2 - of_p * (1 - 2 * p) / n_c**2
    else:
        excess = (x_t / n_t - q) / of_q - (x_c / n_c - p) / of_p
        variance = 1 / (n_c * of_p) + 1 / (n_t * of_q)
        third = (1 - 2 * q) / (n_t * of_q) ** 2 - (1 - 2 * p) / (n_c * of_p) ** 2
    s, a = excess / math.sqrt(variance * factor), third / (6 * (variance * factor) ** 1.5)
    return s if abs(a) < 1e-12 else float(min(np.roots([a, 1, -s - a]), key=abs))


@pytest.mark.parametrize(("control", "treatment"), TABLES)
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_p_value_is_the_corrected_score_test_and_the_bounds_are_where_the_statistic_is_critical(
    control, treatment, confidence
):
    comparison = compare(control, treatment, confidence=confidence)
    critical = stats.norm.isf((1 - confidence) / 2)
    assert comparison.p_value == close(2 * stats.norm.sf(abs(score_z(control, treatment, 0))), 1e-7)
    assert score_z(control, treatment, comparison.difference.low) == close(critical)
    assert score_z(control, treatment, comparison.difference.high) == close(-critical)
    # The skewness is a refinement: statsmodels' plain score test is near.
    oracle = proportion.test_proportions_2indep(*treatment, *control, compare="diff", method="score", correction=True)
    assert comparison.p_value == pytest.approx(oracle.pvalue, rel=0.15)


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_odds_ratio_bounds_are_where_its_corrected_score_is_critical(control, treatment):
    found = compare(control, treatment, odds_ratio=True).odds_ratio
    odds = [x / (n - x) for x, n in (control, treatment)]
    assert found is not None
    assert found.estimate == close(odds[1] / odds[0])
    critical = stats.norm.isf(0.025)
    assert score_z(control, treatment, found.low, "odds") == close(critical, 1e-6)
    assert score_z(control, treatment, found.high, "odds") == close(-critical, 1e-6)


@pytest.mark.parametrize(("control", "treatment"), TABLES)
@pytest.mark.parametrize("good", ["up", "down"])
def test_margin_tests_of_rates_are_the_score_statistic_at_the_margin(control, treatment, good):
    above = {value: stats.norm.sf(score_z(control, treatment, value)) for value in (-0.02, 0.02)}
    below = {value: stats.norm.cdf(score_z(control, treatment, value)) for value in (-0.02, 0.02)}
    expected = {
        "non-inferiority": above[-0.02] if good == "up" else below[0.02],
        "superiority": above[0.02] if good == "up" else below[-0.02],
        "equivalence": max(above[-0.02], below[0.02]),
    }
    for test, p_value in expected.items():
        margin = compare(control, treatment, margin="2pp", test=test, good=good).margin
        assert margin is not None
        assert (margin.test, margin.value, margin.scale) == (test, 0.02, "absolute")
        assert margin.p_value == close(p_value, 1e-6)
        assert margin.shown == (p_value < 0.025)


def samples(seed, *sizes):
    draw = np.random.default_rng(seed)
    return [draw.gamma(2 + place, 5 + place, size) for place, size in enumerate(sizes)]


def moments(values):
    return float(values.mean()), float(values.std(ddof=1)), len(values)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_means_match_scipy_welch(confidence):
    control, treatment = samples(1, 40, 55)
    comparison = compare(moments(control), moments(treatment), confidence=confidence)
    oracle = stats.ttest_ind(treatment, control, equal_var=False)
    interval = oracle.confidence_interval(confidence)
    assert comparison.p_value == close(oracle.pvalue)
    assert (comparison.difference.low, comparison.difference.high) == close((interval.low, interval.high))


def test_margins_of_means_match_scipy_on_shifted_data():
    control, treatment = samples(2, 60, 50)
    margin = compare(moments(control), moments(treatment), margin=2, test="superiority").margin
    oracle = stats.ttest_ind(treatment - 2, control, equal_var=False, alternative="greater")
    assert margin is not None
    assert margin.p_value == close(oracle.pvalue)


def test_fieller_lift_bounds_are_where_the_ratio_is_just_not_rejected():
    control, treatment = samples(3, 80, 70)
    comparison = compare(moments(control), moments(treatment))
    (m_c, s_c, n_c), (m_t, s_t, n_t) = moments(control), moments(treatment)
    parts = s_c**2 / n_c, s_t**2 / n_t
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (n_c - 1) + parts[1] ** 2 / (n_t - 1))

    def t(ratio):
        return (m_t - ratio * m_c) / math.sqrt(parts[1] + ratio**2 * parts[0])

    for bound in (comparison.lift.low, comparison.lift.high):
        assert 2 * stats.t.sf(abs(t(1 + bound)), degrees) == close(0.05)
    margin = compare(moments(control), moments(treatment), margin="25%", test="superiority").margin
    assert margin is not None
    assert margin.p_value == close(stats.t.sf(t(1.25), degrees))


def test_exact_companion_agrees_with_scipy_boschloo_and_comes_unasked_with_small_tables():
    found = compare((0, 20), (6, 20)).exact
    assert found is not None
    oracle = stats.boschloo_exact([[6, 0], [14, 20]], n=128)
    assert found.boschloo_p_value == close(oracle.pvalue, 1e-6)
    assert (found.p_value < 0.05) == (found.difference.low > 0)


def test_exact_companion_comes_when_asked_needed_or_not_and_not_when_refused():
    assert compare((10, 30), (15, 30)).exact is None
    asked = compare((10, 30), (15, 30), exact=True).exact
    assert asked is not None
    assert asked.p_value is not None
    assert compare((0, 20), (6, 20), exact=False).exact is None
    large = compare((480, 2000), (530, 2000), exact=True).exact
    assert large is not None
    assert large.p_value is None
    assert "15,000 tables" in (large.difference.reason or "")


@pytest.mark.parametrize("prior", [None, (1.0, 1.0), (20.0, 60.0)])
def test_probability_to_be_better_matches_an_integral_of_beta_densities(prior):
    a, b = prior or (0.5, 0.5)
    control, treatment = stats.beta(48 + a, 152 + b), stats.beta(62 + a, 138 + b)
    expected, _ = integrate.quad(lambda x: control.pdf(x) * treatment.sf(x), 0, 1, points=[0.2, 0.25, 0.3, 0.35])
    loss, _ = integrate.quad(lambda x: treatment.cdf(x) * control.sf(x), 0, 1, points=[0.2, 0.25, 0.3, 0.35])
    found = compare((48, 200), (62, 200), bayes=True, prior=prior).bayes
    assert found is not None
    assert found.probability_better == close(expected)
    assert found.expected_loss_treatment == close(loss, 1e-7)


def test_bayes_of_means_with_a_flat_prior_is_the_normal_test():
    control, treatment = (12.4, 30.1, 2000), (13.9, 31.0, 2000)
    error = math.sqrt(30.1**2 / 2000 + 31.0**2 / 2000)
    up = compare(control, treatment, bayes=True).bayes
    down = compare(control, treatment, bayes=True, good="down").bayes
    assert up is not None
    assert down is not None
    assert up.probability_better == close(stats.norm.cdf(1.5 / error))
    assert down.probability_better == close(1 - up.probability_better)
    prior = compare(control, treatment, bayes=True, prior=(12.0, 0.5)).bayes
    assert prior is not None
    assert 0.5 < prior.probability_better < up.probability_better


def overall(arms):
    return compare_figures(arms, settings(arms)).metric.overall


def test_overall_test_of_three_arms_is_pearsons_chi_squared():
    arms = {"a": Rate(480, 2000), "b": Rate(530, 2000), "c": Rate(600, 2100)}
    oracle = stats.chi2_contingency([[a.successes, a.n - a.successes] for a in arms.values()], correction=False)
    found = overall(arms)
    assert found is not None
    assert (found.statistic, found.degrees_of_freedom, found.p_value) == close(
        (oracle.statistic, oracle.dof, oracle.pvalue)
    )
    assert overall({"a": Rate(1, 2), "b": Rate(1, 2)}) is None


def test_dunnett_of_rates_matches_the_bivariate_normal_distribution():
    arms = {"control": (240, 1000), "b": (280, 1000), "c": (290, 800)}
    found = compare_arms(arms, correction="dunnett")
    plain = compare_arms(arms, correction="none")
    shares = [(1 / 1000) / (1 / 1000 + 1 / n) for n in (1000, 800)]
    joint = stats.multivariate_normal([0, 0], [[1, math.sqrt(math.prod(shares))], [math.sqrt(math.prod(shares)), 1]])
    for adjusted, raw in zip(found, plain, strict=True):
        z = -special.ndtri(raw.p_value / 2)
        assert adjusted.adjusted_p_value == close(1 - joint.cdf([z, z], lower_limit=[-z, -z]), 1e-5)
        assert raw.adjusted_p_value is None


def test_dunnett_of_means_with_equal_large_arms_approaches_scipys():
    arms = samples(4, 400, 400, 400)
    arms = [(values - values.mean()) / values.std(ddof=1) + 0.08 * place for place, values in enumerate(arms)]
    oracle = stats.dunnett(*arms[1:], control=arms[0], rng=np.random.default_rng(1))
    found = compare_arms({str(i): moments(values) for i, values in enumerate(arms)}, correction="dunnett")
    assert [c.adjusted_p_value for c in found] == pytest.approx(list(oracle.pvalue), abs=2e-3)

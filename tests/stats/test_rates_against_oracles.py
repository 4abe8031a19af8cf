"""Rates against R, sixty-digit brute force, printed tables, published experiments and statsmodels."""

import math
import time

import numpy as np
import pytest
from oracles import close, reference
from scipy import special
from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep

from abtest.stats.odds import lowest_odds_ratio
from abtest.stats.rates import compare_rates, overall_rates, rate_margin_test, wilson
from abtest.stats.score import (
    null_statistic,
    score_bounds,
    statistic_at_difference,
    statistic_at_ratio,
)
from abtest.stats.values import Rate

R = reference("stats.json")
BRUTE = reference("score_bounds.json")


def both(table):
    x_c, n_c, x_t, n_t = table
    return Rate(x_c, n_c), Rate(x_t, n_t)


@pytest.mark.parametrize("case", R["one_rate"], ids=str)
def test_wilson_matches_r_prop_test(case):
    result = wilson(Rate(*case["rate"]), case["confidence"])
    assert [result.low, result.high] == close(case["interval"])


def test_wilson_keeps_its_digits_at_one_in_a_billion():
    # Exact roots of (p̂ − p)² n = z² p(1 − p), solved in rational arithmetic to first order beyond double precision.
    n, z2 = 10**9, 1.959963984540054**2
    result = wilson(Rate(1, n))
    for p in (result.low, result.high):
        assert (1 / n - p) ** 2 * n == pytest.approx(z2 * p * (1 - p), rel=1e-9)


@pytest.mark.parametrize("case", R["two_rates"], ids=str)
def test_statistic_is_r_chi_square_without_the_factor(case):
    # R's prop.test(correct = FALSE) is Pearson's χ²; Miettinen and Nurminen's statistic carries (N − 1)/N.
    control, treatment = both(case["table"])
    total = control.n + treatment.n
    plain = null_statistic(*(np.array([float(v)]) for v in case["table"]))[0]
    assert plain**2 * total / (total - 1) == close(case["chi2"])
    overall = overall_rates([control, treatment])
    assert (overall.statistic, overall.p_value) == (close(case["chi2"]), close(case["p"]))


def test_overall_test_of_hillstrom_visits_matches_r():
    result = overall_rates([Rate(3894, 21307), Rate(3238, 21387), Rate(2262, 21306)])
    assert [result.statistic, result.degrees_of_freedom] == close([R["overall"]["chi2"], R["overall"]["df"]])
    assert result.p_value == close(R["overall"]["p"])


def with_infinity(bounds, ends):
    return [float(bound) if bound is not None else end for bound, end in zip(bounds, ends, strict=True)]


@pytest.mark.parametrize("case", BRUTE["bounds"], ids=lambda c: f"{c['table']}-{c['confidence']}")
def test_bounds_match_sixty_digit_brute_force(case):
    table, confidence = case["table"], case["confidence"]
    found = score_bounds(*table, confidence, corrected=False)
    difference = with_infinity(case["difference"], (-1.0, 1.0))
    ratio = with_infinity(case["ratio"], (0.0, math.inf))
    assert [found.difference_low[0], found.difference_high[0]] == close(difference)
    assert [1 + found.lift_low[0], 1 + found.lift_high[0]] == close(ratio)
    x_c, n_c, x_t, n_t = (np.array([float(v)]) for v in table)
    critical = np.array([-special.ndtri((1 - confidence) / 2)])
    with np.errstate(divide="ignore", invalid="ignore"):
        low = lowest_odds_ratio(x_t, n_t, x_c, n_c, critical, corrected=False)[0]
        inverse = lowest_odds_ratio(x_c, n_c, x_t, n_t, critical, corrected=False)[0]
    odds = with_infinity(case["odds ratio"], (0.0, math.inf))
    assert [low, 1 / inverse if inverse else math.inf] == close(odds)


@pytest.mark.parametrize("case", BRUTE["margins"], ids=lambda c: f"{c['table']}-{c['kind']}-{c['value']}")
def test_statistic_at_a_margin_matches_sixty_digit_brute_force(case):
    function = statistic_at_difference if case["kind"] == "difference" else statistic_at_ratio
    table = [np.array([float(v)]) for v in case["table"]]
    assert function(*table, float(case["value"]))[0] == close(float(case["statistic"]))


# Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 6 (Miettinen and Nurminen), as printed.
NEWCOMBE = [
    ((56, 70), (48, 80), 0.0528, 0.3382),
    ((9, 10), (3, 10), 0.1700, 0.8406),
    ((6, 7), (2, 7), 0.0342, 0.8534),
    ((5, 56), (0, 29), -0.0326, 0.1933),
    ((0, 10), (0, 20), -0.1658, 0.2844),
    ((0, 10), (0, 10), -0.2879, 0.2879),
    ((10, 10), (0, 20), 0.7156, 1.0000),
]


@pytest.mark.parametrize(("first", "second", "low", "high"), NEWCOMBE)
def test_difference_interval_matches_newcombe_1998_table_ii(first, second, low, high):
    plain = score_bounds(*second, *first, 0.95, corrected=False)
    assert (plain.difference_low[0], plain.difference_high[0]) == (
        pytest.approx(low, abs=5e-5),
        pytest.approx(high, abs=5e-5),
    )


def test_published_cookie_cats_result():
    control, treatment = Rate(8502, 44700), Rate(8279, 45489)
    result = compare_rates(control, treatment)
    assert result.difference.estimate == pytest.approx(-0.008201298315, abs=5e-13)
    # Published is the pooled z without (N − 1)/N; ours is smaller by its square root, 1 part in 180,000.
    total = control.n + treatment.n
    plain = null_statistic(*(np.array([float(v)]) for v in (8502, 44700, 8279, 45489)))[0]
    assert plain * math.sqrt(total / (total - 1)) == pytest.approx(-3.164358913, abs=5e-10)
    assert result.statistic == pytest.approx(plain, rel=1e-4)  # and a trifle for skewness: the arms are almost even
    assert overall_rates([control, treatment]).statistic == pytest.approx(10.01316733, abs=5e-9)


def test_published_udacity_result():
    result = compare_rates(Rate(2033, 3785), Rate(1945, 3423))
    assert result.difference.estimate == pytest.approx(0.03109480471, abs=5e-12)
    total = 3785 + 3423
    plain = null_statistic(*(np.array([float(v)]) for v in (2033, 3785, 1945, 3423)))[0]
    assert plain * math.sqrt(total / (total - 1)) == pytest.approx(2.65092819, abs=5e-9)
    assert result.statistic == pytest.approx(plain, rel=2e-4)


ORDINARY = [(2033, 3785, 1945, 3423), (10, 200, 12, 210), (48, 80, 56, 70), (3, 10, 9, 10), (20, 200, 532, 3800)]


def closed_form_statistic(table, value, quadratic):
    """Miettinen and Nurminen's own closed form, a cubic solved by trigonometry; ``quadratic`` is n_c in their paper."""
    x_c, n_c, x_t, n_t = table
    total, successes = n_c + n_t, x_c + x_t
    l2 = (n_t + 2 * n_c) * value - total - successes
    l1 = (quadratic * value - total - 2 * x_c) * value + successes
    l0 = x_c * value * (1 - value)
    q = (l2 / (3 * total)) ** 3 - l1 * l2 / (6 * total**2) + l0 / (2 * total)
    u = math.copysign(math.sqrt((l2 / (3 * total)) ** 2 - l1 / (3 * total)), q)
    p = 2 * u * math.cos((math.pi + math.acos(q / u**3)) / 3) - l2 / (3 * total)
    variance = (p * (1 - p) / n_c + (p + value) * (1 - p - value) / n_t) * total / (total - 1)
    return (x_t / n_t - x_c / n_c - value) / math.sqrt(variance)


@pytest.mark.parametrize("table", ORDINARY)
def test_difference_agrees_with_the_closed_form_and_statsmodels_error_is_explained(table):
    """statsmodels 0.15 writes x_c where the paper's L1 has n_c (issue 10269, open): its bounds are up to 10 % off."""
    ours = score_bounds(*table, 0.95, corrected=False)
    x_c, n_c, x_t, n_t = table
    for bound, critical in ((ours.difference_low[0], 1.959963984540054), (ours.difference_high[0], -1.959963984540054)):
        assert closed_form_statistic(table, bound, n_c) == close(critical)
        test = score_test_proportions_2indep(x_t, n_t, x_c, n_c, value=bound, compare="diff", correction=True)
        assert test.statistic in (
            close(closed_form_statistic(table, bound, x_c)),
            close(critical),
        )  # as is, or repaired


@pytest.mark.parametrize("table", ORDINARY)
def test_ratio_agrees_with_statsmodels_where_it_is_right(table):
    """It is wrong where an arm has all successes: for 50/50 against 60/70 its interval leaves out the estimate."""
    x_c, n_c, x_t, n_t = table
    ours = score_bounds(*table, 0.95, corrected=False)
    theirs = confint_proportions_2indep(x_t, n_t, x_c, n_c, compare="ratio", method="score", correction=True)
    assert [1 + ours.lift_low[0], 1 + ours.lift_high[0]] == close(theirs)


def test_no_success_in_the_control_still_has_a_verdict():
    result = compare_rates(Rate(0, 100), Rate(12, 100))
    assert result.p_value < 0.001
    assert result.difference.low > 0
    assert result.lift.low > 0
    assert (result.lift.estimate, result.lift.high) == (None, None)
    assert "no successes" in str(result.lift.reason)


def test_no_success_at_all_is_agreement_with_a_finite_interval():
    result = compare_rates(Rate(0, 50), Rate(0, 70))
    assert result.p_value == 1.0
    assert result.difference.low < 0 < result.difference.high
    assert (result.lift.estimate, result.lift.low, result.lift.high) == (None, None, None)
    assert result.lift.reason


def test_everybody_succeeds_has_a_finite_lift():
    lift = compare_rates(Rate(50, 50), Rate(70, 70)).lift
    assert lift.low < 0 == lift.estimate < lift.high


@pytest.mark.parametrize(("control", "treatment", "arm"), [((0, 0), (1, 5), "control"), ((1, 5), (0, 0), "treatment")])
def test_an_empty_arm_has_a_reason_and_no_numbers(control, treatment, arm):
    result = compare_rates(Rate(*control), Rate(*treatment))
    assert str(result.reason) == f"the {arm} has no units"
    assert (result.p_value, result.difference.estimate, result.lift.estimate) == (None, None, None)
    margin = rate_margin_test(Rate(*control), Rate(*treatment), 0.1, "absolute", "up")
    assert (margin.p_value, margin.shown) == (None, False)


def test_wilson_and_overall_without_units_have_reasons():
    assert wilson(Rate(0, 0)).reason
    assert overall_rates([Rate(0, 0), Rate(1, 2)]).reason
    assert overall_rates([Rate(0, 5), Rate(0, 6)]).p_value == 1.0


def test_one_comparison_takes_about_a_millisecond_and_twenty_thousand_take_seconds():
    control, treatment = Rate(8502, 44700), Rate(8279, 45489)
    compare_rates(control, treatment)
    start = time.perf_counter()
    for _ in range(20):
        compare_rates(control, treatment)
    assert (time.perf_counter() - start) / 20 < 0.02  # twenty times what it takes: a busy machine is not a failure
    random = np.random.default_rng(1)
    n = random.integers(1, 10**6, (2, 20_000))
    x = random.integers(0, n + 1)
    start = time.perf_counter()
    score_bounds(x[0], n[0], x[1], n[1], 0.95)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("confidence", [0, 1, -0.1, 1.5, 95, float("nan")])
def test_impossible_confidence_is_refused_by_name(confidence):
    for call in (
        lambda: wilson(Rate(1, 2), confidence),
        lambda: compare_rates(Rate(1, 2), Rate(1, 2), confidence),
        lambda: rate_margin_test(Rate(1, 2), Rate(1, 2), 0.1, "absolute", "up", confidence=confidence),
    ):
        with pytest.raises(ValueError, match="confidence"):
            call()


@pytest.mark.parametrize("margin", [0, -0.1, float("nan"), float("inf"), 1.0])
def test_impossible_margin_is_refused_by_name(margin):
    with pytest.raises(ValueError, match="margin"):
        rate_margin_test(Rate(1, 2), Rate(1, 2), margin, "absolute", "up")


def test_unknown_scale_and_direction_are_refused_by_name():
    with pytest.raises(ValueError, match="scale"):
        rate_margin_test(Rate(1, 2), Rate(1, 2), 0.1, "percent", "up")
    with pytest.raises(ValueError, match="good"):
        rate_margin_test(Rate(1, 2), Rate(1, 2), 0.1, "absolute", "higher")

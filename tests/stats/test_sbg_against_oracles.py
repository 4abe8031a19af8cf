"""The shifted-beta-geometric model: Fader & Hardie's numbers, R's optim, sums by hand, and simulated customers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import close, reference
from scipy import special

from abtest.stats.lifetime_value import compare_values, value_of
from abtest.stats.rmst import rmst
from abtest.stats.sbg import GEOMETRIC, MODEL, fit, fit_table
from abtest.stats.survival import LifeTable, survival_at

R = reference("sbg.json")
CASES = sorted(R["fits"])


def fitted(case):
    return fit(R["fits"][case]["lost"], R["fits"][case]["kept"])


def table_of(lost, kept):
    return LifeTable(np.arange(1, len(lost) + 1), np.array(lost), np.array(kept))


def customers(random, alpha, beta, count, last):
    """Losses of customers who come at different times: followed for 2 to ``last`` periods."""
    churn, follow = random.beta(alpha, beta, count), random.integers(2, last + 1, count)
    lifetime = random.geometric(np.maximum(churn, 1e-12))
    lost = lifetime <= follow
    size = last + 1
    gone = np.bincount(lifetime[lost], minlength=size)[1:]
    return gone, np.bincount(follow[~lost], minlength=size)[1:]


# ---- The fit.


@pytest.mark.parametrize(("case", "alpha", "beta"), [("high_end", 0.668, 3.806), ("regular", 0.704, 1.182)])
def test_fit_of_years_0_to_7_gives_the_published_parameters(case, alpha, beta):
    found = fitted(case)
    assert (round(found.alpha.estimate, 3), round(found.beta.estimate, 3)) == (alpha, beta)
    assert found.model == MODEL


@pytest.mark.parametrize(("case", "points"), [("high_end", 2), ("regular", 1)])
def test_projection_to_year_12_is_near_what_happened(case, points):
    found = fitted(case).survival(12)
    actual = R["survivors"][case][12] / 100
    assert abs(found.estimate - actual) < points / 100
    assert found.low < actual < found.high


@pytest.mark.parametrize("case", CASES)
def test_fit_matches_r_optim(case):
    found, expected = fitted(case), R["fits"][case]
    assert [found.alpha.estimate, found.beta.estimate] == pytest.approx([expected["alpha"], expected["beta"]], rel=1e-5)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-10)
    assert np.array(found.covariance) == pytest.approx(np.array(expected["covariance"]), rel=1e-3)
    assert [found.survival(t).estimate for t in range(13)] == pytest.approx(expected["survival"], rel=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_residual_lifetime_matches_r_s_plain_sum(case):
    found, expected, last = fitted(case), R["fits"][case], len(R["fits"][case]["lost"])
    assert found.remaining_periods(last, discount=0.1).estimate == pytest.approx(expected["residual"], rel=1e-5)
    assert found.remaining_periods(last, discount=0.01).estimate == pytest.approx(expected["residual_slow"], rel=1e-4)
    assert found.expected_periods(10).estimate == pytest.approx(expected["within_ten"], rel=1e-5)


def test_discounted_residual_lifetime_is_the_hypergeometric_closed_form():
    found = fitted("staggered")
    a, b = found.alpha.estimate, found.beta.estimate
    expected = special.hyp2f1(1, b + 4, a + b + 4, 1 / 1.05)
    assert found.remaining_periods(4, discount=0.05).estimate == close(expected)


def test_undiscounted_lifetime_is_its_closed_form_when_alpha_exceeds_one():
    random = np.random.default_rng(1)
    found = fit(*customers(random, 4.0, 6.0, 200_000, 8))
    a, b = found.alpha.estimate, found.beta.estimate
    lifetime = found.remaining_periods(3)
    assert lifetime.estimate == close((a + b + 3 - 1) / (a - 1))
    assert lifetime.low < 8 / 3 * (12 / 8) < lifetime.high  # (4 + 6 + 3 − 1) / (4 − 1) = 4


@pytest.mark.parametrize("case", ["high_end", "regular"])
def test_undiscounted_lifetime_is_called_infinite_when_alpha_is_at_most_one(case):
    found = fitted(case).remaining_periods(7)
    assert found.estimate is None
    assert "infinite" in str(found.reason)


def test_retention_rate_rises_and_multiplies_to_survival():
    found = fitted("high_end")
    rates = [found.retention_rate(t).estimate for t in range(1, 13)]
    assert rates == sorted(rates)
    assert math.prod(rates) == close(found.survival(12).estimate)


def test_goodness_of_fit_sees_what_the_model_cannot_be():
    assert fitted("regular").goodness.p_value > 0.5
    rising = fit([50, 100, 200, 300, 200], [0, 0, 0, 0, 150])
    assert rising.goodness.p_value < 1e-6


def test_goodness_of_fit_keeps_its_level():
    random = np.random.default_rng(2)
    p_values = [fit(*customers(random, 1.0, 3.0, 1000, 9)).goodness.p_value for _ in range(600)]
    assert abs(np.mean(np.array(p_values) < 0.05) - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 600)


# ---- Where the model has nothing to say, or is at its limit.


@pytest.mark.parametrize(
    ("lost", "kept", "words"),
    [
        ([], [], "no customers"),
        ([0, 0], [0, 0], "no customers"),
        ([0, 0, 0], [1, 2, 3], "no customer was lost"),
        ([5], [5], "one period only"),
        ([5, 0, 0], [0, 5, 5], "all losses fall in the first period"),
    ],
)
def test_without_information_there_is_a_reason_and_no_number(lost, kept, words):
    found = fit(lost, kept)
    assert (found.model, found.alpha.estimate, found.survival(3).estimate) == (None, None, None)
    for reason in (found.reason, found.survival(3).reason, found.goodness.reason, found.remaining_periods(1, 9).reason):
        assert words in str(reason)


@pytest.mark.parametrize("lost", [[100, 90, 81, 73], [50, 100, 200, 300], [30, 30, 0, 40]])
def test_customers_that_look_alike_are_reported_as_the_geometric_limit(lost):
    kept = [0, 0, 0, 1000 - sum(lost)]
    found = fit(lost, kept)
    churn = sum(lost) / sum(1000 - sum(lost[:i]) for i in range(4))
    assert found.model == GEOMETRIC
    assert "alike" in str(found.reason)
    assert found.alpha.estimate is None
    assert found.survival(10).estimate == close((1 - churn) ** 10)
    assert found.remaining_periods(4).estimate == close(1 / churn)


def test_all_lost_is_no_obstacle():
    found = fit([60, 25, 10, 5], [0, 0, 0, 0])
    assert 0 < found.survival(9).estimate < 0.05
    assert value_of(table_of([60, 25, 10, 5], [0] * 4), 10.0, 12).extrapolated.estimate.estimate == 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=10), st.sampled_from([0.8, 0.95])
)
def test_any_counts_give_ordered_bounds_or_a_reason(pairs, confidence):
    found = fit(*zip(*pairs, strict=True), confidence)
    estimates = [found.survival(5), found.retention_rate(3), found.remaining_periods(4, 30)]
    estimates += [found.remaining_periods(4, discount=0.1), found.remaining_periods(2)]
    for one in estimates:
        if one.low is None:
            assert one.reason is not None
        else:
            assert one.low <= one.estimate * (1 + 1e-12)
            assert one.high >= one.estimate * (1 - 1e-12)
    if found.model == MODEL:
        step = 1e-3
        best = found.log_likelihood
        for moves in ((step, 0), (-step, 0), (0, step), (0, -step)):
            assert found.losses.log_likelihood(found.churn.moved(*moves)) <= best + 1e-9


@pytest.mark.parametrize(("alpha", "beta", "last"), [(0.7, 3.0, 8), (2.0, 6.0, 10)])
def test_intervals_cover_what_they_project(alpha, beta, last):
    random, repetitions, units = np.random.default_rng(3), 600, 2000
    share = math.exp(special.betaln(alpha, beta + 20) - special.betaln(alpha, beta))
    ahead = np.arange(20, dtype=float)
    within = np.exp(special.betaln(alpha, beta + ahead) - special.betaln(alpha, beta)).sum()
    value = np.exp(special.betaln(alpha, beta + ahead) - special.betaln(alpha, beta) - ahead * math.log(1.02)).sum()
    covered = np.zeros(4)
    for _ in range(repetitions):
        lost, kept = customers(random, alpha, beta, units, last)
        found = fit(lost, kept)
        total = value_of(table_of(lost, kept), 1.0, 20, discount=0.02).total.estimate
        pairs = [(found.survival(20), share), (found.expected_periods(20), within), (total, value)]
        pairs.append((found.alpha, alpha))
        covered += [one.low is not None and one.low <= truth <= one.high for one, truth in pairs]
    assert np.all(np.abs(covered / repetitions - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / repetitions))


def test_a_life_table_in_periods_is_the_same_fit():
    case = R["fits"]["staggered"]
    with_start = LifeTable(np.arange(9), np.array([0, *case["lost"]]), np.array([77, *case["kept"]]))
    assert fit_table(with_start).log_likelihood == fitted("staggered").log_likelihood
    with pytest.raises(ValueError, match="time 0"):
        fit_table(LifeTable([0, 1], [1, 1], [0, 1]))


@pytest.mark.parametrize(
    ("lost", "kept", "words"), [([1], [1, 2], "same length"), ([1.5], [1], "whole numbers"), ([-1], [1], "negative")]
)
def test_what_is_no_count_is_refused(lost, kept, words):
    with pytest.raises(ValueError, match=words):
        fit(lost, kept)


def test_impossible_questions_are_refused():
    found = fitted("regular")
    for question, words in (
        (lambda: found.remaining_periods(7, 7), "beyond since"),
        (lambda: found.remaining_periods(7, discount=1e-6), "discount"),
        (lambda: found.remaining_periods(7, discount=-0.1), "discount"),
        (lambda: found.survival(-1), "negative"),
        (lambda: found.retention_rate(0), "period"),
        (lambda: fit([1, 1], [1, 1], 2.0), "confidence"),
    ):
        with pytest.raises(ValueError, match=words):
            question()


# ---- Value.


def staggered():
    case = R["fits"]["staggered"]
    return table_of(case["lost"], case["kept"])


def test_the_observed_part_is_the_margin_times_the_area_under_kaplan_meier():
    found = value_of(staggered(), 20.0, 30)
    area = rmst(staggered(), 8)  # periods 0 … 7
    last = survival_at(staggered(), 8).estimate
    assert found.last_observed == 8
    assert found.observed.estimate.estimate == close(20 * (area.estimate + last))
    short = value_of(staggered(), 20.0, 8)
    expected = [20 * bound for bound in (area.estimate, area.low, area.high)]
    observed = short.observed.estimate
    assert [observed.estimate, observed.low, observed.high] == close(expected)
    assert short.extrapolated.estimate.estimate == 0
    assert short.total == short.observed


def test_the_projected_part_starts_from_the_observed_share():
    found = value_of(staggered(), 20.0, 30, discount=0.03)
    model, share = fitted("staggered"), survival_at(staggered(), 8).estimate
    ahead = sum(model.survival(t).estimate / model.survival(8).estimate / 1.03**t for t in range(9, 30))
    assert found.extrapolated.estimate.estimate == close(20 * share * ahead)
    total = found.observed.estimate.estimate + found.extrapolated.estimate.estimate
    assert found.total.estimate.estimate == close(total)


def test_errors_of_the_parts_match_a_parametric_bootstrap_of_the_losses():
    case, random = R["fits"]["staggered"], np.random.default_rng(4)
    lost, kept = np.array(case["lost"]), np.array(case["kept"])
    found = value_of(table_of(lost, kept), 20.0, 30, discount=0.02)
    replicates = []
    for _ in range(800):
        there, gone, censored = int((lost + kept).sum()), [], []
        for d, c in zip(lost, kept, strict=True):
            at_risk = int((lost + kept)[len(gone) :].sum())
            events = random.binomial(there, d / at_risk)
            left = random.binomial(there - events, c / (at_risk - d))
            gone, censored, there = [*gone, events], [*censored, left], there - events - left
        one = value_of(table_of(gone, censored), 20.0, 30, discount=0.02)
        if one.last_observed == 8:
            replicates.append([part.estimate.estimate for part in (one.observed, one.extrapolated, one.total)])
    spread = np.var(replicates, axis=0)
    variances = [part.variance for part in (found.observed, found.extrapolated, found.total)]
    assert variances == pytest.approx(spread, rel=0.25)


def test_an_endless_value_needs_a_discount_or_customers_who_surely_leave():
    table = table_of(R["fits"]["regular"]["lost"], R["fits"]["regular"]["kept"])
    endless = value_of(table, 10.0)
    assert endless.extrapolated.estimate.estimate is None
    assert endless.total.estimate.estimate is None
    assert "infinite" in str(endless.total.estimate.reason)
    assert endless.observed.estimate.estimate > 0
    assert value_of(table, 10.0, discount=0.01).total.estimate.high > 0


def test_a_later_cut_uses_no_data_beyond_it():
    lost, kept = [100, 60, 40, 30], [0, 0, 0, 270]
    changed = value_of(table_of([*lost, 200], [0, 0, 0, 0, 70]), 1.0, 20, observed=4)
    assert changed.total == value_of(table_of(lost, kept), 1.0, 20).total


def test_difference_of_values_has_both_variances_and_mirrors():
    control = value_of(staggered(), 20.0, 30, discount=0.02)
    treatment = value_of(
        table_of([150, 90, 48, 30, 15, 9, 3, 1], [90, 60, 72, 41, 46, 30, 41, 12]), 20.0, 30, discount=0.02
    )
    there, back = compare_values(control, treatment), compare_values(treatment, control)
    for part in ("observed", "extrapolated", "total"):
        one, other = getattr(there, part), getattr(back, part)
        gap = getattr(treatment, part).estimate.estimate - getattr(control, part).estimate.estimate
        error = math.sqrt(getattr(treatment, part).variance + getattr(control, part).variance)
        assert [one.difference.estimate, one.statistic] == close([gap, gap / error])
        assert one.p_value == close(other.p_value)
        assert one.difference.low == close(-other.difference.high)


def test_values_that_cannot_be_compared_say_why():
    with pytest.raises(ValueError, match="same period"):
        compare_values(value_of(staggered(), 1.0, 20), value_of(staggered(), 1.0, 20, observed=5))
    nobody = value_of(table_of([0], [0]), 1.0, 20)
    found = compare_values(nobody, value_of(staggered(), 1.0, 20))
    assert found.total.p_value is None
    assert "control" in str(found.total.reason)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"margin": 0}, "margin"),
        ({"margin": math.nan}, "margin"),
        ({"horizon": 0}, "horizon"),
        ({"discount": -1}, "discount"),
        ({"observed": 0}, "observed"),
    ],
)
def test_impossible_values_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        value_of(staggered(), **{"margin": 1.0, "horizon": 20} | change)

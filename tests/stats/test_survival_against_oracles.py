"""Time to an event against R's package survival, published numbers, definitions and an independent bootstrap."""

import math

import numpy as np
import pytest
from oracles import close, reference
from scipy import stats

from abtest.stats.competing import CompetingTable, compare_incidence, cumulative_incidence, incidence_at
from abtest.stats.cox import compare_hazards, proportional_hazards
from abtest.stats.rmst import compare_rmst, rmst
from abtest.stats.survival import LifeTable, compare_survival, kaplan_meier, median_survival, survival_at
from abtest.stats.survival_tests import log_rank, stratified_log_rank

R = reference("survival.json")
SAME = 1e-9
CASES = sorted(R["two_arms"])
STUDIES = sorted(R["competing"])


def life_table(counts):
    return LifeTable(*(np.array(counts[key], dtype=int) for key in ("times", "events", "censored")))


def pair(case):
    return [life_table(arm["counts"]) for arm in R["two_arms"][case]["arms"]]


def with_every_day(table):
    """The same table with a row for each day from 1 to a week after its end, most of them empty."""
    days = np.arange(1, table.times[-1] + 8)
    events, censored = np.zeros_like(days), np.zeros_like(days)
    events[table.times - 1], censored[table.times - 1] = table.events, table.censored
    return LifeTable(days, events, censored)


def table_of(times, had_event):
    days = np.unique(times)
    at = np.searchsorted(days, times)
    return LifeTable(
        days, np.bincount(at[had_event], minlength=len(days)), np.bincount(at[~had_event], minlength=len(days))
    )


def bounds(estimate):
    return [estimate.low, estimate.high]


def marked(values):
    """Numbers that can be compared: no bound is far below any."""
    return [-9.0 if value is None else value for value in values]


@pytest.mark.parametrize("case", CASES)
def test_curve_and_log_log_band_match_r_survfit(case):
    for arm, table in zip(R["two_arms"][case]["arms"], pair(case), strict=True):
        curve, expected = kaplan_meier(table), arm["curve"]
        at = [curve.times.index(time) for time in expected["time"]]
        assert [curve.at_risk[i] for i in at] == expected["at_risk"]
        assert [curve.survival[i] for i in at] == close(expected["survival"], SAME)
        # R prints no error and no bounds where the share is 0.
        errors = [0.0 if error is None else error for error in expected["error"]]
        assert [math.sqrt(curve.variance[i]) for i in at] == close(errors, SAME)
        assert marked(curve.low[i] for i in at) == close(marked(expected["low"]), SAME)
        assert marked(curve.high[i] for i in at) == close(marked(expected["high"]), SAME)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reshape", [lambda table: table, with_every_day], ids=["as seen", "every day"])
def test_share_median_and_mean_at_the_horizon_match_r(case, reshape):
    reference_case = R["two_arms"][case]
    horizon = reference_case["horizon"]
    for arm, table in zip(reference_case["arms"], map(reshape, pair(case)), strict=True):
        share, expected = survival_at(table, horizon), arm["at_horizon"]
        assert [share.estimate, *bounds(share)] == close([expected[k] for k in ("survival", "low", "high")], SAME)
        median = median_survival(table)
        assert [median.estimate, *bounds(median)] == arm["median"]
        mean = rmst(table, horizon, 0.5)
        half = stats.norm.isf(0.25) * arm["rmst_error"]
        assert [mean.estimate, *bounds(mean)] == close([arm["rmst"], arm["rmst"] - half, arm["rmst"] + half], SAME)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reshape", [lambda table: table, with_every_day], ids=["as seen", "every day"])
def test_log_rank_cox_by_efron_and_proportionality_match_r(case, reshape):
    control, treatment = map(reshape, pair(case))
    test, expected = log_rank([control, treatment]), R["two_arms"][case]["log_rank"]
    assert [test.statistic, test.degrees_of_freedom, test.p_value] == close([expected["chi2"], 1, expected["p"]], SAME)
    found, expected = compare_hazards(control, treatment), R["two_arms"][case]["cox"]
    assert [found.logarithm.estimate, found.standard_error, found.p_value] == close(
        [expected["log_hazard_ratio"], expected["error"], expected["p"]], SAME
    )
    assert bounds(found.logarithm) == close(expected["interval"], SAME)
    assert bounds(found.ratio) == close([math.exp(bound) for bound in expected["interval"]], SAME)
    # R subtracts two log likelihoods in the thousands: its small statistics have fewer digits than ours.
    likelihood = found.likelihood_ratio
    assert [likelihood.statistic, likelihood.p_value] == pytest.approx(
        expected["likelihood_ratio"], rel=SAME, abs=1e-12
    )
    assert [found.score.statistic, found.score.p_value] == close(expected["score"], SAME)
    zph = proportional_hazards(control, treatment)
    assert [zph.statistic, zph.p_value] == close(expected["zph"], SAME)


def test_freireichs_leukaemia_trial_has_its_published_numbers():
    placebo, mercaptopurine = pair("freireich")
    assert log_rank([placebo, mercaptopurine]).statistic == pytest.approx(16.79294099, abs=5e-9)
    # The literature gives placebo against 6-mercaptopurine.
    assert compare_hazards(mercaptopurine, placebo).logarithm.estimate == pytest.approx(1.5721249, abs=5e-7)
    assert [median_survival(arm).estimate for arm in (placebo, mercaptopurine)] == [8, 23]


@pytest.mark.parametrize("name", sorted(R["log_ranks"]))
def test_log_rank_of_groups_and_strata_matches_r_survdiff(name):
    expected = R["log_ranks"][name]
    strata = [[life_table(counts) for counts in arms] for arms in expected["strata"]]
    found = stratified_log_rank(strata)
    assert found.degrees_of_freedom == expected["df"]
    assert [found.statistic, found.p_value] == close([expected["chi2"], expected["p"]], SAME)
    if len(strata) == 1:
        assert log_rank(strata[0]) == found


def efron_by_definition(control, treatment):
    """Score, information and log likelihood at a log hazard ratio, event by event in the textbook's words."""
    times = sorted({*control.times[control.events > 0], *treatment.times[treatment.events > 0]})

    def parts(log_ratio):
        score = information = likelihood = 0.0
        for time in times:
            d, n = np.zeros(2), np.zeros(2)
            for arm, table in enumerate((control, treatment)):
                n[arm] = (table.events + table.censored)[table.times >= time].sum()
                d[arm] = table.events[table.times == time].sum()
            weight, tied = np.array([1.0, math.exp(log_ratio)]), int(d.sum())
            for done in range(tied):
                left = weight * (n - done / tied * d)
                share = left[1] / left.sum()
                score -= share
                information += share * (1 - share)
                likelihood -= math.log(left.sum())
            score += d[1]
            likelihood += d[1] * log_ratio
        return score, information, likelihood

    return parts


@pytest.mark.parametrize("seed", range(4))
def test_hundreds_of_ties_a_day_give_efrons_sum_to_the_last_digits(seed):
    """Ties beyond what R sums in reasonable time are summed in closed form; on the last day everybody has the event."""
    random = np.random.default_rng(seed)
    control, treatment = (
        LifeTable(
            np.arange(1, 7),
            np.append(random.integers(20, 900, 5), 40 + 100 * last),
            np.append(random.integers(0, 300, 5), 0),
        )
        for last in (1, 2)
    )
    found, parts = compare_hazards(control, treatment), efron_by_definition(control, treatment)
    estimate = found.logarithm.estimate
    score, information, likelihood = parts(estimate)
    assert score == pytest.approx(0, abs=1e-9 * information)
    assert found.standard_error == pytest.approx(information**-0.5, rel=1e-12)
    at_zero = parts(0.0)
    assert found.score.statistic == pytest.approx(at_zero[0] ** 2 / at_zero[1], rel=1e-9)
    assert found.likelihood_ratio.statistic == pytest.approx(2 * (likelihood - at_zero[2]), rel=1e-7)


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("cause", [0, 1])
def test_cumulative_incidence_and_its_variance_match_r(study, cause):
    for arm in R["competing"][study]:
        table = CompetingTable(*(np.array(arm[key]) for key in ("times", "events", "censored")))
        curve, expected = cumulative_incidence(table, cause), arm["curve"]
        at = [curve.times.index(time) for time in expected["time"]]
        assert [curve.incidence[i] for i in at] == close(expected["incidence"][cause], SAME)
        assert [math.sqrt(curve.variance[i]) for i in at] == close(expected["error"][cause], SAME)
        assert marked(curve.low[i] for i in at) == close(marked(expected["low"][cause]), SAME)
        assert marked(curve.high[i] for i in at) == close(marked(expected["high"][cause]), SAME)
        found, expected = incidence_at(table, cause, arm["horizon"]), arm["at_horizon"]
        assert [found.estimate, *bounds(found)] == close(
            [expected[k][cause] for k in ("incidence", "low", "high")], SAME
        )


def test_incidences_are_compared_by_the_sum_of_r_variances():
    first, second = R["competing"]["gammopathy"]
    tables = [
        CompetingTable(*(np.array(arm[key]) for key in ("times", "events", "censored"))) for arm in (first, second)
    ]
    for cause in (0, 1):
        found = compare_incidence(*tables, cause, first["horizon"])
        values, errors = ([arm["at_horizon"][k][cause] for arm in (first, second)] for k in ("incidence", "error"))
        assert found.statistic == close((values[1] - values[0]) / math.hypot(*errors), SAME)
        assert found.lift.estimate == close(values[1] / values[0] - 1, SAME)


def test_one_cause_alone_is_one_less_kaplan_meier_with_greenwoods_variance():
    table = pair("veteran")[1]
    alone = CompetingTable(table.times, np.stack([table.events, 0 * table.events]), table.censored)
    curve, incidence = kaplan_meier(table), cumulative_incidence(alone, 0)
    assert list(incidence.incidence) == close([1 - share for share in curve.survival], 1e-12)
    assert list(incidence.variance) == pytest.approx(curve.variance, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_comparisons_at_the_horizon_follow_from_r_estimates_and_errors(case, level):
    arms, horizon = R["two_arms"][case]["arms"], R["two_arms"][case]["horizon"]
    shares, share_errors = ([arm["at_horizon"][k] for arm in arms] for k in ("survival", "error"))
    means, mean_errors = ([arm[k] for arm in arms] for k in ("rmst", "rmst_error"))
    critical = stats.norm.isf((1 - level) / 2)
    for found, values, errors in (
        (compare_survival(*pair(case), horizon, level), shares, share_errors),
        (compare_rmst(*pair(case), horizon, level), means, mean_errors),
    ):
        difference, error = values[1] - values[0], math.hypot(*errors)
        assert [found.difference.estimate, found.statistic] == close([difference, difference / error], SAME)
        assert found.p_value == close(2 * stats.norm.sf(abs(difference) / error), SAME)
        assert bounds(found.difference) == close([difference - critical * error, difference + critical * error], SAME)
        assert found.lift.estimate == close(values[1] / values[0] - 1, SAME)
        # Fieller: at a bound the treatment differs from (1 + lift) times the control by just the critical value.
        for bound, sign in zip(bounds(found.lift), (1, -1), strict=True):
            if bound is None:
                assert found.lift.reason is not None
                continue
            excess = values[1] - (1 + bound) * values[0]
            assert excess / math.hypot(errors[1], (1 + bound) * errors[0]) == close(sign * critical, 1e-7)


def test_without_censoring_the_share_is_a_proportion_and_the_mean_a_mean():
    random = np.random.default_rng(5)
    times = random.geometric(0.05, 300), random.geometric(0.04, 200)
    control, treatment = (table_of(arm, np.ones(len(arm), dtype=bool)) for arm in times)
    p_c, p_t = (np.mean(arm > 20) for arm in times)
    error = math.sqrt(p_c * (1 - p_c) / 300 + p_t * (1 - p_t) / 200)
    assert compare_survival(control, treatment, 20).statistic == close((p_t - p_c) / error)
    cut = [np.minimum(arm, 20) for arm in times]
    error = math.sqrt(cut[0].var() / 300 + cut[1].var() / 200)
    found = compare_rmst(control, treatment, 20)
    assert [found.difference.estimate, found.statistic] == close(
        [cut[1].mean() - cut[0].mean(), (cut[1].mean() - cut[0].mean()) / error]
    )
    assert median_survival(control).estimate == np.median(times[0])


@pytest.mark.parametrize("case", ["freireich", "veteran", "gbsg"])
def test_errors_of_the_differences_are_those_of_a_bootstrap_of_units(case):
    """Units drawn again with replacement; shares and areas by their plainest definitions."""
    horizon, draws = R["two_arms"][case]["horizon"], 3000
    random = np.random.default_rng(8)
    share, area = np.zeros((2, draws)), np.zeros((2, draws))
    for arm, table in enumerate(pair(case)):
        cells = np.concatenate([table.events, table.censored])
        drawn = random.multinomial(table.n, cells / table.n, draws)
        events, censored = drawn[:, : len(table.times)], drawn[:, len(table.times) :]
        at_risk = np.cumsum((events + censored)[:, ::-1], axis=1)[:, ::-1]
        curve = np.cumprod(1 - events / np.maximum(at_risk, 1), axis=1)
        inside = table.times <= horizon
        edges = np.concatenate([[0], table.times[inside], [horizon]])
        share[arm] = curve[:, inside][:, -1]
        area[arm] = np.concatenate([np.ones((draws, 1)), curve[:, inside]], axis=1) @ np.diff(edges)
    for found, replicates in (
        (compare_survival(*pair(case), horizon), share),
        (compare_rmst(*pair(case), horizon), area),
    ):
        error = found.difference.estimate / found.statistic
        # Two Monte-Carlo errors of 1/√(2·3000), and the 1/n between bootstrap and formula in arms of 21.
        assert np.std(replicates[1] - replicates[0]) == pytest.approx(error, rel=0.06 if case == "freireich" else 0.03)

"""Always an answer, or a reason: extreme, empty and constant data never crash and never put NaN into JSON."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from analysis_samples import analysis_of_outcomes, excludes_zero, parsed
from scipy import stats

from abtest import analyze, load

TIME = pd.Timestamp("2026-03-02T12:00:00Z")


def assert_answered(analysis) -> None:
    """Each missing number comes with a reason beside it, and results.json is strict JSON."""
    for metric in parsed(analysis)["metrics"]:
        for arm in metric["arms"]:
            assert arm["value"] is not None or arm["reason"]
            assert arm["low"] is not None or arm["reason"]
        for comparison in metric["comparisons"]:
            assert comparison["p_value"] is not None or comparison["reason"]
            for effect in (comparison["difference"], comparison["lift"]):
                assert (
                    None not in (effect["estimate"], effect["low"], effect["high"])
                    or effect["reason"]
                    or comparison["reason"]
                )


ODD_RATES = [(0, 100), (12, 100), (100, 100), (1, 1), (0, 1), (0, 0), (1, 100_000), (99_999, 100_000)]
ODD_MEANS = [[], [7.0], [7.0] * 50, [0.0] * 50, [0.0] * 49 + [1e6], [-1.5, 1.5] * 20, [1e-3, 2e-3, 3e-3]]


@pytest.mark.parametrize("odd", [ODD_RATES, ODD_MEANS], ids=["rates", "means"])
def test_every_pair_of_odd_arms_has_an_answer_or_a_reason(odd):
    guardrail = {"role": "guardrail", "margin": "10%"}
    for control, treated in itertools.product(odd, repeat=2):
        outcomes = {"first": [(10, 100), (20, 100)], "odd": [control, treated]}
        assert_answered(analysis_of_outcomes(["a", "b"], outcomes, {"odd": guardrail}, eligible=[100_000] * 2))


@pytest.mark.parametrize("odd", [ODD_RATES, ODD_MEANS], ids=["rates", "means"])
def test_many_odd_arms_at_once_have_an_answer_or_a_reason(odd):
    assert_answered(
        analysis_of_outcomes([f"arm{i}" for i in range(len(odd))], {"odd": odd}, eligible=[100_000] * len(odd))
    )


def test_none_of_100_against_12_of_100_has_a_p_value_and_a_finite_interval():
    analysis = analysis_of_outcomes(["a", "b"], {"kept": [(0, 100), (12, 100)]})
    comparison = analysis.metrics[0].comparisons[0]
    pearson = stats.chi2_contingency([[0, 100], [12, 88]], correction=False).statistic
    assert comparison.p_value == pytest.approx(stats.chi2.sf(pearson * 199 / 200, 1), rel=1e-9)
    assert comparison.difference.estimate == pytest.approx(0.12, rel=1e-12)
    assert 0 < comparison.difference.low < 0.12 < comparison.difference.high < 1
    assert excludes_zero(comparison.lift)
    assert (comparison.lift.estimate, comparison.lift.high) == (None, None)
    assert comparison.lift.reason
    assert analysis.decision.recommendation == "ship"


def timed(assigned: list[pd.Timestamp], arms: str, orders: pd.DataFrame, through: str = "2026-03-31"):
    units = [f"u{number}" for number in range(len(arms))]
    definition = {
        "name": "timed",
        "unit": "unit",
        "timezone": "UTC",
        "period": {"start": "2026-03-01", "through": through},
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {"assignments": {"at": "at"}, "orders": {"at": "at", "value": "amount"}},
        "metrics": {
            "kept": {"role": "primary", "type": "retention", "event": "orders", "window": ["7d", "14d"]},
            "revenue": {"type": "sum", "event": "orders", "window": ["0d", "14d"]},
            "basket": {"type": "mean", "event": "orders", "window": ["0d", "14d"]},
        },
    }
    frames = {"assignments": pd.DataFrame({"unit": units, "arm": list(arms), "at": assigned}), "orders": orders}
    return analyze(load(definition), tables=frames)


def orders_of(*units: str) -> pd.DataFrame:
    return pd.DataFrame({"unit": units, "at": [TIME + dt.timedelta(days=8)] * len(units), "amount": 9.5})


def test_an_arm_without_mature_units_is_null_with_its_own_reason():
    late = pd.Timestamp("2026-03-20T12:00:00Z")
    analysis = timed([TIME] * 3 + [late] * 3, "aaabbb", orders_of("u0", "u1"))
    assert_answered(analysis)
    treated = analysis.metric("kept").arms[1]
    assert (treated.n, treated.mature, treated.immature, treated.value) == (0, 0, 3, None)
    assert "no unit of this arm is mature" in treated.reason
    assert analysis.metric("kept").comparisons[0].verdict == "not estimable"
    assert analysis.decision.recommendation == "keep running"
    assert "mature" in analysis.decision.reasons[0]


def test_nobody_mature_at_all_keeps_running():
    analysis = timed([TIME] * 6, "aaabbb", orders_of("u0"), through="2026-03-05")
    assert_answered(analysis)
    assert analysis.decision.recommendation == "keep running"
    assert [arm.value for arm in analysis.metric("revenue").arms] == [None, None]


def test_an_arm_without_a_single_eligible_unit_is_null_with_a_reason():
    early = pd.Timestamp("2026-02-01T12:00:00Z")
    analysis = timed([TIME] * 3 + [early] * 3, "aaabbb", orders_of("u0", "u1"))
    assert_answered(analysis)
    assert analysis.population[1].excluded == {"outside_period": 3}
    assert analysis.metric("kept").arms[1].reason == "no eligible unit in this arm"


def test_a_mean_of_events_does_not_exist_for_an_arm_without_events():
    analysis = timed([TIME] * 6, "aaabbb", orders_of("u0", "u1"))
    assert_answered(analysis)
    basket = analysis.metric("basket")
    assert [(arm.n, arm.missing, arm.value) for arm in basket.arms] == [(2, 1, 9.5), (0, 3, None)]
    revenue = analysis.metric("revenue")
    assert [arm.value for arm in revenue.arms] == pytest.approx([19 / 3, 0.0], rel=1e-12)


def wide_with_covariate(outcome, covariate, **guard):
    count = len(outcome) // 2
    frame = pd.DataFrame(
        {"arm": ["a"] * count + ["b"] * count, "kept": [0, 1] * count, "guard": outcome, "before": covariate}
    )
    definition = {
        "name": "covariate",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "metrics": {
            "kept": {"role": "primary", "type": "column"},
            "guard": {"type": "column", "covariate": {"column": "before"}, **guard},
        },
    }
    return analyze(load(definition), tables={"customers": frame}).metric("guard").comparisons[0]


@pytest.mark.parametrize("covariate", ["constant", "nothing", "the outcome itself"])
def test_a_covariate_that_explains_nothing_or_everything_still_gives_an_answer(covariate):
    outcome = np.random.default_rng(3).normal(10, 2, 60).round(2)
    columns = {"constant": np.full(60, 5.0), "nothing": np.full(60, np.nan), "the outcome itself": outcome}
    comparison = wide_with_covariate(outcome, columns[covariate])
    assert comparison.difference.estimate is not None or comparison.reason
    if covariate != "the outcome itself":
        assert comparison.difference.estimate == pytest.approx(outcome[30:].mean() - outcome[:30].mean(), rel=1e-9)


def test_a_useful_covariate_narrows_the_interval_and_shows_the_unadjusted_one_beside_it():
    chance = np.random.default_rng(4)
    before = chance.normal(100, 30, 600).round(2)
    comparison = wide_with_covariate((before + chance.normal(0, 3, 600)).round(2), before)
    plain, adjusted = comparison.unadjusted.difference, comparison.difference
    assert adjusted.high - adjusted.low < 0.2 * (plain.high - plain.low)
    assert comparison.variance_removed > 0.95


@pytest.mark.parametrize("margin", ["2", "2%"])
def test_a_guardrail_with_a_covariate_is_safe_when_its_own_interval_excludes_the_margin(margin):
    chance = np.random.default_rng(1)
    before = chance.normal(100, 30, 800).round(2)
    comparison = wide_with_covariate(
        (before + chance.normal(0, 3, 800)).round(2), before, role="guardrail", margin=margin
    )
    assert comparison.difference.low > -2
    assert comparison.lift.low > -0.02
    assert comparison.verdict == "safe"


def test_rows_without_an_id_are_units_of_their_own():
    rows = {"arm": ["a", "b"] * 200, "kept": [0, 1, 1, 1] * 100}
    given = {
        "name": "gate",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
    arms = analyze(load(given), {"customers": pd.DataFrame(rows)}).metric("kept").arms
    assert [(arm.n, arm.value) for arm in arms] == [(200, 0.5), (200, 1.0)]

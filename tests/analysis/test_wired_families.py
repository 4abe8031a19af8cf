"""Corrections, gatekeeping and margins on real metrics: the p-values of the rows go in, one story comes out."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from wired_data import ALPHA, ARMS, analysed, definition, excludes_zero, of, pair, per_unit, shop, welch

from abtest import DefinitionError, load
from abtest.analysis.result import Analysis, Comparison

W, B = ["0d", "28d"], ["-28d", "0d"]
SPEND = {"type": "sum", "event": "orders", "window": W}
RETURNED = {"type": "retention", "event": "orders", "window": W}
SCORE = {"type": "column", "column": "score"}
RATIO = {"type": "ratio", "numerator": {"event": "orders"}, "denominator": {"event": "sessions"}, "window": W}
PRIMARY = {"role": "primary"}
MIXED = {
    "returned": {**RETURNED, **PRIMARY},
    "spend": {**SPEND, **PRIMARY, "winsorise": 0.99, "covariates": [{"window": B}, {"column": "age"}]},
    "orders": {"type": "count", "event": "orders", "window": W, **PRIMARY},
    "rate": {**RATIO, **PRIMARY, "allow_conditional": True},
    "ninth": {"type": "quantile", "event": "orders", "window": W, "quantile": 0.9, **PRIMARY},
}
THEIRS = {"holm": "holm", "hochberg": "simes-hochberg", "bonferroni": "bonferroni", "bh": "fdr_bh", "by": "fdr_by"}


def comparisons(analysis: Analysis, role: str = "primary") -> list[Comparison]:
    return [c for metric in analysis.metrics if metric.role == role for c in metric.comparisons]


def shifted(effects: dict[str, dict[str, float]], seed: int = 3) -> dict[str, pd.DataFrame]:
    """Return the shop with normal columns whose arms differ by these effects."""
    tables = dict(shop())
    arms = tables["customers"].merge(tables["assignments"], on="customer_id")["arm"]
    rng = np.random.default_rng(seed)
    columns = {name: (10 + arms.map(by_arm) + rng.normal(size=len(arms))).round(6) for name, by_arm in effects.items()}
    tables["customers"] = tables["customers"].assign(**columns)
    return tables


def agree(found: Comparison) -> None:
    """A p-value, its difference and its lift say the same, before and after the correction."""
    for p_value, difference, lift in (
        (found.p_value, found.difference, found.lift),
        (found.adjusted_p_value, found.adjusted_difference, found.adjusted_lift),
    ):
        if p_value is None:
            continue
        assert (p_value < ALPHA) == excludes_zero(difference)
        if lift.low is not None and lift.high is not None:
            assert (p_value < ALPHA) == excludes_zero(lift)


@pytest.mark.parametrize("correction", THEIRS)
def test_all_primary_comparisons_share_the_correction_whatever_their_method(correction):
    found = comparisons(analysed(definition(MIXED, analysis={"correction": correction})))
    expected = multipletests([c.p_value for c in found], method=THEIRS[correction])[1]
    assert [c.adjusted_p_value for c in found] == pytest.approx(list(expected), rel=1e-9)
    assert len(found) == 2 * len(MIXED)
    for comparison in found:
        agree(comparison)
        assert (comparison.adjusted_p_value < ALPHA) == (comparison.verdict in {"better", "worse"})


def test_a_bonferroni_interval_is_the_interval_at_one_minus_alpha_over_m():
    metrics = {"score": {**SCORE, **PRIMARY}, "returned": {**RETURNED, **PRIMARY}}
    found = of(analysed(definition(metrics, analysis={"correction": "bonferroni"})), "score")
    two = pair(per_unit())
    sides = [two.loc[two["t"] == side, "score"] for side in (0, 1)]
    expected = welch(*sides, confidence=1 - ALPHA / 4)
    assert (found.adjusted_difference.low, found.adjusted_difference.high) == pytest.approx(expected[1:3], rel=1e-8)


def test_dunnett_on_three_arms_is_scipys_and_agrees_with_its_intervals():
    tables = shifted({"y": {"control": 0.0, "weekly": 0.13, "daily": 0.12}})
    analysis = analysed(definition({"y": {"type": "column"}}, analysis={"correction": "dunnett"}), tables)
    frame = per_unit(tables)
    groups = [frame.loc[frame["arm"] == arm, "y"] for arm in ARMS]
    expected = stats.dunnett(*groups[1:], control=groups[0])
    found = analysis.metric("y").comparisons
    assert [c.adjusted_p_value for c in found] == pytest.approx(list(expected.pvalue), abs=0.002)
    interval = expected.confidence_interval()
    for place, comparison in enumerate(found):
        agree(comparison)
        assert comparison.adjusted_difference.low == pytest.approx(interval.low[place], abs=0.003)
        assert comparison.adjusted_difference.high == pytest.approx(interval.high[place], abs=0.003)
        assert comparison.p_value < comparison.adjusted_p_value < 2 * comparison.p_value


def test_dunnett_over_several_metrics_of_any_kind_is_coherent():
    metrics = {name: metric for name, metric in MIXED.items() if name != "ninth"}
    found = comparisons(analysed(definition(metrics, analysis={"correction": "dunnett"})))
    holm = [c.p_value for c in found]
    for comparison in found:
        agree(comparison)
        assert comparison.p_value <= comparison.adjusted_p_value <= min(1.0, len(holm) * comparison.p_value) * 1.001


def test_the_gate_opens_for_secondary_metrics_only_after_every_primary_one():
    zero = dict.fromkeys(ARMS, 0.0)
    effects = {
        "first": {**zero, "weekly": 0.3, "daily": 0.16},
        "second": {**zero, "weekly": 0.25, "daily": 0.17},
        "third": {**zero, "weekly": 0.14, "daily": 0.2},
    }
    tables = shifted(effects)
    metrics = {"first": {"type": "column", **PRIMARY}, "second": {"type": "column"}, "third": {"type": "column"}}
    analysis = analysed(definition(metrics, analysis={"gatekeeping": True}), tables)
    first, later = comparisons(analysis), comparisons(analysis, "secondary")
    gate = multipletests([c.p_value for c in first], method="holm")[1]
    assert [c.adjusted_p_value for c in first] == pytest.approx(list(gate), rel=1e-9)
    own = multipletests([c.p_value for c in later], method="holm")[1]
    assert [c.adjusted_p_value for c in later] == pytest.approx([max(p, gate.max()) for p in own], rel=1e-9)
    for comparison in first + later:
        agree(comparison)
    assert "gatekeeping" in analysis.settings.family


def test_a_secondary_metric_behind_a_closed_gate_shows_nothing_however_clear_it_is():
    tables = shifted({"first": dict.fromkeys(ARMS, 0.0), "clear": {"control": 0.0, "weekly": 3.0, "daily": 3.0}})
    metrics = {"first": {"type": "column", **PRIMARY}, "clear": {"type": "column"}}
    analysis = analysed(definition(metrics, analysis={"gatekeeping": True}), tables)
    gate = max(c.adjusted_p_value for c in comparisons(analysis))
    assert gate > ALPHA
    for comparison in comparisons(analysis, "secondary"):
        assert comparison.adjusted_p_value == pytest.approx(gate, rel=1e-9)
        assert comparison.verdict == "no difference shown"
        agree(comparison)


def test_a_primary_metric_without_a_p_value_closes_the_gate():
    tables = shifted({"clear": {"control": 0.0, "weekly": 0.3, "daily": 0.3}})
    metrics = {"score": {**SCORE, **PRIMARY}, "stuck": {"type": "column", "column": "one", **PRIMARY}}
    tables["customers"] = tables["customers"].assign(one=2.5)
    metrics["clear"] = {"type": "column"}
    analysis = analysed(definition(metrics, analysis={"gatekeeping": True}), tables)
    assert of(analysis, "stuck").p_value is None
    assert of(analysis, "clear").p_value < 1e-3
    assert of(analysis, "clear").verdict not in {"better", "worse"}


def test_a_quantile_behind_a_gate_has_an_answer():
    tables = shifted({"first": dict.fromkeys(ARMS, 0.0)})
    tables["orders"] = tables["orders"].merge(tables["assignments"], on="customer_id")
    tables["orders"]["amount"] *= np.where(tables["orders"]["arm"] == "control", 1, 3)
    tables["orders"] = tables["orders"][["customer_id", "at", "amount"]]
    quantile = {"type": "quantile", "event": "orders", "window": W, "quantile": 0.8}
    given = definition({"first": {"type": "column", **PRIMARY}, "high": quantile}, analysis={"gatekeeping": True})
    analysis = analysed(given, tables)
    for comparison in analysis.metric("high").comparisons:
        assert comparison.p_value < 0.002
        assert comparison.adjusted_p_value > ALPHA
        assert not excludes_zero(comparison.adjusted_difference)


def test_too_few_bootstrap_draws_for_the_confidence_are_refused():
    with pytest.raises(DefinitionError, match="bootstrap"):
        load(definition({"spend": SPEND}, analysis={"bootstrap": 100, "confidence": 0.99}))


def test_a_confidence_that_the_bootstrap_of_quantiles_cannot_reach_is_a_reason():
    quantile = {"type": "quantile", "event": "orders", "window": W, "quantile": 0.8}
    found = of(analysed(definition({"high": quantile}, analysis={"confidence": 0.9999})), "high")
    assert found.difference.estimate is not None
    assert found.difference.low is None
    assert found.difference.reason


@pytest.mark.parametrize("correction", ["dunnett", "none", "bh", "by"])
def test_gatekeeping_is_refused_with_a_correction_that_it_cannot_use(correction):
    metrics = {"score": {**SCORE, **PRIMARY}, "returned": RETURNED}
    with pytest.raises(DefinitionError, match="gatekeeping"):
        load(definition(metrics, analysis={"gatekeeping": True, "correction": correction}))


# Margins


def edge(effect: object, margin: float, test: str, good: str) -> bool:
    """What the interval alone says of a margin; ``None`` bounds say nothing."""
    low = -np.inf if effect.low is None else effect.low
    high = np.inf if effect.high is None else effect.high
    if test == "equivalence":
        return low > -margin and high < margin
    bound = margin if test == "superiority" else -margin
    return low > bound if good == "up" else high < -bound


WITH_MARGINS = {
    "rate": (RETURNED, ["1pp", "6pp", "5%", "30%"]),
    "mean": (SPEND, ["1", "8", "5%", "60%"]),
    "adjusted rate": ({**RETURNED, "covariates": [{"window": B}, {"column": "score"}]}, ["1pp", "6pp", "5%", "30%"]),
    "adjusted mean": ({**SPEND, "covariate": {"window": B}}, ["1", "8", "5%", "60%"]),
    "winsorised mean": ({**SPEND, "winsorise": 0.95}, ["1", "8", "5%", "60%"]),
    "ratio": ({**RATIO, "allow_conditional": True}, ["0.02", "0.2", "5%", "60%"]),
}


@pytest.mark.parametrize("kind", [*WITH_MARGINS, "clustered rate", "stratified rate"])
@pytest.mark.parametrize("role", ["primary", "guardrail"])
def test_a_margin_is_shown_exactly_when_the_interval_says_so(kind, role):
    metric, margins = WITH_MARGINS.get(kind, WITH_MARGINS["rate"])
    if kind == "stratified rate":
        margins = margins[1:2] if role == "primary" else margins[2:3]  # each takes 50 times as long as elsewhere
    parts = {"cluster": "ring"} if kind == "clustered rate" else {}
    settings = {"correction": "none"} | ({"strata": ["country"]} if kind == "stratified rate" else {})
    asked = {
        f"m{place}": {**metric, "role": role, "margin": margin, "test": test, "good": good}
        for place, (margin, test, good) in enumerate(
            (m, t, g)
            for m in margins
            for t in ("superiority", "equivalence", "non-inferiority")
            for g in ("up", "down")
        )
    }
    others = {} if role == "primary" else {"score": {**SCORE, **PRIMARY}}
    analysis = analysed(definition({**asked, **others}, analysis=settings, **parts))
    shown = set()
    for name, given in asked.items():
        for found in analysis.metric(name).comparisons:
            size = float(given["margin"].rstrip("p%")) / (100 if given["margin"][-1] in "p%" else 1)
            relative = given["margin"].endswith("%")
            result = found.margin
            assert (result.test, result.value) == (given["test"], pytest.approx(size))
            assert result.scale == ("relative" if relative else "absolute")
            said = edge(found.lift if relative else found.difference, size, given["test"], given["good"])
            assert result.shown == said
            if result.p_value is not None:
                assert (result.p_value < ALPHA / 2) == said
            words = {"superiority": "better", "equivalence": "equivalent", "non-inferiority": "safe"}
            assert (found.verdict == words[given["test"]]) == said
            shown.add(said)
    assert shown == {True, False}


def test_the_margin_of_a_mean_is_welchs_one_sided_test():
    metrics = {"score": {**SCORE, **PRIMARY, "margin": "1.5", "test": "superiority"}}
    found = of(analysed(definition(metrics)), "score", "daily").margin
    frame = per_unit()
    sides = [frame.loc[frame["arm"] == arm, "score"] for arm in ("control", "daily")]
    expected = stats.ttest_ind(sides[1] - 1.5, sides[0], equal_var=False, alternative="greater")
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)


def test_several_primary_margins_are_corrected_as_a_family():
    """Each margin alone is just shown at its own level; all ten together are not shown after Bonferroni."""
    columns = [f"m{place}" for place in range(5)]
    zero = {"control": 0.0, "weekly": 0.0, "daily": 0.0}
    tables = shifted(dict.fromkeys(columns, zero))
    arms = tables["customers"].merge(tables["assignments"], on="customer_id")["arm"]
    given = tables["customers"].copy()
    for column in columns:
        centred = given[column] - given.groupby(arms)[column].transform("mean")
        scaled = centred / centred.groupby(arms).transform("std")
        gain = arms.map({a: 0.0 if a == "control" else 2.2 * (1 / 800 + 1 / (arms == a).sum()) ** 0.5 for a in ARMS})
        given[column] = (10 + scaled + gain).round(9)
    tables["customers"] = given
    metrics = {name: {"type": "column", **PRIMARY, "margin": "0.000001", "test": "superiority"} for name in columns}
    analysis = analysed(definition(metrics, analysis={"correction": "bonferroni"}), tables)
    found = comparisons(analysis)
    assert all(0.001 < c.p_value < ALPHA for c in found)
    assert all(c.adjusted_p_value > ALPHA for c in found)
    assert not any(c.verdict == "better" for c in found)


@pytest.mark.parametrize("test", ["superiority", "non-inferiority"])
def test_a_clearly_worse_arm_is_worse_with_and_without_a_family(test):
    tables = shifted({"y": {"control": 0.0, "weekly": -1.0, "daily": -1.0}})
    metric = {"type": "column", **PRIMARY, "margin": "0.1", "test": test}
    for arms in (ARMS[:2], ARMS):
        found = of(analysed(definition({"y": metric}, arms=arms), tables), "y")
        assert found.verdict == "worse"


def test_relative_margins_of_adjusted_means_are_corrected_as_a_family_too():
    """The interval at 99 % touches the margin, so at the 99.5 % of ten comparisons it is not shown."""
    tables = shifted({"y": dict.fromkeys(ARMS, 0.0)})
    column = {"type": "column", "column": "y", "covariate": {"column": "age"}, **PRIMARY}
    plain = of(analysed(definition({"y": column}, arms=ARMS[:2], analysis={"confidence": 0.99}), tables), "y")
    assert plain.lift.low < 0
    assert plain.p_value > 0.3
    margin = {"test": "non-inferiority", "margin": f"{-100 * plain.lift.low:.4f}%"}
    many = {f"m{place}": {**column, **margin} for place in range(10)}
    for correction, expected in (("none", True), ("bonferroni", False)):
        analysis = analysed(definition(many, arms=ARMS[:2], analysis={"correction": correction}), tables)
        assert {c.margin.shown for c in comparisons(analysis)} == {expected}

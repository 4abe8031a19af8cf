"""Covariates, winsorising, strata and clusters: what the definition asks for is what reaches the analysis.

Every number is computed again from the rows with pandas, statsmodels and scipy.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from wired_data import (
    ARMS,
    analysed,
    definition,
    indicators,
    lin,
    of,
    pair,
    per_unit,
    shop,
    welch,
    with_gaps,
)

W, B = ["0d", "28d"], ["-28d", "0d"]
SPEND = {"type": "sum", "event": "orders", "window": W}
RETURNED = {"type": "retention", "event": "orders", "window": W}
EXACT = 1e-9
COVARIATES = {
    "window": ([{"window": B}], lambda f, own: f[[own]]),
    "gaps": ([{"column": "age"}], lambda f, _: with_gaps(f["age"])),
    "category": ([{"column": "tier"}], lambda f, _: indicators(f["tier"])),
    "all": (
        [{"window": B}, {"column": "age"}, {"column": "tier"}, {"column": "score"}],
        lambda f, own: pd.concat([f[[own]], with_gaps(f["age"]), indicators(f["tier"]), f[["score"]]], axis=1),
    ),
}
OUTCOMES = {
    "spend": (SPEND, "amount", "amount_before"),
    "orders": ({"type": "count", "event": "orders", "window": W}, "orders", "orders_before"),
    "returned": (RETURNED, "returned", "before"),
    "basket": ({"type": "mean", "event": "orders", "window": W}, "basket", "amount_before"),
}


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    frame = per_unit()
    return frame.assign(before=(frame["orders_before"] > 0).astype(int))


@pytest.mark.parametrize("covariates", COVARIATES)
def test_covariates_give_lins_estimate_its_interval_and_the_variance_removed(covariates, units):
    declared, explain = COVARIATES[covariates]
    metrics = {name: {**metric, "covariates": declared} for name, (metric, _, _) in OUTCOMES.items()}
    analysis = analysed(definition(metrics, analysis={"correction": "none"}))
    for name, (_, column, before) in OUTCOMES.items():
        for arm in ARMS[1:]:
            two = pair(units, arm).dropna(subset=[column])
            estimate, error, removed = lin(two[column], two["t"], explain(two, before))
            found = of(analysis, name, arm)
            assert found.difference.estimate == pytest.approx(estimate, rel=EXACT)
            assert found.variance_removed == pytest.approx(removed, abs=1e-9)
            half = (found.difference.high - found.difference.low) / 2
            assert half == pytest.approx(stats.norm.isf(0.025) * error, rel=0.01)
            assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(estimate / error)), abs=0.005)


def test_one_covariate_written_alone_is_the_list_of_one():
    alone = analysed(definition({"spend": {**SPEND, "covariate": {"window": B}}}))
    listed = analysed(definition({"spend": {**SPEND, "covariates": [{"window": B}]}}))
    assert alone.metrics == listed.metrics


def test_the_unadjusted_comparison_stands_beside_the_adjusted_one(units):
    analysis = analysed(definition({"spend": {**SPEND, "covariates": COVARIATES["all"][0]}}))
    two = pair(units)
    expected = welch(two.loc[two["t"] == 0, "amount"], two.loc[two["t"] == 1, "amount"])
    beside = of(analysis, "spend").unadjusted
    given = (beside.difference.estimate, beside.difference.low, beside.difference.high, beside.p_value)
    assert given == pytest.approx(expected, rel=EXACT)


def test_the_unadjusted_rate_beside_an_adjusted_one_is_the_score_test():
    plain = of(analysed(definition({"returned": RETURNED})), "returned")
    beside = of(analysed(definition({"returned": {**RETURNED, "covariate": {"column": "age"}}})), "returned").unadjusted
    assert (beside.difference, beside.lift, beside.p_value) == (plain.difference, plain.lift, plain.p_value)


def test_a_column_metric_takes_columns_as_covariates(units):
    metric = {"type": "column", "covariates": [{"column": "age"}, {"column": "tier"}]}
    analysis = analysed(definition({"score": metric, "vip": metric}))
    for name in ("score", "vip"):
        two = pair(units, "daily")
        explaining = pd.concat([with_gaps(two["age"]), indicators(two["tier"])], axis=1)
        found = of(analysis, name, "daily")
        assert found.difference.estimate == pytest.approx(lin(two[name], two["t"], explaining)[0], rel=EXACT)


def test_several_covariates_hit_the_same_source_without_mixing_windows(units):
    declared = [{"window": ["-28d", "0d"]}, {"window": ["-14d", "0d"]}, {"window": ["-28d", "-14d"]}]
    both = {name: {**metric, "covariates": declared} for name, (metric, _, _) in OUTCOMES.items()}
    rows = shop()["orders"].merge(shop()["assignments"], on="customer_id")
    days = (rows["at"] - rows["assigned_at"]) / pd.Timedelta(days=1)
    recent = rows[(days >= -14) & (days < 0)].groupby("customer_id")["amount"].sum()
    two = pair(units)
    two = two.assign(recent=recent.reindex(two.index, fill_value=0.0))
    expected = lin(two["amount"], two["t"], two[["amount_before", "recent"]])[0]
    assert of(analysed(definition(both)), "spend").difference.estimate == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("share", [0.9, 0.99])
def test_winsorising_cuts_at_the_pooled_quantile_and_shows_both(share, units):
    analysis = analysed(definition({"spend": {**SPEND, "winsorise": share}}))
    cap = np.sort(units["amount"])[int(np.ceil(share * len(units))) - 1]
    assert f"{cap:g}" in analysis.metric("spend").estimand
    cut = units["amount"].clip(upper=cap)
    for arm in ARMS[1:]:
        expected = welch(cut[units["arm"] == "control"], cut[units["arm"] == arm])
        found = of(analysis, "spend", arm)
        given = (found.difference.estimate, found.difference.low, found.difference.high, found.p_value)
        assert given == pytest.approx(expected, rel=EXACT)
        whole = welch(units.loc[units["arm"] == "control", "amount"], units.loc[units["arm"] == arm, "amount"])
        other = found.not_winsorised
        assert (other.difference.estimate, other.p_value) == pytest.approx((whole[0], whole[3]), rel=EXACT)
    values = [arm.value for arm in analysis.metric("spend").arms]
    assert values == pytest.approx([cut[units["arm"] == arm].mean() for arm in ARMS], rel=EXACT)


def test_winsorised_values_are_adjusted_for_the_whole_covariate(units):
    analysis = analysed(definition({"spend": {**SPEND, "winsorise": 0.95, "covariate": {"window": B}}}))
    cut = units["amount"].clip(upper=np.sort(units["amount"])[int(np.ceil(0.95 * len(units))) - 1])
    two = pair(units.assign(cut=cut))
    estimate, _, removed = lin(two["cut"], two["t"], two[["amount_before"]])
    found = of(analysis, "spend")
    assert found.difference.estimate == pytest.approx(estimate, rel=EXACT)
    assert found.variance_removed == pytest.approx(removed, rel=EXACT)
    plain = two.groupby("t")["cut"].mean()
    assert found.unadjusted.difference.estimate == pytest.approx(plain[1] - plain[0], rel=EXACT)
    raw = two.groupby("t")["amount"].mean()
    assert found.not_winsorised.difference.estimate == pytest.approx(raw[1] - raw[0], rel=EXACT)


def _winsorised(**parts: object):
    return analysed(definition({"spend": {**SPEND, "winsorise": 0.95}}, **parts))


def test_the_standard_deviation_beside_a_winsorised_mean_is_of_the_cut_values(units):
    cut = units["amount"].clip(upper=np.sort(units["amount"])[int(np.ceil(0.95 * len(units))) - 1])
    arm = _winsorised().metric("spend").arms[0]
    assert arm.standard_deviation == pytest.approx(cut[units["arm"] == "control"].std(), rel=EXACT)


@pytest.mark.parametrize(("key", "value", "field"), [("bootstrap", 200, "bootstrap"), ("bayes", True, "bayes")])
def test_companions_of_a_winsorised_comparison_estimate_the_same_difference(key, value, field):
    found = of(_winsorised(analysis={key: value}), "spend")
    assert getattr(found, field).difference.estimate == pytest.approx(found.difference.estimate, rel=0.05)


def test_segments_of_a_winsorised_metric_add_up_to_its_value():
    analysis = _winsorised(segments=["country"])
    levels = analysis.segments[0].levels
    mean = sum(level.control_n * level.control_value for level in levels) / sum(level.control_n for level in levels)
    assert mean == pytest.approx(analysis.metric("spend").arms[0].value, rel=EXACT)


@pytest.mark.parametrize("strata", [["country"], ["country", "channel"]])
def test_rates_are_compared_within_strata_by_the_cochran_mantel_haenszel_test(strata, units):
    analysis = analysed(definition({"returned": RETURNED, "vip": {"type": "column"}}, analysis={"strata": strata}))
    for name in ("returned", "vip"):
        for arm in ARMS[1:]:
            two = pair(units, arm)
            keys = [two[column].fillna("(none)") for column in strata]
            tables, weighted, weights = [], 0.0, 0.0
            for _, level in two.groupby(keys):
                treated, control = (level.loc[level["t"] == side, name] for side in (1, 0))
                if len(treated) and len(control):
                    rows = [[part.sum(), len(part) - part.sum()] for part in (treated, control)]
                    tables.append(np.array(rows, dtype=float))
                    weight = len(treated) * len(control) / len(level)
                    weighted += weight * (treated.mean() - control.mean())
                    weights += weight
            found = of(analysis, name, arm)
            assert "tratified" in found.method
            # Its skewness is taken out, which matters little in arms that are almost even.
            expected = StratifiedTable(tables).test_null_odds(correction=False).pvalue
            assert stats.norm.isf(found.p_value / 2) == pytest.approx(stats.norm.isf(expected / 2), rel=0.02)
            assert found.difference.estimate == pytest.approx(weighted / weights, rel=EXACT)


@pytest.mark.parametrize("strata", [["country"], ["country", "channel"]])
def test_means_are_post_stratified(strata, units):
    big = units[units["country"].isin(["FI", "SE", "DE"])]
    given = definition(
        {"spend": SPEND}, analysis={"strata": strata}, population={"eligible": "country in ('FI', 'SE', 'DE')"}
    )
    found = of(analysed(given), "spend")
    two = pair(big)
    keys = [two[column].fillna("(none)") for column in strata]
    by_hand = 0.0
    for _, level in two.groupby(keys):
        means = level.groupby("t")["amount"].mean()
        by_hand += len(level) / len(two) * (means[1] - means[0])
    assert found.difference.estimate == pytest.approx(by_hand, rel=EXACT)
    joined = keys[0].str.cat(keys[1:], sep=" / ")
    assert found.variance_removed == pytest.approx(lin(two["amount"], two["t"], indicators(joined))[2], abs=1e-9)


def test_strata_join_the_covariates_for_rates_and_means(units):
    covariate = {"covariate": {"column": "score"}}
    metrics = {"spend": {**SPEND, **covariate}, "returned": {**RETURNED, **covariate}}
    analysis = analysed(definition(metrics, analysis={"strata": ["tier"]}))
    two = pair(units)
    explaining = pd.concat([two[["score"]], indicators(two["tier"])], axis=1)
    for name, column in (("spend", "amount"), ("returned", "returned")):
        expected = lin(two[column], two["t"], explaining)[0]
        assert of(analysis, name).difference.estimate == pytest.approx(expected, rel=EXACT)


def dense(frame: pd.DataFrame, column: str, cluster: str) -> tuple[float, float, float]:
    """Return a difference, its CR2 error and Bell–McCaffrey degrees of freedom, cluster by cluster from the members.

    The working model is exchangeable, its correlation that of the pairs of members. In the style of the definitions:
    a matrix per cluster, and one of all clusters' parts.
    """
    kept = frame.dropna(subset=[cluster, column])
    y, t = kept[column].to_numpy(float), kept["t"].to_numpy()
    x = np.column_stack([1 - t, t]).astype(float)
    inverse = np.linalg.inv(x.T @ x)
    residuals = y - x @ inverse @ x.T @ y
    places = list(kept.reset_index().groupby(cluster).indices.values())
    pairs = sum(len(i) * (len(i) - 1) for i in places)
    together = sum(residuals[i].sum() ** 2 - (residuals[i] ** 2).sum() for i in places)
    rho = min(max(together / pairs / (residuals**2).mean(), 0.0), 1.0)
    parts, own, weights = [], [], []
    for i in places:
        values, vectors = np.linalg.eigh(np.eye(len(i)) - x[i] @ inverse @ x[i].T)
        weight = np.array([-1, 1]) @ inverse @ x[i].T @ vectors @ np.diag(values**-0.5) @ vectors.T
        parts.append(weight @ residuals[i])
        own.append(weight)
        weights.append(weight @ x[i] @ inverse)
    # g = (I − H)' w for each cluster; the covariance of the g'y under the model, without a matrix of all members.
    sums = np.array([x[i].sum(axis=0) for i in places])
    first = np.array([(1 - rho) * (w @ x[i]) + rho * w.sum() * s for w, i, s in zip(own, places, sums, strict=True)])
    total = (1 - rho) * x.T @ x + rho * sums.T @ sums
    weights_ = np.array(weights)
    m = np.diag([(1 - rho) * w @ w + rho * w.sum() ** 2 for w in own])
    m = m - first @ weights_.T - weights_ @ first.T + weights_ @ total @ weights_.T
    difference = y[t == 1].mean() - y[t == 0].mean()
    return difference, float(np.sum(np.square(parts)) ** 0.5), float(np.trace(m) ** 2 / np.trace(m @ m))


@pytest.mark.parametrize("cluster", ["ring", "household"])
def test_clusters_carry_the_variance(cluster, units):
    given = definition(
        {"returned": RETURNED, "spend": SPEND, "score": {"type": "column"}},
        cluster=cluster,
        analysis={"correction": "none"},
    )
    analysis = analysed(given)
    for name, column in (("returned", "returned"), ("spend", "amount"), ("score", "score")):
        for arm in ARMS[1:]:
            difference, error, degrees = dense(pair(units, arm), column, cluster)
            found = of(analysis, name, arm)
            assert found.difference.estimate == pytest.approx(difference, rel=1e-8)
            half = stats.t.isf(0.025, degrees) * error
            assert (found.difference.high - found.difference.low) / 2 == pytest.approx(half, rel=1e-7)
            assert found.p_value == pytest.approx(2 * stats.t.sf(abs(difference) / error, degrees), rel=1e-6)


def test_cluster_robust_errors_are_those_of_least_squares_with_sandwich_errors(units):
    """Most clusters of the shop have members in several arms: what they share is in both."""
    found = of(analysed(definition({"score": {"type": "column"}}, cluster="ring")), "score")
    two = pair(units)
    groups = pd.factorize(two["ring"])[0]
    fit = sm.OLS(two["score"], sm.add_constant(two[["t"]])).fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert found.difference.estimate == pytest.approx(fit.params["t"], rel=EXACT)
    error = (found.difference.high - found.difference.low) / 2 / stats.norm.isf(0.025)
    assert error == pytest.approx(fit.bse["t"], rel=0.03)


def test_units_without_a_cluster_are_left_out_and_counted(units):
    analysis = analysed(definition({"returned": RETURNED}, cluster="household"))
    missing = units[units["household"].isna()].groupby("arm").size()
    assert {arm.arm: arm.excluded for arm in analysis.population} == {
        arm: {"no_cluster": int(missing[arm])} for arm in ARMS
    }
    kept = units[units["household"].notna()].groupby("arm")
    assert [arm.n for arm in analysis.metric("returned").arms] == [int(kept.size()[arm]) for arm in ARMS]
    assert [arm.numerator for arm in analysis.metric("returned").arms] == [int(kept["returned"].sum()[a]) for a in ARMS]


def test_the_number_of_clusters_is_shown(units):
    analysis = analysed(definition({"returned": RETURNED}, cluster="ring"))
    expected = units.groupby("arm")["ring"].nunique()
    assert [arm.clusters for arm in analysis.population] == [expected[arm] for arm in ARMS]


def test_an_odds_ratio_of_clustered_units_is_not_that_of_independent_ones():
    def odds(**parts: object):
        return of(analysed(definition({"returned": RETURNED}, analysis={"odds_ratio": True}, **parts)), "returned")

    assert odds(cluster="ring").odds_ratio is None or odds(cluster="ring").odds_ratio != odds().odds_ratio


@pytest.mark.parametrize("how", ["window", "column", "strata", "all"])
def test_ratios_are_adjusted_like_the_mean_of_their_linearised_values(how, units):
    ratio = {"type": "ratio", "numerator": {"event": "orders"}, "denominator": {"event": "sessions"}, "window": W}
    declared = {"window": [{"window": B}], "column": [{"column": "age"}], "all": [{"window": B}, {"column": "tier"}]}
    strata = ["country"] if how in {"strata", "all"} else []
    population = {"eligible": "country in ('FI', 'SE', 'DE')"}
    metrics = {"returned": RETURNED, "rate": {**ratio, "covariates": declared.get(how, [])}}
    found = of(analysed(definition(metrics, analysis={"strata": strata}, population=population)), "rate")
    two = pair(units[units["country"].isin(["FI", "SE", "DE"])])
    sums = two.groupby("t")[["orders", "sessions"]].transform("mean")
    value = sums["orders"] / sums["sessions"]
    linear = value + (two["orders"] - value * two["sessions"]) / sums["sessions"]
    explain = {
        "window": [two[["orders_before", "sessions_before"]]],
        "column": [with_gaps(two["age"])],
        "strata": [indicators(two["country"])],
    }
    explain["all"] = [*explain["window"], indicators(two["tier"]), *explain["strata"]]
    estimate, error, removed = lin(linear, two["t"], pd.concat(explain[how], axis=1))
    assert found.difference.estimate == pytest.approx(estimate, rel=1e-8)
    assert found.variance_removed == pytest.approx(removed, abs=1e-8)
    assert (found.difference.high - found.difference.low) / 2 == pytest.approx(stats.norm.isf(0.025) * error, rel=0.01)
    plain = two.groupby("t")[["orders", "sessions"]].sum()
    plain = plain["orders"] / plain["sessions"]
    assert found.unadjusted.difference.estimate == pytest.approx(plain[1] - plain[0], rel=1e-8)


def test_a_ratio_in_few_units_is_compared_unit_by_unit():
    """Each unit is a cluster of the size of its denominator: the members of such a cluster are its sessions."""
    tables = dict(shop())
    few = tables["assignments"].groupby("arm").head(40)
    tables["assignments"] = few
    metric = {
        "type": "ratio",
        "numerator": {"event": "orders"},
        "denominator": {"event": "sessions"},
        "window": ["0d", "28d"],
        "allow_conditional": True,
    }
    found = of(analysed(definition({"rate": metric}), tables), "rate")
    assert found.method.startswith("linearised (CR2)")
    assert found.difference.low < found.difference.estimate < found.difference.high
    many = of(analysed(definition({"rate": metric})), "rate")
    assert many.method.startswith("delta method")

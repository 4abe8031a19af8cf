"""Ratios, quantiles, means, compliance, segments and the Bayesian and resampled views, from the rows to the fields."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from statsmodels.sandbox.regression.gmm import IV2SLS
from statsmodels.stats.contingency_tables import Table2x2
from wired_data import ARMS, analysed, definition, of, pair, per_unit, shop, welch

from abtest import DefinitionError

W = ["0d", "28d"]
SPEND = {"type": "sum", "event": "orders", "window": W}
RETURNED = {"type": "retention", "event": "orders", "window": W}
COUNTED = {"type": "ratio", "numerator": {"event": "orders"}, "denominator": {"event": "sessions"}, "window": W}
VALUED = {**COUNTED, "numerator": {"event": "orders", "of": "sum"}, "denominator": {"event": "orders"}}
SCORE = {"type": "column", "column": "score"}
EXACT = 1e-9


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    return per_unit()


def delta(frame: pd.DataFrame, above: str, below: str) -> tuple[float, float]:
    """Return Σy/Σx and its variance by the delta method (Deng, Knoblich & Lu 2018, eq. 3)."""
    y, x, n = frame[above], frame[below], len(frame)
    ratio = y.sum() / x.sum()
    covariance = np.cov(y, x)
    spread = covariance[0, 0] - 2 * ratio * covariance[0, 1] + ratio**2 * covariance[1, 1]
    return ratio, spread / x.mean() ** 2 / n


@pytest.mark.parametrize(("metric", "above", "below"), [(COUNTED, "orders", "sessions"), (VALUED, "amount", "orders")])
def test_a_ratio_is_compared_by_the_delta_method(metric, above, below, units):
    analysis = analysed(definition({"spend": SPEND, "ratio": metric}))
    sides = {arm: units[units["arm"] == arm] for arm in ARMS}
    for arm, shown in zip(ARMS, analysis.metric("ratio").arms, strict=True):
        ratio, variance = delta(sides[arm], above, below)
        assert shown.value == pytest.approx(ratio, rel=EXACT)
        half = stats.t.isf(0.025, len(sides[arm]) - 1) * variance**0.5
        assert (shown.low, shown.high) == pytest.approx((ratio - half, ratio + half), rel=1e-8)
    for arm in ARMS[1:]:
        (first, v_c), (second, v_t) = (delta(sides[side], above, below) for side in ("control", arm))
        degrees = (v_c + v_t) ** 2 / (v_c**2 / (len(sides["control"]) - 1) + v_t**2 / (len(sides[arm]) - 1))
        found = of(analysis, "ratio", arm)
        assert found.difference.estimate == pytest.approx(second - first, rel=1e-8)
        assert found.lift.estimate == pytest.approx(second / first - 1, rel=1e-8)
        assert found.p_value == pytest.approx(
            2 * stats.t.sf(abs(second - first) / (v_c + v_t) ** 0.5, degrees), rel=1e-7
        )
        half = stats.t.isf(0.025, degrees) * (v_c + v_t) ** 0.5
        assert (found.difference.high - found.difference.low) / 2 == pytest.approx(half, rel=1e-8)


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize(("of_what", "column"), [("sum", "amount"), ("count", "orders")])
def test_a_quantile_is_the_smallest_value_that_the_share_does_not_exceed(share, of_what, column, units):
    metric = {"type": "quantile", "event": "orders", "of": of_what, "window": W, "quantile": share}
    analysis = analysed(definition({"q": metric}))
    values = [np.quantile(units.loc[units["arm"] == arm, column], share, method="inverted_cdf") for arm in ARMS]
    assert [arm.value for arm in analysis.metric("q").arms] == pytest.approx(values, rel=EXACT, abs=1e-12)
    for arm, value in zip(ARMS[1:], values[1:], strict=True):
        found = of(analysis, "q", arm)
        assert found.difference.estimate == pytest.approx(value - values[0], rel=1e-8, abs=1e-9)
        assert found.difference.low <= found.difference.estimate <= found.difference.high


def test_a_quantiles_bootstrap_interval_is_that_of_resampled_rows(units):
    metric = {"type": "quantile", "event": "orders", "window": W, "quantile": 0.9}
    found = of(analysed(definition({"q": metric})), "q")
    rng = np.random.default_rng(0)
    sides = [units.loc[units["arm"] == arm, "amount"].to_numpy() for arm in ("control", "weekly")]
    drawn = [np.quantile(rng.choice(side, (2000, len(side))), 0.9, axis=1, method="inverted_cdf") for side in sides]
    low, high = np.quantile(drawn[1] - drawn[0], [0.025, 0.975])
    width = high - low
    assert found.difference.low == pytest.approx(low, abs=0.12 * width)
    assert found.difference.high == pytest.approx(high, abs=0.12 * width)


def test_a_mean_is_over_units_with_an_event_and_counts_the_others_as_missing(units):
    metric = {"type": "mean", "event": "orders", "window": W}
    analysis = analysed(definition({"spend": SPEND, "basket": metric}))
    by_arm = {arm: units.loc[units["arm"] == arm, "basket"] for arm in ARMS}
    for arm, shown in zip(ARMS, analysis.metric("basket").arms, strict=True):
        known = by_arm[arm].dropna()
        assert (shown.n, shown.missing) == (len(known), int(by_arm[arm].isna().sum()))
        assert shown.value == pytest.approx(known.mean(), rel=EXACT)
        assert shown.standard_deviation == pytest.approx(known.std(), rel=1e-8)
    expected = welch(by_arm["control"].dropna(), by_arm["weekly"].dropna())
    found = of(analysis, "basket")
    given = (found.difference.estimate, found.difference.low, found.difference.high, found.p_value)
    assert given == pytest.approx(expected, rel=1e-8)


def test_compliers_are_estimated_by_two_stage_least_squares(units):
    compliance = {"event": "opens", "window": W}
    metrics = {"spend": SPEND, "returned": {**RETURNED, "role": "primary"}, "score": SCORE}
    metrics["spend"] = {**SPEND, "role": "primary"}
    analysis = analysed(definition(metrics, compliance=compliance))
    for name, column in (("spend", "amount"), ("returned", "returned")):
        for arm in ARMS[1:]:
            two = pair(units, arm)
            means = two.groupby("t")[[column, "opened"]].mean()
            outcome, took_up = means.loc[1] - means.loc[0]
            found = of(analysis, name, arm).complier
            assert found.effect.estimate == pytest.approx(outcome / took_up, rel=EXACT)
            assert found.compliance.estimate == pytest.approx(took_up, rel=EXACT)
            design = np.column_stack([np.ones(len(two)), two["opened"]])
            instrument = np.column_stack([np.ones(len(two)), two["t"]])
            fit = IV2SLS(two[column].to_numpy(dtype=float), design, instrument).fit()
            assert found.effect.estimate == pytest.approx(fit.params[1], rel=1e-8)
            assert found.standard_error == pytest.approx(fit.bse[1], rel=0.1)
            p_value = welch(*(two.loc[two["t"] == side, column] for side in (0, 1)))[3]
            assert found.p_value == pytest.approx(p_value, rel=1e-8)
    assert of(analysis, "score").complier is None


def test_compliance_is_counted_over_units_that_had_the_time_or_its_window_is_refused():
    """Everyone opens, or does not, after 30 days; for the units whose 40 days are not over that is not known yet."""
    opens = shop()["opens"].assign(at=shop()["opens"]["at"] + pd.Timedelta(days=30))
    end = pd.Timestamp("2026-02-12", tz="UTC")
    tables = {**shop(), "opens": opens[opens["at"] < end]}
    compliance = {"event": "opens", "window": ["0d", "40d"]}
    given = definition({"returned": {**RETURNED, "window": ["0d", "7d"]}}, compliance=compliance)
    given["period"]["through"] = "2026-02-11"
    try:
        found = of(analysed(given, tables), "returned").complier
    except DefinitionError:
        return
    opened = shop()["assignments"]["customer_id"].isin(opens["customer_id"])
    ready = shop()["assignments"]["assigned_at"] + pd.Timedelta(days=40) <= end
    took_up = opened[ready].groupby(shop()["assignments"]["arm"]).mean()
    assert found.compliance.estimate == pytest.approx(took_up["weekly"] - took_up["control"], rel=EXACT)


SMALLEST = 20


def levels_by_pandas(units: pd.DataFrame, segment: str, arm: str, column: str) -> dict[str, tuple[float, ...]]:
    """Return control_n, n and the two means by level.

    Levels with fewer than 20 units in an arm are one, with the next smallest until these are 20 too.
    """
    two = pair(units, arm).dropna(subset=[column])
    level = two[segment].fillna("(none)")
    sizes = two.groupby([level, "t"]).size().unstack(fill_value=0)
    order = sizes.loc[sizes.min(axis=1).sort_values(kind="stable").index]
    small = int((order.min(axis=1) < SMALLEST).sum())
    while small and small < len(order) and order.iloc[:small].sum().min() < SMALLEST:
        small += 1
    merged = level.where(~level.isin(order.index[:small]), "(smaller levels)")
    found = two.groupby([merged, "t"])[column].agg(["size", "mean"]).unstack()
    return {
        str(name): (row["size"][0], row["size"][1], row["mean"][0], row["mean"][1]) for name, row in found.iterrows()
    }


def test_segments_hold_each_levels_counts_and_difference_and_their_labels(units):
    given = definition(
        {"returned": RETURNED, "spend": SPEND, "basket": {"type": "mean", "event": "orders", "window": W}},
        segments=["country", {"column": "channel", "declared": True}],
    )
    analysis = analysed(given)
    assert len(analysis.segments) == 2 * 3 * 2
    columns = {"returned": "returned", "spend": "amount", "basket": "basket"}
    for segment in analysis.segments:
        expected = levels_by_pandas(units, segment.column, segment.arm, columns[segment.metric])
        assert {level.level for level in segment.levels} == set(expected)
        assert segment.declared == (segment.column == "channel")
        for level in segment.levels:
            control_n, n, control_value, value = expected[level.level]
            assert (level.control_n, level.n) == (control_n, n)
            assert (level.control_value, level.value) == pytest.approx((control_value, value), rel=EXACT)
            assert level.difference.estimate == pytest.approx(value - control_value, rel=1e-8, abs=1e-12)
            assert (level.adjusted_p_value is not None) == segment.declared
    assert "(smaller levels)" in {level.level for segment in analysis.segments for level in segment.levels}


def test_the_levels_of_a_segment_are_the_whole():
    analysis = analysed(definition({"returned": RETURNED, "spend": SPEND}, segments=["country", "tier"]))
    for segment in analysis.segments:
        metric = analysis.metric(segment.metric)
        whole = {arm.arm: arm for arm in metric.arms}
        sums = {
            segment.control: [(level.control_n, level.control_value) for level in segment.levels],
            segment.arm: [(level.n, level.value) for level in segment.levels],
        }
        for arm, parts in sums.items():
            assert sum(n for n, _ in parts) == whole[arm].n
            assert sum(n * value for n, value in parts if n) == pytest.approx(
                whole[arm].n * whole[arm].value, rel=EXACT
            )


def test_what_is_left_of_small_levels_is_not_shown_for_a_handful():
    number = shop()["customers"]["customer_id"]
    tables = {**shop(), "customers": shop()["customers"].assign(rarely=np.where(number < 5, "rare", "common"))}
    for segment in analysed(definition({"returned": RETURNED}, segments=["rarely"]), tables).segments:
        for level in segment.levels:
            assert level.value is None or min(level.n, level.control_n) >= SMALLEST


def test_a_level_with_the_name_of_the_merged_ones_is_not_lost():
    number = shop()["customers"]["customer_id"].to_numpy()
    named = np.where(number < 30, "rare", np.where(number % 2 == 0, "(smaller levels)", "common"))
    tables = {**shop(), "customers": shop()["customers"].assign(named=named)}
    analysis = analysed(definition({"returned": RETURNED}, segments=["named"]), tables)
    whole = {arm.arm: arm.n for arm in analysis.metric("returned").arms}
    for segment in analysis.segments:
        assert sum(level.n for level in segment.levels) == whole[segment.arm]


def test_two_columns_of_strata_are_kept_apart_whatever_their_values_hold(units):
    two = units.assign(place=np.arange(len(units)) % 2)
    customers = shop()["customers"].assign(
        first=np.array(["a / b", "a"])[two["place"].to_numpy()],
        second=np.array(["c", "b / c"])[two["place"].to_numpy()],
    )
    tables = {**shop(), "customers": customers}
    both, one = (
        of(analysed(definition({"returned": RETURNED}, analysis={"strata": strata}), tables), "returned")
        for strata in (["first", "second"], ["first"])
    )
    assert both.p_value == one.p_value


def test_the_interaction_test_is_cochrans_q(units):
    segment = analysed(definition({"spend": SPEND}, segments=["tier"])).segments[0]
    two = pair(units)
    effects = []
    for _, level in two.groupby(two["tier"].fillna("(none)")):
        sides = [level.loc[level["t"] == side, "amount"] for side in (0, 1)]
        effects.append((sides[1].mean() - sides[0].mean(), sum(side.var() / len(side) for side in sides)))
    estimate, variance = np.array(effects).T
    common = np.average(estimate, weights=1 / variance)
    statistic = float(((estimate - common) ** 2 / variance).sum())
    assert segment.interaction_statistic == pytest.approx(statistic, rel=1e-8)
    assert segment.interaction_degrees_of_freedom == len(effects) - 1
    assert segment.interaction_p_value == pytest.approx(stats.chi2.sf(statistic, len(effects) - 1), rel=1e-7)


@pytest.mark.parametrize("prior", [None, {"a": 4, "b": 20}])
@pytest.mark.parametrize("good", ["up", "down"])
def test_the_bayesian_view_of_a_rate_is_beta_binomial(prior, good, units):
    bayes = True if prior is None else {"rate_prior": prior}
    analysis = analysed(definition({"returned": {**RETURNED, "good": good}}, analysis={"bayes": bayes}))
    a, b = (prior["a"], prior["b"]) if prior else (0.5, 0.5)
    found = of(analysis, "returned").bayes
    assert f"Beta({a:g}, {b:g})" in found.prior
    sides = [units.loc[units["arm"] == arm, "returned"] for arm in ("control", "weekly")]
    first, second = (stats.beta(a + side.sum(), b + len(side) - side.sum()) for side in sides)
    above = integrate.quad(lambda x: first.pdf(x) * second.sf(x), 0.2, 0.7, epsabs=1e-12)[0]
    loss = integrate.quad(lambda x: second.cdf(x) * first.sf(x), 0, 1, epsabs=1e-12, limit=200)[0]
    gain = integrate.quad(lambda x: first.cdf(x) * second.sf(x), 0, 1, epsabs=1e-12, limit=200)[0]
    better, of_treatment, of_control = (above, loss, gain) if good == "up" else (1 - above, gain, loss)
    assert found.probability_better == pytest.approx(better, abs=1e-7)
    assert found.expected_loss_treatment == pytest.approx(of_treatment, abs=1e-9)
    assert found.expected_loss_control == pytest.approx(of_control, abs=1e-9)
    assert found.difference.estimate == pytest.approx(second.mean() - first.mean(), rel=1e-8)
    rng = np.random.default_rng(5)
    drawn = [side.rvs(400_000, random_state=rng) for side in (first, second)]
    bounds = np.quantile(drawn[1] - drawn[0], [0.025, 0.975])
    assert (found.difference.low, found.difference.high) == pytest.approx(bounds, abs=5e-4)
    lifts = np.quantile(drawn[1] / drawn[0] - 1, [0.025, 0.975])
    assert (found.lift.low, found.lift.high) == pytest.approx(lifts, abs=2e-3)


@pytest.mark.parametrize("prior", [None, {"mean": 12, "sd": 1.5}])
def test_the_bayesian_view_of_a_mean_is_normal(prior, units):
    bayes = True if prior is None else {"mean_priors": {"score": prior}}
    found = of(analysed(definition({"score": SCORE}, analysis={"bayes": bayes})), "score").bayes
    posteriors = []
    for arm in ("control", "weekly"):
        side = units.loc[units["arm"] == arm, "score"]
        mean, precision = side.mean(), len(side) / side.var()
        if prior:
            own = prior["sd"] ** -2
            mean, precision = (mean * precision + prior["mean"] * own) / (precision + own), precision + own
        posteriors.append((mean, 1 / precision))
    (first, v_c), (second, v_t) = posteriors
    spread = (v_c + v_t) ** 0.5
    assert found.difference.estimate == pytest.approx(second - first, rel=1e-8)
    z = (second - first) / spread
    assert found.probability_better == pytest.approx(stats.norm.cdf(z), rel=1e-8)
    half = stats.norm.isf(0.025) * spread
    assert (found.difference.low, found.difference.high) == pytest.approx(
        (second - first - half, second - first + half)
    )
    expected = spread * (stats.norm.pdf(z) - z * stats.norm.sf(z))
    assert found.expected_loss_treatment == pytest.approx(expected, rel=1e-6)


def test_the_odds_ratio_is_that_of_the_two_by_two_table(units):
    analysis = analysed(definition({"returned": RETURNED, "spend": SPEND}, analysis={"odds_ratio": True}))
    table = Table2x2(pd.crosstab(1 - pair(units)["t"], 1 - pair(units)["returned"]).to_numpy())
    found = of(analysis, "returned").odds_ratio
    assert found.estimate == pytest.approx(table.oddsratio, rel=EXACT)
    assert (found.low, found.high) == pytest.approx(table.oddsratio_confint(), rel=0.01)
    assert of(analysis, "spend").odds_ratio is None
    assert of(analysed(definition({"returned": RETURNED})), "returned").odds_ratio is None


def test_the_exact_companion_stands_beside_small_tables_only():
    tables = dict(shop())
    tables["assignments"] = tables["assignments"].groupby("arm").head(40)
    tables["customers"] = tables["customers"].assign(rare=(tables["customers"].index % 37 == 0).astype(int))
    metrics = {"rare": {"type": "column"}, "returned": RETURNED, "score": SCORE}
    small, large = (
        analysed(definition(metrics), tables),
        analysed(definition(metrics), {**tables, **dict(shop())} | {"customers": tables["customers"]}),
    )
    assert of(small, "returned").exact is None
    assert of(small, "score").exact is None
    assert of(large, "rare").exact is None
    found = of(small, "rare")
    counts = {arm.arm: (arm.numerator, arm.n) for arm in small.metric("rare").arms}
    (x_c, n_c), (x_t, n_t) = counts["control"], counts["weekly"]
    expected = stats.boschloo_exact([[x_t, x_c], [n_t - x_t, n_c - x_c]])
    assert found.exact.boschloo_p_value == pytest.approx(expected.pvalue, abs=0.01)
    assert found.exact.difference.estimate == pytest.approx(found.difference.estimate, abs=1e-12)


def test_permutation_and_bootstrap_are_seeded_and_near_the_t_results():
    given = definition(
        {"score": SCORE, "spend": SPEND, "returned": RETURNED, "ratio": COUNTED},
        analysis={"permutation": 2000, "bootstrap": 2000, "correction": "none"},
    )
    analysis = analysed(given)
    assert analysed(given).metrics == analysis.metrics
    for name in ("score", "spend"):
        for arm in ARMS[1:]:
            found = of(analysis, name, arm)
            assert found.permutation_p_value == pytest.approx(found.p_value, abs=4 * (0.25 / 2000) ** 0.5)
    for name in ("score", "spend", "ratio"):
        for arm in ARMS[1:]:
            found = of(analysis, name, arm)
            width = found.difference.high - found.difference.low
            assert found.bootstrap.difference.estimate == pytest.approx(found.difference.estimate, rel=1e-8)
            assert found.bootstrap.difference.low == pytest.approx(found.difference.low, abs=0.06 * width)
            assert found.bootstrap.difference.high == pytest.approx(found.difference.high, abs=0.06 * width)
    assert of(analysis, "returned").permutation_p_value is None
    assert of(analysis, "returned").bootstrap is None
    assert of(analysis, "ratio").permutation_p_value is None


def test_units_whose_window_is_open_are_left_out_of_every_method():
    given = definition({"spend": {**SPEND, "covariate": {"column": "age"}}, "returned": RETURNED, "ratio": COUNTED})
    given["period"]["through"] = "2026-02-11"
    given["segments"] = ["tier"]
    analysis = analysed(given)
    ready = shop()["assignments"]["assigned_at"] + pd.Timedelta(days=28) <= pd.Timestamp("2026-02-12", tz="UTC")
    mature = shop()["assignments"][ready].groupby("arm").size()
    for name in ("spend", "returned", "ratio"):
        assert [arm.n for arm in analysis.metric(name).arms] == [mature[arm] for arm in ARMS]
    for segment in analysis.segments:
        assert sum(level.n for level in segment.levels) == mature[segment.arm]

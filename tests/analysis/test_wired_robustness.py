"""Everything at once: the same digits in any order of rows, an answer or a reason in odd data, honest error rates."""

import json
import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from wired_data import ALPHA, ARMS, analysed, definition, of, pair, per_unit, shop

from abtest import analyze, load
from abtest.analysis.result import Analysis

W, B = ["0d", "28d"], ["-28d", "0d"]
SPEND = {"type": "sum", "event": "orders", "window": W}
RETURNED = {"type": "retention", "event": "orders", "window": W}
RATIO = {"type": "ratio", "numerator": {"event": "orders"}, "denominator": {"event": "sessions"}, "window": W}
EVERYTHING = {
    "returned": {**RETURNED, "role": "primary", "covariates": [{"window": B}, {"column": "tier"}]},
    "plain": RETURNED,
    "spend": {**SPEND, "role": "primary", "winsorise": 0.98, "covariates": [{"window": B}, {"column": "age"}]},
    "orders": {"type": "count", "event": "orders", "window": W, "role": "guardrail", "margin": "5%"},
    "basket": {"type": "mean", "event": "orders", "window": W, "covariate": {"window": B}},
    "rate": RATIO,
    "half": {"type": "quantile", "event": "orders", "window": W},
    "score": {"type": "column", "winsorise": 0.9, "covariate": {"column": "age"}},
    "vip": {"type": "column", "role": "guardrail", "margin": "3pp"},
    "nothing": {"type": "column", "winsorise": 0.9},
}
SETTINGS = {"permutation": 200, "bootstrap": 400, "bayes": True, "odds_ratio": True}
STRATIFIED = {name: metric for name, metric in EVERYTHING.items() if metric["type"] not in {"quantile", "ratio"}}
COMPLIANCE = {"event": "opens", "window": W}


def everything(tables: Mapping[str, pd.DataFrame], *, stratified: bool = False, **parts: object) -> Analysis:
    """Analyse all kinds of metrics with all companions; ``stratified`` by country, which quantiles are not."""
    settings = {"analysis": SETTINGS, "compliance": COMPLIANCE, "segments": ["tier", "channel"]} | parts
    settings["analysis"] = settings["analysis"] | ({"strata": ["country"]} if stratified else {})
    return analysed(definition(STRATIFIED if stratified else EVERYTHING, **settings), tables)


def sound(analysis: Analysis) -> None:
    """No NaN or infinity anywhere, and whatever is missing has a reason."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in results.json")

    json.loads(analysis.to_json(), parse_constant=refuse)
    for metric in analysis.metrics:
        for arm in metric.arms:
            assert arm.value is not None or arm.reason
        for comparison in metric.comparisons:
            if comparison.p_value is None:
                assert comparison.reason
                assert comparison.verdict in {"not estimable", "not shown safe", "margin not shown"}
            for effect in (comparison.difference, comparison.lift):
                assert effect.estimate is not None or effect.reason
                assert None not in {effect.low, effect.high} or effect.reason
                assert effect.low is None or effect.high is None or effect.low <= effect.high
    for segment in analysis.segments:
        assert segment.interaction_p_value is not None or segment.reason
        for level in segment.levels:
            assert level.p_value is not None or level.difference.reason


def with_columns(**columns: object) -> dict[str, pd.DataFrame]:
    return {**shop(), "customers": shop()["customers"].assign(**columns)}


def arm_of_each() -> np.ndarray:
    return shop()["customers"].merge(shop()["assignments"], on="customer_id")["arm"].to_numpy()


@pytest.mark.parametrize("correction", ["holm", "dunnett"])
@pytest.mark.parametrize("stratified", [False, True])
def test_the_order_of_rows_changes_no_digit(correction, stratified):
    settings = {"analysis": SETTINGS | {"correction": correction}, "stratified": stratified}
    first = everything(shop(), **settings)
    shuffled = {name: frame.sample(frac=1, random_state=1) for name, frame in shop().items()}
    second = everything(shuffled, **settings)
    assert [m.model_dump_json() for m in second.metrics] == [m.model_dump_json() for m in first.metrics]
    assert second.segments == first.segments
    sound(first)


def test_the_order_of_rows_changes_no_digit_of_clusters():
    given = definition({"returned": RETURNED, "spend": SPEND}, cluster="ring", analysis={"correction": "dunnett"})
    first = analysed(given)
    second = analysed(given, {name: frame.sample(frac=1, random_state=4) for name, frame in shop().items()})
    assert [m.model_dump_json() for m in second.metrics] == [m.model_dump_json() for m in first.metrics]


def test_a_stratum_with_one_arm_empty_leaves_the_others_to_answer():
    arms, country = arm_of_each(), shop()["customers"]["country"].to_numpy()
    lone = np.where((arms == "weekly") & (np.arange(len(arms)) % 9 == 0), "only weekly", country)
    tables = with_columns(lone=lone)
    analysis = analysed(definition({"returned": RETURNED, "spend": SPEND}, analysis={"strata": ["lone"]}), tables)
    sound(analysis)
    two = pair(per_unit(tables))
    two = two[two["lone"] != "only weekly"]
    weighted = total = 0.0
    for _, level in two.groupby("lone"):
        sizes, means = level.groupby("t").size(), level.groupby("t")["returned"].mean()
        if len(sizes) == 2:
            weight = sizes.prod() / sizes.sum()
            weighted, total = weighted + weight * (means[1] - means[0]), total + weight
    assert of(analysis, "returned").difference.estimate == pytest.approx(weighted / total, rel=1e-9)
    assert of(analysis, "spend").p_value is not None


def test_strata_that_are_the_arms_leave_nothing_to_compare_for_means_as_for_rates():
    tables = with_columns(lone=arm_of_each())
    analysis = analysed(definition({"returned": RETURNED, "spend": SPEND}, analysis={"strata": ["lone"]}), tables)
    assert of(analysis, "returned").p_value is None
    assert of(analysis, "spend").p_value is None


def test_a_category_that_only_one_arm_has_is_answered():
    lone = np.where(arm_of_each() == "weekly", "odd", shop()["customers"]["country"].to_numpy())
    covariate = {"covariate": {"column": "lone"}}
    metrics = {"returned": {**RETURNED, **covariate}, "spend": {**SPEND, **covariate}}
    analysis = analysed(definition(metrics), with_columns(lone=lone))
    sound(analysis)
    assert all(c.p_value is not None for metric in analysis.metrics for c in metric.comparisons)


def test_constant_covariates_change_nothing():
    covariates = [{"column": name} for name in ("one", "nothing", "same", "nobody")]
    for metric in (RETURNED, SPEND):
        found = of(analysed(definition({"m": {**metric, "covariates": covariates}})), "m")
        assert found.difference.estimate == pytest.approx(found.unadjusted.difference.estimate, rel=1e-12)
        assert found.variance_removed == pytest.approx(0, abs=1e-12)


def test_a_cluster_column_without_a_value_leaves_nobody_and_says_so():
    analysis = analysed(definition({"returned": RETURNED, "spend": SPEND}, cluster="nobody"))
    sound(analysis)
    assert [arm.eligible for arm in analysis.population] == [0, 0, 0]
    assert all(set(arm.excluded) == {"no_cluster"} for arm in analysis.population)
    assert not analysis.valid


@pytest.mark.parametrize(("column", "level"), [("same", "x"), ("nobody", "(none)")])
def test_a_segment_with_one_level_is_the_whole_and_has_no_interaction(column, level):
    analysis = analysed(definition({"returned": RETURNED, "spend": SPEND}, segments=[column]))
    sound(analysis)
    for segment in analysis.segments:
        assert [part.level for part in segment.levels] == [level]
        whole = of(analysis, segment.metric, segment.arm)
        assert segment.levels[0].difference == whole.difference
        assert segment.levels[0].p_value == whole.p_value
        assert segment.interaction_p_value is None
        assert segment.reason


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_denominator_of_zero_or_nearly_so_is_a_reason(kept):
    sessions = shop()["sessions"].merge(shop()["assignments"], on="customer_id")
    days = (sessions["at"] - sessions["assigned_at"]) / pd.Timedelta(days=1)
    inside = (days >= 0) & (days < 28)
    of_arms = zip(ARMS, (kept, 2, kept), strict=True)
    rows = pd.concat([sessions[inside & (sessions["arm"] == arm)].head(n) for arm, n in of_arms])
    tables = {**shop(), "sessions": rows[["customer_id", "at"]]}
    analysis = analysed(definition({"returned": RETURNED, "rate": RATIO}, analysis={"bootstrap": 200}), tables)
    sound(analysis)
    assert (of(analysis, "rate").p_value is None) == (kept == 0)


def test_a_denominator_of_zero_raises_no_warning():
    sessions = shop()["sessions"].merge(shop()["assignments"], on="customer_id")
    tables = {**shop(), "sessions": sessions.loc[sessions["arm"] != "weekly", ["customer_id", "at"]]}
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        analysed(definition({"returned": RETURNED, "rate": RATIO}, analysis={"bootstrap": 200}), tables)


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize(("empty", "units"), [("control", 0), ("weekly", 0), ("control", 1), ("weekly", 3)])
def test_an_arm_of_few_units_or_none_is_answered_or_has_a_reason(empty, units, stratified):
    arms = arm_of_each()
    good = arms != empty
    good[np.flatnonzero(arms == empty)[:units]] = True
    tables, eligible = with_columns(good=good), {"population": {"eligible": "good"}}
    few = {"returned", "spend", "basket", "score"} | (set() if stratified else {"rate", "half"})
    settings = SETTINGS | {"correction": "holm" if units % 2 else "dunnett"}
    settings |= {"strata": ["country"]} if stratified else {}
    metrics = {name: metric for name, metric in EVERYTHING.items() if name in few}
    given = definition(metrics, analysis=settings, compliance=COMPLIANCE, segments=["tier"], **eligible)
    analysis = analysed(given, tables)
    sound(analysis)
    for metric in analysis.metrics:
        assert next(arm.mature for arm in metric.arms if arm.arm == empty) == units
        for comparison in metric.comparisons:
            if empty in {comparison.arm, comparison.control} and units < 2 and metric.kind == "mean":
                assert comparison.p_value is None
    sound(analysed(definition({"spend": SPEND}, cluster="household", **eligible), tables))


def test_winsorising_what_is_always_zero_gives_a_reason_and_no_lift():
    tables = with_columns(hours=np.where(np.arange(len(shop()["customers"])) == 3, 7.5, 0.0))
    metrics = {"returned": RETURNED, "hours": {"type": "column", "winsorise": 0.9, "covariate": {"column": "age"}}}
    analysis = analysed(definition(metrics, analysis={"bootstrap": 200, "permutation": 200, "bayes": True}), tables)
    sound(analysis)
    found = of(analysis, "hours")
    assert (found.difference.estimate, found.p_value) == (0, None)
    assert found.reason


def test_a_rate_in_a_column_is_not_cut_by_winsorising():
    metrics = {"vip": {"type": "column", "winsorise": 0.55, "covariate": {"column": "score"}}}
    rare = (shop()["customers"].index % 11 == 0).astype(int)
    analysis = analysed(definition({"vip": {"type": "column"}, "rare": metrics["vip"]}), with_columns(rare=rare))
    sound(analysis)
    assert of(analysis, "rare").difference.estimate != 0


# Error rates: ten independent outcomes in each of twenty worlds are two hundred data sets.

WORLDS, COPIES, EFFECT, NAIVE = 20, 10, 0.4, 5


def small_world(seed: int) -> pd.DataFrame:
    """Units randomised one by one within strata; every outcome has its own draws and its own covariate."""
    rng = np.random.default_rng(seed)
    n = 240
    stratum = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    arm = np.zeros(n, dtype=int)
    for level in "abc":
        members = np.flatnonzero(stratum == level)
        arm[rng.permutation(members)[: len(members) // 2]] = 1
    columns: dict[str, object] = {"arm": np.where(arm == 1, "new", "old"), "stratum": stratum}
    for copy in range(COPIES):
        before = rng.gamma(2.0, 1.0, n)
        value = before + rng.gamma(1.0, 1.0, n) + 2 * (stratum == "b")
        happened = rng.random(n) < 0.15 + 0.25 * (stratum == "c") + 0.05 * before
        columns |= {
            f"before{copy}": np.where(rng.random(n) < 0.1, np.nan, before).round(6),
            f"mean{copy}": (value + EFFECT * arm).round(6),
            f"plain{copy}": (value + EFFECT * arm).round(6),
            f"tail{copy}": np.exp(0.5 * value).round(4),
            f"rate{copy}": happened.astype(int),
            f"share{copy}": happened.astype(int),
        }
    return pd.DataFrame(columns)


def clustered_world(seed: int) -> pd.DataFrame:
    """Clusters of one to eight units, randomised whole, whose members resemble each other."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(60), rng.integers(1, 9, 60))
    arm = rng.permutation(np.arange(60) % 2)[cluster]
    columns: dict[str, object] = {"arm": np.where(arm == 1, "new", "old"), "cluster": [f"c{c}" for c in cluster]}
    for copy in range(COPIES):
        value = rng.normal(size=60)[cluster] + rng.normal(size=len(cluster))
        columns |= {f"mean{copy}": value.round(6), f"rate{copy}": (value > 0.4).astype(int)}
    return pd.DataFrame(columns)


def wide(metrics: Mapping[str, Mapping[str, object]], **parts: object) -> dict[str, object]:
    first = next(iter(metrics))
    return {
        "name": "world",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": "old", "control": True}, {"name": "new"}],
        "metrics": {
            name: {"type": "column", "role": "primary" if name == first else "secondary", **metric}
            for name, metric in metrics.items()
        },
        **parts,
    }


def likely(hits: int, share: float) -> bool:
    """Whether a count lies within the central 99.8 % of what this share of all data sets would give."""
    low, high = stats.binom.ppf([0.001, 0.999], WORLDS * COPIES, share)
    return bool(low <= hits <= high)


@pytest.mark.parametrize(
    ("strata", "kinds"),
    [([], ("plain", "tail")), (["stratum"], ("mean", "rate", "share"))],
    ids=["plain", "stratified"],
)
def test_five_in_a_hundred_are_significant_without_effect_and_intervals_cover(strata, kinds):
    adjusted = [{"covariate": {"column": f"before{copy}"}} for copy in range(COPIES)]
    own = {"mean": adjusted, "share": adjusted, "tail": [{"winsorise": 0.95}] * COPIES}
    metrics = {f"{kind}{copy}": own.get(kind, [{}] * COPIES)[copy] for kind in kinds for copy in range(COPIES)}
    experiment = load(wide(metrics, analysis={"strata": strata}))
    hits, removed = dict.fromkeys(kinds, 0), []
    for seed in range(WORLDS):
        analysis = analyze(experiment, {"customers": small_world(seed)})
        for name in metrics:
            found, kind = of(analysis, name, "new"), name.rstrip("0123456789")
            covered = found.difference.low <= EFFECT <= found.difference.high
            hits[kind] += not covered if kind in {"mean", "plain"} else found.p_value < ALPHA
        removed += [of(analysis, "mean0", "new").variance_removed] if "mean" in kinds else []
    assert {kind: count for kind, count in hits.items() if not likely(count, ALPHA)} == {}
    assert not removed or 0.3 < sum(removed) / WORLDS < 0.9


def test_clusters_keep_the_level_that_independent_units_would_lose():
    names = [f"{kind}{copy}" for kind in ("mean", "rate") for copy in range(COPIES)]
    metrics: dict[str, dict[str, object]] = {name: {} for name in names}
    robust, naive = (load(wide(metrics, **parts)) for parts in ({"cluster": "cluster"}, {}))
    hits, lost = {"mean": 0, "rate": 0}, 0
    for seed in range(WORLDS):
        tables = {"customers": clustered_world(seed)}
        analysis = analyze(robust, tables)
        for name in names:
            hits[name[:4]] += of(analysis, name, "new").p_value < ALPHA
        plain = analyze(naive, tables) if seed < NAIVE else None
        lost += sum(of(plain, name, "new").p_value < ALPHA for name in names[:COPIES]) if plain else 0
    assert {kind: count for kind, count in hits.items() if not likely(count, ALPHA)} == {}
    assert lost > 2 * ALPHA * NAIVE * COPIES


def test_the_sample_ratio_of_clusters_is_tested_by_clusters():
    """Fair coins for clusters of one to eight units: a check at 0.001 hardly ever fails."""
    experiment = load(wide({"mean0": {}}, cluster="cluster"))
    failed = 0
    for seed in range(60):
        world = clustered_world(seed)
        coin = np.random.default_rng(1_000 + seed).integers(0, 2, 60)
        world["arm"] = np.where(coin[world["cluster"].str[1:].astype(int)] == 1, "new", "old")
        failed += not analyze(experiment, {"customers": world[["arm", "cluster", "mean0"]]}).valid
    assert failed <= 1

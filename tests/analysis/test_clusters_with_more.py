"""Clusters with covariates, strata, cut values and ratios: the engine's sums give what the rows give."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abtest import DefinitionError, analyze, load
from abtest.stats.clusters import ClusterGroup, Clusters, compare_clusters

R = {
    case["name"]: case
    for case in json.loads((Path(__file__).parents[1] / "reference/clusters_adjusted.json").read_text())["cases"]
}
ARMS = np.array(["old", "new"])


def definition(metric, **keys):
    return {
        "name": "shops",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": "old", "control": True}, {"name": "new"}],
        "cluster": "shop",
        "metrics": {"y": {"role": "primary", "type": "column", **metric}},
        **keys,
    }


def frame(case):
    covariates = {f"x{place}": values for place, values in enumerate(case["x"])}
    shops = [f"shop {number}" for number in case["cl"]]
    return pd.DataFrame({"shop": shops, "arm": ARMS[np.array(case["t"])], "y": case["y"], **covariates})


def analysed(table, metric=None, **keys):
    return analyze(load(definition(metric or {}, **keys)), tables={"customers": table}).metric("y")


@pytest.mark.parametrize("name", list(R))
def test_covariates_over_clusters_are_those_of_clubsandwich(name):
    case, covariates = R[name], [{"column": f"x{place}"} for place in range(len(R[name]["x"]))]
    found = analysed(frame(case), {"covariates": covariates}).comparisons[0]
    assert found.difference.estimate == pytest.approx(case["estimate"], rel=1e-9)
    assert "Lin" in found.method
    assert "CR2" in found.method
    plain = analysed(frame(case)).comparisons[0]
    assert found.unadjusted.difference == plain.difference
    # The interval is at least as wide as R's, which takes the covariates' mean for known.
    assert (found.difference.high - found.difference.low) / 2 > 1.96 * case["se"] * 0.999
    assert found.variance_removed > 0


def test_strata_over_clusters_are_covariates_of_their_levels():
    case = R["a stratum of whole clusters"]
    table = frame(case).assign(region=np.where(np.array(case["x"][0]) == 1, "north", "south"))
    within = analysed(table, analysis={"strata": ["region"]})
    beside = analysed(table, {"covariates": [{"column": "x0"}]})
    assert within.comparisons[0].p_value == pytest.approx(beside.comparisons[0].p_value, rel=1e-9)


def test_a_rate_over_clusters_is_stratified_too():
    case = R["a stratum of whole clusters"]
    rate = (np.array(case["y"]) > 5).astype(int)
    table = frame(case).assign(y=rate, region=np.where(np.array(case["x"][0]) == 1, "north", "south"))
    found = analysed(table, analysis={"strata": ["region"]})
    assert found.kind == "rate"
    assert "CR2" in found.comparisons[0].method
    assert found.comparisons[0].unadjusted is not None


def test_units_of_a_stratum_that_one_arm_lacks_are_left_out():
    case = R["one covariate"]
    table = frame(case)
    alone = pd.DataFrame({"shop": ["far 1", "far 2", "far 3"] * 4, "arm": "new", "y": np.arange(12) * 30.0})
    with_alone = pd.concat([table.assign(region="near"), alone.assign(region="far", x0=0.0)])
    found = analysed(with_alone, analysis={"strata": ["region"]}).comparisons[0]
    assert found.difference.estimate == pytest.approx(analysed(table).comparisons[0].difference.estimate, rel=1e-9)


def by_rows(table, value, size=None):
    """The clusters' comparison from the rows themselves."""
    groups = []
    for _, shop in table.groupby("shop"):
        mine = [shop[shop["arm"] == arm] for arm in ARMS]
        totals = tuple(round(100 * part[value].sum()) for part in mine)
        members = tuple(len(part) if size is None else int(part[size].sum()) for part in mine)
        groups.append(ClusterGroup(members, 1, totals, tuple(tuple(a * b for b in totals) for a in totals)))
    squares = None
    if size is None:
        squares = tuple(int(((100 * table[table["arm"] == arm][value]).round() ** 2).sum()) for arm in ARMS)
    return compare_clusters(Clusters(tuple(groups), squares, 100), 0, 1)


def test_cut_values_over_clusters_are_the_rows_cut_and_stand_beside_the_uncut():
    table = frame(R["one covariate"])
    table.loc[[3, 30], "y"] = 60.0
    found = analysed(table, {"winsorise": 0.97})
    cut = np.sort(table["y"])[int(np.ceil(0.97 * len(table))) - 1]
    expected = by_rows(table.assign(y=table["y"].clip(upper=cut)), "y")
    assert found.comparisons[0].p_value == pytest.approx(expected.p_value, rel=1e-9)
    uncut = by_rows(table, "y")
    assert found.comparisons[0].not_winsorised.p_value == pytest.approx(uncut.p_value, rel=1e-9)


def test_ratios_over_clusters_are_those_of_the_clusters_sums():
    case, random = R["members in both arms"], np.random.default_rng(4)
    table = frame(case).assign(id=range(len(case["y"])))
    orders, visits = random.poisson(1.5, len(table)), random.poisson(4, len(table)) + 1
    at = pd.Timestamp("2026-03-03T12:00:00Z")
    events = {
        name: pd.DataFrame({"id": np.repeat(table["id"], counts)}).assign(at=at)
        for name, counts in (("orders", orders), ("visits", visits))
    }
    experiment = load(
        {
            "name": "shops",
            "unit": "id",
            "timezone": "UTC",
            "period": {"start": "2026-03-01", "end": "2026-03-02", "through": "2026-03-31"},
            "arms": [{"name": "old", "control": True}, {"name": "new"}],
            "cluster": "shop",
            "data": {"customers": {}, "assignments": {"at": "at"}, "orders": {"at": "at"}, "visits": {"at": "at"}},
            "metrics": {
                "per_visit": {
                    "role": "primary",
                    "allow_conditional": True,
                    "type": "ratio",
                    "numerator": {"event": "orders"},
                    "denominator": {"event": "visits"},
                    "window": ["0d", "14d"],
                }
            },
        }
    )
    tables = {
        "customers": table[["id", "shop"]],
        "assignments": table[["id", "arm"]].assign(at=pd.Timestamp("2026-03-01T12:00:00Z")),
        **events,
    }
    found = analyze(experiment, tables=tables).metric("per_visit").comparisons[0]
    expected = by_rows(table.assign(orders=orders, visits=visits), "orders", "visits")
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-9)
    assert found.difference.low == pytest.approx(expected.difference.low, rel=1e-9)
    assert "CR2" in found.method


@pytest.mark.parametrize(
    ("metric", "keys", "told"),
    [
        ({"type": "time_to_event", "duration": "d", "event_column": "e", "horizon": "9d"}, {}, "independent"),
        ({}, {"segments": ["x0"]}, "segments"),
        ({}, {"analysis": {"permutation": 1000}}, "permutation"),
    ],
)
def test_what_is_not_computed_over_clusters_is_refused_by_name(metric, keys, told):
    with pytest.raises(DefinitionError, match=told):
        load(definition(metric, **keys))

"""Covariates over clusters against R's ``clubSandwich``, and coverage with few clusters by simulation."""

import json
from pathlib import Path

import numpy as np
import pytest

from abtest.stats.clustered_regression import ClusterPart, compare_adjusted_clusters, fit_clusters
from abtest.stats.clusters import ClusterGroup, Clusters, compare_clusters

R = json.loads((Path(__file__).parents[1] / "reference/clusters_adjusted.json").read_text())
CASES = {case["name"]: case for case in R["cases"]}


def parts_of(cl, t, *terms):
    """Terms times 100, as the engine sums them."""
    whole = [[round(100 * value) for value in term] for term in terms]
    found = []
    for cluster in sorted(set(cl)):
        for arm in (0, 1):
            mine = [i for i in range(len(cl)) if cl[i] == cluster and t[i] == arm]
            products = tuple(tuple(sum(a[i] * b[i] for i in mine) for b in whole) for a in whole)
            totals = tuple(sum(term[i] for i in mine) for term in whole)
            found.append(ClusterPart(cluster, arm, len(mine), totals, products))
    return found, [100] * len(terms)


def clusters_of(parts):
    groups = []
    for cluster in {part.cluster for part in parts}:
        mine = [next(p for p in parts if p.cluster == cluster and p.arm == arm) for arm in (0, 1)]
        totals = tuple(part.totals[0] for part in mine)
        groups.append(
            ClusterGroup(tuple(p.members for p in mine), 1, totals, tuple(tuple(a * b for b in totals) for a in totals))
        )
    squares = tuple(sum(p.products[0][0] for p in parts if p.arm == arm) for arm in (0, 1))
    return Clusters(tuple(groups), squares, 100)


@pytest.mark.parametrize("name", list(CASES))
def test_estimate_error_and_degrees_are_those_of_clubsandwich(name):
    case = CASES[name]
    fit = fit_clusters(*parts_of(case["cl"], case["t"], case["y"], *case["x"]), 0, 1)
    assert fit.means[1] - fit.means[0] == pytest.approx(case["estimate"], rel=1e-9)
    matrix = fit.conditional
    error = (matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1]) ** 0.5
    assert error == pytest.approx(case["se"], rel=1e-8)
    assert fit.degrees((-1.0, 1.0), 0.0) == pytest.approx(case["df"], rel=1e-8)


@pytest.mark.parametrize("name", list(CASES))
def test_a_covariate_without_variation_leaves_the_comparison_of_clusters(name):
    case = CASES[name]
    parts, scales = parts_of(case["cl"], case["t"], case["y"], [3] * len(case["y"]))
    plain = compare_clusters(clusters_of(parts), 0, 1)
    adjusted = compare_adjusted_clusters(parts, scales, (0, 1), unadjusted=plain)
    assert adjusted.p_value == pytest.approx(plain.p_value, rel=1e-9)
    assert adjusted.degrees_of_freedom == pytest.approx(plain.degrees_of_freedom, rel=1e-9)
    assert adjusted.difference.low == pytest.approx(plain.difference.low, rel=1e-9)
    assert adjusted.variance_removed == pytest.approx(0, abs=1e-9)


def test_too_few_clusters_for_the_covariates_say_so():
    case = CASES["one covariate"]
    few = [i for i, cluster in enumerate(case["cl"]) if cluster in {1, 2, 13, 14}]
    parts, scales = parts_of(*([column[i] for i in few] for column in (case["cl"], case["t"], case["y"], case["x"][0])))
    found = compare_adjusted_clusters(parts, scales, (0, 1), unadjusted=compare_clusters(clusters_of(parts), 0, 1))
    assert (found.p_value, found.reason.code) == (None, "why-few-clusters-for-covariates")


@pytest.mark.parametrize(("clusters", "arms"), [(10, 10), (12, 24)])
def test_intervals_of_few_clusters_cover(clusters, arms):
    random, held, draws = np.random.default_rng(3), 0, 400
    for _ in range(draws):
        sizes = random.integers(3, 30, clusters + arms)
        cl = np.repeat(np.arange(len(sizes)), sizes)
        t = (cl >= clusters).astype(int)
        x = random.normal(size=len(cl)) + random.normal(size=len(sizes))[cl]
        y = x + random.normal(size=len(cl)) + 0.5 * random.normal(size=len(sizes))[cl]
        fit = compare_adjusted_clusters(*parts_of(cl, t, y, x), (0, 1), unadjusted=UNADJUSTED).difference
        held += fit.low <= 0 <= fit.high
    assert 0.93 <= held / draws <= 0.985


UNADJUSTED = compare_clusters(clusters_of(parts_of([1, 2, 3, 4], [0, 0, 1, 1], [1, 2, 3, 5])[0]), 0, 1)

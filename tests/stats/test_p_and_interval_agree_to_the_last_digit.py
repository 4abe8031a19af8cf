"""Where the level is the p-value, or a last digit beside it, p-value and intervals still tell one story."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest.analysis.inference import Inference, settled
from abtest.stats.clustered_regression import ClusterPart, compare_adjusted_clusters
from abtest.stats.clusters import ClusterGroup, Clusters, compare_clusters
from abtest.stats.competing import CompetingTable, compare_incidence
from abtest.stats.cox import compare_hazards
from abtest.stats.crossmoments import CrossMoments
from abtest.stats.event_shares import compare_event_shares
from abtest.stats.means import compare_means
from abtest.stats.rates import compare_rates
from abtest.stats.ratios import compare_ratios
from abtest.stats.regression import compare_adjusted
from abtest.stats.rmst import compare_rmst
from abtest.stats.survival import LifeTable, compare_survival
from abtest.stats.values import Moments, Rate


def life_tables(random):
    for size in random.integers(15, 60, 2):
        times = random.integers(1, 12, size)
        at, event = np.unique(times), random.random(size) < 0.7
        yield LifeTable(at, *(np.array([np.sum((times == t) & (event == e)) for t in at]) for e in (True, False)))


def competing_tables(random):
    for size in random.integers(30, 80, 2):
        times, cause = random.integers(1, 12, size), random.integers(0, 3, size)
        at = np.unique(times)
        counts = [[int(np.sum((times == t) & (cause == k))) for t in at] for k in range(3)]
        yield CompetingTable(at, counts[1:], counts[0])


def parts(random):
    found = []
    for cluster in range(16):
        x, y = random.integers(0, 30, (2, random.integers(2, 9)))
        y = y + x
        products = ((int(y @ y), int(x @ y)), (int(x @ y), int(x @ x)))
        found.append(ClusterPart(cluster, cluster % 2, len(x), (int(y.sum()), int(x.sum())), products))
    return found


def clusters(found):
    def of(part, value):
        return tuple(value if arm == part.arm else 0 for arm in (0, 1))

    def squares(part):
        return tuple(of(part, part.totals[0] ** 2) if arm == part.arm else (0, 0) for arm in (0, 1))

    groups = tuple(ClusterGroup(of(p, p.members), 1, of(p, p.totals[0]), squares(p)) for p in found)
    return Clusters(groups, tuple(sum(p.products[0][0] for p in found if p.arm == arm) for arm in (0, 1)))


def cross(random, terms):
    values = random.integers(1, 40, (terms, random.integers(8, 40)))
    values[0] += values[-1]
    sums = [int(v.sum()) for v in values]
    return CrossMoments.from_matrix(values.shape[1], sums, [[int(a @ b) for b in values] for a in values])


def with_covariates(random):
    found = parts(random)
    plain = compare_clusters(clusters(found), 0, 1)
    return lambda level: compare_adjusted_clusters(found, [1, 1], (0, 1), level, unadjusted=plain)


def of_two(make, compare, *further):
    def prepared(random):
        first, second = make(random)
        return lambda level: compare(first, second, *further, level)

    return prepared


def rates(random):
    return [Rate(int(random.integers(8, 30)), int(random.integers(40, 90))) for _ in range(2)]


def means(random):
    return [
        Moments(int(n), float(m), 9.0) for n, m in zip(random.integers(4, 40, 2), 5 + random.random(2), strict=True)
    ]


def over_clusters(random):
    given_clusters = clusters(parts(random))
    return lambda level: compare_clusters(given_clusters, 0, 1, level)


PATHS = {
    "rates": of_two(rates, compare_rates),
    "means": of_two(means, compare_means),
    "ratios": of_two(lambda random: [cross(random, 2), cross(random, 2)], compare_ratios),
    "adjusted": of_two(lambda random: [cross(random, 2), cross(random, 2)], compare_adjusted),
    "clusters": over_clusters,
    "adjusted clusters": with_covariates,
    "survival": of_two(lambda random: list(life_tables(random)), compare_survival, 6),
    "restricted means": of_two(lambda random: list(life_tables(random)), compare_rmst, 6),
    "event shares": of_two(lambda random: list(life_tables(random)), compare_event_shares, 6),
    "incidences": of_two(lambda random: list(competing_tables(random)), compare_incidence, 0, 6),
    "hazards": of_two(lambda random: list(life_tables(random)), compare_hazards),
}


def excludes(interval, null):
    return (interval.low is not None and interval.low > null) or (interval.high is not None and interval.high < null)


@pytest.mark.parametrize("path", list(PATHS))
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_at_the_level_that_is_the_p_value_and_a_digit_beside_it(path, seed):
    compare = PATHS[path](np.random.default_rng(seed))
    p = compare(0.95).p_value
    if p is None or not 1e-9 < p < 0.5:
        return
    level = 1 - p
    for steps in range(-3, 4):
        confidence = level
        for _ in range(abs(steps)):
            confidence = math.nextafter(confidence, 1.0 if steps > 0 else 0.0)
        found = compare(confidence)
        shown = found.p_value < 1 - confidence
        if path == "hazards":
            intervals = ((found.logarithm, 0.0), (found.ratio, 1.0))
        else:
            intervals = ((found.difference, 0.0), (found.lift, 0.0))
        for interval, null in intervals:
            if interval.reason is None:
                assert excludes(interval, null) == shown


@pytest.mark.parametrize("good", ["up", "down"])
@pytest.mark.parametrize("path", [path for path in PATHS if path != "hazards"])
@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_one_sided_too(path, good, seed):
    compare = PATHS[path](np.random.default_rng(seed))

    def one_sided(confidence):
        return Inference(1 - confidence, good, one_sided=True).compare(compare, confidence, 50)

    p = one_sided(0.95).p_value
    if p is None or not 1e-9 < p < 0.4:
        return
    for step in (-1, 0, 1):
        confidence = 1 - p if not step else math.nextafter(1 - p, 1.0 if step > 0 else 0.0)
        found = one_sided(confidence)
        shown = found.p_value < 1 - confidence
        found = settled(found, shown)
        for interval in (found.difference, found.lift):
            if interval.reason is None and (interval.low is not None or interval.high is not None):
                assert excludes(interval, 0.0) == shown

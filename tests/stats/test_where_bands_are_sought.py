"""A critical value is sought in few points first: it is the one of all points, to the tolerance of the search."""

import numpy as np
import pytest

from abtest.stats.simultaneous import _critical_value, _factor, _Sampler, correlation, simultaneous_critical_value


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.9999])
@pytest.mark.parametrize("count", [2, 3, 16, 17, 40])
def test_few_points_say_where_to_look_and_not_what_is_found(count, confidence):
    chance = np.random.default_rng(count)
    correlations = correlation(np.cov(np.cumsum(chance.normal(size=(count, 200)), axis=0)))
    sampler = _Sampler.of(_factor(correlations))
    found = simultaneous_critical_value(correlations, confidence)
    assert found == pytest.approx(_critical_value(sampler.exceeds, sampler.count, 1 - confidence), abs=1e-6)
    assert sampler.exceeds(found) == pytest.approx(1 - confidence, rel=1e-5)


@pytest.mark.parametrize("count", [2, 3, 16, 17, 40])
def test_each_statistic_has_its_turn_among_few_points_too(count):
    chance = np.random.default_rng(count)
    sampler = _Sampler.of(_factor(correlation(np.cov(chance.normal(size=(count, 200))))))
    few = sampler.coarse()
    assert len(few.sides) < len(sampler.sides) / 10
    assert float(few.share.sum()) == pytest.approx(count)
    assert few.exceeds(2.5) == pytest.approx(sampler.exceeds(2.5), rel=0.1)

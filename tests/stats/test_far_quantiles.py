"""What could have been found where few units and a strict level put the critical value far out."""

import math

import numpy as np
import pytest
from scipy import special

from abtest.stats.detectable import noncentrality, times_larger


@pytest.mark.parametrize(("degrees", "alpha"), [(1, 0.0033), (2, 2.6e-5), (2, 1e-9), (5, 1e-11)])
def test_the_power_is_what_was_asked_for(degrees, alpha):
    random = np.random.default_rng(1)
    spread = np.sqrt(random.chisquare(degrees, 400_000) / degrees)
    found = (random.normal(size=400_000) + noncentrality(alpha, degrees)) / spread > -special.stdtrit(
        degrees, alpha / 2
    )
    assert found.mean() == pytest.approx(0.8, abs=0.004)


@pytest.mark.parametrize("alpha", [0.0, 1e-320, 1e-12, 0.003])
def test_no_level_is_too_strict_to_be_asked(alpha):
    size = noncentrality(alpha, 1)
    assert size > 100
    times = times_larger(1.0, alpha, 1, 5.0)
    assert times is None if math.isinf(noncentrality(alpha, None)) else times > 1

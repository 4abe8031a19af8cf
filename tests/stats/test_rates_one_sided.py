"""One-sided decisions agree with the bound on their side, for difference and lift."""

import numpy as np
import pytest
from scipy import stats

from abtest.stats.score import score_bounds


def every_table(largest: int) -> tuple[np.ndarray, ...]:
    tables = [
        (x, n, y, m)
        for n in range(1, largest + 1)
        for m in range(1, largest + 1)
        for x in range(n + 1)
        for y in range(m + 1)
    ]
    return tuple(np.array(column, dtype=float) for column in zip(*tables, strict=True))


def random_tables(count: int) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(7)
    sizes = np.floor(10 ** random.uniform(0.5, 6, (2, count)))
    rates = random.beta(0.4, 0.8, (2, count))
    counts = random.binomial(sizes.astype(np.int64), rates).astype(float)
    return counts[0], sizes[0], counts[1], sizes[1]


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.10])
@pytest.mark.parametrize("tables", [every_table(16), random_tables(50_000)], ids=["small", "random"])
def test_each_side_at_alpha_agrees_with_its_bound_at_confidence_one_less_two_alpha(tables, alpha):
    bounds = score_bounds(*tables, 1 - 2 * alpha)
    statistic, one_sided = bounds.statistic, bounds.p_value / 2
    level = (1 - (1 - 2 * alpha)) / 2  # to the last digit: an exact p-value can be 1/10
    above, below = (statistic > 0) & (one_sided < level), (statistic < 0) & (one_sided < level)
    np.testing.assert_allclose(one_sided, stats.norm.sf(np.abs(statistic)), rtol=1e-9, atol=1e-300)
    np.testing.assert_array_equal(bounds.difference_low > 0, above)
    np.testing.assert_array_equal(bounds.difference_high < 0, below)
    some = tables[0] + tables[2] > 0
    np.testing.assert_array_equal((bounds.lift_low > 0)[some], above[some])
    np.testing.assert_array_equal((bounds.lift_high < 0)[some], below[some])

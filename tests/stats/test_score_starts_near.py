"""Where the search for a bound begins: at what one arm alone would need, and near what both together need."""

import numpy as np
import pytest

from abtest.stats import score

TABLES = np.array(
    [
        (x, n, y, m)
        for n, m in ((40, 40), (400, 60), (60, 900))
        for x in range(3, n - 2, 9)
        for y in range(3, m - 2, 11)
    ],
    dtype=float,
).T
SQUARE = 1.959964**2


@pytest.mark.parametrize(("x", "n"), [(3, 40), (20, 40), (37, 40), (1, 500), (499, 500)])
def test_one_arm_alone_reaches_the_critical_value_at_its_multiplier(x, n):
    x, n = np.array([float(x)]), np.array([float(n)])
    found = score._single_arm_multiplier(x, n, np.array([SQUARE]))
    # λ²V = z², with P the root of λP(1 − P) = x − nP below x/n, found from the coefficients.
    rate = min(np.roots([float(found[0]), -float(found[0] + n[0]), float(x[0])]).real)
    assert found[0] ** 2 * rate * (1 - rate) / n[0] == pytest.approx(SQUARE, rel=1e-9)


@pytest.mark.parametrize(
    ("bound", "most", "half"), [(score.lowest_difference, 0.2, 0.01), (score.lowest_ratio, 0.5, 0.04)]
)
def test_the_search_begins_near_its_end(bound, most, half, monkeypatch):
    seen = []

    def meet(at, start, critical, known):
        seen.append((start, found := real(at, start, critical, known)))
        return found

    real = score.meet
    monkeypatch.setattr(score, "meet", meet)
    with np.errstate(all="ignore"):
        bound(*TABLES, np.full(TABLES.shape[1], np.sqrt(SQUARE)), corrected=False)
    [(start, root)] = seen
    off = np.abs(np.log(start / root))
    assert off.max() < most
    assert np.median(off) < half

"""Two arms compared within strata (country, platform) and summed up: the stratified score test and its intervals."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.fieller import sided
from abtest.stats.rates import NO_CONTROL_SUCCESS, NO_SUCCESS
from abtest.stats.roots import bracketed_root
from abtest.stats.score import Floats, variance_at_difference, variance_at_ratio
from abtest.stats.values import Estimate, Rate, TwoSample

METHOD = "stratified Miettinen–Nurminen score, Mantel–Haenszel weights"
EDGE = 1e-12
STRIDES = (0.02, 0.08, 0.3, 1.0)
LOG_END = 46.0  # ratios beyond e^46 and below e^−46 are not looked for


def compare_stratified_rates(
    control: Sequence[Rate], treatment: Sequence[Rate], confidence: float = CONFIDENCE
) -> TwoSample:
    """Stratified score comparison: Miettinen & Nurminen (1985), Stat. Med. 4:213-226, with Mantel–Haenszel weights.

    ``control[k]`` and ``treatment[k]`` belong to stratum k. Estimands: the common difference Σw(p_t − p_c)/Σw with
    w = n_c n_t/(n_c + n_t), and the lift of Σw p_t over Σw p_c (the Mantel–Haenszel ratio, less 1). The statistic at no
    effect is the Cochran–Mantel–Haenszel χ (1959, J. Natl. Cancer Inst. 22:719-748) without continuity correction, for
    both. For assignment that was stratified, or shares that differ between strata; strata where one arm is empty say
    nothing and drop out. Assumes that the effect is much the same in all strata: test it with ``cochran_q``.
    """
    checks.confidence_level(confidence)
    checks.same_length("control", control, "treatment", treatment)
    pairs = [(c, t) for c, t in zip(control, treatment, strict=True) if c.n and t.n]
    if not pairs:
        reason = "no stratum has units in both arms"
        nothing = Estimate(None, None, None, reason)
        return TwoSample(METHOD, nothing, nothing, None, None, None, reason)
    return _Strata(pairs).compare(confidence)


class _Strata:
    """Arrays over strata, and the two statistics as functions of the common effect."""

    def __init__(self, pairs: Sequence[tuple[Rate, Rate]]) -> None:
        x_c, n_c, x_t, n_t = np.array([(c.successes, c.n, t.successes, t.n) for c, t in pairs], dtype=float).T
        self.table: tuple[Floats, Floats, Floats, Floats] = (x_c, n_c, x_t, n_t)
        self.weight: Floats = n_c * n_t / (n_c + n_t)
        self.p_c = float(self.weight @ (x_c / n_c) / self.weight.sum())
        self.p_t = float(self.weight @ (x_t / n_t) / self.weight.sum())
        # Per stratum and then summed, so that equal rates in every stratum give exactly 0.
        self.difference = float(self.weight @ (x_t / n_t - x_c / n_c) / self.weight.sum())

    def _standardised(self, excess: float, variance: Floats) -> float:
        spread = float(self.weight**2 @ variance)
        if spread > 0:
            return excess * float(self.weight.sum()) / math.sqrt(spread)
        return 0.0 if excess == 0 else math.copysign(math.inf, excess)

    def at_difference(self, value: float) -> float:
        return self._standardised(self.difference - value, variance_at_difference(*self.table, value))

    def at_ratio(self, value: float) -> float:
        x_c, n_c, x_t, n_t = self.table
        used = x_c + x_t > 0  # a stratum without a success holds no information about a ratio
        variance = np.zeros_like(x_c)
        variance[used] = variance_at_ratio(x_c[used], n_c[used], x_t[used], n_t[used], value)
        return self._standardised(self.p_t - value * self.p_c, variance)

    def null(self) -> float:
        x_c, n_c, x_t, n_t = self.table
        total = n_c + n_t
        pooled = (x_c + x_t) / total
        spread = pooled * ((total - x_c - x_t) / total) * (1 / n_c + 1 / n_t) * (total / (total - 1))
        return self._standardised(self.difference, spread)

    def compare(self, confidence: float) -> TwoSample:
        alpha = 1 - confidence
        critical = -float(special.ndtri(alpha / 2))
        statistic = self.null()
        p_value = 2 * float(special.ndtr(-abs(statistic)))
        significant = p_value < alpha
        low, high = self._bounds(self.at_difference, (-1 + EDGE, self.difference, 1 - EDGE), critical)
        # Where the statistic does not fall to the critical value the bound is the end of the scale itself.
        low, high = (-1.0 if low == -1 + EDGE else low), (1.0 if high == 1 - EDGE else high)
        low, high = sided(min(low, self.difference), max(high, self.difference), significant, self.difference)
        difference = Estimate(self.difference, low, high)
        return TwoSample(METHOD, difference, self._lift(critical, significant), p_value, statistic, None, None)

    def _lift(self, critical: float, significant: bool) -> Estimate:
        if self.p_c == 0 == self.p_t:
            return Estimate(None, None, None, NO_SUCCESS)
        ends = -LOG_END, LOG_END
        centre = math.log(self.p_t / self.p_c) if self.p_c and self.p_t else ends[self.p_c == 0]
        low, high = self._bounds(lambda log: self.at_ratio(math.exp(log)), (ends[0], centre, ends[1]), critical)
        low = -1.0 if self.p_t == 0 else math.expm1(low)
        low, high = sided(low, math.expm1(high), significant, self.difference)
        if self.p_c == 0:
            return Estimate(None, low, None, NO_CONTROL_SUCCESS)
        return Estimate(self.difference / self.p_c, low, high)

    @staticmethod
    def _bounds(
        statistic: Callable[[float], float], points: tuple[float, float, float], critical: float
    ) -> tuple[float, float]:
        """Where the statistic falls to ±critical on either side of the estimate, or else the end of the scale."""
        least, estimate, greatest = points

        def bound(end: float, sign: float) -> float:
            """Walk from the estimate to an end of the scale in growing strides, and solve in the one that crosses."""
            near = estimate
            for stride in STRIDES:
                far = estimate + stride * (end - estimate)
                if sign * statistic(far) > critical:
                    return bracketed_root(lambda value: sign * statistic(value) - critical, near, far)
                near = far
            return end

        return bound(least, 1), bound(greatest, -1)

"""Two arms compared within strata (country, platform) and summed up: the stratified score test and its intervals."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.fieller import sided
from abtest.stats.rates import NO_CONTROL_SUCCESS, NO_SUCCESS, Scale, Side, agreeing
from abtest.stats.roots import bracketed_root
from abtest.stats.score import Floats, NoEffect, Table, decided, moments_at_difference, moments_at_ratio
from abtest.stats.skewness import deviate
from abtest.stats.sparse import expected_in_strata, few_in_strata, log_mid_p_in_strata
from abtest.stats.values import Estimate, MarginTest, Rate, TwoSample
from abtest.words.reason import Reason

METHOD = "stratified Miettinen–Nurminen score, skewness-corrected, Mantel–Haenszel weights"
FEW_METHOD = "stratified exact conditional test of few events (mid-p)"
NO_STRATUM = Reason("why-no-common-stratum")
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
    both, its skewness taken out (Laud 2017, Pharm. Stat. 16:334-348). Where an arm expects fewer than five events, or
    units without, over all strata, the exact distribution given each stratum's total decides, as in ``compare_rates``.

    For assignment that was stratified, or shares that differ between strata; strata where one arm is empty say nothing
    and drop out. Assumes that the effect is much the same in all strata: test it with ``cochran_q``.
    """
    checks.confidence_level(confidence)
    checks.same_length("control", control, "treatment", treatment)
    pairs = [(c, t) for c, t in zip(control, treatment, strict=True) if c.n and t.n]
    if not pairs:
        nothing = Estimate(None, None, None, NO_STRATUM)
        return TwoSample(METHOD, nothing, nothing, None, None, None, NO_STRATUM)
    return _Strata(pairs).compare(confidence)


def stratified_excess_test(
    control: Sequence[Rate],
    treatment: Sequence[Rate],
    value: float,
    scale: Scale,
    side: Side,
    *,
    confidence: float = CONFIDENCE,
) -> MarginTest:
    """One-sided test that the common difference (absolute) or lift (relative) lies ``side`` of ``value``.

    The statistic of ``compare_stratified_rates`` at ``value``; ``shown`` at half of 1 − confidence, in step with its
    two-sided interval.
    """
    checks.one_of("scale", scale, ("absolute", "relative"))
    checks.one_of("side", side, ("above", "below"))
    checks.confidence_level(confidence)
    checks.same_length("control", control, "treatment", treatment)
    pairs = [(c, t) for c, t in zip(control, treatment, strict=True) if c.n and t.n]
    if not pairs:
        return MarginTest(None, False, NO_STRATUM)
    return _Strata(pairs).excess_test(value, scale, side, confidence)


def fewest_in_strata(control: Sequence[Rate], treatment: Sequence[Rate]) -> float:
    """Return the fewest events, or units without, that an arm expects over all strata, given each one's total."""
    return expected_in_strata(*_Strata([*zip(control, treatment, strict=True)]).table)


class _Strata:
    """Arrays over strata, and the two statistics as functions of the common effect."""

    def __init__(self, pairs: Sequence[tuple[Rate, Rate]]) -> None:
        x_c, n_c, x_t, n_t = np.array([(c.successes, c.n, t.successes, t.n) for c, t in pairs], dtype=float).T
        self.table: Table = (x_c, n_c, x_t, n_t)
        self.weight: Floats = n_c * n_t / (n_c + n_t)
        self.p_c = float(self.weight @ (x_c / n_c) / self.weight.sum())
        self.p_t = float(self.weight @ (x_t / n_t) / self.weight.sum())
        # Per stratum and then summed, so that equal rates in every stratum give exactly 0.
        self.difference = float(self.weight @ (x_t / n_t - x_c / n_c) / self.weight.sum())

    def _standardised(self, excess: float, variance: Floats, third: Floats) -> float:
        """Return the deviate of an excess whose strata have these variances and third moments."""
        spread = float(self.weight**2 @ variance)
        if spread > 0:
            statistic = excess * float(self.weight.sum()) / math.sqrt(spread)
            skew = float(self.weight**3 @ third) / (6 * spread**1.5)
            return float(deviate(np.array(statistic), np.array(skew)))
        return 0.0 if excess == 0 else math.copysign(math.inf, excess)

    def at_difference(self, value: float) -> float:
        return self._standardised(self.difference - value, *moments_at_difference(*self.table, value))

    def at_ratio(self, value: float) -> float:
        x_c, n_c, x_t, n_t = self.table
        used = x_c + x_t > 0  # a stratum without a success holds no information about a ratio
        variance, third = np.zeros_like(x_c), np.zeros_like(x_c)
        variance[used], third[used] = moments_at_ratio(x_c[used], n_c[used], x_t[used], n_t[used], value)
        return self._standardised(self.p_t - value * self.p_c, variance, third)

    def null(self) -> NoEffect:
        x_c, n_c, x_t, n_t = self.table
        total = n_c + n_t
        pooled, against = (x_c + x_t) / total, (total - x_c - x_t) / total
        variance = pooled * against * (1 / n_c + 1 / n_t) * (total / (total - 1))
        third = pooled * against * (against - pooled) * (1 / n_t - 1 / n_c) * (1 / n_t + 1 / n_c)
        few = few_in_strata(*self.table)
        log = log_mid_p_in_strata(*self.table) if few else 0.0
        score, direction = self._standardised(self.difference, variance, third), self.difference
        return decided(np.array([score]), np.array([direction]), np.array([few]), np.array([log]))

    def excess_test(self, value: float, scale: str, side: str, confidence: float) -> MarginTest:
        """Test one-sided that difference or lift lies ``side`` of ``value``; see ``stratified_excess_test``."""
        comparison = self.compare(confidence)
        effect = comparison.difference if scale == "absolute" else comparison.lift
        if effect.low is None and effect.high is None:
            return MarginTest(None, False, effect.reason)
        score = self.at_difference(value) if scale == "absolute" else self.at_ratio(1 + value)
        statistic = float(self.null().decisive(np.array([score]))[0])
        p_value = float(special.ndtr(-statistic if side == "above" else statistic))
        bound = effect.low if side == "above" else effect.high
        shown = bound is not None and (bound > value if side == "above" else bound < value)
        return MarginTest(agreeing(p_value, shown, (1 - confidence) / 2), shown, None)

    def compare(self, confidence: float) -> TwoSample:
        alpha = 1 - confidence
        equal = self.null()
        critical = float(equal.critical(alpha)[0])
        statistic, p_value = float(equal.statistic[0]), float(equal.p_value[0])
        significant = p_value < alpha
        low, high = self._bounds(self.at_difference, (-1 + EDGE, self.difference, 1 - EDGE), critical)
        # Where the statistic does not fall to the critical value the bound is the end of the scale itself.
        low, high = (-1.0 if low == -1 + EDGE else low), (1.0 if high == 1 - EDGE else high)
        low, high = sided(min(low, self.difference), max(high, self.difference), significant, self.difference)
        difference = Estimate(self.difference, low, high)
        method = FEW_METHOD if equal.few[0] else METHOD
        return TwoSample(method, difference, self._lift(critical, significant), p_value, statistic, None, None)

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

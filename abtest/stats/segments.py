"""Does the effect differ between segments? The interaction test first, then effects shrunk towards their mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.values import Estimate, OverallTest


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Effects of all segments after shrinkage; ``between`` is the estimated variance of true effects among segments."""

    effects: list[Estimate]
    mean: Estimate
    between: float | None


def cochran_q(effects: Sequence[float], variances: Sequence[float]) -> OverallTest:
    """Cochran's (1954) Q, Biometrics 10:101-129: do independent effects differ by more than chance?

    ``effects``: one estimated difference (or lift) per segment; ``variances``: its squared standard errors.
    Q = Σw(e − ē)² with w = 1/variance is χ² on k − 1 degrees of freedom when all segments share one effect. Assumes
    nearly normal effects with known variances: several hundred units per segment. Run it before reading any segment's
    effect.
    """
    _check(effects, variances)
    if len(effects) < 2:
        return OverallTest(None, None, None, "fewer than two segments have an effect")
    _, statistic = _weighted(effects, [1 / variance for variance in variances])
    degrees = len(effects) - 1
    return OverallTest(statistic, float(degrees), float(special.chdtrc(degrees, statistic)))


def _check(effects: Sequence[float], variances: Sequence[float]) -> None:
    checks.same_length("effects", effects, "variances", variances)
    for effect in effects:
        checks.finite("effects", effect)
    for variance in variances:
        if checks.finite("variances", variance) <= 0:
            raise ValueError(f"variances must be positive, got {variance!r}")


def _weighted(effects: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """Weighted mean, and the weighted sum of squares round it."""
    mean = math.fsum(w * e for w, e in zip(weights, effects, strict=True)) / math.fsum(weights)
    return mean, math.fsum(w * (e - mean) ** 2 for w, e in zip(weights, effects, strict=True))


def shrink(effects: Sequence[float], variances: Sequence[float], confidence: float = CONFIDENCE) -> Shrunken:
    """Empirical-Bayes effects: each segment drawn towards the mean as far as its noise asks for.

    True effects are taken as normal with variance τ² between segments, τ² by DerSimonian & Laird (1986), Control. Clin.
    Trials 7:177-188. Shrunken effect: μ + B(e − μ) with B = τ²/(τ² + v); its standard error counts the uncertainty of μ
    but not that of τ² (Morris 1983, J. Am. Stat. Assoc. 78:47-55), so intervals are a little short with few segments.
    With τ² = 0 all segments get the common effect. For ranking segments: the largest raw effect is mostly luck.
    """
    checks.confidence_level(confidence)
    _check(effects, variances)
    if len(effects) < 2:
        reason = "fewer than two segments have an effect"
        nothing = Estimate(None, None, None, reason)
        return Shrunken([nothing for _ in effects], nothing, None)
    between = _between(effects, variances)
    weights = [1 / (variance + between) for variance in variances]
    mean, of_mean = _weighted(effects, weights)[0], 1 / math.fsum(weights)
    critical = -float(special.ndtri((1 - confidence) / 2))
    shrunken = []
    for effect, variance in zip(effects, variances, strict=True):
        share = between / (between + variance)
        error = math.sqrt(share * variance + (1 - share) ** 2 * of_mean)
        shrunken.append(_normal(mean + share * (effect - mean), error, critical))
    return Shrunken(shrunken, _normal(mean, math.sqrt(of_mean), critical), between)


def _between(effects: Sequence[float], variances: Sequence[float]) -> float:
    """τ² = max(0, (Q − (k − 1))/(Σw − Σw²/Σw))."""
    weights = [1 / variance for variance in variances]
    _, statistic = _weighted(effects, weights)
    total = math.fsum(weights)
    return max(0.0, (statistic - (len(effects) - 1)) / (total - math.fsum(w * w for w in weights) / total))


def _normal(estimate: float, error: float, critical: float) -> Estimate:
    return Estimate(estimate, estimate - critical * error, estimate + critical * error)

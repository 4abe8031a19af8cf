"""Several treatments against one control: Dunnett's adjusted p-values and simultaneous intervals.

Principle: the comparisons share the control, so their statistics are correlated by λᵢλⱼ with λᵢ² = the control's share
in the variance of comparison i. Given the control's part all comparisons are independent, which leaves one integral
(and one more for Student's t). By quadrature, so the same input gives the same digits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import critical_value, lower_tail
from abtest.stats.fieller import sided
from abtest.stats.rates import agreeing
from abtest.stats.roots import bracketed_root
from abtest.stats.score import Floats
from abtest.stats.values import Estimate
from abtest.words.reason import Reason

# A larger share than this (a treatment without any noise of its own) counts as this one.
LARGEST_SHARE = 1 - 1e-12
_LOG_NEGLIGIBLE = 34.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_ROUND = np.array([-9.0, -5.5, -3.5, -1.7, 0.0, 1.7, 3.5, 5.5, 9.0])  # panel edges in widths of a sharp factor

NEVER = 39.0
"""Standard deviations beyond which a normal tail is 0 in double precision."""


@dataclass(frozen=True, slots=True)
class ArmContrast:
    """A treatment's difference from the control with its standard error.

    ``control_share`` is the part of the squared standard error that comes from the control: see ``control_share``.
    ``degrees_of_freedom`` is ``None`` for a normal reference. For a score test of rates the standard error is the
    difference divided by the statistic. Estimate and standard error are ``None`` where there is no test.
    """

    difference: float | None
    standard_error: float | None
    control_share: float
    degrees_of_freedom: float | None = None

    def __post_init__(self) -> None:
        if self.difference is not None:
            checks.finite("difference", self.difference)
        if self.standard_error is not None and checks.finite("standard_error", self.standard_error) <= 0:
            raise ValueError(f"standard_error must be positive, got {self.standard_error!r}")
        if not 0 <= self.control_share <= 1:
            raise ValueError(f"control_share must lie between 0 and 1, got {self.control_share!r}")
        if self.degrees_of_freedom is not None and not 0 < self.degrees_of_freedom < math.inf:
            raise ValueError(f"degrees_of_freedom must be positive, got {self.degrees_of_freedom!r}")

    @property
    def statistic(self) -> float | None:
        """The difference over its standard error."""
        if self.difference is None or self.standard_error is None:
            return None
        return self.difference / self.standard_error


@dataclass(frozen=True, slots=True)
class DunnettArm:
    """One comparison after adjustment.

    ``p_value`` is below α exactly when ``difference`` excludes 0. ``confidence`` is the level at which the comparison's
    *own* interval (of a rate, a lift, an odds ratio) has Dunnett's critical value, and so agrees with ``p_value``.
    """

    p_value: float | None
    difference: Estimate
    confidence: float


@dataclass(frozen=True, slots=True)
class Dunnett:
    """All comparisons with the control, in the order given, and the critical value that they share."""

    arms: tuple[DunnettArm, ...]
    critical_value: float | None
    degrees_of_freedom: float | None


def control_share(control_variance: float, treatment_variance: float) -> float:
    """λ² of a comparison: the control's part in the variance of the difference.

    The two are sampling variances of the arms' estimates, s²/n; for rates under the null simply 1/n of each arm.
    """
    parts = [
        checks.finite("control_variance", control_variance),
        checks.finite("treatment_variance", treatment_variance),
    ]
    if min(parts) < 0 or sum(parts) == 0:
        raise ValueError(f"control_variance and treatment_variance must not be negative or both 0, got {parts}")
    return parts[0] / sum(parts)


def dunnett(contrasts: Sequence[ArmContrast], confidence: float = CONFIDENCE) -> Dunnett:
    """Two-sided many-to-one comparisons: Dunnett (1955), J. Am. Stat. Assoc. 50:1096-1121; integral as Dunnett (1964).

    The adjusted p-value of an arm is the probability that the largest of all |statistics| exceeds its own when no
    treatment differs from the control; the intervals difference ± c·SE cover all differences jointly. Unequal arms are
    exact. Degrees of freedom: with one pooled variance this is Dunnett's test; where they differ between the arms
    (Welch) the smallest serves all, which is conservative. A comparison without a statistic is not counted.
    Assumes estimates that are nearly normal given the control's. More powerful than Bonferroni, and unlike Holm it has
    simultaneous intervals.
    """
    alpha = 1 - checks.confidence_level(confidence)
    used = [arm for arm in contrasts if arm.statistic is not None]
    if not used:
        missing = DunnettArm(None, Estimate(None, None, None, Reason("why-no-statistics")), confidence)
        return Dunnett(tuple(missing for _ in contrasts), None, None)
    finite = [arm.degrees_of_freedom for arm in used if arm.degrees_of_freedom is not None]
    degrees = min(finite, default=None)
    shares = [arm.control_share for arm in used]
    critical = dunnett_critical_value(shares, degrees, confidence)
    return Dunnett(tuple(_adjusted(arm, shares, degrees, critical, alpha) for arm in contrasts), critical, degrees)


def _adjusted(
    arm: ArmContrast, shares: list[float], degrees: float | None, critical: float, alpha: float
) -> DunnettArm:
    level = 1 - 2 * lower_tail(-critical, arm.degrees_of_freedom)
    if arm.difference is None or arm.standard_error is None:
        return DunnettArm(None, Estimate(arm.difference, None, None, Reason("why-no-statistic")), level)
    size, half = abs(arm.difference) / arm.standard_error, critical * arm.standard_error
    shown = size > critical
    p_value = agreeing(largest_exceeds(size, shares, degrees), shown, alpha)
    low, high = sided(arm.difference - half, arm.difference + half, shown, arm.difference)
    return DunnettArm(p_value, Estimate(arm.difference, low, high), level)


def dunnett_critical_value(shares: Sequence[float], degrees: float | None, confidence: float = CONFIDENCE) -> float:
    """Return the two-sided critical value c: the largest |statistic| exceeds it with probability 1 − confidence.

    ``shares``: the control's share λ² in each comparison. It lies between the values of a single comparison and of
    Bonferroni's.
    """
    alpha = 1 - checks.confidence_level(confidence)
    if not shares:
        raise ValueError("shares must hold at least one comparison")
    low, high = critical_value(alpha, degrees), critical_value(alpha / len(shares), degrees)
    if len(shares) == 1:
        return low
    return bracketed_root(
        lambda c: math.log(largest_exceeds(c, shares, degrees) / alpha), low * (1 - 1e-9), high * (1 + 1e-9)
    )


def largest_exceeds(value: float, shares: Sequence[float], degrees: float | None = None) -> float:
    """Probability that the largest of the |statistics| exceeds ``value`` when no treatment differs from the control.

    Normal: ∫ φ(z)(1 − Πⱼ [Φ((λⱼz + c)/√(1 − λⱼ²)) − Φ((λⱼz − c)/√(1 − λⱼ²))]) dz; Student: its mean over c = value · s,
    where ν·s² is χ² on ν = ``degrees``. The complement is integrated, so small probabilities keep their digits.
    """
    if len(shares) == 1:
        return min(2 * lower_tail(-value, degrees), 1.0)
    distinct, repeats = np.unique(np.minimum(np.asarray(shares, dtype=float), LARGEST_SHARE), return_counts=True)
    lam, own, times = np.sqrt(distinct), np.sqrt(1 - distinct), repeats.astype(float)
    if degrees is None and value > NEVER:
        return 0.0
    if degrees is None:
        return min(float(_exceedance(np.array([value]), lam, own, times)[0]), 1.0)
    scales, weights = _scale_nodes(value, degrees)
    kept = scales * value < NEVER
    if not kept.any():
        return 0.0
    return min(float(np.dot(weights[kept], _exceedance(value * scales[kept], lam, own, times))), 1.0)


def _exceedance(values: Floats, lam: Floats, own: Floats, repeats: Floats) -> Floats:
    """Return the normal integral over z ≥ 0 (the integrand is even) for each of ``values``.

    Gauss–Legendre on panels that are short beside the normal density and, round z = c/λⱼ, beside the width
    √(1 − λⱼ²)/λⱼ of each factor that is sharper. ``repeats``: how many comparisons have each λⱼ.
    """
    top = 9 + float(lam.max()) * values[:, None]  # the mass of a large value lies round z = λ·value
    edges = [top * np.linspace(0, 1, math.ceil(float(top.max()) / 1.3) + 1)]
    sharp = lam > own
    around = (values[:, None, None] + own[sharp, None] * _ROUND) / lam[sharp, None]
    edges.append(np.clip(around.reshape(len(values), -1), 0, top))
    edge = np.sort(np.concatenate(edges, axis=1))
    half = np.diff(edge)[..., None] / 2
    z = (edge[:, :-1, None] + half * (1 + _NODES)).reshape(len(values), -1)
    weight = (half * _WEIGHTS).reshape(z.shape) * np.exp(-(z**2) / 2) * math.sqrt(2 / math.pi)
    inside = np.zeros_like(z)
    for slope, width, count in zip(lam, own, repeats, strict=True):
        outside = sum(special.ndtr((side * slope * z - values[:, None]) / width) for side in (1, -1))
        with np.errstate(divide="ignore"):
            inside += count * np.log1p(-np.minimum(outside, 1.0))
    result: Floats = -(weight * np.expm1(inside)).sum(axis=1)
    return result


def _scale_nodes(value: float, degrees: float) -> tuple[Floats, Floats]:
    """Nodes s and weights of the density of √(χ²/ν), by the trapezoidal rule in log s, where it is smooth.

    The nodes reach from its bulk to where s is small enough for ``value`` · s to be likely, at
    e^{2x} = ν/(ν + value²).
    """
    reach = _LOG_NEGLIGIBLE / degrees
    step = min(0.15, 0.5 / math.sqrt(2 * degrees))
    middle = -math.log1p(value**2 / degrees) / 2
    x = np.arange(middle - math.sqrt(reach) - reach, math.sqrt(reach) + step, step)
    # Density of x = log s up to a constant, e^{νx − ν e^{2x}/2}: its sum gives the constant, where log gamma functions
    # would cost digits when ν is large.
    weights = np.exp(degrees * (x - np.expm1(2 * x) / 2))
    return np.exp(x), weights / weights.sum()

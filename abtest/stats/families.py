"""Families of tests that share something: arms against one control (Dunnett), and questions asked in order."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.corrections import Correction, adjust
from abtest.stats.roots import bracketed_root
from abtest.stats.score import TINY, Floats

_MANY = np.polynomial.legendre.leggauss(320)
_FEW = np.polynomial.legendre.leggauss(64)


def dunnett(
    statistics: Sequence[float | None],
    control_variance: float,
    arm_variances: Sequence[float],
    degrees: float | None = None,
) -> list[float | None]:
    """Return adjusted p-values of several arms against one control: Dunnett (1955), J. Am. Stat. Assoc. 50:1096.

    ``statistics[i]`` is the t or z of arm i against the control; the variances are those of the *estimates* (squared
    standard errors), for rates simply 1/n. Statistics that share a control are correlated, which Bonferroni ignores and
    this uses: adjusted p = P(max|T| ≥ |tᵢ|) when no arm differs. ``degrees``: of freedom of t, ``None`` for z; with
    unequal variances take the smallest. ``None`` among the statistics stays ``None`` and leaves the family.
    """
    loadings = _loadings(statistics, control_variance, arm_variances)
    return [
        None if value is None else min(1.0, max(_exceeding(abs(value), loadings, degrees), TINY))
        for value in statistics
    ]


def dunnett_confidence(
    statistics: Sequence[float | None],
    control_variance: float,
    arm_variances: Sequence[float],
    degrees: float | None = None,
    confidence: float = CONFIDENCE,
) -> float:
    """Level at which each arm's own interval covers simultaneously with the others', and agrees with its adjusted p."""
    alpha = 1 - checks.confidence_level(confidence)
    loadings = _loadings(statistics, control_variance, arm_variances)
    if len(loadings) < 2:
        return confidence
    critical = bracketed_root(lambda value: _exceeding(value, loadings, degrees) - alpha, 1e-9, 1e3, tolerance=1e-12)
    return 1 - 2 * float(special.ndtr(-critical) if degrees is None else special.stdtr(degrees, -critical))


def _loadings(statistics: Sequence[float | None], control_variance: float, arm_variances: Sequence[float]) -> Floats:
    """Correlation of arms i and j is bᵢbⱼ with bᵢ = √(v_c/(v_c + vᵢ)); only arms with a statistic are in the family."""
    checks.same_length("statistics", statistics, "arm_variances", arm_variances)
    if checks.finite("control_variance", control_variance) <= 0:
        raise ValueError(f"control_variance must be positive, got {control_variance!r}")
    kept = [checks.finite("arm_variances", v) for v, s in zip(arm_variances, statistics, strict=True) if s is not None]
    if any(variance < 0 for variance in kept):
        raise ValueError(f"arm_variances must not be negative, got {list(arm_variances)}")
    return np.sqrt(control_variance / (control_variance + np.asarray(kept, dtype=float)))


def _exceeding(value: float, loadings: Floats, degrees: float | None) -> float:
    """P(max|T| ≥ value). Given the control's deviate the arms are independent: one integral, for t a second over s."""
    if len(loadings) == 1:
        return 2 * float(special.ndtr(-value) if degrees is None else special.stdtr(degrees, -value))
    if degrees is None:
        return float(_normal_exceeding(np.array([value]), loadings)[0])
    # s² = χ²/ν, on the range that holds all but 1e-13 of its probability.
    ends = [np.sqrt(2 * special.gammaincinv(degrees / 2, p) / degrees) for p in (1e-13, 1 - 1e-13)]
    scale, weight = _nodes(float(ends[0]), float(ends[1]), _FEW)
    log = (degrees - 1) * np.log(scale) - degrees * scale**2 / 2
    density = np.exp(log - log.max()) * weight
    return float(density @ _normal_exceeding(value * scale, loadings) / density.sum())


def _normal_exceeding(values: Floats, loadings: Floats) -> Floats:
    """P(max|Z| ≥ v) for each v: 1 less the mean over the control's deviate z of the product of the arms' chances."""
    z, weight = _nodes(-9.0, 9.0, _MANY)
    density = weight * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    rest = np.sqrt(1 - loadings**2)
    centre = loadings[None, :, None] * z
    upper, lower = ((sign * values[:, None, None] - centre) / rest[:, None] for sign in (1, -1))
    # Chances of falling *outside* are summed up as logs, so that small p-values keep their digits.
    outside = special.ndtr(-upper) + special.ndtr(lower)
    exceeding: Floats = -np.expm1(np.log1p(-np.minimum(outside, 1 - 1e-16)).sum(1)) @ density
    return exceeding


def _nodes(low: float, high: float, rule: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights on an interval."""
    half = (high - low) / 2
    return low + half * (rule[0] + 1), rule[1] * half


def serial_gatekeeping(
    families: Sequence[Sequence[float | None]], method: Correction = "holm"
) -> list[list[float | None]]:
    """Return adjusted p-values of families tested in order: Westfall & Krishen (2001), J. Stat. Plan. Inf. 99:25-40.

    Primary first. Within a family by ``method``; a family is reached only if *every* hypothesis before it was rejected,
    so no adjusted p-value is smaller than the largest before. This keeps the family-wise error over all families, with
    ``method`` one of holm, hochberg or bonferroni. A hypothesis without a p-value cannot be rejected and closes the
    gate.
    """
    checks.one_of("method", method, ("holm", "hochberg", "bonferroni"))
    gate, result = 0.0, []
    for family in families:
        adjusted = [None if p is None else max(p, gate) for p in adjust(family, method)]
        gate = max([gate, *(1.0 if p is None else p for p in adjusted)])
        result.append(adjusted)
    return result

"""Effects by segment: do they differ at all, and what is left of each after shrinkage towards the common effect.

Principle: the interaction test comes first. A segment's own estimate is the common effect plus its own part plus noise;
among many segments the extreme ones are extreme mostly by noise. Shrinkage takes out the expected share of it. All of
this is exploratory unless the segments were named beforehand.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import critical_value
from abtest.stats.score import Floats
from abtest.stats.values import Estimate, OverallTest
from abtest.words.reason import Reason

TOO_FEW = Reason("why-few-segments")
NO_EFFECT = Reason("why-segment-without-effect")
MAX_STEPS = 200


@lru_cache(maxsize=1)
def _quadrature() -> tuple[Floats, Floats]:
    """Gauss–Legendre nodes for the share s²/(s² + τ²) of noise, from 0 to 1, and their weights."""
    nodes, weights = np.polynomial.legendre.leggauss(256)
    return (1 + nodes) / 2, weights


@dataclass(frozen=True, slots=True)
class SegmentEffect:
    """An effect (a difference of any kind) estimated in one segment of ``n`` units.

    ``estimate`` and ``standard_error`` are ``None`` where the segment has too few units; a standard error of 0 (no
    variation) counts as missing, since it would outweigh everything else.
    """

    estimate: float | None
    standard_error: float | None
    n: int

    def __post_init__(self) -> None:
        checks.count("n", self.n)
        if self.estimate is not None:
            checks.finite("estimate", self.estimate)
        if self.standard_error is not None and checks.finite("standard_error", self.standard_error) < 0:
            raise ValueError(f"standard_error must not be negative, got {self.standard_error!r}")

    @property
    def usable(self) -> bool:
        """Whether it has an estimate and a positive standard error."""
        return self.estimate is not None and bool(self.standard_error)


@dataclass(frozen=True, slots=True)
class ShrunkenEffect:
    """A segment's effect after shrinkage, with the standard error of its interval.

    ``weight`` is the share of the segment's own estimate in it, τ²/(τ² + SE²); the rest is the common effect's.
    """

    effect: Estimate
    standard_error: float | None
    weight: float | None


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How the segments' effects spread: variance τ² between them, the share I² of the spread seen that is not noise.

    ``common`` is the mean of the effects over segments, weighted by 1/(τ² + SE²).
    """

    tau_squared: float | None
    i_squared: float | None
    common: Estimate


def interaction(effects: Sequence[SegmentEffect]) -> OverallTest:
    """Do the segments have the same effect? Cochran (1954), Biometrics 10:101-129: Q = Σ w(θ̂ − θ̄)², χ² on k − 1.

    w = 1/SE², θ̄ the mean with these weights. Assumes independent segments (disjoint units) whose estimates are nearly
    normal with known standard errors; segments of a few dozen units make it unreliable. Segments without an effect
    leave the degrees of freedom. Not significant does not mean the same: the test has little power.
    """
    values, squares = _usable(effects)
    if len(values) < 2:
        return OverallTest(None, None, None, TOO_FEW)
    statistic, degrees = _cochran(values, squares, 0.0)[0], len(values) - 1
    return OverallTest(statistic, float(degrees), float(special.chdtrc(degrees, statistic)))


def heterogeneity(effects: Sequence[SegmentEffect], confidence: float = CONFIDENCE) -> Heterogeneity:
    """τ² by Paule & Mandel (1982), J. Res. Natl. Bur. Stand. 87:377-385; I² = max(0, 1 − (k − 1)/Q), Higgins (2002).

    τ² solves Q(τ²) = k − 1 with weights 1/(τ² + SE²), or is 0 where Q(0) ≤ k − 1: it is also the empirical Bayes
    estimator of Morris (1983). The interval of ``common`` is normal.
    """
    alpha = 1 - checks.confidence_level(confidence)
    values, squares = _usable(effects)
    if len(values) < 2:
        return Heterogeneity(None, None, Estimate(None, None, None, TOO_FEW))
    degrees = len(values) - 1
    statistic = _cochran(values, squares, 0.0)[0]
    tau = _paule_mandel(values, squares)
    common, variance = _common(values, squares, tau)
    half = critical_value(alpha, None) * math.sqrt(variance)
    explained = max(0.0, 1 - degrees / statistic) if statistic > 0 else 0.0
    return Heterogeneity(tau, explained, Estimate(common, common - half, common + half))


def shrink(effects: Sequence[SegmentEffect], confidence: float = CONFIDENCE) -> list[ShrunkenEffect]:
    """Empirical Bayes effects, one for each segment in the order given: Morris (1983), J. Am. Stat. Assoc. 78:47-55.

    Each is B·θ̂ + (1 − B)·μ̂ with B = τ²/(τ² + SE²), τ² by Paule & Mandel and μ̂ the common effect; where τ² = 0 all
    segments get the common effect. The interval is normal, and holds the uncertainty of τ² and μ̂ too: its variance is
    the mean squared error of the estimate over the posterior of τ² under Daniels' (1999, Can. J. Stat. 27:567-578)
    uniform shrinkage prior, by quadrature. (The textbook's B·SE² + (1 − B)²·var(μ̂) covers 83 % for 95 in simulation,
    this 91 % or more.) It covers on average over the segments, not in each one. Exploratory.
    """
    alpha = 1 - checks.confidence_level(confidence)
    values, squares = _usable(effects)
    if len(values) < 2:
        nothing = Estimate(None, None, None, TOO_FEW)
        return [ShrunkenEffect(nothing, None, None) for _ in effects]
    tau = _paule_mandel(values, squares)
    common, _ = _common(values, squares, tau)
    total = tau + squares
    own = tau / total
    means = own * values + (1 - own) * common
    errors = np.sqrt(_mean_squared_error(means, values, squares))
    half = critical_value(alpha, None) * errors
    found = (
        ShrunkenEffect(Estimate(mean, mean - width, mean + width), error, weight)
        for mean, width, error, weight in zip(*(a.tolist() for a in (means, half, errors, own)), strict=True)
    )
    missing = ShrunkenEffect(Estimate(None, None, None, NO_EFFECT), None, None)
    return [next(found) if effect.usable else missing for effect in effects]


def _usable(effects: Sequence[SegmentEffect]) -> tuple[Floats, Floats]:
    """Estimates and squared standard errors of the segments that have both."""
    pairs = [(effect.estimate, effect.standard_error) for effect in effects if effect.usable]
    table = np.array(pairs, dtype=float).reshape(-1, 2)
    return table[:, 0], table[:, 1] ** 2


def _common(values: Floats, squares: Floats, tau: float) -> tuple[float, float]:
    """Mean with weights 1/(τ² + SE²), and its variance."""
    weights = 1 / (tau + squares)
    # Deviations from the first value keep the digits of large effects that lie close together.
    return float(values[0] + weights @ (values - values[0]) / weights.sum()), float(1 / weights.sum())


def _cochran(values: Floats, squares: Floats, tau: float) -> tuple[float, float]:
    """Q(τ²) = Σ w(θ̂ − θ̄)² and its derivative −Σ w²(θ̂ − θ̄)²."""
    deviations = values - _common(values, squares, tau)[0]
    terms = deviations**2 / (tau + squares)
    return float(terms.sum()), -float((terms / (tau + squares)).sum())


def _paule_mandel(values: Floats, squares: Floats) -> float:
    """Root of Q(τ²) = k − 1 by Newton's method, which rises to it since Q is convex: DerSimonian & Kacker (2007)."""
    tau, degrees = 0.0, len(values) - 1
    for _ in range(MAX_STEPS):
        statistic, slope = _cochran(values, squares, tau)
        step = (degrees - statistic) / slope if slope else 0.0
        if step <= 1e-14 * tau:
            break
        tau += step
    return tau


def _mean_squared_error(means: Floats, values: Floats, squares: Floats) -> Floats:
    """E (θ − mean)² for each segment, over the posterior of τ²; μ has a flat prior and is integrated out exactly.

    Given τ², θ is normal with mean Bθ̂ + (1 − B)μ̂ and variance B·SE² + (1 − B)²/Σw, and the likelihood of τ² is that of
    restricted maximum likelihood. The prior makes s²/(s² + τ²) uniform, with s² the harmonic mean of SE².
    """
    typical = len(squares) / float((1 / squares).sum())
    shares, quadrature = _quadrature()
    tau = typical * (1 / shares - 1)[:, None]
    total = tau + squares
    weights = 1 / total
    whole = weights.sum(axis=1, keepdims=True)
    # Deviations from the first value, as in _common.
    common = values[0] + (weights * (values - values[0])).sum(axis=1, keepdims=True) / whole
    spread = (weights * (values - common) ** 2).sum(axis=1)
    log_likelihood = -(np.log(total).sum(axis=1) + np.log(whole[:, 0]) + spread) / 2
    posterior = quadrature * np.exp(log_likelihood - log_likelihood.max())
    own = tau * weights
    off = own * values + (1 - own) * common - means
    result: Floats = (posterior / posterior.sum()) @ (own * squares + (1 - own) ** 2 / whole + off**2)
    return result

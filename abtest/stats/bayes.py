"""The Bayesian view: how probable it is that the treatment is better, and what a wrong choice would cost.

By quadrature, not by sampling: the same input gives the same digits. A prior is an assumption that the reader must see;
these numbers do not replace the tests beside them, and looking at them repeatedly does not keep an error rate.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.roots import bracketed_root
from abtest.stats.score import Floats
from abtest.stats.values import Estimate, Moments, Rate

NODES = 800
NEGLIGIBLE = 1e-15
_GRID, _WEIGHT = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True, slots=True)
class Posterior:
    """What prior and data say together.

    ``probability_higher``: that the treatment's value is the higher one. ``loss_of_treatment`` and ``loss_of_control``:
    expected loss of choosing that arm when higher is good, in the metric's unit (per unit of the population).
    ``difference`` and ``lift``: posterior mean of the difference and posterior median of the lift, with equal-tailed
    credible intervals.
    """

    prior: str
    probability_higher: float | None
    loss_of_treatment: float | None
    loss_of_control: float | None
    difference: Estimate
    lift: Estimate
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Distribution:
    """A posterior of one arm: moments, quadrature points with their probabilities, cdf, and E[value; value ≤ v]."""

    mean: float
    deviation: float
    points: Floats
    chances: Floats
    cdf: Callable[[Floats], Floats]
    survival: Callable[[Floats], Floats]
    partial: Callable[[Floats], Floats]


def compare_rates_bayes(
    control: Rate, treatment: Rate, prior: tuple[float, float] = (0.5, 0.5), credibility: float = CONFIDENCE
) -> Posterior:
    """Beta-binomial comparison of two rates; independent Beta(a, b) priors, Jeffreys' (½, ½) unless stated.

    Posterior of an arm: Beta(a + successes, b + failures); Gelman et al. (2013), Bayesian Data Analysis, ch. 2.
    Expected loss: E max(p_c − p_t, 0) of choosing the treatment. Arms without units are left at their prior.
    """
    checks.confidence_level(credibility)
    for shape in prior:
        if not (math.isfinite(shape) and shape > 0):
            raise ValueError(f"prior must hold two positive numbers, got {prior!r}")
    arms = [_beta(prior[0] + rate.successes, prior[1] + rate.n - rate.successes) for rate in (control, treatment)]
    return _posterior(f"Beta({prior[0]:g}, {prior[1]:g})", arms[0], arms[1], credibility, (-1.0, 1.0))


def compare_means_bayes(
    control: Moments,
    treatment: Moments,
    prior: tuple[float, float] | None = None,
    credibility: float = CONFIDENCE,
) -> Posterior:
    """Compare two means by normal posteriors; ``prior``: (mean, standard deviation) of each arm's mean, or flat.

    Posterior of an arm's mean: normal, precision-weighted between prior and sample mean with its standard error; Gelman
    et al. (2013), ch. 2. Assumes enough units that the standard error counts as known. The lift is relative to the
    absolute control mean.
    """
    checks.confidence_level(credibility)
    if prior is not None and not (math.isfinite(prior[0]) and math.isfinite(prior[1]) and prior[1] > 0):
        raise ValueError(f"prior must be a finite mean and a positive standard deviation, got {prior!r}")
    arms = []
    for arm, moments in (("control", control), ("treatment", treatment)):
        if moments.mean is None or not moments.standard_error:
            reason = f"the {arm} has too few units or no variation"
            nothing = Estimate(None, None, None, reason)
            return Posterior("normal", None, None, None, nothing, nothing, reason)
        arms.append(_normal(moments.mean, moments.standard_error, prior))
    name = "flat" if prior is None else f"Normal({prior[0]:g}, {prior[1]:g}²)"
    return _posterior(name, arms[0], arms[1], credibility, (-math.inf, math.inf))


def _beta(a: float, b: float) -> _Distribution:
    """Beta posterior on the arcsine scale p = sin²t, on which Jeffreys' density has no pole at 0 or 1."""
    ends = [math.asin(math.sqrt(special.betaincinv(a, b, p))) for p in (NEGLIGIBLE, 0.5)]
    ends[1] = math.asin(math.sqrt(1 - special.betaincinv(b, a, NEGLIGIBLE)))
    half = (ends[1] - ends[0]) / 2
    angles = ends[0] + half * (_GRID + 1)
    points = np.sin(angles) ** 2
    log = special.xlogy(2 * a - 1, np.sin(angles)) + special.xlogy(2 * b - 1, np.cos(angles))
    chances = np.exp(log - log.max()) * _WEIGHT
    total = a + b
    return _Distribution(
        a / total,
        math.sqrt(a / total * (b / total) / (total + 1)),
        points,
        chances / chances.sum(),
        lambda p: np.asarray(special.betainc(a, b, np.clip(p, 0, 1))),
        lambda p: np.asarray(special.betainc(b, a, np.clip(1 - p, 0, 1))),
        lambda p: np.asarray(a / total * special.betainc(a + 1, b, np.clip(p, 0, 1))),
    )


def _normal(mean: float, error: float, prior: tuple[float, float] | None) -> _Distribution:
    if prior is not None:
        precision = 1 / error**2 + 1 / prior[1] ** 2
        mean, error = (mean / error**2 + prior[0] / prior[1] ** 2) / precision, 1 / math.sqrt(precision)
    deviates = 8.5 * _GRID
    chances = np.exp(-(deviates**2) / 2) * _WEIGHT
    return _Distribution(
        mean,
        error,
        mean + error * deviates,
        chances / chances.sum(),
        lambda value: np.asarray(special.ndtr((value - mean) / error)),
        lambda value: np.asarray(special.ndtr((mean - value) / error)),
        lambda value: mean * special.ndtr((value - mean) / error) - error * _density((value - mean) / error),
    )


def _density(deviate: Floats) -> Floats:
    return np.asarray(np.exp(-(deviate**2) / 2) / math.sqrt(2 * math.pi))


def _posterior(
    prior: str, control: _Distribution, treatment: _Distribution, credibility: float, ends: tuple[float, float]
) -> Posterior:
    tail = (1 - credibility) / 2
    spread = math.hypot(control.deviation, treatment.deviation)
    centre = treatment.mean - control.mean
    reach = max(ends[0], centre - 40 * spread), min(ends[1], centre + 40 * spread)

    def below(value: float) -> float:
        """P(treatment − control ≤ value), over the points of the narrower arm, so that the integrand is smooth."""
        if control.deviation <= treatment.deviation:
            return float(control.chances @ treatment.cdf(control.points + value))
        return float(treatment.chances @ control.survival(treatment.points - value))

    low, high = _quantile(below, tail, reach), _quantile(below, 1 - tail, reach)
    return Posterior(
        prior,
        1 - below(0.0),
        _expected_excess(treatment, control),
        _expected_excess(control, treatment),
        Estimate(centre, low, high),
        _lift(control, treatment, tail),
        None,
    )


def _quantile(below: Callable[[float], float], chance: float, ends: tuple[float, float]) -> float:
    """Value below which a distribution function reaches ``chance``."""
    return bracketed_root(lambda value: below(value) - chance, ends[0], ends[1])


def _expected_excess(lower: _Distribution, upper: _Distribution) -> float:
    """E max(upper − lower, 0), over the points of the narrower arm with the other's partial mean in closed form."""
    if lower.deviation <= upper.deviation:
        at = lower.points
        return float(lower.chances @ (upper.mean - upper.partial(at) - at * upper.survival(at)))
    at = upper.points
    return float(upper.chances @ (at * lower.cdf(at) - lower.partial(at)))


def _lift(control: _Distribution, treatment: _Distribution, tail: float) -> Estimate:
    """Posterior median and credible interval of (treatment − control)/|control|."""

    def below(value: float) -> float:
        return float(control.chances @ treatment.cdf(control.points + value * np.abs(control.points)))

    ends = -1.0, 1.0
    for _ in range(60):
        if below(ends[0]) < tail and below(ends[1]) > 1 - tail:
            break
        ends = ends[0] * 2, ends[1] * 2
    else:
        return Estimate(None, None, None, "the control may be 0: the lift has no usable posterior")
    low, median, high = (_quantile(below, chance, ends) for chance in (tail, 0.5, 1 - tail))
    return Estimate(median, low, high)

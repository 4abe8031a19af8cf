"""The Bayesian view: beta-binomial for rates, normal for means; chance to be better, expected loss, credible intervals.

Principle: quadrature, never sampling, so the same input gives the same digits. All integrals over two independent beta
posteriors run in the logit of the rate, where a beta density is smooth and log-concave whatever its parameters, by
Gauss–Legendre panels that shrink geometrically towards the middle of *each* posterior. So 0 of 100 beside 500,000 of a
million costs no accuracy. The three statements never contradict each other: a credible interval excludes 0 exactly when
the probability of that sign exceeds 1 − α/2, for the difference and for the lift alike.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import NO_VARIATION, critical_value
from abtest.stats.fieller import ZERO_CONTROL, fieller_lift
from abtest.stats.rates import Good
from abtest.stats.roots import bracketed_root
from abtest.stats.score import TINY, Floats
from abtest.stats.values import Estimate, Moments, Rate
from abtest.words.reason import Reason

JEFFREYS = (0.5, 0.5)
MAX_STEPS = 200
RATES = "beta-binomial; lift: posterior median"
MEANS = "normal with known variance; lift: posterior median"
NO_BOUND_FROM_ZERO = Reason("why-no-bound-from-zero")
CONTROL_NEAR_ZERO = Reason("why-control-near-zero")

# Panel edges in widths of a posterior: near its middle for the bulk, then geometrically for a long tail.
_STEPS = np.concatenate([[0.0, 1.0, 2.2, 4.0, 6.2], 9.0 * 1.6 ** np.arange(48)])
_STEPS = np.concatenate([-_STEPS[:0:-1], _STEPS])
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_NEGLIGIBLE = -40.0  # log of a density relative to that at the middle
_SURE = 8.3  # standard deviations beyond which a normal probability is below 1e-16


@dataclass(frozen=True, slots=True)
class NormalPrior:
    """A normal prior for each arm's mean, independent between the arms."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        checks.finite("mean", self.mean)
        if checks.finite("sd", self.sd) <= 0:
            raise ValueError(f"sd must be positive, got {self.sd!r}")


@dataclass(frozen=True, slots=True)
class Posterior:
    """What two independent posteriors say about treatment and control.

    ``probability_better``: that the treatment is better in the good direction. ``expected_loss_treatment`` is what
    choosing the treatment costs on average, in the metric's unit: the mean of max(0, control − treatment), or of max(0,
    treatment − control) when down is good; ``expected_loss_control`` likewise. ``difference`` is the posterior mean,
    ``lift`` the posterior median, both with equal-tailed credible bounds; ``control`` and ``treatment`` are posterior
    means with theirs. ``prior`` names the prior in words.
    """

    method: str
    prior: str
    probability_better: float | None
    expected_loss_treatment: float | None
    expected_loss_control: float | None
    difference: Estimate
    lift: Estimate
    control: Estimate
    treatment: Estimate
    reason: Reason | None


def bayes_rates(
    control: Rate,
    treatment: Rate,
    prior: tuple[float, float] = JEFFREYS,
    *,
    confidence: float = CONFIDENCE,
    good: Good = "up",
) -> Posterior:
    """Compare two rates with a Beta(a, b) prior on each: Gelman et al. (2013), Bayesian Data Analysis, § 2.4.

    The posteriors are Beta(a + successes, b + failures), independent. Default: Jeffreys' (1946) Beta(½, ½). P(treatment
    > control) = ∫ f_c(x) (1 − F_t(x)) dx; E max(0, C − T) = ∫ F_t(x) (1 − F_c(x)) dx; the quantiles of the difference
    and of the ratio invert ∫ f_c(x) F_t(x + δ) dx and ∫ f_c(x) F_t(x·e^λ) dx.
    The lift has neither estimate nor upper bound where the control's posterior density does not vanish at 0 (posterior
    first parameter ≤ 1: no success under a weak prior), because only the prior would give them. Without units the
    answer is the prior's. Assumes independent units; no correction for looking often is implied by a posterior
    probability.
    """
    alpha = 1 - checks.confidence_level(confidence)
    checks.one_of("good", good, ("up", "down"))
    if len(prior) != 2 or not all(0 < parameter < math.inf for parameter in prior):
        raise ValueError(f"prior must hold two positive numbers, got {prior!r}")
    a, b = prior
    first, second = (_Beta(arm.successes + a, arm.n - arm.successes + b) for arm in (control, treatment))
    standing = _standing(first, second)
    difference, lift = _rate_difference(first, second, alpha, standing), _rate_lift(first, second, alpha, standing)
    name = f"{'Jeffreys, ' if (a, b) == JEFFREYS else ''}Beta({a:g}, {b:g}) for each arm's rate"
    better, loss_t, loss_c = standing.towards(good)
    arms = first.interval(alpha), second.interval(alpha)
    return Posterior(RATES, name, better, loss_t, loss_c, difference, lift, *arms, None)


@dataclass(frozen=True, slots=True)
class _Standing:
    """P(T > C) and P(T < C), E max(0, C − T) and E max(0, T − C)."""

    above: float
    below: float
    loss_treatment: float
    loss_control: float

    def towards(self, good: Good) -> tuple[float, float, float]:
        """Probability that the treatment is better, and the losses of treatment and control, in the good direction."""
        if good == "up":
            return self.above, self.loss_treatment, self.loss_control
        return self.below, self.loss_control, self.loss_treatment

    def bounded(self, low: float, high: float, alpha: float) -> tuple[float, float]:
        """Bounds that exclude 0 exactly when the other side has less than α/2; they move by rounding error only."""
        low = max(low, TINY) if self.below < alpha / 2 else min(low, 0.0)
        high = min(high, -TINY) if self.above < alpha / 2 else max(high, 0.0)
        return low, high


@dataclass(frozen=True, slots=True)
class _Beta:
    """A beta distribution seen in the logit u = log(x / (1 − x))."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def variance(self) -> float:
        return self.mean * (self.b / (self.a + self.b)) / (self.a + self.b + 1)

    @property
    def centre(self) -> float:
        return math.log((self.a + 0.5) / (self.b + 0.5))

    def log_density(self, u: Floats) -> Floats:
        """Log density of u relative to the centre: a·d − (a + b)·log(1 + x₀(e^d − 1)) at distance d, mirrored below.

        Distances keep the digits that a difference of log gamma functions would lose in arms of millions.
        """
        distance = u - self.centre
        up, far = distance >= 0, np.abs(distance)
        near = np.minimum(far, 700.0)
        share = np.where(up, special.expit(self.centre), special.expit(-self.centre))
        mixed = np.log1p(share * np.expm1(near)) + (far - near)
        result: Floats = np.where(up, self.a, self.b) * far - (self.a + self.b) * mixed
        return result

    def density(self, u: Floats) -> Floats:
        """Density of u."""
        x, rest = -np.logaddexp(0, -self.centre), -np.logaddexp(0, self.centre)
        scale = self.a * x + self.b * rest - special.betaln(self.a, self.b)
        result: Floats = np.exp(self.log_density(u) + scale)
        return result

    def edges(self) -> Floats:
        """Panel edges that cover all but a negligible part of the distribution."""
        width = min(1.0, math.sqrt(1 / (self.a + 0.5) + 1 / (self.b + 0.5)))
        edges: Floats = self.centre + width * _STEPS
        kept = np.flatnonzero(self.log_density(edges) > _NEGLIGIBLE)
        return edges[kept[0] - 1 : kept[-1] + 2]

    def interval(self, alpha: float) -> Estimate:
        """Mean and equal-tailed interval of the rate."""
        low = float(special.betaincinv(self.a, self.b, alpha / 2))
        return Estimate(self.mean, low, float(special.betainccinv(self.a, self.b, alpha / 2)))

    def below(self, u: Floats) -> Floats:
        """Probability of a logit below u."""
        return _tails(self.a, self.b, u)

    def above(self, u: Floats) -> Floats:
        """Probability of a logit above u."""
        return _tails(self.b, self.a, -u)


def _tails(a: float, b: float, u: Floats) -> Floats:
    """Distribution function of Beta(a, b) at the logit u, from the smaller of x and 1 − x so that no digit is lost."""
    # Where x underflows, the leading term of the series is all there is: x^a / (a B(a, b)).
    result: Floats = np.exp(a * np.minimum(u, -600) - math.log(a) - special.betaln(a, b))
    special.betainc(a, b, special.expit(u), out=result, where=(u >= -600) & (u < 0))
    special.betaincc(b, a, special.expit(-u), out=result, where=u >= 0)
    return result


def _quadrature(edges: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights of the Gauss–Legendre rule on each panel between consecutive edges."""
    edges = np.unique(edges)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (1 + _NODES)).ravel(), (half * _WEIGHTS).ravel()


def _standing(control: _Beta, treatment: _Beta) -> _Standing:
    u, width = _quadrature(np.concatenate([control.edges(), treatment.edges()]))
    weight = width * np.exp(control.log_density(u))
    weight /= weight.sum()
    # The smaller loss and probability by integrals of positive terms, the larger ones by what they add up to.
    excess = treatment.mean - control.mean
    slope = width * special.expit(u) * special.expit(-u)  # dx
    if excess >= 0:
        other = treatment.below(u)
        below, loss = float(weight @ other), float(slope @ (other * control.above(u)))
        return _Standing(1 - below, below, loss, loss + excess)
    other = treatment.above(u)
    above, loss = float(weight @ other), float(slope @ (other * control.below(u)))
    return _Standing(above, 1 - above, loss - excess, loss)


def _shifted(u: Floats, delta: float) -> Floats:
    """Logit of x + delta; ∓∞ outside (0, 1)."""
    with np.errstate(divide="ignore"):
        low = np.log(np.maximum(special.expit(u) + delta, 0))
        high = np.log(np.maximum(special.expit(-u) - delta, 0))
    result: Floats = low - high
    return result


def _scaled(u: Floats, log_ratio: float) -> Floats:
    """Logit of x·e^log_ratio; ∞ from 1 onwards."""
    log_x = np.minimum(log_ratio - np.logaddexp(0, -u), 0)
    with np.errstate(divide="ignore"):
        result: Floats = log_x - np.log(-np.expm1(log_x))
    return result


def _curve(
    control: _Beta,
    treatment: _Beta,
    move: Callable[[Floats, float], Floats],
    slope: Callable[[Floats], Floats],
    at: float,
) -> tuple[float, float]:
    """Distribution function and density at ``at`` of the contrast whose ``move`` takes the control to the treatment."""
    own = control.edges()
    others = move(treatment.edges(), -at)
    u, width = _quadrature(np.concatenate([own, others[(others > own[0]) & (others < own[-1])]]))
    weight = width * np.exp(control.log_density(u))
    u, weight = u[weight > 1e-18 * weight.max()], weight[weight > 1e-18 * weight.max()]
    weight /= weight.sum()
    moved = move(u, at)
    inside = np.isfinite(moved)
    density = weight[inside] @ (treatment.density(moved[inside]) * slope(moved[inside]))
    return float(weight @ treatment.below(moved)), float(density)


def _quantile(
    curve: Callable[[float], tuple[float, float]],
    guess: float,
    scale: float,
    probability: float,
    ends: tuple[float, float],
) -> float:
    """Newton's method on the probit of the distribution function, inside a bracket that closes as it goes."""
    (low, high), point, target = ends, guess, float(special.ndtri(probability))
    for count in range(MAX_STEPS):
        value, density = curve(point)
        low, high = (point, high) if value < probability else (low, point)
        normal = float(special.ndtri(value))
        step = math.copysign(math.inf, probability - value)
        if math.isfinite(normal) and density > 0:
            step = (target - normal) * math.exp(-(normal**2) / 2) / (math.sqrt(2 * math.pi) * density)
        # After a small step the error is of the order of its square, if the density is smooth; else the residual tells.
        if (abs(step) <= 1e-6 * scale and abs(value - probability) <= 1e-8) or high - low <= 1e-12 * scale:
            return min(max(point + step, low), high)
        point += max(min(step, 4 * scale), -4 * scale)
        # Where the density is far from normal Newton creeps: then every other step halves the bracket.
        creeping = count > 8 and count % 2 and math.isfinite(high - low)
        if creeping or not low < point < high:
            point = (low + high) / 2
    return point


def _rate_difference(control: _Beta, treatment: _Beta, alpha: float, standing: _Standing) -> Estimate:
    mean, scale = treatment.mean - control.mean, math.sqrt(control.variance + treatment.variance)
    curve = partial(
        _curve, control, treatment, _shifted, lambda v: 1 / np.maximum(special.expit(v) * special.expit(-v), TINY)
    )
    bounds = []
    for probability in (alpha / 2, 1 - alpha / 2):
        guess = mean + float(special.ndtri(probability)) * scale
        bounds.append(_quantile(curve, min(max(guess, -0.99), 0.99), scale, probability, (-1.0, 1.0)))
    return Estimate(mean, *standing.bounded(bounds[0], bounds[1], alpha))


def _rate_lift(control: _Beta, treatment: _Beta, alpha: float, standing: _Standing) -> Estimate:
    # Mean and variance of the logarithm of a beta variable: ψ(a) − ψ(a + b) and ψ′(a) − ψ′(a + b).
    totals = control.a + control.b, treatment.a + treatment.b
    middle = float(special.psi(treatment.a) - special.psi(totals[1]) - special.psi(control.a) + special.psi(totals[0]))
    spread = special.polygamma(1, [treatment.a, control.a]) - special.polygamma(1, [totals[1], totals[0]])
    scale = math.sqrt(float(spread.sum()))
    curve = partial(_curve, control, treatment, _scaled, lambda v: 1 / np.maximum(special.expit(-v), TINY))

    def lift(probability: float) -> float:
        guess = middle + float(special.ndtri(probability)) * scale
        return math.expm1(_quantile(curve, guess, scale, probability, (-math.inf, math.inf)))

    if control.a <= 1:
        low, _ = standing.bounded(lift(alpha / 2), 0.0, alpha)
        return Estimate(None, low, None, NO_BOUND_FROM_ZERO)
    low, high = standing.bounded(lift(alpha / 2), lift(1 - alpha / 2), alpha)
    return Estimate(lift(0.5), low, high)


def bayes_means(
    control: Moments,
    treatment: Moments,
    prior: NormalPrior | None = None,
    *,
    confidence: float = CONFIDENCE,
    good: Good = "up",
) -> Posterior:
    """Compare two means, each with a normal posterior: Gelman et al. (2013), Bayesian Data Analysis, § 2.5, eq. 2.12.

    The sampling variance s²/n counts as known, which needs arms of some size: below about 30 units use Welch's
    interval. ``prior`` is flat when ``None``: then the probabilities are those of the z test. Otherwise it is one
    ``NormalPrior`` on each arm's mean; an arm without units then has the prior as its posterior. Expected loss: σ(φ(z)
    − z Φ(−z)). The lift is relative to the *absolute* control mean; its bounds are the exact quantiles of that quotient
    (Fieller's, but for the chance of a control of the other sign, by Owen's T), and missing where the control's own
    credible interval contains 0.
    """
    alpha = 1 - checks.confidence_level(confidence)
    checks.one_of("good", good, ("up", "down"))
    text = "flat" if prior is None else f"Normal(mean {prior.mean:g}, sd {prior.sd:g}) for each arm's mean"
    found = [_normal_posterior(name, arm, prior) for name, arm in (("control", control), ("treatment", treatment))]
    reason = next((arm for arm in found if isinstance(arm, Reason)), None)
    arms = [arm for arm in found if not isinstance(arm, Reason)]
    if reason is None and arms[0].variance + arms[1].variance == 0:
        reason = NO_VARIATION
    shown = [Estimate(None, None, None, arm) if isinstance(arm, Reason) else arm.interval(alpha) for arm in found]
    if reason is not None:
        nothing = Estimate(None, None, None, reason)
        return Posterior(MEANS, text, None, None, None, nothing, nothing, shown[0], shown[1], reason)
    excess = arms[1].mean - arms[0].mean
    scale = math.hypot(arms[0].sd, arms[1].sd)
    z = excess / scale
    standing = _Standing(
        float(special.ndtr(z)), float(special.ndtr(-z)), scale * _normal_loss(z), scale * _normal_loss(-z)
    )
    half = critical_value(alpha, None) * scale
    difference = Estimate(excess, *standing.bounded(excess - half, excess + half, alpha))
    lift = _normal_lift(arms[0], arms[1], alpha, standing)
    better, loss_t, loss_c = standing.towards(good)
    return Posterior(MEANS, text, better, loss_t, loss_c, difference, lift, shown[0], shown[1], None)


@dataclass(frozen=True, slots=True)
class _Normal:
    mean: float
    variance: float

    @property
    def sd(self) -> float:
        return math.sqrt(self.variance)

    def interval(self, alpha: float) -> Estimate:
        if not self.variance:
            return Estimate(self.mean, None, None, Reason("why-no-variation"))
        half = critical_value(alpha, None) * self.sd
        return Estimate(self.mean, self.mean - half, self.mean + half)


def _normal_posterior(name: str, arm: Moments, prior: NormalPrior | None) -> _Normal | Reason:
    if arm.n == 0 or arm.mean is None:
        return Reason.of("why-side-without-units", side=name) if prior is None else _Normal(prior.mean, prior.sd**2)
    if arm.variance is None:
        return Reason.of("why-side-with-one-unit", side=name)
    square = arm.variance / arm.n
    if prior is None:
        return _Normal(arm.mean, square)
    share = square / (square + prior.sd**2)  # of the prior's mean
    return _Normal(arm.mean + share * (prior.mean - arm.mean), prior.sd**2 * share)


def _normal_loss(z: float) -> float:
    """E max(0, −Z) for Z ~ N(z, 1): φ(z) − zΦ(−z), through Mills' ratio where the two nearly cancel."""
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    if z <= 0:
        return density - z * float(special.ndtr(-z))
    mills = math.sqrt(math.pi / 2) * float(special.erfcx(z / math.sqrt(2)))
    return density * max(1 - z * mills, 0.0)


def _normal_lift(control: _Normal, treatment: _Normal, alpha: float, standing: _Standing) -> Estimate:
    """Quantiles of (T − C)/|C| for independent normal T and C: Hinkley (1969), Biometrika 56:635-639, eq. 3."""
    critical = critical_value(alpha, None)
    if control.mean == 0 and control.variance == 0:
        return Estimate(None, None, None, ZERO_CONTROL)
    if abs(control.mean) <= critical * control.sd:
        return Estimate(None, None, None, CONTROL_NEAR_ZERO)
    errors = control.variance, treatment.variance, 0.0
    excess = treatment.mean - control.mean
    significant = min(standing.above, standing.below) < alpha / 2
    start = fieller_lift(control.mean, excess, errors, critical, significant=significant)
    if start.estimate is None or start.low is None or start.high is None:
        return Estimate(None, None, None, CONTROL_NEAR_ZERO)
    middle, low, high = start.estimate, start.low, start.high
    if abs(control.mean) < _SURE * control.sd:
        width = high - low
        low, middle, high = (
            _lift_quantile(control, treatment, guess, width, probability)
            for guess, probability in ((low, alpha / 2), (middle, 0.5), (high, 1 - alpha / 2))
        )
    return Estimate(middle, *standing.bounded(low, high, alpha))


def _lift_quantile(control: _Normal, treatment: _Normal, guess: float, width: float, probability: float) -> float:
    def excess(t: float) -> float:
        return _lift_below(control, treatment, guess + t * width) - probability

    low = high = 0.01
    while excess(-low) > 0:
        low *= 2
    while excess(high) < 0:
        high *= 2
    return guess + width * bracketed_root(excess, -low, high, tolerance=1e-13)


def _lift_below(control: _Normal, treatment: _Normal, lift: float) -> float:
    """P((T − C)/|C| ≤ lift), split at C = 0: T ≤ (1 + lift)·C above it, T ≤ (1 − lift)·C below it."""
    sign = math.copysign(1.0, control.mean)
    usual, other = 1 + sign * lift, 1 - sign * lift  # the slope where C has its mean's sign, and where it has not
    whole, corner = _line(control, treatment, usual, sign)
    _, swapped = _line(control, treatment, other, sign)
    return whole if abs(control.mean) > _SURE * control.sd else whole - corner + swapped


def _line(control: _Normal, treatment: _Normal, slope: float, sign: float) -> tuple[float, float]:
    """P(T ≤ slope·C), and the part of it in which C has not its mean's sign."""
    s = control.sd
    spread = math.hypot(treatment.sd, slope * s)
    first = (slope * control.mean - treatment.mean) / spread
    whole = float(special.ndtr(first))
    if s == 0:
        return whole, 0.0
    # cov(T − slope·C, sign·C) = −slope·sign·s²
    return whole, _both_below(first, -abs(control.mean) / s, -slope * sign * s / spread)


def _both_below(h: float, k: float, correlation: float) -> float:
    """P(X ≤ h, Y ≤ k) of standard normal X and Y by Owen's T: Owen (1956), Ann. Math. Stat. 27:1075-1090, eq. 2.1."""
    root = math.sqrt(max((1 - correlation) * (1 + correlation), 0.0))
    if root == 0:
        joint = min(h, k) if correlation > 0 else None
        upper = float(special.ndtr(h if joint is None else joint))
        return upper if joint is not None else max(upper - float(special.ndtr(-k)), 0.0)
    parts = []
    for first, second in ((h, k), (k, h)):
        gap = second - correlation * first
        slope = gap / (first * root) if first else math.copysign(math.inf, gap)
        parts.append(float(special.owens_t(first, slope)))
    opposite = 0.5 if h * k < 0 or (h * k == 0 and h + k < 0) else 0.0
    return float(special.ndtr(h) + special.ndtr(k)) / 2 - parts[0] - parts[1] - opposite

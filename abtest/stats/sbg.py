"""The shifted-beta-geometric model: how long customers stay beyond the time that was observed.

The principle. Each customer leaves at the end of a period with a chance of his own, the same in all periods, and the
chances of all customers have a beta distribution with parameters α and β. Those with high chances leave first, so the
share lost falls from period to period though no customer becomes more loyal: h(t) = α/(α + β + t − 1). Only numbers of
customers at risk and lost per period are needed, and customers last seen before the end take part.

Source: Fader & Hardie (2007), J. Interact. Mark. 21(1):76-90; discounted residual lifetime: the same (2010), Mark. Sci.
29:85-93. Computed in the churn of the first period μ = α/(α + β) and the diversity θ = 1/(α + β): θ = 0 is the
geometric limit in which all customers are alike, and no ridge runs off to infinity.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import critical_value
from abtest.stats.sbg_likelihood import Churn, Losses, losses_of, maximum
from abtest.stats.score import Floats
from abtest.stats.survival import Integers, LifeTable
from abtest.stats.values import Estimate, OverallTest
from abtest.words.reason import Reason

MODEL = "shifted-beta-geometric"
GEOMETRIC = "geometric"
NO_CUSTOMERS = Reason("why-no-customers")
NO_LOSS = Reason("why-nobody-lost")
ONE_PERIOD = Reason("why-one-period")
FIRST_ONLY = Reason("why-lost-in-first-period")
ALIKE = Reason("why-alike")
FOREVER = Reason("why-lifetime-infinite")
PERHAPS_FOREVER = Reason("why-lifetime-perhaps-infinite")

LEAST_DISCOUNT = 1e-4
LEAST_SHARE = 1e-300
_SPARSE = 5.0
_STEP = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class ShiftedBetaGeometric:
    """A fitted model. Without a ``model`` there is only a ``reason``; at the geometric limit both are there.

    ``alpha``, ``beta``: estimates with intervals by the delta method on the log scale, ``None`` at the geometric limit.
    ``covariance``: of (log α, log β), by the observed information. ``goodness``: Pearson's χ² of losses per period
    against the model, neighbouring periods together until 5 losses and 5 kept are expected. ``observed``: number of
    periods fitted. All intervals have level ``confidence``.
    """

    model: str | None
    alpha: Estimate
    beta: Estimate
    covariance: tuple[tuple[float, float], tuple[float, float]] | None
    goodness: OverallTest
    log_likelihood: float | None
    observed: int
    customers: int
    confidence: float
    reason: Reason | None
    churn: Churn | None
    losses: Losses
    spread: Floats | None
    """Covariance of (log(μ/(1 − μ)), log θ); at the geometric limit of the first alone."""

    def survival(self, period: int) -> Estimate:
        """Share of customers still there after ``period`` periods; interval on the complementary log-log scale."""
        last = checks.count("period", period)
        return self._estimate(lambda churn: float(churn.survival(last)[-1]), _log_log, lambda y: math.exp(-math.exp(y)))

    def retention_rate(self, period: int) -> Estimate:
        """Share of those there at the start of ``period`` ≥ 1 that stays through it; interval on the logit scale."""
        if checks.count("period", period) == 0:
            raise ValueError("period must be 1 or more, got 0")
        at = np.array([float(period)])
        return self._estimate(lambda churn: math.exp(churn.log_kept(at)[0]), _logit, lambda y: float(special.expit(y)))

    def expected_periods(self, horizon: int) -> Estimate:
        """Mean number of periods that a new customer pays within ``horizon`` ≥ 1: Σ S(t) over t = 0 … horizon − 1.

        A customer pays at the start of each period, the first included. Interval on the log scale.
        """
        return self.remaining_periods(0, horizon)

    def remaining_periods(self, since: int, horizon: int | None = None, discount: float = 0.0) -> Estimate:
        """Mean number of periods still paid by a customer who is there after ``since`` periods.

        Σ S(t)/S(since) / (1 + discount)^(t − since) over t = since … horizon − 1, the payment due at once included.
        Without an end when ``horizon`` is ``None``: with a discount it is DERL (Fader & Hardie 2010); without one it is
        infinite for α ≤ 1, and then there is a reason instead of a number. ``discount`` per period: 0, or 0.0001 and
        more. Interval on the log scale.
        """
        first, end = checks.count("since", since), _horizon(horizon)
        discount = discount_rate(discount)
        if end is not None and end <= first:
            raise ValueError(f"horizon must lie beyond since, got {end} and {first}")
        forever = end is None and discount == 0
        if forever and self.churn is not None and not math.isfinite(self.churn.residual(first, None, 0.0)):
            return Estimate(None, None, None, FOREVER)
        if forever and self.churn is not None and self.alpha.low is not None and self.alpha.low <= 1:
            return Estimate(self.churn.residual(first, None, 0.0), None, None, PERHAPS_FOREVER)
        return self._estimate(lambda churn: churn.residual(first, end, discount), math.log, math.exp)

    def gradient(self, function: Callable[[Churn], float]) -> Floats:
        """Return derivatives of ``function`` by log(μ/(1 − μ)) and log θ (the first only at the geometric limit)."""
        if self.churn is None:
            raise ValueError("there is no fit to take derivatives at")
        churn = self.churn
        moves = [(_STEP, 0.0), (0.0, _STEP)] if self.model == MODEL else [(_STEP, 0.0)]
        return np.array(
            [(function(churn.moved(*m)) - function(churn.moved(-m[0], -m[1]))) / (2 * _STEP) for m in moves]
        )

    def _estimate(
        self, function: Callable[[Churn], float], scale: Callable[[float], float], back: Callable[[float], float]
    ) -> Estimate:
        """Value of a function of the parameters, its interval by the delta method on a scale."""
        if self.churn is None or self.spread is None:
            return Estimate(None, None, None, self.reason)
        value = function(self.churn)
        slope = self.gradient(function)
        if not slope.any():  # period 0: everybody is there
            return Estimate(value, value, value)
        slope = self.gradient(lambda churn: scale(function(churn)))
        half = critical_value(1 - self.confidence, None) * math.sqrt(max(float(slope @ self.spread @ slope), 0.0))
        ends = sorted(back(scale(value) + side * half) for side in (-1, 1))
        return Estimate(value, ends[0], ends[1])


def fit(
    lost: Sequence[int] | Integers, kept_censored: Sequence[int] | Integers, confidence: float = CONFIDENCE
) -> ShiftedBetaGeometric:
    """Fit by maximum likelihood: ``lost[i]`` customers lost in period i + 1, ``kept_censored[i]`` last seen at its end.

    Both have one entry per period 1, 2, …; who was still there at the end of the data counts in ``kept_censored``.
    By Newton's method with exact derivatives, checked against the geometric limit. Where no fit exists (no losses, one
    period only, all losses in the first) the result has a reason and no numbers. Raises ``ValueError`` for counts that
    are none.
    """
    checks.confidence_level(confidence)
    losses = losses_of(lost, kept_censored)
    customers = int(losses.at_risk[0]) if len(losses.at_risk) else 0
    missing = _unfit(losses)
    if missing is not None:
        nothing = Estimate(None, None, None, missing)
        untested = OverallTest(None, None, None, missing)
        size = len(losses.lost)
        return ShiftedBetaGeometric(
            None, nothing, nothing, None, untested, None, size, customers, confidence, missing, None, losses, None
        )
    alike = Churn(float(losses.lost.sum() / losses.at_risk.sum()), 0.0)
    churn = maximum(losses)
    if churn is None or losses.log_likelihood(churn) <= losses.log_likelihood(alike) + 1e-9:
        return _geometric(losses, alike, customers, confidence)
    spread = np.asarray(np.linalg.inv(losses.score_and_information(churn)[1]), dtype=np.float64)
    # log α = log μ − log θ and log β = log(1 − μ) − log θ.
    turn = np.array([[1 - churn.mu, -1.0], [-churn.mu, -1.0]])
    covariance = turn @ spread @ turn.T
    alpha, beta = churn.mu / churn.theta, (1 - churn.mu) / churn.theta
    return ShiftedBetaGeometric(
        MODEL,
        _around(alpha, float(covariance[0, 0]), confidence),
        _around(beta, float(covariance[1, 1]), confidence),
        ((float(covariance[0, 0]), float(covariance[0, 1])), (float(covariance[1, 0]), float(covariance[1, 1]))),
        _goodness(losses, churn, 2),
        losses.log_likelihood(churn),
        len(losses.lost),
        customers,
        confidence,
        None,
        churn,
        losses,
        spread,
    )


def fit_table(table: LifeTable, confidence: float = CONFIDENCE) -> ShiftedBetaGeometric:
    """``fit`` of a life table whose times are periods from 1; units last seen at 0 tell nothing and are left out."""
    if np.any(table.events[table.times == 0]):
        raise ValueError("times must be periods from 1: an event at time 0 lies in no period")
    size = int(table.times[-1]) if len(table.times) else 0
    lost, kept = np.zeros(size + 1, dtype=np.int64), np.zeros(size + 1, dtype=np.int64)
    lost[table.times], kept[table.times] = table.events, table.censored
    return fit(lost[1:], kept[1:], confidence)


def discount_rate(value: float) -> float:
    """Return a discount rate per period: 0, or a fraction of at least 0.0001; raise ``ValueError`` otherwise."""
    rate = checks.finite("discount", value)
    if rate != 0 and rate < LEAST_DISCOUNT:
        raise ValueError(f"discount must be 0 or at least {LEAST_DISCOUNT} per period, got {value!r}")
    return rate


def _horizon(value: int | None) -> int | None:
    return None if value is None else checks.count("horizon", value)


def _unfit(losses: Losses) -> Reason | None:
    if not len(losses.lost):
        return NO_CUSTOMERS
    if not losses.lost.any():
        return NO_LOSS
    if len(losses.lost) < 2:
        return ONE_PERIOD
    return None if losses.lost[1:].any() else FIRST_ONLY


def _geometric(losses: Losses, churn: Churn, customers: int, confidence: float) -> ShiftedBetaGeometric:
    nothing = Estimate(None, None, None, ALIKE)
    spread = np.array([[1 / (losses.at_risk.sum() * churn.mu * (1 - churn.mu))]])
    return ShiftedBetaGeometric(
        GEOMETRIC,
        nothing,
        nothing,
        None,
        _goodness(losses, churn, 1),
        losses.log_likelihood(churn),
        len(losses.lost),
        customers,
        confidence,
        ALIKE,
        churn,
        losses,
        spread,
    )


def _around(value: float, variance: float, confidence: float) -> Estimate:
    half = critical_value(1 - confidence, None) * math.sqrt(variance)
    return Estimate(value, value * math.exp(-half), value * math.exp(half))


def _goodness(losses: Losses, churn: Churn, parameters: int) -> OverallTest:
    hazard = churn.hazard(losses.periods)
    statistic, groups = 0.0, 0
    excess = variance = expected_lost = expected_kept = 0.0
    for n, lost, share in zip(losses.at_risk, losses.lost, hazard, strict=True):
        excess, variance = excess + lost - n * share, variance + n * share * (1 - share)
        expected_lost, expected_kept = expected_lost + n * share, expected_kept + n * (1 - share)
        if min(expected_lost, expected_kept) >= _SPARSE:
            statistic, groups = statistic + excess**2 / variance, groups + 1
            excess = variance = expected_lost = expected_kept = 0.0
    degrees = groups - parameters
    if degrees < 1:
        return OverallTest(None, None, None, Reason("why-few-periods-for-fit"))
    return OverallTest(float(statistic), float(degrees), float(special.chdtrc(degrees, statistic)))


def _log_log(share: float) -> float:
    return math.log(-math.log(max(share, LEAST_SHARE)))


def _logit(share: float) -> float:
    return math.log(share / (1 - share))

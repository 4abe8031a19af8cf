"""Cox's proportional hazards for two arms: the hazard ratio of treatment over control, and whether it is constant.

The principle. With one 0/1 covariate the partial likelihood needs nothing but, for each time, how many units of either
arm were at risk and how many had the event. Ties are handled by Efron's method, whose sum over the d events of one day
has a closed form, so a day with a million events costs no more than a day with one.

Sources: Cox (1972), J. R. Stat. Soc. B 34:187-220; Efron (1977), J. Am. Stat. Assoc. 72:557-565 (ties); Grambsch &
Therneau (1994), Biometrika 81:515-526 (proportionality). Equal to R's ``coxph(ties = "efron")`` and ``cox.zph``.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import critical_value, lower_tail
from abtest.stats.fieller import sided
from abtest.stats.score import Floats
from abtest.stats.survival import LifeTable, ProductLimit, aligned, combined
from abtest.stats.values import Estimate, OverallTest
from abtest.words.reason import Reason

# Events of one time that are summed one by one; the rest of a larger tie is summed in closed form.
ONE_BY_ONE = 32
MAX_STEPS = 200
LONGEST_STEP = 1.0
CONVERGED = 1e-14
LARGEST_LOG = 700.0
NODES = 32

NO_OVERLAP = Reason("why-no-event-at-risk")
NO_VARIATION_IN_TIME = Reason("why-events-at-one-time")


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """Hazard of the treatment over that of the control, from a proportional-hazards model.

    ``p_value`` is Wald's, two-sided: below 1 − confidence exactly when both intervals exclude no effect (0 for the
    logarithm, 1 for the ratio). ``statistic`` is its z. ``likelihood_ratio`` and ``score`` are the other two tests of
    no effect, χ² with one degree of freedom. An infinite estimate is ``None`` with a reason; the score test remains.
    """

    ratio: Estimate
    logarithm: Estimate
    standard_error: float | None
    statistic: float | None
    p_value: float | None
    likelihood_ratio: OverallTest
    score: OverallTest
    reason: Reason | None = None


def compare_hazards(control: LifeTable, treatment: LifeTable, confidence: float = CONFIDENCE) -> HazardRatio:
    """Cox's hazard ratio of treatment over control by Efron's method, with Wald's interval and three tests.

    Estimand: the ratio of the hazards, if it is constant over time (``proportional_hazards`` tests that); if it is
    not, an average whose weights depend on the follow-up, and ``rmst.compare_rmst`` says more. Without an event in one
    arm while both arms are at risk the estimate is infinite.
    """
    return compare_hazards_within([(control, treatment)], confidence)


def compare_hazards_within(
    strata: Sequence[tuple[LifeTable, LifeTable]], confidence: float = CONFIDENCE
) -> HazardRatio:
    """Return the same of one hazard ratio in all strata, each with a baseline hazard of its own.

    ``strata`` are pairs of control and treatment; a stratum without units of one of them says nothing. Equal to R's
    ``coxph(Surv(time, event) ~ arm + strata(stratum))``.
    """
    alpha = 1 - checks.confidence_level(confidence)
    ties = _Ties.of(strata)
    score, information = ties.slopes(0.0)
    if information <= 0:
        nothing = OverallTest(None, None, None, NO_OVERLAP)
        return _without_estimate(NO_OVERLAP, nothing)
    at_zero = _chi_square(score**2 / information)
    reason = ties.infinite()
    if reason is not None:
        return _without_estimate(reason, at_zero)
    estimate = _root(ties.slopes)
    error = 1 / math.sqrt(ties.slopes(estimate)[1])
    statistic = estimate / error
    p_value = 2 * lower_tail(-abs(statistic), None)
    half = critical_value(alpha, None) * error
    low, high = sided(estimate - half, estimate + half, p_value < alpha, estimate)
    ratio = Estimate(math.exp(estimate), _exponential(low), _exponential(high))
    ratio_test = _chi_square(2 * _area_under_score(ties.slopes, estimate))
    return HazardRatio(ratio, Estimate(estimate, low, high), error, statistic, p_value, ratio_test, at_zero)


def proportional_hazards(control: LifeTable, treatment: LifeTable) -> OverallTest:
    """Is the hazard ratio constant over time? Score test of its slope in 1 − S(t−), S the curve of both arms together.

    χ² with one degree of freedom; a small p-value says that the ratio changes, and a single hazard ratio misleads. The
    test of R's ``cox.zph(transform = "km")`` since survival 3.0: it adds β₂·g(t) to the model and scores β₂ = 0.
    """
    return proportional_hazards_within([(control, treatment)])


def proportional_hazards_within(strata: Sequence[tuple[LifeTable, LifeTable]]) -> OverallTest:
    """Return the same of one hazard ratio in all strata; S is the curve of all units together."""
    ties = _Ties.of(strata)
    reason = ties.infinite()
    if reason is not None:
        return OverallTest(None, None, None, reason)
    expected, variance = ties.expected(math.exp(_root(ties.slopes)))
    curve = ProductLimit.of(reduce(combined, (table for pair in strata for table in pair)))
    before = np.concatenate([[1.0], curve.survival])[np.searchsorted(curve.times, ties.times)]
    scale = 1 - before
    # About its own mean by information: the other parameter's part of the information is then 0.
    centred = scale - float(scale @ variance) / float(variance.sum())
    information = float(centred**2 @ variance)
    if len(set(ties.times.tolist())) < 2 or information <= 0:
        return OverallTest(None, None, None, NO_VARIATION_IN_TIME)
    return _chi_square(float(centred @ (ties.events_t - expected)) ** 2 / information)


@dataclass(frozen=True, slots=True)
class _Ties:
    """The times that say something: events while both arms are at risk. Counts per arm, as floats."""

    times: Floats
    at_risk_c: Floats
    at_risk_t: Floats
    events_c: Floats
    events_t: Floats

    @classmethod
    def of(cls, strata: Sequence[tuple[LifeTable, LifeTable]]) -> "_Ties":
        """Return those of all strata, one behind the other: nobody is at risk in two of them."""
        parts = [cls._of_stratum(*pair) for pair in strata]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    @classmethod
    def _of_stratum(cls, control: LifeTable, treatment: LifeTable) -> "_Ties":
        times, events, censored = aligned([control, treatment])
        at_risk = np.cumsum((events + censored)[:, ::-1], axis=1)[:, ::-1]
        used = (events.sum(axis=0) > 0) & (at_risk > 0).all(axis=0)
        n, d = at_risk[:, used].astype(float), events[:, used].astype(float)
        return cls(times[used].astype(float), n[0], n[1], d[0], d[1])

    def infinite(self) -> Reason | None:
        """Why the likelihood has no maximum: it rises for ever when all the events are one arm's."""
        if not len(self.times):
            return NO_OVERLAP
        for arm, events in (("control", self.events_c), ("treatment", self.events_t)):
            if not events.any():
                return Reason.of("why-side-without-event", side=arm)
        return None

    def slopes(self, log_ratio: float) -> tuple[float, float]:
        """Return first derivative of the log partial likelihood, and minus the second (the information)."""
        expected, variance = self.expected(math.exp(log_ratio))
        return float(np.sum(self.events_t - expected)), float(np.sum(variance))

    def expected(self, ratio: float) -> tuple[Floats, Floats]:
        """Efron's expected events of the treatment per time, and their variance, at a hazard ratio.

        The l-th of d tied events, l = 0 … d − 1, comes from the treatment with probability
        a_l = θ(n_t − l d_t/d) / (A − l B/d), where A = n_c + θ n_t and B = d_c + θ d_t.
        Sums of a_l and of a_l(1 − a_l).
        """
        tied = self.events_c + self.events_t
        expected, variance = np.zeros_like(tied), np.zeros_like(tied)
        few = tied <= ONE_BY_ONE
        counts = np.stack([self.at_risk_c, self.at_risk_t, self.events_c, self.events_t])
        if few.any():
            expected[few], variance[few] = _one_by_one(counts[:, few], ratio)
        if not few.all():
            expected[~few], variance[~few] = _in_closed_form(counts[:, ~few], ratio)
        return expected, variance


def _one_by_one(counts: Floats, ratio: float) -> tuple[Floats, Floats]:
    n_c, n_t, d_c, d_t = counts
    tied = d_c + d_t
    done = np.arange(tied.max())[:, None]  # events × times
    treatment, control = ratio * (n_t - done * d_t / tied), n_c - done * d_c / tied
    # Past the last event the terms mean nothing, and are left out.
    used = done < tied
    total = np.where(used, control + treatment, 1.0)
    share_t, share_c = np.where(used, treatment / total, 0.0), np.where(used, control / total, 0.0)
    return share_t.sum(axis=0), (share_t * share_c).sum(axis=0)


def _in_closed_form(counts: Floats, ratio: float) -> tuple[Floats, Floats]:
    """Return the same sums, since a_l = (θd/B)·(K/(q − l) + d_t/d) with q = Ad/B and K = (n_t d_c − n_c d_t)/B."""
    n_c, n_t, d_c, d_t = counts
    tied, weight = d_c + d_t, d_c + ratio * d_t
    slack = ((n_c - d_c) + ratio * (n_t - d_t)) * tied / weight  # q − d
    first, second = _reciprocals(slack, tied)
    factor, lean = ratio * tied / weight, (n_t * d_c - n_c * d_t) / weight
    expected = factor * (lean * first + d_t)
    squares = factor**2 * (lean**2 * second + 2 * lean * d_t / tied * first + d_t**2 / tied)
    return expected, expected - squares


def _reciprocals(slack: Floats, count: Floats) -> tuple[Floats, Floats]:
    """Return the sums of 1/x and of 1/x² over x = slack + 1, …, slack + count, where count ≥ ONE_BY_ONE.

    The smallest x one by one, the rest by Euler and Maclaurin's formula about midpoints, to the last digit.
    """
    near = slack + np.arange(1, ONE_BY_ONE + 1)[:, None]
    low, high = slack + ONE_BY_ONE + 0.5, slack + count + 0.5

    def tail(power: int) -> Floats:
        """high^−power − low^−power."""
        return high**-power - low**-power

    first = np.log1p((count - ONE_BY_ONE) / low) + tail(2) / 24 - 7 * tail(4) / 960 + 31 * tail(6) / 8064
    second = (count - ONE_BY_ONE) / (low * high) + tail(3) / 12 - 7 * tail(5) / 240 + 31 * tail(7) / 1344
    return first + (1 / near).sum(axis=0), second + (1 / near**2).sum(axis=0)


def _root(slopes: Callable[[float], tuple[float, float]]) -> float:
    """Newton's method for the falling score, with short steps and a bracket that it may not leave."""
    point, low, high = 0.0, -math.inf, math.inf
    for _ in range(MAX_STEPS):
        score, information = slopes(point)
        low, high = (point, high) if score > 0 else (low, point)
        step = max(-LONGEST_STEP, min(score / information, LONGEST_STEP))
        following = point + step
        if not low < following < high and math.isfinite(low + high):
            following = (low + high) / 2
        if abs(following - point) <= CONVERGED * max(1.0, abs(point)):
            break
        point = following
    return point


def _area_under_score(slopes: Callable[[float], tuple[float, float]], estimate: float) -> float:
    """Return the rise of the log likelihood from 0 to the estimate, as the area under its derivative.

    Gauss–Legendre. The likelihoods themselves are large numbers whose difference would lose digits; this loses none.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    points = estimate / 2 * (1 + nodes)
    return estimate / 2 * math.fsum(w * slopes(float(p))[0] for w, p in zip(weights, points, strict=True))


def _exponential(value: float) -> float | None:
    """Return eˣ on the side of 1 on which x lies of 0, however near; ``None`` beyond all numbers."""
    if value >= LARGEST_LOG:
        return None
    ratio = math.exp(value)
    return math.nextafter(1.0, math.copysign(2.0, value)) if ratio == 1 and value else ratio


def _chi_square(statistic: float) -> OverallTest:
    statistic = max(statistic, 0.0)
    return OverallTest(statistic, 1.0, float(special.chdtrc(1.0, statistic)))


def _without_estimate(reason: Reason, score: OverallTest) -> HazardRatio:
    nothing = Estimate(None, None, None, reason)
    none = OverallTest(None, None, None, reason)
    return HazardRatio(nothing, nothing, None, None, None, none, score, reason)

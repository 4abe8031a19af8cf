"""Exact unconditional test and interval for small 2 × 2 tables: never too sure, whatever the rates.

Beside ``rates.compare_rates``, whose own answer is exact given the total of events where these are few.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.fieller import sided
from abtest.stats.roots import bracketed_root
from abtest.stats.score import Floats, null_statistic, statistic_at_difference
from abtest.stats.sparse import FEWEST
from abtest.stats.values import Estimate, Rate
from abtest.words.reason import Reason

LARGEST = 15_000
TIE = 1e-9
COARSE, FINE = 201, 31


@dataclass(frozen=True, slots=True)
class ExactComparison:
    """``p_value`` agrees with the ``difference`` interval; ``boschloo_p_value`` is the customary test of p_c = p_t."""

    difference: Estimate
    p_value: float | None
    boschloo_p_value: float | None
    reason: Reason | None


def expected_fewest(control: Rate, treatment: Rate) -> float:
    """Return the fewest events, or units without one, that an arm expects under equal rates; 0 without units."""
    total, events = control.n + treatment.n, control.successes + treatment.successes
    return min(control.n, treatment.n) * (min(events, total - events) / total) if total else 0.0


def needs_exact(control: Rate, treatment: Rate) -> bool:
    """Whether an expected count under equal rates is below 5, the usual limit of the χ² test (Cochran 1954)."""
    return control.n + treatment.n > 0 and expected_fewest(control, treatment) < FEWEST


def compare_exact(control: Rate, treatment: Rate, confidence: float = CONFIDENCE) -> ExactComparison:
    """Exact unconditional interval for the difference: Chan & Zhang (1999), Biometrics 55:1202-1209.

    Inverts two one-sided tests, each at half of 1 − confidence: tables are ordered by the score statistic at the
    hypothesised difference, and the tail probability is maximised over the unknown control rate. Coverage is never
    below ``confidence``. ``p_value`` is twice the smaller one-sided p-value at no difference, so it agrees with the
    interval; ``boschloo_p_value`` (Boschloo 1970, Stat. Neerl. 24:1-35) is the customary exact test; either can be
    smaller. The maximum is sought on a grid of rates that is refined round the best points. Work grows with n_c · n_t,
    hence the limit of 15,000 possible tables. Beyond it nothing is said here: with few events in large arms
    ``compare_rates`` is exact in another sense, given the total of events.
    """
    alpha = 1 - checks.confidence_level(confidence)
    if control.n == 0 or treatment.n == 0:
        return _nothing(Reason.of("why-side-without-units", side="control" if control.n == 0 else "treatment"))
    if (control.n + 1) * (treatment.n + 1) > LARGEST:
        return _nothing(Reason.of("why-too-many-tables", n=LARGEST))
    tables = _Tables(control, treatment)
    estimate = treatment.successes / treatment.n - control.successes / control.n
    above, below = tables.tail(0.0, 1), tables.tail(0.0, -1)
    p_value = min(1.0, 2 * min(above, below))
    low, high = tables.bound(1, alpha / 2, estimate), tables.bound(-1, alpha / 2, estimate)
    low, high = sided(low, high, p_value < alpha, estimate)
    return ExactComparison(Estimate(estimate, low, high), p_value, _boschloo(control, treatment), None)


def _nothing(reason: Reason) -> ExactComparison:
    return ExactComparison(Estimate(None, None, None, reason), None, None, reason)


def _boschloo(control: Rate, treatment: Rate) -> float:
    """Boschloo's two-sided p-value; 1 when nobody or everybody succeeds, which is what equal rates predict."""
    successes = control.successes + treatment.successes
    if successes in {0, control.n + treatment.n}:
        return 1.0
    from scipy.stats import boschloo_exact

    table = [
        [treatment.successes, control.successes],
        [treatment.n - treatment.successes, control.n - control.successes],
    ]
    return min(1.0, float(boschloo_exact(table, n=64).pvalue))


class _Tables:
    """All tables that two arms of these sizes can show, and the place of the observed one among them."""

    def __init__(self, control: Rate, treatment: Rate) -> None:
        self.n_c, self.n_t = control.n, treatment.n
        self.observed = control.successes * (treatment.n + 1) + treatment.successes
        first, second = np.meshgrid(np.arange(self.n_c + 1.0), np.arange(self.n_t + 1.0), indexing="ij")
        self.x_c, self.x_t = first.ravel(), second.ravel()

    def tail(self, difference: float, side: int) -> float:
        """Greatest probability of a table as far out on ``side`` as the observed, when p_t − p_c = ``difference``."""
        sizes = np.full_like(self.x_c, self.n_c), np.full_like(self.x_t, self.n_t)
        if difference == 0:
            statistic = null_statistic(self.x_c, sizes[0], self.x_t, sizes[1])
        else:
            statistic = statistic_at_difference(self.x_c, sizes[0], self.x_t, sizes[1], difference)
        reached = statistic[self.observed] * side
        extreme = (statistic * side >= reached - TIE * (1 + abs(reached))).reshape(self.n_c + 1, self.n_t + 1)
        least, greatest = max(0.0, -difference), min(1.0, 1 - difference)
        # Rates are spread evenly on the arcsine scale, on which a binomial has much the same width everywhere.
        angles = np.linspace(math.asin(math.sqrt(least)), math.asin(math.sqrt(greatest)), COARSE)
        found = self._probability(extreme, np.sin(angles) ** 2, difference)
        best = float(found.max())
        for peak in np.argsort(found)[-3:]:
            around = angles[max(peak - 1, 0)], angles[min(peak + 1, COARSE - 1)]
            for _ in range(2):
                near = np.linspace(*around, FINE)
                chances = self._probability(extreme, np.sin(near) ** 2, difference)
                top = int(chances.argmax())
                best = max(best, float(chances[top]))
                around = near[max(top - 1, 0)], near[min(top + 1, FINE - 1)]
        return min(best, 1.0)

    def _probability(self, extreme: Floats, p_c: Floats, difference: float) -> Floats:
        first = binomial(self.n_c, p_c)
        second = binomial(self.n_t, np.clip(p_c + difference, 0.0, 1.0))
        total: Floats = np.einsum("ki,ki->k", first @ extreme.astype(float), second)
        return total

    def bound(self, side: int, level: float, estimate: float) -> float:
        """End of the interval on ``side`` 1 (low) or −1 (high): where the tail probability passes ``level``.

        The tail probability rises towards the estimate in small jumps, so the root is found to five decimal places.
        """
        far = -side * (1 - 1e-9)
        if abs(estimate - far) < 1e-8 or self.tail(far, side) > level:
            return -float(side)
        inner = min(max(estimate, -1 + 1e-9), 1 - 1e-9)
        return bracketed_root(lambda value: self.tail(value, side) - level, far, inner, tolerance=1e-6)


def binomial(n: int, p: Floats) -> Floats:
    """Binomial probabilities, one row per rate and one column per count."""
    x = np.arange(n + 1.0)
    log = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    rates = p[:, None]
    return np.asarray(np.exp(log + special.xlogy(x, rates) + special.xlog1py(n - x, -rates)))

"""Planned looks: group sequential tests with error spending, for any information fractions.

The principle. At look k the statistic Z_k has mean θ√I_k and variance 1, and its score Z_k√I_k has independent
increments (Jennison & Turnbull 2000, Group Sequential Methods, ch. 3 and 19). The density of Z_k among the experiments
that are still going is carried from look to look by integration, so that every probability of this file is one of the
same recursion. Information counts *mature* units (or events), not days: fractions may be any that rise, planned or not.

A one-sided level is spent; a symmetric two-sided test is two of them. Futility bounds are non-binding: the upper bounds
keep their error when they are overruled.

Sources: Lan & DeMets (1983), Biometrika 70:659-663; Hwang, Shih & DeCani (1990), Stat. Med. 9:1439-1445; Kim & DeMets
(1987), Biometrika 74:149-154; Pampallona, Tsiatis & Kim (2001), Drug Inf. J. 35:1113-1121 (futility); Fairbanks &
Madsen (1982), Biometrika 69:69-74 (stage-wise ordering); Hampson & Jennison (2013), J. R. Stat. Soc. B 75:3-54 (delayed
response). Checked against R's rpact.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from abtest.stats.roots import bracketed_root

Floats = NDArray[np.float64]
Spending = Literal["obrien-fleming", "pocock", "hwang-shih-decani", "kim-demets"]

REACH = 9.0
"""Standard deviations round the mean beyond which nothing is left."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANEL = 1.0
_TINY = 1e-300


def spent(kind: Spending, fraction: float, level: float, gamma: float = 0.0) -> float:
    """Return how much of a one-sided ``level`` may be spent up to an information ``fraction``, all of it from 1 on.

    O'Brien–Fleming-type 2 − 2Φ(z_{α/2}/√t); Pocock-type α log(1 + (e − 1)t); Hwang–Shih–DeCani with ``gamma``
    α(1 − e^{−γt})/(1 − e^{−γ}); Kim–DeMets αt^γ with ``gamma`` > 0.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie strictly between 0 and 1, got {level!r}")
    if fraction <= 0:
        return 0.0
    if fraction >= 1:
        return level
    if kind == "obrien-fleming":
        return 2 * float(special.ndtr(special.ndtri(level / 2) / math.sqrt(fraction)))
    if kind == "pocock":
        return level * math.log1p((math.e - 1) * fraction)
    if kind == "kim-demets":
        if gamma <= 0:
            raise ValueError(f"gamma must be greater than 0 for Kim–DeMets spending, got {gamma!r}")
        return float(level * fraction**gamma)
    return level * fraction if gamma == 0 else level * math.expm1(-gamma * fraction) / math.expm1(-gamma)


@dataclass(frozen=True, slots=True)
class _Going:
    """The density of Z at one look among the experiments still going: nodes, and density times their weights."""

    information: float
    nodes: Floats
    mass: Floats

    def beyond(self, information: float, bound: float, drift: float) -> float:
        """Return the chance that Z at a later look is above ``bound``."""
        return float(self.mass @ special.ndtr(-self._standardised(information, np.array(bound), drift)))

    def _standardised(self, information: float, z: Floats, drift: float) -> Floats:
        step = information - self.information
        score = z * math.sqrt(information) - self.nodes * math.sqrt(self.information)
        return np.asarray((score - drift * step) / math.sqrt(step))

    def onward(self, information: float, low: float, high: float, drift: float) -> "_Going":
        """Return the density at a later look between two bounds."""
        step = information - self.information
        nodes, weights = _grid(low, high, drift * math.sqrt(information), step / information)
        density = np.empty_like(nodes)
        for place, z in enumerate(nodes):
            distance = self._standardised(information, np.array(z), drift)
            density[place] = self.mass @ np.exp(-(distance**2) / 2)
        density *= math.sqrt(information / step) / math.sqrt(2 * math.pi)
        return _Going(information, nodes, density * weights)


def _started(information: float, low: float, high: float, drift: float) -> _Going:
    mean = drift * math.sqrt(information)
    nodes, weights = _grid(low, high, mean, 1.0)
    return _Going(information, nodes, np.exp(-((nodes - mean) ** 2) / 2) / math.sqrt(2 * math.pi) * weights)


def _grid(low: float, high: float, mean: float, new: float) -> tuple[Floats, Floats]:
    """Return Gauss–Legendre nodes on panels as short as what is ``new`` in a look (a share of 1) asks for."""
    low, high = max(low, mean - REACH), min(high, mean + REACH)
    if high <= low:
        return np.zeros(1), np.zeros(1)
    width = _PANEL * min(1.0, max(math.sqrt(new), 0.02))
    edges = np.linspace(low, high, math.ceil((high - low) / width) + 1)
    half = np.diff(edges)[:, None] / 2
    nodes = edges[:-1, None] + half * (1 + _NODES)
    return nodes.ravel(), (half * _WEIGHTS).ravel()


def _information(fractions: Sequence[float]) -> None:
    if not fractions or fractions[0] <= 0 or any(later <= earlier for earlier, later in pairwise(fractions)):
        raise ValueError(f"information must be positive and rise from look to look, got {list(fractions)!r}")


def exit_chances(
    information: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float
) -> tuple[list[float], list[float]]:
    """Return the chances to leave above and below at each look, at a ``drift`` θ per square root of information.

    Whoever is below at the last look has not shown it: there ``lower`` may equal ``upper``.
    """
    _information(information)
    above, below = [], []
    going: _Going | None = None
    for place, (now, low, high) in enumerate(zip(information, lower, upper, strict=True)):
        if going is None:
            mean = drift * math.sqrt(now)
            above.append(float(special.ndtr(mean - high)))
            below.append(float(special.ndtr(low - mean)))
        else:
            above.append(going.beyond(now, high, drift))
            below.append(float(going.mass.sum()) - going.beyond(now, low, drift))
        if place + 1 < len(information):
            going = _next(going, now, low, high, drift)
    return above, below


def _next(going: _Going | None, now: float, low: float, high: float, drift: float) -> _Going:
    return _started(now, low, high, drift) if going is None else going.onward(now, low, high, drift)


def upper_bounds(
    information: Sequence[float],
    level: float,
    kind: Spending = "obrien-fleming",
    gamma: float = 0.0,
    *,
    final: bool = True,
) -> list[float]:
    """Return the critical values of a one-sided test at each look; ``information`` are parts of the planned maximum.

    ``final``: the last look is the last whatever its information, and spends what is left. A look beyond the plan
    spends all there is.
    """
    _information(information)
    bounds: list[float] = []
    before, going = 0.0, None
    for place, now in enumerate(information):
        last = place + 1 == len(information)
        total = level if last and final else spent(kind, now, level, gamma)
        share = total - before
        bounds.append(_bound_above(going, now, share))
        before = max(total, before)
        if not last:
            going = _next(going, now, -math.inf, bounds[-1], 0.0)
    return bounds


def _bound_above(going: _Going | None, now: float, share: float) -> float:
    if share <= _TINY:
        return math.inf
    if going is None:
        return -float(special.ndtri(share))
    if going.beyond(now, -REACH, 0.0) <= share:
        return -REACH
    if going.beyond(now, 37.0, 0.0) >= share:
        return math.inf
    return bracketed_root(lambda z: math.log(max(going.beyond(now, z, 0.0), _TINY) / share), -REACH, 37.0)


@dataclass(frozen=True, slots=True)
class Futility:
    """Non-binding lower bounds, the last one equal to the upper, and the drift at which β is spent on them.

    ``drift`` is θ at which the design has power 1 − β with the largest information 1: the effect over its standard
    error there, as the design must be planned.
    """

    bounds: tuple[float, ...]
    drift: float


def futility_bounds(
    information: Sequence[float],
    upper: Sequence[float],
    beta: float,
    kind: Spending = "obrien-fleming",
    gamma: float = 0.0,
) -> Futility:
    """Return the bounds at which ``beta`` is spent under the effect that the design has the power for."""
    _information(information)
    spending = [spent(kind, now, beta, gamma) for now in information[:-1]] + [beta]

    def lower(drift: float) -> tuple[list[float], float]:
        """Return the bounds, and how much β is left beyond what the last look misses."""
        bounds: list[float] = []
        before, going = 0.0, None
        for now, high, total in zip(information[:-1], upper[:-1], spending[:-1], strict=True):
            bounds.append(min(_bound_below(going, now, total - before, drift), high))
            before = total
            going = _next(going, now, bounds[-1], high, drift)
        now, high = information[-1], upper[-1]
        if going is None:
            missed = float(special.ndtr(high - drift * math.sqrt(now)))
        else:
            missed = float(going.mass.sum()) - going.beyond(now, high, drift)
        return bounds, missed - (spending[-1] - before)

    start = upper[-1] - float(special.ndtri(beta))
    scale = start / math.sqrt(information[-1])
    drift = bracketed_root(lambda theta: lower(theta)[1], 0.3 * scale, 3 * scale, tolerance=1e-11)
    return Futility((*lower(drift)[0], upper[-1]), drift)


def _bound_below(going: _Going | None, now: float, share: float, drift: float) -> float:
    mean = drift * math.sqrt(now)
    if share <= _TINY:
        return -math.inf
    if going is None:
        return mean + float(special.ndtri(share))
    mass = float(going.mass.sum())
    if mass <= share:
        return math.inf
    low, high = mean - 37.0, mean + REACH
    return bracketed_root(lambda z: mass - going.beyond(now, z, drift) - share, low, high)


def power_of_looks(information: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float) -> float:
    """Return the chance to leave above."""
    return math.fsum(exit_chances(information, lower, upper, drift)[0])


def expected_information(
    information: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float
) -> float:
    """Return the information at which the experiment stops on average: times the largest n, its expected n."""
    above, below = exit_chances(information, lower, upper, drift)
    stops = [up + down for up, down in zip(above[:-1], below[:-1], strict=True)]
    return math.fsum(
        [*(now * stop for now, stop in zip(information, stops, strict=False)), information[-1] * (1 - math.fsum(stops))]
    )


def stagewise_p(information: Sequence[float], upper: Sequence[float], z: float, drift: float = 0.0) -> float:
    """Return the one-sided p-value of stopping at the last of ``information`` with ``z``, by stage-wise ordering.

    ``upper``: the critical values of the looks before. What stops earlier above is farther out than anything later.
    With ``drift``, the chance of that or farther at another effect, from which estimate and interval come.
    """
    *before, now = information
    going, total = None, 0.0
    for earlier, high in zip(before, upper, strict=False):
        if going is None:
            total += float(special.ndtr(drift * math.sqrt(earlier) - high))
        else:
            total += going.beyond(earlier, high, drift)
        going = _next(going, earlier, -math.inf, high, drift)
    if going is None:
        return float(special.ndtr(drift * math.sqrt(now) - z))
    return total + going.beyond(now, z, drift)


@dataclass(frozen=True, slots=True)
class AfterStopping:
    """What is estimated after stopping, on the drift's scale: the effect over its standard error at information 1."""

    p_value: float
    estimate: float
    low: float
    high: float


def after_stopping(
    information: Sequence[float], upper: Sequence[float], z: float, confidence: float = 0.95
) -> AfterStopping:
    """Return the stage-wise p-value, the median-unbiased estimate and the interval: Jennison & Turnbull (2000), 8.5.

    ``information``: of the looks taken, the last being where it stopped; ``upper``: the critical values before it.
    Divide by √information-at-1 of the effect to come back to its unit: effect = drift × its standard error there.
    """
    tail = (1 - confidence) / 2
    root = math.sqrt(information[-1])
    centre, reach = z / root, (REACH + abs(z)) / math.sqrt(information[0])

    def at(chance: float) -> float:
        return bracketed_root(
            lambda drift: stagewise_p(information, upper, z, drift) - chance, centre - reach, centre + reach
        )

    return AfterStopping(stagewise_p(information, upper, z), at(0.5), at(tail), at(1 - tail))


def decision_bounds(
    information: Sequence[float], delayed: Sequence[float], lower: Sequence[float], upper: Sequence[float]
) -> list[float]:
    """Return the critical values of the final reading, once the pipeline has matured after a stop at each look.

    ``information`` and ``delayed``: at the looks, and what the pipeline adds after each but the last (as fractions).
    Enrolment stops outside of (``lower``, ``upper``); the decision is made when all have matured. Each value balances
    the chances, without effect, of turning from positive to not shown and back: Hampson & Jennison (2013), section 3.
    The last value is the last ``upper``.
    """
    _information(information)
    found: list[float] = []
    going: _Going | None = None
    for now, more, low, high in zip(information[:-1], delayed, lower[:-1], upper[:-1], strict=True):
        if more <= 0:
            found.append(high)
        else:
            sides = [_next(going, now, high, math.inf, 0.0), _next(going, now, -math.inf, low, 0.0)]
            found.append(_balanced(sides[0], sides[1], now + more))
        going = _next(going, now, low, high, 0.0)
    return [*found, upper[-1]]


def _balanced(above: _Going, below: _Going, information: float) -> float:
    mass = float(above.mass.sum())

    def excess(z: float) -> float:
        return mass - above.beyond(information, z, 0.0) - below.beyond(information, z, 0.0)

    return bracketed_root(excess, -REACH, 2 * REACH)

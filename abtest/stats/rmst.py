"""Restricted mean time to an event: how long a unit goes without the event, on average, up to a horizon.

It is the area under the Kaplan–Meier curve. It uses the whole curve up to the horizon, needs no proportional hazards,
and is in days, which a team understands. Sources: Irwin (1949), J. Hygiene 47:188-189; Royston & Parmar (2013), BMC
Med. Res. Methodol. 13:152; variance as in Klein & Moeschberger (2003), section 4.5.
"""

import math

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import critical_value, without_test
from abtest.stats.horizon import ArmEstimate, compare_estimates, positive_horizon
from abtest.stats.score import Floats
from abtest.stats.survival import LifeTable, ProductLimit, combined, hazard_terms, unfinished_arm
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason

METHOD = "restricted mean time z, lift by Fieller"


def rmst(table: LifeTable, horizon: float, confidence: float = CONFIDENCE) -> Estimate:
    """Mean time without the event up to ``horizon`` in one arm, with its normal interval (cut at 0 and the horizon).

    Estimand: E min(T, horizon), in the table's unit of time. Equal to R's ``print(survfit, rmean = horizon)``. The
    estimate is there without an interval where all units have the same time. Nothing is estimated when follow-up ends
    before the horizon, unless no unit was left by then.
    """
    horizon = positive_horizon(horizon)
    alpha = 1 - checks.confidence_level(confidence)
    reason = table.unfinished(horizon)
    if reason is not None:
        return Estimate(None, None, None, reason)
    arm = _area(table, horizon)
    if arm.variance == 0:
        return Estimate(arm.value, None, None, Reason("why-same-time"))
    half = critical_value(alpha, None) * math.sqrt(arm.variance)
    return Estimate(arm.value, max(arm.value - half, 0.0), min(arm.value + half, horizon))


def compare_rmst(control: LifeTable, treatment: LifeTable, horizon: float, confidence: float = CONFIDENCE) -> TwoSample:
    """Difference of the restricted mean times to ``horizon``, by z: Uno et al. (2014), J. Clin. Oncol. 32:2380-2385.

    Estimands: the difference in the table's unit of time, and the lift by Fieller (1954). p-value, difference and lift
    exclude 0 together. Times in whole days are counted as days ended, the same in both arms, so the difference is not
    moved by the rounding. Assumes independent units and censoring that tells nothing about the event. An arm without
    any event borrows its variance, see ``horizon.compare_estimates``.
    """
    horizon = positive_horizon(horizon)
    unfinished = unfinished_arm(control, treatment, horizon)
    if unfinished is not None:
        checks.confidence_level(confidence)
        return without_test(METHOD, None, None, unfinished)
    arms = _area(control, horizon), _area(treatment, horizon)
    unit_variance = _unit_variance(combined(control, treatment), horizon)
    return compare_estimates(METHOD, arms, unit_variance, limit=horizon, confidence=confidence)


def _steps(curve: ProductLimit, horizon: float) -> tuple[Floats, Floats]:
    """Edges of the steps from 0 to the horizon, and the share on each step: one edge more than shares."""
    inside = curve.times < horizon  # an event at the horizon itself takes no time away
    edges = np.concatenate([[0.0], curve.times[inside].astype(float), [horizon]])
    return edges, np.concatenate([[1.0], curve.survival[inside]])


def _area(table: LifeTable, horizon: float) -> ArmEstimate:
    """Area up to the horizon, and its variance Σ (area beyond t)² d/(n(n − d)) over the event times t."""
    curve = ProductLimit.of(table)
    edges, shares = _steps(curve, horizon)
    pieces = np.diff(edges) * shares
    beyond = np.cumsum(pieces[:0:-1])[::-1]  # from each time in the table to the horizon
    inside = len(beyond)
    variance = float(beyond**2 @ hazard_terms(curve.at_risk[:inside], curve.events[:inside]))
    return ArmEstimate(math.fsum(pieces), variance, table.known(horizon))


def _unit_variance(table: LifeTable, horizon: float) -> float:
    """Variance of one unit's time up to the horizon, from the falls of the curve and what is left at the horizon."""
    edges, shares = _steps(ProductLimit.of(table), horizon)
    masses = -np.diff(np.append(shares, 0.0))
    mean = float(masses @ edges[1:])
    return float(masses @ (edges[1:] - mean) ** 2)

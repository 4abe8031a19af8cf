"""Sizes of comparisons of times to an event: the restricted mean, the log-rank test, and shares read early.

The planner knows the share of units with the event by the horizon and takes its hazard as constant: the times are
exponential up to the horizon, which is where the restricted mean ends.
"""

import math
from itertools import pairwise

from scipy import special


def hazard_of(share: float, horizon: float) -> float:
    """Return the constant hazard per time that gives ``share`` of the units the event by the ``horizon``."""
    if not 0 <= share < 1 or horizon <= 0:
        raise ValueError(f"share must be at least 0 and below 1 and horizon positive, got {share!r} and {horizon!r}")
    return -math.log1p(-share) / horizon


def restricted_mean(hazard: float, horizon: float) -> float:
    """Return the mean of min(T, horizon): (1 − e^{−λτ})/λ."""
    return horizon if hazard == 0 else -math.expm1(-hazard * horizon) / hazard


def restricted_variance(hazard: float, horizon: float) -> float:
    """Return the variance of min(T, horizon), that of a unit in the restricted mean when all are followed to the end.

    E[min²] = 2(1 − e^{−λτ}(1 + λτ))/λ².
    """
    if hazard == 0:
        return 0.0
    x = hazard * horizon
    if x < 1e-3:  # where the closed form cancels, its series
        return horizon**2 * (x / 3 - x**2 / 3 + 11 * x**3 / 60)
    return 2 * (1 - math.exp(-x) * (1 + x)) / hazard**2 - restricted_mean(hazard, horizon) ** 2


def events_needed(hazard_ratio: float, level: float, power: float, *, treated: float = 0.5) -> float:
    """Return the events that a log-rank test needs: Schoenfeld (1981), Biometrika 68:316-319, as (1983) 39:499-503.

    (z_α + z_β)² / (π(1 − π)(log θ)²), with π the share of the ``treated`` units and ``level`` one-sided.
    """
    if hazard_ratio <= 0 or hazard_ratio == 1:
        raise ValueError(f"hazard_ratio must be positive and not 1, got {hazard_ratio!r}")
    deviates = -float(special.ndtri(level)) + float(special.ndtri(power))
    return deviates**2 / (treated * (1 - treated) * math.log(hazard_ratio) ** 2)


def log_rank_power(hazard_ratio: float, events: float, level: float, *, treated: float = 0.5) -> float:
    """Return the power of a log-rank test with so many events: ``events_needed`` solved for it."""
    shift = abs(math.log(hazard_ratio)) * math.sqrt(events * treated * (1 - treated))
    return float(special.ndtr(shift + special.ndtri(level)))


def information_share(share: float, followed: list[tuple[float, float]]) -> float:
    """Return what a Kaplan–Meier reading of a share is worth per unit, next to units that are all followed to the end.

    ``followed``: (fraction of the way through the window, share of the units followed at least so far), falling, from
    (0, …) on. Events are taken to come with a constant hazard in the window. Greenwood's variance is
    S²∫λ/(S(t)G(t))dt; with G = 1 it is S(1 − S). Returns their ratio, at most 1; 0 where nobody reached the end.
    """
    if followed[-1][1] <= 0:
        return 0.0
    hazard = hazard_of(share, 1.0)
    kept = 1 - share
    if share <= 0 or share >= 1:
        return followed[-1][1]
    total = 0.0
    places = [*followed, (1.0, followed[-1][1])]
    for (start, reached), (end, _) in pairwise(places):
        if end > start:
            # ∫ λe^{λt}/G dt over a step on which G is constant
            total += (math.exp(hazard * end) - math.exp(hazard * start)) / reached
    return kept * share / (kept**2 * total) if total else 1.0

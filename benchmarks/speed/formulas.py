"""From sums per arm to intervals, with numpy and scipy.special alone: what a careful analyst writes around a query.

Rates: Wilson per arm, Newcombe's hybrid for the difference. Means: t per arm, Welch for the difference. Revenue: the
pre-period spend is taken out by a regression in each arm (Lin 2013).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from speed.workload import ARMS, MEANS, RATES

ALPHA = 0.05
Z = float(special.ndtri(1 - ALPHA / 2))
Shown = dict[str, object]


@dataclass(frozen=True, slots=True)
class ArmSums:
    """What is summed over the units of one arm. ``rates``: units with an order, per rate metric."""

    n: int
    rates: Mapping[str, int]
    orders: int
    orders_squared: int
    revenue: float
    revenue_squared: float
    before: float
    before_squared: float
    revenue_before: float


def print_results(control: ArmSums, treatment: ArmSums) -> None:
    """Print what every method prints: per metric the arms, and the difference with its interval."""
    arms = control, treatment
    found = {name: _rate(arms, name) for name in RATES}
    found["orders"] = _mean(arms, [a.orders for a in arms], [a.orders_squared for a in arms])
    found["revenue"] = _adjusted(arms)
    print_metrics(found)


def print_metrics(metrics: Mapping[str, Shown]) -> None:
    """Print the results as JSON; raises for a metric that is missing."""
    missing = {*RATES, *MEANS} - set(metrics)
    if missing:
        raise ValueError(f"metrics without results: {sorted(missing)}")
    print(json.dumps({"metrics": dict(metrics)}))


def shown(counts, totals, intervals, difference, method) -> Shown:  # type: ignore[no-untyped-def]
    """Return one metric's results: ``intervals`` are (low, high) per arm, ``difference`` is (estimate, low, high)."""
    arms = {
        arm: {"n": int(n), "total": float(total), "mean": float(total) / n, "low": _known(low), "high": _known(high)}
        for arm, n, total, (low, high) in zip(ARMS, counts, totals, intervals, strict=True)
    }
    estimate, low, high = (float(value) for value in difference)
    return {"arms": arms, "difference": {"estimate": estimate, "low": low, "high": high}, "method": method}


def _known(bound: float) -> float | None:
    """Return a bound; ``None`` where the method gives none (NaN)."""
    return None if np.isnan(bound) else float(bound)


def _rate(arms: tuple[ArmSums, ArmSums], name: str) -> Shown:
    x, n = np.array([a.rates[name] for a in arms], float), np.array([a.n for a in arms], float)
    p = x / n
    centre, half = p + Z**2 / (2 * n), Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    low, high = (centre - half) / (1 + Z**2 / n), (centre + half) / (1 + Z**2 / n)
    estimate = p[1] - p[0]
    below = np.hypot(p[1] - low[1], high[0] - p[0])
    above = np.hypot(high[1] - p[1], p[0] - low[0])
    difference = estimate, estimate - below, estimate + above
    return shown([a.n for a in arms], x, zip(low, high, strict=True), difference, "Newcombe")


def _mean(arms, totals, squares) -> Shown:  # type: ignore[no-untyped-def]
    n, total = np.array([a.n for a in arms], float), np.array(totals, float)
    variance = (np.array(squares, float) - total**2 / n) / (n - 1)
    error = variance / n
    half = -special.stdtrit(n - 1, ALPHA / 2) * np.sqrt(error)
    mean = total / n
    difference = _welch(mean[1] - mean[0], error, n)
    return shown([a.n for a in arms], total, zip(mean - half, mean + half, strict=True), difference, "Welch")


def _welch(estimate, error, n, shared=0.0):  # type: ignore[no-untyped-def]
    square = error.sum() + shared
    degrees = square**2 / (error**2 / (n - 1)).sum()
    half = -special.stdtrit(degrees, ALPHA / 2) * np.sqrt(square)
    return estimate, estimate - half, estimate + half


def _adjusted(arms: tuple[ArmSums, ArmSums]) -> Shown:
    n = np.array([a.n for a in arms], float)
    y, x = np.array([a.revenue for a in arms]) / n, np.array([a.before for a in arms]) / n
    yy = np.array([a.revenue_squared for a in arms]) - n * y**2
    xx = np.array([a.before_squared for a in arms]) - n * x**2
    xy = np.array([a.revenue_before for a in arms]) - n * x * y
    slope = xy / xx
    pooled = (n * x).sum() / n.sum()
    mean = y - slope * (x - pooled)
    error = (yy - slope * xy) / (n - 2) / n
    half = -special.stdtrit(n - 2, ALPHA / 2) * np.sqrt(error)
    # The pooled mean of the covariate is an estimate too: it adds (β₁ − β₀)² V(x̄).
    shared = (slope[1] - slope[0]) ** 2 * (n / (n - 1) * xx).sum() / n.sum() ** 2
    difference = _welch(mean[1] - mean[0], error, n, shared)
    return shown([a.n for a in arms], n * y, zip(mean - half, mean + half, strict=True), difference, "Lin, Welch")

"""The likelihood of the shifted-beta-geometric model: its parameters, losses per period, and the maximum.

Source: Fader & Hardie (2007), J. Interact. Mark. 21(1):76-90, as a product of one binomial per period.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from abtest.stats.score import Floats
from abtest.stats.survival import Integers, whole_counts

MAX_STEPS = 200
_LOG_NEGLIGIBLE = 37.0


@dataclass(frozen=True, slots=True)
class Churn:
    """The parameters: churn ``mu`` of the first period, in (0, 1), and diversity ``theta`` ≥ 0 (0: all alike)."""

    mu: float
    theta: float

    def hazard(self, period: Floats) -> Floats:
        """Share of those still there that is lost in each of the periods, counted from 1."""
        share: Floats = self.mu / (1 + self.theta * (period - 1))
        return share

    def log_kept(self, period: Floats) -> Floats:
        """Logarithm of the share of those still there that stays through each period."""
        spread = self.theta * (period - 1)
        kept: Floats = np.log1p(-self.mu + spread) - np.log1p(spread)
        return kept

    def survival(self, last: int) -> Floats:
        """Shares still there at the end of periods 0 (all), 1 … ``last``."""
        steps = self.log_kept(np.arange(1, last + 1, dtype=float))
        shares: Floats = np.exp(np.concatenate([[0.0], np.cumsum(steps)]))
        return shares

    def residual(self, since: int, horizon: int | None, discount: float) -> float:
        """Return Σ S(t)/S(since) · (1 + discount)^(since − t) over t = since … horizon − 1, or ∞: may be infinite."""
        if horizon is None and discount == 0:
            alone = self.mu <= self.theta  # α ≤ 1
            return math.inf if alone else (1 - self.theta * (1 - since)) / (self.mu - self.theta)
        endless = math.ceil(_LOG_NEGLIGIBLE / math.log1p(discount)) if discount else 0
        terms = endless if horizon is None else max(horizon - since, 0)
        if terms == 0:
            return 0.0
        periods = np.arange(since + 1, since + terms, dtype=float)
        logs = np.concatenate([[0.0], np.cumsum(self.log_kept(periods) - math.log1p(discount))])
        return float(np.exp(logs).sum())

    def moved(self, logit: float, log: float) -> "Churn":
        """Return the parameters moved by ``logit`` in log(μ/(1 − μ)) = log(α/β) and by ``log`` in log θ."""
        odds = math.log(self.mu / (1 - self.mu)) + logit
        return Churn(float(special.expit(odds)), self.theta * math.exp(log))


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """``lost[i]`` customers lost in period i + 1 of ``at_risk[i]`` that were there at its start."""

    at_risk: Floats
    lost: Floats

    @property
    def periods(self) -> Floats:
        """The numbers of the periods, from 1."""
        return np.arange(1, len(self.lost) + 1, dtype=float)

    def log_likelihood(self, churn: Churn) -> float:
        """Log-likelihood of the losses, one binomial per period."""
        hazard = churn.hazard(self.periods)
        return float(self.lost @ np.log(hazard) + (self.at_risk - self.lost) @ churn.log_kept(self.periods))

    def directions(self, churn: Churn) -> Floats:
        """∂ log h(t) by log(μ/(1 − μ)) and by log θ: periods × 2."""
        spread = churn.theta * (self.periods - 1)
        return np.column_stack([np.full(len(spread), 1 - churn.mu), -spread / (1 + spread)])

    def score_and_information(self, churn: Churn) -> tuple[Floats, Floats]:
        """Gradient, and minus the matrix of second derivatives (observed information), of the log-likelihood."""
        along, hazard = self.directions(churn), churn.hazard(self.periods)
        excess = (self.lost - self.at_risk * hazard) / (1 - hazard)
        curvature = hazard * (self.at_risk - self.lost) / (1 - hazard) ** 2
        information = (along * curvature[:, None]).T @ along
        bend = np.column_stack([np.full(len(hazard), churn.mu * (1 - churn.mu)), -along[:, 1] * (1 + along[:, 1])])
        return excess @ along, information + np.diag(excess @ bend)


def maximum(losses: Losses) -> Churn | None:
    """Maximise by Newton's method, in steps that lose no likelihood; ``None`` when it runs to the geometric limit."""
    churn = Churn(float(np.clip(losses.lost[0] / losses.at_risk[0], 0.01, 0.99)), 0.3)
    height = losses.log_likelihood(churn)
    for _ in range(MAX_STEPS):
        score, information = losses.score_and_information(churn)
        values, vectors = np.linalg.eigh(information)
        # Where the likelihood is not concave the absolute curvature still points uphill.
        step = vectors @ (vectors.T @ score / np.maximum(np.abs(values), 1e-9 * np.abs(values).max()))
        step *= min(1.0, 2.0 / float(np.abs(step).max() or 1.0))
        if float(np.abs(step).max()) < 1e-12:
            return churn
        while True:
            candidate = churn.moved(float(step[0]), float(step[1]))
            inside = 0 < candidate.mu < 1
            reached = losses.log_likelihood(candidate) if inside else -math.inf
            if reached >= height - 1e-12 * abs(height) or float(np.abs(step).max()) < 1e-13:
                break
            step = step / 2
        if not inside or candidate.theta < 1e-9:
            return None if candidate.theta < 1e-9 else churn
        if float(np.abs(step).max()) < 1e-10:
            return candidate
        churn, height = candidate, reached
    return churn


def losses_of(lost: Sequence[int] | Integers, kept: Sequence[int] | Integers) -> Losses:
    """Return customers at risk and lost per period, to the last with anybody; ``ValueError`` for what is no count."""
    gone, stayed = whole_counts("lost", np.asarray(lost)), whole_counts("kept_censored", np.asarray(kept))
    if len(gone) != len(stayed):
        raise ValueError(f"lost and kept_censored must have the same length, got {len(gone)} and {len(stayed)}")
    at_risk = np.cumsum((gone + stayed)[::-1])[::-1]
    used = at_risk > 0
    return Losses(at_risk[used].astype(float), gone[used].astype(float))

"""Two arms compared at a horizon, from one estimate each: what survival, restricted means and incidences share."""

from dataclasses import dataclass, replace

from abtest.stats import checks
from abtest.stats.contrast import contrast
from abtest.stats.values import TwoSample


@dataclass(frozen=True, slots=True)
class ArmEstimate:
    """An arm's estimate at a horizon, its sampling variance, and the units whose state at the horizon is known."""

    value: float
    variance: float
    known: int


def positive_horizon(horizon: float) -> float:
    """Return a finite horizon above 0, or raise ``ValueError``."""
    value = checks.finite("horizon", horizon)
    if value <= 0:
        raise ValueError(f"horizon must be positive, got {horizon!r}")
    return value


def compare_estimates(
    method: str,
    arms: tuple[ArmEstimate, ArmEstimate],
    unit_variance: float,
    *,
    limit: float,
    confidence: float,
) -> TwoSample:
    """Compare control and treatment by z, with Fieller's lift; no difference can be larger than ``limit``.

    An arm without an event, or in which all units have it at once, has an estimated variance of 0, which would make a
    handful of such units look certain. It takes instead ``unit_variance``, the variance of one unit in both arms
    together, over its own known units: what a score test uses. Two such arms that agree have no test.
    """
    control, treatment = (arm if arm.variance > 0 else replace(arm, variance=unit_variance / arm.known) for arm in arms)
    errors = (control.variance, treatment.variance, 0.0)
    difference = treatment.value - control.value
    result = contrast(method, control.value, difference, errors, None, confidence=confidence)
    low, high = result.difference.low, result.difference.high
    if low is None or high is None:
        return result
    return replace(result, difference=replace(result.difference, low=max(low, -limit), high=min(high, limit)))

"""One look and two sides, or what the definition asks for instead: a good direction only, or looks at any time.

Principle: both are the metric's own method at another level. So its p-value and its intervals stay one test.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from abtest.grammar.fields import Good
from abtest.stats.anytime import anytime_confidence, anytime_p_value, normal_deviate
from abtest.stats.score import TINY
from abtest.stats.values import Estimate, MarginTest, TwoSample
from abtest.words.reason import Reason

if TYPE_CHECKING:
    from abtest.definition.model import Definition

TOO_EARLY = Reason("why-too-early")


@dataclass(frozen=True, slots=True)
class Inference:
    """How a metric's comparisons are read.

    ``alpha`` is the analysis's level; ``planned`` the number of units at which looks at any time see most.
    """

    alpha: float
    good: Good
    one_sided: bool = False
    planned: int | None = None

    @classmethod
    def of(cls, definition: "Definition", name: str) -> "Inference":
        """Return what the definition asks for the metric ``name``; guardrails look both ways."""
        settings, metric = definition.analysis, definition.metrics[name]
        return cls(
            1 - settings.confidence,
            metric.good,
            settings.alternative == "one-sided" and metric.role != "guardrail",
            settings.monitoring.planned if settings.monitoring else None,
        )

    def compare(self, run: Callable[[float], TwoSample], confidence: float, n: int) -> TwoSample:
        """Return a comparison of ``n`` units at ``confidence``; ``run`` makes the two-sided one at any level."""
        # A one-sided bound at 1 − α is the same bound of the two-sided interval at 1 − 2α.
        level = 2 * confidence - 1 if self.one_sided else confidence
        fixed = self._fixed(level, n)
        result = run(level if fixed is None else fixed)
        if self.planned is not None:
            # Before there is an interval, nothing is shown: the two must say the same.
            p_value = None if result.p_value is None else 1.0 if fixed is None else self._anytime(result.p_value, n)
            result = replace(result, method=f"{result.method}, confidence sequence", p_value=p_value)
        if fixed is None:
            result = replace(result, difference=_unbounded(result.difference), lift=_unbounded(result.lift))
        return self._one_side(result) if self.one_sided else result

    def margin(self, run: Callable[[float], MarginTest], confidence: float, n: int) -> MarginTest:
        """Return a margin test of ``n`` units at half of 1 − ``confidence``; ``run`` makes it at any level."""
        if self.planned is None:
            return run(confidence)
        fixed = self._fixed(confidence, n)
        test = run(confidence if fixed is None else fixed)
        p_value = test.p_value
        if p_value is not None and fixed is None:
            p_value = max(p_value, 0.5)
        elif p_value is not None:
            p_value = self._anytime(2 * p_value, n) / 2 if p_value < 0.5 else p_value
        return MarginTest(p_value, test.shown and fixed is not None, test.reason if fixed is not None else TOO_EARLY)

    def value(self, run: Callable[[float], Estimate], confidence: float, n: int) -> Estimate:
        """Return the value of one arm of ``n`` units; ``run`` gives it at any level. Arms' intervals have two sides."""
        if self.planned is None:
            return run(confidence)
        # Half of the planned units are this arm's.
        fixed = anytime_confidence(n, self.planned / 2, confidence, tuned_at=self.alpha) if n > 0 else None
        estimate = run(confidence if fixed is None else fixed)
        return _unbounded(estimate) if fixed is None else estimate

    def one_look(self, level: float, n: int) -> float | None:
        """Return the level at which one look at ``n`` units has the interval of ``level``; ``None`` without one."""
        return self._fixed(level, n)

    def _fixed(self, level: float, n: int) -> float | None:
        """Return the level at which one look has the interval that is asked for; ``None`` when there is none yet."""
        if self.planned is None:
            return level
        return anytime_confidence(n, self.planned, level, tuned_at=self._tuned_at) if n > 0 else None

    def _anytime(self, p_value: float, n: int) -> float:
        if self.planned is None or n <= 0:
            return 1.0
        return anytime_p_value(normal_deviate(p_value), n, self.planned, self._tuned_at)

    @property
    def _tuned_at(self) -> float:
        return 2 * self.alpha if self.one_sided else self.alpha

    def _one_side(self, result: TwoSample) -> TwoSample:
        effect, p_value = result.difference.estimate, result.p_value
        if p_value is not None and effect is not None:
            p_value = p_value / 2 if (effect > 0) == (self.good == "up") else 1 - p_value / 2
        return replace(
            result,
            method=f"{result.method}, one-sided",
            difference=_bound(result.difference, self.good),
            lift=_bound(result.lift, self.good),
            p_value=p_value,
        )


def _bound(estimate: Estimate, good: Good) -> Estimate:
    """Keep the bound on the bad side: the effect is at least (or at most) that."""
    if estimate.low is None and estimate.high is None:
        return estimate
    return replace(estimate, high=None) if good == "up" else replace(estimate, low=None)


def _unbounded(estimate: Estimate) -> Estimate:
    return Estimate(estimate.estimate, None, None, estimate.reason or TOO_EARLY)


ROUNDING = 1e-9
"""The share of the estimate within which a bound counts as 0, and may be moved to agree with its p-value."""


def settled(result: TwoSample, significant: bool | None) -> TwoSample:
    """Return a comparison whose bounds lie on the side of 0 that its p-value says, to the last digit.

    ``significant``: whether the p-value is below the level. Only a bound that rounding put on the wrong side is moved.
    """
    if significant is None:
        return result
    parts = _settled(result.difference, significant), _settled(result.lift, significant)
    return replace(result, difference=parts[0], lift=parts[1])


def _settled(estimate: Estimate, significant: bool) -> Estimate:
    point = estimate.estimate
    bound = estimate.low if (point or 0) > 0 else estimate.high
    if not point or bound is None or abs(bound) > ROUNDING * abs(point) or (bound * point > 0) == significant:
        return estimate
    moved = math.copysign(TINY, point) if significant else 0.0
    return replace(estimate, low=moved) if point > 0 else replace(estimate, high=moved)

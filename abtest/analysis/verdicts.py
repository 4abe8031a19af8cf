"""What a comparison shows, in one of the contract's words: the same for an analysis and for bare counts."""

from typing import TYPE_CHECKING

from abtest.analysis.result import Effect, MarginResult, Verdict
from abtest.grammar.fields import Good

if TYPE_CHECKING:
    from abtest.stats.values import Estimate

_SHOWN: dict[str, Verdict] = {"non-inferiority": "safe", "superiority": "better", "equivalence": "equivalent"}


def verdict(
    significant: bool | None,
    difference: float | None,
    margin: MarginResult | None,
    *,
    good: Good,
    guardrail: bool,
) -> Verdict:
    """Return the verdict.

    ``significant``: whether the difference's interval excludes 0; ``None`` when that cannot be tested. A ``guardrail``
    that is worse is harmed.
    """
    improved = difference is not None and (difference > 0) == (good == "up")
    if margin is not None:
        if margin.shown:
            return _SHOWN[margin.test]
        if significant and not improved:
            return "harmed" if guardrail else "worse"
        return "not shown safe" if margin.test == "non-inferiority" else "margin not shown"
    if significant is None or difference is None:
        return "not estimable"
    if not significant:
        return "no difference shown"
    if improved:
        return "better"
    return "harmed" if guardrail else "worse"


def effect(estimate: "Estimate") -> Effect:
    """Return an estimate of the statistics as the result's own kind."""
    return Effect(estimate=estimate.estimate, low=estimate.low, high=estimate.high, reason=estimate.reason)

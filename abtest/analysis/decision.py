"""What the pre-declared rules say.

The rules, in this order:

1. A failed health check: *invalid*.
2. An arm wins when a primary metric is better at the corrected level, none is worse, and every guardrail is safe:
   *ship* the winner with the largest effect on the first primary metric.
3. An arm that would win but for a guardrail: harmed → it is not shipped; not shown safe → more data (*keep running*) or
   *inconclusive*.
4. Every arm is worse on a primary metric, or harms a guardrail: *keep control*.
5. Otherwise, also when nothing can be estimated yet: *keep running* while eligible units are still immature, else
   *inconclusive*.
"""

from collections.abc import Sequence

from abtest.analysis.result import Check, Comparison, Decision, Effect, MetricResult, Recommendation
from abtest.analysis.telling import decided
from abtest.words.reason import Field, Reason

WINNING = frozenset({"better", "safe", "equivalent"})
"""Verdicts of a primary metric that show what it was to show: safe and equivalent exist only where a margin was."""


def decide(
    metrics: Sequence[MetricResult],
    checks: Sequence[Check],
    confidence: float,
    *,
    one_sided: bool = False,
    monitored: bool = False,
) -> Decision:
    """Return the recommendation with its reasons in plain words.

    ``one_sided``: primary metrics were tested in their good direction only; ``monitored``: figures hold at every look.
    """
    failed = [check for check in checks if check.status == "fail"]
    if failed:
        mismatch = [Reason.of("decision-mismatch")] * any(check.id.startswith("srm_") for check in failed)
        return decided("invalid", None, [*failed, *mismatch, Reason.of("decision-diagnosis")], metrics)
    primaries = [metric for metric in metrics if metric.role == "primary"]
    guardrails = [metric for metric in metrics if metric.role == "guardrail"]
    open_units = _open_units(metrics)
    arms = [comparison.arm for comparison in primaries[0].comparisons]
    reasons = [_primary_reason(m, c, confidence, one_sided=one_sided) for m in primaries for c in m.comparisons]
    standing = {arm: _standing(arm, primaries, guardrails) for arm in arms}
    winners = [arm for arm in arms if standing[arm] == "wins"]
    recommendation: Recommendation
    chosen = None
    if winners:
        chosen = max(winners, key=lambda arm: _gain(primaries[0], arm))
        recommendation = "ship"
    elif any(state == "unsafe" for state in standing.values()):
        recommendation = _wait(open_units)
    elif all(state in {"worse", "harmed"} for state in standing.values()):
        recommendation = "keep control"
    else:
        recommendation = _wait(open_units)
    reasons += [_guardrail_reason(m, c, confidence) for m in guardrails for c in m.comparisons]
    if chosen is not None and len(winners) > 1:
        others: list[Field] = [arm for arm in winners if arm != chosen]
        reasons.append(Reason.of("decision-largest", arm=chosen, others=others))
    reasons += _maturity_reason(metrics, monitored=monitored)
    tested = any(c.verdict == "no difference shown" for m in primaries for c in m.comparisons)
    if recommendation == "inconclusive" and tested and "unsafe" not in standing.values():
        reasons.append(Reason.of("decision-possible-effects"))
    return decided(recommendation, chosen, reasons, metrics)


def _wait(open_units: int) -> Recommendation:
    return "keep running" if open_units else "inconclusive"


def _open_units(metrics: Sequence[MetricResult]) -> int:
    return sum(arm.immature for metric in metrics if metric.role != "secondary" for arm in metric.arms)


def _of(metric: MetricResult, arm: str) -> Comparison:
    return next(comparison for comparison in metric.comparisons if comparison.arm == arm)


def _gain(metric: MetricResult, arm: str) -> float:
    estimate = _of(metric, arm).difference.estimate or 0.0
    return estimate if metric.good == "up" else -estimate


def _standing(arm: str, primaries: Sequence[MetricResult], guardrails: Sequence[MetricResult]) -> str:
    verdicts = {_of(metric, arm).verdict for metric in primaries}
    guards = {_of(metric, arm).verdict for metric in guardrails}
    if "worse" in verdicts:
        return "worse"
    if "harmed" in guards:
        return "harmed"
    if not verdicts & WINNING:
        return "open"
    return "unsafe" if guards & {"not shown safe", "margin not shown", "not estimable"} else "wins"


def _primary_reason(metric: MetricResult, comparison: Comparison, confidence: float, *, one_sided: bool) -> Reason:
    arms = {arm.arm: arm for arm in metric.arms}
    treated, control = arms[comparison.arm], arms[comparison.control]
    named: dict[str, Field] = {"metric": metric.name, "arm": comparison.arm, "control": comparison.control}
    if comparison.verdict == "not estimable":
        empty = [arm for arm in (treated, control) if arm.n == 0]
        because = (empty[0].reason if empty else comparison.reason) or Reason.of("reason-too-little")
        return Reason.of("decision-not-compared", **named, because=because)
    code = {
        "better": "decision-better",
        "worse": "decision-worse",
        "safe": "decision-safe",
        "equivalent": "decision-equivalent",
        "margin not shown": "decision-margin-not-shown",
        "not shown safe": "decision-not-shown-safe",
    }.get(comparison.verdict, "decision-no-improvement" if one_sided else "decision-no-difference")
    corrected = comparison.adjusted_p_value is not None
    return Reason.of(
        code,
        **named,
        value=treated.value,
        control_value=control.value,
        **_effect(comparison.adjusted_difference or comparison.difference, confidence),
        p_value=comparison.adjusted_p_value if corrected else comparison.p_value,
        corrected=corrected,
    )


def _effect(effect: Effect, confidence: float) -> dict[str, Field]:
    return {"difference": effect.estimate, "low": effect.low, "high": effect.high, "confidence": confidence}


def _guardrail_reason(metric: MetricResult, comparison: Comparison, confidence: float) -> Reason:
    margin = comparison.margin
    if margin is None:
        codes = {"harmed": "worse", "better": "better", "not estimable": "not-compared"}
        code, declared = codes.get(comparison.verdict, "without-margin"), {}
    else:
        code = comparison.verdict if comparison.verdict in {"safe", "harmed"} else "not-shown-safe"
        declared = {"margin": margin.value, "margin_scale": margin.scale}
    return Reason.of(
        f"guardrail-{code}",
        metric=metric.name,
        arm=comparison.arm,
        control=comparison.control,
        **_effect(comparison.difference, confidence),
        **declared,
    )


def _maturity_reason(metrics: Sequence[MetricResult], *, monitored: bool) -> list[Reason]:
    primary = longest_primary(metrics)
    if primary is None:
        return []
    immature = sum(arm.immature for arm in primary.arms)
    if not immature:
        return []
    return [
        Reason.of(
            "decision-immature",
            metric=primary.name,
            immature=immature,
            counted=immature + sum(arm.mature for arm in primary.arms),
            followed=primary.counts_immature,
            monitored=monitored,
        )
    ]


def longest_primary(metrics: Sequence[MetricResult]) -> MetricResult | None:
    """Return the primary metric whose window ends last: the one with the fewest mature units."""
    primaries = [metric for metric in metrics if metric.role == "primary"]
    return max(primaries, key=lambda metric: sum(arm.immature for arm in metric.arms), default=None)

"""What was planned, beside an answer that is not clear: how many units, what they would show, and until when."""

from collections.abc import Sequence

from abtest.analysis.result import Decision, MetricResult, ReasonCode
from abtest.analysis.telling import subjects_of
from abtest.definition.model import Definition
from abtest.words.reason import Field, Reason
from abtest.words.saying import in_english

OPEN = frozenset({"inconclusive", "keep running"})
"""Recommendations that are no clear answer."""


def with_planned(decision: Decision, definition: Definition, metrics: Sequence[MetricResult]) -> Decision:
    """Return the decision, with what was planned as its last reason where it is no clear answer."""
    planned = definition.planned
    primary = next((metric for metric in metrics if metric.role == "primary"), None)
    if planned is None or primary is None or decision.recommendation not in OPEN:
        return decision
    size = planned.detectable.get(primary.name)
    fields: dict[str, Field] = {
        "metric": primary.name,
        "units": planned.units,
        "mature": sum(arm.mature for arm in primary.arms),
        "sized": size is not None,
        "margin": size.value if size is not None else 0.0,
        "margin_scale": "relative" if size is not None and size.scale == "relative" else "absolute",
        "dated": planned.readable is not None,
        "readable_on": planned.readable.isoformat() if planned.readable is not None else "",
    }
    reason = Reason.of("decision-planned", **fields)
    codes = decision.reason_codes if len(decision.reason_codes) == len(decision.reasons) else []
    return decision.model_copy(
        update={
            "reasons": [*decision.reasons, in_english(reason, subjects_of(metrics))],
            "reason_codes": [*codes, ReasonCode.of(reason)],
        }
    )

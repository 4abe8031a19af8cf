"""Analyses from counts and values alone, without files: what the tests of this room start from."""

import json
from collections.abc import Mapping, Sequence

from abtest import load
from abtest.analysis.assemble import analysis_of
from abtest.analysis.result import Analysis
from abtest.moments.collected import ArmLedger, Collected, SourceCounts
from abtest.moments.sums import MetricMoments, Sums

Outcome = tuple[int, int] | Sequence[float]
"""A rate as (successes, n), or the units' values (whole numbers, so that their sums are exact)."""

SCALE = 1_000


def analysis_of_outcomes(
    arms: Sequence[str],
    outcomes: Mapping[str, Sequence[Outcome]],
    metrics: Mapping[str, Mapping[str, object]] | None = None,
    *,
    eligible: Sequence[int] | None = None,
    excluded: Sequence[Mapping[str, int]] | None = None,
    weights: Sequence[float] | None = None,
    sources: Sequence[SourceCounts] = (),
    **settings: object,
) -> Analysis:
    """Return the analysis of a wide experiment whose first metric is primary unless ``metrics`` says otherwise."""
    weights = weights or [1.0] * len(arms)
    declared = {
        name: {"type": "column", "role": "secondary" if place else "primary", **(metrics or {}).get(name, {})}
        for place, name in enumerate(outcomes)
    }
    experiment = load(
        {
            "name": "sample",
            "data": {"customers": {"arm": "arm"}},
            "arms": [
                {"name": a, "control": not i, "weight": w} for i, (a, w) in enumerate(zip(arms, weights, strict=True))
            ],
            "metrics": declared,
            "analysis": settings,
        }
    )
    moments = {
        name: MetricMoments(
            experiment.definition.metrics[name].outcome(name),
            all(isinstance(outcome, tuple) for outcome in given),
            tuple(sums_of(outcome) for outcome in given),
        )
        for name, given in outcomes.items()
    }
    sizes = list(eligible or [max(m.arms[i].n for m in moments.values()) for i in range(len(arms))])
    gone = list(excluded or [{} for _ in arms])
    ledger = tuple(ArmLedger(n + sum(out.values()), n, out) for n, out in zip(sizes, gone, strict=True))
    return analysis_of(experiment, Collected(None, ledger, moments, None, tuple(sources)))


def sums_of(outcome: Outcome) -> Sums:
    """Return the exact sums of a rate's counts or of values with up to three decimals."""
    if isinstance(outcome, tuple):
        successes, n = outcome
        return Sums(n, n, ("y",), (1,), (successes,), (successes,))
    scaled = [round(value * SCALE) for value in outcome]
    n, squares = len(scaled), sum(value * value for value in scaled)
    return Sums(n, n, ("y",), (SCALE,), (sum(scaled),), (squares,))


def parsed(analysis: Analysis) -> dict[str, object]:
    """Return results.json as plain data; NaN and infinities are refused."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in results.json")

    return json.loads(analysis.to_json(), parse_constant=refuse)


def excludes_zero(effect: object) -> bool:
    """Whether the interval lies on one side of 0; a missing bound is unbounded."""
    low, high = effect.low, effect.high
    return (low is not None and low > 0) or (high is not None and high < 0)

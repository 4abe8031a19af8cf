"""Reading early: a share of units by Kaplan–Meier beside the one of the mature units alone, and whether that is right.

Principle: the definition chooses before the start which of the two decides; both are shown, and no number of one is in
the other. The Kaplan–Meier reading supposes that the date of assignment tells nothing about the outcome. That is
tested. Where it fails *and* the arms are followed differently, the reading mixes time with treatment and is withheld.
"""

from collections.abc import Iterator, Mapping

from abtest.analysis.estimate import Estimator
from abtest.analysis.in_time import Reading, ReadingArm, ReadingComparison
from abtest.analysis.methods import EventShares, Method, early_method, life_table
from abtest.analysis.result import Check, MetricResult
from abtest.analysis.verdicts import effect
from abtest.stats.early import censoring_balance, enrolment_trend
from abtest.warehouse.moments import MetricMoments

LEVEL = 0.01
"""The level of the two checks."""
DRIFT = (
    "the outcome changes with the date of assignment, and the arms were followed for different lengths of time, so "
    "Kaplan–Meier mixes the one with the other"
)


def with_readings(metrics: list[MetricResult], estimators: Mapping[str, Estimator]) -> list[MetricResult]:
    """Return the metrics with both readings, where units are followed for the early one."""
    return [
        metric.model_copy(update={"readings": readings(estimators[metric.name])})
        if early_method(estimators[metric.name].moments) is not None
        else metric
        for metric in metrics
    ]


def readings(estimator: Estimator) -> list[Reading]:
    """Return a metric's two readings, the primary one first."""
    early = early_method(estimator.moments)
    if early is None:
        return []
    withheld = DRIFT if _drifts(estimator.moments) and _unbalanced(estimator.moments) else None
    both = [
        _reading(estimator, "mature", estimator.mature_method, None),
        _reading(estimator, "kaplan-meier", early, withheld),
    ]
    return sorted(both, key=lambda reading: not reading.primary)


def early_checks(estimators: Mapping[str, Estimator]) -> Iterator[Check]:
    """Return a check of the early reading of every metric that has one."""
    for name, estimator in estimators.items():
        moments = estimator.moments
        if moments.by_week is None or moments.lifetimes is None:
            continue
        what = estimator.metric.title or name.replace("_", " ").capitalize()
        trend = _trend(moments)
        chosen = estimator.reads_early or moments.outcome.reduce == "time"
        if trend is None:
            yield Check(
                id=f"early.{name}",
                status="skipped",
                message=f"{what}: whether the outcome depends on the date of assignment cannot be tested yet.",
            )
        elif trend >= LEVEL:
            yield Check(
                id=f"early.{name}",
                status="pass",
                message=f"{what}: no sign that the outcome depends on the date of assignment, as reading immature "
                "units by Kaplan–Meier supposes.",
                p_value=trend,
            )
        elif _unbalanced(moments):
            yield Check(
                id=f"early.{name}",
                status="fail" if chosen and estimator.metric.role == "primary" else "warn",
                message=f"{what}: {DRIFT}; do not use that reading, and compare units of one week with each other.",
                p_value=trend,
            )
        else:
            yield Check(
                id=f"early.{name}",
                status="warn",
                message=f"{what}: the outcome changes with the date of assignment, so the units followed longest do "
                "not speak for the others; the Kaplan–Meier values are off, their difference less so, since both arms "
                "were followed alike.",
                p_value=trend,
            )


def _trend(moments: MetricMoments) -> float | None:
    if moments.by_week is None or len(moments.by_week[0]) < 2:
        return None
    return enrolment_trend([[life_table(week) for week in arm] for arm in moments.by_week]).p_value


def _drifts(moments: MetricMoments) -> bool:
    trend = _trend(moments)
    return trend is not None and trend < LEVEL


def _unbalanced(moments: MetricMoments) -> bool:
    control, treatment, *further = [life_table(arm) for arm in moments.lifetimes or ()]
    p_value = censoring_balance(control, treatment, *further).p_value
    return p_value is not None and p_value < LEVEL


def _reading(estimator: Estimator, kind: str, method: Method, withheld: str | None) -> Reading:
    moments, names, control = estimator.moments, estimator.names, estimator.control
    early = isinstance(method, EventShares)
    units = [arm.units for arm in moments.lifetimes or ()] if early else [arm.n for arm in moments.arms]
    arms = []
    for index, name in enumerate(names):
        estimate = method.value(index, estimator.confidence)
        arms.append(
            ReadingArm(
                arm=name,
                n=units[index],
                value=estimate.estimate,
                low=estimate.low,
                high=estimate.high,
                reason=estimate.reason,
            )
        )
    comparisons = []
    for index, name in enumerate(names):
        if index == control:
            continue
        result = estimator.compare(index, estimator.confidence, method)
        comparisons.append(
            ReadingComparison(
                arm=name,
                control=names[control],
                difference=effect(result.difference),
                lift=effect(result.lift),
                p_value=result.p_value,
                reason=result.reason,
            )
        )
    used = next(iter(comparisons), None)
    return Reading.model_validate(
        {
            "reading": kind,
            "primary": early == estimator.reads_early,
            "method": "" if used is None else estimator.compare(_first(estimator), estimator.confidence, method).method,
            "horizon_days": (moments.outcome.window or (0, 0))[1] / 86_400,
            "arms": arms,
            "comparisons": comparisons,
            "withheld": withheld,
        }
    )


def _first(estimator: Estimator) -> int:
    return next(index for index in range(len(estimator.names)) if index != estimator.control)

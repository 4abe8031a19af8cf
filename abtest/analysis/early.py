"""Reading early: a share of units by Kaplan–Meier beside the one of the mature units alone, and whether that is right.

Principle: the definition chooses before the start which of the two decides; both are shown, and no number of one is in
the other. Of a time to an event the restricted mean decides, and both readings of the share with the event by the
horizon stand beside it. Kaplan–Meier supposes that the date of assignment tells nothing about the outcome. That is
tested. Where it fails *and* the arms are followed differently, the reading mixes time with treatment and is withheld.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from abtest.analysis.estimate import Estimator
from abtest.analysis.in_time import Reading, ReadingArm, ReadingComparison, ReadingKind
from abtest.analysis.result import MetricResult
from abtest.analysis.value import ReasonCode
from abtest.analysis.verdicts import effect
from abtest.checks.finding import Finding, Status
from abtest.grammar.time import DAY
from abtest.metrics.methods import Method, Rates, early_shares, life_table
from abtest.moments.sums import MetricMoments
from abtest.stats.early import censoring_balance, enrolment_trend
from abtest.stats.values import Rate
from abtest.words.reason import Reason
from abtest.words.saying import in_english

LEVEL = 0.01
"""The level of the two checks."""
DRIFT = Reason("why-drift")


@dataclass(frozen=True, slots=True)
class Assumption:
    """Whether the date of assignment tells something of the outcome, and whether the arms were followed alike.

    ``trend`` is the p-value of a trend over the weeks of assignment, ``None`` where it cannot be tested.
    """

    trend: float | None
    unbalanced: bool

    @property
    def drifts(self) -> bool:
        """Whether the outcome changes with the date of assignment."""
        return self.trend is not None and self.trend < LEVEL

    @property
    def fails(self) -> bool:
        """Whether the reading makes an effect out of nothing."""
        return self.drifts and self.unbalanced


def read_early(
    metrics: list[MetricResult], estimators: Mapping[str, Estimator]
) -> tuple[list[MetricResult], list[Finding]]:
    """Return the metrics with both readings, where the early one says something, and what is found of each."""
    found, checks = [], []
    for metric in metrics:
        estimator = estimators[metric.name]
        assumption = assumption_of(estimator.moments)
        if assumption is None and not estimator.reads_early:
            found.append(metric)
            continue
        found.append(metric.model_copy(update={"readings": readings(estimator, assumption)}))
        if assumption is not None:
            checks.append(_finding(estimator, metric, assumption))
    return found, checks


def assumption_of(moments: MetricMoments) -> Assumption | None:
    """Test what Kaplan–Meier supposes; ``None`` where nobody was lost from view before the horizon."""
    if moments.lifetimes is None or moments.by_week is None or moments.outcome.window is None:
        return None
    tables = [life_table(arm) for arm in moments.lifetimes]
    horizon = moments.outcome.window[1] // moments.step
    if all(table.known(horizon) == table.n for table in tables):
        return None
    weeks = [[life_table(week) for week in arm] for arm in moments.by_week]
    trend = enrolment_trend(weeks).p_value if len(weeks[0]) > 1 else None
    control, treatment, *further = tables
    balance = censoring_balance(control, treatment, *further).p_value
    return Assumption(trend, balance is not None and balance < LEVEL)


def readings(estimator: Estimator, assumption: Assumption | None) -> list[Reading]:
    """Return a metric's two readings, one that decides first; none where causes compete, whose shares are others."""
    moments = estimator.moments
    early = early_shares(moments)
    if early is None or moments.competing is not None:
        return []
    timed = moments.outcome.timed
    mature = Rates([Rate(arm.total, arm.n) for arm in moments.arms]) if timed else estimator.mature_method
    units = [arm.n for arm in moments.arms], [arm.units for arm in moments.lifetimes or ()]
    withheld = {"withheld": in_english(DRIFT), "withheld_code": ReasonCode.of(DRIFT)}
    first = _reading(estimator, "mature", mature, units[0])
    second = _reading(estimator, "kaplan-meier", early, units[1])
    if assumption is not None and assumption.fails:
        second = second.model_copy(update=withheld)
    return [second, first] if estimator.reads_early else [first, second]


def _reading(estimator: Estimator, kind: ReadingKind, method: Method, units: list[int]) -> Reading:
    moments, names, control = estimator.moments, estimator.names, estimator.control
    values = [method.value(index, estimator.confidence) for index in range(len(names))]
    compared = {
        index: estimator.compare(index, estimator.confidence, method) for index in range(len(names)) if index != control
    }
    decides = "kaplan-meier" if estimator.reads_early else "mature"
    return Reading(
        reading=kind,
        primary=kind == decides and not moments.outcome.timed,
        method=next(iter(compared.values())).method,
        horizon_days=(moments.outcome.window or (0, 0))[1] / DAY,
        arms=[
            ReadingArm(arm=name, n=n, value=value.estimate, low=value.low, high=value.high, reason=value.reason)
            for name, n, value in zip(names, units, values, strict=True)
        ],
        comparisons=[
            ReadingComparison(
                arm=names[index],
                control=names[control],
                difference=effect(result.difference),
                lift=effect(result.lift),
                p_value=result.p_value,
                reason=result.reason,
            )
            for index, result in compared.items()
        ],
    )


def _finding(estimator: Estimator, metric: MetricResult, assumption: Assumption) -> Finding:
    decides = metric.role == "primary" and (estimator.reads_early or estimator.moments.outcome.timed)
    status: Status
    if assumption.trend is None:
        status, code = "skipped", "check-early-untested"
    elif not assumption.drifts:
        status, code = "pass", "check-early-holds"
    elif assumption.unbalanced:
        status, code = "fail" if decides else "warn", "check-early-fails"
    else:
        status, code = "warn", "check-early-drifts"
    return Finding(f"early.{metric.name}", status, Reason.of(code, metric=metric.name), assumption.trend)

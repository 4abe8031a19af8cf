"""From moments to the analysis: estimates → checks → curves → decision → :class:`Analysis`."""

from collections.abc import Sequence

from abtest.analysis.board import board_result
from abtest.analysis.curves import metric_curve
from abtest.analysis.decision import decide, longest_primary
from abtest.analysis.detectable import with_detectable
from abtest.analysis.early import read_early
from abtest.analysis.estimate import Estimator
from abtest.analysis.family import Correcting, corrected, family_of
from abtest.analysis.in_time import Curve
from abtest.analysis.in_words import in_words
from abtest.analysis.locked import demoted
from abtest.analysis.planned import with_planned
from abtest.analysis.provenance import provenance
from abtest.analysis.result import (
    Analysis,
    AnalysisSettings,
    ArmInfo,
    ArmPopulation,
    CustomerBase,
    DataInfo,
    Deviation,
    ExperimentInfo,
    LockedAnswer,
    MetricResult,
    ReasonCode,
    SourceInfo,
)
from abtest.analysis.segments import segment_results
from abtest.analysis.status import judged, status_of
from abtest.analysis.survival import survival_curves, survival_result
from abtest.analysis.telling import checked, subjects_of
from abtest.analysis.totals import with_totals
from abtest.analysis.worth import value_result
from abtest.checks import design, health
from abtest.checks.finding import Given, Maturity
from abtest.definition.deciding import deciding
from abtest.definition.load import Experiment
from abtest.definition.lock import Lock, compare
from abtest.definition.model import Definition
from abtest.definition.timeline import all_readable
from abtest.grammar.time import DAY
from abtest.moments.collected import Collected
from abtest.moments.sums import MetricMoments
from abtest.warehouse.calendar import Calendar
from abtest.words.saying import in_english


def analysis_of(
    experiment: Experiment,
    collected: Collected,
    packages: Sequence[str] = (),
    *,
    lock: Lock | None = None,
    answer: LockedAnswer | None = None,
) -> Analysis:
    """Return the analysis of moments that were collected before.

    ``packages`` are those of the engine that did; ``lock`` is that of the experiment, where it has one; ``answer`` the
    answer to the locked question.
    """
    definition = experiment.definition
    confidence = definition.analysis.confidence
    estimators = {name: Estimator(definition, name, moments) for name, moments in collected.metrics.items()}
    metrics = [estimator.result(collected.ledger) for estimator in estimators.values()]
    contrasts = {name: estimator.contrasts for name, estimator in estimators.items()}
    metrics = corrected(Correcting.of(definition), metrics, contrasts)
    metrics, early_findings = read_early(metrics, estimators)
    metrics = [_in_time(definition, metric, collected.metrics[metric.name]) for metric in metrics]
    given = Given(definition, collected, _maturity(metrics))
    subjects = subjects_of(metrics)
    found = [*health(given), *early_findings, *design.findings(given)]
    checks = [checked(finding, subjects) for finding in found]
    population = _population(experiment, collected, metrics)
    customers = _customers(collected)
    metrics = with_totals(definition, population, metrics)
    calendar = Calendar.of(definition)
    family = family_of(definition)
    info = _experiment(experiment, lock)
    status = status_of(definition, collected, metrics)
    metrics = with_detectable(definition, metrics, contrasts, status)
    decision = decide(
        metrics,
        checks,
        confidence,
        one_sided=definition.analysis.alternative == "one-sided",
        monitored=definition.analysis.monitoring is not None,
    )
    decision = with_planned(decision, definition, metrics)
    readable = all_readable(definition)
    waits = any(arm.immature for metric in metrics if metric.role != "secondary" for arm in metric.arms)
    if readable is not None and waits:
        decision = decision.model_copy(update={"readable_on": readable.isoformat()})
    changes = [deviation for deviation in info.deviations if deviation.decides]
    return Analysis(
        experiment=info,
        settings=AnalysisSettings(
            confidence=confidence,
            correction=definition.analysis.correction,
            family=in_english(family),
            family_code=ReasonCode.of(family),
            alternative=definition.analysis.alternative,
            monitoring=definition.analysis.monitoring.method if definition.analysis.monitoring else None,
            planned_units=definition.analysis.monitoring.planned if definition.analysis.monitoring else None,
        ),
        data=DataInfo(
            through=calendar.iso(collected.through),
            sources=[
                SourceInfo(name=source.name, path=source.path, rows=source.rows, fingerprint=source.fingerprint)
                for source in collected.sources
            ],
        ),
        customers=customers,
        population=population,
        checks=checks,
        metrics=metrics,
        curves=[curve for metric in metrics for curve in _curves(definition, metric, collected.metrics[metric.name])],
        segments=segment_results(definition, collected.metrics),
        value=value_result(definition, collected.metrics),
        board=board_result(definition, population, customers, metrics),
        decision=demoted(decision, changes, answer, definition.control.name),
        status=judged(status, metrics, decision, monitored=definition.analysis.monitoring is not None),
        locked_answer=answer,
        provenance=provenance(packages),
    )


def _in_time(definition: Definition, metric: MetricResult, moments: MetricMoments) -> MetricResult:
    """Return a metric with what is known of its times, and with its differences in plain words."""
    comparisons = [
        comparison.model_copy(update={"in_words": in_words(comparison.difference, metric)})
        for comparison in metric.comparisons
    ]
    survival = survival_result(definition, metric.name, moments)
    return metric.model_copy(update={"comparisons": comparisons, "survival": survival})


def _curves(definition: Definition, metric: MetricResult, moments: MetricMoments) -> list[Curve]:
    curve = metric_curve(definition, metric.name, moments, metric.title, metric.unit)
    times = survival_curves(definition, metric.name, moments, metric.title)
    return times if curve is None else [curve, *times]


def _experiment(experiment: Experiment, lock: Lock | None) -> ExperimentInfo:
    definition = experiment.definition
    weights = sum(arm.weight for arm in definition.arms)
    period = definition.period
    changed = compare(lock, experiment) if lock else []
    decides = {deviation.key for deviation in deciding(lock, definition, changed)} if lock else set()
    return ExperimentInfo(
        name=definition.name,
        title=definition.title or definition.name,
        hypothesis=definition.hypothesis,
        unit=definition.unit,
        timezone=definition.timezone,
        period_start=period.start.isoformat() if period else None,
        period_end=period.end.isoformat() if period and period.end else None,
        eligible=definition.population.eligible,
        cluster=definition.cluster,
        strata=list(definition.analysis.strata),
        compliance=definition.compliance.event if definition.compliance else None,
        exposure=definition.population.exposure.event if definition.population.exposure else None,
        exposure_days=_days(definition.population.exposure.window if definition.population.exposure else None),
        language=definition.report.language,
        triggered=definition.triggered,
        arms=[
            ArmInfo(
                name=arm.name,
                title=arm.title,
                description=arm.description,
                control=arm.control,
                share=arm.weight / weights,
                cadence_days=arm.cadence / DAY if arm.cadence else None,
            )
            for arm in definition.arms
        ],
        definition_sha256=experiment.sha256,
        locked=lock is not None,
        locked_at=lock.locked_at if lock else None,
        locked_after_data=lock.outcome_data.seen if lock else None,
        deviations=[
            Deviation(
                key=found.key,
                old=found.old,
                new=found.new,
                default=found.default,
                file=found.file,
                line=found.line,
                sentence=found.sentence,
                decides=found.key in decides,
            )
            for found in changed
        ],
    )


def _days(window: tuple[int, int] | None) -> tuple[float, float] | None:
    return None if window is None else (window[0] / DAY, window[1] / DAY)


def _maturity(metrics: Sequence[MetricResult]) -> Maturity | None:
    primary = longest_primary(metrics)
    if primary is None:
        return None
    return Maturity(
        primary.name,
        mature=tuple(arm.mature for arm in primary.arms),
        immature=tuple(arm.immature for arm in primary.arms),
        followed=primary.counts_immature,
    )


def _customers(collected: Collected) -> CustomerBase | None:
    counts = collected.customers
    if counts is None:
        return None
    return CustomerBase(
        total=counts.total,
        eligible=counts.eligible,
        not_eligible=counts.total - counts.eligible,
        unassigned=counts.unassigned,
    )


def _population(experiment: Experiment, collected: Collected, metrics: list[MetricResult]) -> list[ArmPopulation]:
    primary = longest_primary(metrics)
    return [
        ArmPopulation(
            arm=arm.name,
            assigned=ledger.assigned,
            eligible=ledger.eligible,
            exposed=ledger.exposed,
            mature=primary.arms[index].mature if primary else ledger.counted,
            clusters=ledger.clusters,
            excluded=dict(ledger.excluded),
        )
        for index, (arm, ledger) in enumerate(zip(experiment.definition.arms, collected.ledger, strict=True))
    ]

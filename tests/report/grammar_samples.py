"""Analyses that use the wider grammar: one-sided and anytime tests, times, windows, levels, exposure, locks."""

from collections.abc import Sequence

import report_samples as samples

from abtest.analysis.result import (
    Analysis,
    ArmResult,
    Check,
    Comparison,
    Deviation,
    Effect,
    LevelReading,
    MarginResult,
    MetricResult,
)

TOO_EARLY = "too few units so far for an interval that holds at every look"


def with_settings(analysis: Analysis, **fields: object) -> Analysis:
    return analysis.model_copy(update={"settings": analysis.settings.model_copy(update=fields)})


def with_experiment(analysis: Analysis, **fields: object) -> Analysis:
    return analysis.model_copy(update={"experiment": analysis.experiment.model_copy(update=fields)})


def with_metric(analysis: Analysis, place: int, **fields: object) -> Analysis:
    metrics = [m.model_copy(update=fields) if i == place else m for i, m in enumerate(analysis.metrics)]
    return analysis.model_copy(update={"metrics": metrics})


def with_comparisons(metric: MetricResult, comparisons: Sequence[Comparison]) -> MetricResult:
    return metric.model_copy(update={"comparisons": list(comparisons)})


def _bounded(effect: Effect | None, good: str) -> Effect | None:
    return effect and effect.model_copy(update={"high" if good == "up" else "low": None})


def bounded(metric: MetricResult) -> MetricResult:
    """The metric tested in its good direction: only the bounds on the bad side are left."""
    parts = ("difference", "lift", "adjusted_difference", "adjusted_lift")
    return with_comparisons(
        metric,
        [
            c.model_copy(update={part: _bounded(getattr(c, part), metric.good) for part in parts})
            for c in metric.comparisons
        ],
    )


def one_sided(analysis: Analysis | None = None) -> Analysis:
    base = analysis or samples.drip()
    metrics = [metric if metric.role == "guardrail" else bounded(metric) for metric in base.metrics]
    return with_settings(base.model_copy(update={"metrics": metrics}), alternative="one-sided")


def one_sided_downwards() -> Analysis:
    """A primary metric that should fall, tested in that direction, without and with a shown improvement."""
    arms = [samples.rate("biweekly", 512, 7590), samples.rate("weekly", 431, 7611)]
    metric = samples.metric("complained", "Complained", arms, role="primary", good="down")
    base = samples.drip()
    return one_sided(base.model_copy(update={"metrics": [metric, *base.metrics[1:]]}))


def not_improved() -> Analysis:
    """The drip, one-sided, whose arm is far worse."""
    arms = [samples.rate("biweekly", 3689, 7611), samples.rate("weekly", 3412, 7590)]
    metric = samples.metric("retained_8w", "Customers who ordered in weeks 5 to 8", arms, role="primary")
    worse = metric.comparisons[0].model_copy(update={"verdict": "no difference shown", "p_value": 0.99999})
    base = samples.drip()
    return one_sided(base.model_copy(update={"metrics": [with_comparisons(metric, [worse]), *base.metrics[1:]]}))


def anytime(analysis: Analysis | None = None) -> Analysis:
    return with_settings(analysis or samples.drip(), monitoring="anytime", planned_units=20_000)


def too_early(analysis: Analysis | None = None) -> Analysis:
    """An anytime analysis at so few units that no comparison has an interval."""
    base = anytime(analysis)

    def unbounded(effect: Effect | None) -> Effect | None:
        return effect and effect.model_copy(update={"low": None, "high": None, "reason": TOO_EARLY})

    metrics = []
    for metric in base.metrics:
        comparisons = [
            c.model_copy(
                update={
                    "difference": unbounded(c.difference),
                    "lift": unbounded(c.lift),
                    "adjusted_difference": unbounded(c.adjusted_difference),
                    "adjusted_lift": unbounded(c.adjusted_lift),
                    "p_value": 1.0,
                    "adjusted_p_value": c.adjusted_p_value and 1.0,
                    "margin": c.margin and c.margin.model_copy(update={"p_value": 0.5, "shown": False}),
                    "verdict": "not shown safe" if c.margin else "no difference shown",
                }
            )
            for c in metric.comparisons
        ]
        metrics.append(with_comparisons(metric, comparisons))
    return base.model_copy(update={"metrics": metrics})


def followed(arm: str, value: float, half: float, n: int, mature: int, **fields: object) -> ArmResult:
    return ArmResult(
        arm=arm, n=n, mature=mature, immature=n - mature, value=value, low=value - half, high=value + half, **fields
    )


def time_to_event(*, role: str = "guardrail", good: str = "up") -> Analysis:
    """The drip with a time until customers unsubscribe, of units a fifth of which are still followed."""
    arms = [followed("biweekly", 55.16, 0.14, 7778, 7590), followed("weekly", 55.15, 0.135, 7799, 7611)]
    comparison = Comparison(
        arm="weekly",
        control="biweekly",
        method="restricted mean time z, lift by Fieller",
        difference=samples.seen(-0.01, 0.19),
        lift=samples.seen(-0.0002, 0.0034),
        p_value=0.929,
        margin=MarginResult(value=0.01, scale="relative", p_value=0.0000001, shown=True)
        if role == "guardrail"
        else None,
        verdict="safe" if role == "guardrail" else "no difference shown",
    )
    metric = MetricResult(
        name="unsubscribed",
        title="Time to unsubscribing",
        role=role,  # type: ignore[arg-type]
        type="time_to_event",
        kind="mean",
        unit="days",
        good=good,  # type: ignore[arg-type]
        window_days=(0, 56),
        estimand="Mean number of the first 56 days after assignment without an event in unsubscribes, by Kaplan–Meier",
        method="restricted mean time z, lift by Fieller",
        arms=arms,
        comparisons=[comparison],
    )
    base = samples.drip()
    kept = [m for m in base.metrics if m.role == "secondary" or role == "guardrail"][:2]
    return base.model_copy(update={"metrics": [*kept, metric] if role == "guardrail" else [metric, *kept]})


def with_window(
    days: tuple[float, float] | None = None, clock: str = "exact", periods: tuple[int, int] | None = None
) -> Analysis:
    return with_metric(samples.drip(), 0, window_days=days, clock=clock, window_periods=periods)


def against(analysis: Analysis, levels: dict[str, float], places: Sequence[int] = (0,)) -> Analysis:
    """The analysis with levels, named by their kind, beside the arms of some metrics."""

    def reading(arm: ArmResult, level: float) -> str:
        above, below = arm.low is not None and arm.low > level, arm.high is not None and arm.high < level
        return "above" if above else "below" if below else "not distinguished"

    for place in places:
        found = []
        for arm in analysis.metrics[place].arms:
            readings = [LevelReading(kind=k, level=v, reading=reading(arm, v)) for k, v in levels.items()]  # type: ignore[arg-type]
            found.append(arm.model_copy(update={"against": readings}))
        analysis = with_metric(analysis, place, arms=found)
    return analysis


def exposed(*, triggered: bool, days: tuple[float, float] | None = (0, 14)) -> Analysis:
    base = samples.drip()
    population = [arm.model_copy(update={"exposed": arm.eligible - 105}) for arm in base.population]
    changed = base.model_copy(update={"population": population})
    return with_experiment(changed, exposure="sends", exposure_days=days, triggered=triggered)


DEVIATIONS = [
    Deviation(
        key="metrics.retained_8w.window",
        old="[28d, 56d]",
        new="[28d, 63d]",
        file="drip.yaml",
        line=14,
        sentence="metrics.retained_8w.window: [28d, 56d] → [28d, 63d]",
    ),
    Deviation(
        key="analysis.confidence",
        old=None,
        new="0.9",
        file="drip.yaml",
        line=21,
        sentence="analysis.confidence: 0.95 (the default) → 0.9",
    ),
    Deviation(
        key="metrics.unsubscribed.margin",
        old="1pp",
        new=None,
        file="library.yaml",
        line=7,
        sentence="metrics.unsubscribed.margin: removed (was 1pp)",
    ),
]


def locked(
    deviations: int = 0, *, after_data: bool | None = False, at: str | None = "2026-02-28T22:12:00+00:00"
) -> Analysis:
    return with_experiment(
        samples.drip(),
        locked=True,
        locked_at=at,
        locked_after_data=after_data,
        deviations=(DEVIATIONS * 4)[:deviations],
    )


CADENCE = Check(
    id="design.cadence",
    status="warn",
    message="retained_8w: [28d, 42d] holds 1 send of biweekly and 2 sends of weekly: a send more or less comes from "
    "where the window begins and ends; use `window: [28d, 56d]`, whole cycles of 14d",
)
PARTIAL = Check(
    id="design.guardrail-without-margin",
    status="warn",
    message="unsubscribed: a guardrail without a margin can be shown to be harmed, never to be safe",
)


def doubtful() -> Analysis:
    """The drip with warnings about its design."""
    base = samples.drip()
    return base.model_copy(update={"checks": [*base.checks, CADENCE, PARTIAL]})


def everything() -> Analysis:
    """Three arms with long names, one-sided at every look, levels everywhere, exposure, a lock with deviations."""
    base = one_sided(anytime(samples.three_arms()))
    base = against(base, {"benchmark": 0.455, "goal": 0.5}, (0,))
    base = against(base, {"benchmark": 42.5, "goal": 80.0}, (1,))
    names = {
        "biweekly": "The letter every second week, as it has been since 2019",
        "weekly": "The letter every week with the same content",
        "daily": "A short letter every day",
    }
    arms = [arm.model_copy(update={"title": names[arm.name]}) for arm in base.experiment.arms]
    population = [arm.model_copy(update={"exposed": arm.eligible - 105}) for arm in base.population]
    changed = with_experiment(
        base.model_copy(update={"population": population, "checks": [*base.checks, CADENCE, PARTIAL]}),
        arms=arms,
        exposure="sends",
        exposure_days=(0, 14),
        triggered=True,
        locked=True,
        locked_at="2026-06-08T09:00:00+00:00",
        locked_after_data=True,
        deviations=DEVIATIONS,
    )
    time = time_to_event().metrics[-1]
    third = followed("daily", 54.1, 0.15, 7790, 7602)
    other = time.comparisons[0].model_copy(update={"arm": "daily", "verdict": "harmed"})
    time = time.model_copy(update={"arms": [*time.arms, third], "comparisons": [*time.comparisons, other]})
    return changed.model_copy(update={"metrics": [*changed.metrics, time]})

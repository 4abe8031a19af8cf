"""Analyses with retention in time. Numbers are made up but hang together; intervals are plain normal ones."""

import math
from collections.abc import Callable, Sequence

import report_samples as samples

from abtest.analysis.in_time import (
    ArmValue,
    BoardResult,
    BoardRow,
    Curve,
    CurveArm,
    CurveComparison,
    CurvePoint,
    CurveTest,
    HazardResult,
    Landmark,
    MedianResult,
    PlainWords,
    ProjectionPoint,
    Reading,
    ReadingArm,
    ReadingComparison,
    SurvivalResult,
    ValueComparison,
    ValueResult,
)
from abtest.analysis.result import Analysis, Comparison, Effect, OverallTest

Z = 1.959964
BAND = 2.7
DAYS = {"day": 1.0, "week": 7.0, "month": 30.0}
SOON = "no unit is mature for this period"
LONG = "Customers who ordered at least once in the shop, the app or by telephone during the period, returns not counted"


def around(estimate: float, half: float, **fields: object) -> Effect:
    return Effect(estimate=estimate, low=estimate - half, high=estimate + half, **fields)


def nothing(reason: str) -> Effect:
    return Effect(estimate=None, low=None, high=None, reason=reason)


def point(
    start: float, end: float, n: int, value: float, se: float, *, band: bool = True, share: bool = True
) -> CurvePoint:
    def inside(bound: float) -> float:
        return min(max(bound, 0.0), 1.0) if share else bound

    return CurvePoint(
        start_day=start,
        end_day=end,
        n=n,
        value=value,
        low=inside(value - Z * se),
        high=inside(value + Z * se),
        band_low=inside(value - BAND * se) if band else None,
        band_high=inside(value + BAND * se) if band else None,
    )


def unknown(start: float, end: float, reason: str = SOON) -> CurvePoint:
    return CurvePoint(start_day=start, end_day=end, n=0, value=None, low=None, high=None, reason=reason)


def whole(points: Sequence[CurvePoint]) -> CurveTest:
    """The test of the whole curve: below 0.05 exactly when the band excludes 0 somewhere."""
    bands = [(p.band_low, p.band_high) for p in points if p.band_low is not None and p.band_high is not None]
    if not bands:
        return CurveTest(method="largest |statistic|", statistic=None, p_value=None, reason="no point varies")
    excludes = any(low > 0 or high < 0 for low, high in bands)
    return CurveTest(method="largest |statistic|", statistic=3.1, p_value=0.0031 if excludes else 0.41)


def curve(
    analysis: Analysis,
    value: Callable[[int, float], float],
    *,
    count: int = 8,
    step: str = "week",
    kind: str = "bracket",
    unit: str = "fraction",
    spread: float | None = None,
    missing: int = 0,
    tested: bool = True,
    band: bool = True,
    **fields: object,
) -> Curve:
    """A curve whose arm ``i`` is ``value(i, share of the time)``; the last ``missing`` points have no units."""
    width = DAYS[step]
    names = [arm.name for arm in analysis.experiment.arms]
    arms: list[list[CurvePoint]] = []
    changes: list[list[CurvePoint]] = []
    for i, _ in enumerate(names):
        line, change = [], []
        for k in range(count):
            start, end = k * width, (k + 1) * width
            share = (k + 1) / count
            n = round(7600 * (1 - 0.85 * share**2)) + 11 * i
            if k >= count - missing:
                line.append(unknown(start, end))
                change.append(unknown(start, end))
                continue
            y, base = value(i, share), value(0, share)
            sd = spread * math.sqrt(share) if spread else math.sqrt(max(y * (1 - y), 1e-6))
            se = sd / math.sqrt(n)
            line.append(point(start, end, n, y, se, band=band, share=unit == "fraction"))
            change.append(point(start, end, 2 * n, y - base, se * math.sqrt(2), band=band, share=False))
        arms.append(line)
        changes.append(change)
    values: dict[str, object] = {
        "metric": analysis.metrics[0].name,
        "title": analysis.metrics[0].title,
        "kind": kind,
        "step": step,
        "unit": unit,
        "arms": [CurveArm(arm=name, points=line) for name, line in zip(names, arms, strict=True)],
        "comparisons": [
            CurveComparison(
                arm=name,
                control=names[0],
                points=line,
                test=whole(line) if tested else None,
            )
            for name, line in zip(names[1:], changes[1:], strict=True)
        ],
    }
    return Curve.model_validate({**values, **fields})


def falling(i: int, share: float) -> float:
    return 0.26 + 0.3 * math.exp(-2.2 * share) + 0.02 * i * share


def staying(i: int, share: float) -> float:
    return 1 - (0.35 - 0.035 * i) * share**0.8


def spent(i: int, share: float) -> float:
    return (42 + 2.1 * i) * share**0.9


def four_arms() -> Analysis:
    arms = [samples.BIWEEKLY, samples.WEEKLY, samples.arm_info("daily", 0.25), samples.arm_info("never", 0.25)]
    base = samples.drip()
    metric = samples.metric(
        "retained_8w",
        "Customers who ordered in weeks 5 to 8",
        [samples.rate(arm.name, 3400 + 40 * i, 7600 + i) for i, arm in enumerate(arms)],
        role="primary",
        window=(28, 56),
        adjust=2,
    )
    experiment = base.experiment.model_copy(update={"arms": arms})
    population = [samples.population(arm.name, 7600) for arm in arms]
    return base.model_copy(update={"experiment": experiment, "metrics": [metric], "population": population})


def renamed(analysis: Analysis) -> Analysis:
    """The analysis with arms whose titles are sentences."""
    arms = [
        arm.model_copy(update={"title": f"The {arm.name} letter with the new layout and a very long description of it"})
        for arm in analysis.experiment.arms
    ]
    return analysis.model_copy(update={"experiment": analysis.experiment.model_copy(update={"arms": arms})})


def weekly_curve(analysis: Analysis, **fields: object) -> Curve:
    return curve(analysis, falling, **fields)  # type: ignore[arg-type]


def daily_curve(analysis: Analysis, **fields: object) -> Curve:
    return curve(analysis, falling, **{"count": 56, "step": "day", **fields})  # type: ignore[arg-type]


def event_free(analysis: Analysis, **fields: object) -> Curve:
    made: dict[str, object] = {"metric": "unsubscribed", "title": "Time to unsubscribing", "tested": False}
    return curve(analysis, staying, count=56, step="day", kind="event-free", **{**made, **fields})  # type: ignore[arg-type]


def incidence(analysis: Analysis, cause: str) -> Curve:
    return curve(
        analysis,
        lambda i, share: 0.5 * (1 - staying(i, share)),
        count=56,
        step="day",
        kind="incidence",
        metric="unsubscribed",
        title="Time to unsubscribing",
        cause=cause,
        tested=False,
    )


def spending(analysis: Analysis) -> Curve:
    made = curve(
        analysis,
        spent,
        kind="cumulative",
        unit="EUR",
        spread=63.0,
        metric="revenue_56d",
        title="Revenue per customer",
    )
    comparisons = [
        c.model_copy(
            update={
                "total_difference": around(1.84, 1.3),
                "total_lift": around(0.045, 0.032),
                "total_p_value": 0.0061,
            }
        )
        for c in made.comparisons
    ]
    return made.model_copy(update={"comparisons": comparisons})


def reading(analysis: Analysis, kind: str, *, primary: bool, rate: float, n: int, **fields: object) -> Reading:
    names = [arm.name for arm in analysis.experiment.arms]
    half = 1.1 / math.sqrt(n)
    arms = []
    comparisons = []
    for i, name in enumerate(names):
        value = rate + 0.03 * i
        arms.append(ReadingArm(arm=name, n=n + 9 * i, value=value, low=value - half, high=value + half))
        if i:
            comparisons.append(
                ReadingComparison(
                    arm=name,
                    control=names[0],
                    difference=around(0.03 * i, half * 1.4),
                    lift=around(0.03 * i / rate, half * 1.5 / rate),
                    p_value=0.0123 / i,
                )
            )
    values: dict[str, object] = {
        "reading": kind,
        "primary": primary,
        "method": "Kaplan–Meier z, lift by Fieller" if kind == "kaplan-meier" else "Miettinen–Nurminen score",
        "horizon_days": 56.0,
        "arms": arms,
        "comparisons": comparisons,
    }
    return Reading.model_validate({**values, **fields})


def both_readings(analysis: Analysis, **fields: object) -> list[Reading]:
    """Mature-only, which decides, and Kaplan–Meier; ``fields`` go to the second."""
    return [
        reading(analysis, "mature", primary=True, rate=0.44, n=4100),
        reading(analysis, "kaplan-meier", **{"primary": False, "rate": 0.46, "n": 7600, **fields}),  # type: ignore[arg-type]
    ]


def words(estimate: float, half: float, *, good: str = "up") -> PlainWords:
    """As ``abtest.stats.plain_words`` would give them."""
    low, high = estimate - half, estimate + half
    sign = 1 if good == "up" else -1
    best, worst = (high, low) if good == "up" else (low, high)

    def kind(value: float) -> str:
        return "benefit" if sign * value >= 0 else "harm"

    return PlainWords.model_validate(
        {
            "per_thousand": around(1000 * estimate, 1000 * half),
            "needed": 1 / abs(estimate) if estimate else None,
            "needed_kind": kind(estimate) if estimate else None,
            "needed_best": 1 / abs(best) if best else None,
            "needed_best_kind": kind(best),
            "needed_worst": 1 / abs(worst) if worst else None,
            "needed_worst_kind": kind(worst),
            "passes_infinity": low < 0 < high,
        }
    )


def in_words(comparison: Comparison, good: str) -> Comparison:
    difference = comparison.difference
    assert difference.estimate is not None
    assert difference.high is not None
    return comparison.model_copy(
        update={"in_words": words(difference.estimate, difference.high - difference.estimate, good=good)}
    )


def survival(analysis: Analysis, *, competing: bool = False, proportional: float | None = 0.41) -> SurvivalResult:
    names = [arm.name for arm in analysis.experiment.arms]

    def landmark(day: float, cause: str | None, base: float) -> Landmark:
        made = reading(analysis, "kaplan-meier", primary=True, rate=base, n=7600)
        method = "Aalen–Johansen z, lift by Fieller" if cause else "Kaplan–Meier z, lift by Fieller"
        return Landmark(day=day, cause=cause, method=method, arms=made.arms, comparisons=made.comparisons)

    causes: list[str | None] = ["unsubscribed", "churned"] if competing else [None]
    return SurvivalResult(
        medians=[
            MedianResult(arm=name, median=8.0 + 15 * i, low=5.0 + 8 * i, high=11.0 + 20 * i if i else None)
            if i < 2
            else MedianResult(arm=name, median=None, low=None, high=None)
            for i, name in enumerate(names)
        ],
        log_rank=OverallTest(
            method="Log-rank test of all arms", statistic=16.793, degrees_of_freedom=1.0, p_value=0.0000417
        ),
        stratified_log_rank=OverallTest(
            method="Stratified log-rank test of all arms", statistic=2.1, degrees_of_freedom=1.0, p_value=0.147
        ),
        hazards=[
            HazardResult(
                arm=name,
                control=names[0],
                ratio=Effect(estimate=0.81 + 0.1 * i, low=0.7, high=1.04 + 0.1 * i),
                p_value=0.0321,
                proportionality_p_value=proportional,
            )
            for i, name in enumerate(names[1:])
        ],
        landmarks=[landmark(day, cause, 0.1 + day / 400) for cause in causes for day in (28.0, 56.0)],
        competing=["churned"] if competing else [],
    )


def value(analysis: Analysis, *, fit: float | None = 0.31, horizon: int | None = 36) -> ValueResult:
    names = [arm.name for arm in analysis.experiment.arms]
    arms = []
    for i, name in enumerate(names):

        def share(period: int, i: int = i) -> float:
            return (1 + period / (3.0 + i)) ** -0.7

        arms.append(
            ArmValue(
                arm=name,
                customers=7600 + i,
                observed=around(61.3 + 3 * i, 2.1),
                extrapolated=around(74.2 + 7 * i, 11.0),
                total=around(135.5 + 10 * i, 12.2),
                lifetime_observed=around(5.1 + 0.2 * i, 0.15),
                lifetime_extrapolated=around(6.2 + 0.5 * i, 0.9),
                lifetime_total=around(11.3 + 0.7 * i, 1.0),
                model="shifted beta-geometric",
                alpha=around(0.668, 0.1),
                beta=around(3.806 - i, 0.7),
                fit_p_value=fit,
                projection=[
                    ProjectionPoint(
                        period=period,
                        share=share(period),
                        low=share(period) - 0.01 - 0.004 * max(period - 7, 0),
                        high=share(period) + 0.01 + 0.004 * max(period - 7, 0),
                        extrapolated=period > 7,
                    )
                    for period in range(14)
                ],
            )
        )
    return ValueResult(
        metric=analysis.metrics[0].name,
        unit="EUR",
        margin=12.5,
        period_days=28,
        last_observed=7,
        horizon=horizon,
        discount=0.01,
        arms=arms,
        comparisons=[
            ValueComparison(
                arm=name,
                control=names[0],
                observed=around(3.0, 2.8),
                extrapolated=around(7.0, 15.0),
                total=around(10.0, 17.0),
                observed_p_value=0.036,
                total_p_value=0.25,
            )
            for name in names[1:]
        ],
    )


def board(analysis: Analysis) -> BoardResult:
    treated = [arm.name for arm in analysis.experiment.arms if not arm.control]
    return BoardResult(
        metric=analysis.metrics[0].name,
        base=50_000,
        assigned=15_957,
        share_assigned=0.31914,
        control_rate=0.4495,
        rows=[
            BoardRow(
                arm=name,
                share_reached=0.15956,
                moved=around(0.00562, 0.0025),
                if_all=around(0.0352, 0.0158),
                customers_moved=around(281.0, 126.0),
                customers_if_all=around(1760.0, 790.0),
            )
            for name in treated
        ],
    )


def everything(base: Analysis | None = None) -> Analysis:
    """Two arms, unless ``base`` has more, with all that is known of retention in time."""
    base = base or samples.drip()
    first, *rest = base.metrics
    first = first.model_copy(
        update={"readings": both_readings(base), "comparisons": [in_words(c, "up") for c in first.comparisons]}
    )
    rest = [
        metric.model_copy(
            update={
                "survival": survival(base) if metric.name == "unsubscribed" else None,
                "comparisons": [in_words(c, metric.good) if metric.kind == "rate" else c for c in metric.comparisons],
            }
        )
        for metric in rest
    ]
    return base.model_copy(
        update={
            "metrics": [first, *rest],
            "curves": [weekly_curve(base, missing=1), spending(base), event_free(base)],
            "value": value(base),
            "board": board(base),
        }
    )


def many() -> Analysis:
    """Four arms with long names: competing risks, daily curves, withheld readings, a model that does not fit."""
    base = renamed(four_arms())
    metric = base.metrics[0].model_copy(
        update={
            "title": LONG,
            "readings": both_readings(
                base, withheld="late units differ from early ones (p 0.002), so Kaplan–Meier would be biased"
            ),
            "survival": survival(base, competing=True, proportional=0.003),
            "comparisons": [in_words(c, "up") for c in base.metrics[0].comparisons],
        }
    )
    base = base.model_copy(update={"metrics": [metric]})
    return base.model_copy(
        update={
            "curves": [
                weekly_curve(base),
                daily_curve(base, kind="on or after", missing=4),
                event_free(base),
                incidence(base, "churned"),
                incidence(base, "unsubscribed"),
                weekly_curve(base, count=1),
            ],
            "value": value(base, fit=0.0004, horizon=None),
            "board": board(base),
        }
    )

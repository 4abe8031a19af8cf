"""Analyses to render. Effects are plain textbook formulas: these tests are about the report, not the statistics."""

import math
from collections.abc import Sequence
from typing import get_args

from abtest.analysis.result import (
    Analysis,
    AnalysisSettings,
    ArmInfo,
    ArmPopulation,
    ArmResult,
    BayesResult,
    Check,
    Comparison,
    ComplierResult,
    CustomerBase,
    DataInfo,
    Decision,
    Effect,
    ExactResult,
    ExperimentInfo,
    MarginResult,
    MetricResult,
    OverallTest,
    Provenance,
    SegmentLevel,
    SegmentResult,
    SourceInfo,
    UnadjustedComparison,
    Verdict,
)
from abtest.report.blocks import Tone, texts

Z = 1.959964
TONES = {"", "left", "right", *get_args(Tone)}


def plain(value: object) -> str:
    """All words inside a part, with ordinary spaces."""
    words = [text for text in texts(value) if text not in TONES]
    return " | ".join(words).replace("\u00a0", " ")


def two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def rate(arm: str, numerator: int, n: int, **fields: object) -> ArmResult:
    p, z2 = numerator / n, Z * Z
    centre, half = (p + z2 / (2 * n)) / (1 + z2 / n), Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return ArmResult(
        arm=arm, n=n, mature=n, numerator=numerator, value=p, low=max(centre - half, 0), high=centre + half, **fields
    )


def mean(arm: str, value: float, sd: float, n: int, **fields: object) -> ArmResult:
    half = Z * sd / math.sqrt(n)
    return ArmResult(
        arm=arm, n=n, mature=n, value=value, low=value - half, high=value + half, standard_deviation=sd, **fields
    )


def compare(
    arm: ArmResult,
    control: ArmResult,
    *,
    good: str = "up",
    adjust: int = 1,
    margin: float | None = None,
    verdict: Verdict | None = None,
) -> Comparison:
    assert arm.value is not None
    assert control.value is not None
    variance = [
        (r.value * (1 - r.value) if r.standard_deviation is None else r.standard_deviation**2) / r.n  # type: ignore[operator]
        for r in (arm, control)
    ]
    se = math.sqrt(sum(variance))
    difference = arm.value - control.value
    p = two_sided(difference / se)

    def effect(z: float, base: float | None = None) -> Effect:
        if base == 0:
            return Effect(estimate=None, low=None, high=None, reason="The control's value is 0.")
        b = base or 1.0
        return Effect(estimate=difference / b, low=(difference - z * se) / b, high=(difference + z * se) / b)

    up = (difference > 0) == (good == "up")
    found: Verdict = "no difference shown" if p * adjust >= 0.05 else "better" if up else "worse"
    wide = 2.241403 if adjust == 2 else 2.394
    harm = difference + 1.645 * se if good == "down" else -(difference - 1.645 * se)
    shown = margin is not None and harm < margin
    if margin is not None:
        found = "safe" if shown else "not shown safe"
    return Comparison(
        arm=arm.arm,
        control=control.arm,
        method="score test" if arm.numerator is not None else "Welch's t-test",
        difference=effect(Z),
        lift=effect(Z, control.value),
        p_value=p,
        adjusted_p_value=min(1.0, p * adjust) if adjust > 1 else None,
        adjusted_difference=effect(wide) if adjust > 1 else None,
        adjusted_lift=effect(wide, control.value) if adjust > 1 else None,
        margin=MarginResult(
            value=margin, scale="absolute", p_value=two_sided((margin - difference) / se) / 2, shown=shown
        )
        if margin is not None
        else None,
        verdict=verdict or found,
    )


def metric(
    name: str,
    title: str,
    arms: Sequence[ArmResult],
    *,
    role: str = "secondary",
    good: str = "up",
    unit: str | None = None,
    window: tuple[float, float] | None = (0, 56),
    adjust: int = 1,
    margin: float | None = None,
    comparisons: Sequence[Comparison] | None = None,
    overall: OverallTest | None = None,
) -> MetricResult:
    is_rate = arms[0].numerator is not None
    if comparisons is None:
        comparisons = [compare(arm, arms[0], good=good, adjust=adjust, margin=margin) for arm in arms[1:]]
    return MetricResult(
        name=name,
        title=title,
        role=role,  # type: ignore[arg-type]
        type="retention" if role == "primary" else "conversion" if is_rate else "sum",
        kind="rate" if is_rate else "mean",
        unit=unit if unit is not None else ("fraction" if is_rate else "EUR"),
        good=good,  # type: ignore[arg-type]
        window_days=window,
        estimand="Share of mature eligible customers with an order in the window, by assigned arm (intention to treat)"
        if is_rate
        else "Mean per mature eligible customer, customers without orders count as 0 (intention to treat)",
        method="Miettinen–Nurminen score test; Wilson interval per arm"
        if is_rate
        else "Welch's t-test; Fieller's lift",
        arms=list(arms),
        overall=overall,
        comparisons=list(comparisons),
    )


def arm_info(name: str, share: float, *, control: bool = False, **fields: object) -> ArmInfo:
    return ArmInfo(name=name, control=control, share=share, **fields)


def population(arm: str, mature: int) -> ArmPopulation:
    excluded = {"joined after the start": 310, "in two arms": 12}
    eligible = mature + 188
    return ArmPopulation(
        arm=arm, assigned=eligible + sum(excluded.values()), eligible=eligible, mature=mature, excluded=excluded
    )


CHECKS = [
    Check(id="sample_ratio", status="pass", message="15,957 assigned as 7,990 to 7,967, as planned.", p_value=0.8555),
    Check(id="sample_ratio_mature", status="pass", message="Mature units are split as planned.", p_value=0.8648),
    Check(id="two_arms", status="warn", message="24 customers appear in two arms; they are excluded and counted."),
    Check(id="exposure", status="skipped", message="No exposure source is declared."),
]


def experiment(arms: Sequence[ArmInfo], **fields: object) -> ExperimentInfo:
    values: dict[str, object] = {
        "name": "drip-cadence",
        "title": "Weekly vs biweekly e-mail drip",
        "hypothesis": "A weekly drip keeps more customers than a biweekly one.",
        "unit": "customer_id",
        "timezone": "Europe/Helsinki",
        "period_start": "2026-03-02",
        "period_end": "2026-04-12",
        "eligible": "first_order_at < period.start",
        "arms": list(arms),
        "definition_sha256": "3f1c0d9e5b7a48c2916e0f4d8a7b6c5e1d2f3a4b5c6d7e8f90a1b2c3d4e5f607",
    }
    return ExperimentInfo(**{**values, **fields})


def analysis(
    arms: Sequence[ArmInfo], metrics: Sequence[MetricResult], decision: Decision, **fields: object
) -> Analysis:
    values: dict[str, object] = {
        "experiment": experiment(arms),
        "settings": AnalysisSettings(
            confidence=0.95, correction="holm", family="each arm against the control on the primary metric"
        ),
        "data": DataInfo(
            through="2026-06-08T00:00:00+03:00",
            sources=[
                SourceInfo(
                    name="customers", path="data/customers.parquet", rows=20000, fingerprint="sha256:" + "9a" * 32
                ),
                SourceInfo(name="orders", path="data/orders.parquet", rows=148213, fingerprint="sha256:" + "4c" * 32),
            ],
        ),
        "customers": CustomerBase(total=20000, eligible=16212, not_eligible=3788, unassigned=255),
        "population": [population(arm.name, 7590 + 21 * i) for i, arm in enumerate(arms)],
        "checks": CHECKS,
        "metrics": list(metrics),
        "decision": decision,
        "provenance": Provenance(
            abtest="0.1.0",
            python="3.11.9",
            platform="Linux x86_64",
            packages={"duckdb": "1.4.1", "scipy": "1.16.2", "numpy": "2.3.4", "pandas": "2.3.3"},
            generated_at="2026-06-09T06:30:00+00:00",
        ),
    }
    return Analysis(**{**values, **fields})


BIWEEKLY = arm_info("biweekly", 0.5, control=True, cadence_days=14, description="The drip as it is today.")
WEEKLY = arm_info("weekly", 0.5, cadence_days=7, description="The same letters, twice as often.")


def drip() -> Analysis:
    return analysis(
        [BIWEEKLY, WEEKLY],
        [
            metric(
                "retained_8w",
                "Customers who ordered in weeks 5 to 8",
                [rate("biweekly", 3412, 7590), rate("weekly", 3689, 7611)],
                role="primary",
                window=(28, 56),
            ),
            metric(
                "revenue_56d",
                "Revenue per customer",
                [mean("biweekly", 41.27, 63.2, 7590), mean("weekly", 43.11, 64.9, 7611)],
            ),
            metric(
                "unsubscribed",
                "Unsubscribed",
                [rate("biweekly", 212, 7590), rate("weekly", 231, 7611)],
                role="guardrail",
                good="down",
                margin=0.01,
            ),
        ],
        Decision(
            recommendation="ship",
            arm="weekly",
            reasons=[
                "Primary metric: weekly is better than biweekly on customers who ordered in weeks 5 to 8.",
                "Guardrail: unsubscribed is safe, harm beyond 1 pp is excluded.",
                "All required health checks passed.",
            ],
        ),
    )


def three_arms() -> Analysis:
    arms = [BIWEEKLY, WEEKLY, arm_info("daily", 1 / 3, cadence_days=1)]
    return analysis(
        arms,
        [
            metric(
                "retained_8w",
                "Customers who ordered in weeks 5 to 8",
                [rate("biweekly", 3412, 7590), rate("weekly", 3511, 7611), rate("daily", 3399, 7602)],
                role="primary",
                window=(28, 56),
                adjust=2,
                overall=OverallTest(
                    method="k-sample chi-squared test", statistic=3.1416, degrees_of_freedom=2, p_value=0.2079
                ),
            ),
            metric(
                "revenue_56d",
                "Revenue per customer",
                [mean("biweekly", 41.27, 63.2, 7590), mean("weekly", 43.11, 64.9, 7611), mean("daily", 41.9, 66, 7602)],
            ),
            metric(
                "unsubscribed",
                "Unsubscribed",
                [rate("biweekly", 212, 7590), rate("weekly", 231, 7611), rate("daily", 402, 7602)],
                role="guardrail",
                good="down",
                comparisons=[
                    compare(rate("weekly", 231, 7611), rate("biweekly", 212, 7590), good="down", margin=0.01),
                    compare(
                        rate("daily", 402, 7602),
                        rate("biweekly", 212, 7590),
                        good="down",
                        margin=0.01,
                        verdict="harmed",
                    ),
                ],
            ),
        ],
        Decision(
            recommendation="inconclusive",
            reasons=[
                "No arm is shown better than biweekly on the primary metric.",
                "daily harms the guardrail unsubscribed.",
            ],
        ),
    )


def invalid() -> Analysis:
    failed = Check(
        id="sample_ratio",
        status="fail",
        message="The arms hold 8,710 and 7,233 units; planned 50 : 50. This cannot be chance.",
        p_value=1.2e-31,
    )
    base = drip()
    return base.model_copy(
        update={
            "checks": [*CHECKS[1:], failed],
            "decision": Decision(
                recommendation="invalid",
                reasons=[
                    "The sample ratio differs from the plan: look for lost or misrouted customers before anything else."
                ],
            ),
        }
    )


def empty() -> Analysis:
    nothing = Effect(estimate=None, low=None, high=None, reason="No mature unit in either arm.")
    arms = [
        ArmResult(
            arm=name,
            n=0,
            mature=0,
            immature=7000,
            numerator=0,
            value=None,
            low=None,
            high=None,
            reason="No mature unit.",
        )
        for name in ("biweekly", "weekly")
    ]
    comparison = Comparison(
        arm="weekly",
        control="biweekly",
        method="score test",
        difference=nothing,
        lift=nothing,
        p_value=None,
        verdict="not estimable",
        reason="No mature unit in either arm.",
    )
    return analysis(
        [BIWEEKLY, WEEKLY],
        [
            metric(
                "retained_8w", "Customers who ordered in weeks 5 to 8", arms, role="primary", comparisons=[comparison]
            )
        ],
        Decision(recommendation="keep running", reasons=["No unit is mature yet; the first will be on 27 April 2026."]),
        population=[],
        checks=[],
        customers=None,
        data=DataInfo(through=None, sources=[]),
    )


def large(arms: int = 4, metrics: int = 15, name_length: int = 0, title_length: int = 0) -> Analysis:
    def long(text: str, length: int) -> str:
        filler = (
            " with the words of a very careful marketing team that describes everything in one line and then some more"
        )
        return (text + filler * 3)[: max(length, len(text))] if length else text

    names = [long(f"arm {i}", name_length) for i in range(arms)]
    infos = [arm_info(name, 1 / arms, control=i == 0) for i, name in enumerate(names)]
    made = []
    for m in range(metrics):
        title = long(f"Metric {m}", title_length)
        if m % 3 == 2:
            results = [mean(name, 40 + m + i, 60, 7000 + i) for i, name in enumerate(names)]
        else:
            results = [rate(name, 3000 + 40 * m + 30 * i, 7000 + i) for i, name in enumerate(names)]
        role = "primary" if m == 0 else "guardrail" if m % 5 == 4 else "secondary"
        made.append(metric(f"m{m}", title, results, role=role, adjust=3 if m == 0 else 1))
    return analysis(infos, made, Decision(recommendation="keep running", reasons=["The planned size is not reached."]))


def seen(estimate: float, half: float, **fields: object) -> Effect:
    return Effect(estimate=estimate, low=estimate - half, high=estimate + half, **fields)


def other(method: str, difference: Effect, lift: Effect, p_value: float) -> UnadjustedComparison:
    return UnadjustedComparison(method=method, difference=difference, lift=lift, p_value=p_value)


def level(name: str, effect: float, n: int = 900, **fields: object) -> SegmentLevel:
    return SegmentLevel(
        **{
            "level": name,
            "control_n": n,
            "n": n + 7,
            "control_value": 0.44,
            "value": 0.44 + effect,
            "difference": seen(effect, 0.031),
            "shrunken": seen(effect / 2 + 0.017, 0.022),
            "p_value": two_sided(effect / 0.0158),
            **fields,
        }
    )


def segment(column: str, metric_name: str, levels: Sequence[SegmentLevel], **fields: object) -> SegmentResult:
    values: dict[str, object] = {
        "column": column,
        "declared": False,
        "metric": metric_name,
        "arm": "weekly",
        "control": "biweekly",
        "interaction_statistic": 1.1877,
        "interaction_degrees_of_freedom": float(len(levels) - 1),
        "interaction_p_value": 0.756,
        "heterogeneity": 0.0,
        "levels": list(levels),
    }
    return SegmentResult(**{**values, **fields})


def readings() -> Analysis:
    """The drip with every other reading and with a declared and an exploratory segment."""
    base = drip()
    retained, revenue, unsubscribed = base.metrics
    further: list[dict[str, object]] = [
        {
            "odds_ratio": Effect(estimate=1.1521, low=1.0816, high=1.2272),
            "bayes": BayesResult(
                prior="Jeffreys, Beta(0.5, 0.5) for each arm's rate",
                probability_better=0.99999,
                expected_loss_treatment=1e-8,
                expected_loss_control=0.0352,
                difference=seen(0.0352, 0.0158),
                lift=seen(0.0784, 0.0362),
            ),
            "complier": ComplierResult(
                method="Wald (instrumental variable)",
                effect=seen(0.0441, 0.0198),
                standard_error=0.0101,
                compliance=seen(0.798, 0.009),
                p_value=0.00001,
            ),
        },
        {
            "unadjusted": other("Welch t", seen(1.91, 2.05), seen(0.046, 0.05), 0.069),
            "variance_removed": 0.31,
            "not_winsorised": other("Welch t, lift by Fieller", seen(2.41, 3.9), seen(0.058, 0.095), 0.226),
            "bootstrap": other("Poisson bootstrap, percentile interval", seen(1.84, 2.1), seen(0.045, 0.051), 0.081),
            "permutation_p_value": 0.0785,
        },
        {
            "exact": ExactResult(p_value=0.512, boschloo_p_value=0.389, difference=seen(0.0024, 0.0061)),
        },
    ]
    metrics = [
        metric.model_copy(update={"comparisons": [metric.comparisons[0].model_copy(update=fields)]})
        for metric, fields in zip((retained, revenue, unsubscribed), further, strict=True)
    ]
    segments = [
        segment(
            "country",
            "retained_8w",
            [level("EE", -0.04, adjusted_p_value=0.0229), level("FI", 0.05, adjusted_p_value=0.0031)],
            declared=True,
            interaction_statistic=10.791,
            interaction_p_value=0.0129,
            heterogeneity=0.722,
        ),
        segment("channel", "retained_8w", [level("search", 0.03), level("social", 0.04), level("", 0.02)]),
        segment(
            "channel",
            "unsubscribed",
            [level("all", 0.01)],
            interaction_statistic=None,
            interaction_degrees_of_freedom=None,
            interaction_p_value=None,
            heterogeneity=None,
            reason="fewer than two segments have an effect",
        ),
    ]
    return base.model_copy(update={"metrics": metrics, "segments": segments})


def many_segments(levels: int = 50) -> Analysis:
    """Three arms, and as many levels as a column may have, for every metric and arm."""
    base = three_arms()
    names = [f"Region {i:02d} with a rather long name" for i in range(levels)]
    segments = [
        segment(
            "sales_region_of_first_order",
            metric.name,
            [level(name, 0.001 * (i - 20), adjusted_p_value=1.0) for i, name in enumerate(names)],
            declared=True,
            arm=arm,
        )
        for metric in base.metrics
        for arm in ("weekly", "daily")
    ]
    return base.model_copy(update={"segments": segments})


def against_margin(test: str, verdict: Verdict, value: float = 0.01, p_value: float | None = 0.0246) -> Analysis:
    """The drip whose primary metric is tested against a margin."""
    base = drip()
    metric = base.metrics[0]
    margin = MarginResult(test=test, value=value, scale="absolute", p_value=p_value, shown=verdict == "equivalent")  # type: ignore[arg-type]
    comparison = metric.comparisons[0].model_copy(update={"margin": margin, "verdict": verdict})
    return base.model_copy(
        update={"metrics": [metric.model_copy(update={"comparisons": [comparison]}), *base.metrics[1:]]}
    )


def of_type(kind: str) -> Analysis:
    """The drip whose headline metric is the revenue, as another type of metric."""
    base = drip()
    metric = base.metrics[1]
    arms = [arm.model_copy(update={"standard_deviation": None}) for arm in metric.arms]
    changed = metric.model_copy(update={"type": kind, "role": "primary", "arms": arms})
    return base.model_copy(update={"metrics": [changed]})

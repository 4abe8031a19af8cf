"""One metric: its value in each arm, and each arm against the control.

The kind of the metric chooses the method: rates by the score test, means by Welch's test with Fieller's lift, both by
regression adjustment when the definition names a covariate.
"""

from typing import TYPE_CHECKING, Literal

from abtest.analysis.result import (
    ArmResult,
    Comparison,
    Effect,
    MarginResult,
    MetricResult,
    OverallTest,
    UnadjustedComparison,
    Verdict,
)
from abtest.definition.metrics import Count, EventMetric, MetricBase
from abtest.definition.model import Definition
from abtest.stats import values
from abtest.stats.means import compare_means, mean_interval, mean_margin_test, overall_means
from abtest.stats.rates import compare_rates, overall_rates, rate_margin_test, wilson
from abtest.stats.regression import AdjustedTwoSample, CrossMoments, compare_adjusted
from abtest.warehouse.moments import ArmLedger, MetricMoments, Sums

if TYPE_CHECKING:
    from abtest.definition.fields import Margin

NO_UNITS = "no unit of this arm has a value for this metric"


def estimate_metric(
    definition: Definition, name: str, estimator: "Estimator", ledger: tuple[ArmLedger, ...]
) -> MetricResult:
    """Return the metric ``name`` with every arm compared with the control, not yet corrected for multiplicity."""
    metric, moments = definition.metrics[name], estimator.moments
    names = [arm.name for arm in definition.arms]
    control = names.index(definition.control.name)
    comparisons = [
        estimator.comparison(names[arm], arm, names[control], control) for arm in range(len(names)) if arm != control
    ]
    window = metric.window if isinstance(metric, EventMetric) else None
    return MetricResult(
        name=name,
        title=metric.title or name.replace("_", " ").capitalize(),
        description=metric.description,
        role=metric.role,
        type=metric.type,
        kind="rate" if moments.rate else "mean",
        unit="fraction" if moments.rate else _unit(metric),
        good=metric.good,
        window_days=(window[0] / 86_400, window[1] / 86_400) if window else None,
        estimand=metric.estimand(name),
        method=_method(comparisons),
        arms=[estimator.arm(arm, index, ledger[index].eligible) for index, arm in enumerate(names)],
        overall=estimator.overall() if len(names) > 2 else None,
        comparisons=comparisons,
    )


def _unit(metric: MetricBase) -> str:
    if metric.unit is not None:
        return metric.unit
    return metric.event if isinstance(metric, Count) else ""


def _method(comparisons: list[Comparison]) -> str:
    return next((comparison.method for comparison in comparisons), "")


class Estimator:
    """Compares arms of one metric at any confidence, so that a corrected interval is the same method at its level."""

    def __init__(self, moments: MetricMoments, metric: MetricBase, confidence: float) -> None:
        self.moments = moments
        self.metric = metric
        self.confidence = confidence
        self.rates = [values.Rate(sums.total, sums.n) for sums in moments.arms] if moments.rate else []
        self.means = [values.Moments.from_sums(s.n, s.total, s.squares, s.scale) for s in moments.arms]

    def arm(self, name: str, index: int, eligible: int) -> ArmResult:
        """Return the metric's value in one arm."""
        sums = self.moments.arms[index]
        if self.moments.rate:
            estimate = wilson(self.rates[index], self.confidence)
        else:
            estimate = mean_interval(self.means[index], self.confidence)
        variance = self.means[index].variance
        return ArmResult(
            arm=name,
            n=sums.n,
            mature=sums.mature,
            immature=eligible - sums.mature,
            missing=sums.mature - sums.n,
            numerator=sums.total if self.moments.rate else None,
            value=estimate.estimate,
            low=estimate.low,
            high=estimate.high,
            standard_deviation=None if variance is None or self.moments.rate else variance**0.5,
            reason=_why_empty(sums, eligible) if sums.n == 0 else estimate.reason,
        )

    def plain(self, arm: int, control: int, confidence: float) -> values.TwoSample:
        """Compare two arms without covariates."""
        if self.moments.rate:
            return compare_rates(self.rates[control], self.rates[arm], confidence)
        return compare_means(self.means[control], self.means[arm], confidence)

    def compare(self, arm: int, control: int, confidence: float) -> values.TwoSample | AdjustedTwoSample:
        """Compare two arms, with the covariates that the definition names."""
        pair = self.moments.arms[control], self.moments.arms[arm]
        if not pair[0].covariate_scales or min(sums.n for sums in pair) < len(pair[0].covariate_scales) + 2:
            return self.plain(arm, control, confidence)
        adjusted = compare_adjusted(_cross(pair[0]), _cross(pair[1]), confidence)
        return adjusted if adjusted.p_value is not None else self.plain(arm, control, confidence)

    def comparison(self, name: str, arm: int, control_name: str, control: int) -> Comparison:
        """Return one arm against the control, with its verdict before any correction."""
        result = self.compare(arm, control, self.confidence)
        unadjusted = None
        if isinstance(result, AdjustedTwoSample):
            plain = self.plain(arm, control, self.confidence)
            unadjusted = UnadjustedComparison(
                method=plain.method,
                difference=effect(plain.difference),
                lift=effect(plain.lift),
                p_value=plain.p_value,
            )
        margin = self._margin(arm, control) if self.metric.margin else None
        return Comparison(
            arm=name,
            control=control_name,
            method=result.method,
            difference=effect(result.difference),
            lift=effect(result.lift),
            p_value=result.p_value,
            unadjusted=unadjusted,
            variance_removed=result.variance_removed if isinstance(result, AdjustedTwoSample) else None,
            margin=margin,
            verdict=verdict(result.p_value, result.difference.estimate, self.metric, 1 - self.confidence, margin),
            reason=result.reason,
        )

    def _margin(self, arm: int, control: int) -> MarginResult:
        declared: Margin = self.metric.margin  # type: ignore[assignment]
        scale: Literal["absolute", "relative"] = "relative" if declared.scale == "relative" else "absolute"
        if self.moments.rate:
            test = rate_margin_test(
                self.rates[control],
                self.rates[arm],
                declared.value,
                scale,
                self.metric.good,
                confidence=self.confidence,
            )
        else:
            test = mean_margin_test(
                self.means[control],
                self.means[arm],
                declared.value,
                scale,
                self.metric.good,
                confidence=self.confidence,
            )
        return MarginResult(value=declared.value, scale=scale, p_value=test.p_value, shown=test.shown)

    def overall(self) -> OverallTest:
        """Test that all arms are equal."""
        if self.moments.rate:
            test = overall_rates(self.rates)
            method = "Pearson's chi-squared test of all arms"
        else:
            test = overall_means(self.means)
            method = "Welch's analysis of variance of all arms"
        return OverallTest(
            method=method,
            statistic=test.statistic,
            degrees_of_freedom=test.degrees_of_freedom,
            p_value=test.p_value,
        )


def verdict(
    p_value: float | None, difference: float | None, metric: MetricBase, alpha: float, margin: MarginResult | None
) -> Verdict:
    """Say what a comparison shows, in one of the contract's words."""
    if p_value is None or difference is None:
        if margin is not None:
            return "safe" if margin.shown else "not shown safe"
        return "not estimable"
    significant = p_value < alpha
    improved = (difference > 0) == (metric.good == "up")
    if metric.role == "guardrail":
        if margin is not None and margin.shown:
            return "safe"
        if significant and not improved:
            return "harmed"
        if margin is not None:
            return "not shown safe"
    if not significant:
        return "no difference shown"
    return "better" if improved else "worse"


def effect(estimate: values.Estimate) -> Effect:
    """Return an estimate of the statistics as the result's own kind."""
    return Effect(estimate=estimate.estimate, low=estimate.low, high=estimate.high, reason=estimate.reason)


def _cross(sums: Sums) -> CrossMoments:
    return CrossMoments.from_sums(
        sums.n,
        sums.total,
        sums.squares,
        sums.totals,
        sums.products,
        sums.cross,
        scale=sums.scale,
        covariate_scales=sums.covariate_scales,
    )


def _why_empty(sums: Sums, eligible: int) -> str:
    if eligible == 0:
        return "no eligible unit in this arm"
    if sums.mature == 0:
        return "no unit of this arm is mature: every window ends after the data does"
    return NO_UNITS

"""One metric: its value in each arm, and each arm against the control."""

from abtest.analysis.companions import Companions, beside
from abtest.analysis.methods import Adjusted, Means, Method, Rates, counted_term, margin_test, method_of, plain_method
from abtest.analysis.result import ArmResult, Comparison, MarginResult, MetricResult, OverallTest, Verdict
from abtest.analysis.verdicts import effect, verdict
from abtest.definition.metrics import Count, MetricBase, Quantile
from abtest.definition.model import Definition
from abtest.errors import DataError
from abtest.stats.means import overall_means
from abtest.stats.rates import overall_rates
from abtest.stats.regression import AdjustedTwoSample
from abtest.stats.values import TwoSample
from abtest.warehouse.moments import ArmLedger, MetricMoments, Sums

NO_UNITS = "no unit of this arm has a value for this metric"


class Estimator:
    """Compares the arms of one metric at any confidence: a corrected interval is the same method at its level."""

    def __init__(self, definition: Definition, name: str, moments: MetricMoments) -> None:
        self.definition = definition
        self.name = name
        self.metric: MetricBase = definition.metrics[name]
        self.moments = moments
        self.confidence = definition.analysis.confidence
        self.method: Method = method_of(moments)
        self.plain = plain_method(moments, counted_term(moments))
        self.companions = Companions(name, moments, definition.analysis, self.metric.good, self.metric.role)
        self.names = [arm.name for arm in definition.arms]
        self.control = self.names.index(definition.control.name)

    def result(self, ledger: tuple[ArmLedger, ...]) -> MetricResult:
        """Return the metric with every arm compared with the control, not yet corrected for multiplicity."""
        metric, moments, outcome = self.metric, self.moments, self.moments.outcome
        comparisons = [self.comparison(arm) for arm in range(len(self.names)) if arm != self.control]
        estimand = metric.estimand(self.name)
        if moments.cap is not None:
            estimand += f"; values above {moments.cap:g} (the pooled {outcome.winsorise:g} quantile) count as that"
        return MetricResult(
            name=self.name,
            title=metric.title or self.name.replace("_", " ").capitalize(),
            description=metric.description,
            role=metric.role,
            type=str(getattr(metric, "type", "")),
            kind="rate" if moments.rate else "mean",
            unit="fraction" if moments.rate else _unit(metric),
            good=metric.good,
            window_days=(outcome.window[0] / 86_400, outcome.window[1] / 86_400) if outcome.window else None,
            estimand=estimand,
            method=next((comparison.method for comparison in comparisons), ""),
            arms=[self.arm(index, ledger[index].eligible) for index in range(len(self.names))],
            overall=self.overall() if len(self.names) > 2 else None,
            comparisons=comparisons,
        )

    def arm(self, index: int, eligible: int) -> ArmResult:
        """Return the metric's value in one arm."""
        sums = self.moments.arms[index]
        estimate = self.method.value(index, self.confidence)
        variance = self.plain.moments[index].variance if isinstance(self.plain, Means) else None
        simple = self.moments.outcome.denominator is None and self.moments.outcome.quantile is None
        return ArmResult(
            arm=self.names[index],
            n=sums.n,
            mature=sums.mature,
            immature=eligible - sums.mature,
            missing=sums.mature - sums.n,
            numerator=sums.total if self.moments.rate else None,
            value=estimate.estimate,
            low=estimate.low,
            high=estimate.high,
            standard_deviation=None if variance is None or not simple else variance**0.5,
            reason=_why_empty(sums, eligible) if sums.n == 0 else estimate.reason,
        )

    def compare(self, arm: int, confidence: float) -> TwoSample:
        """Compare an arm with the control."""
        return self.method.compare(arm, self.control, confidence)

    def comparison(self, arm: int) -> Comparison:
        """Return one arm against the control, with its verdict before any correction."""
        result = self.compare(arm, self.confidence)
        margin = self.margin(arm, self.confidence)
        further = self.companions.fields(arm, self.control)
        if isinstance(result, AdjustedTwoSample) and isinstance(self.method, Adjusted):
            further["unadjusted"] = beside(self.method.plain.compare(arm, self.control, self.confidence))
            further["variance_removed"] = result.variance_removed
        comparison = Comparison(
            arm=self.names[arm],
            control=self.names[self.control],
            method=result.method,
            difference=effect(result.difference),
            lift=effect(result.lift),
            p_value=result.p_value,
            margin=margin,
            verdict=self.verdict(
                None if result.p_value is None else result.p_value < 1 - self.confidence,
                result.difference.estimate,
                margin,
            ),
            reason=result.reason,
        )
        return comparison.model_copy(update=further)

    def verdict(self, significant: bool | None, difference: float | None, margin: MarginResult | None) -> Verdict:
        """Say what a comparison of this metric shows."""
        guardrail = self.metric.role == "guardrail"
        return verdict(significant, difference, margin, good=self.metric.good, guardrail=guardrail)

    def margin(self, arm: int, confidence: float) -> MarginResult | None:
        """Test the metric's margin, one-sided at half of 1 − confidence; ``None`` when it has none."""
        declared = self.metric.margin
        if declared is None:
            return None
        if declared.scale == "points" and not self.moments.rate:
            raise DataError(
                f"metrics.{self.name}.margin: {declared} is for rates, but the column holds other numbers; "
                "write 5% (of the control) or a plain number"
            )
        if declared.scale == "plain" and self.moments.rate:
            raise DataError(
                f"metrics.{self.name}.margin: the column is a rate, so say which {declared} is: "
                "1pp (percentage points) or 1% (of the control's rate)"
            )
        question = self.metric.test or "non-inferiority"
        test = margin_test(
            self.method,
            arm,
            self.control,
            question,
            value=declared.value,
            scale="relative" if declared.scale == "relative" else "absolute",
            good=self.metric.good,
            confidence=confidence,
        )
        return MarginResult(
            test=question,
            value=declared.value,
            scale="relative" if declared.scale == "relative" else "absolute",
            p_value=test.p_value,
            shown=test.shown,
        )

    def overall(self) -> OverallTest | None:
        """Test that all arms are equal, for plain rates and means."""
        if isinstance(self.method, Rates):
            test = overall_rates(self.method.rates)
            method = "Pearson's chi-squared test of all arms"
        elif isinstance(self.method, Means):
            test = overall_means(self.method.moments)
            method = "Welch's analysis of variance of all arms"
        else:
            return None
        return OverallTest(
            method=method,
            statistic=test.statistic,
            degrees_of_freedom=test.degrees_of_freedom,
            p_value=test.p_value,
        )


def _unit(metric: MetricBase) -> str:
    if metric.unit is not None:
        return metric.unit
    if isinstance(metric, Count) or (isinstance(metric, Quantile) and metric.of == "count"):
        return metric.event
    return ""


def _why_empty(sums: Sums, eligible: int) -> str:
    if eligible == 0:
        return "no eligible unit in this arm"
    if sums.mature == 0:
        return "no unit of this arm is mature: every window ends after the data does"
    return NO_UNITS

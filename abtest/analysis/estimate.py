"""One metric: its value in each arm, and each arm against the control."""

from collections.abc import Mapping
from dataclasses import replace

from abtest.analysis.cautions import cautions
from abtest.analysis.companions import Companions, beside
from abtest.analysis.contrasts import Asked, Contrasts
from abtest.analysis.inference import Inference
from abtest.analysis.result import (
    AdjustedValues,
    ArmResult,
    BayesResult,
    Comparison,
    LevelReading,
    MetricResult,
    UnadjustedComparison,
)
from abtest.analysis.value import ReasonCode
from abtest.analysis.verdicts import effect
from abtest.checks.outcomes import lacks_unequally
from abtest.definition.model import Definition
from abtest.errors import DataError
from abtest.grammar.time import DAY
from abtest.metrics.methods import (
    Means,
    Method,
    counted_term,
    early_shares,
    plain_method,
    uncut_method,
)
from abtest.moments.collected import ArmLedger
from abtest.moments.outcome import Outcome
from abtest.moments.sums import VALUE, WINSORISED, MetricMoments, Sums
from abtest.stats.regression import AdjustedTwoSample
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason
from abtest.words.saying import in_english

LACKING = Reason("why-lacking")
NO_UNITS = Reason("why-arm-without-values")


class Estimator:
    """Compares the arms of one metric at any confidence: a corrected interval is the same method at its level."""

    def __init__(self, definition: Definition, name: str, moments: MetricMoments) -> None:
        self.definition = definition
        self.name = name
        self.metric = definition.metrics[name]
        self.moments = moments
        self.confidence = definition.analysis.confidence
        self.mature_method: Method = self.metric.method(moments)
        early = early_shares(moments) if getattr(self.metric, "reading", "mature") == "kaplan-meier" else None
        self.method: Method = early or self.mature_method
        self.reads_early = early is not None
        self.plain = plain_method(moments, counted_term(moments))
        self.companions = Companions(name, moments, definition.analysis, self.metric.good, self.metric.role)
        self.names = [arm.name for arm in definition.arms]
        self.control = self.names.index(definition.control.name)
        units = [self.units(arm) for arm in range(len(self.names))]
        self.contrasts = Contrasts(self.names, self.control, self.method, units, self._asked())

    def result(self, ledger: tuple[ArmLedger, ...]) -> MetricResult:
        """Return the metric with every arm compared with the control, not yet corrected for multiplicity."""
        metric, moments, outcome = self.metric, self.moments, self.moments.outcome
        comparisons = [self.comparison(arm) for arm in self.contrasts.treatments]
        estimand = metric.estimand(self.name, replace(self.definition.scope(self.name), cut=moments.cap))
        return MetricResult(
            name=self.name,
            title=metric.title or self.name.replace("_", " ").capitalize(),
            description=metric.description,
            role=metric.role,
            type=str(getattr(metric, "type", "")),
            kind="rate" if moments.rate else "mean",
            unit="fraction" if moments.rate else metric.unit_of_values,
            good=metric.good,
            window_days=_window_days(outcome),
            clock=outcome.clock,
            window_periods=outcome.window if outcome.clock not in {"exact", "day"} else None,
            estimand=in_english(estimand),
            estimand_code=ReasonCode.of(estimand),
            method=next((comparison.method for comparison in comparisons), ""),
            arms=[self.arm(index, ledger[index].counted) for index in range(len(self.names))],
            overall=self.contrasts.overall() if len(self.names) > 2 else None,
            comparisons=comparisons,
        )

    def arm(self, index: int, counted: int) -> ArmResult:
        """Return the metric's value in one arm."""
        sums = self.moments.arms[index]
        n = self.units(index)
        inference = self.contrasts.asked.inference
        estimate = inference.value(lambda level: self.method.value(index, level), self.confidence, n)
        averages = self.moments.outcome.averages
        return ArmResult(
            arm=self.names[index],
            n=n,
            mature=sums.mature,
            immature=counted - sums.mature,
            missing=sums.mature - sums.n,
            numerator=sums.total if self.moments.rate and not self.reads_early else None,
            value=estimate.estimate,
            low=estimate.low,
            high=estimate.high,
            standard_deviation=self.plain.standard_deviation(index) if averages else None,
            against=self.against(estimate),
            reason=_why_empty(sums, counted, self.definition.triggered) if n == 0 else estimate.reason,
        )

    def units(self, arm: int) -> int:
        """Return the units of an arm that say something: with a value, or followed for a day at least."""
        lifetimes = self.moments.lifetimes
        followed = self.reads_early or self.moments.outcome.timed
        return lifetimes[arm].units if followed and lifetimes is not None else self.moments.arms[arm].n

    def against(self, estimate: Estimate) -> list[LevelReading]:
        """Read an arm's value beside the benchmark and the goal of the definition."""
        found = []
        for kind, level in (("benchmark", self.metric.benchmark), ("goal", self.metric.goal)):
            if level is None:
                continue
            if level.percent and not self.moments.rate:
                raise DataError(
                    f"metrics.{self.name}.{kind}: {level} is for rates, but the column holds other numbers; "
                    "write a plain number"
                )
            if self.moments.rate and not 0 <= level.value <= 1:
                raise DataError(
                    f"metrics.{self.name}.{kind}: the column is a rate, so its level is a share such as 45% or 0.45 "
                    f"(got {level})"
                )
            above = estimate.low is not None and estimate.low > level.value
            below = estimate.high is not None and estimate.high < level.value
            reading = "above" if above else "below" if below else "not distinguished"
            found.append(LevelReading.model_validate({"kind": kind, "level": level.value, "reading": reading}))
        return found

    def compare(self, arm: int, confidence: float, method: Method | None = None) -> TwoSample:
        """Compare an arm with the control, as the definition wants comparisons read."""
        return self.contrasts.compare(arm, confidence, method)

    def comparison(self, arm: int) -> Comparison:
        """Return one arm against the control, with its verdict before any correction."""
        result = self.compare(arm, self.confidence)
        # What stands beside is of the mature units, and is not mixed with a reading of all.
        further = {} if self.reads_early else self.companions.fields(arm, self.control)
        if WINSORISED in self.moments.arms[0].names:
            further["not_winsorised"] = beside(self.compare(arm, self.confidence, uncut_method(self.moments)))
        unadjusted = self.method.unadjusted
        if isinstance(result, AdjustedTwoSample) and unadjusted is not None:
            further["unadjusted"] = beside(self.compare(arm, self.confidence, unadjusted))
            further["variance_removed"] = result.variance_removed
            if self.moments.outcome.averages:
                further["adjusted_values"] = AdjustedValues(
                    control=effect(result.control), arm=effect(result.treatment)
                )
        found = self._cautions(arm, result, further)
        if found:
            further["cautions"] = [ReasonCode.of(caution) for caution in found]
        return self.contrasts.comparison(arm, result, further)

    def _cautions(self, arm: int, result: TwoSample, further: Mapping[str, object]) -> list[Reason]:
        """Return where the interval is known to be off; it stands beside means of units alone."""
        moments, whole = self.plain, plain_method(self.moments, VALUE)
        if not isinstance(moments, Means) or not isinstance(whole, Means) or not self.moments.outcome.averages:
            return []
        if self.moments.clusters is not None or result.p_value is None:
            return []
        bayes, bootstrap, uncut = (further.get(key) for key in ("bayes", "bootstrap", "not_winsorised"))
        return cautions(
            (moments.moments[self.control], moments.moments[arm]),
            (whole.moments[self.control], whole.moments[arm]),
            adjusted=isinstance(result, AdjustedTwoSample),
            bayes=bayes if isinstance(bayes, BayesResult) else None,
            bootstrap=bootstrap if isinstance(bootstrap, UnadjustedComparison) else None,
            not_winsorised=uncut if isinstance(uncut, UnadjustedComparison) else None,
        )

    def _asked(self) -> Asked:
        """Return what the definition asks of the metric; refuses a margin that does not fit its values."""
        declared, rate = self.metric.margin, self.moments.rate
        if declared is not None and declared.scale == "points" and not rate:
            raise DataError(
                f"metrics.{self.name}.margin: {declared} is for rates, but the column holds other numbers; "
                "write 5% (of the control) or a plain number"
            )
        if declared is not None and declared.scale == "plain" and rate:
            raise DataError(
                f"metrics.{self.name}.margin: the column is a rate, so say which {declared} is: "
                "1pp (percentage points) or 1% (of the control's rate)"
            )
        return Asked(
            self.confidence,
            self.metric.good,
            Inference.of(self.definition, self.name),
            guardrail=self.metric.role == "guardrail",
            margin=declared,
            question=self.metric.test,
            withheld=LACKING if lacks_unequally(self.moments) else None,
            empty=self.moments.nothing_happened,
        )


def _window_days(outcome: Outcome) -> tuple[float, float] | None:
    """Return the window in days; calendar periods have no length that holds for every unit."""
    if outcome.window is None or outcome.clock not in {"exact", "day"}:
        return None
    return outcome.window[0] / DAY, outcome.window[1] / DAY


def _why_empty(sums: Sums, counted: int, triggered: bool) -> Reason:
    if counted == 0:
        return Reason("why-nobody-exposed") if triggered else Reason("why-nobody-eligible")
    if sums.mature == 0:
        return Reason("why-nobody-mature-yet")
    return NO_UNITS

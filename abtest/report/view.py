"""What the builders of a report ask of an analysis: labels, scales, and which effect is the one to show."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from abtest.analysis.telling import reasons_in, subjects_in
from abtest.analysis.value import Reasoned
from abtest.metrics import traits_of
from abtest.report.blocks import Tone
from abtest.words.language import Language
from abtest.words.numbers import Numbers, Scale
from abtest.words.phrases import phrase
from abtest.words.reason import Reason
from abtest.words.saying import Subjects, told
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis, ArmResult, Comparison, Effect, MetricResult

_TONES: dict[str, Tone] = {
    "better": "good",
    "safe": "good",
    "equivalent": "good",
    "worse": "bad",
    "harmed": "bad",
    "different": "caution",
    "not shown safe": "caution",
    "margin not shown": "caution",
    "no difference shown": "neutral",
    "not estimable": "muted",
}


@dataclass(frozen=True)
class ShownEffect:
    """The effect on display: the adjusted intervals and p-value where there are any, else the plain ones."""

    difference: "Effect"
    lift: "Effect"
    p_value: float | None
    adjusted: bool


def sentence(text: str) -> str:
    """Return a reason as it stands alone: on one line, with a capital letter."""
    text = clean(text)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class View:
    """An analysis seen in a language."""

    analysis: "Analysis"
    language: Language

    @property
    def numbers(self) -> Numbers:
        """The number format of the language."""
        return Numbers(self.language)

    @property
    def alpha(self) -> float:
        """One minus the confidence, without the binary remainder that would let a p-value of 0.0499 read as 0.050."""
        return round(1 - self.analysis.settings.confidence, 12)

    @property
    def confidence(self) -> str:
        """The confidence as text, ``95 %``."""
        return self.numbers.share(self.analysis.settings.confidence, 2)

    @property
    def invalid(self) -> bool:
        """Whether the report must be marked invalid."""
        return not self.analysis.valid or self.analysis.decision.recommendation == "invalid"

    @cached_property
    def _subjects(self) -> Subjects:
        return subjects_in(self.analysis)

    def told(self, reason: Reason | None, text: str) -> str:
        """Return a reason in the language; without a code, as an earlier version wrote it, its English ``text``."""
        return told(reason, text, self.language, self._subjects)

    def why(self, part: Reasoned) -> str | None:
        """Return why something is missing or unbounded; ``None`` without a reason."""
        if part.reason is None:
            return None
        return self.told(part.reason_code.reason if part.reason_code else None, part.reason)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The decision's reasons; the failed checks, which the verdict tells in full, are not among them."""
        found = reasons_in(self.analysis, self.language, self._subjects)
        checks = self.analysis.checks if self.invalid else []
        failed = {self.told(each.reason, each.message) for each in checks if each.status == "fail"}
        return tuple(reason for reason in found if reason not in failed)

    @property
    def failed(self) -> tuple[str, ...]:
        """What the failed checks found, a sample ratio with the same numbers at several stages once."""
        told: dict[str, str] = {}
        for each in self.analysis.checks:
            if each.status == "fail":
                counts = each.fields.get("by_arm") if each.id.startswith("srm_") else None
                told.setdefault(each.id if counts is None else f"srm {counts}", self.told(each.reason, each.message))
        return tuple(told.values())

    @property
    def family(self) -> str:
        """Which comparisons share the correction."""
        settings = self.analysis.settings
        return self.told(settings.family_code.reason if settings.family_code else None, settings.family)

    def phrase(self, kind: str, text: str) -> str:
        """Return a name that results hold in English, such as a ``method``, in the language."""
        return phrase(kind, clean(text), self.language)

    def method(self, text: str) -> str:
        """Return the name of a method in the language."""
        return self.phrase("method", text)

    def say(self, message: str, /, **fields: object) -> str:
        """Return a message of the catalogue."""
        return self.language.say(message, **fields)

    def join(self, items: Sequence[str]) -> str:
        """Return the items that are not empty with a separator between them."""
        return self.say("separator").join(item for item in items if item)

    def arm(self, name: str) -> str:
        """Return what the report calls an arm: its title, else its name."""
        for arm in self.analysis.experiment.arms:
            if arm.name == name:
                return clean(arm.title or arm.name)
        return clean(name)

    def place(self, name: str) -> int:
        """Return the arm's place for its colour: 0 for the control, then 1, 2, … in the order of the definition."""
        others = [arm.name for arm in self.analysis.experiment.arms if not arm.control]
        return others.index(name) + 1 if name in others else 0

    @property
    def control(self) -> str:
        """The label of the control arm, or the missing mark."""
        names = [arm.name for arm in self.analysis.experiment.arms if arm.control]
        return self.arm(names[0]) if names else self.numbers.missing

    @property
    def correction(self) -> str:
        """The name of the correction for several comparisons."""
        name = clean(self.analysis.settings.correction)
        message = f"correction.{name.lower()}"
        return self.say(message) if self.language.knows(message) else name

    @property
    def anytime(self) -> bool:
        """Whether the comparisons' intervals and p-values hold at every look."""
        return self.analysis.settings.monitoring == "anytime"

    def one_sided(self, metric: "MetricResult") -> bool:
        """Whether the metric's comparisons are tested in its good direction only; guardrails look both ways."""
        return self.analysis.settings.alternative == "one-sided" and metric.role != "guardrail"

    def bounds_missing(self, metric: "MetricResult", effect: "Effect") -> bool:
        """Whether an interval lacks a bound that it should have: a one-sided one has its bound on the bad side only."""
        missing = (effect.low is None) + (effect.high is None)
        by_design = missing == 1 and effect.reason is None and self.one_sided(metric)
        return missing > 0 and not by_design

    def interval_name(self, metric: "MetricResult", *, adjusted: bool, short: bool = False) -> str:
        """Return ``95 % interval``, with its side and what it is adjusted for."""
        name = "interval.one-sided" if self.one_sided(metric) else "interval"
        if adjusted:
            name += ".adjusted.short" if short else ".adjusted"
        return self.say(name, confidence=self.confidence)

    def verdict(self, metric: "MetricResult", comparison: "Comparison") -> str:
        """Return the verdict in words. A one-sided test looks for an improvement, so that is what it may not show."""
        if self.invalid and comparison.verdict != "not estimable":
            return self.say("metric.verdict.not judged")
        if comparison.verdict == "no difference shown" and self.one_sided(metric):
            return self.say("metric.verdict.no improvement shown")
        return self.say(f"metric.verdict.{comparison.verdict}")

    def headline_metric(self) -> "MetricResult | None":
        """Return the first primary metric, else the first metric, else ``None``."""
        metrics = self.analysis.metrics
        return next((metric for metric in metrics if metric.role == "primary"), metrics[0] if metrics else None)

    def lead(self, metric: "MetricResult") -> "Comparison | None":
        """Return the comparison to put first: the decision's arm, the only one, or ``None`` when there are several."""
        chosen = [c for c in metric.comparisons if c.arm == self.analysis.decision.arm]
        if chosen:
            return chosen[0]
        return metric.comparisons[0] if len(metric.comparisons) == 1 else None

    def effect_text(self, effect: "Effect", scale: Scale) -> str:
        """Return ``+3.5 pp (+1.9 to +5.1 pp)``, the estimate or the interval alone when the other does not exist."""
        estimate = self.numbers.quantity(effect.estimate, scale, signed=True)
        interval = self.numbers.interval(effect.low, effect.high, scale, signed=True)
        if effect.low is None and effect.high is None:
            return estimate
        if effect.estimate is None:
            return interval
        return self.say("effect", estimate=estimate, interval=interval)


def shown(comparison: "Comparison") -> ShownEffect:
    """Return the effect on which the verdict rests: adjusted where the comparison was corrected."""
    adjusted = comparison.adjusted_p_value is not None and comparison.adjusted_difference is not None
    p_value = comparison.adjusted_p_value if adjusted else comparison.p_value
    if comparison.margin is not None and comparison.margin.adjusted_p_value is not None:
        p_value = comparison.margin.adjusted_p_value
    return ShownEffect(
        difference=(comparison.adjusted_difference if adjusted else None) or comparison.difference,
        lift=(comparison.adjusted_lift if adjusted else None) or comparison.lift,
        p_value=p_value,
        adjusted=adjusted,
    )


def adjusts_margin(comparison: "Comparison") -> bool:
    """Whether the adjusted p-value is that of a test at the margin, not of the difference from 0."""
    return comparison.margin is not None and comparison.margin.adjusted_p_value is not None


def arm_result(metric: "MetricResult", arm: str) -> "ArmResult | None":
    """Return the metric's result in ``arm``, or ``None``."""
    return next((result for result in metric.arms if result.arm == arm), None)


def is_time(metric: "MetricResult") -> bool:
    """Whether the metric is a time to an event, which uses immature units too, for as long as they are followed."""
    return traits_of(metric.type).times


def is_mean(metric: "MetricResult") -> bool:
    """Whether the value of a metric that is no rate is a mean: ratios and quantiles are not."""
    traits = traits_of(metric.type)
    return not metric.is_rate and (traits.averages or traits.times)


def verdict_tone(view: View, verdict: str) -> Tone:
    """Return the tone in which a verdict is shown; that of an invalid analysis is none."""
    return "muted" if view.invalid else _TONES.get(verdict, "neutral")

"""Arms against a control: the one path from figures to comparisons, for an analysis and for bare counts alike.

Principle: whoever has a method (of moments that an engine counted, or of figures that a user typed) and says what is
asked gets the same p-value, interval, margin test, verdict and words. A corrected interval is the same method at
another level.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from abtest.analysis.inference import Inference, settled
from abtest.analysis.result import Comparison, MarginResult, OverallTest, Verdict
from abtest.analysis.verdicts import effect, verdict
from abtest.grammar.fields import Good, Margin
from abtest.metrics.methods import Method, Question, Rates, StratifiedRates, expected_fewest, margin_test
from abtest.stats.sparse import FEWEST
from abtest.stats.values import MarginTest, TwoSample
from abtest.words.reason import Reason


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of each comparison of a metric.

    ``question`` says that the margin is what decides; without it a ``margin`` stands for safety alone. ``withheld``:
    why no comparison may be judged, though its figures are shown. ``empty``: nothing happened in any arm, so that no
    margin is shown: the events may not have been read.
    """

    confidence: float
    good: Good
    inference: Inference
    guardrail: bool = False
    margin: Margin | None = None
    question: Question | None = None
    withheld: Reason | None = None
    empty: bool = False

    @property
    def tests_margin(self) -> bool:
        """Whether the margin's p-value is the one that a family of questions corrects."""
        return self.margin is not None and self.question is not None


@dataclass(frozen=True, slots=True)
class Contrasts:
    """The arms of one metric, by their places, and how they are compared with ``control``.

    ``units`` are those of each arm that say something.
    """

    names: Sequence[str]
    control: int
    method: Method
    units: Sequence[int]
    asked: Asked

    @property
    def treatments(self) -> list[int]:
        """The places of all arms but the control."""
        return [arm for arm in range(len(self.names)) if arm != self.control]

    def compare(self, arm: int, confidence: float, method: Method | None = None) -> TwoSample:
        """Compare an arm with the control, as it is asked for."""
        used = method or self.method
        n = self.units[arm] + self.units[self.control]
        result = self.asked.inference.compare(lambda level: used.compare(arm, self.control, level), confidence, n)
        return settled(result, None if result.p_value is None else result.p_value < 1 - confidence)

    def comparison(self, arm: int, result: TwoSample, further: Mapping[str, object] | None = None) -> Comparison:
        """Return one arm against the control, with its verdict before any correction."""
        asked = self.asked
        margin = self.margin(arm, asked.confidence)
        significant = None if result.p_value is None else result.p_value < 1 - asked.confidence
        found = Comparison(
            arm=self.names[arm],
            control=self.names[self.control],
            method=result.method,
            difference=effect(result.difference),
            lift=effect(result.lift),
            p_value=result.p_value,
            expected_fewest=self.expected_fewest(arm),
            margin=margin,
            verdict=self.verdict(significant, result.difference.estimate, margin),
            reason=self.asked.withheld or result.reason,
        )
        return found.model_copy(update=dict(further or {}))

    def expected_fewest(self, arm: int) -> float | None:
        """Return the fewest events, or units without, that an arm expects, where the exact test decides for them."""
        if not isinstance(self.method, Rates | StratifiedRates):
            return None
        fewest = expected_fewest(self.method, arm, self.control)
        return fewest if fewest is not None and fewest < FEWEST else None

    def verdict(self, significant: bool | None, difference: float | None, margin: MarginResult | None) -> Verdict:
        """Say what a comparison shows."""
        if self.asked.withheld is not None:
            return "not estimable"
        return verdict(significant, difference, margin, good=self.asked.good, guardrail=self.asked.guardrail)

    def margin(self, arm: int, confidence: float) -> MarginResult | None:
        """Test the margin, one-sided at half of 1 − confidence; ``None`` when there is none."""
        declared = self.asked.margin
        if declared is None:
            return None
        question = self.asked.question or "non-inferiority"

        def at(level: float) -> MarginTest:
            return margin_test(
                self.method,
                arm,
                self.control,
                question,
                value=declared.value,
                scale="relative" if declared.scale == "relative" else "absolute",
                good=self.asked.good,
                confidence=level,
            )

        test = self.asked.inference.margin(at, confidence, self.units[arm] + self.units[self.control])
        return MarginResult(
            test=question,
            value=declared.value,
            scale="relative" if declared.scale == "relative" else "absolute",
            p_value=None if self.asked.empty else test.p_value,
            shown=test.shown and not self.asked.empty,
        )

    def overall(self) -> OverallTest | None:
        """Test that all arms are equal, for plain rates and means at one look."""
        if self.asked.inference.planned is not None:
            return None  # it holds for one look only
        found = self.method.overall()
        if found is None:
            return None
        method, test = found
        return OverallTest(
            method=method,
            statistic=test.statistic,
            degrees_of_freedom=test.degrees_of_freedom,
            p_value=test.p_value,
        )

"""Arms compared from their figures: the Python API, and what ``abtest compare`` prints.

Principle: nothing is estimated here. The methods are those of :mod:`abtest.stats`, put together as an analysis puts
them together, so the same counts give the same digits by either way. The first arm is the control.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from abtest.analysis.result import (
    ArmResult,
    BayesResult,
    Comparison,
    Effect,
    ExactResult,
    MarginResult,
    MetricResult,
    OverallTest,
    Verdict,
)
from abtest.analysis.verdicts import effect, verdict
from abtest.comparing.arms import ArgumentError, ArmTuple, Figures, read_arms
from abtest.comparing.pairs import MeanPair, Pair, RatePair
from abtest.comparing.settings import Correction, MarginQuestion, Settings, settings
from abtest.grammar.fields import Margin
from abtest.stats.checks import CONFIDENCE
from abtest.stats.corrections import TOO_SURE, adjust, interval_levels
from abtest.stats.dunnett import ArmContrast, dunnett
from abtest.stats.means import mean_interval, overall_means
from abtest.stats.rates import Good, overall_rates, wilson
from abtest.stats.values import Estimate, Moments, Rate

_SUREST = 1 - 1e-14  # nearer to 1 the level has too few digits to agree with a p-value


@dataclass(frozen=True, slots=True)
class Compared:
    """The arms and their comparisons, as one metric without a name, and how they were compared.

    ``exact_advised``: an expected count is below 5, and the exact companion was left out because it takes its time.
    """

    metric: MetricResult
    settings: Settings
    exact_advised: bool

    @property
    def corrected(self) -> bool:
        """Whether the comparisons share a correction."""
        return any(comparison.adjusted_p_value is not None for comparison in self.metric.comparisons)


def compare(
    control: ArmTuple | Figures,
    treatment: ArmTuple | Figures,
    *,
    confidence: float = CONFIDENCE,
    margin: str | float | Margin | None = None,
    test: MarginQuestion = "non-inferiority",
    good: Good = "up",
    bayes: bool = False,
    prior: tuple[float, float] | None = None,
    exact: bool | None = None,
    odds_ratio: bool = False,
) -> Comparison:
    """Compare a treatment with the control from their figures alone.

    ``control``, ``treatment``: ``(successes, n)`` for rates, ``(mean, standard deviation, n)`` for means; units count
    as independent. Rates: the score test of Miettinen & Nurminen (1985), Stat. Med. 4:213-226, with the lift of the
    same statistic (Koopman 1984). Means: Welch (1947), Biometrika 34:28-35, with the lift by Fieller (1954).
    ``difference`` is in the unit of the figures (a fraction for rates), ``lift`` relative to the control.

    ``margin``: ``"1pp"`` (rates), ``"5%"`` of the control, or a plain number (means), tested as ``test`` says: see
    :class:`~abtest.analysis.result.MarginResult`. ``good``: whether ``up`` or ``down`` is better. ``bayes`` adds the
    Bayesian view; ``prior`` is ``(a, b)`` of a beta distribution for rates (Jeffreys' by default), ``(mean, standard
    deviation)`` of a normal one for means (flat by default). ``exact`` adds the exact unconditional companion for
    rates (Chan & Zhang 1999, Biometrics 55:1202-1209); by default where an expected count is below 5 and both arms are
    small. ``odds_ratio`` adds the odds ratio with its score interval.

    Raises :class:`~abtest.errors.UsageError` (a ``ValueError`` too) that names the argument for impossible input.
    """
    arms: dict[str, ArmTuple | Figures] = {"control": control, "treatment": treatment}
    figures = read_arms(arms)
    chosen = settings(
        figures,
        confidence=confidence,
        margin=margin,
        test=test,
        good=good,
        bayes=bayes,
        prior=prior,
        exact=exact,
        odds_ratio=odds_ratio,
    )
    return compare_figures(figures, chosen).metric.comparisons[0]


def compare_arms(
    arms: Mapping[str, ArmTuple | Figures],
    *,
    correction: Correction = "holm",
    confidence: float = CONFIDENCE,
    margin: str | float | Margin | None = None,
    test: MarginQuestion = "non-inferiority",
    good: Good = "up",
    bayes: bool = False,
    prior: tuple[float, float] | None = None,
    exact: bool | None = None,
    odds_ratio: bool = False,
) -> list[Comparison]:
    """Compare named arms with the first of them, the control; see :func:`compare` for the arguments.

    With three arms or more ``correction`` adjusts p-values and intervals for the number of comparisons; an adjusted
    p-value is below 1 − ``confidence`` exactly when the adjusted intervals exclude 0. ``dunnett`` (1955, J. Am. Stat.
    Assoc. 50:1096-1121) uses that the comparisons share their control. Margin tests are not corrected.

    Raises :class:`~abtest.errors.UsageError` (a ``ValueError`` too) that names the arm or argument that cannot be.
    """
    if len(arms) < 2:
        raise ArgumentError("arms", f"must hold at least two, the control first (got {len(arms)})")
    figures = read_arms(arms)
    chosen = settings(
        figures,
        correction=correction,
        confidence=confidence,
        margin=margin,
        test=test,
        good=good,
        bayes=bayes,
        prior=prior,
        exact=exact,
        odds_ratio=odds_ratio,
    )
    return compare_figures(figures, chosen).metric.comparisons


def compare_figures(arms: Mapping[str, Figures], chosen: Settings) -> Compared:
    """Compare arms that :func:`~abtest.comparing.arms.read_arms` or ``parse_arms`` read, two or more."""
    names, figures = list(arms), list(arms.values())
    pairs = [_pair(figures[0], figure) for figure in figures[1:]]
    comparisons = [_comparison(pair, name, names[0], chosen) for name, pair in zip(names[1:], pairs, strict=True)]
    rates = isinstance(figures[0], Rate)
    metric = MetricResult(
        name="compare",
        title="Rate" if rates else "Mean",
        role="primary",
        type="rate" if rates else "mean",
        kind="rate" if rates else "mean",
        unit="fraction" if rates else "",
        good=chosen.good,
        estimand="the share of units with the event" if rates else "the mean per unit",
        method=comparisons[0].method,
        arms=[_arm(name, figure, chosen.confidence) for name, figure in arms.items()],
        overall=_overall(figures) if len(figures) > 2 else None,
        comparisons=_corrected(pairs, comparisons, chosen),
    )
    return Compared(metric, chosen, any(isinstance(pair, RatePair) and pair.exact_advised(chosen) for pair in pairs))


def comparisons_json(comparisons: list[Comparison]) -> str:
    """Return the comparisons as a JSON list with full precision, ending in a newline."""
    return TypeAdapter(list[Comparison]).dump_json(comparisons, indent=2).decode() + "\n"


def _pair(control: Figures, treatment: Figures) -> Pair:
    if isinstance(control, Rate) and isinstance(treatment, Rate):
        return RatePair(control, treatment)
    if isinstance(control, Moments) and isinstance(treatment, Moments):
        return MeanPair(control, treatment)
    raise ArgumentError("arms", "must all be rates or all be means")


def _comparison(pair: Pair, arm: str, control: str, chosen: Settings) -> Comparison:
    """Return the comparison before any correction."""
    result = pair.at(chosen.confidence)
    margin = _margin(pair, chosen)
    odds_ratio, exact = pair.odds_ratio(chosen), pair.exact(chosen)
    return Comparison(
        arm=arm,
        control=control,
        method=result.method,
        difference=effect(result.difference),
        lift=effect(result.lift),
        p_value=result.p_value,
        odds_ratio=effect(odds_ratio) if odds_ratio else None,
        exact=ExactResult(
            p_value=exact.p_value, boschloo_p_value=exact.boschloo_p_value, difference=effect(exact.difference)
        )
        if exact
        else None,
        bayes=_bayes(pair, chosen) if chosen.bayes else None,
        margin=margin,
        verdict=_verdict(result.p_value, result.difference.estimate, chosen, margin),
        reason=result.reason,
    )


def _bayes(pair: Pair, chosen: Settings) -> BayesResult:
    found = pair.bayes(chosen)
    return BayesResult(
        prior=found.prior,
        probability_better=found.probability_better,
        expected_loss_treatment=found.expected_loss_treatment,
        expected_loss_control=found.expected_loss_control,
        difference=effect(found.difference),
        lift=effect(found.lift),
        reason=found.reason,
    )


def _margin(pair: Pair, chosen: Settings) -> MarginResult | None:
    margin = chosen.margin
    if margin is None:
        return None
    scale: Literal["absolute", "relative"] = "relative" if margin.scale == "relative" else "absolute"
    try:
        found = pair.margin_test(margin.value, scale, chosen)
    except ValueError:
        most = "100%" if scale == "relative" else "100pp"
        raise ArgumentError("margin", f"{margin} leaves nothing to test; give less than {most}") from None
    return MarginResult(test=chosen.test, value=margin.value, scale=scale, p_value=found.p_value, shown=found.shown)


def _verdict(p_value: float | None, difference: float | None, chosen: Settings, margin: MarginResult | None) -> Verdict:
    """Say what a comparison shows. With a non-inferiority margin the question is safety, as for a guardrail."""
    guardrail = margin is not None and margin.test == "non-inferiority"
    significant = None if p_value is None else p_value < chosen.alpha
    return verdict(significant, difference, margin, good=chosen.good, guardrail=guardrail)


def _arm(name: str, figures: Figures, confidence: float) -> ArmResult:
    if isinstance(figures, Rate):
        estimate, successes, variance = wilson(figures, confidence), figures.successes, None
    else:
        estimate, successes, variance = mean_interval(figures, confidence), None, figures.variance
    return ArmResult(
        arm=name,
        n=figures.n,
        mature=figures.n,
        numerator=successes,
        value=estimate.estimate,
        low=estimate.low,
        high=estimate.high,
        standard_deviation=None if variance is None else math.sqrt(variance),
        reason=estimate.reason,
    )


def _overall(figures: Sequence[Figures]) -> OverallTest:
    rates = [arm for arm in figures if isinstance(arm, Rate)]
    if rates:
        test, method = overall_rates(rates), "Pearson's chi-squared test of all arms"
    else:
        test = overall_means([arm for arm in figures if isinstance(arm, Moments)])
        method = "Welch's analysis of variance of all arms"
    return OverallTest(
        method=method,
        statistic=test.statistic,
        degrees_of_freedom=test.degrees_of_freedom,
        p_value=test.p_value,
    )


@dataclass(frozen=True, slots=True)
class _Adjusted:
    """An adjusted p-value with the level at which the comparison's own interval agrees with it.

    ``difference``: the interval that the correction itself gives, where it does.
    """

    p_value: float | None
    level: float
    difference: Estimate | None = None


def _corrected(pairs: list[Pair], comparisons: list[Comparison], chosen: Settings) -> list[Comparison]:
    """Adjust p-values and intervals for the number of comparisons, each interval at the level of its p-value."""
    if len(pairs) < 2 or chosen.correction == "none":
        return comparisons
    found = []
    for pair, comparison, how in zip(pairs, comparisons, _adjusted(pairs, comparisons, chosen), strict=True):
        adjusted = how.p_value
        if adjusted is None:
            found.append(comparison)
            continue
        difference, lift = _at_level(pair, comparison, how, shown=adjusted < 1 - chosen.confidence)
        changes = {
            "adjusted_p_value": adjusted,
            "adjusted_difference": difference,
            "adjusted_lift": lift,
            "verdict": _verdict(adjusted, comparison.difference.estimate, chosen, comparison.margin),
        }
        found.append(comparison.model_copy(update=changes))
    return found


def _at_level(pair: Pair, comparison: Comparison, found: _Adjusted, *, shown: bool) -> tuple[Effect, Effect]:
    """Return difference and lift with intervals at a level, also where that is too near to 1 to be computed."""
    if found.level > _SUREST and not shown:
        lift = Effect(
            estimate=comparison.lift.estimate, low=None, high=None, reason=comparison.lift.because or TOO_SURE
        )
        if found.difference is not None:
            return effect(found.difference), lift
        return Effect(estimate=comparison.difference.estimate, low=None, high=None, reason=TOO_SURE), lift
    wider = pair.at(min(found.level, _SUREST))
    return effect(wider.difference), effect(wider.lift)


def _adjusted(pairs: list[Pair], comparisons: list[Comparison], chosen: Settings) -> list[_Adjusted]:
    if chosen.correction == "dunnett":
        together = dunnett([_contrast(pair, chosen.confidence) for pair in pairs], chosen.confidence)
        return [_Adjusted(arm.p_value, arm.confidence, arm.difference) for arm in together.arms]
    p_values = [comparison.p_value for comparison in comparisons]
    levels = interval_levels(p_values, chosen.correction, chosen.confidence)
    return [
        _Adjusted(adjusted, level) for adjusted, level in zip(adjust(p_values, chosen.correction), levels, strict=True)
    ]


def _contrast(pair: Pair, confidence: float) -> ArmContrast:
    """Return the difference with its standard error, for Dunnett's procedure."""
    result = pair.at(confidence)
    difference, statistic = result.difference.estimate, result.statistic
    if difference is None or statistic is None:
        return ArmContrast(difference, None, 0.5)
    # Where there is no difference any standard error gives the statistic 0.
    error = difference / statistic if statistic else 1.0
    return ArmContrast(difference, error, pair.share(), result.degrees_of_freedom)

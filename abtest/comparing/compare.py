"""Arms compared from their figures: the Python API, and what ``abtest compare`` prints.

Principle: nothing is estimated here. The figures go the way of an analysis (:mod:`abtest.analysis.contrasts`, and
:mod:`abtest.analysis.family` for several arms), so the same counts give the same answer. The first arm is the control.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from abtest.analysis.companions import LARGEST_EXACT, bayes_beside, exact_beside, odds_beside
from abtest.analysis.contrasts import Asked, Contrasts
from abtest.analysis.family import Correcting, corrected
from abtest.analysis.in_words import in_words
from abtest.analysis.inference import Inference
from abtest.analysis.result import ArmResult, Comparison, MetricResult
from abtest.comparing.arms import ArgumentError, ArmTuple, Figures, read_arms
from abtest.comparing.settings import Correction, MarginQuestion, Settings, settings
from abtest.grammar.fields import Margin
from abtest.metrics.methods import Means, Rates
from abtest.stats.bayes import NormalPrior
from abtest.stats.checks import CONFIDENCE
from abtest.stats.means import mean_interval
from abtest.stats.rates import Good, wilson
from abtest.stats.values import Moments, Rate


@dataclass(frozen=True, slots=True)
class Compared:
    """The arms and their comparisons, as one metric without a name, and how they were compared."""

    metric: MetricResult
    settings: Settings

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
    as independent. Rates: the score test of Miettinen & Nurminen (1985), Stat. Med. 4:213-226, corrected for skewness
    (Laud 2017), with the lift of the same statistic; few events: the exact test given their number. Means: Welch
    (1947), Biometrika 34:28-35, with the lift by Fieller (1954).
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
    Assoc. 50:1096-1121) uses that the comparisons share their control. With a margin, its tests are what is corrected.

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
    names, method = list(arms), _method(list(arms.values()))
    asked = Asked(
        chosen.confidence,
        chosen.good,
        Inference(chosen.alpha, chosen.good),
        margin=chosen.margin,
        question=chosen.test if chosen.margin is not None else None,
    )
    contrasts = Contrasts(names, 0, method, [figures.n for figures in arms.values()], asked)
    comparisons = [_comparison(contrasts, method, arm, chosen) for arm in contrasts.treatments]
    rates = isinstance(method, Rates)
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
        overall=contrasts.overall() if len(names) > 2 else None,
        comparisons=comparisons,
    )
    family = Correcting(chosen.confidence, chosen.correction)
    found = corrected(family, [metric], {metric.name: contrasts})[0]
    told = [c.model_copy(update={"in_words": in_words(c.difference, found)}) for c in found.comparisons]
    return Compared(found.model_copy(update={"comparisons": told}), chosen)


def comparisons_json(comparisons: list[Comparison]) -> str:
    """Return the comparisons as a JSON list with full precision, ending in a newline."""
    return TypeAdapter(list[Comparison]).dump_json(comparisons, indent=2).decode() + "\n"


def _method(figures: Sequence[Figures]) -> Rates | Means:
    rates = [figure for figure in figures if isinstance(figure, Rate)]
    means = [figure for figure in figures if isinstance(figure, Moments)]
    if rates and means:
        raise ArgumentError("arms", "must all be rates or all be means")
    return Rates(rates) if rates else Means(means)


def _comparison(contrasts: Contrasts, method: Rates | Means, arm: int, chosen: Settings) -> Comparison:
    """Return the comparison before any correction, with what was asked for beside it."""
    further: dict[str, object] = {}
    if isinstance(method, Rates) and chosen.odds_ratio:
        further["odds_ratio"] = odds_beside(method, arm, 0, chosen.confidence)
    if isinstance(method, Rates) and chosen.exact is not False:
        largest = LARGEST_EXACT["primary"] if chosen.exact is None else None
        further["exact"] = exact_beside(method, arm, 0, chosen.confidence, largest=largest)
    if chosen.bayes:
        prior = NormalPrior(*chosen.prior) if chosen.prior and isinstance(method, Means) else chosen.prior
        further["bayes"] = bayes_beside(method, (arm, 0), prior, confidence=chosen.confidence, good=chosen.good)
    try:
        return contrasts.comparison(arm, contrasts.compare(arm, chosen.confidence), further)
    except ValueError:
        if chosen.margin is None:
            raise
        most = "100%" if chosen.margin.scale == "relative" else "100pp"
        raise ArgumentError("margin", f"{chosen.margin} leaves nothing to test; give less than {most}") from None


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

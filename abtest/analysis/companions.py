"""What stands beside a comparison: the same effect seen in another way. None of it decides."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abtest.analysis.result import BayesResult, ComplierResult, Effect, ExactResult, Role, UnadjustedComparison
from abtest.analysis.verdicts import effect
from abtest.grammar.fields import Good
from abtest.metrics.methods import Means, Rates, counted_term, cross_moments, plain_method
from abtest.moments.sums import COMPLIANCE, Histogram, MetricMoments
from abtest.stats.bayes import JEFFREYS, NormalPrior, bayes_means, bayes_rates
from abtest.stats.compliance import complier_effect
from abtest.stats.exact import compare_exact, needs_exact
from abtest.stats.odds import odds_ratio
from abtest.stats.resampling import compare_replicates, permutation_test
from abtest.stats.values import TwoSample

if TYPE_CHECKING:
    from abtest.definition.model import AnalysisSettings

LARGEST_EXACT = {"primary": 10_500, "secondary": 2_500, "guardrail": 2_500}
"""Possible tables up to which the exact companion is computed, by role: the work grows with their number."""
MOST_PERMUTED = 50_000_000
"""Units times permutations that a run may take."""


def beside(result: TwoSample) -> UnadjustedComparison:
    """Return a comparison made in another way."""
    return UnadjustedComparison(
        method=result.method, difference=effect(result.difference), lift=effect(result.lift), p_value=result.p_value
    )


def odds_beside(plain: Rates, arm: int, control: int, confidence: float) -> Effect:
    """Return the odds ratio with its score interval."""
    return effect(odds_ratio(plain.rates[control], plain.rates[arm], confidence))


def exact_beside(plain: Rates, arm: int, control: int, confidence: float, *, largest: int | None) -> ExactResult | None:
    """Return the exact unconditional companion; with ``largest`` only where it is needed and the tables are so few."""
    first, second = plain.rates[control], plain.rates[arm]
    if largest is not None and (not needs_exact(first, second) or (first.n + 1) * (second.n + 1) > largest):
        return None
    exact = compare_exact(first, second, confidence)
    return ExactResult(
        p_value=exact.p_value, boschloo_p_value=exact.boschloo_p_value, difference=effect(exact.difference)
    )


def bayes_beside(
    plain: Rates | Means,
    arms: tuple[int, int],
    prior: tuple[float, float] | NormalPrior | None,
    *,
    confidence: float,
    good: Good,
) -> BayesResult:
    """Return the Bayesian view of an arm and the control: ``prior`` is that of a rate, or of a mean."""
    arm, control = arms
    if isinstance(plain, Rates):
        rates, of_rates = (plain.rates[control], plain.rates[arm]), prior if isinstance(prior, tuple) else JEFFREYS
        posterior = bayes_rates(*rates, of_rates, confidence=confidence, good=good)
    else:
        moments, of_means = (plain.moments[control], plain.moments[arm]), None if isinstance(prior, tuple) else prior
        posterior = bayes_means(*moments, of_means, confidence=confidence, good=good)
    return BayesResult(
        prior=posterior.prior,
        probability_better=posterior.probability_better,
        expected_loss_treatment=posterior.expected_loss_treatment,
        expected_loss_control=posterior.expected_loss_control,
        difference=effect(posterior.difference),
        lift=effect(posterior.lift),
        reason=posterior.reason,
    )


class Companions:
    """The further readings of one metric's comparisons, as the settings ask for them."""

    def __init__(self, name: str, moments: MetricMoments, settings: "AnalysisSettings", good: Good, role: Role) -> None:
        self.name = name
        self.moments = moments
        self.settings = settings
        self.good = good
        self.role = role
        self.term = counted_term(moments)
        self.plain = plain_method(moments, self.term)

    def fields(self, arm: int, control: int) -> dict[str, object]:
        """Return the fields of a :class:`~abtest.analysis.result.Comparison` that exist, by name."""
        found: dict[str, object | None] = {
            "odds_ratio": self._odds(arm, control),
            "exact": self._exact(arm, control),
            "bayes": self._bayes(arm, control),
            "complier": self._complier(arm, control),
            "permutation_p_value": self._permutation(arm, control),
            "bootstrap": self._bootstrap(arm, control),
        }
        return {key: value for key, value in found.items() if value is not None}

    @property
    def _simple(self) -> bool:
        return self.moments.outcome.averages and self.moments.clusters is None

    def _odds(self, arm: int, control: int) -> Effect | None:
        # The odds ratio's score interval belongs to the plain comparison; beside another method it could contradict.
        plain = self._simple and not self.moments.strata and not self.moments.arms[0].covariates
        if not self.settings.odds_ratio or not isinstance(self.plain, Rates) or not plain:
            return None
        return odds_beside(self.plain, arm, control, self.settings.confidence)

    def _exact(self, arm: int, control: int) -> ExactResult | None:
        # It is two-sided and for one look: beside another test it could only contradict.
        other = self.settings.monitoring is not None or self.settings.alternative == "one-sided"
        if not isinstance(self.plain, Rates) or not self._simple or other:
            return None
        return exact_beside(self.plain, arm, control, self.settings.confidence, largest=LARGEST_EXACT[self.role])

    def _bayes(self, arm: int, control: int) -> BayesResult | None:
        priors = self.settings.bayes
        if priors is None or not self._simple:
            return None
        prior: tuple[float, float] | NormalPrior | None = priors.rate_prior.a, priors.rate_prior.b
        if isinstance(self.plain, Means):
            given = priors.mean_priors.get(self.name)
            prior = NormalPrior(given.mean, given.sd) if given else None
        confidence = self.settings.confidence
        return bayes_beside(self.plain, (arm, control), prior, confidence=confidence, good=self.good)

    def _complier(self, arm: int, control: int) -> ComplierResult | None:
        sums = self.moments.arms
        if COMPLIANCE not in sums[0].names or not self._simple:
            return None
        pair = [cross_moments(sums[place], [self.term, COMPLIANCE]) for place in (control, arm)]
        if pair[0] is None or pair[1] is None:
            return None
        found = complier_effect(pair[0], pair[1], self.settings.confidence)
        return ComplierResult(
            method=found.method,
            effect=effect(found.effect),
            standard_error=found.standard_error,
            compliance=effect(found.compliance),
            p_value=found.p_value,
        )

    def _permutation(self, arm: int, control: int) -> float | None:
        draws, histograms = self.settings.permutation, self.moments.histograms
        if draws is None or histograms is None or not isinstance(self.plain, Means) or not self._simple:
            return None
        first, second = histograms[control], histograms[arm]
        if (sum(first.counts) + sum(second.counts)) * draws > MOST_PERMUTED:
            return None
        if min(sum(first.counts), sum(second.counts)) < 2:
            return None
        common = math.gcd(*first.values, *second.values) or 1
        return permutation_test(*(_units(_divided(side, common, 1)) for side in (first, second)), draws=draws)

    def _bootstrap(self, arm: int, control: int) -> UnadjustedComparison | None:
        draws, histograms = self.settings.bootstrap, self.moments.histograms
        if draws is None or histograms is None or isinstance(self.plain, Rates) or self.moments.outcome.quantile:
            return None
        pair = [histograms[control], histograms[arm]]
        if min(sum(histogram.counts) for histogram in pair) < 2:
            return None
        arms = self.moments.arms[0]
        values = [value for histogram in histograms for value in histogram.values]
        others = [value for histogram in histograms for value in histogram.denominators or ()]
        scale, below = arms.scale, arms.scales[1] if self.moments.outcome.denominator else 1
        common, common_below = math.gcd(scale, *values), math.gcd(below, *others)
        scale, below = scale // common, below // common_below
        drawn = [_replicates(_divided(h, common, common_below), draws, seed) for seed, h in enumerate(pair)]
        if any(math.isnan(point) for point, _ in drawn):
            return None
        first, second = ((point * below / scale, values * below / scale) for point, values in drawn)
        return beside(compare_replicates(first, second, self.settings.confidence))


def _divided(histogram: Histogram, above: int, below: int) -> Histogram:
    """Return a histogram in larger units, so that what is drawn does not depend on the scale of its whole numbers."""
    others = histogram.denominators
    return replace(
        histogram,
        values=tuple(value // above for value in histogram.values),
        denominators=None if others is None else tuple(value // below for value in others),
    )


def _units(histogram: Histogram) -> NDArray[np.float64]:
    return np.repeat(np.array(histogram.values, dtype=float), np.array(histogram.counts, dtype=int))


def _replicates(histogram: Histogram, draws: int, seed: int) -> tuple[float, NDArray[np.float64]]:
    """Return the mean (or ratio) of the arm, and of each Poisson bootstrap draw of its units.

    Units with one value need one draw: a sum of m independent Poisson(1) weights is Poisson(m).
    """
    counts = np.array(histogram.counts, dtype=float)
    above = np.array(histogram.values, dtype=float)
    below = np.ones_like(above) if histogram.denominators is None else np.array(histogram.denominators, dtype=float)
    random = np.random.default_rng(seed)
    point = float(counts @ above / (counts @ below)) if counts @ below else math.nan
    values = np.empty(draws)
    with np.errstate(divide="ignore", invalid="ignore"):  # a draw without a denominator is refused, with a reason
        for draw in range(draws):
            weights = random.poisson(counts).astype(float)
            values[draw] = weights @ above / (weights @ below)
    return point, values

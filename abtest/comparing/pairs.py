"""A treatment beside the control, as rates or as means: the two answer the same questions by their own methods."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from abtest.comparing.settings import Settings
from abtest.stats import margins
from abtest.stats.bayes import JEFFREYS, NormalPrior, Posterior, bayes_means, bayes_rates
from abtest.stats.dunnett import control_share
from abtest.stats.exact import ExactComparison, compare_exact, needs_exact
from abtest.stats.means import compare_means, mean_margin_test
from abtest.stats.odds import odds_ratio
from abtest.stats.rates import compare_rates, rate_margin_test
from abtest.stats.values import Estimate, MarginTest, Moments, Rate, TwoSample

Scale = Literal["absolute", "relative"]

AUTOMATIC = 2_500
"""Up to so many possible tables the exact companion takes a blink, so a small one gets it unasked."""


@dataclass(frozen=True, slots=True)
class RatePair:
    """Two rates."""

    control: Rate
    treatment: Rate

    def at(self, confidence: float) -> TwoSample:
        """Return the score comparison at any confidence, so that a corrected interval is the same method."""
        return compare_rates(self.control, self.treatment, confidence)

    def margin_test(self, value: float, scale: Scale, chosen: Settings) -> MarginTest:
        """Return the score test at the margin."""
        pair = self.control, self.treatment
        if chosen.test == "equivalence":
            return margins.rate_equivalence_test(*pair, value, scale, confidence=chosen.confidence)
        test = margins.rate_superiority_test if chosen.test == "superiority" else rate_margin_test
        return test(*pair, value, scale, chosen.good, confidence=chosen.confidence)

    def bayes(self, chosen: Settings) -> Posterior:
        """Return the beta-binomial view."""
        prior = chosen.prior or JEFFREYS
        return bayes_rates(self.control, self.treatment, prior, confidence=chosen.confidence, good=chosen.good)

    def odds_ratio(self, chosen: Settings) -> Estimate | None:
        """Return the odds ratio if it is asked for."""
        return odds_ratio(self.control, self.treatment, chosen.confidence) if chosen.odds_ratio else None

    def exact(self, chosen: Settings) -> ExactComparison | None:
        """Return the exact companion if it is asked for, or needed and quick."""
        asked = self._needed and self._quick if chosen.exact is None else chosen.exact
        return compare_exact(self.control, self.treatment, chosen.confidence) if asked else None

    def exact_advised(self, chosen: Settings) -> bool:
        """Whether the exact companion is needed but takes too long to be made unasked."""
        return chosen.exact is None and self._needed and not self._quick

    @property
    def _needed(self) -> bool:
        return needs_exact(self.control, self.treatment)

    @property
    def _quick(self) -> bool:
        return (self.control.n + 1) * (self.treatment.n + 1) <= AUTOMATIC

    def share(self) -> float:
        """Return the control's share in the variance of the difference when the rates are equal."""
        return control_share(1 / self.control.n, 1 / self.treatment.n)


@dataclass(frozen=True, slots=True)
class MeanPair:
    """Two means."""

    control: Moments
    treatment: Moments

    def at(self, confidence: float) -> TwoSample:
        """Return Welch's comparison at any confidence, so that a corrected interval is the same method."""
        return compare_means(self.control, self.treatment, confidence)

    def margin_test(self, value: float, scale: Scale, chosen: Settings) -> MarginTest:
        """Return Welch's test at the margin."""
        pair = self.control, self.treatment
        if chosen.test == "equivalence":
            return margins.mean_equivalence_test(*pair, value, scale, confidence=chosen.confidence)
        test = margins.mean_superiority_test if chosen.test == "superiority" else mean_margin_test
        return test(*pair, value, scale, chosen.good, confidence=chosen.confidence)

    def bayes(self, chosen: Settings) -> Posterior:
        """Return the normal view."""
        prior = NormalPrior(*chosen.prior) if chosen.prior else None
        return bayes_means(self.control, self.treatment, prior, confidence=chosen.confidence, good=chosen.good)

    def odds_ratio(self, chosen: Settings) -> None:
        """Return nothing: means have no odds."""

    def exact(self, chosen: Settings) -> None:
        """Return nothing: means have no exact test."""

    def share(self) -> float:
        """Return the control's share in the variance of the difference; one of the variances is positive."""
        control, treatment = ((arm.variance or 0.0) / arm.n for arm in (self.control, self.treatment))
        return control_share(control, treatment)


Pair: TypeAlias = RatePair | MeanPair

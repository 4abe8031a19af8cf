"""The methods that compare arms; each type of metric chooses its own.

Each method answers the same three questions at any confidence, so that an interval that a correction widens is the
same method at another level: the value of one arm, the comparison of two, and (for plain rates and means) a margin.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from abtest.grammar.fields import Good
from abtest.moments.sums import (
    DENOMINATOR,
    VALUE,
    WINSORISED,
    ClusterSums,
    Histogram,
    Lifetimes,
    MetricMoments,
    Sums,
    few_units,
)
from abtest.stats import margins
from abtest.stats.clustered_regression import ClusterPart, compare_adjusted_clusters
from abtest.stats.clusters import ClusterGroup, Clusters, cluster_interval, compare_clusters
from abtest.stats.contrast import critical_value
from abtest.stats.crossmoments import CrossMoments
from abtest.stats.event_shares import compare_event_shares, event_share
from abtest.stats.exact import expected_fewest as fewest_of
from abtest.stats.exact import needs_exact
from abtest.stats.means import compare_means, mean_interval, mean_margin_test, overall_means
from abtest.stats.quantiles import compare_quantiles, quantile_interval
from abtest.stats.rates import compare_rates, overall_rates, rate_margin_test, wilson
from abtest.stats.ratios import compare_ratios, linearised, ratio_interval
from abtest.stats.regression import AdjustedTwoSample, compare_adjusted
from abtest.stats.rmst import compare_rmst, rmst
from abtest.stats.stratified import compare_stratified_rates, fewest_in_strata
from abtest.stats.survival import LifeTable
from abtest.stats.values import Estimate, MarginTest, Moments, OverallTest, Rate, Tail, TwoSample
from abtest.words.reason import Reason

Question = Literal["non-inferiority", "superiority", "equivalence"]
Scale = Literal["absolute", "relative"]
NO_COMMON_STRATUM = Reason("why-no-common-stratum")
BISECTIONS = 48
TOO_FEW = Reason("why-arm-with-few-values")


class Method(Protocol):
    """A way to compare arms, given by their places in the definition."""

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the metric's value in one arm with its interval."""
        ...

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare an arm with the control."""
        ...

    def overall(self) -> tuple[str, OverallTest] | None:
        """Test that all arms are equal; return what the test is called too, ``None`` where there is none."""
        return None

    def standard_deviation(self, arm: int) -> float | None:  # noqa: ARG002
        """Return that of the units' values in one arm, for means."""
        return None

    @property
    def unadjusted(self) -> "Method | None":
        """The method without covariates, where this one has some."""
        return None

    def sampling_variance(self, arm: int, confidence: float) -> float:
        """Return the variance of one arm's value, up to a factor that the arms share."""
        value = self.value(arm, confidence)
        return (value.high - value.low) ** 2 if value.low is not None and value.high is not None else 0.0


@dataclass(frozen=True, slots=True)
class Rates(Method):
    """Shares of units, by the score test."""

    rates: Sequence[Rate]

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the rate with Wilson's interval."""
        return wilson(self.rates[arm], confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two rates by the score test."""
        return compare_rates(self.rates[control], self.rates[arm], confidence)

    def overall(self) -> tuple[str, OverallTest]:
        """Test that all rates are equal."""
        return "Pearson's chi-squared test of all arms", overall_rates(self.rates)

    def sampling_variance(self, arm: int, confidence: float) -> float:  # noqa: ARG002
        """Return the variance under the null, where all arms have one rate."""
        n = self.rates[arm].n
        return 1 / n if n else 0.0


@dataclass(frozen=True, slots=True)
class Means(Method):
    """Means per unit, by Welch's test."""

    moments: Sequence[Moments]

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the mean with its t interval."""
        return mean_interval(self.moments[arm], confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two means by Welch's test."""
        return compare_means(self.moments[control], self.moments[arm], confidence)

    def overall(self) -> tuple[str, OverallTest]:
        """Test that all means are equal."""
        return "Welch's analysis of variance of all arms", overall_means(self.moments)

    def sampling_variance(self, arm: int, confidence: float) -> float:  # noqa: ARG002
        """Return the variance of the arm's mean."""
        moments = self.moments[arm]
        return (moments.variance or 0.0) / moments.n if moments.n else 0.0

    def standard_deviation(self, arm: int) -> float | None:
        """Return that of the units' values in one arm."""
        variance = self.moments[arm].variance
        return None if variance is None else variance**0.5


@dataclass(frozen=True, slots=True)
class StratifiedRates(Method):
    """Rates within strata, by the stratified score test. ``strata[k][arm]`` is the rate of an arm in stratum k."""

    plain: Rates
    strata: Sequence[Sequence[Rate]]

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the arm's rate over all strata."""
        return self.plain.value(arm, confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two arms within the strata."""
        pairs = [(stratum[control], stratum[arm]) for stratum in self.strata]
        return compare_stratified_rates([c for c, _ in pairs], [t for _, t in pairs], confidence)


@dataclass(frozen=True, slots=True)
class Adjusted(Method):
    """Rates, means or ratios, adjusted for covariates within each arm (Lin 2013).

    ``terms`` are what is compared: a value, or a numerator and its denominator. Units of strata that only one of two
    arms has say nothing about their difference and are left out of it.
    """

    plain: Method
    moments: MetricMoments
    terms: tuple[str, ...]

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the arm's own value, without covariates."""
        return self.plain.value(arm, confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two arms; without covariates where there are too few units for them."""
        pair = self._pair(arm, control)
        if pair is None:
            nothing = Estimate(None, None, None, NO_COMMON_STRATUM)
            return TwoSample("regression adjustment", nothing, nothing, None, None, None, NO_COMMON_STRATUM)
        first, second = (self._cross(sums) for sums in pair)
        if first is None or second is None or self._few(arm, control):
            return self.plain.compare(arm, control, confidence)
        adjusted: AdjustedTwoSample = compare_adjusted(first, second, confidence)
        return adjusted if adjusted.p_value is not None else self.plain.compare(arm, control, confidence)

    def _few(self, arm: int, control: int) -> bool:
        """Whether so few events are expected that covariates could only mislead: the exact test decides."""
        return isinstance(self.plain, Rates) and needs_exact(self.plain.rates[control], self.plain.rates[arm])

    @property
    def unadjusted(self) -> Method:
        """The method without covariates."""
        return self.plain

    def _pair(self, arm: int, control: int) -> tuple[Sums, Sums] | None:
        both = [arms for arms in self.moments.strata.values() if arms[arm].n and arms[control].n]
        if len(both) == len(self.moments.strata):
            return self.moments.arms[control], self.moments.arms[arm]
        if not both:
            return None
        return sum_of([arms[control] for arms in both]), sum_of([arms[arm] for arms in both])

    def _cross(self, sums: Sums) -> CrossMoments | None:
        names = sums.covariates
        if sums.n < len(names) + len(self.terms) + 1:
            return None
        cross = cross_moments(sums, [*self.terms, *names])
        if cross is None or len(self.terms) == 1:
            return cross
        return linearised(cross) if cross.mean[1] else None


@dataclass(frozen=True, slots=True)
class Ratios(Method):
    """Ratios of sums, by the delta method."""

    cross: Sequence[CrossMoments | None]

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the ratio with its delta-method interval."""
        moments = self.cross[arm]
        return Estimate(None, None, None, TOO_FEW) if moments is None else ratio_interval(moments, confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two ratios."""
        first, second = self.cross[control], self.cross[arm]
        if first is None or second is None:
            nothing = Estimate(None, None, None, TOO_FEW)
            return TwoSample("delta method", nothing, nothing, None, None, None, TOO_FEW)
        return compare_ratios(first, second, confidence)


@dataclass(frozen=True, slots=True)
class Clustered(Method):
    """Rates or means of the members of randomised clusters; ratios of sums in few units, each a cluster of its own."""

    clusters: Clusters

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the mean over members with its cluster-robust interval."""
        return cluster_interval(self.clusters, arm, confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two means over members."""
        return compare_clusters(self.clusters, control, arm, confidence)


@dataclass(frozen=True, slots=True)
class AdjustedClusters(Method):
    """Means of the members of randomised clusters, adjusted for covariates and strata within each arm (Lin 2013).

    Units of strata that only one of two arms has are left out, as in ``Adjusted``.
    """

    plain: Clustered
    moments: MetricMoments

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the arm's own mean, without covariates."""
        return self.plain.value(arm, confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two arms; without covariates where there are too few clusters for them."""
        plain = self.plain.compare(arm, control, confidence)
        terms = self.moments.cluster_terms or ()
        levels = [{part.stratum for part in terms if part.arm == each} for each in (control, arm)]
        merged: dict[tuple[int, int], ClusterPart] = {}
        for part in terms:
            if part.arm in {arm, control} and part.stratum in levels[0] & levels[1]:
                key = part.cluster, part.arm
                own = ClusterPart(part.cluster, part.arm, part.members, part.totals, part.products)
                merged[key] = own if key not in merged else merged[key].joined(own)
        sums = self.moments.arms[0]
        scales = [sums.of(name)[2] for name in (counted_term(self.moments), *sums.covariates)]
        pair = control, arm
        found = compare_adjusted_clusters(list(merged.values()), scales, pair, confidence, unadjusted=plain)
        return found if found.p_value is not None else plain

    @property
    def unadjusted(self) -> Method:
        """The method without covariates."""
        return self.plain


@dataclass(frozen=True, slots=True)
class Quantiles(Method):
    """Quantiles over units, by order statistics and the bootstrap of ranks."""

    values: Sequence[NDArray[np.float64]]
    quantile: float

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the quantile with its order-statistic interval."""
        return quantile_interval(self.values[arm], self.quantile, confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two quantiles."""
        result = compare_quantiles(self.values[control], self.values[arm], self.quantile, confidence)
        return replace(result, method=f"{self.quantile:g} quantile: order statistics, bootstrap of ranks")


@dataclass(frozen=True, slots=True)
class RestrictedMeans(Method):
    """Times to an event up to a horizon in steps, by the area under the Kaplan–Meier curve.

    ``size`` is a step's length in the unit that values are told in.
    """

    tables: Sequence[LifeTable]
    horizon: int
    size: float = 1.0

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the mean time without the event with its interval."""
        return rmst(self.tables[arm], self.horizon, confidence).times(self.size)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two restricted means."""
        result = compare_rmst(self.tables[control], self.tables[arm], self.horizon, confidence)
        return replace(result, difference=result.difference.times(self.size))


@dataclass(frozen=True, slots=True)
class EarlyShares(Method):
    """Shares of units with the event by a horizon in steps, by Kaplan–Meier: immature units count while followed."""

    tables: Sequence[LifeTable]
    horizon: int

    def value(self, arm: int, confidence: float) -> Estimate:
        """Return the share with the event with its log-log interval."""
        return event_share(self.tables[arm], self.horizon, confidence)

    def compare(self, arm: int, control: int, confidence: float) -> TwoSample:
        """Compare two shares."""
        return compare_event_shares(self.tables[control], self.tables[arm], self.horizon, confidence)


def plain_method(moments: MetricMoments, term: str = VALUE, *, tails: bool = True) -> Rates | Means:
    """Return the method without covariates, strata or clusters; ``term`` chooses the plain or winsorised value.

    Without ``tails`` skewness is left alone: for many comparisons at once.
    """
    if moments.rate:
        return Rates([Rate(sums.total, sums.n) for sums in moments.arms])
    return Means(
        [
            Moments.from_sums(sums.n, *sums.of(term), tail=tail_of(sums, term) if tails else None)
            for sums in moments.arms
        ]
    )


def tail_of(sums: Sums, term: str) -> Tail | None:
    """Return what the skewness of a term shows in, where the engine was asked for it."""
    tail = sums.tails.get(term)
    if tail is None:
        return None
    return Tail.from_sums(sums.n, tail.positive, tail.negative, tail.cubes, sums.of(term)[2])


def counted_term(moments: MetricMoments) -> str:
    """Return the term that counts: the winsorised value where the definition asks for it, else the value."""
    return WINSORISED if WINSORISED in moments.arms[0].names else VALUE


def method_of_averages(moments: MetricMoments) -> Method:
    """Return the method for shares and means of units: over clusters, adjusted, within strata, or plain."""
    if moments.clusters is not None:
        over = Clustered(_clusters(moments))
        return over if moments.cluster_terms is None else AdjustedClusters(over, moments)
    term = counted_term(moments)
    plain = plain_method(moments, term)
    if moments.arms[0].covariates:
        return Adjusted(plain, moments, (term,))
    if isinstance(plain, Rates) and moments.strata:
        strata = [[Rate(sums.total, sums.n) for sums in arms] for arms in moments.strata.values()]
        return StratifiedRates(plain, strata)
    return plain


def early_shares(moments: MetricMoments) -> EarlyShares | None:
    """Return the method that reads a share of units by Kaplan–Meier; ``None`` where units were not followed for it."""
    if moments.lifetimes is None or moments.outcome.window is None:
        return None
    return EarlyShares([life_table(arm) for arm in moments.lifetimes], moments.outcome.window[1] // moments.step)


def uncut_method(moments: MetricMoments) -> Method:
    """Return the method for the values before winsorising, without covariates."""
    if moments.clusters_uncut is not None:
        return Clustered(_clusters(moments, VALUE, moments.clusters_uncut))
    return plain_method(moments, VALUE)


def _clusters(moments: MetricMoments, term: str | None = None, sums: tuple[ClusterSums, ...] | None = None) -> Clusters:
    groups = tuple(ClusterGroup(c.members, c.clusters, c.totals, c.products) for c in sums or moments.clusters or ())
    if DENOMINATOR in moments.arms[0].names:
        return Clusters(groups, None, *moments.arms[0].scales[:2])
    values = [arm.of(term or counted_term(moments)) for arm in moments.arms]
    return Clusters(groups, tuple(squares for _, squares, _ in values), values[0][2])


def _units(moments: MetricMoments) -> Clusters | None:
    """Return the units of a ratio one by one, where they are few and were asked for."""
    scales = moments.arms[0].scales
    groups = []
    arms = range(len(moments.arms))
    for place, histogram in enumerate(moments.histograms or ()):
        for value, members, count in zip(histogram.values, histogram.denominators or (), histogram.counts, strict=True):
            if members < 0:
                return None
            groups.append(
                ClusterGroup(
                    tuple(members if arm == place else 0 for arm in arms),
                    count,
                    tuple(count * value if arm == place else 0 for arm in arms),
                    tuple(tuple(count * value**2 if a == b == place else 0 for b in arms) for a in arms),
                )
            )
    return Clusters(tuple(groups), None, scales[0], scales[1]) if groups else None


def method_of_ratios(moments: MetricMoments) -> Method:
    """Return the method for ratios of sums: by the delta method, unit by unit where these are few, or adjusted."""
    if moments.clusters is not None:
        return Clustered(_clusters(moments))
    few = _units(moments) if few_units(moments.arms) else None
    plain: Method = (
        Clustered(few)
        if few is not None
        else Ratios([cross_moments(sums, [VALUE, DENOMINATOR]) for sums in moments.arms])
    )
    return Adjusted(plain, moments, (VALUE, DENOMINATOR)) if moments.arms[0].covariates else plain


def sum_of(parts: Sequence[Sums]) -> Sums:
    """Return the sums over the units of all parts."""
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def cross_moments(sums: Sums, names: Sequence[str]) -> CrossMoments | None:
    """Return the cross-moments of some terms; ``None`` with fewer than two units."""
    if sums.n < 2:
        return None
    totals, products, scales = sums.matrix(names)
    return CrossMoments.from_matrix(sums.n, totals, products, scales)


def expanded(histogram: Histogram, scale: int) -> NDArray[np.float64]:
    """Return one value per unit, rising."""
    values = np.array([value / scale for value in histogram.values], dtype=float)
    return np.repeat(values, np.array(histogram.counts, dtype=int))


def life_table(arm: Lifetimes) -> LifeTable:
    """Return an arm's times to the event as the statistics take them."""
    days, events, censored = (np.array(part, dtype=np.int64) for part in (arm.days, arm.events, arm.censored))
    return LifeTable(days, events, censored)


def margin_test(
    method: Method,
    arm: int,
    control: int,
    question: Question,
    *,
    value: float,
    scale: Scale,
    good: Good,
    confidence: float,
) -> MarginTest:
    """Test a margin with the method that the interval comes from, so that the two agree."""
    if isinstance(method, Rates | Means | StratifiedRates):
        return _plain_margin(method, arm, control, question, value=value, scale=scale, good=good, confidence=confidence)
    result = method.compare(arm, control, confidence)
    sign = 1 if good == "up" else -1
    edges = {
        "non-inferiority": [(-sign * value, sign)],
        "superiority": [(sign * value, sign)],
        "equivalence": [(-value, 1), (value, -1)],
    }[question]
    tests = [_beyond(method, (arm, control), edge, side, scale=scale, confidence=confidence) for edge, side in edges]
    p_values = [p for p, _ in tests if p is not None]
    return MarginTest(max(p_values) if len(p_values) == len(tests) else None, all(s for _, s in tests), result.reason)


def expected_fewest(method: "Rates | StratifiedRates", arm: int, control: int) -> float | None:
    """Return the fewest events, or units without, that one of two arms expects under equal rates; ``None`` without."""
    if isinstance(method, Rates):
        rates = method.rates[control], method.rates[arm]
        return fewest_of(*rates) if all(rate.n for rate in rates) else None
    pairs = [(stratum[control], stratum[arm]) for stratum in method.strata if stratum[control].n and stratum[arm].n]
    return fewest_in_strata([c for c, _ in pairs], [t for _, t in pairs]) if pairs else None


def _plain_margin(
    method: Rates | Means | StratifiedRates,
    arm: int,
    control: int,
    question: Question,
    *,
    value: float,
    scale: Scale,
    good: Good,
    confidence: float,
) -> MarginTest:
    if isinstance(method, Rates):
        rates = method.rates[control], method.rates[arm]
        if question == "equivalence":
            return margins.rate_equivalence_test(*rates, value, scale, confidence=confidence)
        of_rates = margins.rate_superiority_test if question == "superiority" else rate_margin_test
        return of_rates(*rates, value, scale, good, confidence=confidence)
    if isinstance(method, StratifiedRates):
        pairs = [(stratum[control], stratum[arm]) for stratum in method.strata]
        sides = [c for c, _ in pairs], [t for _, t in pairs]
        return margins.stratified_margin_test(*sides, question, value, scale, good=good, confidence=confidence)
    means = method.moments[control], method.moments[arm]
    if question == "equivalence":
        return margins.mean_equivalence_test(*means, value, scale, confidence=confidence)
    of_means = margins.mean_superiority_test if question == "superiority" else mean_margin_test
    return of_means(*means, value, scale, good, confidence=confidence)


def _beyond(
    method: Method, arms: tuple[int, int], edge: float, side: int, *, scale: Scale, confidence: float
) -> tuple[float | None, bool]:
    """Test that the effect lies above (``side`` 1) or below (−1) ``edge``; return the one-sided p and the answer.

    The p-value is found from the intervals: it is half of 1 − c at the confidence c whose bound touches the edge. So it
    belongs to the very method of the interval, score or Welch, difference or lift.
    """

    def bounds(level: float) -> Estimate:
        result = method.compare(*arms, level)
        return result.difference if scale == "absolute" else result.lift

    def excludes(level: float, direction: int) -> bool:
        effect = bounds(level)
        bound = effect.low if direction > 0 else effect.high
        return bound is not None and (bound - edge) * direction > 0

    shown = excludes(confidence, side)
    estimate = bounds(confidence).estimate
    if estimate is None or method.compare(*arms, confidence).p_value is None:
        return None, shown
    direction = side if (estimate - edge) * side > 0 else -side
    low, high = 0.0, 1.0 - 1e-13
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if excludes(middle, direction) else (low, middle)
    tail = (1 - low) / 2
    p_value = tail if direction == side else 1 - tail
    level = (1 - confidence) / 2
    # The interval decides; the last step of the search must not make the p-value say otherwise.
    return (min(p_value, math.nextafter(level, 0)) if shown else max(p_value, level)), shown


def standard_error(result: TwoSample, confidence: float) -> float | None:
    """Return the standard error of a difference: from its statistic, or from its interval where that is 0."""
    estimate, low, high = result.difference.estimate, result.difference.low, result.difference.high
    if result.statistic and estimate:
        return abs(estimate / result.statistic)
    if low is None or high is None or high <= low:
        return None
    return (high - low) / 2 / critical_value(1 - confidence, result.degrees_of_freedom)

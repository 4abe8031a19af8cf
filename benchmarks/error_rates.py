"""Type I error, coverage and power by seeded simulation, with Monte-Carlo errors.

Every replication draws an experiment and analyses it by the package's own functions, once without an effect and once
with the effect that the row names. *Worse* and *better*: how often an effect in that direction is found where there is
none; nominal is half of α = 0.05. *Covers*: how often the 95 % interval holds the true effect; a missing bound counts
as infinite, and *unbounded* is the share of intervals (of the lift where there is one) with a missing bound. *Power*:
how often the effect is found in its own direction. *Error*: Monte-Carlo standard error at the nominal value.

Run: python benchmarks/error_rates.py [--smoke] [--section HEADING]
"""

import argparse
import math
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

sys.path.insert(0, str(Path(__file__).parents[1]))

from abtest.stats.bayes import Posterior, bayes_means, bayes_rates
from abtest.stats.clusters import ClusterGroup, Clusters, compare_clusters
from abtest.stats.compliance import complier_effect
from abtest.stats.corrections import Correction, adjust, interval_levels
from abtest.stats.dunnett import ArmContrast, control_share, dunnett
from abtest.stats.gatekeeping import gated_levels, gatekeep
from abtest.stats.means import compare_means, mean_margin_test
from abtest.stats.quantiles import compare_quantiles, rank_of
from abtest.stats.rates import compare_rates, rate_margin_test
from abtest.stats.ratios import compare_ratios, linearised
from abtest.stats.regression import CrossMoments, compare_adjusted
from abtest.stats.resampling import bootstrap_replicates, compare_replicates, permutation_test
from abtest.stats.stratified import compare_stratified_rates
from abtest.stats.values import Estimate, MarginTest, Moments, Rate, Tail, TwoSample

Floats = NDArray[np.float64]
Random = np.random.Generator
Truth = tuple[float | None, float | None]  # difference, lift; None: not looked at
Sizes = tuple[int, int]
Effect = Estimate | None

CONFIDENCE = 0.95
ALPHA = 0.05
LIMIT = 3  # Monte-Carlo standard errors
AT_ONCE = 1_000_000  # numbers drawn at once
SMOKE = 25  # a smoke has this many times fewer replications


# ---- One comparison: what is simulated, how it is counted, how it is shown.


@dataclass(frozen=True, slots=True)
class Study:
    """A situation in which the methods named in ``truth`` analyse the same data."""

    situation: str
    units: str
    effect: str
    replications: int
    truth: Mapping[str, Truth]
    simulate: Callable[[Random, int, bool], Iterator[Mapping[str, TwoSample]]]


@dataclass(slots=True)
class Tally:
    """Counts over replications: effects found on each side, true effects covered, intervals without a bound."""

    worse: int = 0
    better: int = 0
    covered: list[int] = field(default_factory=lambda: [0, 0])
    unbounded: int = 0

    def add(self, seen: TwoSample, truth: Truth) -> None:
        if seen.p_value is not None and seen.p_value < ALPHA and seen.difference.estimate is not None:
            self.better += seen.difference.estimate > 0
            self.worse += seen.difference.estimate < 0
        for place, (value, interval) in enumerate(zip(truth, (seen.difference, seen.lift), strict=True)):
            if value is not None:
                self.covered[place] += holds(interval, value)
        last = seen.difference if truth[1] is None else seen.lift
        self.unbounded += last.low is None or last.high is None


def holds(interval: Estimate, value: float) -> bool:
    return (interval.low is None or interval.low <= value) and (interval.high is None or value <= interval.high)


def generator(*names: str) -> Random:
    """Seeded by names, so that a study keeps its numbers when others come and go."""
    return np.random.default_rng(zlib.crc32("|".join(names).encode()))


def blocks(replications: int, numbers: int) -> Iterator[int]:
    """Sizes of blocks of replications, so that a block of ``numbers`` per replication fits in memory."""
    size = max(1, AT_ONCE // numbers)
    for start in range(0, replications, size):
        yield min(size, replications - start)


def tallies(study: Study, replications: int, *, effect: bool) -> dict[str, Tally]:
    found = {method: Tally() for method in study.truth}
    random = generator(study.situation, study.units, "effect" if effect else "none")
    for seen in study.simulate(random, replications, effect):
        for method, tally in found.items():
            tally.add(seen[method], study.truth[method])
    return found


def monte_carlo_error(share: float, replications: int) -> float:
    return math.sqrt(share * (1 - share) / replications)


def verdict(checks: Sequence[tuple[str, float, float]], replications: int) -> str:
    """``checks``: what it is, the share found, the nominal share."""
    off = [
        f"{name} {'low' if share < nominal else 'high'}"
        for name, share, nominal in checks
        if abs(share - nominal) > LIMIT * monte_carlo_error(nominal, replications)
    ]
    return "no: " + ", ".join(off) if off else "yes"


def with_error(share: float, replications: int) -> str:
    return f"{share:.3f} ± {monte_carlo_error(share, replications):.3f}"


def comparison_table(studies: Sequence[Study], scale: int) -> None:
    print("| situation | units per arm | method | replications | worse | better | effect | covers difference |", end="")
    print(" covers lift | unbounded | power | error: side, coverage | within 3 errors of nominal |")
    print("|---|---|---|---:|---:|---:|---|" + "---:|" * 5 + "---|")
    for study in studies:
        n = study.replications // scale
        null, other = (tallies(study, n, effect=effect) for effect in (False, True))
        for method, truth in study.truth.items():
            sides, seen = null[method], other[method]
            checks = [("worse", sides.worse / n, ALPHA / 2), ("better", sides.better / n, ALPHA / 2)]
            covers = []
            for place, name in enumerate(("difference", "lift")):
                share = seen.covered[place] / n
                covers.append("–" if truth[place] is None else f"{share:.3f}")
                if truth[place] is not None:
                    checks.append((f"{name} coverage", share, CONFIDENCE))
            none = "–" if truth == (None, None) else f"{seen.unbounded / n:.3f}"
            errors = f"{monte_carlo_error(ALPHA / 2, n):.4f}, {monte_carlo_error(CONFIDENCE, n):.4f}"
            cells = [study.situation, study.units, method, f"{n}", f"{checks[0][1]:.3f}", f"{checks[1][1]:.3f}"]
            cells += [study.effect, *covers, none, with_error(seen.better / n, n), errors, verdict(checks, n)]
            print("| " + " | ".join(cells) + " |")


# ---- From arrays of simulated values (one row per replication) to what the methods take.


def moments(values: Floats, *, tails: bool = True) -> list[Moments]:
    """Moments by replication; with their tails, as the engine gives them, or as ``compare`` has them."""
    of = values.mean(1), values.var(1, ddof=1), (values > 0).sum(1), (values < 0).sum(1), (values**3).mean(1)
    return [
        Moments(values.shape[1], mean, variance, Tail(positive, negative, third) if tails else None)
        for mean, variance, positive, negative, third in zip(*(part.tolist() for part in of), strict=True)
    ]


def cross_moments(values: Floats) -> list[CrossMoments]:
    """``values`` by replication, unit and variable."""
    n = values.shape[1]
    means = values.mean(1)
    centred = values - means[:, None, :]
    covariances = centred.transpose(0, 2, 1) @ centred / (n - 1)
    pairs = zip(means.tolist(), covariances.tolist(), strict=True)
    return [CrossMoments(n, tuple(mean), tuple(map(tuple, matrix))) for mean, matrix in pairs]


def rates(successes: NDArray[np.int64], n: int | NDArray[np.int64]) -> list[Rate]:
    pairs = zip(*(part.tolist() for part in np.broadcast_arrays(successes, n)), strict=True)
    return [Rate(x, total) for x, total in pairs]


def arms(sizes: Sequence[int]) -> str:
    return " / ".join(f"{n}" for n in sizes)


def without_interval(difference: float, p_value: float | None, method: str) -> TwoSample:
    nothing = Estimate(None, None, None)
    return TwoSample(method, Estimate(difference, None, None), nothing, p_value, None, None, None)


# ---- Means.


@dataclass(frozen=True, slots=True)
class Money:
    """Log-normal amounts of mean 20 among the ``payers`` (a share of the units), 0 for all others."""

    sigma: float
    payers: float = 1.0

    @property
    def mean(self) -> float:
        return 20 * self.payers

    @property
    def location(self) -> float:
        return math.log(20) - self.sigma**2 / 2

    def draw(self, random: Random, shape: tuple[int, int]) -> Floats:
        if self.payers == 1:
            return random.lognormal(self.location, self.sigma, shape)
        values, pays = np.zeros(shape), random.random(shape) < self.payers
        values[pays] = random.lognormal(self.location, self.sigma, int(pays.sum()))
        return values

    def below(self, value: float) -> float:
        return 1 - self.payers * float(special.ndtr(-(math.log(value) - self.location) / self.sigma))

    def quantile(self, share: float) -> float:
        return math.exp(self.location + self.sigma * float(special.ndtri(1 - (1 - share) / self.payers)))

    def capped_mean(self, cap: float) -> float:
        z = (math.log(cap) - self.location) / self.sigma
        kept = 20 * float(special.ndtr(z - self.sigma)) + cap * float(special.ndtr(-z))
        return self.payers * kept


AS_ANALYSED, WELCH = "as analysed (corrected where lopsided)", "Welch, Fieller"


def skewed_means(
    name: str, money: Money, sizes: Sizes, lift: float, replications: int, *, more_payers: bool = False
) -> Study:
    """The effect is on the amounts, or with ``more_payers`` on the share of units that pay."""
    more = replace(money, payers=money.payers * (1 + lift)) if more_payers else money

    def simulate(random: Random, count: int, effect: bool) -> Iterator[Mapping[str, TwoSample]]:
        for rows in blocks(count, sum(sizes)):
            control = money.draw(random, (rows, sizes[0]))
            treatment = (more if effect else money).draw(random, (rows, sizes[1]))
            treatment *= 1 + lift * (effect and not more_payers)
            whole, plain = (
                zip(moments(control, tails=tails), moments(treatment, tails=tails), strict=True)
                for tails in (True, False)
            )
            for pair, without in zip(whole, plain, strict=True):
                yield {AS_ANALYSED: compare_means(*pair), WELCH: compare_means(*without)}

    truth = dict.fromkeys((AS_ANALYSED, WELCH), (lift * money.mean, lift))
    where = " payers" if more_payers else ""
    return Study(name, arms(sizes), f"+{lift:.0%}{where}", replications, truth, simulate)


LOG_NORMAL, HEAVY = "log-normal money (σ = 1)", "log-normal money (σ = 2)"
ZERO_INFLATED = "zero-inflated money (5 % pay, σ = 1.2)"
PLAIN, INFLATED = Money(1.0), Money(1.2, payers=0.05)

MEANS = [
    skewed_means(LOG_NORMAL, PLAIN, (500, 500), 0.2, 2_500),
    skewed_means(LOG_NORMAL, PLAIN, (50, 50), 0.5, 2_500),
    skewed_means(LOG_NORMAL, PLAIN, (100, 2000), 0.3, 1_250),
    skewed_means(ZERO_INFLATED, INFLATED, (100, 100), 1.0, 2_500),
    skewed_means(ZERO_INFLATED, INFLATED, (1000, 1000), 1.0, 1_250),
    skewed_means(ZERO_INFLATED, INFLATED, (500, 5000), 1.0, 1_000),
    skewed_means(ZERO_INFLATED, INFLATED, (500, 5000), 1.0, 1_000, more_payers=True),
    skewed_means(ZERO_INFLATED, INFLATED, (5000, 500), 1.0, 1_000, more_payers=True),
    skewed_means(ZERO_INFLATED, INFLATED, (10_000, 10_000), 0.3, 1_000),
]


def winsorised_means(
    name: str, money: Money, sizes: Sizes, lift: float, replications: int, share: float = 0.99
) -> Study:
    """Cut at the pooled quantile of the data, as the analysis does, and as its estimand says: the means of values cut
    there. So each experiment has its own truth: intervals are moved by how far that lies from what the row names.
    """
    total = sum(sizes)
    rank = rank_of(total, share)

    def simulate(random: Random, count: int, effect: bool) -> Iterator[Mapping[str, TwoSample]]:
        for rows in blocks(count, total):
            values = money.draw(random, (rows, total))
            values[:, sizes[0] :] *= 1 + lift * effect
            cut = np.minimum(values, np.partition(values, rank - 1, axis=1)[:, rank - 1 : rank])
            pairs = [zip(moments(v[:, : sizes[0]]), moments(v[:, sizes[0] :]), strict=True) for v in (cut, values)]
            for winsorised, whole, highest in zip(*pairs, cut.max(1).tolist(), strict=True):
                found = compare_means(*winsorised)
                if effect:
                    difference, relative = at(highest)
                    found = replace(
                        found,
                        difference=moved(found.difference, named[0] - difference),
                        lift=moved(found.lift, named[1] - relative),
                    )
                yield {"winsorised at 0.99": found, "not winsorised": compare_means(*whole)}

    def at(cap: float) -> tuple[float, float]:
        """The difference and the lift of the means of values cut at ``cap``."""
        first, second = money.capped_mean(cap), (1 + lift) * money.capped_mean(cap / (1 + lift))
        return second - first, second / first - 1

    def excess(cap: float) -> float:
        return (sizes[0] * money.below(cap) + sizes[1] * money.below(cap / (1 + lift))) / total - share

    cap = optimize.brentq(excess, money.quantile(share), money.quantile(share) * (1 + lift))
    named = at(cap)
    truth: Mapping[str, Truth] = {"winsorised at 0.99": named, "not winsorised": (lift * money.mean, lift)}
    return Study(name, arms(sizes), f"+{lift:.0%}", replications, truth, simulate)


def moved(effect: Estimate, by: float) -> Estimate:
    ends = (None if end is None else end + by for end in (effect.low, effect.high))
    return Estimate(effect.estimate, *ends)


WINSORISED = [
    winsorised_means(HEAVY, Money(2.0), (500, 500), 0.5, 5_000),
    winsorised_means(HEAVY, Money(2.0), (100, 100), 1.0, 5_000),
    winsorised_means(ZERO_INFLATED, INFLATED, (1000, 3000), 0.6, 3_000),
]


# ---- Regression adjustment. Each draw gives (outcome, covariates …) by replication and unit.

Draw = Callable[[Random, tuple[int, int], float], Floats]


def past_spend(random: Random, shape: tuple[int, int], effect: float) -> Floats:
    """Log-normal outcome of mean 10 and last month's spend, correlated 0.8 on the log scale."""
    before, noise = random.standard_normal((2, *shape))
    outcome = 10 * np.exp(0.8 * before + 0.6 * noise - 0.5) * (1 + effect / 10)
    return np.stack([outcome, np.exp(before)], axis=2)


def three_numbers(random: Random, shape: tuple[int, int], effect: float) -> Floats:
    """A curved relation, noise that depends on a covariate, and an effect that depends on one: mean 11."""
    x = random.standard_normal((*shape, 3))
    noise = (1 + np.abs(x[..., 0])) * random.standard_normal(shape)
    outcome = 10 + 2 * x[..., 0] + x[..., 1] + x[..., 2] ** 2 + noise + effect * (1 + x[..., 0])
    return np.concatenate([outcome[..., None], x], axis=2)


def past_activity(random: Random, shape: tuple[int, int], effect: float) -> Floats:
    """Rate 0.3: 0.1 among units that were not active before, 0.6 among the 40 % that were."""
    active = random.random(shape) < 0.4
    outcome = random.random(shape) < 0.1 + 0.5 * active + effect
    return np.stack([outcome, active], axis=2).astype(float)


def three_indicators(random: Random, shape: tuple[int, int], effect: float) -> Floats:
    x = random.random((*shape, 3)) < 0.5
    outcome = random.random(shape) < 0.05 + x @ np.array([0.2, 0.2, 0.1]) + effect
    return np.concatenate([outcome[..., None], x], axis=2).astype(float)


def adjusted(name: str, draw: Draw, sizes: Sizes, base: float, effect: float, replications: int) -> Study:
    def simulate(random: Random, count: int, present: bool) -> Iterator[Mapping[str, TwoSample]]:
        for rows in blocks(count, 8 * sum(sizes)):
            control = cross_moments(draw(random, (rows, sizes[0]), 0.0))
            treatment = cross_moments(draw(random, (rows, sizes[1]), effect * present))
            for first, second in zip(control, treatment, strict=True):
                found = compare_adjusted(first, second)
                yield {"adjusted": found, "unadjusted": found.unadjusted}

    truth = (effect, effect / base)
    both = {"adjusted": truth, "unadjusted": truth}
    return Study(name, arms(sizes), f"{effect:+g} on {base:g}", replications, both, simulate)


ADJUSTED = [
    adjusted("mean, 1 covariate (skewed)", past_spend, (500, 1500), 10, 1, 5_000),
    adjusted("mean, 1 covariate (skewed)", past_spend, (60, 60), 10, 4, 5_000),
    adjusted("mean, 3 covariates (curved, unequal noise)", three_numbers, (300, 900), 11, 0.5, 5_000),
    adjusted("mean, 3 covariates (curved, unequal noise)", three_numbers, (40, 40), 11, 1.5, 5_000),
    adjusted("rate, 1 covariate", past_activity, (400, 1200), 0.3, 0.06, 5_000),
    adjusted("rate, 1 covariate", past_activity, (60, 60), 0.3, 0.15, 5_000),
    adjusted("rate, 3 covariates", three_indicators, (400, 1200), 0.3, 0.06, 5_000),
]


# ---- Ratios and clusters.

UNITS, DELTA, LINEARISED = "CR2 by unit", "delta method", "delta method, adjusted (2 covariates)"
BY_SESSION = "score test by session (naive)"


def conversions_per_session(sizes: Sizes, effect: float, replications: int) -> Study:
    """Each user has an own activity and an own conversion rate, both of which the weeks before show too."""

    def draw(random: Random, shape: tuple[int, int], raised: float) -> NDArray[np.int64]:
        activity, rate = 4 * random.standard_gamma(1.0, shape), 0.02 + 0.6 * random.beta(1, 2, shape)
        sessions, before = 1 + random.poisson(activity), random.poisson(2 * activity)
        orders, past = random.binomial(sessions, rate + raised), random.binomial(before, rate)
        return np.stack([orders, sessions, past, before], axis=2)

    def simulate(random: Random, count: int, present: bool) -> Iterator[Mapping[str, TwoSample]]:
        for rows in blocks(count, 4 * sum(sizes)):
            drawn = [draw(random, (rows, sizes[0]), 0.0), draw(random, (rows, sizes[1]), effect * present)]
            pairs, wide = ([cross_moments(arm[..., :k].astype(float)) for arm in drawn] for k in (2, 4))
            naive = [rates(arm[..., 0].sum(1), arm[..., 1].sum(1)) for arm in drawn]
            for place in range(rows):
                few = (
                    {UNITS: compare_clusters(clusters_of([arm[place, :, :2] for arm in drawn], rates=False), 0, 1)}
                    if min(sizes) < 200
                    else {}
                )
                yield {
                    **few,
                    DELTA: compare_ratios(pairs[0][place], pairs[1][place]),
                    LINEARISED: compare_adjusted(linearised(wide[0][place]), linearised(wide[1][place])),
                    BY_SESSION: compare_rates(naive[0][place], naive[1][place]),
                }

    methods = (*((UNITS,) if min(sizes) < 200 else ()), DELTA, LINEARISED, BY_SESSION)
    truth = dict.fromkeys(methods, (effect, effect / 0.22))
    return Study("conversions / sessions", arms(sizes), f"{effect:+g} on 0.22", replications, truth, simulate)


ROBUST, SANDWICH, BY_MEMBER = "CR2, Bell–McCaffrey", "sandwich, Welch (naive)", "score test by member (naive)"


def clusters_of(parts: Sequence[NDArray[np.int64]], *, rates: bool) -> Clusters:
    """Return the clusters of two arms, each an array of (total, members) per cluster, one by one."""
    groups = []
    for arm, part in enumerate(parts):
        for total, members in part.tolist():
            sides = [(members, total) if arm == side else (0, 0) for side in (0, 1)]
            products = tuple(tuple(t * u for _, u in sides) for _, t in sides)
            groups.append(ClusterGroup(tuple(m for m, _ in sides), 1, tuple(t for _, t in sides), products))
    return Clusters(tuple(groups), tuple(int(part[:, 0].sum()) for part in parts) if rates else None)


def clustered_rates(sizes: Sizes, effect: float, replications: int, correlation: float = 0.05) -> Study:
    """Beta-binomial clusters of 5 members and more, 40 on average, sizes geometric."""

    def draw(random: Random, shape: tuple[int, int], rate: float) -> NDArray[np.int64]:
        strength = 1 / correlation - 1
        members = 4 + random.geometric(1 / 36, shape)
        own = random.beta(rate * strength, (1 - rate) * strength, shape)
        return np.stack([random.binomial(members, own), members], axis=2)

    def simulate(random: Random, count: int, present: bool) -> Iterator[Mapping[str, TwoSample]]:
        for rows in blocks(count, 2 * sum(sizes)):
            drawn = [draw(random, (rows, sizes[0]), 0.3), draw(random, (rows, sizes[1]), 0.3 + effect * present)]
            robust = [cross_moments(arm.astype(float)) for arm in drawn]
            naive = [rates(arm[..., 0].sum(1), arm[..., 1].sum(1)) for arm in drawn]
            for place in range(rows):
                yield {
                    ROBUST: compare_clusters(clusters_of([arm[place] for arm in drawn], rates=True), 0, 1),
                    SANDWICH: compare_ratios(robust[0][place], robust[1][place]),
                    BY_MEMBER: compare_rates(naive[0][place], naive[1][place]),
                }

    truth = dict.fromkeys((ROBUST, SANDWICH, BY_MEMBER), (effect, effect / 0.3))
    name = f"rate in clusters (correlation {correlation:g})"
    return Study(name, f"{arms(sizes)} clusters", f"{effect:+g} on 0.3", replications, truth, simulate)


RATIOS = [
    conversions_per_session((300, 900), 0.04, 3_000),
    conversions_per_session((60, 60), 0.1, 3_000),
    conversions_per_session((15, 60), 0.15, 3_000),
    conversions_per_session((15, 15), 0.15, 3_000),
]
CLUSTERS = [
    clustered_rates((50, 50), 0.06, 4_000),
    clustered_rates((20, 60), 0.08, 4_000),
    clustered_rates((10, 10), 0.12, 4_000),
    clustered_rates((8, 8), 0.14, 4_000),
]


# ---- Quantiles, strata, resampling.


def quantiles(share: float, sizes: Sizes, lift: float, replications: int) -> Study:
    method = "bootstrap of ranks"

    def simulate(random: Random, count: int, present: bool) -> Iterator[Mapping[str, TwoSample]]:
        for seed in range(count):
            control, treatment = (PLAIN.draw(random, (1, n))[0] for n in sizes)
            found = compare_quantiles(control, treatment * (1 + lift * present), share, draws=1000, seed=seed)
            yield {method: found}

    truth = {method: (lift * PLAIN.quantile(share), lift)}
    name = f"{'median' if share == 0.5 else f'{share:g} quantile'} of log-normal money"
    return Study(name, arms(sizes), f"+{lift:.0%}", replications, truth, simulate)


QUANTILES = [
    quantiles(0.5, (500, 1500), 0.2, 4_000),
    quantiles(0.5, (60, 60), 0.6, 4_000),
    quantiles(0.9, (500, 1500), 0.3, 4_000),
    quantiles(0.9, (60, 60), 1.0, 4_000),
]

STRATIFIED, UNSTRATIFIED = "stratified score", "score, unstratified"


def strata(name: str, sizes: tuple[Sequence[int], Sequence[int]], change: tuple[float, float], count: int) -> Study:
    """Rates 0.05, 0.2, 0.4, 0.7, over and over; the effect adds ``change[0]`` and multiplies by 1 + ``change[1]``."""
    totals = [np.array(arm) for arm in sizes]
    control_rates = np.resize([0.05, 0.2, 0.4, 0.7], len(totals[0]))
    raised = (control_rates + change[0]) * (1 + change[1])

    def simulate(random: Random, replications: int, present: bool) -> Iterator[Mapping[str, TwoSample]]:
        for _ in range(replications):
            successes = (
                random.binomial(totals[0], control_rates),
                random.binomial(totals[1], raised if present else control_rates),
            )
            first, second = (rates(x, n) for x, n in zip(successes, totals, strict=True))
            whole = compare_rates(pooled(first), pooled(second))
            yield {STRATIFIED: compare_stratified_rates(first, second), UNSTRATIFIED: whole}

    weights = totals[0] * totals[1] / (totals[0] + totals[1])
    p_c, p_t = (float(weights @ arm / weights.sum()) for arm in (control_rates, raised))
    truth = dict.fromkeys((STRATIFIED, UNSTRATIFIED), (p_t - p_c, p_t / p_c - 1))
    units = " / ".join("+".join(map(str, arm)) if len(arm) < 5 else f"{len(arm)} × {arm[0]}" for arm in sizes)
    effect = f"{change[0]:+g} in each" if change[0] else f"{change[1]:+.0%} in each"
    return Study(name, units, effect, count, truth, simulate)


def pooled(arm: Sequence[Rate]) -> Rate:
    return Rate(sum(one.successes for one in arm), sum(one.n for one in arm))


UNEQUAL = (400, 200, 100, 50)
STRATA = [
    strata("same shares in all strata", (UNEQUAL, UNEQUAL), (0.06, 0), 800),
    strata("shares differ between strata", (UNEQUAL, (100, 200, 300, 150)), (0, 0.2), 800),
    strata("sparse strata", ((6,) * 24, (6,) * 24), (0.15, 0), 800),
]

POISSON = "Poisson bootstrap"


def bootstrapped_means(sizes: Sizes, lift: float, replications: int, draws: int = 1000) -> Study:
    """Fifty replications at a time share their weights, which makes their errors depend on each other by a hair."""

    def mean(rows: Floats, weights: Floats) -> Floats:
        return np.asarray(weights @ rows / weights.sum())

    def simulate(random: Random, count: int, present: bool) -> Iterator[Mapping[str, TwoSample]]:
        for start in range(0, count, 50):
            shape = min(50, count - start)
            values = [PLAIN.draw(random, (shape, n)) for n in sizes]
            values[1] *= 1 + lift * present
            # One column per replication: the statistic then gives one number for each.
            seeds = (2 * start, 2 * start + 1)
            drawn = [
                bootstrap_replicates(arm.T, mean, draws=draws, seed=seed)  # type: ignore[arg-type]
                for arm, seed in zip(values, seeds, strict=True)
            ]
            both = [moments(arm, tails=False) for arm in values]
            for k in range(shape):
                first, second = ((float(arm[k].mean()), found[:, k]) for arm, found in zip(values, drawn, strict=True))
                yield {POISSON: compare_replicates(first, second), WELCH: compare_means(both[0][k], both[1][k])}

    truth = dict.fromkeys((POISSON, WELCH), (lift * PLAIN.mean, lift))
    return Study(f"mean of {LOG_NORMAL}", arms(sizes), f"+{lift:.0%}", replications, truth, simulate)


BOOTSTRAP = [bootstrapped_means((400, 400), 0.2, 4_000), bootstrapped_means((50, 50), 0.5, 4_000)]

PERMUTATION = "studentised permutation"


def permuted(
    name: str, draws: tuple[Callable[[Random, int], Floats], ...], sizes: Sizes, effect: tuple[float, float]
) -> Study:
    """``draws`` of the two arms have the same mean; the effect multiplies and then adds."""

    def simulate(random: Random, count: int, present: bool) -> Iterator[Mapping[str, TwoSample]]:
        for seed in range(count):
            control, treatment = (draw(random, n) for draw, n in zip(draws, sizes, strict=True))
            if present:
                treatment = treatment * (1 + effect[0]) + effect[1]
            p_value = permutation_test(control, treatment, draws=999, seed=seed)
            welch = compare_means(*(moments(arm[None, :], tails=False)[0] for arm in (control, treatment)))
            difference = float(treatment.mean() - control.mean())
            yield {PERMUTATION: without_interval(difference, p_value, PERMUTATION), WELCH: welch}

    shown = f"+{effect[0]:.0%}" if effect[0] else f"{effect[1]:+g}"
    truth: Truth = (effect[0] * PLAIN.mean + effect[1], effect[0] or None)
    return Study(name, arms(sizes), shown, 3_000, {PERMUTATION: (None, None), WELCH: truth}, simulate)


def log_normal(random: Random, n: int) -> Floats:
    return PLAIN.draw(random, (1, n))[0]


def narrow(random: Random, n: int) -> Floats:
    return random.normal(0, 1, n)


def wide(random: Random, n: int) -> Floats:
    return random.normal(0, 3, n)


PERMUTATIONS = [
    permuted(LOG_NORMAL, (log_normal, log_normal), (30, 60), (0.8, 0.0)),
    permuted("normal, standard deviations 3 and 1", (wide, narrow), (20, 80), (0.0, 1.5)),
]


# ---- Complier effect.

ANDERSON_RUBIN, WALD = "Anderson–Rubin", "Wald ± 1.96 SE (delta method)"


def compliers(name: str, shares: tuple[float, float], sizes: Sizes, effect: float, replications: int) -> Study:
    """``shares`` of compliers and of always-takers; the three types differ in their outcome without treatment."""

    def draw(random: Random, shape: tuple[int, int], assigned: bool, gain: float) -> Floats:
        kind = random.random(shape)
        complier, always = kind < shares[0], (kind >= shares[0]) & (kind < sum(shares))
        taken = always | (complier & assigned)
        outcome = 10 + 2 * complier + 4 * always + gain * taken + 4 * random.standard_normal(shape)
        return np.stack([outcome, taken], axis=2)

    def simulate(random: Random, count: int, present: bool) -> Iterator[Mapping[str, TwoSample]]:
        for rows in blocks(count, 4 * sum(sizes)):
            arms = [cross_moments(draw(random, (rows, n), k == 1, effect * present)) for k, n in enumerate(sizes)]
            for first, second in zip(*arms, strict=True):
                found = complier_effect(first, second)
                nothing = Estimate(None, None, None)
                method = TwoSample(ANDERSON_RUBIN, found.effect, nothing, found.p_value, None, None, None)
                yield {ANDERSON_RUBIN: method, WALD: wald(found.effect.estimate, found.standard_error)}

    truth: Mapping[str, Truth] = {ANDERSON_RUBIN: (effect, None), WALD: (effect, None)}
    return Study(name, arms(sizes), f"{effect:+g} on compliers", replications, truth, simulate)


def wald(estimate: float | None, error: float | None) -> TwoSample:
    if estimate is None or not error:
        return without_interval(0.0, None, WALD)
    half = -float(special.ndtri(ALPHA / 2)) * error
    interval = Estimate(estimate, estimate - half, estimate + half)
    return TwoSample(
        WALD, interval, Estimate(None, None, None), 2 * float(special.ndtr(-abs(estimate) / error)), None, None, None
    )


COMPLIERS = [
    compliers("complier effect, 50 % comply", (0.5, 0.1), (500, 500), 1.5, 5_000),
    compliers("complier effect, 10 % comply", (0.1, 0.1), (150, 150), 6.0, 5_000),
]


# ---- Several questions.


@dataclass(frozen=True, slots=True)
class Decisions:
    """Adjusted p-values of all questions, and whether the joint intervals hold all true effects."""

    p_values: Sequence[float | None]
    differences: Sequence[float]
    covered: bool | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """``effects``: 0 where the null hypothesis is true. ``exact``: methods whose error is α, not only at most α."""

    situation: str
    units: str
    effects: Sequence[float]
    shown: str
    replications: int
    methods: Sequence[str]
    exact: Sequence[str]
    simulate: Callable[[Random, int, Sequence[float]], Iterator[Mapping[str, Decisions]]]


DUNNETT, HOLM, BONFERRONI = "Dunnett", "Holm", "Bonferroni"


def contrasts(compared: Sequence[TwoSample], shares: Sequence[float]) -> list[ArmContrast]:
    found = []
    for one, share in zip(compared, shares, strict=True):
        difference, statistic = one.difference.estimate, one.statistic
        # Equal arms have no standard error by way of the statistic, and nothing to find.
        error = difference / statistic if difference and statistic else None
        found.append(ArmContrast(difference if error else None, error, share, one.degrees_of_freedom))
    return found


def decide(
    compared: Sequence[TwoSample], shares: Sequence[float], again: Callable[[int, float], TwoSample], truth: Floats
) -> Mapping[str, Decisions]:
    """``again`` compares an arm at another confidence."""
    result = dunnett(contrasts(compared, shares)).arms
    widened = [again(place, arm.confidence).difference for place, arm in enumerate(result)]
    joint = all(holds(interval, value) for interval, value in zip(widened, truth.tolist(), strict=True))
    differences = [one.difference.estimate or 0.0 for one in compared]
    plain = [one.p_value for one in compared]
    return {
        DUNNETT: Decisions([arm.p_value for arm in result], differences, joint),
        HOLM: Decisions(adjust(plain, "holm"), differences),
        BONFERRONI: Decisions(adjust(plain, "bonferroni"), differences),
    }


def arms_of_rates(sizes: Sequence[int], base: float, effects: Sequence[float], replications: int) -> Family:
    shares = [control_share(1 / sizes[0], 1 / n) for n in sizes[1:]]

    def simulate(random: Random, count: int, present: Sequence[float]) -> Iterator[Mapping[str, Decisions]]:
        for _ in range(count):
            drawn = [Rate(random.binomial(n, base + e), n) for n, e in zip(sizes, (0, *present), strict=True)]

            def again(place: int, confidence: float, drawn: list[Rate] = drawn) -> TwoSample:
                return compare_rates(drawn[0], drawn[place + 1], confidence)

            compared = [again(place, CONFIDENCE) for place in range(len(present))]
            yield decide(compared, shares, again, np.array(present))

    exact = [DUNNETT] if not any(effects) else []
    return Family(
        f"rates of {base:g}, 3 treatments",
        arms(sizes),
        effects,
        effect_list(effects),
        replications,
        (DUNNETT, HOLM, BONFERRONI),
        exact,
        simulate,
    )


def effect_list(effects: Sequence[float]) -> str:
    return ", ".join(f"{effect:+g}" if effect else "0" for effect in effects)


def arms_of_means(sizes: Sequence[int], effects: Sequence[float], replications: int) -> Family:
    """Unequal variances too: the smallest degrees of freedom serve all, so Dunnett's error is at most α."""
    spreads = np.linspace(1.0, 1.6, len(sizes))

    def simulate(random: Random, count: int, present: Sequence[float]) -> Iterator[Mapping[str, Decisions]]:
        for rows in blocks(count, sum(sizes)):
            groups = [
                moments(effect + spread * random.standard_normal((rows, n)))
                for n, spread, effect in zip(sizes, spreads, (0, *present), strict=True)
            ]
            for drawn in zip(*groups, strict=True):

                def again(place: int, confidence: float, drawn: tuple[Moments, ...] = drawn) -> TwoSample:
                    return compare_means(drawn[0], drawn[place + 1], confidence)

                squares = [(arm.standard_error or 0.0) ** 2 for arm in drawn]
                shares = [control_share(squares[0], square) for square in squares[1:]]
                compared = [again(place, CONFIDENCE) for place in range(len(present))]
                yield decide(compared, shares, again, np.array(present))

    name, methods = "means (Welch), 3 treatments", (DUNNETT, HOLM, BONFERRONI)
    return Family(name, arms(sizes), effects, effect_list(effects), replications, methods, (), simulate)


GATE, ALL_HOLM, NO_GATE = "gatekeeping, Holm within", "Holm over all", "Holm in each family, no gate"


def gated(effects: tuple[Sequence[float], Sequence[float]], replications: int, n: int = 200) -> Family:
    """Metrics of one sample of units, correlated 0.3 with each other, primary ones first."""
    split = len(effects[0])
    flat = [*effects[0], *effects[1]]

    def simulate(random: Random, count: int, present: Sequence[float]) -> Iterator[Mapping[str, Decisions]]:
        for rows in blocks(count, 2 * n * len(flat)):
            noise = [metrics(random, (len(flat), rows, n)) for _ in range(2)]
            first = [moments(metric) for metric in noise[0]]
            second = [moments(metric + effect) for metric, effect in zip(noise[1], present, strict=True)]
            for place in range(rows):
                compared = [compare_means(c[place], t[place]) for c, t in zip(first, second, strict=True)]
                p_values = [one.p_value for one in compared]
                families = p_values[:split], p_values[split:]
                differences = [one.difference.estimate or 0.0 for one in compared]
                yield {
                    GATE: Decisions([p for family in gatekeep(families) for p in family], differences),
                    ALL_HOLM: Decisions(adjust(p_values), differences),
                    NO_GATE: Decisions(adjust(families[0]) + adjust(families[1]), differences),
                }

    shown = "; ".join(effect_list(part) for part in effects)
    name = f"{split} primary; {len(effects[1])} secondary means"
    return Family(name, f"{n} / {n}", flat, shown, replications, (GATE, ALL_HOLM, NO_GATE), (), simulate)


def metrics(random: Random, shape: tuple[int, int, int]) -> Floats:
    return math.sqrt(0.3) * random.standard_normal(shape[1:]) + math.sqrt(0.7) * random.standard_normal(shape)


NOTHING = (0.0, 0.0, 0.0)
FAMILIES = [
    arms_of_rates((1500, 500, 1000, 1500), 0.2, NOTHING, 3_000),
    arms_of_rates((1500, 500, 1000, 1500), 0.2, (0.0, 0.04, 0.04), 3_000),
    arms_of_means((40, 15, 20, 30), NOTHING, 1_000),
    arms_of_means((40, 15, 20, 30), (0.0, 0.8, 0.8), 1_000),
]
GATES = [
    gated(((0.0, 0.0), NOTHING), 8_000),
    gated(((0.6, 0.6), NOTHING), 8_000),
    gated(((0.3, 0.0), (0.3, 0.3, 0.0)), 8_000),
    gated(((0.3, 0.3), (0.3, 0.3, 0.0)), 8_000),
]


@dataclass(slots=True)
class FamilyTally:
    wrong: int = 0
    worse: int = 0
    better: int = 0
    some: int = 0
    right: int = 0
    covered: int | None = 0

    def add(self, seen: Decisions, effects: Sequence[float]) -> None:
        rejected = [p is not None and p < ALPHA for p in seen.p_values]
        triples = list(zip(rejected, seen.differences, effects, strict=True))
        worse, better = (any(r and s * d > 0 and not e for r, d, e in triples) for s in (-1, 1))
        right = sum(r and d > 0 and e > 0 for r, d, e in triples)
        self.wrong += worse or better
        self.worse += worse
        self.better += better
        self.some += right > 0
        self.right += right
        if seen.covered is None:
            self.covered = None
        elif self.covered is not None:
            self.covered += seen.covered


def family_table(families: Sequence[Family], scale: int) -> None:
    print("| situation | units per arm | effects | method | replications | family-wise error | nominal |", end="")
    print(" wrongly worse | wrongly better | covers all | power, some | power, average | error |", end="")
    print(" within 3 errors of nominal |")
    print("|---|---|---|---|---:|---:|---|" + "---:|" * 6 + "---|")
    for family in families:
        n, effective = family.replications // scale, sum(effect != 0 for effect in family.effects)
        found = {method: FamilyTally() for method in family.methods}
        for seen in family.simulate(generator(family.situation, family.units, family.shown), n, family.effects):
            for method, tally in found.items():
                tally.add(seen[method], family.effects)
        for method, tally in found.items():
            exact, share = method in family.exact, tally.wrong / n
            checks = [("error", share, ALPHA)] if exact or share > ALPHA else []
            covers = "–"
            if tally.covered is not None:
                covers = f"{tally.covered / n:.3f}"
                # Conservative where the error is: only coverage below nominal is then a fault.
                if method in family.exact or tally.covered / n < CONFIDENCE:
                    checks.append(("coverage", tally.covered / n, CONFIDENCE))
            power = ["–", "–"]
            if effective:
                power = [with_error(tally.some / n, n), f"{tally.right / n / effective:.3f}"]
            cells = [family.situation, family.units, family.shown, method, f"{n}", f"{share:.3f}"]
            cells += ["0.05" if exact else "≤ 0.05", f"{tally.worse / n:.3f}", f"{tally.better / n:.3f}", covers]
            cells += [*power, f"{monte_carlo_error(ALPHA, n):.4f}", verdict(checks, n)]
            print("| " + " | ".join(cells) + " |")


# ---- Intervals that a correction widens: what they promise together, or of those that exclude 0.

MANY = (3, 6, 10)
EFFECTS: Mapping[str, Callable[[int], Floats]] = {
    "none": np.zeros,
    "0 to 3": lambda m: np.linspace(0, 3, m),
    "3 each": lambda m: np.full(m, 3.0),
    "3, else none": lambda m: np.r_[3.0, np.zeros(m - 1)],
}
JOINT = {"bonferroni", "dunnett"}


def levels_table(runs: int) -> None:
    """Normal statistics with known errors; gatekeeping has the first third of the questions before the others."""
    print("| correction | effects, in standard errors | questions | replications | all hold | ", end="")
    print("wrong direction | misses among those that exclude 0 | error | what is promised | within 3 errors of it |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---|---|")
    for correction in ("bonferroni", "dunnett", "holm", "hochberg", "bh", "by", "gatekeeping"):
        for shown, effects in EFFECTS.items():
            for m in MANY:
                n = max(runs // 8, 25) if correction == "dunnett" else runs
                all_hold, wrong, misses = simulated_levels(correction, effects(m), n)
                promised = 1 - all_hold if correction in JOINT else misses
                off = promised > ALPHA + LIMIT * monte_carlo_error(ALPHA, n)
                promise = "all hold: ≥ 0.95" if correction in JOINT else "misses: ≤ 0.05"
                cells = [correction, shown, f"{m}", f"{n}", f"{all_hold:.3f}", f"{wrong:.3f}", f"{misses:.3f}"]
                cells += [f"{monte_carlo_error(ALPHA, n):.4f}", promise, "no" if off else "yes"]
                print("| " + " | ".join(cells) + " |")


def simulated_levels(correction: str, effects: Floats, n: int) -> tuple[float, float, float]:
    """How often all intervals hold, how often a direction is wrong, and the mean share of misses among those shown."""
    random, m = generator("levels", correction, str(effects)), len(effects)
    noise = random.standard_normal((n, m))
    if correction == "dunnett":  # all share the control
        noise = (noise - random.standard_normal((n, 1))) / math.sqrt(2)
    z = effects + noise
    all_hold = wrong = 0
    misses = 0.0
    for row, error in zip(z, noise, strict=True):
        shown, critical = asked(correction, row)
        missed = np.abs(error) > critical
        all_hold += not missed.any()
        wrong += bool((shown & (np.sign(row) != np.sign(effects))).any())
        misses += float((missed & shown).sum() / max(shown.sum(), 1))
    return all_hold / n, wrong / n, misses / n


def asked(correction: str, z: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Which questions the procedure answers, and how many standard errors each interval reaches (none: infinite)."""
    if correction == "dunnett":
        found = dunnett([ArmContrast(float(value), 1.0, 0.5) for value in z])
        reach = [value - (arm.difference.low or -math.inf) for value, arm in zip(z.tolist(), found.arms, strict=True)]
        return np.array([arm.p_value < ALPHA for arm in found.arms]), np.array(reach)
    p_values = (2 * special.ndtr(-np.abs(z))).tolist()
    if correction == "gatekeeping":
        split = len(p_values) // 3
        families = [p_values[:split], p_values[split:]]
        adjusted = [p for family in gatekeep(families) for p in family]
        levels = [level for family in gated_levels(families) for level in family]
    else:
        of: Correction = correction  # type: ignore[assignment]
        adjusted, levels = adjust(p_values, of), list(interval_levels(p_values, of))
    reach = [math.inf if level is None else -float(special.ndtri((1 - level) / 2)) for level in levels]
    return np.array([p is not None and p < ALPHA for p in adjusted]), np.array(reach)


# ---- Non-inferiority: how often it is shown when the truth lies on the margin.


@dataclass(frozen=True, slots=True)
class Boundary:
    situation: str
    units: str
    margin: str
    replications: int
    simulate: Callable[[Random, int, bool], Iterator[MarginTest]]


def rate_boundary(
    base: float, sizes: Sizes, margin: float, relative: bool, good_up: bool, replications: int
) -> Boundary:
    loss = margin * base if relative else margin
    worst = base - loss if good_up else base + loss

    def simulate(random: Random, count: int, at_margin: bool) -> Iterator[MarginTest]:
        pairs = random.binomial(sizes[0], base, count), random.binomial(sizes[1], worst if at_margin else base, count)
        for first, second in zip(*(rates(x, n) for x, n in zip(pairs, sizes, strict=True)), strict=True):
            scale, good = ("relative" if relative else "absolute"), ("up" if good_up else "down")
            yield rate_margin_test(first, second, margin, scale, good)  # type: ignore[arg-type]

    return Boundary(f"rate of {base:g}", arms(sizes), margin_text(margin, relative, good_up), replications, simulate)


def margin_text(margin: float, relative: bool, good_up: bool) -> str:
    size = f"{margin:.0%} of the control" if relative else f"{margin:g}"
    return f"{size} {'below' if good_up else 'above'}"


def mean_boundary(name: str, money: Money, sizes: Sizes, margin: float, good_up: bool) -> Boundary:
    def simulate(random: Random, count: int, at_margin: bool) -> Iterator[MarginTest]:
        for rows in blocks(count, sum(sizes)):
            control, treatment = (money.draw(random, (rows, n)) for n in sizes)
            if at_margin:
                treatment *= 1 - margin if good_up else 1 + margin
            for first, second in zip(moments(control), moments(treatment), strict=True):
                yield mean_margin_test(first, second, margin, "relative", "up" if good_up else "down")

    return Boundary(name, arms(sizes), margin_text(margin, True, good_up), 8_000, simulate)


BOUNDARIES = [
    rate_boundary(0.3, (1000, 1000), 0.05, False, True, 5_000),
    rate_boundary(0.04, (1500, 3000), 0.4, True, False, 5_000),
    rate_boundary(0.9, (100, 200), 0.1, True, True, 5_000),
    mean_boundary(LOG_NORMAL, PLAIN, (500, 1500), 0.15, True),
    mean_boundary(LOG_NORMAL, PLAIN, (500, 1500), 0.15, False),
    mean_boundary(LOG_NORMAL, PLAIN, (50, 50), 0.4, True),
]


def boundary_table(boundaries: Sequence[Boundary], scale: int) -> None:
    print("| situation | units per arm | margin | replications | shown at the margin | power without a loss |", end="")
    print(" error | within 3 errors of nominal (0.025) |")
    print("|---|---|---|---:|---:|---:|---:|---|")
    for one in boundaries:
        n = one.replications // scale
        random = generator(one.situation, one.units, one.margin)
        size, power = (sum(test.shown for test in one.simulate(random, n, at)) / n for at in (True, False))
        cells = [one.situation, one.units, one.margin, f"{n}", f"{size:.3f}", with_error(power, n)]
        cells += [f"{monte_carlo_error(ALPHA / 2, n):.4f}", verdict([("shown", size, ALPHA / 2)], n)]
        print("| " + " | ".join(cells) + " |")


# ---- Bayesian intervals, for information.


@dataclass(frozen=True, slots=True)
class Credible:
    situation: str
    units: str
    replications: int
    truth: tuple[float, float]
    simulate: Callable[[Random, int], Iterator[Posterior]]


def credible_rates(pair: tuple[float, float], sizes: Sizes, replications: int) -> Credible:
    def simulate(random: Random, count: int) -> Iterator[Posterior]:
        drawn = (rates(random.binomial(n, p, count), n) for n, p in zip(sizes, pair, strict=True))
        for first, second in zip(*drawn, strict=True):
            yield bayes_rates(first, second, (1.0, 1.0))

    truth = pair[1] - pair[0], pair[1] / pair[0] - 1
    return Credible(f"rates {pair[0]:g} and {pair[1]:g}, Beta(1, 1)", arms(sizes), replications, truth, simulate)


def credible_means(sizes: Sizes, lift: float) -> Credible:
    def simulate(random: Random, count: int) -> Iterator[Posterior]:
        for rows in blocks(count, sum(sizes)):
            control, treatment = (PLAIN.draw(random, (rows, n)) for n in sizes)
            for first, second in zip(moments(control), moments(treatment * (1 + lift)), strict=True):
                yield bayes_means(first, second)

    return Credible(f"mean of {LOG_NORMAL}, +{lift:.0%}, flat", arms(sizes), 5_000, (lift * PLAIN.mean, lift), simulate)


CREDIBLE = [
    credible_rates((0.05, 0.08), (200, 600), 1_000),
    credible_rates((0.4, 0.5), (100, 100), 1_000),
    credible_means((500, 500), 0.2),
    credible_means((30, 30), 0.5),
]


def credible_table(cells: Sequence[Credible], scale: int) -> None:
    print("| situation | units per arm | replications | covers difference | covers lift | error |", end="")
    print(" within 3 errors of 0.95 |")
    print("|---|---|---:|---:|---:|---:|---|")
    for one in cells:
        n = one.replications // scale
        seen = [(p.difference, p.lift) for p in one.simulate(generator(one.situation, one.units), n)]
        difference, lift = (sum(holds(pair[k], one.truth[k]) for pair in seen) / n for k in (0, 1))
        judged = verdict([("difference", difference, CONFIDENCE), ("lift", lift, CONFIDENCE)], n)
        error = f"{monte_carlo_error(CONFIDENCE, n):.4f}"
        print(f"| {one.situation} | {one.units} | {n} | {difference:.3f} | {lift:.3f} | {error} | {judged} |")


COMPARISONS = {
    "Means": MEANS,
    "Winsorised means": WINSORISED,
    "Regression adjustment": ADJUSTED,
    "Ratios": RATIOS,
    "Randomised clusters": CLUSTERS,
    "Quantiles": QUANTILES,
    "Strata": STRATA,
    "Poisson bootstrap": BOOTSTRAP,
    "Permutation": PERMUTATIONS,
    "Complier effect": COMPLIERS,
}


def sections(scale: int, some: slice) -> dict[str, Callable[[], None]]:
    """What is printed under each heading."""
    found: dict[str, Callable[[], None]] = {
        title: partial(comparison_table, studies[some], scale) for title, studies in COMPARISONS.items()
    }
    return found | {
        "Several treatments": partial(family_table, FAMILIES[some], scale),
        "Primary and secondary metrics": partial(family_table, GATES[some], scale),
        "Intervals of corrections": partial(levels_table, 2_000 // scale),
        "Non-inferiority": partial(boundary_table, BOUNDARIES[some], scale),
        "Credible intervals under a flat prior": partial(credible_table, CREDIBLE[some], scale),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="one situation of each kind, in seconds")
    parser.add_argument("--section", action="append", help="only what stands under this heading; may be repeated")
    options = parser.parse_args()
    found = sections(*((SMOKE, slice(1)) if options.smoke else (1, slice(None))))
    for title in options.section or found:
        if title not in found:
            parser.error(f"no heading {title!r}; there are: {', '.join(found)}")
    for title in options.section or found:
        heading(title)
        found[title]()


def heading(title: str) -> None:
    print(f"\n## {title}\n", flush=True)
    print(f"{time.process_time():6.1f} s  {title}", file=sys.stderr)


if __name__ == "__main__":
    main()

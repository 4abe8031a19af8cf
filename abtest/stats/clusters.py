"""Randomised clusters, also few of them, or of unequal size, or with members in several arms.

Principle: the estimate is the plain mean of the members; what is uncertain about it shows in the clusters' residual
totals e = T − mȳ alone, whatever goes on inside of a cluster. With few clusters the squares of these are too small on
average and vary much themselves. Bias-reduced linearisation (CR2) mends the first, degrees of freedom of Bell and
McCaffrey the second: Bell & McCaffrey (2002), Survey Methodology 28:169-181; Pustejovsky & Tipton (2018), J. Bus. Econ.
Stat. 36:672-683. The same holds for a ratio of sums, where each unit is a cluster of the size of its denominator.

All is computed from sums over clusters of one size, so no cluster is known by itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import contrast, critical_value, without_test
from abtest.stats.score import Floats
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason

METHOD = "cluster-robust (CR2), Bell–McCaffrey t, lift by Fieller"
RATIO = "linearised (CR2), Bell–McCaffrey t, lift by Fieller"
ROUNDING = 1e-12
"""A variance of a difference below this share of its parts is what is left of their cancelling."""


@dataclass(frozen=True, slots=True)
class ClusterGroup:
    """All clusters with the same number of members in each arm.

    ``members`` per arm; ``clusters`` how many such clusters there are; ``totals[a]`` the sum over them of the total of
    their members in arm a, ``products[a][b]`` the sum over them of the products of their totals in arms a and b.
    """

    members: tuple[int, ...]
    clusters: int
    totals: tuple[int, ...]
    products: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        checks.count("clusters", self.clusters)
        for members in self.members:
            checks.count("members", members)
        checks.same_length("totals", self.totals, "members", self.members)
        checks.same_length("products", self.products, "members", self.members)


@dataclass(frozen=True, slots=True)
class Clusters:
    """All clusters of an experiment, in groups.

    ``squares[a]``: the sum of squares of the members' own values in arm a, from which the correlation within clusters
    is estimated; ``None`` for the units of a ratio, whose insides nobody knows. Values were multiplied by ``scale``,
    members by ``member_scale`` (a ratio's denominators need not be whole).
    """

    groups: tuple[ClusterGroup, ...]
    squares: tuple[int, ...] | None = None
    scale: int = 1
    member_scale: int = 1

    def count(self, arm: int) -> int:
        """Return the number of clusters with members in an arm."""
        return sum(group.clusters for group in self.groups if group.members[arm])


@dataclass(frozen=True, slots=True)
class _Residuals:
    """Of the arms compared (columns) and the groups of clusters (rows): what variance and degrees of freedom need.

    ``counts`` of clusters, ``members`` of each; ``products`` (group × arm × arm) the sums of eₐe_b; ``sizes`` N and
    ``means`` ȳ per arm; ``within`` Σ(y − ȳ)² over all members, where they are known. In the units of the data.
    """

    counts: Floats
    members: Floats
    products: Floats
    sizes: Floats
    means: tuple[float, ...]
    within: float | None

    @property
    def adjustments(self) -> Floats:
        """CR2's factors (1 − m/N)^(−1/2): a residual total e has a variance that is smaller by 1 − m/N."""
        return 1 / np.sqrt(1 - self.members / self.sizes)

    @property
    def covariance(self) -> Floats:
        """The CR2 covariance matrix of the arms' means: clusters with members in both arms bring the off-diagonal."""
        scaled = self.adjustments / self.sizes
        matrix: Floats = np.einsum("gab,ga,gb->ab", self.products, scaled, scaled)
        return matrix


def cluster_interval(
    clusters: Clusters, arm: int, confidence: float = CONFIDENCE, *, correlation: float | None = None
) -> Estimate:
    """Mean of one arm's members (or ratio of sums) with its CR2 interval on Bell–McCaffrey degrees of freedom."""
    alpha = 1 - checks.confidence_level(confidence)
    found = _residuals(clusters, (arm,))
    if isinstance(found, Reason):
        return Estimate(_mean(clusters, arm), None, None, found)
    value, variance = found.means[0], float(found.covariance[0, 0])
    if variance == 0:
        return Estimate(value, None, None, Reason("why-clusters-without-variation"))
    degrees = _degrees(found, (1.0,), *_working(found, correlation))
    half = critical_value(alpha, degrees) * math.sqrt(variance)
    return Estimate(value, value - half, value + half)


def compare_clusters(
    clusters: Clusters,
    control: int,
    treatment: int,
    confidence: float = CONFIDENCE,
    *,
    correlation: float | None = None,
) -> TwoSample:
    """Compare means over members when clusters were randomised, or when members of one cluster are in both arms.

    Estimands: the difference of the arms' means over members, and its lift. Also compares ratios of sums per unit, each
    unit being a cluster whose size is its denominator. The variance is CR2's with identity as its working model, that
    of ``vcovCR(lm(y ~ arm), cluster, "CR2")`` in R's ``clubSandwich``: correlation within clusters is in it, whatever
    its form. The degrees of freedom are (tr M)²/tr M² where M is the covariance of the clusters' adjusted residuals
    under an exchangeable working model: members of a cluster correlate by ``correlation``, estimated by moments when it
    is ``None`` (Imbens & Kolesár 2016, Rev. Econ. Stat. 98:701-712). At 0 they are ``coef_test``'s of ``clubSandwich``.
    For the units of a ratio the working variance of a numerator is in halves proportional to the denominator and to its
    square. Difference and lift (by Fieller) have one statistic and one critical value.
    """
    checks.confidence_level(confidence)
    method = RATIO if clusters.squares is None else METHOD
    found = _residuals(clusters, (control, treatment))
    if isinstance(found, Reason):
        means = _mean(clusters, control), _mean(clusters, treatment)
        return without_test(method, *means, found)
    (first, second), matrix = found.means, found.covariance
    errors = float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 1])
    if errors[0] + errors[1] - 2 * errors[2] <= ROUNDING * (errors[0] + errors[1]):
        return without_test(method, first, second, Reason("why-clusters-same-differences"))
    working = _working(found, correlation)
    degrees = _degrees(found, (-1.0, 1.0), *working)
    return contrast(method, first, second - first, errors, degrees, confidence=confidence)


def _mean(clusters: Clusters, arm: int) -> float | None:
    members = sum(group.clusters * group.members[arm] for group in clusters.groups)
    total = sum(group.totals[arm] for group in clusters.groups)
    return float(Fraction(total * clusters.member_scale, members * clusters.scale)) if members else None


def _residuals(clusters: Clusters, arms: Sequence[int]) -> _Residuals | Reason:
    """Return the residuals of the arms, or the reason why there are none."""
    names = ("control", "treatment") if len(arms) == 2 else ("arm",)
    # A unit of a ratio may have a numerator without a denominator.
    groups = [group for group in clusters.groups if any(group.members[arm] or group.products[arm][arm] for arm in arms)]
    sizes, means = [], []
    for arm, name in zip(arms, names, strict=True):
        size = sum(group.clusters * group.members[arm] for group in groups)
        if size == 0:
            lacks = "clusters" if clusters.squares is not None else "denominator"
            return Reason.of(f"why-side-without-{lacks}", side=name)
        if any(group.members[arm] == size for group in groups):
            kind = "cluster" if clusters.squares is not None else "denominator"
            return Reason.of(f"why-side-with-one-{kind}", side=name)
        sizes.append(size)
        means.append(Fraction(sum(group.totals[arm] for group in groups), size))
    products = np.empty((len(groups), len(arms), len(arms)))
    for place, group in enumerate(groups):
        for i, a in enumerate(arms):
            for j, b in enumerate(arms[: i + 1]):
                # Σ(T − mȳ)ₐ(T − mȳ)_b in rational arithmetic: large means cost no digits.
                own, other = group.members[a] * means[i], group.members[b] * means[j]
                exact = group.products[a][b] - own * group.totals[b] - other * group.totals[a]
                products[place, i, j] = products[place, j, i] = float(
                    (exact + group.clusters * own * other) / clusters.scale**2
                )
    squares = None
    if clusters.squares is not None:
        squares = sum(clusters.squares[arm] - n * mean**2 for arm, n, mean in zip(arms, sizes, means, strict=True))
    return _Residuals(
        np.array([float(group.clusters) for group in groups]),
        np.array([[group.members[arm] / clusters.member_scale for arm in arms] for group in groups]),
        products,
        np.array([size / clusters.member_scale for size in sizes]),
        tuple(float(mean * clusters.member_scale / clusters.scale) for mean in means),
        None if squares is None else float(squares / clusters.scale**2),
    )


def _working(found: _Residuals, correlation: float | None) -> tuple[float, float]:
    """Return u and w of the working model: the total of m members has the variance u·m + w·m², up to a factor.

    For members that correlate by ρ these are 1 − ρ and ρ.
    """
    if correlation is None and found.within is None:
        return float(found.sizes.sum() / found.counts.sum()), 1.0
    if correlation is None and found.within is not None:
        # All pairs of members of one cluster: the square of its residual total less the squares of the members' own.
        members = found.members.sum(axis=1)
        pairs = float((found.counts * members * (members - 1)).sum())
        between, variance = float(found.products.sum()) - found.within, found.within / float(found.sizes.sum())
        correlation = min(max(between / pairs / variance, 0.0), 1.0) if pairs > 0 and variance > 0 else 0.0
    return (1.0, 0.0) if correlation is None else (1 - correlation, correlation)


def _degrees(found: _Residuals, signs: Sequence[float], u: float, w: float) -> float:
    """Return (tr M)²/tr M², M the covariance under the working model of the clusters' parts in the variance.

    A cluster's part is g = Σₐ sₐaₐ(Tₐ − mₐSₐ/Nₐ)/Nₐ, with Sₐ the sum of all totals of arm a. So M is a diagonal matrix,
    the covariance of the first terms, and a matrix of low rank, which are enough to know tr M and tr M².
    """
    members, counts = found.members, found.counts[:, None]
    scaled = np.asarray(signs) * found.adjustments / found.sizes  # sₐaₐ/Nₐ
    # Covariances of the totals of one cluster in two arms.
    within = w * members[:, :, None] * members[:, None, :]
    places = np.arange(len(signs))
    within[:, places, places] += u * members
    diagonal = np.einsum("ga,gb,gab->g", scaled, scaled, within)
    shares = scaled * members / found.sizes  # the weights of Sₐ
    with_sums = np.einsum("ga,gab->gb", scaled, within)  # covariances of first terms and Sₐ
    sums = (counts[:, :, None] * within).sum(axis=0)
    basis = np.concatenate([shares, with_sums], axis=1)
    nothing, one = np.zeros_like(sums), np.eye(len(signs))
    core = np.block([[sums, -one], [-one, nothing]])
    low_rank = np.einsum("gi,ij,gj->g", basis, core, basis)
    gram = core @ (basis.T @ (counts * basis))
    trace = float((found.counts * (diagonal + low_rank)).sum())
    squared = float((found.counts * (diagonal**2 + 2 * diagonal * low_rank)).sum()) + float(np.trace(gram @ gram))
    return trace**2 / squared

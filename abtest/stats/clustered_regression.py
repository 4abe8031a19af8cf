"""Regression adjustment over randomised clusters: chance imbalance in covariates taken out, and a variance by clusters.

Principle: a regression within each arm (Lin 2013), whose estimate is the plain one of the members; what is uncertain
shows in the clusters' residual sums Z′e. CR2 and its degrees of freedom need no more than Z′Z and Z′y of each cluster:
X′f(XMX′) = f(X′XM)X′ turns the adjustment of a cluster's members into one of its sums. Bell & McCaffrey (2002), Survey
Methodology 28:169-181; Pustejovsky & Tipton (2018), J. Bus. Econ. Stat. 36:672-683; Imbens & Kolesár (2016), Rev. Econ.
Stat. 98:701-712.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.contrast import contrast, critical_value, without_test
from abtest.stats.regression import AdjustedTwoSample, adjusted_result, pseudo_inverse
from abtest.stats.score import Floats
from abtest.stats.values import Estimate, TwoSample
from abtest.words.reason import Reason

METHOD = "regression adjustment per arm (Lin), cluster-robust (CR2), Bell–McCaffrey t, lift by Fieller"
ALONE = 1e-9
"""A direction in which a cluster is so nearly alone that 1 − its leverage is rounding has no residual to adjust."""


@dataclass(frozen=True, slots=True)
class ClusterPart:
    """One cluster's members in one arm: how many, and the exact sums of their scaled values and of their products.

    Terms are the outcome, then the covariates; ``products[i][j]`` sums the products of terms i and j.
    """

    cluster: int
    arm: int
    members: int
    totals: tuple[int, ...]
    products: tuple[tuple[int, ...], ...]

    def joined(self, other: "ClusterPart") -> "ClusterPart":
        """Return the sums over the members of both, who are of one cluster and arm."""
        return ClusterPart(
            self.cluster,
            self.arm,
            self.members + other.members,
            tuple(a + b for a, b in zip(self.totals, other.totals, strict=True)),
            tuple(
                tuple(a + b for a, b in zip(*rows, strict=True))
                for rows in zip(self.products, other.products, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class ClusterFit:
    """Two arms' regressions as their clusters see them, in an orthonormal basis of both arms' coefficients together.

    Of each cluster (rows): ``leverages`` R, ``scores`` of the residuals, ``counts`` t = the sums of the basis over its
    members. ``weights`` (arm × basis) make the adjusted means, ``means``. ``slopes`` and ``spread``: of the covariates,
    and the sampling covariance of their mean. ``correlation`` within clusters, by moments.
    """

    leverages: Floats
    scores: Floats
    counts: Floats
    weights: Floats
    means: tuple[float, float]
    slopes: Floats
    spread: Floats
    correlation: float

    @property
    def adjusted(self) -> Floats:
        """(I − R)^(−1/2) of each cluster; directions in which it is alone are left out."""
        values, vectors = np.linalg.eigh(np.eye(self.leverages.shape[1]) - self.leverages)
        factors = np.where(values > ALONE, 1 / np.sqrt(np.where(values > ALONE, values, 1.0)), 0.0)
        matrix: Floats = np.einsum("gij,gj,gkj->gik", vectors, factors, vectors)
        return matrix

    @property
    def conditional(self) -> Floats:
        """The CR2 covariance of the two adjusted means, for these covariates: that of R's ``vcovCR``."""
        parts = np.einsum("ai,gij,gj->ga", self.weights, self.adjusted, self.scores)
        matrix: Floats = parts.T @ parts
        return matrix

    @property
    def covariance(self) -> Floats:
        """The covariance in the population: the covariates' mean is an estimate too."""
        matrix: Floats = self.conditional + self.slopes.T @ self.spread @ self.slopes
        return matrix

    def degrees(self, signs: Sequence[float], correlation: float | None = None) -> float:
        """Return (tr P)²/tr P² of Bell & McCaffrey for a contrast of the means, under an exchangeable working model.

        P is the covariance of the clusters' parts in the variance: diagonal and of low rank.
        """
        rho = self.correlation if correlation is None else correlation
        own = np.einsum("gij,j->gi", self.adjusted, np.asarray(signs) @ self.weights)
        seen = np.einsum("gij,gj->gi", self.leverages, own)
        total = np.einsum("gi,gi->g", self.counts, own)
        diagonal = (1 - rho) * np.einsum("gi,gi->g", own, seen) + rho * total**2
        size = seen.shape[1]
        basis = np.concatenate([seen, total[:, None] * self.counts], axis=1)
        first = rho * self.counts.T @ self.counts - (1 - rho) * np.eye(size)
        core = np.block([[first, -rho * np.eye(size)], [-rho * np.eye(size), np.zeros((size, size))]])
        low_rank = np.einsum("gi,ij,gj->g", basis, core, basis)
        gram = core @ (basis.T @ basis)
        trace = float((diagonal + low_rank).sum())
        squared = float((diagonal**2 + 2 * diagonal * low_rank).sum()) + float(np.trace(gram @ gram))
        return trace**2 / squared if squared > 0 else 0.0


def compare_adjusted_clusters(
    parts: Sequence[ClusterPart],
    scales: Sequence[int],
    arms: tuple[int, int],
    confidence: float = CONFIDENCE,
    *,
    unadjusted: TwoSample,
) -> AdjustedTwoSample:
    """Lin's regression adjustment of two arms' means over members when clusters were randomised.

    Estimands as in ``regression.compare_adjusted``. The variance is CR2's with identity as its working model, that of
    ``vcovCR(lm(y ~ arm * x), cluster, "CR2")`` in R's ``clubSandwich`` with x centred, and what the mean of the
    covariates adds; the degrees of freedom are those of ``clusters.compare_clusters``. ``scales`` are what each term
    was multiplied by, ``arms`` the control and the treatment; ``unadjusted`` is the comparison without covariates.
    Needs more clusters in each arm than covariates.
    """
    alpha = 1 - checks.confidence_level(confidence)
    found = fit_clusters(parts, scales, *arms)
    if isinstance(found, Reason):
        return adjusted_result(without_test(METHOD, None, None, found), None, None, None, unadjusted)
    matrix, (first, second) = found.covariance, found.means
    errors = float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 1])
    variance, degrees = errors[0] + errors[1] - 2 * errors[2], found.degrees((-1.0, 1.0))
    if variance <= 0 or degrees <= 0:
        reason = Reason("why-clusters-same-differences")
        return adjusted_result(without_test(METHOD, first, second, reason), None, None, None, unadjusted)
    compared = contrast(METHOD, first, second - first, errors, degrees, confidence=confidence)
    means = []
    for place, (mean, signs) in enumerate(zip(found.means, ((1.0, 0.0), (0.0, 1.0)), strict=True)):
        half = critical_value(alpha, found.degrees(signs) or None) * math.sqrt(float(matrix[place, place]))
        means.append(Estimate(mean, mean - half, mean + half))
    error = _standard_error(unadjusted)
    removed = 1 - variance / error**2 if error else None
    return adjusted_result(compared, means[0], means[1], removed, unadjusted)


def _standard_error(compared: TwoSample) -> float | None:
    difference, statistic = compared.difference.estimate, compared.statistic
    return difference / statistic if difference and statistic else None


def fit_clusters(
    parts: Sequence[ClusterPart], scales: Sequence[int], control: int, treatment: int
) -> ClusterFit | Reason:
    """Return the regressions of two arms, or the reason why there are none."""
    arms = [[part for part in parts if part.arm == arm and part.members] for arm in (control, treatment)]
    numbers = {cluster: row for row, cluster in enumerate(sorted({part.cluster for arm in arms for part in arm}))}
    centred = [_centred(arm, scales) for arm in arms]
    for name, arm, values in zip(("control", "treatment"), arms, centred, strict=True):
        if len(arm) <= len(scales) or values is None:
            return Reason.of("why-few-clusters-for-covariates", side=name, n=len(scales) - 1)
    fits = [_within(values) for values in centred if values is not None]
    sizes = [fit.size for fit in fits]
    pooled = (sizes[0] * fits[0].covariates + sizes[1] * fits[1].covariates) / sum(sizes)
    widths = [fit.basis.shape[1] for fit in fits]
    clusters, width = len(numbers), sum(widths)
    leverages, scores, counts = (
        np.zeros((clusters, width, width)),
        np.zeros((clusters, width)),
        np.zeros((clusters, width)),
    )
    weights, residual_sums, members = np.zeros((2, width)), np.zeros(clusters), np.zeros(clusters)
    moved = np.zeros((clusters, len(pooled)))
    means = []
    for place, (arm, fit) in enumerate(zip(arms, fits, strict=True)):
        rows = [numbers[part.cluster] for part in arm]
        columns = slice(0, widths[0]) if place == 0 else slice(widths[0], width)
        leverages[rows, columns, columns] = fit.basis.T @ fit.squares @ fit.basis
        scores[rows, columns] = fit.residuals @ fit.basis
        counts[rows, columns] = fit.squares[:, :, 0] @ fit.basis
        at = np.concatenate([[1.0], pooled - fit.covariates])
        weights[place, columns] = at @ fit.basis
        means.append(fit.mean + float(at[1:] @ fit.slopes))
        residual_sums[rows] += fit.residuals[:, 0]
        members[rows] += fit.squares[:, 0, 0]
        moved[rows] += fit.squares[:, 1:, 0] + fit.squares[:, :1, 0] * (fit.covariates - pooled)
    within = sum(fit.within for fit in fits)
    pairs = float((members * (members - 1)).sum())
    between = float((residual_sums**2).sum()) - within
    correlation = min(max(between / pairs / (within / sum(sizes)), 0.0), 1.0) if pairs > 0 and within > 0 else 0.0
    spread = moved.T @ moved / sum(sizes) ** 2 * clusters / (clusters - 1)
    slopes = np.column_stack([fit.slopes for fit in fits])
    return ClusterFit(leverages, scores, counts, weights, (means[0], means[1]), slopes, spread, correlation)


@dataclass(frozen=True, slots=True)
class _Centred:
    """One arm's sums per cluster about the arm's means: ``squares`` of (1, x), ``cross`` of (1, x) with y."""

    means: Floats
    squares: Floats
    cross: Floats
    total: float


@dataclass(frozen=True, slots=True)
class _Within:
    """Least squares within an arm. ``basis`` L: LL′ is the inverse of the arm's Σ(1, x)(1, x)′."""

    size: float
    mean: float
    covariates: Floats
    slopes: Floats
    basis: Floats
    squares: Floats
    residuals: Floats
    within: float


def _centred(arm: Sequence[ClusterPart], scales: Sequence[int]) -> _Centred | None:
    """Return an arm's sums about its means, in integers until the last division: large means cost no digits."""
    size = sum(part.members for part in arm)
    if not size:
        return None
    terms = range(len(scales))
    sums = [sum(part.totals[i] for part in arm) for i in terms]
    tables = np.empty((len(arm), len(scales) + 1, len(scales) + 1))
    for row, part in enumerate(arm):
        tables[row, 0, 0] = part.members
        for i in terms:
            tables[row, 0, i + 1] = tables[row, i + 1, 0] = (size * part.totals[i] - part.members * sums[i]) / (
                size * scales[i]
            )
            for j in range(i + 1):
                exact = size * size * part.products[i][j] + part.members * sums[i] * sums[j]
                exact -= size * (sums[i] * part.totals[j] + sums[j] * part.totals[i])
                tables[row, i + 1, j + 1] = tables[row, j + 1, i + 1] = exact / (size**2 * scales[i] * scales[j])
    design = [0, *range(2, len(scales) + 1)]
    means = np.array([sums[i] / (size * scales[i]) for i in terms])
    squares = tables[:, design][:, :, design]
    return _Centred(means, squares, tables[:, design, 1], float(tables[:, 1, 1].sum()))


def _within(values: _Centred) -> _Within:
    whole, cross = values.squares.sum(axis=0), values.cross.sum(axis=0)
    _, root = pseudo_inverse(whole[1:, 1:])
    basis = np.zeros((len(whole), 1 + root.shape[1]))
    basis[0, 0], basis[1:, 1:] = 1 / math.sqrt(whole[0, 0]), root
    coefficients = basis @ (basis.T @ cross)
    residuals = values.cross - values.squares @ coefficients
    within = max(values.total - float(coefficients @ cross), 0.0)
    return _Within(
        float(whole[0, 0]),
        float(values.means[0]),
        values.means[1:],
        coefficients[1:],
        basis,
        values.squares,
        residuals,
        within,
    )

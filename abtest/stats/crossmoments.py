"""Means and covariances of several values per unit, exact from integer sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np

from abtest.stats import checks
from abtest.stats.score import Floats
from abtest.stats.values import Moments

Exact = int | Fraction


@dataclass(frozen=True, slots=True)
class CrossMoments:
    """Moments of the vector (outcome, covariate 1, …, covariate p) over ``n`` units of one arm.

    ``mean`` has p + 1 entries, ``covariance`` is the (p + 1) × (p + 1) sample covariance matrix (divisor n − 1). Both
    need n ≥ 2. A ratio's vector is (numerator, denominator), that of a complier effect (outcome, compliance).
    """

    n: int
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if checks.count("n", self.n) < 2:
            raise ValueError(f"n must be at least 2, got {self.n}")
        matrix = np.asarray(self.covariance, dtype=float)
        size = len(self.mean)
        if size == 0 or not np.all(np.isfinite(self.mean)):
            raise ValueError(f"mean must hold finite numbers, got {self.mean!r}")
        if matrix.shape != (size, size) or not np.all(np.isfinite(matrix)):
            raise ValueError(f"covariance must be a finite {size} × {size} matrix")
        if np.any(np.diag(matrix) < 0):
            raise ValueError("covariance must not have a negative variance on its diagonal")
        spread = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
        if np.any(np.abs(matrix - matrix.T) > 1e-12 * spread) or np.any(np.abs(matrix) > spread * (1 + 1e-9)):
            raise ValueError("covariance must be symmetric with correlations between −1 and 1")

    @classmethod
    def from_sums(  # noqa: PLR0917 - a symmetric matrix in its parts, in the order of reading
        cls,
        n: int,
        total: Exact,
        total_squares: Exact,
        totals: Sequence[Exact],
        products: Sequence[Exact],
        cross: Sequence[Exact],
        *,
        scale: int = 1,
        covariate_scales: Sequence[int],
    ) -> Self:
        """Cross-moments from an outcome's exact sums and those of its covariates.

        ``total`` and ``total_squares`` are of the outcome times ``scale``; ``totals``, ``products`` (the upper triangle
        of Σ xᵢxⱼ row by row, diagonal included) and ``cross`` (Σ y·xᵢ) of the covariates times ``covariate_scales``.
        """
        size = len(totals)
        checks.same_length("cross", cross, "totals", totals)
        checks.same_length("covariate_scales", covariate_scales, "totals", totals)
        if len(products) != size * (size + 1) // 2:
            raise ValueError(f"products must have {size * (size + 1) // 2} entries for {size} covariates")
        square: list[list[Exact]] = [[total_squares, *cross]] + [[entry] + [0] * size for entry in cross]
        entries = iter(products)
        for i in range(1, size + 1):
            for j in range(i, size + 1):
                square[i][j] = square[j][i] = next(entries)
        return cls.from_matrix(n, [total, *totals], square, [scale, *covariate_scales])

    @classmethod
    def from_matrix(
        cls,
        n: int,
        totals: Sequence[Exact],
        products: Sequence[Sequence[Exact]],
        scales: Sequence[int] | None = None,
    ) -> Self:
        """Cross-moments from exact sums: ``totals[i]`` = Σ vᵢ and ``products[i][j]`` = Σ vᵢvⱼ of scaled values vᵢ.

        ``scales[i]`` is what the i-th value was multiplied by (1 by default). Everything is formed in rational
        arithmetic and rounded once, so large means and the order of the rows cost no digits.
        """
        count = checks.count("n", n)
        if count < 2:
            raise ValueError(f"n must be at least 2, got {n}")
        scales = [1] * len(totals) if scales is None else scales
        checks.same_length("scales", scales, "totals", totals)
        checks.same_length("products", products, "totals", totals)
        for name, numbers in (("totals", totals), ("products", [entry for row in products for entry in row])):
            if not all(isinstance(number, int | Fraction) for number in numbers):
                raise ValueError(f"{name} must be exact: int or Fraction")
        places = range(len(totals))
        mean = tuple(float(Fraction(totals[i]) / (count * scales[i])) for i in places)
        covariance = tuple(
            tuple(
                float(
                    (Fraction(products[i][j]) * count - Fraction(totals[i]) * Fraction(totals[j]))
                    / (count * (count - 1) * scales[i] * scales[j])
                )
                for j in places
            )
            for i in places
        )
        return cls(count, mean, covariance)

    @property
    def outcome(self) -> Moments:
        """The moments of the outcome alone."""
        return Moments(self.n, self.mean[0], self.covariance[0][0])

    @property
    def covariates(self) -> int:
        """The number of covariates p."""
        return len(self.mean) - 1

    @property
    def matrix(self) -> Floats:
        """The covariance matrix as an array."""
        return np.asarray(self.covariance, dtype=float)


def checked_pair(control: CrossMoments, treatment: CrossMoments, size: int | None = None) -> None:
    """Refuse two arms whose vectors differ in length, or are not of length ``size``."""
    if len(control.mean) != len(treatment.mean):
        raise ValueError(f"control has {len(control.mean)} values per unit, treatment has {len(treatment.mean)}")
    if size is not None and len(control.mean) != size:
        raise ValueError(f"control and treatment must have {size} values per unit, got {len(control.mean)}")

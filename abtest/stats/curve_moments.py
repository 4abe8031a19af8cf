"""What a curve over periods since assignment is computed from: sums and cross-products per arm, for mature units."""

from dataclasses import dataclass, field
from typing import Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abtest.stats.score import Floats
from abtest.stats.simultaneous import MOST

Integers = NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.float64)

# Sums of floats that were added in another order agree to this share of themselves.
_ROUNDING = 1e-9
# A variance below this share of the mean square is the rounding error of its own subtraction.
_NOTHING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class CurveMoments:
    """One arm: sums of y₀ … y_{K−1}, the values of a unit in consecutive periods since its assignment.

    ``n[k]``: units mature for period k; a unit that is mature for a period is so for all earlier ones, so n never
    rises. ``totals[j, k]``: Σ yⱼ over the units mature for both periods. ``products[j, k]``: Σ yⱼyₖ over the same
    units, symmetric. Raises ``ValueError`` when no data have such sums; 1 ≤ K ≤ ``MOST``.
    """

    n: Integers
    totals: Floats
    products: Floats
    covariance: Floats = field(init=False, repr=False)
    """Covariance of the points, K × K: see ``_covariance``; 0 for a point that no unit is mature for."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", _units(self.n))
        size = len(self.n)
        for name in ("totals", "products"):
            object.__setattr__(self, name, _square(name, getattr(self, name), size))
        _check_totals(self.n, self.totals, self.products)
        _check_products(self.n, self.totals, self.products)
        object.__setattr__(self, "covariance", _read_only(_covariance(self.n, self.totals, self.products)))

    @property
    def periods(self) -> int:
        """The number of periods K."""
        return len(self.n)

    @property
    def values(self) -> Floats:
        """The points: the mean of yₖ over the units mature for k; NaN where there are none."""
        with np.errstate(invalid="ignore"):
            means: Floats = np.where(self.n > 0, np.diag(self.totals) / np.maximum(self.n, 1), np.nan)
        return means

    def check_rate(self) -> None:
        """Refuse moments of values other than 0 and 1."""
        whole = np.all(self.totals == np.round(self.totals)) and np.all(self.products == np.round(self.products))
        ones = np.array_equal(np.diag(self.totals), np.diag(self.products))
        paired = np.minimum(self.totals, self.totals.T)
        within = np.all(self.totals >= 0) and np.all(self.products >= 0) and np.all(self.products <= paired)
        if not (whole and ones and within and np.all(np.diag(self.totals) <= self.n)):
            raise ValueError("moments of a rate must come from values that are 0 or 1")

    def plus(self, other: Self) -> "CurveMoments":
        """Return the moments of both arms' units together."""
        if self.periods != other.periods:
            raise ValueError(f"both arms must have the same periods, got {self.periods} and {other.periods}")
        return CurveMoments(self.n + other.n, self.totals + other.totals, self.products + other.products)


def _covariance(n: Integers, totals: Floats, products: Floats) -> Floats:
    """Covariance of the means mⱼ, mₖ on their own denominators: Σ (yⱼ − mⱼ)(yₖ − mₖ) / (nⱼnₖ) over units of both.

    For j ≤ k the sum runs over the units mature for k, and mₖ is their mean, so it is Σ yⱼyₖ − mₖ Σ yⱼ whatever mⱼ. It
    is the sum of products of the units' influences on the points, so the matrix has no negative variance in any
    direction. Divisor n, not n − 1: that is R's robust variance, and p(1 − p)/n for a rate.
    """
    count = np.maximum(n, 1).astype(float)
    mean = np.diag(totals) / count
    upper = np.triu(products - mean[None, :] * totals)
    matrix = upper + np.triu(upper, 1).T
    nothing = np.diag(matrix) <= _NOTHING * np.diag(products)
    matrix[nothing, :] = matrix[:, nothing] = 0.0
    result: Floats = matrix / np.outer(count, count)
    return result


def _units(values: ArrayLike) -> Integers:
    array = np.asarray(values)
    if array.ndim != 1 or not 1 <= len(array) <= MOST:
        raise ValueError(f"n must have one entry per period, 1 to {MOST}, got shape {array.shape}")
    if array.dtype.kind not in "iu" or array.min() < 0:
        raise ValueError(f"n must be whole numbers that are not negative, got {array.tolist()}")
    if np.any(np.diff(array.astype(np.int64)) > 0):
        raise ValueError(
            f"n must not rise: who is mature for a period is so for all earlier ones, got {array.tolist()}"
        )
    return _read_only(array.astype(np.int64))


def _square(name: str, values: ArrayLike, size: int) -> Floats:
    array = np.array(values, dtype=float)
    if array.shape != (size, size):
        raise ValueError(f"{name} must have shape ({size}, {size}), one row per period, got {array.shape}")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite numbers")
    return _read_only(array)


def _check_totals(n: Integers, totals: Floats, products: Floats) -> None:
    nobody = n == 0
    if totals[:, nobody].any() or totals[nobody, :].any():
        raise ValueError("totals must be 0 where no unit is mature for both periods")
    # Amounts and refunds may cancel in a total: rounding is judged by the size of the amounts.
    size = np.sqrt(n * np.maximum(np.diag(products), 0.0))[:, None]
    off = np.abs(totals - np.diag(totals)[:, None]) > _ROUNDING * size
    # Whoever is mature for the row's period is mature for the earlier period of the column.
    if np.any(np.tril(off)):
        raise ValueError("totals[j, k] must equal totals[j, j] for every k before j: maturity is nested")
    if np.any(off & (n[:, None] == n[None, :])):
        raise ValueError("totals[j, k] must equal totals[j, j] where the same units are mature for both periods")


def _check_products(n: Integers, totals: Floats, products: Floats) -> None:
    size = np.sqrt(np.outer(np.abs(np.diag(products)), np.abs(np.diag(products))))
    if np.any(np.abs(products - products.T) > _ROUNDING * size):
        raise ValueError("products must be symmetric")
    if np.any(np.abs(products) > (1 + _ROUNDING) * size) or np.any(np.diag(products) < 0):
        raise ValueError("products[j, k] must not exceed what the squares of both periods allow (Cauchy–Schwarz)")
    later = np.maximum.outer(np.arange(len(n)), np.arange(len(n)))
    if np.any(totals**2 > (1 + _ROUNDING) * n[later] * np.diag(products)[:, None]):
        raise ValueError("products must not be smaller than totals² / n: no values have such sums")


def _read_only(array: NDArray[Number]) -> NDArray[Number]:
    array.setflags(write=False)
    return array

"""The values that the statistics take and return.

Principles: a value that cannot be estimated is ``None`` and comes with a ``reason`` in plain words; none of these
classes can hold NaN or an infinity. Rates and lifts are fractions, never per cent.
"""

import math
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Self

from abtest.stats import checks
from abtest.words.reason import Reason

# Beyond this size squares of squares leave the range of floating-point numbers.
LARGEST = 1e75


def _refuse_not_finite(value: object) -> None:
    """Refuse NaN and infinities in any field of a dataclass instance."""
    for field in fields(value):  # type: ignore[arg-type]  # every caller is a dataclass
        number = getattr(value, field.name)
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError(f"{field.name} must be a finite number or None, got {number!r}")


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; ``None`` means unbounded on that side."""

    low: float | None
    high: float | None

    def __post_init__(self) -> None:
        _refuse_not_finite(self)
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low must not exceed high, got {self.low} and {self.high}")


@dataclass(frozen=True, slots=True)
class Rate:
    """``successes`` units with the event among ``n`` units."""

    successes: int
    n: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "successes", checks.count("successes", self.successes))
        object.__setattr__(self, "n", checks.count("n", self.n))
        if self.successes > self.n:
            raise ValueError(f"successes must not exceed n, got {self.successes} of {self.n}")

    @property
    def value(self) -> float | None:
        """The observed rate, ``None`` when there are no units."""
        return self.successes / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Tail:
    """What skewness shows in: the numbers of units with a positive and a negative value, and the mean of the cubes."""

    positive: int
    negative: int
    third: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "positive", checks.count("positive", self.positive))
        object.__setattr__(self, "negative", checks.count("negative", self.negative))
        _refuse_not_finite(self)

    @classmethod
    def from_sums(cls, n: int, positive: int, negative: int, cubes: int, scale: int = 1) -> Self:
        """Tail of ``n`` units from the exact sum of the cubes of values that were multiplied by ``scale``."""
        return cls(positive, negative, float(Fraction(cubes, n * scale**3)) if n else 0.0)


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and sample variance (divisor n − 1) of one value per unit, and where it is known their tail.

    ``mean`` is ``None`` when n = 0 and ``variance`` is ``None`` when n < 2.
    """

    n: int
    mean: float | None
    variance: float | None
    tail: Tail | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", checks.count("n", self.n))
        _refuse_not_finite(self)
        if (self.mean is None) != (self.n == 0):
            raise ValueError(f"mean must be None exactly when n = 0, got mean {self.mean!r} with n = {self.n}")
        if (self.variance is None) != (self.n < 2):
            raise ValueError(f"variance must be None exactly when n < 2, got {self.variance!r} with n = {self.n}")
        if self.variance is not None and self.variance < 0:
            raise ValueError(f"variance must not be negative, got {self.variance!r}")
        if abs(self.mean or 0) > LARGEST or (self.variance or 0) > LARGEST**2:
            raise ValueError(f"mean and variance must not exceed {LARGEST:g} and {LARGEST**2:g}: choose another unit")

    @classmethod
    def from_sums(cls, n: int, total: int, total_squares: int, scale: int = 1, tail: Tail | None = None) -> Self:
        """Moments from exact integer sums of values that were multiplied by ``scale``.

        The mean and the variance are formed in rational arithmetic and rounded once, so neither the order of the rows
        nor a large mean beside a small variance costs a digit. Money in cents with two further digits: scale = 10_000.
        """
        count = checks.count("n", n)
        if isinstance(scale, bool) or not isinstance(scale, int) or scale < 1:
            raise ValueError(f"scale must be a positive whole number, got {scale!r}")
        for name, value in (("total", total), ("total_squares", total_squares)):
            if not isinstance(value, int):
                raise ValueError(f"{name} must be an exact int, got {value!r}")
        spread = count * total_squares - total * total
        if spread < 0 or (count == 0 and (total or total_squares)) or (count == 1 and spread):
            raise ValueError(f"total_squares {total_squares} is impossible for n = {count} and total {total}")
        mean = float(Fraction(total, count * scale)) if count else None
        variance = float(Fraction(spread, count * (count - 1) * scale**2)) if count > 1 else None
        return cls(count, mean, variance, tail)

    @property
    def standard_error(self) -> float | None:
        """The standard error of the mean, ``None`` when n < 2."""
        return None if self.variance is None else math.sqrt(self.variance / self.n)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A point estimate and its interval. A missing bound is unbounded or not estimable; ``reason`` says which."""

    estimate: float | None
    low: float | None
    high: float | None
    reason: Reason | None = None

    def __post_init__(self) -> None:
        _refuse_not_finite(self)

    @property
    def interval(self) -> Interval:
        """The two bounds alone."""
        return Interval(self.low, self.high)

    def times(self, factor: float) -> "Estimate":
        """Return the same in another unit, of which this one has ``factor``."""
        if factor == 1:
            return self
        estimate, low, high = (None if x is None else x * factor for x in (self.estimate, self.low, self.high))
        return Estimate(estimate, low, high, self.reason)


@dataclass(frozen=True, slots=True)
class TwoSample:
    """A comparison of a treatment with the control.

    ``difference`` is treatment minus control in the metric's unit, ``lift`` the difference relative to the control.
    ``p_value`` is two-sided; it is below 1 − confidence exactly when the difference interval excludes 0, and exactly
    when the lift interval does. ``degrees_of_freedom`` is ``None`` for a normal reference distribution.
    """

    method: str
    difference: Estimate
    lift: Estimate
    p_value: float | None
    statistic: float | None
    degrees_of_freedom: float | None
    reason: Reason | None

    def __post_init__(self) -> None:
        _refuse_not_finite(self)


@dataclass(frozen=True, slots=True)
class MarginTest:
    """A one-sided test against a margin; ``shown`` when the margin is excluded at half of 1 − confidence."""

    p_value: float | None
    shown: bool
    reason: Reason | None

    def __post_init__(self) -> None:
        _refuse_not_finite(self)


@dataclass(frozen=True, slots=True)
class OverallTest:
    """A test of all arms at once.

    χ² when ``denominator_degrees_of_freedom`` is ``None``, otherwise F with the two degrees of freedom.
    """

    statistic: float | None
    degrees_of_freedom: float | None
    p_value: float | None
    reason: Reason | None = None
    denominator_degrees_of_freedom: float | None = None

    def __post_init__(self) -> None:
        _refuse_not_finite(self)


ChiSquare = OverallTest

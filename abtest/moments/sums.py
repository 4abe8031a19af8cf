"""What comes back from the engine: per arm, counts and exact sums.

Values are scaled to integers and summed as integers, so a sum does not depend on the order of rows, the number of
threads or the engine, and a variance of 1 around a mean of 10⁹ keeps its digits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from abtest.grammar.time import DAY
from abtest.moments.outcome import Outcome

VALUE = "y"
DENOMINATOR = "d"
COMPLIANCE = "z"
WINSORISED = "w"


def covariate(number: int) -> str:
    """Return the name of the term of covariate ``number``."""
    return f"x{number}"


@dataclass(frozen=True, slots=True)
class TailSums:
    """Units with a positive and with a negative value of a term, and the exact sum of its scaled values' cubes."""

    positive: int
    negative: int
    cubes: int

    def __add__(self, other: "TailSums") -> "TailSums":
        """Return those of the units of both."""
        return TailSums(self.positive + other.positive, self.negative + other.negative, self.cubes + other.cubes)


@dataclass(frozen=True, slots=True)
class Sums:
    """Exact sums over the units of one arm that have a value.

    ``n`` units with a value, ``mature`` units in all. ``names`` are the terms: ``y`` the value, then the denominator
    ``d``, covariates ``x0``, ``x1``, …, compliance ``z``, the winsorised value ``w``, where there are such. Each term
    was multiplied by its scale; ``totals`` are its sums, ``products`` the sums of products of all pairs, row by row of
    the upper triangle. ``tails`` are by term, for values whose skewness can matter.
    """

    n: int
    mature: int
    names: tuple[str, ...]
    scales: tuple[int, ...]
    totals: tuple[int, ...]
    products: tuple[int, ...]
    tails: Mapping[str, TailSums] = field(default_factory=dict)

    @classmethod
    def empty(cls, names: Sequence[str], scales: Sequence[int]) -> "Sums":
        """Return the sums over no unit."""
        size = len(names)
        return cls(0, 0, tuple(names), tuple(scales), (0,) * size, (0,) * (size * (size + 1) // 2))

    def __add__(self, other: "Sums") -> "Sums":
        """Return the sums over the units of both."""
        return Sums(
            self.n + other.n,
            self.mature + other.mature,
            self.names,
            self.scales,
            tuple(a + b for a, b in zip(self.totals, other.totals, strict=True)),
            tuple(a + b for a, b in zip(self.products, other.products, strict=True)),
            {
                name: self.tails.get(name, NO_TAIL) + other.tails.get(name, NO_TAIL)
                for name in self.names
                if all(name in part.tails or not part.n for part in (self, other))
            },
        )

    @property
    def total(self) -> int:
        """Sum of the scaled values."""
        return self.totals[0]

    @property
    def squares(self) -> int:
        """Sum of the squares of the scaled values."""
        return self.products[0]

    @property
    def scale(self) -> int:
        """What values were multiplied by."""
        return self.scales[0]

    def product(self, first: str, second: str) -> int:
        """Return the sum of products of two terms."""
        i, j = sorted((self.names.index(first), self.names.index(second)))
        size = len(self.names)
        return self.products[i * size - i * (i - 1) // 2 + j - i]

    def of(self, name: str) -> tuple[int, int, int]:
        """Return total, sum of squares and scale of one term."""
        place = self.names.index(name)
        return self.totals[place], self.product(name, name), self.scales[place]

    def matrix(self, names: Sequence[str]) -> tuple[list[int], list[list[int]], list[int]]:
        """Return totals, products and scales of the terms ``names``, as cross-moments take them."""
        places = [self.names.index(name) for name in names]
        return (
            [self.totals[place] for place in places],
            [[self.product(first, second) for second in names] for first in names],
            [self.scales[place] for place in places],
        )

    @property
    def covariates(self) -> list[str]:
        """Names of the covariates' terms."""
        return [name for name in self.names if name.startswith("x")]


NO_TAIL = TailSums(0, 0, 0)
Arms = tuple[Sums, ...]
"""Sums per arm, in the order of the definition."""


FEW_UNITS = 200
MOST_UNITS = 20_000


def few_units(arms: Arms) -> bool:
    """Whether a ratio is compared unit by unit: sums alone make it too sure in fewer than 200 units of an arm.

    Not where there are more than 20,000 units in all.
    """
    return min(sums.n for sums in arms) < FEW_UNITS and sum(sums.n for sums in arms) <= MOST_UNITS


@dataclass(frozen=True, slots=True)
class Histogram:
    """The distinct scaled values of one arm, rising, with the number of units at each (and their denominators)."""

    values: tuple[int, ...]
    denominators: tuple[int, ...] | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """One arm's times to an event in days, rising: on each, units that had the event and units that were last seen."""

    days: tuple[int, ...]
    events: tuple[int, ...]
    censored: tuple[int, ...]

    @property
    def units(self) -> int:
        """Units that were followed for a day at least."""
        return sum(self.events) + sum(self.censored)


@dataclass(frozen=True, slots=True)
class CompetingLifetimes:
    """One arm's times to the first of several events: ``events[k]`` per day of cause k, the metric's own first."""

    days: tuple[int, ...]
    events: tuple[tuple[int, ...], ...]
    censored: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CurveSums:
    """One arm's sums over consecutive periods: ``n[k]`` units are mature for period k, and so for all before it.

    ``totals[j][k]`` sums the scaled values of period j, ``products[j][k]`` the products of those of j and k, over the
    units that are mature for both.
    """

    n: tuple[int, ...]
    totals: tuple[tuple[int, ...], ...]
    products: tuple[tuple[int, ...], ...]
    scale: int


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Clusters with the same numbers of members (with a value) in each arm, ``clusters`` of them.

    Per arm in the order of the definition: ``members`` of each cluster, ``totals`` of all their scaled values, and
    ``products[a][b]``, the sum over clusters of the products of their totals in two arms.
    """

    members: tuple[int, ...]
    clusters: int
    totals: tuple[int, ...]
    products: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ClusterTerms:
    """One cluster's members in one arm (and stratum): the sums of the outcome and the covariates, and of products.

    ``cluster`` is a number without meaning, which tells which rows are of one cluster.
    """

    cluster: int
    arm: int
    stratum: str | None
    members: int
    totals: tuple[int, ...]
    products: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class MetricMoments:
    """One metric: whether its values are all 0 or 1, and its sums per arm.

    ``strata`` and ``segments`` (by column) hold the same by level. ``clusters`` holds sums over clusters by the numbers
    of their members (of a ratio: by the sums of their denominators); ``clusters_uncut`` those of the value before
    winsorising, and ``cluster_terms`` each cluster's sums, where covariates or strata need them. ``cap`` is the value
    at which winsorising cuts, in the metric's unit. ``histograms`` exist where a method needs the values themselves:
    quantiles, permutation, bootstrap, ratios in few units; ``lifetimes`` for a time to an event, whose ``arms`` say who
    of the mature units had the event, and for shares of units while some are immature, in steps of ``step`` seconds:
    those of units that enrolled in one week are ``by_week[arm][week]``, those of a stratum
    ``lifetimes_of[stratum][arm]``. ``competing`` has a time to an event with its competing causes; ``curve`` holds the
    sums over the periods of the metric's curve.
    """

    outcome: Outcome
    rate: bool
    arms: Arms
    strata: Mapping[str, Arms] = field(default_factory=dict)
    segments: Mapping[str, Mapping[str, Arms]] = field(default_factory=dict)
    clusters: tuple[ClusterSums, ...] | None = None
    clusters_uncut: tuple[ClusterSums, ...] | None = None
    cluster_terms: tuple[ClusterTerms, ...] | None = None
    cap: float | None = None
    histograms: tuple[Histogram, ...] | None = None
    lifetimes: tuple[Lifetimes, ...] | None = None
    step: int = DAY
    by_week: tuple[tuple[Lifetimes, ...], ...] | None = None
    lifetimes_of: Mapping[str, tuple[Lifetimes, ...]] = field(default_factory=dict)
    competing: tuple[CompetingLifetimes, ...] | None = None
    curve: tuple[CurveSums, ...] | None = None

    @property
    def nothing_happened(self) -> bool:
        """Whether units are mature, and none of any arm has anything but 0: no event, or a column of zeros."""
        followed = [*(self.lifetimes or ()), *(arm for weeks in self.by_week or () for arm in weeks)]
        return (
            any(arm.n if self.outcome.of_column else arm.mature for arm in self.arms)
            and not any(arm.total or arm.squares for arm in self.arms)
            and not any(any(arm.events) for arm in followed)
        )

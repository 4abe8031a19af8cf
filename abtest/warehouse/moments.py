"""What comes back from the engine: per arm, counts and exact sums.

Values are scaled to integers and summed as integers, so a sum does not depend on the order of rows, the number of
threads or the engine, and a variance of 1 around a mean of 10⁹ keeps its digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from abtest.definition.metrics import Outcome


@dataclass(frozen=True, slots=True)
class Sums:
    """Exact sums over the units of one arm that have a value.

    ``n`` units; ``total`` and ``squares`` of values multiplied by ``scale``; for each covariate its own ``totals``,
    the ``products`` of each pair (row-major, upper triangle) and the ``cross`` products with the value, multiplied by
    ``covariate_scales``.
    """

    n: int
    mature: int
    total: int
    squares: int
    scale: int
    covariate_scales: tuple[int, ...] = ()
    totals: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    cross: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricMoments:
    """One metric: whether its values are all 0 or 1, and its sums per arm in the order of the definition."""

    outcome: Outcome
    rate: bool
    arms: tuple[Sums, ...]


@dataclass(frozen=True, slots=True)
class ArmLedger:
    """One arm's units: all that were assigned, those counted, and the others by reason."""

    assigned: int
    eligible: int
    excluded: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CustomerCounts:
    """The customers table: everyone, the eligible, and those of them without an arm."""

    total: int
    eligible: int
    unassigned: int


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """One source as it was read. ``matched`` events belong to a counted unit (``None`` for other tables)."""

    name: str
    path: str | None
    rows: int
    without_unit: int
    without_time: int
    without_arm: int
    repeated: int
    first: int | None
    last: int | None
    matched: int | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that an analysis needs to know of the data. ``through`` is microseconds since 1970 UTC."""

    through: int | None
    ledger: tuple[ArmLedger, ...]
    metrics: Mapping[str, MetricMoments]
    customers: CustomerCounts | None
    sources: tuple[SourceCounts, ...]

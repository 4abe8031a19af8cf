"""Everything that an analysis needs to know of the data: units by arm, tables as they were read, and the moments."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from abtest.moments.facts import Facts
from abtest.moments.sums import MetricMoments


@dataclass(frozen=True, slots=True)
class ArmLedger:
    """One arm's units: all that were assigned, those eligible, and the others by reason; and its clusters.

    ``exposed`` are the eligible units that met what is tested, where the definition says how to know.
    """

    assigned: int
    eligible: int
    excluded: Mapping[str, int]
    clusters: int | None = None
    exposed: int | None = None
    triggered: bool = False

    @property
    def counted(self) -> int:
        """Units that are analysed: the eligible ones, or with ``trigger: exposure`` the exposed."""
        return (self.exposed or 0) if self.triggered else self.eligible


@dataclass(frozen=True, slots=True)
class CustomerCounts:
    """The customers table: everyone, the eligible, and those of them without an arm."""

    total: int
    eligible: int
    unassigned: int


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """A column of numbers as it was read: the rows that hold none, and of these the values that are no numbers.

    ``words``: what stands in their place, where it is words for nothing, else the shape of one; ``cure``: what to write
    in the definition. ``thousands``: values that may be thousands with a point, such as 1.250 for 1250, and what to
    write if they are (``cure``) or are not (``otherwise``).
    """

    column: str
    empty: int
    unread: int = 0
    words: str = ""
    cure: str = ""
    thousands: int = 0
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """One source as it was read.

    ``matched`` events near the windows belong to counted units, or ``None``; ``by_arm`` are those of each arm, where
    such events were read.
    """

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
    values: tuple[ValueCounts, ...] = ()
    by_arm: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that an analysis needs to know of the data. ``through`` is microseconds since 1970 UTC."""

    through: int | None
    ledger: tuple[ArmLedger, ...]
    metrics: Mapping[str, MetricMoments]
    customers: CustomerCounts | None
    sources: tuple[SourceCounts, ...]
    days: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Eligible units per arm by local day of assignment, in order; days are counted since 1970."""
    levels: Mapping[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    """Eligible units per arm by level of each segment column."""
    facts: Facts = field(default_factory=Facts)
    """What was noticed of the rows themselves."""

"""What was noticed of the rows themselves, for the checks: numbers of rows and ids, never a value of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NearIds:
    """Rows that belong to nobody, and would to somebody if ids were folded.

    ``rows`` of ``source`` (units, for the assignments), which would belong to ``units``; ``folds`` are the fewest that
    do it; ``within``: the table whose ids they nearly are.
    """

    source: str
    within: str
    rows: int
    units: int
    folds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ends:
    """Where the daily counts of a table end, in microseconds since 1970 UTC, and what is beside them.

    ``after``: rows that lie later; ``years``: rows in years in which nothing can have happened.
    """

    source: str
    last: int | None
    after: int
    years: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """Rows of a table of events that may be no events of their own.

    ``below`` and ``zero``: rows whose ``value`` is below or at 0. ``repeated``: rows with a ``key`` that another has
    too, ``same`` of which agree with it; ``equal``: rows that are equal to another in all columns, without a key.
    """

    source: str
    rows: int
    below: int
    zero: int
    value: str | None
    key: str | None
    repeated: int
    same: int
    equal: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was noticed. ``collided``: ids that are one with another since ids are folded."""

    near: tuple[NearIds, ...] = ()
    collided: int = 0
    ends: Mapping[str, Ends] = field(default_factory=dict)
    rows: tuple[RowFacts, ...] = ()

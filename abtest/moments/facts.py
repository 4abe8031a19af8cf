"""What was noticed of the rows themselves, for the checks: numbers of rows and ids, never a value of one."""

from dataclasses import dataclass


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
class Facts:
    """All that was noticed. ``collided``: ids that are one with another since ids are folded."""

    near: tuple[NearIds, ...] = ()
    collided: int = 0

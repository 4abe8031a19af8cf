"""LaunchDarkly: the first 60 bits of SHA-1 of ``key.salt.unit``, or of ``seed.unit``, divided by 2⁶⁰ − 1.

Arms own half-open shares; whoever is beyond the last edge, as by a rounding, is in the last.
"""

from itertools import pairwise

from abtest.assignment.hashes.plan import Number, Plan, Range, rounded, shares
from abtest.definition.model import Definition

DIGITS = 15
SPACE = 16**DIGITS


def position(number: int) -> float:
    """Return what the clients compare with shares."""
    return number / float(SPACE - 1)


def plan(definition: Definition) -> Plan:
    """Return how a percentage roll-out or an experiment draws."""
    given = definition.assignment
    before = f"{given.key}.{given.salt}." if given.seed is None else f"{given.seed}."
    ends, total = [0], 0.0
    for share in shares([arm.weight for arm in definition.arms]):
        total += share
        ends.append(rounded(position)(total, SPACE))
    ends[-1] = SPACE
    ranges = tuple(Range(arm, *edges) for arm, edges in enumerate(pairwise(ends)))
    return Plan(Number("sha1", SPACE, before, digits=DIGITS), ranges)

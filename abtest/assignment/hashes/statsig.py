"""Statsig: the first 64 bits of SHA-256 of ``salt.unit``, modulo 1,000, as experiments cut their groups.

With ``key``, the salt of a rule: of ``salt.key.unit``, modulo 10,000, as a rule's pass percentage is cut.
"""

from abtest.assignment.hashes.plan import WIDE, Number, Plan, stacked
from abtest.definition.model import Definition

GROUPS, PASSES = 1_000, 10_000


def plan(definition: Definition) -> Plan:
    """Return how an experiment's groups, or a rule's passes, are drawn."""
    given = definition.assignment
    text = f"{given.salt}." if given.key is None else f"{given.salt}.{given.key}."
    space = GROUPS if given.key is None else PASSES
    weights = [arm.weight for arm in definition.arms]
    return Plan(Number("sha256", space, before=text, digits=WIDE), stacked(weights, space))

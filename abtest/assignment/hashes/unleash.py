"""Unleash: MurmurHash3 of 32 bits of ``group:unit``; seed 0 and modulo 100 for the roll-out, another seed for variants.

The variants' number is taken modulo the sum of the weights, which is 1,000 (100 in older flags).
"""

from abtest.assignment.hashes.plan import Gate, Number, Plan, exact, stacked
from abtest.definition.model import Definition

VARIANT_SEED = 86_028_157
PERCENT, THOUSANDTHS = 100, 1_000


def plan(definition: Definition) -> Plan:
    """Return how a gradual roll-out with variants draws; ``salt`` is the group of the variants."""
    given = definition.assignment
    gates: tuple[Gate, ...] = ()
    if given.coverage < 1:
        number = Number("murmur3", PERCENT, before=f"{given.coverage_salt or given.salt}:")
        gates = (Gate(number, 0, exact(given.coverage, PERCENT)),)
    weights = [arm.weight for arm in definition.arms]
    space = PERCENT if sum(weights) == PERCENT else THOUSANDTHS
    number = Number("murmur3", space, before=f"{given.salt}:", seed=VARIANT_SEED)
    return Plan(number, stacked(weights, space), gates)

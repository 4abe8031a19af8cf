"""Split (Harness FME): MurmurHash3 of 32 bits of the id alone, with the flag's seed, modulo 100 and plus 1.

An arm owns the buckets up to the sum of the sizes so far. Below a traffic allocation of 100 %, another seed tells who
is let in. Flags of the first algorithm, which is no Murmur, are not computed.
"""

from abtest.assignment.hashes.plan import Gate, Number, Plan, exact, stacked
from abtest.definition.model import Definition

BUCKETS = 100


def plan(definition: Definition) -> Plan:
    """Return how a condition with several treatments draws."""
    given = definition.assignment
    gates: tuple[Gate, ...] = ()
    if given.coverage < 1:
        number = Number("murmur3", BUCKETS, seed=given.coverage_seed or 0)
        gates = (Gate(number, 0, exact(given.coverage, BUCKETS)),)
    weights = [arm.weight for arm in definition.arms]
    return Plan(Number("murmur3", BUCKETS, seed=given.seed or 0), stacked(weights, BUCKETS), gates)

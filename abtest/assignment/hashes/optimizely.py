"""Optimizely: MurmurHash3 of 32 bits, seed 1, of the id with the experiment's id behind it, cut into 10,000 parts.

Experiments of one group are drawn the same way first, with the group's id behind the unit's.
"""

from abtest.assignment.hashes.plan import Gate, Number, Plan, Range, declared, exact, stacked
from abtest.definition.model import Definition

PARTS = 10_000
SPACE = 2**32
SEED = 1


def plan(definition: Definition) -> Plan:
    """Return how an experiment draws; ``salt`` is its id, a namespace its group."""
    given = definition.assignment
    gates: tuple[Gate, ...] = ()
    if given.namespace is not None:
        low, high = (_edge(exact(share, PARTS)) for share in given.namespace.range)
        gates = (Gate(_number(given.namespace.id), low, high),)
    edges = [arm.ranges for arm in definition.arms]
    weights = [arm.weight for arm in definition.arms]
    parts = declared(edges, PARTS) if any(edges) else stacked(weights, PARTS)
    ranges = tuple(Range(part.arm, _edge(part.start), _edge(part.end)) for part in parts)
    return Plan(_number(given.salt or ""), ranges, gates)


def _number(parent: str) -> Number:
    return Number("murmur3", SPACE, after=parent, seed=SEED)


def _edge(part: int) -> int:
    """Return the first hash that falls into ``part`` or beyond: ⌊hash / 2³² · 10⁴⌋ ≥ part."""
    return -(-part * SPACE // PARTS)

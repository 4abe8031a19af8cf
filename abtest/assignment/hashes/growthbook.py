"""GrowthBook: FNV-1a of 32 bits over the UTF-16 code units of a text, as its JavaScript client has it.

Version 2 hashes seed and id, then the decimal text of that hash, and takes it modulo 10,000. Version 1 hashes id and
seed, modulo 1,000; so do namespaces, with the seed ``__`` and their id. An arm owns a share of its weight from where
the weights before it end; of that, ``coverage`` is let in. Shares are compared as doubles.
"""

from abtest.assignment.hashes.plan import Digest, Gate, Number, Plan, Range, declared, rounded, shares
from abtest.definition.model import Definition


def plan_v1(definition: Definition) -> Plan:
    """Return how version 1 draws."""
    seed = definition.assignment.salt or definition.name
    return _plan(definition, "fnv1a32", 1_000, after=seed)


def plan_v2(definition: Definition) -> Plan:
    """Return how version 2 draws."""
    seed = definition.assignment.salt or definition.name
    return _plan(definition, "fnv1a32 twice", 10_000, before=seed)


def _plan(definition: Definition, digest: Digest, space: int, *, before: str = "", after: str = "") -> Plan:
    given = definition.assignment
    least = rounded(lambda number: number / space)
    number = Number(digest, space, before, after)
    gates: tuple[Gate, ...] = ()
    if given.namespace is not None:
        low, high = (rounded(lambda place: place / 1_000)(edge, 1_000) for edge in given.namespace.range)
        gates = (Gate(Number("fnv1a32", 1_000, after=f"__{given.namespace.id}"), low, high),)
    edges = [arm.ranges for arm in definition.arms]
    if any(edges):
        return Plan(number, declared(edges, space, least), gates)
    ranges, start = [], 0.0
    for arm, share in enumerate(shares([arm.weight for arm in definition.arms])):
        ranges.append(Range(arm, least(start, space), least(start + given.coverage * share, space)))
        start += share
    return Plan(number, tuple(ranges), gates)

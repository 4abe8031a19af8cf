"""Eppo: the first 32 bits of MD5 of ``salt-unit``, modulo the number of shards; who is let in has a salt of its own."""

from abtest.assignment.hashes.plan import Gate, Number, Plan, declared, exact, stacked
from abtest.definition.model import Definition

DIGITS = 8
SHARDS = 10_000


def plan(definition: Definition) -> Plan:
    """Return how an allocation draws."""
    given = definition.assignment
    shards = given.shards or SHARDS
    gates: tuple[Gate, ...] = ()
    if given.coverage < 1:
        number = Number("md5", shards, before=f"{given.coverage_salt}-", digits=DIGITS)
        gates = (Gate(number, 0, exact(given.coverage, shards)),)
    edges = [arm.ranges for arm in definition.arms]
    weights = [arm.weight for arm in definition.arms]
    ranges = declared(edges, shards) if any(edges) else stacked(weights, shards)
    return Plan(Number("md5", shards, before=f"{given.salt}-", digits=DIGITS), ranges, gates)

"""The hash of docs/assignment_spec.md: the first 60 bits of SHA-256 of ``salt:unit``."""

from itertools import pairwise

from abtest.assignment.bucket import BUCKETS, HEX_DIGITS, upper_bounds
from abtest.assignment.hashes.plan import Number, Plan, Range
from abtest.definition.model import Definition


def salt(definition: Definition) -> str:
    """Return the text that is hashed with each id: the declared salt, else the experiment's name."""
    return definition.assignment.salt or definition.name


def plan(definition: Definition) -> Plan:
    """Return how we draw: each arm owns the buckets from the end of the one before it to its own."""
    ends = [0, *upper_bounds([arm.weight for arm in definition.arms])]
    number = Number("sha256", BUCKETS, before=f"{salt(definition)}:", digits=HEX_DIGITS)
    return Plan(number, tuple(Range(place, *edges) for place, edges in enumerate(pairwise(ends))))

"""PostHog: the first 60 bits of SHA-1 of ``flag.unit`` for the roll-out, and of ``flag.unitvariant`` for the arm.

Both are divided by 2⁶⁰ − 1 as doubles. A unit whose number equals the roll-out is let in; arms own half-open shares.
"""

from abtest.assignment.hashes.launchdarkly import DIGITS, SPACE, position
from abtest.assignment.hashes.plan import Gate, Number, Plan, Range, rounded, shares
from abtest.definition.model import Definition


def plan(definition: Definition) -> Plan:
    """Return how a flag with several variants draws."""
    given = definition.assignment
    before = f"{given.salt}."
    gates: tuple[Gate, ...] = ()
    if given.coverage < 1:
        last = rounded(lambda number: float(position(number) > given.coverage))(1.0, SPACE)
        gates = (Gate(Number("sha1", SPACE, before, digits=DIGITS), 0, last),)
    ranges, low = [], 0.0
    for arm, share in enumerate(shares([arm.weight for arm in definition.arms])):
        high = low + share
        ranges.append(Range(arm, rounded(position)(low, SPACE), rounded(position)(high, SPACE)))
        low = high
    return Plan(Number("sha1", SPACE, before, "variant", DIGITS), tuple(ranges), gates)

"""The bucket of one unit.

Principle: a unit's arm depends on its id, the experiment's salt and the declared weights, and on nothing else: not on
the order of rows, not on who else is in the file, not on the machine. SHA-256 is specified to the bit, so the engine
and Python agree.
"""

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

HEX_DIGITS = 15
"""Hex digits of the digest that make the bucket: 60 bits, which every engine holds in a signed 64-bit integer."""

BUCKETS = 16**HEX_DIGITS


class Bucket(NamedTuple):
    """A unit's place in [0, 2⁶⁰) and the arm that owns it."""

    number: int
    arm: str


def bucket_number(unit: object, salt: str) -> int:
    """Return the first 60 bits of SHA-256 of ``salt:unit`` (UTF-8), an integer in [0, 2⁶⁰).

    An integer id and its decimal text have the same bucket, so it does not matter how a file stores ids; blanks around
    an id are not part of it.
    """
    digest = hashlib.sha256(f"{salt}:{str(unit).strip(' ')}".encode()).hexdigest()
    return int(digest[:HEX_DIGITS], 16)


def upper_bounds(weights: Sequence[float]) -> list[int]:
    """Return for each arm the bucket number below which it ends, given positive or zero ``weights``.

    Exact arithmetic: equal weights give equal shares to the bucket, and the last bound is 2⁶⁰.
    """
    exact = [Fraction(str(weight)) for weight in weights]
    total = sum(exact)
    if total <= 0 or min(exact) < 0:
        raise ValueError(f"weights must be zero or more with a positive sum, got {list(weights)}")
    bounds, running = [], Fraction(0)
    for weight in exact:
        running += weight
        bounds.append(int(running * BUCKETS / total))
    return bounds


def arm_of(number: int, arms: Sequence[str], weights: Sequence[float]) -> str:
    """Return the arm that owns bucket ``number``."""
    for arm, bound in zip(arms, upper_bounds(weights), strict=True):
        if number < bound:
            return arm
    raise ValueError(f"bucket number {number} is not in [0, 2⁶⁰)")

"""What a tool's draw is made of: texts around the id, a digest, a whole number, and ranges of it that arms own.

Principle: every tool asks one or two questions of a unit: is it let in, and which arm is it in? Each is answered by a
whole number below a bound, made from a digest of the id, and by half-open ranges of that number. The ranges are
computed here, once, as the tool's own code rounds them; the numbers by the engine, where the ids are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from abtest.engines.sqltext import Binder

Digest = Literal["sha256", "sha1", "md5", "fnv1a32", "fnv1a32 twice", "murmur3"]
WIDE = 16
"""Hex digits of 64 bits, which no signed integer holds: their remainder is put together from two halves."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number in [0, ``space``) made of a unit's id.

    ``before`` and ``after`` stand around the id in the text that is hashed. Of SHA and MD5 the first ``digits``
    hexadecimal digits count. ``seed`` is Murmur's.
    """

    digest: Digest
    space: int
    before: str = ""
    after: str = ""
    digits: int = 0
    seed: int = 0

    def sql(self, unit: str, binder: Binder) -> str:
        """Return the number as SQL; ``unit`` is SQL for the id as text."""
        parts = [binder.bind(self.before, "text")] if self.before else []
        parts += [unit, *([binder.bind(self.after, "text")] if self.after else [])]
        text = f"concat({', '.join(parts)})" if len(parts) > 1 else unit
        if self.digest == "fnv1a32":
            whole = f"fnv1a32({text})"
        elif self.digest == "fnv1a32 twice":
            whole = f"fnv1a32(CAST(fnv1a32({text}) AS STRING))"
        elif self.digest == "murmur3":
            whole = f"murmur3_32({text}, {self.seed % 2**32})"
        else:
            return self._of_hex(f"sha2({text}, 256)" if self.digest == "sha256" else f"{self.digest}({text})")
        return whole if self.space == 2**32 else f"{whole} % {self.space}"

    def _of_hex(self, digest: str) -> str:
        def part(start: int, length: int) -> str:
            return f"CAST(conv(substr({digest}, {start}, {length}), 16, 10) AS BIGINT)"

        if self.digits == WIDE:
            high, low = part(1, WIDE // 2), part(WIDE // 2 + 1, WIDE // 2)
            return f"({high} % {self.space} * {2**32 % self.space} + {low}) % {self.space}"
        whole = part(1, self.digits)
        return whole if self.space == 16**self.digits else f"{whole} % {self.space}"


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from ``start`` to before ``end``, and the place of the arm that owns them."""

    arm: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gate:
    """Who is let in: those whose ``number`` is at least ``start`` and below ``end``."""

    number: Number
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How a tool draws: all of ``gates`` let a unit in, then the range of ``number`` tells its arm."""

    number: Number
    ranges: tuple[Range, ...]
    gates: tuple[Gate, ...] = ()

    @property
    def digests(self) -> frozenset[str]:
        """The digests that an engine must compute for it."""
        numbers = (self.number, *(gate.number for gate in self.gates))
        return frozenset(number.digest.removesuffix(" twice") for number in numbers)


def exact(share: float, space: int) -> int:
    """Return the least number of ``space`` that is not below ``share`` of it, in exact arithmetic."""
    return -int(-Fraction(str(share)) * space // 1)


def rounded(position: Callable[[int], float]) -> Callable[[float, int], int]:
    """Return what :func:`exact` does where a tool compares doubles: ``position`` is what it makes of a number."""

    def least(share: float, space: int) -> int:
        low, high = 0, space
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if position(middle) >= share else (middle + 1, high)
        return low

    return least


def shares(weights: Sequence[float]) -> list[float]:
    """Return the weights as shares of their sum, as tools store them."""
    total = sum(weights)
    return [weight / total for weight in weights]


def stacked(weights: Sequence[float], space: int) -> tuple[Range, ...]:
    """Return ranges that follow each other without a gap, cut in exact arithmetic."""
    exactly = [Fraction(str(weight)) for weight in weights]
    ends = [0]
    running = Fraction(0)
    for weight in exactly:
        running += weight
        ends.append(-int(-running * space / sum(exactly) // 1))
    return tuple(Range(arm, start, end) for arm, (start, end) in enumerate(pairwise(ends)))


def declared(
    ranges: Iterable[Sequence[Sequence[float]]], space: int, least: Callable[[float, int], int] = exact
) -> tuple[Range, ...]:
    """Return the ranges that a definition declares; ``ranges`` are those of each arm, in its order."""
    return tuple(
        Range(place, least(low, space), least(high, space)) for place, edges in enumerate(ranges) for low, high in edges
    )

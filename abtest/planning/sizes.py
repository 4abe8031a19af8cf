"""The whole ship rule: a primary metric that wins and every guardrail that is shown safe, in one number of units.

The rule ships an arm when a primary metric wins and each guardrail with a margin is shown safe. Three independent tests
of 80 % do that 51 % of the time. With ``equal`` shares each of them gets an equal part of the risk β; with ``free``
ones their risks add up to β at most. Both hold whatever the dependence between them (Bonferroni). With
``independent`` the product of the powers has to reach 1 − β.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from abtest.planning.questions import Question
from abtest.stats.power import Pair, smallest_effect, units_needed


@dataclass(frozen=True, slots=True)
class Arms:
    """How units are divided over the arms: shares that add up to 1, by name, and which is the control."""

    names: tuple[str, ...]
    shares: tuple[float, ...]
    control: int

    @property
    def hardest(self) -> int:
        """The place of the treatment with the fewest units, whose comparison has the least power."""
        others = [place for place in range(len(self.names)) if place != self.control]
        return min(others, key=lambda place: self.shares[place])

    def pair(self, total: float) -> Pair:
        """Return the control's units and those of the smallest treatment, of ``total`` in all arms."""
        return total * self.shares[self.control], total * self.shares[self.hardest]

    def whole(self, total: float) -> dict[str, int]:
        """Return units per arm, rounded up."""
        return {name: math.ceil(total * share - 1e-6) for name, share in zip(self.names, self.shares, strict=True)}


@dataclass(frozen=True, slots=True)
class Rule:
    """What must be shown together: one primary question, and the guardrails'."""

    primary: Question
    guardrails: tuple[Question, ...]

    @property
    def hurdles(self) -> tuple[Question, ...]:
        """The questions over which the risk of missing the effect is divided."""
        return (self.primary, *(guard for guard in self.guardrails if not guard.blocks_only_by_harm))

    def parts(self, pair: Callable[[Question], Pair]) -> list[float]:
        """Return the power of each question, guardrails that can only be harmed among them."""
        return [question.power(pair(question)) for question in (self.primary, *self.guardrails)]

    def independent(self, pair: Callable[[Question], Pair]) -> float:
        """Return the power of the rule were its tests independent: the product."""
        return math.prod(self.parts(pair))

    def guaranteed(self, pair: Callable[[Question], Pair]) -> float:
        """Return the power that the rule has at least, whatever the dependence: 1 − Σ(1 − power)."""
        return max(0.0, 1 - sum(1 - power for power in self.parts(pair)))


def needed(rule: Rule, arms: Arms, power: float, split: str) -> float | None:
    """Return the units of all arms with which the rule has ``power``; ``None`` where no number has it."""
    of_rule = {"independent": rule.independent, "free": rule.guaranteed}.get(split)
    if of_rule is not None:
        if any(size_of(question, arms, power) is None for question in rule.hurdles):
            return None
        return units_needed(lambda total: of_rule(lambda _: arms.pair(total)), power)
    share = 1 - (1 - power) / len(rule.hurdles)
    sizes = [size_of(question, arms, share) for question in rule.hurdles]
    return None if any(size is None for size in sizes) else max(size for size in sizes if size is not None)


def size_of(question: Question, arms: Arms, power: float) -> float | None:
    """Return the units of all arms with which one question has ``power``; ``None`` where no number has it."""
    if (
        question.role != "guardrail"
        and not question.effect
        and all(bar.value * question.sign >= 0 for bar in question.bars)
    ):
        return None
    return units_needed(lambda total: question.power(arms.pair(total)), power)


def detectable(question: Question, pair: Pair, power: float) -> float | None:
    """Return the least effect in the good direction, signed, that the question shows with ``power``.

    For a question with a margin that is to be excluded from below, 0 where even no effect is shown safe. ``None`` where
    none that there can be is large enough, and for an equivalence.
    """
    if len(question.bars) > 1:
        return None
    if question.power(pair, 0.0) >= power:
        return 0.0
    found = smallest_effect(lambda size: question.power(pair, question.sign * size), power, question.widest)
    return None if found is None else question.sign * found


def shares(weights: Sequence[float]) -> tuple[float, ...]:
    """Return weights as parts of 1."""
    total = sum(weights)
    return tuple(weight / total for weight in weights)

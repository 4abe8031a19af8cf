"""Serial gatekeeping: families of questions in order, each one asked only when all of the family before are answered.

Principle: the secondary questions spend the same α as the primary ones, not a share of it, because they are asked only
when every primary hypothesis is rejected. The whole procedure keeps the family-wise error over *all* questions.
"""

from collections.abc import Sequence
from typing import Literal

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.corrections import adjust, interval_levels
from abtest.words.reason import Reason

Inside = Literal["holm", "hochberg", "bonferroni"]
INSIDE = ("holm", "hochberg", "bonferroni")
CLOSED = Reason("why-gate-without-p-value")


def gatekeep(families: Sequence[Sequence[float | None]], method: Inside = "holm") -> list[list[float | None]]:
    """Return adjusted p-values, in the order given: Westfall & Krishen (2001), J. Stat. Plan. Inference 99:25-40, § 2.

    Each family is adjusted by ``method`` within itself; then no p-value is smaller than the largest adjusted one of any
    family before it. It is the closed test in which every intersection is judged by its earliest family alone, so it
    controls the family-wise error over all families wherever ``method`` does within one (``hochberg``: independent or
    positively dependent tests). A question without a p-value (``None``) is not counted within its family, as in
    ``adjust``, but it closes the gate: all later families are ``None``, for the reason in ``CLOSED``.
    The order must be fixed before the data are seen. Guardrails are no family: they are tested for harm, outside.
    """
    checks.one_of("method", method, INSIDE)
    result: list[list[float | None]] = []
    gate: float | None = 0.0
    for family in families:
        adjusted = adjust(family, method)
        floor = gate
        result.append([None if p is None or floor is None else max(p, floor) for p in adjusted])
        gate = None if gate is None or None in adjusted else max([gate, *(p for p in adjusted if p is not None)])
    return result


def gated_levels(
    families: Sequence[Sequence[float | None]], method: Inside = "holm", confidence: float = CONFIDENCE
) -> list[list[float | None]]:
    """Return the confidence levels of the intervals that go with ``gatekeep``, in the order given.

    Within an open family they are those of :func:`~abtest.stats.corrections.interval_levels`, and promise the same
    within it. Behind a closed gate nothing is tested and no α is left, so no interval could keep a promise: ``None``.
    """
    alpha = 1 - checks.confidence_level(confidence)
    checks.one_of("method", method, INSIDE)
    result: list[list[float | None]] = []
    gate_is_open = True
    for family in families:
        result.append([*interval_levels(family, method, confidence)] if gate_is_open else [None] * len(family))
        gate_is_open = gate_is_open and all(p is not None and p < alpha for p in adjust(family, method))
    return result


def fixed_sequence(p_values: Sequence[float | None]) -> list[float | None]:
    """Return adjusted p-values of single questions asked in order: Maurer, Hothorn & Lehmacher (1995).

    Each is tested at the full α until the first that is not rejected: the running maximum of the p-values. After a
    ``None`` all are ``None`` (``CLOSED``).
    """
    return [family[0] for family in gatekeep([[p_value] for p_value in p_values])]

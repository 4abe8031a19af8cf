"""Adjustment of p-values for asking several questions, and the confidence level that goes with an adjusted p-value."""

from collections.abc import Sequence
from typing import Literal

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.score import TINY

Correction = Literal["holm", "hochberg", "bonferroni", "bh", "by", "none"]
CORRECTIONS = ("holm", "hochberg", "bonferroni", "bh", "by", "none")


def adjust(p_values: Sequence[float | None], method: Correction = "holm") -> list[float | None]:
    """Return adjusted p-values in the order given; ``None`` stays ``None`` and does not count in the family.

    Family-wise error: ``bonferroni``; ``holm`` (1979, Scand. J. Stat. 6:65-70), uniformly better and as general;
    ``hochberg`` (1988, Biometrika 75:800-802), for independent or positively dependent tests.
    False discovery rate: ``bh`` (Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57:289-300), for independent or
    positively dependent tests; ``by`` (Benjamini & Yekutieli 2001, Ann. Stat. 29:1165-1188), for any dependence.
    An adjusted p-value is compared with the same α as a plain one. The family must be named beforehand.
    """
    checks.one_of("method", method, CORRECTIONS)
    for p_value in p_values:
        _check("p_values", p_value)
    family = [(p_value, place) for place, p_value in enumerate(p_values) if p_value is not None]
    if method == "none" or not family:
        return list(p_values)
    ordered = sorted(family)
    # A p-value that underflowed to 0 is not 0: as the smallest normal number it keeps its factor after adjustment.
    scaled = [max(p, TINY) * _factor(method, rank, len(ordered)) for rank, (p, _) in enumerate(ordered, start=1)]
    adjusted: list[float | None] = [None] * len(p_values)
    for (_, place), value in zip(ordered, _monotone(scaled, method), strict=True):
        adjusted[place] = value
    return adjusted


def _check(name: str, p_value: float | None) -> None:
    if p_value is not None and not 0 <= p_value <= 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {p_value!r}")


def _factor(method: Correction, rank: int, size: int) -> float:
    """Multiplier of the p-value of this rank (1 = smallest) among ``size``."""
    if method == "bonferroni":
        return size
    if method in {"holm", "hochberg"}:
        return size - rank + 1
    harmonic = sum(1 / i for i in range(1, size + 1)) if method == "by" else 1.0
    return size * harmonic / rank


def _monotone(scaled: list[float], method: Correction) -> list[float]:
    """Cap at 1 and restore the order of the p-values: step-down (Holm) by running maxima, step-up by running minima."""
    result = [min(value, 1.0) for value in scaled]
    if method == "holm":
        for place in range(1, len(result)):
            result[place] = max(result[place], result[place - 1])
    else:
        for place in range(len(result) - 2, -1, -1):
            result[place] = min(result[place], result[place + 1])
    return result


TOO_SURE = "the correction asks for a level nearer to certainty than an interval can be computed at"
"""Why a comparison that a correction does not let pass has no adjusted interval, when its own p-value is next to 0."""


def effective_confidence(
    p_value: float | None, adjusted_p_value: float | None, confidence: float = CONFIDENCE
) -> float:
    """Return the confidence level of the interval that agrees with an adjusted p-value: 1 − α·p/p_adjusted.

    A comparison's own interval at that level excludes 0 exactly when p < α·p/p_adjusted, that is when p_adjusted < α.
    Under Bonferroni the level is the usual 1 − α/m. Under the stepwise methods it depends on the comparison's rank: the
    intervals agree with the decisions, but cover jointly under Bonferroni only.
    Equal p-values, or no p-value, give ``confidence`` back.
    """
    _check("p_value", p_value)
    _check("adjusted_p_value", adjusted_p_value)
    checks.confidence_level(confidence)
    if p_value is None or adjusted_p_value is None or adjusted_p_value <= p_value:
        return confidence
    return 1 - (1 - confidence) * (max(p_value, TINY) / adjusted_p_value)

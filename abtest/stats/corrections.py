"""Adjustment of p-values for asking several questions, and the confidence levels that go with adjusted p-values."""

from collections.abc import Sequence
from typing import Literal

from abtest.stats import checks
from abtest.stats.checks import CONFIDENCE
from abtest.stats.score import TINY
from abtest.words.reason import Reason

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


TOO_SURE = Reason("why-level-out-of-reach")
"""Why a comparison that a correction does not let pass has no adjusted interval, when its own p-value is next to 0."""


def interval_levels(
    p_values: Sequence[float | None], method: Correction = "holm", confidence: float = CONFIDENCE
) -> list[float]:
    """Return for each comparison the confidence level of the interval that goes with its adjusted p-value.

    Of m questions the procedure answers R (adjusted p < α). An interval excludes 0 exactly when its comparison is one
    of these. The levels, and what the intervals promise:

    - ``bonferroni``: 1 − α/m, whatever the p-values. All m intervals cover jointly with 1 − α.
    - ``holm``, ``hochberg``: Bonferroni's, but for a comparison that only the steps answer (p ≥ α/m) the level of its
      step: 1 − α/(m − r + 1) at rank r, Hochberg's 1 − α/(m − R + 1). Wrong directions keep the family-wise error, and
      of the answered ones at most a share α of the intervals misses on average, as 1/(m − r + 1) ≤ R/m (below). They do
      not cover jointly once effects are there (simulated: 0.79 and more). That cannot be mended: intervals that agree
      with a stepwise procedure and cover jointly say no more than a direction (Guilbaud 2008, Biom. J. 50:678-692;
      Strassburger & Bretz 2008, Stat. Med. 27:4914-4927).
    - ``bh``: 1 − αR/m, and ``by`` that with R/m over 1 + 1/2 + … + 1/m, for all (with R at least 1): of the answered
      ones at most a share α of the intervals misses on average (Benjamini & Yekutieli 2005, J. Am. Stat. Assoc.
      100:71-81).
    - ``none``: 1 − α each.

    ``None`` does not count in the family and gets ``confidence``.
    """
    alpha = 1 - checks.confidence_level(confidence)
    adjusted = adjust(p_values, method)
    family = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    size, answered = len(family), sum(q is not None and q < alpha for q in adjusted)
    levels = [confidence] * len(p_values)
    for rank, (p, place) in enumerate(family, start=1):
        step = 1  # Bonferroni's
        if method in {"bh", "by"}:
            step = max(answered, 1)
        elif method in {"holm", "hochberg"} and rank <= answered and p * size >= alpha:
            step = rank if method == "holm" else answered
        levels[place] = confidence if method == "none" else 1 - alpha / _factor(method, step, size)
    return levels

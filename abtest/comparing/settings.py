"""How arms are compared: every option, and the refusal of what does not fit together."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from abtest.comparing.arms import ArgumentError, Figures
from abtest.grammar.fields import Margin, MarginField
from abtest.stats.checks import CONFIDENCE
from abtest.stats.rates import Good
from abtest.stats.values import Rate
from abtest.words.reading import number

MarginQuestion = Literal["non-inferiority", "superiority", "equivalence"]
Correction = Literal["holm", "hochberg", "bonferroni", "bh", "by", "dunnett", "none"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the arms are compared. ``exact`` is ``None`` for: where an expected count is below 5 and the arms are small.

    Made by :func:`settings`, which refuses what does not fit together.
    """

    confidence: float = CONFIDENCE
    margin: Margin | None = None
    test: MarginQuestion = "non-inferiority"
    good: Good = "up"
    bayes: bool = False
    prior: tuple[float, float] | None = None
    exact: bool | None = None
    odds_ratio: bool = False
    correction: Correction = "holm"

    @property
    def alpha(self) -> float:
        """One minus the confidence."""
        return 1 - self.confidence


def settings(
    arms: Mapping[str, Figures],
    *,
    correction: str = "holm",
    confidence: float = CONFIDENCE,
    margin: str | float | Margin | None = None,
    test: str = "non-inferiority",
    good: str = "up",
    bayes: bool = False,
    prior: tuple[float, float] | None = None,
    exact: bool | None = None,
    odds_ratio: bool = False,
) -> Settings:
    """Return the settings for these arms; raises :class:`~abtest.comparing.arms.ArgumentError` for what cannot be."""
    rates = all(isinstance(arm, Rate) for arm in arms.values())
    if not 0 < confidence < 1:
        cure = f"; write {confidence / 100:g} for {confidence:g} %" if confidence in range(2, 100) else ""
        raise ArgumentError("confidence", f"must lie strictly between 0 and 1, such as 0.95 (got {confidence:g}){cure}")
    _one_of("test", test, get_args(MarginQuestion))
    _one_of("good", good, get_args(Good))
    _one_of("correction", correction, get_args(Correction))
    if not rates and exact:
        raise ArgumentError("exact", "is for rates (successes and n); means have no exact test")
    if not rates and odds_ratio:
        raise ArgumentError("odds_ratio", "is for rates (successes and n); means have no odds")
    if margin is None and test != "non-inferiority":
        raise ArgumentError("test", f"{test} needs a margin to be tested against, such as 5% of the control")
    return Settings(
        confidence=float(confidence),
        margin=None if margin is None else _margin(margin, rates),
        test=test,  # type: ignore[arg-type]  # checked above, as are the next two words
        good=good,  # type: ignore[arg-type]
        bayes=bayes,
        prior=None if prior is None else _prior(prior, rates, bayes),
        exact=exact,
        odds_ratio=odds_ratio,
        correction=correction,  # type: ignore[arg-type]
    )


def _one_of(argument: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ArgumentError(argument, f"must be one of {', '.join(allowed)} (got {value!r})")


def _margin(value: str | float | Margin, rates: bool) -> Margin:
    try:
        margin: Margin = TypeAdapter(MarginField).validate_python(value)
    except ValidationError as error:
        raise ArgumentError("margin", str(error.errors()[0]["ctx"]["error"])) from None
    if rates and margin.scale == "plain":
        cure = "1pp (percentage points) or 1% (of the control's rate)"
        raise ArgumentError("margin", f"say which it is for a rate: {cure} (got {margin})")
    if not rates and margin.scale == "points":
        cure = "5% (of the control) or a plain number"
        raise ArgumentError("margin", f"percentage points are for rates; write {cure} (got {margin})")
    return margin


def _prior(prior: tuple[float, float], rates: bool, bayes: bool) -> tuple[float, float]:
    what = "the two parameters of a beta distribution" if rates else "mean and standard deviation"
    if not bayes:
        raise ArgumentError("prior", "belongs to the Bayesian view; ask for that with bayes")
    if not isinstance(prior, tuple | list) or len(prior) != 2 or not all(math.isfinite(part) for part in prior):
        raise ArgumentError("prior", f"must be two finite numbers, {what} (got {prior!r})")
    if prior[1] <= 0 or (rates and prior[0] <= 0):
        must = "both must be positive" if rates else "the standard deviation must be positive"
        raise ArgumentError("prior", f"must be {what}: {must} (got {prior[0]:g} and {prior[1]:g})")
    return prior[0], prior[1]


def parse_prior(text: str) -> tuple[float, float]:
    """Return the two numbers of ``0.5,0.5`` or ``12.4:30``."""
    parts = text.replace(":", ",").split(",")
    try:
        first, second = (number(part.strip()) for part in parts)
    except ValueError:
        cure = "write a,b of a beta distribution, such as 0.5,0.5, or mean:sd of a normal one, such as 12:30"
        raise ArgumentError("prior", f"{cure} (got {text!r})") from None
    return first, second

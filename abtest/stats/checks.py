"""Refusal of impossible input: each check returns the cleaned value or raises ``ValueError`` naming the argument."""

import math
import operator
from collections.abc import Sequence
from typing import Any

CONFIDENCE = 0.95


def count(name: str, value: Any) -> int:
    """Return ``value`` as a non-negative ``int`` (numpy integers included)."""
    try:
        whole = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}") from None
    if whole < 0:
        raise ValueError(f"{name} must not be negative, got {whole}")
    return whole


def finite(name: str, value: float) -> float:
    """Return ``value`` as a ``float`` that is neither NaN nor infinite."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return number


def confidence_level(value: float) -> float:
    """Return a two-sided confidence level strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {value!r}")
    return float(value)


def positive_margin(value: float, *, below_one: bool = False) -> float:
    """Return a margin: a positive number, below 1 when a larger one would leave nothing to test."""
    margin = finite("margin", value)
    if margin <= 0:
        raise ValueError(f"margin must be positive, got {value!r}")
    if below_one and margin >= 1:
        raise ValueError(f"margin must be below 1 (it is a fraction, not per cent), got {value!r}")
    return margin


def one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a word that is not among ``allowed``."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


def same_length(name: str, first: Sequence[object], other: str, second: Sequence[object]) -> None:
    """Refuse two sequences that do not pair up."""
    if len(first) != len(second):
        raise ValueError(f"{name} and {other} must have the same length, got {len(first)} and {len(second)}")

"""An effect in words that a team uses: customers kept per 1,000, number needed to treat, money of all customers.

All are another reading of an effect and its interval, so they exclude "no effect" exactly when the effect does.
"""

from dataclasses import dataclass
from typing import Literal

from abtest.stats import checks
from abtest.stats.rates import Good
from abtest.stats.values import Estimate
from abtest.words.reason import Reason

PER = 1000
NO_EFFECT = Reason("why-equal-rates")
BOTH_SIDES = Reason("why-either-sign")


@dataclass(frozen=True, slots=True)
class Needed:
    """A number of customers to treat, for one more with the outcome: at least 1; ``None`` is infinitely many."""

    customers: float | None
    kind: Literal["benefit", "harm"]


@dataclass(frozen=True, slots=True)
class NumberNeededToTreat:
    """Number needed to treat, by Altman (1998), Br. Med. J. 317:1309-1312.

    ``estimate`` is the inverse of the difference: ``None`` where the rates are equal. The interval runs from ``best``,
    the end that is best for the treatment, to ``worst``. When it ``passes_infinity`` it is in two pieces: from
    ``best`` (benefit) up to infinity, and from infinity (harm) down to ``worst``. An end is ``None`` where the
    difference has no bound there. Numbers are not rounded; say the next whole number.
    """

    estimate: Needed | None
    best: Needed | None
    worst: Needed | None
    passes_infinity: bool
    reason: Reason | None


def kept_per_thousand(difference: Estimate) -> Estimate:
    """Return customers more (or fewer, negative) with the outcome among 1,000 treated, from a difference of rates."""
    _check_rates(difference)
    return _times(difference, PER)


def money_within_horizon(difference: Estimate, customers: int) -> Estimate:
    """Money more, from a difference of means per customer, if all ``customers`` were treated.

    For the observed horizon of that mean only; nothing is extrapolated in time. ``customers`` counts as known.
    """
    return _times(difference, checks.count("customers", customers))


def number_needed_to_treat(difference: Estimate, good: Good = "up") -> NumberNeededToTreat:
    """Return customers to treat for one more with a good outcome (``good`` up) or one fewer with a bad one (down).

    ``difference``: treatment minus control as a fraction, with its interval. A negative benefit is a number needed to
    *harm*. No interval of numbers is simpler: the bounds of the difference are inverted, and one that includes 0
    becomes two pieces that meet at infinity.
    """
    checks.one_of("good", good, ("up", "down"))
    _check_rates(difference)
    if difference.estimate is None:
        return NumberNeededToTreat(None, None, None, False, difference.reason or Reason("why-no-difference"))
    sign = 1 if good == "up" else -1
    ends = (difference.high, difference.low) if good == "up" else (difference.low, difference.high)
    best, worst = (None if end is None else _inverse(sign * end) for end in ends)
    # An end at exactly 0 is infinity itself: it closes the one piece that there is.
    passes = difference.low is not None and difference.high is not None and difference.low < 0 < difference.high
    reason = difference.reason or (BOTH_SIDES if passes else None)
    if difference.estimate == 0:
        return NumberNeededToTreat(None, best, worst, passes, NO_EFFECT)
    return NumberNeededToTreat(_inverse(sign * difference.estimate), best, worst, passes, reason)


def _inverse(benefit: float) -> Needed:
    if abs(benefit) < 1e-300:
        return Needed(None, "benefit" if benefit >= 0 else "harm")
    return Needed(1 / abs(benefit), "benefit" if benefit > 0 else "harm")


def _times(difference: Estimate, factor: float) -> Estimate:
    parts = (difference.estimate, difference.low, difference.high)
    estimate, low, high = (None if part is None else part * factor for part in parts)
    return Estimate(estimate, low, high, difference.reason)


def _check_rates(difference: Estimate) -> None:
    for part in (difference.estimate, difference.low, difference.high):
        if part is not None and not -1 <= part <= 1:
            raise ValueError(f"difference must be one of rates, as fractions between −1 and 1, got {part!r}")

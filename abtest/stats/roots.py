"""A root of one function of one variable, inside a bracket."""

from collections.abc import Callable

MAX_STEPS = 200


def bracketed_root(function: Callable[[float], float], low: float, high: float, *, tolerance: float = 1e-12) -> float:
    """Root between ``low`` and ``high``, where ``function`` has opposite signs (or is 0), by the Illinois method.

    Regula falsi with halved weights of a stuck end, and a bisection whenever the bracket did not halve in three steps:
    never slower than a third of bisection. ``tolerance`` is relative to the larger end, and absolute below 1.
    """
    at_low, at_high = function(low), function(high)
    if at_low == 0 or at_high == 0:
        return low if at_low == 0 else high
    if (at_low > 0) == (at_high > 0):
        raise ValueError("function must have opposite signs at low and high")
    stuck, target = 0, abs(high - low) / 2
    for step in range(1, MAX_STEPS):
        point = (low * at_high - high * at_low) / (at_high - at_low)
        if step % 3 == 0:
            if abs(high - low) > target:
                point = (low + high) / 2
            target = abs(high - low) / 2
        value = function(point)
        if value == 0 or abs(high - low) <= tolerance * max(1.0, abs(low), abs(high)):
            return point
        if (value > 0) == (at_low > 0):
            low, at_low = point, value
            at_high = at_high / 2 if stuck == 1 else at_high
            stuck = 1
        else:
            high, at_high = point, value
            at_low = at_low / 2 if stuck == -1 else at_low
            stuck = -1
    return (low + high) / 2

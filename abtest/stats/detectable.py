"""What an experiment of some size could have found, and of what size one would have to be.

Power is that of the side on which the true difference lies, as R's ``power.t.test`` and ``power.prop.test`` have it
(``strict = FALSE``): the chance of an effect that is shown in the wrong direction counts for nothing. It is the power
of a plan (``power``) solved for the difference.
"""

import math

from scipy import optimize, special

from abtest.stats.power import shifted_power

POWER = 0.8
MOST = 10_000.0
"""How many times larger than it is an experiment is thought of."""
_FAR = 200.0  # standard errors
_NORMAL = 5_000.0  # degrees of freedom from which on t is taken for normal


def noncentrality(alpha: float, degrees: float | None, power: float = POWER) -> float:
    """Return how many standard errors a true difference must have to be found with ``power``, tested at ``alpha``.

    ``alpha`` is two-sided. With ``degrees`` of freedom from the noncentral t distribution, else from the normal.
    """
    if degrees is None or degrees > _NORMAL:
        return -float(special.ndtri(alpha / 2)) + float(special.ndtri(power))
    critical = -float(special.stdtrit(degrees, alpha / 2))
    if not math.isfinite(critical):
        return math.inf
    if critical > _FAR:
        # Only the estimate of the standard error varies by anything, and the library's distribution ends here.
        return critical * math.sqrt(float(special.chdtri(degrees, 1 - power)) / degrees)

    def missing(size: float) -> float:
        return power - shifted_power(size, alpha / 2, degrees)

    high = critical + 10.0
    while missing(high) > 0 and high < 1e6:
        high *= 2
    return float(optimize.brentq(missing, 0.0, high, xtol=1e-10))


def detectable(error: float, alpha: float, degrees: float | None, power: float = POWER) -> float:
    """Return the smallest true difference found with ``power``, whose estimate has the standard error ``error``."""
    return error * noncentrality(alpha, degrees, power)


def times_larger(
    error: float, alpha: float, degrees: float | None, target: float, power: float = POWER
) -> float | None:
    """Return how many times as many units find the true difference ``target``; ``None`` beyond 10,000 times.

    The standard error falls with the root of the units, the degrees of freedom rise with them.
    """
    if target <= 0 or error <= 0:
        return None

    def short(times: float) -> float:
        more = None if degrees is None else degrees * times
        return detectable(error / math.sqrt(times), alpha, more, power) - target

    low, high = 1 / MOST, MOST
    if short(high) > 0:
        return None
    while degrees is not None and degrees * low < 1 and low < 1:
        low *= 2
    return low if short(low) <= 0 else float(optimize.brentq(short, low, high, rtol=1e-10))


def _distance(rates: tuple[float, float], sizes: tuple[float, float], alpha: float, power: float) -> float:
    """Return the difference that is found with ``power`` if the true rates have the variances of ``rates``.

    Fleiss, Levin & Paik (2003), equation 4.14 without the correction for continuity: the null variance of the pooled
    rate, the true one of both.
    """
    (p, q), (n, m) = rates, sizes
    pooled = (n * p + m * q) / (n + m)
    null = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    true = math.sqrt(p * (1 - p) / n + q * (1 - q) / m)
    return -float(special.ndtri(alpha / 2)) * null + float(special.ndtri(power)) * true


def detectable_rate(
    control: float, sizes: tuple[float, float], alpha: float, *, up: bool, power: float = POWER
) -> float | None:
    """Return the smallest true difference of a rate from ``control`` found with ``power``; ``None`` where none is.

    ``sizes``: units of the control and of the arm. ``up``: whether the arm's rate is the higher one.
    """
    sign, room = (1, 1 - control) if up else (-1, control)

    def short(size: float) -> float:
        return _distance((control, control + sign * size), sizes, alpha, power) - size

    if room <= 0 or short(room) > 0:
        return None
    # Near 0 the distance is above it, at the end of the room below.
    return float(optimize.brentq(short, 0.0, room, xtol=1e-14))


def rate_times_larger(
    rates: tuple[float, float], sizes: tuple[float, float], alpha: float, power: float = POWER
) -> float | None:
    """Return how many times as many units find the true difference of ``rates``; ``None`` beyond 10,000 times."""
    difference = abs(rates[1] - rates[0])
    if not difference:
        return None
    times = (_distance(rates, sizes, alpha, power) / difference) ** 2
    return times if times <= MOST else None

"""Two rates with few events: the exact conditional test, made milder by half (mid-p), for arms of any size.

Principle. Where an arm is expected to see fewer than five events, or fewer than five units without one, no formula made
for many events can be trusted, however large the arm. Given how many units had the event in both arms together, how
many of them are the smaller arm's follows the hypergeometric distribution when the rates are equal, whatever that rate
is. So the p-value needs no approximation, and costs as much as there are events.

Sources: Fisher (1935), J. R. Stat. Soc. 98:39-82; Lancaster (1961), J. Am. Stat. Assoc. 56:223-234 (the observed table
counts half); Cochran (1954), Biometrics 10:417-451 (five expected).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST = 5
"""Expected events, and units without, in each arm from which on the score test stands alone."""
_STIRLING = 200
_SUMMED = 100_000
_NEGLIGIBLE = 1e-18
_BEYOND = 100


def expected_fewest(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats) -> Floats:
    """Return the smallest expected cell of a table under equal rates: of the smaller arm, the rarer outcome."""
    total, events = n_c + n_t, x_c + x_t
    return np.asarray(np.minimum(n_c, n_t) * (np.minimum(events, total - events) / total))


def few(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats) -> Flags:
    """Whether an arm expects fewer than five events, or fewer than five units without one."""
    return np.asarray(expected_fewest(x_c, n_c, x_t, n_t) < FEWEST)


def log_mid_p(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats) -> Floats:
    """Return the log of the one-sided mid-p value in the direction of the observed difference.

    The chance, given the total of events, of a table farther out, and half the chance of the observed one. Where the
    rates are equal either direction will do.
    """
    total, events = n_c + n_t, x_c + x_t
    # The rarer outcome in the smaller arm; of equal arms, in the one that has more of it. Exchanging the arms, or
    # counting the other outcome, then changes no digit.
    rarer = events <= total - events
    of_c, of_t = np.where(rarer, x_c, n_c - x_c), np.where(rarer, x_t, n_t - x_t)
    of_treatment = (n_t < n_c) | ((n_t == n_c) & (of_t >= of_c))
    count, size = np.where(of_treatment, of_t, of_c), np.where(of_treatment, n_t, n_c)
    other, rest = np.where(of_treatment, of_c, of_t), np.where(of_treatment, n_c, n_t)
    return _log_tail(count, size, count + other, total, up=count / size >= other / rest)


def expected_in_strata(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats) -> float:
    """Return the fewest events, or units without one, that an arm expects over all strata, given each one's total."""
    total, events = n_c + n_t, x_c + x_t
    return min(float((n * (cell / total)).sum()) for n in (n_c, n_t) for cell in (events, total - events))


def few_in_strata(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats) -> bool:
    """Whether an arm expects fewer than five events, or units without one, over all strata."""
    return expected_in_strata(x_c, n_c, x_t, n_t) < FEWEST


def log_mid_p_in_strata(x_c: Floats, n_c: Floats, x_t: Floats, n_t: Floats) -> float:
    """Return ``log_mid_p`` of the sum over strata, given each stratum's total of events.

    Meant for few: the distribution of the sum is built up one stratum after the other.
    """
    total, events = n_c + n_t, x_c + x_t
    cells = [
        (float((n * (of / total)).sum()), x, n, of)
        for n, hit in ((n_c, x_c), (n_t, x_t))
        for x, of in ((hit, events), (n - hit, total - events))
    ]
    expected, x, n, of = min(cells, key=lambda cell: cell[0])
    count = int(x.sum())
    length = count + _BEYOND
    chances = np.ones(1)
    for size, tally, whole in zip(n, of, total, strict=True):
        chances = np.convolve(chances, _chances(size, tally, whole, length))[: length + 1]
    chances = np.pad(chances, (0, max(length + 1 - len(chances), 0)))
    beyond = chances[count + 1 :].sum() if count > expected else chances[:count].sum()
    return float(np.log(max(float(beyond + chances[count] / 2), np.finfo(np.float64).tiny)))


def _chances(size: float, events: float, total: float, most: int) -> Floats:
    """Hypergeometric chances of 0 to ``most`` events among ``size`` units; what is beyond must be negligible."""
    least, last = int(max(0.0, size + events - total)), int(min(size, events, most))
    k = np.arange(least, last, dtype=float)
    with np.errstate(divide="ignore"):
        steps = np.log((size - k) * (events - k) / ((k + 1) * (total - size - events + k + 1)))
    log = np.concatenate([[0.0], np.cumsum(steps)])
    chances = np.exp(log - log.max())
    return np.concatenate([np.zeros(least), chances / chances.sum()])


def _log_tail(count: Floats, size: Floats, events: Floats, total: Floats, *, up: Flags) -> Floats:
    """Log of P(beyond ``count``) + P(``count``)/2 of a hypergeometric count, upwards or downwards."""
    spare = total - size - events
    log = _log_none(size, events, total, spare) + _log_rise(count, size, events, spare)
    share, summed, place = np.ones_like(count), np.full_like(count, 0.5), count
    while True:
        # P(k + 1)/P(k) = (size − k)(events − k) / ((k + 1)(spare + k + 1)), and its inverse on the way down.
        above = (size - place) * (events - place) / ((place + 1) * (spare + place + 1))
        below = place * (spare + place) / ((size - place + 1) * (events - place + 1))
        share = share * np.where(up, above, below)
        summed = summed + share
        place = np.where(up, np.minimum(place + 1, np.minimum(size, events)), np.maximum(place - 1, 0))
        if np.all(share <= _NEGLIGIBLE * summed):
            return np.asarray(log + np.log(summed))


def _log_none(size: Floats, events: Floats, total: Floats, spare: Floats) -> Floats:
    """Log of the chance that none of ``events`` falls among ``size`` of ``total`` units; both are at most half."""
    by_gamma = (
        special.gammaln(total - events + 1)
        + special.gammaln(total - size + 1)
        - special.gammaln(total + 1)
        - special.gammaln(spare + 1)
    )
    # Of large numbers the gamma functions are larger than what is left of them. Stirling's formula with its leading
    # terms cancelled by algebra keeps all digits.
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v, left = events / total, size / total, spare / total
        main = size * np.log1p(-u) + events * np.log1p(-v) - spare * np.log1p(-u * v / ((1 - u) * (1 - v)))
        half = np.log1p(-u) + np.log1p(-v) - np.log(left)
        small = _remainder(total - events) + _remainder(total - size) - _remainder(total) - _remainder(spare)
        by_stirling = main + half / 2 + small
    return np.where(total > _STIRLING, by_stirling, by_gamma)


def _remainder(x: Floats) -> Floats:
    """Log Γ(x + 1) less Stirling's x log x − x + log(2πx)/2."""
    return np.asarray((1 / 12 - (1 / 360 - 1 / (1260 * x**2)) / x**2) / x)


def _log_rise(count: Floats, size: Floats, events: Floats, spare: Floats) -> Floats:
    """Log of P(count)/P(0), as a sum over the events that were seen."""
    log = np.zeros_like(count)
    most = float(count.max(initial=0))
    if most > _SUMMED:  # far beyond any p-value that has digits
        log = (
            special.gammaln(size + 1)
            - special.gammaln(size - count + 1)
            + special.gammaln(events + 1)
            - special.gammaln(events - count + 1)
            + special.gammaln(spare + 1)
            - special.gammaln(spare + count + 1)
            - special.gammaln(count + 1)
        )
        return np.asarray(log)
    for k in range(int(most)):
        step = (np.maximum(size - k, 1) * np.maximum(events - k, 1)) / ((k + 1) * (spare + k + 1))
        log = log + np.where(k < count, np.log(step), 0.0)
    return log

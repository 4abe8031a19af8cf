"""Random numbers that are the same on every platform and with every version of numpy.

Principle: only uniform numbers of PCG64 are drawn, each part of a simulation from a stream of its own, and turned into
other distributions by their inverse distribution functions. A stream's numbers are used by position, so that position i
gets the same number however many follow.
"""

from enum import IntEnum

import numpy as np
from scipy import special

from abtest.planning.behaviour import Floats, Group, Ints


class Stream(IntEnum):
    """The streams of random numbers. A new one gets a new number, so that the others stay as they are."""

    COUNTRY = 0
    CHANNEL = 1
    EXISTING = 2
    JOINED = 3
    ENROLMENT_DAY = 4
    ENROLMENT_TIME = 5
    RATE = 6
    CHURN_HAZARD = 7
    AMOUNT_SCALE = 8
    PUT_OFF = 9
    UNSUBSCRIBE_DELAY = 10
    CHURN = 11
    ORDER_COUNT = 12
    ORDER_TIME = 13
    ORDER_THINNING = 14
    ORDER_AMOUNT = 15
    FIRST_AMOUNT = 16


def uniforms(seed: int, stream: Stream, n: int) -> Floats:
    """Return ``n`` numbers in (0, 1): never 0, where inverse distribution functions are infinite."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(int(stream),))))
    return np.maximum(generator.random(n), 2.0**-53)


def pick(groups: tuple[Group, ...], uniform: Floats) -> Ints:
    """Return the position of the group that each uniform number picks, by the groups' shares."""
    bounds = np.cumsum([group.share for group in groups])[:-1]
    return np.searchsorted(bounds, uniform, side="right")


def gamma(mean: float, shape: float, uniform: Floats) -> Floats:
    """Return gamma-distributed numbers with this mean and shape."""
    return np.asarray(special.gammaincinv(shape, uniform) * (mean / shape), dtype=np.float64)


def poisson(mean: Floats, uniform: Floats) -> Ints:
    """Return Poisson counts: the number of k from 0 on at which the distribution function is at most ``uniform``."""
    counts = np.zeros(len(mean), dtype=np.int64)
    above = np.arange(len(mean))
    k = 0
    while above.size:
        above = above[special.pdtr(k, mean[above]) <= uniform[above]]
        counts[above] += 1
        k += 1
    return counts

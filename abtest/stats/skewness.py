"""The skewness of a standardised statistic, taken out of it.

Principle. A statistic s with mean 0, variance 1 and third moment 6a is, up to terms of the size of its kurtosis,
s = z + a(z² − 1) with z standard normal (Cornish & Fisher 1938; Gart & Nam 1988, Biometrics 44:323-338; Laud 2017,
Pharm. Stat. 16:334-348). ``deviate`` solves that for z; ``target`` says which s belongs to a z. Far out the square
would bend the curve back, or away from every s that can be: where its slope is down to one half, or up to six, it goes
straight on, so that the two are inverses of each other and rise everywhere. With five expected events that is beyond
z = 3.3 and 33; with one, a bound on the far side at 99 % is still that of its exact distribution.

``skew`` is a = μ₃/(6V^{3/2}) of the statistic.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def deviate(statistic: Floats, skew: Floats) -> Floats:
    """Return z of the statistic, with its sign: 0 where taking out the skewness would turn that round."""
    size, along = np.abs(statistic), np.where(statistic < 0, -skew, skew)
    shifted = size + along
    found = 2 * shifted / (1 + np.sqrt(np.maximum(1 + 4 * along * shifted, 0.25)))
    # The slope 1 + 2az is one half at z = −1/(4a), s = −3/(16a) − a, and six at z = 5/(2a), s = 35/(4a) − a.
    bent = along * shifted
    if np.any((bent < -3 / 16) | (bent > 35 / 4)):
        safe = np.where(along == 0, 1.0, along)
        found = np.where(bent < -3 / 16, 2 * shifted + 1 / (8 * safe), found)
        found = np.where(bent > 35 / 4, (shifted + 25 / (4 * safe)) / 6, found)
    return np.copysign(np.where(size > 0, np.maximum(found, 0.0), 0.0), statistic)


def target(critical: Floats, skew: Floats) -> Floats:
    """Return the positive statistic whose deviate is ``critical``."""
    found = critical + skew * (critical * critical - 1)
    bent = skew * critical
    if np.any((bent < -1 / 4) | (bent > 5 / 2)):
        safe = np.where(skew == 0, 1.0, skew)
        found = np.where(bent < -1 / 4, critical / 2 - 1 / (16 * safe) - skew, found)
        found = np.where(bent > 5 / 2, 6 * critical - 25 / (4 * safe) - skew, found)
    return np.asarray(found)

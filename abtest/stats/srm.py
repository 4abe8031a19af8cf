"""Sample-ratio mismatch: whether the arms have the sizes that the assignment promised."""

import math
from collections.abc import Sequence

from scipy import special

from abtest.stats import checks
from abtest.stats.values import ChiSquare, OverallTest


def sample_ratio_mismatch(counts: Sequence[int], weights: Sequence[float]) -> ChiSquare:
    """Pearson χ² of the observed arm sizes against the planned shares; see Fabijan et al. (2019), KDD.

    ``counts``: units per arm. ``weights``: planned shares, on any common scale. An arm with weight 0 and no units
    leaves the degrees of freedom; one with weight 0 *and* units contradicts the plan outright: p = 0 with a reason.
    A p-value below 0.001 invalidates a comparison. For repeated looks use an anytime-valid test: this one assumes one.
    """
    checks.same_length("counts", counts, "weights", weights)
    sizes = [checks.count("counts", size) for size in counts]
    shares = [checks.finite("weights", weight) for weight in weights]
    if any(share < 0 for share in shares):
        raise ValueError(f"weights must not be negative, got {list(weights)}")
    planned = math.fsum(shares)
    if planned <= 0:
        raise ValueError("weights must not all be 0")
    if sum(sizes) == 0:
        return OverallTest(None, None, None, "no arm has units")
    if any(size and not share for size, share in zip(sizes, shares, strict=True)):
        return OverallTest(None, None, 0.0, "an arm that was planned to get no units has some")
    arms = [(size, share / planned) for size, share in zip(sizes, shares, strict=True) if share]
    if len(arms) < 2:
        return OverallTest(None, None, None, "only one arm was planned to get units, so there is no ratio to test")
    total = sum(sizes)
    statistic = math.fsum((size - total * share) ** 2 / (total * share) for size, share in arms)
    return OverallTest(statistic, len(arms) - 1.0, float(special.chdtrc(len(arms) - 1, statistic)))

"""Sample-ratio mismatch: whether the arms have the sizes that the assignment promised."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from abtest.stats import checks
from abtest.stats.values import ChiSquare, OverallTest
from abtest.words.reason import Reason

SMALLEST_EXPECTED = 5


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
        return OverallTest(None, None, None, Reason("why-no-arm-with-units"))
    if any(size and not share for size, share in zip(sizes, shares, strict=True)):
        return OverallTest(None, None, 0.0, Reason("why-unplanned-units"))
    arms = [(size, share / planned) for size, share in zip(sizes, shares, strict=True) if share]
    if len(arms) < 2:
        return OverallTest(None, None, None, Reason("why-one-arm-planned"))
    total = sum(sizes)
    statistic = math.fsum((size - total * share) ** 2 / (total * share) for size, share in arms)
    return OverallTest(statistic, len(arms) - 1.0, float(special.chdtrc(len(arms) - 1, statistic)))


def sample_ratio_by_group(groups: Sequence[Sequence[int]], weights: Sequence[float]) -> ChiSquare:
    """Do the planned shares hold within every group (day, segment)? Sum of the groups' χ² on the sum of their freedom.

    ``groups[g]`` are the counts per arm of one group. A group whose smallest expected count is below 5 is joined with
    the next, since χ² is not to be trusted there; so pass days in their order. Groups are independent; a mismatch that
    only some of them have, or that cancels out over them, shows here and not in the total.
    """
    shares = _shares(weights)
    statistic, degrees = 0.0, 0.0
    open_counts = [0] * len(weights)
    joined: list[list[int]] = []
    for group in groups:
        checks.same_length("groups", group, "weights", weights)
        open_counts = [have + checks.count("groups", more) for have, more in zip(open_counts, group, strict=True)]
        if sum(open_counts) * min(share for share in shares if share > 0) >= SMALLEST_EXPECTED:
            joined.append(open_counts)
            open_counts = [0] * len(weights)
    if sum(open_counts) and joined:
        joined[-1] = [have + more for have, more in zip(joined[-1], open_counts, strict=True)]
    if not joined:
        return ChiSquare(None, None, None, Reason("why-few-units-by-group"))
    for counts in joined:
        test = sample_ratio_mismatch(counts, weights)
        if test.statistic is None or test.degrees_of_freedom is None:
            return ChiSquare(None, None, test.p_value, test.reason)
        statistic += test.statistic
        degrees += test.degrees_of_freedom
    return ChiSquare(statistic, degrees, float(special.chdtrc(degrees, statistic)))


def anytime_sample_ratio(steps: Sequence[Sequence[int]], weights: Sequence[float]) -> ChiSquare:
    """Sample-ratio test that may be looked at after every step: Lindon & Malek (2022), NeurIPS.

    ``steps[t]`` are the *new* counts per arm since the step before. Against the planned shares stands a Dirichlet prior
    on the shares, uniform over them; the Bayes factor in its favour is a martingale under the plan, so the smallest
    1/factor so far is a p-value at any time (Ville's inequality). ``statistic`` is the largest log Bayes factor. It is
    conservative at a single look: use ``sample_ratio_mismatch`` there.
    """
    shares = _shares(weights)
    if any(share == 0 for share in shares):
        raise ValueError(f"weights must be positive, got {list(weights)}")
    counts = np.zeros(len(shares))
    best = 0.0
    for step in steps:
        checks.same_length("steps", step, "weights", weights)
        counts += [checks.count("steps", count) for count in step]
        k, n = len(shares), counts.sum()
        # log ∫ Π θᵢ^xᵢ dDir(1,…,1) − Σ xᵢ log wᵢ
        evidence = special.gammaln(k) + special.gammaln(counts + 1).sum() - special.gammaln(n + k)
        best = max(best, float(evidence - (counts * np.log(shares)).sum()))
    if not counts.sum():
        return ChiSquare(None, None, None, Reason("why-no-units"))
    return ChiSquare(best, None, math.exp(-best))


def _shares(weights: Sequence[float]) -> list[float]:
    total = sum(checks.finite("weights", weight) for weight in weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError(f"weights must not be negative and not all 0, got {list(weights)}")
    return [weight / total for weight in weights]

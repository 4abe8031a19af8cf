"""Whether groups have equal shares of something that should be a matter of chance, such as blanks in the arms.

Pearson's chi-squared test where at least five are expected in every cell; below that, Fisher's exact test of each
group against the rest, the smallest p-value times the number of groups (Bonferroni; for two groups their one table).
"""

import math
from collections.abc import Sequence

from abtest.stats.rates import overall_rates
from abtest.stats.values import Rate

FEWEST = 5
_SAME = 1 + 1e-7  # tables whose probabilities differ by rounding alone are equally probable


def balance_p_value(groups: Sequence[Rate]) -> float | None:
    """Return the p-value of equal shares, in [0, 1]; ``None`` where fewer than two groups have units, or all are alike.

    ``groups`` are counts of units with and without.
    """
    used = [group for group in groups if group.n]
    held, units = sum(group.successes for group in used), sum(group.n for group in used)
    if len(used) < 2 or held in {0, units}:
        return None
    rarer = min(held, units - held)
    if min(group.n for group in used) * rarer >= FEWEST * units:
        return overall_rates(used).p_value
    tables = used[:1] if len(used) == 2 else used
    return min(1.0, len(tables) * min(fisher(group.successes, group.n, held, units) for group in tables))


def fisher(successes: int, n: int, held: int, units: int) -> float:
    """Return Fisher's exact two-sided p-value of ``successes`` of ``n`` units, where ``held`` of all ``units`` have it.

    The sum of the probabilities of all tables that are no more probable than the one observed.
    """
    # Counted by the rarer kind, there are few tables.
    if held > units - held:
        successes, held = n - successes, units - held
    lowest, highest = max(0, n - (units - held)), min(n, held)

    def log_probability(count: int) -> float:
        return _log_choose(held, count) + _log_choose(units - held, n - count) - _log_choose(units, n)

    observed = log_probability(successes)
    found = (log_probability(count) for count in range(lowest, highest + 1))
    return min(1.0, math.fsum(math.exp(value) for value in found if value <= observed + math.log(_SAME)))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

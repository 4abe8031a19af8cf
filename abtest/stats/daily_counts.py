"""Where daily counts end: a last day that fits what came before, and not that of a stray row.

Principle: the end of data decides who is mature, so one row with a wrong year must not set it. A tail is stray when it
is small, begins after an abrupt end of counts that were steady, and stays far below them.
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

LARGEST_TAIL = 0.01
"""Share of all rows that a stray tail may hold."""
FEWEST = 50
"""Rows from which on counts are steady enough to tell."""
_THIN = 0.05
_EXPECTED = 20
_BEFORE = 28


def plausible_end(days: Sequence[int], counts: Sequence[int]) -> int:
    """Return the place of the last plausible day among ``days``, which are sorted whole numbers with their counts.

    It is the earliest day that ends steady counts abruptly: at most :data:`LARGEST_TAIL` of the rows lie behind it, its
    own count is at least half of the mean and of the median of the 28 days up to it, and afterwards, over a time in
    which at least 20 rows were to be expected and which is longer than two of the usual gaps, less than 5 % of them
    came. The last day when there is none.
    """
    total, last = sum(counts), len(days) - 1
    if total < FEWEST:
        return last
    by_day = dict(zip(days, counts, strict=True))
    tail = 0
    best = last
    for place in range(last - 1, -1, -1):
        tail += counts[place + 1]
        if tail > LARGEST_TAIL * total:
            break
        if _ends(by_day, days[place], days[place + 1 :], counts[place + 1 :]):
            best = place
    return best


def _ends(by_day: dict[int, int], day: int, later: Sequence[int], counts: Sequence[int]) -> bool:
    """Whether steady counts end abruptly with ``day``."""
    before = [by_day.get(day - back, 0) for back in range(_BEFORE)]
    usual = sum(before) / _BEFORE
    if usual == 0 or by_day[day] < max(usual, median(before)) / 2 or sum(1 for count in before if count) < _BEFORE / 4:
        return False
    gaps = _longest_gap(by_day, day)
    seen = 0
    for number, count in zip(later, counts, strict=True):
        seen += count
        # Up to this day, far less than expected must have come; one that follows on at once says nothing yet.
        if number - day > max(2, 2 * gaps) and usual * (number - day) >= _EXPECTED:
            return seen < _THIN * usual * (number - day) and _stays_thin(later, counts, usual, day)
        if count > _THIN * usual + 1:
            return False
    return False


def _stays_thin(later: Sequence[int], counts: Sequence[int], usual: float, day: int) -> bool:
    return sum(counts) < _THIN * usual * (later[-1] - day) and max(counts) <= max(1, usual)


def _longest_gap(by_day: dict[int, int], day: int) -> int:
    """Return the days between two days with rows, at most, in the 56 days up to ``day``."""
    filled = [number for number in range(day - 2 * _BEFORE, day + 1) if by_day.get(number)]
    return max((after - before for before, after in pairwise(filled)), default=1)

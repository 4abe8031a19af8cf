"""What results may hold at most. What we make is far below; what a stranger gives must come to an end.

Principle: whatever reads results may rely on these, so that no reader guards itself: numbers can be multiplied by a
hundred, subtracted and drawn; counts are counts; a list is no longer than a report of it can be laid out.
"""

LARGEST = 1e120
"""The largest size of a number. The statistics refuse values beyond 1e75, and a lift may be larger."""
LARGEST_COUNT = 2**63 - 1
LONGEST_TEXT = 20_000
"""Characters of a text."""
LARGEST_FILE = 20_000_000
"""Bytes of a results.json."""
MOST_ENTRIES = 5_000
"""Entries of any list, such as checks, reasons, or the points of one curve."""
MOST_ARMS = 100
MOST_METRICS = 300
MOST_CURVES = 300
MOST_COMPARISONS = 3_000
"""Comparisons of all metrics, their readings, curves and levels of segments together."""
MOST_POINTS = 30_000
"""Points of all curves and projections together."""

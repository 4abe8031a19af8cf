"""Lengths of time: windows and moments are told in whole seconds, while engines keep microseconds."""

HOUR = 3_600
DAY = 86_400
WEEK = 7 * DAY
"""Seconds."""
DAY_US = DAY * 1_000_000
"""Microseconds."""

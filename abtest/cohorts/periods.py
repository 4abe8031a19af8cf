"""Weeks, months, quarters and years of a calendar: each has a number, and the next one has the next number.

A week is the ISO week, from Monday to Sunday. Which period an event lies in is decided by its local date.
"""

import datetime as dt
from typing import Literal, get_args

Length = Literal["week", "month", "quarter", "year"]
LENGTHS: tuple[Length, ...] = get_args(Length)
SHORT: dict[Length, str] = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}


def number_of(day: dt.date, by: Length) -> int:
    """Return the number of the period that ``day`` lies in."""
    match by:
        case "week":
            return (day.toordinal() - 1) // 7  # day 1, 0001-01-01, was a Monday
        case "month":
            return day.year * 12 + day.month - 1
        case "quarter":
            return day.year * 4 + (day.month - 1) // 3
        case "year":
            return day.year


def first_day(number: int, by: Length) -> dt.date:
    """Return the first day of period ``number``."""
    match by:
        case "week":
            return dt.date.fromordinal(number * 7 + 1)
        case "month":
            return dt.date(number // 12, number % 12 + 1, 1)
        case "quarter":
            return dt.date(number // 4, number % 4 * 3 + 1, 1)
        case "year":
            return dt.date(number, 1, 1)


def last_day(number: int, by: Length) -> dt.date:
    """Return the last day of period ``number``."""
    return first_day(number + 1, by) - dt.timedelta(days=1)


def label(number: int, by: Length) -> str:
    """Return ``2011-W07``, ``2011-02``, ``2011-Q1`` or ``2011``."""
    start = first_day(number, by)
    match by:
        case "week":
            year, week, _ = start.isocalendar()
            return f"{year}-W{week:02d}"
        case "month":
            return f"{start:%Y-%m}"
        case "quarter":
            return f"{start.year}-Q{(start.month + 2) // 3}"
        case "year":
            return str(start.year)

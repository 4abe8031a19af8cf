"""The strict readers of what people type: numbers and moments, in one spelling that nobody takes for another.

Principle: Python's own readers take ``1_000``, wide digits and ``+25:00``, and so do engines; a person who writes them
means something else, or nothing. Each reader raises ``ValueError`` with what to write instead.
"""

import datetime as dt
import re

OFFSET = "[+-](?:(?:0[0-9]|1[0-7])(?::?[0-5][0-9])?|18(?::?00)?)"
"""An offset from UTC: no zone of the world, now or ever, is further than 18 hours away."""
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_MOMENT = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,6}})?)?(?:Z|{OFFSET})?)?"
)


def number(text: str) -> float:
    """Return a number such as ``0.95``, ``-3`` or ``1e-6``."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a number such as 0.95, with digits 0 to 9, a point for decimals and no separators")
    return float(text)


def whole(text: str) -> int:
    """Return a whole number such as ``20000``."""
    if not _WHOLE.fullmatch(text):
        raise ValueError("must be a whole number such as 20000, with digits 0 to 9 and no separators")
    return int(text)


def moment(text: str) -> dt.datetime:
    """Return a date (its midnight) or a time such as ``2026-03-02T09:00+02:00``; without a zone it has none."""
    cure = "must be a date or time such as 2026-03-02 or 2026-03-02T09:00+02:00"
    if not _MOMENT.fullmatch(text):
        raise ValueError(cure)
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(cure) from None

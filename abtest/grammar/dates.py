"""How days are written in a column: ``DD/MM/YYYY``, ``D MMM YYYY``, ``YYYYMMDD``; read into one pattern.

Principle: which number is the month is said, never guessed. A time of day behind the day reads the same whatever the
day's order, with or without AM and PM, seconds and a zone, so only the day has to be said.
"""

import re
from dataclasses import dataclass

from abtest.words.reading import OFFSET

EXCEL = "excel"
"""Days since 1899-12-30, as workbooks keep them."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = "january february march april may june july august september october november december".split()  # noqa: SIM905
_TOKEN = re.compile(r"YYYY|YY|MMMM|MMM|MM|M|DD|D")
_SEPARATED = re.compile(r"[ ,./-]{1,2}")
_CLOCK = re.compile(r"(?i)[ T,]+(hh?):mm(:ss([.]s+)?)?( ?(am|pm|am/pm|a|p))?( ?z+)?$")
_CURE = "write the day as it stands in the data, such as DD/MM/YYYY, MM/DD/YYYY, D MMM YYYY or YYYYMMDD, or excel"
_NAMES = "|".join([*sorted(_LONG, key=len, reverse=True), "sept", *MONTHS])
CLOCK = (
    r"(?:(?:, ?| |T)([0-9]{1,2}):([0-9]{2})(:[0-9]{2}(?:[.][0-9]{1,9})?)?"
    rf"(?: ?([AaPp])[.]?[Mm][.]?)?( ?[zZ]| UTC| ?{OFFSET})?)?"
)
"""A time of day: groups 4 to 8 of a day's pattern are hour, minute, seconds, a letter of AM or PM, and the zone."""


@dataclass(frozen=True, slots=True)
class DayForm:
    """A pattern of a day with groups for its parts, whose numbers are ``year``, ``month`` and ``day``."""

    pattern: str
    year: int
    month: int
    day: int


def day_form(written: str) -> DayForm:
    """Return the form of days that ``written`` says. Raises ``ValueError`` with the cure for what says none."""
    if "%" in written:
        raise ValueError(f"is a pattern of a program; {_CURE}")
    text = _CLOCK.sub("", written.strip()).upper()
    groups: dict[str, int] = {}
    parts: list[str] = []
    position, apart = 0, bool(re.search(r"[^YMD]", text))
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is not None:
            letter = token[0][0]
            if letter in groups:
                raise ValueError(f"says {_CALLED[letter]} twice; {_CURE}")
            groups[letter] = len(groups) + 1
            parts.append(f"({_digits(token[0], apart=apart)})")
            position = token.end()
            continue
        separator = _SEPARATED.match(text, position)
        if separator is None or not parts:
            raise ValueError(f"is no way to write days; {_CURE}")
        parts.append(re.escape(separator[0]))
        position = separator.end()
    if set(groups) != {"Y", "M", "D"}:
        missing = ", ".join(_CALLED[letter] for letter in "YMD" if letter not in groups)
        raise ValueError(f"does not say {missing}; {_CURE}")
    pattern = f"^(?i:{''.join(parts)}){CLOCK}$"
    return DayForm(pattern, groups["Y"], groups["M"], groups["D"])


_CALLED = {"Y": "the year", "M": "the month", "D": "the day"}


def _digits(token: str, *, apart: bool) -> str:
    if token.startswith("MMM"):
        return f"(?:{_NAMES})[.]?"
    if token in {"YYYY", "YY"}:
        return f"[0-9]{{{len(token)}}}"
    return "[0-9]{1,2}" if apart else "[0-9]{2}"

"""The kinds of values that a definition holds, and how each is read from text.

Every reader takes what a YAML file gives (text) and what Python gives (numbers, dates, booleans), and raises
``ValueError`` with the cure.
"""

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from abtest.grammar.nodes import Plain
from abtest.grammar.time import DAY, HOUR, WEEK
from abtest.words.visible import hidden, name_of

Good = Literal["up", "down"]
"""The direction that is good for the business; statistics, which know no definition, have the same word."""
LARGEST = 1e12
"""No weight, margin or level is larger; a larger number is a slip of the keyboard."""
LONGEST_DAYS = 36_525
YEARS = (1970, 2200)
"""A day outside these years is a placeholder, not a date of an experiment."""
SECONDS = {"h": HOUR, "d": DAY, "w": WEEK}
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DURATION = re.compile(r"([-+]?)([0-9]{1,6})\s*([hdw])")
_MARGIN = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(pp|%)?")
_MACHINES_OWN = frozenset({"localtime", "posixrules", "Factory"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_TABLE = re.compile(r"(`[^`]+`|[A-Za-z0-9_]+)(\.(`[^`]+`|[A-Za-z0-9_]+))*")


def _text(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be text; put it in quotes")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise ValueError("holds half of a surrogate pair, which is no character; remove it")
    return str(value) if isinstance(value, str) else value


def _one_line(value: str) -> str:
    # Blanks at the ends are invisible, and ids and arms in the data are read without them too.
    return _of_one_line(value.strip())


def _of_one_line(value: str) -> str:
    if not value.strip(" "):
        raise ValueError("must not be empty")
    if (control := re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", value)) is not None:
        raise ValueError(f"must be one line without control characters (holds {name_of(control[0])})")
    return value


def _path(value: str) -> str:
    # A blank at an end that stands in quotes is part of the name: beside that file may lie one without it.
    return _all_seen(_of_one_line(value))


def _all_seen(value: str) -> str:
    what = hidden(value)
    if what is not None:
        raise ValueError(f"holds {what}, which nobody sees; remove it")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    if isinstance(value, int | float):
        if not abs(value) <= LARGEST:
            raise ValueError(f"must be a number of at most {LARGEST:g}")
        return value
    if isinstance(value, Plain) and _NUMBER.fullmatch(value):
        return _number(float(value))
    if isinstance(value, str) and re.fullmatch(r"[-+]?0[0-9]+", value):
        raise ValueError(f"is ambiguous (octal or decimal?); write {value.lstrip('+-').lstrip('0') or '0'}")
    if isinstance(value, str) and re.fullmatch(r"[0-9.]+\s*%", value):
        raise ValueError(
            f"must be a number, not a percentage; write it as a fraction such as 0.95 (got {shown(value)})"
        )
    raise ValueError(f"must be a number such as 1 or 0.5 (got {shown(value)})")


def truth(value: object) -> bool | None:
    """Return what is written as true or false without quotes; ``None`` for everything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Plain) and value in {"true", "True", "TRUE"}:
        return True
    if isinstance(value, Plain) and value in {"false", "False", "FALSE"}:
        return False
    return None


def _flag(value: object) -> object:
    read = truth(value)
    if read is not None:
        return read
    raise ValueError(f"must be true or false (got {shown(value)})")


def _duration(value: object) -> object:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"must be a length of time such as 28d, 8w or 12h (got {shown(value)})")
    sign, count, unit = match.groups()
    seconds = int(count) * SECONDS[unit]
    if seconds > LONGEST_DAYS * SECONDS["d"]:
        raise ValueError(f"must be at most {LONGEST_DAYS}d, a hundred years (got {shown(value)})")
    return -seconds if sign == "-" else seconds


def duration_text(seconds: int) -> str:
    """Return ``28d`` or ``12h`` for a number of seconds that is a whole number of hours."""
    if seconds % SECONDS["d"] == 0:
        return f"{seconds // SECONDS['d']}d"
    return f"{seconds // SECONDS['h']}h"


def _date(value: object) -> object:
    if isinstance(value, dt.datetime):
        raise ValueError("must be a date without a time of day")
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"is not a day of the calendar ({error})") from None
    if isinstance(value, dt.date):
        if not YEARS[0] <= value.year <= YEARS[1]:
            raise ValueError(f"must lie in the years {YEARS[0]} to {YEARS[1]} (got {value})")
        return value
    raise ValueError(f"must be a date such as 2026-03-02 (got {shown(value)})")


LONGEST_ZONE = 100
"""Characters of the name of a time zone; the longest that there is has 32."""


def _zone(value: str) -> str:
    if value in _MACHINES_OWN or value.startswith(("posix/", "right/")):
        raise ValueError(f"{value!r} means another zone on another machine; use a name such as Europe/Helsinki or UTC")
    try:
        if len(value) > LONGEST_ZONE:  # parts of a name are looked up as folders of packages, one inside the other
            raise ValueError("too long")
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = (
            nearest(value[:LONGEST_ZONE], zoneinfo.available_timezones())
            or "; use a name such as Europe/Helsinki or UTC"
        )
        raise ValueError(f"is not a time zone of the tz database{near}") from None
    return value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value) or value.endswith("."):
        raise ValueError("must be 1 to 64 letters, digits, '-', '_' or '.', since files are named after it")
    return value


def _key(value: str) -> str:
    if not _KEY.fullmatch(value):
        raise ValueError(f"{value!r} must start with a letter and hold only letters, digits and '_'")
    return value


def _table(value: str) -> str:
    if not _TABLE.fullmatch(value):
        raise ValueError(
            "must be the name of a table such as warehouse.orders; a part with other signs than letters, digits and "
            f"'_' stands between backticks (got {shown(value)})"
        )
    return value


@dataclass(frozen=True, slots=True)
class Margin:
    """How much worse a guardrail may be: ``1pp`` (percentage points), ``5%`` (of the control) or a plain number."""

    value: float
    scale: Literal["points", "relative", "plain"]

    def __str__(self) -> str:
        ending = {"points": "pp", "relative": "%", "plain": ""}[self.scale]
        number = Decimal(repr(self.value)) * (1 if self.scale == "plain" else 100)
        text = f"{number:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) + ending


def _margin(value: object) -> object:
    if isinstance(value, Margin):
        return value
    if isinstance(value, int | float) and not 0 < value <= LARGEST:
        raise ValueError(f"must be more than 0 and at most {LARGEST:g}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{Decimal(repr(value)):f}"
    match = _MARGIN.fullmatch(value) if isinstance(value, str) else None
    # A hundredth of the smallest number that can be told from 0 would be 0.
    if match is None or not 1e-300 < float(match[1]) <= LARGEST:
        raise ValueError(f"must be a positive amount such as 1pp, 5% or 0.25 (got {shown(value)})")
    if match[2] == "pp":
        return Margin(float(Decimal(match[1]) / 100), "points")
    if match[2] == "%":
        return Margin(float(Decimal(match[1]) / 100), "relative")
    return Margin(float(match[1]), "plain")


def nearest_name(word: str, known: Iterable[object], cutoff: float = 0.6) -> str | None:
    """Return the known name nearest to ``word``, upper and lower case alike; ``None`` when none is near."""
    import difflib

    folded = {str(name).casefold(): str(name) for name in known}
    found = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def nearest(word: str, known: Iterable[object]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name nearest to ``word``, or an empty string."""
    name = nearest_name(word, known)
    return f"; did you mean {name!r}?" if name is not None else ""


@dataclass(frozen=True, slots=True)
class Level:
    """A value that a metric is compared with: ``45%`` of a rate, or a plain number in the metric's unit."""

    value: float
    percent: bool

    def __str__(self) -> str:
        number = Decimal(repr(self.value)) * (100 if self.percent else 1)
        text = f"{number:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) + ("%" if self.percent else "")


def _level(value: object) -> object:
    if isinstance(value, Level):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?\s*%", value):
        share = Decimal(value.rstrip("%").strip()) / 100
        if share > 1:
            raise ValueError(f"must be at most 100% (got {shown(value)})")
        return Level(float(share), percent=True)
    try:
        number = _number(value)
    except ValueError as error:
        if "must be a number such as" in str(error):
            raise ValueError(f"must be a level such as 45% (of a rate) or 12.5 (got {shown(value)})") from None
        raise
    return Level(float(str(number)), percent=False)


def _level_written(level: Level) -> str | float:
    return str(level) if level.percent else level.value


def _whole(value: object) -> object:
    number = _number(value)
    if not isinstance(number, int | float) or number != int(number) or number < 0:
        raise ValueError(f"must be a whole number such as 7 (got {shown(value)})")
    return int(number)


def shown(value: object) -> str:
    """Return what was given, short and on one line, for an error message."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return repr(str(value)[:60])


def _version(value: object) -> object:
    if value == 1 and not isinstance(value, bool):
        return 1
    if isinstance(value, str) and value == "1":
        return 1
    raise ValueError(f"must be 1, the version of the grammar that this abtest reads (got {shown(value)})")


Version = Annotated[Literal[1], BeforeValidator(_version)]
Title = Annotated[str, BeforeValidator(_text), AfterValidator(_one_line)]
"""A line for readers, in which a character that hides is shown written out."""
Text = Annotated[Title, AfterValidator(_all_seen)]
"""A name: what hides in it is refused, since two that look alike would be two."""
Location = Annotated[str, BeforeValidator(_text), AfterValidator(_path)]
"""A path, which names the file of that very name."""
Name = Annotated[Text, AfterValidator(_name)]
Key = Annotated[str, BeforeValidator(_text), AfterValidator(_key)]
Prose = Annotated[str, BeforeValidator(_text)]
Number = Annotated[float, BeforeValidator(_number)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Day = Annotated[dt.date, BeforeValidator(_date)]
Zone = Annotated[Text, AfterValidator(_zone)]
TableName = Annotated[Text, AfterValidator(_table)]
Duration = Annotated[
    int,
    BeforeValidator(_duration),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[-+]?[0-9]{1,6}\s*[hdw]$"}),
]
"""A length of time in seconds, written ``28d``, ``8w`` or ``12h``."""
MarginField = Annotated[
    Margin,
    BeforeValidator(_margin),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*(pp|%)?$"}),
]
LevelField = Annotated[
    Level,
    BeforeValidator(_level),
    PlainSerializer(_level_written),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*%$"}]}),
]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0})]

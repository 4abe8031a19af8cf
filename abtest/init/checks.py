"""Checks of single answers and options by the definition's own fields; each raises ``ValueError`` with the cure."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from abtest.definition.model import ASSIGNMENTS, CUSTOMERS
from abtest.grammar.fields import Day, Key, Name, Text, Zone, nearest

LONGEST_CADENCE = 366


def _read(kind: Any, text: str) -> object:
    try:
        return TypeAdapter(kind).validate_python(text)
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ValueError(message) from None


def experiment_name(text: str) -> str:
    """Return the name of an experiment: letters, digits, ``-``, ``_`` and ``.``."""
    return str(_read(Name, text))


def some_text(text: str) -> str:
    """Return a column's or an arm's name."""
    return str(_read(Text, text))


def time_zone(text: str) -> str:
    """Return the name of a time zone."""
    return str(_read(Zone, text))


def some_day(text: str) -> dt.date:
    """Return a day such as ``2026-03-02``."""
    return dt.date.fromisoformat(str(_read(Day, text.strip())))


def some_days(text: str) -> int:
    """Return a number of days between two sends: ``14``, ``14d`` or ``2w``."""
    number, unit = text.strip().lower(), 1
    if number.endswith(("d", "w")):
        number, unit = number[:-1].strip(), 7 if number.endswith("w") else 1
    if not (number.isascii() and number.isdecimal()) or not 0 < int(number) * unit <= LONGEST_CADENCE:
        raise ValueError(f"must be a number of days from 1 to {LONGEST_CADENCE}, such as 14")
    return int(number) * unit


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """Return a check that takes one of ``choices``."""

    def check(text: str) -> str:
        if text.strip() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}{nearest(text.strip(), choices)}")
        return text.strip()

    return check


def event_table(text: str) -> tuple[str, str]:
    """Return the name and the path of an event table written as ``NAME=FILE``."""
    name, sign, path = text.partition("=")
    if not sign or not path.strip():
        raise ValueError(f"must be NAME=FILE, such as unsubscribes=unsubscribes.csv (got {text.strip()[:60]!r})")
    name = str(_read(Key, name))
    if name in {CUSTOMERS, ASSIGNMENTS}:
        raise ValueError(f"{name!r} is no table of events; its file has an option of its own")
    return name, path


def existing_file(text: str) -> str:
    """Return a path or glob; a path without ``*`` must be a file. An empty answer stays empty."""
    path = text if Path(text).is_file() else text.strip()
    if path and not any(character in path for character in "*?[") and not Path(path).is_file():
        raise ValueError(f"no such file: {path}")
    return path

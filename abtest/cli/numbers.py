"""Numbers on the command line, read strictly: ``1_000`` and wide digits are none."""

from collections.abc import Callable
from typing import TypeVar

import typer

from abtest.words import reading
from abtest.words.visible import visible

_N = TypeVar("_N", int, float)


def decimal(text: str | float) -> float:
    """Return the number of an option."""
    return text if isinstance(text, float) else _read(reading.number, text)


def at_least(least: int) -> Callable[[str | int], int]:
    """Return the reader of a whole number that is not below ``least``."""

    def read(text: str | int) -> int:
        value = text if isinstance(text, int) else _read(reading.whole, text)
        if value < least:
            raise typer.BadParameter(f"must be at least {least} (got {value})")
        return value

    return read


def _read(reader: Callable[[str], _N], text: object) -> _N:
    try:
        return reader(str(text))
    except ValueError as error:
        raise typer.BadParameter(f"{error} (got '{visible(str(text))[:60]}')") from None

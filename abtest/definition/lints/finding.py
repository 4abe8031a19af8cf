"""What a lint finds, and what a caller that has looked at the data can tell it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A warning: its ``code`` in :data:`~abtest.definition.lints.CODES`, where in the file, and what, why and cure."""

    code: str
    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class DataRange:
    """The first and the last time in each event table, in microseconds since 1970 UTC; ``None`` for one without rows.

    Keys are names under ``data``; a table that was not looked at is absent.
    """

    first: Mapping[str, int | None]
    last: Mapping[str, int | None]

"""Values → YAML as drafts write them: flow mappings, and comments beside them."""

import datetime as dt
from collections.abc import Mapping, Sequence

from abtest.grammar.scalars import scalar

WIDTH = 116


class Raw(str):
    """Text that is written as it stands: a duration, a margin, a list of windows that we made ourselves."""

    __slots__ = ()


Value = str | int | float | bool | dt.date | Mapping[str, "Value"] | Sequence["Value"]


def written(value: Value) -> str:
    """Return a value as YAML on one line: texts by :func:`scalar`, mappings and lists in flow style."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, int | float | dt.date):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {written(part)}" for key, part in value.items()) + "}"
    return "[" + ", ".join(written(part) for part in value) + "]"


def days(low: int, high: int) -> Raw:
    """Return a window of whole days: ``[28d, 56d]``."""
    return Raw(f"[{low}d, {high}d]")


def one_line(text: str) -> str:
    """Return ``text`` fit for a comment or a terminal: whatever could end the line is shown as a dot."""
    return "".join(character if character.isprintable() else "·" for character in text)


def commented(text: str, indent: str = "") -> list[str]:
    """Return ``text`` as comment lines, wrapped."""
    import textwrap

    lines = textwrap.wrap(one_line(text), WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False)
    return [f"{indent}# {line}" for line in lines]


def noted(line: str, note: str | None) -> list[str]:
    """Return ``line`` with ``note`` as its comment: behind it where both fit, else above it."""
    if not note:
        return [line]
    short = f"{line}   # {one_line(note)}"
    if len(short) <= WIDTH:
        return [short]
    indent = line[: len(line) - len(line.lstrip())]
    return [*commented(note, indent), line]

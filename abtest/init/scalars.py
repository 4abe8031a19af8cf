"""Text → YAML: the one function that quotes a scalar, and the flow mappings and comments made with it."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence

import yaml

# Only texts of these characters are tried without quotes; the reader has the last word on each of them.
_PLAIN = re.compile(r"(?:\.{0,2}/)?[\w(][\w ()./+<>=%&-]*")
# Other readers of YAML 1.1 take these for true and false, though PyYAML does not.
_SINGLE_LETTERS = frozenset("yYnN")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
WIDTH = 116


class Raw(str):
    """Text that is written as it stands: a duration, a margin, a list of windows that we made ourselves."""

    __slots__ = ()


Value = str | int | float | bool | dt.date | Mapping[str, "Value"] | Sequence["Value"]


def scalar(text: str) -> str:
    """Return ``text`` as a YAML scalar that every reader gives back as the same text, inside ``{}`` and ``[]`` too.

    It stands without quotes where that is safe, else in double quotes with escapes. Half a surrogate pair is no
    character and raises ``ValueError``.
    """
    if _PLAIN.fullmatch(text) and text.isprintable() and not text.endswith(" ") and text not in _SINGLE_LETTERS:
        # What looks like a number, a date, yes or null would come back as one.
        try:
            if yaml.safe_load(f"[{text}]") == [text]:
                return text
        except (yaml.YAMLError, ValueError):
            pass
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("half of a surrogate pair is no character")
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


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

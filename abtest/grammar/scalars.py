"""Text → YAML: the one function that quotes a scalar.

Principle: text stands in quotes only where a YAML reader, ours or another one, would take it for something else;
numbers, lengths of time and dates never do, since a quoted number is text.
"""

import re

import yaml

_JOINERS = frozenset("\u200c\u200d")
"""Invisible, but part of how some scripts and emoji are written."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INDICATORS = frozenset(",[]{}#&*!|>'\"%@`")
_BRACKETS = frozenset(",[]{}:?")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")
_LETTERS = frozenset({"y", "Y", "n", "N"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def scalar(text: str, *, is_text: bool = True, flow: bool = True) -> str:
    """Return a scalar in one line: plain, or in the quotes that need fewer escapes.

    ``is_text``: a reader must not take it for a number, a date or true. ``flow``: it may stand inside brackets. Half a
    surrogate pair is no character and raises ``ValueError``.
    """
    visible = all(shown(character) for character in text)
    if visible and _stays_plain(text, flow=flow) and not (is_text and _read_otherwise(text)):
        return text
    if visible and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def shown(character: str) -> bool:
    """Whether a character may stand in the file as itself: an invisible one could not be told from its neighbours."""
    return character.isprintable() or character in _JOINERS


def _stays_plain(text: str, *, flow: bool) -> bool:
    """Whether YAML's syntax reads ``text`` without quotes as one scalar with these characters."""
    if text in _NULLS or text != text.strip() or text[0] in _INDICATORS or text[0] in _JOINERS:
        return False
    if text[0] in "-?:." and not text[1:2].isalnum():
        return False
    if ": " in text or " #" in text or text.endswith(":"):
        return False
    return not flow or _BRACKETS.isdisjoint(text)


def _read_otherwise(text: str) -> bool:
    """Whether a reader of YAML 1.1 or 1.2 takes a plain ``text`` for a number, a date, true or nothing."""
    of_yaml_1_1 = yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], [])
    return (
        any(pattern.match(text) for _, pattern in of_yaml_1_1)
        or text in _LETTERS
        or _NUMBER.fullmatch(text) is not None
    )


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if shown(character):
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("half of a surrogate pair is no character")
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"

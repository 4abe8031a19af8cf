"""The messages of a language, read from one data file in the syntax of Fluent.

What is understood of that syntax: comments, messages, terms (``-locale = en-GB``, the head of the file), fields
``{ $name }``, texts in quotes ``{ "\u00a0" }``, other messages ``{ name }``, and one choice in a message::

    deviations = { $count ->
        [0] no deviations
        [one] { $count } deviation
       *[other] { $count } deviations
    }

A choice goes by the exact number or text first, then by the language's plural form; ``NUMBER($n, type: "ordinal")``
asks for its form as an ordinal. A line that is indented goes on the one before, with a space between: a message has no
lines. Files are split when they are read, and a message is parsed when it is first said, so that a command that says
little starts quickly.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

_ENTRY = re.compile(r"(-?[A-Za-z][A-Za-z0-9_-]*) *= *(.*)")
_PLACEABLE = re.compile(r"\{\s*(?:\$(?P<field>[A-Za-z]\w*)|\"(?P<text>[^\"]*)\"|(?P<message>[A-Za-z][\w-]*))\s*\}")
_CHOICE = re.compile(
    r"\{\s*(?:\$(?P<field>[A-Za-z]\w*)|NUMBER\(\s*\$(?P<ordinal>[A-Za-z]\w*)\s*,\s*type:\s*\"ordinal\"\s*\))\s*->"
)
_VARIANT = re.compile(r"(\*?)\[\s*([\w-]+(?:\.\d+)?)\s*\]")
_FORMS = frozenset({"zero", "one", "two", "few", "many"})
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Field:
    """The place of a field."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several texts, by the value of a field; the last resort is ``default``."""

    field: str
    ordinal: bool
    variants: tuple[tuple[str, "Pattern"], ...]
    default: "Pattern"


Pattern = tuple["str | Field | Choice", ...]


class Writer(Protocol):
    """What a language does to fields."""

    def field(self, value: object) -> str:
        """Return the value as a reader sees it."""

    def form(self, number: float, *, ordinal: bool = False) -> str:
        """Return the plural form of a number: ``one``, ``few``, ``other`` and so on."""


class Catalogue:
    """The messages of one file. Reading the same message twice parses it once."""

    def __init__(self, text: str, name: str = "catalogue") -> None:
        """Split ``text``; raises ``ValueError``, with the line, for what is no message, or one twice."""
        self.name = name
        self.head: dict[str, str] = {}
        self._raw: dict[str, str] = {}
        self._parsed: dict[str, Pattern] = {}
        for entry, value, line in _entries(text, name):
            known = self.head if entry.startswith("-") else self._raw
            if entry in known:
                raise ValueError(f"{name}:{line}: {entry} stands twice")
            known[entry] = value

    def __contains__(self, message: str) -> bool:
        return message in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def pattern(self, message: str) -> Pattern:
        """Return a message's pattern; raises ``KeyError`` for an unknown one, ``ValueError`` for one that is broken."""
        if message not in self._parsed:
            try:
                self._parsed[message] = self._pattern(self._raw[message])
            except ValueError as error:
                raise ValueError(f"{self.name}: {message}: {error}") from None
        return self._parsed[message]

    def fields(self, message: str) -> frozenset[str]:
        """Return the names of the fields that a message has a place for."""
        return frozenset(_fields(self.pattern(message)))

    def _pattern(self, text: str) -> Pattern:
        parts: list[str | Field | Choice] = []
        place = 0
        while (brace := text.find("{", place)) >= 0:
            if brace > place:
                parts.append(text[place:brace])
            if found := _PLACEABLE.match(text, brace):
                if found["field"]:
                    parts.append(Field(found["field"]))
                elif found["message"]:
                    parts += self.pattern(found["message"])
                else:
                    parts.append(_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), found["text"] or ""))
                place = found.end()
            elif found := _CHOICE.match(text, brace):
                end = _closing(text, brace)
                parts.append(self._choice(found, text[found.end() : end]))
                place = end + 1
            else:
                raise ValueError(f"not understood: {text[brace : brace + 40]!r}")
        if place < len(text):
            parts.append(text[place:])
        return tuple(parts)

    def _choice(self, head: re.Match[str], body: str) -> Choice:
        places = [found for found in _VARIANT.finditer(body) if not _depth(body[: found.start()])]
        variants: list[tuple[str, Pattern]] = []
        default: Pattern | None = None
        ends = [found.start() for found in places[1:]] + [len(body)]
        for found, end in zip(places, ends, strict=True):
            pattern = self._pattern(body[found.end() : end].strip(" "))
            variants.append((found[2], pattern))
            default = pattern if found[1] else default
        if default is None:
            raise ValueError("a choice needs one variant with a star")
        return Choice(head["field"] or head["ordinal"], bool(head["ordinal"]), tuple(variants), default)


def _depth(text: str) -> int:
    return text.count("{") - text.count("}")


def _closing(text: str, brace: int) -> int:
    depth = 0
    for place in range(brace, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return place
    raise ValueError("a brace is not closed")


def _entries(text: str, name: str) -> Iterator[tuple[str, str, int]]:
    """Yield each entry's id, its text on one line, and the line where it begins."""
    entry: tuple[str, list[str], int] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] in {" ", "}"} and entry is not None and line.strip(" "):
            entry[1].append(line.strip(" "))
            continue
        if not line.strip(" ") or line.startswith("#"):
            continue
        found = _ENTRY.fullmatch(line)
        if found is None:
            raise ValueError(f"{name}:{number}: not understood: {line[:60]!r}")
        if entry is not None:
            yield entry[0], " ".join(part for part in entry[1] if part), entry[2]
        entry = (found[1], [found[2].strip(" ")], number)
    if entry is not None:
        yield entry[0], " ".join(part for part in entry[1] if part), entry[2]


def _fields(pattern: Pattern) -> Iterator[str]:
    for part in pattern:
        if isinstance(part, Field):
            yield part.name
        elif isinstance(part, Choice):
            yield part.field
            for _, variant in part.variants:
                yield from _fields(variant)


def say(pattern: Pattern, fields: Mapping[str, object], write: Writer) -> str:
    """Return a pattern's text with its fields filled in; raises ``KeyError`` for a field that is not there."""
    said = []
    for part in pattern:
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, Field):
            said.append(write.field(fields[part.name]))
        else:
            said.append(say(_chosen(part, fields[part.field], write), fields, write))
    return "".join(said)


def _chosen(choice: Choice, value: object, write: Writer) -> Pattern:
    """Return the variant of a value. A text with blanks is meant by hyphens; forms are asked for where they differ."""
    variants = dict(choice.variants)
    exact = str(value).lower() if isinstance(value, bool) else str(value).replace(" ", "-")
    if exact in variants:
        return variants[exact]
    if isinstance(value, int) and not isinstance(value, bool) and not _FORMS.isdisjoint(variants):
        return variants.get(write.form(value, ordinal=choice.ordinal), choice.default)
    return choice.default

"""YAML text → plain values that remember where they stood.

Principle: no scalar changes its meaning behind the analyst's back. YAML 1.1 turns ``no`` into false, ``012`` into 10,
``12:30:00`` into 45000 and lets the second of two equal keys win. Here every scalar stays the text that was written,
the field it lands in decides how to read it, and equal keys are refused.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import yaml

from abtest.grammar.diagnostics import refuse

Path: TypeAlias = tuple[str | int, ...]
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree] | None"

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 50
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TAGS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"})
_CURES = {
    "'\\t'": "indent with spaces, not tabs",
    "mapping values are not allowed": "a text with ': ' in it needs quotes; or the line above lacks its ':'",
    "cannot start any token": "put a text that starts with this character in quotes",
    "but found another document": "keep one definition in a file",
    "expected alphabetic or numeric character": "put a text that starts with * or & in quotes",
    "second occurrence": "give each anchor (&name) another name",
    "undefined alias": "an alias (*name) needs an anchor (&name) before it; put a text that starts with * in quotes",
}
"""What to do about what PyYAML says."""


class Plain(str):
    """A scalar written without quotes: a number, a date or ``true`` where the field asks for one, else text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file, counted from 1. ``end_column`` is the first after it; 0 when it goes over several lines."""

    line: int
    column: int
    end_column: int = 0
    file: str = ""


NOWHERE = Mark(0, 0)
"""The mark of what was made in Python."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a definition: where, and what to do."""

    path: Path
    message: str
    on_key: bool = False
    code: str = "rule"
    offset: int | None = None
    """Characters from the start of the value to what is wrong in it, where that is known."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: the tree of values, the mark of every key and value, and the lines, by file."""

    tree: Tree
    values: Mapping[Path, Mark]
    keys: Mapping[Path, Mark]
    problems: tuple[Problem, ...] = ()
    lines: Mapping[str, tuple[str, ...]] | None = None

    def mark(self, path: Path, *, on_key: bool = False) -> Mark:
        """Return where ``path`` stands, or its nearest ancestor that is in the file."""
        if on_key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, NOWHERE)

    def line(self, mark: Mark) -> str | None:
        """Return the line of the file at ``mark``."""
        lines = (self.lines or {}).get(mark.file, ())
        return lines[mark.line - 1] if 0 < mark.line <= len(lines) else None


def decode(raw: bytes, name: str) -> str:
    """Return the text of a definition file; only UTF-8 (with or without a byte-order mark) is read."""
    if len(raw) > MAX_BYTES:
        raise refuse(name, 1, 1, f"the file has more than {MAX_BYTES:,} bytes; is it a definition?")
    if b"\x00" in raw[:4000]:
        raise refuse(name, 1, 1, "the file holds zero bytes, as UTF-16 or a binary file does; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # What stands before the byte is text, and so is counted in characters.
        before = split_lines(raw[: error.start].decode("utf-8-sig"))
        raise refuse(name, len(before), len(before[-1]) + 1, "the file is not UTF-8 text; save it as UTF-8") from None


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text as YAML counts them."""
    return tuple(re.split("\r\n|[\n\r\x85\u2028\u2029]", text))


def speaks_of(text: str, keys: Iterable[str]) -> bool:
    """Whether some line of a text begins with one of ``keys`` and a colon, as a file of ours does, be it damaged."""
    return re.search(rf"(?m)^(?:{'|'.join(map(re.escape, keys))})[ \t]*:", text) is not None


def parse(text: str, name: str, *, ours: bool = True) -> Document:
    """Parse one YAML document. Raises :class:`DefinitionError` with ``name:line:column`` for all that is not plain.

    A file that is not ``ours``, whatever led to it, is told by its place: none of its lines is shown.
    """
    lines = split_lines(text)

    def fail(line: int, column: int, message: str) -> NoReturn:
        source = lines[line - 1] if ours and line <= len(lines) else None
        raise refuse(name, line, column, message, source=source) from None

    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = error.problem or error.context or "cannot be read"
        cure = next(
            (cure for sign, cure in _CURES.items() if sign in problem), "check quotes, brackets and indentation"
        )
        fail(line, column, f"not valid YAML: {problem}; {cure}" if ours else "not a file of ours, nor valid YAML")
    except yaml.reader.ReaderError as error:
        before = split_lines(text[: error.position])
        fail(len(before), len(before[-1]) + 1, "a character that YAML does not allow; remove it")
    except RecursionError:
        fail(1, 1, f"the file is nested too deeply (at most {MAX_DEPTH} levels)")
    except (ValueError, OverflowError):
        # The scanner turns \\U escapes into characters without looking whether there is such a character.
        fail(1, 1, "an escape such as \\U00110000 names no character; remove it")
    if root is None:
        fail(1, 1, "the file is empty; it needs at least name, data, arms and metrics")
    return _Builder(name, lines if ours else ()).build(root)


class _Builder:
    """Turns composed nodes into values, once; refuses duplicate keys, tags, and anchors that expand without end."""

    def __init__(self, name: str, lines: tuple[str, ...]) -> None:
        self.name = name
        self.lines = lines
        self.values: dict[Path, Mark] = {}
        self.keys: dict[Path, Mark] = {}
        self.nodes = 0
        self.problems: list[Problem] = []

    def build(self, root: yaml.Node) -> Document:
        tree = self._value(root, (), ())
        return Document(tree, self.values, self.keys, tuple(self.problems), {self.name: self.lines})

    def _refuse(self, node: yaml.Node, message: str, path: Path) -> None:
        # Each gets a place of its own, since the second of two equal keys is not in the tree.
        place = (*path, f"#{self.name}#{len(self.problems)}")
        self.keys[place] = self._mark(node)
        self.problems.append(Problem(place, message, on_key=True, code="syntax"))

    def _stop(self, mark: Mark, message: str) -> NoReturn:
        raise refuse(
            self.name, mark.line, mark.column, message, source=self.lines[mark.line - 1] if self.lines else None
        )

    def _value(self, node: yaml.Node, path: Path, above: tuple[int, ...]) -> Tree:
        self.nodes += 1
        mark = self._mark(node)
        if len(path) > MAX_DEPTH and id(node) not in above:
            self._stop(mark, f"nested too deeply (at most {MAX_DEPTH} levels); a definition needs five")
        if self.nodes > MAX_NODES or id(node) in above:
            self._stop(mark, "the anchors expand without end; write the values out instead")
        self.values[path] = mark
        if node.tag not in _TAGS:
            self._refuse(
                node, f"the tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is not used here; remove it", path
            )
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, above)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*path, index), above) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and _surrogates(node.value):
            self._refuse(node, "half of a surrogate pair is no character; remove the escape", path)
            return None
        return self._scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, path: Path, above: tuple[int, ...]) -> Tree:
        result: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, "a key must be plain text", path)
                continue
            key = str(key_node.value)
            if _surrogates(key):
                self._refuse(key_node, "half of a surrogate pair is no character; remove the escape", path)
                continue
            if key in result:
                first = self.keys[(*path, key)]
                self._refuse(key_node, f"the key {key!r} stands twice (first in line {first.line}); keep one", path)
                continue
            self.keys[(*path, key)] = self._mark(key_node)
            result[key] = self._value(value_node, (*path, key), above)
        return result

    def _mark(self, node: yaml.Node) -> Mark:
        start, end = node.start_mark, node.end_mark
        return Mark(start.line + 1, start.column + 1, end.column + 1 if end.line == start.line else 0, self.name)

    @staticmethod
    def _scalar(node: yaml.ScalarNode) -> Tree:
        if node.style is None:
            return None if node.value in _NULLS else Plain(node.value)
        return str(node.value)


def _surrogates(text: str) -> bool:
    return any(0xD800 <= ord(character) <= 0xDFFF for character in text)

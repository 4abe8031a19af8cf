"""A definition as YAML text: the other direction of :mod:`abtest.definition.load`.

Principle: what is written is read back as the same definition, so to the same hash.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel

from abtest.definition.model import Definition
from abtest.grammar.scalars import scalar, shown

WIDTH = 120
"""Columns up to which a small mapping or list stands in one line."""
_FIRST = ("role", "type")
"""Keys that open a part, wherever the model has them: what follows depends on them."""


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A value as written; ``is_text`` when a reader must not take it for a number, a date or true."""

    written: str
    is_text: bool = False


_Node: TypeAlias = "_Scalar | list[_Node] | dict[str, _Node]"


def to_yaml(definition: Definition) -> str:
    """Return ``definition`` as YAML that :func:`~abtest.definition.load.load` reads back to the same hash.

    Keys stand in the order of the model, defaults are left out; the engine, which is not hashed, is written too. What a
    library gave stands in place; data paths are those of the definition, relative to its folder.
    """
    node = _typed(definition, definition.model_dump(mode="json", exclude_defaults=True))
    return "\n".join(_lines(node, 0)) + "\n"


def value_text(value: object) -> str:
    """Return a value of :func:`~abtest.definition.load.canonical` in one line, as a definition writes it."""
    return _flow(node) if not isinstance(node := _plain(value), _Scalar) else _scalar(node, flow=False)


def _typed(value: object, plain: object) -> _Node:
    """Return the tree of what ``plain`` writes; ``value`` is the model's, which knows what is text."""
    if isinstance(plain, Mapping):
        children = {
            str(key): _typed(getattr(value, key) if isinstance(value, BaseModel) else value[key], child)  # type: ignore[index]
            for key, child in plain.items()
        }
        return {key: children[key] for key in sorted(children, key=lambda key: key not in _FIRST)}
    if isinstance(plain, list) and isinstance(value, Sequence):
        return [_typed(one, child) for one, child in zip(value, plain, strict=True)]
    return _Scalar(_written(plain), isinstance(value, str))


def _plain(value: object) -> _Node:
    if isinstance(value, Mapping):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return _Scalar(_written(value))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def _lines(node: _Node, indent: int) -> Iterator[str]:
    """Yield a mapping or list in block style, each line indented."""
    pad = " " * indent
    if isinstance(node, dict):
        for key, child in node.items():
            start = f"{pad}{_scalar(_Scalar(key, is_text=True), flow=False)}:"
            yield from _entry(start, child, indent)
    elif isinstance(node, list):
        for child in node:
            text = _one_line(child, WIDTH - indent - 2)
            if text is not None:
                yield f"{pad}- {text}"
            elif isinstance(child, _Scalar):
                yield from _entry(f"{pad}-", child, indent)
            else:
                first, *rest = _lines(child, indent + 2)
                yield f"{pad}- {first.lstrip(' ')}"
                yield from rest


def _entry(start: str, child: _Node, indent: int) -> Iterator[str]:
    text = _one_line(child, WIDTH - len(start) - 1)
    if text is not None:
        yield f"{start} {text}"
    elif isinstance(child, _Scalar):
        # A line of its own for each line of the text; "-" says that the last one does not end.
        text = child.written
        yield f"{start} |{'' if text.endswith(chr(10)) else '-'}"
        yield from (f"{' ' * (indent + 2)}{line}" if line else "" for line in text.removesuffix("\n").split("\n"))
    else:
        yield start
        yield from _lines(child, indent + 2)


def _one_line(node: _Node, room: int) -> str | None:
    """Return ``node`` in one line; ``None`` when it is better read, or has to be written, over several."""
    if isinstance(node, _Scalar):
        return None if _is_block(node) else _scalar(node, flow=False)
    if _goes_over_lines(node):
        return None
    text = _flow(node)
    return text if len(text) <= room else None


def _goes_over_lines(node: _Node) -> bool:
    """Whether a part holds a text of several lines, or is a collection of parts, such as `arms`."""
    if isinstance(node, _Scalar):
        return _is_block(node)
    children = list(node.values()) if isinstance(node, dict) else node
    collection = bool(children) and all(isinstance(child, dict) for child in children)
    return collection or any(_goes_over_lines(child) for child in children)


def _is_block(node: _Scalar) -> bool:
    """Whether a text has several lines that a literal block keeps as they are and that are easy to read in it."""
    lines = node.written.removesuffix("\n").split("\n")
    return (
        node.is_text
        and "\n" in node.written
        and all(shown(character) for line in lines for character in line)
        and all(line == line.rstrip() for line in lines)
        and bool(lines[0] and lines[-1])
        and not lines[0].startswith(" ")
    )


def _flow(node: _Node) -> str:
    if isinstance(node, _Scalar):
        return _scalar(node, flow=True)
    if isinstance(node, list):
        return "[" + ", ".join(_flow(child) for child in node) + "]"
    written = (f"{_scalar(_Scalar(key, is_text=True), flow=True)}: {_flow(child)}" for key, child in node.items())
    return "{" + ", ".join(written) + "}"


def _scalar(node: _Scalar, *, flow: bool) -> str:
    return scalar(node.written, is_text=node.is_text, flow=flow)

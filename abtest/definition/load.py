"""From a file or a dict to an :class:`Experiment`, or to one error that lists every problem in file order."""

import hashlib
import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pydantic

from abtest.definition.fields import nearest
from abtest.definition.model import Definition
from abtest.definition.nodes import Document, Problem, decode, parse
from abtest.definition.nodes import Path as NodePath
from abtest.definition.rules import problems
from abtest.errors import DefinitionError, UsageError


@dataclass(frozen=True)
class Experiment:
    """A valid definition and where it came from.

    ``folder`` is what relative data paths start from; ``file`` is ``None`` for a definition made in Python.
    """

    definition: Definition
    folder: Path
    file: Path | None
    document: Document | None

    @property
    def name(self) -> str:
        """The experiment's short name."""
        return self.definition.name

    @property
    def label(self) -> str:
        """What errors call the definition: the file's name."""
        return self.file.name if self.file else "definition"

    @property
    def sha256(self) -> str:
        """Hash of what the definition says: comments, formatting and spelled-out defaults do not count."""
        content = self.definition.model_dump(mode="json")
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def place(self, *path: str | int) -> str:
        """Return ``drip.yaml:12:5: data.orders`` for a path of keys, to start an error message with."""
        return _place(self.label, self.document, path, on_key=False)


def load(source: str | Path | Mapping[str, object], *, folder: str | Path | None = None) -> Experiment:
    """Read and check a definition.

    ``source`` is the path of a YAML file, or a mapping with the same keys. ``folder`` is what relative data paths start
    from; the file's own folder (or the current one) when absent. Raises :class:`~abtest.errors.DefinitionError` with
    one line ``file:line:column: key: what is wrong; the cure`` per problem, and
    :class:`~abtest.errors.UsageError` when the file cannot be read.
    """
    if isinstance(source, Mapping):
        definition = _checked(dict(source), None, "definition")
        return Experiment(definition, Path(folder or "."), None, None)
    path = Path(source)
    document = parse(decode(_read(path), path.name), path.name)
    definition = _checked(document.tree, document, path.name)
    return Experiment(definition, Path(folder) if folder is not None else path.parent, path, document)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; give the definition file, e.g. {path / 'drip.yaml'}")
        with path.open("rb") as file:
            # One byte more than allowed is enough to know that a file is too large.
            return file.read(1_000_001)
    except FileNotFoundError:
        folder = path.parent if path.parent.is_dir() else Path()
        near = nearest(path.name, [entry.name for entry in folder.glob("*.y*ml")])
        raise UsageError(f"{path}: no such file{near or '; give the path of a definition (a .yaml file)'}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _checked(tree: object, document: Document | None, label: str) -> Definition:
    if not isinstance(tree, dict):
        raise DefinitionError(f"{label}:1:1: must be a mapping of keys such as name, arms, data and metrics")
    try:
        definition = Definition.model_validate(tree)
    except pydantic.ValidationError as error:
        found = [_explained(entry, document) for entry in error.errors(include_url=False)]
        raise DefinitionError(_listed(found, document, label)) from None
    found = problems(definition)
    if found:
        raise DefinitionError(_listed(found, document, label))
    return definition


def _listed(found: list[Problem], document: Document | None, label: str) -> str:
    def order(problem: Problem) -> tuple[int, int]:
        mark = document.mark(problem.path, on_key=problem.on_key) if document else None
        return (mark.line, mark.column) if mark else (0, 0)

    lines = dict.fromkeys(
        f"{_place(label, document, problem.path, on_key=problem.on_key)}: {problem.message}"
        for problem in sorted(found, key=order)
    )
    return "\n".join(lines)


def _place(label: str, document: Document | None, path: NodePath, *, on_key: bool) -> str:
    if document is not None:
        mark = document.mark(path, on_key=on_key)
        label = f"{label}:{mark.line}:{mark.column}"
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else (f".{part}" if name else str(part))
    return f"{label}: {name}" if name else label


def _explained(entry: "pydantic_core.ErrorDetails", document: Document | None) -> Problem:  # type: ignore[name-defined]  # noqa: F821
    """Turn one of pydantic's errors into a problem in our words."""
    path, part = _walk(entry["loc"], document)
    kind, context = entry["type"], entry.get("ctx") or {}
    given = entry.get("input")
    if kind == "value_error":
        return Problem(path, str(context["error"]))
    if kind == "missing":
        return Problem(path, "is required, but missing")
    if kind == "extra_forbidden":
        known = list(part.model_fields) if part else []
        if " " in str(path[-1]):
            return Problem(path, "unknown key; a text with a comma or a colon needs quotes", on_key=True)
        hint = nearest(str(path[-1]), known) or f"; known keys: {', '.join(known)}"
        return Problem(path, f"unknown key{hint}", on_key=True)
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        known = [tag.strip("'") for tag in str(context.get("expected_tags", "")).split(", ")]
        tags = known or ["retention", "conversion", "count", "sum", "mean", "column"]
        if kind == "union_tag_not_found":
            return Problem(path, "needs `type`: retention, conversion, count, sum, mean or column")
        wrong = str(context.get("tag"))
        return Problem((*path, "type"), f"{wrong!r} is not a metric type; use {', '.join(tags)}{nearest(wrong, tags)}")
    if kind == "literal_error":
        options = str(context["expected"]).replace("'", "")
        return Problem(
            path,
            f"must be {options} (got {_brief(given)}){nearest(str(given), options.replace(' or ', ', ').split(', '))}",
        )
    if kind == "too_short":
        what = "at least two arms" if path == ("arms",) else "at least one entry"
        return Problem(path, f"must have {what}")
    if kind == "too_long":
        return Problem(path, f"has too many entries (at most {context.get('max_length')})")
    words = {
        "list_type": "must be a list",
        "tuple_type": "must be a list of two, such as [28d, 56d]",
        "dict_type": "must be a mapping of keys",
        "model_type": "must be a mapping of keys",
        "model_attributes_type": "must be a mapping of keys",
        "string_type": "must be text",
    }
    return Problem(path, f"{words.get(kind, entry['msg'])} (got {_brief(given)})")


def _brief(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return repr(str(value)[:60])


def _walk(
    location: tuple[str | int, ...], document: Document | None
) -> tuple[NodePath, type[pydantic.BaseModel] | None]:
    """Drop from pydantic's location the tags of unions, and find the part of the model that it ends in."""
    path: list[str | int] = []
    part: object = Definition
    owner: type[pydantic.BaseModel] | None = Definition
    for step in location:
        members = _members(part)
        tagged = [m for m in members if _tag(m) == step] if len(members) > 1 else []
        if tagged:
            part = owner = tagged[0]
            continue
        if step == "[key]":
            continue
        path.append(step)
        owner = members[0] if len(members) == 1 else None
        part = _inside(members[0] if len(members) == 1 else part, step)
    last = _members(part)
    missing = document is not None and not document.known(tuple(path)) and len(last) == 1
    return tuple(path), owner if owner is not None and not missing else (owner or None)


def _members(annotation: object) -> list[type[pydantic.BaseModel]]:
    """Return the model classes that an annotation admits."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [annotation]
    if typing.get_origin(annotation) is not None and typing.get_origin(annotation) not in {list, dict, tuple}:
        return [member for argument in typing.get_args(annotation) for member in _members(argument)]
    return []


def _tag(model: type[pydantic.BaseModel]) -> object:
    field = model.model_fields.get("type")
    return typing.get_args(field.annotation)[0] if field else None


def _inside(annotation: object, step: str | int) -> object:
    """Return the annotation one step inside."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        field = annotation.model_fields.get(str(step))
        return _unwrapped(field.annotation) if field else None
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is dict:
        return _unwrapped(arguments[1])
    if origin in {list, tuple}:
        return _unwrapped(arguments[0])
    return None


def _unwrapped(annotation: object) -> object:
    """Strip ``Annotated`` and ``| None``."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _unwrapped(typing.get_args(annotation)[0])
    rest = [argument for argument in typing.get_args(annotation) if argument is not type(None)]
    if type(None) in typing.get_args(annotation) and len(rest) == 1:
        return _unwrapped(rest[0])
    return annotation

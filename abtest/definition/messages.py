"""Pydantic's errors in our words: the path in the file, what is wrong, and the cure."""

import typing
from collections.abc import Mapping

import pydantic

from abtest.grammar.fields import nearest, shown
from abtest.grammar.nodes import Path, Problem
from abtest.metrics import TYPES

Model = type[pydantic.BaseModel]
_WORDS = {
    "list_type": "must be a list",
    "tuple_type": "must be a list of two, such as [28d, 56d]",
    "dict_type": "must be a mapping of keys",
    "model_type": "must be a mapping of keys",
    "model_attributes_type": "must be a mapping of keys",
    "string_type": "must be text",
}


def problem_of(  # noqa: PLR0917
    root: Model, location: tuple[str | int, ...], kind: str, given: object, context: Mapping[str, object], text: str
) -> Problem:
    """Return one of pydantic's errors about ``root`` as a problem; the others are the parts of its error details."""
    path, model = _walk(root, location)
    if kind == "extra_forbidden":
        return Problem(path, _unknown_key(str(path[-1]), model), on_key=True, code="unknown-key")
    if kind == "missing" and path and isinstance(path[-1], int):
        return Problem(path[:-1], "must be a list of two, such as [28d, 56d]", code="wrong-value")
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        return _wrong_type(path, kind, given)
    code = "missing-key" if kind == "missing" else "empty-value" if given is None else "wrong-value"
    offset = getattr(context.get("error"), "offset", None)
    return Problem(path, _message(path, kind, given, context, text), code=code, offset=offset)


def _message(path: Path, kind: str, given: object, context: Mapping[str, object], text: str) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return "is required, but missing"
    if kind == "literal_error":
        options = str(context["expected"]).replace("'", "")
        near = nearest(given, options.replace(" or ", ", ").split(", ")) if isinstance(given, str) else ""
        return f"must be {options} (got {shown(given)}){near}"
    if kind == "too_short":
        return f"must have at least {'two arms' if path == ('arms',) else 'one entry'}"
    if kind == "too_long" and path[-1] == "window":
        return "must be a list of two, such as [28d, 56d]"
    if kind == "too_long":
        return f"has too many entries (at most {context.get('max_length')})"
    return f"{_WORDS.get(kind, text)} (got {shown(given)})"


def _unknown_key(key: str, model: Model | None) -> str:
    known = list(model.model_fields) if model else []
    if key.isdigit():
        return "unknown key; a number with decimals is written with a point, as 0.5"
    if " " in key:
        return "unknown key; a text with a comma or a colon needs quotes"
    return "unknown key" + (nearest(key, known) or (f"; known keys: {', '.join(known)}" if known else ""))


def _wrong_type(path: Path, kind: str, given: object) -> Problem:
    listed = ", ".join(TYPES)
    if kind == "union_tag_not_found":
        return Problem(path, f"needs `type`: one of {listed}", code="missing-key")
    wrong = given.get("type") if isinstance(given, Mapping) else None
    if not isinstance(wrong, str):
        return Problem((*path, "type"), f"must be one of {listed}", code="wrong-value")
    message = f"{wrong!r} is not a metric type; use {listed}{nearest(wrong, TYPES)}"
    return Problem((*path, "type"), message, code="wrong-value")


def _walk(root: Model, location: tuple[str | int, ...]) -> tuple[Path, Model | None]:
    """Drop from pydantic's location the tags of unions, and find the model that holds its last step."""
    path: list[str | int] = []
    part: object = root
    owner: Model | None = root
    for step in location:
        members = _members(part)
        tagged = [member for member in members if _tag(member) == step] if len(members) > 1 else []
        if tagged:
            part = owner = tagged[0]
        elif step != "[key]":
            path.append(step)
            owner = members[0] if len(members) == 1 else None
            part = _inside(members[0] if len(members) == 1 else part, step)
    return tuple(path), owner


def _members(annotation: object) -> list[Model]:
    """Return the model classes that an annotation admits."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [annotation]
    if typing.get_origin(annotation) is not None and typing.get_origin(annotation) not in {list, dict, tuple}:
        return [member for argument in typing.get_args(annotation) for member in _members(argument)]
    return []


def _tag(model: Model) -> object:
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

"""The JSON Schema of definitions and libraries, made from the models, for editors.

Principle: the schema describes the YAML that an analyst writes, and it never refuses what ``abtest validate`` accepts.
So a number or ``true`` is fine where the model reads it as text, an optional key may be left empty, and what a library
may fill in need not stand in the file. What only the model can see (sums, names, dates in order) is left to it.

Keys that are no JSON Schema (``markdownDescription``, ``errorMessage``, ``defaultSnippets``, …) are those that
yaml-language-server and VS Code read.
"""

import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pydantic
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from abtest.definition.model import (
    Definition,
    Library,
)
from abtest.grammar.fields import Day, Key, Location, Name, TableName, Text, Title
from abtest.grammar.nodes import Plain
from abtest.grammar.part import Part
from abtest.metrics import Metric
from abtest.metrics import base as bases

Schema: TypeAlias = dict[str, Any]

METRICS: tuple[type[bases.MetricBase], ...] = typing.get_args(typing.get_args(Metric)[0])
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KINDS = {
    typing.get_args(kind)[-1].func: written
    for kind, written in (
        (Title, {"minLength": 1}),
        (Text, {"minLength": 1}),
        (Location, {"minLength": 1}),
        (Name, {"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}),
        (Key, {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,62}$"}),
        (Day, {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        (TableName, {"pattern": r"^\s*(`[^`]+`|[A-Za-z0-9_]+)(\.(`[^`]+`|[A-Za-z0-9_]+))*\s*$"}),
    )
}
"""How the kinds of text are written, by the function that reads them."""

_SAMPLES = {"number": Plain("1"), "boolean": Plain("true"), "string": Plain("text")}
"""A value of each JSON type, as the loader gives it to the model."""
_NO_VALUE = "?"
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""What the models state as functions, and fields say beside them."""
_SAID = ("description", "markdownDescription", "examples", "default", "defaultSnippets")
"""Keywords that help the writer and refuse nothing."""


def schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of an experiment's definition."""
    root = _root(Definition, "abtest experiment")
    # A library can fill in tables, and keys of metrics; without one, the file holds them all.
    root["required"].remove("data")
    return root | {"if": {"required": ["include"]}, "else": {"required": ["data"]} | _WHOLE}


def library_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a file that experiments include."""
    return _root(Library, "abtest library") | {"allOf": [_WHOLE]}


_MAPPING: Schema = {"type": "object", "errorMessage": "must be a mapping of keys"}
_MAPPING_OR_EMPTY: Schema = _MAPPING | {"type": ["object", "null"]}
_WHOLE: Schema = {
    "properties": {
        "data": _MAPPING | {"additionalProperties": _MAPPING},
        "metrics": _MAPPING | {"additionalProperties": {"$ref": "#/$defs/WholeMetric"}},
    }
}
"""What holds of a file to which nothing is added."""


def _root(model: type[Part], title: str) -> Schema:
    raw = model.model_json_schema(schema_generator=_Generator)
    raw_parts = raw.pop("$defs")
    defs = {name: _part(_part_called(name), raw_parts[name], raw_parts) for name in raw_parts}
    types = {typing.get_args(metric.model_fields["type"].annotation)[0]: metric.__name__ for metric in METRICS}
    defs["WholeMetric"] = _whole_metric({kind: defs[name].pop("required") for kind, name in types.items()})
    defs["Metric"] = _metric(types, defs)
    root: Schema = {"$schema": DIALECT} | _part(model, raw, raw_parts) | {"title": title}
    root["properties"]["data"] |= _MAPPING_OR_EMPTY | {
        "additionalProperties": {"if": {"type": "null"}, "else": {"$ref": "#/$defs/Source"}}
    }
    root["properties"]["metrics"] |= _MAPPING_OR_EMPTY | {"additionalProperties": {"$ref": "#/$defs/Metric"}}
    used = {*_references(root, defs), *_references(_WHOLE, defs)}
    return root | {"$defs": {name: defs[name] for name in sorted(used)}}


def _metric(types: Mapping[str, str], defs: Mapping[str, Schema]) -> Schema:
    """Return a metric that may lack what a library can fill in; ``type`` chooses the keys that it may have.

    ``if`` and ``then`` make an editor judge a metric by its own type alone, where a choice of types would give one
    message for each. Without a type, the keys of all types are known.
    """
    kinds: Schema = {
        "description": "What kind of number is compared; it decides which other keys there are.",
        "enum": list(types),
        "enumDescriptions": [defs[name]["description"].split("\n\n")[0] for name in types.values()],
    }
    every: Schema = {}
    for name in types.values():
        # The values of `type` are said once, above.
        properties = defs[name]["properties"] | {"type": True}
        defs[name]["properties"] = properties
        for key, written in properties.items():
            first = every.setdefault(key, written)
            if _bare(first) != _bare(written):
                # Nobody knows yet which of them it is.
                every[key] = {k: v for k, v in first.items() if k in _SAID or (k == "type" and v == written.get(k))}
    untyped = {
        "if": {"type": "object", "not": {"required": ["type"]}},
        "then": {"properties": every, "additionalProperties": False},
    }
    return {
        "title": "Metric",
        **_described("What is compared. With `include`, a metric that is left empty is the library's."),
        **_MAPPING_OR_EMPTY,
        "properties": {"type": kinds},
        "allOf": [{"if": _of(kind), "then": {"$ref": f"#/$defs/{name}"}} for kind, name in types.items()] + [untyped],
    }


def _whole_metric(required: Mapping[str, list[str]]) -> Schema:
    """Return what a metric must hold when no library fills in the rest."""
    conditions = [{"if": _of(kind), "then": {"required": keys}} for kind, keys in required.items()]
    # An `errorMessage` beside `required` would stand for it too.
    return {"required": ["type"], "allOf": [_MAPPING, *conditions]}


def _of(kind: str) -> Schema:
    """Return the condition that a metric is of a type."""
    return {"type": "object", "properties": {"type": {"const": kind}}, "required": ["type"]}


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, which also says how the kinds of text are written."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        return super().function_before_schema(schema) | _KINDS.get(schema["function"]["function"], {})

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        return super().function_after_schema(schema) | _KINDS.get(schema["function"]["function"], {})


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a part: a field, or what its list or mapping holds."""

    model: type[Part]
    path: tuple[str | int, ...]

    def inside(self, step: str | int) -> "_Place":
        return _Place(self.model, (*self.path, step))

    def refusals(self, value: object) -> list[str]:
        """Return the model's messages about ``value`` at this place; none when it reads it."""
        held = value
        for step in reversed(self.path):
            held = {step: held} if isinstance(step, str) else [held] * (step + 1)
        try:
            self.model.model_validate(held)
        except pydantic.ValidationError as error:
            # A list of one may be too short, but its one item is what is asked about.
            found = [entry for entry in error.errors() if entry["type"] != "too_short" and self._holds(entry["loc"])]
            return [entry["msg"].removeprefix("Value error, ") for entry in found]
        return []

    def _holds(self, location: tuple[str | int, ...]) -> bool:
        """Whether an error's place is this one, inside it, or what it stands in."""
        common = min(len(location), len(self.path))
        return common > 0 and location[:common] == self.path[:common]


def _part_called(name: str) -> type[Part]:
    return next(part for part in _parts(Part) if part.__name__ == name)


def _parts(part: type[Part]) -> Iterator[type[Part]]:
    for child in part.__subclasses__():
        yield child
        yield from _parts(child)


def _part(model: type[Part], raw: Schema, raw_parts: Mapping[str, Schema]) -> Schema:
    """Return the schema of one part of the file."""
    fields = {name: _field(_Place(model, (name,)), raw["properties"][name], raw_parts) for name in model.model_fields}
    return {
        # `Time to event`: editors show it above what is said of a key.
        "title": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).capitalize(),
        **_described(model.__doc__ or ""),
        "type": "object",
        "properties": fields,
        "required": raw.get("required", []),
        "additionalProperties": False,
    }


def _field(place: _Place, raw: Schema, raw_parts: Mapping[str, Schema]) -> Schema:
    """Return the schema of one key: what it says, its default, examples and bounds, and the values it takes."""
    name = str(place.path[0])
    said = _described(place.model.model_fields[name].description or "")
    info = place.model.model_fields[name]
    default, examples = raw.get("default"), info.examples
    if default is not None and default != [] and not isinstance(default, dict):
        said["default"] = int(default) if isinstance(default, float) and default.is_integer() else default
    value = _value(place, raw, raw_parts)
    if examples and "prefixItems" in value:
        said["defaultSnippets"] = [_on_one_line(examples[0])]
        for item, end in zip(value["prefixItems"], examples[0], strict=True):
            item["examples"] = [end]
    elif examples:
        said["examples"] = examples
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    bounds = {keyword: extra[keyword] for keyword in extra if keyword in BOUNDS}
    # What is said of the key stands before what is said of the part that it holds.
    apart = {*bounds, *(_SAID if "description" in said else ())}
    return said | {key: written for key, written in value.items() if key not in apart} | bounds


def _value(place: _Place, raw: Schema, raw_parts: Mapping[str, Schema]) -> Schema:
    """Return the schema of the values that the model reads at a place.

    Pydantic says what a field holds; what else the model reads, such as a number for text, is found by asking it.
    """
    members = [member for member in raw.get("anyOf", [raw]) if member != {"type": "null"}]
    # Of a text or a number, the text has the pattern; that a number is read too is found below.
    strict = next((member for member in members if member.get("type") == "string"), members[0])
    own = "number" if strict.get("type") == "integer" else strict.get("type")
    also = ["null"] if {"type": "null"} in raw.get("anyOf", []) else []
    also += [name for name, sample in _SAMPLES.items() if name != own and not place.refusals(sample)]
    if "$ref" in strict:
        return _reference(strict["$ref"], also, raw_parts)
    node = _structure(place, strict, raw_parts)
    if "enum" in node and also:
        return {"enum": [*node["enum"], None]}
    if "const" in node:
        # `version` may stand in quotes.
        quoted = str(node["const"])
        return {"enum": [node["const"], *([quoted] if quoted != node["const"] and not place.refusals(quoted) else [])]}
    return _widened(node, also)


def _structure(place: _Place, node: Schema, raw_parts: Mapping[str, Schema]) -> Schema:
    """Return pydantic's schema of a value that is no part, with ours of what it holds."""
    kept = {key: value for key, value in node.items() if key not in {"title", "default", "description", "examples"}}
    if "prefixItems" in kept:
        kept["prefixItems"] = [_value(place.inside(i), item, raw_parts) for i, item in enumerate(kept["prefixItems"])]
    elif "items" in kept:
        kept["items"] = _value(place.inside(0), kept["items"], raw_parts)
    elif "patternProperties" in kept:
        ((pattern, value),) = kept.pop("patternProperties").items()
        kept["propertyNames"] = {"pattern": pattern, "errorMessage": _message(place.inside(_NO_VALUE))}
        kept["additionalProperties"] = {} if "discriminator" in value else _value(place.inside("a"), value, raw_parts)
    elif not {"enum", "const"} & set(kept) and (message := _message(place)):
        kept["errorMessage"] = message
    if "pattern" in kept:
        kept.pop("minLength", None)
    return kept


def _widened(node: Schema, also: list[str]) -> Schema:
    """Return a schema that takes the types ``also`` besides its own.

    A list of types would make editors offer ``null``, ``true`` and ``false`` wherever text is asked for; and only with
    an ``anyOf`` does yaml-language-server write out a required key that has no ``type``.
    """
    if not also:
        return node
    strict = {key: node[key] for key in ("type", "errorMessage") if key in node}
    choice = {"if": {"type": also[0] if len(also) == 1 else also}, "else": strict}
    return {key: value for key, value in node.items() if key != "type"} | {"anyOf": [choice]}


def _reference(reference: str, also: list[str], raw_parts: Mapping[str, Schema]) -> Schema:
    if not also:
        return {"$ref": reference}
    if {"null", "boolean"} >= set(also):
        # Written out in place, so that editors complete the keys of a part that may be left empty.
        name = reference.rpartition("/")[2]
        return _part(_part_called(name), raw_parts[name], raw_parts) | {"type": ["object", *also]}
    return {"if": {"type": also}, "else": {"$ref": reference}}


def _message(place: _Place) -> str | None:
    """Return what the model says of a value that it does not read, without the value."""
    refusals = place.refusals(_NO_VALUE)
    message = re.sub(rf"^{re.escape(repr(_NO_VALUE))} | \(got .*\)$", "", refusals[0]) if refusals else ""
    return None if not message or _NO_VALUE in message else message


def _on_one_line(window: list[str]) -> Schema:
    """Return what an editor inserts for a window: a list on one line, each end of it to be written over."""
    ends = ", ".join(f"${{{number}:{end}}}" for number, end in enumerate(window, 1))
    return {"label": f"[{', '.join(window)}]", "type": "string", "body": f"[{ends}]"}


def _described(text: str) -> Schema:
    """Return what a docstring says, a paragraph a line; editors show Markdown where they are told that it is some."""
    paragraphs = inspect.cleandoc(text).replace("``", "`").split("\n\n")
    prose = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return ({"description": prose} if prose else {}) | ({"markdownDescription": prose} if "`" in prose else {})


def _bare(node: object) -> object:
    """Return a schema without what only helps the writer."""
    if isinstance(node, dict):
        return {key: _bare(value) for key, value in node.items() if key not in _SAID or isinstance(value, dict)}
    return [_bare(value) for value in node] if isinstance(node, list) else node


def _references(node: object, defs: Mapping[str, Schema]) -> Iterator[str]:
    """Yield the names of the definitions that a schema uses, and of those that these use."""
    if isinstance(node, dict):
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            yield name
            yield from _references(defs[name], defs)
        for value in node.values():
            yield from _references(value, defs)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value, defs)

"""What a definition says of engines: its keys are made of the list of engines, each of which says what it takes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import AfterValidator, Field, WithJsonSchema, create_model

from abtest.engines import ENGINES
from abtest.engines.options import EngineOptions, Key
from abtest.engines.options import Setting as EngineSetting
from abtest.grammar.fields import Text, Whole
from abtest.grammar.part import Part

ENGINE_KEYS = frozenset({"engine", *(engine.name for engine in ENGINES)})
"""The keys that say what counts and where; they change no number, and so no hash."""
_M = TypeVar("_M", bound=type[Part])
_KINDS = {str: Text, int: Whole, Path: Text}


def with_engine_parts(model: _M) -> _M:
    """Return a definition's model with ``engine``, whose values are the list's, and a part for each that takes one."""
    fields: dict[str, Any] = {
        "engine": (Literal[*(engine.name for engine in ENGINES)] | None, Field(None, description=_counts()))
    }
    for engine in ENGINES:
        if (part := part_of(engine)) is not None:
            description = f"{engine.says[:1].upper()}{engine.says[1:]}."
            fields[engine.name] = (part, Field(part(), description=description))
    # A subclass of the model, of the same name.
    made: Any = create_model(model.__name__, __base__=model, __module__=model.__module__, **fields)
    made.__doc__ = model.__doc__
    return cast("_M", made)  # a subclass of the model, of the same name


def part_of(engine: type[EngineOptions]) -> type[Part] | None:
    """Return the model of what a definition says of an engine; ``None`` when it says nothing."""
    if engine.name not in _PARTS:
        said = {setting.name: (_value(setting, key), _field(key)) for setting, key in _keys(engine)}
        made = create_model(engine.__name__, __base__=Part, __doc__=engine.__doc__, **said) if said else None  # type: ignore[call-overload]
        _PARTS[engine.name] = made
    return _PARTS[engine.name]


_PARTS: dict[str, type[Part] | None] = {}


def catalogues() -> str:
    """Return the engines that have tables of their own, for a sentence."""
    return " or ".join(engine.title for engine in ENGINES if engine.has_catalogue)


def _keys(engine: type[EngineOptions]) -> Iterator[tuple[EngineSetting, Key]]:
    return ((setting, setting.key) for setting in engine.settings() if setting.key is not None)


def _field(key: Key) -> Any:
    return Field(None, description=key.description, examples=list(key.examples) or None)


def _value(setting: EngineSetting, key: Key) -> Any:
    kind: Any = _KINDS[setting.kind]
    if key.check is not None:
        kind = Annotated[kind, AfterValidator(key.check)]
    if key.pattern is not None:
        kind = Annotated[kind, WithJsonSchema({"type": "string", "pattern": key.pattern})]
    return kind | None


def _counts() -> str:
    first, *others = (engine.name for engine in ENGINES)
    return f"What counts: {first} (when absent), or {', '.join(others)}. The numbers do not depend on it."

"""Which engine counts: what the caller says, over what the definition says, over the first of the list."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from abtest import engines
from abtest.engines.engine import Engine
from abtest.engines.options import EngineOptions, Limits, Progress
from abtest.engines.remote import require_allowed, require_databases_allowed
from abtest.errors import UsageError


class Asking(Protocol):
    """What a definition says of engines."""

    @property
    def engine(self) -> str | None:
        """The name of the engine that is to count."""

    def engine_part(self, name: str) -> Mapping[str, object]:
        """Return what the part of an engine says, by key."""
        ...

    def addresses(self) -> Mapping[str, str]:
        """Return where the address of each database stands that a table is read from."""
        ...


class _Silent:
    """A definition that says nothing of engines."""

    engine = None

    def engine_part(self, name: str) -> Mapping[str, object]:
        del name
        return {}

    def addresses(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine, as a caller asks for it.

    ``name``: the engine, or ``None`` where the definition is to say. ``given``: what was said of engines, by name;
    those of which nothing was said may be absent. Where an engine leads to another machine, the definition's word
    alone does not do: the caller agrees to it with ``allow_remote``, or the user's settings list the machine.
    """

    name: str | None = None
    given: Mapping[str, EngineOptions] = field(default_factory=dict)
    allow_remote: bool = False

    @classmethod
    def of(
        cls, engine: str | EngineOptions | None = None, limits: Limits | None = None, *, allow_remote: bool = False
    ) -> Self:
        """Return the choice of a call from Python: an engine, its name, or neither; ``limits`` go before its own."""
        if isinstance(engine, type) and issubclass(engine, EngineOptions):
            raise UsageError(f"engine: {engine.__name__} is the kind; give {engine.__name__}() or {engine.name!r}")
        if isinstance(engine, EngineOptions):
            chosen = engine if limits is None else engine.within(limits)
            return cls(engine.name, {engine.name: chosen}, allow_remote)
        known = {each.name: each() if limits is None else each().within(limits) for each in engines.ENGINES}
        return cls(None if engine is None else named(engine).name, known, allow_remote)

    @classmethod
    def of_flags(cls, engine: str | None, given: Mapping[str, object], *, allow_remote: bool = False) -> Self:
        """Return the choice of a command line, whose options are ``given`` by parameter."""
        return cls(engine, {each.name: each.of_flags(given) for each in engines.ENGINES}, allow_remote)

    def kind(self, definition: Asking) -> type[EngineOptions]:
        """Return the engine that counts."""
        name = self.name or definition.engine
        return engines.ENGINES[0] if name is None else named(name)

    def resolved(self, definition: Asking) -> EngineOptions:
        """Return the engine with all that is said of it.

        An engine runs in one place: where the caller says anything of it, the definition's part does not count.
        Raises :class:`~abtest.errors.UsageError` for what is said of an engine that does not count, and for another
        machine that the definition alone leads to.
        """
        kind = self.kind(definition)
        self._require_used(kind)
        if not self.allow_remote:
            require_databases_allowed(definition.addresses())
        asked = self.given.get(kind.name) or kind()
        if asked.said():
            return asked
        part: Mapping[str, Any] = definition.engine_part(kind.name)
        asked = replace(asked, **part)
        if not self.allow_remote:
            require_allowed(asked)
        return asked

    def open(self, definition: Asking | None = None, progress: Progress | None = None) -> Engine:
        """Open the engine for a definition; the caller closes it. Raises as :meth:`resolved` and the engine do."""
        return self.resolved(definition or _Silent()).open(progress)

    def _require_used(self, kind: type[EngineOptions]) -> None:
        known = {flag.parameter for flag in kind.flags()}
        for other in self.given.values():
            values = {flag: _value(other, flag.name) for flag in other.flags() if flag.parameter not in known}
            said = [f"--{flag.flag}" for flag, value in values.items() if value is not None]
            if said:
                raise UsageError(
                    f"{', '.join(said)}: of the {other.name} engine, but the engine is {kind.name}; choose the "
                    f"{other.name} engine (--engine {other.name})"
                )


def named(name: str) -> type[EngineOptions]:
    """Return the engine of that name. Raises :class:`~abtest.errors.UsageError` when there is none."""
    for engine in engines.ENGINES:
        if engine.name == name:
            return engine
    raise UsageError(f"engine: {name!r} is none; known: {', '.join(each.name for each in engines.ENGINES)}")


def embedded(limits: Limits | None = None) -> EngineOptions:
    """Return the engine that reads what lies on this machine, where no definition names one."""
    first = engines.ENGINES[0]()
    return first if limits is None else first.within(limits)


def _value(asked: EngineOptions, name: str) -> object:
    return getattr(asked, name) if hasattr(asked, name) else getattr(asked.limits, name)

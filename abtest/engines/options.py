"""What a user may say of an engine: one class in the engine's folder, which YAML, command line and Python read.

Principle: a setting is said once, as a field of that class. Its :class:`Setting` names the flag of the command line
and, where a definition may say it too, the key of the YAML in the part that bears the engine's name. Nothing here is
heavy to import: an engine's own package is loaded when the engine is opened.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, cast

from abtest.errors import UsageError
from abtest.process.machine import memory, processors

if TYPE_CHECKING:
    from abtest.engines.engine import Engine

MOST_THREADS = 64
"""Threads that may be asked for on any machine; on a larger one, four for each processor."""
Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Key:
    """How a definition says a setting. ``check`` raises ``ValueError`` for a text that cannot be one.

    ``pattern`` is what editors know of ``check``.
    """

    description: str
    examples: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of the class: how the command line says it (``flag``, without dashes), and the YAML, if it does.

    ``kind``: text, a whole number from 1, or a path. ``default`` is what the help says that counts without it.
    It annotates a field, whose name it gets, and whose value is ``None`` unless it is said.
    """

    flag: str
    help: str
    default: str
    kind: type[str] | type[int] | type[Path] = str
    key: Key | None = None
    name: str = ""

    @property
    def parameter(self) -> str:
        """The flag as a name in Python."""
        return self.flag.replace("-", "_")


def _settings_of(found: tuple[Field[Any], ...]) -> Iterator[Setting]:
    for each in found:
        for said in getattr(each.type, "__metadata__", ()):
            if isinstance(said, Setting):
                yield replace(said, name=each.name)


def _require_kinds(said: "Limits | EngineOptions", where: str = "") -> None:
    """Raise :class:`~abtest.errors.UsageError` for a value that is not what its setting holds."""
    for setting in _settings_of(fields(said)):
        value = getattr(said, setting.name)
        if value is not None and (not isinstance(value, setting.kind) or isinstance(value, bool)):
            wanted = {str: "text", int: "a whole number", Path: "a pathlib.Path"}[setting.kind]
            raise UsageError(f"{where}{setting.name}: must be {wanted}, got {type(value).__name__}")


def require_threads(number: int, what: str) -> None:
    """Raise :class:`~abtest.errors.UsageError` for a number of threads that this machine cannot use."""
    if number < 1:
        raise UsageError(f"{what}: must be at least 1, got {number}")
    most = max(MOST_THREADS, 4 * processors())
    if number > most:
        raise UsageError(
            f"{what}: {number:,} are more than are of use here, where there are {processors()} processors; "
            f"ask for at most {most:,}, or leave it out to use them all"
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What an engine may use of this machine: memory such as ``4GB``, threads, and the folder to spill to.

    ``None``: 80 % of the memory and all of the processors that the machine, or the container, grants this process, and
    the system's temporary folder. More than there is cannot be asked for: memory that is not there ends the process,
    and threads without end slow it down.
    """

    memory: Annotated[
        str | None, Setting("memory-limit", "Memory of the engine, such as 4GB; more is spilled.", "80 % of it")
    ] = None
    threads: Annotated[int | None, Setting("threads", "Threads of the engine.", "all", int)] = None
    folder: Annotated[
        Path | None, Setting("temp-dir", "Folder for what does not fit into memory.", "the system's", Path)
    ] = None

    def __post_init__(self) -> None:
        _require_kinds(self)
        if self.memory is not None and not re.fullmatch(r"[1-9][0-9]{0,6}(\.[0-9]+)?\s*[KMGT]i?B", self.memory):
            raise UsageError(f"memory limit: must be an amount such as 4GB or 500MB, got {self.memory!r}")
        if self.memory is not None:
            _require_memory(self.memory)
        if self.threads is not None:
            require_threads(self.threads, "threads")
        if self.folder is not None and not (self.folder.is_dir() and os.access(self.folder, os.W_OK)):
            raise UsageError(f"temporary folder: {self.folder} is not a folder that can be written to")


def _require_memory(wanted: str) -> None:
    number, unit = re.split(r"\s*(?=[KMGT])", wanted, maxsplit=1)
    amount = float(number) * (1024 if "i" in unit else 1000) ** ("KMGT".index(unit[0]) + 1)
    there = memory()
    if there is not None and amount > there:
        raise UsageError(
            f"memory limit: {wanted} is more than the {there / 1e9:.1f} GB that this process may use; ask for "
            "less, or leave it out to use most of it"
        )


def _require_limits(given: object, kind: type[Limits]) -> None:
    if not isinstance(given, kind):
        told = type(given).__name__
        raise UsageError(f"limits: must be {kind.__name__}, such as {kind.__name__}(memory='4GB'), got {told}")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The other machines that an engine would ask. ``setting`` is the name of the field that leads to them.

    ``machines`` are addresses without what an address may carry along, such as a token.
    """

    setting: str
    machines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """An engine as a user asks for it. A new engine is a subclass in a folder of its own, and its name in the list.

    Fields with a :class:`Setting` say where the engine runs and how; ``limits`` what it may use of this machine, by a
    subclass of :class:`Limits` where it knows others.
    """

    name: ClassVar[str]
    """What the definition and the command line call it."""
    title: ClassVar[str]
    """What a text calls it."""
    about: ClassVar[str]
    """What it is for, in a few words."""
    says: ClassVar[str] = ""
    """What its part of a definition says, such as ``where Spark runs``; nothing without a part."""
    packages: ClassVar[tuple[str, ...]] = ()
    """The packages whose versions made the numbers."""
    has_catalogue: ClassVar[bool] = False
    """Whether it has tables of its own, which are no files."""

    limits: Limits = Limits()

    def __post_init__(self) -> None:
        _require_kinds(self, f"{self.name}.")
        _require_limits(self.limits, self.kind_of_limits())

    def open(self, progress: Progress | None = None) -> "Engine":
        """Open the engine; the caller closes it.

        ``progress`` is called with a label and a share in [0, 1], or ``None`` where it is not known.
        Raises :class:`~abtest.errors.UsageError` when what the engine needs is not installed, and
        :class:`~abtest.errors.DataError` when it cannot be reached.
        """
        raise NotImplementedError

    def elsewhere(self) -> Elsewhere | None:
        """Return the other machines that it would ask; ``None`` when it asks this one alone.

        Raises :class:`~abtest.errors.UsageError` for an address that is none.
        """
        return None

    def parquet_fault(self, path: Path) -> str | None:
        """Read a Parquet file whole; return what does not fit what its footer says, in a few words, else ``None``.

        Asked of the embedded engine alone.
        """
        raise NotImplementedError

    @classmethod
    def machines(cls, address: str) -> tuple[str, ...] | None:
        """Return the machines behind an address of the user's settings, as :class:`Elsewhere` writes them.

        ``None``: it is no address of this engine's. Raises :class:`~abtest.errors.UsageError` for one that cannot be.
        """
        del address
        return None

    @classmethod
    def misfit(cls, said: Mapping[str, object]) -> tuple[str, str] | None:
        """Return the key of its part of a definition that does not go with the others, and the cure; else ``None``."""
        del said
        return None

    @classmethod
    def functions(cls) -> str:
        """Return the functions that the queries count on, as the engine is given them, for who reads the queries."""
        raise NotImplementedError

    @classmethod
    def settings(cls) -> list[Setting]:
        """Return the settings that are its own, in their order."""
        return list(_settings_of(fields(cls)))

    @classmethod
    def kind_of_limits(cls) -> type[Limits]:
        """Return the class of its limits."""
        default = next(each.default for each in fields(cls) if each.name == "limits")
        return cast("type[Limits]", default.__class__)

    @classmethod
    def flags(cls) -> list[Setting]:
        """Return all settings of the command line: its own, then its limits."""
        return [*cls.settings(), *_settings_of(fields(cls.kind_of_limits()))]

    @classmethod
    def of_flags(cls, given: Mapping[str, object]) -> Self:
        """Return what was said on the command line, by parameter. Raises as the classes of options and limits do."""
        own = {each.name: given.get(each.parameter) for each in cls.settings()}
        limits = cls.kind_of_limits()
        bounds = {each.name: given.get(each.parameter) for each in _settings_of(fields(limits))}
        return cls(**own, limits=limits(**bounds))  # type: ignore[arg-type]

    def within(self, limits: Limits) -> Self:
        """Return the engine with these limits, those that only its own kind knows as they are."""
        _require_limits(limits, Limits)
        if isinstance(limits, self.kind_of_limits()):
            return replace(self, limits=limits)
        said = {each.name: getattr(limits, each.name) for each in fields(limits)}
        return replace(self, limits=replace(self.limits, **said))

    def said(self) -> dict[str, object]:
        """Return the settings that are said, by name."""
        values = {each.name: getattr(self, each.name) for each in self.settings()}
        return {name: value for name, value in values.items() if value is not None}

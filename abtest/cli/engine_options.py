"""The options of all commands that open the data: which engine counts, where it runs, and what it may use."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from abtest.cli.numbers import at_least
from abtest.cli.telling import tell

if TYPE_CHECKING:
    from abtest.engines.choice import Choice


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What was said on the command line; ``None`` is for the definition, or the engine, to say."""

    engine: str | None = None
    spark_master: str | None = None
    spark_remote: str | None = None
    allow_remote: bool = False
    memory_limit: str | None = None
    threads: int | None = None
    temp_dir: Path | None = None

    def refuse_without(self, option: str) -> None:
        """Raise :class:`~abtest.errors.UsageError` if any was given: without ``option`` no data are read."""
        said = [name for name in _OPTIONS if getattr(self, name) not in {None, False}]
        if said:
            from abtest.errors import UsageError

            names = ", ".join(f"--{name.replace('_', '-')}" for name in said)
            raise UsageError(f"{names}: without {option} no data are read; add {option}, or leave it out")

    def choice(self) -> "Choice":
        """Return the engine to open. Raises :class:`~abtest.errors.UsageError` for limits that cannot be."""
        from abtest.engines.choice import Choice
        from abtest.engines.engine import Limits

        limits = Limits(self.memory_limit, self.threads, self.temp_dir)
        return Choice(self.engine, self.spark_master, self.spark_remote, limits, self.allow_remote)


MemoryLimit = Annotated[
    str | None, typer.Option(help="Memory of the engine, such as 4GB; more is spilled.", show_default="80 % of it")
]
Threads = Annotated[
    int | None, typer.Option(parser=at_least(1), metavar="INTEGER", help="Threads of the engine.", show_default="all")
]
TempDir = Annotated[
    Path | None, typer.Option(help="Folder for what does not fit into memory.", show_default="the system's")
]

Verify = Annotated[
    bool,
    typer.Option(
        "--verify", help="First read every file through: checksums, statistics, a second count. Say what has none."
    ),
]

_OPTIONS: dict[str, object] = {
    "engine": Annotated[
        Literal["duckdb", "spark"] | None,
        typer.Option(
            help="What counts: embedded, or Spark for data beyond one machine.",
            show_default="the definition's, else duckdb",
        ),
    ],
    "spark_master": Annotated[
        str | None,
        typer.Option(help="Master URL, such as spark://host:7077.", show_default="the definition's, else this machine"),
    ],
    "spark_remote": Annotated[
        str | None,
        typer.Option(help="Spark Connect address, such as sc://host:15002.", show_default="the definition's"),
    ],
    "allow_remote": Annotated[
        bool, typer.Option("--allow-remote", help="Agree to run where the definition says, on another machine too.")
    ],
    "memory_limit": MemoryLimit,
    "threads": Threads,
    "temp_dir": TempDir,
}


def with_engine(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of the engine; it gets them as one value, ``options``.

    Typer reads options from a function's signature, so they are added to it, in the place of ``options``.
    """

    @functools.wraps(command)
    def run(**given: Any) -> None:
        command(**{key: value for key, value in given.items() if key not in _OPTIONS}, options=_taken(given))

    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name == "options":
            added = [
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=getattr(EngineOptions(), name), annotation=annotation
                )
                for name, annotation in _OPTIONS.items()
            ]
            parameters += added
        else:
            parameters.append(parameter)
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _taken(given: dict[str, Any]) -> EngineOptions:
    return EngineOptions(**{name: given[name] for name in _OPTIONS})


def note(text: str) -> None:
    """Say on stderr what could not be verified."""
    tell(f"note: {text}", err=True)

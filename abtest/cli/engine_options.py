"""The options of all commands that open the data: which engine counts, where it runs, and what it may use.

They are those of the engines in the list; a command names none of them.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from abtest.cli.numbers import at_least
from abtest.cli.telling import tell
from abtest.engines import ENGINES
from abtest.engines.options import EngineOptions, Setting

if TYPE_CHECKING:
    from abtest.engines.choice import Choice

Verify = Annotated[
    bool,
    typer.Option(
        "--verify", help="First read every file through: checksums, statistics, a second count. Say what has none."
    ),
]


@dataclass(frozen=True, slots=True)
class Given:
    """What was said on the command line, by parameter; ``None`` is for the definition, or the engine, to say."""

    values: Mapping[str, Any]

    def refuse_without(self, option: str) -> None:
        """Raise :class:`~abtest.errors.UsageError` if any was given: without ``option`` no data are read."""
        said = [name for name, value in self.values.items() if value is not None and value is not False]
        if said:
            from abtest.errors import UsageError

            names = ", ".join(f"--{name.replace('_', '-')}" for name in said)
            raise UsageError(f"{names}: without {option} no data are read; add {option}, or leave it out")

    def choice(self) -> "Choice":
        """Return the engine to open. Raises :class:`~abtest.errors.UsageError` for limits that cannot be."""
        from abtest.engines.choice import Choice

        return Choice.of_flags(self.values.get("engine"), self.values, allow_remote=self.agreed)

    @property
    def agreed(self) -> bool:
        """Whether the user agrees to other machines that the definition names."""
        return bool(self.values.get("allow_remote"))

    def embedded(self) -> EngineOptions:
        """Return the embedded engine, of a command that needs no other. Raises as :meth:`choice` does."""
        return ENGINES[0].of_flags(self.values)


def _option(setting: Setting) -> object:
    """Return the annotation by which Typer reads a setting."""
    said: dict[str, Any] = {"help": setting.help, "show_default": setting.default}
    if setting.kind is int:
        said |= {"parser": at_least(1), "metavar": "INTEGER"}
    return Annotated[setting.kind | None, typer.Option(f"--{setting.flag}", **said)]


def _options(settings: Iterable[Setting]) -> dict[str, object]:
    return {setting.parameter: _option(setting) for setting in settings}


def _of_all() -> dict[str, object]:
    names = [engine.name for engine in ENGINES]
    titles = ", or ".join(f"{engine.title}, {engine.about}" for engine in ENGINES)
    which = Annotated[
        Literal[*names] | None,  # type: ignore[valid-type]  # the names of the list
        typer.Option(help=f"What counts: {titles}.", show_default=f"the definition's, else {names[0]}"),
    ]
    agreed = Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Agree to what the definition says of other machines: where to run, which database to ask.",
        ),
    ]
    own = {parameter: option for engine in ENGINES for parameter, option in _options(engine.settings()).items()}
    limits = {parameter: option for engine in ENGINES for parameter, option in _options(engine.flags()).items()}
    return {"engine": which, **own, "allow_remote": agreed} | limits


def with_engine(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of all engines; it gets them as one value, ``options``."""
    return _with(_of_all(), command)


def with_embedded(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of the embedded engine alone; it gets them as one value, ``options``."""
    return _with(_options(ENGINES[0].flags()), command)


def _with(options: Mapping[str, object], command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with options in the place of ``options``: Typer reads them from a function's signature."""

    @functools.wraps(command)
    def run(**given: Any) -> None:
        own = {name: value for name, value in given.items() if name not in options}
        command(**own, options=Given({name: given[name] for name in options}))

    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name == "options":
            parameters += [
                inspect.Parameter(
                    name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=False if name == "allow_remote" else None,
                    annotation=annotation,
                )
                for name, annotation in options.items()
            ]
        else:
            parameters.append(parameter)
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def note(text: str) -> None:
    """Say on stderr what could not be verified."""
    tell(f"note: {text}", err=True)

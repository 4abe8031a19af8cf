"""``abtest init``: a first definition."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn, TypeVar

import typer

from abtest.cli.progress import ProgressLine
from abtest.cli.telling import tell

if TYPE_CHECKING:
    from abtest.init.draft import Draft
    from abtest.init.hints import Hints
    from abtest.init.survey import Given

T = TypeVar("T")
INTERRUPTED = 130


def command(
    template: Annotated[
        Literal["drip", "onboarding", "winback", "wide"] | None,
        typer.Option(help="A ready definition to edit.", show_default=False),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", help="Table of customers, or one wide file with the arm.", show_default=False),
    ] = None,
    assignments: Annotated[str | None, typer.Option(help="Table of assignments.", show_default=False)] = None,
    orders: Annotated[
        str | None, typer.Option(help="Table of orders; the same as --events orders=FILE.", show_default=False)
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="A further table of events; may be repeated.", show_default=False),
    ] = None,
    *,
    name: Annotated[
        str | None,
        typer.Option(help="Name of the experiment.", show_default="made from the template, the arms or the file"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.", show_default="<name>.yaml")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
    unit: Annotated[
        list[str] | None,
        typer.Option(metavar="[TABLE=]COLUMN", help="Column of the id; may be repeated.", show_default=False),
    ] = None,
    arm: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the arm.", show_default=False)] = None,
    control: Annotated[str | None, typer.Option(metavar="ARM", help="The control.", show_default=False)] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="[TABLE=]COLUMN", help="Column of the time; may be repeated.", show_default=False),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(metavar="[TABLE=]COLUMN", help="Column of an event's value; may be repeated.", show_default=False),
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Time zone of the dates.", show_default="UTC")] = None,
) -> None:
    """Write a commented definition: from a template, from a look at your files, or by asking.

    What was guessed is marked `check:` in the file; --unit, --arm, --control, --at, --value and --timezone overrule it.
    """
    from abtest.errors import UsageError
    from abtest.init.checks import experiment_name, time_zone

    _checked("--name", experiment_name, name)
    _checked("--timezone", time_zone, timezone)
    given = _given(source, assignments, orders, events or [])
    columns = {"unit": unit or [], "at": at or [], "value": value or []}
    overruled = [flag for flag, said in {**columns, "arm": arm, "control": control}.items() if said]
    if template is not None:
        _refuse_with_template([part.option for part in given], [flag for flag in overruled if flag != "unit"])
        _write_template(template, name, output, unit or [], timezone, force=force)
    elif given:
        hints = _hints(columns, arm, control, timezone, [part.name for part in given])
        _write_draft(given, hints, name, output, force=force)
    elif overruled or timezone is not None:
        raise UsageError(f"--{[*overruled, 'timezone'][0]}: give the files too: --from FILE, --assignments FILE, …")
    elif not sys.stdin.isatty():
        raise UsageError(
            "nobody is there to answer questions: give --template drip, onboarding, winback or wide; or your files by "
            "--from FILE with --assignments FILE and --orders FILE"
        )
    else:
        _interview(name, output, force=force)


def _checked(option: str, check: Callable[[str], object], text: str | None) -> None:
    from abtest.errors import UsageError

    try:
        if text is not None:
            check(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def _given(source: str | None, assignments: str | None, orders: str | None, events: list[str]) -> "list[Given]":
    from abtest.errors import UsageError
    from abtest.init.checks import event_table
    from abtest.init.survey import Given

    tables = {
        "customers": ("--from", source),
        "assignments": ("--assignments", assignments),
        "orders": ("--orders", orders),
    }
    given = [Given(name, option, path) for name, (option, path) in tables.items() if path is not None]
    for text in events:
        try:
            given.append(Given(event_table(text)[0], "--events", event_table(text)[1]))
        except ValueError as error:
            raise UsageError(f"--events: {error}") from None
    names = [part.name.lower() for part in given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"--events: the table {twice} is given twice; give each another name")
    if given and not {"customers", "assignments"} & set(names):
        raise UsageError("--orders and --events: the arms are missing; give --assignments FILE or --from FILE")
    if names == ["assignments"]:
        raise UsageError("--assignments: the outcomes are missing; give --orders, --events or --from")
    return given


def _refuse_with_template(files: list[str], overruled: list[str]) -> None:
    from abtest.errors import UsageError

    if files:
        raise UsageError(f"--template and {files[0]}: a template looks at no files; give one of the two")
    if overruled:
        raise UsageError(f"--template and --{overruled[0]}: a template guesses nothing; edit the file instead")


def _hints(
    columns: dict[str, list[str]], arm: str | None, control: str | None, timezone: str | None, tables: list[str]
) -> "Hints":
    from abtest.init.hints import Hints, column_hints

    return Hints(
        (
            *column_hints("unit", columns["unit"], tables),
            *column_hints("at", columns["at"], tables),
            *column_hints("value", columns["value"], tables),
        ),
        arm,
        control,
        timezone,
    )


def _write_template(
    kind: str, name: str | None, output: Path | None, unit: list[str], timezone: str | None, *, force: bool
) -> None:
    import dataclasses
    import datetime as dt

    from abtest.errors import UsageError
    from abtest.init.checks import some_text
    from abtest.init.templates import default_filling, templates

    if len(unit) > 1:
        raise UsageError("--unit: a template has one id column; give it once")
    _checked("--unit", some_text, unit[0] if unit else None)
    template = templates()[kind]
    today = dt.datetime.now(tz=dt.UTC).date()
    filling = default_filling(template, today, name or (_stem(output) if output else None))
    filling = dataclasses.replace(
        filling, unit=unit[0] if unit else filling.unit, timezone=timezone or filling.timezone
    )
    from abtest.init.templates import fill

    path = output or Path(f"{filling.name}.yaml")
    _write(fill(template, filling), path, force=force, simulated=kind == "drip")


def _stem(output: Path) -> str | None:
    """Return the file's name as the experiment's, if it can be one."""
    from abtest.init.checks import experiment_name

    try:
        return experiment_name(output.stem)
    except ValueError:
        return None


def _write_draft(given: "list[Given]", hints: "Hints", name: str | None, output: Path | None, *, force: bool) -> None:
    from abtest.init.writing import require_target

    if output is not None or name is not None:
        require_target(output or Path(f"{name}.yaml"), overwrite=force)  # before the long work, not after it
    draft = _survey(given, hints, name or (_stem(output) if output else None))
    _finish(draft, output, force=force)


def _survey(given: "list[Given]", hints: "Hints", name: str | None = None) -> "Draft":
    progress = ProgressLine()
    try:
        from abtest.engines.choice import embedded
        from abtest.init.survey import survey

        engine = embedded().open(progress)
        try:
            return survey(engine, given, hints, name)
        finally:
            engine.close()
    finally:
        progress.close()


def _finish(draft: "Draft", output: Path | None, *, force: bool) -> None:
    from abtest.init.writing import compose, found, relative_to

    path = output or Path(f"{draft.name}.yaml")
    _write(compose(draft, relative_to(path.parent)), path, force=force, told=found(draft))


def _write(text: str, path: Path, *, force: bool, simulated: bool = False, told: str | None = None) -> None:
    from abtest.init.writing import next_commands, simulate_command, write_definition

    write_definition(text, path, overwrite=force)
    tell(f"Written: {path}")
    if told is not None:
        tell(f"\n{told}\n")
    tell(next_commands(path, [simulate_command(path)] if simulated else [], data=told is not None))


def _interview(name: str | None, output: Path | None, *, force: bool) -> None:
    import datetime as dt
    from functools import partial

    from abtest.init.interview import choose_start, fill_in, look_at_files
    from abtest.init.templates import fill
    from abtest.process.signals import interruptible

    try:
        with interruptible():
            template = choose_start(_ask, tell)
            if template is None:
                draft = look_at_files(_ask, tell, _survey, name)
                path = output or _ask_path(draft.name, force=force)
                write = partial(_finish, draft, path, force=force)
            else:
                filling = fill_in(_ask, template, dt.datetime.now(tz=dt.UTC).date(), name)
                path = output or _ask_path(filling.name, force=force)
                text, simulated = fill(template, filling), template.name == "drip"
                write = partial(_write, text, path, force=force, simulated=simulated)
    except (typer.Abort, KeyboardInterrupt):
        _interrupted()
    write()  # from here on Ctrl-C has one answer again, which knows whether anything was written


def _interrupted() -> NoReturn:
    tell("\nStopped; nothing was written.", err=True)
    raise typer.Exit(INTERRUPTED)


def _ask(question: str, default: str, check: Callable[[str], T]) -> T:
    """Ask until the answer is right; Enter gives the default."""

    def checked(text: str) -> T:
        try:
            return check(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return typer.prompt(question, default=default, value_proc=checked, show_default=bool(default))  # type: ignore[no-any-return]


def _ask_path(name: str, *, force: bool) -> Path:
    from abtest.errors import UsageError
    from abtest.init.writing import require_target

    def free(text: str) -> Path:
        try:
            require_target(Path(text), overwrite=force)
        except UsageError as error:
            raise ValueError(
                str(error).replace("--output", "name").replace(", or overwrite it with --force", "")
            ) from None
        return Path(text)

    return _ask("File to write", f"{name}.yaml", free)


command.__name__ = "init"

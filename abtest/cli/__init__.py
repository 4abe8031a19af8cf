"""The command line: ``abtest COMMAND …``. Results go to stdout, progress and errors to stderr.

Exit codes: 0 done; 1 internal error; 2 usage or definition error; 3 data error; 4 a health check failed (the report is
written and marked invalid); 129, 130, 131 and 143 stopped by SIGHUP, Ctrl-C, SIGQUIT or SIGTERM.
"""

import sys
from typing import NoReturn

import typer

from abtest.cli import (
    analyze,
    assign,
    audit,
    compare,
    explain,
    init,
    lock,
    plan,
    report,
    retention,
    schema,
    simulate,
    validate,
)
from abtest.cli.telling import refuse_hidden, without_text
from abtest.errors import AbtestError, DefinitionError
from abtest.process.limits import ALL, CHARTS, ENGINE, STATISTICS, require_limits
from abtest.process.seclusion import source_date
from abtest.process.shortage import shortage

app = typer.Typer(
    name="abtest",
    help="Retention experiments, from a YAML definition to a report that you can forward.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(value: bool) -> None:
    if value:
        import importlib.metadata

        typer.echo(f"abtest {importlib.metadata.version('abtest')}")
        raise typer.Exit


_NEEDS = {
    "compare": STATISTICS,
    "plan": STATISTICS,
    "report": CHARTS,
    "assign": ENGINE,
    "audit": ENGINE,
    "simulate": ENGINE,
    "retention": ALL,
    "analyze": ALL,
}
"""What commands need whatever their options are. The others need nothing, or an engine, which asks for itself."""


@app.callback()
def _options(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    del version
    needed = _NEEDS.get(context.invoked_subcommand or "")
    if "--help" not in sys.argv:
        source_date()  # one that is no date keeps libraries from being imported
        if needed is not None:
            require_limits(needed)


for module in (
    init,
    validate,
    explain,
    plan,
    lock,
    analyze,
    compare,
    assign,
    audit,
    report,
    retention,
    simulate,
    schema,
):
    app.command()(module.command)


def main() -> None:
    """Run the command line and leave with the documented exit code."""
    try:
        refuse_hidden(sys.argv[1:])
        app()
    except DefinitionError as error:
        from abtest.cli.places import underlined

        _fail(underlined(error.diagnostics, sys.stderr), error.exit_code)
    except AbtestError as error:
        _fail(str(error), error.exit_code)
    except Exception as error:
        known = shortage(error)
        if known is not None:
            _fail(str(known), known.exit_code)
        print(without_text(error), file=sys.stderr)
        _fail(f"internal error: {type(error).__name__}; this is a bug in abtest, please report it", 1)


def _fail(message: str, code: int) -> NoReturn:
    if message:
        print(message, file=sys.stderr)
    sys.exit(code)

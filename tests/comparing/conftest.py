"""Runs of ``abtest compare`` in this process, with the exit code that the command line gives."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import typer

from abtest.cli.compare import command
from abtest.errors import AbtestError


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)

    def runner(*words: str) -> Run:
        code = 0
        try:
            app(list(words))
        except AbtestError as error:
            print_error, code = str(error), error.exit_code
            return Run(code, capsys.readouterr().out, print_error)
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 0
        return Run(code, *capsys.readouterr())

    return runner

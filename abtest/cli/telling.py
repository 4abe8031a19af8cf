"""What commands print: whatever stands in it, no hidden character of it reaches a terminal."""

import re
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from abtest.errors import UsageError
from abtest.words.visible import hidden, visible


def tell(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print ``text``, with hidden characters written out; its lines and tabs are ours."""
    typer.echo(visible(text, lines=True), err=err, nl=nl)


def refuse_hidden(arguments: Sequence[str]) -> None:
    """Refuse an argument in which a character hides: a name that a shell found may be a stranger's.

    Errors about arguments quote them. Lines and tabs are layout, in a condition that goes over several. Half of a
    surrogate pair is a byte of a name that is not UTF-8, which no terminal is told.
    """
    for argument in arguments:
        found = next((c for c in argument if hidden(c) and not "\ud800" <= c <= "\udfff"), None)
        what = hidden(re.sub("[\n\t\ud800-\udfff]", " ", argument)) if found else None
        if what is not None:
            raise UsageError(f"the argument '{visible(argument)[:80]}' holds {what}, which nobody sees; remove it")


def without_text(error: BaseException) -> str:
    """Return where a bug is, for a report of it, and of what kind; its own words may quote a customer's row."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return "\n".join(f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames)

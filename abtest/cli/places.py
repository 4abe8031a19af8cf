"""Diagnostics as a terminal shows them: the message, the line of the file, the place underlined."""

import os
from collections.abc import Sequence
from typing import TextIO

from abtest.grammar.diagnostics import Diagnostic

_RED, _YELLOW, _BOLD, _DIM, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


def underlined(diagnostics: Sequence[Diagnostic], stream: TextIO) -> str:
    """Return the diagnostics as text for ``stream``, in colour when it is a terminal."""
    colour = stream.isatty() and not os.environ.get("NO_COLOR")
    texts = [_coloured(found) if colour else found.underlined() for found in diagnostics]
    errors = sum(found.severity == "error" for found in diagnostics)
    if errors > 1:
        texts.append(f"{errors} errors")
    return "\n".join(texts)


def _coloured(found: Diagnostic) -> str:
    head, *rest = found.underlined().split("\n")
    hue = _RED if found.severity == "error" else _YELLOW
    lines = [f"{_BOLD}{head}{_PLAIN}"]
    for number, line in enumerate(rest):
        gutter, bar, text = line.partition(" |")
        lines.append(f"{_DIM}{gutter}{bar}{_PLAIN}" + (f"{hue}{text}{_PLAIN}" if number == len(rest) - 1 else text))
    return "\n".join(lines)

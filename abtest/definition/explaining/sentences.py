"""Sentences as a terminal shows them: short headings, wrapped lines, words that agree in number."""

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 100


def section(heading: str, lines: Iterable[str]) -> str:
    """Return a heading with its wrapped lines below, or nothing when there are none.

    A line that starts with ``- `` or a number and a point is an entry of a list; blanks in front of it indent it.
    """
    wrapped = [wrap(line) for line in lines]
    return "\n".join([heading, *wrapped]) if wrapped else ""


def wrap(line: str) -> str:
    """Return a line cut to :data:`WIDTH`; what follows stands below its text."""
    text = line.lstrip(" ")
    indent = " " * min(len(line) - len(text), WIDTH // 2)
    marker = next((mark for mark in ("- ", *(f"{number}. " for number in range(1, 10))) if text.startswith(mark)), "")
    text = " ".join(text.split())
    further = indent + " " * len(marker)
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False)


def listed(names: Sequence[str], last: str = "and") -> str:
    """Return ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def plural(count: int, noun: str) -> str:
    """Return ``1 day`` or ``42 days``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def percent(share: float) -> str:
    """Return ``95 %`` or ``33.3 %``: as many digits as say it, at most four."""
    return f"{share * 100:.4g} %"

"""What is wrong, or doubtful, with a definition: where it stands, and what to do.

A diagnostic is a value: one line of text for a log, the underlined place for a terminal, an object for an editor.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from abtest.errors import DefinitionError
from abtest.words.visible import visible

Severity = Literal["error", "warning"]
_WIDEST = 160
"""Characters of a source line that are shown; a longer one is cut around the place."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. Lines and columns count from 1; ``end_column`` is the first column after the place.

    ``file`` is empty and the numbers are 0 for a definition that was made in Python. ``source`` is the line itself.
    """

    severity: Severity
    code: str
    file: str
    line: int
    column: int
    end_column: int
    key: str
    message: str
    source: str | None = None

    def __str__(self) -> str:
        """Return ``drip.yaml:12:5: arms[1].weight: must be greater than 0 (got -3)``."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        warning = f" [{self.code}]" if self.severity == "warning" else ""
        return visible(f"{place}: " + (f"{self.key}: " if self.key else "") + self.message + warning, lines=True)

    def underlined(self) -> str:
        """Return the text and below it the line of the file with the place underlined."""
        if self.source is None:
            return str(self)
        line, start, end = _cut(self.source, self.column - 1, self.end_column - 1)
        number = str(self.line)
        gap = " " * len(number)
        # A tab stays a tab below, so that the mark stands under the place however wide the terminal shows it.
        before = "".join("\t" if character == "\t" else " " * _columns(character) for character in line[:start])
        mark = "^" * max(1, sum(_columns(character) for character in line[start:end]))
        return f"{self}\n{gap} |\n{number} | {line}\n{gap} | {before}{mark}"

    def as_dict(self) -> dict[str, str | int | None]:
        """Return the fields, for JSON."""
        fields = asdict(self)
        del fields["source"]
        return fields


def refuse(file: str, line: int, column: int, message: str, *, source: str | None = None) -> DefinitionError:
    """Return the error for a file that cannot be read as a definition at all."""
    return DefinitionError([Diagnostic("error", "syntax", file, line, column, column + 1, "", message, source)])


def ordered(diagnostics: Iterable[Diagnostic], files: list[str]) -> list[Diagnostic]:
    """Return each diagnostic once, in the order of the files and of the places in them."""
    order = {file: number for number, file in enumerate(files)}
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda found: (order.get(found.file, len(order)), found.line, found.column))


def _cut(line: str, start: int, end: int) -> tuple[str, int, int]:
    line = "".join(character if character.isprintable() or character == "\t" else "·" for character in line)
    start, end = min(start, len(line)), min(end, len(line))
    if len(line) <= _WIDEST:
        return line, start, end
    first = max(0, start - _WIDEST // 2)
    last = first + _WIDEST
    head, tail = ("…" if first else ""), ("…" if last < len(line) else "")
    return head + line[first:last] + tail, start - first + len(head), min(end, last) - first + len(head)


def _columns(character: str) -> int:
    """Return the cells of a terminal that a character takes."""
    import unicodedata

    # Marks without a width of their own, and the vowels and final consonants that join a Korean syllable.
    if unicodedata.category(character) in {"Mn", "Me"} or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

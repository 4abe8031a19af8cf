"""The one family of exceptions, each with the exit code that the command line gives it."""

from typing import TYPE_CHECKING

from abtest.words.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abtest.grammar.diagnostics import Diagnostic


class AbtestError(Exception):
    """Something the user can put right. The message says what is wrong, where, and what to do.

    Names in it may be a stranger's: no hidden character of it is left.
    """

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(visible(message, lines=True))


class UsageError(AbtestError):
    """A command or function was called with arguments that do not fit together."""

    exit_code = 2


class DefinitionError(AbtestError):
    """The experiment definition is not valid. Its message has one line per problem, in file order.

    ``diagnostics`` holds the same problems as values: file, line, columns, key, message, code.
    """

    exit_code = 2

    def __init__(self, diagnostics: "Sequence[Diagnostic]") -> None:
        super().__init__("\n".join(str(diagnostic) for diagnostic in diagnostics))
        self.diagnostics = tuple(diagnostics)


class DataError(AbtestError):
    """The data cannot be read, or is not what the definition says it is."""

    exit_code = 3


class MachineError(AbtestError):
    """The machine does not give what is needed: memory, threads, open files, a place to write to."""

    exit_code = 3

"""The one family of exceptions, each with the exit code that the command line gives it."""


class AbtestError(Exception):
    """Something the user can put right. The message says what is wrong, where, and what to do."""

    exit_code = 1


class UsageError(AbtestError):
    """A command or function was called with arguments that do not fit together."""

    exit_code = 2


class DefinitionError(AbtestError):
    """The experiment definition is not valid. Its message has one line per problem, in file order."""

    exit_code = 2


class DataError(AbtestError):
    """The data cannot be read, or is not what the definition says it is."""

    exit_code = 3

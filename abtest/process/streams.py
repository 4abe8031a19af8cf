"""Standard input, output and errors of the process: always there, and a failure to write has one meaning each.

Principles: nothing that is opened later takes the number of a stream that was closed, or a library that prints would
write into a data file. The results that stdout carries are what a command is for, so that losing them is an error; what
stderr carries is not, and is lost in silence. A reader that has seen enough, such as ``head``, is no error.
"""

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from abtest.errors import AbtestError, UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class ReaderGone(AbtestError):  # noqa: N818 - it ends the run, but nothing went wrong
    """Nobody reads the output any more: the run ends without a word, with the exit code of ``SIGPIPE``."""

    exit_code = 141


class OutputError(UsageError):
    """The output cannot be written: a full disk, or a terminal that went away."""


class _Output(io.FileIO):
    """The file below stdout, whose errors are ours, so that none is mistaken for another file's."""

    _lost = False

    def write(self, data: "ReadableBuffer", /) -> int:
        if self._lost:  # what is left in the stream when the process ends is lost with the rest
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except BrokenPipeError:
            self._lost = True
            raise ReaderGone from None
        except OSError as error:
            self._lost = True
            raise OutputError(
                f"stdout: the output cannot be written: {error.strerror or error}; send it to another place"
            ) from None


class _Errors(io.FileIO):
    """The file below stderr, whose errors nobody could be told of."""

    def write(self, data: "ReadableBuffer", /) -> int:
        with suppress(OSError):
            return super().write(data)
        return memoryview(data).nbytes


def secure_streams() -> None:
    """Make the three streams of this process such as the module says; those that somebody replaced stay."""
    _occupy()
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it lives as long as the process
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(_Output(1, "wb", closefd=False), sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Errors(2, "wb", closefd=False), sys.stderr)


def _occupy() -> None:
    """Open nothing in the place of each stream that is closed; the system gives the lowest free number."""
    for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, mode)


def _text(file: io.FileIO, before: TextIO | None) -> TextIO:
    """Return ``file`` as a stream of text as it was ``before``; what it cannot show is replaced, and no error."""
    encoding = before.encoding if before is not None else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(file), encoding, errors="replace", line_buffering=file.isatty())

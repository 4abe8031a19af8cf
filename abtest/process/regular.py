"""Opens ordinary files, and nothing else: what stands under a file's name may be a pipe, a device or a socket.

Principle: nobody's folder makes a command wait. A pipe that nobody writes to is opened too, seen for what it is, and
refused, instead of being waited for.
"""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: str | Path) -> BufferedReader:
    """Open an ordinary file, or a link to one, to read it. Raises :class:`OSError`, also for what is no such file."""
    number = os.open(path, _FLAGS)
    try:
        mode = os.fstat(number).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def open_given(path: Path) -> BufferedReader:
    """Open what a user gives by its name: an ordinary file, or a stream that the shell hands over, as ``<(…)`` does."""
    handed = path.is_absolute() and path.parts[1:2] in (("dev",), ("proc",))
    return path.open("rb") if handed else open_regular(path)

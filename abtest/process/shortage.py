"""What the machine does not give: memory, threads, open files, room on a disk. It is no bug, and has a cure.

Principle: libraries say it in many ways (an import that fails, a signal, an error of their own, the end of the
process), and most of them wrongly. Here each way is recognised by its cause, from whichever library it comes.
"""

import errno
from collections.abc import Iterator

from abtest.errors import MachineError

_MEMORY = "memory ran out; allow more (`ulimit -v`, the limit of the container), or close other programs"
_THREADS = "no more threads can be started; allow more (`ulimit -u`, the limit of the container)"
_FILES = "too many files are open at once; allow more (`ulimit -n`)"
_DISK = "free some space, or choose another place (TMPDIR for temporary files)"
_PLACE = "choose another place (TMPDIR for temporary files), or allow it"

# What libraries say of the system's refusals, in lower case; the most telling first.
_SIGNS = (
    ("start new thread", _THREADS),
    ("resource temporarily unavailable", _THREADS),
    ("too many open files", _FILES),
    ("cannot allocate memory", _MEMORY),
    ("failed to map segment", _MEMORY),
    ("unable to allocate", _MEMORY),
    ("bad allocation", _MEMORY),
    ("bad_alloc", _MEMORY),
    ("out of memory", _MEMORY),
    ("memory allocation", _MEMORY),
)
_CAUSES = {errno.ENOMEM: _MEMORY, errno.EAGAIN: _THREADS, errno.EMFILE: _FILES, errno.ENFILE: _FILES}
_PLACES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _DISK),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR), _PLACE),
    **dict.fromkeys((errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE), "see whether the disk or the share is well"),
}


def shortage(error: BaseException) -> MachineError | None:
    """Return what the machine did not give if that is why ``error`` was raised, with the cure; ``None`` if not."""
    for cause in _causes(error):
        said = _said(cause)
        if said is not None:
            return MachineError(said)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Return the error and those it came from, the first cause first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return reversed(chain)


def _said(error: BaseException) -> str | None:
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return _MEMORY
    if isinstance(error, OSError) and error.errno is not None:
        return _of_system(error)
    # What the native part of a library raises is of a module with such a name.
    native = type(error).__module__.startswith("_")
    if native or isinstance(error, ImportError | RuntimeError | SystemError):
        text = str(error).lower()
        return next((cure for sign, cure in _SIGNS if sign in text), None)
    return None


def _of_system(error: OSError) -> str | None:
    if error.errno in _CAUSES:
        return _CAUSES[error.errno]
    if error.errno == errno.ENOENT and error.strerror is not None and "temporary directory" in error.strerror:
        return "no temporary folder can be written to; set TMPDIR to one that can, with some space free"
    if error.errno in _PLACES:
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}{error.strerror}; {_PLACES[error.errno]}"
    return None

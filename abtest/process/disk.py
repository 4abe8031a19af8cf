"""The calls of the operating system by which files come to be in place.

There is one way for all of them, :func:`call`, which is told the name of each. A test that puts its own function in its
place (``disk.call = mine``, in any process) sees them, counts them, and fails or kills at any.
"""

import contextlib
import errno
import functools
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

P = ParamSpec("P")
T = TypeVar("T")

WRITING = ("open", "write", "fsync", "chmod", "rename", "rename_new", "exchange", "link", "mkdir", "unlink", "rmdir")
"""The names of the calls that change a disk, or vouch for it."""
LOOKING = ("stat", "scan", "read", "open_folder", "lock")
"""The names of the others."""

_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_UNLINKABLE = {*_UNSUPPORTED, errno.EPERM, errno.EXDEV, errno.EMLINK}
_NO_REPLACE, _EXCHANGE = 1, 2  # Linux: RENAME_NOREPLACE, RENAME_EXCHANGE
_SWAP_MAC, _EXCL_MAC = 2, 4  # macOS: RENAME_SWAP, RENAME_EXCL
_AT_FDCWD = -100
_BLOCK = 1 << 20
_TRIES = 3


def call(name: str, function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Make one call of the operating system; ``name`` is one of :data:`WRITING` or :data:`LOOKING`."""
    del name
    return function(*arguments, **options)


def write(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a new file and see it on the disk; ``mode`` holds its permissions where they are not the usual ones."""
    number = call("open", os.open, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[call("write", os.write, number, rest[:_BLOCK]) :]
        if mode is not None:
            call("chmod", os.chmod, path, mode)
        call("fsync", os.fsync, number)
    finally:
        close(number)


def copy(old: Path, new: Path, mode: int | None = None) -> None:
    """Give a whole file of ours a second name, or where a disk has no links, a copy; and see it on the disk."""
    try:
        call("link", os.link, old, new)
    except OSError as error:
        if error.errno not in _UNLINKABLE:
            raise
        call("write", shutil.copyfile, old, new)
    sync(new)
    if mode is not None:
        call("chmod", os.chmod, new, mode)


def sync(path: Path) -> None:
    """See the content of a file on the disk."""
    number = call("open", os.open, path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        call("fsync", os.fsync, number)
    finally:
        close(number)


def sync_folder(path: Path) -> None:
    """See the names in a folder on the disk, where the system can do that for folders."""
    try:
        number = call("open_folder", os.open, path, os.O_RDONLY)
    except PermissionError:  # Windows; or a folder that may be written to, but not listed
        return
    try:
        call("fsync", os.fsync, number)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        close(number)


def chmod(path: Path, mode: int) -> None:
    """Set permissions."""
    call("chmod", os.chmod, path, mode)


def rename(old: Path, new: Path) -> None:
    """Give a file or folder another name, in place of a file that has it."""
    call("rename", os.replace, old, new)


def rename_new(old: Path, new: Path) -> None:
    """Give a file or folder a name that nothing has; otherwise raises :class:`FileExistsError`.

    Also where two try at once, but for disks that know neither such a rename nor links.
    """
    try:
        call("rename_new", _renamed, old, new, _NO_REPLACE, _EXCL_MAC)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    else:
        return
    if not stat.S_ISDIR(call("stat", os.lstat, old).st_mode):
        try:
            call("link", os.link, old, new)
        except OSError as error:
            if error.errno not in _UNLINKABLE:
                raise
        else:
            call("unlink", os.unlink, old)
            return
    # A disk without links too. Taking the name first, by an empty file, would leave that where the process is killed.
    if look(new) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new))
    call("rename", os.rename, old, new)  # never over a folder that holds anything


def exchange(one: Path, other: Path) -> None:
    """Have two folders change places in one step. Raises :class:`NotImplementedError` where the system cannot."""
    try:
        call("exchange", _renamed, one, other, _EXCHANGE, _SWAP_MAC)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            raise NotImplementedError from None
        raise


def mkdir(path: Path, mode: int = 0o777) -> None:
    """Make a folder."""
    call("mkdir", os.mkdir, path, mode)


def unlink(path: Path) -> None:
    """Remove a file or link, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        call("unlink", os.unlink, path)


def rmdir(path: Path) -> None:
    """Remove an empty folder."""
    call("rmdir", os.rmdir, path)


def remove_tree(path: Path) -> None:
    """Remove a folder of ours with all that is in it, without following links; what cannot be removed stays."""

    def ignore(*_: object) -> None:
        pass

    with contextlib.suppress(OSError):
        call("rmdir", shutil.rmtree, path, onerror=ignore)


def read(path: Path, most: int) -> bytes:
    """Return the content of a regular file of at most so many bytes, by no link; otherwise raise :class:`OSError`."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    number = call("read", os.open, path, flags)
    with open(number, "rb") as file:  # noqa: PTH123 - a number, not a path
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode) or found.st_size > most:
            raise OSError(errno.EINVAL, "is not what it should be", str(path))
        return file.read(most)


def look(path: Path) -> os.stat_result | None:
    """Return what stands at a path, a link itself and not where it leads; ``None`` for nothing."""
    try:
        return call("stat", os.lstat, path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def names(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return sorted(call("scan", os.listdir, folder))


def device(path: Path) -> int:
    """Return the number of the disk that a path lies on."""
    return call("stat", os.stat, path).st_dev


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[int]:
    """Give the number by which the system knows an open folder, for :func:`try_lock`."""
    number = open_folder(folder)
    try:
        yield number
    finally:
        close(number)


def close(number: int) -> None:
    """Close what is open. What had to be on the disk is there by then, so an error has nothing to say."""
    with contextlib.suppress(OSError):
        os.close(number)


def open_folder(folder: Path) -> int:
    """Open a folder, not a link to one, and return its number."""
    return call(
        "open_folder", os.open, folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
    )


def try_lock(number: int) -> bool | None:
    """Lock an open folder against others. ``False``: somebody has it. ``None``: folders here have no locks.

    The lock goes with the process, however it ends.
    """
    if fcntl is None:
        return None
    for _ in range(_TRIES):  # a system that has no lock to give now may have one at once
        try:
            call("lock", fcntl.flock, number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            continue
        return True
    return None


def _renamed(old: Path, new: Path, linux: int, mac: int) -> None:
    """Rename with a flag that Python does not offer."""
    import ctypes

    system = _flagged()
    if system is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if sys.platform == "darwin":
        done = system(os.fsencode(old), os.fsencode(new), mac)
    else:
        done = system(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), linux)
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(old), None, str(new))


@functools.cache
def _flagged() -> Callable[..., Any] | None:
    """Return the system's function that renames with flags; ``None`` where there is none."""
    import ctypes

    try:
        library = ctypes.CDLL(None, use_errno=True)
        found: Callable[..., Any] = library.renamex_np if sys.platform == "darwin" else library.renameat2
    except (OSError, AttributeError, TypeError):
        return None
    return found

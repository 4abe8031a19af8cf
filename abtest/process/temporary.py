"""Temporary folders that are gone at the end, whatever the end is: done, an error, a signal; after ``kill -9``, later.

A folder of ours is locked for as long as its process lives, and the lock goes with the process. So whoever makes the
next one beside it knows which of them nobody needs any more, and removes those.
"""

import errno
import os
import re
import stat
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from abtest.errors import UsageError
from abtest.process import disk
from abtest.process.signals import on_stop

NAME = re.compile(r"\.?abtest-[0-9a-f]{12}")
"""What our temporary folders are called, and nothing else is."""
_TRIES = 20
_ours: set[Path] = set()
"""The folders of this process, which it never takes for abandoned, also where they could not be locked."""


class TemporaryFolder:
    """A new folder in ``home`` (the system's when ``None``); ``path`` is where it is.

    Removed by :meth:`remove`, when it is forgotten, when a signal ends the process, and by the next of its kind when
    the process was killed. It is for this user alone unless ``mode`` says otherwise. Where it cannot be made, raises
    :class:`~abtest.errors.UsageError`; or :class:`OSError`, for a caller who knows what it is for (``told=False``).
    """

    def __init__(
        self, home: Path | str | None = None, prefix: str = ".abtest-", mode: int = 0o700, *, told: bool = True
    ) -> None:
        try:
            self._make(Path(system_folder() if home is None else home).absolute(), prefix, mode)
        except OSError as error:
            if not told:
                raise
            raise UsageError(
                f"temporary folder: cannot be made{f' in {home}' if home else ''}: {error.strerror or error}; name "
                "another place with --temp-dir or TMPDIR"
            ) from error

    def _make(self, where: Path, prefix: str, mode: int) -> None:
        sweep(where)
        for _ in range(_TRIES):
            self.path = where / f"{prefix}{os.urandom(6).hex()}"
            forget = on_stop(partial(_remove, self.path))  # before it is there: a signal may come between
            try:
                disk.mkdir(self.path, mode)
                _ours.add(self.path)
                lock = _hold(self.path)
            except BaseException:
                _ours.discard(self.path)
                _remove(self.path)
                forget()
                raise
            self._finalizer = weakref.finalize(self, _end, self.path, forget, lock)
            if lock is not None:
                return
            self.remove()  # another process came between and takes it for one that nobody needs
        raise BlockingIOError(errno.EAGAIN, "others keep removing it", str(where))

    def remove(self) -> None:
        """Remove the folder and what is in it; without an error if that cannot be. It may have moved away."""
        self._finalizer()


def system_folder() -> str:
    """Return the system's folder for temporary files; raises :class:`FileNotFoundError` where there is none.

    Python's own way to find it writes a file there to try, which a killed process leaves behind. This one only looks,
    and has Python believe it, so that no library tries either.
    """
    if tempfile.tempdir is None:
        named = [found for found in map(os.environ.get, ("TMPDIR", "TEMP", "TMP")) if found]
        usual = ["/tmp", "/var/tmp"] if os.name == "posix" else []  # noqa: S108 - where the system has it
        for place in (*named, *usual, os.curdir):
            if os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK):  # noqa: PTH112
                tempfile.tempdir = os.path.abspath(place)  # noqa: PTH100
                break
    if tempfile.tempdir is None:
        raise FileNotFoundError(errno.ENOENT, "there is no folder for temporary files that can be written to")
    return os.fsdecode(tempfile.tempdir)


def sweep(home: Path) -> None:
    """Remove the temporary folders in ``home`` whose processes are gone. Never anything else, and never an error."""
    with suppress(OSError):
        for name in disk.names(home):
            if NAME.fullmatch(name):
                with suppress(OSError):
                    _sweep(home / name)


def abandoned(path: Path) -> int | None:
    """Return the number of a folder of this user's whose process is gone, locked; ``None`` where that is not known."""
    found = disk.look(path)
    if path in _ours or found is None or not stat.S_ISDIR(found.st_mode) or not mine(found):
        return None
    number = disk.open_folder(path)
    if disk.try_lock(number) and _still(path, number):
        return number
    disk.close(number)
    return None


def _still(path: Path, number: int) -> bool:
    """Whether a folder that was opened is still the one at its path; to be asked once it is locked."""
    found = disk.look(path)
    return found is not None and os.path.samestat(os.fstat(number), found)


def mine(found: os.stat_result) -> bool:
    """Whether something belongs to the user that this process runs as."""
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


@contextmanager
def temporary_folder(home: Path | str | None = None) -> Iterator[Path]:
    """Give a temporary folder in ``home``."""
    folder = TemporaryFolder(home)
    try:
        yield folder.path
    finally:
        folder.remove()


@contextmanager
def temporary_path(path: Path) -> Iterator[Path]:
    """Give ``path``, for a file or folder that is removed at the end if it is still there."""
    forget = on_stop(partial(_remove, path))
    try:
        yield path
    finally:
        _end(path, forget)


def _sweep(path: Path) -> None:
    number = abandoned(path)
    if number is not None:
        try:
            _remove(path)
        finally:
            disk.close(number)


def _hold(path: Path) -> int | None:
    """Lock a folder that was just made; ``None`` when another process has it already, to remove it."""
    try:
        number = disk.open_folder(path)
    except FileNotFoundError:
        return None
    if disk.try_lock(number) is not False and _still(path, number):
        return number
    disk.close(number)
    return None


def _end(path: Path, forget: Callable[[], None], lock: int | None = None) -> None:
    _ours.discard(path)
    _remove(path)
    forget()
    if lock is not None:
        disk.close(lock)


def _remove(path: Path) -> None:
    """Remove a file or folder. More than once: an engine that was stopped may have been about to write to it."""
    for _ in range(_TRIES):
        with suppress(OSError):
            found = disk.look(path)
            if found is None:
                return
            if stat.S_ISDIR(found.st_mode):
                disk.remove_tree(path)
            else:
                disk.unlink(path)

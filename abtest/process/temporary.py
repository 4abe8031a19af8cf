"""Temporary folders and files that are gone at the end, whatever the end is: done, an error, Ctrl-C or SIGTERM."""

import shutil
import tempfile
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from abtest.process.signals import on_stop

_TRIES = 20


class TemporaryFolder:
    """A new folder in ``home`` (the system's when ``None``), for this user alone; ``path`` is where it is.

    Removed by :meth:`remove`, when it is forgotten, and when a signal ends the process. Raises :class:`OSError` where
    it cannot be made.
    """

    def __init__(self, home: Path | str | None = None, prefix: str = ".abtest-") -> None:
        self.path = Path(tempfile.gettempdir() if home is None else home) / f"{prefix}{uuid.uuid4().hex[:12]}"
        self._forget = on_stop(partial(_remove, self.path))  # before it is there: a signal may come between
        self._finalizer = weakref.finalize(self, _end, self.path, self._forget)
        self.path.mkdir(0o700)

    def remove(self) -> None:
        """Remove the folder and what is in it; without an error if that cannot be."""
        self._finalizer()


def nearest_folder(folder: Path) -> Path:
    """Return ``folder``, or what stands in its place: the nearest folder above it that exists, or a file."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return place


@contextmanager
def temporary_folder(home: Path | str | None = None) -> Iterator[Path]:
    """Give a temporary folder in ``home``, such as the folder that its files are moved to once they are whole."""
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


def _end(path: Path, forget: Callable[[], None]) -> None:
    _remove(path)
    forget()


def _remove(path: Path) -> None:
    """Remove a file or folder. More than once: an engine that was stopped may have been about to write to it."""
    for _ in range(_TRIES):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        if not path.exists():
            return

"""A set of files in a folder that holds other people's files too: written down whole, then put in place one by one.

Principle: one rename decides. Before it the new set lies in a temporary folder, and a process that ends leaves the old
set. After it the new set is there, whole and on the disk, under a name that says so, and whoever comes next puts in
place what is not yet. Nothing that is not of the old or the new set is touched.
"""

import contextlib
import errno
import re
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import ParamSpec, TypeVar

from abtest.errors import UsageError
from abtest.process import disk
from abtest.process.temporary import TemporaryFolder, abandoned
from abtest.process.unfinished import FILES, Note, Strange, digest, dissolve, read_note, write_note

P = ParamSpec("P")
T = TypeVar("T")

NAME = re.compile(r"\.abtest-commit-[0-9a-f]{12}")
_TRIES = 3


def commit(staged: TemporaryFolder, folder: Path, names: Collection[str], stale: Collection[str]) -> None:
    """Put the files of ``staged``, which lies in ``folder``, into ``folder``, and remove the ``stale`` ones.

    Raises :class:`OSError` when nothing was done, and :class:`~abtest.errors.UsageError` when all is written but not in
    place.
    """
    note = write_note(staged.path, folder.name, names, stale)
    decided = staged.path.with_name(staged.path.name.replace(".abtest-", ".abtest-commit-"))
    disk.rename(staged.path, decided)
    with contextlib.suppress(OSError):
        disk.sync_folder(folder)
    _finish(decided, folder, note)


def waiting(folder: Path) -> list[Path]:
    """Return the sets that were decided and may not be in place yet."""
    return [folder / name for name in disk.names(folder) if NAME.fullmatch(name)]


def recover(folder: Path, *, reading: bool) -> None:
    """Put in place what a killed process had decided; the caller has the folder's lock.

    Raises :class:`~abtest.errors.UsageError` where that cannot be. What abtest did not write here stays as it is, and
    is an error when ``reading``: what lies beside it may be half of a set.
    """
    for decided in waiting(folder):
        number = abandoned(decided)
        try:
            _finish(decided, folder)
        except Strange:
            if reading:
                raise UsageError(
                    f"{folder}: holds {decided.name}, a set of files that another computer or user did not finish "
                    "writing; run there again what wrote it, or remove that folder and write the set anew"
                ) from None
        finally:
            if number is not None:
                disk.close(number)


def _finish(decided: Path, folder: Path, written: Note | None = None) -> None:
    """Give each file its name, remove the stale ones, then the journal. Twice is as good as once.

    ``written``: the note, where this process has just written it and the files, which are not read again then.
    """
    try:
        note = written or _persist(read_note, decided)
        if note is not None:
            there = set(note.files) if written else _persist(_there, decided)
            # The first vouches for the others, and so comes last.
            for name in [name for name in reversed(list(note.files)) if name in there]:
                _place(decided / FILES / name, folder / name, None if written else note.files[name])
            for name in note.ours:
                if name not in note.files:
                    _persist(disk.unlink, folder / name)
            with contextlib.suppress(OSError):
                disk.sync_folder(folder)
    except OSError as error:
        raise UsageError(
            f"{folder}: everything is written, but not all is in place yet ({error.strerror or error}); the whole set "
            f"lies in {decided.name} there, and the next run of abtest puts it in place: free the folder and run again"
        ) from error
    with contextlib.suppress(OSError):
        dissolve(decided)


def _there(decided: Path) -> set[str]:
    """Return the names of the files that are not in place yet."""
    return set(disk.names(decided / FILES)) if disk.look(decided / FILES) is not None else set()


def _place(source: Path, target: Path, expected: str | None) -> None:
    try:
        if expected is not None and _persist(digest, source) != expected:
            raise OSError(errno.EIO, "a file in it is not what was written", str(source))
        _persist(disk.rename, source, target)
    except FileNotFoundError:
        # Where folders have no locks, another process may have put it in place just now.
        if disk.look(source) is not None or disk.look(target.parent) is None:
            raise


def _persist(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Do what must be done: some failures pass, and this one would leave a set half in place."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(OSError):
            return function(*arguments, **options)
        time.sleep(0.02)
    return function(*arguments, **options)

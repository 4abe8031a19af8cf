"""A set of files as the whole of a folder: the new folder is built beside the old one, and the two change places.

Principle: one call decides, so that whoever looks sees the old set or the new one. What somebody else saved into the
folder meanwhile is moved across before the old one goes; and the old one goes name by name, never as a whole.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Collection
from pathlib import Path

from abtest.process import disk
from abtest.process.temporary import TemporaryFolder, abandoned, mine
from abtest.process.unfinished import FILES, Strange, dissolve, read_note, write_note

NAME = re.compile(r"\.abtest-swap-[0-9a-f]{12}")
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP}
"""Errors by which a folder says that it cannot change places with another, though its files may be replaced."""

_ROUNDS = 20


class NoSwap(Exception):  # noqa: N818 - no error: there is another way
    """A folder cannot change places with another."""


def swappable(folder: Path, found: os.stat_result) -> bool:
    """Whether another folder may take this one's place: nobody stands in it, and it is this user's and no mount."""
    if not mine(found) or found.st_mode & stat.S_ISVTX or folder == folder.parent:
        return False
    if disk.device(folder.parent) != found.st_dev:
        return False
    here = [os.curdir, os.environ.get("HOME") or os.curdir]
    for place in here:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.stat(place), found):  # noqa: PTH116 - no path of ours
                return False
    return True


def exchange(
    folder: Path, found: os.stat_result, stage: Callable[[Path], None], names: Collection[str], old: Collection[str]
) -> Callable[[], None]:
    """Build the folder that ``stage`` fills with ``names``, and return what puts it in the place of ``folder``.

    ``old``: the names of what may be removed with the old folder. Raises :class:`NoSwap`, as does what is returned,
    when it cannot be and nothing was changed.
    """
    try:
        staged = TemporaryFolder(folder.parent, told=False)
    except OSError as error:
        raise _forbidden(error) from error
    new = staged.path / FILES
    try:
        disk.mkdir(new)
        try:
            _resemble(new, folder, found)
        except OSError as error:
            raise NoSwap from error
        stage(new)
        write_note(staged.path, folder.name, names, {*names, *old})
    except BaseException:
        staged.remove()
        raise

    def swap() -> None:
        decided = staged.path.with_name(staged.path.name.replace(".abtest-", ".abtest-swap-"))
        try:
            with disk.opened(new) as number:
                disk.try_lock(number)  # whoever waits for the folder waits for the new one too
                disk.rename(staged.path, decided)
                try:
                    disk.exchange(decided / FILES, folder)
                except (OSError, NotImplementedError) as error:
                    raise _forbidden(error) from error
                finally:
                    with contextlib.suppress(OSError, Strange):
                        disk.sync_folder(folder.parent)
                        _clear(decided)
        finally:
            staged.remove()

    return swap


def recover(home: Path) -> None:
    """Clear what killed processes left in ``home`` of folders that changed places; never an error."""
    with contextlib.suppress(OSError):
        for name in [name for name in disk.names(home) if NAME.fullmatch(name)]:
            number = abandoned(home / name)
            if number is not None:
                try:
                    with contextlib.suppress(OSError, Strange):
                        _clear(home / name)
                finally:
                    disk.close(number)


def _clear(decided: Path) -> None:
    """Remove the old set, or the new one where they did not change places; move what is neither to the folder."""
    note = read_note(decided)
    files = decided / FILES
    for left in reversed(range(_ROUNDS)):
        if note is None or disk.look(files) is None:
            break
        for name in disk.names(files):
            found = disk.look(files / name)
            if found is None:
                continue
            if name in note.ours and not stat.S_ISDIR(found.st_mode):
                disk.unlink(files / name)
            else:
                _move_across(files / name, decided.parent / note.into)
        try:
            disk.rmdir(files)
        except OSError as error:
            if not left or error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:  # saved there at this very moment
                raise
    dissolve(decided)


def _move_across(path: Path, folder: Path) -> None:
    """Move what somebody else saved into a folder; where its name is taken, under a name beside it."""
    if disk.look(folder) is None:
        disk.mkdir(folder)
    for number in range(1, 1000):
        name = path.name if number == 1 else f"{path.stem} ({number}){path.suffix}"
        with contextlib.suppress(FileExistsError):
            disk.rename_new(path, folder / name)
            return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _resemble(new: Path, folder: Path, found: os.stat_result) -> None:
    """Give the new folder what the old one has: owner, extended attributes (access lists too), permissions."""
    own = os.lstat(new)
    if (own.st_uid, own.st_gid) != (found.st_uid, found.st_gid):
        os.chown(new, found.st_uid, found.st_gid)
    if hasattr(os, "listxattr"):
        before = set(os.listxattr(new))
        for name in os.listxattr(folder):
            value = os.getxattr(folder, name)
            if name not in before or os.getxattr(new, name) != value:
                os.setxattr(new, name, value)
            before.discard(name)
        for name in before:
            os.removexattr(new, name)
    disk.chmod(new, stat.S_IMODE(found.st_mode))


def _forbidden(error: Exception) -> Exception:
    """Return that there is no swap, where an error says that; the error itself otherwise."""
    if isinstance(error, OSError) and error.errno not in FORBIDDEN:
        return error
    return NoSwap()

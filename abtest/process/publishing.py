"""Puts finished files in place: all of them or none, whatever ends the process.

Principle: every output comes into being by one step of the file system. A single file is renamed into place. A set in a
folder that is not there is built as a folder and renamed. A set in a folder that holds nothing else changes places with
it (``swap.py``). A set beside other people's files is first written down whole (``journal.py``). What stands in the
folder from an earlier set of the kind goes with it in that step; anything else there is left as it is.
"""

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from abtest.errors import UsageError
from abtest.process import disk, journal, swap
from abtest.process.inputs import refuse_inputs
from abtest.process.signals import uninterrupted
from abtest.process.temporary import TemporaryFolder, sweep, system_folder

Files = Mapping[str, bytes | Path]
"""What is to be written: name → content, or a whole file on the disk, which is left where it is."""
Earlier = Callable[[Path], Collection[str]]
"""Tells of a folder which names in it are an earlier set's."""

PATIENCE = 30.0
"""Seconds to wait for another process that writes to the same folder."""
LONGEST_NAME = 200
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """What is written, as errors call it, and what helps when it cannot be."""

    what: str = "report"
    cure: str = "choose another output folder, or free this one"


class _ChangedError(Exception):
    """Another process was quicker: look again."""


def stem(name: str) -> str:
    """Return the experiment's name as a file name: what could be a path is replaced by a dash."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "report"


def publish(
    files: Files,
    folder: str | Path,
    *,
    earlier: Earlier | None = None,
    keep: Collection[Path] = (),
    overwrite: bool = True,
    kind: Kind = Kind(),
) -> list[Path]:
    """Put ``files`` into ``folder``, made if absent, and return their paths.

    The first of several files vouches for the others. ``earlier`` names an earlier set's files, which go; without it
    files of other names stay. Nothing is written over one of ``keep``, nor over any file unless ``overwrite``. Signals
    end the process before or after, not between. Raises :class:`~abtest.errors.UsageError` when it cannot be; then
    everything is as it was, unless the message says that the rest is done by the next run.
    """
    folder = Path(folder)
    targets = [folder / name for name in files]
    place = folder if earlier is not None or len(files) != 1 else targets[0]
    with _told(place, kind):
        refuse_inputs(targets, keep)
        real = _resolved(folder)
        for _ in range(_TRIES):
            with contextlib.suppress(_ChangedError):
                if disk.look(real) is None:
                    _as_new_folder(files, real)
                elif earlier is None and len(files) == 1:
                    settle(real)
                    _as_single_file(files, real, overwrite=overwrite)
                else:
                    with _locked(real, folder):
                        _as_set(files, real, earlier, keep, overwrite=overwrite)
                return targets
    raise UsageError(f"{place}: cannot write the {kind.what}: others keep changing the folder; {kind.cure}")


def settle(folder: Path, *, reading: bool = False) -> None:
    """Finish what a killed process has left undone in ``folder``, and remove what it left there or beside it.

    For whoever writes to the folder or (``reading``) reads a set in it. Raises :class:`~abtest.errors.UsageError` when
    a set there cannot be completed.
    """
    with contextlib.suppress(OSError, ValueError, _ChangedError):  # what is not to be found holds nothing unfinished
        folder = _resolved(folder)
        _tidy(folder)
        if journal.waiting(folder):
            with uninterrupted(written=False), _locked(folder, folder):
                journal.recover(folder, reading=reading)


@contextlib.contextmanager
def workplace(folder: str | Path, kind: Kind = Kind(), *, beside: bool = False, mode: int = 0o700) -> Iterator[Path]:
    """Give a temporary folder on the file system of ``folder``, removed at the end whatever happens.

    It lies in the folder, or the nearest above that is there; or ``beside`` it, if it can.

    Raises :class:`~abtest.errors.UsageError` when ``folder`` is none, or cannot be written to, or not made.
    """
    with _told(folder, kind):
        real = _resolved(Path(folder))
        home = _nearest(real)
        if not stat.S_ISDIR(disk.call("stat", os.stat, home).st_mode):
            raise UsageError(f"{folder}: cannot write the {kind.what}: {home} is a file; {kind.cure}")
        settle(real)
        work = _temporary(home, mode, beside=beside and home == real)
    try:
        yield work.path
    finally:
        work.remove()


def _temporary(home: Path, mode: int, *, beside: bool) -> TemporaryFolder:
    if beside and disk.device(home.parent) == disk.device(home):
        with contextlib.suppress(OSError):
            return TemporaryFolder(home.parent, mode=mode, told=False)
    return TemporaryFolder(home, mode=mode, told=False)


def _tidy(folder: Path) -> None:
    """Remove what killed processes have left in a folder, in those above, where it may not have been there yet."""
    homes = [folder, *folder.parents]
    with contextlib.suppress(OSError):  # a system without a temporary folder has nothing in it
        homes.append(Path(system_folder()))
    for home in homes:
        sweep(home)
        swap.recover(home)


def _as_new_folder(files: Files, folder: Path) -> None:
    """Build the folder where it is to be, and give it its name."""
    home = _nearest(folder)
    _tidy(home)
    staged = TemporaryFolder(home, told=False)
    made: list[Path] = []
    try:
        built = staged.path / "files"
        disk.mkdir(built)
        _stage(files, None, built)
        disk.sync_folder(built)
        with uninterrupted():
            for parent in reversed([place for place in folder.parents if disk.look(place) is None]):
                with contextlib.suppress(FileExistsError):
                    disk.mkdir(parent)
                    made.append(parent)
            try:
                disk.rename_new(built, folder)
            except OSError as error:
                if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOENT}:
                    raise _ChangedError from None
                raise
            _vouch(folder.parent)
    except BaseException:
        for parent in reversed(made):
            with contextlib.suppress(OSError):
                disk.rmdir(parent)
        raise
    finally:
        staged.remove()


def _as_single_file(files: Files, folder: Path, *, overwrite: bool) -> None:
    """Rename one file into place, and touch no other."""
    [name] = files
    _require_file(folder / name)
    if not overwrite:
        _require_absent(folder, files)
    staged = TemporaryFolder(folder, told=False)
    try:
        _stage(files, folder, staged.path)
        with uninterrupted():
            try:
                (disk.rename if overwrite else disk.rename_new)(staged.path / name, folder / name)
            except FileExistsError:
                _require_absent(folder, files)
                raise
            _vouch(folder)
    finally:
        staged.remove()


def _as_set(files: Files, folder: Path, earlier: Earlier | None, keep: Collection[Path], *, overwrite: bool) -> None:
    """Put a set into a folder that is there, and that nobody else of ours writes to now."""
    _tidy(folder)
    journal.recover(folder, reading=False)
    present = set(disk.names(folder))
    if not overwrite:
        _require_absent(folder, files)
    old = set(earlier(folder)) if earlier is not None else set()
    stale = {name for name in present & old - set(files) if _is_file(folder / name)}
    refuse_inputs([folder / name for name in stale], keep)
    for name in files:
        _require_file(folder / name)
    if len(files) == 1 and not stale:
        _as_single_file(files, folder, overwrite=overwrite)
        return
    found = disk.call("stat", os.stat, folder)
    if present <= {*files, *stale} and swap.swappable(folder, found):
        with contextlib.suppress(swap.NoSwap):
            change_places = swap.exchange(folder, found, partial(_stage, files, folder), list(files), stale)
            with uninterrupted():
                change_places()
            return
    staged = TemporaryFolder(folder, told=False)
    try:
        disk.mkdir(staged.path / "files")
        _stage(files, folder, staged.path / "files")
        with uninterrupted():
            journal.commit(staged, folder, list(files), stale)
    finally:
        staged.remove()


def _stage(files: Files, before: Path | None, into: Path) -> None:
    """Write the files, each with the permissions of the one whose place it takes, and see them on the disk."""
    for name, content in files.items():
        found = disk.look(before / name) if before is not None else None
        mode = found.st_mode & 0o777 if found is not None and stat.S_ISREG(found.st_mode) else None
        if isinstance(content, bytes):
            disk.write(into / name, content, mode)
        else:
            disk.copy(content, into / name, mode)


def _vouch(folder: Path) -> None:
    """See the names on the disk. All is in place by now, so where the disk cannot promise more, that is no failure."""
    with contextlib.suppress(OSError):
        disk.sync_folder(folder)


@contextlib.contextmanager
def _locked(folder: Path, shown: Path) -> Iterator[None]:
    """Keep other processes of ours from writing to a folder. The lock is the folder's own, and leaves nothing."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            number = disk.open_folder(folder)
        except FileNotFoundError:
            raise _ChangedError from None
        except PermissionError:  # it may be written to, but not listed
            yield
            return
        try:
            free = disk.try_lock(number)
            found = disk.look(folder)
            # Another folder may have taken its place while we waited.
            if free is not False and found is not None and os.path.samestat(os.fstat(number), found):
                yield
                return
        finally:
            disk.close(number)
        if time.monotonic() > deadline:
            raise UsageError(
                f"{shown}: another process has been writing there for {PATIENCE:.0f} seconds; run again when it is "
                "done, or choose another output folder"
            )
        time.sleep(0.03)


def _resolved(folder: Path) -> Path:
    """Return where a folder really is, whatever links lead there."""
    try:
        real = folder.resolve()
    except RuntimeError:  # Python before 3.13, of links that lead to each other
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder)) from None
    if real.parts[1:2] in (("dev",), ("proc",), ("sys",)) and real.parts[2:3] != ("shm",):
        raise OSError(errno.EINVAL, "devices and processes are there, and no files")
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in real.parts):
        raise UsageError(f"{str(folder)[:60]}…: the name of the output folder is too long; choose a shorter one")
    return real


def _nearest(folder: Path) -> Path:
    """Return the folder, or what stands in its place: the nearest folder above it that is there, or a file."""
    while disk.look(folder) is None and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_file(path: Path) -> bool:
    """Whether a file, or a link to one or to nothing, has this name."""
    found = disk.look(path)
    if found is not None and stat.S_ISLNK(found.st_mode):
        return path.is_file() or not path.exists()
    return found is not None and stat.S_ISREG(found.st_mode)


def _require_file(path: Path) -> None:
    """Raise :class:`OSError` where something has the name of a file to be written and is none."""
    if disk.look(path) is None or _is_file(path):
        return
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder stands where the file should go", str(path))
    raise OSError(errno.EINVAL, f"{path.name} is a device, pipe or socket and no file")


def _require_absent(folder: Path, files: Files) -> None:
    for name in files:
        if disk.look(folder / name) is not None:
            raise UsageError(f"{folder / name}: exists already; choose another place, or overwrite it with --force")


@contextlib.contextmanager
def _told(place: str | Path, kind: Kind) -> Iterator[None]:
    """Say of what the system refuses what it was for, and what helps."""
    try:
        yield
    except (OSError, ValueError) as error:  # the latter of names with a null character
        reason = getattr(error, "strerror", None) or str(error)
        where = f" ({error.filename})" if isinstance(error, IsADirectoryError) else ""
        long = getattr(error, "errno", None) == errno.ENAMETOOLONG
        cure = f"{kind.cure}; shorter names (of the folder, the experiment, its metrics) help" if long else kind.cure
        raise UsageError(f"{place}: cannot write the {kind.what}: {reason}{where}; {cure}") from error

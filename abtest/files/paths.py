"""Files behind a path, a glob or a folder: which they are, each once.

Principle: a name means itself. A path that exists is that file or folder, whatever signs it holds, and so is each part
of a pattern that exists under its very name; only what does not exist is a pattern. A file is what it is on the disk,
not what it is called: reached by several names, through links or a folder that contains itself, it counts once. Only
ordinary files are opened, since a pipe or a device may never end.
"""

import errno
import fnmatch
import functools
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from abtest.errors import DataError
from abtest.grammar.fields import nearest_name
from abtest.words.names import file_shown, repr_of

MOST_FILES = 100_000
"""Files that one path may name."""
MOST_ENTRIES = 1_000_000
"""Names that are looked at to find them."""
MOST_LEVELS = 100
"""Folders inside each other, from where the search starts."""
LONGEST_SEARCH = 60.0
"""Seconds that a search may take."""
_MAGIC = re.compile(r"[*?\[]")
_SYSTEM = ("/proc", "/sys", "/dev")
_MEMORY = "/dev/shm/"  # noqa: S108 - named, not written to
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)


class AbsentError(DataError):
    """A path that names no file, or none yet."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a path, sorted, each once and absolute; and for each further name of one, that file.

    ``folder`` is the folder that was named as a whole, if it was one.
    """

    files: tuple[Path, ...]
    again: tuple[tuple[Path, Path], ...] = ()
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """Something in a folder. ``linked``: there is a link in the way to it, or it is one itself.

    A link that leads nowhere has no ``state``.
    """

    path: str
    state: os.stat_result | None
    linked: bool

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.state is not None and stat.S_ISDIR(self.state.st_mode)

    @property
    def identity(self) -> tuple[int, int] | None:
        """What it is on the disk, whatever it is called."""
        return None if self.state is None else (self.state.st_dev, self.state.st_ino)


def find_files(pattern: str, folder: Path, place: str) -> Found:
    """Return the files that ``pattern`` (a path, a glob or a folder, relative to ``folder``) names.

    A folder stands for all files in it and below, but for those whose name, or a folder's, begins with ``_`` or a dot:
    notes of the tools that write such folders. Raises :class:`AbsentError` when there is none, and
    :class:`~abtest.errors.DataError` when one is no file or cannot be read, or the search exceeds a limit; both start
    with ``place``.
    """
    if "://" in pattern:
        raise DataError(f"{place}: {pattern} is an address; only local files are read, so copy it here first")
    if "\x00" in pattern:
        raise DataError(f"{place}: a path cannot hold a NUL character; correct it")
    target = folder.absolute() / pattern
    search = _Search(pattern, place)
    state = search.state(str(target))
    if state is None and search.named(str(target)) is not None:  # a link to nowhere too
        raise search.broken(str(target))
    if state is not None and stat.S_ISDIR(state.st_mode):
        return replace(_each_once(_below(target, search), search), folder=target)
    if state is not None:
        search.require_file(_Entry(str(target), state, linked=True))
        return Found((target,))
    if not _MAGIC.search(pattern):
        raise _absent(pattern, folder, target, place)
    parts = Path(pattern).parts
    base = folder.absolute()
    if Path(pattern).is_absolute():
        base, parts = Path(parts[0]), parts[1:]
    found = _each_once(list(search.matches(str(base), parts)), search)
    if not found.files:
        raise AbsentError(f"{place}: no file matches {pattern} (looked from {folder or '.'})")
    return found


def _absent(pattern: str, folder: Path, target: Path, place: str) -> AbsentError:
    try:
        # Names are compared without their endings, which all files of a kind have in common.
        siblings = {entry.name.split(".")[0]: entry.name for entry in sorted(target.parent.iterdir())}
    except (FileNotFoundError, NotADirectoryError):
        return AbsentError(
            f"{place}: no such file: {pattern} (looked from {folder}); the folder {Path(pattern).parent} does not "
            "exist either"
        )
    except OSError:  # that the file is not there is known; what stands beside it is only a hint
        siblings = {}
    near = nearest_name(target.name.split(".")[0], siblings, cutoff=0.75)
    hint = f"; did you mean {repr_of(siblings[near])}?" if near else ""
    return AbsentError(f"{place}: no such file: {pattern} (looked from {folder}){hint}")


def _each_once(found: list[_Entry], search: "_Search") -> Found:
    """Return the files without further names of the same ones. A name without a link goes before one with."""
    if len(found) > MOST_FILES:
        raise search.exceeded(
            f"more than {MOST_FILES:,} files are named", "name fewer, or put their rows into larger ones"
        )
    kept: dict[object, Path] = {}
    again = {Path(name): Path(other) for name, other in search.again.items()}
    for linked, path, entry in sorted((entry.linked, Path(entry.path), entry) for entry in _by_path(found)):
        del linked
        search.require_file(entry)
        file = kept.setdefault(entry.identity, path)
        if file != path:
            again[path] = file
    return Found(tuple(sorted(kept.values())), tuple(sorted(again.items())))


def _by_path(found: list[_Entry]) -> list[_Entry]:
    return list({entry.path: entry for entry in found}.values())


def _below(target: Path, search: "_Search") -> list[_Entry]:
    """Return the files of a folder and of those below it, which must all be tables."""
    pattern, place = search.pattern, search.place
    if (target / "_delta_log").is_dir():
        raise DataError(
            f"{place}: {pattern} is a Delta table, whose folder holds rows that were deleted too; export it to "
            "Parquet, or read it as a table of an engine's catalogue, with `table:`"
        )
    files = [entry for entry in search.walk(str(target), ("_", ".")) if not entry.folder]
    if not files:
        raise AbsentError(f"{place}: the folder {pattern} holds no file")
    return files


@dataclass
class _Search:
    """One search, what it has cost so far, and the folders (by path) that it met under a second name."""

    pattern: str
    place: str
    again: dict[str, str] = field(default_factory=dict)
    entries: int = 0
    folders: dict[str, str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def state(self, path: str) -> os.stat_result | None:
        """Return the state of what is at ``path``, links followed; ``None`` when nothing is there."""
        return self._looked_at(path, os.stat)

    def named(self, path: str) -> os.stat_result | None:
        """Return the state of what bears the name ``path``, be it a link; ``None`` when nothing does."""
        return self._looked_at(path, os.lstat)

    def _looked_at(self, path: str, look: Callable[[str], os.stat_result]) -> os.stat_result | None:
        # Not by `os.path.exists` and its like, to which whatever cannot be looked at does not exist.
        try:
            return look(path)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR}:
                return None
            if error.errno == errno.ELOOP:
                raise self.broken(path) from None
            raise DataError(f"{self.place}: {self.pattern[:80]} cannot be read: {error.strerror}") from None

    def broken(self, path: str) -> DataError:
        """Return the error for a link that leads nowhere."""
        where = self.pattern if path.endswith(self.pattern) else file_shown(path)
        return DataError(
            f"{self.place}: {where} is a link to a file that does not exist; restore the file, or remove the link"
        )

    def require_file(self, entry: _Entry) -> None:
        """Refuse what is no ordinary file, before anything opens it."""
        if entry.state is None:
            raise self.broken(entry.path)
        what = next((name for is_kind, name in _KINDS if is_kind(entry.state.st_mode)), None)
        if what is None and not stat.S_ISREG(entry.state.st_mode):
            what = "no file"
        if what is None and self.of_the_system(entry):
            what = "a file of the system, not of a disk"
        if what is not None:
            shown = self.pattern if Path(entry.path).name == Path(self.pattern).name else file_shown(entry.path)
            raise DataError(
                f"{self.place}: {shown} is {what}; only ordinary files are read, so write the data to one and name that"
            )

    def matches(self, base: str, parts: tuple[str, ...], *, linked: bool = False) -> Iterator[_Entry]:
        """Return what below ``base`` matches the parts of a pattern; folders at its end are passed over."""
        if len(parts) > MOST_LEVELS:
            raise self.exceeded(f"the pattern has more than {MOST_LEVELS} parts", "name a folder further down")
        part, rest = parts[0], parts[1:]
        if part == "**":
            while rest and rest[0] == "**":
                rest = rest[1:]
            yield from self._matches_at_any_depth(base, rest, linked=linked)
            return
        for entry in self._matching(base, part, linked=linked):
            if rest and entry.folder:
                yield from self.matches(entry.path, rest, linked=entry.linked)
            elif not rest and not entry.folder:
                yield entry

    def _matches_at_any_depth(self, base: str, rest: tuple[str, ...], *, linked: bool) -> Iterator[_Entry]:
        if rest:
            yield from self.matches(base, rest, linked=linked)
        for entry in self.walk(base, (".",), linked=linked):
            if rest and entry.folder:
                yield from self.matches(entry.path, rest, linked=entry.linked)
            elif not rest and not entry.folder:
                yield entry

    def _matching(self, base: str, part: str, *, linked: bool) -> Iterator[_Entry]:
        """Return what in the folder ``base`` one part of a pattern names: that very name, else what it matches."""
        path = os.path.join(base, part)  # noqa: PTH118
        named = self.named(path)
        if named is not None:  # a link to nowhere too
            yield _Entry(path, self.state(path), linked or stat.S_ISLNK(named.st_mode))
        elif _MAGIC.search(part):
            wanted = re.compile(fnmatch.translate(os.path.normcase(part))).match
            hidden = part.startswith(".")
            for entry in self._listed(base):
                if wanted(os.path.normcase(entry.name)) and (hidden or not entry.name.startswith(".")):
                    yield self._entry(entry, linked=linked)

    def walk(self, base: str, notes: tuple[str, ...], *, linked: bool = False) -> Iterator[_Entry]:
        """Return all that is in ``base`` and below, but for names that begin with one of ``notes``.

        A folder is entered once, by a name without a link where it has one, so that a loop of links ends.
        """
        top = _Entry(base, self.state(base), linked)
        seen: dict[object, str] = {}
        waiting: list[tuple[_Entry, int]] = [(top, 0)]
        later: list[tuple[_Entry, int]] = []
        while waiting or later:
            here, level = waiting.pop() if waiting else later.pop(0)
            entered = seen.setdefault(here.identity, here.path)
            if entered != here.path:
                self.again[here.path] = entered
                continue
            if level > MOST_LEVELS:
                raise self.exceeded(
                    f"there are folders more than {MOST_LEVELS} levels deep", "name a folder further down"
                )
            if self.of_the_system(here):
                raise DataError(
                    f"{self.place}: {self.pattern} reaches into {file_shown(here.path)}, which is the system's; name "
                    "the folder with the data"
                )
            if here is not top:
                yield here
            for listed in self._listed(here.path):
                if listed.name.startswith(notes):
                    continue
                entry = self._entry(listed, linked=here.linked)
                if entry.folder:
                    (later if listed.is_symlink() else waiting).append((entry, level + 1))
                else:
                    yield entry

    def _entry(self, listed: "os.DirEntry[str]", *, linked: bool) -> _Entry:
        try:
            return _Entry(listed.path, listed.stat(), linked or listed.is_symlink())
        except OSError as error:
            if listed.is_symlink() and error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                return _Entry(listed.path, None, linked=True)
            raise DataError(f"{self.place}: {file_shown(listed.path)} cannot be read: {error.strerror}") from None

    def _listed(self, folder: str) -> "list[os.DirEntry[str]]":
        """Return what is in a folder, sorted by name, within the limits of the search."""
        found = []
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    found.append(entry)
                    self.entries += 1
                    if self.entries > MOST_ENTRIES:
                        raise self.exceeded(
                            f"more than {MOST_ENTRIES:,} names were looked at", "name fewer folders, or their files"
                        )
                    if self.entries % 1000 == 0:
                        self._require_time()
        except OSError as error:
            raise DataError(f"{self.place}: {file_shown(folder)} cannot be read: {error.strerror}") from None
        self._require_time()
        return sorted(found, key=lambda entry: entry.name)

    def _require_time(self) -> None:
        if time.monotonic() - self.began > LONGEST_SEARCH:
            raise self.exceeded(
                f"the search took more than {LONGEST_SEARCH:g} seconds", "name fewer folders, or copy the files here"
            )

    def of_the_system(self, entry: _Entry) -> bool:
        """Whether something is the system's view of itself, such as ``/proc``, by whatever name it is reached."""
        folder, name = os.path.split(entry.path)
        if folder not in self.folders:
            self.folders[folder] = os.path.realpath(folder)
        real = os.path.realpath(entry.path) if entry.linked else os.path.join(self.folders[folder], name)  # noqa: PTH118
        if real.startswith(_MEMORY):
            return False
        device = None if entry.state is None else entry.state.st_dev
        return device in _system_devices() or any(real == home or real.startswith(home + "/") for home in _SYSTEM)

    def exceeded(self, what: str, cure: str) -> DataError:
        """Return the error for a limit that was met."""
        return DataError(f"{self.place}: {self.pattern[:80]}: {what}; {cure}")


@functools.cache
def _system_devices() -> frozenset[int]:
    devices = set()
    for home in _SYSTEM:
        try:
            devices.add(os.stat(home).st_dev)  # noqa: PTH116
        except OSError:
            continue
    return frozenset(devices - {os.stat(os.sep).st_dev})  # noqa: PTH116

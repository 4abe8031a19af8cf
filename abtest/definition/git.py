"""Which commit a file's repository is at, and whether the file is as it is there: read, never asked of git.

Principle: git runs what the folder that it is called in says — filters, monitors, hooks, helpers of remotes — and a
definition can come in a folder that a stranger made. So no program is started: ``.git`` is read as the data that it is,
with a bound on every read. What cannot be told from it (a form that is not known, an object that is not there, a file
that a filter rewrites) is not known, and is never guessed.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from abtest.definition.git_objects import Objects, Unreadable, content_of, object_id

MOST_FILE = 20_000_000
"""Bytes of a file that is compared with the commit."""
MOST_REFS = 64_000_000
"""Bytes of ``packed-refs``; a million branches."""
MOST_LINKS = 5
"""References that lead to others, and repositories within repositories."""

_SHORT = 4_096
_ATTRIBUTES = 1_000_000
_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REFERENCE = re.compile(r"refs(?:/(?!\.)(?:(?!\.\.)[^\x00-\x20\x7f~^:?*\[\\/])+(?<!\.lock))+")
_OF_ONE_TREE = ("refs/bisect/", "refs/worktree/", "refs/rewritten/")
_REWRITES = re.compile(rb"(?:^|\s)(?:filter=|ident(?:\s|$)|working-tree-encoding=)")
"""Attributes with which a file differs from what the commit holds of it, and is unchanged all the same."""


@dataclass(frozen=True)
class Repository:
    """A work tree at ``root``, the folder of its own ``HEAD``, and the one of the references and objects."""

    root: Path
    own: Path
    shared: Path


def repository_of(folder: Path, most: int = MOST_LINKS) -> Repository | None:
    """Return the repository whose work tree holds ``folder`` (resolved); ``None`` when there is none, or none known.

    It is the nearest ``.git`` above: a folder with a ``HEAD``, or a file that names one which names it in turn, as
    linked work trees and submodules have. The files of a bare repository beside a definition are nothing to it.
    """
    device = folder.stat().st_dev
    for place in (folder, *folder.parents):
        dot = place / ".git"
        try:
            if place.stat().st_dev != device:
                return None  # another file system, as git stops there
            mode = dot.lstat().st_mode
        except OSError:
            continue
        if stat.S_ISDIR(mode) and (dot / "HEAD").exists():
            return Repository(place, dot, dot)
        if stat.S_ISREG(mode):
            return _linked(place, dot, most)
        if stat.S_ISLNK(mode):
            return None
    return None


def commit_of(repository: Repository) -> str | None:
    """Return the id of the commit that is checked out; ``None`` when there is none, or its form is not known."""
    name = "HEAD"
    try:
        for _ in range(MOST_LINKS):
            raw = _reference(repository, name).strip()
            if _ID.fullmatch(raw):
                return raw.decode("ascii")
            name = _target(raw)
    except (Unreadable, OSError):
        return None
    return None


def is_modified(repository: Repository, commit: str, files: Iterable[Path]) -> bool | None:
    """Whether one of the files (resolved) is not as the commit holds it; ``None`` when that cannot be told.

    The content counts, not whether it is staged. Line ends do not: git may change them as it checks files out.
    """
    objects = Objects(repository.shared / "objects")
    states = [_file_is_modified(repository, objects, commit, file) for file in files]
    return True if True in states else None if None in states else False


def _linked(place: Path, dot: Path, most: int) -> Repository | None:
    """Return the repository that the file ``.git`` names, if that one knows of it."""
    try:
        raw = content_of(dot, _SHORT) or b""
        key, _, named = raw.partition(b":")
        if key != b"gitdir":
            return None
        own = (place / os.fsdecode(named.strip())).resolve()
        back = content_of(own / "gitdir", _SHORT)
        if back is not None:
            shared = (own / os.fsdecode((content_of(own / "commondir", _SHORT) or b"").strip())).resolve()
            mutual = (own / os.fsdecode(back.strip())).resolve() == dot and own.parent == shared / "worktrees"
            return Repository(place, own, shared) if mutual else None
        outer = repository_of(place.parent, most - 1) if most > 0 and place != place.parent else None
    except (Unreadable, OSError, RuntimeError, ValueError):
        return None
    if outer is None or not any(own.is_relative_to(each / "modules") for each in (outer.own, outer.shared)):
        return None
    return Repository(place, own, own)


def _reference(repository: Repository, name: str) -> bytes:
    """Return what a reference holds: an id, or the name of another."""
    home = repository.own if name == "HEAD" or name.startswith(_OF_ONE_TREE) else repository.shared
    path = home / name
    if path.is_symlink():
        # As git wrote HEAD before 2005. The link is read, not followed.
        return b"ref: " + os.fsencode(path.readlink())
    raw = content_of(path, _SHORT, within=home)
    if raw is not None:
        return raw
    packed = content_of(repository.shared / "packed-refs", MOST_REFS, within=repository.shared) or b""
    found = re.search(rb"^([0-9a-f]{40,64}) " + re.escape(name.encode()) + rb"\r?$", packed, re.MULTILINE)
    if found is None:
        raise Unreadable
    return found[1]


def _target(raw: bytes) -> str:
    key, _, named = raw.partition(b":")
    name = named.strip().decode("utf-8", "replace")
    # A repository whose references are in a reftable has `refs/heads/.invalid` here, which is no name.
    if key != b"ref" or _REFERENCE.fullmatch(name) is None:
        raise Unreadable
    return name


def _file_is_modified(repository: Repository, objects: Objects, commit: str, file: Path) -> bool | None:
    if not file.is_relative_to(repository.root):
        return None
    try:
        content = content_of(file, MOST_FILE)
        if content is None:
            return True
        held = _held(objects, commit, file.relative_to(repository.root))
        if held is None:
            return True
        if held in {object_id("blob", each, held) for each in (content, content.replace(b"\r\n", b"\n"))}:
            return False
        return None if _rewritten(repository, file) else True
    except (Unreadable, OSError):
        return None


def _held(objects: Objects, commit: str, path: Path) -> str | None:
    """Return the id of what a commit holds at ``path``; ``None`` when it holds nothing there."""
    first = re.match(rb"tree ([0-9a-f]{40,64})\n", objects.read(commit, "commit"))
    if first is None or len(first[1]) != len(commit):
        raise Unreadable
    name = first[1].decode("ascii")
    *folders, last = (os.fsencode(part) for part in path.parts)
    for folder in folders:
        entry = _entry(objects.read(name, "tree"), folder, len(commit) // 2)
        if entry is None:
            return None
        mode, name = entry
        if mode == b"160000":
            raise Unreadable  # another repository's
        if mode != b"40000":
            return None
    entry = _entry(objects.read(name, "tree"), last, len(commit) // 2)
    return entry[1] if entry is not None and entry[0].startswith(b"100") else None


def _entry(tree: bytes, name: bytes, width: int) -> tuple[bytes, str] | None:
    """Return the mode and the id of the entry ``name`` of a tree; ``None`` when there is none.

    Raises :class:`Unreadable` when only the case or the composition of its letters differs: on some file systems that
    is the same name.
    """
    place, alike = 0, False
    while place < len(tree):
        head, end, _ = tree[place : place + _SHORT].partition(b"\0")
        mode, _, found = head.partition(b" ")
        start = place + len(head) + 1
        if not end or start + width > len(tree):
            raise Unreadable
        if found == name:
            return mode, tree[start : start + width].hex()
        alike = alike or _folded(found) == _folded(name)
        place = start + width
    if alike:
        raise Unreadable
    return None


def _folded(name: bytes) -> str:
    return unicodedata.normalize("NFC", name.decode("utf-8", "replace")).casefold()


def _rewritten(repository: Repository, file: Path) -> bool:
    """Whether attributes name a filter or the like. They are searched, not interpreted: with one, nothing is known."""
    folders = [place for place in file.parents if place.is_relative_to(repository.root)]
    sources = [*(place / ".gitattributes" for place in folders), repository.shared / "info/attributes"]
    return any(_REWRITES.search(content_of(source, _ATTRIBUTES) or b"") for source in sources)

"""What a broken-off write says of itself, so that whoever comes next finishes it: a note in a folder of ours.

Principle: a note is believed only where it was written. It names the number that the file system gave its folder, which
a folder that came in an archive, or was copied, does not have; so nobody's archive has files moved or removed.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from abtest.process import disk
from abtest.process.regular import open_regular

FILES = "files"
"""The folder beside the note that holds the files themselves."""
_NOTE = "note.json"
_MOST_BYTES = 1 << 24
_PLAIN = re.compile(r"[^/\\\0]+")


class Strange(Exception):  # noqa: N818 - no error of anybody: the folder is not what it is called
    """A folder has the name of ours, and was not made here by this user's abtest."""


@dataclass(frozen=True, slots=True)
class Note:
    """``into``: the name of the folder that is written to, beside the note's. ``files``: a hash for each file.

    ``ours``: names of what may be removed.
    """

    into: str
    files: Mapping[str, str]
    ours: Collection[str]


def write_note(holder: Path, into: str, names: Collection[str], ours: Collection[str]) -> Note:
    """Write the note of what lies in the folder ``files`` of ``holder``, see all of it on the disk, and return it."""
    note = Note(into, {name: digest(holder / FILES / name) for name in names}, sorted(ours))
    content = {"abtest": 1, "folder": _number(holder), "into": into, "files": note.files, "ours": note.ours}
    disk.write(holder / _NOTE, json.dumps(content, indent=1).encode())
    disk.sync_folder(holder / FILES)
    disk.sync_folder(holder)
    return note


def read_note(holder: Path) -> Note | None:
    """Return the note of a folder; ``None`` where it has none. Raises :class:`Strange` for one that is not true."""
    try:
        content = json.loads(disk.read(holder / _NOTE, _MOST_BYTES))
        note = Note(content["into"], dict(content["files"]), list(content["ours"]))
        here = content["folder"] == _number(holder)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Strange from None
    named = [note.into, *note.files, *note.ours]
    if not here or not all(
        isinstance(name, str) and _PLAIN.fullmatch(name) and name not in {".", ".."} for name in named
    ):
        raise Strange
    return note


def dissolve(holder: Path) -> None:
    """Remove a folder of ours whose files are all where they belong. Never with anything else that may be in it."""
    if disk.look(holder / FILES) is not None:
        disk.rmdir(holder / FILES)
    disk.unlink(holder / _NOTE)
    disk.rmdir(holder)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _number(holder: Path) -> int:
    return os.lstat(holder).st_ino  # and not the disk's, which another start of the system may call otherwise

"""Keeps what is read from being written over: a file is itself under every name that it has."""

import contextlib
import os
import unicodedata
from collections.abc import Collection
from pathlib import Path

from abtest.errors import UsageError


def refuse_inputs(targets: Collection[Path], keep: Collection[Path]) -> None:
    """Raise :class:`~abtest.errors.UsageError` when one of ``targets`` is one of ``keep``, or lies in a folder of them.

    They are compared by what the file system says they are (links, hard links, other spellings), and, as some may not
    be there yet, by their names, where folders ignore the case of letters without it.
    """
    if not keep:
        return
    there = {number: path for path in keep if (number := _number(path)) is not None}
    named = {_name(path): path for path in keep}
    for target in targets:
        found = named.get(_name(target))
        for place in (target, *_folders(target)):
            found = found or there.get(_number(place) or (-1, -1))
        if found is not None:
            raise UsageError(
                f"{target}: is read by this command ({found}), and is not written over; choose another place"
            )


def _folders(target: Path) -> list[Path]:
    """Return the folders that a file lies in, wherever links lead."""
    try:
        parent = target.parent.resolve()
    except (OSError, RuntimeError, ValueError):
        return []
    return [parent, *parent.parents]


def _number(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - as the file system sees it
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _name(path: Path) -> str:
    """Return the one name of a path: absolute, its folder's links followed, in one case where case means nothing."""
    try:
        folder = path.parent.resolve()
    except (OSError, RuntimeError, ValueError):
        folder = path.parent.absolute()
    name = unicodedata.normalize("NFC", str(folder / path.name))
    return name.casefold() if _ignores_case(folder) else name


def _ignores_case(folder: Path) -> bool:
    """Whether a folder's name in the other case is the same folder."""
    other = folder.with_name(folder.name.swapcase()) if folder.name else folder
    with contextlib.suppress(OSError, ValueError):
        return other.name != folder.name and other.samefile(folder)
    return False

"""Puts a draft on disk: checked as a definition first, under its name only when whole."""

import os
from collections.abc import Callable
from pathlib import Path

from abtest.definition.load import load
from abtest.errors import UsageError
from abtest.process import disk
from abtest.process.publishing import Kind, publish, settle, workplace

LONGEST_NAME = 200
KIND = Kind("definition", "choose another --output")


def require_target(path: Path, *, overwrite: bool) -> None:
    """Refuse a place where a definition cannot be written, before the work is done.

    Raises :class:`~abtest.errors.UsageError` when it exists (unless ``overwrite``), is a folder, is not called
    ``.yaml`` or ``.yml``, or its folder does not exist.
    """
    if not path.name.isprintable() or len(path.name.encode(errors="replace")) > LONGEST_NAME:
        raise UsageError(f"{str(path)[:60]!r}: cannot be a file name; choose another --output")
    if path.suffix.lower() not in {".yaml", ".yml"}:
        raise UsageError(f"{path}: a definition must be called .yaml or .yml; choose another --output")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; choose another --output")
    settle(path.parent)
    if not path.parent.is_dir():
        raise UsageError(f"{path}: the folder {path.parent} does not exist; create it first")
    if (path.exists() or path.is_symlink()) and not overwrite:
        raise UsageError(f"{path}: exists already; choose another --output, or overwrite it with --force")


def write_definition(text: str, path: Path, *, overwrite: bool) -> None:
    """Write ``text`` to ``path`` if it is a valid definition; nothing half-written is ever left.

    Raises what :func:`require_target` does, and :class:`~abtest.errors.DefinitionError` when it is not valid.
    """
    require_target(path, overwrite=overwrite)
    content = text.encode()
    with workplace(path.parent, KIND) as work:
        try:
            disk.write(work / path.name, content)
        except OSError as error:
            raise UsageError(f"{path}: cannot write the definition: {error.strerror}; {KIND.cure}") from error
        load(work / path.name)
    publish({path.name: content}, path.parent, overwrite=overwrite, kind=KIND)


def relative_to(folder: Path) -> Callable[[str], str]:
    """Return a function from a path, as the user gave it from the current folder, to the same one from ``folder``."""

    def relative(path: str) -> str:
        here, target = os.path.abspath(folder), os.path.abspath(path)  # noqa: PTH100 (a glob is no Path)
        if not target.startswith(os.path.join(here, "")):  # noqa: PTH118
            # A step up leads elsewhere through a link, so links are followed first.
            here, (parent, name) = os.path.realpath(folder), os.path.split(target)
            target = os.path.join(os.path.realpath(parent), name)  # noqa: PTH118
        try:
            text = os.path.relpath(target, here)
        except ValueError:  # another drive
            text = target
        text = Path(text).as_posix()
        if any(ord(character) < 32 or ord(character) == 127 for character in text):
            raise UsageError(f"{path!r}: a definition cannot name a path with control characters; rename it")
        return text if text == text.strip() else f"./{text}"

    return relative

"""Puts finished files in place: all of them or none."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from abtest.errors import UsageError
from abtest.process.signals import uninterrupted
from abtest.process.temporary import TemporaryFolder, nearest_folder

LONGEST_NAME = 200


def stem(name: str) -> str:
    """Return the experiment's name as a file name: what could be a path is replaced by a dash."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "report"


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """Give a temporary folder on the file system of ``folder``, removed at the end whatever happens.

    It lies in ``folder``, or in the nearest folder above that exists. Raises
    :class:`~abtest.errors.UsageError` when that is no folder or cannot be written to.
    """
    home = Path(folder).absolute()
    if any(len(part.encode()) > LONGEST_NAME for part in home.parts):
        raise UsageError(f"{str(folder)[:60]}…: the name of the output folder is too long; choose a shorter one")
    home = nearest_folder(home)
    if not home.is_dir():
        raise UsageError(f"{folder}: cannot write the report: {home} is a file; choose another output folder")
    try:
        work = TemporaryFolder(home)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield work.path
    finally:
        work.remove()


def publish(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Put ``files`` (name → content) into ``folder``, made if absent, and return their paths.

    Each file appears whole. When one cannot be put in place, those before it are taken back. The first of ``files``
    vouches for the others: it is put in place last, and an old one is taken away before any other is touched, so that
    whatever a killed process leaves does not claim to be whole. Ctrl-C waits until all is in place.
    """
    folder = Path(folder)
    made = _missing_folders(folder)
    with uninterrupted(), workplace(folder) as work:
        try:
            for name, content in files.items():
                (work / name).write_bytes(content)
            folder.mkdir(parents=True, exist_ok=True)
            _replace_all(list(files), work, folder)
        except OSError as error:
            for path in made:
                if path.is_dir() and not any(path.iterdir()):
                    path.rmdir()
            raise _unwritable(folder, error) from error
    return [folder / name for name in files]


def _replace_all(names: list[str], work: Path, folder: Path) -> None:
    """Move the files from ``work`` to ``folder``; after an error, put back what stood there before."""
    before = work / "before"
    before.mkdir()
    done: list[str] = []
    try:
        for name in names:
            if (folder / name).is_dir():
                raise IsADirectoryError(21, "a folder stands where the file should go", str(folder / name))
        for name in names:
            if (folder / name).exists():
                (folder / name).replace(before / name)
            done.append(name)
            if name != names[0]:
                (work / name).replace(folder / name)
        (work / names[0]).replace(folder / names[0])
    except BaseException:
        for name in done:
            (folder / name).unlink(missing_ok=True)
            if (before / name).exists():
                (before / name).replace(folder / name)
        raise


def _missing_folders(folder: Path) -> list[Path]:
    """Return ``folder`` and the folders above it that do not exist, the deepest first."""
    path = folder.absolute()
    return [place for place in (path, *path.parents) if not place.exists()]


def _unwritable(folder: Path, error: OSError) -> UsageError:
    reason = error.strerror or str(error)
    where = f" ({error.filename})" if isinstance(error, IsADirectoryError) else ""
    return UsageError(
        f"{folder}: cannot write the report: {reason}{where}; choose another output folder, or free this one"
    )

"""Files behind a path or glob: which they are, what they are, and a fingerprint of what they hold."""

import csv
import glob
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from abtest.definition.fields import nearest_name
from abtest.errors import DataError
from abtest.words.names import Names, file_shown, looks_like_name, repr_of
from abtest.words.visible import hidden, visible

Format = Literal["csv", "parquet", "ndjson"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".parquet": "parquet",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".ndjson.gz": "ndjson",
    ".jsonl.gz": "ndjson",
}
_DELIMITERS = ",;\t|"
_MAGIC = {
    b"\x1f\x8b": "gzip-compressed; name it .csv.gz",
    b"PK\x03\x04": "a zip archive or a workbook, not text; export it as CSV",
    b"PAR1": "a Parquet file; name it .parquet",
}
_NOTES = ("_", ".")
_WHOLE = 64 * 1024 * 1024
_BLOCK = 1024 * 1024
_BLOCKS = 32


def find_files(pattern: str, folder: Path, place: str) -> list[Path]:
    """Return the files that ``pattern`` (a path, a glob or a folder, relative to ``folder``) names, sorted.

    A folder stands for all files in it and below, but for those whose name, or a folder's, begins with ``_`` or a dot:
    notes of the tools that write such folders. Raises :class:`~abtest.errors.DataError` starting with ``place`` when
    there is none, or one is not a file.
    """
    if "://" in pattern:
        raise DataError(f"{place}: {pattern} is an address; only local files are read, so copy it here first")
    target = folder / pattern
    try:
        if target.is_file():
            return [target]
    except OSError as error:
        raise DataError(f"{place}: {pattern[:80]} cannot be read: {error.strerror}") from None
    if target.is_symlink():
        raise DataError(f"{place}: {pattern} is a link to a file that does not exist")
    if target.is_dir():
        return _files_below(target, pattern, place)
    if any(character in pattern for character in "*?["):
        found = sorted(Path(name) for name in glob.glob(str(target), recursive=True))  # noqa: PTH207 (recursive and absolute)
        files = [path for path in found if path.is_file()]
        if not files:
            raise DataError(f"{place}: no file matches {pattern} (looked from {folder or '.'})")
        return files
    if target.parent.is_dir():
        # Names are compared without their endings, which all files of a kind have in common.
        siblings = {entry.name.split(".")[0]: entry.name for entry in sorted(target.parent.iterdir())}
        near = nearest_name(target.name.split(".")[0], siblings, cutoff=0.75)
        hint = f"; did you mean {repr_of(siblings[near])}?" if near else ""
    else:
        hint = f"; the folder {Path(pattern).parent} does not exist either"
    raise DataError(f"{place}: no such file: {pattern} (looked from {folder}){hint}")


def _files_below(target: Path, pattern: str, place: str) -> list[Path]:
    if (target / "_delta_log").is_dir():
        raise DataError(
            f"{place}: {pattern} is a Delta table, whose folder holds rows that were deleted too; export it to "
            "Parquet, or read it with engine: spark and `table:`"
        )
    unreadable: list[OSError] = []
    files = []
    for parent, folders, names in os.walk(target, onerror=unreadable.append, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(_NOTES)]
        files += [Path(parent, name) for name in names if not name.startswith(_NOTES)]
    if unreadable:
        raise DataError(f"{place}: {file_shown(str(unreadable[0].filename))} cannot be read: {unreadable[0].strerror}")
    other = next((path for path in sorted(files) if _known_format(path) is None), None)
    if other is not None:
        raise DataError(
            f"{place}: the folder {pattern} also holds {file_shown(str(other.relative_to(target)))}, which is no "
            f"table; name the files, e.g. {pattern.rstrip('/')}/**/*.parquet"
        )
    if not files:
        raise DataError(f"{place}: the folder {pattern} holds no file")
    return sorted(files)


def require_seen_names(files: Sequence[Path], place: str) -> None:
    """Refuse a file in whose name a character hides: messages name it, and so do other programs."""
    for path in files:
        what = hidden(path.name)
        if what is not None:
            raise DataError(f"{place}: the file {visible(path.name)[:80]} has {what} in its name; rename it")


def _known_format(path: Path) -> Format | None:
    name = path.name.lower()
    return next((kind for ending, kind in _FORMATS.items() if name.endswith(ending)), None)


def format_of(files: Sequence[Path], place: str) -> Format:
    """Return the one format of ``files``, by their endings."""
    formats: dict[Format, Path] = {}
    for path in files:
        found = _known_format(path)
        if found is None:
            raise DataError(f"{place}: {path.name} has no known ending; use .csv, .csv.gz, .parquet, .ndjson or .jsonl")
        formats[found] = path
    if len(formats) > 1:
        raise DataError(
            f"{place}: the pattern matches files of several formats ({', '.join(formats)}); name one format"
        )
    return next(iter(formats))


def csv_layout(files: Sequence[Path], place: str) -> tuple[str, list[str]]:
    """Return the delimiter and the column names of CSV ``files``, which must agree in both.

    The header is read here and not guessed by the engine: an engine that sniffs may skip rows that do not fit.
    """
    layout: tuple[str, list[str]] | None = None
    for path in files:
        header = _first_line(path, place)
        # What stands in quotes is part of a name.
        bare = re.sub(r'"(?:[^"]|"")*"', "", header)
        counts = {delimiter: bare.count(delimiter) for delimiter in _DELIMITERS}
        delimiter = max(counts, key=lambda candidate: counts[candidate])
        try:
            header_names = next(csv.reader([header], delimiter=delimiter))
        except (csv.Error, StopIteration):
            raise DataError(
                f"{place}: {path.name}: the header line cannot be read; is the file a CSV with a line of names, "
                "and are its lines ended by LF or CRLF?"
            ) from None
        # Exports that keep a row number leave its column without a name.
        names = [name.strip() or f"unnamed_{number}" for number, name in enumerate(header_names, 1)]
        require_distinct(names, f"{place}: {path.name}")
        if layout is None:
            layout = (delimiter, names)
        elif layout != (delimiter, names):
            raise DataError(
                f"{place}: {path.name} has another header than {files[0].name}; files of one pattern need the same "
                "columns in the same order"
            )
    if layout is None:
        raise DataError(f"{place}: no file to read")
    return layout


def require_distinct(names: Sequence[str], place: str) -> None:
    """Refuse column names that are equal, or equal but for upper and lower case, which no SQL tells apart."""
    known = Names.of(names)
    if len({name.casefold() for name in names}) < len(names) and not all(map(looks_like_name, names)):
        # Values in the place of names are customers' data: they are not printed.
        raise DataError(f"{place}: the first line seems to hold values, not names: add a header line")
    seen: dict[str, tuple[int, str]] = {}
    for number, name in enumerate(names, 1):
        first, other = seen.setdefault(name.casefold(), (number, name))
        if first == number:
            continue
        called = f" {known.shown(name)}" if known.may_show(name) else " alike"
        if other != name:
            both = f": {repr_of(other)} and {repr_of(name)}" if known.may_show(name) else ""
            raise DataError(
                f"{place}: the columns {first} and {number} differ only in upper and lower case{both}; rename one"
            )
        raise DataError(f"{place}: two columns are called{called}, {first} and {number}; rename one")


def require_whole_gzip(files: Sequence[Path], place: str) -> None:
    """Refuse a gzip file whose checksum is wrong, which the engine reads without complaint. Large files are trusted."""
    for path in files:
        if path.suffix.lower() != ".gz" or path.stat().st_size > _WHOLE:
            continue
        try:
            with gzip.open(path, "rb") as file:
                while file.read(_BLOCK):
                    pass
        except (OSError, EOFError, zlib.error):
            raise DataError(
                f"{place}: {path.name}: the compressed file is cut off or damaged; export or copy it again"
            ) from None


def _first_line(path: Path, place: str) -> str:
    try:
        with gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb") as file:
            raw = file.readline(1_000_000)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "the compressed file is cut off or damaged"
        raise DataError(f"{place}: {path.name} cannot be read: {reason}; export or copy it again") from None
    for magic, what in _MAGIC.items():
        if raw.startswith(magic):
            raise DataError(f"{place}: {path.name} is {what}")
    if not raw.strip():
        raise DataError(f"{place}: {path.name} is empty; it needs a header line and rows")
    try:
        return raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise DataError(f"{place}: {path.name} is not UTF-8 text; save it as UTF-8") from None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another without reading it."""

    size: int
    modified_ns: int
    inode: int


def stamps(files: Sequence[Path], place: str) -> tuple[Stamp, ...]:
    """Return the stamp of every file, in order. Raises :class:`~abtest.errors.DataError` when one has disappeared."""
    found = []
    for path in files:
        try:
            state = path.stat()
        except OSError as error:
            raise DataError(
                f"{place}: {path.name} cannot be read any more ({error.strerror}); was it moved or removed while it "
                "was read?"
            ) from None
        found.append(Stamp(state.st_size, state.st_mtime_ns, state.st_ino))
    return tuple(found)


def require_unchanged(files: Sequence[Path], before: Sequence[Stamp], place: str) -> None:
    """Raise :class:`~abtest.errors.DataError` when one of ``files`` is not as it was when ``before`` was taken.

    Statements that read different states of a file do not fit together, so nothing may be told of them.
    """
    for path, then, now in zip(files, before, stamps(files, place), strict=True):
        if then != now:
            raise DataError(f"{place}: {path.name} changed while it was read; run again when it is complete")


def fingerprint(files: Sequence[Path], *, whole: bool = False) -> str:
    """Return a hash of the content of ``files``: ``sha256:…`` of every byte.

    Unless ``whole``, for a file over 64 MiB its size and 32 evenly spaced blocks of 1 MiB stand for it, and the hash
    says ``sampled-sha256:…``.
    """
    digest, sampled = hashlib.sha256(), False
    for path in files:
        size = path.stat().st_size
        if len(files) > 1:
            digest.update(f"{path.name}:{size}:".encode())
        with path.open("rb") as file:
            if whole or size <= _WHOLE:
                while block := file.read(_BLOCK):
                    digest.update(block)
                continue
            sampled = True
            digest.update(str(size).encode())
            for index in range(_BLOCKS):
                file.seek((size - _BLOCK) * index // (_BLOCKS - 1), os.SEEK_SET)
                digest.update(file.read(_BLOCK))
    return f"{'sampled-' if sampled else ''}sha256:{digest.hexdigest()}"

"""Files of a table: what they are, what their headers say, and what tells one state of them from another."""

import csv
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from abtest.errors import DataError
from abtest.files.paths import find_files
from abtest.process.regular import open_regular
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
_BINARY = getattr(os, "O_BINARY", 0)
_WHOLE = 64 * 1024 * 1024
_BLOCK = 1024 * 1024
_BLOCKS = 32


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another without reading it.

    The time of its last change of any kind cannot be set back, as that of its content can.
    """

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Located:
    """The files of one table, what they are, and the state that each was in before it was read.

    ``layout``: the delimiter and the names of the columns of CSV files. ``again``: further names of the same files,
    which are not read again.
    """

    files: tuple[Path, ...]
    kind: Format
    layout: tuple[str, list[str]] | None
    stamps: tuple[Stamp, ...]
    again: tuple[tuple[Path, Path], ...]
    place: str

    @property
    def names(self) -> list[str]:
        """The files as an engine is given them."""
        return [str(file) for file in self.files]


def locate(pattern: str, folder: Path, place: str) -> Located:
    """Return the files that ``pattern`` names, looked at from outside: no row is read.

    Raises :class:`~abtest.errors.DataError` starting with ``place`` as :func:`~abtest.files.paths.find_files` does,
    and for files that are no tables, do not agree, or are damaged.
    """
    found = find_files(pattern, folder, place)
    before = stamps(found.files, place)
    other = next((path for path in found.files if not ending_of(path)), None)
    if found.folder is not None and other is not None:
        raise DataError(
            f"{place}: the folder {pattern} also holds {file_shown(str(other.relative_to(found.folder)))}, which is no "
            f"table; name the files, e.g. {pattern.rstrip('/')}/**/*.parquet"
        )
    require_seen_names(found.files, place)
    kind = format_of(found.files, place)
    require_whole_gzip(found.files, place)
    layout = csv_layout(found.files, place) if kind == "csv" else None
    return Located(found.files, kind, layout, before, found.again, place)


def require_seen_names(files: Sequence[Path], place: str) -> None:
    """Refuse a file in whose name a character hides: messages name it, and so do other programs."""
    for path in files:
        what = hidden(path.name)
        if what is not None:
            raise DataError(f"{place}: the file {visible(path.name)[:80]} has {what} in its name; rename it")


def _known_format(path: Path) -> Format | None:
    return _FORMATS.get(ending_of(path))


def ending_of(path: Path) -> str:
    """Return the ending that tells what a file is, such as ``.csv.gz``, in small letters; ``""`` when none is known."""
    name = path.name.lower()
    return max((ending for ending in _FORMATS if name.endswith(ending)), key=len, default="")


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
            with open_regular(path) as raw, gzip.open(raw, "rb") as file:
                while file.read(_BLOCK):
                    pass
        except (OSError, EOFError, zlib.error):
            raise DataError(
                f"{place}: {path.name}: the compressed file is cut off or damaged; export or copy it again"
            ) from None


def unpacked(path: Path, content: BinaryIO) -> BinaryIO | gzip.GzipFile:
    """Return the content of a file that was opened, of a gzip what is packed in it."""
    return gzip.GzipFile(fileobj=content) if path.suffix.lower() == ".gz" else content


def _first_line(path: Path, place: str) -> str:
    try:
        with open_regular(path) as content, unpacked(path, content) as file:
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
        found.append(Stamp(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
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
        with open_regular(path) as file:
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

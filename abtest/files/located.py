"""Files of a table: what they are, what their headers say, and what tells one state of them from another."""

import codecs
import csv
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

from abtest.errors import DataError
from abtest.files.avro import avro_written
from abtest.files.paths import find_files
from abtest.files.prepared import BOOKS, PLAIN, Start, Written, copied, member_of, needs_copy, start_of
from abtest.files.workbooks import sheet_written
from abtest.process.regular import open_regular
from abtest.words.names import Names, file_shown, looks_like_name, names_are_told, repr_of
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
    ".csv.zst": "csv",
    ".tsv.zst": "csv",
    ".ndjson.zst": "ndjson",
    ".jsonl.zst": "ndjson",
    ".zip": "csv",
    ".xlsx": "csv",
    ".xlsm": "csv",
    ".ods": "csv",
    ".avro": "ndjson",
}
"""By its ending; what a zip archive holds is told by the ending inside it."""
_DELIMITERS = ",;\t|"
_BINARY = getattr(os, "O_BINARY", 0)
_WHOLE = 64 * 1024 * 1024
_BLOCK = 1024 * 1024
_BLOCKS = 32
LONGEST_LINE = 2_097_152
"""Bytes of a line of a CSV file: more than that the engine refuses, unless the line is the last, which it drops."""


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
    read_as: tuple[Path, ...] = ()
    """The files that an engine reads in their place: plain copies of those that are packed, encoded or sheets."""

    @property
    def names(self) -> list[str]:
        """The files as an engine is given them."""
        return [str(file) for file in self.read_as or self.files]


def locate(pattern: str, folder: Path, place: str, written: Written = PLAIN, work: Path | None = None) -> Located:
    """Return the files that ``pattern`` names, looked at from outside: no row is read.

    ``written``: what is said of how they are written. ``work``: a folder for plain copies of files that an engine does
    not read as they are; without one they are looked at only.

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
    require_whole_gzip(found.files, place, lines=kind == "csv")
    layout, read_as = None, found.files
    if kind == "csv":
        # Before the encoding is guessed, which zeros would mislead, and again as the engine will read it.
        require_short_last_line(found.files, place, found.files)
        # A sheet is a CSV from here on, in which nothing stands above the header any more.
        texts = [(path, written) for path in found.files]
        if any(_is_book(path) for path in found.files):
            if work is None:
                raise ValueError("a workbook is written out, and there is no folder to do so")
            texts = [
                (sheet_written(path, work, written, place), PLAIN) if _is_book(path) else (path, written)
                for path in found.files
            ]
        layout = _layout(texts, place)
        read_as = _plain_csv(texts, layout, place, work)
        require_short_last_line(found.files, place, read_as)
    elif kind == "ndjson":
        read_as = _plain_ndjson(found.files, place, written, work)
    return Located(found.files, kind, layout, before, found.again, place, read_as)


def _plain_ndjson(files: Sequence[Path], place: str, written: Written, work: Path | None) -> tuple[Path, ...]:
    plain = []
    for path in files:
        if path.suffix.lower() == ".avro":
            plain.append(path if work is None else avro_written(path, work, place))
            continue
        marked = written.encoding or written.skip or path.suffix.lower() in {".zip", ".zst"} or _has_mark(path)
        start = start_of(path, written, place) if marked else None
        needed = work is not None and start is not None and needs_copy(path, start)
        plain.append(copied(path, work, start, place) if needed and work is not None and start is not None else path)
    return tuple(plain)


def _has_mark(path: Path) -> bool:
    """Whether a text says by its first bytes that it is no UTF-8."""
    try:
        with open_regular(path) as file:
            return file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    except OSError:
        return False


def _plain_csv(
    texts: Sequence[tuple[Path, Written]], layout: tuple[str, list[str]], place: str, work: Path | None
) -> tuple[Path, ...]:
    """Return the files that an engine reads: plain, with the columns of the first in its order."""
    if work is None:
        return tuple(path for path, _ in texts)
    plain = []
    for path, written in texts:
        start = start_of(path, written, place)
        found = _header(path, start, place)
        order = None if found == layout else [found[1].index(name) for name in layout[1]]
        if order is None and not needs_copy(path, start):
            plain.append(path)
            continue
        plain.append(copied(path, work, replace(start, delimiter=found[0]), place, order=order, delimiter=layout[0]))
    return tuple(plain)


def _is_book(path: Path) -> bool:
    return path.name.lower().endswith(BOOKS)


def require_seen_names(files: Sequence[Path], place: str) -> None:
    """Refuse a file in whose name a character hides: messages name it, and so do other programs."""
    for path in files:
        what = hidden(path.name)
        if what is not None:
            raise DataError(f"{place}: the file {visible(path.name)[:80]} has {what} in its name; rename it")


def _known_format(path: Path, place: str) -> Format | None:
    if path.suffix.lower() == ".zip":
        return _FORMATS[ending_of(Path(member_of(path, place)))]
    return _FORMATS.get(ending_of(path))


def ending_of(path: Path) -> str:
    """Return the ending that tells what a file is, such as ``.csv.gz``, in small letters; ``""`` when none is known."""
    name = path.name.lower()
    return max((ending for ending in _FORMATS if name.endswith(ending)), key=len, default="")


def format_of(files: Sequence[Path], place: str) -> Format:
    """Return the one format of ``files``, by their endings."""
    formats: dict[Format, Path] = {}
    for path in files:
        found = _known_format(path, place)
        if found is None:
            raise DataError(
                f"{place}: {path.name} has no known ending; use .csv, .csv.gz, .parquet, .ndjson, .jsonl, .xlsx, .ods, "
                ".zip or .avro"
            )
        formats[found] = path
    if len(formats) > 1:
        raise DataError(
            f"{place}: the pattern matches files of several formats ({', '.join(formats)}); name one format"
        )
    return next(iter(formats))


def csv_layout(files: Sequence[Path], place: str) -> tuple[str, list[str]]:
    """Return the delimiter and the column names of plain CSV ``files``, of which all must have the same columns."""
    return _layout([(path, PLAIN) for path in files], place)


def _layout(texts: Sequence[tuple[Path, Written]], place: str) -> tuple[str, list[str]]:
    """Return the delimiter and the column names of the first of several CSV files; the others must have them too.

    The header is read here and not guessed by the engine: an engine that sniffs may skip rows that do not fit.
    """
    layout: tuple[str, list[str]] | None = None
    for path, written in texts:
        found = _header(path, start_of(path, written, place), place)
        if layout is None:
            layout = found
        elif sorted(layout[1]) != sorted(found[1]):
            raise _other_columns(path, found[1], texts[0][0], layout[1], place)
    if layout is None:
        raise DataError(f"{place}: no file to read")
    return layout


def _header(path: Path, start: Start, place: str) -> tuple[str, list[str]]:
    """Return the delimiter and the column names of one CSV."""
    if not any(line.strip() for line in start.lines):
        raise DataError(f"{place}: {path.name} is empty; it needs a header line and rows")
    header = start.lines[0]
    delimiter = start.delimiter or _delimiter(header)
    below = _preamble(start)
    if below:
        skip = start.above + below
        raise DataError(
            f"{place}: {path.name}: its header seems to stand in line {skip + 1}, below other lines: "
            f"`read: {{skip: {skip}}}`"
        )
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
    return delimiter, names


def _delimiter(line: str) -> str:
    # What stands in quotes is part of a name.
    bare = re.sub(r'"(?:[^"]|"")*"', "", line)
    return max(_DELIMITERS, key=bare.count)


_LINES_ABOVE = 40
"""Lines among which a header is looked for."""


def _preamble(start: Start) -> int:
    """Return how many lines stand above what is a header by all signs; 0 where the first line is one, or none is."""
    lines = [line for line in start.lines[:_LINES_ABOVE] if line.strip()]
    if len(lines) < 3 or not start.lines:
        return 0
    delimiter = start.delimiter or _delimiter(lines[-1])
    try:
        cells = [next(csv.reader([line], delimiter=delimiter)) for line in lines]
    except (csv.Error, StopIteration):
        return 0
    width = len(cells[-1])
    # All rows at the end have the width of the table, and the lines above its header have another.
    first = next(place for place in range(len(cells)) if all(len(row) == width for row in cells[place:]))
    names = [name.strip() for name in cells[first]]
    rows = cells[first + 1 :]
    if first == 0 or width < 2 or not rows or any(len(row) == width for row in cells[:first]):
        return 0
    if not all(map(looks_like_name, filter(None, names))) or not names_are_told(names, rows):
        return 0
    return start.lines.index(lines[first]) if start.lines[0] != lines[first] else 0


def _other_columns(path: Path, names: Sequence[str], first: Path, known: Sequence[str], place: str) -> DataError:
    """Return the error for a file of a pattern that has other columns than the first."""
    both = Names.of([*known], told=True)
    if not set(names) & set(known) and not all(map(looks_like_name, names)):
        return DataError(
            f"{place}: {path.name}: the first line seems to hold values, not the names that {first.name} has; add a "
            "header line to it"
        )
    missing = next((name for name in known if name not in names), None)
    if missing is not None:
        what = f"has no {both.column(missing)}, which {first.name} has"
    else:
        more = next(name for name in names if name not in known)
        what = f"has {Names.of([more], told=True).column(more)}, which {first.name} lacks"
    return DataError(f"{place}: {path.name} {what}; files of one pattern need the same columns, in any order")


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


def require_short_last_line(files: Sequence[Path], place: str, read_as: Sequence[Path]) -> None:
    """Refuse a CSV file that ends with a line longer than all others may be, such as one filled up with zeros.

    The engine leaves such a line out in silence. ``read_as``: what the engine reads in the place of each file. Those
    that are compressed are looked at by :func:`require_whole_gzip`.
    """
    for path, read in zip(files, read_as, strict=True):
        try:
            if ending_of(read) not in {".csv", ".tsv"} or (size := read.stat().st_size) <= LONGEST_LINE:
                continue
            with open_regular(read) as file:
                file.seek(-min(size, 2 * LONGEST_LINE), os.SEEK_END)
                tail = file.read(2 * LONGEST_LINE)
        except OSError as error:
            raise DataError(f"{place}: {path.name} cannot be read: {error.strerror}; export or copy it again") from None
        _require_short(tail, path, place)


def _require_short(tail: bytes, path: Path, place: str) -> None:
    last = tail.rstrip(b"\r\n")
    start = max(last.rfind(b"\n"), last.rfind(b"\r"))
    if len(last) - start - 1 > LONGEST_LINE:
        raise DataError(
            f"{place}: {path.name}: the last line is longer than 2 MB; is a quote not closed, or was the file filled "
            "up with zeros or blanks? Export or copy it again"
        )


def require_whole_gzip(files: Sequence[Path], place: str, *, lines: bool = False) -> None:
    """Refuse a gzip file whose checksum is wrong, which the engine reads without complaint. Large files are trusted.

    ``lines``: refuse too one that ends with too long a line, as :func:`require_short_last_line` does.
    """
    for path in files:
        if path.suffix.lower() != ".gz" or path.stat().st_size > _WHOLE:
            continue
        tail = b""
        try:
            with open_regular(path) as raw, gzip.open(raw, "rb") as file:
                while block := file.read(_BLOCK):
                    tail = (tail + block)[-2 * LONGEST_LINE :] if lines else b""
        except (OSError, EOFError, zlib.error):
            raise DataError(
                f"{place}: {path.name}: the compressed file is cut off or damaged; export or copy it again"
            ) from None
        _require_short(tail, path, place)


def unpacked(path: Path, content: BinaryIO) -> BinaryIO | gzip.GzipFile:
    """Return the content of a file that was opened, of a gzip what is packed in it."""
    return gzip.GzipFile(fileobj=content) if path.suffix.lower() == ".gz" else content


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

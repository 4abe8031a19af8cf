"""Files that are not plain UTF-8 tables, written out as such for an engine: packed, encoded, headed, or sheets.

Principle: what a file is, is told by its name and its first bytes, or by the definition, and is never tried out. The
plain copy lies in the engine's own folder and is removed with it; fingerprints and errors are of the file itself. A
stranger's file is unpacked as a stream, and no further than data go.
"""

import codecs
import contextlib
import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from abtest.errors import DataError, UsageError
from abtest.process.regular import open_regular

MOST_UNPACKED = 64_000_000_000
MOST_RATIO = 400
_FREE = 256_000_000
"""Bytes from which on a file may not be many times its own size."""
_BLOCK = 1 << 20
_HEADER = 1_000_000
"""Bytes of a header."""
_MEMBERS = (".csv", ".tsv", ".ndjson", ".jsonl")
BOOKS = (".xlsx", ".xlsm", ".ods")
PACKED = (".gz", ".zip", ".zst")
_MAGIC = {
    b"\x1f\x8b": "gzip-compressed; name it .csv.gz",
    b"\x28\xb5\x2f\xfd": "compressed by zstandard; name it .csv.zst",
    b"PK\x03\x04": "a zip archive or a workbook, not text; name it .zip, .xlsx or .ods",
    b"\xd0\xcf\x11\xe0": "a workbook of an old kind, or one with a password; save it as .xlsx without one",
    b"PAR1": "a Parquet file; name it .parquet",
    b"Obj\x01": "an Avro file; name it .avro",
}
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Written:
    """How the files of a table are written: what a definition says of them, and nothing of their values."""

    delimiter: str | None = None
    encoding: str | None = None
    skip: int = 0
    sheet: str | None = None


PLAIN = Written()


@dataclass(frozen=True, slots=True)
class Start:
    """The first lines of a file as text: how it is encoded, how many lines stand above the header, the lines below."""

    encoding: str
    above: int
    lines: tuple[str, ...]
    delimiter: str | None = None


def member_of(path: Path, place: str) -> str:
    """Return the name of the one table in a zip archive."""
    try:
        with open_regular(path) as content, zipfile.ZipFile(content) as archive:
            listed = archive.infolist()[:1_000]
    except (OSError, zipfile.BadZipFile, NotImplementedError):
        raise DataError(f"{place}: {path.name}: the archive is cut off or damaged; export or copy it again") from None
    tables = [one for one in listed if not one.is_dir() and not _is_beside(one.filename)]
    if len(tables) != 1:
        raise DataError(
            f"{place}: {path.name} holds {len(tables)} files, and a table is one; unpack it, and name the files"
        )
    [one] = tables
    if not one.filename.lower().endswith(_MEMBERS):
        raise DataError(
            f"{place}: {path.name}: what it holds is no table ({', '.join(_MEMBERS)}); unpack it, and name the file"
        )
    if one.flag_bits & 1:
        raise DataError(f"{place}: {path.name} is locked with a password; unpack it, and name the file")
    return one.filename


def _is_beside(name: str) -> bool:
    """Whether a file in an archive is a system's note, not a table."""
    last = name.rsplit("/", 1)[-1]
    return name.startswith("__MACOSX/") or last.startswith(".") or last.lower() in {"thumbs.db", "desktop.ini"}


@contextlib.contextmanager
def unpacked(path: Path, place: str = "") -> Iterator[BinaryIO]:
    """Open the content of a file, of a packed one what is packed in it."""
    ending = path.suffix.lower()
    with open_regular(path) as content:
        if ending == ".gz":
            with gzip.GzipFile(fileobj=content) as unzipped:
                yield cast("BinaryIO", unzipped)
        elif ending == ".zip":
            name = member_of(path, place)
            with zipfile.ZipFile(content) as archive, archive.open(name) as member:
                yield cast("BinaryIO", member)
        elif ending == ".zst":
            with _zstandard(content, path.name, place) as unzipped:
                yield unzipped
        else:
            yield content


def _zstandard(content: BinaryIO, name: str, place: str) -> BinaryIO:
    try:
        import zstandard
    except ImportError:
        raise UsageError(
            f"{place}: {name}: to read .zst files, pip install 'abtest[zst]'; or unpack it, and name the file"
        ) from None
    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(content, read_across_frames=True)
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", reader), _BLOCK))


DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What reading a packed file that is cut off or damaged raises."""


class Attempt:
    """Whether a reader of somebody else's came to its end.

    What it stumbles over may quote a cell, so that no error of ours hangs on it: it is passed over here, and the
    caller raises when not ``whole``. Errors of ours, of a disk and of memory are no fault of the file, and pass on.
    """

    whole = False

    def __enter__(self) -> "Attempt":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        self.whole = error is None
        return isinstance(error, Exception) and not isinstance(error, DataError | OSError | MemoryError)


def is_damage(error: BaseException) -> bool:
    """Whether an error says that a packed file is damaged."""
    return isinstance(error, DAMAGED) or type(error).__module__.startswith("zstandard")


def start_of(path: Path, written: Written, place: str, *, most: int = 65_536) -> Start:
    """Return how a text begins. Raises :class:`~abtest.errors.DataError` when it cannot be read as said."""
    try:
        with unpacked(path, place) as file:
            raw = file.read(most)
            whole = len(raw) < most
    except Exception as error:
        if not is_damage(error):
            raise
        reason = getattr(error, "strerror", None) or "the compressed file is cut off or damaged"
        raise DataError(f"{place}: {path.name} cannot be read: {reason}; export or copy it again") from None
    for magic, what in _MAGIC.items():
        if raw.startswith(magic):
            raise DataError(f"{place}: {path.name} is {what}")
    encoding = written.encoding or next((name for mark, name in MARKS.items() if raw.startswith(mark)), "utf-8")
    if encoding == "utf-8" and 0 in raw[:4_096]:
        raise not_text(path, raw, encoding, place)
    text = _decoded(raw, encoding, path, place, final=whole)
    lines = text.removeprefix("\ufeff").splitlines()
    if not whole and len(lines) == 1 and most < _HEADER:
        return start_of(path, written, place, most=_HEADER)
    if not whole and len(lines) > 1:
        lines = lines[:-1]  # the last one may be cut
    above, delimiter = written.skip, written.delimiter
    if above < len(lines) and lines[above][:4].lower() == "sep=" and len(lines[above].strip()) in {4, 5}:
        # A spreadsheet's own note of the delimiter; of a tab only `sep=` may be left.
        delimiter = delimiter or lines[above].rstrip("\r\n")[4:5] or "\t"
        above += 1
    return Start(encoding, above, tuple(lines[above:]), delimiter)


def _decoded(raw: bytes, encoding: str, path: Path, place: str, *, final: bool) -> str:
    with contextlib.suppress(UnicodeDecodeError):  # which holds the bytes, so that no other error may hang on it
        return codecs.getincrementaldecoder(encoding)("strict").decode(raw, final)
    raise not_text(path, raw, encoding, place)


def not_text(path: Path, raw: bytes, encoding: str, place: str) -> DataError:
    """Return the error for a file that is not encoded as it should be, with the encoding that fits."""
    named = "UTF-8" if encoding.startswith("utf-8") else encoding
    fits = encoding_of(raw)
    cure = f"it reads as {fits}: `read: {{encoding: {fits}}}`" if fits and fits != encoding else "save it as UTF-8"
    return DataError(f"{place}: {path.name} is not {named} text; {cure}")


def encoding_of(raw: bytes) -> str | None:
    """Return the encoding that fits bytes which are no UTF-8; ``None`` for what is no text."""
    sample = raw[: 1 << 20]
    nulls = sample.count(0)
    if nulls > len(sample) / 4:
        return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
    if nulls or any(byte < 32 and byte not in b"\t\r\n\f\x1a" for byte in sample):
        return None
    # Windows has letters and signs where ISO 8859-1 has controls that no text holds.
    return "windows-1252" if any(0x80 <= byte < 0xA0 for byte in sample) else "latin-1"


def needs_copy(path: Path, start: Start | None) -> bool:
    """Whether an engine is given a plain copy in place of the file."""
    if path.suffix.lower() in {".zip", ".zst"} or path.name.lower().endswith(BOOKS):
        return True
    return start is not None and (start.above > 0 or not start.encoding.startswith("utf-8"))


def copied(
    path: Path, folder: Path, start: Start, place: str, *, order: Sequence[int] | None = None, delimiter: str = ","
) -> Path:
    """Write a text as UTF-8, without what stands above its header, and return where; at most once.

    ``order``: the places of the columns that are written, one after the other, between ``delimiter``.
    """
    target = _target(path, folder, (start.encoding, start.above, start.delimiter, order, delimiter))
    if target.exists():
        return target
    part = target.with_name(target.name + ".part")
    told: DataError | None = None  # raised outside of the handlers: what is handled there holds bytes of the file
    try:
        with unpacked(path, place) as file, part.open("w", encoding="utf-8", newline="") as out:
            text = io.TextIOWrapper(_Bounded(file, path, place), encoding=start.encoding, newline="")  # type: ignore[type-var]
            for _ in range(start.above):
                text.readline()
            if order is None:
                while block := text.read(_BLOCK):
                    out.write(block.removeprefix("\ufeff"))
            else:
                rows = csv.reader(text, delimiter=start.delimiter or ",", strict=True)
                writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
                writer.writerows([row[at] for at in order] if len(row) >= len(order) else row for row in rows if row)
    except UnicodeDecodeError as error:
        told = not_text(path, error.object, start.encoding, place)
    except csv.Error:
        told = DataError(f"{place}: {path.name}: its cells cannot be told apart: is a quote not closed?")
    except Exception as error:
        if isinstance(error, DataError | UsageError) or not is_damage(error):
            raise
        reason = getattr(error, "strerror", None) or "the compressed file is cut off or damaged"
        told = DataError(f"{place}: {path.name} cannot be read: {reason}; export or copy it again")
    if told is not None:
        raise told
    part.rename(target)
    return target


def _target(path: Path, folder: Path, said: object) -> Path:
    state = path.stat()
    key = f"{path.absolute()}\0{state.st_ino}\0{state.st_size}\0{state.st_mtime_ns}\0{said}".encode(errors="replace")
    home = folder / "prepared" / hashlib.sha256(key).hexdigest()[:24]
    home.mkdir(parents=True, exist_ok=True)
    inner = path.name.lower().removesuffix(path.suffix.lower()) if path.suffix.lower() in PACKED else path.name.lower()
    lines = inner.endswith((".ndjson", ".jsonl")) or (path.suffix.lower() == ".zip" and _holds_lines(path))
    name = path.name if path.name.lower().endswith(_MEMBERS) else path.name + (".ndjson" if lines else ".csv")
    return home / name


def _holds_lines(path: Path) -> bool:
    return member_of(path, "").lower().endswith((".ndjson", ".jsonl"))


def target_of(path: Path, folder: Path, said: object) -> Path:
    """Return where the plain copy of a file lies, or is to lie."""
    return _target(path, folder, said)


class _Bounded(io.RawIOBase):
    """What is unpacked of a file, up to where no data go."""

    def __init__(self, file: BinaryIO, path: Path, place: str) -> None:
        self._file, self._path, self._place = file, path, place
        self._own = path.stat().st_size
        self._seen = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._file.read(min(len(buffer), _BLOCK))
        self._seen += len(block)
        require_bounds(self._path, self._place, self._seen, self._own)
        buffer[: len(block)] = block
        return len(block)


def require_bounds(path: Path, place: str, seen: int, own: int) -> None:
    """Raise :class:`~abtest.errors.DataError` when more was unpacked than data hold."""
    if seen > MOST_UNPACKED:
        raise DataError(f"{place}: {path.name} unpacks to more than {MOST_UNPACKED:,} bytes; unpack it, and look at it")
    if seen > _FREE and seen > MOST_RATIO * own:
        raise DataError(
            f"{place}: {path.name} unpacks to more than {MOST_RATIO} times its own size; unpack it, and look at it"
        )

"""``--verify``: are the files what they say they are? Read once more, whole, before anything is counted.

Principle: whatever a file carries to be checked by is checked: the checksums of Parquet pages and of compressed files,
the statistics and counts in a footer, a second count of the rows of a text, and a checksum that lies beside the file.
What cannot be noticed is said, not passed over. No value of a row is shown.
"""

import contextlib
import csv
import hashlib
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from abtest.definition.load import Experiment
from abtest.engines.choice import embedded
from abtest.engines.engine import Engine, EngineError, Statement
from abtest.engines.options import Limits
from abtest.engines.sqltext import quote
from abtest.errors import DataError
from abtest.files.located import Format, Stamp, csv_layout, format_of, locate, require_unchanged, stamps, unpacked
from abtest.files.parquet_pages import check_pages
from abtest.files.paths import find_files
from abtest.files.prepared import PLAIN, Written
from abtest.files.thrift import DamagedError
from abtest.process.regular import open_regular
from abtest.warehouse.plan import Plan
from abtest.warehouse.sources import written_of

Progress = Callable[[str, float | None], None]
_BLOCK = 1 << 20
_LONGEST_CELL = 1 << 30
_BESIDE = ".sha256"
_CURE = "export or copy it again"


@dataclass(frozen=True, slots=True)
class _Files:
    place: str
    files: tuple[Path, ...]
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """Files that were found whole. ``notes`` say what could not be noticed, each starting with its place."""

    notes: tuple[str, ...]
    seen: tuple[_Files, ...]

    def require_unchanged(self) -> None:
        """Raise :class:`~abtest.errors.DataError` when a file is not as it was when it was verified."""
        for each in self.seen:
            require_unchanged(each.files, each.stamps, each.place)


def verify(
    experiment: Experiment,
    *,
    without: Collection[str] = (),
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Verify the files that an analysis of ``experiment`` reads; ``without`` are tables that it reads from elsewhere.

    Raises :class:`~abtest.errors.DataError` naming the first file that is damaged. Tables of a catalogue are left out,
    and a note says so.
    """
    found = [
        verify_source(experiment, name, limits=limits, progress=progress)
        for name in Plan.of(experiment.definition).sources
        if name not in without
    ]
    return Verified(
        tuple(note for each in found for note in each.notes), tuple(one for each in found for one in each.seen)
    )


def verify_source(
    experiment: Experiment, name: str, *, limits: Limits | None = None, progress: Progress | None = None
) -> Verified:
    """Verify the files of one table."""
    source, place = experiment.definition.data[name], experiment.place("data", name)
    if source.path is None:
        return Verified((f"{place}: is no file, so nothing of it was verified",), ())
    return verify_files(
        source.path, experiment.folder, f"{place}.path", written=written_of(source), limits=limits, progress=progress
    )


def verify_files(
    pattern: str,
    folder: Path,
    place: str,
    *,
    written: Written = PLAIN,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Verify the files that ``pattern`` names, as :func:`~abtest.files.paths.find_files` finds them."""
    files = find_files(pattern, folder, place).files
    before = stamps(files, place)
    kind = format_of(files, place)
    notes: list[str] = []
    with _engine(kind, limits) as engine:
        plain = files
        if engine is not None:
            located = locate(pattern, folder, place, written, engine.workspace())
            plain = located.read_as
            engine.admit(located.names)
        for number, (path, read) in enumerate(zip(files, plain, strict=True)):
            if progress is not None:
                progress("verifying the files", number / len(files))
            beside = _compared_beside(path, place)
            note = _parquet(path, place) if engine is None else _text(read, kind, place, engine, packed=path)
            if note is not None and not beside:
                notes.append(f"{place}: {path.name}: {note}")
    seen = _Files(place, files, before)
    require_unchanged(files, before, place)
    return Verified(tuple(notes), (seen,))


@contextlib.contextmanager
def _engine(kind: Format, limits: Limits | None) -> Iterator[Engine | None]:
    """Open the engine that counts the rows of texts; Parquet files need none."""
    if kind == "parquet":
        yield None
        return
    engine = embedded(limits).open()
    try:
        yield engine
    finally:
        engine.close()


def _compared_beside(path: Path, place: str) -> bool:
    """Compare a file with the checksum in ``<name>.sha256`` beside it, as `sha256sum` writes it, if there is one."""
    beside = path.with_name(path.name + _BESIDE)
    try:
        with open_regular(beside) as file:
            said = re.match(rb"\\?([0-9a-fA-F]{64})(?:[ \t\r\n]|$)", file.read(4096))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DataError(
            f"{place}: {beside.name} cannot be read: {error.strerror or error}; write it with sha256sum, or remove it"
        ) from None
    if said is None:
        raise DataError(f"{place}: {beside.name} holds no SHA-256 checksum; write it with sha256sum, or remove it")
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != said[1].decode().lower():
        raise DataError(f"{place}: {path.name} does not have the checksum that {beside.name} says; {_CURE}")
    return True


def _parquet(path: Path, place: str) -> str | None:
    """Check a Parquet file; return what could not be noticed."""
    try:
        pages = check_pages(path)
    except DamagedError as error:
        raise DataError(f"{place}: {path.name} is damaged: {error}; {_CURE}") from None
    fault = embedded().parquet_fault(path)
    if fault is not None:
        raise DataError(f"{place}: {path.name} is damaged: {fault}; {_CURE}")
    without = pages.count - pages.checked
    if not without:
        return None
    which = "its pages have no checksums" if not pages.checked else f"{without:,} of {pages.count:,} pages have none"
    return (
        f"{which}; a damaged page cannot be noticed when its values stay in range; write the file with page checksums, "
        f"or lay {path.name}{_BESIDE} beside it"
    )


def _text(path: Path, kind: Format, place: str, engine: Engine, *, packed: Path) -> str | None:
    """Count the rows of a text twice; return what could not be noticed. ``packed``: the file that holds the text."""
    checked = packed.suffix.lower() in {".gz", ".zip", ".xlsx", ".xlsm", ".ods"}
    layout = csv_layout([path], place) if kind == "csv" else None
    try:
        with open_regular(path) as content, unpacked(path, content) as file:
            rows = _lines(file) if layout is None else _records(file, layout[0])
    except (OSError, EOFError, zlib.error):
        raise DataError(f"{place}: {path.name}: the file is cut off or damaged; {_CURE}") from None
    except csv.Error:
        raise DataError(
            f"{place}: {path.name}: its cells cannot be told apart: a quote stands where none may; export it again"
        ) from None
    try:
        engine.attach_files("verified", [str(path)], kind, layout)
        counted = engine.rows(Statement(f"SELECT count(*) AS row_count FROM {quote('verified')}", {}))[0]["row_count"]
    except EngineError as error:
        raise DataError(f"{place}: {path.name}: {str(error).split(': ', 1)[-1]}") from None
    if counted != rows:
        raise DataError(
            f"{place}: {path.name}: two readers count {counted:,} and {rows:,} rows; look for a stray quote or line end"
        )
    if checked:
        return None
    return f"a text has no checksum; a changed value cannot be noticed; lay {packed.name}{_BESIDE} beside it"


def _lines(file: Iterable[bytes]) -> int:
    return sum(1 for line in file if line.strip())


def _records(file: Iterable[bytes], delimiter: str) -> int:
    """Return the records below the header; lines without anything are none."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        return sum(1 for row in csv.reader(_decoded(file), delimiter=delimiter, strict=True) if row) - 1
    finally:
        csv.field_size_limit(before)


def _decoded(file: Iterable[bytes]) -> Iterator[str]:
    # What is no UTF-8 is for the engine to refuse; here it only must not end a line.
    for number, line in enumerate(file):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", "replace")

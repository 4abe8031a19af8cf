"""DuckDB's errors in our words.

Principle: the list of what is said is closed. The engine's own text may quote a row, a value or a key of a JSON object,
so nothing of it is passed on but numbers of lines and names of files; nor does it stand behind the error that is
raised, where a notebook would print it.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from abtest.engines.engine import EngineError
from abtest.words.names import Names
from abtest.words.visible import visible

_T = TypeVar("_T")
_DAMAGED = (
    "don't know what type",
    "decompress",
    "zstd",
    "snappy",
    "footer",
    "tprotocol",
    "thrift",
    "metadata",
    "failed to read file",
)
_CURES = {
    "no space left": "the disk is full; free some space, or name another folder with --temp-dir",
    "too small to be a parquet": "not a Parquet file (empty or cut off); export or copy it again",
    "no magic bytes": "not a Parquet file (cut off or of another format); export or copy it again",
    "gzip": "the compressed file is cut off or damaged; export or copy it again",
    "maximum_object_size": "a line is longer than 16 MB; each line must be one complete JSON object",
    "maximum line size": "a line is longer than 2 MB; is a quote not closed?",
    "does not support a full read": "a line is longer than 2 MB; is a quote not closed?",
    "duplicate name": "a JSON object has a key twice; keep one of them",
    "mismatch between the schema": "a column has another type in one of the files; files of one pattern need the same "
    "columns",
}


def explained(what: str, ask: Callable[[], _T], named: Callable[[str], str] = str) -> _T:
    """Return what ``ask`` returns; an error of DuckDB's becomes ours, which begins with ``what``.

    ``named`` puts the users' names of files in place of those by which the engine reads them.
    """
    try:
        return ask()
    except duckdb.Error as error:
        told = engine_error(what, error, named)
    # Outside of the handler, so that the engine's error does not hang on ours.
    raise told


def engine_error(what: str, error: duckdb.Error, named: Callable[[str], str] = str) -> EngineError:
    """Return an error of DuckDB's in our words; ``named`` as for :func:`explained`."""
    line = named(_first_line(error))
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        overflow = isinstance(error, duckdb.OutOfRangeException)
        return EngineError(f"{what}: a value does not fit its type", conversion=True, overflow=overflow)
    if isinstance(error, duckdb.OutOfMemoryException):
        return EngineError(f"{what}: {_short_of(line)}")
    return EngineError(f"{what}: {_reworded(line, error)}", of_source="no space left" not in line.lower())


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _short_of(line: str) -> str:
    """Say whether memory ran out, or the disk that memory spills to."""
    if any(sign in line.lower() for sign in ("temp_directory", "no space", "offload", "max_temp_directory_size")):
        return "the disk for temporary files is full; name a folder with more space with --temp-dir"
    return "memory ran out; allow more with --memory-limit, or use fewer --threads"


def _reworded(line: str, error: duckdb.Error) -> str:
    lower = line.lower()
    for sign, cure in _CURES.items():
        if sign in lower:
            return cure
    # What is behind a link no more, or was never admitted, is no file that the engine may open.
    if any(sign in lower for sign in ("cannot open file", "no files found that match", "cannot access file")):
        return f"{_file(line) or 'a file'} cannot be opened; was it moved or removed while it was read?"
    if (number := re.search(r"csv error on line: ([0-9]+)", lower)) is not None:
        return (
            f"the CSV does not parse at line {number[1]}; that row has another number of cells than the header, a "
            "stray quote, or is not UTF-8"
        )
    if "malformed json" in lower or "invalid json" in lower:
        record = re.search(r"record/value ([0-9]+)", lower)
        where = f"record {record[1]}" if record else "a record"
        return f"{where} of {_file(line) or 'a file'} is no JSON in UTF-8; each line must be one complete JSON object"
    absent = re.search(
        r'column "(.*)" was read from the original file "(.*)", but could not be found in file "(.*)"', line
    )
    if absent is not None:
        name, first, file = absent.groups()
        return (
            f"{visible(Path(file).name)} has no {Names.of([name], told=True).column(name)}, which "
            f"{visible(Path(first).name)} has; files of one pattern need the same columns"
        )
    if any(sign in lower for sign in _DAMAGED):
        return "the file is damaged or cut off; export or copy it again"
    if "state machine" in lower:
        return "the CSV mixes line ends (LF and CRLF) or has a stray quote; save it with one kind of line end"
    kind = type(error).__name__.removesuffix("Exception")
    return f"the engine cannot read it or answer ({kind}); check that the file is what its ending says, and whole"


def _file(line: str) -> str | None:
    """Return the name of the file that a message names."""
    found = re.search(r"\"([^\"]+)\"|'([^']+)'", line)
    return visible(Path(found[1] or found[2]).name) if found else None

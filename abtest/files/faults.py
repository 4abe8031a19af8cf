"""What is wrong with a CSV that an engine refused: in which file, in which lines, and how many are like it.

Principle: it is looked at only once something was wrong, whole, and told apart: a text in another encoding, rows with
another number of cells, and quotes that do not close have different cures. No cell is shown.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from abtest.files.prepared import encoding_of
from abtest.process.regular import open_regular

MOST_BYTES = 4_000_000_000
_BLOCK = 1 << 20
_CELL = 1 << 30


class _NoTextError(Exception):
    """A line is no UTF-8."""


def fault_of_csv(files: Sequence[tuple[Path, Path]], delimiter: str, width: int) -> str | None:
    """Return what is wrong with the first of ``files`` (as it is called, as it is read) that is not right.

    ``width``: the cells of its header. ``None`` where nothing was found.
    """
    for called, path in files:
        found = _fault(called, path, delimiter, width)
        if found is not None:
            return found
    return None


def _fault(called: Path, path: Path, delimiter: str, width: int) -> str | None:
    others: Counter[int] = Counter()
    first = rows = 0
    line = [0]
    before = csv.field_size_limit(_CELL)
    try:
        reader = csv.reader(_lines(path, line), delimiter=delimiter, strict=True)
        for row in reader:
            rows += bool(row)
            if row and len(row) != width:
                others[len(row)] += 1
                first = first or reader.line_num
    except _NoTextError:
        return _encoding(called, path, line[0])
    except csv.Error:
        return f"{called.name}: line {line[0]}: a quote stands where none may, or is not closed; export it again"
    except (OSError, EOFError):
        return None
    finally:
        csv.field_size_limit(before)
    if not others:
        return None
    count, (cells, _) = sum(others.values()), others.most_common(1)[0]
    lines = f"{count:,} of {rows - 1:,} rows have" if count > 1 else "1 row has"
    stray = {True: f"a {delimiter!r} inside a cell must stand in quotes", False: "cells at its end are missing"}
    return (
        f"{called.name}: {lines} another number of cells than the header, line {first} the first ({cells} instead of "
        f"{width}): {stray[cells > width]}; export it again, or correct these rows"
    )


def _lines(path: Path, line: list[int]) -> Iterator[str]:
    seen = 0
    with open_regular(path) as content:
        for raw in content:
            seen += len(raw)
            line[0] += 1
            if seen > MOST_BYTES:
                return
            text = None
            with suppress(UnicodeDecodeError):  # which holds the bytes, so that no other error may hang on it
                text = raw.decode("utf-8-sig" if line[0] == 1 else "utf-8")
            if text is None:
                raise _NoTextError
            yield text


def _encoding(called: Path, path: Path, line: int) -> str:
    """Say how a text is encoded, from all of it: a letter may stand anywhere."""
    fits: set[str | None] = set()
    with open_regular(path) as content:
        while block := content.read(_BLOCK):
            if any(byte > 127 for byte in block) or 0 in block:
                fits.add(encoding_of(block))
    named = "windows-1252" if fits == {"latin-1", "windows-1252"} else next(iter(fits)) if len(fits) == 1 else None
    cure = f"it reads as {named}: `read: {{encoding: {named}}}`" if named else "save it as UTF-8"
    return f"{called.name}: line {line} is not UTF-8 text; {cure}"

"""Whether what stands in the place of a table's column names are names, so that errors may show them."""

import csv
import itertools
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from abtest.files.located import unpacked
from abtest.process.regular import open_regular
from abtest.words.names import Names, looks_like_name, names_are_told

_ROWS = 20
_MOST_BYTES = 65_536
_TYPED = frozenset({"integer", "number", "boolean", "timestamp", "instant", "date"})


def names_of(
    columns: Mapping[str, str],
    asked: Collection[str],
    files: Sequence[Path] = (),
    layout: tuple[str, Sequence[str]] | None = None,
) -> Names:
    """Return the names of a table's ``columns``.

    They are believed to be names when one of them is a column that was ``asked`` for, when a column that has words for
    a name holds numbers or times, or when the first row of a CSV (``layout``) is of another kind than those below it.
    """
    told = any(name in columns for name in asked) or any(
        family in _TYPED and looks_like_name(name) for name, family in columns.items()
    )
    if not told and layout is not None and files:
        told = names_are_told(layout[1], _rows_below(files[0], layout[0]))
    return Names.of(columns, told=told, given=asked)


def _rows_below(file: Path, delimiter: str) -> list[list[str]]:
    """Return the first rows below a CSV's first, which no message shows; none where they cannot be read."""
    try:
        with open_regular(file) as content, unpacked(file, content) as rows:
            start = rows.read(_MOST_BYTES)
        lines = start.decode("utf-8-sig", "replace").splitlines()
        # The last line may be cut.
        whole = lines if len(start) < _MOST_BYTES else lines[:-1]
        return list(itertools.islice(csv.reader(whole, delimiter=delimiter), 1, _ROWS + 1))
    except (OSError, EOFError, zlib.error, csv.Error):
        return []

"""The lists that conditions name, ``customer_id not in file("test_accounts.txt")``: which they are, and their hashes.

Principle: who stands in a list decides who is compared, so a list is part of what a lock keeps, as a hash: its values
are customers' data and stand in no other file.
"""

import hashlib
from pathlib import Path

from abtest.definition.model import Definition
from abtest.errors import AbtestError
from abtest.files.paths import find_files
from abtest.grammar.expression import files_of, parse_expression
from abtest.grammar.nodes import Path as NodePath
from abtest.process.regular import open_regular

_MARK = b"\xef\xbb\xbf"
_PIECE = 1 << 16
"""Bytes of a line that are read at once."""


def conditions_with_lists(definition: Definition) -> list[tuple[NodePath, str]]:
    """Return, for each condition and each list that it names, where the condition stands and the path of the list."""
    conditions: list[tuple[NodePath, str | None]] = [(("population", "eligible"), definition.population.eligible)]
    conditions += [(("data", name, "where"), source.where) for name, source in definition.data.items()]
    return [(place, path) for place, text in conditions if text for path in files_of(parse_expression(text))]


def lists_of(definition: Definition) -> list[str]:
    """Return the paths of the lists that conditions name, each once."""
    return list(dict.fromkeys(path for _, path in conditions_with_lists(definition)))


def list_hash(written: str, folder: Path) -> str | None:
    """Return the SHA-256 of a list, in hex; ``None`` where there is no such file, or none that can be read.

    It is of the values in their order, each with a line end: that of the file itself where this holds nothing else. A
    byte-order mark, empty lines, blanks at the ends of lines and the kind of line ends make no difference.
    """
    try:
        found = find_files(written, folder, "").files
        if len(found) != 1:
            return None
        digest, first = hashlib.sha256(), True
        with open_regular(found[0]) as content:
            while line := content.readline(_PIECE):
                value = (line.removeprefix(_MARK) if first else line).strip()
                first = False
                digest.update(value + b"\n" if value else b"")
    except (AbtestError, OSError, ValueError):  # a name that a lock made up may be none
        return None
    return digest.hexdigest()

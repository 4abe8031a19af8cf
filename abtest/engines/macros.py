"""Functions of SQL that an engine lacks, and is given when a statement first names them.

Principle: a session is given what its statements need, since each function that is made takes a millisecond or thirty,
and a small experiment is read with a third of them.
"""

import re
from collections.abc import Iterator, Mapping

_CALLED = re.compile(r"\b([a-z_][a-z0-9_]*)\(")


def lacking(text: str, known: Mapping[str, str], given: set[str]) -> Iterator[str]:
    """Yield what makes the functions that ``text`` calls and the session was not ``given``, and note that it is.

    ``known``: by name the statement that makes each. What one calls comes before it.
    """
    for name in dict.fromkeys(_CALLED.findall(text)):
        if name in known and name not in given:
            given.add(name)
            yield from lacking(known[name], known, given)
            yield known[name]

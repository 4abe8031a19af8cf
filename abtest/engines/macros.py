"""Functions of SQL that an engine lacks, and is given when a statement first names them.

Principle: a session is given what its statements need, since each function that is made takes a millisecond or thirty,
and a small experiment is read with a third of them.
"""

import re
from collections.abc import Iterator, Mapping

_CALLED = re.compile(r"\b([a-z_][a-z0-9_]*)\(")


def lacking(
    text: str, known: Mapping[str, str], given: set[str], within: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield what makes the functions that ``text`` calls and the session was not ``given``, and note that it is.

    ``known``: by name the statement that makes each. What one calls comes before it; ``within`` are those whose own
    statements are looked at, which name them.
    """
    for name in dict.fromkeys(_CALLED.findall(text)):
        if name in known and name not in given and name not in within:
            yield from lacking(known[name], known, given, within | {name})
            yield known[name]
            given.add(name)  # once it is made: what is interrupted before is made the next time

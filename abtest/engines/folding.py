"""Ids that are one id written in two ways: how each way is undone in SQL.

Principle: a fold is a function of the engine with one name, so that one SQL text serves all; both sides of a join are
folded, and what they become is only ever compared within one engine. The order is fixed: what hides goes first, so that
`  ０１２ ` is 12 by all of them.
"""

import functools
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal

Fold = Literal["case", "unicode", "blanks", "zeros", "decimal"]
FOLDS: tuple[Fold, ...] = ("unicode", "blanks", "case", "decimal", "zeros")
"""In the order in which they are applied."""

INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
"""Characters that nobody sees, as the inside of a class of a regular expression."""
BLANKS = "\t\n\u000b\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Blanks of every kind, likewise."""
SCIENTIFIC = "^[0-9](?:[.][0-9]+)?[eE][+]?[0-9]{1,2}$"
"""A whole number as spreadsheets write a large one."""

_SYNTAX = "'\"\\;=$:"
"""What has a meaning in SQL text and in lists of pairs, and so stays what it is."""


def folded(text: str, folds: Iterable[Fold]) -> str:
    """Return the SQL of an id's ``text`` with ``folds`` applied; what is left blank is no id."""
    asked = set(folds)
    for fold in FOLDS:
        if fold in asked:
            text = f"fold_{fold}({text})"
    return f"nullif({text}, '')" if asked else text


@functools.cache
def spellings() -> tuple[str, str]:
    """Return characters that are another one in another width or position, and those they are: ``Ａ`` and ``A``."""
    pairs = [(character, alike) for character in _candidates() if len(alike := _compatible(character)) == 1]
    pairs = [(character, alike) for character, alike in pairs if character != alike and alike not in _SYNTAX]
    return "".join(one for one, _ in pairs), "".join(other for _, other in pairs)


@functools.cache
def marked_letters() -> dict[str, tuple[str, str]]:
    """Return for each combining mark the letters that bear it last, and the same letters without it.

    For engines that cannot compose letters and marks: Latin, Greek and Cyrillic.
    """
    found: dict[str, tuple[str, str]] = {}
    for first, last in ((0xC0, 0x24F), (0x370, 0x4FF), (0x1E00, 0x1FFF)):
        for character in map(chr, range(first, last + 1)):
            parts = [chr(int(part, 16)) for part in unicodedata.decomposition(character).split() if "<" not in part]
            if len(parts) == 2 and unicodedata.combining(parts[1]):
                letters, bare = found.get(parts[1], ("", ""))
                found[parts[1]] = (letters + character, bare + parts[0])
    return found


def _candidates() -> Iterator[str]:
    # What exports really hold: signs of Latin-1, typographic blanks, and letters of full or half width.
    for first, last in ((0xA0, 0xFF), (0x2000, 0x206F), (0x2070, 0x209C), (0x3000, 0x3000), (0xFF01, 0xFFE6)):
        yield from map(chr, range(first, last + 1))


def _compatible(character: str) -> str:
    return unicodedata.normalize("NFKC", character)

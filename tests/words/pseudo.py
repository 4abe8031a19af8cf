"""A language that nobody speaks: every letter of ours marked, every word 40 % longer, every number in another script.

Whatever is shown in plain letters and digits is not in the catalogue: it is the user's, or it was forgotten.
"""

import math
import re

from abtest.words.catalogue import Catalogue, Choice, Field, Pattern
from abtest.words.language import _FOLDER, ENGLISH, Language

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARKED = "àƀçđèƒğħìĵķłḿñòƥɋřšťùṽŵẋÿžÀɃÇĐÈƑĞĦÌĴĶŁḾÑÒƤɊŘŠŤÙṼŴẊŸŽ"
_DIGITS = {ord("0") + n: chr(0x06F0 + n) for n in range(10)}
LETTERS = str.maketrans(_PLAIN, _MARKED)


def marked(text: str) -> str:
    """Return a text as the language has it: its words marked and longer, its digits in the language's script."""
    return re.sub(r"[A-Za-z]+", lambda word: _longer(word[0]), text).translate(_DIGITS)


def _longer(word: str) -> str:
    return (word + word[-1].lower() * math.floor(0.4 * len(word) + 0.5)).translate(LETTERS)


def _pattern(pattern: Pattern) -> Pattern:
    return tuple(_part(part) for part in pattern)


def _part(part: str | Field | Choice) -> str | Field | Choice:
    if isinstance(part, str):
        return marked(part)
    if isinstance(part, Field):
        return part
    variants = tuple((key, _pattern(each)) for key, each in part.variants)
    return Choice(part.field, part.ordinal, variants, _pattern(part.default))


class _Marked(Catalogue):
    def pattern(self, message: str) -> Pattern:
        return _pattern(ENGLISH.catalogue.pattern(message))


def pseudo() -> Language:
    """Return the language; its file is that of English with other letters, and numbers as in Persian."""
    source = _FOLDER.joinpath("en.ftl").read_text(encoding="utf-8")
    source = (
        source.replace("-locale = en-GB", "-locale = el")
        .replace("-decimal = .", "-decimal = ٫")
        .replace("-group = ,", "-group = ٬")
    )
    return Language("xx", _Marked(source.replace("-digits = latn", "-digits = arabext"), "xx.ftl"))


def unmarked(text: str, exempt: set[str]) -> list[str]:
    """Return the words and numbers in ``text`` in plain letters and digits that are not ``exempt``."""
    words = re.findall(r"[A-Za-z]+|[0-9]+", text)
    return [word for word in words if word not in exempt]

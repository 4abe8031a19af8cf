"""A language: its messages, and how it writes numbers and dates.

Principle: renderers hold no prose. A language is one file, ``languages/<code>.ftl``, and nothing else: the list of
languages is the list of files. Plural forms, the signs of numbers, dates and times are those of Unicode's CLDR for the
file's ``-locale``. The file's head may state what is looked up most often (``-decimal``, ``-group``, ``-digits``), so
that a command which writes a few numbers need not load CLDR; a test holds that against CLDR.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from abtest.words.catalogue import Catalogue, say

if TYPE_CHECKING:
    from babel import Locale

_FOLDER = Path(__file__).with_name("languages")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_ZEROS = {"latn": "0", "arab": "\u0660", "arabext": "\u06f0", "deva": "\u0966", "beng": "\u09e6", "fullwide": "\uff10"}
"""The digit 0 of the numbering systems that CLDR's locales have by default, and of wide digits."""
MINUS = "\u2212"


@dataclass(frozen=True)
class Language:
    """A language. ``code`` is the name of its file."""

    code: str
    catalogue: Catalogue

    def say(self, message: str, /, **fields: object) -> str:
        """Return the message with its fields filled in; raises ``KeyError`` for an unknown message or a missing field.

        A message may be named with points and blanks, ``verdict.keep running``; in the file these are hyphens. Whole
        numbers are written as counts; everything else that is not text has to be written before.
        """
        return say(self.catalogue.pattern(_id(message)), fields, self)

    def knows(self, message: str) -> bool:
        """Whether the catalogue has the message."""
        return _id(message) in self.catalogue

    def ordinal(self, n: int) -> str:
        """Return ``1st``, ``2nd``, ``3rd`` and so on."""
        return self.say("ordinal", n=n)

    def digits(self, value: float, decimals: int = 0) -> str:
        """Return the size of ``value``, without its sign, with ``decimals`` and grouped thousands."""
        size = abs(value)
        if size >= 1e15:
            mantissa, exponent = f"{size:.3e}".split("e")
            power = str(int(exponent)).translate(_SUPERSCRIPTS)
            return f"{self.figures(mantissa.replace('.', self.decimal))}×10{power}"
        whole, _, rest = f"{size:.{decimals}f}".partition(".")
        return self.figures(self._grouped(whole) + (self.decimal + rest if rest else ""))

    def figures(self, text: str) -> str:
        """Return ``text`` with its digits 0 to 9 in the language's script."""
        return text if self._digits is None else text.translate(self._digits)

    def date(self, day: dt.date) -> str:
        """Return ``2 March 2026``."""
        from babel.dates import format_date

        return self.figures(format_date(day, "long", locale=self.locale))

    def time(self, moment: dt.datetime) -> str:
        """Return ``14:30``."""
        from babel.dates import format_time

        return self.figures(format_time(moment.time(), "short", locale=self.locale))

    def field(self, value: object) -> str:
        """Return a field of a message as text: a whole number as a count, text as it is."""
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return ("" if value >= 0 else MINUS) + self.digits(value)
        raise TypeError(f"a field must be text or a whole number, got {value!r}")

    def form(self, number: float, *, ordinal: bool = False) -> str:
        """Return CLDR's plural form of a number."""
        locale = self.locale
        return (locale.ordinal_form if ordinal else locale.plural_form)(number)

    @cached_property
    def locale(self) -> "Locale":
        """CLDR's facts of the language; loading them takes a tenth of a second."""
        from babel import Locale

        return Locale.parse(self.catalogue.head.get("-locale", self.code), sep="-")

    @cached_property
    def decimal(self) -> str:
        """The sign between a number and its fraction."""
        return self._stated("-decimal") or str(self._symbols["decimal"])

    @cached_property
    def group(self) -> str:
        """The sign between thousands."""
        return self._stated("-group") or str(self._symbols["group"])

    @cached_property
    def system(self) -> str:
        """The numbering system, by CLDR's name."""
        return self._stated("-digits") or self.locale.default_numbering_system

    @cached_property
    def grouping(self) -> tuple[int, int]:
        """How many digits the last group has, and each before it."""
        if self._stated("-group"):
            return 3, 3
        last, before = self.locale.decimal_formats[None].grouping
        return last, before

    @cached_property
    def _digits(self) -> Mapping[int, str] | None:
        zero = ord(_ZEROS.get(self.system, "0"))
        return None if zero == ord("0") else {ord("0") + n: chr(zero + n) for n in range(10)}

    @property
    def _symbols(self) -> Mapping[str, object]:
        known = self.locale.number_symbols
        return {**known["latn"], **{key: sign for key, sign in known.get(self.system, {}).items() if sign}}

    def _stated(self, entry: str) -> str:
        return self.catalogue.head.get(entry, "")

    def _grouped(self, whole: str) -> str:
        last, before = self.grouping
        head, tail = whole[:-last], whole[-last:]
        if not head:
            return tail
        first = len(head) % before
        parts = [head[:first]] * bool(first) + [head[i : i + before] for i in range(first, len(head), before)]
        return self.group.join([*parts, tail])


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that reports speak, English first."""
    return tuple(sorted((file.stem for file in _FOLDER.glob("*.ftl")), key=lambda code: (code != "en", code)))


@cache
def language(code: str) -> Language:
    """Return the language with this code; raises ``KeyError`` for one that has no file."""
    if code not in languages():
        raise KeyError(code)
    file = _FOLDER / f"{code}.ftl"
    return Language(code, Catalogue(file.read_text(encoding="utf-8"), file.name))


def spoken(code: str) -> Language:
    """Return the language with this code; English where a later version wrote results in one that is not here."""
    return language(code) if code in languages() else ENGLISH


@cache
def _id(message: str) -> str:
    return re.sub(r"[^\w-]", "-", message)


ENGLISH = language("en")

"""Text of others as a reader may see it: no character of it hides, moves other text, or talks to a terminal.

Principle: what cannot be seen is written out, as ``<U+202E>``, at every place where text leaves the program; names that
people type are refused with it instead. What a script needs stays: joiners between letters of Persian or Hindi and
inside emoji, variation selectors behind the signs that have variants.
"""

import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

_T = TypeVar("_T")
_SPACES = re.compile(r"\s+")

# Patterns are prepared when they are first asked, since nearly all text is plain.
# Default-ignorable code points of Unicode that are no format characters (Cf) by their category, the blank of Braille,
# and what will never be a character. What is only not yet one in this Python's tables is drawn as a box, and seen.
_BLANK = (
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    r"\ufffe\uffff\U000e0000-\U000e0fff"
)
_CONTROLS = {
    0x00: "NULL",
    0x07: "BELL",
    0x08: "BACKSPACE",
    0x09: "TABULATION",
    0x0A: "LINE FEED",
    0x0D: "CARRIAGE RETURN",
    0x1B: "ESCAPE",
    0x7F: "DELETE",
    0x9B: "CONTROL SEQUENCE INTRODUCER",
}
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_PLAIN = re.compile(r"[ -~\u00a0-\u00ac\u00ae-\u02ff\u0391-\u03a1\u03a3-\u0481]*")
"""Text of which every character is seen: nearly all, and known at once."""
_IS_BLANK = f"[{_BLANK}]"
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_JOINING = (
    "[\u0620-\u065f\u066e-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0710-\u07fa\u0840-\u08ff\u0900-\u0dff\u0f40-\u0fbc"
    "\u1000-\u109f\u1780-\u17d3\u1820-\u18aa\u1b00-\u1bff\ua840-\ua877\ufb50-\ufdff\ufe70-\ufefc]"
)
"""Letters and marks of the scripts whose spelling joiners change: Arabic and its kin, those of India, Mongolian."""
_MONGOLIAN = "[\u1820-\u18aa]"
_IDEOGRAPH = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_TAGS = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f"
"""A flag of a region such as Scotland: a black flag, and its code in signs that show nothing."""
_SKIN = "[\U0001f3fb-\U0001f3ff]"


def clean(text: str) -> str:
    """Return ``text`` on one line, with hidden characters written out."""
    return visible(_SPACES.sub(" ", text).strip())


def visible(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with each hidden character written out as ``<U+202E>``.

    ``lines``: ends of lines and tabs are our own layout and stay.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        f"<U+{ord(character):04X}>" if hides and not (lines and character in "\n\t") else character
        for character, hides in zip(text, _hides(text), strict=True)
    )


def hidden(text: str) -> str | None:
    """Return the first hidden character of ``text``, as ``U+202E RIGHT-TO-LEFT OVERRIDE``; ``None`` without one."""
    if _PLAIN.fullmatch(text):
        return None
    return next((name_of(c) for c, hides in zip(text, _hides(text), strict=True) if hides), None)


def name_of(character: str) -> str:
    """Return the number and the name of a character."""
    name = unicodedata.name(character, "") or _CONTROLS.get(ord(character), "")
    kinds = {"Cc": "a control character", "Cs": "half of a surrogate pair", "Co": "a character of private use"}
    return f"U+{ord(character):04X} {name or kinds.get(unicodedata.category(character), 'no character')}"


def visible_json(text: str) -> str:
    r"""Return JSON ``text`` with hidden characters as JSON's escapes (``\u202e``): the values stay what they are."""
    if _PLAIN.fullmatch(text.replace("\n", "")):
        return text
    return "".join(
        _escaped(character) if hides and character not in "\n\t\r" else character
        for character, hides in zip(text, _hides(text), strict=True)
    )


def all_visible(value: _T) -> _T:
    """Return a value (dataclasses, sequences and mappings of texts) in which every text is visible."""
    if isinstance(value, str):
        return visible(value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        seen = {name: all_visible(part) for name, part in found.items()}
        changed = {name: part for name, part in seen.items() if part is not found[name]}
        return replace(value, **changed) if changed else value
    if isinstance(value, tuple | list):
        parts = [all_visible(part) for part in value]
        same = all(new is old for new, old in zip(parts, value, strict=True))
        return value if same else type(value)(parts)
    if isinstance(value, dict):
        return {all_visible(key): all_visible(part) for key, part in value.items()}  # type: ignore[return-value]
    return value


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _hides(text: str) -> list[bool]:
    """Return for each character whether a reader would not see it."""
    flags = [_seldom_seen(character) and not _belongs(text, place) for place, character in enumerate(text)]
    for flag in re.finditer(_TAGS, text):
        flags[flag.start() : flag.end()] = [False] * (flag.end() - flag.start())
    return flags


def _seldom_seen(character: str) -> bool:
    return (
        unicodedata.category(character) in _HIDDEN_CATEGORIES
        or re.match(_IS_BLANK, character) is not None
        or ord(character) & 0xFFFE == 0xFFFE
    )


def _belongs(text: str, place: int) -> bool:
    """Whether a character that shows nothing itself changes how its neighbours are written."""
    character = text[place]
    before = text[place - 1] if place else ""
    after = text[place + 1] if place + 1 < len(text) else ""
    if character in {_ZWNJ, _ZWJ}:
        joined = bool(before and after and re.match(_JOINING, before) and re.match(_JOINING, after))
        return joined or (character == _ZWJ and _pictured(before) and _pictured(after))
    if character in "\ufe0e\ufe0f":
        return _pictured(before) or (before in set("0123456789#*") and after == "\u20e3")
    if "\u180b" <= character <= "\u180f":
        return character != "\u180e" and bool(re.match(_MONGOLIAN, before))
    if "\U000e0100" <= character <= "\U000e01ef" or "\ufe00" <= character <= "\ufe02":
        return bool(re.match(_IDEOGRAPH, before))
    # Signs of the Arabic and Syriac scripts that stand over numbers or letters: they are seen.
    return "\u0600" <= character <= "\u0605" or character in "\u06dd\u070f\u08e2\u0890\u0891\U000110bd\U000110cd"


def _pictured(character: str) -> bool:
    """Whether a character is a picture, or the skin or the variant that ends one."""
    return bool(character) and (
        unicodedata.category(character) == "So" or bool(re.match(_SKIN, character)) or character in "\ufe0f\u2640\u2642"
    )

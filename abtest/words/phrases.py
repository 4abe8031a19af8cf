"""Short names that results hold in English, as identifiers, and that a report shows: methods, checks, exclusions.

Principle: ``results.json`` names a method once, in English, and what reads it may compare that name; so it stays a
text. The catalogue has each of them as a message of its *kind* (``method-…``, ``check-name-…``), which a report in
another language says instead. What no message matches is somebody's own word, and stays.
"""

import re
from functools import cache

from abtest.words.catalogue import Choice, Field
from abtest.words.language import ENGLISH, Language


def phrase(kind: str, text: str, language: Language) -> str:
    """Return an English name of a kind in a language; parts in it that are fields may be such names themselves."""
    if language is ENGLISH:
        return text
    for pattern, message in _phrases(kind):
        if found := pattern.fullmatch(text):
            fields = {name: phrase(kind, part, language) for name, part in found.groupdict().items()}
            return language.say(message, **fields)
    return _number(text, language)


def _number(text: str, language: Language) -> str:
    """Return a number in the language's script; other text as it is."""
    return language.figures(text.replace(".", language.decimal)) if re.fullmatch(r"[0-9.]+", text) else text


@cache
def _phrases(kind: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what matches each message of a kind: those with fewer fields first."""
    found = []
    for message in ENGLISH.catalogue:
        if message.startswith(f"{kind}-"):
            pattern = ENGLISH.catalogue.pattern(message)
            parts = [re.escape(part) if isinstance(part, str) else _group(part) for part in pattern]
            found.append((len(ENGLISH.catalogue.fields(message)), re.compile("".join(parts)), message))
    return tuple((pattern, message) for _, pattern, message in sorted(found, key=lambda entry: entry[0]))


def _group(part: Field | Choice) -> str:
    if isinstance(part, Choice):
        raise TypeError("a name has no choices")
    return f"(?P<{part.name}>.+)"

"""Every word that a report says, by message id and language, and how the language writes numbers and dates.

Principle: renderers hold no prose. A new language is one more :class:`Language` in :data:`LANGUAGES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from abtest.words import english


@dataclass(frozen=True)
class Language:
    """A language: its messages, and its conventions for numbers and dates.

    ``group`` separates thousands, ``decimal`` the fraction; both are display characters, e.g. U+202F and ``.``.
    """

    code: str
    decimal: str
    group: str
    months: tuple[str, ...]
    messages: Mapping[str, str]

    def say(self, message: str, /, **fields: object) -> str:
        """Return the message with its fields filled in; raises ``KeyError`` for an unknown message id."""
        return self.messages[message].format(**fields)

    def ordinal(self, n: int) -> str:
        """Return ``1st``, ``2nd``, ``3rd`` and so on."""
        message = f"ordinal.{n}"
        return self.say(message if self.knows(message) else "ordinal", n=n)

    def knows(self, message: str) -> bool:
        """Whether the catalogue has the message id."""
        return message in self.messages


ENGLISH = Language(code="en", decimal=".", group="\u202f", months=english.MONTHS, messages=english.MESSAGES)
LANGUAGES: Mapping[str, Language] = {"en": ENGLISH}

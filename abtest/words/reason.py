"""A reason: what was found, as a code with fields. A language makes a sentence of it; nothing else does.

Principle: what computes says *what* it found, and no words. The code is the name of a message in every language's file;
the fields are numbers, names, and references to metrics and arms, never the data of one customer. Their meaning follows
from their names (:data:`abtest.words.saying.WRITTEN`). This file imports nothing, so that pure mathematics may use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

# Strings name what is defined below.
Field = Union[bool, int, float, str, None, list["Field"], "Reason"]
Fields = dict[str, Field]
Data = bool | int | float | str | None | list["Data"] | dict[str, "Data"]
"""A field as JSON has it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A finding. ``code`` is a message of every language's file; ``fields`` are what it speaks of."""

    code: str
    fields: Mapping[str, Field] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, /, **fields: Field) -> "Reason":
        """Return a reason with these fields."""
        return cls(code, fields)

    @classmethod
    def read(cls, code: str, data: Mapping[str, Data]) -> "Reason":
        """Return the reason that JSON holds; an object among the fields is a reason itself."""
        return cls(code, {name: _read(value) for name, value in data.items()})

    def __hash__(self) -> int:
        """Return a hash of the code: fields may hold lists."""
        return hash(self.code)

    def __str__(self) -> str:
        """Return the reason in English, for an interactive session; reports ask their language."""
        from abtest.words.saying import in_english

        return in_english(self)

    @property
    def data(self) -> dict[str, Data]:
        """The fields for JSON."""
        return {name: _data(value) for name, value in self.fields.items()}


def _read(value: Data) -> Field:
    if isinstance(value, dict):
        code, fields = value.get("code"), value.get("fields")
        return Reason.read(code if isinstance(code, str) else "", fields if isinstance(fields, dict) else {})
    return [_read(each) for each in value] if isinstance(value, list) else value


def _data(value: Field) -> Data:
    if isinstance(value, Reason):
        return {"code": value.code, "fields": value.data}
    return [_data(each) for each in value] if isinstance(value, list) else value

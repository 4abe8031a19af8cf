"""Pieces of SQL text: the one function that quotes identifiers, and typed readings of a column.

Values are never written into the text but bound by a :class:`Binder`, except integers that we computed ourselves, and
the words and patterns of a form, which :func:`text_literal` quotes.
"""

from abtest.engines.engine import Family
from abtest.words.reading import OFFSET

DAY = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
CLOCK = "[ Tt][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?"
LOCAL = f"^{DAY}(?:{CLOCK})?$"
"""A date, or a time without a zone."""
ZONED = f"^{DAY}{CLOCK} ?([zZ]|UTC|{OFFSET})$"
"""A time with a zone. Whatever is neither is refused, since engines drop a trailing word or an odd offset silently."""

PART = 10**14
"""What the low part of a wide number is below: see the engines' ``high_part`` and ``low_part``."""
PLAIN = "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,6})?"
"""A time as machines write it, without its zone."""


def quote(identifier: str) -> str:
    """Return ``identifier`` as a quoted SQL identifier."""
    if "\x00" in identifier:
        raise ValueError("an identifier must not hold a NUL character")
    return '"' + identifier.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """Return a short text of a definition, or of ours, as SQL: words and patterns of how a column is written."""
    if "\x00" in text:
        raise ValueError("a text must not hold a NUL character")
    return "'" + text.replace("'", "''") + "'"


class Binder:
    """Collects the values of a statement's parameters and gives each a name.

    Names start with ``prefix``, so that the parameters of several tables can stand in one statement.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.values: dict[str, str | int | float | bool] = {}
        self._names: dict[tuple[str, type, object], str] = {}

    def bind(self, value: str | float | bool, hint: str = "value") -> str:
        """Return ``$name`` for ``value``; a value that is bound again under the same hint keeps its name."""
        key = (hint, type(value), value)
        if key not in self._names:
            self._names[key] = f"{self._prefix}_{hint}_{len(self._names) + 1}"
            self.values[self._names[key]] = value
        return f"${self._names[key]}"


def unit_text(column: str) -> str:
    """Return the unit's id as text without blanks at its edges; blank text is no id."""
    text = f"CAST({column} AS STRING)"
    # Trimming copies every id; to see that there is nothing to trim is far cheaper.
    return (
        f"CASE WHEN {text} <> '' AND {text} NOT LIKE ' %' AND {text} NOT LIKE '% ' THEN {text} "
        f"ELSE {blank_to_null(text)} END"
    )


def instant(column: str, family: Family, zone: str | None, binder: Binder) -> str:
    """Return ``column`` as integer microseconds since 1970 UTC. Times without a zone are in ``zone``."""
    if family == "null":
        return "CAST(NULL AS BIGINT)"
    if family == "instant":
        return f"unix_micros({column})"
    local = binder.bind(zone or "UTC", "zone")
    if family == "text":
        return f"parse_instant({column}, {local})"
    return f"local_micros(CAST({column} AS TIMESTAMP), {local})"


def number(column: str, family: Family) -> str:
    """Return ``column`` as a double; true is 1, false 0, not-a-number is no value."""
    if family == "null":
        return "CAST(NULL AS DOUBLE)"
    if family == "boolean":
        return f"CASE WHEN {column} THEN 1.0 WHEN NOT {column} THEN 0.0 END"
    if family == "text":
        # Whole numbers beyond 63 bits are text too, since they may be ids.
        return f"parse_number(CAST({column} AS STRING))"
    value = f"CAST({column} AS DOUBLE)"
    return f"without_nan({value})" if family == "number" else value


def as_text(column: str, family: Family) -> str:
    """Return a column as text; a number is written alike by every engine."""
    text = f"CAST({column} AS STRING)"
    return f"number_text({text})" if family == "number" else text


def blank_to_null(column: str) -> str:
    """Return text without surrounding blanks; an empty cell is no value."""
    return f"blank_to_null({column})"
